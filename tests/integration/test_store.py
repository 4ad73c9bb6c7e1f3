"""The embedded store as a process: what a client saw acknowledged survives kill -9."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from infra.local.store import store_command, wait_until_ready
from tests.integration.store_process import (
    TABLE,
    WORKERS,
    Client,
    Load,
    RunningStore,
    addition,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="fork, prlimit and /proc")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[RunningStore]:
    running = RunningStore(tmp_path / "data with spaces")
    yield running
    running.close()


def loaded(store: RunningStore, *options: str) -> tuple[Client, Load]:
    client = store.start(*options)
    client.create_table()
    return client, Load(store.port, client.create_queue())


def test_kill_under_load_loses_nothing_acknowledged(store: RunningStore) -> None:
    client, load = loaded(store)

    def kill_after_some() -> None:
        client.until(lambda status: status["records"] > 800)
        store.end()

    load.run(kill_after_some)
    assert len(load.sent) > 100
    client = store.start()
    assert client.status()["replayed_differently"] == 0
    load.check(client, in_flight=WORKERS)


def test_the_journal_has_the_order_of_execution(store: RunningStore) -> None:
    """Once everybody is answered, the replayed state is the state, to the last attribute."""
    client, load = loaded(store)
    load.run(lambda: client.until(lambda status: status["records"] > 500))
    before = client.items()
    store.end()
    client = store.start()
    assert client.status()["replayed_differently"] == 0
    assert client.items() == before
    load.check(client, in_flight=0)


def test_kill_while_a_snapshot_is_being_written(store: RunningStore) -> None:
    client, load = loaded(store, "--max-journal-records", "400")
    for number in range(300):
        client.put(f"filler-{number}", "x" * 20_000)

    def kill_during_a_snapshot() -> None:
        client.until(lambda status: status["snapshots_taken"] >= 2)
        client.until(lambda status: status["snapshot_running"])
        store.end()

    load.run(kill_during_a_snapshot)
    client = store.start()
    status = client.status()
    assert status["replayed_differently"] == 0
    assert status["snapshot"] >= 2
    load.check(client, in_flight=WORKERS)


def test_a_clean_stop_takes_a_snapshot_and_keeps_deletes(store: RunningStore) -> None:
    client, load = loaded(store)
    load.run(lambda: client.until(lambda status: status["records"] > 100))
    before = client.items()
    _, answer = client.call("sqs", "ReceiveMessage", QueueUrl=load.queue)
    [message] = answer["Messages"]
    receipt = {"ReceiptHandle": message["ReceiptHandle"]}
    assert client.call("sqs", "DeleteMessage", QueueUrl=load.queue, **receipt)[0] == 200

    assert store.end(signal.SIGTERM) == (0, "")
    client = store.start()
    status = client.status()
    assert (status["replayed"], status["snapshot"]) == (0, 1)
    assert client.items() == before
    assert set(client.messages(load.queue)) == set(load.sent) - {message["Body"]}
    assert store.end(signal.SIGINT) == (0, "")


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGKILL])
def test_what_waits_in_a_queue_is_there_at_another_port(
    store: RunningStore, end: signal.Signals
) -> None:
    client = store.start()
    queue = client.create_queue()
    for body in ("a", "b"):
        assert client.call("sqs", "SendMessage", QueueUrl=queue, MessageBody=body)[0] == 200
    for _ in range(2):
        store.end(end)
        store.move()
        client = store.start()
        queue = client.create_queue()
        assert client.call("sqs", "SendMessage", QueueUrl=queue, MessageBody="c")[0] == 200
    assert sorted(client.messages(queue)) == ["a", "b", "c", "c"]


def test_queues_that_a_port_left_behind_are_found_again(store: RunningStore) -> None:
    """As snapshots have them that were written while each start had addresses of its own."""
    client = store.start()
    queue = client.create_queue()
    assert client.call("sqs", "SendMessage", QueueUrl=queue, MessageBody="old")[0] == 200
    store.end(signal.SIGTERM)
    (snapshot,) = store.directory.rglob("snapshot-*/sqs.json")
    state = json.loads(snapshot.read_bytes())
    queues = state["payload"]["queues"]["data"]
    ((key, left),) = queues.items()
    for port in ("50001", "50002"):
        moved = left | {"url": left["url"].replace("4566", port)}
        queues[key.replace("4566", port)] = moved
    del queues[key]
    snapshot.write_text(json.dumps(state))
    client = store.start()
    assert client.messages(client.create_queue()) == ["old", "old"]


def test_a_repeated_transaction_token_does_nothing_across_a_restart(store: RunningStore) -> None:
    client = store.start()
    client.create_table()
    transaction = {"TransactItems": [{"Update": addition("once", 5)}], "ClientRequestToken": "t-1"}
    client.dynamodb("TransactWriteItems", **transaction)
    store.end(signal.SIGTERM)
    client = store.start()
    client.dynamodb("TransactWriteItems", **transaction)
    assert client.items()["once"]["n"] == {"N": "5"}
    store.end()
    assert store.start().items()["once"]["n"] == {"N": "5"}


def test_a_torn_tail_is_cut_off_and_damage_elsewhere_refused(store: RunningStore) -> None:
    client = store.start()
    client.create_table()
    for number in range(20):
        client.put(f"key-{number}", "text")
    store.end()
    [segment] = store.directory.glob("store/journal-*.log")
    whole = segment.read_bytes()
    segment.write_bytes(whole + whole[-60:-20])
    assert len(store.start().items()) == 20
    _, errors = store.end()
    assert "torn" in errors
    assert segment.read_bytes() == whole

    damaged = bytearray(whole)
    damaged[len(whole) // 2] ^= 1
    segment.write_bytes(damaged)
    assert segment.name in store.refused()


def test_a_damaged_snapshot_is_refused_by_name(store: RunningStore) -> None:
    store.start().create_table()
    store.end(signal.SIGTERM)
    [snapshot] = store.directory.glob("store/snapshot-*/dynamodb.json")
    os.truncate(snapshot, snapshot.stat().st_size - 10)
    assert "dynamodb.json" in store.refused()


def test_expired_items_go_through_the_journal(store: RunningStore) -> None:
    client = store.start("--ttl-sweep-seconds", "0.05")
    client.create_table()
    setting = {"Enabled": True, "AttributeName": "expires_at"}
    client.dynamodb("UpdateTimeToLive", TableName=TABLE, TimeToLiveSpecification=setting)
    item = {"id": {"S": "short"}, "expires_at": {"N": "1"}}
    client.dynamodb("PutItem", TableName=TABLE, Item=item)
    deadline = time.monotonic() + 5
    while client.items():
        assert time.monotonic() < deadline
    again = {"Item": {"id": {"S": "short"}, "text": {"S": "new"}}}
    again["ConditionExpression"] = "attribute_not_exists(id)"  # type: ignore[assignment]
    client.dynamodb("PutItem", TableName=TABLE, **again)
    store.end()
    client = store.start()
    assert client.status()["replayed_differently"] == 0
    assert client.items() == {"short": again["Item"]}


def test_mails_and_objects_survive(store: RunningStore) -> None:
    client = store.start()
    identity = json.dumps({"EmailIdentity": "from@example.com"}).encode()
    assert client.http("POST", "/v2/email/identities", identity, service="ses")[0] == 200
    content = {"Simple": {"Subject": {"Data": "Limit"}, "Body": {"Text": {"Data": "80 %"}}}}
    destination = {"ToAddresses": ["to@example.com"]}
    mail = {"FromEmailAddress": "from@example.com", "Destination": destination, "Content": content}
    path = "/v2/email/outbound-emails"
    assert client.http("POST", path, json.dumps(mail).encode(), service="ses")[0] == 200
    assert client.http("PUT", "/reports", service="s3")[0] == 200
    assert client.http("PUT", "/reports/a%20b.csv", b"1;2", service="s3")[0] == 200
    inbox = json.loads(client.http("GET", "/_ministack/ses/messages")[1])["messages"]
    for number in (signal.SIGKILL, signal.SIGTERM, signal.SIGKILL):
        store.end(number)
        client = store.start()
        found = json.loads(client.http("GET", "/_ministack/ses/messages")[1])["messages"]
        assert {k: [m["Subject"] for m in v] for k, v in found.items()} == {
            k: ["Limit"] for k in inbox
        }
        assert client.http("GET", "/reports/a%20b.csv", service="s3") == (200, b"1;2")


def test_a_full_disk_is_survived_and_healed_by_a_snapshot(store: RunningStore) -> None:
    client = store.start()
    client.create_table()
    client.put("big", "x" * 100_000)
    assert store.process is not None
    no_limit = resource.RLIM_INFINITY
    resource.prlimit(store.process.pid, resource.RLIMIT_FSIZE, (50_000, no_limit))
    assert [client.add("counter") for _ in range(20)] == [200] * 20
    assert client.status()["durable"] is False
    resource.prlimit(store.process.pid, resource.RLIMIT_FSIZE, (no_limit, no_limit))
    client.until(lambda status: status["durable"])
    assert client.add("counter") == 200
    _, errors = store.end()
    assert errors.count("Journal failed") == 1
    assert store.start().items()["counter"]["n"] == {"N": "21"}


def test_a_second_store_on_the_directory_is_refused(store: RunningStore) -> None:
    store.start()
    assert "another store is using" in store.refused(port=1)


def test_a_busy_port_is_refused(store: RunningStore, tmp_path: Path) -> None:
    store.start()
    other = RunningStore(tmp_path / "other")
    assert f"127.0.0.1:{store.port}" in other.refused(port=store.port)


def test_only_loopback_addresses_are_served(tmp_path: Path) -> None:
    command = store_command("0.0.0.0", 4566, tmp_path)  # noqa: S104
    done = subprocess.run(command, stderr=subprocess.PIPE, text=True, timeout=15, check=False)
    assert done.returncode == 1
    assert "loopback" in done.stderr


def test_reset_over_http_is_refused(store: RunningStore) -> None:
    client = store.start()
    client.create_table()
    client.put("kept", "text")
    assert client.http("POST", "/_ministack/reset")[0] == 403
    assert set(client.items()) == {"kept"}


def test_it_stops_cleanly_when_its_parent_dies(store: RunningStore) -> None:
    command = [*store_command("127.0.0.1", store.port, store.directory), "--die-with-parent"]
    code = f"import subprocess, sys; subprocess.Popen({command!r}).wait()"
    with subprocess.Popen([sys.executable, "-c", code]) as parent:
        wait_until_ready(f"http://127.0.0.1:{store.port}", 10)
        store.client().create_table()
        parent.kill()
    deadline = time.monotonic() + 10
    while not (store.directory / "store" / "CURRENT").exists():
        assert time.monotonic() < deadline


def test_waiting_for_a_store_that_never_comes_ends() -> None:
    with pytest.raises(TimeoutError, match=r"127\.0\.0\.1:1 "):
        wait_until_ready("http://127.0.0.1:1", 0.1)


def test_the_emulators_own_expiry_thread_never_starts(tmp_path: Path) -> None:
    """It would delete behind the journal's back."""
    code = """
import pathlib, sys, threading
from infra.local.emulator import Emulator, prepare_environment
prepare_environment(data_dir=pathlib.Path(sys.argv[1]), port=4566)
Emulator()
print([thread.name for thread in threading.enumerate() if "ttl" in thread.name])
"""
    command = [sys.executable, "-c", code, str(tmp_path)]
    assert subprocess.check_output(command, text=True, timeout=15) == "[]\n"
