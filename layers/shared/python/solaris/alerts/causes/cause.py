"""What lasts until somebody ends it, and until when its alert stands. Pure rules.

| cause | told of | stands until |
|---|---|---|
| a person waits for activation | a first request made them a user, pending | another status |
| a key is about to expire | 30, 7 and 1 days before, one alert at a time | revoked, renewed, over |
| the upstream fails | half of the requests of ten minutes, of 20 at least | well again |
| the books differ | a reconciliation has found so | the next one |

An alert's id is made of its cause, so that each is told of once, whoever finds it and however
often; who has resolved it hears of the same cause no more.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import ceil

from solaris.alerts.alert import Alert, AlertType, ResolvedWhy
from solaris.platform.aws.items import epoch_milliseconds
from solaris.quota.user import User, UserStatus

PERSON_WAITING = "person_waiting"
KEY_EXPIRING = "key_expiring"
UPSTREAM_FAILING = "upstream_failing"
BOOKS_DIFFER = "books_differ"

KEY_DAYS = (30, 7, 1)
LAST_DAY = KEY_DAYS[-1]
DAY = timedelta(days=1)
_KEY_PARTS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonWaiting:
    """Somebody's first request has made them a user, who is not served until they are activated."""

    user_id: str
    email: str
    name: str
    plan: str
    since: datetime
    period: str

    @property
    def alert_id(self) -> str:
        """One alert a person, and another for who comes anew after a deletion."""
        return waiting_id(self.user_id, self.since)

    @property
    def type(self) -> AlertType:
        """Somebody waits, nothing is broken."""
        return AlertType.WARNING

    @property
    def lower_ids(self) -> list[str]:
        """There is no lower one."""
        return []


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyExpiring:
    """A gateway key ends within so many `days`; of a personal one `user_id` and `email` say whose.

    `expires_at` is in the periods' zone.
    """

    key_id: str
    prefix: str
    name: str
    expires_at: datetime
    days: int
    period: str
    user_id: str | None = None
    email: str | None = None

    @property
    def alert_id(self) -> str:
        """One alert a key, end and number of days."""
        return self._id(self.days)

    @property
    def lower_ids(self) -> list[str]:
        """Ids of the alerts in whose place this one stands."""
        return [self._id(days) for days in KEY_DAYS if days > self.days]

    @property
    def type(self) -> AlertType:
        """On the last day whoever uses the key is about to be refused."""
        return AlertType.CRITICAL if self.days <= LAST_DAY else AlertType.WARNING

    def _id(self, days: int) -> str:
        return f"{KEY_EXPIRING}#{self.key_id}#{epoch_milliseconds(self.expires_at)}#{days}"


@dataclass(frozen=True, slots=True, kw_only=True)
class UpstreamFailing:
    """The upstream has failed so many of the last requests; `since` is when that was found."""

    since: datetime
    requests: int
    failed: int
    minutes: int
    period: str

    @property
    def alert_id(self) -> str:
        """One alert from when it is found until it is well again."""
        return f"{UPSTREAM_FAILING}#{epoch_milliseconds(self.since)}"

    @property
    def type(self) -> AlertType:
        """People are not served."""
        return AlertType.CRITICAL

    @property
    def lower_ids(self) -> list[str]:
        """There is no lower one."""
        return []


@dataclass(frozen=True, slots=True, kw_only=True)
class BooksDiffer:
    """A reconciliation that ended at `found_at` has found sums that the records do not say."""

    found_at: datetime
    differences: int
    users: int
    period: str

    @property
    def alert_id(self) -> str:
        """One alert a reconciliation."""
        return f"{BOOKS_DIFFER}#{epoch_milliseconds(self.found_at)}"

    @property
    def type(self) -> AlertType:
        """A quota may be wrong."""
        return AlertType.CRITICAL

    @property
    def lower_ids(self) -> list[str]:
        """There is no lower one."""
        return []


Cause = PersonWaiting | KeyExpiring | UpstreamFailing | BooksDiffer


@dataclass(frozen=True, slots=True)
class KeyTerms:
    """Until when a key is good, and whether it was revoked."""

    expires_at: datetime | None
    is_revoked: bool


@dataclass(frozen=True, slots=True)
class Reconciled:
    """The newest reconciliation that has looked at everything."""

    at: datetime
    differences: int


@dataclass(frozen=True, slots=True)
class Facts:
    """What closes alerts, as it is at `now`; keys by id. Users are known to the closer itself."""

    now: datetime
    keys: Mapping[str, KeyTerms] = field(default_factory=dict)
    failing_since: datetime | None = None
    reconciled: Reconciled | None = None


def waiting_id(user_id: str, since: datetime) -> str:
    """The id of the alert about a person who waits since their first request."""
    return f"{PERSON_WAITING}#{user_id}#{epoch_milliseconds(since)}"


def days_before(expires_at: datetime, now: datetime) -> int | None:
    """Which of 30, 7 and 1 days a key's end has reached; None: further away, or over."""
    if not now < expires_at:
        return None
    left = ceil((expires_at - now) / DAY)
    return min((days for days in KEY_DAYS if left <= days), default=None)


def to_close(
    alerts: Iterable[Alert], users: Mapping[str, User], facts: Facts | None
) -> dict[str, ResolvedWhy]:
    """Why open alerts are closed whose cause is gone, by id; the others are left out.

    Without `facts` those about people alone.
    """
    closing = {}
    standing: dict[str, list[tuple[int, str]]] = {}
    for alert in alerts:
        if alert.resolved_at is not None:
            continue
        why = _why(alert, users, facts)
        kind, *parts = alert.alert_id.split("#")
        if why is not None:
            closing[alert.alert_id] = why
        elif kind == KEY_EXPIRING and len(parts) == _KEY_PARTS - 1 and parts[2].isdecimal():
            standing.setdefault(parts[0], []).append((int(parts[2]), alert.alert_id))
    for found in standing.values():
        for _, alert_id in sorted(found)[1:]:
            closing[alert_id] = ResolvedWhy.SUPERSEDED
    return closing


def _why(alert: Alert, users: Mapping[str, User], facts: Facts | None) -> ResolvedWhy | None:
    kind, *parts = alert.alert_id.split("#")
    if kind == PERSON_WAITING:
        user = users.get(alert.user_id or "")
        return None if user is None else _of_status(user.status)
    if facts is None or not parts:
        return None
    if kind == KEY_EXPIRING:
        key = facts.keys.get(parts[0])
        return None if key is None else _of_key(key, parts[1], facts.now)
    if kind == UPSTREAM_FAILING:
        since = facts.failing_since
        is_same = since is not None and str(epoch_milliseconds(since)) == parts[0]
        return None if is_same else ResolvedWhy.WELL_AGAIN
    if kind == BOOKS_DIFFER and facts.reconciled is not None:
        if not facts.reconciled.differences:
            return ResolvedWhy.BOOKS_AGREE
        is_same = str(epoch_milliseconds(facts.reconciled.at)) == parts[0]
        return None if is_same else ResolvedWhy.SUPERSEDED
    return None


def _of_status(status: UserStatus) -> ResolvedWhy | None:
    if status is UserStatus.PENDING:
        return None
    if status is UserStatus.DELETED:
        return ResolvedWhy.DELETED
    return ResolvedWhy.ACTIVATED if status is UserStatus.ACTIVE else ResolvedWhy.STATUS


def _of_key(key: KeyTerms, expires: str, now: datetime) -> ResolvedWhy | None:
    if key.is_revoked:
        return ResolvedWhy.REVOKED
    if key.expires_at is None or str(epoch_milliseconds(key.expires_at)) != expires:
        return ResolvedWhy.RENEWED
    return ResolvedWhy.EXPIRED if key.expires_at <= now else None
