"""Whether the parts that the gateway stands on answer now, for people and for Prometheus.

Each check runs in a thread of its own (operations/probing.py) and the answer waits for all of them
together, at most two seconds: one that hangs is reported as timed out and holds nothing up.

Of a failure only the class of the exception is told: texts may hold addresses and keys.
"""

import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import psutil

from solaris.backup.store import BackupLog
from solaris.gateway.key_refusal import refuses_key
from solaris.operations.clock_watch import ClockWatch
from solaris.operations.probing import Probe, answer_by
from solaris.operations.states import SILENT, Status
from solaris.operations.unsteady import Unsteady
from solaris.platform.aws.queue_lag import QueueLag
from solaris.platform.aws.queues import QUEUES
from solaris.platform.books_disk import BooksDisk
from solaris.platform.cache import Cache
from solaris.platform.instants import iso_milliseconds
from solaris.platform.logs import get_logger
from solaris.platform.metrics import UNWELL, Metrics
from solaris.platform.settings import Settings
from solaris.quota.store import UserStore

CHECK_SECONDS = 2.0

MAX_WAITING_MESSAGES = 10_000
FORBIDDEN, FIRST_SERVER_ERROR = 403, 500
MAX_READ_BYTES = 64 * 1024
MAX_CPU_PERCENT = 80
MAX_MEMORY_PERCENT = 80
MAX_DISK_PERCENT = 90
CPU_SAMPLE_SECONDS = 0.2
CPU_WINDOW_SECONDS = 60.0

# Without the store nobody is served, without the queue nothing is booked in time. The rest
# makes the gateway poorer, not useless.
ESSENTIAL = ("database", "queue")

_log = get_logger("solaris.health")


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found; `answers` says whether the part answered at all.

    `reasons` are codes of operations/states.py, for everything that is not healthy.
    """

    status: Status
    details: Mapping[str, Any] = field(default_factory=dict)
    answers: bool = True
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CheckResult:
    """A finding and how long it took, in milliseconds."""

    finding: Finding
    response_time_ms: int


Check = Callable[[], Finding]


@dataclass(frozen=True, slots=True)
class HealthReport:
    """All results of one moment, by the name of the part."""

    at: datetime
    version: str
    checks: Mapping[str, CheckResult]

    @property
    def status(self) -> Status:
        """Unhealthy if an essential part is, degraded if anything is not healthy."""
        found = {name: result.finding.status for name, result in self.checks.items()}
        if any(found.get(name) is Status.UNHEALTHY for name in ESSENTIAL):
            return Status.UNHEALTHY
        if any(status is not Status.HEALTHY for status in found.values()):
            return Status.DEGRADED
        return Status.HEALTHY

    @property
    def unwell(self) -> int:
        """How many parts are not healthy."""
        found = (result.finding.status for result in self.checks.values())
        return sum(status is not Status.HEALTHY for status in found)

    @property
    def http_status(self) -> int:
        """503 when unhealthy, else 200: a degraded gateway still takes requests."""
        return 503 if self.status is Status.UNHEALTHY else 200

    def body(self) -> dict[str, Any]:
        """The answer of /health/detailed, JSON-serialisable."""
        checks = {
            name: {
                "status": result.finding.status.value,
                "response_time_ms": result.response_time_ms,
                **({"reasons": list(result.finding.reasons)} if result.finding.reasons else {}),
                **result.finding.details,
            }
            for name, result in self.checks.items()
        }
        return {**_heading(self.status, self.at, self.version), "checks": checks}


def liveness(at: datetime, version: str) -> dict[str, str]:
    """The answer of /health: the process runs; nothing else is asked."""
    return _heading(Status.HEALTHY, at, version)


def _heading(status: Status, at: datetime, version: str) -> dict[str, str]:
    return {"status": status.value, "timestamp": iso_milliseconds(at), "version": version}


class Health:
    """Runs the checks; `timeout_seconds` holds for each of them."""

    def __init__(
        self,
        checks: Mapping[str, Check],
        *,
        version: str,
        clock: Callable[[], datetime],
        timeout_seconds: float = CHECK_SECONDS,
        metrics: Metrics | None = None,
    ) -> None:
        self._metrics = metrics
        self._probes = {
            name: Probe(name, partial(_timed, name, check)) for name, check in checks.items()
        }
        self._version = version
        self._clock = clock
        self._timeout_seconds = timeout_seconds

    def report(self) -> HealthReport:
        """Run all checks side by side; returns after `timeout_seconds` at the latest."""
        # all start now, so one deadline is the time-out of each
        deadline = time.monotonic() + self._timeout_seconds
        running = {name: probe.start() for name, probe in self._probes.items()}
        checks = {name: self._wait(name, one, deadline) for name, one in running.items()}
        report = HealthReport(at=self._clock(), version=self._version, checks=checks)
        if self._metrics is not None:
            self._metrics.note(UNWELL, report.unwell)
        return report

    def _wait(self, name: str, running: Future[CheckResult], deadline: float) -> CheckResult:
        found = answer_by(running, deadline)
        if found is None:
            finding = _silent(name, detail="timed out")
            return CheckResult(finding, round(self._timeout_seconds * 1000))
        return found


def _silent(name: str, **details: str) -> Finding:
    reasons = (SILENT[name],) if name in SILENT else ()
    return Finding(Status.UNHEALTHY, details, answers=False, reasons=reasons)


def _timed(name: str, check: Check) -> CheckResult:
    started = time.monotonic()
    try:
        finding = check()
    except Exception as error:  # noqa: BLE001 - whatever it was, it is the finding
        kind = type(error).__name__
        _log.warning("health_check_failed", component=name, error=kind)
        finding = _silent(name, error=kind)
    return CheckResult(finding, round((time.monotonic() - started) * 1000))


def standard_checks(
    settings: Settings,
    *,
    users: UserStore,
    backups: BackupLog,
    queues: QueueLag,
    cache: Cache,
    disk: BooksDisk,
) -> dict[str, Check]:
    """The checks of each part, and the queues."""
    url, key = settings.upstream_url, settings.upstream_key
    return {
        "database": lambda: check_database(users, backups, disk),
        "redis": lambda: check_redis(cache),
        "litellm": lambda: check_upstream(url, key),
        "queue": lambda: check_queues(queues),
        # on AWS a process is held still between requests, which looks like a clock that was set
        "system": SystemCheck(
            Path(settings.solaris_data_dir),
            ClockWatch() if settings.solaris_stage == "local" else None,
        ),
    }


def check_database(users: UserStore, backups: BackupLog, disk: BooksDisk) -> Finding:
    """One consistent read of the users table, as every request needs it; nobody is found.

    `last_backup_at` is the point in time of the last good backup, None before the first. How old
    it may be is not for health to say: whoever has backups of their own makes none here.
    """
    users.get("health-check")
    last = backups.latest()
    found = {"last_backup_at": None if last is None else iso_milliseconds(last.at)}
    if (trouble := disk.trouble()) is not None:
        return Finding(Status.UNHEALTHY, found, reasons=(trouble,))
    return Finding(Status.HEALTHY, found)


def check_redis(cache: Cache) -> Finding:
    """Redis decides nothing, so without it the gateway is poorer at most."""
    if not cache.is_configured:
        return Finding(Status.HEALTHY, {"detail": "not configured: in-process fallback"})
    if cache.ping():
        return Finding(Status.HEALTHY)
    detail = "no answer: in-process fallback"
    return Finding(Status.DEGRADED, {"detail": detail}, answers=False, reasons=("cache_silent",))


def check_upstream(url: str | None, key: str | None) -> Finding:
    """The upstream's list of models, which needs our key; `url` ends in /v1.

    Any other answer below 500 is a sign of life: not every upstream has a list. It must arrive:
    whoever garbles this garbles the answers too. Only its beginning is read.
    """
    if url is None:
        reasons = ("upstream_missing",)
        return Finding(Status.UNHEALTHY, {"detail": "not configured"}, False, reasons)
    headers = {"accept-encoding": "identity"}
    if key:
        headers["authorization"] = f"Bearer {key}"
    with httpx.stream(
        "GET", f"{url}/models", headers=headers, timeout=CHECK_SECONDS, trust_env=False
    ) as answer:
        status = answer.status_code
        begin = _beginning(answer)
    if refuses_key(status, begin) or status == FORBIDDEN:
        return Finding(Status.UNHEALTHY, {"http_status": status}, reasons=("upstream_refuses_key",))
    if status < FIRST_SERVER_ERROR:
        return Finding(Status.HEALTHY, {"http_status": status})
    return Finding(Status.UNHEALTHY, {"http_status": status}, reasons=("upstream_failing",))


def _beginning(answer: httpx.Response) -> bytes:
    """At most 64 KiB, as they come.

    Raises httpx.HTTPError when what comes is garbled, TimeoutError when it does not end.
    """
    deadline = time.monotonic() + CHECK_SECONDS
    begin = b""
    for part in answer.iter_raw():
        begin += part
        if len(begin) >= MAX_READ_BYTES:
            break
        if time.monotonic() > deadline:
            raise TimeoutError
    return begin


def check_queues(lag: QueueLag) -> Finding:
    """Messages waiting, `depths`; a dead letter, a backlog, or a queue that stands still
    (`stalled`, seconds without any taken) wants somebody to look.
    """
    look = lag.look()
    dead = sum(look.depths[f"{queue}-dlq"] for queue in QUEUES)
    backlog = any(depth > MAX_WAITING_MESSAGES for depth in look.depths.values())
    found_so = {"queue_stalled": look.late, "queue_backlog": backlog, "dead_letters": dead}
    reasons = tuple(code for code, is_so in found_so.items() if is_so)
    stalled = {queue: int(seconds) for queue, seconds in look.stalled.items()}
    found = {"depths": dict(look.depths), "dlq": dead, "stalled": stalled}
    if look.late:
        found["detail"] = "not taken: " + ", ".join(
            f"{queue} for {seconds} s" for queue, seconds in look.late.items()
        )
    return Finding(Status.DEGRADED if reasons else Status.HEALTHY, found, reasons=reasons)


class SystemCheck:
    """Load of this machine in percent, its clock, and programs that keep ending (`programs`).

    `data_dir` says which disk is looked at, and its supervisor which programs these are. The CPU's
    load is taken between two looks and not by psutil.cpu_percent, which remembers the last look
    per thread, while each check has a new one.
    """

    def __init__(self, data_dir: Path, clock: ClockWatch | None = None) -> None:
        self._path = data_dir.absolute()
        self._unsteady = Unsteady(self._path)
        self._clock = clock
        self._cpu = _cpu_seconds()
        self._looked_at = time.monotonic()

    def __call__(self) -> Finding:
        """Look; takes 0.2 s when the last look is too near or too long ago to compare with."""
        percents = {
            "cpu_percent": self._cpu_percent(),
            "memory_percent": round(psutil.virtual_memory().percent, 1),
            "disk_percent": round(psutil.disk_usage(str(_existing(self._path))).percent, 1),
        }
        reasons = short_of(**percents)
        if self._clock is not None and self._clock.look():
            reasons = (*reasons, "clock_jumped")
        found: dict[str, Any] = {**percents}
        if programs := self._unsteady.names():
            reasons = (*reasons, "program_unsteady")
            found |= {"programs": programs, "detail": f"keeps ending: {', '.join(programs)}"}
        return Finding(Status.DEGRADED if reasons else Status.HEALTHY, found, reasons=reasons)

    def _cpu_percent(self) -> float:
        age = time.monotonic() - self._looked_at
        if not CPU_SAMPLE_SECONDS <= age <= CPU_WINDOW_SECONDS:
            self._cpu = _cpu_seconds()
            time.sleep(CPU_SAMPLE_SECONDS)
        before, self._cpu = self._cpu, _cpu_seconds()
        self._looked_at = time.monotonic()
        busy, total = (now - then for now, then in zip(self._cpu, before, strict=True))
        return round(min(100.0, max(0.0, 100 * busy / total)), 1) if total > 0 else 0.0


def short_of(*, cpu_percent: float, memory_percent: float, disk_percent: float) -> tuple[str, ...]:
    """What there is too little of: from 80 % of CPU or memory, 90 % of the disk."""
    found = {
        "processor_busy": cpu_percent >= MAX_CPU_PERCENT,
        "memory_short": memory_percent >= MAX_MEMORY_PERCENT,
        "disk_short": disk_percent >= MAX_DISK_PERCENT,
    }
    return tuple(code for code, is_so in found.items() if is_so)


def _cpu_seconds() -> tuple[float, float]:
    """Seconds that all processors together were busy, and that passed on them."""
    times = psutil.cpu_times()._asdict()
    # Linux counts a guest's time in its host's as well
    total = sum(times.values()) - times.get("guest", 0) - times.get("guest_nice", 0)
    return total - times["idle"] - times.get("iowait", 0), total


def _existing(path: Path) -> Path:
    return next((one for one in (path, *path.parents) if one.exists()), Path("/"))
