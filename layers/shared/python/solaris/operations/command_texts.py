"""What `solaris replay`, `doctor` and `init` say, in pt-BR and en."""

from collections.abc import Mapping

from solaris.platform.texts import Locale

TEXTS: Mapping[str, Mapping[Locale, str]] = {
    "replay": {
        "pt-BR": "Leva eventos de uso perdidos de volta aos registros. Pode ser executado duas "
        "vezes: a repetição não muda nada.\n\n"
        "Exemplo: solaris replay --from-dlq --file gateway.log --dry-run",
        "en": "Take lost usage events back into the books. Safe to run twice: a repeat changes "
        "nothing.\n\n"
        "Example: solaris replay --from-dlq --file gateway.log --dry-run",
    },
    "replay.from_dlq": {
        "pt-BR": "Registra o que está na fila de mensagens que falharam.",
        "en": "Book what the dead-letter queue holds.",
    },
    "replay.file": {
        "pt-BR": "Registra os eventos de um arquivo de log; - é a entrada padrão.",
        "en": "Book the events of a log file; - is standard input.",
    },
    "replay.dry_run": {"pt-BR": "Só diz o que seria feito.", "en": "Only say what would be done."},
    "replay.from_where": {
        "pt-BR": "informe de onde: --from-dlq, --file LOG ou os dois",
        "en": "say where from: --from-dlq, --file LOG, or both",
    },
    "replay.no_file": {"pt-BR": "o arquivo não existe: {path}", "en": "no such file: {path}"},
    "source.dead-letter queue": {
        "pt-BR": "fila de mensagens que falharam",
        "en": "dead-letter queue",
    },
    "source.logs": {"pt-BR": "logs", "en": "logs"},
    "bar.lines": {"pt-BR": "linhas de log", "en": "log lines"},
    "stdin": {"pt-BR": "entrada padrão", "en": "standard input"},
    "replay.booked": {"pt-BR": "registrados: {n}", "en": "{n} booked"},
    "replay.would_book": {"pt-BR": "seriam registrados: {n}", "en": "{n} would be booked"},
    "replay.repeated": {"pt-BR": "já registrados: {n}", "en": "{n} in the books already"},
    "replay.failed": {"pt-BR": "falharam: {n}", "en": "{n} failed"},
    "replay.skipped": {"pt-BR": "outras linhas, ignoradas: {n}", "en": "other lines skipped: {n}"},
    "replay.not_booked": {
        "pt-BR": "não registrado: {name}: {reason}",
        "en": "not booked: {name}: {reason}",
    },
    "replay.more": {"pt-BR": "e mais {n}", "en": "and {n} more"},
    "doctor": {
        "pt-BR": "Diz o que está configurado e o que responde; o código de saída é 1 se falta algo "
        "necessário.\n\n"
        "Exemplo: solaris doctor",
        "en": "Say what is configured and what answers; exit code 1 if something needed is "
        "missing.\n\n"
        "Example: solaris doctor",
    },
    "init": {
        "pt-BR": "Cria as tabelas, as filas, a primeira chave de serviço e o primeiro "
        "administrador, se faltarem.\n\n"
        "Exemplo: SOLARIS_GATEWAY_KEY=sk-solaris-… solaris init",
        "en": "Create the tables, the queues, the first service key and the first admin, if "
        "missing.\n\n"
        "Example: SOLARIS_GATEWAY_KEY=sk-solaris-… solaris init",
    },
    "init.there": {"pt-BR": "as tabelas e as filas existem", "en": "tables and queues are there"},
    "init.admin": {
        "pt-BR": "primeiro administrador {email}, senha:",
        "en": "first admin {email}, password:",
    },
    "init.known_password": {"pt-BR": "a de ADMIN_PASSWORD", "en": "the one in ADMIN_PASSWORD"},
    "init.key_already": {
        "pt-BR": "a chave de serviço {key} já existe",
        "en": "service key {key} is there already",
    },
    "init.key": {
        "pt-BR": "chave de serviço {key}, mostrada só agora:",
        "en": "service key {key}, shown only now:",
    },
}

# What the doctor has looked at, found and advises.
DOCTOR_TEXTS: Mapping[str, Mapping[Locale, str]] = {
    "configured.stage": {"pt-BR": "ambiente", "en": "stage"},
    "configured.region": {"pt-BR": "região da AWS", "en": "AWS region"},
    "configured.dynamodb": {"pt-BR": "DynamoDB", "en": "DynamoDB"},
    "configured.upstream": {"pt-BR": "provedor de modelos", "en": "upstream"},
    "configured.upstream_key": {"pt-BR": "chave do provedor", "en": "upstream key"},
    "configured.redis": {"pt-BR": "Redis", "en": "Redis"},
    "configured.gateway_key": {"pt-BR": "chave do gateway", "en": "gateway key"},
    "configured.secret_key": {"pt-BR": "chave secreta", "en": "secret key"},
    "configured.mail_from": {"pt-BR": "e-mails de", "en": "mail from"},
    "configured.alerts_to": {"pt-BR": "alertas para", "en": "alerts to"},
    "not_set": {"pt-BR": "não definido", "en": "not set"},
    "set": {"pt-BR": "… (definido)", "en": "\u2026 (set)"},
    "set_in_running": {
        "pt-BR": "… (definido no sistema no ar)",
        "en": "\u2026 (set in the running system)",
    },
    "generated": {"pt-BR": "gerada nesta máquina", "en": "generated on this machine"},
    "nobody": {"pt-BR": "ninguém", "en": "nobody"},
    "check.table file": {"pt-BR": "arquivo das tabelas", "en": "table file"},
    "check.gateway keys": {"pt-BR": "chaves do gateway", "en": "gateway keys"},
    "check.upstream": {"pt-BR": "provedor de modelos", "en": "upstream"},
    "check.addresses": {"pt-BR": "endereços", "en": "addresses"},
    "check.last backup": {"pt-BR": "último backup", "en": "last backup"},
    "check.running system": {"pt-BR": "sistema no ar", "en": "running system"},
    "check.period": {"pt-BR": "mês", "en": "period"},
    "missing_tables": {"pt-BR": "faltam: {names}", "en": "missing: {names}"},
    "tables": {"pt-BR": "{n} tabelas", "en": "{n} tables"},
    "keys": {
        "pt-BR": "válidas agora: {service} de serviço, {personal} pessoais",
        "en": "{service} service, {personal} personal, valid now",
    },
    "missing": {"pt-BR": "falta", "en": "missing"},
    "waiting_one": {"pt-BR": "{n} mensagem esperando", "en": "{n} message waiting"},
    "waiting_other": {"pt-BR": "{n} mensagens esperando", "en": "{n} messages waiting"},
    "look_at_logs": {"pt-BR": "veja os logs dos alertas", "en": "look at the alerts' logs"},
    "redis_none": {
        "pt-BR": "não configurado; as taxas são limitadas em cada processo",
        "en": "not configured; rates are limited in each process",
    },
    "answers": {"pt-BR": "responde", "en": "answers"},
    "redis_silent": {
        "pt-BR": "não responde; o gateway funciona sem ele",
        "en": "does not answer; the gateway does without",
    },
    "upstream_settings": {
        "pt-BR": "LITELLM_BASE_URL ou OPENAI_API_KEY",
        "en": "LITELLM_BASE_URL or OPENAI_API_KEY",
    },
    "not_configured": {"pt-BR": "não configurado", "en": "not configured"},
    "answers_without_key": {
        "pt-BR": "responde; a chave não é conhecida aqui",
        "en": "answers; the key is not known here",
    },
    "answers_status": {
        "pt-BR": "GET {url}/models responde {status}",
        "en": "GET {url}/models answers {status}",
    },
    "check_keys": {
        "pt-BR": "verifique LITELLM_API_KEY, OPENAI_API_KEY",
        "en": "check LITELLM_API_KEY, OPENAI_API_KEY",
    },
    "check_upstream": {"pt-BR": "verifique o provedor de modelos", "en": "check the upstream"},
    "models_one": {"pt-BR": "{n} modelo", "en": "{n} model"},
    "models_other": {"pt-BR": "{n} modelos", "en": "{n} models"},
    "addresses": {"pt-BR": "cada um leva ao seu usuário", "en": "each leads to its user"},
    "strays_one": {
        "pt-BR": "{n} usuário não é encontrado pelo endereço; ",
        "en": "{n} user is not found by their address; ",
    },
    "strays_other": {
        "pt-BR": "{n} usuários não são encontrados pelo endereço; ",
        "en": "{n} users are not found by their address; ",
    },
    "no_backup": {"pt-BR": "nenhum foi feito aqui", "en": "none was made here"},
    "backup_one": {
        "pt-BR": "{at}, há {n} dia, {items} itens",
        "en": "{at}, {n} day ago, {items} items",
    },
    "backup_other": {
        "pt-BR": "{at}, há {n} dias, {items} itens",
        "en": "{at}, {n} days ago, {items} items",
    },
    "backup_remedy": {"pt-BR": "solaris backup ARQUIVO", "en": "solaris backup FILE"},
    "health.healthy": {"pt-BR": "normal", "en": "healthy"},
    "health.degraded": {"pt-BR": "atenção", "en": "degraded"},
    "health.unhealthy": {"pt-BR": "fora do ar", "en": "unhealthy"},
    "part.database": {"pt-BR": "banco de dados", "en": "database"},
    "part.queue": {"pt-BR": "filas", "en": "queue"},
    "part.litellm": {"pt-BR": "provedor de modelos", "en": "litellm"},
    "part.redis": {"pt-BR": "Redis", "en": "redis"},
    "part.system": {"pt-BR": "máquina", "en": "system"},
    "period": {
        "pt-BR": "{period} em {zone}, renova em {renews}",
        "en": "{period} in {zone}, renews {renews}",
    },
    "no_answer": {"pt-BR": "não respondeu a tempo", "en": "no answer in time"},
    "check_upstream_runs": {
        "pt-BR": "verifique LITELLM_BASE_URL e se o provedor de modelos está no ar",
        "en": "check LITELLM_BASE_URL, and that the upstream runs",
    },
    "start": {
        "pt-BR": "inicie o sistema ou defina AWS_ENDPOINT_URL",
        "en": "start the system, or set AWS_ENDPOINT_URL",
    },
    "table_file": {
        "pt-BR": "arquivo das tabelas ({megabytes} MB)",
        "en": "table file ({megabytes} MB)",
    },
    "sound": {"pt-BR": "íntegro", "en": "sound"},
    "damaged": {"pt-BR": "danificado: {damage}", "en": "damaged: {damage}"},
    "restore": {
        "pt-BR": "restaure o último backup (solaris restore)",
        "en": "restore the last backup (solaris restore)",
    },
}
