"""A store that hangs (it takes connections, says nothing): who asks is told in time, and when."""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.e2e.local_system import running

pytestmark = pytest.mark.e2e

FIRST_SECONDS = 7.0  # a read of 5 s finds out
THEN_SECONDS = 3.0
BACK_SECONDS = 15.0
PASSWORD = "um céu de 1984 estrelas"


@contextmanager
def stopped(pid: int) -> Iterator[None]:
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def timed(client: httpx.Client, path: str, **more: Any) -> tuple[float, httpx.Response]:
    started = time.monotonic()
    answer = client.get(path, timeout=30, **more)
    return time.monotonic() - started, answer


def test_metrics_health_and_admin_api_say_so_in_time(tmp_path: Path) -> None:
    wide = {"ADMIN_RATE_LIMIT_PER_SECOND": "1000", "ADMIN_RATE_LIMIT_BURST": "1000"}
    with (
        running(tmp_path / "data", ADMIN_PASSWORD=PASSWORD, **wide) as system,
        httpx.Client(base_url=system.url) as client,
    ):
        login = {"email": "admin@localhost", "password": PASSWORD}
        token = client.post("/api/auth/login", json=login, timeout=30).json()["token"]
        mine = {"authorization": f"Bearer {token}"}
        assert client.get("/api/admin/users", headers=mine, timeout=30).status_code == 200
        assert 'ia_solaris_up{component="database"} 1' in client.get("/metrics").text
        with stopped(system.program("dynoxide").pid):
            seconds, answer = timed(client, "/api/admin/users", headers=mine)
            assert (answer.status_code, seconds < FIRST_SECONDS) == (503, True), seconds
            for _ in range(3):
                seconds, answer = timed(client, "/api/admin/users", headers=mine)
                assert (answer.status_code, seconds < THEN_SECONDS) == (503, True), seconds
                assert int(answer.headers["retry-after"]) <= 5
                seconds, answer = timed(client, "/metrics")
                assert seconds < THEN_SECONDS
                assert 'ia_solaris_up{component="database"} 0' in answer.text
                seconds, answer = timed(client, "/health/detailed")
                assert (answer.status_code, seconds < THEN_SECONDS) == (503, True), seconds
                assert answer.json()["checks"]["database"]["status"] == "unhealthy"
        deadline = time.monotonic() + BACK_SECONDS
        while client.get("/api/admin/users", headers=mine, timeout=30).status_code != 200:
            assert time.monotonic() < deadline, "the store answers again, and nobody believes it"
            time.sleep(0.2)
        while 'ia_solaris_up{component="database"} 1' not in client.get("/metrics").text:
            assert time.monotonic() < deadline, "the metrics go on saying that it is away"
            time.sleep(0.2)
