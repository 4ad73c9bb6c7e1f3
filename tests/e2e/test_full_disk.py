"""A real disk of a few megabytes that fills: what could not be booked is refused, and told."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from solaris.operations.probing import REUSE_SECONDS
from tests.e2e.local_system import LocalSystem, clean_environment, running
from tests.e2e.local_system import start as start_system

pytestmark = pytest.mark.e2e

DISK_MB, LEAST_MB = 400, 64
ANA = "ana@example.com"


@pytest.fixture(name="disk")
def disk_fixture(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK_MB}m", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("only root may mount a disk of its own")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def fill(disk: Path, leave_mb: int) -> Path:
    """A file that leaves so much."""
    path = disk / "ballast"
    with path.open("ab") as file:
        while (free := os.statvfs(disk).f_bavail * os.statvfs(disk).f_frsize) > leave_mb << 20:
            file.write(b"\0" * min(1 << 20, free - (leave_mb << 20)))
            file.flush()
    return path


@contextmanager
def kept_full(disk: Path, leave_mb: int) -> Iterator[Path]:
    """The same, for as long as it is needed: the store's checkpoints give room back at any time."""
    done = threading.Event()

    def refill() -> None:
        while not done.wait(0.02):
            fill(disk, leave_mb)

    path = fill(disk, leave_mb)
    refilling = threading.Thread(target=refill)
    refilling.start()
    try:
        yield path
    finally:
        done.set()
        refilling.join()


def chat(system: LocalSystem) -> httpx.Response:
    return httpx.post(
        f"{system.url}/v1/chat/completions",
        json={"model": "demo-tokens-20", "messages": [{"role": "user", "content": "Oi"}]},
        headers={"authorization": f"Bearer {system.printed_key}", "x-user-email": ANA},
        timeout=30,
    )


def database(system: LocalSystem) -> tuple[int, str, list[str]]:
    """Status of the answer, state and reasons of the store, looked at anew."""
    time.sleep(REUSE_SECONDS)
    answer = httpx.get(f"{system.url}/health/detailed", timeout=10)
    found = answer.json()["checks"]["database"]
    return answer.status_code, found["status"], found.get("reasons", [])


def test_a_full_disk_refuses_says_so_and_recovers(disk: Path) -> None:
    with running(disk / "data", MIN_FREE_DISK_MB=str(LEAST_MB)) as system:
        assert chat(system).status_code == 200
        assert database(system) == (200, "healthy", [])
        with kept_full(disk, LEAST_MB - 8) as ballast:
            refused = chat(system)
            assert refused.status_code == 503
            assert refused.json()["error"]["code"] == "service_unavailable"
            assert int(refused.headers["retry-after"]) > 0
            assert database(system) == (503, "unhealthy", ["disk_full"])
            told = system.cli("doctor", check=False).stdout
            assert "running system: unhealthy" in told
            assert "too little room on the disk" in told
            assert "sound" in told
            # what was answered before it is booked with what is left
            assert system.booked_user(ANA, records=1)["reservedTokens"] == 0
        ballast.unlink()
        assert chat(system).status_code == 200
        assert system.booked_user(ANA, records=2)["currentUsage"] > 0
        fill(disk, 0)
        assert chat(system).status_code == 503
        code = system.stop()
        assert code == 0, system.output
    refused_start = subprocess.run(
        [sys.executable, "-m", "infra.local"],
        env=clean_environment(
            SOLARIS_DATA_DIR=str(disk / "data"),
            MIN_FREE_DISK_MB=str(LEAST_MB),
            PORT=str(system.port),
        ),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert refused_start.returncode == 1
    lines = (refused_start.stdout + refused_start.stderr).splitlines()
    assert len(lines) == 1, lines
    assert "full or read-only" in lines[0]
    (disk / "ballast").unlink()
    again = start_system(disk / "data")
    try:
        assert again.user(ANA)["reservedTokens"] == 0
        assert sum(one["requests"] for one in again.user(ANA)["models"]) == 2
    finally:
        again.stop()
