"""Signing in upon the real store: the parts with the test's clock, and cheap hashes."""

import itertools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from threading import Barrier
from typing import Any

import pytest

from solaris.app import Parts
from solaris.audit.auditor import Auditor
from solaris.audit.entry import AuditFilters
from solaris.platform.actor import Actor, Role
from solaris.platform.errors import InvalidCredentialsError
from solaris.platform.settings import Settings
from solaris.sign_in.admin import Admin, new_admin
from solaris.sign_in.admins import AdminAccounts
from solaris.sign_in.attempts import AttemptStore
from solaris.sign_in.devices import Devices
from solaris.sign_in.guessing import Guesses
from solaris.sign_in.password_hash import Passwords
from solaris.sign_in.sessions import Opened, Sessions
from solaris.sign_in.sign_in import Origin, SigningIn
from solaris.sign_in.tokens import AccessTokens
from tests.integration.conftest import Clock

ANA = "ana@example.com"
PASSWORD = "um céu de 1984 estrelas"
HERE = Origin(request_id="req-1", ip_address="192.0.2.1", user_agent="a browser")
ROOT = Actor(name="root@example.com")


class Seconds:
    """The process's seconds, moved by the test."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Desk:
    """One stage as a test of signing in sees it; `desk.process()` is another process of it."""

    parts: Parts
    clock: Clock
    settings: Settings
    memory_kib: int = 64

    @cached_property
    def passwords(self) -> Passwords:
        return Passwords(memory_kib=self.memory_kib)

    @cached_property
    def auditor(self) -> Auditor:
        # the clock stands still, and rows of the same millisecond have no order
        ticks = itertools.count()
        return Auditor(
            self.parts.audit.store, lambda: self.clock() + timedelta(milliseconds=next(ticks))
        )

    @cached_property
    def seconds(self) -> Seconds:
        return Seconds()

    @cached_property
    def sessions(self) -> Sessions:
        return Sessions(
            store=self.parts.sign_in.session_store,
            tokens=AccessTokens(self.settings, self.clock),
            session_days=self.settings.session_days,
            clock=self.clock,
            seconds=self.seconds,
        )

    @cached_property
    def attempts(self) -> AttemptStore:
        table = self.settings.table_name("sessions")
        return AttemptStore(self.parts.platform.dynamodb, sessions_table=table)

    @cached_property
    def devices(self) -> Devices:
        return Devices(self.settings, self.clock)

    @cached_property
    def signing_in(self) -> SigningIn:
        return SigningIn(
            admins=self.parts.sign_in.admin_store,
            guesses=Guesses(self.attempts, self.clock),
            devices=self.devices,
            sessions=self.sessions,
            passwords=self.passwords,
            auditor=self.auditor,
            clock=self.clock,
        )

    @cached_property
    def accounts(self) -> AdminAccounts:
        return AdminAccounts(
            settings=self.settings,
            admins=self.parts.sign_in.admin_store,
            passwords=self.passwords,
            auditor=self.auditor,
            clock=self.clock,
        )

    def process(self, **changes: Any) -> "Desk":
        """Another process of the same stage, with other settings if so stated."""
        return Desk(
            self.parts,
            self.clock,
            Settings(**(self.settings.model_dump() | changes)),
            self.memory_kib,
        )

    def put(self, email: str = ANA, role: Role = Role.ADMIN, password: str = PASSWORD) -> Admin:
        """Let somebody in, with a password of the test's choosing."""
        self.accounts.create(ROOT, email, name="Ana", role=role, password=password)
        return self.admin(email)

    def put_without_password(self, email: str, role: Role) -> Admin:
        admin = new_admin(email, name="", role=role, password_hash=None, now=self.clock())
        entry = self.auditor.entry(ROOT, "admin.create", target_type="admin")
        assert self.parts.sign_in.admin_store.create(admin, entry)
        return admin

    def admin(self, email: str = ANA) -> Admin:
        admin = self.parts.sign_in.admin_store.get(email)
        assert admin is not None
        return admin

    def audited(self) -> list[tuple[str, str, str | None]]:
        """(action, actor, reason) of every row, oldest first."""
        page = self.auditor.page(AuditFilters(), 1_000)
        return [(one.action, one.actor.name, one.reason) for one in reversed(page.entries)]


def raced(work: Callable[[int], Any], times: int) -> list[Any]:
    """Do something at the same moment in so many threads; results or errors, in order."""
    together = Barrier(times)

    def one(number: int) -> Any:
        together.wait(30)
        try:
            return work(number)
        except Exception as error:  # noqa: BLE001 - it is the result
            return error

    with ThreadPoolExecutor(times) as pool:
        return list(pool.map(one, range(times)))


@pytest.fixture(name="desk")
def desk_fixture(parts: Parts) -> Desk:
    """Two admins, and nothing else."""
    made = Desk(parts, Clock(), parts.settings)
    made.put("root@example.com", password="raiz quadrada de 2")
    made.put()
    return made


def sign_in(
    desk: Desk, password: str = PASSWORD, email: str = ANA, origin: Origin = HERE
) -> Opened:
    return desk.signing_in.sign_in(email, password, origin)


def fail(desk: Desk, times: int = 1, email: str = ANA, origin: Origin = HERE) -> None:
    for _ in range(times):
        with pytest.raises(InvalidCredentialsError):
            sign_in(desk, "not the password", email, origin)


def refresh(desk: Desk, opened: Opened) -> Opened:
    assert opened.refresh_token is not None
    return desk.signing_in.refresh(opened.refresh_token, HERE)


def actions(desk: Desk) -> list[str]:
    return [action for action, _, _ in desk.audited() if action != "admin.create"]
