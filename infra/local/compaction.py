"""Compaction: a snapshot of the state, so that older journal segments can go.

While the store serves, a forked child writes the snapshot: the fork is a frozen copy of the
state at the moment the new segment was opened, and the parent pauses only for the fork
itself. At a clean stop the store writes it inline. CURRENT switches last, so that a crash at
any point leaves the older snapshot and every segment since.
"""

from __future__ import annotations

import asyncio
import ctypes
import gc
import logging
import os
import shutil
import signal
import sys
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Never

from infra.local.journal import publish_snapshot, snapshot_path

if TYPE_CHECKING:
    from infra.local.emulator import Emulator
    from infra.local.journal import Journal

_log = logging.getLogger("solaris.store")
_PR_SET_PDEATHSIG = 1
_POLL_SECONDS = 0.05
_BACK_OFF_FIRST_SECONDS = 1.0
_BACK_OFF_MAX_SECONDS = 300.0
_CHILD_PRIORITY = 5
_CHILD_MAX_SECONDS = 300


def die_with_parent(signal_number: int) -> None:
    """Linux: have the kernel send this process a signal when its parent dies."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal_number, 0, 0, 0)


def _status_if_ended(child: int) -> int | None:
    pid, status = os.waitpid(child, os.WNOHANG)
    return status if pid else None


def _end(child: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)


class Compactor:
    """Takes snapshots for one journal; at most one at a time.

    `lock_descriptor` is the file whose lock owns the directory. The child keeps it open, so
    no other store can start on the directory while an orphaned child still writes there.
    """

    def __init__(self, journal: Journal, emulator: Emulator, lock_descriptor: int) -> None:
        self._journal = journal
        self._emulator = emulator
        self._lock_descriptor = lock_descriptor
        self._child = 0
        self._task: asyncio.Task[None] | None = None
        self._not_before = 0.0
        self._back_off_seconds = _BACK_OFF_FIRST_SECONDS
        self.completed = 0
        self.last_pause_seconds = 0.0
        self.last_duration_seconds = 0.0

    @property
    def is_running(self) -> bool:
        """Whether a child is writing a snapshot now."""
        return self._task is not None and not self._task.done()

    def start(self) -> bool:
        """Begin a snapshot in the background unless one runs or the last failure is too
        recent. Must be called from the event loop, between requests.
        """
        if self.is_running or time.monotonic() < self._not_before:
            return False
        started = time.monotonic()
        gaps, parent = self._journal.gaps, os.getpid()
        try:
            sequence = self._journal.rotate()
            with self._emulator.at_rest():
                child = os.fork()
        except OSError as error:
            self._failed(str(error))
            return False
        if child == 0:
            self._write_and_exit(sequence, parent)
        self._child = child
        self.last_pause_seconds = time.monotonic() - started
        self._task = asyncio.create_task(self._reap(child, sequence, started, gaps))
        return True

    def _write_and_exit(self, sequence: int, parent: int) -> Never:
        """The child: nothing of the parent's event loop, sockets or exit handlers is used."""
        code = 1
        try:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            signal.alarm(_CHILD_MAX_SECONDS)  # a lock held by another thread at the fork
            die_with_parent(signal.SIGKILL)
            gc.disable()
            # The listening socket above all: a restart must find the port free.
            os.closerange(3, self._lock_descriptor)
            os.closerange(self._lock_descriptor + 1, os.sysconf("SC_OPEN_MAX"))
            os.nice(_CHILD_PRIORITY)
            self._write(sequence, parent)
            code = 0
        except BaseException as error:  # noqa: BLE001 - the child reports and ends, whatever it was
            os.write(2, f"store: snapshot {sequence} failed: {error!r}\n".encode())
        finally:
            os._exit(code)

    def _write(self, sequence: int, parent: int | None = None) -> None:
        directory = self._journal.directory
        target = snapshot_path(directory, sequence).with_suffix(".tmp")
        try:
            self._emulator.write_snapshot(target)
            if parent is None or os.getppid() == parent:
                publish_snapshot(directory, sequence)
        except BaseException:
            shutil.rmtree(target, ignore_errors=True)
            raise

    async def _reap(self, child: int, sequence: int, started: float, gaps: int) -> None:
        while (status := _status_if_ended(child)) is None:  # noqa: ASYNC110 - no event tells
            await asyncio.sleep(_POLL_SECONDS)
        self._child = 0
        if status != 0:
            self._failed(f"the snapshot process ended with status {status}")
            return
        self._journal.snapshot_taken(sequence, gaps_covered=gaps)
        self.last_duration_seconds = time.monotonic() - started
        self._back_off_seconds = _BACK_OFF_FIRST_SECONDS
        self.completed += 1

    def _failed(self, reason: str) -> None:
        _log.error("Snapshot failed, the journal is kept, next try in %.0f s: %s",
                   self._back_off_seconds, reason)  # fmt: skip
        self._not_before = time.monotonic() + self._back_off_seconds
        self._back_off_seconds = min(self._back_off_seconds * 2, _BACK_OFF_MAX_SECONDS)

    async def finish(self) -> None:
        """The last snapshot, inline, when nothing is served any more. A running child is
        ended: its snapshot would be older. A failure is logged; the journal still holds all.
        """
        if self._child and self._task is not None:
            self._task.cancel()
            _end(self._child)
        try:
            sequence = self._journal.rotate()
            self._write(sequence)
            self._journal.snapshot_taken(sequence, gaps_covered=self._journal.gaps)
        except Exception as error:  # noqa: BLE001 - stopping must go on
            sys.stderr.write(f"store: snapshot at stop failed, the journal is kept: {error!r}\n")
