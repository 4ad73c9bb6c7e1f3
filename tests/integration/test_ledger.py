"""The books on a real store: every event once, in the month it belongs to, however it comes.

The `money` fixture holds users, closed months, records and counters against each other after
each of these tests.
"""

import asyncio
import itertools
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from solaris.domain.reservation import Reservation
from solaris.domain.rollover import open_period
from solaris.domain.settlement import Booking
from solaris.domain.usage import Outcome, TokenCounts, UsageEvent
from solaris.domain.users import User, user_id_for
from solaris.errors import QuotaExhaustedError, RateLimitedError
from solaris.services.recording import Message
from solaris.storage.actions import LedgerEntry
from solaris.storage.aws import AsyncAws
from solaris.storage.events import event_to_dict, event_to_json
from tests.integration.conftest import ANA, MoneyPath

THREADS = 8
PEOPLE = ("ana", "bob")


def book(money: MoneyPath, event: UsageEvent) -> Booking:
    return money.wiring.ledger.record(LedgerEntry(event, cost_micros=7, day=money.day(event)))


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
    assert money.wiring.users.roll_over(user, *open_period(user, "2026-12", money.clock()))


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
    assert sum(user.current_usage for user in money.wiring.users.scan()) == 24 * 10 + sum(range(24))


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
    failed = money.wiring.recorder.record_messages(messages)
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
    money.wiring.recorder.expire(user_id_for(ANA), [reservation])
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
    money.wiring.recorder.expire(user_id_for(ANA), [reservation])
    event = money.event(reservation, completion=1)
    assert at_once(lambda: money.record(event)) == [[]] * THREADS
    assert money.user().current_usage == 101


async def test_a_late_release_takes_back_what_the_expiry_charged(money: MoneyPath) -> None:
    reservation = (await money.admit(prompt=100)).reservation
    money.wiring.recorder.expire(user_id_for(ANA), [reservation])
    assert money.record(money.event(reservation, outcome=Outcome.RELEASED)) == []
    assert (money.user().current_usage, money.user().available_tokens) == (0, 1_000_000)


async def test_an_expiry_after_the_answer_changes_nothing(money: MoneyPath) -> None:
    reservation = (await money.admit(prompt=100)).reservation
    assert money.record(money.event(reservation, completion=1)) == []
    before = money.user()
    money.wiring.recorder.expire(user_id_for(ANA), [reservation])
    assert money.user() == before


async def test_expiry_and_answer_at_once_charge_the_answer(money: MoneyPath) -> None:
    reservation = (await money.admit(prompt=100)).reservation
    event = money.event(reservation, completion=1)
    turns = iter(range(THREADS))

    def either() -> None:
        if next(turns) % 2:
            assert money.record(event) == []
        else:
            money.wiring.recorder.expire(user_id_for(ANA), [reservation])

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
    money.wiring.recorder.expire(user_id_for(ANA), [carried])
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
    client = money.wiring.dynamodb
    transact = client.transact_write_items

    def lost(**request: Any) -> Any:
        transact(**request)
        return transact(**request)

    monkeypatch.setattr(client, "transact_write_items", lost)
    money.wiring.recorder.expire(user_id_for(ANA), [reservation])
    assert money.user().current_usage == 100
    assert money.record(money.event(reservation, completion=1)) == []
    assert money.user().current_usage == 101
    user = money.user()
    money.wiring.users.roll_over(user, *open_period(user, "2026-12", money.clock()))
    assert (money.user().period, money.user().current_usage) == ("2026-12", 0)
    assert money.record(money.event(None, prompt=30)) == []
    assert money.rows("periods")[0]["current_usage"] == 131


class Crowd:
    """Several threads that admit, settle, repeat, expire and roll over, as they are told."""

    def __init__(self, money: MoneyPath, number: int) -> None:
        self.money = money
        self.number = number
        self.lock = threading.Lock()
        self.open: list[tuple[str, Reservation]] = []
        self.done: list[UsageEvent] = []
        self.undelivered: list[UsageEvent] = []

    def users(self) -> list[User]:
        ids = (user_id_for(self.email(person)) for person in PEOPLE)
        return [user for one in ids if (user := self.money.wiring.users.get(one))]

    def email(self, person: str) -> str:
        return f"{person}{self.number}@example.com"

    async def admit(self, mine: MoneyPath, email: str, most: int) -> None:
        try:
            admission = await mine.admit(email, most=most)
        except (QuotaExhaustedError, RateLimitedError):
            return
        with self.lock:
            self.open.append((email, admission.reservation))

    def settle(self, _: str, amount: int) -> None:
        """Deliver up to ten answers as one batch; some releases among them."""
        with self.lock:
            taken, self.open = self.open[: amount % 10 + 1], self.open[amount % 10 + 1 :]
        events = []
        for n, (owner, reservation) in enumerate(taken):
            outcome = Outcome.RELEASED if (amount + n) % 5 == 0 else Outcome.SETTLED
            events.append(self.money.event(reservation, owner, completion=amount, outcome=outcome))
        self.deliver(events)

    def repeat(self, _: str, amount: int) -> None:
        with self.lock:
            events = self.done[-(amount % 10 + 1) :]
        self.deliver(events)

    def deliver(self, events: list[UsageEvent]) -> None:
        failed = self.money.record(*events)
        with self.lock:
            self.done += events
            self.undelivered += [event for event in events if event.request_id in failed]

    def expire(self, email: str, amount: int) -> None:
        user = self.money.wiring.users.get(user_id_for(email))
        if user is not None:
            some = list(user.reservations.values())[: amount % 3 + 1]
            self.money.wiring.recorder.expire(user.user_id, some)

    def roll_over(self, email: str, amount: int) -> None:
        user = self.money.wiring.users.get(user_id_for(email))
        if user is not None and user.period < "2027-03":
            period = "2027-01" if user.period < "2027-01" and amount % 2 else "2027-03"
            self.money.wiring.users.roll_over(user, *open_period(user, period, user.updated_at))

    def run(self, steps: list[tuple[str, str, int]]) -> None:
        """One thread: its own event loop and connections."""

        async def main() -> None:
            aws = AsyncAws("us-east-1")
            mine = MoneyPath.of(self.money.wiring, self.money.clock, aws)
            try:
                for name, person, amount in steps:
                    email = self.email(person)
                    if name == "admit":
                        await self.admit(mine, email, amount)
                    else:
                        getattr(self, name)(email, amount)
            finally:
                await aws.close()

        asyncio.run(main())


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["admit"] * 4 + ["settle", "settle", "repeat", "expire", "roll_over"]),
        st.sampled_from(PEOPLE),
        st.integers(min_value=1, max_value=400),
    ),
    min_size=4,
    max_size=10,
)


def test_whatever_comes_in_whatever_order_the_books_balance(money: MoneyPath) -> None:
    """Each example has users of its own; their number keeps the examples apart."""
    numbers = itertools.count()

    # threads make no example twice the same, so there is nothing to shrink
    @settings(max_examples=25, deadline=None, database=None, phases=[Phase.generate])
    @given(threads=st.lists(STEPS, min_size=3, max_size=3), limit=st.sampled_from([2_000, 10**6]))
    def explore(threads: list[list[tuple[str, str, int]]], limit: int) -> None:
        crowd = Crowd(money.settings(default_monthly_limit=limit), next(numbers))
        with ThreadPoolExecutor(len(threads)) as pool:
            for future in [pool.submit(crowd.run, steps) for steps in threads]:
                future.result()
        money.assert_books_balance()
        assert crowd.money.record(*crowd.undelivered) == []
        for user in crowd.users():
            money.wiring.recorder.expire(user.user_id, user.reservations.values())
        assert all(user.reserved_tokens == 0 for user in crowd.users())
        assert crowd.money.record(*[money.event(one, who) for who, one in crowd.open[:5]]) == []
        money.assert_books_balance()

    explore()
