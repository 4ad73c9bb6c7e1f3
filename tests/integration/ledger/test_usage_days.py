"""Records and counters by day: what is written is found, once, in order and in pages."""

from datetime import UTC, date, datetime, timedelta
from itertools import islice

import pytest

from solaris.ledger.booking import LedgerEntry
from solaris.ledger.figures import Figures, Position, ReportFilters, UsageLine, total_of
from solaris.ledger.usage_by_day import UsageDays
from solaris.quota.usage import Outcome, UsageEvent
from solaris.quota.user import user_id_for
from tests.integration.conftest import ANA, MoneyPath
from tests.integration.reports.reading_support import (
    EMAILS,
    NOVEMBER,
    a_month_of_usage,
    use,
    user_ids,
)

NOVEMBER_DAYS = ReportFilters(first_day=date(2026, 11, 1), last_day=date(2026, 11, 15))


@pytest.fixture
def found(money: MoneyPath) -> list[UsageEvent]:
    return a_month_of_usage(money)


def ids(lines: list[UsageLine]) -> list[str]:
    return [line.request_id for line in lines]


def in_time(events: list[UsageEvent]) -> list[str]:
    return [one.request_id for one in sorted(events, key=lambda one: one.record_key)]


async def test_records_come_once_by_time_in_both_directions(
    money: MoneyPath, found: list[UsageEvent]
) -> None:
    usage = money.parts.ledger.usage_by_day
    assert ids(list(usage.records(NOVEMBER_DAYS))) == in_time(found)
    assert ids(list(usage.records(NOVEMBER_DAYS, descending=True))) == in_time(found)[::-1]


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("of_users", [(), EMAILS])
async def test_pages_joined_are_the_whole(
    money: MoneyPath, found: list[UsageEvent], of_users: tuple[str, ...], descending: bool
) -> None:
    usage = money.parts.ledger.usage_by_day
    filters = ReportFilters(
        first_day=NOVEMBER_DAYS.first_day,
        last_day=NOVEMBER_DAYS.last_day,
        user_ids=user_ids(*of_users),
    )
    after: Position | None = None
    lines: list[UsageLine] = []
    while True:
        page = list(islice(usage.records(filters, after=after, descending=descending, page=7), 7))
        if not page:
            break
        lines += page
        after = page[-1].position
    wanted = in_time(found)
    assert ids(lines) == (wanted[::-1] if descending else wanted)


@pytest.mark.parametrize(
    "chosen",
    [
        {"user_ids": user_ids(EMAILS[1])},
        {"user_ids": user_ids(*EMAILS[:2]), "models": ("gpt-4o",)},
        {"models": ("gpt-4o",)},
        {"statuses": ("4xx",)},
        {"statuses": ("502", "2xx"), "endpoints": ("/v1/embeddings",)},
        {"endpoints": ("/v1/nothing",)},
    ],
)
async def test_filters_leave_out_what_does_not_pass(
    money: MoneyPath, found: list[UsageEvent], chosen: dict[str, tuple[str, ...]]
) -> None:
    filters = ReportFilters(
        first_day=NOVEMBER_DAYS.first_day, last_day=NOVEMBER_DAYS.last_day, **chosen
    )
    everything = list(money.parts.ledger.usage_by_day.records(NOVEMBER_DAYS))
    assert len(everything) == len(found)
    lines = list(money.parts.ledger.usage_by_day.records(filters))
    assert ids(lines) == ids([line for line in everything if filters.matches(line)])


async def test_a_day_is_that_of_the_periods_zone(money: MoneyPath) -> None:
    """02:59 UTC is still the day before in São Paulo."""
    money.put_user()
    before = use(money, datetime(2026, 11, 5, 2, 59, tzinfo=UTC))
    after = use(money, datetime(2026, 11, 5, 3, 0, tzinfo=UTC))
    assert money.record(before, after) == []
    fifth = date(2026, 11, 5)
    for of_users in ((), (user_id_for(ANA),)):
        filters = ReportFilters(first_day=fifth, last_day=fifth, user_ids=of_users)
        assert ids(list(money.parts.ledger.usage_by_day.records(filters))) == [after.request_id]


async def test_a_request_from_before_midnight_lies_in_the_month_that_it_is_booked_to(
    money: MoneyPath,
) -> None:
    money.put_user()
    early = use(money, NOVEMBER - timedelta(milliseconds=5))
    assert money.record(early) == []
    first = date(2026, 11, 1)
    for of_users in ((), (user_id_for(ANA),)):
        here = ReportFilters(first_day=first, last_day=first, user_ids=of_users)
        (line,) = money.parts.ledger.usage_by_day.records(here)
        assert line.day == "2026-11-01"
        october = date(2026, 10, 31)
        before = ReportFilters(first_day=october, last_day=october, user_ids=of_users)
        assert list(money.parts.ledger.usage_by_day.records(before)) == []
    (counter,) = [row for row in money.rows("counters") if row["owner"].startswith("system")]
    assert counter["tokens_00"] == 10


async def test_users_counters_of_a_day_are_those_of_its_records(
    money: MoneyPath, found: list[UsageEvent]
) -> None:
    usage = money.parts.ledger.usage_by_day
    everything = list(usage.records(NOVEMBER_DAYS))
    for day in NOVEMBER_DAYS.days:
        lines = [line for line in everything if line.day == day]
        counted = list(usage.user_figures([day]))
        assert total_of(one[3] for one in counted) == total_of(Figures.of(one) for one in lines)
        assert {one[0] for one in counted} == {line.user_id for line in lines}
    assert found


async def test_the_late_answer_takes_the_place_of_its_expiry_in_the_index(
    money: MoneyPath,
) -> None:
    money.put_user()
    admission = await money.admit(prompt=500)
    reservation = admission.reservation
    money.clock.forward(minutes=16)
    money.parts.ledger.recorder.expire(user_id_for(ANA), [reservation])
    late = money.event(reservation, prompt=40, completion=2)
    assert money.record(late) == []
    (line,) = money.parts.ledger.usage_by_day.records(NOVEMBER_DAYS)
    assert (line.outcome, line.charged_tokens) == ("settled", 42)
    (system,) = [row for row in money.rows("counters") if row["owner"].startswith("system")]
    assert system["tokens_12"] == system["charged_tokens"] == 42
    assert system["requests_12"] == system["requests"] == 1


async def test_hours_of_the_system_sum_up_to_its_days(
    money: MoneyPath, found: list[UsageEvent]
) -> None:
    rows = [row for row in money.rows("counters") if row["owner"].startswith("system")]
    for row in rows:
        of_hours = [value for name, value in row.items() if name.startswith("tokens_")]
        assert sum(of_hours) == row["charged_tokens"]
        of_hours = [value for name, value in row.items() if name.startswith("requests_")]
        assert sum(of_hours) == row["requests"]
    assert sum(row["requests"] for row in rows) == len(found)


async def test_more_records_than_a_page_holds_are_read_to_the_end(
    money: MoneyPath, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("solaris.ledger.usage_by_day._SPARE_ITEMS", 1)
    money.put_user()
    events = [use(money, NOVEMBER + timedelta(seconds=n)) for n in range(60)]
    assert money.record(*events) == []
    assert isinstance(money.parts.ledger.usage_by_day, UsageDays)
    lines = list(money.parts.ledger.usage_by_day.records(NOVEMBER_DAYS, page=1))
    assert ids(lines) == in_time(events)


async def test_a_batch_of_strangers_is_booked_in_one_transaction(money: MoneyPath) -> None:
    entries = []
    for n in range(24):
        email = f"user{n}@example.com"
        money.put_user(email)
        admission = await money.admit(email)
        event = money.event(admission.reservation, email, model=f"m{n}")
        entries.append(LedgerEntry(event, cost_micros=1, day=money.day(event), hour=n))
    assert money.parts.ledger.ledger.record_together(entries) is True
    assert entries[0].event.outcome is Outcome.SETTLED
