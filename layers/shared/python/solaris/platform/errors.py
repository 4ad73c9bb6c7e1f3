"""Every refusal and failure that a caller can meet, named for its condition.

    SolarisError
    ├── ConfigurationError         a setting is missing or wrong
    ├── InvalidApiKeyError         no gateway key, unknown, revoked or expired
    │   └── NotAGatewayKeyError        an admin key, where chats want a gateway key
    ├── UserNotIdentifiedError     a service key's request names nobody
    ├── AccountStatusError         the user is suspended, blocked or pending
    ├── UserNotAllowedError        the person is unknown and may not become a user
    ├── ModelNotAllowedError       the key does not allow the model
    │   └── UserModelNotAllowedError   the user, or their group, does not
    ├── UnknownModelError          no such model, or none that the key may see
    ├── QuotaExhaustedError        not enough tokens left in the period
    ├── TokensHeldError            what is left is held by the user's other open requests
    ├── BookingsLateError          what is left is held by answers that are not booked yet
    ├── RateLimitedError           too many requests, or too many open at once
    ├── InvalidRequestError        the body or a parameter is wrong
    ├── PayloadTooLargeError       the body is over the limit
    ├── OverloadedError            too many bodies are on their way to this process
    ├── UnknownPathError           no such path under /v1
    ├── MethodNotAllowedError      the path is known, this method of it is not
    ├── UnsupportedMediaTypeError  the body is not JSON by its Content-Type
    ├── UnauthenticatedError       nobody is signed in, or the token is expired or forged
    ├── InvalidAdminKeyError       an admin key that is unknown, revoked or expired
    ├── NotAnAdminKeyError         a gateway key, where the admin API wants an admin key
    ├── InvalidCredentialsError    the e-mail and password do not fit together
    ├── LoginLockedError           too many failed sign-ins
    ├── ForbiddenError             signed in, but the role may not do this
    ├── MissingScopeError          the admin key has not the scope that this needs
    ├── PeopleOnlyError            no admin key may do this, whatever its scopes
    ├── DirectCallError            past what stands in front of the system
    ├── ValidationFailedError      fields of the request are wrong, each is named
    ├── NotFoundError              no such user, key, record
    ├── AlreadyExistsError         what shall be created is there already
    ├── LastAdminError             nobody would be left to administer
    ├── ConflictError              somebody else changed it at the same time
    │   ├── UserExistsError            there is a user with this address
    │   ├── KeyReusedError             the idempotency key stands for another request
    │   ├── RequestPendingError        the user has asked for tokens, and nobody has decided yet
    │   ├── RequestPausedError         the user was denied tokens, and may not ask again yet
    │   ├── RequestDecidedError        somebody has decided about the request for tokens
    │   └── RequestLapsedError         the month of the request for tokens is over
    ├── KeyRevokedError            a revoked key is not changed any more
    ├── AlertClosedError           what the system has closed nobody opens again
    ├── UpstreamUnavailableError   the upstream cannot be reached or broke off
    ├── UpstreamTimeoutError       the upstream did not answer in time
    ├── MailServiceError           SES refused what it was asked, or did not answer
    └── StoreUnavailableError      DynamoDB or SQS did not answer

What each means in HTTP is said once, in web/errors.py; the texts are in texts.py.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

MAX_SHOWN_CHARACTERS = 200


class SolarisError(Exception):
    """Base of all; `code` is the stable name that clients see."""

    code = "internal_error"

    @property
    def counted_as(self) -> str:
        """By what it is counted: the code, where that does not stand for several conditions."""
        return self.code


class ConfigurationError(SolarisError):
    """A setting is missing or wrong; the message names the variable."""

    code = "configuration_error"


class InvalidApiKeyError(SolarisError):
    """No gateway key, or one that is unknown, revoked or expired."""

    code = "invalid_api_key"


class NotAGatewayKeyError(InvalidApiKeyError):
    """An admin key where chats want a gateway key; it is not looked up there."""

    code = "not_a_gateway_key"


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


class ModelNotAllowedError(SolarisError):
    """The key allows some models, and this is none of them."""

    code = "model_not_allowed"

    def __init__(self, model: str) -> None:
        super().__init__(model[:MAX_SHOWN_CHARACTERS])
        self.model = model[:MAX_SHOWN_CHARACTERS]


class UserModelNotAllowedError(ModelNotAllowedError):
    """The user may use some models, and this is none of them.

    `models` are names, or beginnings of names followed by `*`; `by_group`: the group's rule, else
    the user's own.
    """

    code = "user_model_not_allowed"

    def __init__(self, model: str, models: Sequence[str], *, by_group: bool) -> None:
        super().__init__(model)
        self.models = tuple(models)
        self.by_group = by_group


class UnknownModelError(SolarisError):
    """There is no such model for this key."""

    code = "model_not_found"

    def __init__(self, model: str) -> None:
        super().__init__(model[:MAX_SHOWN_CHARACTERS])
        self.model = model[:MAX_SHOWN_CHARACTERS]


class QuotaExhaustedError(SolarisError):
    """What is left of the period's tokens does not carry this request. Figures are tokens.

    `needed` is said where enough is left for a shorter request: then nothing is used up. `link`
    leads the user to their own usage.
    """

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
        needed: int | None = None,
        link: str | None = None,
    ) -> None:
        super().__init__(f"used {used} of {limit} + {additional}")
        self.used = used
        self.limit = limit
        self.additional = additional
        self.available = available
        self.renews_at = renews_at
        self.renews_in_seconds = renews_in_seconds
        self.needed = needed
        self.link = link

    @property
    def counted_as(self) -> str:
        """Used up, or only less than this request needs."""
        return self.code if self.needed is None else "insufficient_quota_for_request"

    @property
    def granted(self) -> int:
        """Limit and additional tokens."""
        return self.limit + self.additional


class DailyLimitError(SolarisError):
    """What is left of the day's tokens does not carry this request; the month's would.

    Figures are tokens. `renews_at` is the local midnight that ends the day; `needed` as above.
    """

    code = "daily_limit_reached"

    def __init__(
        self,
        *,
        used: int,
        limit: int,
        available: int,
        renews_at: datetime,
        renews_in_seconds: int,
        needed: int | None = None,
    ) -> None:
        super().__init__(f"used {used} of {limit} a day")
        self.used = used
        self.limit = self.granted = limit
        self.available = available
        self.renews_at = renews_at
        self.renews_in_seconds = renews_in_seconds
        self.needed = needed

    @property
    def counted_as(self) -> str:
        """Used up, or only less than this request needs."""
        return self.code if self.needed is None else "daily_limit_for_request"


class TokensHeldError(SolarisError):
    """Enough is left, but other open requests of the same user hold it: try again."""

    code = "tokens_held"

    def __init__(self, retry_after_seconds: float) -> None:
        super().__init__(f"retry after {retry_after_seconds:.2f} s")
        self.retry_after_seconds = retry_after_seconds


class BookingsLateError(SolarisError):
    """Enough is left, but answers that have ended and are not booked yet hold it: try again."""

    code = "bookings_late"

    def __init__(self, retry_after_seconds: float) -> None:
        super().__init__(f"retry after {retry_after_seconds:.2f} s")
        self.retry_after_seconds = retry_after_seconds


class RateLimitedError(SolarisError):
    """Too many requests a second, or too many open at once."""

    code = "rate_limit_exceeded"

    def __init__(self, retry_after_seconds: float) -> None:
        super().__init__(f"retry after {retry_after_seconds:.2f} s")
        self.retry_after_seconds = retry_after_seconds


class InvalidRequestError(SolarisError):
    """The request itself is wrong; `detail` is a short English explanation.

    Where a rule was broken, `rule` and `values` say which, in any language (texts.rule_text), and
    `field` names what is wrong in the words of the code: `monthly_limit`.
    """

    code = "invalid_request_error"

    def __init__(
        self,
        detail: str,
        *,
        field: str | None = None,
        rule: str | None = None,
        values: Mapping[str, int] | None = None,
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.field = field
        self.rule = rule
        self.values = values or {}


class PayloadTooLargeError(SolarisError):
    """The body is over the limit, in bytes."""

    code = "payload_too_large"

    def __init__(self, limit_bytes: int) -> None:
        super().__init__(f"limit is {limit_bytes} bytes")
        self.limit_bytes = limit_bytes


class OverloadedError(SolarisError):
    """The bodies on their way to this process take all the memory that they may."""

    code = "overloaded"

    def __init__(self, retry_after_seconds: float) -> None:
        super().__init__(f"retry after {retry_after_seconds:.0f} s")
        self.retry_after_seconds = retry_after_seconds


class UnknownPathError(SolarisError):
    """The gateway does not offer this path."""

    code = "unknown_path"

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self.path = path


class MethodNotAllowedError(SolarisError):
    """The path exists, and not with this method."""

    code = "method_not_allowed"


class UnsupportedMediaTypeError(SolarisError):
    """The body is not JSON by its Content-Type."""

    code = "unsupported_media_type"


class UnauthenticatedError(SolarisError):
    """Nobody is signed in: no token, or one that is expired, forged or revoked."""

    code = "unauthenticated"


class InvalidAdminKeyError(SolarisError):
    """An admin key that is unknown, revoked or expired; which of these is not said."""

    code = "invalid_admin_key"


class NotAnAdminKeyError(SolarisError):
    """A gateway key, or what looks like one, where the admin API wants an admin key."""

    code = "not_an_admin_key"


class InvalidCredentialsError(SolarisError):
    """The e-mail and the password do not fit together; which of them is wrong is not said."""

    code = "invalid_credentials"


class LoginLockedError(SolarisError):
    """Too many failed sign-ins for this address; the same whether it exists or not."""

    code = "login_locked"

    def __init__(self, retry_after_seconds: float) -> None:
        super().__init__(f"retry after {retry_after_seconds:.0f} s")
        self.retry_after_seconds = retry_after_seconds


class ForbiddenError(SolarisError):
    """Signed in, but the role may not do this."""

    code = "forbidden"


class MissingScopeError(SolarisError):
    """A good admin key, but it has not the scope that this needs."""

    code = "missing_scope"

    def __init__(self, scope: str) -> None:
        super().__init__(f"the key has not the scope {scope}")
        self.scope = scope


class PeopleOnlyError(SolarisError):
    """A good admin key, but this is done by people alone."""

    code = "people_only"


class DirectCallError(SolarisError):
    """A request that did not come through CloudFront, where every request must."""

    code = "direct_call"


class ValidationFailedError(SolarisError):
    """Fields of the request are wrong; `problems` are (field path, code, message)."""

    code = "validation_failed"

    def __init__(self, problems: Sequence[tuple[str, str, str]]) -> None:
        super().__init__("; ".join(f"{field}: {message}" for field, _, message in problems))
        self.problems = tuple(problems)


class NotFoundError(SolarisError):
    """What was asked for does not exist."""

    code = "not_found"


class AlreadyExistsError(SolarisError):
    """What shall be created is there already; the message names it."""

    code = "already_exists"


class LastAdminError(SolarisError):
    """The only one left with the role admin can be neither removed nor demoted."""

    code = "last_admin"


class ConflictError(SolarisError):
    """The item changed under every bounded attempt to write it."""

    code = "conflict"


class KeyRevokedError(SolarisError):
    """The key is revoked for good: its terms are not changed any more."""

    code = "key_revoked"


class AlertClosedError(SolarisError):
    """The system has closed the alert, since its cause is gone: it is not opened again."""

    code = "alert_closed"


class UserExistsError(ConflictError):
    """There is a user with this address already."""

    code = "user_exists"


class KeyReusedError(ConflictError):
    """The same idempotency key was used for a request that asked for something else."""

    code = "idempotency_key_reused"


class RequestPendingError(ConflictError):
    """The user has asked for tokens already, and nobody has decided yet."""

    code = "request_pending"


class RequestPausedError(ConflictError):
    """The user was denied tokens lately; `not_before` is in the periods' zone."""

    code = "request_paused"

    def __init__(self, not_before: datetime) -> None:
        super().__init__(f"not before {not_before.isoformat()}")
        self.not_before = not_before


class RequestDecidedError(ConflictError):
    """Somebody has decided about the request for tokens; `at` is in the periods' zone."""

    code = "request_decided"

    def __init__(self, by: str, at: datetime, *, is_approved: bool) -> None:
        super().__init__(f"{'approved' if is_approved else 'denied'} by {by} at {at.isoformat()}")
        self.by = by
        self.at = at
        self.is_approved = is_approved


class RequestLapsedError(ConflictError):
    """The month of the request for tokens is over, and with it the request."""

    code = "request_lapsed"


class UpstreamUnavailableError(SolarisError):
    """The upstream cannot be reached, or broke off before its answer was whole.

    `told` is what it said of its failure itself, inside an answer of status 200.
    """

    code = "upstream_error"

    def __init__(self, detail: str = "", *, told: str | None = None) -> None:
        super().__init__(detail)
        self.told = told


class UpstreamKeyRefusedError(UpstreamUnavailableError):
    """The upstream does not take the gateway's own key: nobody's requests are answered."""

    code = "upstream_key_refused"


class UpstreamTimeoutError(SolarisError):
    """The upstream did not answer, or fell silent, for longer than its time-out.

    `has_begun` is False when no connection to it was made: then it cannot have done any work.
    """

    code = "upstream_timeout"

    def __init__(self, detail: str = "", *, has_begun: bool = True) -> None:
        super().__init__(detail)
        self.has_begun = has_begun


class MailServiceError(SolarisError):
    """SES refused a call that is not about sending, or did not answer; the message names both."""

    code = "mail_service_error"


class StoreUnavailableError(SolarisError):
    """DynamoDB or SQS did not answer within its bounded attempts: nothing is served unmetered."""

    code = "service_unavailable"
