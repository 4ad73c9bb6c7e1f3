"""Opening a user's next month, and putting an item right after a setting changed.

Whoever comes first opens the month, the schedule or the user's own request: both apply this one
rule, and the store lets it through once.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from solaris.quota.day_cap import turned
from solaris.quota.grants import CarriedGrants, carry_over, next_change
from solaris.quota.quota import ceiling_tokens
from solaris.quota.user import User


@dataclass(frozen=True, slots=True)
class ClosedPeriod:
    """The summary of a closed month. Late settlements still add to its usage."""

    user_id: str
    period: str
    monthly_limit: int
    additional_tokens: int
    current_usage: int
    closed_at: datetime
    ended_tokens: int = 0
    """Of the additional tokens, those that the next month does not have."""

    carried: CarriedGrants | None = None
    """The grants that the next month has, where there are any."""


def open_period(user: User, period: str, now: datetime) -> tuple[User, ClosedPeriod]:
    """Return the user at the start of `period` and the summary of the month just closed.

    Usage and warnings start at zero. What is granted every month stays, and what is unused of
    the grants that outlive the month. A request still open keeps its reservation, holding nothing
    of the new month: its usage belongs to the month it began in. A day's cap is that of the first
    day. Raises ValueError when `period` is not after the user's own.
    """
    if period <= user.period:
        msg = f"{user.period} cannot be followed by {period}"
        raise ValueError(msg)
    taken, carried = carry_over(user, period)
    closed = ClosedPeriod(
        user_id=user.user_id,
        period=user.period,
        monthly_limit=user.monthly_limit,
        additional_tokens=user.additional_tokens,
        current_usage=user.current_usage,
        closed_at=now,
        ended_tokens=user.additional_tokens - taken.additional_tokens,
        carried=carried,
    )
    granted = taken.additional_tokens
    opened = replace(
        taken,
        period=period,
        current_usage=0,
        available_tokens=ceiling_tokens(user.monthly_limit, granted, user.block_ppm),
        reservations={
            key: replace(one, tokens=0, carried_tokens=one.tokens or one.carried_tokens)
            for key, one in user.reservations.items()
        },
        alerts_sent=frozenset(),
        alert_round=0,
        updated_at=now,
        version=user.version + 1,
    )
    opened = turned(opened, f"{period}-01")
    return replace(opened, next_change_at=next_change(opened)), closed


def apply_block_threshold(user: User, block_ppm: int, now: datetime) -> User:
    """Recompute what is available after the block threshold was changed in the settings."""
    changed = replace(user, block_ppm=block_ppm, updated_at=now, version=user.version + 1)
    return replace(changed, available_tokens=changed.quota.available_tokens)
