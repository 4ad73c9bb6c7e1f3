"""The books on a real store, while threads admit, settle, move, repeat, expire and roll over."""

import asyncio
import itertools
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from solaris.platform.aws.client import AsyncAws
from solaris.platform.errors import QuotaExhaustedError, RateLimitedError, TokensHeldError
from solaris.quota.reservation import Reservation
from solaris.quota.rollover import open_period
from solaris.quota.usage import Outcome, UsageEvent
from solaris.quota.user import User, user_id_for
from tests.integration.conftest import MoneyPath

PEOPLE = ("ana", "bob")
GROUPS = ("aaaaaaaaaaaa", None, "bbbbbbbbbbbb")


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
        return [user for one in ids if (user := self.money.parts.quota.users.get(one))]

    def email(self, person: str) -> str:
        return f"{person}{self.number}@example.com"

    async def admit(self, mine: MoneyPath, email: str, most: int) -> None:
        try:
            admission = await mine.admit(email, most=most)
        except (QuotaExhaustedError, RateLimitedError, TokensHeldError):
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
        user = self.money.parts.quota.users.get(user_id_for(email))
        if user is not None:
            some = list(user.reservations.values())[: amount % 3 + 1]
            self.money.parts.ledger.recorder.expire(user.user_id, some)

    def join(self, email: str, amount: int) -> None:
        """Into one of two groups, or out of both, while requests are open."""
        user_id = user_id_for(email)
        if self.money.parts.quota.users.get(user_id) is None:
            return
        group_id = GROUPS[amount % len(GROUPS)]
        self.money.parts.quota.users.change(
            user_id, lambda user: replace(user, group_id=group_id, version=user.version + 1)
        )

    def roll_over(self, email: str, amount: int) -> None:
        user = self.money.parts.quota.users.get(user_id_for(email))
        if user is not None and user.period < "2027-03":
            period = "2027-01" if user.period < "2027-01" and amount % 2 else "2027-03"
            self.money.parts.quota.users.roll_over(
                user, *open_period(user, period, user.updated_at)
            )

    def run(self, steps: list[tuple[str, str, int]]) -> None:
        """One thread: its own event loop and connections."""

        async def main() -> None:
            aws = AsyncAws("us-east-1")
            mine = MoneyPath.of(self.money.parts, self.money.clock, aws)
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


STRANGE = ("repeat", "expire", "roll_over")
STEPS = st.lists(
    st.tuples(
        st.sampled_from([*["admit"] * 4, *(["settle", "join"] * 2), *STRANGE]),
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
            money.parts.ledger.recorder.expire(user.user_id, user.reservations.values())
        assert all(user.reserved_tokens == 0 for user in crowd.users())
        assert crowd.money.record(*[money.event(one, who) for who, one in crowd.open[:5]]) == []
        money.assert_books_balance()

    explore()
