"""What was refused is counted in memory and written seldom; what is not written is kept."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from solaris.ledger import refusals as rules
from solaris.ledger.refusals import MAX_DAYS, OTHER, REASONS
from solaris.ledger.refused_days import REMEMBERED
from solaris.platform import errors
from solaris.platform.errors import DailyLimitError, QuotaExhaustedError, StoreUnavailableError
from solaris.quota.user import UserStatus
from tests.unit.ledger.refusals_support import NOON, Days, Store, refusals_of

TODAY = "2026-11-22#-"


async def test_a_thousand_refusals_are_one_write() -> None:
    store = Store()
    refusals = refusals_of(store)
    for _ in range(600):
        refusals.count("rate_limit_exceeded")
    for _ in range(400):
        refusals.count("invalid_api_key")
    assert (store.calls, refusals.unwritten) == (0, 1_000)
    assert await refusals.flush()
    assert (store.calls, refusals.unwritten) == (1, 0)
    assert store.written == {
        (TODAY, "rate_limit_exceeded"): 600,
        (TODAY, "invalid_api_key"): 400,
    }
    assert await refusals.flush()
    assert store.calls == 1, "nothing new is no write"


async def test_names_that_nobody_knows_are_one_reason_and_failures_none() -> None:
    store = Store()
    refusals = refusals_of(store)
    for n in range(50):
        refusals.count(f"made-up-{n}")
    for failure in ("upstream_error", "upstream_key_refused", "upstream_timeout", "internal_error"):
        refusals.count(failure)
    await refusals.flush()
    assert store.written == {(TODAY, OTHER): 50}


def test_every_reason_is_a_code_that_clients_see() -> None:
    codes = {
        one.code for one in vars(errors).values() if isinstance(one, type) and hasattr(one, "code")
    }
    codes |= {f"account_{status}" for status in UserStatus}
    of_requests = {"insufficient_quota_for_request", "daily_limit_for_request"}
    assert set(REASONS) - {OTHER} - of_requests <= codes


@pytest.mark.parametrize(
    ("needed", "reasons"),
    [
        (None, ("insufficient_quota", "daily_limit_reached")),
        (900, ("insufficient_quota_for_request", "daily_limit_for_request")),
    ],
)
def test_used_up_is_said_only_where_nothing_is_left_for_a_shorter_request(
    needed: int | None, reasons: tuple[str, str]
) -> None:
    figures: dict[str, Any] = {
        "used": 500,
        "limit": 1_000,
        "available": 500,
        "renews_at": NOON,
        "renews_in_seconds": 60,
        "needed": needed,
    }
    found = [QuotaExhaustedError(additional=0, **figures), DailyLimitError(**figures)]
    assert tuple(one.counted_as for one in found) == reasons
    assert [one.code for one in found] == ["insufficient_quota", "daily_limit_reached"]
    assert set(reasons) <= set(REASONS)
    assert set(reasons) <= REMEMBERED


def test_whatever_else_is_refused_counts_by_its_code() -> None:
    assert StoreUnavailableError("away").counted_as == StoreUnavailableError.code


@pytest.mark.parametrize("error", [StoreUnavailableError("away"), RuntimeError("no region")])
async def test_what_the_store_does_not_take_is_kept_and_written_later(error: Exception) -> None:
    store = Store()
    store.fails = error
    refusals = refusals_of(store)
    refusals.count("insufficient_quota")
    assert not await refusals.flush()
    refusals.count("insufficient_quota")
    assert refusals.unwritten == 2
    store.fails = None
    assert await refusals.flush()
    assert store.written == {(TODAY, "insufficient_quota"): 2}


async def test_a_store_that_hangs_is_left_in_time_and_nothing_is_lost(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(rules, "WRITE_SECONDS", 0.05)
    store = Store()
    store.may_answer.clear()
    refusals = refusals_of(store)
    refusals.count("overloaded")
    async with asyncio.timeout(5):
        assert not await refusals.flush()
    assert refusals.unwritten == 1


async def test_a_write_that_is_cancelled_keeps_its_counts() -> None:
    store = Store()
    store.may_answer.clear()
    refusals = refusals_of(store)
    refusals.count("overloaded")
    writing = asyncio.create_task(refusals.flush())
    await store.asked.wait()
    refusals.count("overloaded")
    writing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await writing
    assert refusals.unwritten == 2


async def test_a_day_is_that_of_the_periods_zone() -> None:
    store, clock = Store(), Days()
    refusals = refusals_of(store, clock=clock)
    clock.now = datetime(2026, 11, 23, 2, 59, tzinfo=UTC)
    refusals.count("insufficient_quota")
    clock.now = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
    refusals.count("insufficient_quota")
    await refusals.flush()
    assert store.calls == 2
    assert {day for day, _ in store.written} == {TODAY, "2026-11-23#-"}


async def test_memory_is_bounded_while_the_store_is_away_for_long() -> None:
    store, clock = Store(), Days()
    refusals = refusals_of(store, clock=clock)
    for n in range(MAX_DAYS + 9):
        clock.now = NOON + timedelta(days=n)
        refusals.count("insufficient_quota")
    assert refusals.unwritten == MAX_DAYS
    await refusals.flush()
    assert (TODAY, "insufficient_quota") not in store.written, "the oldest was given up"


async def test_what_was_counted_is_written_in_the_background(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(rules, "FLUSH_SECONDS", 0.0)
    store = Store()
    refusals = refusals_of(store)
    refusals.count("unknown_path")
    writing = asyncio.create_task(refusals.flush_forever())
    async with asyncio.timeout(5):
        await store.answered.wait()
    writing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await writing
    assert store.written == {(TODAY, "unknown_path"): 1}
