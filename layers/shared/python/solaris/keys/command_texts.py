"""What `solaris keys` says, in pt-BR and en."""

from collections.abc import Mapping

from solaris.platform.texts import Locale

TEXTS: Mapping[str, Mapping[Locale, str]] = {
    "keys": {
        "pt-BR": "Chaves do gateway: com elas os clientes se identificam.",
        "en": "Gateway keys: what clients authenticate with.",
    },
    "create": {
        "pt-BR": "Cria uma chave e a mostra, só desta vez. Sem --user, é uma chave de serviço para "
        "o LibreChat.\n\n"
        "Exemplo: solaris keys create --name LibreChat --model gpt-4o-mini --model "
        '"claude-*"',
        "en": "Create a key and print it, this once. Without --user it is a service key for "
        "LibreChat.\n\n"
        "Example: solaris keys create --name LibreChat --model gpt-4o-mini --model "
        '"claude-*"',
    },
    "create.name": {"pt-BR": "Para que serve a chave.", "en": "What the key is for."},
    "create.user": {"pt-BR": "Prende a chave a um usuário.", "en": "Bind the key to one user."},
    "create.expires_in": {
        "pt-BR": "Depois de tantos dias a chave é recusada.",
        "en": "Refuse the key after so many days.",
    },
    "create.model": {
        "pt-BR": "Permite só este modelo, ou `gpt-4*`; pode ser repetido.",
        "en": "Allow this model only, or `gpt-4*`; may be repeated.",
    },
    "create.new_user": {
        "pt-BR": "O endereço ainda pode não ser de ninguém.",
        "en": "The address may be nobody's yet.",
    },
    "create.rate": {
        "pt-BR": "Requisições por segundo com esta chave, no máximo.",
        "en": "Requests a second with this key at most.",
    },
    "create.burst": {
        "pt-BR": "Requisições de uma vez; sem isso, as de dois segundos.",
        "en": "Requests at once; else two seconds' worth.",
    },
    "created.service": {
        "pt-BR": "chave de serviço {key}, mostrada só agora:",
        "en": "service key {key}, shown only now:",
    },
    "created.personal": {
        "pt-BR": "chave pessoal {key}, mostrada só agora:",
        "en": "personal key {key}, shown only now:",
    },
    "snippet": {"pt-BR": "Para o librechat.yaml:", "en": "For librechat.yaml:"},
    "snippet.where": {
        "pt-BR": "no .env do LibreChat: SOLARIS_API_KEY=<a chave>",
        "en": "in LibreChat's .env: SOLARIS_API_KEY=<the key>",
    },
    "list": {
        "pt-BR": "Lista todas as chaves, da mais nova à mais antiga; de cada chave só se conhece o "
        "começo.\n\n"
        "Exemplo: solaris keys list",
        "en": "List all keys, newest first; of a key itself only its beginning is known.\n\n"
        "Example: solaris keys list",
    },
    "col.key": {"pt-BR": "CHAVE", "en": "KEY"},
    "col.prefix": {"pt-BR": "COMEÇO", "en": "PREFIX"},
    "col.name": {"pt-BR": "NOME", "en": "NAME"},
    "col.user": {"pt-BR": "USUÁRIO", "en": "USER"},
    "col.models": {"pt-BR": "MODELOS", "en": "MODELS"},
    "col.rate": {"pt-BR": "TAXA", "en": "RATE"},
    "col.last_used": {"pt-BR": "ÚLTIMO USO", "en": "LAST USED"},
    "col.expires": {"pt-BR": "EXPIRA", "en": "EXPIRES"},
    "col.state": {"pt-BR": "SITUAÇÃO", "en": "STATE"},
    "list.service": {"pt-BR": "(serviço)", "en": "(service)"},
    "list.any": {"pt-BR": "todos", "en": "any"},
    "list.rate": {"pt-BR": "{rate}/s, {burst} de uma vez", "en": "{rate}/s, {burst} at once"},
    "list.shown_one": {"pt-BR": "{n} chave", "en": "{n} key"},
    "list.shown_other": {"pt-BR": "{n} chaves", "en": "{n} keys"},
    "revoke": {
        "pt-BR": "Revoga uma chave definitivamente; todos os processos a recusam em até cinco "
        "segundos.\n\n"
        "Exemplo: solaris keys revoke key_1f2e3d4c5b6a",
        "en": "Refuse a key for good; every process does so within five seconds.\n\n"
        "Example: solaris keys revoke key_1f2e3d4c5b6a",
    },
    "revoke.key": {
        "pt-BR": "Como `solaris keys list` a mostra.",
        "en": "As `solaris keys list` shows it.",
    },
    "KEY": {"pt-BR": "CHAVE_OU_COMEÇO", "en": "KEY_ID_OR_PREFIX"},
    "revoked": {"pt-BR": "a chave {key} ({name}) foi revogada", "en": "revoked {key} ({name})"},
    "state.active": {"pt-BR": "ativa", "en": "active"},
    "state.revoked": {"pt-BR": "revogada", "en": "revoked"},
    "state.expired": {"pt-BR": "expirada", "en": "expired"},
}
