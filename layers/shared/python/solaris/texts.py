"""What people read: the texts of refusals, in pt-BR (default) and en.

Plain text only: LibreChat parses JSON found inside an error message.
"""

from collections.abc import Mapping
from typing import Literal

Locale = Literal["pt-BR", "en"]

_ERRORS: Mapping[str, Mapping[Locale, str]] = {
    "invalid_api_key": {
        "pt-BR": "Chave de API inválida",
        "en": "Invalid API key",
    },
    "user_not_identified": {
        "pt-BR": "Usuário não identificado",
        "en": "User not identified",
    },
    "account_suspended": {
        "pt-BR": "Conta suspensa. Contate o suporte.",
        "en": "Account suspended. Contact support.",
    },
    "account_blocked": {
        "pt-BR": "Conta bloqueada. Contate o suporte.",
        "en": "Account blocked. Contact support.",
    },
    "account_pending": {
        "pt-BR": "Conta pendente. Contate o suporte.",
        "en": "Account pending approval. Contact support.",
    },
    "user_not_allowed": {
        "pt-BR": "Usuário não autorizado. Contate o suporte.",
        "en": "User not allowed. Contact support.",
    },
    "insufficient_quota": {
        "pt-BR": "Limite de tokens esgotado. Usados {used} de {granted}. Renova em {renews}.",
        "en": "Token limit reached. Used {used} of {granted}. Renews on {renews}.",
    },
    "rate_limit_exceeded": {
        "pt-BR": "Muitas requisições. Tente novamente em {seconds} s.",
        "en": "Too many requests. Try again in {seconds} s.",
    },
    "invalid_request_error": {
        "pt-BR": "Requisição inválida: {detail}",
        "en": "Invalid request: {detail}",
    },
    "payload_too_large": {
        "pt-BR": "Requisição grande demais. O limite é {megabytes} MiB.",
        "en": "Request too large. The limit is {megabytes} MiB.",
    },
    "unknown_path": {
        "pt-BR": "Caminho desconhecido: {path}",
        "en": "Unknown path: {path}",
    },
    "not_found": {
        "pt-BR": "Não encontrado",
        "en": "Not found",
    },
    "conflict": {
        "pt-BR": "Alterado por outra operação ao mesmo tempo. Tente novamente.",
        "en": "Changed by another operation at the same time. Try again.",
    },
    "upstream_error": {
        "pt-BR": "O provedor de modelos não respondeu. Tente novamente.",
        "en": "The model provider did not answer. Try again.",
    },
    "upstream_timeout": {
        "pt-BR": "O provedor de modelos demorou demais. Tente novamente.",
        "en": "The model provider took too long. Try again.",
    },
    "service_unavailable": {
        "pt-BR": "Serviço indisponível no momento. Tente novamente.",
        "en": "Service unavailable at the moment. Try again.",
    },
    "internal_error": {
        "pt-BR": "Erro interno. O suporte foi avisado.",
        "en": "Internal error. Support has been told.",
    },
    "configuration_error": {
        "pt-BR": "O serviço está mal configurado. Contate o suporte.",
        "en": "The service is misconfigured. Contact support.",
    },
}


def error_text(code: str, locale: Locale, **values: str) -> str:
    """Return the text of a refusal, filled in; an unknown code reads as an internal error."""
    by_locale = _ERRORS.get(code, _ERRORS["internal_error"])
    return by_locale[locale].format(**values)


def error_codes() -> list[str]:
    """Every code that has a text; a test holds it against errors.py."""
    return list(_ERRORS)


def format_integer(value: int, locale: Locale) -> str:
    """Write 1234567 as `1.234.567` (pt-BR) or `1,234,567` (en)."""
    grouped = f"{value:,}"
    return grouped.replace(",", ".") if locale == "pt-BR" else grouped
