"""Somebody removes the books' file, or puts an old one in its place, while the system runs."""

import shutil
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import httpx
import pytest

from solaris.operations.probing import REUSE_SECONDS
from solaris.platform.books_disk import books_files
from tests.e2e.local_system import LocalSystem, running

pytestmark = pytest.mark.e2e

ANA = "ana@example.com"


def chat(system: LocalSystem) -> httpx.Response:
    return httpx.post(
        f"{system.url}/v1/chat/completions",
        headers={"authorization": f"Bearer {system.printed_key}", "x-user-email": ANA},
        json={"model": "demo", "messages": [{"role": "user", "content": "Oi"}]},
        timeout=30,
    )


def until_answers(system: LocalSystem) -> None:
    deadline = time.monotonic() + 60
    while True:
        with suppress(httpx.TransportError):
            if httpx.get(f"{system.url}/v1/models", timeout=10).status_code == 401:
                return
        assert time.monotonic() < deadline, "the gateway did not come back"
        time.sleep(0.2)


def removed(file: Path, _: Path) -> None:
    file.unlink()


def replaced(file: Path, folder: Path) -> None:
    """As an old copy that is put back under a running system."""
    shutil.copy(file, folder / "old")
    (folder / "old").replace(file)


@pytest.mark.parametrize("hurt", [removed, replaced])
def test_it_is_told_refused_and_what_is_still_open_is_saved(
    tmp_path: Path, hurt: Callable[[Path, Path], None]
) -> None:
    data, backup = tmp_path / "data", tmp_path / "backup.gz"
    with running(data) as system:
        assert chat(system).status_code == 200
        booked = system.booked_user(ANA, records=1)["currentUsage"]
        hurt(books_files(data)[0], tmp_path)
        refused = chat(system)
        assert (refused.status_code, refused.json()["error"]["code"]) == (
            503,
            "service_unavailable",
        )
        time.sleep(REUSE_SECONDS)
        # one that begins again knows the files of the start
        system.program("infra.local.edge.gateway").kill()
        until_answers(system)
        assert chat(system).status_code == 503
        told = httpx.get(f"{system.url}/health/detailed", timeout=10).json()["checks"]["database"]
        assert (told["status"], told["reasons"]) == ("unhealthy", ["books_gone"])
        assert "removed or replaced" in system.cli("doctor", check=False).stdout
        system.cli("backup", str(backup))
        assert system.stop() == 1
        assert "what was written since is lost" in system.output
    # the way on, as the remedy has it
    for name in ("format", "store"):
        (data / name).rename(tmp_path / name)
    with running(data) as again:
        again.cli("restore", str(backup), "--replace", "--yes")
        assert again.user(ANA)["currentUsage"] == booked
