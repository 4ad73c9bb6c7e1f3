"""Costs in another currency than the books', which are in US dollars. Pure.

A conversion is for showing only and goes day by day: each day's dollars at the rate of that day,
the newest one that begins on or before it. Days before the first rate take the first. So a closed
month keeps its rates for as long as their entries stay in the list, whatever comes behind them.

Nothing is rounded on the way: an exact amount is nano-dollars times millionths (of the currency,
for a dollar), so sums of converted days are the same in whatever order they are made.
"""

import re
from bisect import bisect_right
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

Currency = Literal["USD", "BRL"]

MILLIONTHS = 1_000_000
MAX_RATES = 1_000
EXACT_IN_MICRO = 1_000_000_000
_RATE = re.compile(r"[0-9]{1,6}(\.[0-9]{1,6})?", re.ASCII)
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)


@dataclass(frozen=True, slots=True)
class LocalCost:
    """What something cost in the currency that is shown: `micros` are its millionths.

    `rate` is in millionths of the currency for a dollar. One rate held on all days: it and the
    day that it began on, `since`. Several: their mean, weighed by what was spent, without a day;
    None when nothing was.
    """

    currency: Currency
    micros: int
    rate: int | None
    since: date | None


@dataclass(frozen=True, slots=True)
class ExchangeRates:
    """Rates in the order of their first days; none: dollars are shown as they are."""

    currency: Currency = "USD"
    entries: tuple[tuple[date, int], ...] = ()

    @property
    def is_foreign(self) -> bool:
        """Whether there is anything to convert."""
        return self.currency != "USD" and bool(self.entries)

    def rate_on(self, day: date | str) -> int:
        """The rate of a day, `2026-11-22` or a date, in millionths; 0 in dollars."""
        return self.entries[self._place(day)][1] if self.is_foreign else 0

    def of_day(self, nanos: int | None, day: date | str) -> LocalCost | None:
        """What was spent on one day (nano-dollars); None in dollars or without a known cost."""
        return None if nanos is None else self.of_days(nanos, nanos * self.rate_on(day), day, day)

    def of_days(
        self, nanos: int | None, exact: int, first: date | str, last: date | str
    ) -> LocalCost | None:
        """What was spent from `first` to `last`: nano-dollars, and their exact conversion.

        None in dollars, or without a known cost.
        """
        if nanos is None or not self.is_foreign:
            return None
        micros = (exact + EXACT_IN_MICRO // 2) // EXACT_IN_MICRO
        place = self._place(first)
        if place == self._place(last):
            since, rate = self.entries[place]
            return LocalCost(self.currency, micros, rate, since)
        mean = (exact + nanos // 2) // nanos if nanos > 0 else None
        return LocalCost(self.currency, micros, mean, None)

    def _place(self, day: date | str) -> int:
        found = date.fromisoformat(day) if isinstance(day, str) else day
        return max(0, bisect_right(self.entries, found, key=lambda one: one[0]) - 1)


IN_DOLLARS = ExchangeRates()


def parse_rates(text: str) -> tuple[tuple[date, int], ...]:
    """Read `2026-10-01=5.42,2026-11-01=5.38`, in any order; an empty text has none.

    Raises ValueError naming the entry that is wrong.
    """
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if len(parts) > MAX_RATES:
        msg = f"has {len(parts)} entries, at most {MAX_RATES} are allowed"
        raise ValueError(msg)
    found: dict[date, int] = {}
    for n, part in enumerate(parts, 1):
        day, rate = _entry(n, part)
        if day in found:
            msg = f"entry {n}, {part!r}: another entry has that day"
            raise ValueError(msg)
        found[day] = rate
    return tuple(sorted(found.items()))


def _entry(n: int, part: str) -> tuple[date, int]:
    begins, equals, rate = (one.strip() for one in part.partition("="))
    if not equals or not _DAY.fullmatch(begins):
        msg = f"entry {n}, {part!r}: is not a day and a rate, as 2026-10-01=5.42 is"
        raise ValueError(msg)
    try:
        day = date.fromisoformat(begins)
    except ValueError as error:
        msg = f"entry {n}, {part!r}: {begins} is no day of the calendar"
        raise ValueError(msg) from error
    if not _RATE.fullmatch(rate) or not Decimal(rate):
        msg = f"entry {n}, {part!r}: the rate is a number above 0 with a point, as 5.42 is"
        raise ValueError(msg)
    return day, int(Decimal(rate) * MILLIONTHS)
