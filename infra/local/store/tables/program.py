"""The tables of one machine: dynoxide, a server of DynamoDB's API on one SQLite file.

`make up` puts it beside Python (infra/local/store/tables/package.json has its version); where its
maker has no package for a platform, one that is on the PATH is taken. Every acknowledged write is
on the disk (WAL, one fsync a transaction): neither kill -9 nor a power cut loses any.

It asks nobody who they are, so it is started behind a guard that does (`guarded_command`).
"""

import secrets
import shutil
import socket
import sqlite3
import sys
import time
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

from infra.local.store.errors import StoreError
from solaris.platform.books_disk import TABLE_FILE

PROGRAM = "dynoxide"
_LOOPBACK = "127.0.0.1"
_POLL_SECONDS = 0.02


def secret_address() -> str:
    """A loopback address that nobody can guess: one of 4 million. Only Linux has them all.

    All are in 127.64.0.0/10, which a server closes to other accounts (infra/server/loopback.nft).
    """
    if sys.platform != "linux":
        return _LOOPBACK
    last = (str(1 + secrets.randbelow(254)) for _ in range(2))
    return ".".join(["127", str(64 + secrets.randbelow(64)), *last])


def free_port(host: str) -> int:
    """A port that nobody uses right now on a loopback address."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind((host, 0))
        port: int = probe.getsockname()[1]
        return port


def tables_command(host: str, port: int, folder: Path) -> list[str]:
    """The command that serves the tables in `folder`, which must exist, to whoever asks.

    Raises StoreError.
    """
    arguments = ["--host", host, "--port", str(port), "--db-path", str(folder / TABLE_FILE)]
    return [str(tables_program()), "serve", *arguments]


def guarded_command(host: str, port: int, folder: Path) -> list[str]:
    """The command that serves them to whoever signs with this environment's AWS keys.

    Raises StoreError.
    """
    tables_program()  # said here, where somebody reads it
    arguments = ["--host", host, "--port", str(port), "--folder", str(folder)]
    return [sys.executable, "-m", "infra.local.store.tables", *arguments]


def check_file(path: Path) -> None:
    """Refuse a file that is no database any more; one that is absent is made by the program.

    Pages further down are not read: `solaris doctor` reads them all. Raises StoreError.
    """
    if not path.exists():
        return
    try:
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=rw", uri=True)) as file:
            file.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    except sqlite3.Error as error:
        msg = (
            f"{path} cannot be used ({error}). If it is damaged: put it aside, delete "
            f"{path.parent.parent / 'format'}, start, and `solaris restore` the last backup; what "
            "came after it may be read by `sqlite3 tables.sqlite .recover`"
        )
        raise StoreError(msg) from error


def tables_program() -> Path:
    """Where the program is. Raises StoreError when it is not installed."""
    beside = Path(sys.executable).parent / PROGRAM
    found = beside if beside.exists() else shutil.which(PROGRAM)
    if found is None:
        msg = (
            f"{PROGRAM}, which keeps the tables, is not installed: `make up` does it on Linux "
            "x86-64; elsewhere put it on the PATH, or name a store with AWS_ENDPOINT_URL"
        )
        raise StoreError(msg)
    return Path(found)


def wait_until_listening(url: str, timeout_seconds: float) -> None:
    """Return as soon as a server takes connections; blocks. Raises TimeoutError.

    It does not notice a server that ended: who started one checks that process too.
    """
    address = urlsplit(url)
    deadline = time.monotonic() + timeout_seconds
    while time.monotonic() < deadline:
        try:
            with socket.create_connection((address.hostname or "", address.port or 0), timeout=1):
                return
        except OSError:
            time.sleep(_POLL_SECONDS)
    msg = f"nothing listens on {url} after {timeout_seconds:g} s"
    raise TimeoutError(msg)
