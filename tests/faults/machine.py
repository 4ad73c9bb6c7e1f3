"""A running system that can be hurt: its processes by name, its books, its upstream's log."""

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from unittest.mock import patch

import psutil

from solaris.app import Parts
from solaris.platform.aws.queues import ALERTS_QUEUE, USAGE_QUEUE
from solaris.platform.clock import now
from solaris.platform.settings import load_settings
from solaris.quota.user import user_id_for
from tests.e2e.local_system import LocalSystem, clean_environment, runs, start
from tests.faults.load import People
from tests.faults.tables import (
    DYNAMODB_LOCAL,
    EMBEDDED,
    POLL_SECONDS,
    START_SECONDS,
    STOP_SECONDS,
    Tables,
)

KILLED = ("gateway", "worker", "tables", "store", "cache", "functions")
DYNAMODB = "dynamodb"
# every reservation has expired by then, and counts as overdue to the reconciler
AHEAD = timedelta(hours=2)
# 60 s in service: what a killed worker had in hand comes back sooner, and so more often twice
VISIBILITY_SECONDS = 10
LAST_LINES = 20
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
    "gateway": "infra.local.edge.gateway",
    "worker": "infra.local.run.worker",
    "tables": "infra.local.store.tables",
    "store": "infra.local.store",
    "cache": "valkey-server",
    "functions": "infra.local.edge.functions",
    "exporter": "exports",
}


@dataclass
class Machine:
    """One installation. `parts` looks at it from outside, with a clock two hours ahead.

    `output` is what the supervisor has said since it was ready.
    """

    system: LocalSystem
    parts: Parts
    dynamodb: Tables | None
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
                    is_other = "exports" in line and name != "exporter"
                    if runs(line, _IN_CMDLINE[name]) and not is_other:
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
            self.parts.accounts.by_email.create_user(email, monthly_limit=limit)

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
        dynamodb: Tables | None = None
        if store == DYNAMODB_LOCAL or is_proxied:
            dynamodb = Tables(store, directory / "dynamodb")
            stack.callback(dynamodb.kill_9)
            dynamodb.start()
            on_dynamodb(dynamodb.url)
            settings.setdefault("AWS_ENDPOINT_URL_DYNAMODB", dynamodb.url)
        system = start(directory / "data", **_SETTINGS, **settings)
        output: list[str] = []
        stack.callback(_stop, system, _drained(system, output))
        stack.enter_context(_environment(system, dynamodb))
        parts = Parts(load_settings(), lambda: now() + AHEAD)
        for queue in (USAGE_QUEUE, ALERTS_QUEUE):
            parts.platform.queues._client.set_queue_attributes(
                QueueUrl=parts.platform.queues.url(queue),
                Attributes={"VisibilityTimeout": str(VISIBILITY_SECONDS)},
            )
        stack.callback(parts.directory.directory.close)
        yield Machine(system, parts, dynamodb, output)


@contextmanager
def _environment(system: LocalSystem, dynamodb: Tables | None) -> Iterator[None]:
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
