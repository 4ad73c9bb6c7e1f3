"""What lists of users, alerts and keys can be asked for, and what their rows hold. Pure.

Every range takes its start in and leaves its end out: `from <= instant < to`.
"""

import unicodedata
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Generic, TypeVar

from solaris.quota.grants import ending_tokens, next_last_day
from solaris.quota.quota import Quota
from solaris.quota.thresholds import Threshold, ThresholdRule, reached, rule_of
from solaris.quota.user import Enforcement, LimitSource, OwnField, Plan, User, UserStatus

MAX_LIST_LIMIT = 200
MAX_SEARCH_CHARACTERS = 200

RowT = TypeVar("RowT")


class UsageLevel(StrEnum):
    """How near a user is to the block, by the rule of the alerts (quota/thresholds.py)."""

    OK = "ok"
    WARNING = "warning"
    CRITICAL = "critical"
    BLOCKED = "blocked"
    """The quota is used up: the block threshold is reached. Whether the account is blocked is its
    status, and no level: whoever is blocked may have tokens left."""


class UserSort(StrEnum):
    """What users are sorted by; equal ones by id. Never seen comes last, whatever the direction."""

    USAGE = "usage"
    PERCENTAGE = "percentage"  # of limit plus additional tokens
    NAME = "name"
    LAST_SEEN = "last_seen"
    CREATED = "created"
    EMAIL = "email"


@dataclass(frozen=True, slots=True, kw_only=True)
class UserQuery:
    """One page of users. An empty tuple or None filters nothing, but for one thing: deleted users
    are listed only when `statuses` names them.

    `groups` are ids, "" for who has none. `search` is a part of the name, the address or an alias,
    whatever its case and accents.
    `cursor` is `Listing.next_cursor` of a query that differs in nothing but the limit.
    """

    statuses: tuple[UserStatus, ...] = ()
    plans: tuple[Plan, ...] = ()
    levels: tuple[UsageLevel, ...] = ()
    groups: tuple[str, ...] = ()
    created_from: datetime | None = None
    created_to: datetime | None = None
    seen_from: datetime | None = None
    seen_to: datetime | None = None
    search: str = ""
    sort: UserSort = UserSort.NAME
    descending: bool = False
    limit: int = 50
    cursor: str | None = None


@dataclass(frozen=True, slots=True)
class Listing(Generic[RowT]):
    """One page; `total` counts all pages, `next_cursor` is None on the last one."""

    items: list[RowT]
    next_cursor: str | None
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class UserRow:
    """A user as the next request would find them (quota/account.py), without the reservations.

    Figures are tokens. `updated_at` and `version` are those of the stored item.
    """

    user_id: str
    email: str
    name: str
    status: UserStatus
    plan: Plan
    monthly_limit: int
    additional_tokens: int
    current_usage: int
    available_tokens: int
    reserved_tokens: int
    period: str
    created_at: datetime
    updated_at: datetime
    block_ppm: int
    level: UsageLevel
    alerts_sent: frozenset[Threshold] = frozenset()
    alert_round: int = 0
    last_alert_at: datetime | None = None
    last_seen_at: datetime | None = None
    version: int = 0
    aliases: tuple[str, ...] = ()
    enforcement: Enforcement = Enforcement.BLOCK
    limit_source: LimitSource | None = None
    own: frozenset[OwnField] = frozenset()
    every_month_tokens: int = 0
    ending_tokens: int = 0
    """What is left of the grants that end."""

    daily_limit: str | None = None
    """`50000` or `auto:25`; None without one."""

    next_last_day: str | None = None
    """Of the grant that ends first, `2026-12-15`."""

    group_id: str | None = None
    plan_by_group: bool = False
    models: tuple[str, ...] | None = None

    @property
    def quota(self) -> Quota:
        """The quota that the row describes: percentage, remaining tokens and the like."""
        return Quota(
            monthly_limit=self.monthly_limit,
            additional_tokens=self.additional_tokens,
            current_usage=self.current_usage,
            reserved_tokens=self.reserved_tokens,
            block_ppm=self.block_ppm,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class UserCounts:
    """Figures over all users but the deleted. Tokens are those of the current month.

    `by_status` and `by_level` name every status (without `deleted`) and level, with 0 if need be.
    `used` counts who has asked anything this month, whatever their status.
    """

    by_status: dict[UserStatus, int] = field(default_factory=dict)
    by_level: dict[UsageLevel, int] = field(default_factory=dict)
    month_tokens: int = 0
    used: int = 0

    @property
    def total(self) -> int:
        """All users."""
        return sum(self.by_status.values())

    @property
    def average_per_active_user(self) -> int:
        """The month's tokens of all users per active user, cut; 0 without any."""
        active = self.by_status.get(UserStatus.ACTIVE, 0)
        return self.month_tokens // active if active else 0


def level_of(quota: Quota, rule: ThresholdRule) -> UsageLevel:
    """The level of a quota, whoever has it."""
    found = reached(quota, rule)
    if Threshold.BLOCK in found:
        return UsageLevel.BLOCKED
    if Threshold.CRITICAL in found:
        return UsageLevel.CRITICAL
    return UsageLevel.WARNING if Threshold.WARNING in found else UsageLevel.OK


def row_of(user: User, rule: ThresholdRule) -> UserRow:
    """The row of a user who is already as the next request would find them (`account_of`).

    `rule` is the settings'.
    """
    return UserRow(
        user_id=user.user_id,
        email=user.email,
        name=user.name,
        status=user.status,
        plan=user.plan,
        monthly_limit=user.monthly_limit,
        additional_tokens=user.additional_tokens,
        current_usage=user.current_usage,
        available_tokens=user.available_tokens,
        reserved_tokens=user.reserved_tokens,
        period=user.period,
        created_at=user.created_at,
        updated_at=user.updated_at,
        block_ppm=user.block_ppm,
        level=level_of(user.quota, rule_of(user, rule)),
        alerts_sent=user.alerts_sent,
        alert_round=user.alert_round,
        last_alert_at=user.last_alert_at,
        last_seen_at=user.last_seen_at,
        version=user.version,
        aliases=user.aliases,
        enforcement=user.enforcement,
        limit_source=user.limit_source,
        own=user.own,
        every_month_tokens=user.every_month_tokens,
        ending_tokens=ending_tokens(user),
        daily_limit=user.daily_limit,
        next_last_day=next_last_day(user),
        group_id=user.group_id,
        plan_by_group=user.plan_by_group,
        models=user.models,
    )


def folded(text: str) -> str:
    """A text without case and accents: what search and the sort by name compare (NFKD)."""
    if text.isascii():
        return text.lower()
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    return "".join(one for one in plain if not unicodedata.combining(one))
