"""Every refusal and failure that a caller can meet, named for its condition.

    SolarisError
    ├── ConfigurationError         a setting is missing or wrong
    ├── InvalidApiKeyError         no gateway key, unknown, revoked or expired
    ├── UserNotIdentifiedError     a service key's request names nobody
    ├── AccountStatusError         the user is suspended, blocked or pending
    ├── UserNotAllowedError        the person is unknown and may not become a user
    ├── QuotaExhaustedError        not enough tokens left in the period
    ├── RateLimitedError           too many requests, or too many open at once
    ├── InvalidRequestError        the body or a parameter is wrong
    ├── PayloadTooLargeError       the body is over the limit
    ├── UnknownPathError           no such path under /v1
    ├── NotFoundError              no such user, key, record
    ├── ConflictError              somebody else changed it at the same time
    ├── UpstreamUnavailableError   the upstream cannot be reached or broke off
    ├── UpstreamTimeoutError       the upstream did not answer in time
    └── StoreUnavailableError      DynamoDB or SQS did not answer

What each means in HTTP is said once, in http.py; the texts are in texts.py.
"""

from datetime import datetime


class SolarisError(Exception):
    """Base of all; `code` is the stable name that clients see."""

    code = "internal_error"


class ConfigurationError(SolarisError):
    """A setting is missing or wrong; the message names the variable."""

    code = "configuration_error"


class InvalidApiKeyError(SolarisError):
    """No gateway key, or one that is unknown, revoked or expired."""

    code = "invalid_api_key"


class UserNotIdentifiedError(SolarisError):
    """A service key's request names no user."""

    code = "user_not_identified"


class AccountStatusError(SolarisError):
    """The user exists and may not be served; `status` says why."""

    def __init__(self, status: str) -> None:
        super().__init__(status)
        self.status = status
        self.code = f"account_{status}"


class UserNotAllowedError(SolarisError):
    """The person is unknown, and a first request makes no user of them (AUTO_PROVISION)."""

    code = "user_not_allowed"


class QuotaExhaustedError(SolarisError):
    """What is left of the period's tokens does not carry this request. Figures are tokens."""

    code = "insufficient_quota"

    def __init__(
        self,
        *,
        used: int,
        limit: int,
        additional: int,
        available: int,
        renews_at: datetime,
        renews_in_seconds: int,
    ) -> None:
        super().__init__(f"used {used} of {limit} + {additional}")
        self.used = used
        self.limit = limit
        self.additional = additional
        self.available = available
        self.renews_at = renews_at
        self.renews_in_seconds = renews_in_seconds


class RateLimitedError(SolarisError):
    """Too many requests a second, or too many open at once."""

    code = "rate_limit_exceeded"

    def __init__(self, retry_after_seconds: float) -> None:
        super().__init__(f"retry after {retry_after_seconds:.2f} s")
        self.retry_after_seconds = retry_after_seconds


class InvalidRequestError(SolarisError):
    """The request itself is wrong; `detail` is a short English explanation."""

    code = "invalid_request_error"

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


class PayloadTooLargeError(SolarisError):
    """The body is over the limit, in bytes."""

    code = "payload_too_large"

    def __init__(self, limit_bytes: int) -> None:
        super().__init__(f"limit is {limit_bytes} bytes")
        self.limit_bytes = limit_bytes


class UnknownPathError(SolarisError):
    """The gateway does not offer this path."""

    code = "unknown_path"

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self.path = path


class NotFoundError(SolarisError):
    """What was asked for does not exist."""

    code = "not_found"


class ConflictError(SolarisError):
    """The item changed under every bounded attempt to write it."""

    code = "conflict"


class UpstreamUnavailableError(SolarisError):
    """The upstream cannot be reached, or broke off before its answer was whole."""

    code = "upstream_error"


class UpstreamTimeoutError(SolarisError):
    """The upstream did not answer, or fell silent, for longer than its time-out."""

    code = "upstream_timeout"


class StoreUnavailableError(SolarisError):
    """DynamoDB or SQS did not answer within its bounded attempts: nothing is served unmetered."""

    code = "service_unavailable"
