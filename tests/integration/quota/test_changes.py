"""The changes feed: who publishes what, and that nothing which is written stays untold."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import orjson
import pytest

from solaris.alerts.alert import MailState
from solaris.app import Parts
from solaris.ledger.events import event_to_json
from solaris.platform.aws.queues import ALERTS_QUEUE, USAGE_QUEUE, Message
from solaris.platform.clock import now
from solaris.platform.errors import AccountStatusError, StoreUnavailableError
from solaris.quota.feed import Changes, Published, slot_of, slots_between, user_from_row
from solaris.quota.reservation import Reservation
from solaris.quota.thresholds import Threshold
from solaris.quota.user import User, UserStatus, user_id_for
from tests.integration.alerts.alerting_support import Alerts
from tests.integration.conftest import ANA, Clock, MoneyPath


def published(parts: Parts) -> list[Published]:
    """Everything that the real writers, whose clock is the real one, have told lately."""
    since = now() - timedelta(minutes=5)
    found = []
    for slot, _ in slots_between(since, now()):
        for page in parts.quota.changes.read(slot, "0"):
            found += page
    return found


def told_users(parts: Parts) -> list[User]:
    rows = [orjson.loads(one.users) for one in published(parts) if one.users]
    return [user_from_row(row) for some in rows for row in some]


def newest(parts: Parts, email: str = ANA) -> User:
    users = [one for one in told_users(parts) if one.user_id == user_id_for(email)]
    return max(users, key=lambda one: one.version)


def assert_told_as_stored(money: MoneyPath, email: str = ANA) -> None:
    stored, told = money.user(email), newest(money.parts, email)
    assert replace(told, reservations={}) == replace(stored, reservations={})
    assert told.reserved_tokens == stored.reserved_tokens


@pytest.fixture
def unheard(parts: Parts, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The feed takes nothing while the list is empty; a number in it mends it."""
    mended: list[int] = []
    publish = Changes.publish

    def publish_if_mended(self: Changes, *arguments: Any, **named: Any) -> None:
        if not mended:
            msg = "the feed is away"
            raise StoreUnavailableError(msg)
        publish(self, *arguments, **named)

    monkeypatch.setattr(Changes, "publish", publish_if_mended)
    return mended


async def test_a_user_is_told_of_with_the_first_request_and_with_each_booking(
    money: MoneyPath,
) -> None:
    admission = await money.admit()
    assert_told_as_stored(money)
    assert newest(money.parts).reserved_tokens == admission.reservation.tokens > 0
    assert money.record(money.event(admission.reservation, completion=5)) == []
    assert_told_as_stored(money)
    assert newest(money.parts).current_usage == 15


async def test_many_first_requests_at_once_make_and_tell_one_user(money: MoneyPath) -> None:
    admissions = await asyncio.gather(*(money.admit() for _ in range(8)))
    assert len({one.user.user_id for one in admissions}) == 1
    first = [one for one in told_users(money.parts) if len(one.reservations) == 1]
    assert len(first) == 1
    assert money.record(*(money.event(one.reservation) for one in admissions)) == []
    assert_told_as_stored(money)


async def test_a_user_who_is_made_and_not_served_is_told_of(money: MoneyPath) -> None:
    pending = money.settings(auto_provision="pending")
    with pytest.raises(AccountStatusError):
        await pending.admit()
    assert newest(money.parts).status is UserStatus.PENDING
    assert_told_as_stored(money)


async def test_a_first_request_whose_word_cannot_be_written_makes_nobody(
    money: MoneyPath, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nowhere(_: Changes, users: Any) -> list[dict[str, Any]]:
        item = {"slot": {"S": ""}, "change_key": {"S": "x"}}
        return [{"Put": {"TableName": f"no-such-table-{len(list(users))}", "Item": item}}]

    monkeypatch.setattr(Changes, "actions", nowhere)
    with pytest.raises(Exception, match=r"(?i)resource|table|valid"):
        await money.admit()
    assert money.parts.quota.users.get(user_id_for(ANA)) is None


def test_what_was_booked_untold_is_delivered_again_and_told_then(
    money: MoneyPath, unheard: list[int]
) -> None:
    money.put_user()
    event = money.event(None, prompt=40)
    other = replace(event, request_id="req-malformed-neighbour")
    messages = [
        Message("m1", event_to_json(event)),
        Message("m2", event_to_json(other)),
        Message("m3", "no event"),
    ]
    assert sorted(money.parts.ledger.recorder.record_messages(messages)) == ["m1", "m2", "m3"]
    assert money.user().current_usage == 80
    assert told_users(money.parts) == []
    unheard.append(1)
    assert money.parts.ledger.recorder.record_messages(messages) == ["m3"]
    assert money.user().current_usage == 80
    assert_told_as_stored(money)


def test_one_event_that_is_booked_untold_fails_so_that_it_is_logged(
    money: MoneyPath, unheard: list[int]
) -> None:
    money.put_user()
    event = money.event(None, prompt=40)
    with pytest.raises(StoreUnavailableError):
        money.parts.ledger.recorder.record_one(event)
    unheard.append(1)
    money.parts.ledger.recorder.record_one(event)
    assert_told_as_stored(money)
    assert money.user().current_usage == 40


def test_an_expired_reservation_that_was_not_told_of_comes_back_by_the_queue(
    money: MoneyPath, unheard: list[int]
) -> None:
    left = Reservation(
        "req-left", 50, 20, money.clock(), money.clock(), money.period, "gpt-4o-mini", "/v1/x"
    )
    money.put_user(reservations={left.request_id: left})
    money.parts.ledger.recorder.expire(user_id_for(ANA), [left])
    assert money.user().current_usage == 20
    unheard.append(1)
    (message,) = money.parts.platform.queues.receive(USAGE_QUEUE, wait_seconds=0)
    assert money.parts.ledger.recorder.record_messages([Message("m1", message["Body"])]) == []
    assert_told_as_stored(money)
    assert money.user().current_usage == 20


def test_the_flag_of_a_warning_is_told_with_the_user(money: MoneyPath) -> None:
    money.put_user(monthly_limit=100)
    assert money.record(money.event(None, prompt=85)) == []
    assert newest(money.parts).alerts_sent == {Threshold.WARNING}
    assert newest(money.parts).last_alert_at is not None
    assert_told_as_stored(money)


def test_a_blocked_user_is_told_with_the_flag(money: MoneyPath) -> None:
    user = money.put_user(monthly_limit=100)
    money.parts.ledger.recorder.announce_block(user)
    assert newest(money.parts).alerts_sent == set(Threshold)
    assert_told_as_stored(money)


def test_an_alert_is_told_of_with_every_copy_of_its_message(
    money: MoneyPath, stage: str, unheard: list[int]
) -> None:
    unheard.append(1)
    warned = Alerts(money, stage)
    warned.money.put_user(warned.email, monthly_limit=100)
    body = warned.crossing(85)
    unheard.clear()
    assert warned.alerter().handle_messages([Message("a1", body)]) == ["a1"]
    assert all(not one.alert_ids for one in published(money.parts))
    unheard.append(1)
    assert warned.alerter().handle_messages([Message("a1", body)]) == []
    alert_id = f"{user_id_for(warned.email)}#{money.period}#warning"
    assert [one.alert_ids for one in published(money.parts) if one.alert_ids] == [
        (alert_id,),
        (alert_id,),
    ]
    alert = money.parts.alerts.store.get(alert_id)
    assert alert is not None
    assert set(alert.mails.values()) == {MailState.SENT}
    assert money.parts.platform.queues.receive(ALERTS_QUEUE, wait_seconds=0) == []


def test_a_publication_is_cut_into_items_that_dynamodb_takes(money: MoneyPath) -> None:
    user = money.put_user()
    users = [replace(user, user_id=f"u{n}", name="x" * 900) for n in range(900)]
    ids = [f"alert-{n}" for n in range(1_001)]
    money.parts.quota.changes.publish(users, alert_ids=ids, key_hashes=["k", "k"])
    found = published(money.parts)
    assert sum(1 for one in found if one.users) == 4
    assert sorted(one.user_id for one in told_users(money.parts)) == sorted(
        one.user_id for one in users
    )
    assert sorted(one for some in found for one in some.alert_ids) == sorted(ids)
    assert [one.key_hashes for one in found if one.key_hashes] == [("k",)]


def test_nothing_to_tell_writes_nothing(money: MoneyPath, calls: list[str]) -> None:
    money.parts.quota.changes.publish()
    assert calls == []
    assert money.parts.quota.changes.actions([]) == []


def test_a_slot_is_ten_minutes_and_none_is_left_out(parts: Parts) -> None:
    clock = Clock(now().replace(minute=0, second=0, microsecond=0))
    feed = Changes(parts.platform.dynamodb, parts.settings.table_name("changes"), clock)
    start = clock()
    for _ in range(6):
        feed.publish(key_hashes=[slot_of(clock())])
        clock.forward(minutes=4, seconds=59)
    slots = list(slots_between(start, clock()))
    found = [one for slot, _ in slots for page in feed.read(slot, "0") for one in page]
    assert len(found) == 6
    first = start
    assert [end for _, end in slots] == [first + n * timedelta(minutes=10) for n in (1, 2, 3)]
