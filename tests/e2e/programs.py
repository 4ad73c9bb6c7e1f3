"""Programs beside the system, for tests and benches: started, waited for, and always ended."""

import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx

START_SECONDS = 300  # a busy machine
END_SECONDS = 30
PAUSE_SECONDS = 0.2
PROBE_SECONDS = 2


def answers(url: str) -> Callable[[], bool]:
    """Whether a GET of the URL is answered with 200."""

    def probe() -> bool:
        try:
            return httpx.get(url, timeout=PROBE_SECONDS).status_code == 200
        except httpx.HTTPError:
            return False

    return probe


def listens(port: int) -> Callable[[], bool]:
    """Whether somebody takes connections at a port of this machine's loopback."""

    def probe() -> bool:
        try:
            with socket.create_connection(("127.0.0.1", port), PROBE_SECONDS):
                return True
        except OSError:
            return False

    return probe


@contextmanager
def program(
    command: list[str],
    ready: Callable[[], bool],
    *,
    log: Path,
    folder: Path,
    environment: Mapping[str, str],
) -> Iterator[None]:
    """Run it in a folder until the block ends; `log` gets what it writes.

    Raises AssertionError with the log's end when it leaves or is not ready within START_SECONDS.
    """
    with log.open("w") as output:
        process = subprocess.Popen(
            command, cwd=folder, env=environment, stdout=output, stderr=subprocess.STDOUT
        )
    try:
        deadline = time.monotonic() + START_SECONDS
        while not ready():
            if process.poll() is not None or time.monotonic() > deadline:
                said = log.read_text(errors="replace")[-3000:]
                raise AssertionError(f"{command[0]} did not start:\n{said}")
            time.sleep(PAUSE_SECONDS)
        yield
    finally:
        process.terminate()
        try:
            process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
