"""What must hold before anything is started; each failure is one clear line."""

import fcntl
import re
import resource
import shutil
import socket
import subprocess
import threading
import time
from pathlib import Path
from typing import IO

from solaris.platform.books_disk import DiskRoom

MINIMUM_NODE = 20
# A stream holds two; more than this no one process here can use, and some systems have no limit.
MAX_OPEN_FILES = 65_536
# What a killed supervisor has left: streams get 30 s, the store is ended after them.
FINISH_SECONDS = 120.0
_POLL_SECONDS = 0.1


class StartError(Exception):
    """The system cannot start; the message says why and what to do, in one line."""


def check_port(host: str, port: int) -> None:
    """Refuse a port that is taken."""
    try:
        infos = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        with socket.socket(infos[0][0], socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(infos[0][4])
    except OSError as error:
        reason = error.strerror or str(error)
        raise StartError(
            f"cannot listen on {host}:{port} ({reason}); choose another with PORT=…"
        ) from error


def free_port() -> int:
    """A loopback port that nobody uses right now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def check_node(root: Path) -> None:
    """The admin site is built with Node; refuse a missing or an old one. Built, it needs none."""
    site = root / "admin_site"
    if (site / "dist" / "index.html").exists() or not (site / "package.json").exists():
        return
    node = shutil.which("node")
    if node is None or shutil.which("npm") is None:
        raise StartError(f"Node.js {MINIMUM_NODE} or newer is needed to build the site: not found")
    answer = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)
    found = re.match(r"v(\d+)", answer.stdout)
    if found is None or int(found[1]) < MINIMUM_NODE:
        raise StartError(
            f"Node.js {MINIMUM_NODE} or newer is needed to build the site, "
            f"found {answer.stdout.strip() or 'none'}"
        )


def raise_open_files() -> int:
    """Raise the soft limit of open files to the hard one, 65,536 at most; returns what holds now.

    Shells give 1,024, with which the gateway cuts streams from some 500 on. Programs started later
    inherit it. A limit that cannot be changed is left as it is.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    is_unlimited = hard == resource.RLIM_INFINITY
    wanted = MAX_OPEN_FILES if is_unlimited else min(hard, MAX_OPEN_FILES)
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return soft
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    except (OSError, ValueError):
        return soft
    return wanted


def check_room(data_dir: Path, least_mb: int) -> None:
    """Refuse a disk on which the running system would refuse every request."""
    if DiskRoom(data_dir, least_mb << 20).is_missing():
        raise StartError(
            f"SOLARIS_DATA_DIR: {data_dir} is on a disk that is full or read-only; make room "
            f"({least_mb} MB at least, MIN_FREE_DISK_MB)"
        )


def own_directory(data_dir: Path) -> IO[str]:
    """Create the data directory and own it while this process lives."""
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        data_dir.chmod(0o700)
        handle = (data_dir / "lock").open("w")
    except OSError as error:
        raise StartError(f"SOLARIS_DATA_DIR: cannot use {data_dir} ({error.strerror})") from error
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        handle.close()
        raise StartError(
            f"another IA SOLARIS is running on {data_dir}; "
            "stop it or choose another SOLARIS_DATA_DIR"
        ) from error
    return handle


def wait_for_programs(data_dir: Path, stop: threading.Event) -> IO[str]:
    """Wait for what a killed supervisor has left, which finishes its streams (lifeline.py).

    Returns a lock that every program shall hold. Raises StartError.
    """
    try:
        handle = (data_dir / "programs.lock").open("w")
    except OSError as error:
        raise StartError(f"SOLARIS_DATA_DIR: cannot use {data_dir} ({error.strerror})") from error
    deadline = time.monotonic() + FINISH_SECONDS
    is_told = False
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if stop.wait(_POLL_SECONDS) or time.monotonic() >= deadline:
                handle.close()
                raise StartError(
                    f"programs of an earlier start still run on {data_dir}; end them"
                ) from error
            if not is_told:
                is_told = True
                print("[solaris] an earlier start is finishing its open streams …", flush=True)
        else:
            return handle
