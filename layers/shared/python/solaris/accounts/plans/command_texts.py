"""What `solaris plans` says, in pt-BR and en."""

from collections.abc import Mapping

from solaris.platform.texts import Locale

TEXTS: Mapping[str, Mapping[Locale, str]] = {
    "plans": {
        "pt-BR": "Planos: o que cada um dá, e a quem.\n\nExemplo: solaris plans",
        "en": "Plans: what each gives, and to whom.\n\nExample: solaris plans",
    },
    "arg.plan": {"pt-BR": "O plano.", "en": "The plan."},
    "show": {
        "pt-BR": "Mostra um plano e quantas pessoas o têm.\n\nExemplo: solaris plans show basic",
        "en": "Show one plan, and how many have it.\n\nExample: solaris plans show basic",
    },
    "set": {
        "pt-BR": "Muda um plano para todos os que o têm. Quem tem limite próprio fica com ele.\n\n"
        "Mostra antes a quem a mudança chega e pergunta; --preview só mostra. O que não for "
        "informado fica como está; `unset` volta ao que diz o ambiente (PLAN_*_LIMIT, "
        "ALERT_THRESHOLD, RATE_LIMIT_*). Pode ser interrompido: a varredura continua.\n\n"
        'Exemplo: solaris plans set basic --limit 2M --warn 75 --reason "mais uso em 2027"',
        "en": "Change a plan for all who have it. Who has a limit of their own keeps it.\n\n"
        "Whom the change reaches is shown before, and asked for; --preview only shows it. What is "
        "left out stays; `unset` goes back to the environment (PLAN_*_LIMIT, ALERT_THRESHOLD, "
        "RATE_LIMIT_*). It may be interrupted: the sweep goes on with it.\n\n"
        'Example: solaris plans set basic --limit 2M --warn 75 --reason "more use in 2027"',
    },
    "set.limit": {
        "pt-BR": "Tokens por mês, como 2M; ou unset.",
        "en": "Tokens a month, as 2M; or unset.",
    },
    "set.daily_limit": {
        "pt-BR": "Limite diário: tokens, ou auto:25 (25% acima da média do mês); unset: nenhum.",
        "en": "Daily limit: tokens, or auto:25 (25% above the month's average); unset: none.",
    },
    "set.enforcement": {
        "pt-BR": "block: recusa quando a cota acaba; warn: só avisa.",
        "en": "block: refuses when the quota is used up; warn: only warns.",
    },
    "set.warn": {
        "pt-BR": "Primeiro aviso, como 80; ou unset.",
        "en": "First warning, as 80; or unset.",
    },
    "set.critical": {
        "pt-BR": "Segundo aviso, como 95; ou unset.",
        "en": "Second warning, as 95; or unset.",
    },
    "set.rate": {
        "pt-BR": "Requisições por segundo de cada usuário, com --burst; ou unset.",
        "en": "Requests a second of each user, with --burst; or unset.",
    },
    "set.burst": {
        "pt-BR": "Requisições de uma vez, com --rate; ou unset.",
        "en": "Requests at once, with --rate; or unset.",
    },
    "set.preview": {
        "pt-BR": "Só mostra a quem a mudança chega.",
        "en": "Only show whom the change reaches.",
    },
    "set.yes": {"pt-BR": "Não pergunta.", "en": "Do not ask."},
    "set.nothing": {
        "pt-BR": "diga o que muda: --limit, --daily-limit, --enforcement, --warn, --critical ou "
        "--rate",
        "en": "say what changes: --limit, --daily-limit, --enforcement, --warn, --critical, --rate",
    },
    "set.sure": {"pt-BR": "Mudar o plano {plan}?", "en": "Change the plan {plan}?"},
    "not_percent": {
        "pt-BR": "{text} não é uma porcentagem de 1 a 100, como 80",
        "en": "{text} is no percentage from 1 to 100, as 80",
    },
    "not_rate": {"pt-BR": "{text} não é um número", "en": "{text} is no number"},
    "col.plan": {"pt-BR": "PLANO", "en": "PLAN"},
    "col.limit": {"pt-BR": "LIMITE", "en": "LIMIT"},
    "col.day": {"pt-BR": "POR DIA", "en": "A DAY"},
    "col.users": {"pt-BR": "PESSOAS", "en": "USERS"},
    "col.from_plan": {"pt-BR": "DO PLANO", "en": "PLAN'S"},
    "col.own": {"pt-BR": "PRÓPRIO", "en": "OWN"},
    "col.first": {"pt-BR": "PADRÃO", "en": "DEFAULT"},
    "col.enforcement": {"pt-BR": "COTA ESGOTADA", "en": "USED UP"},
    "col.warnings": {"pt-BR": "AVISOS", "en": "WARNINGS"},
    "col.rate": {"pt-BR": "REQUISIÇÕES", "en": "RATE"},
    "enforcement.block": {"pt-BR": "recusa", "en": "refuses"},
    "enforcement.warn": {"pt-BR": "só avisa", "en": "only warns"},
    "rate": {"pt-BR": "{rate}/s, {burst} de uma vez", "en": "{rate}/s, {burst} at once"},
    "none": {"pt-BR": "nenhum", "en": "none"},
    "as_set": {"pt-BR": "como nas configurações", "en": "as in the settings"},
    "as_set_short": {"pt-BR": "padrão", "en": "default"},
    "show.plan": {"pt-BR": "Plano", "en": "Plan"},
    "show.limit": {"pt-BR": "Limite mensal", "en": "Monthly limit"},
    "show.day": {"pt-BR": "Limite diário", "en": "Daily limit"},
    "show.enforcement": {"pt-BR": "Cota esgotada", "en": "When used up"},
    "show.warnings": {"pt-BR": "Avisos", "en": "Warnings"},
    "show.rate": {"pt-BR": "Requisições", "en": "Rate"},
    "show.users": {"pt-BR": "Pessoas", "en": "Users"},
    "show.from_plan": {"pt-BR": "  com o limite do plano", "en": "  with the plan's limit"},
    "show.own": {"pt-BR": "  com limite próprio", "en": "  with a limit of their own"},
    "show.first": {"pt-BR": "  com o limite padrão", "en": "  with the default limit"},
    "impact.changed_one": {
        "pt-BR": "muda {n} pessoa do plano {plan}",
        "en": "changes {n} user of the plan {plan}",
    },
    "impact.changed_other": {
        "pt-BR": "muda {n} pessoas do plano {plan}",
        "en": "changes {n} users of the plan {plan}",
    },
    "impact.kept_one": {
        "pt-BR": "{n} tem limite próprio ou o padrão, e fica com ele",
        "en": "{n} has a limit of their own or the default one, and keeps it",
    },
    "impact.kept_other": {
        "pt-BR": "{n} têm limite próprio ou o padrão, e ficam com ele",
        "en": "{n} have a limit of their own or the default one, and keep it",
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
    "bringing": {"pt-BR": "levando a todos", "en": "bringing it to everybody"},
    "done_one": {"pt-BR": "mudou para {n} pessoa", "en": "changed for {n} user"},
    "done_other": {"pt-BR": "mudou para {n} pessoas", "en": "changed for {n} users"},
    "failed_one": {
        "pt-BR": "{n} item não pôde ser lido; o registro diz qual",
        "en": "{n} item could not be read; the log says which",
    },
    "failed_other": {
        "pt-BR": "{n} itens não puderam ser lidos; o registro diz quais",
        "en": "{n} items could not be read; the log says which",
    },
    "held": {
        "pt-BR": "a mudança está gravada e já está sendo levada a todos por outro processo",
        "en": "the change is written, and another process is bringing it to everybody",
    },
    "changed_by": {
        "pt-BR": "versão {version}, de {who}, {when}",
        "en": "version {version}, by {who}, {when}",
    },
    "running": {
        "pt-BR": "sendo levado a todos: {users} de {total}",
        "en": "being brought to everybody: {users} of {total}",
    },
}
