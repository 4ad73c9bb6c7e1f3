"""A backup while a month ends and its late answers come: grants that were carried over agree."""

import uuid
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from solaris.quota.grant import GrantKind, Term
from solaris.quota.user import user_id_for
from tests.integration.backup.backup_support import (
    BOSS,
    EMAILS,
    LAST_MINUTE,
    MIDNIGHT,
    Traffic,
    back_up,
    held_by,
    made,
    restore,
)
from tests.integration.conftest import Clock, MoneyPath
from tests.integration.reconciliation.test_reconciling import run

GRANTED = 300_000


@pytest.fixture
def source(emulator: str, stage: str) -> Iterator[MoneyPath]:
    path = made(stage, Clock(LAST_MINUTE), default_monthly_limit=0)
    yield path
    path.assert_books_balance()


class OnGrants(Traffic):
    """People on nothing but tokens that are good until used."""

    def __init__(self, source: MoneyPath, seed: int) -> None:
        super().__init__(source, seed)
        self.given = 0
        self.moves = (
            *(self.ask, self.answer, self.answer, self.answer, self.release),
            *(self.expire, self.late, self.late, self.grant),
        )
        for email in EMAILS:
            source.put_user(email, monthly_limit=0)
            for tokens in (GRANTED - 1_500, 1_000, 500):
                self.give(email, tokens)

    def give(self, email: str, tokens: int) -> None:
        term = Term(GrantKind.UNTIL_USED)
        self.office.add_tokens(user_id_for(email), tokens, term=term, actor=BOSS, reason="more")

    def grant(self) -> None:
        self.give(self.somebody(), 5)


@pytest.mark.parametrize("seconds_left", [-3, 3])
@pytest.mark.parametrize("seed", range(6))
def test_grants_agree_whatever_is_booked_late_between_two_pages(
    source: MoneyPath, tmp_path: Path, seed: int, seconds_left: int
) -> None:
    target = made(f"t{uuid.uuid4().hex[:12]}", source.clock, default_monthly_limit=0)
    traffic = OnGrants(source, seed)
    for email in EMAILS:
        traffic.ask(email)
        traffic.ask(email)
    for _ in range(15):
        traffic.move()
    source.clock.now = MIDNIGHT - timedelta(seconds=seconds_left)
    for email in EMAILS:
        traffic.ask(email)

    def tick(step: str, _number: int, _items: int) -> None:
        if step.startswith("reading"):
            traffic.move()

    back_up(source, tmp_path / "backup.gz", tick)
    restore(target, tmp_path / "backup.gz")
    for path in (source, target):
        assert not run(path).findings
        for email, reservation in traffic.open:
            if reservation.request_id in held_by(path):
                assert not path.record(path.event(reservation, email, completion=11))
        for user in path.parts.quota.users.scan():
            path.parts.ledger.recorder.expire(user.user_id, user.reservations.values())
        path.assert_books_balance()
        assert not run(path).findings
        rows = path.rows("transactions")
        granted = sum(row["amount"] for row in rows if row["kind"] == "grant")
        used = sum(row["charged_tokens"] for row in path.rows("usage"))
        left = sum(user.available_tokens for user in path.parts.quota.users.scan())
        assert used + left == granted
