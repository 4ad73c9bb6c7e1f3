"""Groups' daily figures, with the days that are over kept in the process for a while.

What was used without a group has no counter of its own: it is what the system's counters have
beyond the groups' (`with_rest`). So all groups together are always the system, to the token.
"""

import threading
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime, timedelta, tzinfo

from solaris.ledger.counters import DaySums, GroupCounters
from solaris.ledger.figures import NO_GROUP, Figures, total_of
from solaris.platform.exchange import IN_DOLLARS, ExchangeRates
from solaris.platform.leases import is_running
from solaris.reports.system_days import CLOSED_AFTER_DAYS

KEPT_FOR = timedelta(minutes=10)
"""Groups have more counters than the system: a day that is over is read again after this."""

MAX_KEPT_DAYS = 800

GroupSums = Mapping[tuple[str, str], Figures]
"""One day, by group and model."""


class GroupDays:
    """Days of the groups' counters: closed ones may be ten minutes old, the others never are.

    Where there never was a group (`has_groups`) nothing is read.
    """

    def __init__(
        self,
        counters: GroupCounters,
        zone: tzinfo,
        clock: Callable[[], datetime],
        rates: ExchangeRates = IN_DOLLARS,
        has_groups: Callable[[], bool] = lambda: True,
    ) -> None:
        self._has_groups = has_groups
        self._counters = counters
        self._zone = zone
        self._clock = clock
        self._rates = rates
        self._lock = threading.Lock()
        self._kept: dict[date, tuple[datetime, GroupSums]] = {}

    def read(self, first: date, last: date) -> dict[date, GroupSums]:
        """Every day of a range in order, with nothing in those without groups.

        Raises StoreUnavailableError, AwsCallError, ValueError for more than 400 days.
        """
        now = self._clock()
        today = now.astimezone(self._zone).date()
        days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
        with self._lock:
            found = {
                day: self._kept[day][1]
                for day in days
                if day in self._kept and is_running(self._kept[day][0], now, KEPT_FOR)
            }
        missing = [day for day in days if day not in found and day <= today]
        if missing and self._has_groups():
            fresh: dict[date, dict[tuple[str, str], Figures]] = {day: {} for day in missing}
            for key, figures in self._counters.days(missing[0], missing[-1]).items():
                day = date.fromisoformat(key.day)
                if day in fresh:
                    converted = figures.at(self._rates.rate_on(day))
                    fresh[day][key.group_id, key.model] = converted
            self._keep(fresh, now, today)
            found |= fresh
        return {day: found.get(day, {}) for day in days}

    def _keep(self, fresh: Mapping[date, GroupSums], now: datetime, today: date) -> None:
        closed_before = today - timedelta(days=CLOSED_AFTER_DAYS)
        with self._lock:
            for day, sums in fresh.items():
                if day < closed_before:
                    self._kept.pop(day, None)  # to the end: the oldest reading leaves first
                    self._kept[day] = (now + KEPT_FOR, sums)
            while len(self._kept) > MAX_KEPT_DAYS:
                del self._kept[next(iter(self._kept))]


def with_rest(groups: GroupSums, system: DaySums) -> Iterator[tuple[str, str, Figures]]:
    """Group, model and figures of one day: the groups', then what was used without one."""
    for (group_id, model), figures in groups.items():
        yield group_id, model, figures
    for model, one in system.items():
        counted = total_of(figures for (_, found), figures in groups.items() if found == model)
        rest = one.figures - counted
        if rest != Figures():
            yield NO_GROUP, model, rest
