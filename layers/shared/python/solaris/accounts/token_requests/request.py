"""One request for more tokens: who may ask, what answers it, which amounts are proposed. Pure.

    pending    asked, and nobody has decided; one a user
    approved   tokens were granted: by somebody, by the policy, or by a raise made another way
    denied     with a pause of seven days before the next one
    lapsed     still pending when its month ended: nothing is written then, it is told by the month

A request states what the user could use when they asked, so that a raise by any way (a grant, a
limit, a plan, a group) is known to answer it (`is_answered`).
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum

from solaris.quota.changes import MAX_GRANT_TOKENS
from solaris.quota.grant import MAX_GRANTS, GrantKind
from solaris.quota.groups.group import Group
from solaris.quota.quota import PPM, Quota
from solaris.quota.reservation import MINIMUM_COMPLETION_TOKENS
from solaris.quota.user import Enforcement, User, UserStatus

PAUSE = timedelta(days=7)
"""After a no, so long nobody is asked again by the same user."""

KEEP_DAYS = 400
"""As long as the usage records."""

MOST_AUTOMATIC_GRANTS = MAX_GRANTS // 2
"""With so many live grants somebody decides: many small requests leave room for those of people."""

_HEX = 8
_TENTHS = (10, 25, 50)
"""Without a pace to go by: these hundredths of the monthly limit are proposed."""


class RequestState(StrEnum):
    """What has become of a request."""

    PENDING = "pending"
    APPROVED = "approved"
    DENIED = "denied"
    LAPSED = "lapsed"


class DecidedHow(StrEnum):
    """How a request was decided."""

    PERSON = "person"
    POLICY = "policy"
    """By itself, within what the policy gives a month."""

    RAISE = "raise"
    """A grant, limit, plan or group gave as much meanwhile, or brought the user back."""


class AskRefusal(StrEnum):
    """Why somebody may not ask now."""

    OFF = "off"
    """The policy takes no requests."""

    NOT_ACTIVE = "not_active"
    NOT_LIMITED = "not_limited"
    """Who is only warned is never refused for tokens."""

    PENDING = "pending"
    PAUSED = "paused"


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenRequest:
    """A request. `tokens` were asked for, `granted_tokens` given; `until` is a grant's last day.

    `granted_before` is limit plus additional tokens when it was made, `was_out` whether too little
    was left then for a short answer. `note` is what whoever decided has to say to the user.
    """

    user_id: str
    request_id: str
    period: str
    tokens: int
    reason: str
    created_at: datetime
    granted_before: int
    was_out: bool
    state: RequestState = RequestState.PENDING
    decided_at: datetime | None = None
    decided_by: str | None = None
    how: DecidedHow | None = None
    granted_tokens: int | None = None
    grant_kind: GrantKind | None = None
    until: date | None = None
    note: str = ""

    def state_in(self, period: str) -> RequestState:
        """The state as it is told in a month (`2026-11`)."""
        is_over = self.state is RequestState.PENDING and self.period < period
        return RequestState.LAPSED if is_over else self.state

    @property
    def not_before(self) -> datetime | None:
        """Until when the user may not ask again, after a no."""
        if self.state is not RequestState.DENIED or self.decided_at is None:
            return None
        return self.decided_at + PAUSE


@dataclass(frozen=True, slots=True)
class MayAsk:
    """Whether a user may ask now; `not_before` is told of a pause."""

    why_not: AskRefusal | None = None
    not_before: datetime | None = None


def new_request_id(now: datetime) -> str:
    """An id that sorts by time: `20261130T171500123Z-1f9a0c3b`."""
    utc = now.astimezone(UTC)
    stamp = f"{utc:%Y%m%dT%H%M%S}{utc.microsecond // 1000:03d}Z"
    return f"{stamp}-{secrets.token_hex(_HEX // 2)}"


REQUEST_ID_PATTERN = r"^\d{8}T\d{9}Z-[0-9a-f]{8}$"


def may_ask(user: User, last: TokenRequest | None, now: datetime, *, is_on: bool) -> MayAsk:
    """Whether a user, as the next request would find them, may ask; `last` is their newest one."""
    if not is_on:
        return MayAsk(AskRefusal.OFF)
    if user.status is not UserStatus.ACTIVE:
        return MayAsk(AskRefusal.NOT_ACTIVE)
    if user.enforcement is Enforcement.WARN:
        return MayAsk(AskRefusal.NOT_LIMITED)
    if last is not None:
        if last.state_in(user.period) is RequestState.PENDING:
            return MayAsk(AskRefusal.PENDING)
        if last.not_before is not None and now < last.not_before:
            return MayAsk(AskRefusal.PAUSED, last.not_before)
    return MayAsk()


def is_out(quota: Quota) -> bool:
    """Whether too little is left for the shortest answer; what open requests hold is left, too."""
    return quota.available_tokens + quota.reserved_tokens < MINIMUM_COMPLETION_TOKENS


def is_answered(request: TokenRequest, user: User) -> bool:
    """Whether what the user has by now is what was asked for, or brings them back.

    Of a request of another month: never, it has lapsed.
    """
    if request.state_in(user.period) is not RequestState.PENDING:
        return False
    if user.status is UserStatus.DELETED:
        return False
    if user.enforcement is Enforcement.WARN:
        return True
    if user.quota.granted_tokens >= request.granted_before + request.tokens:
        return True
    return request.was_out and not is_out(user.quota)


def suggested(quota: Quota, pace_per_day: int, days_left: int) -> tuple[int, ...]:
    """Three amounts, rising: half of what one's own pace needs to the month's end, all, twice that.

    Rounded up to two digits. Where the pace needs nothing more, or there is none: a tenth, a
    quarter and a half of the monthly limit (of a million where that is 0).
    """
    left = max(0, quota.available_tokens + quota.reserved_tokens)
    needed = pace_per_day * days_left - left
    if needed <= 0:
        base = quota.monthly_limit or PPM
        found = {_round_up(base * part // 100) for part in _TENTHS}
    else:
        found = {_round_up(max(1, needed // 2)), _round_up(needed), _round_up(needed * 2)}
    return tuple(sorted({min(one, MAX_GRANT_TOKENS) for one in found}))


def _round_up(tokens: int) -> int:
    """Up to two digits, at least a thousand: 123,456 is 130,000."""
    unit = max(1_000, int(10 ** (len(str(max(tokens, 1))) - 2)))
    return max(1, -(-tokens // unit)) * unit


def deciders(user: User, groups: Mapping[str, Group], admins: tuple[str, ...]) -> tuple[str, ...]:
    """Addresses that are told of a request: the home group's managers, else the admins.

    No manager decides about themselves: a group that only the user manages is as one without any.
    """
    group = groups.get(user.group_id or "")
    own = {user.email, *user.aliases}
    managers = () if group is None else tuple(one for one in group.managers if one not in own)
    return managers or admins
