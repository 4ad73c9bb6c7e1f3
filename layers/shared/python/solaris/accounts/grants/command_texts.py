"""What `solaris users` says of additional tokens, in pt-BR and en."""

from collections.abc import Mapping

from solaris.platform.texts import Locale

TEXTS: Mapping[str, Mapping[Locale, str]] = {
    "AMOUNT": {"pt-BR": "QUANTIDADE", "en": "AMOUNT"},
    "ID": {"pt-BR": "ID", "en": "ID"},
    "add_tokens": {
        "pt-BR": "Concede tokens adicionais, além do limite de cada mês; uma quantidade negativa "
        "os retira.\n\n"
        "Diga por quanto tempo: --this-month, --until ou --until-used. Sem prazo, aumentam a cota "
        "de todos os meses até serem retirados, e não se retira mais do que ainda não foi "
        "usado. O que termina primeiro é usado primeiro.\n\n"
        'Exemplo: solaris users add-tokens ana@example.com 500000 --this-month --reason "relatório '
        'de fim de ano"',
        "en": "Grant additional tokens on top of each month's limit; a negative amount takes "
        "them back.\n\n"
        "Say for how long: --this-month, --until or --until-used. Without a term they raise each "
        "month's quota until they are taken back, and no more is taken back than is unused. What "
        "ends first is used first.\n\n"
        'Example: solaris users add-tokens ana@example.com 500000 --this-month --reason "year-end '
        'report"',
    },
    "add_tokens.amount": {
        "pt-BR": "Como 500k; negativa, retira tokens.",
        "en": "As 500k; negative takes tokens back.",
    },
    "add_tokens.this_month": {
        "pt-BR": "Só este mês: o que não for usado termina com ele.",
        "en": "For this month alone: what is unused ends with it.",
    },
    "add_tokens.until": {
        "pt-BR": "Até o fim deste dia, como 2026-12-15.",
        "en": "Until the end of this day, as 2026-12-15.",
    },
    "add_tokens.until_used": {
        "pt-BR": "Até acabarem, ainda que leve meses; o limite do mês é usado antes.",
        "en": "Until they are used up, however many months that takes; the month's limit goes "
        "first.",
    },
    "add_tokens.every_month": {
        "pt-BR": "Todo mês, até serem retirados (o padrão).",
        "en": "Every month, until they are taken back (the default).",
    },
    "add_tokens.one_term": {
        "pt-BR": "um prazo só: --this-month, --until, --until-used ou --every-month",
        "en": "one term only: --this-month, --until, --until-used or --every-month",
    },
    "DAY": {"pt-BR": "DIA", "en": "DAY"},
    "granted.this_month": {
        "pt-BR": "{amount} tokens valem só este mês; no próximo, a cota volta ao que era",
        "en": "{amount} tokens are for this month alone; the next has the quota of before",
    },
    "granted.until": {
        "pt-BR": "{amount} tokens valem até o fim de {until}; o que não for usado termina ali",
        "en": "{amount} tokens are good until the end of {until}; what is unused ends then",
    },
    "granted.until_used": {
        "pt-BR": "{amount} tokens valem até acabarem; o limite de cada mês é usado antes",
        "en": "{amount} tokens are good until they are used up; each month's limit goes first",
    },
    "granted.every_month": {
        "pt-BR": "{amount} tokens a mais em todos os meses, até serem retirados",
        "en": "{amount} tokens more in every month, until they are taken back",
    },
    "grants": {
        "pt-BR": "Lista os tokens adicionais de um usuário e quando terminam, na ordem em que são "
        "usados.\n\n"
        "Exemplo: solaris users grants ana@example.com",
        "en": "List a user's additional tokens and when they end, in the order in which they are "
        "used.\n\n"
        "Example: solaris users grants ana@example.com",
    },
    "grants.shown_one": {"pt-BR": "{n} concessão", "en": "{n} grant"},
    "grants.shown_other": {"pt-BR": "{n} concessões", "en": "{n} grants"},
    "void_grant": {
        "pt-BR": "Retira o que ainda não foi usado de uma concessão. O que já foi usado fica neste "
        "mês, e ninguém é bloqueado por isso.\n\n"
        "Exemplo: solaris users void-grant ana@example.com every-month",
        "en": "Take back what is unused of a grant. What is used of it stays this month's, and "
        "nobody is blocked by it.\n\n"
        "Example: solaris users void-grant ana@example.com every-month",
    },
    "void_grant.id": {
        "pt-BR": "Como `solaris users grants` mostra; every-month: os de todo mês.",
        "en": "As `solaris users grants` shows it; every-month: those of every month.",
    },
    "col.id": {"pt-BR": "ID", "en": "ID"},
    "col.term": {"pt-BR": "PRAZO", "en": "TERM"},
    "col.left": {"pt-BR": "RESTAM", "en": "LEFT"},
    "col.granted": {"pt-BR": "CONCEDIDOS", "en": "GRANTED"},
    "additional": {
        "pt-BR": "{email}: tokens adicionais {before} → {after}",
        "en": "{email}: additional tokens {before} → {after}",
    },
    "col.actor": {"pt-BR": "QUEM", "en": "ACTOR"},
    "col.reason": {"pt-BR": "MOTIVO", "en": "REASON"},
}
