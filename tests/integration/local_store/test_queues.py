"""The queues of a real store, through boto3: what SQS does, and what survives kill -9."""

import hashlib
import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

HOST = "127.45.6.7"
KEY, SECRET = "AKIDEXAMPLE", "a-secret-for-tests"
SECONDS = 10
ROUNDS = 3
WORKERS = 4  # that send, and as many that receive


class Store:
    """Starts, kills and stops a store on one folder, always on the same port."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with socket.create_server((HOST, 0)) as probe:
            self.port = int(probe.getsockname()[1])
        self.process: subprocess.Popen[str] | None = None

    def spawn(self, *options: str, **environment: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "infra.local.store", "--host", HOST]
        command += ["--port", str(self.port), "--data-dir", str(self.folder), *options]
        keys = {"AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": SECRET, **environment}
        return subprocess.Popen(command, env=os.environ | keys, stderr=subprocess.PIPE, text=True)

    def start(self) -> None:
        self.process = self.spawn()
        deadline = time.monotonic() + SECONDS
        while True:
            try:
                socket.create_connection((HOST, self.port), 1).close()
            except OSError:
                assert self.process.poll() is None
                assert time.monotonic() < deadline
                time.sleep(0.01)
            else:
                return

    def end(self, number: signal.Signals = signal.SIGKILL) -> tuple[int, str]:
        assert self.process is not None
        process, self.process = self.process, None
        process.send_signal(number)
        _, errors = process.communicate(timeout=SECONDS)
        return process.returncode, errors

    def client(self, **more: Any) -> Any:
        given = {"aws_access_key_id": KEY, "aws_secret_access_key": SECRET, **more}
        return boto3.client(
            "sqs",
            region_name="sa-east-1",
            endpoint_url=f"http://{HOST}:{self.port}",
            config=Config(
                connect_timeout=1,
                read_timeout=SECONDS,
                retries={"mode": "standard", "total_max_attempts": 1},
                max_pool_connections=4 * WORKERS,
            ),
            **given,
        )


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = Store(tmp_path)
    made.start()
    yield made
    if made.process is not None:
        made.end()


@pytest.fixture
def sqs(store: Store) -> Any:
    return store.client()


@pytest.fixture
def queue(sqs: Any) -> str:
    return make(sqs, "things")


def make(sqs: Any, name: str, **attributes: str) -> str:
    return str(sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"])


def receive(sqs: Any, queue: str, **more: Any) -> list[dict[str, Any]]:
    given = {"MaxNumberOfMessages": 10, "AttributeNames": ["All"], **more}
    messages: list[dict[str, Any]] = sqs.receive_message(QueueUrl=queue, **given).get(
        "Messages", []
    )
    return messages


def code(call: Any, **arguments: Any) -> tuple[int, str]:
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    answer: Any = caught.value.response
    return answer["ResponseMetadata"]["HTTPStatusCode"], answer["Error"]["Code"]


def test_a_message_goes_through(sqs: Any, queue: str) -> None:
    body = 'a "message" — ção\n'
    sent = sqs.send_message(QueueUrl=queue, MessageBody=body)
    assert sent["MD5OfMessageBody"] == hashlib.md5(body.encode(), usedforsecurity=False).hexdigest()
    (message,) = receive(sqs, queue)
    assert message["Body"] == body
    assert message["MessageId"] == sent["MessageId"]
    assert message["Attributes"]["ApproximateReceiveCount"] == "1"
    assert abs(int(message["Attributes"]["SentTimestamp"]) / 1000 - time.time()) < SECONDS
    sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
    assert receive(sqs, queue) == []


def test_a_batch_says_of_each_entry_what_became_of_it(sqs: Any, queue: str) -> None:
    bodies = ["one", "two\x00", "three"]
    entries = [{"Id": str(n), "MessageBody": body} for n, body in enumerate(bodies)]
    answer = sqs.send_message_batch(QueueUrl=queue, Entries=entries)
    assert [one["Id"] for one in answer["Successful"]] == ["0", "2"]
    ((failed),) = answer["Failed"]
    assert (failed["Id"], failed["Code"]) == ("1", "InvalidMessageContents")
    handles = [message["ReceiptHandle"] for message in receive(sqs, queue)]
    entries = [{"Id": str(n), "ReceiptHandle": one} for n, one in enumerate([*handles, "none"])]
    hidden = [{**entry, "VisibilityTimeout": 0} for entry in entries]
    answer = sqs.change_message_visibility_batch(QueueUrl=queue, Entries=hidden)
    assert [one["Id"] for one in answer["Successful"]] == ["0", "1"]
    assert sorted(message["Body"] for message in receive(sqs, queue)) == ["one", "three"]
    answer = sqs.delete_message_batch(QueueUrl=queue, Entries=entries)
    assert [one["Id"] for one in answer["Successful"]] == ["0", "1"]
    assert [one["Code"] for one in answer["Failed"]] == ["ReceiptHandleIsInvalid"]
    assert receive(sqs, queue, WaitTimeSeconds=0) == []


def test_the_largest_message_fits_and_a_larger_body_is_refused(sqs: Any, queue: str) -> None:
    largest = "x" * 2**20
    sqs.send_message(QueueUrl=queue, MessageBody=largest)
    assert receive(sqs, queue)[0]["Body"] == largest
    too_large = {"QueueUrl": queue, "MessageBody": largest + "x"}
    assert code(sqs.send_message, **too_large) == (400, "InvalidParameterValue")
    entries = [{"Id": str(n), "MessageBody": "x" * 2**18} for n in range(5)]
    status, name = code(sqs.send_message_batch, QueueUrl=queue, Entries=entries)
    assert (status, name.rpartition(".")[2]) == (400, "BatchRequestTooLong")


def test_a_message_that_fails_too_often_is_a_dead_letter(sqs: Any) -> None:
    dead = make(sqs, "dead")
    arn = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]
    policy = {"deadLetterTargetArn": arn["QueueArn"], "maxReceiveCount": 2}
    queue = make(sqs, "things", RedrivePolicy=json.dumps(policy), VisibilityTimeout="60")
    assert make(sqs, "things", RedrivePolicy=json.dumps(policy)) == queue
    found = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["All"])["Attributes"]
    assert json.loads(found["RedrivePolicy"]) == policy
    sqs.send_message(QueueUrl=queue, MessageBody="poison")
    for count in (1, 2):
        (message,) = receive(sqs, queue)
        assert message["Attributes"]["ApproximateReceiveCount"] == str(count)
        sqs.change_message_visibility(
            QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0
        )
    assert receive(sqs, queue) == []
    (letter,) = receive(sqs, dead)
    assert (letter["Body"], letter["MessageId"]) == ("poison", message["MessageId"])


def test_whoever_waits_is_woken_by_a_message(sqs: Any, queue: str) -> None:
    with ThreadPoolExecutor(1) as pool:
        for body in ("one", "two"):
            waiting = pool.submit(receive, sqs, queue, WaitTimeSeconds=SECONDS - 2)
            receive(sqs, queue, MaxNumberOfMessages=1)
            started = time.monotonic()
            sqs.send_message(QueueUrl=queue, MessageBody=body)
            assert [message["Body"] for message in waiting.result(SECONDS)] == [body]
            assert time.monotonic() - started < 1


def test_whoever_waits_is_woken_when_a_message_comes_back(sqs: Any, queue: str) -> None:
    sqs.send_message(QueueUrl=queue, MessageBody="back")
    started = time.monotonic()
    receive(sqs, queue, VisibilityTimeout=1)
    (message,) = receive(sqs, queue, WaitTimeSeconds=SECONDS - 2)
    assert message["Body"] == "back"
    assert 0.9 < time.monotonic() - started < 2


def test_a_client_that_died_waiting_takes_no_message(store: Store, sqs: Any, queue: str) -> None:
    waits = (
        "import sys, boto3; sqs = boto3.client('sqs', region_name='x', endpoint_url=sys.argv[1]);"
        "print(flush=True); sqs.receive_message(QueueUrl=sys.argv[2], WaitTimeSeconds=20)"
    )
    keys = {"AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": SECRET}
    with subprocess.Popen(
        [sys.executable, "-c", waits, f"http://{HOST}:{store.port}", queue],
        env=os.environ | keys,
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        assert receive(sqs, queue, WaitTimeSeconds=1) == []  # by now it waits, too
        process.kill()
    sqs.send_message(QueueUrl=queue, MessageBody="for the next one")
    assert [message["Body"] for message in receive(sqs, queue)] == ["for the next one"]


def test_a_queue_is_found_by_its_name_whatever_the_address(sqs: Any, queue: str) -> None:
    elsewhere = "http://127.0.0.1:1/000000000000/things"
    sqs.send_message(QueueUrl=elsewhere, MessageBody="one")
    assert len(receive(sqs, queue)) == 1
    assert sqs.get_queue_url(QueueName="things")["QueueUrl"] == queue
    assert sqs.list_queues(QueueNamePrefix="th")["QueueUrls"] == [queue]
    with pytest.raises(sqs.exceptions.QueueDoesNotExist):
        sqs.get_queue_url(QueueName="none")
    with pytest.raises(sqs.exceptions.QueueNameExists):
        make(sqs, "things", DelaySeconds="5")


def test_what_is_in_hand_stays_so_after_kill_9(store: Store, sqs: Any, queue: str) -> None:
    for body in ("in hand", "deleted", "waits"):
        sqs.send_message(QueueUrl=queue, MessageBody=body)
    in_hand, deleted = receive(sqs, queue, MaxNumberOfMessages=2, VisibilityTimeout=60)
    sqs.delete_message(QueueUrl=queue, ReceiptHandle=deleted["ReceiptHandle"])
    store.end()
    store.start()
    assert [message["Body"] for message in receive(sqs, queue)] == ["waits"]
    sqs.change_message_visibility(
        QueueUrl=queue, ReceiptHandle=in_hand["ReceiptHandle"], VisibilityTimeout=0
    )
    (again,) = receive(sqs, queue)
    assert again["Body"] == "in hand"
    assert again["Attributes"]["ApproximateReceiveCount"] == "2"


class Load:
    """Senders and receivers that keep books of what was acknowledged to them."""

    def __init__(self, sqs: Any, queue: str) -> None:
        self.sqs, self.queue = sqs, queue
        self.stop = threading.Event()
        self.sent: set[str] = set()
        self.tried: set[str] = set()  # to delete; perhaps done, perhaps not
        self.deleted: set[str] = set()
        self.came_back: set[str] = set()

    def _send(self, name: str) -> None:
        number = 0
        while not self.stop.is_set():
            bodies = [f"{name}-{number + n}" for n in range(random.randint(1, 10))]
            number += len(bodies)
            entries = [{"Id": str(n), "MessageBody": body} for n, body in enumerate(bodies)]
            self.sqs.send_message_batch(QueueUrl=self.queue, Entries=entries)
            self.sent |= set(bodies)

    def _receive(self) -> None:
        while not self.stop.is_set():
            before = frozenset(self.deleted.copy())
            messages = receive(self.sqs, self.queue, WaitTimeSeconds=1)
            self.came_back |= {message["Body"] for message in messages} & before
            for message in messages[::2]:
                self.tried.add(message["Body"])
                self.sqs.delete_message(QueueUrl=self.queue, ReceiptHandle=message["ReceiptHandle"])
                self.deleted.add(message["Body"])

    def run(self, number: int, kill: Any) -> None:
        """Until the store is killed."""
        with ThreadPoolExecutor(2 * WORKERS) as pool:
            work = [pool.submit(self._send, f"{number}-{n}") for n in range(WORKERS)]
            work += [pool.submit(self._receive) for _ in range(WORKERS)]
            time.sleep(random.uniform(0.2, 0.8))
            kill()
            self.stop.set()
            for one in work:
                assert isinstance(one.exception(SECONDS), BotoCoreError | None)
        self.stop.clear()


def test_kill_9_loses_no_message_and_brings_none_back(store: Store, sqs: Any) -> None:
    queue = make(sqs, "things", VisibilityTimeout="1")
    load = Load(sqs, queue)
    for number in range(ROUNDS):
        load.run(number, store.end)
        store.start()
    left: set[str] = set()
    while messages := receive(sqs, queue, WaitTimeSeconds=2, VisibilityTimeout=60):
        left |= {message["Body"] for message in messages}
    assert len(load.sent) > 100
    assert len(load.deleted) > 20
    assert load.sent - load.tried <= left
    assert not load.deleted & left
    assert not load.came_back


def test_it_stops_with_exit_code_0_while_somebody_waits(store: Store, sqs: Any, queue: str) -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        with ThreadPoolExecutor(1) as pool:
            waiting = pool.submit(receive, sqs, queue, WaitTimeSeconds=20)
            receive(sqs, queue)
            assert store.end(number) == (0, "")
            assert waiting.result(SECONDS) == []
        store.start()


def test_what_cannot_start_says_so_in_one_line(store: Store, tmp_path: Path) -> None:
    other = tmp_path / "other"
    (other / "store").mkdir(parents=True)
    (other / "store" / "queues.sqlite").write_bytes(b"not a database" * 1000)
    (tmp_path / "file").touch()
    new = str(tmp_path / "new")
    for options, environment, said in [
        ([], {}, f"another store is using {store.folder / 'store'}"),
        (["--data-dir", new], {}, f"cannot listen on {HOST}:{store.port}"),
        (["--data-dir", str(other), "--host", "127.45.6.8"], {}, "queues.sqlite cannot be used"),
        (["--data-dir", str(tmp_path / "file")], {}, "cannot use"),
        (["--data-dir", new, "--host", "192.0.2.1"], {}, "no loopback address"),
        (["--data-dir", new], {"AWS_SECRET_ACCESS_KEY": ""}, "must be set"),
    ]:
        process = store.spawn(*options, **environment)
        _, errors = process.communicate(timeout=SECONDS)
        assert process.returncode == 1
        assert errors.startswith("store: ")
        assert errors.count("\n") == 1
        assert said in errors


def test_a_stranger_is_refused(store: Store, sqs: Any, queue: str) -> None:
    assert code(store.client(aws_secret_access_key="other").list_queues)[0] == 403
    assert code(store.client(aws_access_key_id="OTHER").list_queues)[0] == 403
    unsigned = store.client()
    unsigned.meta.events.register("before-send.sqs", _without_authorization)
    assert code(unsigned.list_queues)[0] == 403
    browser = store.client()
    browser.meta.events.register("before-send.sqs", _with_origin)
    assert code(browser.list_queues)[0] == 403
    rebound = HTTPConnection(HOST, store.port, timeout=SECONDS)
    for path in ("/", "/health", "/_localstack/health"):
        rebound.request("GET", path, headers={"Host": "evil.example"})
        answer = rebound.getresponse()
        assert (answer.status, answer.read()) == (403, b"forbidden\n")
    rebound.close()


def _without_authorization(request: Any, **_: Any) -> None:
    del request.headers["Authorization"]


def _with_origin(request: Any, **_: Any) -> None:
    request.headers["Origin"] = "http://localhost:8080"
