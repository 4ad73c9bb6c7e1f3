"""Settlement: what resolving a reservation changes; every delta is exact."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solaris.quota.changes import new_user
from solaris.quota.quota import Quota
from solaris.quota.reservation import Reservation
from solaris.quota.settlement import (
    Booking,
    Posting,
    Settlement,
    correct,
    posting_for,
    settle,
)
from solaris.quota.usage import Outcome, TokenCounts, UsageEvent
from solaris.quota.user import Plan, User

tokens = st.integers(min_value=0, max_value=20_000_000)


def test_an_answer_shorter_than_its_hold_gives_the_rest_back() -> None:
    assert settle(reserved_tokens=5_000, charged_tokens=1_200) == Settlement(
        available_delta=3_800, usage_delta=1_200
    )


def test_an_answer_longer_than_its_hold_takes_the_excess_from_what_is_available() -> None:
    assert settle(reserved_tokens=5_000, charged_tokens=6_000) == Settlement(
        available_delta=-1_000, usage_delta=6_000
    )


@given(reserved=tokens)
def test_a_release_gives_the_whole_hold_back_and_books_nothing(reserved: int) -> None:
    assert settle(reserved_tokens=reserved, charged_tokens=0) == Settlement(
        available_delta=reserved, usage_delta=0
    )


@pytest.mark.parametrize(("reserved", "charged"), [(-1, 0), (0, -1), (-5, -5)])
def test_negative_tokens_are_refused(reserved: int, charged: int) -> None:
    with pytest.raises(ValueError, match="must not be negative"):
        settle(reserved_tokens=reserved, charged_tokens=charged)


@given(limit=tokens, used=tokens, reserved=tokens, others=tokens, charged=tokens)
def test_a_settlement_keeps_available_equal_to_the_formula(
    limit: int, used: int, reserved: int, others: int, charged: int
) -> None:
    before = Quota(
        monthly_limit=limit,
        additional_tokens=0,
        current_usage=used,
        reserved_tokens=reserved + others,
    )
    change = settle(reserved_tokens=reserved, charged_tokens=charged)
    after = Quota(
        monthly_limit=limit,
        additional_tokens=0,
        current_usage=used + change.usage_delta,
        reserved_tokens=others,
    )
    assert before.available_tokens + change.available_delta == after.available_tokens


@given(reserved=tokens, estimate=tokens, real=tokens)
def test_an_expiry_corrected_late_equals_a_settlement_in_time(
    reserved: int, estimate: int, real: int
) -> None:
    expiry = settle(reserved_tokens=reserved, charged_tokens=estimate)
    late = correct(previously_charged=estimate, charged_tokens=real)
    in_time = settle(reserved_tokens=reserved, charged_tokens=real)
    assert expiry.available_delta + late.available_delta == in_time.available_delta
    assert expiry.usage_delta + late.usage_delta == in_time.usage_delta


@given(charged=tokens)
def test_a_correction_to_the_same_figure_changes_nothing(charged: int) -> None:
    assert correct(previously_charged=charged, charged_tokens=charged) == Settlement(
        available_delta=0, usage_delta=0
    )


NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
HELD = Reservation(
    request_id="r1",
    tokens=5_000,
    prompt_tokens=100,
    created_at=NOW,
    expires_at=NOW + timedelta(minutes=15),
    period="2026-11",
    model="m",
    endpoint="/v1/chat/completions",
    key_id="k",
)
CARRIED = replace(HELD, tokens=0)
EVENT = UsageEvent(
    request_id="r1",
    user_id="u1",
    period="2026-11",
    outcome=Outcome.SETTLED,
    created_at=NOW,
    model="m",
    endpoint="/v1/chat/completions",
    counts=TokenCounts(100, 1_400),
    charged_tokens=1_500,
    reserved_tokens=5_000,
    estimated=False,
    status_code=200,
)


def user_of(period: str, *held: Reservation) -> User:
    made = new_user(
        email="ana@example.com",
        name="Ana",
        plan=Plan.BASIC,
        monthly_limit=100_000,
        period=period,
        block_ppm=1_000_000,
        now=NOW,
    )
    return replace(made, reservations={one.request_id: one for one in held})


@pytest.mark.parametrize(
    ("period", "held", "recorded", "posting"),
    [
        ("2026-11", HELD, None, Posting(Booking.OPEN, Settlement(3_500, 1_500), HELD)),
        ("2026-11", None, None, Posting(Booking.UNRESERVED, Settlement(-1_500, 1_500))),
        ("2026-12", CARRIED, None, Posting(Booking.CLOSED, held=CARRIED)),
        ("2026-12", None, None, Posting(Booking.CLOSED)),
        ("2026-11", None, Outcome.EXPIRED, Posting(Booking.CORRECTION, Settlement(-500, 500))),
        ("2026-12", None, Outcome.EXPIRED, Posting(Booking.CORRECTION, Settlement(-500, 500))),
        ("2026-11", None, Outcome.SETTLED, Posting(Booking.DUPLICATE)),
        ("2026-11", None, Outcome.RELEASED, Posting(Booking.DUPLICATE)),
        # a reserve that came after its release gives back what it holds and charges nothing
        ("2026-11", HELD, Outcome.RELEASED, Posting(Booking.DUPLICATE, Settlement(5_000, 0), HELD)),
        ("2026-12", CARRIED, Outcome.RELEASED, Posting(Booking.DUPLICATE, held=CARRIED)),
    ],
)
def test_one_way_fits_each_event(
    period: str, held: Reservation | None, recorded: Outcome | None, posting: Posting
) -> None:
    user = user_of(period, *([held] if held is not None else []))
    assert posting_for(user, EVENT, recorded, previously_charged=1_000) == posting


def test_an_expiry_never_takes_the_place_of_what_is_booked() -> None:
    expiry = replace(EVENT, outcome=Outcome.EXPIRED, charged_tokens=100)
    for recorded in (Outcome.SETTLED, Outcome.EXPIRED):
        assert posting_for(user_of("2026-11"), expiry, recorded).booking is Booking.DUPLICATE


def test_no_event_is_booked_into_a_month_that_its_user_has_not_reached() -> None:
    with pytest.raises(ValueError, match="the user still in 2026-10"):
        posting_for(user_of("2026-10", HELD), EVENT, None)
