"""What is said of requests for tokens, in pt-BR and en; see alerts/mail_words.py."""

from collections.abc import Mapping

from solaris.alerts.mail_words import MailWords
from solaris.platform.texts import Locale

REQUEST_WORDS: Mapping[Locale, Mapping[str, MailWords]] = {
    "pt-BR": {
        "asked": MailWords(
            subject="{who} pede {tokens} tokens a mais",
            preheader="{reason}",
            badge="Pedido de tokens",
            heading="{who} pede {tokens} tokens a mais",
            intro="Aprovar concede os tokens na hora, só para {month}, se você não mudar nada. "
            "Negar avisa a pessoa, que só pode pedir de novo depois de sete dias.",
        ),
        "approved": MailWords(
            subject="Seu pedido foi aprovado: {granted} tokens",
            preheader="{lasting} Você já pode voltar à conversa.",
            badge="Pedido aprovado",
            heading="Seu pedido foi aprovado",
            intro="Você recebeu {granted} tokens. {lasting} Já pode voltar à conversa.",
        ),
        "raised": MailWords(
            subject="Sua cota aumentou",
            preheader="Você já pode voltar à conversa.",
            badge="Pedido atendido",
            heading="Sua cota aumentou",
            intro="Você pediu {tokens} tokens, e sua cota foi aumentada de outro jeito. Já pode "
            "voltar à conversa.",
        ),
        "denied": MailWords(
            subject="Seu pedido de {tokens} tokens foi negado",
            preheader="Você pode pedir de novo a partir de {again}.",
            badge="Pedido negado",
            heading="Seu pedido foi negado",
            intro="Seu pedido de {tokens} tokens não foi aprovado. Você pode pedir de novo a "
            "partir de {again}.",
        ),
    },
    "en": {
        "asked": MailWords(
            subject="{who} asks for {tokens} tokens more",
            preheader="{reason}",
            badge="Request for tokens",
            heading="{who} asks for {tokens} tokens more",
            intro="Approving grants the tokens at once, for {month} alone unless you change that. "
            "Denying tells the person, who may not ask again for seven days.",
        ),
        "approved": MailWords(
            subject="Your request is approved: {granted} tokens",
            preheader="{lasting} You can go back to your chat.",
            badge="Request approved",
            heading="Your request is approved",
            intro="You have got {granted} tokens. {lasting} You can go back to your chat.",
        ),
        "raised": MailWords(
            subject="Your quota has been raised",
            preheader="You can go back to your chat.",
            badge="Request answered",
            heading="Your quota has been raised",
            intro="You asked for {tokens} tokens, and your quota was raised in another way. You "
            "can go back to your chat.",
        ),
        "denied": MailWords(
            subject="Your request for {tokens} tokens was denied",
            preheader="You may ask again from {again}.",
            badge="Request denied",
            heading="Your request was denied",
            intro="Your request for {tokens} tokens was not approved. You may ask again from "
            "{again}.",
        ),
    },
}

RECORDS: Mapping[Locale, Mapping[str, str]] = {
    "pt-BR": {
        "asked": "Pedido de {tokens} tokens",
        "asked_message": "{email} pede {tokens} tokens a mais.",
        "approved": "Pedido aprovado",
        "approved_message": "{email} pediu {tokens} tokens e recebeu {granted}.",
        "raised": "Pedido atendido por um aumento da cota",
        "raised_message": "{email} pediu {tokens} tokens e teve a cota aumentada de outro jeito.",
        "denied": "Pedido negado",
        "denied_message": "{email} pediu {tokens} tokens, e o pedido foi negado.",
    },
    "en": {
        "asked": "Request for {tokens} tokens",
        "asked_message": "{email} asks for {tokens} tokens more.",
        "approved": "Request approved",
        "approved_message": "{email} asked for {tokens} tokens and got {granted}.",
        "raised": "Request answered by a raise of the quota",
        "raised_message": "{email} asked for {tokens} tokens; the quota was raised in another way.",
        "denied": "Request denied",
        "denied_message": "{email} asked for {tokens} tokens, and was denied.",
    },
}
"""The first word of a message is the address: alert.message_about takes it away."""

LABELS: Mapping[Locale, Mapping[str, str]] = {
    "pt-BR": {
        "asked": "Pedido",
        "reason": "Motivo",
        "note": "Recado",
        "granted": "Concedidos",
        "approve": "Aprovar",
        "deny": "Negar",
        "look": "Ver o pedido de tokens",
        "this_month": "Valem só neste mês.",
        "until": "Valem até {until}.",
        "until_used": "Valem até acabarem.",
        "every_month": "Valem em todos os meses.",
        "by_command": "Para aprovar, execute:",
        "command": "solaris requests approve {address}",
        "footer": "Você recebe este pedido de tokens porque decide sobre a cota desta pessoa.",
    },
    "en": {
        "asked": "Asked for",
        "reason": "Reason",
        "note": "Note",
        "granted": "Granted",
        "approve": "Approve",
        "deny": "Deny",
        "look": "See the request",
        "this_month": "They are for this month alone.",
        "until": "They are good until {until}.",
        "until_used": "They are good until they are used up.",
        "every_month": "They are for every month.",
        "by_command": "To approve, run:",
        "command": "solaris requests approve {address}",
        "footer": "You get this request because you decide about this person's quota.",
    },
}
