"""The embedded store: ministack (DynamoDB, SQS, SES, S3) made durable, on 127.0.0.1.

    python -m infra.local.store --host 127.0.0.1 --port 4566 --data-dir DIR

What survives the death of the process (kill -9, out of memory):

- DynamoDB, SES, and what is sent to or set on SQS queues: every acknowledged request. It is
  in the journal before its response leaves (journal.py); a start replays the journal.
- SQS receives, deletes and visibility are not journaled: after a crash, messages sent since
  the last snapshot are delivered again. A clean stop keeps them as they are.
- S3 objects: written to DIR/s3 by ministack. Bucket settings and every other service: as of
  the last snapshot, which follows such a change within about a minute.

A power cut or kernel crash is another thing: nothing is fsynced per request, so the last
seconds may be lost, but what remains is a consistent beginning of the history.

A full disk: the store keeps serving from memory, logs it, and reports `durable: false` on
/_solaris/store until a later snapshot succeeds; a crash in between loses the changes since.
Refusing instead would not undo the change already made in memory, and it would stop the
gateway.
"""

from __future__ import annotations

import argparse
import asyncio
import fcntl
import ipaddress
import os
import signal
import socket
import sys
import time
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import TYPE_CHECKING, Never
from urllib.parse import urlsplit

import uvicorn

from infra.local.compaction import Compactor, die_with_parent
from infra.local.durable_app import (
    MAX_BYTES,
    MAX_RECORDS,
    STATUS_PATH,
    TTL_SWEEP_SECONDS,
    DurableApp,
)
from infra.local.emulator import Emulator, prepare_environment
from infra.local.journal import Journal, StoreError

if TYPE_CHECKING:
    from types import FrameType

_LOCK_WAIT_SECONDS = 2.0
_STOP_SECONDS = 5
_POLL_SECONDS = 0.02


def store_command(host: str, port: int, data_dir: str | Path) -> list[str]:
    """The command that starts a store on `data_dir` (which it creates)."""
    arguments = ["--host", host, "--port", str(port), "--data-dir", str(data_dir)]
    return [sys.executable, "-m", "infra.local.store", *arguments]


def wait_until_ready(endpoint_url: str, timeout_seconds: float) -> None:
    """Return as soon as the store answers; a replay comes first. Blocks the thread.

    Raises TimeoutError after `timeout_seconds`. It does not notice a store that ended: a
    caller that started one checks that process too.
    """
    address = urlsplit(endpoint_url)
    deadline = time.monotonic() + timeout_seconds
    while time.monotonic() < deadline:
        connection = HTTPConnection(address.hostname or "", address.port, timeout=1)
        try:
            connection.request("GET", STATUS_PATH)
            if connection.getresponse().status == 200:  # noqa: PLR2004
                return
        except (OSError, HTTPException):
            pass
        finally:
            connection.close()
        time.sleep(_POLL_SECONDS)
    raise TimeoutError(f"no store answered on {endpoint_url} within {timeout_seconds:g} s")


def _lock(directory: Path) -> int:
    """Own the directory until this process and its snapshot child are gone."""
    try:
        directory.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(directory / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise StoreError(f"cannot use {directory}: {error.strerror}") from error
    deadline = time.monotonic() + _LOCK_WAIT_SECONDS
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            # A killed store's snapshot child may need a moment to follow it.
            if time.monotonic() > deadline:
                raise StoreError(f"another store is using {directory}") from None
            time.sleep(_POLL_SECONDS)
        else:
            return descriptor


def _bind(host: str, port: int) -> socket.socket:
    try:
        address = ipaddress.ip_address("127.0.0.1" if host == "localhost" else host)
    except ValueError:
        raise StoreError(f"--host must be a loopback address, not {host}") from None
    if not address.is_loopback:  # the store asks nobody for a password
        raise StoreError(f"--host must be a loopback address, not {host}")
    family = socket.AF_INET if address.version == 4 else socket.AF_INET6  # noqa: PLR2004
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((str(address), port))
    except OSError as error:
        listener.close()
        raise StoreError(f"cannot listen on {host}:{port}: {error.strerror}") from error
    return listener


def _arguments(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m infra.local.store", description="Local store")
    parser.add_argument("--host", default="127.0.0.1", help="loopback address (127.0.0.1)")
    parser.add_argument("--port", type=int, default=4566, help="TCP port (4566)")
    parser.add_argument("--data-dir", type=Path, required=True, help="created if missing")
    parser.add_argument(
        "--die-with-parent", action="store_true",
        help="stop cleanly when the thread that started this process ends (Linux)",
    )  # fmt: skip
    parser.add_argument(
        "--max-journal-records", type=int, default=MAX_RECORDS, help=f"snapshot at ({MAX_RECORDS})"
    )
    parser.add_argument(
        "--max-journal-bytes", type=int, default=MAX_BYTES, help=f"snapshot at ({MAX_BYTES})"
    )
    parser.add_argument(
        "--ttl-sweep-seconds", type=float, default=TTL_SWEEP_SECONDS,
        help=f"delete expired items this often ({TTL_SWEEP_SECONDS:g})",
    )  # fmt: skip
    return parser.parse_args(argv)


def _stop(_signal: int, _frame: FrameType | None) -> Never:
    """Before and after uvicorn's own handler: leave with 0, everything is on disk."""
    raise SystemExit(0)


def _serve(arguments: argparse.Namespace) -> None:
    data_dir = arguments.data_dir.absolute()
    directory = data_dir / "store"
    lock_descriptor = _lock(directory)
    listener = _bind(arguments.host, arguments.port)
    prepare_environment(data_dir=data_dir, port=arguments.port)
    emulator = Emulator()
    journal = Journal(directory)
    app = DurableApp(
        emulator=emulator,
        journal=journal,
        compactor=Compactor(journal, emulator, lock_descriptor),
        max_records=arguments.max_journal_records,
        max_bytes=arguments.max_journal_bytes,
        ttl_sweep_seconds=arguments.ttl_sweep_seconds,
    )
    asyncio.run(app.recover())
    config = uvicorn.Config(
        app,
        loop="uvloop",
        http="httptools",
        lifespan="on",
        access_log=False,
        log_level="warning",
        log_config=None,
        proxy_headers=False,
        server_header=False,
        date_header=False,
        timeout_graceful_shutdown=_STOP_SECONDS,
    )
    uvicorn.Server(config).run(sockets=[listener])


def main(argv: list[str] | None = None) -> int:
    """Run the store until SIGTERM or SIGINT. Exit code 1 and one line if it cannot start."""
    arguments = _arguments(argv)
    signal.signal(signal.SIGTERM, _stop)
    signal.signal(signal.SIGINT, _stop)
    if arguments.die_with_parent:
        die_with_parent(signal.SIGTERM)
    try:
        _serve(arguments)
    except StoreError as error:
        sys.stderr.write(f"store: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
