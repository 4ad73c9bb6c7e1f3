"""SQS: the queues with their dead-letter queues, and a batching sender.

The sender is self-clocking: while a SendMessageBatch is on its way the next events gather, so a
quiet system sends each event at once and a busy one sends ten in a call.
"""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import orjson

from solaris.platform.aws.client import AsyncAws, AwsCallError, store_errors
from solaris.platform.errors import StoreUnavailableError
from solaris.platform.settings import Settings

USAGE_QUEUE = "usage"
ALERTS_QUEUE = "alerts"
EXPORTS_QUEUE = "exports"
CHANNELS_QUEUE = "channels"
QUEUES = (USAGE_QUEUE, ALERTS_QUEUE, EXPORTS_QUEUE, CHANNELS_QUEUE)

MAX_RECEIVES = 5
VISIBILITY_SECONDS = 60
# Lambda wants a message hidden as long as its function may run: 15 minutes for an export.
EXPORT_VISIBILITY_SECONDS = 960
RETENTION_SECONDS = 14 * 24 * 3600
BATCH_MESSAGES = 10
MAX_CALLS_IN_FLIGHT = 4


@dataclass(slots=True)
class _Pending:
    body: str
    done: asyncio.Future[None]


class EventSender:
    """Sends message bodies to one queue; `send` returns when SQS has accepted the message."""

    def __init__(self, aws: AsyncAws, queue_name: str) -> None:
        self._aws = aws
        self._queue_name = queue_name
        self._queue_url: str | None = None
        self._pending: list[_Pending] = []
        self._calls: set[asyncio.Task[None]] = set()

    async def send(self, body: str) -> None:
        """Send one message; raises StoreUnavailableError when SQS does not take it."""
        pending = _Pending(body, asyncio.get_running_loop().create_future())
        self._pending.append(pending)
        self._start_calls()
        await pending.done

    def _start_calls(self) -> None:
        # A batch that is not full goes only when no other is on its way.
        while self._pending and (
            not self._calls
            or (len(self._pending) >= BATCH_MESSAGES and len(self._calls) < MAX_CALLS_IN_FLIGHT)
        ):
            batch = self._pending[:BATCH_MESSAGES]
            del self._pending[:BATCH_MESSAGES]
            call = asyncio.create_task(self._send_batch(batch))
            self._calls.add(call)
            call.add_done_callback(self._call_ended)

    def _call_ended(self, call: asyncio.Task[None]) -> None:
        self._calls.discard(call)
        self._start_calls()

    async def _send_batch(self, batch: list[_Pending]) -> None:
        try:
            url = self._queue_url or await self._resolve()
            entries = [{"Id": str(n), "MessageBody": one.body} for n, one in enumerate(batch)]
            answer = await self._aws.call(
                "sqs", "SendMessageBatch", {"QueueUrl": url, "Entries": entries}
            )
        except (StoreUnavailableError, AwsCallError) as error:
            self._queue_url = None
            _fail(batch, StoreUnavailableError(str(error)))
            return
        except BaseException:
            _fail(batch, StoreUnavailableError("the sender was stopped"))
            raise
        for refused in answer.get("Failed", []):
            _fail([batch[int(refused["Id"])]], StoreUnavailableError(str(refused.get("Code"))))
        for one in batch:
            if not one.done.done():
                one.done.set_result(None)

    async def _resolve(self) -> str:
        answer = await self._aws.call("sqs", "GetQueueUrl", {"QueueName": self._queue_name})
        self._queue_url = str(answer["QueueUrl"])
        return self._queue_url


def _fail(batch: list[_Pending], error: StoreUnavailableError) -> None:
    for one in batch:
        if not one.done.done():
            one.done.set_exception(error)


class Queues:
    """The queues from synchronous code; `client` is a boto3 SQS client."""

    def __init__(self, client: Any, settings: Settings) -> None:
        self._client = client
        self._settings = settings
        self._urls: dict[str, str] = {}

    def create_all(self) -> None:
        """Create every queue with its dead-letter queue; safe to run again."""
        for queue in QUEUES:
            with store_errors():
                dead = self._create(f"{queue}-dlq", {})
                redrive = {"deadLetterTargetArn": dead, "maxReceiveCount": MAX_RECEIVES}
                more = {"RedrivePolicy": orjson.dumps(redrive).decode()}
                if queue == EXPORTS_QUEUE:
                    more["VisibilityTimeout"] = str(EXPORT_VISIBILITY_SECONDS)
                self._create(queue, more)

    def send(self, queue: str, body: str) -> None:
        """Send one message; raises StoreUnavailableError or AwsCallError."""
        with store_errors():
            self._client.send_message(QueueUrl=self.url(queue), MessageBody=body)

    def receive(
        self, queue: str, *, wait_seconds: int, most: int = BATCH_MESSAGES
    ) -> list[dict[str, Any]]:
        """Receive up to ten messages, waiting at most `wait_seconds` (20 is SQS's limit)."""
        with store_errors():
            answer = self._client.receive_message(
                QueueUrl=self.url(queue),
                MaxNumberOfMessages=most,
                WaitTimeSeconds=wait_seconds,
                AttributeNames=["All"],
            )
        messages: list[dict[str, Any]] = answer.get("Messages", [])
        return messages

    def delete(self, queue: str, messages: list[dict[str, Any]]) -> None:
        """Acknowledge messages; what is not acknowledged is delivered again."""
        for start in range(0, len(messages), BATCH_MESSAGES):
            entries = [
                {"Id": str(n), "ReceiptHandle": message["ReceiptHandle"]}
                for n, message in enumerate(messages[start : start + BATCH_MESSAGES])
            ]
            with store_errors():
                self._client.delete_message_batch(QueueUrl=self.url(queue), Entries=entries)

    def postpone(self, queue: str, receipt_handle: str, seconds: int) -> None:
        """Have a message in hand delivered again after this long (43,200 s is SQS's limit)."""
        with store_errors():
            self._client.change_message_visibility(
                QueueUrl=self.url(queue), ReceiptHandle=receipt_handle, VisibilityTimeout=seconds
            )

    def drain(self, queue: str) -> Iterator[dict[str, Any]]:
        """Yield messages until the queue gives none; the caller deletes what it has handled."""
        while messages := self.receive(queue, wait_seconds=1):
            yield from messages

    def depth(self, queue: str) -> int:
        """Messages waiting, approximately (SQS says no more)."""
        with store_errors():
            answer = self._client.get_queue_attributes(
                QueueUrl=self.url(queue), AttributeNames=["ApproximateNumberOfMessages"]
            )
        return int(answer["Attributes"]["ApproximateNumberOfMessages"])

    def unfinished(self, queue: str) -> int:
        """Messages waiting or in somebody's hand, approximately."""
        names = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible")
        with store_errors():
            answer = self._client.get_queue_attributes(
                QueueUrl=self.url(queue), AttributeNames=list(names)
            )
        return sum(int(answer["Attributes"][name]) for name in names)

    def url(self, queue: str) -> str:
        """URL of a queue, asked for once."""
        if queue not in self._urls:
            name = self._settings.queue_name(queue)
            with store_errors():
                self._urls[queue] = self._client.get_queue_url(QueueName=name)["QueueUrl"]
        return self._urls[queue]

    def _create(self, queue: str, more: dict[str, str]) -> str:
        attributes = {
            "VisibilityTimeout": str(VISIBILITY_SECONDS),
            "MessageRetentionPeriod": str(RETENTION_SECONDS),
            **more,
        }
        url = self._client.create_queue(
            QueueName=self._settings.queue_name(queue), Attributes=attributes
        )["QueueUrl"]
        self._urls[queue] = url
        arn: str = self._client.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])[
            "Attributes"
        ]["QueueArn"]
        return arn


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a queue; `receives` counts its deliveries, this one included."""

    message_id: str
    body: str
    receipt_handle: str | None = None
    receives: int = 1
