"""What the mails to who looks after a group say, in pt-BR and en; see mail_words.py."""

from collections.abc import Mapping, Sequence

from solaris.alerts.mail_words import MailWords
from solaris.platform.texts import Locale

CEILING_WORDS: Mapping[Locale, Mapping[str, MailWords]] = {
    "pt-BR": {
        "near": MailWords(
            subject="{who}: {threshold} do limite de {month} usados",
            preheader="{used} de {ceiling} tokens. Nada é recusado por isso.",
            badge="Limite mensal",
            heading="{who}: {percentage} do limite mensal usados",
            intro="O uso de IA em {month} chegou a {threshold} do limite mensal combinado. O "
            "limite só avisa: as pessoas continuam sendo atendidas.",
            steps=(
                "Veja no relatório por grupo quem mais usa e com quais modelos.",
                "Se o uso for esperado, aumente o limite do grupo: o aviso se encerra sozinho.",
            ),
        ),
        "full": MailWords(
            subject="{who}: o limite de {month} foi atingido",
            preheader="{used} de {ceiling} tokens. Nada é recusado por isso.",
            badge="Limite atingido",
            heading="{who}: o limite mensal foi atingido",
            intro="Foram usados {used} dos {ceiling} tokens do limite de {month}. O limite só "
            "avisa: as pessoas continuam sendo atendidas.",
            steps=(
                "Veja no relatório por grupo quem mais usa e com quais modelos.",
                "Se o uso for esperado, aumente o limite do grupo: o aviso se encerra sozinho.",
            ),
        ),
    },
    "en": {
        "near": MailWords(
            subject="{who}: {threshold} of the ceiling of {month} used",
            preheader="{used} of {ceiling} tokens. Nothing is refused for it.",
            badge="Monthly ceiling",
            heading="{who}: {percentage} of the monthly ceiling used",
            intro="AI usage in {month} has reached {threshold} of the monthly ceiling. The "
            "ceiling only warns: people go on being served.",
            steps=(
                "See in the report by group who uses most, and which models.",
                "If that is expected, raise the group's ceiling: the alert then closes by itself.",
            ),
        ),
        "full": MailWords(
            subject="{who}: the ceiling of {month} is reached",
            preheader="{used} of {ceiling} tokens. Nothing is refused for it.",
            badge="Ceiling reached",
            heading="{who}: the monthly ceiling is reached",
            intro="{used} of the {ceiling} tokens of the ceiling of {month} are used. The ceiling "
            "only warns: people go on being served.",
            steps=(
                "See in the report by group who uses most, and which models.",
                "If that is expected, raise the group's ceiling: the alert then closes by itself.",
            ),
        ),
    },
}

COMPANY_STEPS: Mapping[Locale, Sequence[str]] = {
    "pt-BR": (
        "Veja no relatório por grupo quem mais usa e com quais modelos.",
        "Se o uso for esperado, aumente COMPANY_MONTHLY_CEILING: o aviso se encerra sozinho.",
    ),
    "en": (
        "See in the report by group who uses most, and which models.",
        "If that is expected, raise COMPANY_MONTHLY_CEILING: the alert then closes by itself.",
    ),
}
"""In place of the steps of a group."""

GROUP_SUMMARY_WORDS: Mapping[Locale, MailWords] = {
    "pt-BR": MailWords(
        subject="Uso de IA em {month}: {who}",
        preheader="{total} tokens, usados por {active}.",
        badge="Resumo do mês",
        heading="{who} em {month}",
        intro="O mês fechou com {total} tokens deste grupo. A lista é de quem está no grupo hoje, "
        "com o mês inteiro de cada pessoa.",
    ),
    "en": MailWords(
        subject="AI usage in {month}: {who}",
        preheader="{total} tokens, used by {active}.",
        badge="Month's summary",
        heading="{who} in {month}",
        intro="The month closed with {total} tokens of this group. The list is of who is in the "
        "group today, each with the whole month.",
    ),
}
