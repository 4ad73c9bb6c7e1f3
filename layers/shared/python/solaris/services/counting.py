"""What is added to the metrics by a booking (the same figures as to the books, once) and a call."""

from datetime import datetime

from solaris.domain.money import NANOS_IN_MICRO, total_nanos
from solaris.domain.settlement import Booking
from solaris.domain.usage import Outcome, TokenCounts, UsageEvent
from solaris.errors import InvalidCredentialsError, LoginLockedError
from solaris.metrics import (
    ADMIN_DURATION,
    ADMIN_REQUESTS,
    BOOKING_LAG,
    COST,
    LOGIN_FAILURES,
    RECORDED,
    TOKENS,
    TOKENS_CHARGED,
    Metrics,
)
from solaris.storage.actions import LedgerEntry, RecordedUsage

FIRST_ERROR = 400
LOGIN_CODES = frozenset({InvalidCredentialsError.code, LoginLockedError.code})
_KINDS = ("prompt", "completion", "cached", "reasoning")


def count_booked(
    metrics: Metrics,
    entry: LedgerEntry,
    booking: Booking,
    replaced: RecordedUsage | None,
    now: datetime,
) -> None:
    """Count one event that the ledger has taken; a repeat adds nothing but itself.

    `replaced` is what a late answer's record has taken the place of, and was counted before.
    """
    metrics.count(RECORDED, booking.name.lower())
    if booking is Booking.DUPLICATE:
        return
    event = entry.event
    if event.outcome is not Outcome.EXPIRED:
        metrics.observe(BOOKING_LAG, lag_seconds(event, now))
    before = replaced.counts if replaced else TokenCounts()
    amounts = {
        kind: getattr(event.counts, f"{kind}_tokens") - getattr(before, f"{kind}_tokens")
        for kind in _KINDS
    }
    charged = event.charged_tokens - (replaced.charged_tokens if replaced else 0)
    nanos = total_nanos(entry.cost_micros, entry.cost_nanos)
    if replaced is not None:
        nanos -= total_nanos(replaced.cost_micros, replaced.cost_nanos)
    cost = nanos / NANOS_IN_MICRO
    if not (any(amounts.values()) or charged or cost):
        return  # nobody answered: the model may be made up
    model = metrics.model_label(event.model, answered=0 < event.status_code < FIRST_ERROR)
    for kind, amount in amounts.items():
        metrics.count(TOKENS, model, kind, amount=amount)
    metrics.count(TOKENS_CHARGED, model, amount=charged)
    metrics.count(COST, model, amount=cost)


def lag_seconds(event: UsageEvent, now: datetime) -> float:
    """Seconds since the answer ended; clocks that disagree give no less than zero."""
    age = (now - event.created_at).total_seconds()
    return max(0.0, age - (event.response_time_ms or 0) / 1000)


def count_admin_request(
    metrics: Metrics, operation: str, *, status: int, seconds: float, code: str | None
) -> None:
    """Count one call of the admin API; `code` is that of its refusal, if it was refused."""
    metrics.count(ADMIN_REQUESTS, operation, str(status))
    metrics.observe(ADMIN_DURATION, seconds, operation)
    if code in LOGIN_CODES:
        metrics.count(LOGIN_FAILURES, code)
