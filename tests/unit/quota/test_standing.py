"""A user as the next request would find them, and who counts as blocked."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solaris.quota.reservation import Demand, Reservation, expiry_of
from solaris.quota.standing import is_blocked, put_right
from solaris.quota.thresholds import ThresholdRule
from solaris.quota.user import Plan, User, UserStatus

NOW = datetime(2026, 11, 15, 12, tzinfo=UTC)
RULE = ThresholdRule(warning_ppm=800_000, critical_ppm=950_000)


def reservation(
    number: int, prompt: int, completion: int, minutes: int, period: str
) -> Reservation:
    created = NOW - timedelta(minutes=minutes)
    return Reservation(
        request_id=f"r{number}",
        tokens=prompt + completion,
        prompt_tokens=prompt,
        created_at=created,
        expires_at=expiry_of(created),
        period=period,
    )


def user(
    limit: int = 1_000,
    used: int = 0,
    *held: Reservation,
    period: str = "2026-11",
    block_ppm: int = 1_000_000,
) -> User:
    made = User(
        user_id="u1",
        email="ana@example.com",
        name="Ana",
        status=UserStatus.ACTIVE,
        plan=Plan.BASIC,
        monthly_limit=limit,
        additional_tokens=0,
        current_usage=used,
        available_tokens=0,
        period=period,
        created_at=NOW,
        updated_at=NOW,
        block_ppm=block_ppm,
        reservations={one.request_id: one for one in held},
    )
    return replace(made, available_tokens=made.quota.available_tokens)


def shown(found: User, period: str = "2026-11", block_ppm: int = 1_000_000) -> User:
    return put_right(found, period=period, day=f"{period}-01", block_ppm=block_ppm, now=NOW)


def test_a_user_in_order_is_shown_as_stored() -> None:
    found = user(1_000, 300, reservation(1, 10, 90, 14, "2026-11"))
    assert shown(found) is found


def test_a_reservation_charges_its_prompt_from_the_instant_of_expiry() -> None:
    found = shown(user(1_000, 300, reservation(1, 10, 90, 15, "2026-11")))
    assert (found.current_usage, found.reserved_tokens, found.available_tokens) == (310, 0, 690)


def test_one_carried_over_from_last_month_charges_nothing_here() -> None:
    late = reservation(1, 10, 90, 20, "2026-10")
    for found in (
        user(1_000, 300, late, period="2026-10"),
        user(1_000, 0, replace(late, tokens=0)),
    ):
        here = shown(found)
        assert (here.current_usage, here.reservations, here.available_tokens) == (0, {}, 1_000)


def test_a_user_ahead_of_the_clock_stays_in_their_month() -> None:
    assert shown(user(period="2026-12")).period == "2026-12"


@given(
    limit=st.integers(0, 10_000),
    used=st.integers(0, 12_000),
    held=st.lists(
        st.tuples(st.integers(0, 500), st.integers(0, 500), st.integers(0, 30)), max_size=6
    ),
    period=st.sampled_from(["2026-10", "2026-11"]),
    block_ppm=st.sampled_from([1_000_000, 900_000]),
)
def test_what_is_shown_keeps_the_invariant_and_needs_no_second_look(
    limit: int, used: int, held: list[tuple[int, int, int]], period: str, block_ppm: int
) -> None:
    reservations = [reservation(n, *one, period) for n, one in enumerate(held)]
    once = shown(user(limit, used, *reservations, period=period, block_ppm=block_ppm))
    assert once.available_tokens == once.quota.available_tokens
    assert shown(once) == once
    assert (once.period, once.block_ppm) == ("2026-11", 1_000_000)
    assert not any(one.is_expired(NOW) for one in once.reservations.values())


CHAT = Demand(prompt_tokens=100)


@pytest.mark.parametrize(
    ("found", "demand", "blocked"),
    [
        (user(1_000, 900), CHAT, True),  # 100 left: no answer fits
        (user(1_000, 745), CHAT, True),  # 255 left
        (user(1_000, 700), CHAT, False),  # 300 left: a shorter prompt is served
        (user(1_000_000, 995_000), Demand(5_000), True),  # beyond 95 %, and refused
        (user(1_000_000, 995_000), CHAT, False),  # refused for what others hold
        (user(1_000_000, 300_000), Demand(800_000), False),  # a prompt too long
        (user(1_000, 500, reservation(1, 100, 400, 1, "2026-11")), CHAT, False),
        (user(1_000, 800, reservation(1, 100, 100, 1, "2026-11")), CHAT, True),
        (user(1_000_000, 856_000, block_ppm=900_000), Demand(44_000), True),  # of what may be used
        (user(0), CHAT, True),
        (user(1_000, 1_000), Demand(1, completes=False), True),
        (user(1_000, 900), Demand(100, completes=False), False),
    ],
)
def test_blocked_is_who_has_too_little_left_whatever_is_held(
    found: User, demand: Demand, *, blocked: bool
) -> None:
    assert is_blocked(found, demand, RULE) is blocked
