"""Reports: the same sums from counters and from records, in pages, within bounds."""

import itertools
from dataclasses import replace
from datetime import date

import pytest

from solaris.ledger.figures import Figures, ReportFilters, total_of
from solaris.platform.errors import ValidationFailedError
from solaris.quota.usage import UsageEvent
from solaris.reports.report import GroupBy, GroupRow, ReportSort, grouped
from solaris.reports.reporting import ReportQuery
from solaris.reports.statistics import Interval
from tests.integration.conftest import MoneyPath
from tests.integration.reports.reading_support import (
    EMAILS,
    MODELS,
    Readers,
    a_month_of_usage,
    user_ids,
)

MONTH = ReportFilters(first_day=date(2026, 11, 1), last_day=date(2026, 11, 15))
ALL_STATUSES = ("1xx", "2xx", "3xx", "4xx", "5xx", "0")


@pytest.fixture
def found(money: MoneyPath) -> list[UsageEvent]:
    return a_month_of_usage(money)


@pytest.fixture
def readers(money: MoneyPath) -> Readers:
    return Readers.of(money)


def query(filters: ReportFilters, group_by: GroupBy, **changes: object) -> ReportQuery:
    plain = ReportQuery(
        filters=filters, group_by=group_by, sort=ReportSort.TOKENS, descending=True, limit=500
    )
    return replace(plain, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "chosen",
    [
        {},
        {"models": (MODELS[0],)},
        {"user_ids": user_ids(*EMAILS[:2])},
        {"user_ids": user_ids(EMAILS[0]), "models": MODELS},
    ],
)
async def test_counters_and_records_give_the_same_groups(
    readers: Readers, found: list[UsageEvent], chosen: dict[str, tuple[str, ...]]
) -> None:
    filters = replace(MONTH, **chosen)  # type: ignore[arg-type]
    # the counters keep no model of a request that none answered
    lines = [
        line
        for line in readers.reporting.iterate_records(filters)
        if not filters.models or line.outcome != "released"
    ]
    for group_by in (GroupBy.USER, GroupBy.MODEL, GroupBy.DAY):
        by_counters = list(readers.reporting.iterate_groups(filters, group_by))
        by_records = list(grouped(lines, group_by, filters))
        assert [(one.key, one.figures) for one in by_counters] == [
            (one.key, one.figures) for one in by_records
        ]
        assert sum(row.figures.requests for row in by_counters) == len(lines) > 0
    assert len(lines) <= len(found)


async def test_every_report_of_a_range_has_the_totals_of_the_statistics(
    money: MoneyPath, readers: Readers, found: list[UsageEvent]
) -> None:
    stats = readers.statistics.system()
    assert stats.month.charged_tokens == sum(one.charged_tokens for one in found)
    for group_by in GroupBy:
        assert readers.reporting.page(query(MONTH, group_by)).totals == stats.month
        from_records = query(replace(MONTH, statuses=ALL_STATUSES), group_by)
        assert readers.reporting.page(from_records).totals == stats.month
    series = readers.statistics.series(MONTH.first_day, MONTH.last_day, Interval.DAY)
    assert total_of(point.figures for point in series) == stats.month
    used = sum(row["current_usage"] for row in money.rows("users"))
    assert stats.month.charged_tokens == used


async def test_pages_of_groups_joined_are_the_report(
    readers: Readers, found: list[UsageEvent]
) -> None:
    for sort, descending in itertools.product(ReportSort, (True, False)):
        wanted = query(MONTH, GroupBy.DAY, sort=sort, descending=descending)
        whole = readers.reporting.page(wanted)
        rows: list[GroupRow] = []
        page = readers.reporting.page(replace(wanted, limit=4))
        while page.next_cursor is not None:
            assert (page.total, page.totals) == (whole.total, whole.totals)
            assert len(page.groups) == 4
            rows += page.groups
            page = readers.reporting.page(replace(wanted, limit=4, cursor=page.next_cursor))
        assert rows + page.groups == whole.groups
        assert sum(row.figures.requests for row in whole.groups) == len(found)


async def test_pages_of_requests_joined_are_all_newest_first(
    readers: Readers, found: list[UsageEvent]
) -> None:
    lines = []
    cursor = None
    for _ in range(60):
        page = readers.reporting.page(query(MONTH, GroupBy.NONE, limit=20, cursor=cursor))
        assert page.total == len(found)
        lines += page.lines
        cursor = page.next_cursor
        if cursor is None:
            break
    assert [line.record_key for line in lines] == sorted(
        (one.record_key for one in found), reverse=True
    )


async def test_filtered_requests_have_totals_on_the_first_page_alone(
    readers: Readers, found: list[UsageEvent]
) -> None:
    failed = query(replace(MONTH, statuses=("5xx", "4xx")), GroupBy.NONE, limit=5)
    first = readers.reporting.page(failed)
    assert first.totals is not None
    assert first.totals.errors == first.totals.requests == first.total == 12
    second = readers.reporting.page(replace(failed, cursor=first.next_cursor))
    assert (second.total, second.totals) == (None, None)
    assert not {line.request_id for line in first.lines} & {
        line.request_id for line in second.lines
    }
    assert found


async def test_a_range_with_too_many_records_is_refused_where_they_must_be_read(
    readers: Readers, found: list[UsageEvent], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("solaris.reports.reporting.MAX_RECORDS", len(found) - 1)
    reads_records = [
        query(replace(MONTH, statuses=("5xx",)), GroupBy.MODEL),
        query(replace(MONTH, endpoints=("/v1/embeddings",)), GroupBy.NONE),
        query(replace(MONTH, models=MODELS[:1]), GroupBy.NONE),
    ]
    for refused in reads_records:
        with pytest.raises(ValidationFailedError) as caught:
            readers.reporting.page(refused)
        assert caught.value.problems[0][:2] == ("to", "range_too_large")
    for answered in (query(MONTH, GroupBy.NONE), query(MONTH, GroupBy.USER)):
        assert readers.reporting.page(answered).totals is not None
    monkeypatch.setattr("solaris.reports.reporting.MAX_RECORDS", len(found))
    assert readers.reporting.page(reads_records[0]).totals is not None


async def test_a_range_with_too_many_counters_is_refused(
    readers: Readers, found: list[UsageEvent], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("solaris.reports.reporting.MAX_COUNTERS", 10)
    with pytest.raises(ValidationFailedError) as caught:
        readers.reporting.page(query(MONTH, GroupBy.USER))
    assert caught.value.problems[0][:2] == ("to", "range_too_large")
    of_one = replace(MONTH, user_ids=user_ids(EMAILS[0]))
    assert readers.reporting.page(query(of_one, GroupBy.USER)).total == 1
    assert len(list(readers.reporting.iterate_groups(MONTH, GroupBy.USER))) == len(EMAILS)
    assert found


@pytest.mark.parametrize(
    ("chosen", "is_exact"),
    [
        ({}, True),
        ({"user_ids": user_ids(EMAILS[0])}, True),
        ({"models": (MODELS[0],)}, False),
        ({"statuses": ("5xx",)}, False),
    ],
)
async def test_the_expected_number_is_never_too_small(
    readers: Readers, found: list[UsageEvent], chosen: dict[str, tuple[str, ...]], is_exact: bool
) -> None:
    filters = replace(MONTH, **chosen)  # type: ignore[arg-type]
    expected = readers.reporting.expected_records(filters)
    really = len(list(readers.reporting.iterate_records(filters)))
    assert really <= expected <= len(found)
    if is_exact:
        assert really == expected


@pytest.mark.parametrize(
    ("group_by", "cursor"),
    [
        (GroupBy.DAY, "nonsense"),
        (GroupBy.NONE, "nonsense"),
        (GroupBy.DAY, "eyJ2YWx1ZSI6IngiLCJrZXkiOiJhIn0"),  # a value that is no number
    ],
)
async def test_a_cursor_that_no_page_gave_is_refused(
    readers: Readers, found: list[UsageEvent], group_by: GroupBy, cursor: str
) -> None:
    with pytest.raises(ValidationFailedError) as caught:
        readers.reporting.page(query(MONTH, group_by, cursor=cursor))
    assert caught.value.problems[0][0] == "cursor"
    assert found


async def test_nothing_is_a_report_too(readers: Readers, money: MoneyPath) -> None:
    for group_by in GroupBy:
        page = readers.reporting.page(query(MONTH, group_by))
        assert (page.groups, page.lines, page.total) == ([], [], 0)
        assert page.totals == Figures()
    assert money.rows("usage") == []
