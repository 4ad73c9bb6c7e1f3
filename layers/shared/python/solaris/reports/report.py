"""Usage reports: what is asked for, one line, one group, and how lines become groups. Pure.

Days are those of the counters: the local day of the request in the periods' zone, never before
its period began. Tokens are charged tokens; money is whole micro-dollars and nano-dollars
(ledger/figures.py).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from solaris.ledger.figures import (
    NO_GROUP,
    NO_KEY,
    Figures,
    ReportFilters,
    UsageLine,
    counted_model,
    summed_by,
)
from solaris.ledger.first_byte import Buckets, percentile_ms
from solaris.platform.exchange import IN_DOLLARS, ExchangeRates


class GroupBy(StrEnum):
    """What one row of a report sums up; `none`: each request is a row."""

    USER = "user"
    MODEL = "model"
    GROUP = "group"
    KEY = "key"
    DAY = "day"
    NONE = "none"


class ReportSort(StrEnum):
    """Order of the rows. `key` is the day, the model, an id; the time of a request."""

    KEY = "key"
    TOKENS = "tokens"
    REQUESTS = "requests"
    ERRORS = "errors"
    COST = "cost"


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupRow:
    """One row of a grouped report; `key` is a model, a day, or the id of a user, group or key.

    Only the system's counters know how long first bytes took, only its days what was refused: both
    are None in the rows of anything else.
    """

    key: str
    figures: Figures
    first_byte: Buckets | None = None
    refusals: int | None = None

    @property
    def first_byte_p95_ms(self) -> int | None:
        """Milliseconds within which 95% of the streamed answers began, estimated; see there."""
        return None if self.first_byte is None else percentile_ms(self.first_byte, 95)


def group_key(line: UsageLine, group_by: GroupBy, filters: ReportFilters) -> str:
    """The group of a line.

    A request that no model answered is counted under `-`, unless its model was asked for by name:
    so made-up names make no groups, and the groups of records are those of the counters.
    """
    match group_by:
        case GroupBy.USER:
            return line.user_id
        case GroupBy.DAY:
            return line.day
        case GroupBy.GROUP:
            return line.group_id or NO_GROUP
        case GroupBy.KEY:
            return line.key_id or NO_KEY
        case _:
            is_asked_for = line.model in filters.models
            return line.model if is_asked_for else counted_model(line.model, line.outcome)


def reads_records(filters: ReportFilters, group_by: GroupBy) -> bool:
    """Whether the records are to be added up, because no counter knows it.

    Users' counters know no group, groups' no user, and none the keys.
    """
    match group_by:
        case GroupBy.KEY:
            return True
        case GroupBy.GROUP:
            return filters.needs_records or bool(filters.user_ids)
        case GroupBy.USER:
            return filters.needs_records or bool(filters.group_ids)
        case _:
            return filters.needs_records


def grouped(
    lines: Iterable[UsageLine],
    group_by: GroupBy,
    filters: ReportFilters,
    rates: ExchangeRates = IN_DOLLARS,
) -> Iterator[GroupRow]:
    """Sum lines up, each at its day's rate; see `summed`."""
    return summed(
        (group_key(line, group_by, filters), Figures.of(line).at(rates.rate_on(line.day)))
        for line in lines
    )


def summed(parts: Iterable[tuple[str, Figures]]) -> Iterator[GroupRow]:
    """Figures added up by key, in the order of the keys."""
    sums = summed_by(parts)
    for key in sorted(sums):
        yield GroupRow(key=key, figures=sums[key])


_MEASURES = {
    ReportSort.TOKENS: "charged_tokens",
    ReportSort.REQUESTS: "requests",
    ReportSort.ERRORS: "errors",
    ReportSort.COST: "total_cost",
}


def measure_of(row: GroupRow, sort: ReportSort) -> int:
    """What a row is sorted by; 0 for all, where that is the key."""
    name = _MEASURES.get(sort)
    return 0 if name is None else int(getattr(row.figures, name))


def in_order(rows: Iterable[GroupRow], sort: ReportSort, *, descending: bool) -> list[GroupRow]:
    """Sort rows; equal ones stay in the order of their keys, so that a page is the same twice."""
    found = sorted(rows, key=lambda row: row.key)
    if sort is ReportSort.KEY:
        return found[::-1] if descending else found
    sign = -1 if descending else 1
    return sorted(found, key=lambda row: sign * measure_of(row, sort))
