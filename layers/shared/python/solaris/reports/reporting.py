"""Usage reports: grouped from the counters where they know the answer, else from the records.

Counters know users, groups, models and days; keys, statuses, endpoints and single requests are in
the records alone, and so is who used what in which group. Both count alike, so sums are equal to
the token, and equal to those of the statistics.
What a screen waits for is bounded; the iterators, made for exports, are not.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice

from solaris.ledger.counters import RefusalDays, UserCounters
from solaris.ledger.figures import (
    NO_GROUP,
    NO_MODEL,
    Figures,
    Position,
    ReportFilters,
    UsageLine,
    summed_by,
    total_of,
)
from solaris.ledger.first_byte import Buckets, together
from solaris.ledger.usage_by_day import UsageDays
from solaris.platform.aws.cursors import bad_cursor, decode_cursor, encode_cursor
from solaris.platform.errors import ValidationFailedError
from solaris.platform.exchange import IN_DOLLARS, ExchangeRates
from solaris.reports.group_days import GroupDays, with_rest
from solaris.reports.report import (
    GroupBy,
    GroupRow,
    ReportSort,
    grouped,
    in_order,
    measure_of,
    reads_records,
    summed,
)
from solaris.reports.system_days import SystemDays

MAX_RECORDS = 50_000
"""Records that one answer may have to read."""

MAX_COUNTERS = 20_000
"""Users' counters that one answer may have to read."""

RANGE_TOO_LARGE = "range_too_large"
_GROUP_CURSOR = frozenset({"value", "key"})
_RECORD_CURSOR = frozenset({"day", "record"})


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportQuery:
    """One page of a report. `sort` is ignored for single requests: they come by time."""

    filters: ReportFilters
    group_by: GroupBy
    sort: ReportSort
    descending: bool
    limit: int
    cursor: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Rows of one kind, and the totals of the whole report.

    For single requests `total` is None where filters would make counting dear, and `totals` is
    None on later pages for the same reason.
    """

    groups: list[GroupRow]
    lines: list[UsageLine]
    next_cursor: str | None
    total: int | None
    totals: Figures | None


class Reporting:
    """Makes reports. Every method raises StoreUnavailableError or AwsCallError."""

    def __init__(
        self,
        *,
        usage: UsageDays,
        days: SystemDays,
        groups: GroupDays,
        counters: UserCounters,
        refusals: RefusalDays,
        rates: ExchangeRates = IN_DOLLARS,
    ) -> None:
        self._group_days = groups
        self._usage = usage
        self._rates = rates
        self._days = days
        self._counters = counters
        self._refusals = refusals

    def page(self, query: ReportQuery) -> Report:
        """One page. Raises ValidationFailedError: `range_too_large`, or a cursor that is none."""
        if query.group_by is GroupBy.NONE:
            return self._records_page(query)
        filters = query.filters
        if reads_records(filters, query.group_by):
            self._refuse_above(self._records_read(filters), MAX_RECORDS)
        groups = in_order(
            self._groups(filters, query.group_by, most=MAX_COUNTERS),
            query.sort,
            descending=query.descending,
        )
        rows = groups[_behind(groups, query) :]
        page = rows[: query.limit]
        return Report(
            groups=page,
            lines=[],
            next_cursor=_group_cursor(page[-1], query.sort) if len(rows) > len(page) else None,
            total=len(groups),
            totals=total_of(row.figures for row in groups),
        )

    def expected_records(self, filters: ReportFilters) -> int:
        """How many records an export of these filters holds: exact where counters know all of them,
        else the most that it can be.
        """
        # a request that no model answered is counted without its model's name
        models = {*filters.models, NO_MODEL} if filters.models else None
        return self._requests(filters, models)

    def iterate_records(
        self, filters: ReportFilters, *, after: Position | None = None
    ) -> Iterator[UsageLine]:
        """Every record in the order of day and time, from behind a position on; memory constant.

        With users asked for: by time alone.
        """
        return self._usage.records(filters, after=after)

    def iterate_groups(self, filters: ReportFilters, group_by: GroupBy) -> Iterator[GroupRow]:
        """Every group by key. Memory grows with the groups: 1 kB each."""
        return self._groups(filters, group_by, most=None)

    def members(self, filters: ReportFilters) -> dict[str, dict[str, Figures]]:
        """What each user has used in each group, by group and user; `-` for no group.

        Reads every record; memory grows with users and groups.
        """
        sums = summed_by(
            (
                (line.group_id or NO_GROUP, line.user_id),
                Figures.of(line).at(self._rates.rate_on(line.day)),
            )
            for line in self._usage.records(filters)
        )
        found: dict[str, dict[str, Figures]] = defaultdict(dict)
        for (group_id, user_id), figures in sums.items():
            found[group_id][user_id] = figures
        return dict(found)

    def _records_page(self, query: ReportQuery) -> Report:
        filters = query.filters
        is_counted = not (filters.needs_records or filters.models or filters.group_ids)
        if not is_counted:
            # however few pass the filters: these are the records that may have to be read for them
            self._refuse_above(self._records_read(filters), MAX_RECORDS)
        after = None
        if query.cursor is not None:
            values = decode_cursor(query.cursor, _RECORD_CURSOR)
            after = Position(values["day"], values["record"])
        found = list(
            islice(
                self._usage.records(
                    filters,
                    after=after,
                    descending=query.descending,
                    page=query.limit + 1 if is_counted else None,
                ),
                query.limit + 1,
            )
        )
        page = found[: query.limit]
        totals = None
        if is_counted:
            totals = total_of(row.figures for row in self._groups(filters, GroupBy.DAY, most=None))
        elif after is None:
            totals = total_of(
                row.figures
                for row in grouped(self._usage.records(filters), GroupBy.DAY, filters, self._rates)
            )
        return Report(
            groups=[],
            lines=page,
            next_cursor=_record_cursor(page[-1]) if len(found) > len(page) else None,
            total=totals.requests if totals is not None else None,
            totals=totals,
        )

    def _groups(
        self, filters: ReportFilters, group_by: GroupBy, *, most: int | None
    ) -> Iterator[GroupRow]:
        if reads_records(filters, group_by):
            return grouped(self._usage.records(filters), group_by, filters, self._rates)
        if filters.user_ids:
            return summed(self._of_users(filters, group_by))
        if group_by is GroupBy.USER:
            return summed(self._of_everybody(filters, most))
        if group_by is GroupBy.GROUP or filters.group_ids:
            return summed(self._of_groups(filters, group_by))
        return self._of_system(filters, group_by)

    def _of_system(self, filters: ReportFilters, group_by: GroupBy) -> Iterator[GroupRow]:
        """Rows by model or day; a day has one for its refusals alone, too."""
        parts: list[tuple[str, Figures]] = []
        first_bytes: dict[str, list[Buckets]] = defaultdict(list)
        for day, sums in self._days.read(filters.first_day, filters.last_day).items():
            for model, one in sums.items():
                if not filters.models or model in filters.models:
                    key = model if group_by is GroupBy.MODEL else day.isoformat()
                    parts.append((key, one.figures))
                    first_bytes[key].append(one.first_byte)
        refused: dict[str, int] = {}
        has_refusals = group_by is GroupBy.DAY and not filters.models
        if has_refusals:
            found = self._refusals.read(filters.first_day, filters.last_day)
            refused = {day.isoformat(): sum(counts.values()) for day, counts in found.items()}
            parts += [(day, Figures()) for day in refused]
        for row in summed(parts):
            yield replace(
                row,
                first_byte=together(first_bytes[row.key]),
                refusals=refused.get(row.key, 0) if has_refusals else None,
            )

    def _of_users(self, filters: ReportFilters, group_by: GroupBy) -> Iterator[tuple[str, Figures]]:
        for user_id in dict.fromkeys(filters.user_ids):
            found = self._counters.figures(user_id, filters.first_day, filters.last_day)
            for day, model, figures in found:
                if not filters.models or model in filters.models:
                    keys = {GroupBy.USER: user_id, GroupBy.MODEL: model}
                    yield keys.get(group_by, day), figures.at(self._rates.rate_on(day))

    def _of_everybody(
        self, filters: ReportFilters, most: int | None
    ) -> Iterator[tuple[str, Figures]]:
        for n, (user_id, day, model, figures) in enumerate(self._usage.user_figures(filters.days)):
            if most is not None and n >= most:
                raise _too_large(most)
            if not filters.models or model in filters.models:
                yield user_id, figures.at(self._rates.rate_on(day))

    def _of_groups(
        self, filters: ReportFilters, group_by: GroupBy
    ) -> Iterator[tuple[str, Figures]]:
        # the groups first: the system's figures then have at least what is in them
        groups = self._group_days.read(filters.first_day, filters.last_day)
        for day, system in self._days.read(filters.first_day, filters.last_day).items():
            for group_id, model, figures in with_rest(groups[day], system):
                is_model = not filters.models or model in filters.models
                if is_model and (not filters.group_ids or group_id in filters.group_ids):
                    keys = {GroupBy.GROUP: group_id, GroupBy.MODEL: model}
                    yield keys.get(group_by, day.isoformat()), figures

    def _records_read(self, filters: ReportFilters) -> int:
        """How many records lie in the days, of the users if some are asked for."""
        return self._requests(replace(filters, group_ids=()), None)

    def _requests(self, filters: ReportFilters, models: set[str] | None) -> int:
        groups = () if filters.user_ids else filters.group_ids
        counted = replace(
            filters, models=(), statuses=(), endpoints=(), key_ids=(), group_ids=groups
        )
        return sum(
            row.figures.requests
            for row in self._groups(counted, GroupBy.MODEL, most=None)
            if models is None or row.key in models
        )

    @staticmethod
    def _refuse_above(records: int, most: int) -> None:
        if records > most:
            raise _too_large(most)


def _too_large(most: int) -> ValidationFailedError:
    text = f"reads more than {most} records: narrow the range or make an export"
    return ValidationFailedError([("to", RANGE_TOO_LARGE, text)])


def _behind(groups: list[GroupRow], query: ReportQuery) -> int:
    """Where a page begins: behind the cursor's row, in the order as it is now."""
    if query.cursor is None:
        return 0
    values = decode_cursor(query.cursor, _GROUP_CURSOR)
    key = values["key"]
    try:
        value = int(values["value"])
    except ValueError as error:
        raise bad_cursor() from error
    sign = -1 if query.descending else 1
    for n, row in enumerate(groups):
        if query.sort is ReportSort.KEY:
            is_behind = row.key < key if query.descending else row.key > key
        else:
            is_behind = (sign * measure_of(row, query.sort), row.key) > (sign * value, key)
        if is_behind:
            return n
    return len(groups)


def _group_cursor(row: GroupRow, sort: ReportSort) -> str:
    return encode_cursor({"value": str(measure_of(row, sort)), "key": row.key})


def _record_cursor(line: UsageLine) -> str:
    return encode_cursor({"day": line.day, "record": line.record_key})
