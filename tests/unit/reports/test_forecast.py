"""Pace, month total and the day a quota runs out."""

from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solaris.quota.periods import period_of, renews_at
from solaris.reports.forecast import Method, Pace, forecast, month_total, pace_of, runs_out_on

ZONE = ZoneInfo("America/Sao_Paulo")
TODAY = date(2026, 11, 22)
NOON = datetime(2026, 11, 22, 15, 0, tzinfo=UTC)  # 12:00 in São Paulo
RENEWS = renews_at("2026-11", ZONE)

amounts = st.integers(min_value=0, max_value=10**12)
instants = st.integers(0, 4 * 365 * 86_400).map(
    lambda seconds: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
)


def daily(*tokens: int) -> dict[str, int]:
    """Tokens of the days before today, yesterday first."""
    return {(TODAY - timedelta(days=n)).isoformat(): one for n, one in enumerate(tokens, 1)}


def test_the_pace_is_the_mean_of_the_last_seven_whole_days() -> None:
    before = daily(100, 100, 0, 0, 100, 100, 300, 1_000_000)
    pace = pace_of(before | {TODAY.isoformat(): 999}, TODAY, date(2026, 1, 1))
    assert pace == Pace(Fraction(700, 7), 7, Method.SEVEN_DAYS)


def test_days_before_the_first_use_do_not_count() -> None:
    pace = pace_of(daily(60, 40), TODAY, TODAY - timedelta(days=2))
    assert pace == Pace(Fraction(50), 2, Method.SINCE_FIRST_USE)


def test_a_first_day_is_taken_as_it_is() -> None:
    assert pace_of({TODAY.isoformat(): 7}, TODAY, TODAY) == Pace(Fraction(7), 1, Method.TODAY)


def test_without_any_use_there_is_no_pace() -> None:
    assert pace_of({}, TODAY, None) == Pace(Fraction(0), 0, Method.NOTHING)


def test_the_month_goes_on_at_the_pace_for_what_is_left_of_it() -> None:
    """Half of the 22nd and eight whole days."""
    pace = Pace(Fraction(100), 7, Method.SEVEN_DAYS)
    assert month_total(1_000, pace, NOON, RENEWS) == 1_000 + 850


@pytest.mark.parametrize(
    ("remaining", "day"),
    [
        (0, date(2026, 11, 22)),
        (-5, date(2026, 11, 22)),
        (49, date(2026, 11, 22)),
        (51, date(2026, 11, 23)),
        (400, date(2026, 11, 26)),
        (849, date(2026, 11, 30)),
        (850, None),
    ],
)
def test_the_day_on_which_it_runs_out(remaining: int, day: date | None) -> None:
    pace = Pace(Fraction(100), 7, Method.SEVEN_DAYS)
    assert runs_out_on(remaining, pace, NOON, RENEWS, ZONE) == day


def test_a_pace_of_zero_runs_out_never() -> None:
    pace = Pace(Fraction(0), 7, Method.SEVEN_DAYS)
    assert runs_out_on(1, pace, NOON, RENEWS, ZONE) is None


@given(used=amounts, more=amounts, week=st.lists(amounts, min_size=7, max_size=7), now=instants)
def test_more_usage_never_forecasts_less(
    used: int, more: int, week: list[int], now: datetime
) -> None:
    today = now.astimezone(ZONE).date()
    ends = renews_at(period_of(now, ZONE), ZONE)
    days = {(today - timedelta(days=n)).isoformat(): one for n, one in enumerate(week, 1)}
    greater = dict(days)
    greater[(today - timedelta(days=3)).isoformat()] += more
    first_use = today - timedelta(days=100)
    low = month_total(used, pace_of(days, today, first_use), now, ends)
    high = month_total(used + more, pace_of(greater, today, first_use), now, ends)
    assert used <= low <= high


@given(remaining=amounts, less=amounts, total=amounts, now=instants)
def test_it_runs_out_never_before_today_nor_after_the_month_and_sooner_with_less(
    remaining: int, less: int, total: int, now: datetime
) -> None:
    today = now.astimezone(ZONE).date()
    ends = renews_at(period_of(now, ZONE), ZONE)
    pace = Pace(Fraction(total, 7), 7, Method.SEVEN_DAYS)
    found = forecast(used=0, remaining=remaining, pace=pace, now=now, renews_at=ends, zone=ZONE)
    if found.runs_out_on is not None:
        assert today <= found.runs_out_on <= (ends - timedelta(microseconds=1)).date()
        sooner = runs_out_on(max(0, remaining - less), pace, now, ends, ZONE)
        assert sooner is not None
        assert sooner <= found.runs_out_on
    elif total:
        assert found.month_total <= remaining
