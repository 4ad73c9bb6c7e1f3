"""What the commands of daily limits say, in pt-BR and en."""

from collections.abc import Mapping

from solaris.platform.texts import Locale

TEXTS: Mapping[str, Mapping[Locale, str]] = {
    "LIMIT": {"pt-BR": "LIMITE", "en": "LIMIT"},
    "set_daily_limit": {
        "pt-BR": "Limita quanto um usuário pode usar em um dia: tokens, auto:25 (a parte de um dia "
        "do limite mensal e mais 25%), none, para nenhum, ou plan, o do plano.\n\n"
        "Vale na hora, contando o que já foi usado hoje. O dia é o do fuso PERIOD_TIMEZONE.\n\n"
        "Exemplo: solaris users set-daily-limit ana@example.com auto:25",
        "en": "Limit what a user may use on one day: tokens, auto:25 (a day's share of the monthly "
        "limit and 25% more), none, or plan: the plan's.\n\n"
        "It holds at once, and what was used today counts. Days are those of PERIOD_TIMEZONE.\n\n"
        "Example: solaris users set-daily-limit ana@example.com auto:25",
    },
    "set_daily_limit.limit": {
        "pt-BR": "Tokens por dia, como 50k, auto:25, none, ou plan.",
        "en": "Tokens a day, as 50k, auto:25, none, or plan.",
    },
    "lift_day": {
        "pt-BR": "Libera um usuário do limite diário até o fim de hoje.\n\n"
        'Exemplo: solaris users lift-day ana@example.com --reason "prazo final"',
        "en": "Let a user's daily limit not hold until today ends.\n\n"
        'Example: solaris users lift-day ana@example.com --reason "deadline"',
    },
    "limited": {
        "pt-BR": "{email}: limite diário de {tokens} tokens ({limit})",
        "en": "{email}: daily limit of {tokens} tokens ({limit})",
    },
    "unlimited": {"pt-BR": "{email} não tem limite diário", "en": "{email} has no daily limit"},
    "lifted": {
        "pt-BR": "{email} não tem limite diário até o fim de hoje",
        "en": "{email} has no daily limit until today ends",
    },
    "day": {
        "pt-BR": "hoje: usados {used}, disponíveis {available}",
        "en": "today: used {used}, available {available}",
    },
}
