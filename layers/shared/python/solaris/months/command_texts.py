"""What `solaris reset` says, in pt-BR and en."""

from collections.abc import Mapping

from solaris.platform.texts import Locale

TEXTS: Mapping[str, Mapping[Locale, str]] = {
    "reset": {
        "pt-BR": "Abre o mês atual para todos os usuários que ainda estão em um mês anterior.\n\n"
        "A agenda faz isso no dia primeiro, e a primeira requisição de um usuário faz isso "
        "para ele. O uso e os avisos voltam a zero, os tokens adicionais ficam, o mês "
        "fechado é guardado. Pode ser executado a qualquer hora e quantas vezes quiser; "
        "uma execução interrompida continua de onde parou.\n\n"
        "Exemplo: solaris reset --dry-run",
        "en": "Open the current month for every user who is still in an older one.\n\n"
        "The schedule does this on the first of the month, and a user's first request does "
        "it for that user. Usage and warnings start at zero, additional tokens stay, the "
        "closed month is kept. Safe to run at any time and as often as you like; a run "
        "that was cut short goes on where it was.\n\n"
        "Example: solaris reset --dry-run",
    },
    "reset.user": {
        "pt-BR": "Só este usuário, e não todos.",
        "en": "Only this user instead of everybody.",
    },
    "reset.dry_run": {"pt-BR": "Só diz o que seria feito.", "en": "Only say what would be done."},
    "one.dry": {"pt-BR": "{user}: {period} seria aberto", "en": "{user}: {period} would be opened"},
    "one.done": {"pt-BR": "{user}: {period} foi aberto", "en": "{user}: {period} opened"},
    "one.already": {
        "pt-BR": "{user}: {period} já está aberto",
        "en": "{user}: {period} is open already",
    },
    "dry_one": {
        "pt-BR": "{period} seria aberto para {n} usuário; nada foi alterado",
        "en": "{period} would be opened for {n} user; nothing was changed",
    },
    "dry_other": {
        "pt-BR": "{period} seria aberto para {n} usuários; nada foi alterado",
        "en": "{period} would be opened for {n} users; nothing was changed",
    },
    "opening": {"pt-BR": "abrindo {period}", "en": "opening {period}"},
    "held_one": {
        "pt-BR": "outra execução está em curso: {period} está aberto para {n} usuário",
        "en": "another run is at work: {period} is open for {n} user",
    },
    "held_other": {
        "pt-BR": "outra execução está em curso: {period} está aberto para {n} usuários",
        "en": "another run is at work: {period} is open for {n} users",
    },
    "open_one": {
        "pt-BR": "{period} está aberto para {n} usuário, {opened} deles pela rotina do mês",
        "en": "{period} is open for {n} user, {opened} of them by the reset",
    },
    "open_other": {
        "pt-BR": "{period} está aberto para {n} usuários, {opened} deles pela rotina do mês",
        "en": "{period} is open for {n} users, {opened} of them by the reset",
    },
    "failed_one": {
        "pt-BR": "{n} usuário não pôde ser lido; o log tem o identificador",
        "en": "{n} user could not be read; see the log for the id",
    },
    "failed_other": {
        "pt-BR": "{n} usuários não puderam ser lidos; o log tem os identificadores",
        "en": "{n} users could not be read; see the log for their ids",
    },
}
