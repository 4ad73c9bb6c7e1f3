"""What is held lives as long as its request, and no longer: renewals, and reserves in doubt."""

import asyncio
from contextlib import suppress
from typing import Any

import pytest

from solaris.gateway import doubtful_reserves, open_requests
from solaris.gateway import meter as metering
from solaris.gateway import reserve as reservations
from solaris.gateway.reserve import ReserveResult, reserve
from solaris.ledger.events import event_from_json
from solaris.platform.aws.queues import USAGE_QUEUE
from solaris.platform.background import drain
from solaris.platform.errors import (
    BookingsLateError,
    QuotaExhaustedError,
    StoreUnavailableError,
    TokensHeldError,
)
from solaris.quota.usage import Outcome
from tests.integration.conftest import MoneyPath


def booked(money: MoneyPath) -> None:
    """Do what the usage function does with what is on the queue."""
    while messages := money.parts.platform.queues.receive(USAGE_QUEUE, wait_seconds=0):
        assert money.record(*(event_from_json(one["Body"]) for one in messages)) == []
        money.parts.platform.queues.delete(USAGE_QUEUE, messages)


async def test_a_stream_of_an_hour_keeps_what_it_holds(money: MoneyPath) -> None:
    money.put_user(monthly_limit=20_000)
    held = (await money.admit(prompt=100, most=12_000)).reservation
    for _ in range(12):
        money.clock.forward(minutes=5)
        await money.meter._open.renew_due()
        user = money.user()
        assert user.reservations[held.request_id].expires_at > money.clock()
        assert user.reserved_tokens == held.tokens
    # somebody else near the limit finds nothing to expire
    assert (await money.admit(prompt=10)).cap_tokens is not None
    assert held.request_id in money.user().reservations
    await money.meter.resolve(money.event(held, completion=11_000))
    booked(money)
    assert money.user().current_usage == 11_100


async def test_renewing_writes_once_in_ten_minutes_and_nothing_for_short_requests(
    money: MoneyPath, calls: list[str]
) -> None:
    money.put_user()
    held = (await money.admit()).reservation
    calls.clear()
    money.clock.forward(minutes=9)
    await money.meter._open.renew_due()
    assert calls == []
    money.clock.forward(minutes=1)
    await money.meter._open.renew_due()
    await money.meter._open.renew_due()
    assert calls == ["UpdateItem"]
    await money.meter.resolve(money.event(held, completion=1))
    money.clock.forward(minutes=14)
    calls.clear()
    await money.meter._open.renew_due()
    assert calls == [], "it is resolved"


async def test_what_was_expired_by_somebody_else_is_not_brought_back(money: MoneyPath) -> None:
    money.put_user()
    held = (await money.admit(prompt=100)).reservation
    money.clock.forward(minutes=16)
    await asyncio.to_thread(money.parts.ledger.recorder.expire, money.user().user_id, [held])
    await money.meter._open.renew_due()
    assert money.user().reservations == {}
    # the late answer takes the place of the estimate
    assert money.record(money.event(held, completion=900)) == []
    assert money.user().current_usage == 1_000


@pytest.fixture
def silent_store(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """A store that writes the reserve and does not answer in time; `writes` False: it does not."""
    kept: dict[str, Any] = {"writes": True, "reserves": []}

    async def unanswered(*arguments: Any, **named: Any) -> ReserveResult:
        kept["reserves"].append((arguments, named))
        if kept["writes"]:
            await reserve(*arguments, **named)
        raise StoreUnavailableError("timed out")

    monkeypatch.setattr(metering, "reserve", unanswered)
    monkeypatch.setattr(doubtful_reserves, "LOOK_PAUSES_SECONDS", (0.0, 0.05))
    return kept


@pytest.mark.usefixtures("silent_store")
async def test_a_refused_request_whose_reserve_took_place_is_released(money: MoneyPath) -> None:
    """It was charged its prompt 15 minutes later, and warned somebody who had used nothing."""
    money.put_user()
    with pytest.raises(StoreUnavailableError):
        await money.admit(prompt=800_000, most=100)
    assert await drain(10) == 0
    booked(money)
    user = money.user()
    assert (user.reservations, user.current_usage, user.available_tokens) == ({}, 0, 1_000_000)
    (record,) = money.rows("usage")
    assert (record["outcome"], record["charged_tokens"], record["status_code"]) == (
        Outcome.RELEASED.value,
        0,
        503,
    )


async def test_a_reserve_that_never_took_place_leaves_nothing(
    money: MoneyPath, silent_store: dict[str, Any]
) -> None:
    money.put_user()
    silent_store["writes"] = False
    with pytest.raises(StoreUnavailableError):
        await money.admit()
    assert await drain(10) == 0
    booked(money)
    assert money.rows("usage") == []
    assert money.user().reservations == {}


async def test_a_reserve_that_comes_after_its_release_gives_its_tokens_back(
    money: MoneyPath,
) -> None:
    """A store that stalls may write it late; its expiry then finds the request booked already."""
    money.put_user()
    held = (await money.admit(prompt=500)).reservation
    released = money.event(held, outcome=Outcome.RELEASED)
    assert money.record(released) == []
    before = money.user()
    late = await money.admit(prompt=500, request_id=held.request_id)
    assert money.user().available_tokens < before.available_tokens
    money.clock.forward(minutes=16)
    await asyncio.to_thread(money.parts.ledger.recorder.expire, before.user_id, [late.reservation])
    user = money.user()
    assert (user.reservations, user.current_usage) == ({}, 0)
    assert user.available_tokens == before.available_tokens


async def test_an_answer_holds_more_as_far_as_that_is_left(
    money: MoneyPath, calls: list[str]
) -> None:
    money.put_user(monthly_limit=10_000)
    first = await money.admit(prompt=100, most=900)
    second = await money.admit(prompt=100, most=900)
    calls.clear()
    first = await money.meter.hold_more(first, 3_000)
    assert calls == ["UpdateItem"]
    assert first.reservation.tokens == 4_000
    calls.clear()
    second = await money.meter.hold_more(second, 9_000)
    assert calls == ["UpdateItem", "UpdateItem"], "refused, and what is left"
    assert second.reservation.tokens == 6_000
    user = money.user()
    assert (user.available_tokens, user.reserved_tokens) == (0, 10_000)
    assert (await money.meter.hold_more(first, 1)).reservation == first.reservation
    for one, completion in ((first, 3_900), (second, 5_900)):
        await money.meter.resolve(money.event(one.reservation, completion=completion))
    booked(money)
    assert (money.user().current_usage, money.user().reservations) == (10_000, {})


async def test_more_is_held_once_whatever_the_store_says_of_it(
    money: MoneyPath, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Written, and its answer is lost: what the item holds is given back in the end."""
    money.put_user(monthly_limit=100_000)
    held = await money.admit(prompt=100, most=900)
    user_id = money.user().user_id
    aws, table = money.meter._aws, money.meter._table
    for _ in range(2):  # repeated
        found = await reservations.hold_more(
            aws,
            table,
            user_id=user_id,
            reservation=held.reservation,
            more_tokens=500,
            of_day=False,
        )
        assert found == (1_500, 98_500, False)

    async def unanswered(*_arguments: Any, **_named: Any) -> None:
        raise StoreUnavailableError("timed out")

    monkeypatch.setattr(open_requests, "hold_more", unanswered)
    assert await money.meter.hold_more(held, 500) == held
    await money.meter.resolve(money.event(held.reservation, completion=10))
    booked(money)
    user = money.user()
    assert (user.current_usage, user.available_tokens, user.reservations) == (110, 99_890, {})


async def test_nothing_more_is_held_for_a_month_that_is_closed_or_a_request_that_is_booked(
    money: MoneyPath,
) -> None:
    money.put_user(monthly_limit=100_000)
    old, gone = await money.admit(prompt=100, most=900), await money.admit(prompt=100, most=900)
    await money.meter.resolve(money.event(gone.reservation, completion=10))
    booked(money)
    assert await money.meter.hold_more(gone, 500) == gone
    money.clock.forward(days=31)
    await money.admit(prompt=100, most=900)
    assert await money.meter.hold_more(old, 500) == old
    assert money.user().available_tokens == 99_000


async def test_a_clock_a_day_ahead_gives_nobody_twice_what_open_requests_hold(
    money: MoneyPath,
) -> None:
    """Their reservations look overdue; what they used came on top of what others were given."""
    money.put_user(monthly_limit=8_000)
    held = [await money.admit(prompt=40) for _ in range(3)]
    money.clock.forward(days=1)
    later = []
    for _ in range(20):
        with suppress(QuotaExhaustedError, TokensHeldError, BookingsLateError):
            later.append(await money.admit(prompt=40))
    for one in (*held, *later):
        whole = one.reservation.tokens - one.reservation.prompt_tokens
        await money.meter.resolve(money.event(one.reservation, completion=whole))
    booked(money)
    user = money.user()
    assert later
    assert user.current_usage <= 8_000
    assert user.reservations == {}


@pytest.mark.parametrize("swept", [True, False])
async def test_usage_that_waits_for_longer_than_reservations_live_is_not_given_out_twice(
    money: MoneyPath, swept: bool
) -> None:
    """A worker that is away for an hour: each 15 minutes what was used seemed to be there again."""
    money.put_user(monthly_limit=8_000)
    used = 0
    for _ in range(4):
        for _ in range(6):
            with suppress(QuotaExhaustedError, TokensHeldError, BookingsLateError):
                one = (await money.admit(prompt=40)).reservation
                used += one.tokens
                await money.meter.resolve(money.event(one, completion=one.tokens - 40))
        money.clock.forward(minutes=16)
        if swept:
            report = await asyncio.to_thread(money.parts.gateway.sweeper.run)
            assert (report.is_done, report.failed_users) == (True, 0)
    assert 5_000 < used <= 8_000
    booked(money)
    user = money.user()
    assert (user.current_usage, user.reservations) == (used, {})


async def test_what_a_crash_has_left_expires_once_the_usage_before_it_is_booked(
    money: MoneyPath,
) -> None:
    money.put_user(monthly_limit=8_000)
    left = (await money.admit(prompt=500)).reservation
    ended = (await money.admit(prompt=40)).reservation
    await money.meter.resolve(money.event(ended, completion=60))
    money.meter._open.discard(left.request_id)  # as after a crash
    money.clock.forward(minutes=16)
    await asyncio.to_thread(money.parts.gateway.sweeper.run)
    assert len(money.user().reservations) == 2, "both wait in the queue now"
    booked(money)
    user = money.user()
    assert (user.current_usage, user.reservations) == (600, {})
