"""The store of one machine: SQS, S3 and SES as this project uses them, on a loopback address.

    python -m infra.local.store --host 127.0.0.1 --port 4566 --data-dir DIR

It reads AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, and serves whoever signs with them. What it
keeps is below DIR/store. Stops on SIGTERM or SIGINT with exit code 0; a start that fails is one
line on stderr and exit code 1.
"""

import argparse
import asyncio
import fcntl
import ipaddress
import os
import signal
import socket
import sqlite3
import sys
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import Never

import uvicorn
import uvloop

from infra.local.edge.guarded_http import GuardedHttp
from infra.local.run.lifeline import end_when_alone, steady_output
from infra.local.store.errors import StoreError
from infra.local.store.files import Files
from infra.local.store.mails import MAILS_FILE, Mails
from infra.local.store.queues import Queues
from infra.local.store.server import App
from infra.local.store.signatures import Verifier
from solaris.platform.books_disk import FOLDER, QUEUE_FILE

STOP_SECONDS = 5
SWEEP_SECONDS = 3600.0
KEEP_ALIVE_SECONDS = 75  # longer than any client of ours keeps an idle connection
_BACKLOG = 512


class _Server(uvicorn.Server):
    """uvicorn's server that sends home who waits for messages, and leaves with exit code 0."""

    def __init__(self, config: uvicorn.Config, queues: Queues) -> None:
        super().__init__(config)
        self._queues = queues

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Stop; uvicorn's own would have the process die of the signal afterwards."""
        del sig, frame
        self.should_exit = True

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Finish what is under way."""
        self._queues.stop_waiting()
        await super().shutdown(sockets)


def main(argv: list[str] | None = None) -> int:
    """Run the store until it is told to stop."""
    arguments = _arguments(argv)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _leave)
    os.umask(0o077)
    end_when_alone()
    try:
        with ExitStack() as stack:
            _serve(arguments, stack)
    except (StoreError, OSError, sqlite3.Error) as error:
        sys.stderr.write(f"store: {' '.join(str(error).split())}\n")
        return 1
    return 0


def _arguments(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m infra.local.store", description="Local store")
    parser.add_argument("--host", default="127.0.0.1", help="loopback address (127.0.0.1)")
    parser.add_argument("--port", type=int, default=4566, help="TCP port (4566)")
    parser.add_argument("--data-dir", type=Path, required=True, help="created if missing")
    return parser.parse_args(argv)


def _leave(_signal: int, _frame: FrameType | None) -> Never:
    """Before and after uvicorn's own handler: what was acknowledged is on the disk."""
    raise SystemExit(0)


def _serve(arguments: argparse.Namespace, stack: ExitStack) -> None:
    access_key = os.environ.get("AWS_ACCESS_KEY_ID")
    secret_key = os.environ.get("AWS_SECRET_ACCESS_KEY")
    if not (access_key and secret_key):
        msg = "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY must be set"
        raise StoreError(msg)
    folder = arguments.data_dir.absolute() / FOLDER
    _own(folder, stack)
    listener, host = _bound(arguments.host, arguments.port)
    stack.enter_context(listener)
    queues = Queues(folder / QUEUE_FILE)
    stack.callback(queues.close)
    files, mails = _opened(folder, stack)
    app = App(host, Verifier(access_key, secret_key), queues, files, mails)
    config = uvicorn.Config(
        app,
        http=GuardedHttp,
        ws="none",
        lifespan="off",
        interface="asgi3",
        access_log=False,
        log_level="warning",
        log_config=None,
        proxy_headers=False,
        server_header=False,
        date_header=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=STOP_SECONDS,
    )
    uvloop.run(_run(_Server(config, queues), listener, files))


def _own(folder: Path, stack: ExitStack) -> None:
    """Have the folder for this process alone, until it ends."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = stack.enter_context((folder / "lock").open("ab"))
    except OSError as error:
        msg = f"cannot use {folder}: {error.strerror}"
        raise StoreError(msg) from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        msg = f"another store is using {folder}"
        raise StoreError(msg) from error


def _bound(host: str, port: int) -> tuple[socket.socket, str]:
    """A socket on an address of this machine alone, and the Host that its clients send."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        address = None
    if address is None or not address.is_loopback or not 0 < port < 2**16:
        msg = f"{host}:{port} is no loopback address with a port"
        raise StoreError(msg)
    is_old = address.version == 4  # noqa: PLR2004 - IPv4
    try:
        listener = socket.create_server(
            (str(address), port),
            family=socket.AF_INET if is_old else socket.AF_INET6,
            backlog=_BACKLOG,
        )
    except OSError as error:
        msg = f"cannot listen on {host}:{port}: {error.strerror}"
        raise StoreError(msg) from error
    return listener, f"{address}:{port}" if is_old else f"[{address}]:{port}"


def _opened(folder: Path, stack: ExitStack) -> tuple[Files, Mails]:
    part = folder / "files"
    try:
        files = Files(part)
        stack.callback(files.close)
        part = folder / MAILS_FILE
        mails = Mails(part)
        stack.callback(mails.close)
    except (OSError, sqlite3.Error) as error:
        msg = f"{part} cannot be used: {error}"
        raise StoreError(msg) from error
    return files, mails


async def _run(server: _Server, listener: socket.socket, files: Files) -> None:
    sweeping = asyncio.create_task(_sweep(files))
    try:
        await server.serve(sockets=[listener])
    finally:
        sweeping.cancel()


async def _sweep(files: Files) -> None:
    """Do what the buckets' lifecycle rules say, now and every hour."""
    while True:
        try:
            await asyncio.to_thread(files.sweep, datetime.now(UTC))
        except (OSError, sqlite3.Error) as error:
            sys.stderr.write(f"store: the files were not swept: {error}\n")
        await asyncio.sleep(SWEEP_SECONDS)


if __name__ == "__main__":
    steady_output()
    sys.exit(main())
