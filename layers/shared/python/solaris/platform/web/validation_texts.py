"""What is wrong with a field, in words: pydantic's error types in pt-BR and en.

A type that is not here keeps pydantic's own English text.
"""

from collections.abc import Mapping
from typing import Any

from solaris.platform.texts import Locale, format_integer

_STRING_DATE: Mapping[Locale, str] = {
    "pt-BR": "deve ser uma data no formato AAAA-MM-DD",
    "en": "must be a date written YYYY-MM-DD",
}
_INSTANT: Mapping[Locale, str] = {
    "pt-BR": "deve ser data e hora com fuso, como 2026-11-22T13:05:09Z",
    "en": "must be a date and time with an offset, such as 2026-11-22T13:05:09Z",
}
_INTEGER: Mapping[Locale, str] = {
    "pt-BR": "deve ser um número inteiro",
    "en": "must be an integer",
}
_NUMBER: Mapping[Locale, str] = {"pt-BR": "deve ser um número", "en": "must be a number"}
_BOOLEAN: Mapping[Locale, str] = {
    "pt-BR": "deve ser true ou false",
    "en": "must be true or false",
}
_LIST: Mapping[Locale, str] = {"pt-BR": "deve ser uma lista", "en": "must be a list"}
_OBJECT: Mapping[Locale, str] = {"pt-BR": "deve ser um objeto", "en": "must be an object"}
_CHOICE: Mapping[Locale, str] = {
    "pt-BR": "deve ser um destes: {expected}",
    "en": "must be one of: {expected}",
}

_TEXTS: Mapping[str, Mapping[Locale, str]] = {
    "missing": {"pt-BR": "é obrigatório", "en": "is required"},
    "extra_forbidden": {"pt-BR": "não é conhecido", "en": "is not known"},
    "repeated": {"pt-BR": "foi dado mais de uma vez", "en": "was given more than once"},
    "string_type": {"pt-BR": "deve ser um texto", "en": "must be a string"},
    "string_unicode": {"pt-BR": "deve ser texto em UTF-8", "en": "must be text in UTF-8"},
    "string_too_short": {
        "pt-BR": "deve ter no mínimo {min_length} caracteres",
        "en": "must have at least {min_length} characters",
    },
    "string_too_long": {
        "pt-BR": "deve ter no máximo {max_length} caracteres",
        "en": "must have at most {max_length} characters",
    },
    "string_pattern_mismatch": {
        "pt-BR": "não tem o formato esperado",
        "en": "does not have the expected format",
    },
    "int_type": _INTEGER,
    "int_parsing": _INTEGER,
    "int_parsing_size": _INTEGER,
    "int_from_float": _INTEGER,
    "float_type": _NUMBER,
    "float_parsing": _NUMBER,
    "finite_number": _NUMBER,
    "decimal_type": _NUMBER,
    "decimal_parsing": _NUMBER,
    "bool_type": _BOOLEAN,
    "bool_parsing": _BOOLEAN,
    "greater_than": {"pt-BR": "deve ser maior que {gt}", "en": "must be greater than {gt}"},
    "greater_than_equal": {"pt-BR": "deve ser no mínimo {ge}", "en": "must be at least {ge}"},
    "less_than": {"pt-BR": "deve ser menor que {lt}", "en": "must be less than {lt}"},
    "less_than_equal": {"pt-BR": "deve ser no máximo {le}", "en": "must be at most {le}"},
    "multiple_of": {
        "pt-BR": "deve ser múltiplo de {multiple_of}",
        "en": "must be a multiple of {multiple_of}",
    },
    "too_short": {
        "pt-BR": "deve ter no mínimo {min_length} itens",
        "en": "must have at least {min_length} items",
    },
    "too_long": {
        "pt-BR": "deve ter no máximo {max_length} itens",
        "en": "must have at most {max_length} items",
    },
    "list_type": _LIST,
    "tuple_type": _LIST,
    "set_type": _LIST,
    "frozen_set_type": _LIST,
    "model_type": _OBJECT,
    "model_attributes_type": _OBJECT,
    "dict_type": _OBJECT,
    "enum": _CHOICE,
    "literal_error": _CHOICE,
    "none_required": {"pt-BR": "deve ser nulo", "en": "must be null"},
    "date_type": _STRING_DATE,
    "date_parsing": _STRING_DATE,
    "date_from_datetime_parsing": _STRING_DATE,
    "date_from_datetime_inexact": _STRING_DATE,
    "datetime_type": _INSTANT,
    "datetime_parsing": _INSTANT,
    "datetime_from_date_parsing": _INSTANT,
    "datetime_object_invalid": _INSTANT,
    "timezone_aware": _INSTANT,
    "instant": _INSTANT,
    "uuid_type": {"pt-BR": "deve ser um UUID", "en": "must be a UUID"},
    "uuid_parsing": {"pt-BR": "deve ser um UUID", "en": "must be a UUID"},
    "range_backwards": {
        "pt-BR": "não pode ser anterior ao primeiro dia",
        "en": "must not be before the first day",
    },
    "range_too_long": {
        "pt-BR": "deve estar a no máximo {most_days} dias do primeiro dia",
        "en": "must be within {most_days} days of the first day",
    },
    "groups_by_day": {
        "pt-BR": "grupos são contados por dia, não por hora",
        "en": "groups are known by day, not by hour",
    },
    "too_many_groups": {
        "pt-BR": "escolha os grupos: um relatório traz no máximo 50",
        "en": "name the groups: a report covers at most 50",
    },
    "range_too_large": {
        "pt-BR": "há registros demais neste intervalo: reduza-o ou gere uma exportação",
        "en": "there are too many records in this range: narrow it or make an export",
    },
    "invalid_cursor": {
        "pt-BR": "não é um cursor desta lista",
        "en": "is not a cursor of this list",
    },
    "invalid_expiry": {
        "pt-BR": "deve estar no futuro, em no máximo 3.650 dias",
        "en": "must be in the future, within 3,650 days",
    },
    "two_expiries": {
        "pt-BR": "não pode ser dado junto com expiresAt",
        "en": "cannot be given together with expiresAt",
    },
    "invalid_models": {
        "pt-BR": "deve ter nomes de modelos, ou o começo de nomes seguido de *",
        "en": "must hold names of models, or beginnings of names followed by *",
    },
    "burst_without_rate": {
        "pt-BR": "precisa de rateLimitPerSecond",
        "en": "needs rateLimitPerSecond",
    },
    "not_for_service_key": {
        "pt-BR": "não cabe em uma chave de serviço",
        "en": "does not belong to a service key",
    },
    "unknown_user": {
        "pt-BR": "nenhum usuário tem este endereço",
        "en": "no user has this address",
    },
    "not_an_email": {
        "pt-BR": "não é um endereço de e-mail",
        "en": "is not an e-mail address",
    },
    "email": {"pt-BR": "deve ser um endereço de e-mail", "en": "must be an e-mail address"},
    "password_too_short": {
        "pt-BR": "deve ter no mínimo 12 caracteres",
        "en": "must have at least 12 characters",
    },
    "password_too_long": {
        "pt-BR": "deve ter no máximo 128 caracteres",
        "en": "must have at most 128 characters",
    },
    "password_is_email": {
        "pt-BR": "não pode ser o endereço de e-mail",
        "en": "must not be the e-mail address",
    },
    "password_common": {"pt-BR": "é comum demais", "en": "is too common"},
    "url_parsing": {"pt-BR": "deve ser uma URL", "en": "must be a URL"},
}


# What this package itself says of a whole request; errors carry it in English.
_DETAILS_IN_PORTUGUESE: Mapping[str, str] = {
    "the body is not JSON": "o corpo não é JSON",
    "too many query parameters": "há parâmetros demais",
}


def detail_text(detail: str, locale: Locale) -> str:
    """The detail of an InvalidRequestError, translated where it is known."""
    return _DETAILS_IN_PORTUGUESE.get(detail, detail) if locale == "pt-BR" else detail


def validation_text(kind: str, locale: Locale, values: Mapping[str, Any]) -> str | None:
    """The text of one of pydantic's error types; None when there is none of ours.

    `values` is the error's context: limits and choices. None too when a figure is missing in it.
    """
    by_locale = _TEXTS.get(kind)
    if by_locale is None:
        return None
    shown = {name: _shown(value, locale) for name, value in values.items()}
    try:
        return by_locale[locale].format(**shown)
    except KeyError:
        return None


def _shown(value: Any, locale: Locale) -> Any:
    if type(value) is int:
        return format_integer(value, locale)
    if isinstance(value, str) and locale == "pt-BR":
        return value.replace(" or ", " ou ")  # how pydantic joins choices
    return value
