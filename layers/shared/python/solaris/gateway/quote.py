"""How a quota stands, for its user and for other services. Nothing is written.

The figures are those that the user's next request would find (quota/standing.py), and a check
asks the rule that would reserve for it (quota/reservation.py): it is a second view, not a second
opinion. A check holds nothing; only a request through the gateway does.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import uuid4

import orjson

from solaris.keys.authenticator import BlockingAuthenticator, identity_of
from solaris.keys.key import GatewayKey
from solaris.ledger.counters import UserCounters
from solaris.ledger.weighing import Weighing
from solaris.platform.errors import (
    AccountStatusError,
    BookingsLateError,
    DailyLimitError,
    InvalidApiKeyError,
    InvalidRequestError,
    ModelNotAllowedError,
    PayloadTooLargeError,
    QuotaExhaustedError,
    RateLimitedError,
    TokensHeldError,
    UserModelNotAllowedError,
    UserNotAllowedError,
    UserNotIdentifiedError,
)
from solaris.platform.model_weight import ModelWeight
from solaris.platform.rate_limit import BlockingRateLimiter, counted_address
from solaris.platform.settings import Settings
from solaris.quota.day_cap import left_tokens
from solaris.quota.grant import Grant
from solaris.quota.grants import grants_now
from solaris.quota.identity import Identity
from solaris.quota.model_names import is_named
from solaris.quota.periods import day_end, day_of, period_of, renews_at
from solaris.quota.policy import PlanStore, block_ppm_of, newcomer_policy
from solaris.quota.provisioning import provision
from solaris.quota.reservation import (
    MAX_OPEN_RESERVATIONS,
    Demand,
    Reservation,
    hold_for,
    unbooked,
)
from solaris.quota.standing import put_right
from solaris.quota.store import UserStore
from solaris.quota.user import Enforcement, User, UserStatus, user_id_for

MAX_ESTIMATED_TOKENS = 10**12
MAX_CHECK_BYTES = 8 * 1024


@dataclass(frozen=True, slots=True)
class Statement:
    """A JSON-serialisable answer and its headers."""

    body: dict[str, object]
    headers: dict[str, str]


class Quoting:
    """Tells quotas. `clock` gives the time in UTC. For any number of threads.

    `readers` counts who asks, `wrong_keys` the addresses that send keys which are none. `is_late`
    tells whether usage is booked late: which answers have ended is not known here.
    """

    def __init__(
        self,
        *,
        settings: Settings,
        authenticator: BlockingAuthenticator,
        users: UserStore,
        counters: UserCounters,
        weighing: Weighing,
        clock: Callable[[], datetime],
        readers: BlockingRateLimiter | None = None,
        wrong_keys: BlockingRateLimiter | None = None,
        is_late: Callable[[], bool] = lambda: False,
        plans: PlanStore | None = None,
    ) -> None:
        self._plans = plans
        self._is_late = is_late
        self._settings = settings
        self._authenticator = authenticator
        self._readers = readers
        self._wrong_keys = wrong_keys
        self._users = users
        self._counters = counters
        self._weighing = weighing
        self._clock = clock

    def own(self, headers: Mapping[str, str], address: str | None = None) -> Statement:
        """State the quota of the user that a request speaks for; header names are lower-case.

        An unknown user is shown as their first request would make them. Raises
        InvalidApiKeyError, RateLimitedError, UserNotIdentifiedError, UserNotAllowedError,
        StoreUnavailableError.
        """
        _, identity = self._enter(headers, address)
        if identity is None:
            raise UserNotIdentifiedError
        user = self._find(identity)
        if user is None:
            raise UserNotAllowedError
        quota, renews = user.quota, self._renews_at(user.period)
        body: dict[str, object] = {
            "user_id": user.user_id,
            "email": user.email,
            "status": user.status.value,
            "enforcement": user.enforcement.value,
            "plan": user.plan.value,
            "models": None if user.models is None else list(user.models),
            "period": user.period,
            "renews_at": renews.isoformat(),
            "monthly_limit": quota.monthly_limit,
            "additional_tokens": quota.additional_tokens,
            "grants": [_grant(one, renews) for one in grants_now(user)],
            "current_usage": quota.current_usage,
            "reserved_tokens": quota.reserved_tokens,
            "bookings_late": bool(self._unbooked(user)),
            "available_tokens": user.available_tokens,
            "remaining_tokens": quota.remaining_tokens,
            "usage_percentage": quota.usage_percentage,
            "granted_percentage": quota.granted_percentage,
            "by_model": self._counters.charged_by_model(user.user_id, user.period),
        } | self._day(user)
        return Statement(body, self._headers(user))

    def check(
        self, headers: Mapping[str, str], data: bytes | str, address: str | None = None
    ) -> Statement:
        """Say whether a call would be admitted now, and if not, why.

        `estimated_tokens` are those of the call in all; with `max_tokens`, those of its prompt, and
        the answer has that many at most. They count by the weight of the `model`, once where none
        is stated: `charged_tokens` is what the call would take from the quota at most. `reason` is
        the code of the refusal; whether the key allows the model is asked first. `models` are those
        that the user may use, null: any.

        Raises as `own`, and InvalidRequestError; somebody who may not become a user is an answer
        here, not an error.
        """
        key, identity = self._enter(headers, address)
        request = _parse(data)
        if identity is None:
            identity = identity_of(key, headers, request, self._settings, self._clock())
            self._count(user_id_for(identity.email))
        estimated = _tokens(request, "estimated_tokens")
        model = _model(request)
        most = _tokens(request, "max_tokens") if "max_tokens" in request else None
        weight = self._weight(model)
        demand = _demand(estimated, most, weight)
        user = self._find(identity)
        late = self._unbooked(user) if user else []
        reason = _refusal(user, demand, late, model)
        if model is not None and not key.allows(model):
            reason = ModelNotAllowedError.code
        period = user.period if user else self._period()
        body: dict[str, object] = {
            "allowed": reason is None,
            "reason": reason,
            "estimated_tokens": estimated,
            "charged_tokens": demand.charged(most or 0),
            "weight": weight.times(),
            "available_tokens": user.available_tokens if user else 0,
            "models": list(user.models) if user and user.models is not None else None,
            "user_id": user.user_id if user else user_id_for(identity.email),
            "status": user.status.value if user else None,
            "period": period,
            "renews_at": self._renews_at(period).isoformat(),
        }
        return Statement(body, self._headers(user))

    def _weight(self, model: str | None) -> ModelWeight:
        weights = self._weighing.live.get()
        return weights.others if model is None else weights.of(model)

    def _enter(
        self, headers: Mapping[str, str], address: str | None
    ) -> tuple[GatewayKey, Identity | None]:
        """The key, and the user where the head names one, whose rate is then counted."""
        try:
            key = self._authenticator.authenticate(headers)
        except InvalidApiKeyError:
            if self._wrong_keys is not None:
                self._wrong_keys.admit(counted_address(address))
            raise
        try:
            identity = identity_of(key, headers, {}, self._settings, self._clock())
        except UserNotIdentifiedError:
            return key, None
        self._count(user_id_for(identity.email))
        return key, identity

    def _count(self, user_id: str) -> None:
        if self._readers is not None:
            self._readers.admit(user_id)

    def _unbooked(self, user: User) -> list[Reservation]:
        if not self._is_late():
            return []
        return unbooked(user.reservations, lambda _: False, self._clock())

    def _find(self, identity: Identity) -> User | None:
        """Return a user as the next request would find them; None: it would make no user."""
        now = self._clock()
        period = self._period()
        block_ppm = block_ppm_of(self._settings)
        user = self._users.of_address(identity.email, identity.spelled)
        if user is not None:
            day = day_of(now, self._settings.zone)
            return put_right(user, period=period, day=day, block_ppm=block_ppm, now=now)
        plans = None if self._plans is None else self._plans.recent()
        policy = newcomer_policy(self._settings, plans, identity)
        return provision(
            identity,
            policy,
            period=period,
            block_ppm=block_ppm,
            now=now,
            day=day_of(now, self._settings.zone),
        )

    def _day(self, user: User) -> dict[str, object]:
        """The day's cap; nulls for who has none, and no `daily_available` while it is lifted."""
        cap = user.day_cap
        if cap is None:
            nothing = ("daily_limit", "daily_available", "day_renews_at")
            return {**dict.fromkeys(nothing), "daily_lifted": False}
        renews = day_end(date.fromisoformat(cap.day), self._settings.zone)
        return {
            "daily_limit": cap.limit.in_force(user.monthly_limit),
            "daily_available": None if cap.is_lifted else cap.available_tokens,
            "day_renews_at": renews.astimezone(self._settings.zone).isoformat(),
            "daily_lifted": cap.is_lifted,
        }

    def _period(self) -> str:
        return period_of(self._clock(), self._settings.zone)

    def _renews_at(self, period: str) -> datetime:
        return renews_at(period, self._settings.zone)

    def _headers(self, user: User | None) -> dict[str, str]:
        headers = {"x-request-id": uuid4().hex}
        if user is None:
            return headers
        return headers | token_headers(user, self._renews_at(user.period), self._clock())


def token_headers(user: User, renews: datetime, now: datetime) -> dict[str, str]:
    """The `x-ratelimit-*` headers that tell any OpenAI client how its quota stands."""
    seconds = max(0, int((renews - now).total_seconds()))
    return {
        "x-ratelimit-limit-tokens": str(user.quota.granted_tokens),
        "x-ratelimit-remaining-tokens": str(max(0, user.available_tokens)),
        "x-ratelimit-reset-tokens": f"{seconds}s",
    }


def _grant(one: Grant, renews: datetime) -> dict[str, int | str | None]:
    ends_at = one.end(renews)
    return {
        "kind": one.kind.value,
        "tokens": one.tokens,
        "granted_tokens": one.granted_tokens,
        "until": one.until,
        "ends_at": None if ends_at is None else ends_at.astimezone(renews.tzinfo).isoformat(),
    }


def _refusal(
    user: User | None, demand: Demand, late: Sequence[Reservation], model: str | None
) -> str | None:
    """Return the code with which the meter would refuse, in its order; None if it would not."""
    if user is None:
        return UserNotAllowedError.code
    if user.status is not UserStatus.ACTIVE:
        return AccountStatusError(user.status.value).code
    if model is not None and user.models is not None and not is_named(model, user.models):
        return UserModelNotAllowedError.code
    if len(user.reservations) >= MAX_OPEN_RESERVATIONS:
        is_late = len(user.reservations) - len(late) < MAX_OPEN_RESERVATIONS
        return BookingsLateError.code if is_late else RateLimitedError.code
    if user.enforcement is Enforcement.WARN:
        return None
    if hold_for(demand, left_tokens(user)) is not None:
        return None
    if late and hold_for(demand, left_tokens(user, late)):
        return BookingsLateError.code
    if hold_for(demand, left_tokens(user, user.reservations.values())):
        return TokensHeldError.code
    is_of_day = hold_for(demand, user.available_tokens + user.reserved_tokens) is not None
    return DailyLimitError.code if is_of_day else QuotaExhaustedError.code


def _parse(data: bytes | str) -> dict[str, object]:
    if len(data) > MAX_CHECK_BYTES:
        raise PayloadTooLargeError(MAX_CHECK_BYTES)
    try:
        body = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise InvalidRequestError(f"the body is not JSON ({error.msg})") from error
    if not isinstance(body, dict):
        raise InvalidRequestError("the body must be a JSON object")
    return body


def _model(body: Mapping[str, object]) -> str | None:
    model = body.get("model")
    if model is not None and not isinstance(model, str):
        raise InvalidRequestError("model must be the name of a model")
    return model


def _demand(estimated: int, most: int | None, weight: ModelWeight) -> Demand:
    """A call of so many tokens: in all, whichever they are, or beside an answer of so many."""
    if most is not None:
        return Demand(estimated, max_completion_tokens=most, weight=weight)
    dearest = max(weight.prompt, weight.completion)
    return Demand(estimated, completes=False, weight=replace(weight, prompt=dearest))


def _tokens(body: Mapping[str, object], name: str) -> int:
    tokens = body.get(name)
    if type(tokens) is not int or not 0 <= tokens <= MAX_ESTIMATED_TOKENS:
        raise InvalidRequestError(f"{name} must be an integer from 0 to {MAX_ESTIMATED_TOKENS}")
    return tokens
