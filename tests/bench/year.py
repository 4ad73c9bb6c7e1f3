"""What a year costs on one machine: the file, the memory, the start, and what expires.

    make bench-year                                     500 users, 200,000 requests a month
    python -m tests.bench.year --requests 20000         a tenth of it

Thirteen months, for which single requests are kept, are put into the tables' file; the tables
start on it; a month goes by: what has expired is deleted, and as much as was deleted is written
anew. Prints Markdown. Exit code 1: nothing was deleted, or the file grew by more than a tenth of
what was written instead of using the room again.
"""

import argparse
import sqlite3
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

import boto3
import psutil

from infra.local.store.tables.expiry import Expiry
from infra.local.store.tables.running import running_tables
from solaris.platform.books_disk import TABLE_FILE
from solaris.platform.settings import load_settings
from tests.bench.company import Company, Put
from tests.bench.company_file import import_company
from tests.bench.running import run_bench
from tests.bench.system import tell

MONTHS = 13  # for which single requests are kept (solaris/platform/aws/tables.py)
DAYS_A_MONTH = 30.4
MOST_GROWTH = 0.1  # of what was written anew
MB = 1e6
USAGE = "usage"


@dataclass(slots=True)
class Year:
    """What was measured; sizes in bytes."""

    records: int
    items: int = 0
    load_seconds: float = 0.0
    file_bytes: int = 0
    start_seconds: float = 0.0
    memory_bytes: int = 0
    sweep_seconds: float = 0.0
    deleted: int = 0
    free_bytes: int = 0
    written: int = 0
    grown_bytes: int = 0

    @property
    def bytes_a_record(self) -> float:
        """The whole file over the single requests in it: counters, users and indexes included."""
        return self.file_bytes / self.records


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench.year", description=(__doc__ or "").split("\n")[0]
    )
    parser.add_argument("--users", type=int, default=500, help="people (500)")
    parser.add_argument("--requests", type=int, default=200_000, help="a month (200,000)")
    return parser.parse_args()


def _run(folder: Path, arguments: argparse.Namespace) -> int:
    year = Year(records=arguments.requests * MONTHS)
    now = datetime.now(UTC)
    _fill(year, folder, arguments.users, now)
    _live(year, folder, arguments.users, now)
    problems = _problems(year)
    print(_markdown(year, arguments.users, arguments.requests))
    print("\n" + ("FAILED:\n" + "\n".join(problems) if problems else "the room is used again"))
    return 1 if problems else 0


def _company(users: int, records: int, days: int, now: datetime) -> Company:
    return Company(load_settings(), users=users, records=records, days=days, now=now)


def _fill(year: Year, folder: Path, users: int, now: datetime) -> None:
    days = round(MONTHS * DAYS_A_MONTH)
    tell(f"{year.records:,} requests of {days} days: filling …")
    started = time.monotonic()
    company = _company(users, year.records, days, now)
    year.items = import_company(_counted(company.puts()), folder)
    year.load_seconds = time.monotonic() - started
    year.file_bytes = (folder / TABLE_FILE).stat().st_size


def _counted(puts: Iterator[Put]) -> Iterator[Put]:
    for number, put in enumerate(puts, start=1):
        if number % 250_000 == 0:
            tell(f"{number:,} items made …")
        yield put


def _live(year: Year, folder: Path, users: int, now: datetime) -> None:
    started = time.monotonic()
    with running_tables(folder) as environment:
        client = boto3.client(
            "dynamodb",
            region_name=environment["AWS_REGION"],
            endpoint_url=environment["AWS_ENDPOINT_URL"],
            aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
        )
        client.list_tables()
        year.start_seconds = time.monotonic() - started
        tell("a month later: what has expired is deleted …")
        later = now + timedelta(days=DAYS_A_MONTH)
        started = time.monotonic()
        year.deleted = Expiry(client, clock=later.timestamp, pause_seconds=0.0).sweep()
        year.sweep_seconds = time.monotonic() - started
        year.memory_bytes = _memory_of(folder)
        before = _pages(folder)
        year.free_bytes = before[1]
        tell(f"{year.deleted:,} deleted; as many are written anew …")
        year.written = _write(client, users, year.deleted, later)
        year.grown_bytes = _pages(folder)[0] - before[0]


def _write(client: Any, users: int, most: int, now: datetime) -> int:
    """Put single requests of another month; returns how many."""
    table = load_settings().table_name(USAGE)
    puts = (
        {"PutRequest": {"Item": item}}
        for name, item in _company(users, most, 1, now).puts()
        if name == table
    )
    count = 0
    while batch := list(islice(puts, 25)):
        client.batch_write_item(RequestItems={table: batch})
        count += len(batch)
    return count


def _memory_of(folder: Path) -> int:
    """Resident memory of the program that serves the file in this folder."""
    found = [
        child.memory_info().rss
        for child in psutil.Process().children(recursive=True)
        if str(folder / TABLE_FILE) in child.cmdline()
    ]
    return sum(found)


def _pages(folder: Path) -> tuple[int, int]:
    """Bytes of all pages, and of those that are free."""
    with closing(sqlite3.connect(f"{(folder / TABLE_FILE).as_uri()}?mode=ro", uri=True)) as file:
        size, pages, free = (
            file.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("page_size", "page_count", "freelist_count")
        )
    return size * pages, size * free


def _problems(year: Year) -> list[str]:
    written_bytes = year.written * year.bytes_a_record
    problems = []
    if not year.deleted:
        problems.append("nothing has expired")
    if year.grown_bytes > written_bytes * MOST_GROWTH:
        problems.append(
            f"the file grew by {year.grown_bytes / MB:,.1f} MB for {written_bytes / MB:,.1f} MB "
            "in the place of what was deleted"
        )
    return problems


def _markdown(year: Year, users: int, requests: int) -> str:
    rows = (
        ("users, requests a month", f"{users:,}, {requests:,}"),
        ("single requests kept (13 months)", f"{year.records:,}"),
        ("items in all", f"{year.items:,}"),
        ("file", f"{year.file_bytes / MB:,.0f} MB"),
        ("a request, its share of counters and indexes included", f"{year.bytes_a_record:,.0f} B"),
        ("start of the tables", f"{year.start_seconds:.1f} s"),
        ("memory of the tables after a whole sweep", f"{year.memory_bytes / 2**20:,.0f} MiB"),
        ("sweep, deleted", f"{year.sweep_seconds:,.0f} s, {year.deleted:,}"),
        ("room left by them", f"{year.free_bytes / MB:,.0f} MB"),
        ("growth when as many are written", f"{year.grown_bytes / MB:,.1f} MB"),
        ("filled in", f"{year.load_seconds:,.0f} s"),
    )
    return "\n".join(
        ["| a year on one machine | |", "|---|--:|", *(f"| {a} | {b} |" for a, b in rows)]
    )


def main() -> int:
    """Run the bench; all that it starts is stopped, whatever happens."""
    arguments = _arguments()
    return run_bench(lambda folder: _run(folder, arguments))


if __name__ == "__main__":
    sys.exit(main())
