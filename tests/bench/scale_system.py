"""A system with a company in its store, and the books of those who send the load beside it."""

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil

from solaris.ledger.booking import SYSTEM_SHARDS, system_owner
from solaris.platform.aws.items import text
from solaris.platform.books_disk import FOLDER, TABLE_FILE
from solaris.platform.settings import load_settings
from solaris.quota.usage import Outcome
from solaris.quota.user import user_id_for
from tests.bench.books import Books
from tests.bench.company import Company
from tests.bench.company_file import import_company
from tests.bench.generator import BenchError
from tests.bench.system import RUNNER, BenchSystem, tell

DAYS = 30
QUIET_SECONDS, LOOK_SECONDS = 600.0, 5.0
MANY_USERS = 10_000  # below, what a start does with every user is over before it is measured
KEPT = '"handler":"keep_directory"'  # the last of it, two minutes after the start
QUIET_SHARE = 0.05  # of a core; an idle worker asks its queues every two seconds
MOST_UPSTREAM_CONNECTIONS = 4_000  # the setting's 1,000 would be what is measured


@dataclass(frozen=True, slots=True)
class Size:
    """What is in the store before the load; the senders come on top."""

    users: int
    records: int

    @property
    def title(self) -> str:
        """`1,000 users, 100,000 records`."""
        return f"{self.users:,} users, {self.records:,} records"


class ScaleSystem(BenchSystem):
    """One of two systems that run side by side, filled before it is measured."""

    def __init__(self, directory: Path, size: Size) -> None:
        super().__init__(directory)
        self.size = size
        self.load_seconds = 0.0
        self.memory_of_all = 0
        self.file_bytes = 0
        self.start_cpu_seconds: dict[str, float] = {}
        self._others: set[int] = set()

    def start(self) -> None:
        """Start everything; raises BenchError naming what did not."""
        self._others = {child.pid for child in psutil.Process().children()}
        os.environ["UPSTREAM_MAX_CONNECTIONS"] = str(MOST_UPSTREAM_CONNECTIONS)
        super().start()

    def fill(self) -> None:
        """Write the company into the tables' file; to be called before the start."""
        company = Company(
            load_settings(),
            users=self.size.users,
            records=self.size.records,
            days=DAYS,
            now=datetime.now(UTC),
        )
        started = time.monotonic()
        folder = self._directory / FOLDER
        folder.mkdir(mode=0o700)
        import_company(company.puts(), folder)
        self.load_seconds = time.monotonic() - started
        self.file_bytes = (folder / TABLE_FILE).stat().st_size

    def wait_until_settled(self) -> None:
        """Wait until all is done that a start does once with every user, and note its CPU.

        The sweep and the month at once, the lists two minutes later and then every ten minutes.
        Raises BenchError after ten minutes. To be called right after the start: whatever is asked
        for meanwhile is in the figures.
        """
        if self.size.users < MANY_USERS:
            return
        log = self._supervisor.log_of("worker")
        deadline = time.monotonic() + QUIET_SECONDS
        while log is not None and KEPT not in log.read_text(encoding="utf-8"):
            if time.monotonic() > deadline:
                raise BenchError(f"{self.size.title}: not settled after {QUIET_SECONDS:.0f} s")
            time.sleep(LOOK_SECONDS)
        self.wait_until_quiet()
        self.start_cpu_seconds = self._our_cpu_seconds()
        parts = ", ".join(f"{name} {used:.1f}" for name, used in self.start_cpu_seconds.items())
        tell(f"{self.size.title}: CPU seconds until all was quiet: {parts}")

    def wait_until_quiet(self) -> None:
        """Wait until our programs together have nothing to do, at most ten minutes.

        Not the worker alone: of a scan it starts, most is done by the tables.
        """
        deadline = time.monotonic() + QUIET_SECONDS
        while time.monotonic() < deadline:
            before = sum(self._our_cpu_seconds().values())
            time.sleep(LOOK_SECONDS)
            if sum(self._our_cpu_seconds().values()) - before < LOOK_SECONDS * QUIET_SHARE:
                return
        tell(f"{self.size.title}: still busy after {QUIET_SECONDS:.0f} s")

    def _our_cpu_seconds(self) -> dict[str, float]:
        used = self.cpu_seconds()
        return {name: used[name] for name in used if name not in ("mock", RUNNER)}

    def note_memory(self) -> None:
        """Resident memory of all our programs, the mock's left out."""
        memory = self.memory_bytes()
        self.memory_of_all = sum(memory.values()) - memory["mock"]
        tell(
            f"{self.size.title}: the tables' file has {self.file_bytes / 1e6:,.0f} MB, memory "
            + ", ".join(f"{name} {size / 2**20:,.0f}" for name, size in memory.items())
            + " MiB"
        )

    def start_again(self) -> float:
        """Stop everything and start it on the same files.

        Seconds from the first program's start to the gateway's first answer. Raises BenchError.
        """
        self.stop()
        again = ScaleSystem(self._directory, self.size)
        started = time.monotonic()
        try:
            again.start()
            return time.monotonic() - started
        finally:
            again.stop()

    def _own_children(self) -> list[psutil.Process]:
        # the other system's worker has the very same command
        return [child for child in super()._own_children() if child.pid not in self._others]


class ScaleBooks(Books):
    """The senders' books, and by how much the system's counters grew: nobody else sends.

    Made after the company is written and before the first request.
    """

    def __init__(self) -> None:
        super().__init__()
        self._user_ids: set[str] = set()
        self._before = self._counted()

    def expect_from(self, user_prefix: str, users: int) -> None:
        """Note who sends: the load generator's users of this prefix."""
        self._user_ids |= {
            user_id_for(f"{user_prefix}-{number}@bench.example") for number in range(users)
        }

    def problems(self) -> list[str]:
        """Every figure that differs; none means that the books are equal to the token."""
        expected = self._expected
        answers, tokens = expected.finished, expected.total_tokens
        users = [user for user_id in self._user_ids if (user := self._user(user_id))]
        records = [one for user_id in self._user_ids for one in self._records(user_id)]
        settled = [one for one in records if one["outcome"]["S"] == Outcome.SETTLED]
        requests, charged = self._counted()
        compared = [
            ("answers begun and not finished by the mock", expected.started - answers, 0),
            ("answers that failed or were left at the mock", expected.odd, 0),
            ("tokens used by the senders", _sum(users, "current_usage"), tokens),
            ("usage records of answers", len(settled), answers),
            ("tokens in usage records", _sum(records, "charged_tokens"), tokens),
            ("tokens in the system's counters", charged - self._before[1], tokens),
            ("requests in the system's counters", requests - self._before[0], len(records)),
            ("open reservations", sum(len(user["reservations"]["M"]) for user in users), 0),
        ]
        if not self._failed:
            compared.append(("answers delivered to the clients", self._delivered, answers))
        return [
            f"{what}: {found:,}, not {wanted:,}"
            for what, found, wanted in compared
            if found != wanted
        ]

    def _user(self, user_id: str) -> dict[str, Any] | None:
        answer = self._dynamodb.get_item(
            TableName=self._settings.table_name("users"),
            Key={"user_id": text(user_id)},
            ConsistentRead=True,
        )
        item: dict[str, Any] | None = answer.get("Item")
        return item

    def _records(self, user_id: str) -> Iterator[dict[str, Any]]:
        return self._query("usage", "user_id", user_id)

    def _counted(self) -> tuple[int, int]:
        """Requests and tokens of the system's counters."""
        found = [
            item
            for shard in range(SYSTEM_SHARDS)
            for item in self._query("counters", "owner", system_owner(shard))
        ]
        return _sum(found, "requests"), _sum(found, "charged_tokens")

    def _query(self, table: str, key: str, value: str) -> Iterator[dict[str, Any]]:
        pages = self._dynamodb.get_paginator("query").paginate(
            TableName=self._settings.table_name(table),
            KeyConditionExpression="#key = :value",
            ExpressionAttributeNames={"#key": key},
            ExpressionAttributeValues={":value": text(value)},
            ConsistentRead=True,
        )
        for page in pages:
            yield from page["Items"]


def _sum(items: list[dict[str, Any]], name: str) -> int:
    return sum(int(item[name]["N"]) for item in items)
