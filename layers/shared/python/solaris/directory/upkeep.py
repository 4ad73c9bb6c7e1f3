"""The upkeep of the directory, every ten minutes: a fresh snapshot for the processes to come.

Once a day the replica is held against the tables before that (directory/check.py).
"""

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from solaris.directory.check import Checker
from solaris.directory.directory import Directory
from solaris.directory.follower import Follower
from solaris.directory.snapshots import Snapshots
from solaris.directory.tables import ReplicaTables
from solaris.platform.errors import SolarisError
from solaris.platform.instants import iso_milliseconds, parse_instant
from solaris.platform.logs import get_logger
from solaris.platform.settings import Settings

STOP_BEFORE_SECONDS = 30.0
CHECK_EVERY = timedelta(hours=24)
# a snapshot of an unchanged directory is taken anew, too, before it is too old to be used
SAVE_EVERY = timedelta(hours=12)

_log = get_logger("solaris.keeping")


@dataclass(slots=True)
class KeepReport:
    """What one upkeep did; `drift` is None when no check was due, or it was not finished."""

    is_done: bool = False
    snapshot_bytes: int | None = None
    drift: int | None = None

    def body(self) -> dict[str, Any]:
        """What the function answers."""
        return {
            "state": "done" if self.is_done else "running",
            "snapshot_bytes": self.snapshot_bytes,
            "drift": self.drift,
        }


class Keeper:
    """Keeps the directory of this process and its snapshot. `clock` gives the time in UTC."""

    def __init__(
        self,
        *,
        settings: Settings,
        directory: Directory,
        tables: ReplicaTables,
        snapshots: Snapshots,
        clock: Callable[[], datetime],
    ) -> None:
        self._settings = settings
        self._directory = directory
        self._tables = tables
        self._snapshots = snapshots
        self._clock = clock
        self._saved: tuple[Follower | None, int] = (None, 0)

    def run(self, remaining_seconds: Callable[[], float] = lambda: 600.0) -> KeepReport:
        """Build or catch up, check when a day is over, store a snapshot when anything changed.

        Not `is_done` when the time was over before; the next run goes on. Raises
        StoreUnavailableError or AwsCallError when the store fails.
        """
        report = KeepReport()
        self._directory.wait_until_built(max(0.0, remaining_seconds() - STOP_BEFORE_SECONDS))
        follower = self._directory.follower()
        follower.changed += follower.replica.remove_expired_alerts(self._clock())
        if self._is_due(follower, "checked_at", CHECK_EVERY):
            report.drift = self._check(
                follower, lambda: remaining_seconds() < 2 * STOP_BEFORE_SECONDS
            )
        if remaining_seconds() < STOP_BEFORE_SECONDS:
            return report
        report.snapshot_bytes = self._save(follower)
        report.is_done = True
        return report

    def _check(self, follower: Follower, is_out_of_time: Callable[[], bool]) -> int | None:
        checker = Checker(
            follower,
            settings=self._settings,
            tables=self._tables,
            clock=self._clock,
            catch_up=self._directory.follower,
        )
        drift = checker.run(is_out_of_time)
        if drift is None:
            _log.warning("directory_check_not_finished")
            return None
        if drift.total:
            counts = {"users": drift.users, "alerts": drift.alerts, "keys": drift.keys}
            _log.error("directory_drift", total=drift.total, **counts)
        follower.replica.set_meta(checked_at=iso_milliseconds(self._clock()))
        follower.changed += 1
        return drift.total

    def _save(self, follower: Follower) -> int | None:
        """Store a snapshot if there is anything new to it; returns its bytes."""
        changed = follower.changed
        saved = self._saved[1] if self._saved[0] is follower else 0
        if changed == saved and not self._is_due(follower, "saved_at", SAVE_EVERY):
            return None
        follower.note_cursor()
        follower.replica.set_meta(saved_at=iso_milliseconds(self._clock()))
        try:
            size = self._snapshots.save(follower.replica, self._directory.folder)
        except (SolarisError, OSError, sqlite3.Error) as error:
            # lists do not need it, and the next run tries again
            _log.error("directory_snapshot_not_stored", error=f"{type(error).__name__}: {error}")
            return None
        self._saved = (follower, changed)
        _log.info("directory_snapshot_stored", bytes=size)
        return size

    def _is_due(self, follower: Follower, name: str, every: timedelta) -> bool:
        noted = follower.replica.meta().get(name)
        if noted is None:
            return True
        ago = self._clock() - parse_instant(noted)
        return ago >= every or ago < -every  # in the future: the clock was set back since
