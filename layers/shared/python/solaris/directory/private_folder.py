"""A temporary folder that belongs to one process and does not outlive it for long.

It goes when the process ends. What a killed process left is taken away by the next one: a folder
whose lock nobody holds.
"""

import fcntl
import os
import shutil
import tempfile
import weakref
from contextlib import suppress
from itertools import islice
from pathlib import Path

LOCK = "lock"
MAX_LEFT_BEHIND = 20


class PrivateFolder:
    """One folder under the system's temporary ones, readable by this user alone."""

    def __init__(self, prefix: str) -> None:
        """Make the folder; raises OSError."""
        parent = Path(tempfile.gettempdir())
        _clean(parent, prefix)
        self.path = Path(tempfile.mkdtemp(prefix=f"{prefix}-", dir=parent))
        # complete under another name first: another process must not find the lock unheld
        lock = os.open(self.path / f"{LOCK}-new", os.O_CREAT | os.O_RDWR, 0o600)
        fcntl.flock(lock, fcntl.LOCK_EX)
        (self.path / f"{LOCK}-new").rename(self.path / LOCK)
        self._finalizer = weakref.finalize(self, _remove, self.path, lock)

    def close(self) -> None:
        """Delete the folder and all in it."""
        self._finalizer()


def _remove(path: Path, lock: int) -> None:
    shutil.rmtree(path, ignore_errors=True)
    os.close(lock)


def _clean(parent: Path, prefix: str) -> None:
    """Delete folders whose process is gone; one that is just being made has no lock file yet."""
    for folder in islice(parent.glob(f"{prefix}-*"), MAX_LEFT_BEHIND):
        with suppress(OSError):
            lock = os.open(folder / LOCK, os.O_RDWR)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder, ignore_errors=True)
            finally:
                os.close(lock)
