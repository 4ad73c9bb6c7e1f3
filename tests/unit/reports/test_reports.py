"""Report filters, groups and their order."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solaris.ledger.figures import Figures, ReportFilters, UsageLine, total_of, valid_status
from solaris.reports.report import GroupBy, GroupRow, ReportSort, grouped, in_order, measure_of

FIRST = date(2026, 11, 1)
LINE = UsageLine(
    record_key="2026-11-02T10:00:00.000Z#req-1",
    request_id="req-1",
    user_id="u1",
    day="2026-11-02",
    created_at=datetime(2026, 11, 2, 10, tzinfo=UTC),
    model="gpt-4o",
    endpoint="/v1/chat/completions",
    method="POST",
    status_code=200,
    outcome="settled",
    prompt_tokens=10,
    completion_tokens=5,
    cached_tokens=2,
    reasoning_tokens=1,
    total_tokens=15,
    charged_tokens=14,
    cost_micros=99,
    estimated=False,
)


def filters(**changes: object) -> ReportFilters:
    return replace(ReportFilters(first_day=FIRST, last_day=FIRST), **changes)  # type: ignore[arg-type]


def test_both_ends_of_a_range_are_in_it() -> None:
    assert filters(last_day=date(2026, 11, 3)).days == ["2026-11-01", "2026-11-02", "2026-11-03"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"last_day": FIRST - timedelta(days=1)},
        {"last_day": FIRST + timedelta(days=400)},
        {"models": tuple(f"m{n}" for n in range(51))},
        {"statuses": ("ok",)},
    ],
)
def test_what_no_report_can_be_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"report covers|at most 50|a status is"):
        filters(**wrong)


@pytest.mark.parametrize(
    ("text", "is_valid"),
    [
        *(("200", True), ("4xx", True), ("0", True), ("599", True)),
        *(("600", False), ("xx", False), ("4x", False), ("20", False), ("", False), ("0xx", False)),
        ("２００", False),
    ],
)
def test_a_status_is_a_number_or_a_class(text: str, is_valid: bool) -> None:
    assert valid_status(text) is is_valid


@pytest.mark.parametrize(
    ("changes", "passes"),
    [
        ({}, True),
        ({"user_ids": ("u1", "u2")}, True),
        ({"user_ids": ("u2",)}, False),
        ({"models": ("gpt-4o",)}, True),
        ({"models": ("gpt-4o-mini",)}, False),
        ({"statuses": ("2xx",)}, True),
        ({"statuses": ("201", "5xx")}, False),
        ({"endpoints": ("/v1/chat/completions",)}, True),
        ({"endpoints": ("/v1/embeddings",)}, False),
        ({"models": ("gpt-4o",), "statuses": ("4xx",)}, False),
    ],
)
def test_a_line_passes_when_it_passes_every_filter(
    changes: dict[str, object], passes: bool
) -> None:
    assert filters(**changes).matches(LINE) is passes


@pytest.mark.parametrize(
    ("changes", "needs"),
    [
        ({"user_ids": ("u",), "models": ("m",)}, False),
        ({"statuses": ("4xx",)}, True),
        ({"endpoints": ("/",)}, True),
    ],
)
def test_only_statuses_and_endpoints_need_records(changes: dict[str, object], needs: bool) -> None:
    assert filters(**changes).needs_records is needs


def test_requests_without_an_answer_are_one_group_unless_their_model_is_asked_for() -> None:
    lines = [LINE, replace(LINE, outcome="released", model="made-up", status_code=502)]

    def keys(asked: ReportFilters) -> list[str]:
        return [row.key for row in grouped(lines, GroupBy.MODEL, asked)]

    assert keys(filters()) == ["-", "gpt-4o"]
    assert keys(filters(models=("gpt-4o", "made-up"))) == ["gpt-4o", "made-up"]


def test_a_line_counts_as_the_daily_counters_count_it() -> None:
    assert Figures.of(replace(LINE, status_code=404)) == Figures(
        requests=1,
        errors=1,
        prompt_tokens=10,
        completion_tokens=5,
        cached_tokens=2,
        charged_tokens=14,
        cost_micros=99,
    )


def test_costs_are_summed_in_two_figures_and_shown_as_one() -> None:
    sums = total_of(Figures.of(replace(LINE, cost_micros=0, cost_nanos=450)) for _ in range(100))
    assert (sums.cost_micros, sums.cost_nanos) == (0, 45_000)
    assert (sums.total_cost, sums.cost, sums.shown_micros) == (45_000, 45_000, 45)
    half = Figures(cost_micros=7, cost_nanos=500)
    assert (half.shown_micros, Figures(cost_micros=7, cost_nanos=499).shown_micros) == (8, 7)


def test_a_sum_without_any_known_price_is_unknown_and_one_with_some_is_incomplete() -> None:
    unknown = Figures.of(replace(LINE, cost_micros=0, unpriced=True))
    assert (unknown.cost, unknown.shown_micros, unknown.unpriced_requests) == (None, None, 1)
    both = unknown + Figures.of(LINE)
    assert (both.cost, both.shown_micros, both.unpriced_requests) == (99_000, 99, 1)
    assert Figures().cost == 0
    assert measure_of(GroupRow(key="a", figures=both), ReportSort.COST) == 99_000


lines = st.lists(
    st.builds(
        lambda user, day, model, status, charged: replace(
            LINE,
            user_id=user,
            day=day,
            model=model,
            status_code=status,
            charged_tokens=charged,
        ),
        st.sampled_from("abc"),
        st.sampled_from(["2026-11-01", "2026-11-02"]),
        st.sampled_from(["m1", "m2"]),
        st.sampled_from([200, 404, 0]),
        st.integers(0, 10**9),
    )
)


@given(lines, st.sampled_from([GroupBy.USER, GroupBy.MODEL, GroupBy.DAY]))
def test_groups_hold_every_line_once(found: list[UsageLine], group_by: GroupBy) -> None:
    rows = list(grouped(found, group_by, filters()))
    assert total_of(row.figures for row in rows) == total_of(Figures.of(one) for one in found)
    assert len({row.key for row in rows}) == len(rows)


def rows(found: Iterable[tuple[str, int]]) -> list[GroupRow]:
    return [GroupRow(key=key, figures=Figures(charged_tokens=tokens)) for key, tokens in found]


def test_equal_rows_come_in_the_order_of_their_keys_in_both_directions() -> None:
    found = rows([("c", 1), ("a", 2), ("b", 1)])
    down = in_order(found, ReportSort.TOKENS, descending=True)
    up = in_order(found, ReportSort.TOKENS, descending=False)
    assert [row.key for row in down] == ["a", "b", "c"]
    assert [row.key for row in up] == ["b", "c", "a"]


def test_keys_sort_as_texts() -> None:
    found = rows([("b", 1), ("a", 2)])
    assert [row.key for row in in_order(found, ReportSort.KEY, descending=True)] == ["b", "a"]
