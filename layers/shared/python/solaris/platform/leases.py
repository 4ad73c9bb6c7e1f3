"""A time that was kept is believed no longer than it was to last, whatever the clock does.

A clock that is set back leaves times behind that lie further ahead than anything written now could:
a lease that ends in an hour although it lasts one minute is nobody's.
"""

from datetime import datetime, timedelta

# How far apart two machines' clocks may be.
SKEW = timedelta(seconds=5)


def latest_end(now: datetime, length: timedelta) -> datetime:
    """The latest end of something of this length that can have begun by now."""
    return now + length + SKEW


def is_running(end: datetime, now: datetime, length: timedelta) -> bool:
    """Whether something of this length that was to end then still is under way."""
    return now < end <= latest_end(now, length)
