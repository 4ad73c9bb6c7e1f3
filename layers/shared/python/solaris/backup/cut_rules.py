"""One point in time out of tables that are read one after another while requests go on. Pure.

    T0   users                    every account as it is when it is read
         counters, months         sums: they may hold less than the records, never more
         usage records            the books: what is read here is in, whole; nothing else is
    T1   changes by admins

A booking is one transaction over record, user, month and counters, so tables read at different
moments disagree about those that came in between. Bookings only add, so any set of records that
holds all of those before T0 is a state in which the books could have been. The records that were
read are taken as that set, and the sums that a booking of these minutes has touched are made from
them anew. What an account had open and is in no record stays open, and is settled or expires by
the ordinary rules.
"""

from dataclasses import dataclass
from datetime import timedelta

from solaris.quota.quota import Quota

# From a record's or a change's time stamp to the end of its transaction: a minute of the function
# that writes it, and what clocks differ by, with room.
MARGIN = timedelta(minutes=15)
# Records are kept for 400 days: sums of days before these cannot be made from them.
SUMMED_DAYS = 390


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a user's history goes in the account that was read."""

    period: str
    version: int


def keeps_record(standing: Standing | None, period: str) -> bool:
    """Whether a usage record belongs in: its user was there, and had reached its month."""
    return standing is not None and period <= standing.period


def keeps_month(standing: Standing | None, period: str) -> bool:
    """Whether a closed month belongs in: the user's account had left it."""
    return standing is not None and period < standing.period


def keeps_change(standing: Standing | None, version: int) -> bool:
    """Whether a change by an admin belongs in: the account that was read already shows it."""
    return standing is not None and version <= standing.version


def available_tokens(
    *,
    monthly_limit: int,
    additional_tokens: int,
    current_usage: int,
    reserved_tokens: int,
    block_ppm: int,
) -> int:
    """What a new request may reserve, once usage or reservations were put right."""
    return Quota(
        monthly_limit=monthly_limit,
        additional_tokens=additional_tokens,
        current_usage=current_usage,
        reserved_tokens=reserved_tokens,
        block_ppm=block_ppm,
    ).available_tokens
