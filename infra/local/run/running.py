"""A program that runs for a while: in a drill, a takeover, a test."""

import os
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import IO
from urllib.parse import urlsplit

from infra.local.store.errors import StoreError
from infra.local.store.tables.program import wait_until_listening

START_SECONDS = 30
STOP_SECONDS = 30.0


@contextmanager
def running_program(
    name: str, command: list[str], url: str, variables: Mapping[str, str] | None = None
) -> Iterator[None]:
    """Run a program until the end of the block, which begins when `url` takes connections.

    `variables` are set for it beside this process's own. Raises StoreError.
    """
    with (
        tempfile.TemporaryFile() as said,
        subprocess.Popen(
            command,
            env=os.environ | dict(variables or {}),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=said,
        ) as process,
    ):
        try:
            _wait(process, name, url, said)
            yield
        finally:
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(STOP_SECONDS)
            process.kill()


def _wait(process: "subprocess.Popen[bytes]", name: str, url: str, said: IO[bytes]) -> None:
    for _ in range(START_SECONDS):
        with suppress(TimeoutError):
            wait_until_listening(url, 1)
            return
        if process.poll() is not None:
            break
    said.seek(0)
    text = " ".join(said.read().decode(errors="replace").split())[:300]
    msg = f"{name} did not start on {urlsplit(url).netloc}: {text or 'no answer'}"
    raise StoreError(msg)
