"""Backup and restore on a real store: equal tables, and books that balance under live traffic."""

import random
import uuid
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from solaris.app import Parts
from solaris.backup import whole_tables
from solaris.backup.restore import (
    RestoreDiffersError,
    TablesNotEmptyError,
)
from solaris.directory.listing import UserQuery
from solaris.platform.aws.client import AsyncAws, boto_client
from solaris.platform.clock import now
from solaris.platform.errors import StoreUnavailableError
from tests.integration.backup.backup_support import (
    BOSS,
    EMAILS,
    LAST_MINUTE,
    MIDNIGHT,
    Traffic,
    admitted,
    back_up,
    held_by,
    ids_of,
    lived,
    made,
    restore,
    tables_of,
)
from tests.integration.conftest import ANA, Clock, MoneyPath


@pytest.fixture
def source(emulator: str, stage: str) -> Iterator[MoneyPath]:
    """A stage that goes by a clock of the test's throughout; its books balance at the end."""
    path = made(stage, Clock(LAST_MINUTE))
    yield path
    path.assert_books_balance()


@pytest.fixture
def target(source: MoneyPath) -> MoneyPath:
    return made(f"t{uuid.uuid4().hex[:12]}", source.clock)


@pytest.mark.parametrize("later_hours", [0, 1])
def test_equal_tables(
    source: MoneyPath, target: MoneyPath, tmp_path: Path, later_hours: int
) -> None:
    """Whether or not the last bookings are recent, and so summed anew."""
    lived(source)
    documents = source.parts.quota.documents
    written = documents.put(
        documents.get("weights"), {"big": 5}, changed_by=BOSS.name, now=source.clock()
    )
    source.clock.forward(hours=later_hours)
    report = back_up(source, tmp_path / "backup.gz")
    assert report.mended_items == 0
    assert report.still_open == 1
    assert (tmp_path / "backup.gz").stat().st_mode & 0o777 == 0o600
    assert [one.name for one in tmp_path.iterdir()] == ["backup.gz"]
    restore(target, tmp_path / "backup.gz")
    found = tables_of(source)
    assert found == tables_of(target)
    assert target.parts.quota.documents.get("weights") == written
    (key,) = target.parts.sign_in.admin_keys.list()
    assert (key.name, key.created_by) == ("terraform", BOSS.name)
    assert {"users", "usage", "counters", "transactions", "audit", "admins"} <= {
        name for name, items in found.items() if items
    }
    target.assert_books_balance()


def test_every_type_of_attribute_comes_back_exactly(
    source: MoneyPath, target: MoneyPath, tmp_path: Path
) -> None:
    item = {
        "alert_id": {"S": "all types"},
        "big": {"N": "12345678901234567890123456789012345678"},
        "small": {"N": "-0.000000000000000000000000000000000001"},
        "bytes": {"B": bytes(range(256))},
        "texts": {"SS": ["b", "a", "ç"]},
        "numbers": {"NS": ["3", "-1.5", "20"]},
        "binaries": {"BS": [b"\xff\x00", b"\x01"]},
        "nothing": {"NULL": True},
        "no": {"BOOL": False},
        "nested": {"L": [{"M": {"x": {"N": "1.5"}, "empty": {"M": {}}}}, {"S": ""}, {"L": []}]},
        "odd": {"S": '"SS":["x"]\n\u2028 \U0001f600'},
    }
    table = source.parts.settings.table_name("alerts")
    boto3s = boto_client("dynamodb", source.parts.settings.aws_region)  # takes and gives bytes
    boto3s.put_item(TableName=table, Item=item)
    back_up(source, tmp_path / "backup.gz")
    restore(target, tmp_path / "backup.gz")
    stored = boto3s.get_item(
        TableName=table, Key={"alert_id": item["alert_id"]}, ConsistentRead=True
    )["Item"]
    found = tables_of(target)["alerts"]["all types"]
    for kind, name in (("SS", "texts"), ("NS", "numbers"), ("BS", "binaries")):
        assert sorted(found.pop(name)[kind]) == sorted(stored.pop(name)[kind])
    assert found == stored


def assert_changes_fit(path: MoneyPath) -> None:
    """Accounts show the changes whose rows are there, and no others; the audit log names them."""
    rows = path.rows("transactions")
    granted: Counter[str] = Counter()
    for row in rows:
        granted[row["user_id"]] += row["amount"] if row["kind"] == "grant" else 0
    for user in path.parts.quota.users.scan():
        assert user.additional_tokens == granted[user.user_id]
        assert user.version >= max(
            (row["version"] for row in rows if row["user_id"] == user.user_id), default=0
        )
    by_people = {row["transaction_id"] for row in rows if row["actor"] == BOSS.name}
    assert by_people == {row["transaction_id"] for row in path.rows("audit")}


@pytest.mark.parametrize("seconds_left", [-3, 3])
@pytest.mark.parametrize("seed", range(6))
def test_books_balance_whatever_happens_between_two_pages(
    source: MoneyPath, target: MoneyPath, tmp_path: Path, seed: int, seconds_left: int
) -> None:
    """The month ends just before or on the way: users are rolled over by their own requests."""
    traffic = Traffic(source, seed)
    for email in EMAILS:
        traffic.ask(email)
    for _ in range(25):
        traffic.move()
    source.clock.now = MIDNIGHT - timedelta(seconds=seconds_left)
    for email in EMAILS[:3]:
        traffic.ask(email)
    booked_before, known_before = ids_of(source), ids_of(source) | held_by(source)

    def tick(step: str, _number: int, _items: int) -> None:
        # what happens before the accounts are read is nothing to be put right
        if step.startswith("reading") and step != "reading requests":
            traffic.move()

    report = back_up(source, tmp_path / "backup.gz", tick)
    restore(target, tmp_path / "backup.gz")
    target.assert_books_balance()
    assert_changes_fit(target)
    assert booked_before <= ids_of(target) <= ids_of(source)
    # nothing that was asked for before is lost: booked, or still open
    assert known_before <= ids_of(target) | held_by(target)
    assert not ids_of(target) & held_by(target)
    assert report.mended_items
    # what still comes is booked by the ordinary rules
    for email, reservation in traffic.open:
        if reservation.request_id in held_by(target):
            assert not target.record(target.event(reservation, email, completion=11))
    target.assert_books_balance()


def test_what_was_open_at_the_start_is_waited_for(
    source: MoneyPath, target: MoneyPath, tmp_path: Path
) -> None:
    """Accepted by the queue, not booked: so is every answer for a moment."""
    first, second = admitted(source), admitted(source)

    def tick(step: str, _number: int, items: int) -> None:
        if step.startswith("waiting"):
            source.record(source.event(first if items == 2 else second, completion=5))

    report = back_up(source, tmp_path / "backup.gz", tick, wait=30)
    assert report.still_open == 0
    restore(target, tmp_path / "backup.gz")
    assert ids_of(target) == {first.request_id, second.request_id}
    assert not held_by(target)
    target.assert_books_balance()


def test_only_into_empty_tables_unless_told(source: MoneyPath, tmp_path: Path) -> None:
    lived(source)
    back_up(source, tmp_path / "backup.gz")
    before = tables_of(source)
    reservation = admitted(source, "later@example.com")
    assert not source.record(source.event(reservation, "later@example.com"))
    with pytest.raises(TablesNotEmptyError, match="users, usage"):
        restore(source, tmp_path / "backup.gz")
    assert "later@example.com" in {one["email"]["S"] for one in tables_of(source)["users"].values()}
    restore(source, tmp_path / "backup.gz", replace=True)
    assert tables_of(source) == before


def test_a_restore_that_was_cut_short_is_begun_again(
    source: MoneyPath, target: MoneyPath, tmp_path: Path
) -> None:
    lived(source)
    back_up(source, tmp_path / "backup.gz")

    def cut(step: str, _number: int, _items: int) -> None:
        if step == "writing users":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        restore(target, tmp_path / "backup.gz", tick=cut)
    assert any(tables_of(target).values())
    restore(target, tmp_path / "backup.gz")
    assert tables_of(target) == tables_of(source)


def test_somebody_who_writes_meanwhile_is_noticed(
    source: MoneyPath, target: MoneyPath, tmp_path: Path
) -> None:
    lived(source)
    back_up(source, tmp_path / "backup.gz")

    def meddle(step: str, _number: int, _items: int) -> None:
        if step == "comparing users":
            table = target.parts.settings.table_name("keys")
            item = {"key_hash": {"S": "x"}, "key_id": {"S": "x"}}
            target.parts.platform.dynamodb.put_item(TableName=table, Item=item)

    with pytest.raises(RestoreDiffersError, match=r"^keys: "):
        restore(target, tmp_path / "backup.gz", tick=meddle)


def test_what_the_store_takes_away_by_itself_is_no_difference(
    source: MoneyPath, target: MoneyPath, tmp_path: Path
) -> None:
    """A session of weeks ago: its time to live is over, and a store may delete it at once."""
    lived(source)
    item = {"session_id": {"S": "old"}, "expires_at": {"N": "1000000000"}}
    sessions = source.parts.settings.table_name("sessions")
    source.parts.platform.dynamodb.put_item(TableName=sessions, Item=item)
    back_up(source, tmp_path / "backup.gz")

    def take_away(step: str, _number: int, _items: int) -> None:
        if step == "comparing users":
            target.parts.platform.dynamodb.delete_item(
                TableName=target.parts.settings.table_name("sessions"),
                Key={"session_id": {"S": "old"}},
            )

    restore(target, tmp_path / "backup.gz", tick=take_away)
    assert not tables_of(target)["sessions"]


def test_throttling_and_broken_calls_are_tried_again(
    source: MoneyPath, target: MoneyPath, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lived(source)
    back_up(source, tmp_path / "backup.gz")
    chance = random.Random(1)
    call = AsyncAws.call

    async def shaky(self: AsyncAws, service: str, operation: str, payload: dict[str, Any]) -> Any:
        if chance.random() < 0.3:
            raise StoreUnavailableError("throttled")
        if operation == "BatchWriteItem" and chance.random() < 0.5:
            ((table, requests),) = payload["RequestItems"].items()
            if len(requests) > 1:
                done = {"RequestItems": {table: requests[:1]}}
                await call(self, service, operation, done)
                return {"UnprocessedItems": {table: requests[1:]}}
        return await call(self, service, operation, payload)

    monkeypatch.setattr(AsyncAws, "call", shaky)
    quick = replace(whole_tables.ATTEMPTS, pause_seconds=0.0001)
    monkeypatch.setattr(whole_tables, "ATTEMPTS", quick)
    again = tmp_path / "again.gz"
    back_up(source, again)
    restore(target, again)
    monkeypatch.undo()
    assert tables_of(target) == tables_of(source)


def test_a_running_process_lists_what_was_restored(source: MoneyPath, tmp_path: Path) -> None:
    """Its replica knows the users by higher versions than the backup's; so does its snapshot."""
    directory = source.parts.directory.directory

    def listed() -> dict[str, int]:
        listing = directory.users(UserQuery())
        return {row.email: row.current_usage for row in listing.items}

    source.clock.now = now()
    source.record(source.event(admitted(source), prompt=10))
    back_up(source, tmp_path / "backup.gz")
    for _ in range(5):
        source.record(source.event(admitted(source), prompt=100))
    admitted(source, "later@example.com")
    assert listed()[ANA] == 510
    source.parts.directory.keeper.run()
    restore(source, tmp_path / "backup.gz", replace=True)
    assert listed() == {ANA: 10}
    assert (
        Parts(source.parts.settings).directory.directory.users(UserQuery()).items[0].current_usage
        == 10
    )
