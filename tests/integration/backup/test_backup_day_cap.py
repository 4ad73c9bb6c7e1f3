"""A backup while the day of capped users turns and their answers come: what is left agrees."""

import uuid
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from solaris.accounts.updates import UserUpdate
from solaris.quota.user import user_id_for
from tests.integration.backup.backup_support import (
    BOSS,
    EMAILS,
    LAST_MINUTE,
    MIDNIGHT,
    Traffic,
    back_up,
    made,
    restore,
)
from tests.integration.conftest import Clock, MoneyPath
from tests.integration.reconciliation.test_reconciling import run

# in the middle of a month
SHIFT = timedelta(days=9)


@pytest.fixture
def source(emulator: str, stage: str) -> Iterator[MoneyPath]:
    path = made(stage, Clock(LAST_MINUTE + SHIFT))
    yield path
    path.assert_books_balance()


class OnCaps(Traffic):
    """People with a daily limit, which may be lifted, changed and taken away."""

    def __init__(self, source: MoneyPath, seed: int) -> None:
        super().__init__(source, seed)
        self.moves = (
            *(self.ask, self.answer, self.answer, self.answer, self.release),
            *(self.expire, self.late, self.limit),
        )
        for email in EMAILS:
            source.put_user(email, monthly_limit=30_000_000)
            self.set(email, "auto:25")

    def set(self, email: str, stated: str) -> None:
        update = UserUpdate(daily_limit=stated)
        self.office.update(user_id_for(email), update, actor=BOSS, reason="fair use")

    def limit(self) -> None:
        self.set(self.somebody(), self.random.choice(["auto:25", "900000", "none"]))


@pytest.mark.parametrize("seconds_left", [-3, 3])
@pytest.mark.parametrize("seed", range(4))
def test_days_agree_whatever_is_booked_between_two_pages(
    source: MoneyPath, tmp_path: Path, seed: int, seconds_left: int
) -> None:
    target = made(f"t{uuid.uuid4().hex[:12]}", source.clock)
    traffic = OnCaps(source, seed)
    for email in EMAILS:
        traffic.ask(email)
        traffic.ask(email)
    for _ in range(15):
        traffic.move()
    source.clock.now = MIDNIGHT + SHIFT - timedelta(seconds=seconds_left)
    for email in EMAILS:
        traffic.ask(email)

    def tick(step: str, _number: int, _items: int) -> None:
        if step.startswith("reading"):
            traffic.move()

    back_up(source, tmp_path / "backup.gz", tick)
    restore(target, tmp_path / "backup.gz")
    for path in (source, target):
        assert not run(path).findings
        path.assert_books_balance()
        for user in path.parts.quota.users.scan():
            path.parts.ledger.recorder.expire(user.user_id, user.reservations.values())
        path.assert_books_balance()
