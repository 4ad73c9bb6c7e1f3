"""All tables to one file, of one point in time, while requests go on.

The order of reading is what backup/cut_rules.py relies on: accounts, then sums, then records, then
changes; the audit log last. Requests for tokens come before the accounts: the grant of one that is
approved in the file is in the account, and one that is pending and was granted meanwhile is told as
answered by a raise (accounts/token_requests/upkeep.py). Between accounts and records it waits for
what was open at T0: an answer that a client saw finished before T0 is booked by then, and so is in
the file as a record. What is still open after the wait is in the file as an open reservation.

What waits in the usage queue is read before all that and once more after it: an answer that was
finished before T0 is in the file as a record or as an event, whoever books meanwhile.

The `changes` table is left out: it tells running processes what to read again, and a restore
makes them read everything.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson

from solaris.backup.archive import ArchiveReader, ArchiveWriter, Header, Manifest, item_line
from solaris.backup.cut import REQUESTS, STAGED, Cut
from solaris.backup.queued_events import TABLE as QUEUED
from solaris.backup.queued_events import Peek, item_of
from solaris.backup.staging import Staging
from solaris.backup.whole_tables import MODELS, WholeTables
from solaris.platform.aws.client import AsyncAws
from solaris.platform.aws.queues import USAGE_QUEUE, Queues
from solaris.platform.errors import SolarisError
from solaris.platform.instants import iso_milliseconds
from solaris.platform.logs import get_logger
from solaris.platform.settings import Settings

LEFT_OUT = ("changes",)
TABLES_IN_ALL = len(MODELS)  # one is left out, and the queued events are there as one
WAIT_SECONDS = 30.0
POLL_SECONDS = 0.25
MAX_POLLS = 100_000

Tick = Callable[[str, int, int], None]
"""Told the step (`reading users`), the table's number and how many items are done."""

_log = get_logger("solaris.backing_up")


@dataclass(frozen=True, slots=True)
class BackupReport:
    """What was written. `still_open` requests had begun before and were not booked by the end.

    `queued` and `dead` are the events in the usage queue and its dead-letter queue, about; None
    when the queue did not say. `has_queued`: they are in the file.
    """

    manifest: Manifest
    file_bytes: int
    mended_items: int
    still_open: int
    queued: int | None
    dead: int | None
    has_queued: bool


class BackingUp:
    """Makes backups. `clock` gives the time in UTC; every run has a connection of its own.

    `peek` reads what waits in the usage queues; without it those events are not in the file.
    """

    def __init__(
        self,
        *,
        settings: Settings,
        queues: Queues,
        clock: Callable[[], datetime],
        program: str,
        peek: Peek | None = None,
    ) -> None:
        self._peek = peek
        self._settings = settings
        self._queues = queues
        self._clock = clock
        self._program = program

    def run(
        self,
        path: Path,
        *,
        wait_seconds: float = WAIT_SECONDS,
        tick: Tick = lambda _step, _number, _items: None,
    ) -> BackupReport:
        """Write the file, and read it back. Nothing stands there if it fails.

        Raises StoreUnavailableError or AwsCallError, OSError, ArchiveRefusedError when what was
        written cannot be read back.
        """
        still_open, mended = asyncio.run(self._run(path, wait_seconds, tick))
        numbers = {name: n for n, name in enumerate(self._names(), 1)}
        manifest = ArchiveReader(path).verify(
            lambda table, items: tick(f"verifying {table}", numbers[table], items)
        )
        queued, dead = self._depth(USAGE_QUEUE), self._depth(f"{USAGE_QUEUE}-dlq")
        size, has_queued = path.stat().st_size, self._peek is not None
        return BackupReport(manifest, size, mended, still_open, queued, dead, has_queued)

    async def _run(self, path: Path, wait_seconds: float, tick: Tick) -> tuple[int, int]:
        started_at = self._clock()
        header = Header(
            stage=self._settings.solaris_stage,
            started_at=iso_milliseconds(started_at),
            program=self._program,
            tables=self._names(),
            left_out=LEFT_OUT,
        )
        aws = AsyncAws(self._settings.aws_region)
        try:
            with (
                ArchiveWriter(path, header) as writer,
                Staging(path.with_name(f"{path.name}.staging")) as staging,
            ):
                cut = Cut(staging, started_at=started_at, zone=self._settings.zone)
                tables = WholeTables(aws, self._settings)
                run = _Run(tables, writer, staging, cut, header.tables, tick, self._peek)
                done = await run.all(wait_seconds)
                writer.close(iso_milliseconds(self._clock()))
        finally:
            await aws.close()
        return done

    def _names(self) -> tuple[str, ...]:
        tables = tuple(name for name in MODELS if name not in LEFT_OUT)
        return tables if self._peek is None else (*tables, QUEUED)

    def _depth(self, queue: str) -> int | None:
        try:
            return self._queues.depth(queue)
        except SolarisError as error:
            _log.warning("queue_unavailable", queue=queue, error=str(error)[:200])
            return None


@dataclass(frozen=True, slots=True)
class _Run:
    """One backup on its way."""

    tables: WholeTables
    writer: ArchiveWriter
    staging: Staging
    cut: Cut
    names: tuple[str, ...]
    tick: Tick
    peek: Peek | None

    async def all(self, wait_seconds: float) -> tuple[int, int]:
        """Everything, in order; returns the requests still open and the items put right."""
        self._look_into_queues()
        await self._copy(REQUESTS, self.cut.requests, self.cut.request_heads)
        await self._stage("users", self.cut.take_users)
        still_open = await self._wait(wait_seconds)
        for table in STAGED[1:]:
            await self._stage(table, lambda page, name=table: self.cut.take(name, page))  # type: ignore[misc]
        await self._copy("usage", self.cut.records)
        if self.cut.is_touched:
            for n, line in enumerate(self.writer.last_table(), 1):
                self.cut.add_up(orjson.loads(line))
                self._tell("adding up", "usage", n)
        await self._copy("transactions", self.cut.changes)
        mended = self.cut.mend()
        self._look_into_queues()
        for table in (*STAGED, *([QUEUED] if self.peek else [])):
            with self.writer.table(table):
                for n, line in enumerate(self.staging.lines(table), 1):
                    self.writer.add([line])
                    self._tell("writing", table, n)
        for table in self.names:
            if table not in {*STAGED, REQUESTS, "usage", "transactions", "audit", QUEUED}:
                await self._copy(table, list)
        await self._copy("audit", self.cut.audited)
        return still_open, mended

    def _look_into_queues(self) -> None:
        for n, message in enumerate(self.peek() if self.peek else (), 1):
            self.staging.keep(QUEUED, message["message_id"], item_line(item_of(message)))
            self._tell("reading", QUEUED, n)

    async def _stage(self, table: str, take: Callable[[list[Any]], None]) -> None:
        seen = 0

        def page(items: list[Any]) -> None:
            nonlocal seen
            take(items)
            seen += len(items)
            self._tell("reading", table, seen, always=True)

        await self.tables.scan(table, page)

    async def _copy(
        self,
        table: str,
        choose: Callable[[list[Any]], list[Any]],
        rest: Callable[[], list[Any]] = list,
    ) -> None:
        """Copy what is chosen of each page, and what is left to say at the end."""
        with self.writer.table(table):

            def page(items: list[Any]) -> None:
                done = self.writer.add(item_line(item) for item in choose(items))
                self._tell("reading", table, done, always=True)

            await self.tables.scan(table, page)
            self.writer.add(item_line(item) for item in rest())

    async def _wait(self, seconds: float) -> int:
        """Wait until what was open at T0 is booked; returns how many requests are not."""
        deadline = time.monotonic() + seconds
        waiting = set(self.cut.open_before)
        for _ in range(MAX_POLLS):
            waiting -= await self.tables.found("usage", waiting) if waiting else set()
            if not waiting or time.monotonic() >= deadline:
                break
            self._tell("waiting for open requests:", "users", len(waiting), always=True)
            await asyncio.sleep(POLL_SECONDS)
        return len(waiting)

    def _tell(self, step: str, table: str, items: int, *, always: bool = False) -> None:
        if always or items % 5_000 == 0:
            self.tick(f"{step} {table}", self.names.index(table) + 1, items)
