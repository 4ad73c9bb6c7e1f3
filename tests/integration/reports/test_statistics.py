"""Figures over the system, their course by day and hour, and forecasts, on a real store."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from solaris.ledger.figures import Figures
from solaris.platform.actor import Actor
from solaris.platform.errors import NotFoundError, ValidationFailedError
from solaris.reports.forecast import Method
from solaris.reports.statistics import Interval
from solaris.reports.system_days import KEPT_FOR
from tests.integration.accounts.users_support import user_changes_of
from tests.integration.conftest import ANA, MoneyPath
from tests.integration.reports.reading_support import EMAILS, Readers, a_month_of_usage, use

FIRST, LAST = date(2026, 11, 1), date(2026, 11, 15)
BIA = EMAILS[1]


@pytest.fixture
def readers(money: MoneyPath) -> Readers:
    return Readers.of(money)


def at(day: int, hour: int, minute: int = 0, *, month: int = 11) -> datetime:
    """A local time in 2026: São Paulo is three hours behind UTC."""
    return datetime(2026, month, day, hour, minute, tzinfo=UTC) + timedelta(hours=3)


async def test_the_month_is_what_was_charged_even_after_a_usage_reset(
    money: MoneyPath, readers: Readers
) -> None:
    user = money.put_user()
    assert money.record(use(money, at(3, 10), prompt=700)) == []
    user_changes_of(money).reset_usage(user.user_id, actor=Actor(name="admin"), reason="test")
    assert money.user().current_usage == 0
    assert readers.statistics.system().month.charged_tokens == 700


async def test_models_days_and_today_add_up(money: MoneyPath, readers: Readers) -> None:
    events = a_month_of_usage(money)
    assert money.record(use(money, money.clock() - timedelta(hours=1), prompt=33)) == []
    stats = readers.statistics.system()
    assert stats.month.requests == len(events) + 1
    assert stats.month.errors == sum(one.status_code >= 400 for one in events)
    assert (stats.today.requests, stats.today.charged_tokens) == (1, 33)
    tokens = [figures.charged_tokens for _, figures in stats.by_model]
    assert tokens == sorted(tokens, reverse=True)
    assert sum(tokens) == stats.month.charged_tokens
    assert {model for model, _ in stats.by_model} == {"gpt-4o-mini", "gpt-4o", "-"}
    assert stats.average_per_user == stats.month.charged_tokens // 3
    assert (stats.period, stats.open_alerts) == ("2026-11", 2)


async def test_the_month_before_is_compared_up_to_the_same_moment(
    money: MoneyPath, readers: Readers
) -> None:
    """Noon of the 15th: whole days before, whole hours before noon, nothing after."""
    money.put_user(period="2026-10")
    money.put_user(BIA)
    october = [(1, 0, 60), (14, 23, 40), (15, 11, 20), (15, 12, 5_000), (20, 10, 7_000)]
    events = [
        use(money, at(day, hour, 30, month=10), prompt=tokens, period="2026-10")
        for day, hour, tokens in october
    ]
    assert money.record(*events, use(money, at(2, 9), BIA, prompt=240)) == []
    stats = readers.statistics.system()
    assert stats.previous.period == "2026-10"
    assert stats.previous.figures.charged_tokens == 12_120
    assert stats.previous.same_time.charged_tokens == 120
    assert stats.previous.same_time.requests == 3
    assert stats.previous.begins_on is None
    assert stats.change_percent == 100.0
    money.clock.forward(minutes=15)
    later = readers.statistics.system().previous.same_time
    assert later.charged_tokens == 120 + 5_000 // 4


async def test_costs_are_compared_up_to_the_same_moment_by_the_day_s_tokens(
    money: MoneyPath, readers: Readers
) -> None:
    money.put_user(period="2026-10")
    before = [(1, 9, 4_000), (15, 11, 1_000), (15, 13, 3_000), (20, 9, 9_000)]
    events = [
        use(money, at(day, hour, month=10), prompt=tokens, period="2026-10")
        for day, hour, tokens in before
    ]
    assert money.record(*events) == []
    money.put_user(BIA)
    assert money.record(use(money, at(2, 9), BIA, prompt=7_500)) == []
    stats = readers.statistics.system()
    whole = stats.previous.figures.total_cost
    assert stats.previous.same_time.total_cost == whole * 5_000 // 17_000
    assert stats.cost_change_percent == stats.change_percent == 50.0


async def test_a_month_in_which_usage_began_is_not_compared_with(
    money: MoneyPath, readers: Readers
) -> None:
    """Five days of October against fifteen of November would say that usage trebled."""
    money.put_user(period="2026-10")
    events = [
        use(money, at(day, 9, month=10), prompt=100, period="2026-10") for day in range(10, 16)
    ]
    money.put_user(BIA)
    assert money.record(*events, use(money, at(2, 9), BIA, prompt=1_500)) == []
    stats = readers.statistics.system()
    assert stats.previous.begins_on == date(2026, 10, 10)
    assert (stats.change_percent, stats.cost_change_percent) == (None, None)
    money.put_user(EMAILS[2], period="2026-09")
    older = use(money, at(20, 9, month=9), EMAILS[2], prompt=1, period="2026-09")
    assert money.record(older) == []
    again = Readers.of(money).statistics.system()
    assert again.previous.begins_on is None
    assert again.change_percent == 150.0


async def test_without_a_month_before_there_is_no_change_to_tell(readers: Readers) -> None:
    stats = readers.statistics.system()
    assert stats.change_percent is None
    assert stats.month == Figures()
    assert (stats.forecast_tokens, stats.pace.method) == (0, Method.NOTHING)


async def test_the_forecast_goes_on_at_the_mean_of_the_last_seven_days(
    money: MoneyPath, readers: Readers
) -> None:
    money.put_user()
    events = [use(money, at(day, 10), prompt=100) for day in range(1, 15)]
    assert money.record(*events) == []
    stats = readers.statistics.system()
    assert (int(stats.pace.a_day), stats.pace.days) == (100, 7)
    # half of the 15th (it is 123 ms past noon) and 15 days, rounded down
    assert stats.forecast_tokens == 1_400 + 1_550 - 1


async def test_a_series_has_every_day_with_zeros_where_nothing_was_used(
    money: MoneyPath, readers: Readers
) -> None:
    money.put_user()
    late = use(money, at(3, 23, 59), prompt=7)
    assert money.record(late, use(money, at(5, 0), prompt=11, model="gpt-4o")) == []
    points = readers.statistics.series(FIRST, LAST, Interval.DAY)
    assert [point.time for point in points] == [at(day, 0) for day in range(1, 16)]
    used = {one.time: one.figures.charged_tokens for one in points if one.figures.requests}
    assert used == {at(3, 0): 7, at(5, 0): 11}
    by_model = readers.statistics.series(FIRST, LAST, Interval.DAY, by_model=True)
    assert by_model[4].by_model is not None
    assert set(by_model[4].by_model) == {"gpt-4o"}
    assert by_model[0].by_model == {}
    only = readers.statistics.series(FIRST, LAST, Interval.DAY, models=["gpt-4o"])
    assert sum(one.figures.charged_tokens for one in only) == 11


async def test_a_series_by_hour_has_the_local_hours_and_the_same_sum(
    money: MoneyPath, readers: Readers
) -> None:
    events = a_month_of_usage(money)
    points = readers.statistics.series(FIRST, LAST, Interval.HOUR)
    assert len(points) == 15 * 24
    for event in events:
        hour = event.created_at.replace(minute=0, second=0, microsecond=0)
        (point,) = [one for one in points if one.time == hour]
        assert point.figures.requests >= 1
    used = sum(one.charged_tokens for one in events)
    assert sum(one.figures.charged_tokens for one in points) == used
    assert sum(one.figures.requests for one in points) == len(events)


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("America/New_York", date(2026, 3, 8), 23),  # 02:00 does not exist
        ("America/New_York", date(2026, 11, 1), 24),  # 01:00 comes twice, as one bucket
        ("America/Sao_Paulo", date(2018, 11, 4), 23),  # midnight does not exist
        ("Australia/Lord_Howe", date(2026, 10, 4), 24),  # half an hour is skipped
        ("Asia/Kathmandu", date(2026, 6, 1), 24),
    ],
)
async def test_hours_are_those_that_the_day_has(
    money: MoneyPath, zone: str, day: date, hours: int
) -> None:
    readers = Readers.of(money.settings(period_timezone=zone))
    points = readers.statistics.series(day, day, Interval.HOUR)
    local = [one.time.astimezone(ZoneInfo(zone)) for one in points]
    assert len(points) == hours
    assert [one.hour for one in local] == sorted({one.hour for one in local})
    assert {one.date() for one in local} == {day}
    assert [one.time for one in points] == sorted(one.time for one in points)


@pytest.mark.parametrize(
    ("interval", "days", "is_refused"),
    [
        (Interval.HOUR, 31, False),
        (Interval.HOUR, 32, True),
        (Interval.DAY, 400, False),
        (Interval.DAY, 401, True),
        (Interval.DAY, 0, True),
    ],
)
async def test_a_series_has_a_greatest_length(
    readers: Readers, interval: Interval, days: int, is_refused: bool
) -> None:
    last = FIRST + timedelta(days=days - 1)
    if is_refused:
        with pytest.raises(ValidationFailedError):
            readers.statistics.series(FIRST, last, interval)
    else:
        points = readers.statistics.series(FIRST, last, interval)
        assert len(points) == days * (24 if interval is Interval.HOUR else 1)


async def test_open_days_are_read_anew_and_closed_ones_after_ten_minutes(
    money: MoneyPath, readers: Readers
) -> None:
    money.put_user()

    def tokens(day: int) -> int:
        (point,) = readers.statistics.series(date(2026, 11, day), date(2026, 11, day), Interval.DAY)
        return point.figures.charged_tokens

    assert (tokens(5), tokens(13), tokens(15)) == (0, 0, 0)
    events = [use(money, at(day, 9), prompt=8) for day in (5, 13, 15)]
    assert money.record(*events) == []
    assert (tokens(5), tokens(13), tokens(15)) == (0, 8, 8)
    money.clock.forward(seconds=KEPT_FOR.total_seconds())
    assert tokens(5) == 8


async def test_a_users_quota_runs_out_at_the_present_pace(
    money: MoneyPath, readers: Readers
) -> None:
    user = money.put_user(monthly_limit=100_000)
    money.put_user(BIA)
    events = [use(money, at(day, 10), prompt=7_000) for day in (12, 13, 14)]
    others = [use(money, at(14, 10), BIA, prompt=999_999)]
    assert money.record(*events, *others) == []
    found = readers.statistics.user_forecast(user.user_id)
    assert (int(found.pace.a_day), found.pace.days) == (7_000, 3)
    assert found.pace.method is Method.SINCE_FIRST_USE
    # 79,000 tokens are left: eleven days and a quarter from noon of the 15th
    assert found.runs_out_on == date(2026, 11, 26)
    assert found.month_total == 21_000 + 15 * 7_000 + 3_500 - 1


async def test_a_user_who_used_nothing_runs_out_never(money: MoneyPath, readers: Readers) -> None:
    user = money.put_user()
    found = readers.statistics.user_forecast(user.user_id)
    assert (found.runs_out_on, found.month_total, found.pace.days) == (None, 0, 0)


async def test_nobody_has_no_forecast(readers: Readers) -> None:
    with pytest.raises(NotFoundError):
        readers.statistics.user_forecast(ANA)
