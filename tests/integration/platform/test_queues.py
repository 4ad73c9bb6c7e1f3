"""The queues on a real emulator: made once, dead letters, and the batching sender."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from solaris.app import Parts
from solaris.platform.aws.client import AsyncAws
from solaris.platform.aws.queues import (
    MAX_CALLS_IN_FLIGHT,
    MAX_RECEIVES,
    QUEUES,
    USAGE_QUEUE,
    EventSender,
)
from solaris.platform.errors import StoreUnavailableError


def names(parts: Parts) -> set[str]:
    prefix = parts.settings.queue_name("")
    urls = parts.platform.queues._client.list_queues(QueueNamePrefix=prefix)["QueueUrls"]
    return {url.rsplit("/", 1)[-1].removeprefix(prefix) for url in urls}


def bodies(parts: Parts, queue: str = USAGE_QUEUE) -> list[str]:
    """Everything on a queue, taken off it."""
    found = []
    while messages := parts.platform.queues.receive(queue, wait_seconds=0):
        found += [message["Body"] for message in messages]
        parts.platform.queues.delete(queue, messages)
    return found


class Batches:
    """Counts the calls of an AsyncAws: their sizes, and how many are under way at once."""

    def __init__(self, aws: AsyncAws) -> None:
        self.sizes: list[int] = []
        self.most_at_once = 0
        self.fail_next = False
        self._running = 0
        self._call = aws.call
        aws.call = self.call  # type: ignore[method-assign]

    async def call(self, service: str, operation: str, payload: dict[str, Any]) -> dict[str, Any]:
        if operation != "SendMessageBatch":
            return await self._call(service, operation, payload)
        self.sizes.append(len(payload["Entries"]))
        self._running += 1
        self.most_at_once = max(self.most_at_once, self._running)
        try:
            if self.fail_next:
                self.fail_next = False
                raise StoreUnavailableError("away")
            return await self._call(service, operation, payload)
        finally:
            self._running -= 1


@pytest.fixture
async def aws(parts: Parts) -> AsyncIterator[AsyncAws]:
    made = AsyncAws("us-east-1")
    yield made
    await made.close()


@pytest.fixture
def sender(parts: Parts, aws: AsyncAws) -> EventSender:
    return EventSender(aws, parts.settings.queue_name(USAGE_QUEUE))


async def test_creating_the_queues_again_changes_nothing(parts: Parts) -> None:
    parts.platform.queues.send(USAGE_QUEUE, "kept")
    parts.platform.queues.create_all()
    expected = {one for queue in QUEUES for one in (queue, f"{queue}-dlq")}
    assert names(parts) == expected
    assert len(expected) == 8
    assert bodies(parts) == ["kept"]


@pytest.mark.parametrize("queue", QUEUES)
async def test_a_message_that_fails_five_times_is_a_dead_letter(parts: Parts, queue: str) -> None:
    queues = parts.platform.queues
    queues.send(queue, "poison")
    for _ in range(MAX_RECEIVES):
        (message,) = queues.receive(queue, wait_seconds=0)
        queues._client.change_message_visibility(
            QueueUrl=queues.url(queue),
            ReceiptHandle=message["ReceiptHandle"],
            VisibilityTimeout=0,
        )
    assert queues.receive(queue, wait_seconds=0) == []
    assert bodies(parts, f"{queue}-dlq") == ["poison"]


async def test_a_received_message_is_hidden_until_it_is_deleted(parts: Parts) -> None:
    queues = parts.platform.queues
    queues.send(USAGE_QUEUE, "one")
    (message,) = queues.receive(USAGE_QUEUE, wait_seconds=0)
    assert queues.receive(USAGE_QUEUE, wait_seconds=0) == []
    queues.delete(USAGE_QUEUE, [message])
    assert queues.depth(USAGE_QUEUE) == 0


async def test_depth_counts_what_waits(parts: Parts) -> None:
    for n in range(3):
        parts.platform.queues.send(USAGE_QUEUE, str(n))
    assert parts.platform.queues.depth(USAGE_QUEUE) == 3


async def test_drain_gives_every_message_once(
    parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    for n in range(13):
        parts.platform.queues.send(USAGE_QUEUE, str(n))
    receive = parts.platform.queues.receive

    def receive_at_once(queue: str, **_: Any) -> list[dict[str, Any]]:
        return receive(queue, wait_seconds=0)

    monkeypatch.setattr(parts.platform.queues, "receive", receive_at_once)
    drained = [message["Body"] for message in parts.platform.queues.drain(USAGE_QUEUE)]
    assert sorted(drained, key=int) == [str(n) for n in range(13)]


async def test_a_lone_event_is_sent_at_once(
    parts: Parts, aws: AsyncAws, sender: EventSender
) -> None:
    batches = Batches(aws)
    await sender.send("one")
    assert batches.sizes == [1]
    assert bodies(parts) == ["one"]


async def test_under_load_events_go_in_batches_of_at_most_ten_and_none_is_lost(
    parts: Parts, aws: AsyncAws, sender: EventSender
) -> None:
    batches = Batches(aws)
    sent = [f"event-{n}" for n in range(237)]
    await asyncio.gather(*(sender.send(body) for body in sent))
    assert sorted(bodies(parts)) == sorted(sent)
    assert max(batches.sizes) == 10
    assert len(batches.sizes) <= 23 + MAX_CALLS_IN_FLIGHT + 1
    assert batches.most_at_once == MAX_CALLS_IN_FLIGHT


async def test_a_batch_that_fails_fails_for_its_own_senders_alone(
    parts: Parts, aws: AsyncAws, sender: EventSender
) -> None:
    await sender.send("first")
    batches = Batches(aws)
    batches.fail_next = True
    results = await asyncio.gather(
        *(sender.send(f"event-{n}") for n in range(30)), return_exceptions=True
    )
    failed = [n for n, result in enumerate(results) if isinstance(result, StoreUnavailableError)]
    assert len(failed) == batches.sizes[0]
    assert sorted(bodies(parts)) == sorted(
        ["first", *(f"event-{n}" for n in range(30) if n not in failed)]
    )


async def test_a_sender_that_gives_up_takes_nobody_with_it(
    parts: Parts, sender: EventSender
) -> None:
    """The client hung up: its event is on its way all the same, and so are the others."""
    sending = [asyncio.create_task(sender.send(f"event-{n}")) for n in range(5)]
    await asyncio.sleep(0)
    sending[2].cancel()
    results = await asyncio.gather(*sending, return_exceptions=True)
    assert [type(result) for n, result in enumerate(results) if n != 2] == [type(None)] * 4
    assert isinstance(results[2], asyncio.CancelledError)
    assert set(bodies(parts)) >= {"event-0", "event-1", "event-3", "event-4"}


async def test_without_sqs_every_sender_hears_so_and_the_next_one_gets_through(
    parts: Parts, aws: AsyncAws, sender: EventSender, free_port: int
) -> None:
    await sender.send("before")
    at_home = aws._endpoint("sqs")
    aws._endpoints["sqs"] = type(at_home)(f"http://127.0.0.1:{free_port}/", at_home.signer)
    results = await asyncio.gather(
        *(sender.send(f"lost-{n}") for n in range(25)), return_exceptions=True
    )
    assert {type(result) for result in results} == {StoreUnavailableError}
    aws._endpoints["sqs"] = at_home
    await sender.send("after")
    assert sorted(bodies(parts)) == ["after", "before"]


async def test_a_queue_that_does_not_exist_fails_clearly(parts: Parts, aws: AsyncAws) -> None:
    missing = EventSender(aws, parts.settings.queue_name("missing"))
    with pytest.raises(StoreUnavailableError, match=r"NonExistentQueue|QueueDoesNotExist"):
        await missing.send("nowhere")
