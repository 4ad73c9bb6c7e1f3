"""Whether this machine can keep the books: room on their disk, and files that are still theirs."""

import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from solaris.platform.whole_files import write_whole

FOLDER = "store"
TABLE_FILE, QUEUE_FILE = "tables.sqlite", "queues.sqlite"
MAX_NOTE_BYTES = 4_096

Trouble = Literal["disk_full", "books_gone"]
"""Reasons of operations/states.py."""

_Identity = tuple[int, int]
"""Device and inode."""


@dataclass(frozen=True, slots=True)
class DiskRoom:
    """Looks at the file system of `folder`; with `least_bytes` 0 at none.

    Some room is left for the answers that are under way: their tokens are booked after them.
    """

    folder: Path
    least_bytes: int

    def is_missing(self) -> bool:
        """Whether too little is free, or nothing can be written at all.

        One system call. A folder that cannot be looked at is the store's to complain about.
        """
        if not self.least_bytes:
            return False
        try:
            found = os.statvfs(self.folder)
        except OSError:
            return False
        is_read_only = bool(found.f_flag & os.ST_RDONLY)
        return is_read_only or found.f_bavail * found.f_frsize < self.least_bytes


class OpenBooks:
    """The file in `folder`, the data directory, that says which files of the books are open.

    Whoever starts tables and queues notes them once they are open, so that a program which begins
    later, or again, still knows them; there is no note where the books are elsewhere.
    """

    def __init__(self, folder: Path) -> None:
        self._file = folder / "open-books.json"

    def note(self, files: Iterable[Path]) -> None:
        """Say which files are open from now on. Raises OSError (a full disk, a missing file)."""
        found = {str(path): _identity(path) for path in files}
        write_whole(self._file, json.dumps(found))

    def forget(self) -> None:
        """None is open any more, or they are elsewhere now."""
        self._file.unlink(missing_ok=True)

    def noted(self) -> list[tuple[Path, _Identity]]:
        """The files and what they were when they were noted; none where nobody did."""
        try:
            with self._file.open("rb") as file:
                told = json.loads(file.read(MAX_NOTE_BYTES))
            return [(Path(path), (int(one[0]), int(one[1]))) for path, one in told.items()]
        except (OSError, ValueError, AttributeError, IndexError, TypeError):
            return []


class BooksDisk:
    """The disk and the files of the books, where a system keeps them on a disk of its own.

    A program that has a file open writes on after somebody has removed it or put another in its
    place, and all of it is gone with the program: whoever admits requests and whoever tells of
    health looks first.
    """

    def __init__(self, room: DiskRoom, open_books: OpenBooks | None = None) -> None:
        self._room = room
        self._files = open_books.noted() if open_books is not None else []

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


def _identity(path: Path) -> _Identity:
    found = path.stat()
    return found.st_dev, found.st_ino


def _is_another(path: Path, identity: _Identity) -> bool:
    """A file that cannot be looked at is the store's to complain about."""
    try:
        return _identity(path) != identity
    except FileNotFoundError:
        return True
    except OSError:
        return False
