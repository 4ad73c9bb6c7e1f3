"""What `solaris mail` says, in pt-BR and en."""

from collections.abc import Mapping

from solaris.platform.texts import Locale

TEXTS: Mapping[str, Mapping[Locale, str]] = {
    "mail": {
        "pt-BR": "Os e-mails que usuários e administradores recebem.",
        "en": "Mails: what users and admins get to read.",
    },
    "preview": {
        "pt-BR": "Grava cada e-mail com números inventados, em .html, .txt e .eml. Não envia "
        "nada.\n\n"
        "Um .eml abre em um programa de e-mail, com os cabeçalhos como seriam enviados.\n\n"
        "Exemplo: solaris mail preview --out /tmp/emails --locale pt-BR",
        "en": "Write every mail with made-up figures as .html, .txt and .eml. Sends nothing.\n\n"
        "An .eml opens in a mail program, with the headers as they would be sent.\n\n"
        "Example: solaris mail preview --out /tmp/mails --locale en",
    },
    "preview.out": {
        "pt-BR": "Onde gravar; a pasta é criada se não existir.",
        "en": "Where to write; made if it does not exist.",
    },
    "preview.locale": {
        "pt-BR": "Um idioma só; sem isso, os dois.",
        "en": "One language only; both otherwise.",
    },
    "preview.no_folder": {"pt-BR": "não é uma pasta: {out}", "en": "is not a directory: {out}"},
    "preview.done": {
        "pt-BR": "{mails} e-mails em {out}, cada um em .html, .txt e .eml",
        "en": "{mails} mails in {out}, each as .html, .txt and .eml",
    },
}
