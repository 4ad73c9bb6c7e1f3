"""Grants, weights and days on a real store: threads grant, void, cap, spend and correct, and months
go by.
"""

import itertools
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from solaris.accounts.updates import UserUpdate
from solaris.gateway.sweeper import Sweeper
from solaris.platform.actor import Actor
from solaris.platform.errors import (
    BookingsLateError,
    ConflictError,
    DailyLimitError,
    InvalidRequestError,
    NotFoundError,
    QuotaExhaustedError,
    RateLimitedError,
    TokensHeldError,
)
from solaris.platform.model_weight import PLAIN, ModelWeight
from solaris.quota.grant import EVERY_MONTH_ID, GrantKind, Term
from solaris.quota.grants import live_grants
from solaris.quota.reservation import Reservation
from solaris.quota.user import User, user_id_for
from tests.integration.accounts.users_support import grants_of, user_changes_of
from tests.integration.conftest import MoneyPath
from tests.integration.ledger.test_ledger_at_random import PEOPLE, Crowd
from tests.integration.reconciliation.test_reconciling import run

BOSS = Actor(name="boss@example.com")
KINDS = tuple(GrantKind)
WEIGHTS = (PLAIN, ModelWeight(2_000, 5_000, 500), ModelWeight(0, 0, 0), ModelWeight(150, 333, 75))


def sweep(money: MoneyPath) -> None:
    """In a thread of its own: there is a loop in this one."""
    sweeper = Sweeper(
        settings=money.parts.settings,
        users=money.parts.quota.users,
        recorder=money.parts.ledger.recorder,
        ended_grants=money.parts.ledger.ended_grants,
        ending_grants=money.parts.alerts.ending_grants,
        ceilings=money.parts.alerts.ceilings,
        month_tokens=money.parts.gateway._month_tokens,
        clock=money.clock,
    )
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(sweeper.run).result().failed_users == 0


class Office(Crowd):
    """A crowd with admins, and a clock that goes on."""

    def __init__(self, money: MoneyPath, number: int) -> None:
        super().__init__(money, number)
        self.expired: list[tuple[str, Reservation]] = []
        self.changes = user_changes_of(money)
        self.grants = grants_of(money)
        self.given: list[int] = []
        self.kinds = KINDS

    async def admit(self, mine: MoneyPath, email: str, most: int) -> None:
        try:
            weight = WEIGHTS[most % len(WEIGHTS)]
            admission = await mine.admit(email, prompt=most % 97 + 1, most=most, weight=weight)
        except (QuotaExhaustedError, DailyLimitError, RateLimitedError):
            return
        except (TokensHeldError, BookingsLateError):
            return
        with self.lock:
            self.open.append((email, admission.reservation))

    def settle(self, _: str, amount: int) -> None:
        """Answers that keep to what they hold."""
        with self.lock:
            taken, self.open = self.open[: amount % 10 + 1], self.open[amount % 10 + 1 :]
        self.deliver([self.answer(*one, amount) for one in taken])

    def late(self, _: str, amount: int) -> None:
        """An answer in place of what its expiry charged."""
        with self.lock:
            taken = [self.expired.pop(amount % len(self.expired))] if self.expired else []
        self.deliver([self.answer(*one, amount) for one in taken])

    def answer(self, owner: str, held: Reservation, amount: int) -> Any:
        """Charges what is held at most, by its weight."""
        weight = held.weight
        prompt = held.prompt_tokens if weight.charge(held.prompt_tokens, 0) <= held.tokens else 0
        longest = weight.answer_within(held.tokens, prompt)
        completion = amount if longest is None else min(amount, longest)
        event = self.money.event(held, owner, prompt=prompt, completion=completion)
        charged = event.counts.charged_tokens(weight)
        assert charged <= held.tokens
        return replace(event, charged_tokens=charged, weight=None if weight == PLAIN else weight)

    def expire(self, email: str, amount: int) -> None:
        with self.lock:
            mine = [one for one in self.open if one[0] == email][: amount % 3 + 1]
            self.open = [one for one in self.open if one not in mine]
            self.expired += mine
        held = [one for _, one in mine]
        self.money.parts.ledger.recorder.expire(user_id_for(email), held)

    def grant(self, email: str, amount: int) -> None:
        kind = self.kinds[amount % len(self.kinds)]
        today = self.money.clock().astimezone(self.money.parts.settings.zone).date()
        until = today + timedelta(days=amount % 40) if kind is GrantKind.UNTIL else None
        try:
            self.changes.add_tokens(
                user_id_for(email), amount, term=Term(kind, until), actor=BOSS, reason="more"
            )
        except (NotFoundError, InvalidRequestError, ConflictError):
            return
        with self.lock:
            self.given.append(amount)

    def void(self, email: str, amount: int) -> None:
        user = self.money.parts.quota.users.get(user_id_for(email))
        if user is None:
            return
        names = [*(one.grant_id for one in user.grants), EVERY_MONTH_ID]
        try:
            self.grants.void(user.user_id, names[amount % len(names)], actor=BOSS, reason="")
        except (NotFoundError, ConflictError):
            return

    def take_back(self, email: str, amount: int) -> None:
        try:
            self.changes.add_tokens(user_id_for(email), -amount, actor=BOSS, reason="less")
        except (NotFoundError, InvalidRequestError, ConflictError):
            return

    def limit(self, email: str, amount: int) -> None:
        self.if_there(self.changes.set_limit, email, amount * 10)

    def cap(self, email: str, amount: int) -> None:
        stated = "none" if amount % 5 == 0 else f"auto:{amount}" if amount % 2 else str(amount * 9)
        self.if_there(self.daily, email, stated)

    def daily(self, user_id: str, stated: str, *, actor: Actor, reason: str) -> None:
        update = UserUpdate(daily_limit=stated)
        self.changes.update(user_id, update, actor=actor, reason=reason)

    def lift(self, email: str, _: int) -> None:
        try:
            self.if_there(self.changes.lift_day, email)
        except InvalidRequestError:
            return  # who has no limit a day

    def reset(self, email: str, _: int) -> None:
        self.if_there(self.changes.reset_usage, email)

    def if_there(self, change: Any, email: str, *more: Any) -> None:
        try:
            change(user_id_for(email), *more, actor=BOSS, reason="it was needed")
        except (NotFoundError, ConflictError):
            return

    def later(self, _: str, amount: int) -> None:
        """Up to five days, most often less than two."""
        with self.lock:
            self.money.clock.forward(hours=amount if amount > 120 else amount % 40, seconds=amount)

    def sweep(self, _email: str, amount: int) -> None:
        if amount % 2:
            sweep(self.money)

    def check(self) -> None:
        """Whatever has been done: no figure below nothing, none that does not fit."""
        for user in self.users():
            assert user.every_month_tokens >= 0
            assert user.burnt_tokens >= 0
            assert user.available_tokens == user.quota.available_tokens
            assert all(0 <= one.tokens <= one.granted_tokens for one in user.grants)
            assert all(0 <= one.tokens <= one.granted_tokens for one in live_grants(user))

    def close(self) -> list[User]:
        """Settle what is open; nothing is held then."""
        assert self.money.record(*self.undelivered) == []
        for user in self.users():
            self.money.parts.ledger.recorder.expire(user.user_id, user.reservations.values())
        assert all(not user.reservations for user in self.users())
        self.check()
        return self.users()


def steps(*names: str, most: int) -> Any:
    step = st.tuples(
        st.sampled_from(names), st.sampled_from(PEOPLE), st.integers(min_value=1, max_value=200)
    )
    return st.lists(step, min_size=4, max_size=most)


ALL = (
    *("admit", "admit", "admit", "admit", "settle", "settle", "repeat", "expire", "late"),
    *("grant", "grant", "grant", "void", "take_back", "limit", "reset", "later", "later", "sweep"),
    *("cap", "cap", "lift"),
)
# these lose nothing and give nothing away
KEEPING = (
    *("admit", "admit", "admit", "admit", "settle", "settle", "repeat", "expire", "late"),
    *("grant", "later", "later", "sweep"),
)


def test_whatever_is_granted_and_ends_the_books_agree(money: MoneyPath) -> None:
    numbers = itertools.count()

    @settings(max_examples=25, deadline=None, database=None, phases=[Phase.generate])
    @given(
        threads=st.lists(steps(*ALL, most=14), min_size=3, max_size=3),
        limit=st.sampled_from([0, 2_000, 10**6]),
        block=st.sampled_from([1.0, 1.0, 0.9]),
    )
    def explore(threads: list[list[tuple[str, str, int]]], limit: int, block: float) -> None:
        money.clock.now = datetime(2026, 11, 25, 15, tzinfo=UTC)
        mine = money.settings(default_monthly_limit=limit, block_threshold=block, min_user_limit=0)
        office = Office(mine, next(numbers))
        with ThreadPoolExecutor(len(threads)) as pool:
            for future in [pool.submit(office.run, one) for one in threads]:
                future.result()
        office.check()
        office.close()
        mine.assert_books_balance()
        assert not run(mine).findings

    explore()


def test_tokens_until_used_are_used_once_and_none_is_lost(money: MoneyPath) -> None:
    """Nothing but them, over months, with late answers: used and left are what was granted."""
    numbers = itertools.count()

    @settings(max_examples=60, deadline=None, database=None)
    @given(history=steps(*KEEPING, most=40))
    def explore(history: list[tuple[str, str, int]]) -> None:
        money.clock.now = datetime(2026, 11, 25, 15, tzinfo=UTC)
        mine = money.settings(default_monthly_limit=0)
        office = Office(mine, next(numbers))
        office.kinds = (GrantKind.UNTIL_USED,)
        for person in PEOPLE:
            mine.put_user(office.email(person), monthly_limit=0)
        office.run(history)
        users = office.close()
        ids = {user.user_id for user in users}
        used = sum(row["charged_tokens"] for row in mine.rows("usage") if row["user_id"] in ids)
        assert used + sum(user.available_tokens for user in users) == sum(office.given)
        assert not run(mine).findings

    explore()
