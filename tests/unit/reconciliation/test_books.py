"""The books of one user against their records: what agrees, and each figure that does not."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from solaris.ledger.figures import FIGURE_NAMES, NO_MODEL, Figures
from solaris.platform.model_weight import ModelWeight
from solaris.quota.changes import new_user
from solaris.quota.reservation import Reservation
from solaris.quota.usage import Outcome
from solaris.quota.user import Plan, User
from solaris.reconciliation.books import (
    BookedLine,
    Fault,
    RecordSums,
    UserBooks,
    counter_differences,
    differences,
)

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
FIRST_DAY = date(2025, 10, 19)
CHARGED = Figures(requests=1, prompt_tokens=70, completion_tokens=30, charged_tokens=100)


def line(period: str = "2026-11", day: str = "2026-11-22", **changes: Any) -> BookedLine:
    fields: dict[str, Any] = {
        "record_key": f"{day}#1",
        "period": period,
        "day": day,
        "model": "gpt",
        "outcome": Outcome.SETTLED,
        "figures": CHARGED,
    }
    return BookedLine(**(fields | changes))


def user(used: int, **changes: Any) -> User:
    fresh = new_user(
        email="ana@example.com",
        name="Ana",
        plan=Plan.BASIC,
        monthly_limit=100_000,
        period="2026-11",
        block_ppm=1_000_000,
        now=NOW,
    )
    found = replace(fresh, current_usage=used, **changes)
    return replace(found, available_tokens=found.quota.available_tokens)


def books(
    who: User,
    *lines: BookedLine,
    closed: Mapping[str, int] | None = None,
    counters: Mapping[tuple[str, str], Figures] | None = None,
    forgiven: Mapping[str, int] | None = None,
) -> UserBooks:
    """What is kept; counters are those of the records unless they are given."""
    sums = RecordSums()
    for one in lines:
        sums.add(one)
    return UserBooks(
        user=who,
        sums=sums,
        closed=closed or {},
        counters={key: sums.figures(key) for key in sums.by_day} if counters is None else counters,
        forgiven=forgiven or {},
        first_day=FIRST_DAY,
    )


def found_in(of: UserBooks) -> list[tuple[Fault, str, str, int, int]]:
    return [
        (one.fault, one.place, one.figure, one.expected, one.found) for one in differences(of, NOW)
    ]


def test_books_that_agree_differ_in_nothing() -> None:
    kept = books(
        user(150),
        line(),
        line(figures=replace(CHARGED, prompt_tokens=20, charged_tokens=50)),
        line("2026-10", "2026-10-02"),
        closed={"2026-10": 100},
    )
    assert kept.sums.records == 3
    assert found_in(kept) == []


def test_a_reset_and_a_merge_are_part_of_the_sum() -> None:
    assert found_in(books(user(30), line(), forgiven={"2026-11": -70})) == []
    assert found_in(books(user(130), line(), forgiven={"2026-11": 30})) == []


@pytest.mark.parametrize("used", [0, 99, 101])
def test_usage_that_the_records_do_not_say_is_told(used: int) -> None:
    assert found_in(books(user(used), line())) == [
        (Fault.OPEN_MONTH, "2026-11", "current_usage", 100, used)
    ]


def test_tokens_that_the_quota_does_not_leave_are_told() -> None:
    wrong = replace(user(100), available_tokens=99_999)
    assert found_in(books(wrong, line())) == [
        (Fault.AVAILABLE, "2026-11", "available_tokens", 99_900, 99_999)
    ]


@pytest.mark.parametrize(
    ("closed", "told"), [({}, (100, 0)), ({"2026-10": 90}, (100, 90)), ({"2026-09": 7}, (0, 7))]
)
def test_a_closed_month_is_held_against_its_records(
    closed: dict[str, int], told: tuple[int, int]
) -> None:
    lines = [line("2026-10", "2026-10-02")] if told[0] else []
    ((fault, place, figure, *figures),) = found_in(books(user(0), *lines, closed=closed))
    assert (fault, figure, tuple(figures)) == (Fault.CLOSED_MONTH, "current_usage", told)
    assert place == ("2026-10" if told[0] else "2026-09")


def test_what_was_before_the_records_that_are_kept_is_not_looked_at() -> None:
    """The month in which the kept records begin is not whole, so it is left out as well."""
    assert found_in(books(user(0), closed={"2025-10": 5, "2024-01": 9})) == []
    old = {("2025-10-18", "gpt"): CHARGED}
    assert found_in(books(user(0), counters=old)) == []
    begins = {("2025-10-19", "gpt"): CHARGED}
    assert {one[0] for one in found_in(books(user(0), counters=begins))} == {Fault.COUNTER}


def test_a_counter_is_held_against_its_day_and_model_figure_by_figure() -> None:
    counters = {("2026-11-22", "gpt"): replace(CHARGED, requests=2, charged_tokens=99)}
    assert found_in(books(user(100), line(), counters=counters)) == [
        (Fault.COUNTER, "2026-11-22#gpt", name, expected, found)
        for name, expected, found in sorted(
            [("requests", 1, 2), ("charged_tokens", 100, 99)],
            key=lambda one: FIGURE_NAMES.index(one[0]),
        )
    ]


def test_requests_that_no_model_answered_are_counted_together() -> None:
    released = line(outcome=Outcome.RELEASED, figures=Figures(requests=1, errors=1))
    assert released.day_model == ("2026-11-22", NO_MODEL)
    assert found_in(books(user(0), released)) == []


def test_a_reservation_long_after_its_expiry_is_told_with_what_it_holds() -> None:
    def held(name: str, expires_at: datetime) -> Reservation:
        return Reservation(
            request_id=name,
            tokens=500,
            prompt_tokens=10,
            created_at=expires_at - timedelta(minutes=15),
            expires_at=expires_at,
            period="2026-11",
            model="m",
            endpoint="/v1/chat/completions",
            key_id="k",
        )

    late, open_now = held("late", NOW - timedelta(seconds=1)), held("now", NOW + timedelta(1))
    who = user(0, reservations={"late": late, "now": open_now})
    assert found_in(books(who)) == [(Fault.OVERDUE, "late", "reserved_tokens", 0, 500)]


def test_the_systems_counters_have_no_user() -> None:
    (one,) = counter_differences(
        {("2026-11-22", "gpt"): replace(CHARGED, requests=3)},
        {("2026-11-22", "gpt"): CHARGED},
        first_day=FIRST_DAY,
        fault=Fault.SYSTEM_COUNTER,
        user_id=None,
    )
    assert (one.user_id, one.figure, one.expected, one.found) == (None, "requests", 3, 1)


@pytest.mark.parametrize(
    ("weight", "cached", "charged", "expected"),
    [
        (None, 0, 100, None),
        (None, 0, 99, 100),
        (None, 40, 60, None),  # CACHED_TOKEN_WEIGHT was nothing
        (None, 40, 59, 100),
        (None, 40, 101, 100),
        (ModelWeight(2_000, 5_000, 500), 40, 2 * 30 + 20 + 5 * 30, None),
        (ModelWeight(2_000, 5_000, 500), 40, 100, 230),
        (ModelWeight(0, 0, 0), 40, 0, None),
        (ModelWeight(0, 0, 0), 40, 100, 0),
    ],
)
def test_a_record_charges_its_tokens_by_its_weight(
    weight: ModelWeight | None, cached: int, charged: int, expected: int | None
) -> None:
    figures = replace(CHARGED, cached_tokens=cached, charged_tokens=charged)
    kept = books(user(charged), line(figures=figures, weight=weight))
    wrong = [(Fault.CHARGE, "2026-11-22#1", "charged_tokens", expected, charged)]
    assert found_in(kept) == ([] if expected is None else wrong)
