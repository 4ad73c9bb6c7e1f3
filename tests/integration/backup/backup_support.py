"""What the tests of backups share: stages by one clock, a backup, a restore, traffic."""

import asyncio
import random
import threading
from collections.abc import Callable, Coroutine
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from solaris.app import Parts
from solaris.backup.backup import LEFT_OUT, BackingUp, BackupReport
from solaris.backup.queued_events import Peek
from solaris.backup.restore import (
    Restoring,
    checked,
)
from solaris.backup.whole_tables import MODELS
from solaris.platform.access import Scope
from solaris.platform.actor import Actor
from solaris.platform.aws.client import AsyncAws
from solaris.platform.aws.tables import create_tables
from solaris.platform.errors import SolarisError
from solaris.platform.settings import Settings
from solaris.quota.reservation import Reservation
from solaris.quota.usage import Outcome
from solaris.quota.user import user_id_for
from tests.integration.accounts.users_support import user_changes_of
from tests.integration.conftest import ANA, Clock, MoneyPath

BOSS = Actor(name="boss@example.com")
# of October, in São Paulo
MIDNIGHT = datetime(2026, 11, 1, 3, 0, 0, tzinfo=UTC)
LAST_MINUTE = MIDNIGHT - timedelta(minutes=1)
EMAILS = tuple(f"user{n}@example.com" for n in range(5))
GROUPS = ("aaaaaaaaaaaa", "bbbbbbbbbbbb", None)

Tick = Callable[[str, int, int], None]


def silent(_step: str, _number: int, _items: int) -> None:
    """Nobody watches."""


def made(stage: str, clock: Clock, **more: Any) -> MoneyPath:
    """A stage whose every part goes by the test's clock."""
    settings = Settings(
        solaris_stage=stage,
        secret_key="integration-tests-only-0123456789",
        aws_region="us-east-1",
        redis_url="none",
        redis_host=None,
        **more,
    )
    parts = Parts(settings, clock)
    create_tables()
    parts.platform.queues.create_all()
    parts.platform.files.create()
    return MoneyPath.of(parts, clock)


def in_loop(source: MoneyPath, work: Callable[[MoneyPath], Coroutine[Any, Any, Any]]) -> Any:
    """Run what is asynchronous beside a loop that is running already."""
    found: list[Any] = []

    async def connected() -> None:
        aws = AsyncAws("us-east-1")
        try:
            found.append(await work(MoneyPath.of(source.parts, source.clock, aws)))
        except SolarisError as error:
            found.append(error)
        finally:
            await aws.close()

    thread = threading.Thread(target=lambda: asyncio.run(connected()))
    thread.start()
    thread.join()
    if isinstance(found[0], SolarisError):
        raise found[0]
    return found[0]


def admitted(source: MoneyPath, email: str = ANA, **more: Any) -> Reservation:
    reservation: Reservation = in_loop(source, lambda path: path.admit(email, **more)).reservation
    return reservation


def back_up(
    source: MoneyPath,
    path: Path,
    tick: Tick = silent,
    wait: float = 0,
    peek: Peek | None = None,
) -> BackupReport:
    parts = source.parts
    backing_up = BackingUp(
        settings=parts.settings,
        queues=parts.platform.queues,
        clock=source.clock,
        program="test",
        peek=peek,
    )
    return backing_up.run(path, wait_seconds=wait, tick=tick)


def restore(target: MoneyPath, path: Path, *, replace: bool = False, tick: Tick = silent) -> None:
    bound = Parts(target.parts.settings, target.clock)  # the models are of one stage at a time
    restoring = Restoring(
        settings=bound.settings, feed=bound.quota.changes, queues=bound.platform.queues
    )
    restoring.prepare()
    restoring.run(path, checked(path, silent), replace=replace, tick=tick)


def tables_of(path: MoneyPath) -> dict[str, dict[str, Any]]:
    """Every item of every table that a backup holds, by its key."""
    found: dict[str, dict[str, Any]] = {}
    for table, model in MODELS.items():
        if table in LEFT_OUT:
            continue
        names = [
            n for n, one in model.get_attributes().items() if one.is_hash_key | one.is_range_key
        ]
        pages = path.parts.platform.dynamodb.get_paginator("scan").paginate(
            TableName=path.parts.settings.table_name(table), ConsistentRead=True
        )
        items = [item for page in pages for item in page["Items"]]
        found[table] = {"/".join(one[name]["S"] for name in names): one for one in items}
    return found


def lived(source: MoneyPath) -> None:
    """A stage with something in every table that people and requests fill."""
    office = user_changes_of(source)
    for email in EMAILS:
        reservation = admitted(source, email)
        assert not source.record(source.event(reservation, email, completion=30))
        office.add_tokens(user_id_for(email), 1_000, actor=BOSS, reason="a grant")
    office.reset_usage(user_id_for(EMAILS[0]), actor=BOSS, reason="a mistake")
    source.parts.accounts.token_requests.ask(user_id_for(EMAILS[0]), 500, "more", BOSS)
    source.parts.sign_in.admin_accounts.ensure_first()
    source.parts.sign_in.admin_keys.create(BOSS, [Scope.USERS_READ], name="terraform")
    admitted(source, EMAILS[1])


class Traffic:
    """Requests, answers and admins at work between any two pages that a backup reads."""

    def __init__(self, source: MoneyPath, seed: int) -> None:
        self.source = source
        self.random = random.Random(seed)
        self.office = user_changes_of(source)
        self.open: list[tuple[str, Reservation]] = []
        self.expired: list[tuple[str, Reservation]] = []
        self.moves: tuple[Callable[[], None], ...] = (
            *(self.ask, self.ask, self.answer, self.answer, self.answer, self.release),
            *(self.expire, self.late, self.unreserved, self.grant, self.forgive, self.someone_new),
            *(self.join, self.join),
        )

    def move(self) -> None:
        self.source.clock.forward(milliseconds=self.random.randint(1, 1_500))
        self.random.choice(self.moves)()

    def somebody(self) -> str:
        return self.random.choice(EMAILS)

    def ask(self, email: str = "") -> None:
        email = email or self.somebody()
        self.open.append((email, admitted(self.source, email, prompt=self.random.randint(1, 500))))

    def taken(self, of: list[tuple[str, Reservation]]) -> tuple[str, Reservation] | None:
        return of.pop(self.random.randrange(len(of))) if of else None

    def settle(self, of: list[tuple[str, Reservation]], **more: Any) -> None:
        if one := self.taken(of):
            email, reservation = one
            event = self.source.event(
                reservation,
                email,
                completion=self.random.randint(0, 900),
                first_byte_ms=self.random.randint(0, 20_000),
                **more,
            )
            assert not self.source.record(event)

    def answer(self) -> None:
        self.settle(self.open)

    def release(self) -> None:
        self.settle(self.open, outcome=Outcome.RELEASED)

    def expire(self) -> None:
        if one := self.taken(self.open):
            self.source.parts.ledger.recorder.expire(user_id_for(one[0]), [one[1]])
            self.expired.append(one)

    def late(self) -> None:
        """The answer of an expired reservation; less than its estimate now and then."""
        self.settle(self.expired, **({"prompt": 0} if self.random.random() < 0.5 else {}))

    def unreserved(self) -> None:
        email = self.somebody()
        if self.source.parts.quota.users.get(user_id_for(email)):
            event = self.source.event(
                None, email, prompt=7, period=self.source.user(email).period, status_code=500,
                model=self.random.choice(("gpt-4o-mini", "a model without a price")),
            )  # fmt: skip
            assert not self.source.record(event)

    def grant(self) -> None:
        self.change(lambda user_id: self.office.add_tokens(user_id, 5, actor=BOSS, reason="more"))

    def forgive(self) -> None:
        self.change(lambda user_id: self.office.reset_usage(user_id, actor=BOSS, reason="sorry"))

    def join(self) -> None:
        """Into one of two groups, or out of both."""
        group_id = self.random.choice(GROUPS)
        self.change(
            lambda user_id: self.source.parts.quota.users.change(
                user_id, lambda user: replace(user, group_id=group_id, version=user.version + 1)
            )
        )

    def change(self, what: Callable[[str], Any]) -> None:
        user_id = user_id_for(self.somebody())
        if self.source.parts.quota.users.get(user_id):
            what(user_id)

    def someone_new(self) -> None:
        self.ask(f"new{self.random.random()}@example.com")


def ids_of(path: MoneyPath) -> set[str]:
    return {row["request_id"] for row in path.rows("usage")}


def held_by(path: MoneyPath) -> set[str]:
    return {key for user in path.parts.quota.users.scan() for key in user.reservations}
