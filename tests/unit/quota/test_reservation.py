"""Reservation: what a request holds, when its answer is capped, when a hold expires."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solaris.platform.model_weight import ModelWeight
from solaris.platform.settings_values import UNKNOWN_MODEL_TOKENS
from solaris.quota.reservation import (
    MINIMUM_COMPLETION_TOKENS,
    RESERVATION_SECONDS,
    ROOM_TOKENS,
    STRICT_COMPLETION_TOKENS,
    Demand,
    Hold,
    Reservation,
    expired,
    expiry_of,
    full_hold,
    hold_for,
    slice_hold,
)

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)

demands = st.builds(
    Demand,
    prompt_tokens=st.integers(min_value=0, max_value=200_000),
    max_completion_tokens=st.none() | st.integers(min_value=1, max_value=200_000),
    completes=st.booleans(),
    model_maximum_tokens=st.sampled_from([1_024, 16_384, UNKNOWN_MODEL_TOKENS]),
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


def test_an_unstated_maximum_holds_all_that_the_model_may_answer() -> None:
    known = Demand(prompt_tokens=1_000, model_maximum_tokens=16_384)
    assert full_hold(known) == Hold(17_384, 17_384 + ROOM_TOKENS, completion_tokens=16_384)
    assert full_hold(Demand(prompt_tokens=1_000)).tokens == 1_000 + UNKNOWN_MODEL_TOKENS


@pytest.mark.parametrize("stated", [1, 100, 4_096, 20_000, 200_000])
def test_a_stated_maximum_is_held_in_full_and_never_capped_by_us(stated: int) -> None:
    hold = full_hold(Demand(prompt_tokens=50, max_completion_tokens=stated))
    assert hold == Hold(50 + stated, 50 + stated + ROOM_TOKENS, completion_tokens=stated)


def test_strict_cap_names_the_maximum_of_every_answer() -> None:
    assert full_hold(Demand(100), strict=True).cap_tokens == STRICT_COMPLETION_TOKENS
    assert full_hold(Demand(100, 30_000), strict=True).cap_tokens == 30_000
    assert full_hold(Demand(100, model_maximum_tokens=4_096), strict=True).cap_tokens == 4_096
    near = slice_hold(Demand(100), 90_100, strict=True)
    assert near is not None
    assert near.cap_tokens == STRICT_COMPLETION_TOKENS


def test_near_the_limit_an_answer_gets_a_third_of_what_is_left_and_is_capped_to_it() -> None:
    hold = slice_hold(Demand(prompt_tokens=1_000), 31_000)
    assert hold == Hold(11_000, 11_000, cap_tokens=10_000, completion_tokens=10_000)


def test_the_last_tokens_are_not_cut_into_ever_smaller_slices() -> None:
    for left, completion in ((1_536, 512), (600, 512), (512, 512), (300, 300)):
        hold = slice_hold(Demand(prompt_tokens=10), 10 + left)
        assert hold is not None
        assert hold.cap_tokens == completion


def test_a_stated_maximum_that_fits_its_share_is_not_capped() -> None:
    demand = Demand(prompt_tokens=10, max_completion_tokens=300)
    assert slice_hold(demand, 1_010) == Hold(310, 310, completion_tokens=300)


def test_a_full_hold_leaves_room_for_a_second_chat_and_its_title() -> None:
    """An answer that would leave less than 4,096 tokens takes a slice instead."""
    demand = Demand(prompt_tokens=10, max_completion_tokens=8_192)
    whole = hold_for(demand, 10 + 8_192 + ROOM_TOKENS)
    assert whole is not None
    assert whole.tokens == 8_202
    part = hold_for(demand, 10 + 8_192 + ROOM_TOKENS - 1)
    assert part is not None
    assert part.cap_tokens == (8_192 + ROOM_TOKENS - 1) // 3


def test_two_chats_and_a_title_fit_in_the_last_15_per_cent_of_a_trial_quota() -> None:
    """LibreChat asks for an answer and its title at the same moment, in every tab."""
    available, caps = 15_000, []
    for prompt in (200, 200, 300):
        hold = hold_for(Demand(prompt_tokens=prompt), available)
        assert hold is not None
        available -= hold.tokens
        caps.append(hold.cap_tokens)
    assert caps == [4_933, 3_222, 2_048]


def test_five_chats_fit_in_21_000_tokens() -> None:
    available = 21_000
    for _ in range(5):
        hold = hold_for(Demand(prompt_tokens=20), available)
        assert hold is not None
        assert (hold.cap_tokens or 0) >= 1_000
        available -= hold.tokens


@pytest.mark.parametrize(
    ("stated", "available", "served"),
    [
        (None, 1_000 + MINIMUM_COMPLETION_TOKENS, True),
        (None, 1_000 + MINIMUM_COMPLETION_TOKENS - 1, False),
        (100, 1_100, True),
        (100, 1_099, False),
        (1, 1_001, True),
        (None, 0, False),
        (None, -5_000, False),
    ],
)
def test_near_the_limit_the_smallest_answer_is_256_tokens_or_the_clients_smaller_maximum(
    stated: int | None, available: int, served: bool
) -> None:
    demand = Demand(prompt_tokens=1_000, max_completion_tokens=stated)
    assert (slice_hold(demand, available) is not None) is served


@given(
    demand=demands,
    available=st.integers(min_value=-100_000, max_value=500_000),
    strict=st.booleans(),
)
def test_a_hold_fits_in_what_is_available_and_covers_all_that_the_answer_may_be(
    demand: Demand, available: int, strict: bool
) -> None:
    hold = hold_for(demand, available, strict=strict)
    if hold is None:
        smallest = 0
        if demand.completes:
            stated = demand.max_completion_tokens
            smallest = min(MINIMUM_COMPLETION_TOKENS, stated or demand.model_maximum_tokens)
        assert available < demand.prompt_tokens + smallest
        return
    assert hold.tokens <= hold.required_tokens <= available
    assert hold.tokens == demand.prompt_tokens + longest_answer(demand, hold.cap_tokens)


def longest_answer(demand: Demand, cap_tokens: int | None) -> int:
    """What the answer may be under what the upstream was told, or what it does by itself."""
    if not demand.completes:
        return 0
    stated = demand.max_completion_tokens
    most = demand.model_maximum_tokens if stated is None else stated
    return most if cap_tokens is None else min(most, cap_tokens)


@pytest.mark.parametrize("stated", [None, 500])
def test_a_request_without_completion_holds_its_prompt_alone_and_is_never_capped(
    stated: int | None,
) -> None:
    demand = Demand(prompt_tokens=700, max_completion_tokens=stated, completes=False)
    prompt_only = Hold(tokens=700, required_tokens=700, cap_tokens=None)
    assert full_hold(demand) == prompt_only
    assert slice_hold(demand, 700) == prompt_only
    assert slice_hold(demand, 699) is None


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


HEAVY = ModelWeight(prompt=2_000, completion=5_000, cached=1_000)
FREE = ModelWeight(0, 0, 0)


def test_a_heavy_model_holds_its_tokens_by_their_weight() -> None:
    hold = full_hold(Demand(1_000, 500, weight=HEAVY))
    assert hold == Hold(4_500, 4_500 + ROOM_TOKENS, completion_tokens=500)
    assert (
        full_hold(Demand(1_001, completes=False, weight=ModelWeight(prompt=1_500))).tokens == 1_502
    )


def test_a_heavy_answer_near_the_limit_gets_its_third_in_its_own_tokens() -> None:
    hold = slice_hold(Demand(1_000, weight=HEAVY), 2_000 + 30_000)
    # 30,000 of the quota are 6,000 tokens of the answer
    assert hold == Hold(12_000, 12_000, cap_tokens=2_000, completion_tokens=2_000)
    last = slice_hold(Demand(1_000, weight=HEAVY), 2_000 + 256 * 5)
    assert last is not None
    assert (last.cap_tokens, last.tokens) == (256, 3_280)
    assert slice_hold(Demand(1_000, weight=HEAVY), 2_000 + 256 * 5 - 1) is None
    assert slice_hold(Demand(1_000, weight=HEAVY), 1_999) is None


def test_a_free_model_is_held_for_whatever_is_used_or_overdrawn() -> None:
    for available in (10**9, 0, -50_000):
        hold = hold_for(Demand(1_000, weight=FREE), available)
        assert hold is not None
        assert (hold.tokens, hold.cap_tokens) == (0, None)
        assert hold.completion_tokens == UNKNOWN_MODEL_TOKENS
        assert hold.required_tokens < available


def test_where_only_the_prompt_counts_an_answer_is_never_cut() -> None:
    demand = Demand(1_000, weight=ModelWeight(1_000, 0, 0))
    hold = slice_hold(demand, 1_000)
    assert hold == Hold(1_000, 1_000, completion_tokens=UNKNOWN_MODEL_TOKENS)
    assert slice_hold(demand, 999) is None


def test_after_a_crash_the_prompt_is_charged_by_its_weight() -> None:
    assert replace(reservation("r", NOW), weight=HEAVY).prompt_charge == 200
