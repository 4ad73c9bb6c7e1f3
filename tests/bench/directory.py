"""Lists of many users on the embedded store: how long, how large, and how it grows.

    python -m tests.bench.directory                 # 10,000 and 100,000 users, and their ratio
    python -m tests.bench.directory --users 10000

Makes users, builds the directory from the tables and from its snapshot, and asks for lists, one
after another, alone and while 50 changes a second are published by another process.
"""

import argparse
import asyncio
import itertools
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import psutil

from solaris.alerts.listing import AlertQuery, alerts_listed
from solaris.app import Parts
from solaris.directory.directory import Directory
from solaris.directory.listing import UsageLevel, UserQuery, UserSort
from solaris.directory.replica import View
from solaris.platform.aws.tables import create_tables
from solaris.platform.clock import now
from solaris.platform.settings import Settings
from solaris.quota.item import user_to_item
from solaris.quota.periods import period_of
from solaris.quota.user import Plan, User, UserStatus, user_id_for
from tests.bench.reset import BATCH, WRITERS, embedded_store

SIZES = (10_000, 100_000)
ROUNDS = 40
CHANGES_PER_SECOND = 50
BUILD_SECONDS = 300.0
TARGET_MS = 300.0
MIB = 1024 * 1024
FIRST = ("Ana", "João", "Inês", "Luís", "Mónica", "Zoë", "Øyvind", "Chloé", "Bruno", "Álvaro")
LAST = ("Silva", "Souza", "Gonçalves", "Araújo", "Müller", "Núñez", "Pereira", "Assunção")
STATUSES = (*[UserStatus.ACTIVE] * 16, UserStatus.SUSPENDED, UserStatus.PENDING, UserStatus.BLOCKED)


def person(n: int, period: str) -> User:
    """The n-th user: names, usage and times differ as they do among people."""
    made_at = now() - timedelta(minutes=n * 7919 % 500_000)
    email = f"user{n}@example.com"
    plan = tuple(Plan)[n % 4]
    user = User(
        user_id=user_id_for(email), email=email,
        name=f"{FIRST[n % 10]} {LAST[n // 10 % 8]} {n}",
        status=STATUSES[n % len(STATUSES)], plan=plan, monthly_limit=1_000_000,
        additional_tokens=n % 3 * 1_000, current_usage=n * 104_729 % 1_050_000,
        available_tokens=0, period=period, created_at=made_at, updated_at=made_at, version=1,
        last_seen_at=None if n % 7 == 0 else made_at + timedelta(seconds=n % 9_000),
    )  # fmt: skip
    return replace(user, available_tokens=user.quota.available_tokens)


async def make_users(parts: Parts, first: int, last: int, period: str) -> None:
    """Write users, 25 a call, eight calls at a time."""
    table = parts.settings.table_name("users")
    batches = (range(n, min(n + BATCH, last)) for n in range(first, last, BATCH))

    async def write() -> None:
        for batch in batches:
            puts = [{"PutRequest": {"Item": user_to_item(person(n, period))}} for n in batch]
            await parts.platform.aws.call(
                "dynamodb", "BatchWriteItem", {"RequestItems": {table: puts}}
            )

    await asyncio.gather(*(write() for _ in range(WRITERS)))
    await parts.close()


def publish_forever(users: int) -> None:
    """50 changes a second, each of another user, until killed."""
    parts = Parts(Settings(redis_url="none"))
    period = period_of(now(), parts.settings.zone)
    started = time.perf_counter()
    for n in itertools.count(1):
        user = person(n * 7919 % users, period)
        parts.quota.changes.publish([replace(user, version=n + 1, current_usage=n % 1_000_000)])
        time.sleep(max(0.0, started + n / CHANGES_PER_SECOND - time.perf_counter()))


@contextmanager
def changing(users: int) -> Iterator[None]:
    """While inside, another process publishes changes."""
    code = f"from tests.bench.directory import publish_forever; publish_forever({users})"
    process = subprocess.Popen([sys.executable, "-c", code])
    time.sleep(3)  # it imports, and the feed fills as it does in operation
    try:
        yield
    finally:
        process.kill()
        process.wait()


def questions(directory: Directory, users: int) -> dict[str, Callable[[], Any]]:
    """What is asked, by what it is called in the table."""
    deep = UserQuery(sort=UserSort.NAME, limit=200)
    for _ in range(min(20, users // 400)):
        deep = replace(deep, cursor=directory.users(deep).next_cursor)
    deep = replace(deep, limit=200)
    asked: dict[str, UserQuery] = {
        "first page": UserQuery(),
        "deep page": deep,
        "search, many": UserQuery(search="goncalves"),
        "search, one": UserQuery(search=f"user{users - 1}@"),
        "search, none": UserQuery(search="nobody has this"),
        "search, sorted": UserQuery(search="ZOE", sort=UserSort.USAGE, descending=True),
        "filter status": UserQuery(statuses=(UserStatus.SUSPENDED,)),
        "filter plan": UserQuery(plans=(Plan.PRO,)),
        "filter level": UserQuery(levels=(UsageLevel.CRITICAL, UsageLevel.BLOCKED)),
        "filter created": UserQuery(created_from=now() - timedelta(days=30)),
        "filter seen": UserQuery(seen_to=now() - timedelta(days=200)),
    }
    for sort in UserSort:
        asked[f"sort {sort.value}"] = UserQuery(sort=sort, descending=True)
    calls: dict[str, Callable[[], Any]] = {
        name: lambda query=query: directory.users(query)  # type: ignore[misc]
        for name, query in asked.items()
    }
    calls["counts"] = directory.counts
    calls["top ten"] = lambda: directory.top_users(10)
    calls["alerts"] = lambda: alerts_listed(directory, AlertQuery())
    return calls


@dataclass(slots=True)
class Measured:
    """One size: what it took, and (p50, p95) of each question in ms, quiet and with changes."""

    figures: dict[str, float] = field(default_factory=dict)
    quiet: dict[str, tuple[float, float]] = field(default_factory=dict)
    busy: dict[str, tuple[float, float]] = field(default_factory=dict)


def percentiles(call: Callable[[], Any]) -> tuple[float, float]:
    """p50 and p95 in milliseconds."""
    found = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        call()
        found.append((time.perf_counter() - started) * 1000)
    found.sort()
    return found[ROUNDS // 2], found[int(ROUNDS * 0.95)]


def measure(parts: Parts, users: int) -> Measured:
    """Build, store, load and ask."""
    measured = Measured()
    own = psutil.Process()
    before = own.memory_info().rss
    started = time.perf_counter()
    parts.directory.directory.wait_until_built(BUILD_SECONDS)
    measured.figures["full build, s"] = time.perf_counter() - started
    measured.figures["memory of the process, MiB"] = own.memory_info().rss / MIB
    measured.figures["of it since the build began, MiB"] = (own.memory_info().rss - before) / MIB
    path = parts.directory.directory.current().path
    started = time.perf_counter()
    size = parts.directory.keeper.run().snapshot_bytes or 0
    measured.figures["snapshot stored, s"] = time.perf_counter() - started
    measured.figures["snapshot, MiB"] = size / MIB
    measured.figures["file, MiB"] = path.stat().st_size / MIB
    second = Parts(Settings(redis_url="none"))
    started = time.perf_counter()
    second.directory.directory.wait_until_built(BUILD_SECONDS)
    measured.figures["start from the snapshot, s"] = time.perf_counter() - started
    started = time.perf_counter()
    second.directory.directory.current().look_anew(
        View(second.settings, now() + timedelta(days=32))
    )
    measured.figures["a new month looked at, s"] = time.perf_counter() - started
    second.directory.directory.close()
    asked = questions(parts.directory.directory, users)
    measured.quiet = {name: percentiles(call) for name, call in asked.items()}
    with changing(users):
        measured.busy = {name: percentiles(call) for name, call in asked.items()}
    return measured


def table(results: dict[int, Measured]) -> bool:
    """Print everything; True when every p95 of the largest size is within the target."""
    sizes = sorted(results)
    print("\n" + f"{'':34}" + "".join(f"{size:>16,}" for size in sizes) + f"{'ratio':>9}")
    for name in results[sizes[0]].figures:
        values = [results[size].figures[name] for size in sizes]
        _line(name, [f"{value:.1f}" for value in values], values[-1] / max(1e-9, values[0]))
    is_within = True
    for title, attribute in (("quiet", "quiet"), (f"{CHANGES_PER_SECOND} changes/s", "busy")):
        print(f"\n{title}: p50 / p95 in ms, ratio of p95")
        rows = [getattr(results[size], attribute) for size in sizes]
        for name in rows[0]:
            cells = [f"{row[name][0]:.1f} / {row[name][1]:.1f}" for row in rows]
            _line(name, cells, rows[-1][name][1] / rows[0][name][1])
            is_within = is_within and rows[-1][name][1] <= TARGET_MS
    return is_within


def _line(name: str, cells: list[str], ratio: float) -> None:
    print(f"{name:34}" + "".join(f"{cell:>16}" for cell in cells) + f"{ratio:>9.1f}")


def main() -> int:
    """Measure every size; 1 when a list of the largest misses the target."""
    parser = argparse.ArgumentParser(description="Lists of many users")
    parser.add_argument("--users", type=int, help="this many only")
    wanted = parser.parse_args().users
    results: dict[int, Measured] = {}
    made = 0
    with tempfile.TemporaryDirectory() as folder, embedded_store(folder):
        first = Parts(Settings(redis_url="none"))
        create_tables()
        first.platform.files.create()
        period = period_of(now(), first.settings.zone)
        for size in (wanted,) if wanted else SIZES:
            started = time.perf_counter()
            asyncio.run(make_users(Parts(first.settings), made, size, period))
            print(f"{size:,} users made in {time.perf_counter() - started:.1f} s", flush=True)
            made = size
            first.platform.files.remove("directory/v1.sqlite.gz")
            parts = Parts(first.settings)
            results[size] = measure(parts, size)
            parts.directory.directory.close()
        return int(not table(results))


if __name__ == "__main__":
    sys.exit(main())
