"""Notices a clock that was set, by one that nobody can set.

What hangs on the time of day (months, expiries, sign-ins) goes by the new time at once; an
operator should know why. A machine that slept looks the same.
"""

import time
from collections.abc import Callable
from threading import Lock

JUMP_SECONDS = 60.0  # less is how a clock is kept right
TOLD_SECONDS = 30.0


class ClockWatch:
    """Compares a settable clock with a steady one, both in seconds; safe to use from threads."""

    def __init__(
        self, clock: Callable[[], float] = time.time, timer: Callable[[], float] = time.monotonic
    ) -> None:
        self._clock = clock
        self._timer = timer
        self._lock = Lock()
        self._apart = clock() - timer()
        self._jumped_at: float | None = None

    def look(self) -> bool:
        """Whether the clock jumped by a minute or more between two looks of the last 30 s."""
        with self._lock:
            now = self._timer()
            apart = self._clock() - now
            if abs(apart - self._apart) >= JUMP_SECONDS:
                self._jumped_at = now
            self._apart = apart
            return self._jumped_at is not None and now - self._jumped_at < TOLD_SECONDS
