"""The schedules that EventBridge would keep: the month, the sweep, the directory's upkeep.

start           the month is opened at once if the machine was off when it began
1st, 00:00      in PERIOD_TIMEZONE, again and again until the function says that it is done
every 15 min    reservations left by crashes are expired; two minutes after the clock was set, when
                those of open requests have been renewed
every 10 min    the directory of users, alerts and keys is kept, and a snapshot of it
every hour      the books are reconciled, if this month's reconciliation is not done yet
"""

import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta, tzinfo
from types import ModuleType
from typing import Any, Protocol

from chalice.local import LambdaContext

from solaris.months.schedule import next_opening
from solaris.operations.clock_watch import ClockWatch
from solaris.platform.logs import get_logger

SWEEP_EVERY = timedelta(minutes=15)
RENEWED_AFTER = timedelta(minutes=2)
RETRY_AFTER = timedelta(seconds=30)
KEEP_EVERY = timedelta(minutes=10)
# after a start the first requests' process fills its own directory: both at once would be slow
KEEP_AFTER = timedelta(minutes=2)
RECONCILE_EVERY = timedelta(hours=1)
# the month is opened first, and a start has better things to do
RECONCILE_AFTER = timedelta(minutes=10)
# A machine that slept, or whose clock was set, is noticed after this long.
MAX_WAIT_SECONDS = 60.0
FUNCTION_SECONDS = 900
MEMORY_MB = 256

Call = Callable[[], dict[str, Any]]
_log = get_logger("solaris.schedule")


class Stop(Protocol):
    """What Schedule needs of threading.Event."""

    def is_set(self) -> bool:
        """Whether to stop."""

    def wait(self, timeout: float) -> bool:
        """Wait for the stop at most so many seconds."""


class Schedule:
    """Calls the reset and the sweep when they are due.

    `clock` gives the time in UTC, `timer` seconds that nobody sets.
    """

    def __init__(
        self,
        *,
        reset: Call,
        sweep: Call,
        zone: tzinfo,
        clock: Callable[[], datetime],
        timer: Callable[[], float] = time.monotonic,
    ) -> None:
        self._reset = reset
        self._sweep = sweep
        self._zone = zone
        self._clock = clock
        self._watch = ClockWatch(lambda: clock().timestamp(), timer)

    def run(self, stop: Stop) -> None:
        """Keep the schedules until told to stop; a call that fails is repeated."""
        reset_at = sweep_at = self._clock()
        is_done = False
        while not stop.is_set():
            now = self._clock()
            # a clock that was set back does not put off what comes every so often
            sweep_at = min(sweep_at, now + SWEEP_EVERY)
            if self._watch.look():
                sweep_at = now + RENEWED_AFTER
            if not is_done:
                reset_at = min(reset_at, now + RETRY_AFTER)
            if now >= reset_at:
                is_done = self._is_done("open_period", self._reset)
                # the opening after the moment of the call: one that came meanwhile is not skipped
                reset_at = next_opening(now, self._zone) if is_done else now + RETRY_AFTER
            if now >= sweep_at:
                self._is_done("sweep_reservations", self._sweep)
                sweep_at = now + SWEEP_EVERY
            seconds = (min(reset_at, sweep_at) - self._clock()).total_seconds()
            stop.wait(max(0.0, min(seconds, MAX_WAIT_SECONDS)))

    def _is_done(self, name: str, call: Call) -> bool:
        try:
            answer = call()
        except Exception:  # noqa: BLE001 - a function that fails is called again, nothing else
            _log.exception("function_failed", function="reset", handler=name)
            return False
        _log.info("schedule_called", handler=name, answer=answer)
        return answer.get("state") == "done"


def schedule_thread(
    function: ModuleType, stop: threading.Event, *, zone: tzinfo, clock: Callable[[], datetime]
) -> threading.Thread:
    """The schedule of the reset function in a thread that is yet to be started."""

    def calling(handler: str) -> Call:
        def call() -> dict[str, Any]:
            context = StoppableContext(stop)
            answer: dict[str, Any] = getattr(function, handler)({"source": "local"}, context)
            return answer

        return call

    schedule = Schedule(
        reset=calling("open_period"), sweep=calling("sweep_reservations"), zone=zone, clock=clock
    )
    return threading.Thread(target=schedule.run, args=(stop,), name="schedule")


def keeping_thread(
    function: ModuleType, stop: Stop, *, clock: Callable[[], datetime]
) -> threading.Thread:
    """The schedule of the directory's upkeep, in a thread of its own that is yet to be started.

    It may work for minutes, and the month must not wait for it.
    """
    return _repeating(
        function, "keep_directory", stop, clock=clock, after=KEEP_AFTER, every=KEEP_EVERY
    )


def reconciling_thread(
    function: ModuleType, stop: Stop, *, clock: Callable[[], datetime]
) -> threading.Thread:
    """The schedule of the monthly reconciliation, in a thread that is yet to be started.

    It answers at once when this month's is done.
    """
    return _repeating(
        function, "reconcile_books", stop, clock=clock, after=RECONCILE_AFTER, every=RECONCILE_EVERY
    )


def _repeating(
    function: ModuleType,
    handler: str,
    stop: Stop,
    *,
    clock: Callable[[], datetime],
    after: timedelta,
    every: timedelta,
) -> threading.Thread:
    def run() -> None:
        due = clock() + after
        while not stop.is_set():
            due = min(due, clock() + every)  # the clock may have been set back
            if clock() >= due:
                context = StoppableContext(stop)
                try:
                    answer = getattr(function, handler)({"source": "local"}, context)
                    _log.info("schedule_called", handler=handler, answer=answer)
                except Exception:  # noqa: BLE001 - a function that fails is called again
                    _log.exception("function_failed", handler=handler)
                due = clock() + every
            seconds = (due - clock()).total_seconds()
            stop.wait(max(0.0, min(seconds, MAX_WAIT_SECONDS)))

    return threading.Thread(target=run, name=handler)


class StoppableContext(LambdaContext):
    """Lambda's context, whose time is over when the process is to stop."""

    def __init__(self, stop: Stop) -> None:
        super().__init__("reset", MEMORY_MB, FUNCTION_SECONDS * 1000)
        self._stop = stop

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds left; none once told to stop, so that the function saves and returns."""
        if self._stop.is_set():
            return 0
        return int(super().get_remaining_time_in_millis())
