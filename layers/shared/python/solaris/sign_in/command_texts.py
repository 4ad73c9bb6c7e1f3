"""What `solaris admins` says, in pt-BR and en."""

from collections.abc import Mapping

from solaris.platform.texts import Locale

TEXTS: Mapping[str, Mapping[Locale, str]] = {
    "admins": {
        "pt-BR": "Quem pode entrar no site administrativo e na API dele.",
        "en": "Who may sign in to the admin site and its API.",
    },
    "arg.email": {
        "pt-BR": "O endereço com que a pessoa entra.",
        "en": "The address they sign in with.",
    },
    "arg.name": {"pt-BR": "O nome da pessoa.", "en": "The person's name."},
    "list": {
        "pt-BR": "Lista quem pode entrar, por endereço.\n\nExemplo: solaris admins list",
        "en": "List who may sign in, by address.\n\nExample: solaris admins list",
    },
    "col.email": {"pt-BR": "E-MAIL", "en": "EMAIL"},
    "col.name": {"pt-BR": "NOME", "en": "NAME"},
    "col.role": {"pt-BR": "PERFIL", "en": "ROLE"},
    "col.password": {"pt-BR": "SENHA", "en": "PASSWORD"},
    "col.last_login": {"pt-BR": "ÚLTIMA ENTRADA", "en": "LAST LOGIN"},
    "list.shown_one": {"pt-BR": "{n} pessoa pode entrar", "en": "{n} may sign in"},
    "list.shown_other": {"pt-BR": "{n} pessoas podem entrar", "en": "{n} may sign in"},
    "create": {
        "pt-BR": "Deixa alguém entrar; a senha é gerada e mostrada, só desta vez.\n\n"
        'Exemplo: solaris admins create ana@example.com --name "Ana Lima" --role viewer',
        "en": "Let somebody sign in; the password is generated and printed, this once.\n\n"
        'Example: solaris admins create ana@example.com --name "Ana Lima" --role viewer',
    },
    "create.role": {
        "pt-BR": "viewer (somente leitura) só consulta; auditor só vê relatórios e a auditoria; "
        "manager (gestor) só vê quem é dos seus grupos.",
        "en": "A viewer only looks; an auditor sees reports and the audit log alone; a manager "
        "sees the members of their groups alone.",
    },
    "created": {"pt-BR": "{email} foi criado, com o perfil {role}", "en": "created {role} {email}"},
    "set_role": {
        "pt-BR": "Muda o que alguém pode fazer; com outro perfil, as sessões dele terminam. O "
        "último administrador continua sendo um.\n\n"
        "Exemplo: solaris admins set-role ana@example.com viewer",
        "en": "Change what somebody may do; another role signs them out. The last admin stays "
        "one.\n\n"
        "Example: solaris admins set-role ana@example.com viewer",
    },
    "set_role.role": {
        "pt-BR": "admin (administrador), viewer (somente leitura), auditor ou manager (gestor de "
        "grupos).",
        "en": "admin, viewer, auditor or manager (of groups).",
    },
    "role": {"pt-BR": "{email}: perfil {role}", "en": "{email} is {role}"},
    "reset_password": {
        "pt-BR": "Dá a alguém uma senha nova, mostrada só desta vez, e encerra as sessões.\n\n"
        "Exemplo: solaris admins reset-password admin@localhost",
        "en": "Give somebody a new password, printed this once, and end their sessions.\n\n"
        "Example: solaris admins reset-password admin@localhost",
    },
    "reset": {
        "pt-BR": "a senha de {email} foi trocada; todas as sessões terminaram",
        "en": "reset {email}; every session has ended",
    },
    "remove": {
        "pt-BR": "Não deixa mais alguém entrar; em até cinco segundos a pessoa está fora. O último "
        "administrador fica.\n\n"
        "Exemplo: solaris admins remove ana@example.com",
        "en": "Let somebody in no more; they are out within five seconds. The last admin "
        "stays.\n\n"
        "Example: solaris admins remove ana@example.com",
    },
    "removed": {"pt-BR": "{email} foi removido", "en": "removed {email}"},
    "unlock": {
        "pt-BR": "Esquece as tentativas de entrada que falharam, para o endereço poder tentar de "
        "novo já.\n\n"
        "Exemplo: solaris admins unlock ana@example.com",
        "en": "Forget the failed sign-ins of an address, so that it may try again at once.\n\n"
        "Example: solaris admins unlock ana@example.com",
    },
    "unlocked": {"pt-BR": "{email} foi desbloqueado", "en": "unlocked {email}"},
    "not_locked": {
        "pt-BR": "não há tentativas de entrada que falharam de {email}",
        "en": "no failed sign-ins of {email}",
    },
    "password": {"pt-BR": "senha, mostrada só agora:", "en": "password, shown only now:"},
    "role.admin": {"pt-BR": "administrador", "en": "admin"},
    "role.viewer": {"pt-BR": "somente leitura", "en": "viewer"},
    "role.manager": {"pt-BR": "gestor de grupos", "en": "manager of groups"},
    "role.auditor": {"pt-BR": "auditor", "en": "auditor"},
}
