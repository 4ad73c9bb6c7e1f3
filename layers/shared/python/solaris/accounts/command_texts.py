"""What `solaris users` says, in pt-BR and en: by command, then by what it is for."""

from collections.abc import Mapping

from solaris.platform.texts import Locale

TEXTS: Mapping[str, Mapping[Locale, str]] = {
    "users": {"pt-BR": "Contas e suas cotas.", "en": "Accounts and their quotas."},
    # arguments and options of several commands
    "arg.email": {
        "pt-BR": "O endereço do usuário, em maiúsculas ou minúsculas, ou o identificador.",
        "en": "The user's address, in any case, or id.",
    },
    "arg.reason": {
        "pt-BR": "O motivo; fica registrado com a mudança.",
        "en": "Why; it is kept with the change.",
    },
    "arg.yes": {"pt-BR": "Não pergunta.", "en": "Do not ask."},
    "arg.most": {"pt-BR": "Mostra no máximo tantos.", "en": "Show at most so many."},
    "arg.plan_limit": {
        "pt-BR": "Limite mensal no lugar do limite do plano.",
        "en": "Monthly limit instead of the plan's.",
    },
    "arg.name": {"pt-BR": "O nome da pessoa.", "en": "The person's name."},
    "PERCENT": {"pt-BR": "PORCENTAGEM", "en": "PERCENT"},
    "OLD": {"pt-BR": "ANTIGO", "en": "OLD"},
    "NEW": {"pt-BR": "NOVO", "en": "NEW"},
    "FROM": {"pt-BR": "ORIGEM", "en": "FROM"},
    "INTO": {"pt-BR": "DESTINO", "en": "INTO"},
    "ADDRESS": {"pt-BR": "ENDEREÇO", "en": "ADDRESS"},
    # list
    "list": {
        "pt-BR": "Lista os usuários, com o que cada um usou neste mês.\n\n"
        "Exemplo: solaris users list --at-least 80 --sort percentage",
        "en": "List users, with what they have used this month.\n\n"
        "Example: solaris users list --at-least 80 --sort percentage",
    },
    "list.status": {
        "pt-BR": "Só este status: ativo, suspenso, bloqueado, pendente ou excluído.",
        "en": "Only this status.",
    },
    "list.search": {
        "pt-BR": "Parte de um endereço ou de um nome.",
        "en": "Part of an address or a name.",
    },
    "list.at_least": {
        "pt-BR": "Quem já usou esse tanto da cota.",
        "en": "Who has used so much of their quota.",
    },
    "list.sort": {
        "pt-BR": "A ordem: endereço, uso, porcentagem ou saldo; números do maior para o menor.",
        "en": "By what; figures largest first.",
    },
    "list.shown_one": {"pt-BR": "{shown} de {n} usuário", "en": "{shown} of {n} user"},
    "list.shown_other": {"pt-BR": "{shown} de {n} usuários", "en": "{shown} of {n} users"},
    # headings
    "col.email": {"pt-BR": "E-MAIL", "en": "EMAIL"},
    "col.status": {"pt-BR": "STATUS", "en": "STATUS"},
    "col.plan": {"pt-BR": "PLANO", "en": "PLAN"},
    "col.limit": {"pt-BR": "LIMITE", "en": "LIMIT"},
    "col.additional": {"pt-BR": "ADICIONAIS", "en": "ADDITIONAL"},
    "col.used": {"pt-BR": "USADOS", "en": "USED"},
    "col.percent": {"pt-BR": "%", "en": "%"},
    "col.available": {"pt-BR": "DISPONÍVEIS", "en": "AVAILABLE"},
    "col.request": {"pt-BR": "REQUISIÇÃO", "en": "REQUEST"},
    "col.model": {"pt-BR": "MODELO", "en": "MODEL"},
    "col.reserved": {"pt-BR": "RESERVADOS", "en": "RESERVED"},
    "col.since": {"pt-BR": "DESDE", "en": "SINCE"},
    "col.expires": {"pt-BR": "EXPIRA", "en": "EXPIRES"},
    "col.requests": {"pt-BR": "REQUISIÇÕES", "en": "REQUESTS"},
    "col.errors": {"pt-BR": "ERROS", "en": "ERRORS"},
    "col.prompt": {"pt-BR": "ENTRADA", "en": "PROMPT"},
    "col.completion": {"pt-BR": "SAÍDA", "en": "COMPLETION"},
    "col.charged": {"pt-BR": "COBRADOS", "en": "CHARGED"},
    "col.cost": {"pt-BR": "CUSTO", "en": "COST"},
    "col.time": {"pt-BR": "HORA", "en": "TIME"},
    "col.weight": {"pt-BR": "PESO", "en": "WEIGHT"},
    "col.code": {"pt-BR": "RESPOSTA", "en": "STATUS"},
    "col.outcome": {"pt-BR": "RESULTADO", "en": "OUTCOME"},
    "col.kind": {"pt-BR": "TIPO", "en": "KIND"},
    "col.amount": {"pt-BR": "QUANTIDADE", "en": "AMOUNT"},
    "col.change": {"pt-BR": "MUDANÇA", "en": "CHANGE"},
    "col.balance": {"pt-BR": "SALDO", "en": "BALANCE"},
    "col.actor": {"pt-BR": "QUEM", "en": "ACTOR"},
    "col.reason": {"pt-BR": "MOTIVO", "en": "REASON"},
    "col.line": {"pt-BR": "LINHA", "en": "LINE"},
    "col.result": {"pt-BR": "RESULTADO", "en": "RESULT"},
    "col.details": {"pt-BR": "DETALHES", "en": "DETAILS"},
    # show
    "show": {
        "pt-BR": "Mostra um usuário: cota, requisições em andamento, últimos usos e este mês por "
        "modelo.\n\n"
        "Exemplo: solaris users show ana@example.com",
        "en": "Show one user: quota, open requests, last usage and this month by model.\n\n"
        "Example: solaris users show ana@example.com",
    },
    "show.user": {"pt-BR": "usuário", "en": "user"},
    "show.id": {"pt-BR": "identificador", "en": "id"},
    "show.status": {"pt-BR": "status", "en": "status"},
    "show.plan": {"pt-BR": "plano", "en": "plan"},
    "show.period": {"pt-BR": "mês", "en": "period"},
    "show.limit": {"pt-BR": "limite mensal", "en": "monthly limit"},
    "show.additional": {"pt-BR": "tokens adicionais", "en": "additional tokens"},
    "show.used": {"pt-BR": "usados", "en": "used"},
    "show.of_quota": {
        "pt-BR": "{used} ({percent}% da cota)",
        "en": "{used} ({percent}% of the quota)",
    },
    "show.daily_limit": {"pt-BR": "limite diário", "en": "daily limit"},
    "show.day": {
        "pt-BR": "{tokens} ({limit}); hoje: usados {used}, disponíveis {left}",
        "en": "{tokens} ({limit}); today: used {used}, available {left}",
    },
    "show.day_lifted": {
        "pt-BR": "{tokens} ({limit}), liberado hoje",
        "en": "{tokens} ({limit}), lifted today",
    },
    "show.reserved": {"pt-BR": "reservados", "en": "reserved"},
    "show.available": {"pt-BR": "disponíveis", "en": "available"},
    "show.renews": {"pt-BR": "renova em", "en": "renews"},
    "show.last_request": {"pt-BR": "última requisição", "en": "last request"},
    "show.aliases": {"pt-BR": "endereços antigos", "en": "aliases"},
    "show.merged_from": {"pt-BR": "contas unidas a esta", "en": "merged from"},
    "show.merged_into": {"pt-BR": "unida à conta", "en": "merged into"},
    "show.still_closed": {
        "pt-BR": "O mês gravado ainda é {stored}; os números são os de quando {period} for aberto, "
        "pela agenda ou pela próxima requisição.",
        "en": "The stored month is still {stored}; shown as it will be opened for {period}, by "
        "the schedule or the next request.",
    },
    "show.open": {"pt-BR": "Requisições em andamento", "en": "Open requests"},
    "show.by_model": {"pt-BR": "{period} por modelo", "en": "{period} by model"},
    "show.nothing": {"pt-BR": "Nada usado em {period}", "en": "Nothing used in {period}"},
    "show.last": {"pt-BR": "Últimos usos", "en": "Last usage"},
    "show.refused": {
        "pt-BR": "Requisições recusadas em {period}",
        "en": "Refused requests in {period}",
    },
    "refused.insufficient_quota": {"pt-BR": "Cota esgotada", "en": "Quota used up"},
    "refused.insufficient_quota_for_request": {
        "pt-BR": "Cota menor que a requisição",
        "en": "Quota below the request",
    },
    "refused.daily_limit_reached": {"pt-BR": "Limite diário", "en": "Daily limit"},
    "refused.daily_limit_for_request": {
        "pt-BR": "Limite diário menor que a requisição",
        "en": "Daily limit below the request",
    },
    "refused.tokens_held": {"pt-BR": "Cota reservada por outras", "en": "Quota held by others"},
    "refused.bookings_late": {"pt-BR": "Lançamentos atrasados", "en": "Late bookings"},
    "refused.rate_limit_exceeded": {"pt-BR": "Requisições demais", "en": "Too many requests"},
    "refused.account_pending": {"pt-BR": "Conta pendente", "en": "Account pending"},
    "refused.account_suspended": {"pt-BR": "Conta suspensa", "en": "Account suspended"},
    "refused.account_blocked": {"pt-BR": "Conta bloqueada", "en": "Account blocked"},
    "refused.model_not_allowed": {
        "pt-BR": "Modelo não permitido à chave",
        "en": "Model not allowed for the key",
    },
    "refused.user_model_not_allowed": {
        "pt-BR": "Modelo não permitido ao usuário",
        "en": "Model not allowed for the user",
    },
    "show.estimated": {"pt-BR": "{outcome} (estimado)", "en": "{outcome} (estimated)"},
    # create
    "create": {
        "pt-BR": "Cria um usuário antes da primeira requisição dele.\n\n"
        'Exemplo: solaris users create ana@example.com --name "Ana Lima" --plan pro',
        "en": "Create a user before their first request.\n\n"
        'Example: solaris users create ana@example.com --name "Ana Lima" --plan pro',
    },
    "create.plan": {
        "pt-BR": "Define o limite; se não for informado, basic (básico).",
        "en": "Sets the limit; basic unless stated.",
    },
    "created": {
        "pt-BR": "{email} foi criado: plano {plan}, {limit} tokens por mês, renova em {renews}",
        "en": "created {email}: plan {plan}, {limit} tokens a month, renews {renews}",
    },
    # changes
    "set_limit": {
        "pt-BR": "Define o limite mensal de um usuário, entre MIN_USER_LIMIT e MAX_USER_LIMIT (o "
        "plano enterprise pode mais).\n\n"
        "Vale na hora: abaixo do que já foi usado, bloqueia; acima, volta a atender. Passa a ser "
        "próprio: uma mudança do plano não o altera, até --plan.\n\n"
        'Exemplo: solaris users set-limit ana@example.com 2000000 --reason "projeto novo"',
        "en": "Set a user's monthly limit, within MIN_USER_LIMIT and MAX_USER_LIMIT (not "
        "enterprise).\n\n"
        "It holds at once: below what is used it blocks, above it serves again. It is the user's "
        "own: a change of the plan leaves it alone, until --plan.\n\n"
        'Example: solaris users set-limit ana@example.com 2000000 --reason "new project"',
    },
    "set_limit.of_plan": {
        "pt-BR": "Volta ao limite do plano, e muda com ele.",
        "en": "Back to the plan's limit, and change with it.",
    },
    "set_limit.one_of": {
        "pt-BR": "diga o limite ou --plan, um dos dois",
        "en": "state the limit or --plan, one of the two",
    },
    "show.limit_source.own": {
        "pt-BR": "{limit} (próprio)",
        "en": "{limit} (their own)",
    },
    "show.limit_source.plan": {"pt-BR": "{limit} (do plano)", "en": "{limit} (the plan's)"},
    "show.limit_source.default": {
        "pt-BR": "{limit} (padrão de quem chega)",
        "en": "{limit} (the default of newcomers)",
    },
    "set_limit.tokens": {"pt-BR": "Tokens por mês, como 500k.", "en": "Tokens a month, as 500k."},
    "limit": {
        "pt-BR": "{email}: limite mensal {before} → {after}",
        "en": "{email}: monthly limit {before} → {after}",
    },
    "available": {"pt-BR": "disponíveis {before} → {after}", "en": "available {before} → {after}"},
    "blocked": {
        "pt-BR": "{email} usou {used} tokens: cota esgotada até {until}",
        "en": "{email} has used {used} tokens: blocked until {until}",
    },
    "served_again": {
        "pt-BR": "{email} volta a ser atendido agora",
        "en": "{email} is served again from now on",
    },
    "set_plan": {
        "pt-BR": "Muda o plano de um usuário, com o limite mensal do plano se --limit não indicar "
        "outro.\n\n"
        "Exemplo: solaris users set-plan ana@example.com pro --reason promoção",
        "en": "Put a user on another plan, with the plan's monthly limit unless --limit states "
        "one.\n\n"
        'Example: solaris users set-plan ana@example.com pro --reason "upgrade"',
    },
    "set_plan.plan": {
        "pt-BR": "O novo plano: teste, básico, pro ou empresarial.",
        "en": "The new plan.",
    },
    "plan": {
        "pt-BR": "{email}: plano {before} → {after}",
        "en": "{email}: plan {before} → {after}",
    },
    "show.grants": {"pt-BR": "com prazo", "en": "grants that end"},
    "term.until_day": {"pt-BR": "até {until}", "en": "until {until}"},
    "term.this_month": {"pt-BR": "só este mês", "en": "this month"},
    "term.until": {"pt-BR": "até uma data", "en": "until a day"},
    "term.until_used": {"pt-BR": "até acabarem", "en": "until used up"},
    "term.every_month": {"pt-BR": "todo mês", "en": "every month"},
    "set_enforcement": {
        "pt-BR": "Define se um usuário com a cota esgotada é recusado (block) ou só avisado "
        "(warn).\n\n"
        "Quem só é avisado é atendido acima da cota, e tudo continua sendo contado.\n\n"
        "Exemplo: solaris users set-enforcement ana@example.com warn",
        "en": "Refuse a user whose quota is used up (block), or only warn (warn).\n\n"
        "Who is warned only is served beyond the quota, and everything is counted as ever.\n\n"
        "Example: solaris users set-enforcement ana@example.com warn",
    },
    "set_enforcement.what": {
        "pt-BR": "block: recusa; warn: só avisa; plan: como diz o plano.",
        "en": "block: refuses; warn: only warns; plan: as the plan says.",
    },
    "enforced.block": {
        "pt-BR": "{email} é recusado quando a cota acaba",
        "en": "{email} is refused when the quota is used up",
    },
    "enforced.warn": {
        "pt-BR": "{email} só é avisado quando a cota acaba",
        "en": "{email} is only warned when the quota is used up",
    },
    "show.enforcement": {"pt-BR": "com a cota esgotada", "en": "once used up"},
    "show.warned_only": {"pt-BR": "só é avisado", "en": "warned only"},
    "reset_usage": {
        "pt-BR": "Zera o uso deste mês. Os registros de uso ficam; as requisições em andamento "
        "ainda são cobradas.\n\n"
        'Exemplo: solaris users reset-usage ana@example.com --reason "script em laço"',
        "en": "Set this month's usage to zero. The usage records stay; open requests are still "
        "charged.\n\n"
        'Example: solaris users reset-usage ana@example.com --reason "runaway script"',
    },
    "nothing_used": {
        "pt-BR": "{email} não usou nada neste mês",
        "en": "{email} has used nothing this month",
    },
    "used": {
        "pt-BR": "{email}: usados {before} → {after}",
        "en": "{email}: used {before} → {after}",
    },
    "suspend": {
        "pt-BR": "Suspende um usuário: a partir de agora as requisições dele são recusadas.\n\n"
        'Exemplo: solaris users suspend ana@example.com --reason "saiu da empresa"',
        "en": "Refuse a user's requests from now on.\n\n"
        'Example: solaris users suspend ana@example.com --reason "left the company"',
    },
    "activate": {
        "pt-BR": "Volta a atender um usuário suspenso, bloqueado ou pendente.\n\n"
        "Exemplo: solaris users activate ana@example.com",
        "en": "Serve a suspended, blocked or pending user again.\n\n"
        "Example: solaris users activate ana@example.com",
    },
    "status": {"pt-BR": "{email}: {before} → {after}", "en": "{email}: {before} → {after}"},
    "status_already": {"pt-BR": "{email} já está {status}", "en": "{email} is {status} already"},
    "transactions": {
        "pt-BR": "Lista quem mudou tokens adicionais, limite, plano, uso ou status de um usuário, "
        "do mais novo ao mais antigo.\n\n"
        "SALDO é o que restou depois da mudança: limite + adicionais - usados.\n\n"
        "Exemplo: solaris users transactions ana@example.com --limit 5",
        "en": "List who changed a user's grants, limit, plan, usage or status, newest first.\n\n"
        "BALANCE is what was left after the change: limit + additional - used.\n\n"
        "Example: solaris users transactions ana@example.com --limit 5",
    },
    "transactions.shown_one": {"pt-BR": "{n} movimentação", "en": "{n} transaction"},
    "transactions.shown_other": {"pt-BR": "{n} movimentações", "en": "{n} transactions"},
    # import
    "import": {
        "pt-BR": "Cria e altera usuários a partir de um arquivo CSV: email, name, plan, "
        "monthly_limit.\n\n"
        "Sem --yes nada é gravado. Cabeçalhos em português ou inglês, vírgulas ou ponto e "
        "vírgula, UTF-8 ou o que o Excel grava; uma exportação de usuários serve como "
        "está. Sem limite prático de linhas.\n\n"
        "Também concede tokens: adicionais_quantidade, adicionais_tipo (este_mes, ate, ate_usar, "
        "todo_mes) e ate (o último dia). A mesma concessão ao mesmo usuário é feita uma vez só; "
        "a de este_mes, uma vez por mês.\n\n"
        "grupo e centro_de_custo dizem a que grupo cada um pertence; o grupo que não existe é "
        "criado, e - tira do grupo.\n\n"
        "Exemplo: solaris users import pessoas.csv --yes",
        "en": "Create and change users by a CSV file: email, name, plan, monthly_limit.\n\n"
        "Without --yes nothing is written. Headers in English or Portuguese, commas or "
        "semicolons, UTF-8 or what Excel writes; an export of users may be given as it is. "
        "However many lines.\n\n"
        "It grants tokens, too: additional_amount, additional_kind (this_month, until, until_used, "
        "every_month) and until (the last day). The same grant to the same user is made once; "
        "that of this_month once a month.\n\n"
        "group and cost_center say to which group each belongs; one that is not there is made, and "
        "- takes somebody out of theirs.\n\n"
        "Example: solaris users import people.csv --yes",
    },
    "import.file": {"pt-BR": "Um arquivo CSV.", "en": "A CSV file."},
    "import.yes": {
        "pt-BR": "Grava; sem isso, só mostra.",
        "en": "Write it; else it is only shown.",
    },
    "import.too_large": {
        "pt-BR": "{file} tem mais de {most} MiB",
        "en": "{file} is larger than {most} MiB",
    },
    "import.more_one": {"pt-BR": "… e mais {n} linha", "en": "… and {n} line more"},
    "import.more_other": {"pt-BR": "… e mais {n} linhas", "en": "… and {n} lines more"},
    "import.counts": {
        "pt-BR": "criar: {create}, alterar: {update}, sem mudança: {unchanged}, com erro: {error}",
        "en": "{create} create, {update} update, {unchanged} unchanged, {error} error",
    },
    "import.new_groups_one": {"pt-BR": "novo grupo: {names}", "en": "new group: {names}"},
    "import.new_groups_other": {
        "pt-BR": "novos grupos ({n}): {names}",
        "en": "new groups ({n}): {names}",
    },
    "import.dry": {
        "pt-BR": "Nada foi gravado. Repita com --yes.",
        "en": "Nothing was written. Repeat with --yes.",
    },
    # move, merge, release-alias
    "move": {
        "pt-BR": "Dá outro endereço a um usuário. Identificador, cota, registros, chaves e tokens "
        "adicionais ficam.\n\n"
        "O endereço antigo leva à mesma conta até ser liberado.\n\n"
        "Exemplo: solaris users move ana@example.com ana.lima@example.org --reason "
        '"domínio novo"',
        "en": "Give a user another address. Id, quota, books, keys and grants stay.\n\n"
        "The old address leads to the same account until it is released.\n\n"
        'Example: solaris users move ana@example.com ana.lima@example.org --reason "new '
        'domain"',
    },
    "move.old": {
        "pt-BR": "O endereço do usuário, ou o identificador.",
        "en": "The user's address, or id.",
    },
    "move.new": {"pt-BR": "O novo endereço.", "en": "The new address."},
    "aliases": {"pt-BR": "endereços antigos: {aliases}", "en": "aliases: {aliases}"},
    "merge": {
        "pt-BR": "Une duas contas da mesma pessoa em uma. Não pode ser desfeito.\n\n"
        "O uso é somado; limite e tokens adicionais são os de DESTINO. Endereços e chaves "
        "vão junto; o que ORIGEM usou fica registrado no identificador de ORIGEM.\n\n"
        "Exemplo: solaris users merge ana.lima@example.com ana@example.com --yes",
        "en": "Make one account of two of the same person. This cannot be undone.\n\n"
        "Usage is added, limit and grants are those of INTO. Addresses and keys go with "
        "it; what FROM has used stays on record under FROM's id.\n\n"
        "Example: solaris users merge ana.lima@example.com ana@example.com --yes",
    },
    "merge.from": {
        "pt-BR": "Endereço ou identificador da conta que deixa de existir.",
        "en": "Address or id of who is merged.",
    },
    "merge.into": {
        "pt-BR": "Endereço ou identificador da conta que fica.",
        "en": "Address or id of who stays.",
    },
    "merge.ended_one": {
        "pt-BR": "{n} token adicional da conta unida não é levado",
        "en": "{n} additional token of the merged account is not carried over",
    },
    "merge.ended_other": {
        "pt-BR": "{n} tokens adicionais da conta unida não são levados",
        "en": "{n} additional tokens of the merged account are not carried over",
    },
    "merge.sure": {
        "pt-BR": "Unir {source} a {into} definitivamente?",
        "en": "Merge {source} into {into} for good?",
    },
    "available_now": {"pt-BR": "disponíveis {tokens}", "en": "available {tokens}"},
    "release": {
        "pt-BR": "Libera um endereço que um usuário tinha antes: quem chegar com ele será outra "
        "pessoa.\n\n"
        "Exemplo: solaris users release-alias ana@example.com",
        "en": "Give up an address that a user had before: whoever comes by it next is somebody "
        "new.\n\n"
        "Example: solaris users release-alias ana@example.com",
    },
    "release.address": {"pt-BR": "Um endereço antigo.", "en": "An address of before."},
    "released": {
        "pt-BR": "{address} não é mais um endereço de {email}",
        "en": "{address} is no address of {email} any more",
    },
    # personal data
    "export_data": {
        "pt-BR": "Grava tudo o que está registrado sobre uma pessoa em um arquivo JSON.\n\n"
        "Conta, meses, contadores, requisições, mudanças, alertas, chaves pessoais (não as "
        "chaves em si), suspensão de e-mails e linhas da auditoria. Perguntas e respostas "
        "não são guardadas em lugar nenhum. A auditoria registra a exportação.\n\n"
        "Exemplo: solaris users export-data ana@example.com --out ana.json",
        "en": "Write all that is on record about one person to a JSON file.\n\n"
        "Account, months, counters, requests, changes, alerts, personal keys (not the keys "
        "themselves), mail suppression and audit rows. Prompts and answers are kept "
        "nowhere. The audit log notes it.\n\n"
        "Example: solaris users export-data ana@example.com --out ana.json",
    },
    "export_data.out": {
        "pt-BR": "O arquivo a gravar, que só você pode ler.",
        "en": "The file to write, readable by you alone.",
    },
    "exported": {
        "pt-BR": "{file}: tudo o que está registrado sobre {email} (registros de uso: {usage}, "
        "movimentações: {transactions})",
        "en": "{file}: all that is on record about {email} ({usage} usage, {transactions} "
        "transactions)",
    },
    "delete": {
        "pt-BR": "Exclui um usuário e apaga o que identifica a pessoa. Não pode ser desfeito.\n\n"
        "As requisições são recusadas e as chaves pessoais, revogadas. Nome e endereço "
        "saem da conta, das chaves e dos alertas; endereço IP, navegador e conversa saem "
        "dos registros de uso. Tokens e custos ficam, em um identificador que não nomeia "
        "ninguém. A auditoria guarda o endereço por dois anos, para mostrar quem fez o quê "
        "(LGPD, art. 16, I).\n\n"
        'Exemplo: solaris users delete ana@example.com --reason "a titular pediu"',
        "en": "Delete a user and erase what tells about the person. This cannot be undone.\n\n"
        "Requests are refused and personal keys revoked. Name and address go from the "
        "account, the keys and the alerts; IP address, user agent and conversation go from "
        "the usage records. Tokens and costs stay, under an id that names nobody. The "
        "audit log keeps the address for two years, to show who did what (LGPD art. 16, "
        "I).\n\n"
        'Example: solaris users delete ana@example.com --reason "asked for it"',
    },
    "delete.sure": {"pt-BR": "Excluir {email} definitivamente?", "en": "Delete {email} for good?"},
    "deleted": {
        "pt-BR": "{email} foi excluído; registros de uso anonimizados: {records}",
        "en": "deleted {email}: {records} usage records anonymised",
    },
    "delete.so_far": {
        "pt-BR": "registros de uso anonimizados até agora: {records}",
        "en": "{records} usage records anonymised so far",
    },
    "delete.unfinished": {
        "pt-BR": "ainda há registros de uso a anonimizar: execute o comando de novo",
        "en": "not all usage records are anonymised yet: run the command again",
    },
    # values, as the site calls them
    "status.active": {"pt-BR": "ativo", "en": "active"},
    "status.suspended": {"pt-BR": "suspenso", "en": "suspended"},
    "status.blocked": {"pt-BR": "bloqueado", "en": "blocked"},
    "status.pending": {"pt-BR": "pendente", "en": "pending"},
    "status.deleted": {"pt-BR": "excluído", "en": "deleted"},
    "plan.trial": {"pt-BR": "teste", "en": "trial"},
    "plan.basic": {"pt-BR": "básico", "en": "basic"},
    "plan.pro": {"pt-BR": "pro", "en": "pro"},
    "plan.enterprise": {"pt-BR": "empresarial", "en": "enterprise"},
    "outcome.settled": {"pt-BR": "cobrada", "en": "settled"},
    "outcome.released": {"pt-BR": "liberada", "en": "released"},
    "outcome.expired": {"pt-BR": "expirada", "en": "expired"},
    "kind.grant": {"pt-BR": "tokens adicionais", "en": "grant"},
    "kind.grant_end": {"pt-BR": "concessão terminou", "en": "grant_end"},
    "kind.grant_late": {"pt-BR": "acerto de concessão", "en": "grant_late"},
    "kind.limit_change": {"pt-BR": "limite", "en": "limit_change"},
    "kind.plan_change": {"pt-BR": "plano", "en": "plan_change"},
    "kind.usage_reset": {"pt-BR": "uso zerado", "en": "usage_reset"},
    "kind.status_change": {"pt-BR": "status", "en": "status_change"},
    "kind.merge": {"pt-BR": "contas unidas", "en": "merge"},
    "kind.correction": {"pt-BR": "correção", "en": "correction"},
    "action.create": {"pt-BR": "criar", "en": "create"},
    "action.update": {"pt-BR": "alterar", "en": "update"},
    "action.unchanged": {"pt-BR": "sem mudança", "en": "unchanged"},
    "action.error": {"pt-BR": "erro", "en": "error"},
    "field.monthly_limit": {"pt-BR": "limite mensal", "en": "monthly_limit"},
    "field.additional_tokens": {"pt-BR": "tokens adicionais", "en": "additional_tokens"},
    "field.current_usage": {"pt-BR": "usados", "en": "current_usage"},
    "field.additional_amount": {"pt-BR": "conceder", "en": "grant"},
    "field.additional_kind": {"pt-BR": "válidos", "en": "for"},
    "field.until": {"pt-BR": "último dia", "en": "last day"},
    "field.group": {"pt-BR": "grupo", "en": "group"},
    "field.cost_center": {"pt-BR": "centro de custo", "en": "cost centre"},
    "field.status": {"pt-BR": "status", "en": "status"},
    "field.plan": {"pt-BR": "plano", "en": "plan"},
    "field.name": {"pt-BR": "nome", "en": "name"},
    "field.email": {"pt-BR": "e-mail", "en": "email"},
}
