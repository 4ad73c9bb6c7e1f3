"""A backup's tables back into the store: checked before, compared after.

    verify    the whole file, before anything is written
    begin     the mark in the changes table: tables are being filled
    fill      every item, as it was
    compare   every table read back: counts and checksums are the file's, but for what its time to
              live has taken away by now
    send      what waited in the usage queues back into them: from here on it is booked
    finish    the mark, and a word to running processes, which read their lists anew

A restore that was cut short has left the mark: the next one empties what it wrote and begins
again. Nobody may use the system meanwhile: what others write then is found by the comparison.
"""

import asyncio
import re
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from solaris.backup.archive import (
    ArchiveReader,
    ArchiveRefusedError,
    Checksum,
    Content,
    Manifest,
    item_line,
)
from solaris.backup.backup import LEFT_OUT, Tick
from solaris.backup.queued_events import TABLE as QUEUED
from solaris.backup.queued_events import send_back
from solaris.backup.whole_tables import (
    BATCH_WRITE_ITEMS,
    MODELS,
    WRITERS,
    WholeTables,
    together,
)
from solaris.platform.aws.client import AsyncAws, store_errors
from solaris.platform.aws.queues import Queues
from solaris.platform.aws.tables import create_tables
from solaris.platform.errors import SolarisError
from solaris.platform.settings import Settings
from solaris.quota.feed import RESTORE_KEY, RESTORE_SLOT, Changes

# A restore takes minutes, and a store looks at times to live when it likes.
TTL_MARGIN_SECONDS = 3_600.0
_TIME_TO_LIVE = re.compile(rb'"expires_at":\{"N":"(\d+)')


class TablesNotEmptyError(SolarisError):
    """There is something in the tables already; `tables` says where."""

    code = "tables_not_empty"

    def __init__(self, tables: tuple[str, ...]) -> None:
        super().__init__(f"not empty: {', '.join(tables)}")
        self.tables = tables


class RestoreDiffersError(SolarisError):
    """What was read back is not what the file holds."""

    code = "restore_differs"


class Restoring:
    """Restores backups into one stage; `feed` is how its processes hear of it."""

    def __init__(self, *, settings: Settings, feed: Changes, queues: Queues) -> None:
        self._queues = queues
        self._settings = settings
        self._feed = feed

    def prepare(self) -> tuple[str, ...]:
        """Create missing tables; return those that hold anything, but for a restore cut short."""
        with store_errors():
            create_tables()
        if self._feed.restore_is_unfinished():
            return ()
        return asyncio.run(self._filled())

    def run(self, path: Path, manifest: Manifest, *, replace: bool, tick: Tick) -> None:
        """Fill the tables with a file that `checked` has read.

        `replace` empties them first. Raises TablesNotEmptyError, RestoreDiffersError,
        StoreUnavailableError or AwsCallError; it can be run again after any of them.
        """
        is_unfinished = self._feed.restore_is_unfinished()
        if not is_unfinished and not replace:
            filled = asyncio.run(self._filled())
            if filled:
                raise TablesNotEmptyError(filled)
        self._feed.begin_restore()
        asyncio.run(self._run(path, manifest, tick, empty=replace or is_unfinished))
        self._send_back(path, manifest, tick)
        self._feed.finish_restore(uuid.uuid4().hex)

    def _send_back(self, path: Path, manifest: Manifest, tick: Tick) -> None:
        if QUEUED not in manifest.tables or not manifest.tables[QUEUED].items:
            return
        number = _number(manifest.header.tables, QUEUED)
        lines = (line for table, line in ArchiveReader(path).items() if table == QUEUED)
        send_back(self._queues, lines, lambda n: tick(f"sending {QUEUED}", number, n))

    async def _filled(self) -> tuple[str, ...]:
        async with _Connection(self._settings) as tables:
            wanted = [name for name in MODELS if name not in LEFT_OUT]
            found = [name for name in wanted if not await tables.is_empty(name)]
        return tuple(found)

    async def _run(self, path: Path, manifest: Manifest, tick: Tick, *, empty: bool) -> None:
        names = manifest.header.tables
        async with _Connection(self._settings) as tables:
            if empty:
                for table in MODELS:
                    await self._empty(tables, table, tick)
            living = _Living(time.time() + TTL_MARGIN_SECONDS)
            await self._fill(tables, path, names, tick, living)
            differing = []
            for table in MODELS:
                if table not in LEFT_OUT:
                    found = _Living(living.at)
                    await self._read(tables, table, tick, found)
                    if found.content(table) != living.content(table):
                        differing.append(table)
        if differing:
            msg = (
                f"{', '.join(differing)}: not as in the file when read back; is the system in use?"
                " Stop what uses it and run the restore again"
            )
            raise RestoreDiffersError(msg)

    async def _empty(self, tables: WholeTables, table: str, tick: Tick) -> None:
        gone = 0

        def count(items: int) -> None:
            nonlocal gone
            gone += items
            tick(f"emptying {table}", _number(tuple(MODELS), table), gone)

        # the mark of this very restore stays
        keep = (RESTORE_SLOT, RESTORE_KEY) if table in LEFT_OUT else None
        await tables.empty(table, count, keep=keep)

    async def _fill(
        self,
        tables: WholeTables,
        path: Path,
        names: tuple[str, ...],
        tick: Tick,
        living: "_Living",
    ) -> None:
        done: dict[str, int] = {}
        packs = _packs(one for one in ArchiveReader(path).items() if one[0] != QUEUED)

        async def write() -> None:
            for table, pack in packs:  # shared: each pack is taken once
                for line in pack:
                    living.add(table, line)
                await tables.put(table, pack)
                done[table] = done.get(table, 0) + len(pack)
                tick(f"writing {table}", _number(names, table), done[table])

        await together(write() for _ in range(WRITERS))

    async def _read(self, tables: WholeTables, table: str, tick: Tick, found: "_Living") -> None:
        def page(items: list[Any]) -> None:
            for item in items:
                found.add(table, item_line(item))
            tick(f"comparing {table}", _number(tuple(MODELS), table), found.content(table).items)

        await tables.scan(table, page)


def checked(path: Path, tick: Tick) -> Manifest:
    """Read a whole file. Raises ArchiveRefusedError, OSError."""
    reader = ArchiveReader(path)
    names = reader.header().tables
    unknown = sorted(set(names) - {*MODELS, QUEUED})
    if unknown:
        msg = f"{path} holds tables that this program does not know: {', '.join(unknown)}"
        raise ArchiveRefusedError(msg)
    return reader.verify(lambda table, n: tick(f"verifying {table}", _number(names, table), n))


class _Living:
    """Content of tables without what a store may take away: items whose time to live is over.

    A file of some weeks ago holds sessions of then; a store deletes them as soon as they are
    there, or days later. `at` is in seconds since 1970.
    """

    def __init__(self, at: float) -> None:
        self.at = at
        self._tables: dict[str, Checksum] = {}

    def add(self, table: str, line: bytes) -> None:
        found = _TIME_TO_LIVE.search(line)
        if found is None or int(found[1]) > self.at:
            self._tables.setdefault(table, Checksum()).add(line)

    def content(self, table: str) -> Content:
        return self._tables.get(table, Checksum()).content


class _Connection:
    """Tables over a connection of this run's own."""

    def __init__(self, settings: Settings) -> None:
        self._aws = AsyncAws(settings.aws_region)
        self._tables = WholeTables(self._aws, settings)

    async def __aenter__(self) -> WholeTables:
        return self._tables

    async def __aexit__(self, *_: object) -> None:
        await self._aws.close()


def _packs(items: Iterator[tuple[str, bytes]]) -> Iterator[tuple[str, list[bytes]]]:
    """Items of one table each, as many as one write takes."""
    current, pack = "", list[bytes]()
    for table, line in items:
        if pack and (table != current or len(pack) == BATCH_WRITE_ITEMS):
            yield current, pack
            pack = []
        current = table
        pack.append(line)
    if pack:
        yield current, pack


def _number(names: tuple[str, ...], table: str) -> int:
    return names.index(table) + 1
