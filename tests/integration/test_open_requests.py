"""What is held lives as long as its request, and no longer: renewals, and reserves in doubt."""

import asyncio
from typing import Any

import pytest

from solaris.domain.usage import Outcome
from solaris.errors import StoreUnavailableError
from solaris.services import doubtful_reserves, metering
from solaris.services.background import drain
from solaris.storage.events import event_from_json
from solaris.storage.queues import USAGE_QUEUE
from solaris.storage.reservations import ReserveResult, reserve
from tests.integration.conftest import MoneyPath


def booked(money: MoneyPath) -> None:
    """Do what the usage function does with what is on the queue."""
    while messages := money.wiring.queues.receive(USAGE_QUEUE, wait_seconds=0):
        assert money.record(*(event_from_json(one["Body"]) for one in messages)) == []
        money.wiring.queues.delete(USAGE_QUEUE, messages)


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
    await asyncio.to_thread(money.wiring.recorder.expire, money.user().user_id, [held])
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
    await asyncio.to_thread(money.wiring.recorder.expire, before.user_id, [late.reservation])
    user = money.user()
    assert (user.reservations, user.current_usage) == ({}, 0)
    assert user.available_tokens == before.available_tokens
