"""What `solaris reports` says, in pt-BR and en."""

from collections.abc import Mapping

from solaris.platform.texts import Locale

TEXTS: Mapping[str, Mapping[Locale, str]] = {
    "reports": {"pt-BR": "O que foi usado.", "en": "What was used."},
    "usage": {
        "pt-BR": "Tokens e custo por usuário, grupo, chave, modelo ou dia; a última linha é o "
        "total, seja o que for mostrado.\n\n"
        "O grupo é o de cada requisição, mesmo que a pessoa tenha mudado depois.\n\n"
        "Por modelo e por dia, de todos os usuários: em quantos milissegundos 95% das respostas "
        "por streaming começaram (estimado); por dia: quantas requisições foram recusadas, que "
        "nenhum outro número conta.\n\n"
        "Exemplo: solaris reports usage --by model --month 2026-10",
        "en": "Tokens and cost by user, group, key, model or day; the last line is the whole, "
        "whatever is shown.\n\n"
        "The group is that of each request, whoever has moved since.\n\n"
        "By model and day of all users: within how many milliseconds 95% of the streamed answers "
        "began (estimated); by day: how many requests were refused, which no other figure counts."
        "\n\n"
        "Example: solaris reports usage --by model --month 2026-10",
    },
    "usage.by": {
        "pt-BR": "Uma linha por usuário, grupo, chave, modelo ou dia (none não vale).",
        "en": "A row for each (not none).",
    },
    "usage.month": {
        "pt-BR": "Como 2026-10; sem isso, o mês atual.",
        "en": "As 2026-10; else the current one.",
    },
    "usage.from": {"pt-BR": "Primeiro dia.", "en": "First day."},
    "usage.to": {"pt-BR": "Último dia, incluído.", "en": "Last day, included."},
    "usage.user": {
        "pt-BR": "Só este endereço; pode ser repetido.",
        "en": "Only this address; repeatable.",
    },
    "usage.model": {
        "pt-BR": "Só este modelo; pode ser repetido.",
        "en": "Only this model; repeatable.",
    },
    "usage.group": {
        "pt-BR": "Só este grupo, pelo nome ou ID (-: sem grupo); pode ser repetido.",
        "en": "Only this group, by name or id (-: no group); repeatable.",
    },
    "usage.key": {
        "pt-BR": "Só esta chave, pelo ID; pode ser repetido.",
        "en": "Only this key, by id; repeatable.",
    },
    "usage.no_group": {
        "pt-BR": "nenhum grupo se chama {name}",
        "en": "no group is called {name}",
    },
    "without.group": {"pt-BR": "sem grupo", "en": "no group"},
    "without.key": {"pt-BR": "sem chave", "en": "no key"},
    "usage.sort": {
        "pt-BR": "A ordem; números do maior para o menor.",
        "en": "Figures come largest first.",
    },
    "usage.limit": {"pt-BR": "Mostra no máximo tantas linhas.", "en": "Show at most so many."},
    "usage.by_what": {
        "pt-BR": "user, group, key, model ou day",
        "en": "user, group, key, model or day",
    },
    "usage.not_beside": {
        "pt-BR": "não pode vir com --from ou --to",
        "en": "not beside --from and --to",
    },
    "usage.no_month": {"pt-BR": "um mês é escrito 2026-10", "en": "a month is 2026-10"},
    "by.user": {"pt-BR": "USUÁRIO", "en": "USER"},
    "by.model": {"pt-BR": "MODELO", "en": "MODEL"},
    "by.group": {"pt-BR": "GRUPO", "en": "GROUP"},
    "by.key": {"pt-BR": "CHAVE", "en": "KEY"},
    "by.day": {"pt-BR": "DIA", "en": "DAY"},
    "col.requests": {"pt-BR": "REQUISIÇÕES", "en": "REQUESTS"},
    "col.errors": {"pt-BR": "ERROS", "en": "ERRORS"},
    "col.input": {"pt-BR": "ENTRADA", "en": "INPUT"},
    "col.output": {"pt-BR": "SAÍDA", "en": "OUTPUT"},
    "col.charged": {"pt-BR": "COBRADOS", "en": "CHARGED"},
    "col.cost": {"pt-BR": "CUSTO", "en": "COST"},
    "col.first_token": {"pt-BR": "PRIMEIRO TOKEN P95", "en": "FIRST TOKEN P95"},
    "col.refused": {"pt-BR": "RECUSADAS", "en": "REFUSED"},
    "total": {"pt-BR": "total", "en": "total"},
    "shown_one": {
        "pt-BR": "{first} a {last}: {shown} de {n} linha",
        "en": "{first} to {last}: {shown} of {n} row",
    },
    "shown_other": {
        "pt-BR": "{first} a {last}: {shown} de {n} linhas",
        "en": "{first} to {last}: {shown} of {n} rows",
    },
}
