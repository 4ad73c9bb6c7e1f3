"""Calendar months in a time zone, written `2026-11`.

A period starts at the first local midnight of the month, whatever the clock says elsewhere and
whatever daylight saving does that night. This module imports nothing of the project.
"""

import re
from datetime import UTC, date, datetime, timedelta, tzinfo

_PERIOD = re.compile(r"[1-9]\d{3}-(0[1-9]|1[0-2])", re.ASCII)


def period_of(instant: datetime, zone: tzinfo) -> str:
    """Return the period that an instant (time-zone aware) falls into."""
    return _local(instant, zone).strftime("%Y-%m")


def day_of(instant: datetime, zone: tzinfo) -> str:
    """Return the local calendar day of an instant, `2026-11-22`."""
    return _local(instant, zone).strftime("%Y-%m-%d")


def hour_of(instant: datetime, zone: tzinfo) -> int:
    """Return the local hour of an instant, 0 to 23."""
    return _local(instant, zone).hour


def next_period(period: str) -> str:
    """Return the period after this one: `2026-12` is followed by `2027-01`."""
    first = _first_day(period)
    year, month = divmod(first.year * 12 + first.month, 12)
    return f"{year:04d}-{month + 1:02d}"


def previous_period(period: str) -> str:
    """Return the period before this one."""
    first = _first_day(period)
    return (first - timedelta(days=1)).strftime("%Y-%m")


def period_start(period: str, zone: tzinfo) -> datetime:
    """Return the first instant of a period, in the zone.

    Where daylight saving skips midnight (São Paulo until 2019), Python's fold rule gives an
    instant inside the gap; going through UTC moves it to the first minute that exists.
    """
    first = _first_day(period)
    local = datetime(first.year, first.month, 1, tzinfo=zone)
    return local.astimezone(UTC).astimezone(zone)


def renews_at(period: str, zone: tzinfo) -> datetime:
    """Return the instant at which the period after this one starts."""
    return period_start(next_period(period), zone)


def day_end(day: date, zone: tzinfo) -> datetime:
    """Return the local midnight that ends a day, in UTC; the first instant after it in a gap."""
    following = day + timedelta(days=1)
    local = datetime(following.year, following.month, following.day, tzinfo=zone)
    return local.astimezone(UTC)


def days_in(period: str) -> list[str]:
    """Return every day of a period in order, `2026-11-01` to `2026-11-30`."""
    first = _first_day(period)
    following = _first_day(next_period(period))
    return [(first + timedelta(days=n)).isoformat() for n in range((following - first).days)]


def _first_day(period: str) -> date:
    if not _PERIOD.fullmatch(period):
        msg = f"a period is written YYYY-MM, got {period!r}"
        raise ValueError(msg)
    return date(int(period[:4]), int(period[5:]), 1)


def _local(instant: datetime, zone: tzinfo) -> datetime:
    if instant.tzinfo is None:
        msg = "an instant needs a time zone"
        raise ValueError(msg)
    return instant.astimezone(zone)
