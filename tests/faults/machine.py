"""A running system that can be hurt: its processes by name, its books, its upstream's log."""

import os
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from unittest.mock import patch

import psutil

from infra.local.preflight import free_port
from infra.local.tables.program import tables_command, wait_until_listening
from solaris.domain.users import user_id_for
from solaris.settings import load_settings
from solaris.storage.queues import ALERTS_QUEUE, USAGE_QUEUE
from solaris.wiring import Wiring, now
from tests.e2e.local_system import ROOT, LocalSystem, clean_environment, start
from tests.faults.load import People

STORES = EMBEDDED, DYNAMODB_LOCAL = ("embedded", "dynamodb-local")
KILLED = ("gateway", "worker", "tables", "store", "cache", "functions")
DYNAMODB = "dynamodb"
# every reservation has expired by then, and counts as overdue to the reconciler
AHEAD = timedelta(hours=2)
# 60 s in service: what a killed worker had in hand comes back sooner, and so more often twice
VISIBILITY_SECONDS = 10
START_SECONDS, STOP_SECONDS = 60.0, 90.0
POLL_SECONDS = 0.05
LAST_LINES = 20
_JAR = ROOT / ".venv" / "localstack" / "dynamodb" / "package" / "emulator"
_LOOPBACK = ROOT / "tests" / "localstack" / "Loopback.java"
_SETTINGS = {
    "RATE_LIMIT_PER_SECOND": "100000",
    "RATE_LIMIT_BURST": "100000",
    "ADMIN_RATE_LIMIT_PER_SECOND": "10000",
    "ADMIN_RATE_LIMIT_BURST": "10000",
    "MIN_USER_LIMIT": "0",
    # known, so that who is far from the limit is not cut for what other answers might be
    "MODEL_MAX_OUTPUT_TOKENS": '{"demo*": 4096}',
    "LOCALE": "en",
}
_IN_CMDLINE = {
    "gateway": "infra.local.gateway",
    "worker": "infra.local.worker",
    "tables": "infra.local.tables",
    "store": "infra.local.store",
    "cache": "valkey-server",
    "functions": "infra.local.functions",
}


class NotPossibleError(Exception):
    """A fault that this machine cannot make; the message says why."""


class DynamoDBLocal:
    """Amazon's own emulator, its tables in files: acknowledged writes outlive the process."""

    def __init__(self, directory: Path) -> None:
        if not (_JAR / "DynamoDBLocal.jar").is_file() or shutil.which("java") is None:
            raise NotPossibleError("DynamoDB Local is not installed: make test-localstack does")
        self._directory = directory
        self._port = free_port()
        self._process: subprocess.Popen[bytes] | None = None
        directory.mkdir(parents=True)

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self._port}"

    def start(self) -> None:
        """Start it, and return when it answers."""
        library = _JAR / "DynamoDBLocal_lib"
        command = [
            *(str(shutil.which("java")), "-Xmx512m", f"-Djava.library.path={library}"),
            *("-cp", f"{_JAR / 'DynamoDBLocal.jar'}:{library / '*'}", str(_LOOPBACK)),
            *("-port", str(self._port), "-sharedDb", "-disableTelemetry"),
            *("-dbPath", str(self._directory)),
        ]
        with (self._directory.parent / "dynamodb.log").open("ab") as log:
            self._process = subprocess.Popen(
                command, cwd=self._directory, stdout=log, stderr=subprocess.STDOUT
            )
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self._process.poll() is None:
            connection = HTTPConnection("127.0.0.1", self._port, timeout=5)
            try:
                connection.request("GET", "/")
                connection.getresponse()
            except (OSError, HTTPException):
                time.sleep(POLL_SECONDS)
            else:
                return
            finally:
                connection.close()
        raise NotPossibleError("DynamoDB Local does not start; see dynamodb.log")

    def kill_9(self) -> None:
        """End it as the kernel would, without a word."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(STOP_SECONDS)

    def restart_killed(self) -> None:
        """Kill -9, then start it on the same files and port."""
        self.kill_9()
        self.start()


class Dynoxide:
    """The default store's tables as a program of our own, for what a proxy is put before."""

    def __init__(self, directory: Path) -> None:
        directory.mkdir(parents=True)
        self._port = free_port()
        self._command = tables_command("127.0.0.1", self._port, directory)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def process(self) -> psutil.Process:
        """The running program."""
        assert self._process is not None
        return psutil.Process(self._process.pid)

    def start(self) -> None:
        """Start it, and return when it answers."""
        self._process = subprocess.Popen(
            self._command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        wait_until_listening(self.url, START_SECONDS)

    def kill_9(self) -> None:
        """End it as the kernel would, without a word."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(STOP_SECONDS)

    def restart_killed(self) -> None:
        """Kill -9, then start it on the same file and port."""
        self.kill_9()
        self.start()


@dataclass
class Machine:
    """One installation. `wiring` looks at it from outside, with a clock two hours ahead.

    `output` is what the supervisor has said since it was ready.
    """

    system: LocalSystem
    wiring: Wiring
    dynamodb: DynamoDBLocal | Dynoxide | None
    output: list[str]

    @property
    def killable(self) -> tuple[str, ...]:
        """Names of what a round may kill."""
        if self.dynamodb is None:
            return KILLED
        return (*(one for one in KILLED if one != "tables"), DYNAMODB)

    def kill_9(self, name: str) -> None:
        """Kill a program; its supervisor starts it again."""
        if self.dynamodb is not None and name in (DYNAMODB, "tables"):
            self.dynamodb.restart_killed()
            return
        self.child(name).kill()

    def child(self, name: str) -> psutil.Process:
        """The process of a program, waited for if it is being started right now."""
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            for child in psutil.Process(self.system.process.pid).children():
                with suppress(psutil.Error):
                    line = child.cmdline()
                    if any(_IN_CMDLINE[name] in one for one in line) and "exports" not in line:
                        return child
            time.sleep(POLL_SECONDS)
        raise AssertionError(f"no {name} is running:\n{''.join(self.output[-LAST_LINES:])}")

    def gateway_logs(self) -> list[Path]:
        """The gateway's log, the older files first."""
        logs = (self.system.data_dir / "logs").glob("gateway.log*")
        return sorted(logs, key=lambda path: path.name, reverse=True)

    def welcome(self, people: People) -> None:
        """Make those who have a limit of their own; the others are made by their requests."""
        for email, limit in people.limits.items():
            self.wiring.administration.create_user(email, monthly_limit=limit)

    def user_ids(self, people: People) -> set[str]:
        """Ids of a round's users."""
        return {user_id_for(email) for email in people.emails}


@contextmanager
def machine(
    directory: Path,
    *,
    store: str = EMBEDDED,
    is_proxied: bool = False,
    on_dynamodb: Callable[[str], None] = lambda _: None,
    **settings: str,
) -> Iterator[Machine]:
    """A system until the end of the block; this process's environment points at it meanwhile.

    `on_dynamodb` hears where the tables are when they are not the system's own to start: DynamoDB
    Local's always, the default store's when `is_proxied`.
    """
    with ExitStack() as stack:
        dynamodb: DynamoDBLocal | Dynoxide | None = None
        if store == DYNAMODB_LOCAL or is_proxied:
            kind = DynamoDBLocal if store == DYNAMODB_LOCAL else Dynoxide
            dynamodb = kind(directory / "dynamodb")
            stack.callback(dynamodb.kill_9)
            dynamodb.start()
            on_dynamodb(dynamodb.url)
            settings.setdefault("AWS_ENDPOINT_URL_DYNAMODB", dynamodb.url)
        system = start(directory / "data", **_SETTINGS, **settings)
        output: list[str] = []
        stack.callback(_stop, system, _drained(system, output))
        stack.enter_context(_environment(system, dynamodb))
        wiring = Wiring(load_settings(), lambda: now() + AHEAD)
        for queue in (USAGE_QUEUE, ALERTS_QUEUE):
            wiring.queues._client.set_queue_attributes(
                QueueUrl=wiring.queues.url(queue),
                Attributes={"VisibilityTimeout": str(VISIBILITY_SECONDS)},
            )
        stack.callback(wiring.directory.close)
        yield Machine(system, wiring, dynamodb, output)


@contextmanager
def _environment(system: LocalSystem, dynamodb: DynamoDBLocal | Dynoxide | None) -> Iterator[None]:
    """Variables of run.env; the store itself, past any proxy."""
    before = dict(os.environ)
    lines = (system.data_dir / "run.env").read_text().splitlines()
    found = dict(line.split("=", 1) for line in lines)
    store = dynamodb.url if dynamodb else found["AWS_ENDPOINT_URL_DYNAMODB"]
    os.environ.clear()
    os.environ.update(
        clean_environment(
            **_SETTINGS
            | found
            | {
                "AWS_ENDPOINT_URL_DYNAMODB": store,
                "AWS_EC2_METADATA_DISABLED": "true",
                "SOLARIS_DATA_DIR": str(system.data_dir),
            }
        )
    )
    load_settings.cache_clear()
    try:
        with patch("boto3.DEFAULT_SESSION", None):  # it keeps the first key that it has seen
            yield
    finally:
        os.environ.clear()
        os.environ.update(before)
        load_settings.cache_clear()


def _drained(system: LocalSystem, output: list[str]) -> threading.Thread:
    """Read what the supervisor says: a full pipe would stop it."""

    def read() -> None:
        if system.process.stdout is not None:
            output.extend(system.process.stdout)

    thread = threading.Thread(target=read, name="output", daemon=True)
    thread.start()
    return thread


def _stop(system: LocalSystem, reader: threading.Thread) -> None:
    system.process.send_signal(signal.SIGTERM)
    try:
        system.process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        system.process.kill()
        system.process.wait(STOP_SECONDS)
    reader.join(STOP_SECONDS)
    if system.process.stdout is not None:
        system.process.stdout.close()
