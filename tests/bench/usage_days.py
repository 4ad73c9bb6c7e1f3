"""Statistics, series and reports at the size of a large company.

    make bench-reports                                  10,000 and 100,000 users, 1,000,000 records
    python -m tests.bench.usage_days --users 1000 --records 10000     a minute
    python -m tests.bench.usage_days --endpoint http://127.0.0.1:8000 DynamoDB Local instead

Fills an embedded store with a company whose books balance (company.py), a tenth of it first, and
prints p50 and p95 of what the admin API asks for, and how they grow. Exit code 1: sums differ, or
`/admin/stats` or a 30-day series is slower than 300 ms at p95.
"""

import argparse
import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import psutil

from infra.local.run.preflight import free_port
from infra.local.store.tables.program import tables_command, wait_until_listening
from solaris.app import Parts
from solaris.directory.listing import UserCounts
from solaris.ledger.figures import ReportFilters, total_of
from solaris.platform.aws.tables import create_tables
from solaris.platform.clock import now
from solaris.platform.errors import ValidationFailedError
from solaris.platform.settings import Settings
from solaris.reports.report import GroupBy, ReportSort
from solaris.reports.reporting import Report, ReportQuery
from solaris.reports.statistics import Interval
from tests.bench.company import Company

READY_SECONDS = 30
STOP_SECONDS = 120
DAYS = 45
ROUNDS = 20
SLOW_ROUNDS = 3
TARGET_MS = 300.0
MIB = 1024 * 1024


@contextmanager
def store_at(endpoint: str | None) -> Iterator[psutil.Process | None]:
    """boto3's variables point to a store of our own, or to the one that is given."""
    os.environ |= {
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_REGION": "us-east-1",
    }
    if endpoint is not None:
        os.environ["AWS_ENDPOINT_URL"] = endpoint
        yield None
        return
    with tempfile.TemporaryDirectory(prefix="solaris-bench-") as directory:
        port = free_port()
        url = os.environ["AWS_ENDPOINT_URL"] = f"http://127.0.0.1:{port}"
        process = subprocess.Popen(tables_command("127.0.0.1", port, Path(directory)))
        try:
            wait_until_listening(url, READY_SECONDS)
            yield psutil.Process(process.pid)
        finally:
            process.kill()
            process.wait(STOP_SECONDS)


class _NoDirectory:
    """The lists have a bench of their own; what the statistics ask them is left out here."""

    def counts(self) -> UserCounts:
        return UserCounts()

    def top_users(self, most: int) -> list[Any]:
        del most
        return []

    def ask(self, question: object) -> int:
        del question
        return 0


@dataclass(slots=True)
class Measured:
    """Milliseconds of each round, by what was measured."""

    rounds: dict[str, list[float]] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)

    def measure(self, name: str, call: Callable[[], object], rounds: int = ROUNDS) -> None:
        """Time a call; a refusal is noted and is no failure."""
        found = self.rounds[name] = []
        for _ in range(rounds):
            started = time.perf_counter()
            try:
                call()
            except ValidationFailedError as error:
                self.refused[name] = error.problems[0][1]
            found.append((time.perf_counter() - started) * 1000)

    def at(self, name: str, share: float) -> float:
        """A percentile in milliseconds."""
        found = sorted(self.rounds[name])
        return found[min(len(found) - 1, int(len(found) * share))]


class Bench:
    """One company in one stage."""

    def __init__(self, stage: str, users: int, records: int) -> None:
        settings = Settings(
            solaris_stage=stage, secret_key="bench" * 8, redis_url="none", redis_host=None
        )
        self.parts = Parts(settings)
        self.parts.directory.__dict__["directory"] = _NoDirectory()
        self.company = Company(settings, users=users, records=records, days=DAYS, now=now())
        self.records = records
        self.measured = Measured()

    def load(self, store: psutil.Process | None) -> None:
        """Write the company."""
        create_tables()
        before = store.memory_info().rss if store else 0
        started = time.perf_counter()

        async def write() -> None:
            await self.company.write(self.parts.platform.aws)
            await self.parts.platform.aws.close()

        asyncio.run(write())
        seconds = time.perf_counter() - started
        grown = (store.memory_info().rss - before) / MIB if store else 0
        own = psutil.Process().memory_info().rss / MIB
        print(
            f"loaded {self.records:,} records in {seconds:.0f} s"
            f" ({self.records / seconds:,.0f}/s), store +{grown:,.0f} MiB, loader {own:,.0f} MiB",
            flush=True,
        )

    def run(self) -> None:
        """Everything but the walk over all records."""
        parts, measure = self.parts, self.measured.measure
        today = parts.reports.system_days.today
        month = ReportFilters(first_day=today - timedelta(days=29), last_day=today)
        week = ReportFilters(first_day=today - timedelta(days=6), last_day=today)
        first = month.first_day

        def cold(call: Callable[[], object]) -> Callable[[], object]:
            def fresh() -> None:
                parts.reports.system_days.forget()
                call()

            return fresh

        def series(interval: Interval) -> Callable[[], object]:
            return lambda: parts.reports.statistics.series(first, today, interval, by_model=True)

        measure("stats, nothing kept", cold(parts.reports.statistics.system))
        measure("stats", parts.reports.statistics.system)
        for interval in Interval:
            measure(f"30 days by {interval}, nothing kept", cold(series(interval)))
            measure(f"30 days by {interval}", series(interval))
        measure("report by model, 30 days", lambda: self._page(month, GroupBy.MODEL))
        measure("report by day, 30 days", lambda: self._page(month, GroupBy.DAY))
        measure("report by user, one day", lambda: self._page(_last_day(week), GroupBy.USER), 5)
        measure("report by user, 7 days", lambda: self._page(week, GroupBy.USER), SLOW_ROUNDS)
        measure("report by user, 30 days", lambda: self._page(month, GroupBy.USER), SLOW_ROUNDS)
        user_id = self._somebody(month)
        mine = ReportFilters(first_day=first, last_day=today, user_ids=(user_id,))
        measure("report by day of one user", lambda: self._page(mine, GroupBy.DAY))
        measure("records of one user, first page", lambda: self._page(mine, GroupBy.NONE))
        measure("records, first page", lambda: self._page(month, GroupBy.NONE))
        deep = self._deep_cursor(month)
        measure("records, deep page", lambda: self._page(month, GroupBy.NONE, deep))
        failed = ReportFilters(first_day=today, last_day=today, statuses=("5xx",))
        measure("failed requests of today", lambda: self._page(failed, GroupBy.MODEL), SLOW_ROUNDS)

    def sums_differ(self) -> list[str]:
        """Where the report, the series and what was written are not the same to the token."""
        parts = self.parts
        today = parts.reports.system_days.today
        written = {day: tokens for day, tokens in self.company.tokens.items() if tokens}
        range_ = (today - timedelta(days=DAYS - 1), today)
        points = parts.reports.statistics.series(*range_, Interval.DAY)
        zone = parts.settings.zone
        found = {
            p.time.astimezone(zone).date().isoformat(): p.figures.charged_tokens for p in points
        }
        differing = [] if {d: t for d, t in found.items() if t} == written else ["series by day"]
        hours = parts.reports.statistics.series(today - timedelta(days=29), today, Interval.HOUR)
        days = (today - timedelta(days=29)).isoformat()
        wanted = sum(tokens for day, tokens in written.items() if day >= days)
        if sum(one.figures.charged_tokens for one in hours) != wanted:
            differing.append("series by hour")
        rows = parts.reports.reporting.iterate_groups(
            ReportFilters(first_day=range_[0], last_day=today), GroupBy.USER
        )
        if total_of(row.figures for row in rows).charged_tokens != sum(written.values()):
            differing.append("report by user")
        return differing

    def walk(self) -> str:
        """Read every record as an export does."""
        parts, own = self.parts, psutil.Process()
        today = parts.reports.system_days.today
        everything = ReportFilters(first_day=today - timedelta(days=DAYS - 1), last_day=today)
        expected = parts.reports.reporting.expected_records(everything)
        before = own.memory_info().rss
        started, most, count, tokens = time.perf_counter(), before, 0, 0
        for line in parts.reports.reporting.iterate_records(everything):
            count += 1
            tokens += line.charged_tokens
            if count % 10_000 == 0:
                most = max(most, own.memory_info().rss)
        seconds = time.perf_counter() - started
        is_right = count == expected == self.records and tokens == sum(self.company.tokens.values())
        return (
            f"{count:,} records iterated in {seconds:.0f} s ({count / seconds:,.0f}/s),"
            f" memory +{(most - before) / MIB:.0f} MiB: {'equal' if is_right else 'DIFFERENT'}"
        )

    def _page(self, filters: ReportFilters, group_by: GroupBy, cursor: str | None = None) -> Report:
        is_by_day = group_by is GroupBy.DAY
        return self.parts.reports.reporting.page(
            ReportQuery(
                filters=filters,
                group_by=group_by,
                sort=ReportSort.KEY if is_by_day else ReportSort.TOKENS,
                descending=not is_by_day,
                limit=100,
                cursor=cursor,
            )
        )

    def _somebody(self, month: ReportFilters) -> str:
        return self._page(month, GroupBy.NONE).lines[0].user_id

    def _deep_cursor(self, month: ReportFilters) -> str | None:
        """Where the first half of the range ends, as if it had been paged through."""
        half = ReportFilters(
            first_day=month.first_day, last_day=month.first_day + timedelta(days=15)
        )
        return self._page(half, GroupBy.NONE).next_cursor


def _last_day(week: ReportFilters) -> ReportFilters:
    return ReportFilters(first_day=week.last_day, last_day=week.last_day)


def _print(small: Measured, large: Measured, users: int) -> None:
    print(f"\n| | {users // 10:,} users p50 | p95 | {users:,} users p50 | p95 | growth |")
    print("|---|---|---|---|---|---|")
    for name in large.rounds:
        figures = [m.at(name, share) for m in (small, large) for share in (0.5, 0.95)]
        growth = figures[2] / figures[0] if figures[0] else 0.0
        note = f" ({large.refused[name]})" if name in large.refused else ""
        columns = " | ".join(f"{one:,.0f} ms" for one in figures)
        print(f"| {name}{note} | {columns} | ×{growth:.1f} |")


def main() -> int:
    """Measure both sizes, each on a store of its own."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--users", type=int, default=100_000)
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--endpoint", help="a DynamoDB that runs already, empty")
    arguments = parser.parse_args()
    measured: list[Measured] = []
    problems: list[str] = []
    for part in (10, 1):
        users, records = arguments.users // part, arguments.records // part
        print(f"{users:,} users, {records:,} records over {DAYS} days", flush=True)
        with store_at(arguments.endpoint) as store:
            bench = Bench(f"bench{part}", users, records)
            bench.load(store)
            bench.run()
            problems += bench.sums_differ()
            print(bench.walk(), flush=True)
            if store:
                print(f"store: {store.memory_info().rss / MIB:,.0f} MiB", flush=True)
        measured.append(bench.measured)
    _print(measured[0], measured[1], arguments.users)
    for name in ("stats", "30 days by day", "30 days by hour"):
        if measured[1].at(name, 0.95) > TARGET_MS:
            problems.append(f"{name}: p95 above {TARGET_MS:g} ms")
    print("FAILED: " + "; ".join(problems) if problems else "sums: equal to the token")
    return int(bool(problems))


if __name__ == "__main__":
    sys.exit(main())
