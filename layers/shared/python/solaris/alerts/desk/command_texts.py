"""What `solaris alerts` says, in pt-BR and en."""

from collections.abc import Mapping

from solaris.platform.texts import Locale

TEXTS: Mapping[str, Mapping[Locale, str]] = {
    "alerts": {
        "pt-BR": "Alertas: o que espera por alguém, e o que já foi resolvido.",
        "en": "Alerts: what waits for somebody, and what was resolved.",
    },
    "ALERT": {"pt-BR": "ALERTA", "en": "ALERT"},
    "alert": {
        "pt-BR": "O ID do alerta, como a lista mostra.",
        "en": "The alert's id, as the list shows it.",
    },
    "list": {
        "pt-BR": "Lista os alertas, do mais novo ao mais antigo; só os abertos, se nada for dito."
        "\n\nExemplo: solaris alerts list --state resolved",
        "en": "List the alerts, newest first; the open ones, unless told otherwise."
        "\n\nExample: solaris alerts list --state resolved",
    },
    "list.state": {"pt-BR": "Só nesta situação.", "en": "Only those in this state."},
    "list.limit": {"pt-BR": "No máximo tantos.", "en": "So many at most."},
    "none": {"pt-BR": "nenhum alerta", "en": "no alerts"},
    "more": {"pt-BR": "{total} ao todo", "en": "{total} in all"},
    "resolve": {
        "pt-BR": "Marca um alerta como resolvido. Cotas e avisos não mudam.\n\n"
        "Exemplo: solaris alerts resolve books_differ~1794754800123",
        "en": "Mark an alert as resolved. Quotas and warnings stay as they are.\n\n"
        "Example: solaris alerts resolve books_differ~1794754800123",
    },
    "resolved": {"pt-BR": "resolvido: {title}", "en": "resolved: {title}"},
    "reopen": {
        "pt-BR": "Desfaz a resolução de um alerta. O que o sistema encerrou não reabre.\n\n"
        "Exemplo: solaris alerts reopen books_differ~1794754800123",
        "en": "Take back that an alert was resolved. What the system has closed stays closed.\n\n"
        "Example: solaris alerts reopen books_differ~1794754800123",
    },
    "reopened": {"pt-BR": "aberto de novo: {title}", "en": "open again: {title}"},
    "col.id": {"pt-BR": "ID", "en": "ID"},
    "col.type": {"pt-BR": "GRAVIDADE", "en": "TYPE"},
    "col.title": {"pt-BR": "ALERTA", "en": "ALERT"},
    "col.who": {"pt-BR": "QUEM", "en": "WHO"},
    "col.created": {"pt-BR": "DESDE", "en": "SINCE"},
    "col.resolved": {"pt-BR": "RESOLVIDO POR", "en": "RESOLVED BY"},
    "type.critical": {"pt-BR": "crítico", "en": "critical"},
    "type.warning": {"pt-BR": "atenção", "en": "warning"},
    "type.info": {"pt-BR": "informação", "en": "info"},
}
