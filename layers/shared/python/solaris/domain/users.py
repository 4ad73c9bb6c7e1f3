"""Who is served: identity, status, plan, and a user's item as the rules see it."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from solaris.domain.quota import PPM, Quota
from solaris.domain.reservation import Reservation
from solaris.domain.thresholds import Threshold

# Fixed once and for all: a user's id is derived from the e-mail address, so that two first
# requests of the same person make one user without asking anybody.
USER_NAMESPACE = uuid.UUID("6b8f3a52-8d0e-5b1c-9c55-0a3f5e1d7c21")


class UserStatus(StrEnum):
    """Only an active user is served."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    BLOCKED = "blocked"
    PENDING = "pending"
    DELETED = "deleted"
    """The person is gone, the books stay: the item keeps its id and figures, without any name."""


class Plan(StrEnum):
    """The plan sets the default monthly limit."""

    TRIAL = "trial"
    BASIC = "basic"
    PRO = "pro"
    ENTERPRISE = "enterprise"


def normalise_email(email: str) -> str:
    """Lower-case and trim an address: Ana@Example.com and ana@example.com are one user."""
    return email.strip().lower()


def user_id_for(email: str) -> str:
    """Return the id that this address always has."""
    return str(uuid.uuid5(USER_NAMESPACE, normalise_email(email)))


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """A user's item: account, quota of the open period, open reservations.

    `available_tokens` is stored, not computed (a DynamoDB condition cannot add); it always equals
    `quota.available_tokens`. `version` rises with every write to the item; `alert_round` counts
    how often a change has re-armed warnings in this period: the same threshold may be announced
    once a round.
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
