"""A backup of a system that has lived for a year: every table has all that it ever gets."""

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from infra.local.edge.mailbox import verify_sender
from solaris.accounts.token_requests.service import Approval
from solaris.accounts.updates import UserUpdate
from solaris.exports.export import Export, ExportKind
from solaris.keys.management import KeyTerms
from solaris.ledger.booking import system_owner
from solaris.ledger.figures import ReportFilters
from solaris.platform.aws.queues import ALERTS_QUEUE, EXPORTS_QUEUE, Message
from solaris.platform.errors import InvalidCredentialsError
from solaris.quota.periods import period_of
from solaris.quota.user import user_id_for
from tests.integration.backup.backup_support import (
    BOSS,
    admitted,
    back_up,
    made,
    restore,
    tables_of,
)
from tests.integration.conftest import Clock, MoneyPath
from tests.integration.exports.exports_support import PLENTY_SECONDS, order
from tests.integration.reconciliation.test_reconciling import disturb, run
from tests.integration.sign_in.sign_in_support import HERE

# In years to come: no table forgets (TTL) in the real time of the test what the year has made.
JANUARY = datetime(2041, 1, 15, 15, 0, tzinfo=UTC)
PEOPLE = tuple(f"person{n}@example.com" for n in range(4))
GONE = "gone@example.com"
MOVES = (2, 7)
LIMIT = 10_000


def messages(path: MoneyPath, queue: str) -> Iterator[Message]:
    """Everything that waits; it is off the queue once it was gone through."""
    queues = path.parts.platform.queues
    found = queues.receive(queue, wait_seconds=0)
    yield from (Message(one["MessageId"], one["Body"], one["ReceiptHandle"], 1) for one in found)
    queues.delete(queue, found)


def a_months_requests(path: MoneyPath, number: int) -> None:
    """Answers, refusals of the upstream, a warning, and a crash that the sweep finds."""
    for email in (*PEOPLE, f"new{number}@example.com"):
        reservation = admitted(path, email)
        assert not path.record(path.event(reservation, email, completion=30, first_byte_ms=340))
    path.record(path.event(None, PEOPLE[1], prompt=LIMIT, status_code=500))
    admitted(path, PEOPLE[2])
    path.clock.forward(hours=1)
    assert path.parts.gateway.sweeper.run().expired == 1
    assert not path.parts.alerts.alerter.handle_messages(list(messages(path, ALERTS_QUEUE)))


def a_months_office(path: MoneyPath, number: int) -> None:
    """Keys made and revoked, somebody deleted, grants, an export, a stranger at the door."""
    parts = path.parts
    parts.keys.management.create(KeyTerms(name=f"kept{number}"), BOSS)
    revoked = parts.keys.management.create(KeyTerms(name="lost"), BOSS)
    parts.keys.management.revoke(revoked.key.key_id, BOSS)
    parts.accounts.user_changes.add_tokens(user_id_for(PEOPLE[0]), 500, actor=BOSS, reason="more")
    parts.accounts.user_changes.reset_usage(user_id_for(PEOPLE[3]), actor=BOSS, reason="a loop")
    if number == 3:
        admitted(path, GONE)
        parts.accounts.deleter.delete(user_id_for(GONE), actor=BOSS, reason="asked for")
    day = path.clock().date()
    filters = ReportFilters(first_day=day.replace(day=1), last_day=day)
    wanted = order(ExportKind.BY_USER, filters=filters)
    export = parts.exports.jobs.export(wanted, BOSS, in_background=True)
    assert isinstance(export, Export)
    for message in messages(path, EXPORTS_QUEUE):
        parts.exports.jobs.run(message, lambda: PLENTY_SECONDS)
    with pytest.raises(InvalidCredentialsError):
        parts.sign_in.signing_in.sign_in("nobody@example.com", "not the password", HERE)


def a_months_asking(path: MoneyPath, number: int) -> None:
    """Asked for and granted, asked for and left: it lapses."""
    requests, user_id = path.parts.accounts.token_requests, user_id_for(PEOPLE[3])
    asked = requests.ask(user_id, 500, "a project", BOSS)
    if number % 2:
        requests.approve(
            user_id, asked.request_id, Approval(), actor=BOSS, check=lambda _user, _now: None
        )


def a_year_of_moves(path: MoneyPath, number: int) -> None:
    """Somebody moves, two of one person are merged with requests under way, one leaves a name."""
    if number not in MOVES:
        return
    mover = path.parts.accounts.mover
    moved, old, new = (f"{name}{number}@example.com" for name in ("moved", "old", "new"))
    for email in (moved, old, new):
        assert not path.record(path.event(admitted(path, email), email, completion=20))
    email = f"elsewhere{number}@example.org"
    mover.update(user_id_for(moved), UserUpdate(email=email), actor=BOSS, reason="married")
    open_one = admitted(path, old)
    mover.merge(user_id_for(old), user_id_for(new), actor=BOSS, reason="one person")
    assert not path.record(path.event(open_one, old, completion=20))
    mover.release(moved, actor=BOSS, reason="of somebody else now")
    admitted(path, moved)  # the next person's, and left open: a crash


def open_the_month(path: MoneyPath) -> None:
    """What the schedule does in the first hour of a month."""
    path.clock.now = (path.clock().replace(day=1) + timedelta(days=32)).replace(day=1, hour=4)
    assert path.parts.months.resetter.run().is_done
    assert not path.parts.alerts.alerter.handle_messages(list(messages(path, ALERTS_QUEUE)))
    path.parts.gateway.sweeper.run()
    report = path.parts.reconciliation.runner.run()
    assert (report.state, report.differences) == ("done", 0)
    path.parts.directory.keeper.run()
    path.clock.forward(days=14)


def a_year(path: MoneyPath) -> None:
    """Twelve months of everything that writes, and a difference put right at the end."""
    verify_sender(path.parts.settings)
    path.parts.sign_in.admin_accounts.ensure_first()
    for number in range(12):
        a_months_requests(path, number)
        a_months_office(path, number)
        a_months_asking(path, number)
        a_year_of_moves(path, number)
        open_the_month(path)
    a_months_requests(path, 12)
    day = path.clock().date() - timedelta(days=20)
    key = {"owner": system_owner(0), "day_model": f"{day}#gpt-4o-mini"}
    disturb(path, "counters", key, **dict.fromkeys(FIGURES, 7))
    assert run(path, repair=True).open_findings == 0
    path.clock.forward(seconds=1)


FIGURES = (
    *("requests", "errors", "prompt_tokens", "completion_tokens", "cached_tokens"),
    *("charged_tokens", "cost_micros"),
)


def stages(stage: str) -> tuple[MoneyPath, MoneyPath]:
    clock = Clock(JANUARY)
    target = made(f"t{uuid.uuid4().hex[:12]}", clock)
    small = {"default_monthly_limit": LIMIT, "admin_alert_emails": ("boss@example.com",)}
    return made(stage, clock, **small), target


def test_backup_wipe_restore_of_a_year(emulator: str, stage: str, tmp_path: Path) -> None:
    source, target = stages(stage)
    a_year(source)
    path = tmp_path / "backup.gz"
    back_up(source, path)
    restore(target, path)
    before, after = tables_of(source), tables_of(target)
    filled = {name for name, items in before.items() if items}
    assert set(before) - filled <= {"suppressions"}
    assert {name: len(items) for name, items in after.items()} == {
        name: len(items) for name, items in before.items()
    }
    assert after == before
    owners = {item["user_id"]["S"] for item in before["periods"].values()}
    assert owners - set(before["users"]) == {"system#reset", "system#reconcile"}
    assert "system" in {row["user_id"] for row in target.rows("transactions")}
    aliases = {one["user_id"]["S"] for one in after["users"].values() if "address_of" in one}
    assert len(aliases) == 3 * len(MOVES), "of the moved, of the merged, and of nobody"
    assert "merge" in {row["kind"] for row in target.rows("transactions")}
    assert not run(target).findings
    # what the system has done for this month it does not do again
    assert target.parts.months.resetter.run().is_done
    assert target.parts.reconciliation.runner.run().state == "done"
    assert tables_of(target) == before


def test_work_under_way_is_begun_again_after_a_restore(
    emulator: str, stage: str, tmp_path: Path
) -> None:
    source, target = stages(stage)
    for email in PEOPLE:
        assert not source.record(source.event(admitted(source, email), email, completion=3))
    period = period_of(source.clock(), source.parts.settings.zone)
    assert source.parts.reconciliation.runs.claim(period, "somebody", source.clock())
    back_up(source, tmp_path / "backup.gz")
    restore(target, tmp_path / "backup.gz")
    assert not tables_of(target)["periods"]
    report = target.parts.reconciliation.runner.run()
    assert (report.state, report.users) == ("done", len(PEOPLE))
