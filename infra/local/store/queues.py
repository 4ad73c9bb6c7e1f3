"""SQS's JSON protocol as this project calls it, on one SQLite file.

Standard queues only. What is acknowledged is on the disk, receives and visibility too. A message
has a body and no attributes of its own: whoever sends some is refused.
"""

import asyncio
import sqlite3
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import orjson

from infra.local.store import messages
from infra.local.store.disk import Disk
from infra.local.store.errors import ServiceError
from infra.local.store.sqs_fields import (
    MAX_BATCH,
    MAX_BATCH_BYTES,
    MAX_HIDDEN_SECONDS,
    MAX_WAIT_SECONDS,
    NAME,
    SETTINGS,
    Call,
    Fields,
    HungUp,
    entries_of,
    hidden_of,
    invalid,
    md5_of,
    message_of,
    received,
    settings_of,
    text_of,
    whole_of,
)

_WAKE_SECONDS = 0.001  # a message that is due is looked for a little later, so once
_COUNTS = (
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible",
    "ApproximateNumberOfMessagesDelayed",
)

Gone = asyncio.Future[Any]
# what is done to one message of a queue: by a call of its own, or by an entry of a batch
One = Callable[[sqlite3.Connection, float, messages.Queue, Fields], Fields]


class Queues:
    """Answers SQS's calls; the file at `path` is this process's alone. Raises StoreError."""

    def __init__(self, path: Path, clock: Callable[[], float] = time.time) -> None:
        self._disk = Disk(path, messages.SCHEMA, messages.tend, clock)
        self._changed: dict[str, asyncio.Event] = {}
        self._is_stopping = False
        self._operations: dict[str, Callable[[Call], Awaitable[Fields]]] = {
            "CreateQueue": self._create,
            "GetQueueUrl": self._get_url,
            "ListQueues": self._list,
            "GetQueueAttributes": self._get_attributes,
            "SetQueueAttributes": self._set_attributes,
            "ReceiveMessage": self._receive,
            "SendMessage": partial(self._single, _send),
            "SendMessageBatch": self._send_batch,
            "DeleteMessage": partial(self._single, _delete),
            "DeleteMessageBatch": partial(self._batch, _delete),
            "ChangeMessageVisibility": partial(self._single, _change),
            "ChangeMessageVisibilityBatch": partial(self._batch, _change),
        }

    async def answer(self, call: Call) -> Fields:
        """Do what is asked and return the answer's fields; raises ServiceError.

        A disk that takes nothing is an InternalFailure: then nothing was done.
        """
        operation = self._operations.get(call.operation)
        if operation is None:
            said = f"this store does not know {call.operation[:100]}"
            raise ServiceError(400, "InvalidAction", said)
        try:
            return await operation(call)
        except sqlite3.Error as error:
            said = f"the queues cannot be kept: {error}"
            raise ServiceError(500, "InternalFailure", said) from error

    def stop_waiting(self) -> None:
        """Answer everybody who waits for messages, now and from now on."""
        self._is_stopping = True
        for queue in list(self._changed):
            self._notify(queue)

    def close(self) -> None:
        """Finish what is under way and close the file; blocks."""
        self._disk.close()

    async def _create(self, call: Call) -> Fields:
        name = text_of(call.fields, "QueueName")
        if not NAME.fullmatch(name):
            raise invalid("a queue's name is 1 to 80 letters, digits, - and _")
        settings = settings_of(call.fields)
        await self._disk.run(lambda db, now: messages.create(db, now, name, settings))
        return {"QueueUrl": call.url(name)}

    async def _get_url(self, call: Call) -> Fields:
        name = text_of(call.fields, "QueueName")
        await self._disk.run(lambda db, _: messages.the_queue(db, name))
        return {"QueueUrl": call.url(name)}

    async def _list(self, call: Call) -> Fields:
        prefix = str(call.fields.get("QueueNamePrefix") or "")
        found = await self._disk.run(lambda db, _: messages.names(db, prefix))
        return {"QueueUrls": [call.url(name) for name in found]} if found else {}

    async def _get_attributes(self, call: Call) -> Fields:
        def look(db: sqlite3.Connection, now: float) -> tuple[messages.Queue, tuple[int, ...]]:
            queue = messages.the_queue(db, name)
            return queue, messages.counts(db, now, queue)

        name, wanted = call.queue(), set(call.fields.get("AttributeNames") or ())
        queue, counts = await self._disk.run(look)
        known = {
            "QueueArn": call.arn(name),
            "CreatedTimestamp": str(int(queue.created)),
            **{one: str(count) for one, count in zip(_COUNTS, counts, strict=True)},
            **{one: str(getattr(queue, column)) for one, (column, *_) in SETTINGS.items()},
        }
        if queue.dead_letters:
            target = call.arn(queue.dead_letters)
            policy = {"deadLetterTargetArn": target, "maxReceiveCount": queue.max_receives}
            known["RedrivePolicy"] = orjson.dumps(policy).decode()
        if unknown := wanted - {"All", "RedrivePolicy", *known}:
            raise ServiceError(400, "InvalidAttributeName", f"Unknown Attribute {min(unknown)}.")
        return {"Attributes": {n: v for n, v in known.items() if "All" in wanted or n in wanted}}

    async def _set_attributes(self, call: Call) -> Fields:
        name, settings = call.queue(), settings_of(call.fields)
        await self._disk.run(
            lambda db, _: messages.set_up(db, messages.the_queue(db, name), settings)
        )
        return {}

    async def _receive(self, call: Call) -> Fields:
        fields, name = call.fields, call.queue()
        most = whole_of(fields, "MaxNumberOfMessages", 1, MAX_BATCH) or 1
        hidden = whole_of(fields, "VisibilityTimeout", 0, MAX_HIDDEN_SECONDS)
        wait = whole_of(fields, "WaitTimeSeconds", 0, MAX_WAIT_SECONDS)
        loop = asyncio.get_running_loop()
        started = loop.time()
        with _listening(call.hung_up) as hung_up:
            while True:
                changed = self._changed.setdefault(name, asyncio.Event())
                taken = await self._disk.run(
                    lambda db, now: messages.take(db, now, name, most, hidden)
                )
                if taken.dead_letters:
                    self._notify(taken.dead_letters)
                left = started + (taken.queue.wait if wait is None else wait) - loop.time()
                if taken.messages or left <= 0 or self._is_stopping:
                    break
                if taken.next_seconds is not None:
                    left = min(left, taken.next_seconds + _WAKE_SECONDS)
                if await _has_gone(hung_up(), changed, left):
                    break  # before it takes a message from somebody who is there
        wanted = {
            *(fields.get("AttributeNames") or ()),
            *(fields.get("MessageSystemAttributeNames") or ()),
        }
        answers = [received(message, wanted) for message in taken.messages]
        return {"Messages": answers} if answers else {}

    async def _send_batch(self, call: Call) -> Fields:
        bodies = (str(entry.get("MessageBody", "")) for entry in entries_of(call.fields))
        if sum(len(body.encode()) for body in bodies) > MAX_BATCH_BYTES:
            said = f"Batch requests cannot be longer than {MAX_BATCH_BYTES} bytes."
            raise ServiceError(400, "BatchRequestTooLong", said)
        return await self._batch(_send, call)

    async def _single(self, one: One, call: Call) -> Fields:
        name = call.queue()
        answer = await self._disk.run(
            lambda db, now: one(db, now, messages.the_queue(db, name), call.fields)
        )
        self._notify(name)
        return answer

    async def _batch(self, one: One, call: Call) -> Fields:
        """Do the same with each entry, in one transaction; a refused entry changes nothing."""

        def each(db: sqlite3.Connection, now: float) -> Fields:
            queue = messages.the_queue(db, name)
            done: Fields = {"Successful": [], "Failed": []}
            for entry in entries:
                try:
                    answer = one(db, now, queue, entry)
                    done["Successful"].append({"Id": entry["Id"], **answer})
                except ServiceError as error:
                    said = {"SenderFault": True, "Code": error.code, "Message": error.message}
                    done["Failed"].append({"Id": entry["Id"], **said})
            return {key: value for key, value in done.items() if value}

        name, entries = call.queue(), entries_of(call.fields)
        answer = await self._disk.run(each)
        self._notify(name)
        return answer

    def _notify(self, queue: str) -> None:
        changed = self._changed.pop(queue, None)
        if changed is not None:
            changed.set()


def _send(db: sqlite3.Connection, now: float, queue: messages.Queue, fields: Fields) -> Fields:
    body, delay = message_of(fields)
    message_id = messages.send(db, now, queue, body, delay)
    return {"MessageId": message_id, "MD5OfMessageBody": md5_of(body)}


def _delete(db: sqlite3.Connection, _: float, queue: messages.Queue, fields: Fields) -> Fields:
    messages.delete(db, queue, text_of(fields, "ReceiptHandle"))
    return {}


def _change(db: sqlite3.Connection, now: float, queue: messages.Queue, fields: Fields) -> Fields:
    handle = text_of(fields, "ReceiptHandle")
    messages.change(db, now, queue, handle, hidden_of(fields))
    return {}


@contextmanager
def _listening(hung_up: HungUp) -> Iterator[Callable[[], Gone]]:
    """Gives the future of the client's going away; nobody listens unless it is asked for."""
    found: list[Gone] = []

    def asked() -> Gone:
        if not found:
            found.append(asyncio.ensure_future(hung_up()))
        return found[0]

    try:
        yield asked
    finally:
        for one in found:
            one.cancel()


async def _has_gone(gone: Gone, changed: asyncio.Event, seconds: float) -> bool:
    """Wait for a change, at most so long; whether the client has gone meanwhile."""
    waiting = asyncio.ensure_future(changed.wait())
    try:
        await asyncio.wait({waiting, gone}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    finally:
        waiting.cancel()
    return gone.done()
