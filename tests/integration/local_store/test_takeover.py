"""The data of the version before is taken over whole, or the start is refused, at any crash.

data_before.tar.gz is a directory that version died on; data_before.json is what that version
itself told of it (make_data_before.py).
"""

import hashlib
import json
import os
import re
import shutil
import tarfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import boto3
import pytest

from infra.local.store.earlier.store import OldStore
from infra.local.store.earlier.tables import Expected, RawCalls, compare
from infra.local.store.earlier.takeover import (
    FORMAT,
    Taken,
    clients_of,
    finish_takeover,
    mark_format,
    open_data,
    prepare_takeover,
    takeover,
)
from infra.local.store.embedded import running_store
from infra.local.store.errors import StoreError
from infra.local.store.mails import MAILS_FILE, read_mails
from solaris.app import Parts
from solaris.platform.aws.queues import USAGE_QUEUE, Message
from solaris.platform.settings import Settings
from tests.integration.conftest import Clock, MoneyPath
from tests.integration.local_store.make_data_before import digest
from tests.integration.reconciliation.test_reconciling import run

HERE = Path(__file__).parent
TOLD: dict[str, Any] = json.loads((HERE / "data_before.json").read_text(encoding="utf-8"))
REGION = "us-east-1"
SNAPSHOT, JOURNAL = "store/snapshot-00000001", "store/journal-00000001.log"
HEADER_BYTES = 15
ANA, BIA = "ana@example.com", "bia@example.com"


def silent(_line: str) -> None:
    """Nobody watches."""


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data directory as the version before has left it."""
    folder = tmp_path / "data"
    with tarfile.open(HERE / "data_before.tar.gz") as archive:
        archive.extractall(folder, filter="data")
    return folder


@contextmanager
def running(data_dir: Path) -> Iterator[dict[str, Any]]:
    """Both programs on a data directory, and clients of them by takeover's names."""
    with running_store(data_dir) as environment, pytest.MonkeyPatch.context() as patch:
        for name in [one for one in os.environ if one.startswith("AWS_")]:
            patch.delenv(name)
        for name, value in environment.items():
            patch.setenv(name, value)
        patch.setattr(boto3, "DEFAULT_SESSION", None)
        yield clients_of(environment)


def take_over(data_dir: Path, tell: Callable[[str], None] = silent) -> Taken:
    """As the start does it."""
    scratch = prepare_takeover(data_dir)
    assert scratch is not None
    with running(scratch) as clients:
        taken = takeover(data_dir, **clients, tell=tell)
    finish_takeover(data_dir)
    return taken


def items_of(client: Any, table: str) -> list[dict[str, Any]]:
    pages = client.get_paginator("scan").paginate(TableName=table, ConsistentRead=True)
    return [item for page in pages for item in page["Items"]]


def tables(client: Any) -> dict[str, Any]:
    """What the old store was asked about each table, of the new one."""
    found: dict[str, Any] = {}
    for name in client.list_tables()["TableNames"]:
        items = items_of(client, name)
        about = client.describe_table(TableName=name)["Table"].get("GlobalSecondaryIndexes", ())
        ttl = client.describe_time_to_live(TableName=name)["TimeToLiveDescription"]
        found[name] = {
            "items": len(items),
            "digest": digest(items),
            "indexes": sorted(one["IndexName"] for one in about),
            "ttl": ttl.get("AttributeName"),
        }
    return found


def waiting(client: Any) -> dict[str, int]:
    name = "ApproximateNumberOfMessages"
    return {
        url.rpartition("/")[2]: int(
            client.get_queue_attributes(QueueUrl=url, AttributeNames=[name])["Attributes"][name]
        )
        for url in client.list_queues()["QueueUrls"]
    }


def files(client: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for bucket in client.list_buckets()["Buckets"]:
        where = {"Bucket": bucket["Name"]}
        for one in client.list_objects_v2(**where).get("Contents", ()):
            got = client.get_object(**where, Key=one["Key"])
            sha256 = hashlib.sha256(got["Body"].read()).hexdigest()
            found[f"{bucket['Name']}/{one['Key']}"] = {"sha256": sha256, "type": got["ContentType"]}
    return found


def test_everything_is_as_the_version_before_told_it(data: Path) -> None:
    before = {path: path.read_bytes() for path in (data / "store").rglob("*") if path.is_file()}
    lines: list[str] = []
    taken = take_over(data, lines.append)
    expected = {name: dict(one) for name, one in TOLD["tables"].items()}
    for one in expected.values():
        one.pop("users", None)
    with running(data) as clients:
        assert tables(clients["dynamodb_client"]) == expected
        messages = {name: one["messages"] for name, one in TOLD["queues"].items()}
        assert waiting(clients["sqs_client"]) == messages
        assert files(clients["s3_client"]) == TOLD["objects"]
    assert taken.items == sum(one["items"] for one in expected.values())
    assert (taken.tables, taken.messages) == (len(expected), sum(messages.values()))
    kept = ("Source", "To", "Subject", "BodyText", "BodyHtml")
    mails = [[one[name] for name in kept] for one in read_mails(data / "store" / MAILS_FILE)]
    assert mails == [[one[name] for name in kept] for one in TOLD["mails"]]
    assert "compared, complete" in lines[-1]
    (aside,) = data.glob("store-before-*")
    for path, content in before.items():
        assert (aside / path.relative_to(data)).read_bytes() == content
    assert (aside / "s3").is_dir()
    assert not (data / "s3").exists()
    assert prepare_takeover(data) is None


@pytest.fixture
def path(data: Path) -> Iterator[MoneyPath]:
    """The project's own parts on what was taken over."""
    take_over(data)
    with running(data):
        settings = Settings(
            solaris_stage="local",
            secret_key="integration-tests-only-0123456789",
            aws_region=REGION,
            redis_url="none",
            redis_host=None,
            min_user_limit=0,
        )
        clock = Clock(datetime.fromisoformat(TOLD["made_at"]))
        parts = Parts(settings, clock)
        parts.platform.queues.create_all()
        parts.platform.files.create()
        yield MoneyPath.of(parts, clock)


def test_users_stand_as_before_and_what_waited_is_booked_once(path: MoneyPath) -> None:
    for email, figures in TOLD["tables"]["solaris-local-users"]["users"].items():
        user = path.user(email)
        assert user.current_usage == int(figures["current_usage"])
        assert user.available_tokens == int(figures["available_tokens"])
        assert user.monthly_limit == int(figures["monthly_limit"])
    before = path.user(BIA).current_usage
    found = path.parts.platform.queues.receive(USAGE_QUEUE, wait_seconds=0)
    messages = [Message(one["MessageId"], one["Body"]) for one in found]
    assert len(messages) == TOLD["queues"]["solaris-local-usage"]["messages"]
    for _ in range(2):  # those that were booked before are delivered again, as any may be
        assert path.parts.ledger.recorder.record_messages(messages) == []
    spent = before // 3  # three answers alike are booked, three wait
    assert path.user(BIA).current_usage == before + 3 * spent
    assert not run(path).findings
    path.assert_books_balance()


def test_the_stream_that_was_open_gives_back_what_it_reserved(path: MoneyPath) -> None:
    assert path.user(ANA).quota.reserved_tokens > 0
    path.clock.forward(days=1)
    path.parts.gateway.sweeper.run()
    queues, recorder = path.parts.platform.queues, path.parts.ledger.recorder
    while found := queues.receive(USAGE_QUEUE, wait_seconds=0):  # behind what waited before
        messages = [Message(one["MessageId"], one["Body"]) for one in found]
        assert recorder.record_messages(messages) == []
        queues.delete(USAGE_QUEUE, found)
    assert path.user(ANA).quota.reserved_tokens == 0
    assert not run(path).findings


class KilledError(Exception):
    """The machine went off here."""


@pytest.mark.parametrize("last", ["reading", "rows in", "compared, complete"])
def test_a_takeover_cut_short_is_begun_anew(data: Path, last: str) -> None:
    def die(line: str) -> None:
        if last in line:
            raise KilledError

    with pytest.raises(KilledError):
        take_over(data, die)
    assert take_over(data).items == sum(one["items"] for one in TOLD["tables"].values())
    assert len(list(data.glob("store-before-*"))) == 1


@pytest.mark.parametrize("moves", [0, 1, 2])
def test_moves_cut_short_are_completed_at_the_next_start(
    data: Path, moves: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    scratch = prepare_takeover(data)
    assert scratch is not None
    (scratch / "store" / "marker").touch()
    rename, left = Path.rename, [None] * moves

    def rename_or_die(one: Path, target: Path) -> Path:
        if not left:
            raise KilledError
        left.pop()
        return rename(one, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", rename_or_die)
        with pytest.raises(KilledError):
            finish_takeover(data)
    assert prepare_takeover(data) is None
    assert [one.name for one in (data / "store").iterdir()] == ["marker"]
    (aside,) = data.glob("store-before-*")
    assert (aside / "store" / "CURRENT").exists()
    assert (aside / "s3").is_dir()
    assert not scratch.exists()


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-200])


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[HEADER_BYTES + 40] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize(
    ("damage", "named"),
    [
        (lambda data: cut(data / SNAPSHOT / "dynamodb.json"), "dynamodb.json is damaged"),
        (lambda data: cut(data / SNAPSHOT / "sqs.json"), "sqs.json is damaged"),
        (lambda data: (data / SNAPSHOT / "dynamodb.json").unlink(), "dynamodb.json is missing"),
        (lambda data: shutil.rmtree(data / SNAPSHOT), "CURRENT names no snapshot: '1'"),
        (lambda data: (data / "store/CURRENT").unlink(), "CURRENT is missing"),
        (lambda data: (data / "store/CURRENT").write_text("x"), "CURRENT names no snapshot: 'x'"),
        (lambda data: flip(data / JOURNAL), "journal-00000001.log is damaged at byte 15"),
        (
            lambda data: (data / JOURNAL).rename(data / "store/journal-00000002.log"),
            "journal-00000001.log is missing",
        ),
    ],
)
def test_damage_is_refused_by_name(data: Path, damage: Callable[[Path], Any], named: str) -> None:
    damage(data)
    with pytest.raises(StoreError, match=re.escape(named)):
        take_over(data)
    assert (data / "store").exists()
    assert not list(data.glob("store-before-*"))


def test_a_torn_end_is_what_a_crash_leaves(data: Path) -> None:
    with (data / JOURNAL).open("ab") as journal:
        journal.write(b"\xf5Rec\x00\x10")
    lines: list[str] = []
    take_over(data, lines.append)
    assert any("6 bytes of a request that was never answered" in line for line in lines)


@pytest.mark.parametrize("change", ["changed", "missing", "added"])
def test_a_difference_is_found(data: Path, change: str) -> None:
    take_over(data)
    (aside,) = data.glob("store-before-*")
    store = OldStore(aside, REGION)
    expected = Expected(store.tables)
    for record in store.journal.records():
        if record.target.startswith("DynamoDB"):
            expected.follow(record)
    with running(data) as clients:
        client = clients["dynamodb_client"]
        calls = RawCalls(client)
        assert compare(calls, expected, silent) == sum(o["items"] for o in TOLD["tables"].values())
        name = "solaris-local-audit"
        item = items_of(client, name)[0]
        key = {one: item[one] for one in expected.tables[name].key_names}
        if change == "missing":
            client.delete_item(TableName=name, Key=key)
        else:
            more = {} if change == "changed" else {expected.tables[name].key_names[1]: {"S": "z"}}
            client.put_item(TableName=name, Item=item | {"extra": {"S": "1"}} | more)
        with pytest.raises(StoreError, match=f"of {name} (is|should) "):
            compare(calls, expected, silent)


def test_half_a_character_becomes_a_question_mark(data: Path) -> None:
    table = data / SNAPSHOT / "dynamodb.json"
    text = table.read_text(encoding="utf-8")
    note = r'"note":{"S":"\ud800 日本"},"monthly_limit":'
    table.write_text(text.replace('"monthly_limit":', note), encoding="utf-8")
    take_over(data)
    with running(data) as clients:
        users = items_of(clients["dynamodb_client"], "solaris-local-users")
    # Bia's row is written whole by the journal
    assert [one["note"] for one in users if "note" in one] == [{"S": "? 日本"}]


def test_a_request_that_is_refused_now_is_named(data: Path) -> None:
    table = data / SNAPSHOT / "dynamodb.json"
    text = table.read_text(encoding="utf-8")
    number = re.search(r'"version":\{"N":"(\d+)"\}', text)
    assert number is not None
    table.write_text(text.replace(number[0], '"version":{"N":"777"}'), encoding="utf-8")
    with pytest.raises(StoreError, match=r"journal-00000001\.log at byte \d+: \w+ was done before"):
        take_over(data)
    assert (data / "store" / "CURRENT").exists()


@pytest.mark.parametrize("text", [f"{FORMAT + 1}\n", "", "two"])
def test_a_newer_format_is_refused_with_one_line(tmp_path: Path, text: str) -> None:
    open_data(tmp_path, region=REGION, tell=silent)
    mark_format(tmp_path)
    assert (tmp_path / "format").read_text() == f"{FORMAT}\n"
    (tmp_path / "format").write_text(text)
    with pytest.raises(StoreError, match="is of a newer version") as raised:
        open_data(tmp_path, region=REGION, tell=silent)
    assert "\n" not in str(raised.value)
    mark_format(tmp_path)
    assert (tmp_path / "format").read_text() == text


def test_tables_that_are_gone_are_not_begun_empty(tmp_path: Path) -> None:
    mark_format(tmp_path)
    with pytest.raises(StoreError, match=r"tables\.sqlite is missing.*solaris restore"):
        open_data(tmp_path, region=REGION, tell=silent)
    (tmp_path / "store").mkdir()
    (tmp_path / "store" / "tables.sqlite").touch()
    open_data(tmp_path, region=REGION, tell=silent)


def test_what_an_older_version_left_beside_the_new_tables_is_not_taken_for_the_data(
    tmp_path: Path,
) -> None:
    """Who went back a version for an hour, and came again: neither is thrown away or chosen."""
    (tmp_path / "store").mkdir()
    (tmp_path / "store" / "tables.sqlite").write_bytes(b"the books")
    (tmp_path / "store" / "journal-00000001.log").write_bytes(b"")
    with pytest.raises(StoreError, match=r"has run on .* after this one") as caught:
        prepare_takeover(tmp_path)
    assert "\n" not in str(caught.value)
    assert (tmp_path / "store" / "tables.sqlite").read_bytes() == b"the books"


def test_a_fresh_or_a_new_directory_has_nothing_to_take_over(tmp_path: Path) -> None:
    assert prepare_takeover(tmp_path) is None
    mark_format(tmp_path)
    (tmp_path / "store-new").mkdir()
    assert prepare_takeover(tmp_path) is None
    assert not (tmp_path / "store-new").exists()
