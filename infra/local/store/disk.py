"""One SQLite file in a thread of its own: the event loop never waits for the disk.

Calls that wait at the same time share one commit, and so one fsync; each is answered after it.
A call that raises leaves nothing behind, and its neighbours' work as it is.
"""

import asyncio
import sqlite3
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any, NamedTuple, TypeVar

from infra.local.store.errors import StoreError

MAX_SHARING = 64
TEND_SECONDS = 60.0
CLOCK_STEP_SECONDS = 1.0
CLOSE_SECONDS = 5.0
FREE_PAGES = 256  # kept for what comes next
VACUUM_PAGES = 4096  # given back at a time: 16 MiB
_WAL_BYTES = 16 * 1024**2
_FORMAT = 1

T = TypeVar("T")
Work = Callable[[sqlite3.Connection, float], T]


class _Call(NamedTuple):
    work: Work[Any]
    loop: asyncio.AbstractEventLoop
    done: asyncio.Future[Any]


class Disk:
    """Runs work in transactions on the file at `path`, which it makes. Raises StoreError.

    Work gets the connection and the time (Unix seconds by `clock`). `tend` is work that is also
    run at the start, once a minute, and when the clock was set back.
    """

    def __init__(
        self, path: Path, schema: str, tend: Work[None], clock: Callable[[], float] = time.time
    ) -> None:
        self._clock = clock
        self._latest = clock()
        self._tend = tend
        self._tend_at = 0.0
        self._db = _opened(path, schema)
        self._calls: SimpleQueue[_Call | None] = SimpleQueue()
        self._thread = Thread(target=self._run, name="disk", daemon=True)
        self._thread.start()

    async def run(self, work: Work[T]) -> T:
        """What the work returns or raises, once it is on the disk.

        Raises sqlite3.Error when it cannot be: then nothing of it is there.
        """
        loop = asyncio.get_running_loop()
        done: asyncio.Future[T] = loop.create_future()
        self._calls.put(_Call(work, loop, done))
        return await done

    def close(self) -> None:
        """Finish what waits, and close the file; blocks at most 5 seconds."""
        self._calls.put(None)
        self._thread.join(CLOSE_SECONDS)

    def _run(self) -> None:
        is_open = True
        while is_open:
            if time.monotonic() >= self._tend_at:
                self._tidy()
            calls, is_open = self._gather()
            if calls:
                self._answer(calls)
        self._db.close()

    def _gather(self) -> tuple[list[_Call], bool]:
        """Every call that waits, and whether more may come."""
        calls: list[_Call] = []
        with suppress(Empty):
            wait_seconds = max(0.0, self._tend_at - time.monotonic())
            call = self._calls.get(timeout=wait_seconds)
            while call is not None:
                calls.append(call)
                if len(calls) == MAX_SHARING:
                    break
                call = self._calls.get_nowait()
            else:
                return calls, False
        return calls, True

    def _answer(self, calls: list[_Call]) -> None:
        answers: list[Any]
        try:
            now = self._now()
            self._db.execute("BEGIN")
            answers = [self._one(call.work, now) for call in calls]
            self._db.execute("COMMIT")
        except Exception as error:  # noqa: BLE001 - whatever it is, its callers wait for it
            self._roll_back()
            answers = [error] * len(calls)
        with suppress(RuntimeError):  # the loop has ended: nobody waits any more
            calls[0].loop.call_soon_threadsafe(_settle, calls, answers)

    def _one(self, work: Work[Any], now: float) -> Any:
        self._db.execute("SAVEPOINT one")
        try:
            answer = work(self._db, now)
        except Exception as error:
            if not self._db.in_transaction:
                raise  # SQLite has rolled all of it back, the neighbours' too
            self._db.execute("ROLLBACK TO one")
            answer = error
        self._db.execute("RELEASE one")
        return answer

    def _roll_back(self) -> None:
        with suppress(sqlite3.Error):
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")

    def _now(self) -> float:
        now = self._clock()
        if now < self._latest - CLOCK_STEP_SECONDS:
            self._latest = now
            self._tidy()
        self._latest = max(self._latest, now)
        return now

    def _tidy(self) -> None:
        self._tend_at = time.monotonic() + TEND_SECONDS
        try:
            self._db.execute("BEGIN")
            self._tend(self._db, self._clock())
            self._db.execute("COMMIT")
            if self._db.execute("PRAGMA freelist_count").fetchone()[0] > FREE_PAGES:
                # `execute` would end after its first page
                self._db.executescript(f"PRAGMA incremental_vacuum({VACUUM_PAGES})")
        except sqlite3.Error:  # a full disk, perhaps: the next minute may do better
            self._roll_back()


def _settle(calls: list[_Call], answers: list[Any]) -> None:
    for call, answer in zip(calls, answers, strict=True):
        if call.done.done():
            continue  # the caller has gone
        if isinstance(answer, BaseException):
            call.done.set_exception(answer)
        else:
            call.done.set_result(answer)


def _opened(path: Path, schema: str) -> sqlite3.Connection:
    try:
        db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        db.execute("PRAGMA auto_vacuum=INCREMENTAL")  # before anything is in the file
        db.execute("PRAGMA journal_mode=WAL")
        db.execute("PRAGMA synchronous=FULL")
        db.execute(f"PRAGMA journal_size_limit={_WAL_BYTES}")
        found = db.execute("PRAGMA quick_check(1)").fetchone()[0]
        version = db.execute("PRAGMA user_version").fetchone()[0]
        if found == "ok" and version in (0, _FORMAT):
            db.executescript(f"BEGIN;{schema}PRAGMA user_version={_FORMAT};COMMIT")
            return db
        problem = f"format {version} is not known" if found == "ok" else " ".join(found.split())
    except sqlite3.Error as error:
        problem = str(error)
    msg = f"{path} cannot be used: {problem}"
    raise StoreError(msg)
