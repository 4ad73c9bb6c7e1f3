"""The queues without HTTP: time, dead letters, retention, what a disk does, and what is refused."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from infra.local.store.disk import Disk
from infra.local.store.errors import ServiceError, StoreError
from infra.local.store.messages import SCHEMA, tend
from infra.local.store.queues import Queues
from infra.local.store.sqs_fields import Call, Fields

HOUR = 3600.0
URL = "http://127.0.0.1:1/000000000000/a"


class Clock:
    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


class Client:
    """Makes calls of one Queues; `hang_up` ends the connection that waits."""

    def __init__(self, queues: Queues) -> None:
        self.queues = queues
        self.gone = asyncio.Event()

    async def call(self, operation: str, **fields: Any) -> Fields:
        fields = {"QueueUrl": URL, **fields}
        call = Call(operation, fields, "127.0.0.1:2", "local", self.gone.wait)
        return await asyncio.wait_for(self.queues.answer(call), 10)

    async def create(self, name: str = "a", **attributes: str) -> None:
        await self.call("CreateQueue", QueueName=name, Attributes=attributes)

    async def send(self, body: str, **fields: Any) -> str:
        return str((await self.call("SendMessage", MessageBody=body, **fields))["MessageId"])

    async def receive(self, **fields: Any) -> list[Fields]:
        fields = {"MaxNumberOfMessages": 10, "AttributeNames": ["All"], **fields}
        messages: list[Fields] = (await self.call("ReceiveMessage", **fields)).get("Messages", [])
        return messages

    async def bodies(self, **fields: Any) -> list[str]:
        return [message["Body"] for message in await self.receive(**fields)]

    async def refused(self, operation: str, **fields: Any) -> str:
        with pytest.raises(ServiceError) as caught:
            await self.call(operation, **fields)
        return caught.value.code


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def client(tmp_path: Path, clock: Clock) -> AsyncIterator[Client]:
    queues = Queues(tmp_path / "queues.sqlite", clock)
    made = Client(queues)
    await made.create(VisibilityTimeout="60")
    yield made
    queues.close()


async def test_a_message_is_hidden_for_its_time_and_says_how_often_it_came(
    client: Client, clock: Clock
) -> None:
    await client.send("one")
    (first,) = await client.receive()
    clock.now += 59
    assert await client.receive() == []
    clock.now += 1
    (second,) = await client.receive()
    counts = [message["Attributes"]["ApproximateReceiveCount"] for message in (first, second)]
    assert counts == ["1", "2"]
    begun = "ApproximateFirstReceiveTimestamp"
    assert first["Attributes"][begun] == second["Attributes"][begun]
    await client.call("DeleteMessage", ReceiptHandle=first["ReceiptHandle"])
    clock.now += HOUR
    assert await client.receive() == []


async def test_only_the_latest_receive_changes_what_is_in_hand(
    client: Client, clock: Clock
) -> None:
    await client.send("one")
    (first,) = await client.receive()
    clock.now += 60
    (second,) = await client.receive()
    change = {"VisibilityTimeout": 0}
    code = await client.refused(
        "ChangeMessageVisibility", ReceiptHandle=first["ReceiptHandle"], **change
    )
    assert code == "InvalidParameterValue"
    handle = {"ReceiptHandle": second["ReceiptHandle"]}
    await client.call("ChangeMessageVisibility", **handle, **change)
    assert await client.refused("ChangeMessageVisibility", **handle, **change) == (
        "MessageNotInflight"
    )
    assert await client.bodies() == ["one"]


async def test_a_delayed_message_comes_later_and_is_counted_as_such(
    client: Client, clock: Clock
) -> None:
    await client.send("late", DelaySeconds=30)
    await client.send("now")
    assert await client.bodies() == ["now"]
    await client.send("waits")
    answer = await client.call("GetQueueAttributes", AttributeNames=["All"])
    counts = {n: v for n, v in answer["Attributes"].items() if n.startswith("Approximate")}
    assert counts == {
        "ApproximateNumberOfMessages": "1",
        "ApproximateNumberOfMessagesNotVisible": "1",
        "ApproximateNumberOfMessagesDelayed": "1",
    }
    clock.now += 30
    assert await client.bodies() == ["waits", "late"]


async def test_a_message_in_hand_stays_hidden_its_time_when_the_clock_is_set_back(
    client: Client, clock: Clock
) -> None:
    await client.send("in hand")
    await client.receive()
    await client.send("waits")
    await client.send("delayed", DelaySeconds=20)
    clock.now -= HOUR
    assert await client.bodies() == ["waits"]
    clock.now += 20
    assert await client.bodies() == ["delayed"]
    clock.now += 40
    assert sorted(await client.bodies()) == ["in hand", "waits"]


async def test_a_store_that_starts_in_the_past_hides_nothing_longer(
    client: Client, clock: Clock, tmp_path: Path
) -> None:
    await client.send("in hand")
    await client.receive()
    client.queues.close()
    clock.now -= 24 * HOUR
    queues = Queues(tmp_path / "queues.sqlite", clock)
    again = Client(queues)
    assert await again.receive() == []
    clock.now += 60
    assert await again.bodies() == ["in hand"]
    queues.close()


async def test_what_is_too_old_is_not_received(client: Client, clock: Clock) -> None:
    await client.create("b", MessageRetentionPeriod="60")
    await client.send("old", QueueUrl="b")
    clock.now += 59
    await client.send("new", QueueUrl="b")
    clock.now += 1
    assert await client.bodies(QueueUrl="b") == ["new"]


async def test_a_backlog_of_dead_letters_hides_no_message(client: Client, clock: Clock) -> None:
    await client.create("dead")
    policy = '{"deadLetterTargetArn": "arn:aws:sqs:x:0:dead", "maxReceiveCount": "1"}'
    await client.create("b", RedrivePolicy=policy, VisibilityTimeout="1")
    for n in range(25):
        await client.send(str(n), QueueUrl="b")
    while await client.receive(QueueUrl="b"):
        pass
    clock.now += 2
    await client.send("well", QueueUrl="b")
    assert await client.bodies(QueueUrl="b") == ["well"]
    dead = [body for _ in range(3) for body in await client.bodies(QueueUrl="dead")]
    assert sorted(dead, key=int) == [str(n) for n in range(25)]


async def test_whoever_waits_hears_of_a_dead_letter(client: Client, clock: Clock) -> None:
    await client.create("dead")
    policy = '{"deadLetterTargetArn": "arn:aws:sqs:x:0:dead", "maxReceiveCount": 1}'
    await client.create("b", RedrivePolicy=policy, VisibilityTimeout="1")
    await client.send("poison", QueueUrl="b")
    await client.receive(QueueUrl="b")
    waiting = asyncio.create_task(client.bodies(QueueUrl="dead", WaitTimeSeconds=20))
    await client.receive()  # the one that waits is before this one
    clock.now += 1
    assert await client.receive(QueueUrl="b") == []
    assert await asyncio.wait_for(waiting, 5) == ["poison"]


async def test_who_hung_up_takes_no_message(client: Client) -> None:
    waiting = asyncio.create_task(client.receive(WaitTimeSeconds=20))
    other = Client(client.queues)
    await other.receive()
    client.gone.set()
    assert await asyncio.wait_for(waiting, 5) == []
    await other.send("for another")
    assert await other.bodies() == ["for another"]


async def test_who_waits_is_sent_home_when_the_store_stops(client: Client) -> None:
    waiting = asyncio.create_task(client.receive(WaitTimeSeconds=20))
    await client.receive()
    client.queues.stop_waiting()
    assert await asyncio.wait_for(waiting, 5) == []
    assert await client.receive(WaitTimeSeconds=20) == []


async def test_a_queue_made_again_must_be_the_same(client: Client) -> None:
    await client.create(VisibilityTimeout="60")
    await client.create()
    again = {"QueueName": "a", "Attributes": {"VisibilityTimeout": "61"}}
    assert await client.refused("CreateQueue", **again) == "QueueNameExists"
    await client.call("SetQueueAttributes", Attributes={"VisibilityTimeout": "61"})
    await client.call("CreateQueue", **again)
    await client.create("dead")
    for region in ("one", "two"):  # the store's region may be set anew
        arn = f'"arn:aws:sqs:{region}:000000000000:dead"'
        await client.create(
            "b", RedrivePolicy=f'{{"deadLetterTargetArn": {arn}, "maxReceiveCount": 5}}'
        )


@pytest.mark.parametrize(
    ("operation", "fields", "code"),
    [
        ("Nothing", {}, "InvalidAction"),
        ("CreateQueue", {"QueueName": "a.fifo"}, "InvalidParameterValue"),
        ("CreateQueue", {"QueueName": "a", "Attributes": {"Else": "1"}}, "InvalidAttributeName"),
        ("SetQueueAttributes", {"Attributes": {"DelaySeconds": "901"}}, "InvalidAttributeValue"),
        ("SetQueueAttributes", {"Attributes": {"DelaySeconds": "x"}}, "InvalidAttributeValue"),
        ("SetQueueAttributes", {"Attributes": {"RedrivePolicy": "{}"}}, "InvalidAttributeValue"),
        (
            "SetQueueAttributes",
            {
                "Attributes": {
                    "RedrivePolicy": '{"deadLetterTargetArn": "a:none", "maxReceiveCount": 5}'
                }
            },
            "InvalidParameterValue",
        ),
        ("GetQueueAttributes", {"AttributeNames": ["Else"]}, "InvalidAttributeName"),
        ("GetQueueUrl", {"QueueName": "none"}, "QueueDoesNotExist"),
        ("ReceiveMessage", {"QueueUrl": "none"}, "QueueDoesNotExist"),
        ("ReceiveMessage", {"MaxNumberOfMessages": 11}, "InvalidParameterValue"),
        ("ReceiveMessage", {"WaitTimeSeconds": 21}, "InvalidParameterValue"),
        ("ReceiveMessage", {"VisibilityTimeout": True}, "InvalidParameterValue"),
        ("SendMessage", {}, "MissingParameter"),
        ("SendMessage", {"MessageBody": "\x00"}, "InvalidMessageContents"),
        ("SendMessage", {"MessageBody": "é" * (2**19 + 1)}, "InvalidParameterValue"),
        ("SendMessage", {"MessageBody": "a", "MessageGroupId": "b"}, "UnsupportedOperation"),
        (
            "SendMessage",
            {"MessageBody": "a", "MessageAttributes": {"b": {}}},
            "UnsupportedOperation",
        ),
        ("SendMessageBatch", {"Entries": []}, "EmptyBatchRequest"),
        ("SendMessageBatch", {"Entries": [{"Id": "a b"}]}, "InvalidBatchEntryId"),
        ("SendMessageBatch", {"Entries": [{"Id": "a"}] * 2}, "BatchEntryIdsNotDistinct"),
        ("SendMessageBatch", {"Entries": [{"Id": "a"}] * 11}, "TooManyEntriesInBatchRequest"),
        (
            "SendMessageBatch",
            {"Entries": [{"Id": str(n), "MessageBody": "a" * 2**18} for n in range(5)]},
            "BatchRequestTooLong",
        ),
        ("DeleteMessage", {"ReceiptHandle": "none"}, "ReceiptHandleIsInvalid"),
        ("ChangeMessageVisibility", {"ReceiptHandle": "1"}, "MissingParameter"),
    ],
)
async def test_what_is_no_call_is_refused(
    client: Client, operation: str, fields: Fields, code: str
) -> None:
    assert await client.refused(operation, **fields) == code


async def test_queues_are_found_by_how_their_names_begin(client: Client) -> None:
    for name in ("b-2", "b-1", "c"):
        await client.create(name)
    found = await client.call("ListQueues", QueueNamePrefix="b-")
    assert [url.rpartition("/")[2] for url in found["QueueUrls"]] == ["b-1", "b-2"]
    assert await client.call("ListQueues", QueueNamePrefix="d") == {}


async def test_a_full_disk_refuses_and_loses_nothing(client: Client) -> None:
    def limit(pages: int) -> Any:
        return client.queues._disk.run(
            lambda db, _: db.execute(f"PRAGMA max_page_count={pages}").fetchone()
        )

    await client.send("kept")
    (size,) = await client.queues._disk.run(
        lambda db, _: db.execute("PRAGMA page_count").fetchone()
    )
    await limit(size + 20)
    results = await asyncio.gather(
        *(client.send(f"{n}" + "x" * 30_000) for n in range(8)), return_exceptions=True
    )
    codes = [one.code for one in results if isinstance(one, ServiceError)]
    assert codes
    assert set(codes) == {"InternalFailure"}
    await limit(2**30)
    await client.send("after")
    bodies = [body[:10] for body in await client.bodies()]
    assert len(bodies) == 2 + len(results) - len(codes)
    assert {"kept", "after"} <= set(bodies)


async def test_calls_that_wait_together_share_a_commit(tmp_path: Path) -> None:
    commits = 0

    def trace(statement: str) -> None:
        nonlocal commits
        commits += statement == "COMMIT"

    disk = Disk(tmp_path / "file", "CREATE TABLE IF NOT EXISTS t (n);", lambda *_: None)
    await disk.run(lambda db, _: db.set_trace_callback(trace))

    def failing(db: sqlite3.Connection, _: float) -> None:
        db.execute("INSERT INTO t VALUES (-1)")
        raise ServiceError(400, "Refused", "it has changed its mind")

    adding = [
        disk.run(lambda db, _, n=n: db.execute("INSERT INTO t VALUES (?)", (n,)))  # type: ignore[misc]
        for n in range(100)
    ]
    results = await asyncio.gather(*adding, disk.run(failing), return_exceptions=True)
    assert [type(one) for one in results if isinstance(one, Exception)] == [ServiceError]
    rows = await disk.run(lambda db, _: db.execute("SELECT n FROM t ORDER BY n").fetchall())
    assert [n for (n,) in rows] == list(range(100))
    assert commits < 50
    disk.close()


async def test_the_file_gives_back_its_room(client: Client, tmp_path: Path) -> None:
    for _ in range(30):
        await client.send("x" * 100_000)
    disk = client.queues._disk
    await disk.run(lambda db, _: db.execute("DELETE FROM messages"))

    async def size() -> int:
        (pages,) = await disk.run(lambda db, _: db.execute("PRAGMA page_count").fetchone())
        return int(pages)

    before = await size()
    disk._tend_at = 0.0
    await size()  # the next turn of the thread tidies
    await size()
    assert await size() < before / 2


@pytest.mark.parametrize(
    "content", [b"no database " * 1000, b"SQLite format 3\x00" + b"\xff" * 9000]
)
def test_a_damaged_file_is_named_in_one_line(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "queues.sqlite"
    path.write_bytes(content)
    with pytest.raises(StoreError) as caught:
        Queues(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_of_another_version_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "queues.sqlite"
    Disk(path, SCHEMA, tend).close()
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA user_version=2")
    db.close()
    with pytest.raises(StoreError, match="format 2 is not known"):
        Queues(path)
