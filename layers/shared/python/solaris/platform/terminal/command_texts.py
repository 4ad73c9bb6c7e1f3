"""What every command says alike, and the words of `solaris` itself, in pt-BR and en."""

from collections.abc import Mapping

from solaris.platform.texts import Locale

TEXTS: Mapping[str, Mapping[Locale, str]] = {
    "solaris": {
        "pt-BR": "Cotas de tokens entre o LibreChat e os modelos: usuários, chaves e operação.",
        "en": "Token quotas between LibreChat and the models: users, keys and operation.",
    },
    "solaris.example": {
        "pt-BR": "Exemplo: solaris users show ana@example.com",
        "en": "Example: solaris users show ana@example.com",
    },
    "free": {"pt-BR": "de graça", "en": "free"},
    "version": {"pt-BR": "Mostra a versão e sai.", "en": "Print the version and leave."},
    "lang": {
        "pt-BR": "O idioma desta chamada; sem isso, o de LOCALE (pt-BR).",
        "en": "The language of this call; else that of LOCALE (pt-BR).",
    },
    "json": {"pt-BR": "Saída em JSON, para programas.", "en": "Machine-readable output."},
    "completion": {
        "pt-BR": "Mostra o que faz o shell completar comandos, opções e endereços de usuários.\n\n"
        "Exemplo: solaris completion bash > "
        "~/.local/share/bash-completion/completions/solaris",
        "en": "Print what makes a shell complete commands, options and addresses of users.\n\n"
        "Example: solaris completion bash > "
        "~/.local/share/bash-completion/completions/solaris",
    },
    "completion.shell": {"pt-BR": "bash ou zsh.", "en": "bash or zsh."},
    # errors
    "not_there": {
        "pt-BR": "as tabelas ou as filas ainda não existem: execute `solaris init`",
        "en": "the tables or queues do not exist yet: run `solaris init`",
    },
    "silent": {
        "pt-BR": "o banco de dados não responde; o sistema está no ar?",
        "en": "the store does not answer; is the system running?",
    },
    "no_credentials": {
        "pt-BR": "não há credenciais da AWS: inicie o sistema nesta máquina ou defina AWS_PROFILE",
        "en": "there are no AWS credentials: start the system on this machine, or set AWS_PROFILE",
    },
    "nothing_runs": {
        "pt-BR": "nenhum sistema está no ar em {folder} (SOLARIS_DATA_DIR indica outra pasta); ",
        "en": "no system runs in {folder} (SOLARIS_DATA_DIR names another); ",
    },
    "error": {"pt-BR": "Não foi possível concluir", "en": "It could not be done"},
    "error.configuration_error": {
        "pt-BR": "Uma configuração falta ou está errada",
        "en": "A setting is missing or wrong",
    },
    "error.service_unavailable": {
        "pt-BR": "Um serviço de que o sistema precisa não respondeu. Tente novamente.",
        "en": "A service that the system needs did not answer. Try again.",
    },
    # what a disk refuses
    "errno.ENOENT": {"pt-BR": "não existe", "en": "No such file or directory"},
    "errno.EACCES": {"pt-BR": "sem permissão", "en": "Permission denied"},
    "errno.EEXIST": {"pt-BR": "já existe", "en": "File exists"},
    "errno.EISDIR": {"pt-BR": "é uma pasta", "en": "Is a directory"},
    "errno.ENOTDIR": {"pt-BR": "não é uma pasta", "en": "Not a directory"},
    "errno.ENOSPC": {"pt-BR": "não há espaço no disco", "en": "No space left on device"},
    "errno.EROFS": {"pt-BR": "o disco é só de leitura", "en": "Read-only file system"},
    # values
    "no_price": {"pt-BR": "sem preço", "en": "no price"},
    "cost": {"pt-BR": "Custo: {cost}", "en": "Cost: {cost}"},
    "never": {"pt-BR": "nunca", "en": "never"},
    "yes": {"pt-BR": "sim", "en": "yes"},
    "no": {"pt-BR": "não", "en": "no"},
    "question": {"pt-BR": "{question} [s/N]", "en": "{question} [y/N]"},
    # numbers of tokens
    "amount.forms": {
        "pt-BR": "escreva 2000000, 2_000_000, 500k ou 1,5M",
        "en": "write 2000000, 2_000_000, 500k or 1.5M",
    },
    "amount.none": {
        "pt-BR": "{text} não é um número de tokens: {forms}",
        "en": "{text} is no number of tokens: {forms}",
    },
    "amount.beyond": {
        "pt-BR": "{text} … passa de qualquer cota: {forms}",
        "en": "{text} … is beyond any quota: {forms}",
    },
    "amount.two_ways": {
        "pt-BR": "{text} pode ser lido de duas formas: {forms}",
        "en": "{text} may be read in two ways: {forms}",
    },
    "amount.not_whole": {
        "pt-BR": "{text} não é um número inteiro de tokens: {forms}",
        "en": "{text} is no whole number of tokens: {forms}",
    },
    # names of what is given, in the usage line
    "FILE": {"pt-BR": "ARQUIVO", "en": "FILE"},
    "FOLDER": {"pt-BR": "PASTA", "en": "DIR"},
    "DAYS": {"pt-BR": "DIAS", "en": "DAYS"},
    "NAME": {"pt-BR": "NOME", "en": "NAME"},
}
