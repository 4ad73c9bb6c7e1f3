"""Faults that last a while, which the system has to tell of: since when it does, and until when."""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from tests.faults.arena import LEAST_MB, Arena
from tests.faults.health import SILENT
from tests.faults.tables import stalled

VISIBLE_SECONDS, GONE_SECONDS = 30.0, 60.0
DAY_SECONDS, HOUR_SECONDS = 86_400.0, 3_600.0
MB = 1 << 20
SMALL_PROGRAMS = ("functions", "exporter", "worker")
AGAIN_SECONDS = 0.5
AGAIN_BOUND_SECONDS, POLL_SECONDS = 60.0, 0.1
# once more and their supervisor waits half a minute before it starts them again
FEW_KILLS = 3

Hurt = Callable[[Arena], AbstractAsyncContextManager[None]]


@dataclass(frozen=True, slots=True)
class Ill:
    """One fault: it lasts as long as `hurt`'s block, between so many `seconds`.

    `reason` is what /health/detailed has to say meanwhile (operations/states.py). `silent`: no
    client may notice. `lacks` says why this machine cannot make it, "" when it can.
    """

    name: str
    reason: str
    hurt: Hurt
    seconds: tuple[float, float]
    silent: bool = False
    lacks: Callable[[Arena], str] = lambda _: ""


@dataclass(frozen=True, slots=True)
class Told:
    """What was told of a fault: seconds from its start until visible, from its end until gone.

    None: not within their bounds.
    """

    ill: Ill
    lasted: float
    visible: float | None
    gone: float | None

    @property
    def problems(self) -> list[str]:
        """What does not hold."""
        found = []
        if self.visible is None:
            found.append(f"{self.ill.name}: health did not say {self.ill.reason!r}")
        if self.gone is None:
            found.append(f"{self.ill.name}: health goes on saying {self.ill.reason!r}")
        return found


async def tell(
    arena: Arena,
    ill: Ill,
    *,
    seconds: float | None = None,
    visible_seconds: float = VISIBLE_SECONDS,
    gone_seconds: float = GONE_SECONDS,
    waits: bool = True,
) -> Told:
    """Make the fault, for so many seconds or as long as one of its kind lasts, and until it is
    told; end it, and wait until it is told no longer (unless not to: 0 s then).
    """
    chosen = arena.chance.uniform(*ill.seconds) if seconds is None else seconds
    # what an earlier one has left would be taken for this one's
    before = time.monotonic()
    if await arena.health.gone(ill.reason, before, gone_seconds) is None:
        return Told(ill, 0.0, None, None)
    since = time.monotonic()
    async with ill.hurt(arena):
        visible = await arena.health.visible(ill.reason, since, visible_seconds)
        await asyncio.sleep(max(0.0, since + chosen - time.monotonic()))
        until = time.monotonic()
    gone: float | None = 0.0
    if waits:
        gone = await arena.health.gone(ill.reason, time.monotonic(), gone_seconds)
    return Told(ill, until - since, visible, gone)


@asynccontextmanager
async def _store_stalls(arena: Arena) -> AsyncIterator[None]:
    assert arena.machine.dynamodb is not None
    with stalled(arena.machine.dynamodb.process):
        yield


@asynccontextmanager
async def _store_away(arena: Arena) -> AsyncIterator[None]:
    tables = arena.machine.dynamodb
    assert tables is not None
    await asyncio.to_thread(tables.kill_9)
    try:
        yield
    finally:
        await asyncio.to_thread(tables.start)


@asynccontextmanager
async def _queue_stalls(arena: Arena) -> AsyncIterator[None]:
    with stalled(arena.machine.child("store")):
        yield


@asynccontextmanager
async def _upstream_garbles(arena: Arena) -> AsyncIterator[None]:
    with arena.upstream.garbling():
        yield
    arena.done.append(f"{arena.upstream.hit} answers garbled")


@asynccontextmanager
async def _upstream_away(arena: Arena) -> AsyncIterator[None]:
    with arena.upstream.down():
        yield
    arena.done.append(f"{arena.upstream.hit} connections cut")


@asynccontextmanager
async def _disk_fills(arena: Arena) -> AsyncIterator[None]:
    """Below what is kept free at first, and to the last byte once that is told."""
    assert arena.disk is not None
    ballast = arena.disk / "ballast"
    try:
        await asyncio.to_thread(_fill, ballast, LEAST_MB * MB - 1)
        yield
        await asyncio.to_thread(_fill, ballast, 0)
        await asyncio.sleep(AGAIN_SECONDS)
    finally:
        ballast.unlink()


def _fill(path: Path, leave_bytes: int) -> None:
    """Let the file grow until its file system has so little left."""
    with path.open("ab") as file:
        more = _free(path) - leave_bytes
        while more > 0:
            with suppress(OSError):  # somebody else took of it meanwhile
                os.posix_fallocate(file.fileno(), file.tell(), more)
                file.seek(0, os.SEEK_END)
            more = min(_free(path) - leave_bytes, more // 2)


def _free(path: Path) -> int:
    found = os.statvfs(path)
    return found.f_bavail * found.f_frsize


def _no_disk(arena: Arena) -> str:
    return "" if arena.disk else "only root may mount a disk of its own, which is then filled"


def _clock_off(seconds: float) -> Hurt:
    @asynccontextmanager
    async def hurt(arena: Arena) -> AsyncIterator[None]:
        arena.clock.set(arena.base + seconds)
        try:
            yield
        finally:
            arena.clock.set(arena.base)

    return hurt


@asynccontextmanager
async def _worker_away(arena: Arena) -> AsyncIterator[None]:
    with stalled(arena.machine.child("worker")):
        yield


@asynccontextmanager
async def _cache_away(arena: Arena) -> AsyncIterator[None]:
    await asyncio.to_thread(arena.cache.kill_9)
    try:
        yield
    finally:
        arena.cache.start()


@asynccontextmanager
async def _programs_die(arena: Arena) -> AsyncIterator[None]:
    """Functions, exporter and worker, each as soon as it is there again."""
    killing = asyncio.create_task(asyncio.to_thread(_kill_again_and_again, arena))
    try:
        yield
    finally:
        await killing


def _kill_again_and_again(arena: Arena) -> None:
    for _ in range(FEW_KILLS):
        for name in SMALL_PROGRAMS:
            arena.machine.child(name).kill()
        time.sleep(AGAIN_SECONDS)


@asynccontextmanager
async def _one_keeps_dying(arena: Arena) -> AsyncIterator[None]:
    """The one that nobody waits for, as soon as it is there again, until it is told."""
    for _ in range(FEW_KILLS):
        process = await asyncio.to_thread(arena.machine.child, "exporter")
        process.kill()
        await asyncio.to_thread(_until_it_is_another, arena, process)
    yield


def _until_it_is_another(arena: Arena, before: psutil.Process) -> None:
    """Wait for the next process of a program whose last one was killed."""
    deadline = time.monotonic() + AGAIN_BOUND_SECONDS
    while time.monotonic() < deadline:
        if arena.machine.child("exporter").pid != before.pid:
            return
        time.sleep(POLL_SECONDS)
    raise AssertionError("the exporter was not started again")


@asynccontextmanager
async def _gateway_killed(arena: Arena) -> AsyncIterator[None]:
    arena.machine.child("gateway").kill()
    yield


ILLS: Sequence[Ill] = (
    Ill("clock-a-day-ahead", "clock_jumped", _clock_off(DAY_SECONDS), (15, 25), silent=True),
    Ill("store-stalls", "store_silent", _store_stalls, (5, 30)),
    Ill("upstream-garbles", "upstream_silent", _upstream_garbles, (25, 30)),
    Ill("disk-fills", "disk_full", _disk_fills, (5, 15), lacks=_no_disk),
    Ill("worker-away", "queue_stalled", _worker_away, (90, 120), silent=True),
    Ill("cache-killed", "cache_silent", _cache_away, (5, 20), silent=True),
    Ill("programs-die", SILENT, _programs_die, (1, 1)),
    Ill("one-keeps-dying", "program_unsteady", _one_keeps_dying, (1, 1), silent=True),
    Ill("queue-stalls", "queues_silent", _queue_stalls, (5, 30)),
    Ill("store-away", "store_silent", _store_away, (5, 15)),
    Ill("clock-an-hour-back", "clock_jumped", _clock_off(-HOUR_SECONDS), (15, 25), silent=True),
    Ill("upstream-away", "upstream_silent", _upstream_away, (5, 20)),
    Ill("gateway-killed", SILENT, _gateway_killed, (0, 0)),
)
