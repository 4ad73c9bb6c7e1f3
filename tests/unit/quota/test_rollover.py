"""Opening the next month: usage begins at zero, grants stay, open requests hold nothing."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solaris.quota.changes import new_user
from solaris.quota.reservation import Reservation
from solaris.quota.rollover import apply_block_threshold, open_period
from solaris.quota.thresholds import Threshold
from solaris.quota.user import Plan, User

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
NEXT = datetime(2026, 12, 1, 3, tzinfo=UTC)
WHOLE = 1_000_000


def held(name: str, tokens: int) -> Reservation:
    return Reservation(
        request_id=name,
        tokens=tokens,
        prompt_tokens=10,
        created_at=NOW,
        expires_at=NOW + timedelta(minutes=15),
        period="2026-11",
        model="m",
        endpoint="/v1/chat/completions",
        key_id="k",
    )


def user(*, limit: int = 100_000, additional: int = 0, used: int = 0, open_tokens: int = 0) -> User:
    fresh = new_user(
        email="ana@example.com",
        name="Ana",
        plan=Plan.BASIC,
        monthly_limit=limit,
        period="2026-11",
        block_ppm=WHOLE,
        now=NOW,
    )
    found = replace(
        fresh,
        additional_tokens=additional,
        current_usage=used,
        reservations={"r1": held("r1", open_tokens)} if open_tokens else {},
        alerts_sent=frozenset({Threshold.WARNING, Threshold.BLOCK}),
        alert_round=3,
        version=7,
    )
    return replace(found, available_tokens=found.quota.available_tokens)


def test_a_month_is_opened_with_its_limit_and_what_was_added() -> None:
    opened, closed = open_period(user(additional=5_000, used=104_000), "2026-12", NEXT)
    assert (opened.period, opened.current_usage, opened.available_tokens) == ("2026-12", 0, 105_000)
    assert (opened.additional_tokens, opened.version, opened.updated_at) == (5_000, 8, NEXT)
    assert (opened.alerts_sent, opened.alert_round) == (frozenset(), 0)
    assert (closed.period, closed.current_usage, closed.monthly_limit) == (
        "2026-11",
        104_000,
        100_000,
    )
    assert (closed.user_id, closed.additional_tokens, closed.closed_at) == (
        opened.user_id,
        5_000,
        NEXT,
    )


def test_a_request_still_open_holds_nothing_of_the_new_month() -> None:
    opened, _ = open_period(user(used=1_000, open_tokens=90_000), "2026-12", NEXT)
    (open_request,) = opened.reservations.values()
    assert (open_request.tokens, open_request.period) == (0, "2026-11")
    assert opened.available_tokens == 100_000
    assert opened.available_tokens == opened.quota.available_tokens


def test_months_that_nobody_was_there_for_are_skipped() -> None:
    opened, closed = open_period(user(used=9), "2027-03", NEXT)
    assert (opened.period, closed.period) == ("2027-03", "2026-11")


@pytest.mark.parametrize("period", ["2026-11", "2026-10", "2025-12"])
def test_no_month_is_opened_twice_or_backwards(period: str) -> None:
    with pytest.raises(ValueError, match="cannot be followed"):
        open_period(user(), period, NEXT)


@given(
    limit=st.integers(0, 10_000_000),
    additional=st.integers(0, 10_000_000),
    used=st.integers(0, 30_000_000),
    open_tokens=st.integers(0, 1_000_000),
    block_ppm=st.integers(1, WHOLE),
)
def test_what_is_available_is_always_what_the_quota_says(
    limit: int, additional: int, used: int, open_tokens: int, block_ppm: int
) -> None:
    before = user(limit=limit, additional=additional, used=used, open_tokens=open_tokens)
    changed = apply_block_threshold(before, block_ppm, NEXT)
    assert changed.available_tokens == changed.quota.available_tokens
    assert (changed.current_usage, changed.reservations) == (used, before.reservations)
    opened, _ = open_period(changed, "2026-12", NEXT)
    assert opened.available_tokens == opened.quota.available_tokens
    assert opened.block_ppm == block_ppm
