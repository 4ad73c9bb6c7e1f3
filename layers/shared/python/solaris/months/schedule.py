"""When a month is to be opened: the schedule `0 0 1 * *` in any zone, as instants.

The clock may be set back over midnight of the first (St. John's until 2011: 00:01 became 23:01),
and the local calendar then shows the old month again. A month that has begun stays begun.
"""

from datetime import UTC, datetime, tzinfo

from solaris.quota.periods import next_period, period_of, renews_at


def open_period_at(instant: datetime, zone: tzinfo) -> str:
    """Return the period that has begun by an instant and is not over."""
    period = period_of(instant, zone)
    if renews_at(period, zone) <= instant:
        period = next_period(period)
    return period


def next_opening(instant: datetime, zone: tzinfo) -> datetime:
    """Return the first instant after this one at which a period begins.

    In UTC: subtracting from a local time would step into an hour that the clock left out.
    """
    return renews_at(open_period_at(instant, zone), zone).astimezone(UTC)
