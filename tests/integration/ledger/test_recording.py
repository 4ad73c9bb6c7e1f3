"""Thresholds crossed by recorded usage, on real queues: one message a crossing."""

from typing import Any

import orjson
import pytest

from solaris.ledger.booking import LedgerEntry
from solaris.ledger.ledger import Booked
from solaris.platform.aws.client import AwsCallError
from solaris.platform.aws.queues import ALERTS_QUEUE
from solaris.platform.errors import StoreUnavailableError
from solaris.quota.rollover import open_period
from solaris.quota.thresholds import Threshold
from solaris.quota.user import User
from tests.integration.conftest import ANA, MoneyPath

LIMIT = 100_000


def alerts(money: MoneyPath) -> list[dict[str, Any]]:
    """What is on the alerts queue, taken off it."""
    queues = money.parts.platform.queues
    messages = queues.receive(ALERTS_QUEUE, wait_seconds=0)
    queues.delete(ALERTS_QUEUE, messages)
    return [orjson.loads(message["Body"]) for message in messages]


def use(money: MoneyPath, tokens: int, email: str = ANA) -> list[str]:
    """Record usage; returns the thresholds that were put on the queue."""
    assert money.record(money.event(None, email, prompt=tokens)) == []
    return [alert["threshold"] for alert in alerts(money)]


async def test_each_threshold_is_announced_once_on_its_way_up(money: MoneyPath) -> None:
    user = money.put_user(monthly_limit=LIMIT)
    assert use(money, 79_999) == []
    assert money.record(money.event(None, prompt=1)) == []
    (alert,) = alerts(money)
    assert alert.pop("crossed_at")
    assert alert == {
        "version": 1,
        "user_id": user.user_id,
        "period": "2026-11",
        "threshold": "warning",
        "round": 0,
    }
    assert use(money, 1_000) == []
    assert use(money, 14_000) == ["critical"]
    assert use(money, 1_000) == []
    assert use(money, 4_000) == ["block"]
    assert use(money, 1_000) == []
    assert money.user().alerts_sent == frozenset(Threshold)
    assert money.user().last_alert_at is not None


async def test_a_jump_to_97_percent_announces_critical_alone(money: MoneyPath) -> None:
    money.put_user(monthly_limit=LIMIT)
    assert use(money, 97_000) == ["critical"]
    assert money.user().alerts_sent == {Threshold.WARNING, Threshold.CRITICAL}
    assert use(money, 1) == []


async def test_additional_tokens_count_for_thresholds(money: MoneyPath) -> None:
    money.put_user(monthly_limit=LIMIT, additional_tokens=LIMIT)
    assert use(money, 159_999) == []
    assert use(money, 1) == ["warning"]


async def test_one_batch_announces_each_of_its_users_once(money: MoneyPath) -> None:
    emails = [f"user{n}@example.com" for n in range(3)]
    for email in emails:
        money.put_user(email, monthly_limit=LIMIT)
    events = [money.event(None, email, prompt=41_000) for email in emails for _ in range(2)]
    assert money.record(*events) == []
    found = alerts(money)
    assert {alert["user_id"] for alert in found} == {event.user_id for event in events}
    assert [alert["threshold"] for alert in found] == ["warning"] * 3


async def test_a_repeated_event_announces_nothing_again(money: MoneyPath) -> None:
    money.put_user(monthly_limit=LIMIT)
    event = money.event(None, prompt=80_000)
    assert money.record(event, event) == []
    assert money.record(event) == []
    assert len(alerts(money)) == 1


async def test_a_new_month_announces_again(money: MoneyPath) -> None:
    money.put_user(monthly_limit=LIMIT)
    assert use(money, 80_000) == ["warning"]
    money.clock.forward(days=20)
    admission = await money.admit()
    event = money.event(admission.reservation, prompt=85_000)
    assert money.record(event) == []
    (alert,) = alerts(money)
    assert (alert["period"], alert["threshold"]) == ("2026-12", "warning")


async def test_an_event_that_the_store_itself_refuses_fails_alone(
    money: MoneyPath, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A key too long, an item too large: no other message suffers for it."""
    money.put_user()
    good, bad = money.event(None, prompt=5), money.event(None, prompt=5)
    book = money.parts.ledger.ledger.book

    def refuse(entry: LedgerEntry) -> Booked:
        if entry.event == bad:
            raise AwsCallError("ValidationException", "Item size has exceeded the maximum")
        return book(entry)

    monkeypatch.setattr(money.parts.ledger.ledger, "book", refuse)
    assert money.record(bad, good) == [bad.request_id]
    assert money.user().current_usage == 5


async def test_an_alerts_queue_that_is_away_keeps_the_books_and_tells_the_next_time(
    money: MoneyPath, monkeypatch: pytest.MonkeyPatch
) -> None:
    money.put_user(monthly_limit=LIMIT)

    def away(*_: Any) -> None:
        raise StoreUnavailableError("away")

    with monkeypatch.context() as patch:
        patch.setattr(money.parts.platform.queues, "send", away)
        assert money.record(money.event(None, prompt=80_000)) == []
    assert money.user().current_usage == 80_000
    assert money.user().alerts_sent == frozenset()
    assert use(money, 1) == ["warning"]


async def test_a_crash_between_message_and_flag_repeats_the_message(
    money: MoneyPath, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The alerts function drops the repeat; the other order would lose the warning."""
    money.put_user(monthly_limit=LIMIT)

    def crash(*_: Any) -> User:
        raise StoreUnavailableError("crash")

    with monkeypatch.context() as patch:
        patch.setattr(money.parts.quota.users, "change", crash)
        assert use(money, 80_000) == ["warning"]
    assert use(money, 1) == ["warning"]
    assert use(money, 1) == []


async def test_a_month_that_ends_meanwhile_is_not_flagged_for_the_new_one(
    money: MoneyPath, monkeypatch: pytest.MonkeyPatch
) -> None:
    money.put_user(monthly_limit=LIMIT)
    users = money.parts.quota.users
    change = users.change

    def after_midnight(user_id: str, rule: Any, record: Any) -> User:
        user = money.user()
        assert users.roll_over(user, *open_period(user, "2026-12", money.clock()))
        return change(user_id, rule, record)

    monkeypatch.setattr(users, "change", after_midnight)
    assert use(money, 80_000) == ["warning"]
    assert money.user().alerts_sent == frozenset()
