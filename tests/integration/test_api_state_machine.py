"""The whole life of some people by the real services on a real store, against a plain model.

Hypothesis chooses what happens next: requests that are let in, settled, broken off, delivered
twice or forgotten; keys; grants, limits, resets, suspensions, deletions by the admin API; month
ends. After each step the store says what the model says, and what is refused is what it refuses.

SOLARIS_STATE_MACHINE_EXAMPLES=500 makes it long and shrinks what fails.
"""

import asyncio
import os
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from solaris.app import Parts
from solaris.gateway.admission import Ticket
from solaris.keys.authenticator import BlockingAuthenticator, identity_of
from solaris.keys.key import GatewayKey
from solaris.months.opening import Resetter
from solaris.months.summary import Summariser
from solaris.platform.aws.tables import PeriodModel, create_tables
from solaris.platform.errors import (
    AccountStatusError,
    InvalidApiKeyError,
    QuotaExhaustedError,
    TokensHeldError,
)
from solaris.platform.settings import Settings
from solaris.quota.identity import Identity
from solaris.quota.reservation import Demand, Reservation, expired
from solaris.quota.usage import Outcome, UsageEvent
from solaris.quota.user import user_id_for
from tests.integration.accounts.users_support import Answer, Api
from tests.integration.conftest import Clock, MoneyPath
from tests.integration.state_model import MODEL_MAXIMUM, Open, Person

SHORT = 10
EXAMPLES = int(os.environ.get("SOLARIS_STATE_MACHINE_EXAMPLES", str(SHORT)))
STEPS = 30
PEOPLE = 2
LIMITS = st.sampled_from([0, 300, 1_000, 5_000, 40_000, 200_000])
WHO = st.integers(0, PEOPLE - 1)
PICK = st.integers(0, 10**6)


@dataclass
class World:
    """One stage for all runs; each run has people of its own, by a clock of its own."""

    money: MoneyPath
    api: Api
    runner: asyncio.Runner


@pytest.fixture(scope="module")
def world(emulator: str) -> Iterator[World]:
    parts = Parts(
        Settings(
            solaris_stage=f"m{uuid.uuid4().hex[:12]}",
            secret_key="integration-tests-only-0123456789",
            aws_region="us-east-1",
            redis_url=None,
            redis_host=None,
            min_user_limit=0,
        )
    )
    create_tables()
    parts.platform.queues.create_all()
    parts.platform.files.create()
    clock = Clock()
    parts.platform.clock = clock
    with asyncio.Runner() as runner:
        money = MoneyPath.of(parts, clock)
        api = Api(money)
        yield World(money, api, runner)
        api.close()
        runner.run(parts.close())
    # all runs together
    money.assert_books_balance()


class Life(RuleBasedStateMachine):
    """What may happen to two people."""

    world: World

    @initialize(limits=st.tuples(LIMITS, LIMITS))
    def begin(self, limits: tuple[int, int]) -> None:
        self.money, self.api = self.world.money, self.world.api
        # never back: the directory, which lists the keys of somebody deleted, follows the time
        self.money.clock.forward(hours=1)
        self.booked: list[UsageEvent] = []
        self.reservations: dict[str, Reservation] = {}
        self.revoked: list[str] = []
        self.minutes = 0
        self.people: list[Person] = []
        for limit in limits:
            email = f"{uuid.uuid4().hex[:12]}@example.com"
            self.api.ok("POST", "/admin/users", {"email": email, "monthlyLimit": limit})
            self.people.append(Person(email, limit, self.money.period))

    @rule(
        who=WHO,
        prompt=st.sampled_from([1, 40, 250, 900, 4_000, 20_000]),
        most=st.sampled_from([None, 1, 200, 256, 3_000, 8_000, 100_000]),
        completes=st.booleans(),
        by_key=st.booleans(),
    )
    def ask(self, who: int, prompt: int, most: int | None, completes: bool, by_key: bool) -> None:
        """A request, by the service key or by a key of the person's own."""
        person = self.people[who]
        demand = Demand(prompt, most if completes else None, completes, MODEL_MAXIMUM)
        ticket = Ticket(
            request_id=f"req-{uuid.uuid4().hex}",
            identity=self.identity(person, by_key=by_key),
            demand=demand,
            model="gpt-4o-mini",
            endpoint="/v1/chat/completions",
            key_id="key_1",
            received_at=self.money.clock(),
        )
        admitting = self.money.meter.admit(ticket)
        if person.status != "active":
            with pytest.raises(AccountStatusError):
                self.world.runner.run(admitting)
            return
        person.roll_to(self.money.period)
        try:
            expected = person.hold(prompt, demand.max_completion_tokens, completes=completes)
        except LookupError:
            most = demand.max_completion_tokens
            is_held = person.is_held_back(prompt, most, completes=completes)
            with pytest.raises(TokensHeldError if is_held else QuotaExhaustedError):
                self.world.runner.run(admitting)
            return
        admission = self.world.runner.run(admitting)
        reservation = admission.reservation
        assert (reservation.tokens, admission.cap_tokens) == expected
        one = Open(ticket.request_id, prompt, *expected, person.period)
        person.open[one.request_id] = one
        self.reservations[one.request_id] = reservation

    def identity(self, person: Person, *, by_key: bool) -> Identity:
        if not (by_key and person.keys):
            return Identity(person.email)
        key = self.authenticate(next(iter(person.keys)))
        # whatever headers and body say
        other = {"x-user-email": "victim@example.com", "user": "victim@example.com"}
        found = identity_of(key, other, other, self.money.parts.settings, self.money.parts.clock())
        assert found.email == person.email
        return found

    def authenticate(self, secret: str) -> GatewayKey:
        # a new one each time: the caches' two and a half seconds are tested elsewhere
        asked = BlockingAuthenticator(self.money.parts.keys.store, self.money.clock)
        return asked.authenticate({"authorization": f"Bearer {secret}"})

    @precondition(lambda self: any(person.open for person in self.people))
    @rule(pick=PICK, share=st.sampled_from([0.0, 0.01, 0.5, 1.0]), released=st.booleans())
    def end(self, pick: int, share: float, released: bool) -> None:
        """An answer of any length that it may have, one that broke off, or an error."""
        person, one = self.picked(pick, "open")
        room = one.held - one.prompt if one.cap is None else one.cap
        before = person.available
        charged = self.resolve(person, one, int(room * share), released=released)
        del person.open[one.request_id]
        person.charge(one.period, charged)
        assert person.available >= before

    @precondition(lambda self: any(person.expired for person in self.people))
    @rule(pick=PICK, completion=st.sampled_from([0, 10, 500]), released=st.booleans())
    def end_late(self, pick: int, completion: int, released: bool) -> None:
        """The end of a request whose reservation has expired replaces what that charged."""
        person, one = self.picked(pick, "expired")
        charged = self.resolve(person, one, completion, released=released)
        del person.expired[one.request_id]
        person.charge(one.period, charged - one.prompt)

    def picked(self, pick: int, where: str) -> tuple[Person, Open]:
        found = [(one, each) for one in self.people for each in getattr(one, where).values()]
        return found[pick % len(found)]

    def resolve(self, person: Person, one: Open, completion: int, *, released: bool) -> int:
        outcome = Outcome.RELEASED if released else Outcome.SETTLED
        event = self.money.event(
            self.reservations[one.request_id], person.email, completion=completion, outcome=outcome
        )
        assert self.money.record(event) == []
        self.booked.append(event)
        return event.charged_tokens

    @precondition(lambda self: self.booked)
    @rule(pick=PICK)
    def deliver_again(self, pick: int) -> None:
        """The queue may bring any message again, at any time: nothing changes."""
        event = self.booked[pick % len(self.booked)]
        assert self.money.record(event, event) == []

    @precondition(lambda self: any(person.open for person in self.people))
    @rule()
    def forget(self) -> None:
        """Sixteen minutes pass, and what is still open was left by a crash."""
        self.money.clock.forward(minutes=16)
        self.expire()

    def expire(self) -> None:
        self.minutes = 0
        for person in self.people:
            user = self.money.user(person.email)
            late = expired(user.reservations, self.money.clock())
            self.money.parts.ledger.recorder.expire(user.user_id, late)
            person.expire()

    @rule()
    def reach_the_last_minute(self) -> None:
        """The month has a minute left; requests of then may end in the next one."""
        local = self.money.clock.now.astimezone(self.money.parts.settings.zone)
        first = (local.replace(day=1) + timedelta(days=32)).replace(day=1, hour=0, minute=0)
        last_minute = (first - timedelta(minutes=1)).astimezone(UTC)
        if last_minute - self.money.clock.now > timedelta(minutes=16):
            self.money.clock.now = last_minute
            self.expire()

    @rule()
    def pass_midnight(self) -> None:
        """Two minutes, which are a month's end or nothing much."""
        self.money.clock.forward(minutes=2)
        self.minutes += 2
        if self.minutes > 12:  # before anything open is a quarter of an hour old
            self.money.clock.forward(minutes=16)
            self.expire()

    @rule(who=WHO)
    def open_month(self, who: int) -> None:
        """The scheduled reset, of one person."""
        person, parts = self.people[who], self.money.parts
        resetter = Resetter(
            settings=parts.settings,
            users=parts.quota.users,
            summariser=Summariser(
                settings=parts.settings,
                queues=parts.platform.queues,
                groups=lambda: parts.quota.groups.read().everything,
            ),
            clock=self.money.clock,
        )
        assert resetter.open_for(person.email) is (person.period < self.money.period)
        person.roll_to(self.money.period)

    @rule(who=WHO, amount=st.sampled_from([-50_000, -700, -1, 1, 700, 50_000]))
    def grant(self, who: int, amount: int) -> None:
        """Tokens given, or taken back."""
        person = self.people[who]
        found = self.change(person, "POST", "/tokens", amount=amount)
        assert (found.status < 300) is person.grant(amount), found.body

    @rule(who=WHO, limit=LIMITS)
    def set_limit(self, who: int, limit: int) -> None:
        """Another limit, also below what is used."""
        person = self.people[who]
        found = self.change(person, "PUT", "", monthlyLimit=limit)
        # what changes nothing is refused to nobody
        same = limit == person.limit
        if person.status == "deleted":
            assert same or found.status >= 400
            return
        assert found.status == 200, found.body
        person.limit = limit

    @rule(who=WHO)
    def reset_usage(self, who: int) -> None:
        """What was used is forgiven."""
        person = self.people[who]
        found = self.change(person, "POST", "/reset-usage")
        if person.status != "deleted":
            assert found.status == 200, found.body
            person.usage = 0

    @rule(who=WHO, status=st.sampled_from(["suspend", "activate"]))
    def set_status(self, who: int, status: str) -> None:
        """Suspended, or served again; a deleted person is neither."""
        person = self.people[who]
        found = self.change(person, "POST", f"/{status}")
        if person.status == "deleted":
            assert found.status >= 400
            return
        assert found.status == 200, found.body
        person.status = "active" if status == "activate" else "suspended"

    @rule(who=WHO)
    def delete(self, who: int) -> None:
        """The person goes, with their keys; the books stay."""
        person = self.people[who]
        assert self.change(person, "DELETE", "").status in (200, 202, 204)
        if person.status == "deleted":
            return  # there is no address any more to find keys by
        person.status = "deleted"
        self.revoked += person.keys
        person.keys = {}

    @rule(who=WHO, limit=LIMITS)
    def create(self, who: int, limit: int) -> None:
        """Somebody who was deleted comes back to their own books; anybody else exists."""
        person = self.people[who]
        body = {"email": person.email, "monthlyLimit": limit}
        found = self.api("POST", "/admin/users", body)
        # who is found is found in the present month, also when they exist already
        person.roll_to(self.money.period)
        if person.status != "deleted":
            assert found.status == 409
            return
        assert found.status == 201, found.body
        person.status, person.limit = "active", limit

    @rule(who=WHO)
    def make_key(self, who: int) -> None:
        """A key of the person's own."""
        person = self.people[who]
        body = {"name": "k", "kind": "personal", "userEmail": person.email, "newUser": True}
        found = self.api("POST", "/admin/keys", body)
        assert found.status == 201, found.body
        person.keys[found.body["key"]] = found.body["id"]

    @precondition(lambda self: any(person.keys for person in self.people))
    @rule(pick=PICK)
    def revoke_key(self, pick: int) -> None:
        """A key is refused for good."""
        found = [(one, secret) for one in self.people for secret in one.keys]
        person, secret = found[pick % len(found)]
        self.api.ok("POST", f"/admin/keys/{person.keys.pop(secret)}/revoke")
        self.revoked.append(secret)

    def change(self, person: Person, method: str, rest: str, **body: Any) -> Answer:
        """A change by an admin, who finds or opens the present month."""
        path = f"/admin/users/{user_id_for(person.email)}{rest}"
        found = self.api(method, path, {**body, "reason": "because"})
        person.roll_to(self.money.period)
        return found

    @invariant()
    def the_store_says_what_the_model_says(self) -> None:
        for person in self.people:
            user = self.money.user(person.email)
            assert user.available_tokens == user.quota.available_tokens
            told = (user.period, user.current_usage, user.reserved_tokens, user.available_tokens)
            assert told == (person.period, person.usage, person.held, person.available)
            assert user.reservations.keys() == person.open.keys()
            assert user.status.value == person.status
            closed = PeriodModel.query(user.user_id, consistent_read=True)
            months = {one.period: int(one.current_usage) for one in closed}
            assert months == person.closed
            for secret in person.keys:
                assert self.authenticate(secret).user_email == person.email
        for secret in self.revoked:
            with pytest.raises(InvalidApiKeyError):
                self.authenticate(secret)


def test_whatever_happens_the_books_are_those_of_the_model(world: World) -> None:
    class Here(Life):
        pass

    Here.world = world
    run_state_machine_as_test(
        Here,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            database=None,
            # shrinking a failure takes minutes: the long form does it
            phases=tuple(Phase) if EXAMPLES > SHORT else (Phase.generate,),
            suppress_health_check=list(HealthCheck),
        ),
    )
