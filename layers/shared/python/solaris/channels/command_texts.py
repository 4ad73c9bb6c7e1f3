"""What `solaris channels` says, in pt-BR and en."""

from collections.abc import Mapping

from solaris.platform.texts import Locale

TEXTS: Mapping[str, Mapping[Locale, str]] = {
    "channels": {
        "pt-BR": "Canais: alertas em webhooks, no Microsoft Teams e no Slack.",
        "en": "Channels: alerts to webhooks, Microsoft Teams and Slack.",
    },
    "CHANNEL": {"pt-BR": "CANAL", "en": "CHANNEL"},
    "URL": {"pt-BR": "ENDEREÇO", "en": "URL"},
    "EVENT": {"pt-BR": "EVENTO", "en": "EVENT"},
    "GROUP": {"pt-BR": "GRUPO", "en": "GROUP"},
    "channel": {
        "pt-BR": "O nome do canal, ou o começo chn_… como a lista mostra.",
        "en": "The channel's name, or its id as the list shows it.",
    },
    "list": {
        "pt-BR": "Lista os canais e como cada um está.\n\nExemplo: solaris channels list",
        "en": "List the channels and how each fares.\n\nExample: solaris channels list",
    },
    "add": {
        "pt-BR": "Cria um canal. O segredo de um webhook é mostrado só desta vez.\n\n"
        "Exemplo: solaris channels add Plantão https://hooks.example.com/alertas --kind webhook "
        "--event quota.blocked",
        "en": "Make a channel. A webhook's secret is printed this once.\n\n"
        "Example: solaris channels add On-call https://hooks.example.com/alerts --kind webhook "
        "--event quota.blocked",
    },
    "add.name": {"pt-BR": "Como o canal se chama.", "en": "What the channel is called."},
    "add.url": {
        "pt-BR": "Para onde os alertas vão; não é mostrado de novo.",
        "en": "Where alerts are sent; it is not shown again.",
    },
    "add.kind": {"pt-BR": "O que atende no endereço.", "en": "What answers at the address."},
    "add.event": {
        "pt-BR": "Só este evento; pode ser repetido. Sem isso, todos.",
        "en": "This event alone; may be repeated. Without it, all of them.",
    },
    "add.group": {
        "pt-BR": "Só o que diz respeito a este grupo ou a quem está nele, por nome ou ID; pode ser "
        "repetido. Sem isso, tudo.",
        "en": "What is about this group or its members alone, by name or id; may be repeated. "
        "Without it, everything.",
    },
    "add.language": {"pt-BR": "O idioma das mensagens.", "en": "The language of the messages."},
    "add.no_names": {
        "pt-BR": "Sem nomes e endereços de pessoas.",
        "en": "Without people's names and addresses.",
    },
    "added": {"pt-BR": "canal {name} criado: {id}", "en": "channel {name} made: {id}"},
    "secret": {
        "pt-BR": "segredo, mostrado só agora:",
        "en": "secret, shown only now:",
    },
    "test": {
        "pt-BR": "Envia um teste a um canal e diz como foi.\n\n"
        "Exemplo: solaris channels test Plantão",
        "en": "Send a test to a channel and say how it went.\n\n"
        "Example: solaris channels test On-call",
    },
    "tested": {
        "pt-BR": "{outcome} em {milliseconds} ms",
        "en": "{outcome} in {milliseconds} ms",
    },
    "remove": {
        "pt-BR": "Remove um canal e seu histórico.\n\nExemplo: solaris channels remove Plantão",
        "en": "Remove a channel and its history.\n\nExample: solaris channels remove On-call",
    },
    "remove.sure": {
        "pt-BR": "Remover o canal {name}?",
        "en": "Remove the channel {name}?",
    },
    "yes": {"pt-BR": "Não perguntar.", "en": "Do not ask."},
    "removed": {"pt-BR": "canal {name} removido", "en": "channel {name} removed"},
    "history": {
        "pt-BR": "Mostra as últimas 50 entregas a um canal, da mais nova à mais antiga.\n\n"
        "Exemplo: solaris channels history Plantão",
        "en": "Show the last 50 deliveries to a channel, newest first.\n\n"
        "Example: solaris channels history On-call",
    },
    "resume": {
        "pt-BR": "Retoma um canal pausado; o que aconteceu enquanto isso não é enviado.\n\n"
        "Exemplo: solaris channels resume Plantão",
        "en": "Let a paused channel get alerts again; what happened meanwhile is not sent.\n\n"
        "Example: solaris channels resume On-call",
    },
    "resumed": {"pt-BR": "canal {name} retomado", "en": "channel {name} resumed"},
    "none": {
        "pt-BR": "nenhum canal: os alertas vão só por e-mail",
        "en": "no channels: alerts go by mail alone",
    },
    "no_tries": {"pt-BR": "nada foi enviado ainda", "en": "nothing was sent yet"},
    "all_events": {"pt-BR": "todos", "en": "all"},
    "all_groups": {"pt-BR": "todos", "en": "all"},
    "state.active": {"pt-BR": "ativo", "en": "active"},
    "state.paused": {"pt-BR": "pausado (falhas)", "en": "paused (failures)"},
    "outcome.delivered": {"pt-BR": "entregue", "en": "delivered"},
    "outcome.refused": {"pt-BR": "recusado", "en": "refused"},
    "outcome.timeout": {"pt-BR": "sem resposta a tempo", "en": "no answer in time"},
    "outcome.unreachable": {"pt-BR": "sem conexão", "en": "no connection"},
    "outcome.tls": {"pt-BR": "certificado inválido", "en": "invalid certificate"},
    "outcome.not_allowed": {"pt-BR": "endereço não permitido", "en": "address not allowed"},
    "outcome.unreadable": {
        "pt-BR": "endereço ilegível (SECRET_KEY mudou)",
        "en": "address cannot be read (SECRET_KEY has changed)",
    },
    "given_up": {"pt-BR": "{outcome}, desistiu", "en": "{outcome}, given up"},
    "col.id": {"pt-BR": "ID", "en": "ID"},
    "col.name": {"pt-BR": "NOME", "en": "NAME"},
    "col.kind": {"pt-BR": "TIPO", "en": "KIND"},
    "col.address": {"pt-BR": "ENDEREÇO", "en": "ADDRESS"},
    "col.events": {"pt-BR": "EVENTOS", "en": "EVENTS"},
    "col.groups": {"pt-BR": "GRUPOS", "en": "GROUPS"},
    "col.state": {"pt-BR": "ESTADO", "en": "STATE"},
    "col.last": {"pt-BR": "ÚLTIMA ENTREGA", "en": "LAST DELIVERY"},
    "col.when": {"pt-BR": "QUANDO", "en": "WHEN"},
    "col.event": {"pt-BR": "EVENTO", "en": "EVENT"},
    "col.outcome": {"pt-BR": "RESULTADO", "en": "OUTCOME"},
    "col.status": {"pt-BR": "STATUS", "en": "STATUS"},
    "col.ms": {"pt-BR": "MS", "en": "MS"},
    "col.try": {"pt-BR": "TENTATIVA", "en": "TRY"},
}
