"""The system's daily figures, with the days that are over kept in the process for a while."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta, tzinfo

from solaris.ledger.counters import DaySums, SystemCounters
from solaris.platform.exchange import IN_DOLLARS, ExchangeRates
from solaris.platform.leases import is_running

CLOSED_AFTER_DAYS = 2
"""A day older than this changes by rare late bookings only."""

KEPT_FOR = timedelta(seconds=30)
MAX_KEPT_DAYS = 800


class SystemDays:
    """Days of the system's counters: closed ones may be half a minute old, the others never are."""

    def __init__(
        self,
        counters: SystemCounters,
        zone: tzinfo,
        clock: Callable[[], datetime],
        rates: ExchangeRates = IN_DOLLARS,
    ) -> None:
        self._rates = rates
        self._counters = counters
        self._zone = zone
        self._clock = clock
        self._lock = threading.Lock()
        self._kept: dict[date, tuple[datetime, DaySums]] = {}
        self._first: date | None = None

    @property
    def today(self) -> date:
        """The local day."""
        return self._clock().astimezone(self._zone).date()

    def first_day(self) -> date | None:
        """The day of the first request ever, read once; None before it.

        Raises StoreUnavailableError, AwsCallError.
        """
        if self._first is None:
            self._first = self._counters.first_day()
        return self._first

    def read(self, first: date, last: date) -> dict[date, DaySums]:
        """Every day of a range in order, with nothing in those without requests.

        Raises StoreUnavailableError, AwsCallError, ValueError for more than 400 days.
        """
        now, today = self._clock(), self.today
        days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
        with self._lock:
            found = {
                day: self._kept[day][1]
                for day in days
                if day in self._kept and is_running(self._kept[day][0], now, KEPT_FOR)
            }
        missing = [day for day in days if day not in found and day <= today]
        if missing:
            read = self._counters.days(missing[0], missing[-1])
            fresh = {day: self._converted(day, read.get(day.isoformat(), {})) for day in missing}
            self._keep(fresh, now, today)
            found |= fresh
        return {day: found.get(day, {}) for day in days}

    def forget(self) -> None:
        """Read everything anew the next time."""
        with self._lock:
            self._kept.clear()

    def _converted(self, day: date, sums: DaySums) -> DaySums:
        rate = self._rates.rate_on(day)
        return {model: replace(one, figures=one.figures.at(rate)) for model, one in sums.items()}

    def _keep(self, fresh: Mapping[date, DaySums], now: datetime, today: date) -> None:
        closed_before = today - timedelta(days=CLOSED_AFTER_DAYS)
        with self._lock:
            for day, sums in fresh.items():
                if day < closed_before:
                    self._kept.pop(day, None)  # to the end: the oldest reading leaves first
                    self._kept[day] = (now + KEPT_FOR, sums)
            while len(self._kept) > MAX_KEPT_DAYS:
                del self._kept[next(iter(self._kept))]
