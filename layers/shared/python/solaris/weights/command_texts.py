"""What `solaris models` says, in pt-BR and en."""

from collections.abc import Mapping

from solaris.platform.texts import Locale

TEXTS: Mapping[str, Mapping[Locale, str]] = {
    "models": {
        "pt-BR": "Modelos e quanto conta um token de cada um",
        "en": "Models, and how much a token of each counts",
    },
    "NAME": {"pt-BR": "NOME", "en": "NAME"},
    "WEIGHT": {"pt-BR": "PESO", "en": "WEIGHT"},
    "list": {
        "pt-BR": "Lista os modelos usados neste mês e no anterior, quanto conta um token de cada "
        "um e por qual peso.\n\n"
        "Exemplo: solaris models list",
        "en": "List the models of this month and the last, how much a token of each counts, and "
        "by which weight.\n\n"
        "Example: solaris models list",
    },
    "weights": {
        "pt-BR": "Lista os pesos em vigor. Vale o nome exato, depois o começo mais longo (gpt-5*), "
        "depois *; sem nenhum, cada token conta 1×.\n\n"
        "Exemplo: solaris models weights",
        "en": "List the weights in force. The exact name goes first, then the longest beginning "
        "(gpt-5*), then *; without any, each token counts once.\n\n"
        "Example: solaris models weights",
    },
    "set_weight": {
        "pt-BR": "Define quantas vezes conta um token de um modelo e mostra o que isso teria "
        "mudado no mês anterior. 0 é de graça: é atendido mesmo com a cota esgotada. Vale em cinco "
        "segundos, para as próximas requisições.\n\n"
        'Exemplo: solaris models set-weight "gpt-5*" 5 --reason "preço de tabela"',
        "en": "Set how many times a token of a model counts, and show what that would have changed "
        "in the last month. 0 is free: served when the quota is used up, too. In force within five "
        "seconds, for the requests that follow.\n\n"
        'Example: solaris models set-weight "gpt-5*" 5 --reason "list price"',
    },
    "set_weight.name": {
        "pt-BR": "O modelo, o começo de nomes (gpt-5*) ou * para todos os outros.",
        "en": "The model, the beginning of names (gpt-5*), or * for all others.",
    },
    "set_weight.weight": {
        "pt-BR": "Quantas vezes conta, de 0 a 1000, como 5 ou 0.25; ou auto:gpt-4o-mini, tantas "
        "vezes quanto o preço é o daquele modelo.",
        "en": "How many times it counts, 0 to 1000, as 5 or 0.25; or auto:gpt-4o-mini, as many "
        "times as the price is that model's.",
    },
    "set_weight.completion": {
        "pt-BR": "Quantas vezes contam os tokens da resposta; PESO vale então só para a entrada.",
        "en": "How many times tokens of the answer count; WEIGHT is then the prompt's alone.",
    },
    "set_weight.cached": {
        "pt-BR": "Quantas vezes contam os tokens da entrada que vieram do cache.",
        "en": "How many times tokens of the prompt count that came from a cache.",
    },
    "dry_run": {
        "pt-BR": "Só mostrar o que mudaria.",
        "en": "Only show what would change.",
    },
    "reason": {"pt-BR": "Por quê; fica na auditoria.", "en": "Why; it goes into the audit log."},
    "remove_weight": {
        "pt-BR": "Remove um peso: o modelo volta a contar pelos outros, ou 1×.\n\n"
        'Exemplo: solaris models remove-weight "gpt-5*"',
        "en": "Remove a weight: the model counts by the others again, or once.\n\n"
        'Example: solaris models remove-weight "gpt-5*"',
    },
    "no_such": {
        "pt-BR": "não há peso para {name}",
        "en": "there is no weight for {name}",
    },
    "set": {"pt-BR": "{name} conta {times}", "en": "{name} counts {times}"},
    "removed": {"pt-BR": "peso de {name} removido", "en": "the weight of {name} is removed"},
    "nothing_set": {
        "pt-BR": "nenhum peso definido: cada token conta 1×",
        "en": "no weights are set: each token counts once",
    },
    "of_environment": {
        "pt-BR": "do ambiente (MODEL_WEIGHTS), até alguém os mudar",
        "en": "of the environment (MODEL_WEIGHTS), until somebody changes them",
    },
    "changed": {
        "pt-BR": "mudados em {when} por {who}",
        "en": "changed on {when} by {who}",
    },
    "preview": {
        "pt-BR": "{period}: {charged} tokens cobrados, teriam sido {would} ({percent})",
        "en": "{period}: {charged} tokens charged, would have been {would} ({percent})",
    },
    "preview_users": {
        "pt-BR": "usuários acima da cota: {over} de {users}; por causa disso: {newly}",
        "en": "users over their quota: {over} of {users}; because of this: {newly}",
    },
    "preview_part": {
        "pt-BR": "nem todos os usuários foram vistos: são muitos",
        "en": "not all users were looked at: there are too many",
    },
    "more": {"pt-BR": "{n} % a mais", "en": "{n} % more"},
    "less": {"pt-BR": "{n} % a menos", "en": "{n} % less"},
    "same": {"pt-BR": "o mesmo", "en": "the same"},
    "unpriced": {"pt-BR": "{entry} (sem preço)", "en": "{entry} (no price)"},
    "col.name": {"pt-BR": "NOME", "en": "NAME"},
    "col.model": {"pt-BR": "MODELO", "en": "MODEL"},
    "col.counts": {"pt-BR": "CONTA", "en": "COUNTS"},
    "col.entry": {"pt-BR": "PESO DE", "en": "WEIGHT OF"},
    "col.requests": {"pt-BR": "REQUISIÇÕES", "en": "REQUESTS"},
    "col.tokens": {"pt-BR": "TOKENS", "en": "TOKENS"},
    "col.charged": {"pt-BR": "COBRADOS", "en": "CHARGED"},
}
