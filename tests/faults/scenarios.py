"""The faults. Each hurts a running system under load; books.py looks at what is left.

A `silent` fault is one that no client may notice: every answer whole, nobody refused but for
their quota.
"""

import asyncio
import resource
import uuid
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import psutil

from solaris.app import Parts
from solaris.months.schedule import open_period_at
from solaris.platform.aws.queues import USAGE_QUEUE
from solaris.platform.clock import now
from solaris.platform.errors import SolarisError
from solaris.platform.settings import load_settings
from solaris.quota.periods import renews_at
from tests.faults.arena import Arena
from tests.faults.ills import ILLS, Ill, tell
from tests.faults.load import MODELS
from tests.faults.proxy import Mode, Proxy
from tests.faults.tables import EMBEDDED, NotPossibleError

UPSTREAM_MODELS = (
    *MODELS[:2],
    "demo-error-429",
    "demo-error-500",
    "demo-error-503",
    "demo-slow-1s",
    "demo-chunks-40-5ms-stall-1s",
    "demo-chunks-40-5ms-drop",
    "demo-chunks-40-5ms-malformed",
    "demo-chunks-40-5ms-error-midstream",
    "demo-chunks-20-5ms-no-done",
    "demo-chunks-20-5ms-zero-usage",
    "demo-chunks-20-5ms-huge-line",
)
THROTTLED_SHARE = 0.3
LOST_SHARE = 0.1
REPEATS = 2
DURABLE_SECONDS = 60.0
HIT_SECONDS = 120.0
POLL_SECONDS = 0.1
PAUSE_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Scenario:
    """One fault: `during` runs beside the load, `after` once the load has ended."""

    name: str
    during: Callable[[Arena], Awaitable[None]]
    after: Callable[[Arena], Awaitable[None]] | None = None
    silent: bool = False
    models: Sequence[str] = MODELS
    pause_seconds: float = 0.0
    """Of each client after an answer: a fault that lasts wants no flood."""

    lacks: Callable[[Arena], str] = lambda _: ""
    """Why this machine cannot make it, "" when it can."""


async def _queue_down(arena: Arena) -> None:
    await _failing(arena, arena.sqs, Mode.DOWN)


async def _queue_loses(arena: Arena) -> None:
    await _failing(arena, arena.sqs, Mode.LOSE, LOST_SHARE)


async def _store_throttled(arena: Arena) -> None:
    await _failing(arena, arena.dynamodb, Mode.THROTTLE, THROTTLED_SHARE)


async def _store_loses(arena: Arena) -> None:
    await _failing(arena, arena.dynamodb, Mode.LOSE, LOST_SHARE)


async def _mail_down(arena: Arena) -> None:
    """From the first request on: that is when the first users pass their thresholds."""
    with arena.ses.failing(Mode.DOWN):
        await asyncio.sleep(arena.seconds)
        await _was_hit(arena, arena.ses)


async def _upstream_odd(arena: Arena) -> None:
    await asyncio.sleep(arena.seconds)


async def _shuffled(arena: Arena) -> None:
    await _failing(arena, arena.sqs, Mode.SHUFFLE)


async def _again_and_again(arena: Arena) -> None:
    """Every message twice more, all of them in another order."""
    bodies = arena.sqs.tapped * REPEATS
    arena.chance.shuffle(bodies)
    queues = arena.machine.parts.platform.queues
    for start in range(0, len(bodies), 10):
        entries = [
            {"Id": str(n), "MessageBody": body} for n, body in enumerate(bodies[start : start + 10])
        ]
        await asyncio.to_thread(
            queues._client.send_message_batch, QueueUrl=queues.url(USAGE_QUEUE), Entries=entries
        )
    arena.done.append(f"{len(bodies)} messages sent again")
    arena.sqs.tapped.clear()


async def _failing(arena: Arena, proxy: Proxy, mode: Mode, share: float = 1.0) -> None:
    await asyncio.sleep(arena.seconds / 4)
    with proxy.failing(mode, share):
        await asyncio.sleep(arena.seconds / 2)
        await _was_hit(arena, proxy)


async def _was_hit(arena: Arena, proxy: Proxy) -> None:
    """A fault that nothing met would prove nothing."""
    async with asyncio.timeout(HIT_SECONDS):
        while not proxy.hit:  # noqa: ASYNC110 - counted in the proxy's thread
            await asyncio.sleep(POLL_SECONDS)
    arena.done.append(f"{proxy.hit} calls hit")


async def _cache_down(arena: Arena) -> None:
    await asyncio.sleep(arena.seconds / 4)
    await asyncio.to_thread(arena.cache.kill_9)
    await asyncio.sleep(arena.seconds / 2)


def _no_limit(arena: Arena) -> str:
    tables = arena.machine.dynamodb
    if not psutil.LINUX:
        return "Linux alone limits another process's files"
    return "" if tables and tables.store == EMBEDDED else "a fault of the default store's disk"


async def _disk_full(arena: Arena) -> None:
    """The tables may write no byte to any file; then they may again, and are killed.

    By RLIMIT_FSIZE: their writes fail as they do on a full disk, and no other program's do. What
    they do not keep they do not acknowledge, so requests are refused meanwhile.
    """
    await asyncio.sleep(arena.seconds / 4)
    tables = arena.machine.dynamodb
    assert tables is not None
    hard = tables.process.rlimit(psutil.RLIMIT_FSIZE)[1]
    tables.process.rlimit(psutil.RLIMIT_FSIZE, (0, hard))
    try:
        await asyncio.sleep(arena.seconds / 2)
        if await asyncio.to_thread(_takes_a_row, arena):
            raise AssertionError("a row was acknowledged that no file can hold")
    finally:
        tables.process.rlimit(psutil.RLIMIT_FSIZE, (resource.RLIM_INFINITY, hard))
    async with asyncio.timeout(DURABLE_SECONDS):
        while not await asyncio.to_thread(_takes_a_row, arena):  # noqa: ASYNC110 - has to be asked
            await asyncio.sleep(POLL_SECONDS)
    arena.done.append("takes rows again, then kill -9 of the tables")
    await asyncio.to_thread(tables.restart_killed)


def _takes_a_row(arena: Arena) -> bool:
    """Whether a write is acknowledged: a person with a limit, as an admin makes them."""
    email = f"row-{uuid.uuid4().hex}@example.com"
    try:
        arena.machine.parts.accounts.by_email.create_user(email, monthly_limit=1_000_000)
    except SolarisError:
        return False
    return True


async def _month_end(arena: Arena) -> None:
    """The reset's clock is over the month's end; the gateway's and the worker's are not."""
    settings = load_settings()
    behind = renews_at(open_period_at(now(), settings.zone), settings.zone)
    ahead = behind - now() + timedelta(seconds=30)

    def clock() -> datetime:
        return now() + ahead

    arena.parts = Parts(settings, clock)
    await asyncio.sleep(arena.seconds / 2)
    report = await asyncio.to_thread(arena.parts.months.resetter.run)
    if not report.is_done or report.failed:
        raise AssertionError(f"the month was not opened for everybody: {report}")
    arena.done.append(f"{report.rolled_over} users in {report.period}")


def _of(ill: Ill) -> Scenario:
    async def during(arena: Arena) -> None:
        told = await tell(arena, ill)
        arena.missed += told.problems
        if not told.problems:
            arena.done.append(f"told after {told.visible:.1f} s, gone after {told.gone:.1f} s")

    return Scenario(
        ill.name, during, silent=ill.silent, pause_seconds=PAUSE_SECONDS, lacks=ill.lacks
    )


SCENARIOS = (
    Scenario("queue-down", _queue_down, silent=True),
    Scenario("queue-loses-answers", _queue_loses, silent=True),
    Scenario("store-throttled", _store_throttled),
    Scenario("store-loses-answers", _store_loses),
    Scenario("mail-down", _mail_down, silent=True),
    Scenario("upstream-odd", _upstream_odd, models=UPSTREAM_MODELS),
    Scenario("messages-three-times", _shuffled, after=_again_and_again, silent=True),
    Scenario("disk-full", _disk_full, lacks=_no_limit),
    *(_of(one) for one in ILLS),
    Scenario("cache-down", _cache_down, silent=True),
    Scenario("month-end", _month_end, silent=True),
)
"""Cache and month do not come back: they are the last two."""


def possible(arena: Arena, scenario: Scenario) -> None:
    """Raise NotPossibleError when this machine cannot make the fault."""
    if why := scenario.lacks(arena):
        raise NotPossibleError(f"{scenario.name}: {why}")
