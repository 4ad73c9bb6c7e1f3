"""The reset of many users on the embedded store, while requests go on.

    python -m tests.bench.reset --users 100000

Makes users in the old period, opens the new one for all, and sends one reserve every 100 ms
meanwhile. Prints seconds, users a second, memory, the store's CPU and the reserves' latency.
"""

import argparse
import asyncio
import itertools
import os
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from multiprocessing import get_context
from pathlib import Path

import psutil

from infra.local.run.preflight import free_port
from infra.local.store.tables.program import tables_command, wait_until_listening
from solaris.app import Parts
from solaris.gateway.admission import Ticket
from solaris.gateway.meter import Meter
from solaris.months.opening import ResetReport
from solaris.platform.aws.client import AsyncAws
from solaris.platform.aws.queues import USAGE_QUEUE, EventSender
from solaris.platform.aws.tables import create_tables
from solaris.platform.clock import now
from solaris.platform.settings import Settings
from solaris.quota.identity import Identity
from solaris.quota.item import user_to_item
from solaris.quota.periods import period_of, previous_period
from solaris.quota.reservation import Demand
from solaris.quota.user import Plan, User, UserStatus, user_id_for

READY_SECONDS = 30
BATCH = 25
WRITERS = 8
EVERY_SECONDS = 0.1
TARGET_SECONDS = 60
MIB = 1024 * 1024


@contextmanager
def embedded_store(directory: str) -> Iterator[psutil.Process]:
    """Tables on a free port, as `make up` runs them; boto3's variables point to them."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    os.environ |= {
        "AWS_ENDPOINT_URL": url,
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_REGION": "us-east-1",
    }
    process = subprocess.Popen(tables_command("127.0.0.1", port, Path(directory)))
    try:
        wait_until_listening(url, READY_SECONDS)
        yield psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait()


async def make_users(aws: AsyncAws, table: str, count: int, period: str) -> None:
    """Write users who have used something in a period, 25 a call, eight calls at a time."""
    made_at = now() - timedelta(days=40)
    batches = (range(n, min(n + BATCH, count)) for n in range(0, count, BATCH))

    async def write() -> None:
        for batch in batches:
            puts = []
            for n in batch:
                email = f"user{n}@example.com"
                user = User(
                    user_id=user_id_for(email), email=email, name=f"User {n}",
                    status=UserStatus.ACTIVE, plan=Plan.BASIC, monthly_limit=1_000_000,
                    additional_tokens=0, current_usage=n, available_tokens=1_000_000 - n,
                    period=period, created_at=made_at, updated_at=made_at, version=1,
                )  # fmt: skip
                puts.append({"PutRequest": {"Item": user_to_item(user)}})
            await aws.call("dynamodb", "BatchWriteItem", {"RequestItems": {table: puts}})

    await asyncio.gather(*(write() for _ in range(WRITERS)))


@dataclass(slots=True)
class Latencies:
    """Seconds of each reserve."""

    seconds: list[float] = field(default_factory=list)

    def __str__(self) -> str:
        found = sorted(self.seconds)
        p50, p95 = (found[int(len(found) * share)] * 1000 for share in (0.5, 0.95))
        return f"p50 {p50:.1f} ms, p95 {p95:.1f} ms, max {found[-1] * 1000:.1f} ms ({len(found)})"


async def reserve_often(meter: Meter, users: int, latencies: Latencies) -> None:
    """One reserve every 100 ms, each for another user, until cancelled."""
    for n in itertools.count():
        started = time.perf_counter()
        ticket = Ticket(
            request_id=uuid.uuid4().hex,
            identity=Identity(f"user{n * 7919 % users}@example.com", ""),
            demand=Demand(prompt_tokens=10),
            model="demo",
            endpoint="/v1/chat/completions",
            key_id="key_1",
            received_at=now(),
        )
        await meter.admit(ticket)
        latencies.seconds.append(time.perf_counter() - started)
        await asyncio.sleep(max(0.0, EVERY_SECONDS - (time.perf_counter() - started)))


def reset_once() -> tuple[ResetReport, float, int, int]:
    """The reset in a process of its own, as the worker is one: report, seconds, RSS in bytes."""
    own = psutil.Process()
    parts = Parts(Settings(redis_url="none"))
    parts.months.resetter.waiting()  # connected once, so that the growth is the users' alone
    before = own.memory_info().rss
    started = time.perf_counter()
    report = parts.months.resetter.run()
    return report, time.perf_counter() - started, before, own.memory_info().rss


async def measure(parts: Parts, users: int, store: psutil.Process) -> bool:
    """Make the users, reset them beside live reserves, print; True when within the target."""
    aws, latencies = parts.platform.aws, Latencies()
    period = period_of(now(), parts.settings.zone)
    started = time.perf_counter()
    await make_users(aws, parts.settings.table_name("users"), users, previous_period(period))
    print(f"{users:,} users made in {time.perf_counter() - started:.1f} s")
    sender = EventSender(aws, parts.settings.queue_name(USAGE_QUEUE))
    meter = Meter(
        settings=parts.settings,
        aws=aws,
        users=parts.quota.users,
        changes=parts.quota.changes,
        sender=sender,
        recorder=parts.ledger.recorder,
        ended_grants=parts.ledger.ended_grants,
        clock=now,
    )
    live = asyncio.create_task(reserve_often(meter, users, latencies))
    cpu = sum(store.cpu_times()[:2])
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        loop = asyncio.get_running_loop()
        report, seconds, before, after = await loop.run_in_executor(pool, reset_once)
    cpu = sum(store.cpu_times()[:2]) - cpu
    live.cancel()
    await asyncio.gather(live, return_exceptions=True)
    await parts.close()
    print(f"reset: {report.body()}")
    print(f"       {seconds:.1f} s, {report.users / seconds:,.0f} users/s")
    print(f"reset's process: {before / MIB:.0f} → {after / MIB:.0f} MiB")
    print(f"store: {cpu:.1f} s CPU, {store.memory_info().rss / MIB:.0f} MiB")
    print(f"reserves meanwhile: {latencies}")
    return report.is_done and report.users == users and seconds <= TARGET_SECONDS


def main() -> int:
    """Measure once; 1 when the target is missed."""
    parser = argparse.ArgumentParser(description="Reset of many users beside live requests")
    parser.add_argument("--users", type=int, default=100_000)
    users = parser.parse_args().users
    with tempfile.TemporaryDirectory() as directory, embedded_store(directory) as store:
        parts = Parts(Settings(redis_url="none"))
        create_tables()
        return int(not asyncio.run(measure(parts, users, store)))


if __name__ == "__main__":
    sys.exit(main())
