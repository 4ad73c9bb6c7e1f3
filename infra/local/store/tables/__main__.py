"""The tables behind their guard.

    python -m infra.local.store.tables --host 127.0.0.1 --port 4567 --folder DIR

It reads AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, and lets in who signs with them. dynoxide gets
neither. It ends when dynoxide does, with its exit code, and dynoxide ends with it.
"""

import argparse
import asyncio
import os
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from functools import partial
from pathlib import Path

import uvloop

from infra.local.run.apart import end_with_parent, set_apart
from infra.local.run.lifeline import end_when_alone, steady_output
from infra.local.store.errors import StoreError
from infra.local.store.signatures import Verifier
from infra.local.store.tables.guard import Guard
from infra.local.store.tables.program import (
    free_port,
    secret_address,
    tables_command,
    wait_until_listening,
)

LOOPBACK, PORT_APART = "127.0.0.1", 8000
START_SECONDS = 20.0
STOP_SECONDS = 20.0
BACKLOG = 512
_KEYS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
SHARED_LOOPBACK = (
    "tables: no network of their own is to be had here, so that other accounts of this machine "
    "may find them (SECURITY.md, “Trust boundaries”)"
)


def main() -> int:
    """Serve until SIGTERM, or until dynoxide ends."""
    steady_output()
    parser = argparse.ArgumentParser(
        prog="python -m infra.local.store.tables", description="Tables"
    )
    parser.add_argument("--host", default=LOOPBACK, help="loopback address (127.0.0.1)")
    parser.add_argument("--port", type=int, required=True, help="TCP port")
    parser.add_argument("--folder", type=Path, required=True, help="where the file is")
    arguments = parser.parse_args()
    access_key, secret_key = (os.environ.get(name, "") for name in _KEYS)
    if not (access_key and secret_key):
        sys.stderr.write(f"tables: {' and '.join(_KEYS)} must be set\n")
        return 1
    try:
        # bound before the network changes, so that it stays where clients are; nobody is let in
        # before there are tables
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind((arguments.host, arguments.port))
            return _serve(arguments.folder, Verifier(access_key, secret_key), listener)
    except (StoreError, OSError, TimeoutError) as error:
        sys.stderr.write(f"tables: {' '.join(str(error).split())}\n")
        return 1


def _serve(folder: Path, verifier: Verifier, listener: socket.socket) -> int:
    if set_apart():
        host, port = LOOPBACK, PORT_APART
    else:
        sys.stderr.write(f"{SHARED_LOOPBACK}\n")
        host = secret_address()
        port = free_port(host)
    end_when_alone()  # a thread of its own, so not before the network is
    environment = {name: value for name, value in os.environ.items() if name not in _KEYS}
    process = subprocess.Popen(
        tables_command(host, port, folder),
        env=environment,
        stdin=subprocess.DEVNULL,
        # what was acknowledged is on the disk: the next one may begin at once
        preexec_fn=partial(end_with_parent, signal.SIGKILL),  # noqa: PLW1509 - takes no lock
    )
    try:
        _wait(process, f"http://{host}:{port}")
        return uvloop.run(_run(process, Guard(verifier, host, port), listener))
    finally:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(STOP_SECONDS)
        process.kill()


def _wait(process: "subprocess.Popen[bytes]", url: str) -> None:
    for _ in range(int(START_SECONDS)):
        if process.poll() is not None:
            msg = f"dynoxide did not start ({process.returncode})"
            raise StoreError(msg)
        with suppress(TimeoutError):
            wait_until_listening(url, 1)
            return
    msg = "dynoxide does not listen"
    raise StoreError(msg)


async def _run(process: "subprocess.Popen[bytes]", guard: Guard, listener: socket.socket) -> int:
    loop = asyncio.get_running_loop()
    told, ended = asyncio.Event(), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, told.set)
    server = await loop.create_server(guard.protocol, sock=listener, backlog=BACKLOG)

    async def watch() -> None:
        await asyncio.to_thread(process.wait)
        ended.set()

    watching = asyncio.create_task(watch())
    waiting = {asyncio.create_task(told.wait()), asyncio.create_task(ended.wait())}
    await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    server.close()
    if not ended.is_set():
        # what is under way gets its answer, as dynoxide stops
        process.terminate()
        with suppress(TimeoutError):
            await asyncio.wait_for(ended.wait(), STOP_SECONDS)
    if not ended.is_set():
        process.kill()
    await watching
    for one in waiting:
        one.cancel()
    code = process.returncode
    return 0 if told.is_set() and code in (0, -signal.SIGTERM) else code or 1


if __name__ == "__main__":
    sys.exit(main())
