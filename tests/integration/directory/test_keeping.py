"""The directory's upkeep on a real store: snapshots, and the daily check against the tables."""

import gzip
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from solaris.alerts.alert import Alert, AlertType, Audience, MailState
from solaris.alerts.listing import AlertQuery, alerts_listed, open_alerts_in
from solaris.directory import check as replica_check
from solaris.directory import directory as directory_module
from solaris.directory.directory import Directory
from solaris.directory.follower import MAX_BEHIND
from solaris.directory.listing import UserQuery, UserSort
from solaris.directory.snapshots import SNAPSHOT_KEY, Snapshots
from solaris.directory.upkeep import CHECK_EVERY, SAVE_EVERY, Keeper
from solaris.keys.key import new_key
from solaris.keys.listing import KeyQuery, KeyState, keys_listed
from solaris.platform.aws.files import FileStore
from solaris.platform.errors import StoreUnavailableError
from solaris.quota.feed import Changes
from solaris.quota.rollover import open_period
from solaris.quota.user import user_id_for
from tests.integration.conftest import Clock, MoneyPath


class Process:
    """A process with a directory and its upkeep; the clock stands still until it is moved."""

    def __init__(self, money: MoneyPath, clock: Clock) -> None:
        parts = money.parts
        table = parts.settings.table_name("changes")
        self.feed = Changes(parts.platform.dynamodb, table, clock)
        snapshots = Snapshots(parts.platform.files, clock)
        common: dict[str, Any] = {
            "settings": parts.settings,
            "tables": parts.directory.replica_tables,
            "snapshots": snapshots,
            "clock": clock,
        }
        self.directory = Directory(feed=self.feed, **common)
        self.keeper = Keeper(directory=self.directory, **common)

    def emails(self) -> list[str]:
        return [row.email for row in self.directory.users(UserQuery(sort=UserSort.EMAIL)).items]


@pytest.fixture
def start(money: MoneyPath, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], Process]]:
    money.parts.platform.files.create()
    monkeypatch.setattr(replica_check, "PAUSE_SECONDS", 0.0)
    made: list[Process] = []

    def process() -> Process:
        made.append(Process(money, money.clock))
        return made[-1]

    yield process
    for one in made:
        one.directory.close()


@pytest.fixture
def no_scan(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """From the call on, a directory that reads whole tables fails."""

    def forbidden(*_: Any, **__: Any) -> Any:
        raise AssertionError("whole tables are read")

    return lambda: monkeypatch.setattr(directory_module, "build", forbidden)


def test_a_process_starts_from_the_snapshot_and_the_feed_since(
    money: MoneyPath, start: Callable[[], Process], no_scan: Callable[[], None]
) -> None:
    money.put_user("a@example.com")
    first = start()
    report = first.keeper.run()
    assert report.is_done
    assert report.snapshot_bytes
    money.clock.forward(minutes=9)
    first.feed.publish([money.put_user("b@example.com")])
    money.clock.forward(minutes=9)
    no_scan()
    second = start()
    assert second.emails() == ["a@example.com", "b@example.com"]


def test_an_unchanged_directory_is_not_stored_again_until_half_a_day_later(
    money: MoneyPath, start: Callable[[], Process]
) -> None:
    process = start()
    money.put_user()
    assert process.keeper.run().snapshot_bytes
    assert process.keeper.run().body() == {"state": "done", "snapshot_bytes": None, "drift": None}
    restarted = start()
    assert restarted.keeper.run().snapshot_bytes is None
    process.feed.publish([replace(money.user(), version=2)])
    assert process.keeper.run().snapshot_bytes
    money.clock.forward(seconds=SAVE_EVERY.total_seconds())
    assert process.keeper.run().snapshot_bytes
    assert process.keeper.run().snapshot_bytes is None


@pytest.mark.parametrize(
    "content",
    [b"", b"no gzip", gzip.compress(b"no database" * 500), gzip.compress(b"")],
    # gzip puts the time in: the workers of one run would name the tests differently
    ids=["empty", "no gzip", "no database", "empty gzip"],
)
def test_a_snapshot_that_cannot_be_read_is_as_good_as_none(
    money: MoneyPath, start: Callable[[], Process], content: bytes
) -> None:
    money.put_user("a@example.com")
    money.parts.platform.files.put(SNAPSHOT_KEY, content)
    assert start().emails() == ["a@example.com"]


def test_a_snapshot_that_is_cut_short_is_as_good_as_none(
    money: MoneyPath, start: Callable[[], Process]
) -> None:
    money.put_user("a@example.com")
    start().keeper.run()
    whole = money.parts.platform.files.get(SNAPSHOT_KEY)
    assert whole is not None
    money.parts.platform.files.put(SNAPSHOT_KEY, whole[: len(whole) // 2])
    assert start().emails() == ["a@example.com"]


def test_a_snapshot_of_other_tables_of_the_same_name_shows_nothing(
    money: MoneyPath, start: Callable[[], Process], monkeypatch: pytest.MonkeyPatch
) -> None:
    money.put_user("a@example.com")
    process = start()
    with monkeypatch.context() as other:
        other.setattr(
            type(money.parts.directory.replica_tables), "identity", lambda _: "the wiped ones"
        )
        assert process.keeper.run().snapshot_bytes
    money.parts.platform.dynamodb.delete_item(
        TableName=money.parts.settings.table_name("users"),
        Key={"user_id": {"S": user_id_for("a@example.com")}},
    )
    assert start().emails() == []


def test_a_snapshot_older_than_the_feed_can_bridge_is_not_used(
    money: MoneyPath, start: Callable[[], Process]
) -> None:
    process = start()
    process.keeper.run()
    money.put_user("a@example.com")  # told by nobody
    assert start().emails() == []
    money.clock.forward(seconds=MAX_BEHIND.total_seconds() + 1)
    assert start().emails() == ["a@example.com"]


def test_files_that_are_away_keep_nobody_from_a_list(
    money: MoneyPath, start: Callable[[], Process], monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: Any) -> Any:
        raise StoreUnavailableError("S3 is away")

    monkeypatch.setattr(FileStore, "download", away)
    monkeypatch.setattr(FileStore, "put", away)
    money.put_user("a@example.com")
    process = start()
    report = process.keeper.run()
    assert (report.is_done, report.snapshot_bytes) == (True, None)
    assert process.emails() == ["a@example.com"]
    monkeypatch.undo()
    assert process.keeper.run().snapshot_bytes


def test_what_nobody_told_of_is_found_once_a_day_and_put_right(
    money: MoneyPath, start: Callable[[], Process]
) -> None:
    parts = money.parts
    for email in ("a@example.com", "b@example.com", "restored@example.com"):
        money.put_user(email, version=5)
    alert, key = _alert(money.clock()), new_key("sk-solaris-1", name="x", now=money.clock())
    parts.alerts.store.put_new(alert)
    used = new_key("sk-solaris-2", name="y", now=money.clock())
    parts.keys.store.put_new(key)
    parts.keys.store.put_new(used)
    process = start()
    assert process.keeper.run().drift is None
    money.spend(70, "a@example.com")
    money.put_user("c@example.com")
    _delete(money, "users", "user_id", user_id_for("b@example.com"))
    _delete(money, "users", "user_id", user_id_for("restored@example.com"))
    money.put_user("restored@example.com", version=1, name="Antes")
    _delete(money, "alerts", "alert_id", alert.alert_id)
    parts.platform.dynamodb.update_item(
        TableName=parts.settings.table_name("keys"),
        Key={"key_hash": {"S": key.key_hash}},
        UpdateExpression="SET revoked_at = :now",
        ExpressionAttributeValues={":now": {"S": "2026-11-15T15:00:00.000Z"}},
    )
    parts.platform.dynamodb.update_item(
        TableName=parts.settings.table_name("keys"),
        Key={"key_hash": {"S": used.key_hash}},
        UpdateExpression="SET last_used_at = :now",
        ExpressionAttributeValues={":now": {"S": "2026-11-15T15:00:00.000Z"}},
    )
    assert process.emails() == ["a@example.com", "b@example.com", "restored@example.com"]
    money.clock.forward(seconds=CHECK_EVERY.total_seconds())
    with capture_logs() as logs:
        report = process.keeper.run()
    assert report.drift == 7
    (drift,) = [one for one in logs if one["event"] == "directory_drift"]
    assert (drift["users"], drift["alerts"], drift["keys"]) == (4, 1, 2)
    page = process.directory.users(UserQuery())
    found = {row.email: (row.current_usage, row.name) for row in page.items}
    assert found == {
        "a@example.com": (70, "Somebody"),
        "c@example.com": (0, "Somebody"),
        "restored@example.com": (0, "Antes"),
    }
    assert alerts_listed(process.directory, AlertQuery()).total == 0
    assert keys_listed(process.directory, KeyQuery(state=KeyState.REVOKED)).total == 1
    (row,) = keys_listed(process.directory, KeyQuery(state=KeyState.ACTIVE)).items
    assert row.key.last_used_at is not None
    money.clock.forward(seconds=CHECK_EVERY.total_seconds())
    assert process.keeper.run().drift == 0


async def test_what_nobody_tells_of_on_purpose_is_no_drift(
    money: MoneyPath, start: Callable[[], Process]
) -> None:
    """An open request holds tokens, and a new month is opened by the schedule."""
    money.put_user("a@example.com")
    process = start()
    process.keeper.run()
    admission = await money.admit("a@example.com")
    money.clock.forward(seconds=CHECK_EVERY.total_seconds())
    assert process.keeper.run().drift == 0
    (row,) = process.directory.users(UserQuery()).items
    assert row.reserved_tokens == admission.reservation.tokens
    follower = process.directory.follower()
    money.clock.forward(days=32)
    follower.cursor = money.clock()  # nobody has slept: the feed was followed all the time
    user = money.user("a@example.com")
    assert money.parts.quota.users.roll_over(user, *open_period(user, money.period, money.clock()))
    assert process.keeper.run().drift == 0


def test_a_check_that_is_out_of_time_is_done_by_the_next_run(
    money: MoneyPath, start: Callable[[], Process]
) -> None:
    process = start()
    process.keeper.run()
    money.put_user("a@example.com")
    money.clock.forward(seconds=CHECK_EVERY.total_seconds())
    assert process.keeper.run(lambda: 45.0).drift is None
    assert process.emails() == []
    assert process.keeper.run().drift == 1
    assert process.emails() == ["a@example.com"]


def test_alerts_end_with_their_time_to_live(
    money: MoneyPath, start: Callable[[], Process], monkeypatch: pytest.MonkeyPatch
) -> None:
    money.parts.alerts.store.put_new(_alert(money.clock()))
    process = start()
    assert open_alerts_in(process.directory) == 1
    follower = process.directory.follower()
    money.clock.forward(days=400)
    follower.cursor = money.clock()  # nobody has slept: the feed was followed all the time
    assert open_alerts_in(process.directory) == 0
    assert alerts_listed(process.directory, AlertQuery()).total == 0


def test_what_a_killed_process_left_is_taken_away(
    start: Callable[[], Process], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    left = tmp_path / "solaris-directory-dead"
    left.mkdir()
    (left / "lock").touch()
    (left / "1.sqlite").touch()
    first, second = start(), start()
    kept = {first.directory.folder, second.directory.folder}
    assert set(tmp_path.iterdir()) == kept
    assert all(one.stat().st_mode & 0o077 == 0 for one in kept)
    first.directory.close()
    assert set(tmp_path.iterdir()) == {second.directory.folder}


def _alert(created_at: datetime) -> Alert:
    return Alert(
        alert_id="system#2026-10#monthly_summary",
        type=AlertType.INFO,
        title="t",
        message="m",
        period="2026-10",
        created_at=created_at,
        mails={Audience.USER: MailState.NONE, Audience.ADMINS: MailState.SENT},
    )


def _delete(money: MoneyPath, table: str, name: str, value: str) -> None:
    money.parts.platform.dynamodb.delete_item(
        TableName=money.parts.settings.table_name(table), Key={name: {"S": value}}
    )
