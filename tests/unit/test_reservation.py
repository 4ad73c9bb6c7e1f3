"""Reservation: what a request holds, when its answer is capped, when a hold expires."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solaris.domain.reservation import (
    FAR_COMPLETION_TOKENS,
    MINIMUM_COMPLETION_TOKENS,
    NEAR_COMPLETION_TOKENS,
    NEAR_LIMIT_TOKENS,
    RESERVATION_SECONDS,
    Demand,
    Hold,
    Reservation,
    expired,
    expiry_of,
    far_hold,
    near_hold,
)

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)

demands = st.builds(
    Demand,
    prompt_tokens=st.integers(min_value=0, max_value=200_000),
    max_completion_tokens=st.none() | st.integers(min_value=0, max_value=200_000),
    completes=st.booleans(),
)


def reservation(request_id: str, created_at: datetime) -> Reservation:
    return Reservation(
        request_id=request_id,
        tokens=1_000,
        prompt_tokens=100,
        created_at=created_at,
        expires_at=expiry_of(created_at),
        period="2026-11",
    )


def test_far_from_the_limit_4096_tokens_are_held_for_an_answer_of_unstated_length() -> None:
    hold = far_hold(Demand(prompt_tokens=1_000))
    assert hold == Hold(tokens=5_096, required_tokens=33_768, cap_tokens=None)


@pytest.mark.parametrize(
    ("stated", "held", "required"),
    [
        (0, 0, NEAR_LIMIT_TOKENS),
        (100, 100, NEAR_LIMIT_TOKENS),
        (4_096, FAR_COMPLETION_TOKENS, NEAR_LIMIT_TOKENS),
        (20_000, FAR_COMPLETION_TOKENS, NEAR_LIMIT_TOKENS),
        (100_000, FAR_COMPLETION_TOKENS, 100_000),
    ],
)
def test_a_stated_maximum_lowers_the_far_hold_and_raises_what_must_be_available(
    stated: int, held: int, required: int
) -> None:
    hold = far_hold(Demand(prompt_tokens=50, max_completion_tokens=stated))
    assert hold == Hold(tokens=50 + held, required_tokens=50 + required)


@given(demand=demands)
def test_a_far_hold_never_caps_and_holds_no_more_than_it_requires(demand: Demand) -> None:
    hold = far_hold(demand)
    assert hold.cap_tokens is None
    assert demand.prompt_tokens <= hold.tokens <= hold.required_tokens


@given(demand=demands)
def test_a_stated_answer_admitted_far_from_the_limit_fits_in_what_was_required(
    demand: Demand,
) -> None:
    longest = (demand.max_completion_tokens or 0) if demand.completes else 0
    assert far_hold(demand).required_tokens >= demand.prompt_tokens + longest


def test_near_the_limit_the_answer_is_capped_to_what_is_left() -> None:
    hold = near_hold(Demand(prompt_tokens=1_000), 3_000)
    assert hold == Hold(tokens=3_000, required_tokens=3_000, cap_tokens=2_000)


def test_near_the_limit_an_unstated_answer_gets_at_most_16384_tokens() -> None:
    hold = near_hold(Demand(prompt_tokens=1_000), 30_000)
    assert hold is not None
    assert hold.cap_tokens == NEAR_COMPLETION_TOKENS


def test_near_the_limit_a_stated_maximum_is_honoured_beyond_16384_tokens() -> None:
    hold = near_hold(Demand(prompt_tokens=10, max_completion_tokens=20_000), 30_000)
    assert hold == Hold(tokens=20_010, required_tokens=20_010, cap_tokens=20_000)


@pytest.mark.parametrize(
    ("stated", "available", "served"),
    [
        (None, 1_000 + MINIMUM_COMPLETION_TOKENS, True),
        (None, 1_000 + MINIMUM_COMPLETION_TOKENS - 1, False),
        (100, 1_100, True),
        (100, 1_099, False),
        (0, 1_000, True),
        (0, 999, False),
        (None, 0, False),
        (None, -5_000, False),
    ],
)
def test_near_the_limit_the_smallest_answer_is_256_tokens_or_the_clients_smaller_maximum(
    stated: int | None, available: int, served: bool
) -> None:
    demand = Demand(prompt_tokens=1_000, max_completion_tokens=stated)
    assert (near_hold(demand, available) is not None) is served


@given(demand=demands, available=st.integers(min_value=-100_000, max_value=500_000))
def test_a_near_hold_fits_in_what_is_available_and_covers_prompt_and_cap(
    demand: Demand, available: int
) -> None:
    hold = near_hold(demand, available)
    if hold is None:
        wanted = demand.max_completion_tokens
        smallest = MINIMUM_COMPLETION_TOKENS if wanted is None else min(wanted, 256)
        needed = demand.prompt_tokens + (smallest if demand.completes else 0)
        assert available < needed
        return
    assert hold.tokens == hold.required_tokens <= available
    assert hold.tokens == demand.prompt_tokens + (hold.cap_tokens or 0)
    if demand.max_completion_tokens is not None and hold.cap_tokens is not None:
        assert hold.cap_tokens <= demand.max_completion_tokens


@pytest.mark.parametrize("stated", [None, 500])
def test_a_request_without_completion_holds_its_prompt_alone_and_is_never_capped(
    stated: int | None,
) -> None:
    demand = Demand(prompt_tokens=700, max_completion_tokens=stated, completes=False)
    prompt_only = Hold(tokens=700, required_tokens=700, cap_tokens=None)
    assert far_hold(demand) == prompt_only
    assert near_hold(demand, 700) == prompt_only
    assert near_hold(demand, 699) is None


def test_a_reservation_expires_fifteen_minutes_after_its_request_and_not_before() -> None:
    one = reservation("a", NOW)
    assert one.expires_at - one.created_at == timedelta(minutes=15)
    assert timedelta(seconds=RESERVATION_SECONDS) == timedelta(minutes=15)
    assert not one.is_expired(one.expires_at - timedelta(microseconds=1))
    assert one.is_expired(one.expires_at)


@given(
    ages=st.lists(st.integers(min_value=0, max_value=2 * RESERVATION_SECONDS), max_size=20),
)
def test_expired_returns_exactly_the_late_ones_oldest_first(ages: list[int]) -> None:
    held = {str(n): reservation(str(n), NOW - timedelta(seconds=age)) for n, age in enumerate(ages)}
    late = expired(held, NOW)
    assert {one.request_id for one in late} == {
        str(n) for n, age in enumerate(ages) if age >= RESERVATION_SECONDS
    }
    assert [one.created_at for one in late] == sorted(one.created_at for one in late)
    assert len(late) == len({one.request_id for one in late})
