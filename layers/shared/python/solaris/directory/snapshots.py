"""The replica's snapshot in S3: a process that starts need not read whole tables.

One file a stage, replaced whole. It names its schema, its tables and how far it has followed the
feed; what does not fit, is too old or does not open is as good as none.
"""

import gzip
import shutil
import sqlite3
import zlib
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from solaris.directory.follower import AHEAD, MAX_BEHIND
from solaris.directory.replica import SCHEMA_VERSION, Replica
from solaris.platform.aws.files import FileStore
from solaris.platform.errors import SolarisError
from solaris.platform.instants import parse_instant
from solaris.platform.logs import get_logger

SNAPSHOT_KEY = f"directory/v{SCHEMA_VERSION}.sqlite.gz"
COMPRESSION = 1  # three times as fast as the usual 6, for a sixth more bytes
MAX_SNAPSHOT_BYTES = 2 * 1024**3
PIECE_BYTES = 1024 * 1024

_UNREADABLE = (OSError, EOFError, zlib.error, sqlite3.Error, ValueError, KeyError)
_log = get_logger("solaris.directory")


class Snapshots:
    """Stores and fetches the snapshot. `clock` gives the time in UTC."""

    def __init__(self, files: FileStore, clock: Callable[[], datetime]) -> None:
        self._files = files
        self._clock = clock

    def load(self, path: Path, identity: str) -> Replica | None:
        """Open the snapshot at a path of the caller's; None when there is none to use."""
        try:
            return self._load(path, identity)
        except SolarisError as error:
            _log.warning("directory_snapshot_unreachable", error=str(error))
        except _UNREADABLE as error:
            _log.warning("directory_snapshot_unreadable", error=type(error).__name__)
        path.unlink(missing_ok=True)
        return None

    def save(self, replica: Replica, directory: Path) -> int:
        """Store a copy of the replica; returns its bytes.

        Raises StoreUnavailableError or AwsCallError, OSError and sqlite3.Error.
        """
        copy, packed = directory / "snapshot.sqlite", directory / "snapshot.sqlite.gz"
        try:
            copy.unlink(missing_ok=True)
            replica.backup(copy)
            with copy.open("rb") as plain, gzip.open(packed, "wb", COMPRESSION) as target:
                shutil.copyfileobj(plain, target, PIECE_BYTES)
            with packed.open("rb") as file:
                return self._files.put(SNAPSHOT_KEY, file, "application/gzip")
        finally:
            copy.unlink(missing_ok=True)
            packed.unlink(missing_ok=True)

    def _load(self, path: Path, identity: str) -> Replica | None:
        packed = path.with_suffix(".gz")
        try:
            with packed.open("wb") as file:
                if not self._files.download(SNAPSHOT_KEY, file):
                    return None
            _unpack(packed, path)
        finally:
            packed.unlink(missing_ok=True)
        replica = Replica(path)
        meta = replica.meta()
        is_ours = meta["identity"] == identity and meta["schema"] == SCHEMA_VERSION
        # one that is ahead was saved before the clock was set back: what came since is not in it
        behind = self._clock() - parse_instant(meta["cursor"])
        if is_ours and -AHEAD <= behind <= MAX_BEHIND:
            replica.finish_filling()
            return replica
        replica.close()
        path.unlink()
        _log.info("directory_snapshot_unfit", is_ours=is_ours, cursor=meta["cursor"])
        return None


def _unpack(packed: Path, path: Path) -> None:
    size = 0
    with gzip.open(packed, "rb") as source, path.open("wb") as target:
        while piece := source.read(PIECE_BYTES):
            size += len(piece)
            if size > MAX_SNAPSHOT_BYTES:
                msg = "the snapshot is too large"
                raise ValueError(msg)
            target.write(piece)
