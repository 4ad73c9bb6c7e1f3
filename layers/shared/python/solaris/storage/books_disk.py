"""Whether this machine can keep the books: room on their disk, and files that are still theirs."""

from collections.abc import Iterable
from pathlib import Path
from typing import Literal

from solaris.storage.disk_room import DiskRoom

FOLDER = "store"
TABLE_FILE, QUEUE_FILE = "tables.sqlite", "queues.sqlite"

Trouble = Literal["disk_full", "books_gone"]
"""Reasons of domain/states.py."""

_Identity = tuple[int, int]


class BooksDisk:
    """The disk and the files of the books, where a system keeps them on a disk of its own.

    Watched are those of `files` that are there when this is made. A program that has a file open
    writes on after somebody has removed it or put another in its place, and all of it is gone
    with the program: whoever admits requests and whoever tells of health looks first.
    """

    def __init__(self, room: DiskRoom, files: Iterable[Path] = ()) -> None:
        self._room = room
        found = ((path, _identity(path)) for path in files)
        self._files = [(path, identity) for path, identity in found if identity is not None]

    def trouble(self) -> Trouble | None:
        """Why nothing new may be begun; None: all is well. A system call for each file and one."""
        if self.gone():
            return "books_gone"
        return "disk_full" if self._room.is_missing() else None

    def gone(self) -> list[Path]:
        """The files that were removed, or in whose places others are."""
        return [path for path, identity in self._files if _is_another(path, identity)]


def books_files(data_dir: Path) -> tuple[Path, ...]:
    """Where `make up` keeps tables and queues."""
    return data_dir / FOLDER / TABLE_FILE, data_dir / FOLDER / QUEUE_FILE


def _identity(path: Path) -> _Identity | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _is_another(path: Path, identity: _Identity) -> bool:
    """A file that cannot be looked at is the store's to complain about."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return (found.st_dev, found.st_ino) != identity
