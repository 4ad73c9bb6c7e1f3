"""Where errors meet HTTP: one place that says status, headers and body of every refusal.

The body is OpenAI's error shape, so that any OpenAI client understands it.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from solaris.platform import errors
from solaris.platform.texts import Locale, error_text, format_integer, usage_link_text

JSON = "application/json"
MEBIBYTE = 1024 * 1024
# as often as a store that does not answer is asked again, and a moment for it to come back
STORE_RETRY_SECONDS = 2
# of those that somebody may use, in a text; the details have all
MAX_SHOWN_MODELS = 10
_DAY: Mapping[Locale, str] = {"pt-BR": "%d/%m", "en": "%Y-%m-%d"}
SECURITY_HEADERS: Mapping[str, str] = {
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}


@dataclass(frozen=True, slots=True)
class ErrorAnswer:
    """A refusal ready to send; `body` is JSON-serialisable."""

    status: int
    headers: dict[str, str]
    body: dict[str, Any]


# Error → (status, OpenAI's `error.type`). A 403 and not a 5xx where retrying cannot help:
# LibreChat retries 5xx up to six times.
_STATUS: Mapping[type[errors.SolarisError], tuple[int, str]] = {
    errors.InvalidApiKeyError: (401, "invalid_request_error"),
    errors.NotAGatewayKeyError: (401, "invalid_request_error"),
    errors.UserNotIdentifiedError: (401, "invalid_request_error"),
    errors.AccountStatusError: (403, "permission_error"),
    errors.UserNotAllowedError: (403, "permission_error"),
    errors.ModelNotAllowedError: (403, "permission_error"),
    errors.UserModelNotAllowedError: (403, "permission_error"),
    errors.UnknownModelError: (404, "invalid_request_error"),
    errors.QuotaExhaustedError: (429, "insufficient_quota"),
    errors.DailyLimitError: (429, "insufficient_quota"),
    errors.TokensHeldError: (429, "rate_limit_error"),
    errors.BookingsLateError: (429, "rate_limit_error"),
    errors.RateLimitedError: (429, "rate_limit_error"),
    errors.InvalidRequestError: (400, "invalid_request_error"),
    errors.PayloadTooLargeError: (413, "invalid_request_error"),
    errors.OverloadedError: (503, "server_error"),
    errors.UnknownPathError: (404, "invalid_request_error"),
    errors.MethodNotAllowedError: (405, "invalid_request_error"),
    errors.UnsupportedMediaTypeError: (415, "invalid_request_error"),
    errors.UnauthenticatedError: (401, "invalid_request_error"),
    errors.InvalidAdminKeyError: (401, "invalid_request_error"),
    errors.NotAnAdminKeyError: (401, "invalid_request_error"),
    errors.InvalidCredentialsError: (401, "invalid_request_error"),
    errors.LoginLockedError: (429, "rate_limit_error"),
    errors.ForbiddenError: (403, "permission_error"),
    errors.MissingScopeError: (403, "permission_error"),
    errors.PeopleOnlyError: (403, "permission_error"),
    errors.DirectCallError: (403, "permission_error"),
    errors.ValidationFailedError: (422, "invalid_request_error"),
    errors.NotFoundError: (404, "invalid_request_error"),
    errors.AlreadyExistsError: (409, "conflict_error"),
    errors.LastAdminError: (409, "conflict_error"),
    errors.ConflictError: (409, "conflict_error"),
    errors.UserExistsError: (409, "conflict_error"),
    errors.KeyReusedError: (409, "conflict_error"),
    errors.RequestPendingError: (409, "conflict_error"),
    errors.RequestPausedError: (409, "conflict_error"),
    errors.RequestDecidedError: (409, "conflict_error"),
    errors.RequestLapsedError: (409, "conflict_error"),
    errors.KeyRevokedError: (409, "conflict_error"),
    errors.AlertClosedError: (409, "conflict_error"),
    errors.UpstreamUnavailableError: (502, "upstream_error"),
    errors.UpstreamKeyRefusedError: (502, "upstream_error"),
    errors.UpstreamTimeoutError: (504, "upstream_error"),
    errors.MailServiceError: (502, "server_error"),
    errors.StoreUnavailableError: (503, "server_error"),
    errors.ConfigurationError: (500, "server_error"),
}


def status_of(error: errors.SolarisError) -> int:
    """Return the HTTP status of an error."""
    return _STATUS.get(type(error), (500, "server_error"))[0]


def error_answer(error: errors.SolarisError, locale: Locale, request_id: str) -> ErrorAnswer:
    """Build the answer to a refused request; the request id is in the header and the body."""
    status, kind = _STATUS.get(type(error), (500, "server_error"))
    headers = {"x-request-id": request_id}
    details: dict[str, Any] = {"request_id": request_id}
    values: dict[str, str] = {}
    addition, text = "", error.code
    match error:
        case errors.QuotaExhaustedError() | errors.DailyLimitError():
            text, values, addition = _used_up_text(error, locale)
            details |= _used_up_details(error)
            headers |= {
                "x-ratelimit-limit-tokens": str(error.granted),
                "x-ratelimit-remaining-tokens": str(max(0, error.available)),
                "x-ratelimit-reset-tokens": f"{max(0, error.renews_in_seconds)}s",
                # the SDKs of OpenAI and Anthropic would ask twice more for what does not come back
                "x-should-retry": "false",
            }
        case (
            errors.RateLimitedError()
            | errors.LoginLockedError()
            | errors.TokensHeldError()
            | errors.BookingsLateError()
            | errors.OverloadedError()
        ):
            seconds = str(max(1, math.ceil(error.retry_after_seconds)))
            headers["retry-after"] = seconds
            values = {"seconds": seconds}
        case errors.UpstreamKeyRefusedError():
            headers["x-should-retry"] = "false"
        case errors.UpstreamUnavailableError() if error.told is not None:
            details["upstream_message"] = error.told
        case errors.UpstreamTimeoutError():
            # an SDK would ask again at once what took minutes, and each try is billed
            headers["x-should-retry"] = "false"
        case errors.StoreUnavailableError():
            headers["retry-after"] = str(STORE_RETRY_SECONDS)
        case errors.AccountStatusError():
            details["status"] = error.status
        case errors.ModelNotAllowedError() | errors.UnknownModelError():
            text, values = _model_text(error)
            details |= _model_details(error)
        case errors.RequestPausedError():
            values = {"day": error.not_before.strftime(_DAY[locale])}
        case errors.RequestDecidedError():
            text = "request_approved" if error.is_approved else "request_denied"
            values = {"who": error.by, "when": error.at.strftime(f"{_DAY[locale]} %H:%M")}
        case _:
            values = _values(error)
    body = {
        "error": {
            "message": error_text(text, locale, **values) + addition,
            "type": kind,
            "code": error.code,
            "param": None,
            "details": details,
        }
    }
    return ErrorAnswer(status=status, headers=headers, body=body)


def _values(error: errors.SolarisError) -> dict[str, str]:
    """What a text names of its error, where that is all there is to it."""
    match error:
        case errors.MissingScopeError():
            return {"scope": error.scope}
        case errors.InvalidRequestError():
            return {"detail": error.detail}
        case errors.PayloadTooLargeError():
            return {"limit": size_text(error.limit_bytes)}
        case errors.UnknownPathError():
            return {"path": error.path}
        case _:
            return {}


def shown_models(models: Sequence[str]) -> str:
    """The first names of a list, with how many more there are: `gpt-4o, o3*, … (+7)`."""
    more = len(models) - MAX_SHOWN_MODELS
    shown = ", ".join(models[:MAX_SHOWN_MODELS])
    return f"{shown}, … (+{more})" if more > 0 else shown


def size_text(size: int) -> str:
    """So many bytes in the largest unit that they fill: `20 MiB`, `8 KiB`."""
    if size >= MEBIBYTE:
        return f"{size // MEBIBYTE} MiB"
    return f"{size // 1024} KiB"


def _model_text(
    error: errors.ModelNotAllowedError | errors.UnknownModelError,
) -> tuple[str, dict[str, str]]:
    """Which text, and its values."""
    values = {"model": error.model}
    if not isinstance(error, errors.UserModelNotAllowedError):
        return error.code, values
    text = f"{error.code}_by_group" if error.by_group else error.code
    return text, values | {"models": shown_models(error.models)}


def _model_details(
    error: errors.ModelNotAllowedError | errors.UnknownModelError,
) -> dict[str, Any]:
    if not isinstance(error, errors.UserModelNotAllowedError):
        return {}
    return {"models": list(error.models), "rule": "group" if error.by_group else "user"}


def _quota_text(
    error: errors.QuotaExhaustedError, locale: Locale
) -> tuple[str, dict[str, str], str]:
    """Which text, its values, and the link after it."""
    values = {
        "used": format_integer(error.used, locale),
        "granted": format_integer(error.limit + error.additional, locale),
        "renews": error.renews_at.strftime(_DAY[locale]),
    }
    text = error.code
    if error.needed is not None:
        text = "insufficient_quota_for_request"
        values["needed"] = format_integer(error.needed, locale)
        values["left"] = format_integer(error.available, locale)
    addition = "" if error.link is None else f" {usage_link_text(error.link, locale)}"
    return text, values, addition


def _used_up_text(
    error: errors.QuotaExhaustedError | errors.DailyLimitError, locale: Locale
) -> tuple[str, dict[str, str], str]:
    """Which text, its values, and the link after it."""
    if isinstance(error, errors.QuotaExhaustedError):
        return _quota_text(error, locale)
    values = {
        "used": format_integer(error.used, locale),
        "limit": format_integer(error.limit, locale),
        "renews": error.renews_at.strftime("%H:%M"),
    }
    if error.needed is None:
        return error.code, values, ""
    values["needed"] = format_integer(error.needed, locale)
    values["left"] = format_integer(error.available, locale)
    return "daily_limit_for_request", values, ""


def _used_up_details(error: errors.QuotaExhaustedError | errors.DailyLimitError) -> dict[str, Any]:
    if isinstance(error, errors.QuotaExhaustedError):
        return _quota_details(error)
    found: dict[str, Any] = {
        "used": error.used,
        "daily_limit": error.limit,
        "renews_at": error.renews_at.isoformat(),
    }
    return found if error.needed is None else found | {"needed": error.needed}


def _quota_details(error: errors.QuotaExhaustedError) -> dict[str, Any]:
    found: dict[str, Any] = {
        "used": error.used,
        "limit": error.limit,
        "additional": error.additional,
        "renews_at": error.renews_at.isoformat(),
    }
    if error.needed is not None:
        found["needed"] = error.needed
    if error.link is not None:
        found["link"] = error.link
    return found
