"""A user refused with a few tokens left is told that they are blocked: once, in the background."""

import asyncio
import threading
from dataclasses import replace
from typing import Any

import orjson
import pytest

from solaris.platform.aws.queues import ALERTS_QUEUE
from solaris.platform.background import drain
from solaris.platform.errors import QuotaExhaustedError, StoreUnavailableError, TokensHeldError
from solaris.quota.thresholds import Threshold
from solaris.quota.user import User, user_id_for
from tests.integration.conftest import ANA, MoneyPath


async def refused(money: MoneyPath, **request: Any) -> list[str]:
    """Be refused; returns the thresholds that are then on the alerts queue, for Ana's month."""
    with pytest.raises(QuotaExhaustedError):
        await money.admit(**request)
    return await alerts(money)


async def alerts(money: MoneyPath) -> list[str]:
    assert await drain(10) == 0
    queues = money.parts.platform.queues
    messages = queues.receive(ALERTS_QUEUE, wait_seconds=0)
    queues.delete(ALERTS_QUEUE, messages)
    found = [orjson.loads(message["Body"]) for message in messages]
    assert {one["user_id"] for one in found} <= {user_id_for(ANA)}
    assert {one["period"] for one in found} <= {money.user().period}
    return [one["threshold"] for one in found]


async def test_the_refusal_of_a_user_with_100_tokens_left_announces_the_block_once(
    money: MoneyPath,
) -> None:
    money.put_user(monthly_limit=1_000)
    money.spend(900)
    assert await refused(money) == ["block"]
    assert money.user().alerts_sent == frozenset(Threshold)
    assert money.user().last_alert_at is not None
    assert await refused(money) == []
    # neither the last tokens, used otherwise, nor the threshold on the way are told again
    for tokens in (60, 40):
        assert money.record(money.event(None, prompt=tokens)) == []
        assert await alerts(money) == []


async def test_fifty_refusals_at_once_announce_once(money: MoneyPath) -> None:
    money.put_user(monthly_limit=100)
    answers = await asyncio.gather(*(money.admit() for _ in range(50)), return_exceptions=True)
    assert {type(answer) for answer in answers} == {QuotaExhaustedError}
    assert await alerts(money) == ["block"]


async def test_a_refusal_for_what_others_hold_or_for_a_long_prompt_announces_nothing(
    money: MoneyPath,
) -> None:
    money.put_user(monthly_limit=1_000)
    assert await refused(money, prompt=2_000) == []
    await money.admit()
    await money.admit()
    assert money.user().available_tokens == 0
    with pytest.raises(TokensHeldError):
        await money.admit()
    assert await alerts(money) == []
    assert money.user().alerts_sent == frozenset()


async def test_the_refusal_does_not_wait_for_the_announcement(
    money: MoneyPath, monkeypatch: pytest.MonkeyPatch
) -> None:
    money.put_user(monthly_limit=100)
    answered = threading.Event()
    send = money.parts.platform.queues.send

    def late(queue: str, body: str) -> None:
        assert answered.wait(10)
        send(queue, body)

    monkeypatch.setattr(money.parts.platform.queues, "send", late)
    with pytest.raises(QuotaExhaustedError):
        await money.admit()
    answered.set()
    assert await alerts(money) == ["block"]


async def test_a_queue_that_is_away_leaves_the_announcement_to_the_next_refusal(
    money: MoneyPath, monkeypatch: pytest.MonkeyPatch
) -> None:
    money.put_user(monthly_limit=100)

    def away(*_: Any) -> None:
        raise StoreUnavailableError("away")

    with monkeypatch.context() as patch:
        patch.setattr(money.parts.platform.queues, "send", away)
        assert await refused(money) == []
    assert money.user().alerts_sent == frozenset()
    assert await refused(money) == ["block"]


async def test_a_grant_or_a_new_month_since_the_refusal_takes_the_announcement_back(
    money: MoneyPath,
) -> None:
    stale = money.put_user(monthly_limit=100)
    recorder = money.parts.ledger.recorder
    money.parts.quota.users.change(stale.user_id, _granted)
    recorder.announce_block(stale)
    assert await alerts(money) == []
    money.clock.forward(days=20)
    granted = money.user()
    await money.admit(prompt=10, completes=False)
    recorder.announce_block(granted)
    assert await alerts(money) == []


def _granted(user: User) -> User:
    more = replace(user, additional_tokens=50, version=user.version + 1)
    return replace(more, available_tokens=more.quota.available_tokens)
