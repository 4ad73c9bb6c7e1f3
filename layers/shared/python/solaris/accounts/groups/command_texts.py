"""What `solaris groups` says, in pt-BR and en."""

from collections.abc import Mapping

from solaris.platform.texts import Locale

TEXTS: Mapping[str, Mapping[Locale, str]] = {
    "groups": {
        "pt-BR": "Grupos: departamentos, turmas, clientes, e o que cada um dá aos seus.\n\n"
        "Exemplo: solaris groups",
        "en": "Groups: departments, courses, customers, and what each gives its members.\n\n"
        "Example: solaris groups",
    },
    "PLAN": {"pt-BR": "PLANO", "en": "PLAN"},
    "WHAT": {"pt-BR": "QUAL", "en": "WHAT"},
    "NAMES": {"pt-BR": "NOMES", "en": "NAMES"},
    "EMAILS": {"pt-BR": "ENDEREÇOS", "en": "ADDRESSES"},
    "arg.name": {"pt-BR": "O nome do grupo.", "en": "The group's name."},
    "arg.emails": {"pt-BR": "Os endereços.", "en": "The addresses."},
    "show": {
        "pt-BR": "Mostra um grupo e o que ele dá.\n\nExemplo: solaris groups show Vendas",
        "en": "Show a group and what it gives.\n\nExample: solaris groups show Sales",
    },
    "create": {
        "pt-BR": "Cria um grupo, ainda sem ninguém.\n\n"
        "Exemplo: solaris groups create Vendas --cost-center CC-104 --limit 500k",
        "en": "Make a group, with nobody in it yet.\n\n"
        "Example: solaris groups create Sales --cost-center CC-104 --limit 500k",
    },
    "set": {
        "pt-BR": "Muda o que um grupo dá a todos os seus. O que é próprio de alguém fica.\n\n"
        "Mostra antes a quem a mudança chega e pergunta; --preview só mostra. O que não for "
        "informado fica como está; `unset` deixa como no plano de cada um.\n\n"
        'Exemplo: solaris groups set Vendas --limit 2M --warn 75 --reason "meta de dezembro"',
        "en": "Change what a group gives all its members. What is somebody's own stays.\n\n"
        "Whom the change reaches is shown before, and asked for; --preview only shows it. What is "
        "left out stays; `unset` leaves it as each one's plan has it.\n\n"
        'Example: solaris groups set Sales --limit 2M --warn 75 --reason "December\'s target"',
    },
    "delete": {
        "pt-BR": "Apaga um grupo. Os relatórios do seu tempo ficam com o nome dele.\n\n"
        "Enquanto há alguém nele é preciso --release: cada um fica com o que diz o plano.\n\n"
        "Exemplo: solaris groups delete Vendas --release",
        "en": "Take a group away. The reports of its time keep its name.\n\n"
        "While there is anybody in it --release is needed: each has what the plan says.\n\n"
        "Example: solaris groups delete Sales --release",
    },
    "add": {
        "pt-BR": "Põe pessoas em um grupo; quem estava em outro sai dele.\n\n"
        "Exemplo: solaris groups add Vendas ana@example.com bruno@example.com",
        "en": "Put people into a group; who was in another leaves it.\n\n"
        "Example: solaris groups add Sales ana@example.com bruno@example.com",
    },
    "remove": {
        "pt-BR": "Tira pessoas do grupo em que estão.\n\n"
        "Exemplo: solaris groups remove ana@example.com",
        "en": "Take people out of the group that they are in.\n\n"
        "Example: solaris groups remove ana@example.com",
    },
    "opt.rename": {"pt-BR": "Outro nome.", "en": "Another name."},
    "opt.cost_center": {
        "pt-BR": "Centro de custo; ou unset.",
        "en": "Cost centre; or unset.",
    },
    "opt.plan": {
        "pt-BR": "Plano de todos: trial, basic, pro, enterprise; ou unset.",
        "en": "Everybody's plan: trial, basic, pro, enterprise; or unset.",
    },
    "opt.limit": {
        "pt-BR": "Tokens por mês de cada pessoa, como 500k; ou unset.",
        "en": "Tokens a month of each member, as 500k; or unset.",
    },
    "opt.daily_limit": {
        "pt-BR": "Limite diário de cada pessoa: tokens, auto:25 ou none; ou unset.",
        "en": "Daily limit of each member: tokens, auto:25 or none; or unset.",
    },
    "opt.enforcement": {
        "pt-BR": "block: recusa quando a cota acaba; warn: só avisa; ou unset.",
        "en": "block: refuses when the quota is used up; warn: only warns; or unset.",
    },
    "opt.warn": {
        "pt-BR": "Primeiro aviso, como 80; ou unset.",
        "en": "First warning, as 80; or unset.",
    },
    "opt.critical": {
        "pt-BR": "Segundo aviso, como 95; ou unset.",
        "en": "Second warning, as 95; or unset.",
    },
    "opt.models": {
        "pt-BR": "Modelos que o grupo pode usar, com vírgulas: gpt-4o-mini,claude-*; ou unset.",
        "en": "Models that the group may use, with commas: gpt-4o-mini,claude-*; or unset.",
    },
    "opt.ceiling": {
        "pt-BR": "Tokens por mês do grupo inteiro, só para avisar; ou unset.",
        "en": "Tokens a month of the whole group, for warnings alone; or unset.",
    },
    "opt.managers": {
        "pt-BR": "Quem gere o grupo: endereços, com vírgulas; ou unset.",
        "en": "Who manages the group: addresses, with commas; or unset.",
    },
    "opt.recipients": {
        "pt-BR": "Quem mais recebe os e-mails do grupo: endereços, com vírgulas; ou unset.",
        "en": "Who else gets the group's mails: addresses, with commas; or unset.",
    },
    "opt.preview": {
        "pt-BR": "Só mostra a quem a mudança chega.",
        "en": "Only show whom the change reaches.",
    },
    "opt.yes": {"pt-BR": "Não pergunta.", "en": "Do not ask."},
    "opt.release": {
        "pt-BR": "Quem está no grupo fica com o que diz o plano.",
        "en": "Members get what their plans say.",
    },
    "set.nothing": {"pt-BR": "diga o que muda; veja --help", "en": "say what changes; see --help"},
    "set.sure": {"pt-BR": "Mudar o grupo {name}?", "en": "Change the group {name}?"},
    "delete.sure": {"pt-BR": "Apagar o grupo {name}?", "en": "Take the group {name} away?"},
    "delete.members": {
        "pt-BR": "o grupo tem pessoas: use --release para que fiquem com o que diz o plano",
        "en": "the group has members: use --release for them to get what their plans say",
    },
    "no_group": {"pt-BR": "não há grupo com o nome {name}", "en": "there is no group {name}"},
    "not_enforcement": {
        "pt-BR": "{text} não é block, warn nem unset",
        "en": "{text} is not block, warn or unset",
    },
    "not_plan": {
        "pt-BR": "{text} não é trial, basic, pro, enterprise nem unset",
        "en": "{text} is not trial, basic, pro, enterprise or unset",
    },
    "col.group": {"pt-BR": "GRUPO", "en": "GROUP"},
    "col.cost_center": {"pt-BR": "CENTRO DE CUSTO", "en": "COST CENTRE"},
    "col.users": {"pt-BR": "PESSOAS", "en": "USERS"},
    "col.used": {"pt-BR": "USADOS", "en": "USED"},
    "col.limit": {"pt-BR": "LIMITE", "en": "LIMIT"},
    "col.plan": {"pt-BR": "PLANO", "en": "PLAN"},
    "col.ceiling": {"pt-BR": "TETO", "en": "CEILING"},
    "show.group": {"pt-BR": "Grupo", "en": "Group"},
    "show.cost_center": {"pt-BR": "Centro de custo", "en": "Cost centre"},
    "show.users": {"pt-BR": "Pessoas", "en": "Users"},
    "show.used": {"pt-BR": "Usados neste mês", "en": "Used this month"},
    "show.plan": {"pt-BR": "Plano", "en": "Plan"},
    "show.limit": {"pt-BR": "Limite mensal de cada um", "en": "Monthly limit of each"},
    "show.day": {"pt-BR": "Limite diário de cada um", "en": "Daily limit of each"},
    "show.enforcement": {"pt-BR": "Cota esgotada", "en": "When used up"},
    "show.warnings": {"pt-BR": "Avisos", "en": "Warnings"},
    "show.models": {"pt-BR": "Modelos", "en": "Models"},
    "show.ceiling": {"pt-BR": "Teto do grupo, só avisa", "en": "The group's ceiling, warns only"},
    "show.managers": {"pt-BR": "Gestores", "en": "Managers"},
    "show.recipients": {"pt-BR": "Também recebem e-mails", "en": "Mails go to, besides"},
    "as_plan": {"pt-BR": "como no plano de cada um", "en": "as each one's plan has it"},
    "none": {"pt-BR": "nenhum", "en": "none"},
    "created": {"pt-BR": "grupo {name} criado", "en": "group {name} made"},
    "deleted": {"pt-BR": "grupo {name} apagado", "en": "group {name} taken away"},
    "without": {
        "pt-BR": "sem grupo: {n}",
        "en": "without a group: {n}",
    },
    "joined": {"pt-BR": "{email}: {name}", "en": "{email}: {name}"},
    "left": {"pt-BR": "{email}: sem grupo", "en": "{email}: no group"},
    "impact.changed_one": {
        "pt-BR": "muda {n} das pessoas do grupo ({users})",
        "en": "changes {n} of the group's members ({users})",
    },
    "impact.changed_other": {
        "pt-BR": "muda {n} das pessoas do grupo ({users})",
        "en": "changes {n} of the group's members ({users})",
    },
    "impact.used_up_one": {
        "pt-BR": "{n} ficaria com a cota esgotada; recusados: {blocked}",
        "en": "{n} would have no quota left; refused: {blocked}",
    },
    "impact.used_up_other": {
        "pt-BR": "{n} ficariam com a cota esgotada; recusados: {blocked}",
        "en": "{n} would have no quota left; refused: {blocked}",
    },
    "impact.served_one": {
        "pt-BR": "{n} voltaria a ser atendido",
        "en": "{n} would be served again",
    },
    "impact.served_other": {
        "pt-BR": "{n} voltariam a ser atendidos",
        "en": "{n} would be served again",
    },
}
