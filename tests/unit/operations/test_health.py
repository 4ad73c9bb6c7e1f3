"""Health: the checks, how they are run, what they add up to."""

import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Barrier, Event, Thread
from typing import Any, cast

import pytest

from solaris.backup.store import BackupLog, KeptBackup
from solaris.operations import health as module
from solaris.operations.health import (
    CheckResult,
    Finding,
    Health,
    HealthReport,
    SystemCheck,
    check_database,
    check_queues,
    check_redis,
    check_upstream,
    liveness,
    short_of,
)
from solaris.operations.states import Status
from solaris.platform.aws.queue_lag import QueueLag
from solaris.platform.aws.queues import Queues
from solaris.platform.books_disk import BooksDisk, DiskRoom
from solaris.platform.cache import Cache
from solaris.platform.errors import StoreUnavailableError
from solaris.quota.store import UserStore

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
DISK = BooksDisk(DiskRoom(Path("/"), 0))
BOUND_SECONDS = 5.0  # of every wait in these tests; none is reached when they pass


def clock() -> datetime:
    return NOW


def healthy() -> Finding:
    return Finding(Status.HEALTHY)


def report_of(**found: Status) -> HealthReport:
    checks = {name: CheckResult(Finding(status), 1) for name, status in found.items()}
    return HealthReport(at=NOW, version="1.2.3", checks=checks)


def test_liveness_says_status_time_and_version() -> None:
    expected = {"status": "healthy", "timestamp": "2026-11-22T12:00:00.000Z"}
    assert liveness(NOW, "1.2.3") == {**expected, "version": "1.2.3"}


@pytest.mark.parametrize(
    ("part", "status", "whole", "http_status"),
    [
        ("database", Status.UNHEALTHY, "unhealthy", 503),
        ("queue", Status.UNHEALTHY, "unhealthy", 503),
        ("litellm", Status.UNHEALTHY, "degraded", 200),
        ("redis", Status.UNHEALTHY, "degraded", 200),
        ("system", Status.DEGRADED, "degraded", 200),
        ("queue", Status.DEGRADED, "degraded", 200),
        ("database", Status.HEALTHY, "healthy", 200),
    ],
)
def test_the_whole_is_unhealthy_only_with_an_essential_part(
    part: str, status: Status, whole: str, http_status: int
) -> None:
    parts = dict.fromkeys(("database", "redis", "litellm", "queue", "system"), Status.HEALTHY)
    report = report_of(**{**parts, part: status})
    assert (report.status, report.http_status) == (whole, http_status)


def test_a_failing_check_tells_the_class_of_its_error_and_nothing_else() -> None:
    def fails() -> Finding:
        raise StoreUnavailableError("http://user:secret@store/")

    report = Health({"database": fails, "redis": healthy}, version="1.2.3", clock=clock).report()
    body = report.body()
    assert body["checks"]["database"]["status"] == "unhealthy"
    assert body["checks"]["database"]["error"] == "StoreUnavailableError"
    assert "secret" not in str(body)
    assert body["checks"]["redis"]["status"] == "healthy"
    assert isinstance(body["checks"]["redis"]["response_time_ms"], int)


def test_a_hanging_check_is_timed_out_without_holding_the_others_up() -> None:
    released, runs = Event(), []

    def hangs() -> Finding:
        runs.append(1)
        released.wait(BOUND_SECONDS)
        return Finding(Status.HEALTHY)

    checks = Health(
        {"redis": hangs, "queue": healthy}, version="1.2.3", clock=clock, timeout_seconds=0.1
    )
    try:
        started = time.monotonic()
        reports = [checks.report(), checks.report()]
        assert time.monotonic() - started < BOUND_SECONDS / 2
    finally:
        released.set()
    for report in reports:
        body = report.body()["checks"]
        assert body["redis"] == {
            "status": "unhealthy",
            "response_time_ms": 100,
            "reasons": ["cache_silent"],
            "detail": "timed out",
        }
        assert body["queue"]["status"] == "healthy"
    assert len(runs) == 1  # it was not started again while it hung


def test_the_checks_run_side_by_side() -> None:
    meeting = Barrier(3, timeout=BOUND_SECONDS)

    def meets() -> Finding:
        meeting.wait()
        return Finding(Status.HEALTHY)

    report = Health(dict.fromkeys(("a", "b", "c"), meets), version="1.2.3", clock=clock).report()
    assert report.status is Status.HEALTHY


def test_many_callers_at_once_cause_one_call(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []

    def counts() -> Finding:
        calls.append(1)
        return Finding(Status.HEALTHY)

    checks = Health({"litellm": counts}, version="1.2.3", clock=clock)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: checks.report(), range(20)))
    assert len(calls) == 1
    monkeypatch.setattr("solaris.operations.probing.REUSE_SECONDS", 0.0)
    checks.report()
    assert len(calls) == 2


@dataclass
class FakeUsers:
    asked: list[str] = field(default_factory=list)

    def get(self, user_id: str) -> None:
        self.asked.append(user_id)


@dataclass
class FakeBackups:
    last: KeptBackup | None = None

    def latest(self) -> KeptBackup | None:
        return self.last


@dataclass
class FakeQueues:
    depths: dict[str, int] = field(default_factory=dict)

    def depth(self, queue: str) -> int:
        return self.depths.get(queue, 0)


@dataclass
class FakeCache:
    is_configured: bool = True
    answers: bool = True
    figures: dict[str, float] | None = None

    def ping(self) -> bool:
        return self.answers

    def read_all(self, key: str) -> dict[str, float] | None:
        return self.figures


def test_the_database_is_asked_one_question() -> None:
    users = FakeUsers()
    found = check_database(cast("UserStore", users), cast("BackupLog", FakeBackups()), DISK)
    assert (found.status, found.details) == (Status.HEALTHY, {"last_backup_at": None})
    assert len(users.asked) == 1


def test_a_disk_that_cannot_keep_the_books_is_told() -> None:
    disk = BooksDisk(DiskRoom(Path("/"), 1 << 62))
    found = check_database(cast("UserStore", FakeUsers()), cast("BackupLog", FakeBackups()), disk)
    assert (found.status, found.reasons) == (Status.UNHEALTHY, ("disk_full",))


def test_the_last_good_backup_is_told() -> None:
    backups = FakeBackups(KeptBackup(NOW, 7, "abc"))
    found = check_database(cast("UserStore", FakeUsers()), cast("BackupLog", backups), DISK)
    assert found.details == {"last_backup_at": "2026-11-22T12:00:00.000Z"}


@pytest.mark.parametrize(
    ("cache", "status", "answers"),
    [
        (FakeCache(), Status.HEALTHY, True),
        (FakeCache(answers=False), Status.DEGRADED, False),
        (FakeCache(is_configured=False, answers=False), Status.HEALTHY, True),
    ],
)
def test_redis_never_makes_the_gateway_unhealthy(
    cache: FakeCache, status: Status, answers: bool
) -> None:
    found = check_redis(cast("Cache", cache))
    assert (found.status, found.answers) == (status, answers)
    if not cache.is_configured:
        assert found.details == {"detail": "not configured: in-process fallback"}


@pytest.mark.parametrize(
    ("depths", "status"),
    [
        ({}, Status.HEALTHY),
        ({"usage": 10_000}, Status.HEALTHY),
        ({"usage": 10_001}, Status.DEGRADED),
        ({"alerts-dlq": 1}, Status.DEGRADED),
    ],
)
def test_dead_letters_and_a_backlog_degrade_the_queue(
    depths: dict[str, int], status: Status
) -> None:
    found = check_queues(QueueLag(cast("Queues", FakeQueues(depths))))
    assert found.status is status
    assert found.details["depths"] == {
        **dict.fromkeys(("usage", "usage-dlq", "alerts", "alerts-dlq"), 0),
        **dict.fromkeys(("exports", "exports-dlq", "channels", "channels-dlq"), 0),
        **depths,
    }


@contextmanager
def upstream(status: int, body: bytes = b"") -> Iterator[tuple[str, list[tuple[str, str | None]]]]:
    asked = []

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append((self.path, self.headers["authorization"]))
            self.send_response(status)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Answers) as server:
        serving = Thread(target=server.serve_forever, args=(0.01,))
        serving.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/v1", asked
        finally:
            server.shutdown()
            serving.join()


@pytest.mark.parametrize(
    ("http_status", "status"),
    [(200, "healthy"), (400, "healthy"), (404, "healthy"), (500, "unhealthy"), (503, "unhealthy")],
)
def test_the_upstream_is_healthy_below_500_and_is_asked_with_its_own_key(
    http_status: int, status: str
) -> None:
    with upstream(http_status) as (url, asked):
        found = check_upstream(url, "its-key")
    assert (found.status, found.details) == (status, {"http_status": http_status})
    assert asked == [("/v1/models", "Bearer its-key")]


@pytest.mark.parametrize(
    ("http_status", "body"),
    [(401, b""), (403, b""), (400, b'{"error": {"message": "No connected db.", "code": "400"}}')],
)
def test_an_upstream_that_refuses_our_key_is_unhealthy(http_status: int, body: bytes) -> None:
    with upstream(http_status, body) as (url, _):
        found = check_upstream(url, "wrong")
    assert found.status is Status.UNHEALTHY
    assert found.reasons == ("upstream_refuses_key",)


def test_no_upstream_is_unhealthy_and_an_unreachable_one_tells_no_address() -> None:
    assert check_upstream(None, None).status is Status.UNHEALTHY
    with upstream(200) as (url, _):
        pass  # the port is closed from here on
    checks = Health(
        {"litellm": lambda: check_upstream(url, "its-key")}, version="1.2.3", clock=clock
    )
    found = checks.report().body()["checks"]["litellm"]
    assert (found["status"], found["error"]) == ("unhealthy", "ConnectError")
    assert "127.0.0.1" not in str(found)


@contextmanager
def saying(says: Callable[[socket.socket], None]) -> Iterator[str]:
    """An upstream that answers one request with these bytes; it is left, or has said all."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            connection, _ = listening.accept()
            with connection:
                connection.recv(65536)
                says(connection)

        serving = Thread(target=serve, daemon=True)
        serving.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/v1"
        serving.join(BOUND_SECONDS)
    assert not serving.is_alive()


CHUNKED = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"


def _trickle(connection: socket.socket) -> None:
    connection.sendall(CHUNKED + b"ffffff\r\n")
    with suppress(OSError):  # until whoever asks has had enough
        for _ in range(int(BOUND_SECONDS / 0.01)):
            connection.sendall(b" ")
            time.sleep(0.01)


@pytest.mark.parametrize(
    ("says", "error"),
    [
        (lambda one: one.sendall(CHUNKED + b"2\r\n{}\r\nno length\r\n"), "RemoteProtocolError"),
        (lambda one: one.sendall(CHUNKED + b"ff\r\n{"), "RemoteProtocolError"),
        (
            lambda one: one.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{}"),
            "RemoteProtocolError",
        ),
        (_trickle, "TimeoutError"),
    ],
)
def test_an_upstream_that_garbles_its_list_is_told_and_holds_no_check_for_ever(
    says: Callable[[socket.socket], None], error: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "CHECK_SECONDS", 0.2)
    with saying(says) as url:
        checks = Health({"litellm": lambda: check_upstream(url, None)}, version="1", clock=clock)
        found = checks.report().body()["checks"]["litellm"]
    assert (found["status"], found["reasons"]) == ("unhealthy", ["upstream_silent"])
    assert found["error"] == error


def test_of_a_long_list_only_the_beginning_is_read() -> None:
    def long(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 999999999\r\n\r\n")
        with suppress(OSError):
            for _ in range(10_000):
                connection.sendall(bytes(65536))

    with saying(long) as url:
        assert check_upstream(url, None).status is Status.HEALTHY


@pytest.mark.parametrize(
    ("percents", "reasons"),
    [
        ((79.9, 79.9, 89.9), ()),
        ((80.0, 0.0, 0.0), ("processor_busy",)),
        ((0.0, 80.0, 0.0), ("memory_short",)),
        ((0.0, 0.0, 90.0), ("disk_short",)),
        ((100.0, 100.0, 100.0), ("processor_busy", "memory_short", "disk_short")),
    ],
)
def test_the_system_is_degraded_from_its_limits_on(
    percents: tuple[float, float, float], reasons: tuple[str, ...]
) -> None:
    cpu, memory, disk = percents
    assert short_of(cpu_percent=cpu, memory_percent=memory, disk_percent=disk) == reasons


def test_the_cpu_is_measured_between_two_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    looks = iter([(100.0, 1000.0), (175.0, 1100.0)])
    monkeypatch.setattr(module, "_cpu_seconds", lambda: next(looks))
    monkeypatch.setattr(module, "CPU_SAMPLE_SECONDS", 0.0)
    found = SystemCheck(Path("no/such/folder"))()
    assert found.details["cpu_percent"] == 75.0
    assert 0 < found.details["memory_percent"] <= 100
    assert 0 < found.details["disk_percent"] <= 100


def test_a_real_look_at_the_cpu_lies_between_0_and_100(tmp_path: Path) -> None:
    assert 0 <= SystemCheck(tmp_path)().details["cpu_percent"] <= 100
