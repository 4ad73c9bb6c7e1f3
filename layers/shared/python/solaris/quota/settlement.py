"""What resolving a reservation changes in the user's item and in the month's books. Pure.

`posting_for` decides all of it from what was read; ledger/ledger.py writes it in one transaction.
"""

from dataclasses import dataclass, replace
from enum import Enum, auto

from solaris.quota.day_cap import day_delta
from solaris.quota.reservation import Reservation
from solaris.quota.usage import Outcome, UsageEvent
from solaris.quota.user import User


@dataclass(frozen=True, slots=True)
class Settlement:
    """Changes, in tokens, to apply together with the removal of the reservation.

    `day_delta` is of what is available of the user's day (quota/day_cap.py).
    """

    available_delta: int
    usage_delta: int
    day_delta: int = 0


def settle(*, reserved_tokens: int, charged_tokens: int) -> Settlement:
    """Give the hold back and book what was used; a release is a settlement of zero."""
    if reserved_tokens < 0 or charged_tokens < 0:
        msg = f"tokens must not be negative: {reserved_tokens=}, {charged_tokens=}"
        raise ValueError(msg)
    return Settlement(
        available_delta=reserved_tokens - charged_tokens,
        usage_delta=charged_tokens,
    )


def correct(*, previously_charged: int, charged_tokens: int) -> Settlement:
    """Replace what an expiry charged by what the answer, reported late, really used."""
    return Settlement(
        available_delta=previously_charged - charged_tokens,
        usage_delta=charged_tokens - previously_charged,
    )


def beyond_zero(current_usage: int, change: Settlement) -> int:
    """Tokens by which a correction would take the usage below zero; 0 when it does not.

    It happens when a manual reset has forgiven the estimate that is corrected now.
    """
    return max(0, -(current_usage + change.usage_delta))


class Booking(Enum):
    """The way an event goes into the books; exactly one of them fits."""

    OPEN = auto()
    """Its reservation is held in the open period: the ordinary case."""

    UNRESERVED = auto()
    """The period is open and the reservation is gone without a record: charge it all the same."""

    CLOSED = auto()
    """Its month is closed: add to that month's summary, never to the new one."""

    CORRECTION = auto()
    """The reservation had expired and charged an estimate: replace it by the real figures."""

    DUPLICATE = auto()
    """It is in the books already."""


def booking_for(user: User, event: UsageEvent, recorded: Outcome | None) -> Booking:
    """Say how an event is booked; `recorded` is the outcome of its record, None without one.

    Raises ValueError when the event is of a period that the user has not reached.
    """
    if recorded is not None:
        late = recorded is Outcome.EXPIRED and event.outcome is not Outcome.EXPIRED
        return Booking.CORRECTION if late else Booking.DUPLICATE
    if event.period < user.period:
        return Booking.CLOSED
    if event.period > user.period:
        msg = f"the event is of {event.period}, the user still in {user.period}"
        raise ValueError(msg)
    return Booking.OPEN if event.request_id in user.reservations else Booking.UNRESERVED


@dataclass(frozen=True, slots=True)
class Posting:
    """How one event goes into the books.

    `held` is its reservation, which is removed with it: by `change`, or without one where it
    holds nothing any more. `change` without `held` is of no reservation. Neither: nothing is
    written to the user.
    """

    booking: Booking
    change: Settlement | None = None
    held: Reservation | None = None


def posting_for(
    user: User,
    event: UsageEvent,
    recorded: Outcome | None,
    previously_charged: int = 0,
    day: str | None = None,
) -> Posting:
    """Decide how an event is booked; `recorded` and `previously_charged` are of its record.

    `day` is the one that it is booked to.

    A request that is booked may hold tokens all the same: a store that stalled for seconds writes
    a reserve whose request was refused meanwhile. They are given back. Raises ValueError when the
    event is of a period that the user has not reached.
    """
    booking = booking_for(user, event, recorded)
    held = user.reservations.get(event.request_id)
    if booking is Booking.CORRECTION:
        change = correct(previously_charged=previously_charged, charged_tokens=event.charged_tokens)
        of_day = day_delta(user, None, change.usage_delta, day)
        return Posting(booking, replace(change, day_delta=of_day))
    if booking is Booking.CLOSED:
        return Posting(booking, held=held)
    if booking is Booking.DUPLICATE:
        if held is None or held.period < user.period:
            return Posting(booking, held=held)
        change = settle(reserved_tokens=held.tokens, charged_tokens=0)
        of_day = day_delta(user, held, 0, day)
        return Posting(booking, replace(change, day_delta=of_day), held)
    reserved_tokens = 0 if held is None else held.tokens
    change = settle(reserved_tokens=reserved_tokens, charged_tokens=event.charged_tokens)
    of_day = day_delta(user, held, event.charged_tokens, day)
    return Posting(booking, replace(change, day_delta=of_day), held)
