"""Where usage is heading: a pace, the month's total, the day a quota runs out. Pure.

    pace        = tokens of the last 7 whole days / 7, so every weekday counts once; the days
                  since the first use, where these are fewer; today alone, where there is none
    month total = used so far + pace × days left of the month (today by the part left of it)
    runs out    = the day of now + remaining / pace; none when the month ends first, since the
                  quota is new then, and none at a pace of zero

A rule that anybody can check on paper, on purpose: the figures are shown next to the usage they
come from.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from enum import StrEnum
from fractions import Fraction

PACE_DAYS = 7
_DAY_SECONDS = 86_400


class Method(StrEnum):
    """What the pace was made from."""

    SEVEN_DAYS = "mean_of_7_days"
    SINCE_FIRST_USE = "mean_since_first_use"
    TODAY = "today"
    NOTHING = "no_usage"


@dataclass(frozen=True, slots=True)
class Pace:
    """Amount (tokens, micro-dollars) a day, exact, and the days that it was made from."""

    a_day: Fraction
    days: int
    method: Method


@dataclass(frozen=True, slots=True)
class Forecast:
    """The end of a month at a pace. `runs_out_on` is a local day, never before today."""

    pace: Pace
    month_total: int
    runs_out_on: date | None


def pace_of(daily: Mapping[str, int], today: date, first_use: date | None) -> Pace:
    """The pace before `today`. `daily` holds amounts by day, `2026-11-22`; a missing day is 0."""
    if first_use is None or first_use > today:
        return Pace(Fraction(0), 0, Method.NOTHING)
    days = min(PACE_DAYS, (today - first_use).days)
    if days == 0:
        return Pace(Fraction(max(0, daily.get(today.isoformat(), 0))), 1, Method.TODAY)
    total = sum(daily.get((today - timedelta(n)).isoformat(), 0) for n in range(1, days + 1))
    method = Method.SEVEN_DAYS if days == PACE_DAYS else Method.SINCE_FIRST_USE
    return Pace(Fraction(max(0, total), days), days, method)


def month_total(used: int, pace: Pace, now: datetime, renews_at: datetime) -> int:
    """What the month will have come to when it ends, rounded down."""
    left_seconds = Fraction(max(0, _seconds(renews_at - now)))
    return used + int(pace.a_day * left_seconds / _DAY_SECONDS)


def runs_out_on(
    remaining: int, pace: Pace, now: datetime, renews_at: datetime, zone: tzinfo
) -> date | None:
    """The local day on which the remaining tokens are used up; today, if they are already."""
    today = now.astimezone(zone).date()
    if remaining <= 0:
        return today
    if pace.a_day <= 0:
        return None
    seconds = int(remaining * _DAY_SECONDS / pace.a_day)
    if seconds >= _seconds(renews_at - now):
        return None
    return max(today, (now + timedelta(seconds=seconds)).astimezone(zone).date())


def forecast(
    *,
    used: int,
    remaining: int,
    pace: Pace,
    now: datetime,
    renews_at: datetime,
    zone: tzinfo,
) -> Forecast:
    """Both figures for one user (tokens)."""
    return Forecast(
        pace=pace,
        month_total=month_total(used, pace, now, renews_at),
        runs_out_on=runs_out_on(remaining, pace, now, renews_at, zone),
    )


def _seconds(span: timedelta) -> int:
    return span // timedelta(seconds=1)
