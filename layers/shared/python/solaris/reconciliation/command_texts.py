"""What `solaris reconcile` says, in pt-BR and en."""

from collections.abc import Mapping

from solaris.platform.texts import Locale

TEXTS: Mapping[str, Mapping[Locale, str]] = {
    "reconcile": {
        "pt-BR": "Conferência dos saldos: compara usuários, meses e contadores com os registros de "
        "uso, com o sistema no ar.\n\n"
        "Cada diferença é listada com os registros dela; o código de saída é 1 se alguma "
        "ficar. Só somas são corrigidas, nunca um registro. O site administrativo e as "
        "métricas passam a mostrar a conferência que abrange todos os usuários e todos "
        "esses dias.\n\n"
        "Exemplo: solaris reconcile --user ana@example.com",
        "en": "Hold users, months and counters against the usage records, while the system "
        "runs.\n\n"
        "Every difference is listed with the records behind it; exit code 1 if one stands. "
        "Only sums are ever mended, never a record. A run over everybody and all these "
        "days is what the admin site and the metrics show from then on.\n\n"
        "Example: solaris reconcile --user ana@example.com",
    },
    "reconcile.user": {
        "pt-BR": "Só este usuário, e não todos.",
        "en": "Only this user instead of everybody.",
    },
    "reconcile.days": {
        "pt-BR": "Quantos dias dos contadores do sistema e dos grupos conferir.",
        "en": "How many days of the counters of system and groups to check.",
    },
    "reconcile.repair": {
        "pt-BR": "Corrige as somas pelos registros, com uma linha para cada correção.",
        "en": "Put sums right by their records, with a row for each.",
    },
    "bar.users": {"pt-BR": "usuários", "en": "users"},
    "bar.days": {"pt-BR": "dias", "en": "days"},
    "col.what": {"pt-BR": "O QUÊ", "en": "WHAT"},
    "col.user": {"pt-BR": "USUÁRIO", "en": "USER"},
    "col.where": {"pt-BR": "ONDE", "en": "WHERE"},
    "col.figure": {"pt-BR": "NÚMERO", "en": "FIGURE"},
    "col.expected": {"pt-BR": "PELOS REGISTROS", "en": "BY RECORDS"},
    "col.found": {"pt-BR": "ENCONTRADO", "en": "FOUND"},
    "col.mended": {"pt-BR": "CORRIGIDO", "en": "MENDED"},
    "records": {"pt-BR": "{place}: registros {keys}", "en": "{place}: records {keys}"},
    "more": {"pt-BR": "e mais {n} (--json lista todas)", "en": "and {n} more (--json lists all)"},
    "in_motion": {
        "pt-BR": "{n} não puderam ser comparados porque mudavam o tempo todo: {which}; execute de "
        "novo mais tarde",
        "en": "{n} could not be compared, they changed all the time: {which}; run it again later",
    },
    "users_one": {"pt-BR": "{n} usuário", "en": "{n} user"},
    "users_other": {"pt-BR": "{n} usuários", "en": "{n} users"},
    "records_one": {"pt-BR": "{n} registro", "en": "{n} record"},
    "records_other": {"pt-BR": "{n} registros", "en": "{n} records"},
    "days_one": {"pt-BR": "{n} dia", "en": "{n} day"},
    "days_other": {"pt-BR": "{n} dias", "en": "{n} days"},
    "checked": {
        "pt-BR": "conferidos {people}, {rows} e {days}: {result}",
        "en": "{people}, {rows} and {days} checked: {result}",
    },
    "agree": {"pt-BR": "os saldos conferem", "en": "the books agree"},
    "differ_one": {"pt-BR": "{n} diferença", "en": "{n} difference"},
    "differ_other": {"pt-BR": "{n} diferenças", "en": "{n} differences"},
    "stand_one": {"pt-BR": "{n} diferença continua", "en": "{n} difference stands"},
    "stand_other": {"pt-BR": "{n} diferenças continuam", "en": "{n} differences stand"},
    "system": {"pt-BR": "sistema", "en": "system"},
    "fault.available_tokens": {"pt-BR": "tokens disponíveis", "en": "available_tokens"},
    "fault.day_available": {"pt-BR": "saldo do dia", "en": "day_available"},
    "fault.open_month": {"pt-BR": "mês aberto", "en": "open_month"},
    "fault.closed_month": {"pt-BR": "mês fechado", "en": "closed_month"},
    "fault.additional_tokens": {"pt-BR": "tokens adicionais", "en": "additional_tokens"},
    "fault.user_counter": {"pt-BR": "contador do usuário", "en": "user_counter"},
    "fault.system_counter": {"pt-BR": "contador do sistema", "en": "system_counter"},
    "fault.group_counter": {"pt-BR": "contador do grupo", "en": "group_counter"},
    "fault.record_charge": {"pt-BR": "cobrança do registro", "en": "record_charge"},
    "fault.overdue_reservation": {"pt-BR": "reserva vencida", "en": "overdue_reservation"},
    "figure.current_usage": {"pt-BR": "tokens usados", "en": "current_usage"},
    "figure.additional_tokens": {"pt-BR": "tokens adicionais", "en": "additional_tokens"},
    "figure.available_tokens": {"pt-BR": "tokens disponíveis", "en": "available_tokens"},
    "figure.day_available": {"pt-BR": "tokens disponíveis no dia", "en": "day_available"},
    "figure.reserved_tokens": {"pt-BR": "tokens reservados", "en": "reserved_tokens"},
    "figure.requests": {"pt-BR": "requisições", "en": "requests"},
    "figure.errors": {"pt-BR": "erros", "en": "errors"},
    "figure.prompt_tokens": {"pt-BR": "tokens de entrada", "en": "prompt_tokens"},
    "figure.completion_tokens": {"pt-BR": "tokens de saída", "en": "completion_tokens"},
    "figure.cached_tokens": {"pt-BR": "tokens em cache", "en": "cached_tokens"},
    "figure.charged_tokens": {"pt-BR": "tokens cobrados", "en": "charged_tokens"},
    "figure.cost_micros": {"pt-BR": "custo em microdólares", "en": "cost_micros"},
    "figure.cost_nanos": {"pt-BR": "custo em nanodólares", "en": "cost_nanos"},
    "figure.over_limit_requests": {
        "pt-BR": "requisições acima da cota",
        "en": "over_limit_requests",
    },
    "figure.unpriced_requests": {"pt-BR": "requisições sem preço", "en": "unpriced_requests"},
}
