"""What `solaris requests` says, in pt-BR and en."""

from collections.abc import Mapping

from solaris.platform.texts import Locale

TEXTS: Mapping[str, Mapping[Locale, str]] = {
    "requests": {
        "pt-BR": "Pedidos de tokens: quem pede mais, e o que se decide.",
        "en": "Requests for tokens: who asks for more, and what is decided.",
    },
    "list": {
        "pt-BR": "Lista os pedidos deste mês, os mais novos primeiro.\n\n"
        "Exemplo: solaris requests list --state pending",
        "en": "List this month's requests, newest first.\n\n"
        "Example: solaris requests list --state pending",
    },
    "list.state": {
        "pt-BR": "Só os que estão assim; de lapsed, os do mês passado.",
        "en": "Those in this state alone; of lapsed, last month's.",
    },
    "list.limit": {"pt-BR": "Quantos, no máximo.", "en": "At most so many."},
    "approve": {
        "pt-BR": "Concede o que a pessoa pediu, só para este mês; ou outra quantidade.\n\n"
        'Exemplo: solaris requests approve ana@example.com 200000 --note "bom projeto"',
        "en": "Grant what the person has asked for, for this month; or another amount.\n\n"
        'Example: solaris requests approve ana@example.com 200000 --note "good project"',
    },
    "approve.tokens": {
        "pt-BR": "Em vez do que foi pedido.",
        "en": "Instead of what was asked for.",
    },
    "deny": {
        "pt-BR": "Nega o pedido aberto da pessoa, que só pode pedir de novo depois de sete dias."
        '\n\nExemplo: solaris requests deny ana@example.com --note "só no mês que vem"',
        "en": "Deny the person's open request; they may ask again after seven days.\n\n"
        'Example: solaris requests deny ana@example.com --note "next month"',
    },
    "note": {"pt-BR": "Um recado para a pessoa.", "en": "A word to the person."},
    "policy": {
        "pt-BR": "Mostra, ou muda, se as pessoas podem pedir e quanto recebem na hora.\n\n"
        "Exemplo: solaris requests policy --automatic 100000",
        "en": "Show, or change, whether people may ask and how much they get at once.\n\n"
        "Example: solaris requests policy --automatic 100000",
    },
    "policy.on": {
        "pt-BR": "Receber pedidos, ou não.",
        "en": "Take requests, or not.",
    },
    "policy.automatic": {
        "pt-BR": "Tokens por pessoa e mês concedidos sem perguntar a ninguém; 0: nenhum.",
        "en": "Tokens a person and month that are granted without asking anybody; 0: none.",
    },
    "policy.is_on": {
        "pt-BR": "Pedidos são recebidos; até {automatic} tokens por pessoa e mês são concedidos na "
        "hora",
        "en": "Requests are taken; up to {automatic} tokens a person and month are granted at once",
    },
    "policy.is_off": {
        "pt-BR": "Pedidos não são recebidos",
        "en": "Requests are not taken",
    },
    "none_pending": {
        "pt-BR": "{email} não tem pedido aberto",
        "en": "{email} has no open request",
    },
    "nothing": {"pt-BR": "Não há pedidos assim.", "en": "There are no such requests."},
    "approved": {
        "pt-BR": "{email}: {granted} tokens concedidos para este mês (pedidos: {tokens})",
        "en": "{email}: {granted} tokens granted for this month (asked for: {tokens})",
    },
    "denied": {
        "pt-BR": "{email}: pedido de {tokens} tokens negado",
        "en": "{email}: the request for {tokens} tokens is denied",
    },
    "col.email": {"pt-BR": "E-MAIL", "en": "EMAIL"},
    "col.tokens": {"pt-BR": "PEDIDOS", "en": "ASKED"},
    "col.available": {"pt-BR": "DISPONÍVEIS", "en": "AVAILABLE"},
    "col.when": {"pt-BR": "QUANDO", "en": "WHEN"},
    "col.state": {"pt-BR": "SITUAÇÃO", "en": "STATE"},
    "col.reason": {"pt-BR": "MOTIVO", "en": "REASON"},
    "state.pending": {"pt-BR": "aberto", "en": "pending"},
    "state.approved": {"pt-BR": "aprovado", "en": "approved"},
    "state.denied": {"pt-BR": "negado", "en": "denied"},
    "state.lapsed": {"pt-BR": "vencido", "en": "lapsed"},
}
