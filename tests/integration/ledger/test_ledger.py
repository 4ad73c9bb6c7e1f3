"""The books on a real store: every event once, in the month it belongs to, however it comes.

The `money` fixture holds users, closed months, records and counters against each other after
each of these tests.
"""

import itertools
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from solaris.ledger.booking import LedgerEntry
from solaris.ledger.events import event_to_dict, event_to_json
from solaris.platform.aws.queues import Message
from solaris.quota.rollover import open_period
from solaris.quota.settlement import Booking
from solaris.quota.usage import Outcome, TokenCounts, UsageEvent
from solaris.quota.user import user_id_for
from tests.integration.conftest import ANA, MoneyPath

THREADS = 8


def book(money: MoneyPath, event: UsageEvent) -> Booking:
    return money.parts.ledger.ledger.record(LedgerEntry(event, cost_micros=7, day=money.day(event)))


def at_once(work: Callable[[], Any]) -> list[Any]:
    """What eight threads return that start at the same moment."""
    barrier = threading.Barrier(THREADS)

    def start() -> Any:
        barrier.wait(10)
        return work()

    with ThreadPoolExecutor(THREADS) as pool:
        return [future.result() for future in [pool.submit(start) for _ in range(THREADS)]]


def roll_over(money: MoneyPath, email: str = ANA) -> None:
    user = money.user(email)
    assert money.parts.quota.users.roll_over(user, *open_period(user, "2026-12", money.clock()))


async def test_an_event_settles_its_reservation_and_leaves_a_record(money: MoneyPath) -> None:
    admission = await money.admit(prompt=100)
    event = money.event(
        admission.reservation,
        counts=TokenCounts(120, 80, cached_tokens=30, reasoning_tokens=10),
        charged_tokens=200,
        response_time_ms=1_234,
        conversation_id="c-1",
    )
    assert money.record(event) == []
    user = money.user()
    assert (user.reservations, user.current_usage, user.available_tokens) == ({}, 200, 999_800)
    (record,) = money.rows("usage")
    assert record["cost_micros"] > 0
    expected = event_to_dict(event)
    del expected["version"], expected["reserved_tokens"]
    assert record.items() >= expected.items()


async def test_an_event_three_times_in_one_batch_is_booked_once(money: MoneyPath) -> None:
    event = money.event((await money.admit()).reservation, completion=90)
    assert money.record(event, event, event) == []
    assert money.user().current_usage == 100


async def test_an_event_three_times_one_after_the_other_is_booked_once(money: MoneyPath) -> None:
    event = money.event((await money.admit()).reservation, completion=90)
    assert [money.record(event) for _ in range(3)] == [[], [], []]
    assert book(money, event) is Booking.DUPLICATE


async def test_an_event_from_eight_threads_at_once_is_booked_once(money: MoneyPath) -> None:
    event = money.event((await money.admit()).reservation, completion=90)
    assert at_once(lambda: money.record(event)) == [[]] * THREADS


async def test_overlapping_batches_from_eight_threads_book_each_event_once(
    money: MoneyPath,
) -> None:
    events = [money.event((await money.admit()).reservation, completion=90) for _ in range(12)]
    failed = at_once(lambda: money.record(*events))
    assert failed == [[]] * THREADS
    assert money.user().current_usage == 1_200


async def test_a_batch_of_24_over_several_users_is_one_transaction(
    money: MoneyPath, calls: list[str]
) -> None:
    events = []
    for n in range(24):
        email = f"user{n % 5}@example.com"
        events.append(money.event((await money.admit(email)).reservation, email, completion=n))
    calls.clear()
    assert money.record(*events) == []
    assert calls.count("TransactWriteItems") == 1
    assert sum(user.current_usage for user in money.parts.quota.users.scan()) == 24 * 10 + sum(
        range(24)
    )


async def test_a_batch_of_24_users_fits_into_one_transaction(
    money: MoneyPath, calls: list[str]
) -> None:
    events = []
    for n in range(24):
        email = f"user{n}@example.com"
        reservation = (await money.admit(email)).reservation
        events.append(money.event(reservation, email, completion=1, model=f"model-{n}"))
    calls.clear()
    assert money.record(*events) == []
    assert calls.count("TransactWriteItems") == 1


async def test_what_cannot_be_booked_fails_alone(money: MoneyPath) -> None:
    good = [money.event((await money.admit()).reservation, completion=5) for _ in range(3)]
    ahead = money.event(None, prompt=5, period="2026-12")
    stranger = money.event(None, "nobody@example.com", prompt=5)
    future = event_to_json(good[0]).replace('"version":1', '"version":2')
    messages = [Message(f"good-{n}", event_to_json(event)) for n, event in enumerate(good)]
    messages[1:1] = [
        Message("no json", "{"),
        Message("version", future),
        Message("stranger", event_to_json(stranger)),
        Message("ahead", event_to_json(ahead)),
    ]
    failed = money.parts.ledger.recorder.record_messages(messages)
    assert sorted(failed) == ["ahead", "no json", "stranger", "version"]
    assert money.user().current_usage == 45


async def test_a_released_event_gives_everything_back(money: MoneyPath) -> None:
    admission = await money.admit()
    assert money.record(money.event(admission.reservation, outcome=Outcome.RELEASED)) == []
    user = money.user()
    assert (user.reservations, user.current_usage, user.available_tokens) == ({}, 0, 1_000_000)
    assert {row["day_model"] for row in money.rows("counters")} == {"2026-11-15#-"}


async def test_an_answer_longer_than_its_hold_may_bring_a_user_below_zero(
    money: MoneyPath,
) -> None:
    money.put_user(monthly_limit=40_000)
    admission = await money.admit()
    assert money.record(money.event(admission.reservation, completion=50_000)) == []
    assert money.user().available_tokens == 40_000 - 50_010


async def test_the_late_answer_replaces_what_an_expiry_charged(money: MoneyPath) -> None:
    reservation = (await money.admit(prompt=100)).reservation
    money.parts.ledger.recorder.expire(user_id_for(ANA), [reservation])
    assert money.user().current_usage == 100
    real = money.event(reservation, prompt=120, completion=700, model="other-model")
    assert book(money, real) is Booking.CORRECTION
    assert book(money, real) is Booking.DUPLICATE
    (record,) = money.rows("usage")
    assert (record["outcome"], record["charged_tokens"]) == ("settled", 820)
    assert money.user().current_usage == 820


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
@pytest.mark.parametrize("is_recorded", [True, False])
async def test_an_expiry_and_its_late_answer_in_one_batch_charge_the_answer(
    money: MoneyPath, order: tuple[int, ...], is_recorded: bool
) -> None:
    """Whatever comes first, and whether the expiry was booked before or comes by the queue."""
    reservation = (await money.admit(prompt=1_000)).reservation
    expiry = money.event(reservation, outcome=Outcome.EXPIRED, estimated=True, status_code=0)
    if is_recorded:
        assert money.record(expiry) == []
    answer = money.event(reservation, prompt=1_000, completion=500)
    events = (expiry, answer, answer)
    assert money.record(*(events[n] for n in order)) == []
    assert money.user().current_usage == 1_500
    (record,) = money.rows("usage")
    assert (record["outcome"], record["charged_tokens"]) == ("settled", 1_500)


async def test_the_late_answer_from_eight_threads_corrects_once(money: MoneyPath) -> None:
    reservation = (await money.admit(prompt=100)).reservation
    money.parts.ledger.recorder.expire(user_id_for(ANA), [reservation])
    event = money.event(reservation, completion=1)
    assert at_once(lambda: money.record(event)) == [[]] * THREADS
    assert money.user().current_usage == 101


async def test_a_late_release_takes_back_what_the_expiry_charged(money: MoneyPath) -> None:
    reservation = (await money.admit(prompt=100)).reservation
    money.parts.ledger.recorder.expire(user_id_for(ANA), [reservation])
    assert money.record(money.event(reservation, outcome=Outcome.RELEASED)) == []
    assert (money.user().current_usage, money.user().available_tokens) == (0, 1_000_000)


async def test_an_expiry_after_the_answer_changes_nothing(money: MoneyPath) -> None:
    reservation = (await money.admit(prompt=100)).reservation
    assert money.record(money.event(reservation, completion=1)) == []
    before = money.user()
    money.parts.ledger.recorder.expire(user_id_for(ANA), [reservation])
    assert money.user() == before


async def test_expiry_and_answer_at_once_charge_the_answer(money: MoneyPath) -> None:
    reservation = (await money.admit(prompt=100)).reservation
    event = money.event(reservation, completion=1)
    turns = iter(range(THREADS))

    def either() -> None:
        if next(turns) % 2:
            assert money.record(event) == []
        else:
            money.parts.ledger.recorder.expire(user_id_for(ANA), [reservation])

    at_once(either)
    assert money.user().current_usage == 101


@pytest.mark.parametrize("carried", [True, False])
async def test_an_event_of_a_closed_month_is_booked_to_that_month(
    money: MoneyPath, carried: bool
) -> None:
    money.put_user()
    money.spend(500)
    reservation = (await money.admit()).reservation if carried else None
    event = money.event(reservation, prompt=10, completion=90)
    roll_over(money)
    assert len(money.user().reservations) == carried
    assert book(money, event) is Booking.CLOSED
    assert book(money, event) is Booking.DUPLICATE
    user = money.user()
    assert (user.reservations, user.current_usage, user.available_tokens) == ({}, 0, 1_000_000)
    (closed,) = money.rows("periods")
    assert closed["current_usage"] == 600


async def test_a_carried_reservation_expires_into_its_own_month_and_is_corrected_there(
    money: MoneyPath,
) -> None:
    reservation = (await money.admit(prompt=100)).reservation
    roll_over(money)
    (carried,) = money.user().reservations.values()
    money.parts.ledger.recorder.expire(user_id_for(ANA), [carried])
    assert money.rows("periods")[0]["current_usage"] == 100
    assert book(money, money.event(reservation, completion=50)) is Booking.CORRECTION
    assert money.rows("periods")[0]["current_usage"] == 150
    assert (money.user().reservations, money.user().current_usage) == ({}, 0)


async def test_one_batch_may_hold_two_months_of_one_user(money: MoneyPath) -> None:
    old = (await money.admit()).reservation
    roll_over(money)
    money.clock.forward(days=20)
    new = (await money.admit()).reservation
    events = [money.event(old, completion=1), money.event(new, completion=2)]
    assert money.record(*events) == []
    assert money.rows("periods")[0]["current_usage"] == 11
    assert money.user().current_usage == 12


async def test_an_event_without_reservation_is_charged_all_the_same(money: MoneyPath) -> None:
    money.put_user()
    event = money.event(None, prompt=70, reserved_tokens=4_000)
    assert book(money, event) is Booking.UNRESERVED
    assert (money.user().current_usage, money.user().available_tokens) == (70, 999_930)


async def test_an_event_of_a_month_to_come_is_refused(money: MoneyPath) -> None:
    money.put_user()
    with pytest.raises(ValueError, match="2026-12"):
        book(money, money.event(None, prompt=5, period="2026-12"))


async def test_a_transaction_whose_answer_is_lost_is_made_again_without_effect(
    money: MoneyPath, monkeypatch: pytest.MonkeyPatch
) -> None:
    """boto3 repeats a call whose connection broke, whether or not it was carried out."""
    reservation = (await money.admit(prompt=100)).reservation
    client = money.parts.platform.dynamodb
    transact = client.transact_write_items

    def lost(**request: Any) -> Any:
        transact(**request)
        return transact(**request)

    monkeypatch.setattr(client, "transact_write_items", lost)
    money.parts.ledger.recorder.expire(user_id_for(ANA), [reservation])
    assert money.user().current_usage == 100
    assert money.record(money.event(reservation, completion=1)) == []
    assert money.user().current_usage == 101
    user = money.user()
    money.parts.quota.users.roll_over(user, *open_period(user, "2026-12", money.clock()))
    assert (money.user().period, money.user().current_usage) == ("2026-12", 0)
    assert money.record(money.event(None, prompt=30)) == []
    assert money.rows("periods")[0]["current_usage"] == 131
