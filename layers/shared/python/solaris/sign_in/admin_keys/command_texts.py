"""What `solaris admin-keys` says, in pt-BR and en."""

from collections.abc import Mapping

from solaris.platform.texts import Locale

TEXTS: Mapping[str, Mapping[Locale, str]] = {
    "admin-keys": {
        "pt-BR": "Chaves de administração: com elas, programas usam a API administrativa.",
        "en": "Admin keys: with them programs call the admin API.",
    },
    "list": {
        "pt-BR": "Lista as chaves de administração, da mais nova à mais antiga; de cada chave só "
        "se conhece o começo.\n\n"
        "Exemplo: solaris admin-keys list",
        "en": "List admin keys, newest first; of a key itself only its beginning is known.\n\n"
        "Example: solaris admin-keys list",
    },
    "col.key": {"pt-BR": "CHAVE", "en": "KEY"},
    "col.prefix": {"pt-BR": "COMEÇO", "en": "PREFIX"},
    "col.name": {"pt-BR": "NOME", "en": "NAME"},
    "col.scopes": {"pt-BR": "ESCOPOS", "en": "SCOPES"},
    "col.created_by": {"pt-BR": "CRIADA POR", "en": "CREATED BY"},
    "col.last_used": {"pt-BR": "ÚLTIMO USO", "en": "LAST USED"},
    "col.expires": {"pt-BR": "EXPIRA", "en": "EXPIRES"},
    "col.state": {"pt-BR": "SITUAÇÃO", "en": "STATE"},
    "list.shown_one": {"pt-BR": "{n} chave", "en": "{n} key"},
    "list.shown_other": {"pt-BR": "{n} chaves", "en": "{n} keys"},
    "create": {
        "pt-BR": "Cria uma chave e a mostra, só desta vez. Nenhuma chave mexe em administradores, "
        "chaves de administração, senhas ou sessões.\n\n"
        "Exemplo: solaris admin-keys create --name terraform --scope users:read --scope "
        "users:write --expires-in 180",
        "en": "Create a key and print it, this once. No key has to do with admins, admin keys, "
        "passwords or sessions.\n\n"
        "Example: solaris admin-keys create --name terraform --scope users:read --scope "
        "users:write --expires-in 180",
    },
    "create.scope": {
        "pt-BR": "O que a chave pode fazer; pode ser repetido.",
        "en": "What the key may do; may be repeated.",
    },
    "create.name": {"pt-BR": "De qual programa é a chave.", "en": "Whose key it is."},
    "create.note": {
        "pt-BR": "Onde a chave está, quem cuida dela.",
        "en": "Where the key is, who looks after it.",
    },
    "create.expires_in": {
        "pt-BR": "Depois de tantos dias a chave é recusada; no máximo 365.",
        "en": "Refuse the key after so many days, 365 at most.",
    },
    "created": {
        "pt-BR": "chave {key}, até {until}, mostrada só agora:",
        "en": "key {key}, until {until}, shown only now:",
    },
    "revoke": {
        "pt-BR": "Revoga uma chave definitivamente; em até cinco segundos é recusada.\n\n"
        "Exemplo: solaris admin-keys revoke ak_1f2e3d4c5b6a7980",
        "en": "Refuse a key for good, within five seconds.\n\n"
        "Example: solaris admin-keys revoke ak_1f2e3d4c5b6a7980",
    },
    "revoke.key": {
        "pt-BR": "Como `solaris admin-keys list` a mostra.",
        "en": "As `solaris admin-keys list` shows it.",
    },
    "KEY": {"pt-BR": "CHAVE", "en": "KEY_ID"},
    "revoked": {"pt-BR": "a chave {key} foi revogada", "en": "revoked {key}"},
    "state.active": {"pt-BR": "ativa", "en": "active"},
    "state.revoked": {"pt-BR": "revogada", "en": "revoked"},
    "state.expired": {"pt-BR": "expirada", "en": "expired"},
}
