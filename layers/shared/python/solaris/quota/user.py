"""Who is served: identity, status, plan, and a user's item as the rules see it."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from solaris.platform.email import normalise_email, spelled_before
from solaris.platform.rate_rule import RateRule
from solaris.quota.daily_limit import DayCap
from solaris.quota.grant import Grant
from solaris.quota.quota import PPM, Quota
from solaris.quota.reservation import Reservation
from solaris.quota.thresholds import Threshold

# Fixed once and for all: a user's id is derived from the e-mail address, so that two first
# requests of the same person make one user without asking anybody.
USER_NAMESPACE = uuid.UUID("6b8f3a52-8d0e-5b1c-9c55-0a3f5e1d7c21")
NOBODY = ""
"""In place of a user's id: an address that was released, and is nobody's."""


class UserStatus(StrEnum):
    """Only an active user is served."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    BLOCKED = "blocked"
    PENDING = "pending"
    DELETED = "deleted"
    """The person is gone, the books stay: the item keeps its id and figures, without any name."""


class Enforcement(StrEnum):
    """What happens when the quota is used up."""

    BLOCK = "block"
    """Requests are refused until there are tokens again."""

    WARN = "warn"
    """Requests are served and booked as ever; warnings go out, and what would have been refused is
    told."""


class LimitSource(StrEnum):
    """Where a user's monthly limit comes from."""

    OWN = "own"
    """An admin gave it to this user: a change of the plan does not touch it."""

    GROUP = "group"
    """The user's group states it for its members."""

    PLAN = "plan"
    DEFAULT = "default"
    """DEFAULT_MONTHLY_LIMIT, for who came by a first request; the plan does not touch it either."""


INHERITED = frozenset({LimitSource.GROUP, LimitSource.PLAN})
"""Of two who have these, one change of group or plan reaches both."""


class OwnField(StrEnum):
    """What of plan and group, besides the limit, a user may have of their own."""

    ENFORCEMENT = "enforcement"
    DAILY_LIMIT = "daily_limit"
    MODELS = "models"
    PLAN = "plan"
    """Marked where the group states another plan; quota/groups/member.py has the whole rule."""


class Plan(StrEnum):
    """What is given to many alike (quota/plans.py)."""

    TRIAL = "trial"
    BASIC = "basic"
    PRO = "pro"
    ENTERPRISE = "enterprise"


def user_id_for(email: str) -> str:
    """Return the id that this address always has, however it is spelled."""
    return str(uuid.uuid5(USER_NAMESPACE, normalise_email(email)))


def user_id_before(email: str) -> str:
    """Return the id that versions before gave an address in this very spelling."""
    return str(uuid.uuid5(USER_NAMESPACE, spelled_before(email)))


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """A user's item: account, quota of the open period, open reservations.

    `available_tokens` is stored, not computed (a DynamoDB condition cannot add); it always equals
    `quota.available_tokens`. `version` rises with every write to the item; `alert_round` counts
    how often a change has re-armed warnings in this period: the same threshold may be announced
    once a round.

    `aliases` are other addresses of the same person, `merged_from` the accounts that became part
    of this one. `address_of` says whose the address is that the id was made from, where that is
    not this user: another's id, or NOBODY. `merged_into` is the account that an alias or a merged
    account stands for (quota/moving.py).

    `additional_tokens` is all that is granted on top of the limit now: every month, by `grants`,
    and what this month has used of grants already (`burnt_tokens`, counted up to
    `burnt_at_usage`; quota/grants.py). From `next_change_at` on a grant's end is to be seen to.

    `day_cap` is there for whoever has a limit a day alone (quota/day_cap.py).

    `own` names what is neither the plan's nor the group's. `limit_source` is None in an item of a
    version before plans could be changed (`Seeds.source_of`). `warning_ppm`, `critical_ppm` and
    `rate` are the plan's or the group's, None: as the settings have them. `models` are names, or
    beginnings of names followed by `*`, of what the user may use; None: any that the key allows.

    `group_id` is the home group (quota/groups/group.py); `plan_by_group`: the plan is the group's.
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
    period: str
    created_at: datetime
    updated_at: datetime
    block_ppm: int = PPM
    reservations: Mapping[str, Reservation] = field(default_factory=dict)
    alerts_sent: frozenset[Threshold] = frozenset()
    alert_round: int = 0
    last_alert_at: datetime | None = None
    last_seen_at: datetime | None = None
    version: int = 0
    aliases: tuple[str, ...] = ()
    merged_from: tuple[str, ...] = ()
    address_of: str | None = None
    merged_into: str | None = None
    grants: tuple[Grant, ...] = ()
    burnt_tokens: int = 0
    burnt_at_usage: int = 0
    next_change_at: datetime | None = None
    enforcement: Enforcement = Enforcement.BLOCK
    limit_source: LimitSource | None = None
    own: frozenset[OwnField] = frozenset()
    warning_ppm: int | None = None
    critical_ppm: int | None = None
    rate: RateRule | None = None
    day_cap: DayCap | None = None
    group_id: str | None = None
    plan_by_group: bool = False
    models: tuple[str, ...] | None = None

    @property
    def daily_limit(self) -> str | None:
        """The limit a day as people state it, `50000` or `auto:25`; None without one."""
        return None if self.day_cap is None else str(self.day_cap.limit)

    @property
    def cap_day(self) -> str | None:
        """The day that the item's cap is of; None without one."""
        return None if self.day_cap is None else self.day_cap.day

    @property
    def lifted_day(self) -> str | None:
        """The day on which the limit a day does not hold."""
        return None if self.day_cap is None else self.day_cap.lifted_day

    @property
    def every_month_tokens(self) -> int:
        """What is granted on top of each month's limit until it is taken back."""
        ending = sum(one.tokens for one in self.grants)
        return self.additional_tokens - ending - self.burnt_tokens

    @property
    def reserved_tokens(self) -> int:
        """Tokens held by open requests of the open period."""
        return sum(one.tokens for one in self.reservations.values())

    @property
    def quota(self) -> Quota:
        """The quota that the item describes."""
        return Quota(
            monthly_limit=self.monthly_limit,
            additional_tokens=self.additional_tokens,
            current_usage=self.current_usage,
            reserved_tokens=self.reserved_tokens,
            block_ppm=self.block_ppm,
        )
