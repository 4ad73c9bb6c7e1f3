"""What waits in the usage queue is in a backup, comes back with it, and is booked once."""

import os
import uuid
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
from typer.testing import CliRunner

from infra.local.store.errors import StoreError
from infra.local.store.peeking import waiting_messages
from solaris.backup import commands as command
from solaris.backup.archive import ArchiveReader
from solaris.backup.commands import queue_file
from solaris.backup.queued_events import QUEUES_KEPT, TABLE, Peek
from solaris.cli import app
from solaris.ledger.events import event_to_json
from solaris.platform.aws.queues import USAGE_QUEUE, Message
from solaris.platform.books_disk import QUEUE_FILE
from solaris.platform.errors import StoreUnavailableError
from solaris.platform.settings import Settings, load_settings
from tests.integration.backup.backup_support import admitted, back_up, made, restore
from tests.integration.conftest import ANA, MAILS_VARIABLE, Clock, MoneyPath

DEAD = f"{USAGE_QUEUE}-dlq"


@pytest.fixture
def source(emulator: str, stage: str) -> Iterator[MoneyPath]:
    if MAILS_VARIABLE not in os.environ:
        pytest.skip("another store's queues cannot be looked into")
    path = made(stage, Clock())
    yield path
    path.assert_books_balance()


@pytest.fixture
def target(source: MoneyPath) -> MoneyPath:
    return made(f"t{uuid.uuid4().hex[:12]}", source.clock)


def queue_path() -> Path:
    return Path(os.environ[MAILS_VARIABLE]).parent / QUEUE_FILE


def peek_of(source: MoneyPath) -> Peek:
    names = {source.parts.settings.queue_name(one): one for one in QUEUES_KEPT}

    def peek() -> Iterator[Mapping[str, str]]:
        for message in waiting_messages(queue_path(), names):
            yield {**message, "queue": names[message["queue"]]}

    return peek


def queued(source: MoneyPath, *, queue: str = USAGE_QUEUE, completion: int = 30) -> int:
    """An answer that is given and not booked yet; returns its tokens."""
    reservation = admitted(source, ANA)
    event = source.event(reservation, ANA, completion=completion)
    source.parts.platform.queues.send(queue, event_to_json(event))
    return event.charged_tokens


def work_off(path: MoneyPath, queue: str = USAGE_QUEUE) -> int:
    """What the worker does; returns how many messages there were."""
    done = 0
    while found := path.parts.platform.queues.receive(queue, wait_seconds=0):
        messages = [Message(one["MessageId"], one["Body"]) for one in found]
        assert path.parts.ledger.recorder.record_messages(messages) == []
        path.parts.platform.queues.delete(queue, found)
        done += len(found)
    return done


def test_it_comes_back_and_is_booked(source: MoneyPath, target: MoneyPath, tmp_path: Path) -> None:
    """Those in somebody's hand as well, and the dead letters, each where it was."""
    tokens = sum(queued(source, completion=n) for n in range(1, 13))
    dead = queued(source, queue=DEAD)
    in_hand = source.parts.platform.queues.receive(USAGE_QUEUE, wait_seconds=0)
    assert in_hand
    report = back_up(source, tmp_path / "backup.gz", peek=peek_of(source))
    assert report.has_queued
    assert report.manifest.tables[TABLE].items == 13
    assert source.parts.platform.queues.depth(USAGE_QUEUE) == 12 - len(in_hand), "some were taken"
    restore(target, tmp_path / "backup.gz")
    assert target.parts.platform.queues.depth(DEAD) == 1
    assert work_off(target) == 12
    assert target.user().current_usage == tokens
    assert work_off(target, DEAD) == 1
    assert target.user().current_usage == tokens + dead
    assert target.user().reservations == {}
    target.assert_books_balance()
    # the one that was backed up goes on
    for one in in_hand:
        source.parts.platform.queues.postpone(USAGE_QUEUE, one["ReceiptHandle"], 0)
    assert work_off(source) + work_off(source, DEAD) == 13
    assert source.user().current_usage == target.user().current_usage


@pytest.mark.parametrize("while_reading", ["users", "usage"])
def test_what_is_booked_meanwhile_counts_once(
    source: MoneyPath, target: MoneyPath, tmp_path: Path, while_reading: str
) -> None:
    """It is in the file as an event, and as a record or an open reservation beside it."""
    tokens = queued(source) + queued(source)
    booked: list[int] = []

    def tick(step: str, _number: int, _items: int) -> None:
        if step == f"reading {while_reading}" and not booked:
            booked.append(work_off(source))

    report = back_up(source, tmp_path / "backup.gz", tick, peek=peek_of(source))
    assert booked == [2]
    assert report.manifest.tables[TABLE].items == 2
    restore(target, tmp_path / "backup.gz")
    assert work_off(target) == 2
    assert target.user().current_usage == tokens == source.user().current_usage
    target.assert_books_balance()


def test_what_was_answered_meanwhile_is_there(
    source: MoneyPath, target: MoneyPath, tmp_path: Path
) -> None:
    """The worker stands still, and an answer ends while the tables are read."""
    tokens = queued(source)

    def tick(step: str, _number: int, items: int) -> None:
        nonlocal tokens
        if step == "reading transactions" and source.parts.platform.queues.depth(USAGE_QUEUE) == 1:
            tokens += queued(source)

    back_up(source, tmp_path / "backup.gz", tick, peek=peek_of(source))
    restore(target, tmp_path / "backup.gz")
    assert work_off(target) == 2
    assert target.user().current_usage == tokens
    assert work_off(source) == 2


def test_a_restore_that_is_run_again_books_nothing_twice(
    source: MoneyPath, target: MoneyPath, tmp_path: Path
) -> None:
    tokens = queued(source)
    back_up(source, tmp_path / "backup.gz", peek=peek_of(source))
    for _ in range(2):
        restore(target, tmp_path / "backup.gz", replace=True)
    assert work_off(target) == 2
    assert target.user().current_usage == tokens
    target.assert_books_balance()
    assert work_off(source) == 1


def run(*arguments: str | Path) -> str:
    result = CliRunner().invoke(app, ["--lang", "en", *map(str, arguments)])
    assert result.exit_code == 0, result.output
    return result.stdout


def test_the_command_keeps_and_proves_it(
    source: MoneyPath, stage: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOLARIS_STAGE", stage)
    monkeypatch.setenv("SECRET_KEY", "integration-tests-only-0123456789")
    monkeypatch.setattr(command, "queue_file", lambda _: peek_of(source))
    load_settings.cache_clear()
    queued(source)
    queued(source)
    printed = run("backup", tmp_path / "1.gz", "--wait-seconds", "0")
    assert "2 events that are not booked yet are in the file" in printed
    assert "not in the file" not in printed
    printed = run("backup", "--verify", tmp_path / "1.gz")
    assert "2 records reconciled: the books agree, 2 queued events booked" in printed
    monkeypatch.setattr(command, "queue_file", lambda _: None)
    printed = run("backup", tmp_path / "2.gz", "--wait-seconds", "0")
    assert "they are not in the file" in printed
    assert TABLE not in ArchiveReader(tmp_path / "2.gz").header().tables
    load_settings.cache_clear()
    assert work_off(source) == 2


def test_whose_queues_they_are(
    tmp_path: Path, stage: str, emulator: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file of the system that answers, and no other's."""

    def data(**more: str) -> Settings:
        lines = "\n".join(f"{name}={value}" for name, value in more.items())
        (tmp_path / "run.env").write_text(lines)
        return Settings(
            solaris_stage=stage,
            solaris_data_dir=str(tmp_path),
            secret_key="integration-tests-only-0123456789",
        )

    monkeypatch.setenv("SOLARIS_DATA_DIR", str(tmp_path))
    ours = {name: os.environ[name] for name in ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_DYNAMODB")}
    assert queue_file(data(**ours)) is None, "it has no file"
    (tmp_path / "store").mkdir()
    (tmp_path / "store" / QUEUE_FILE).write_bytes(b"no database at all, but long enough")
    assert queue_file(data(AWS_ENDPOINT_URL="http://127.0.0.9:1")) is None
    found = queue_file(data(**ours))
    assert found is not None
    with pytest.raises(StoreUnavailableError, match="cannot be read"):
        list(found())


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    look: Callable[[], object] = lambda: list(waiting_messages(tmp_path / "none", ["a"]))  # noqa: E731
    with pytest.raises(StoreError, match="cannot be read"):
        look()
