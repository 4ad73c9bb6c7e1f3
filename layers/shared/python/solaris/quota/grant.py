"""One grant of additional tokens: how long it is good for. What grants do is in grants.py.

    this_month   until the month ends
    until        until the local midnight that ends its last day
    until_used   until it is used up, over as many months as that takes
    every_month  raises each month's allowance until it is taken back

The tokens of every month are one figure of the user (`User.every_month_tokens`) and not on the
list of grants: each of them came with a row in the user's transactions.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

MAX_GRANTS = 20
"""Live grants of one user; the item is read with each request, and must stay small."""

EVERY_MONTH_ID = "every-month"
"""Stands for the id of what is granted every month."""


class GrantKind(StrEnum):
    """When a grant ends."""

    THIS_MONTH = "this_month"
    UNTIL = "until"
    UNTIL_USED = "until_used"
    EVERY_MONTH = "every_month"


MAX_DAYS = 1_830
"""How far away the end of a grant may be: five years."""

NOTICE = timedelta(days=7)
"""So long before a grant's end its user is told of what is unused."""


@dataclass(frozen=True, slots=True)
class Term:
    """How long tokens are granted for; `until` is the last day, and only of that kind."""

    kind: GrantKind
    until: date | None = None

    @property
    def told_kind(self) -> str | None:
        """The kind as a transaction tells it: None for what is granted every month."""
        return None if self.kind is GrantKind.EVERY_MONTH else self.kind.value

    def is_too_far(self, now: datetime) -> bool:
        """Whether the end is more than five years away."""
        return self.until is not None and self.until > now.date() + timedelta(days=MAX_DAYS)


EVERY_MONTH = Term(GrantKind.EVERY_MONTH)


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """A grant that ends. Figures are tokens.

    `tokens` is what is left of `granted_tokens`, as of `User.burnt_at_usage`; one of this month
    is part of the month's own allowance and keeps them all. `until` is the last day, written
    `2026-12-15`, and `ends_at` the instant after it; both only of that kind. `burnt_tokens` of it
    were used this month: it has them back when usage turns out to be less. Once its end
    `is_announced` nobody looks whether to announce it any more.
    """

    grant_id: str
    kind: GrantKind
    granted_tokens: int
    tokens: int
    created_at: datetime
    until: str | None = None
    ends_at: datetime | None = None
    burnt_tokens: int = 0
    is_announced: bool = False

    @property
    def is_of_the_month(self) -> bool:
        """Whether it is part of the month's own allowance, as the limit is."""
        return self.kind is GrantKind.THIS_MONTH

    def outlives(self, period: str) -> bool:
        """Whether something of it may be left when a period (`2026-11`) ends."""
        if self.kind is GrantKind.UNTIL and self.until is not None:
            return self.until[:7] > period
        return self.kind is GrantKind.UNTIL_USED

    def end(self, renews_at: datetime) -> datetime | None:
        """When it ends, for a user whose month does at `renews_at`; None: not at a time."""
        return renews_at if self.is_of_the_month else self.ends_at

    def is_over(self, now: datetime) -> bool:
        """Whether its end has come; the instant of the end is after it."""
        return self.ends_at is not None and self.ends_at <= now

    def is_to_announce(self, now: datetime) -> bool:
        """Whether its end is near, and was not when it was granted; nobody has looked yet."""
        if self.ends_at is None or self.is_announced:
            return False
        return self.created_at <= self.ends_at - NOTICE <= now < self.ends_at
