"""A time that was kept is believed no longer than it was to last, whatever the clock does.

A clock that is set back leaves times behind that lie further ahead than anything written now could:
a lease that ends in an hour although it lasts one minute is nobody's.
"""

from datetime import datetime, timedelta

from solaris.platform.aws.items import Item, epoch_milliseconds, number

# How far apart two machines' clocks may be.
SKEW = timedelta(seconds=5)


def latest_end(now: datetime, length: timedelta) -> datetime:
    """The latest end of something of this length that can have begun by now."""
    return now + length + SKEW


def is_running(end: datetime, now: datetime, length: timedelta) -> bool:
    """Whether something of this length that was to end then still is under way."""
    return now < end <= latest_end(now, length)


def is_free(until: str) -> str:
    """The condition of a write that takes a lease: nobody's is under way.

    `until` is the attribute with its end, in milliseconds since 1970. The values: `free_values`.
    """
    return f"({until} <= :instant OR {until} > :latest)"


def free_values(now: datetime, length: timedelta) -> Item:
    """The values of `is_free`."""
    return {
        ":instant": number(epoch_milliseconds(now)),
        ":latest": number(epoch_milliseconds(latest_end(now, length))),
    }


def held_until(now: datetime, length: timedelta) -> Item:
    """The end of a lease that is taken or prolonged now, as its attribute keeps it."""
    return number(epoch_milliseconds(now + length))
