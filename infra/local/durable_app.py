"""The durable ASGI app: executes a request in ministack, journals it, then answers.

The journal must have the order of execution. It has, because ministack executes DynamoDB, SQS
sends and SES without suspending, on the event loop, and the record is appended in the same
step: nothing else can run between a change and its record.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import time
from typing import TYPE_CHECKING, Any

import orjson

from infra.local.calls import Call, expiry_call, service_of
from infra.local.journal import Record

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, MutableMapping

    from infra.local.compaction import Compactor
    from infra.local.emulator import Emulator
    from infra.local.journal import Journal

    Message = MutableMapping[str, Any]
    Receive = Callable[[], Awaitable[Message]]
    Send = Callable[[Message], Awaitable[None]]

_log = logging.getLogger("solaris.store")
STATUS_PATH = "/_solaris/store"
MAX_RECORDS = 20_000
MAX_BYTES = 32 * 1024 * 1024
_RESET_PATH = "/_ministack/reset"
_OTHER_CHANGES_SECONDS = 60.0
TTL_SWEEP_SECONDS = 60.0
_TTL_PARTITIONS_A_STEP = 100
_BODY_MAX_BYTES = 17 * 1024 * 1024  # DynamoDB takes 16 MB at most


async def _read_body(receive: Receive) -> bytes | None:
    """The whole body, or None if the client went away or sends more than DynamoDB takes."""
    message = await receive()
    if message["type"] == "http.request" and not message.get("more_body"):
        return bytes(message.get("body", b""))
    chunks, size = [message.get("body", b"")], 0
    while message["type"] == "http.request" and size <= _BODY_MAX_BYTES:
        if not message.get("more_body"):
            return b"".join(chunks)
        message = await receive()
        chunks.append(message.get("body", b""))
        size += len(chunks[-1])
    return None


async def _respond(send: Send, status: int, headers: dict[str, str], answer: bytes) -> None:
    pairs = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
    pairs.append((b"content-length", str(len(answer)).encode()))
    await send({"type": "http.response.start", "status": status, "headers": pairs})
    await send({"type": "http.response.body", "body": answer})


class DurableApp:
    """The ASGI app around ministack's: executes, journals, then answers."""

    def __init__(
        self,
        *,
        emulator: Emulator,
        journal: Journal,
        compactor: Compactor,
        max_records: int = MAX_RECORDS,
        max_bytes: int = MAX_BYTES,
        ttl_sweep_seconds: float = TTL_SWEEP_SECONDS,
    ) -> None:
        self._emulator = emulator
        self._journal = journal
        self._compactor = compactor
        self._max_records = max_records
        self._max_bytes = max_bytes
        self._ttl_sweep_seconds = ttl_sweep_seconds
        self._changed = False
        self._other_changes = False
        self._tasks: list[asyncio.Task[None]] = []
        self.replayed = 0
        self.replayed_differently = 0

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await self._http(scope, receive, send)
        elif scope["type"] == "lifespan":
            await self._lifespan(scope, receive, send)
        else:
            await self._emulator.app(scope, receive, send)

    async def _http(self, scope: Message, receive: Receive, send: Send) -> None:
        call, encoded = Call.of(scope)
        is_direct = call.is_dynamodb or call.is_queue_step
        if is_direct and call.method == "POST" and not encoded:
            body = await _read_body(receive)
            if body is not None:
                execute = self._execute_dynamodb if call.is_dynamodb else self._execute_queue_step
                await _respond(send, *await execute(call, body))
        elif call.path == STATUS_PATH:
            answer = orjson.dumps(self.status())
            await _respond(send, 200, {"Content-Type": "application/json"}, answer)
        elif call.path == _RESET_PATH:
            await _respond(send, 403, {}, b"the embedded store cannot be reset over HTTP\n")
        else:
            await self._pass_on(call, scope, receive, send)

    async def _execute_dynamodb(self, call: Call, body: bytes) -> tuple[int, dict[str, str], bytes]:
        status, headers, answer = await self._emulator.dynamodb(call.target, call.credential, body)
        # A refused request changed nothing. One that failed inside the emulator may have.
        if (status == 200 or status >= 500) and call.is_journaled(body):  # noqa: PLR2004
            self._keep(status, call, body)
        return status, headers, answer

    async def _execute_queue_step(
        self, call: Call, body: bytes
    ) -> tuple[int, dict[str, str], bytes]:
        status, headers, answer = await self._emulator.queue_step(
            call.target, call.credential, body
        )
        if (status == 200 or status >= 500) and call.is_journaled(body):  # noqa: PLR2004
            self._keep(status, call, body)
        self._changed = True
        return status, headers, answer

    async def _pass_on(self, call: Call, scope: Message, receive: Receive, send: Send) -> None:
        """Through ministack's own app. It reaches send() in the same step in which its SQS
        and SES handlers executed, so the journal has the order of execution here too.
        """
        chunks: list[bytes] = []
        service = service_of(call.credential)
        keeps_body = call.is_dynamodb or service in ("sqs", "ses", "dynamodb")

        async def receive_and_keep() -> Message:
            message = await receive()
            if keeps_body and message["type"] == "http.request":
                chunks.append(message.get("body", b""))
            return message

        async def journal_and_send(message: Message) -> None:
            if message["type"] == "http.response.start":
                status = message["status"]
                body = b"".join(chunks)
                if (status < 300 or status >= 500) and call.is_journaled(body):  # noqa: PLR2004
                    self._keep(status, call, body)
                elif status < 300:  # noqa: PLR2004
                    self._changed = self._changed or call.method != "GET"
                    self._other_changes = self._other_changes or call.is_other_change()
            await send(message)

        await self._emulator.app(scope, receive_and_keep, journal_and_send)

    def _keep(self, status: int, call: Call, body: bytes) -> None:
        self._changed = True
        journal = self._journal
        try:
            journal.append(Record(time.time(), status, call.meta, body))
        except OSError as error:
            _log.error("Journal failed, changes are in memory only until a snapshot succeeds: %s",
                       error)  # fmt: skip
        if (
            journal.record_count >= self._max_records
            or journal.size_bytes >= self._max_bytes
            or journal.has_gap
        ) and not self._compactor.is_running:
            # Not here: the fork must not happen inside a request.
            asyncio.get_running_loop().call_soon(self._compactor.start)

    async def recover(self) -> None:
        """Load the snapshot in force and replay the journal. Raises StoreError."""
        if self._journal.snapshot is not None:
            gc.disable()
            self._emulator.load_snapshot(self._journal.snapshot)
            gc.freeze()
            gc.enable()
        with self._emulator.recorded_clock() as clock:
            for record in self._journal.recover():
                clock.now = record.unix_seconds
                status = await self._replay(record)
                self.replayed += 1
                self.replayed_differently += status != record.status
        # What was loaded stays: leave it out of every later collection, which would
        # otherwise stop the store for a good part of a second at 100,000 users.
        gc.collect()
        gc.freeze()
        self._changed = self.replayed > 0
        if self._journal.torn_bytes:
            _log.warning("Cut %d torn bytes off the journal", self._journal.torn_bytes)
        if self._journal.dropped_records:
            _log.error("Dropped %d changes made while the disk was full",
                       self._journal.dropped_records)  # fmt: skip
        if self.replayed_differently:
            _log.error("%d of %d changes replayed with another status",
                       self.replayed_differently, self.replayed)  # fmt: skip

    async def _replay(self, record: Record) -> int:
        call = Call.from_meta(record.meta)
        if call.is_dynamodb:
            return (await self._emulator.dynamodb(call.target, call.credential, record.body))[0]
        statuses: list[int] = []

        async def receive() -> Message:
            return {"type": "http.request", "body": record.body, "more_body": False}

        async def send(message: Message) -> None:
            if message["type"] == "http.response.start":
                statuses.append(message["status"])

        await self._emulator.app(call.scope(record.body), receive, send)
        return statuses[0] if statuses else 0

    async def _lifespan(self, scope: Message, receive: Receive, send: Send) -> None:
        async def send_and_follow(message: Message) -> None:
            if message["type"] == "lifespan.startup.complete":
                self._tasks = [
                    asyncio.create_task(self._sweep_expired()),
                    asyncio.create_task(self._watch()),
                ]
            elif message["type"] == "lifespan.shutdown.complete":
                for task in self._tasks:
                    task.cancel()
                if self._changed:
                    await self._compactor.finish()
                self._journal.close()
            await send(message)

        await self._emulator.app(scope, receive, send_and_follow)

    async def _watch(self) -> None:
        """Snapshot changes of services without a journal, and retry after a full disk."""
        waited_seconds = 0.0
        while True:
            await asyncio.sleep(1)
            waited_seconds += 1
            due = self._other_changes and waited_seconds >= _OTHER_CHANGES_SECONDS
            if (due or self._journal.has_gap) and self._compactor.start():
                self._other_changes = False
                waited_seconds = 0.0

    async def _sweep_expired(self) -> None:
        """Delete items whose TTL is over, as ordinary journaled deletes, a partition a step."""
        while True:
            await asyncio.sleep(self._ttl_sweep_seconds)
            try:
                await self._sweep_expired_once()
            except Exception:  # noqa: BLE001 - a defect here must not end the sweeping for good
                _log.exception("Removing expired items failed")

    async def _sweep_expired_once(self) -> None:
        """One pass over every table with an enabled TTL."""
        emulator = self._emulator
        now = time.time()
        for table in emulator.tables_with_ttl():
            for index, partition in enumerate(emulator.partition_keys(table)):
                for item in emulator.expired(table, partition, now):
                    await self._execute_dynamodb(*expiry_call(item))
                    await asyncio.sleep(0)
                if index % _TTL_PARTITIONS_A_STEP == 0:
                    await asyncio.sleep(0)

    def status(self) -> dict[str, Any]:
        """What /_solaris/store answers."""
        return {
            "durable": not self._journal.has_gap,
            "snapshot": self._journal.snapshot_sequence,
            "segment": self._journal.sequence,
            "records": self._journal.record_count,
            "bytes": self._journal.size_bytes,
            "snapshots_taken": self._compactor.completed,
            "snapshot_running": self._compactor.is_running,
            "snapshot_pause_seconds": self._compactor.last_pause_seconds,
            "snapshot_duration_seconds": self._compactor.last_duration_seconds,
            "replayed": self.replayed,
            "replayed_differently": self.replayed_differently,
        }
