"""Periods: calendar months in a zone, whatever daylight saving does to midnight."""

import calendar
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solaris.quota.periods import (
    day_of,
    days_in,
    hour_of,
    next_period,
    period_of,
    period_start,
    previous_period,
    renews_at,
)

SAO_PAULO = ZoneInfo("America/Sao_Paulo")
MICROSECOND = timedelta(microseconds=1)
ZONES = sorted(available_timezones())

# Zones that put their clocks forward at midnight on the first of a month, and the first local
# time of that month. New ones would show in the property test below.
SKIPPED_MIDNIGHTS = [
    ("Pacific/Kiritimati", "1979-10", "1979-10-01T00:40:00-10:00"),
    ("Europe/Volgograd", "1981-04", "1981-04-01T01:00:00+05:00"),
    ("Africa/Tripoli", "1987-04", "1987-04-01T01:00:00+02:00"),
    ("Asia/Jerusalem", "1994-04", "1994-04-01T01:00:00+03:00"),
    ("Indian/Chagos", "1996-01", "1996-01-01T01:00:00+06:00"),
]

period_texts = st.builds(
    "{:04d}-{:02d}".format,
    st.integers(min_value=1970, max_value=2100),
    st.integers(min_value=1, max_value=12),
)
zones = st.sampled_from(ZONES).map(ZoneInfo)


@given(period=period_texts, zone=zones)
@settings(max_examples=400, deadline=None)
def test_a_period_begins_at_its_start_and_not_a_microsecond_earlier(
    period: str, zone: ZoneInfo
) -> None:
    start = period_start(period, zone).astimezone(UTC)
    assert period_of(start, zone) == period
    assert period_of(start - MICROSECOND, zone) == previous_period(period)


@given(period=period_texts, zone=zones)
@settings(max_examples=200, deadline=None)
def test_a_period_ends_where_the_next_one_starts(period: str, zone: ZoneInfo) -> None:
    end = renews_at(period, zone).astimezone(UTC)
    assert end == period_start(next_period(period), zone).astimezone(UTC)
    assert period_of(end, zone) == next_period(period)
    assert period_of(end - MICROSECOND, zone) == period


@given(
    instant=st.datetimes(
        min_value=datetime(1970, 1, 2),  # noqa: DTZ001 - hypothesis adds the zone
        max_value=datetime(2100, 1, 1),  # noqa: DTZ001
        timezones=st.just(UTC),
    ),
    zone=zones,
)
@settings(max_examples=200, deadline=None)
def test_day_and_hour_and_period_agree_on_one_local_clock(
    instant: datetime, zone: ZoneInfo
) -> None:
    local = instant.astimezone(zone)
    assert day_of(instant, zone) == local.date().isoformat()
    assert hour_of(instant, zone) == local.hour
    assert period_of(instant, zone) == day_of(instant, zone)[:7]
    assert day_of(instant, zone) in days_in(period_of(instant, zone))


@pytest.mark.parametrize(("name", "period", "first"), SKIPPED_MIDNIGHTS)
def test_where_the_first_midnight_is_skipped_the_month_starts_at_the_first_time_that_exists(
    name: str, period: str, first: str
) -> None:
    zone = ZoneInfo(name)
    start = period_start(period, zone)
    assert start.isoformat() == first
    assert period_of(start, zone) == period
    assert period_of(start.astimezone(UTC) - MICROSECOND, zone) == previous_period(period)


def test_the_skipped_midnight_of_sao_paulo_leaves_no_instant_without_a_day() -> None:
    """2018-11-04 began at 01:00 in São Paulo: 03:00 UTC is that day, a moment before is not."""
    first = datetime(2018, 11, 4, 3, tzinfo=UTC)
    assert day_of(first, SAO_PAULO) == "2018-11-04"
    assert hour_of(first, SAO_PAULO) == 1
    assert day_of(first - MICROSECOND, SAO_PAULO) == "2018-11-03"
    assert hour_of(first - MICROSECOND, SAO_PAULO) == 23
    assert period_of(first, SAO_PAULO) == period_of(first - MICROSECOND, SAO_PAULO) == "2018-11"
    assert period_start("2018-11", SAO_PAULO) == datetime(2018, 11, 1, 3, tzinfo=UTC)
    assert renews_at("2018-11", SAO_PAULO) == datetime(2018, 12, 1, 2, tzinfo=UTC)


def test_a_midnight_that_comes_twice_starts_the_month_the_first_time() -> None:
    """Havana put its clocks back from 01:00 to 00:00 on 2015-11-01; both hours are November."""
    havana = ZoneInfo("America/Havana")
    start = period_start("2015-11", havana).astimezone(UTC)
    assert start == datetime(2015, 11, 1, 4, tzinfo=UTC)
    assert hour_of(start, havana) == hour_of(start + timedelta(hours=1), havana) == 0
    assert period_of(start + timedelta(hours=1), havana) == "2015-11"


def test_the_year_ends_in_the_zone_and_not_in_utc() -> None:
    new_year = datetime(2027, 1, 1, 3, tzinfo=UTC)
    assert period_of(new_year, SAO_PAULO) == "2027-01"
    assert period_of(new_year - MICROSECOND, SAO_PAULO) == "2026-12"
    assert next_period("2026-12") == "2027-01"
    assert previous_period("2027-01") == "2026-12"


def test_the_zone_of_the_instant_itself_does_not_matter() -> None:
    tokyo = datetime(2026, 12, 1, 8, 0, tzinfo=timezone(timedelta(hours=9)))
    assert period_of(tokyo, SAO_PAULO) == "2026-11"


@given(period=period_texts)
def test_next_and_previous_undo_each_other_and_sort_as_text(period: str) -> None:
    assert previous_period(next_period(period)) == period
    assert next_period(previous_period(period)) == period
    assert previous_period(period) < period < next_period(period)


@given(period=period_texts)
def test_days_in_lists_each_day_of_the_month_once_and_in_order(period: str) -> None:
    year, month = int(period[:4]), int(period[5:])
    length = calendar.monthrange(year, month)[1]
    assert days_in(period) == [f"{period}-{day:02d}" for day in range(1, length + 1)]


def test_february_has_29_days_in_a_leap_year_only() -> None:
    assert days_in("2028-02")[-1] == "2028-02-29"
    assert days_in("2026-02")[-1] == "2026-02-28"
    assert days_in("2100-02")[-1] == "2100-02-28"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026",
        "2026-1",
        "2026-00",
        "2026-13",
        "26-11",
        "0026-11",
        "2026-11-01",
        "2026/11",
        " 2026-11",
        "2026-11\n",
        "2０２６-11",  # full-width digits
    ],
)
def test_anything_but_a_year_and_a_month_is_refused(text: str) -> None:
    for reader in (next_period, previous_period, days_in):
        with pytest.raises(ValueError, match="YYYY-MM"):
            reader(text)
    with pytest.raises(ValueError, match="YYYY-MM"):
        period_start(text, SAO_PAULO)


def test_an_instant_without_a_zone_is_refused() -> None:
    naive = datetime(2026, 11, 22, 12)  # noqa: DTZ001 - the point of the test
    for reader in (period_of, day_of, hour_of):
        with pytest.raises(ValueError, match="time zone"):
            reader(naive, SAO_PAULO)
