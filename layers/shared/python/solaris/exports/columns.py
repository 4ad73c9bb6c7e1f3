"""The columns of every export: names of the wire, titles in both languages."""

from datetime import datetime, tzinfo

from solaris.exports.export import ExportKind
from solaris.exports.formats import Column, Kind
from solaris.platform.exchange import Currency
from solaris.platform.texts import Locale
from solaris.reports.report import GroupBy

_TEXT_WIDTH = 28
_TIME_WIDTH = 20

# name → (pt-BR, en); the same name means the same everywhere
_TITLES: dict[str, tuple[str, str]] = {
    "action": ("Ação", "Action"),
    "actor": ("Autor", "Actor"),
    "additionalTokens": ("Tokens adicionais", "Additional tokens"),
    "after": ("Depois", "After"),
    "alertId": ("ID do alerta", "Alert ID"),
    "answeredModel": ("Modelo que respondeu", "Answered model"),
    "askedModel": ("Modelo solicitado", "Requested model"),
    "auditId": ("ID do registro", "Entry ID"),
    "availableTokens": ("Tokens disponíveis", "Available tokens"),
    "before": ("Antes", "Before"),
    "cacheWrite1HTokens": ("Gravados em cache por 1 h", "Cache writes, 1 h"),
    "cacheWriteTokens": ("Tokens gravados em cache", "Cache write tokens"),
    "cachedTokens": ("Tokens em cache", "Cached tokens"),
    "cachedWeight": ("Peso do cache", "Cache weight"),
    "completionTokens": ("Tokens de saída", "Output tokens"),
    "completionWeight": ("Peso da saída", "Output weight"),
    "conversationId": ("ID da conversa", "Conversation ID"),
    "costCenter": ("Centro de custo", "Cost center"),
    "cost": ("Custo (USD)", "Cost (USD)"),
    "createdAt": ("Data e hora", "Date and time"),
    "currentUsage": ("Uso no período", "Current usage"),
    "dailyLimit": ("Limite diário", "Daily limit"),
    "day": ("Dia", "Day"),
    "email": ("E-mail", "E-mail"),
    "exchangeRate": ("Câmbio ({currency} por USD)", "Exchange rate ({currency} for 1 USD)"),
    "endingTokens": ("Adicionais que terminam", "Tokens that end"),
    "endpoint": ("Endpoint", "Endpoint"),
    "enforcement": ("Quando a cota acabar", "Once the quota is used up"),
    "errorMessage": ("Erro", "Error"),
    "errors": ("Erros", "Errors"),
    "estimated": ("Estimado", "Estimated"),
    "everyMonthTokens": ("Adicionais de todo mês", "Tokens of every month"),
    "firstByteMs": ("Primeiro token (ms)", "First token (ms)"),
    "firstByteP95Ms": ("Primeiro token, p95 (ms)", "First token, p95 (ms)"),
    "grantedPercentage": ("Uso da cota (%)", "Usage of the quota (%)"),
    "grantKind": ("Tipo da concessão", "Kind of grant"),
    "grantUntil": ("Último dia da concessão", "Last day of the grant"),
    "groupId": ("ID do grupo", "Group ID"),
    "groupName": ("Grupo", "Group"),
    "id": ("ID do usuário", "User ID"),
    "ipAddress": ("Endereço IP", "IP address"),
    "keyId": ("ID da chave", "Key ID"),
    "keyName": ("Chave", "Key"),
    "localCost": ("Custo ({currency})", "Cost ({currency})"),
    "lastLogin": ("Último acesso", "Last seen"),
    "limitSource": ("Origem do limite", "Limit from"),
    "message": ("Mensagem", "Message"),
    "method": ("Método", "Method"),
    "model": ("Modelo", "Model"),
    "monthlyLimit": ("Limite mensal", "Monthly limit"),
    "name": ("Nome", "Name"),
    "nextGrantEnd": ("Próximo fim de adicionais", "Next end of tokens"),
    "outcome": ("Resultado", "Outcome"),
    "period": ("Período", "Period"),
    "plan": ("Plano", "Plan"),
    "promptTokens": ("Tokens de entrada", "Input tokens"),
    "promptWeight": ("Peso da entrada", "Input weight"),
    "reason": ("Motivo", "Reason"),
    "reasoningTokens": ("Tokens de raciocínio", "Reasoning tokens"),
    "refusals": ("Recusadas", "Refused"),
    "remainingTokens": ("Tokens restantes", "Remaining tokens"),
    "requestId": ("ID da requisição", "Request ID"),
    "requests": ("Requisições", "Requests"),
    "reservedTokens": ("Tokens reservados", "Reserved tokens"),
    "resolvedAt": ("Resolvido em", "Resolved at"),
    "responseTimeMs": ("Tempo de resposta (ms)", "Response time (ms)"),
    "status": ("Status", "Status"),
    "statusCode": ("Status HTTP", "HTTP status"),
    "targetId": ("ID do alvo", "Target ID"),
    "targetLabel": ("Alvo", "Target"),
    "targetType": ("Tipo do alvo", "Target type"),
    "threshold": ("Limiar", "Threshold"),
    "title": ("Título", "Title"),
    "tokens": ("Tokens cobrados", "Charged tokens"),
    "totalTokens": ("Total de tokens", "Total tokens"),
    "transactionId": ("ID da movimentação", "Transaction ID"),
    "type": ("Tipo", "Type"),
    "unpricedRequests": ("Requisições sem preço", "Requests without a price"),
    "updatedAt": ("Atualizado em", "Updated at"),
    "usageLevel": ("Nível de uso", "Usage level"),
    "usagePercentage": ("Uso do limite mensal (%)", "Usage of the monthly limit (%)"),
    "userId": ("ID do usuário", "User ID"),
}

_KINDS: dict[str, Kind] = {
    **dict.fromkeys(("createdAt", "lastLogin", "resolvedAt", "updatedAt"), Kind.TIME),
    **dict.fromkeys(("before", "after"), Kind.JSON),
    **dict.fromkeys(("firstByteMs", "responseTimeMs", "statusCode"), Kind.WHOLE),
    # not summed: with filters nobody knows them, and a total of 0 would say that there were none
    **dict.fromkeys(("firstByteP95Ms", "refusals"), Kind.WHOLE),
    "cost": Kind.MONEY,
    "localCost": Kind.LOCAL_MONEY,
    "exchangeRate": Kind.RATE,
    **dict.fromkeys(("day", "grantUntil", "nextGrantEnd"), Kind.DAY),
    **dict.fromkeys(("promptWeight", "completionWeight", "cachedWeight"), Kind.WEIGHT),
    "estimated": Kind.YES_NO,
    "usagePercentage": Kind.DECIMAL,
    "grantedPercentage": Kind.DECIMAL,
}
_SUMMED = frozenset(
    {
        *("requests", "errors", "promptTokens", "completionTokens", "cachedTokens"),
        *("reasoningTokens", "totalTokens", "tokens", "cost", "currentUsage", "monthlyLimit"),
        *("cacheWriteTokens", "cacheWrite1HTokens", "unpricedRequests", "localCost"),
        *("additionalTokens", "remainingTokens", "availableTokens", "reservedTokens"),
        *("everyMonthTokens", "endingTokens"),
    }
)
_WIDE = frozenset(
    {
        *(
            "email",
            "name",
            "model",
            "askedModel",
            "answeredModel",
            "endpoint",
            "title",
            "message",
            "reason",
            "errorMessage",
            "groupName",
            "keyName",
        ),
        *("before", "after", "targetLabel", "actor", "action"),
    }
)

_FIGURES = "requests errors promptTokens completionTokens cachedTokens tokens cost unpricedRequests"
_NAMES: dict[ExportKind, str] = {
    ExportKind.USAGE: (
        "createdAt day email name userId model endpoint method statusCode outcome promptTokens "
        "completionTokens cachedTokens reasoningTokens totalTokens tokens cost estimated "
        "responseTimeMs firstByteMs errorMessage requestId keyId conversationId "
        "askedModel answeredModel cacheWriteTokens cacheWrite1HTokens "
        "promptWeight completionWeight cachedWeight groupName groupId"
    ),
    ExportKind.BY_USER: f"email name userId {_FIGURES}",
    ExportKind.BY_MODEL: f"model {_FIGURES} firstByteP95Ms",
    ExportKind.BY_DAY: f"day {_FIGURES} firstByteP95Ms refusals",
    ExportKind.BY_GROUP: f"groupName groupId costCenter {_FIGURES}",
    ExportKind.BY_KEY: f"keyName keyId {_FIGURES}",
    ExportKind.USERS: (
        "email name id status plan period monthlyLimit additionalTokens currentUsage "
        "remainingTokens availableTokens reservedTokens usagePercentage grantedPercentage "
        "usageLevel createdAt updatedAt lastLogin everyMonthTokens endingTokens nextGrantEnd "
        "dailyLimit enforcement limitSource groupName costCenter"
    ),
    ExportKind.ALERTS: (
        "createdAt type title message email name userId period threshold resolvedAt alertId"
    ),
    ExportKind.AUDIT: (
        "createdAt actor action targetType targetId targetLabel reason before after "
        "transactionId requestId ipAddress auditId grantKind grantUntil"
    ),
}

_SHEETS: dict[ExportKind, tuple[str, str]] = {
    ExportKind.USAGE: ("Uso", "Usage"),
    ExportKind.USERS: ("Usuários", "Users"),
    ExportKind.BY_USER: ("Resumo por usuário", "Summary by user"),
    ExportKind.BY_MODEL: ("Resumo por modelo", "Summary by model"),
    ExportKind.BY_DAY: ("Resumo por dia", "Summary by day"),
    ExportKind.BY_GROUP: ("Resumo por grupo", "Summary by group"),
    ExportKind.BY_KEY: ("Resumo por chave", "Summary by key"),
    ExportKind.ALERTS: ("Alertas", "Alerts"),
    ExportKind.AUDIT: ("Auditoria", "Audit"),
}
_WITHOUT: dict[GroupBy, tuple[str, str]] = {
    GroupBy.GROUP: ("Sem grupo", "No group"),
    GroupBy.KEY: ("Sem chave", "No key"),
}
_FILES: dict[ExportKind, tuple[str, str]] = {
    ExportKind.USAGE: ("uso", "usage"),
    ExportKind.USERS: ("usuarios", "users"),
    ExportKind.BY_USER: ("resumo-por-usuario", "summary-by-user"),
    ExportKind.BY_MODEL: ("resumo-por-modelo", "summary-by-model"),
    ExportKind.BY_DAY: ("resumo-por-dia", "summary-by-day"),
    ExportKind.BY_GROUP: ("resumo-por-grupo", "summary-by-group"),
    ExportKind.BY_KEY: ("resumo-por-chave", "summary-by-key"),
    ExportKind.ALERTS: ("alertas", "alerts"),
    ExportKind.AUDIT: ("auditoria", "audit"),
}


def columns_of(
    kind: ExportKind, locale: Locale, zone: tzinfo, now: datetime, currency: Currency = "USD"
) -> list[Column]:
    """The columns in order; the titles of times name their zone, with its offset now.

    Behind a cost comes the same in another `currency` than USD, and the rate.
    """
    local = now.astimezone(zone)
    offset = f"{local:%z}"
    place = f" ({zone}, UTC{offset[:3]}:{offset[3:5]})"
    columns = []
    for name in _names(kind, currency):
        shape = _KINDS.get(name, Kind.WHOLE if name in _SUMMED else Kind.TEXT)
        title = _TITLES[name][_index(locale)].format(currency=currency)
        title += place if shape is Kind.TIME else ""
        width = _TEXT_WIDTH if name in _WIDE else _TIME_WIDTH if shape is Kind.TIME else 14
        columns.append(Column(name, title, shape, width, name in _SUMMED))
    return columns


def _names(kind: ExportKind, currency: Currency) -> list[str]:
    names = _NAMES[kind].split()
    if currency != "USD" and "cost" in names:
        behind = names.index("cost") + 1
        names[behind:behind] = ["localCost", "exchangeRate"]
    return names


def sheet_name(kind: ExportKind, locale: Locale) -> str:
    """How the sheet is called (Excel takes 31 characters at most)."""
    return _SHEETS[kind][_index(locale)]


def file_stem(kind: ExportKind, locale: Locale, span: str) -> str:
    """The file's name without its ending: `ia-solaris-uso-2026-11`."""
    return f"ia-solaris-{_FILES[kind][_index(locale)]}-{span}"


def without(kind: GroupBy, locale: Locale) -> str:
    """What stands in the place of a name where there is no group, or no key."""
    return _WITHOUT[kind][_index(locale)]


def _index(locale: Locale) -> int:
    return 0 if locale == "pt-BR" else 1
