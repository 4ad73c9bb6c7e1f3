"""What exports are made of: an order, its rows, and the file for a small one.

Rows come page by page from where they lie and are forgotten once they are written.
"""

import io
import itertools
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, tzinfo
from typing import Any

import orjson
from pydantic import TypeAdapter

from solaris.alerts.listing import AlertQuery, AlertRow, alerts_listed
from solaris.audit.auditor import Auditor
from solaris.audit.entry import AuditEntry, AuditFilters
from solaris.audit.store import MAX_PAGE_ITEMS
from solaris.directory.directory import Directory
from solaris.directory.listing import MAX_LIST_LIMIT, UserQuery, UserRow, UserSort
from solaris.exports.columns import columns_of, file_stem, sheet_name, without
from solaris.exports.export import (
    GROUPS,
    INLINE_BYTES,
    INLINE_ROWS,
    INLINE_SECONDS,
    INLINE_SUMMED_RECORDS,
    MAX_GROUP_SHEETS,
    ExportFormat,
    ExportKind,
    span_name,
)
from solaris.exports.formats import Column, Row, Sheet, Sink, Style, write_book, write_table
from solaris.exports.sheets import sheet_names
from solaris.ledger.figures import NO_GROUP, NO_KEY, Figures, ReportFilters, UsageLine
from solaris.platform.errors import ValidationFailedError
from solaris.platform.exchange import IN_DOLLARS, ExchangeRates
from solaris.platform.texts import Locale
from solaris.quota.groups.group import Group, Groups
from solaris.reports.report import GroupBy, reads_records
from solaris.reports.reporting import Reporting

CHUNK_ROWS = 500
_OF_SYSTEM = (GroupBy.MODEL, GroupBy.DAY)
"""Rows that may tell how long first bytes took."""

AuditQuery = AuditFilters
Filters = ReportFilters | UserQuery | AlertQuery | AuditFilters
Watch = Callable[[Iterable[Row]], Iterable[Row]]

_REPORTS = TypeAdapter(ReportFilters)
_FILTERS: dict[ExportKind, TypeAdapter[Any]] = {
    **dict.fromkeys((ExportKind.USAGE, *GROUPS), _REPORTS),
    ExportKind.USERS: TypeAdapter(UserQuery),
    ExportKind.ALERTS: TypeAdapter(AlertQuery),
    ExportKind.AUDIT: TypeAdapter(AuditFilters),
}


class TooManyRowsError(Exception):
    """There is more than the format takes, or than fits into one answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportOrder:
    """What somebody wants. `filters` are those of the kind: ReportFilters for usage and summaries,
    UserQuery, AlertQuery or AuditFilters; limits and cursors in them say nothing.
    """

    kind: ExportKind
    form: ExportFormat
    locale: Locale
    filters: Filters

    def to_json(self) -> str:
        """As it is kept until a job has made it."""
        return orjson.dumps(
            {
                "kind": self.kind,
                "form": self.form,
                "locale": self.locale,
                "filters": _FILTERS[self.kind].dump_python(self.filters, mode="json"),
            }
        ).decode()

    @classmethod
    def from_json(cls, text: str) -> "ExportOrder":
        """Read `to_json` back; raises ValueError or KeyError on anything else."""
        values = orjson.loads(text)
        kind = ExportKind(values["kind"])
        return cls(
            kind=kind,
            form=ExportFormat(values["form"]),
            locale=values["locale"],
            filters=_FILTERS[kind].validate_python(values["filters"]),
        )


@dataclass(frozen=True, slots=True)
class Estimate:
    """`rows` is None where counting is as dear as reading; `is_small`: worth a try at once."""

    rows: int | None
    is_small: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadyFile:
    """A whole small export."""

    content: bytes
    file_name: str
    media_type: str
    rows: int


class Exporter:
    """Makes exports; `groups` gives all groups, deleted ones too, `key_names` names by id.

    Every method raises StoreUnavailableError.
    """

    def __init__(
        self,
        *,
        reporting: Reporting,
        directory: Directory,
        auditor: Auditor,
        groups: Callable[[], Groups],
        key_names: Callable[[Iterable[str]], dict[str, str]],
        zone: tzinfo,
        clock: Callable[[], datetime],
        rates: ExchangeRates = IN_DOLLARS,
    ) -> None:
        self._rates = rates
        self._reporting = reporting
        self._directory = directory
        self._auditor = auditor
        self._all_groups = groups
        self._key_names = key_names
        self._zone = zone
        self._clock = clock

    def estimate(self, order: ExportOrder) -> Estimate:
        """How much there is. Raises ValidationFailedError when it is too much for the format."""
        rows, work = self._amount(order)
        most = order.form.max_rows
        filters = order.filters
        # with statuses or endpoints `rows` is only the most that it can be: the writer will see
        is_certain = not (isinstance(filters, ReportFilters) and filters.needs_records)
        if is_certain and rows is not None and rows > most:
            message = f"{rows} rows; {order.form.value} takes at most {most}: ask for a part"
            raise ValidationFailedError([("filters", "too_many_rows", message)])
        is_small = (rows or 0) <= INLINE_ROWS and work <= INLINE_SUMMED_RECORDS
        return Estimate(rows, is_small)

    def file_name(self, order: ExportOrder) -> str:
        """What the file is called, with its ending."""
        filters = order.filters
        today = self._clock().astimezone(self._zone).date()
        first, last = today, today
        if isinstance(filters, ReportFilters):
            first, last = filters.first_day, filters.last_day
        stem = file_stem(order.kind, order.locale, span_name(first, last))
        return f"{stem}.{order.form.value}"

    def at_once(self, order: ExportOrder) -> ReadyFile | None:
        """The whole file; None when it is more than fits into one answer, or takes too long."""
        sink = io.BytesIO()
        end = time.monotonic() + INLINE_SECONDS

        def watched(rows: Iterable[Row]) -> Iterator[Row]:
            for count, row in enumerate(rows):
                is_late = count % CHUNK_ROWS == 0 and time.monotonic() > end
                if count >= INLINE_ROWS or is_late or sink.tell() > INLINE_BYTES:
                    raise TooManyRowsError
                yield row

        try:
            count = self.write(order, sink, watched)
        except TooManyRowsError:
            return None
        if sink.tell() > INLINE_BYTES:
            return None
        return ReadyFile(
            content=sink.getvalue(),
            file_name=self.file_name(order),
            media_type=order.form.media_type,
            rows=count,
        )

    def write(self, order: ExportOrder, sink: Sink, watch: Watch) -> int:
        """Write the file and return its rows; every row passes through `watch`, which may raise.

        Raises TooManyRowsError when there are more rows than the format takes.
        """
        style = Style(order.locale, self._zone, sheet_name(order.kind, order.locale))
        if order.kind is ExportKind.BY_GROUP and order.form is ExportFormat.XLSX:
            return write_book(self._group_sheets(order, style.sheet_name, watch), sink, style)
        columns = self._columns(order.kind, order.locale)
        rows = _at_most(order.form.max_rows, watch(self._rows(order)))
        return write_table(columns, rows, sink, form=order.form, style=style)

    def _amount(self, order: ExportOrder) -> tuple[int | None, int]:
        """Rows, if they are known, and records to read before the first row."""
        match order.filters:
            case ReportFilters() as filters:
                return self._report_amount(order.kind, order.form, filters)
            case UserQuery() as users:
                return self._directory.users(replace(users, limit=1, cursor=None)).total, 0
            case AlertQuery() as alerts:
                return alerts_listed(
                    self._directory, replace(alerts, limit=1, cursor=None)
                ).total, 0
            case AuditFilters():
                return None, 0

    def _report_amount(
        self, kind: ExportKind, form: ExportFormat, filters: ReportFilters
    ) -> tuple[int | None, int]:
        is_summed = kind is not ExportKind.USAGE
        if is_summed and not (
            reads_records(filters, GROUPS[kind])
            or filters.user_ids
            or kind is ExportKind.BY_USER
            or (kind is ExportKind.BY_GROUP and form is ExportFormat.XLSX)
        ):
            return None, 0  # the counters of system and groups: a few items a day
        # whatever the model and group, the records of the days have to be read
        read = self._reporting.expected_records(replace(filters, models=(), group_ids=()))
        if is_summed:
            return None, read
        if filters.user_ids and filters.group_ids:
            # of nobody it is counted in which group: only reading tells, and what somebody has used
            # elsewhere is not for who asks for a group
            return None, read
        is_part = filters.models or filters.group_ids
        rows = self._reporting.expected_records(filters) if is_part else read
        return rows, read

    def _rows(self, order: ExportOrder) -> Iterator[Row]:
        match order.filters:
            case ReportFilters() as filters if order.kind is ExportKind.USAGE:
                return self._usage(filters, order.locale)
            case ReportFilters() as filters:
                return self._groups(filters, GROUPS[order.kind], order.locale)
            case UserQuery() as users:
                return self._users(users)
            case AlertQuery() as alerts:
                return self._alerts(alerts)
            case AuditFilters() as audit:
                return self._audit(audit)

    def _usage(self, filters: ReportFilters, locale: Locale) -> Iterator[Row]:
        groups = self._all_groups()
        lines = iter(self._reporting.iterate_records(filters))
        while chunk := list(itertools.islice(lines, CHUNK_ROWS)):
            known = self._directory.emails({line.user_id for line in chunk})
            for line in chunk:
                rate = self._rates.rate_on(line.day)
                local = self._converted(line.cost, (line.cost or 0) * rate, rate)
                group, *_ = _of_group(line.group_id or NO_GROUP, groups, locale)
                row = _usage_row(line, local, *known.get(line.user_id, (None, None)))
                yield (*row, group, line.group_id)

    def _groups(self, filters: ReportFilters, group_by: GroupBy, locale: Locale) -> Iterator[Row]:
        groups = iter(self._reporting.iterate_groups(filters, group_by))
        while chunk := list(itertools.islice(groups, CHUNK_ROWS)):
            named = self._named({one.key for one in chunk}, group_by, locale)
            for one in chunk:
                days = (filters.first_day, filters.last_day)
                if group_by is GroupBy.DAY:
                    day = date.fromisoformat(one.key)
                    days = (day, day)
                yield (
                    *(*named[one.key], *self._figures(one.figures, *days)),
                    *((one.first_byte_p95_ms,) if group_by in _OF_SYSTEM else ()),
                    *((one.refusals,) if group_by is GroupBy.DAY else ()),
                )

    def _named(self, keys: set[str], group_by: GroupBy, locale: Locale) -> dict[str, Row]:
        """The first cells of rows: what each key is."""
        match group_by:
            case GroupBy.USER:
                known = self._directory.emails(keys)
                return {key: (*known.get(key, (None, None)), key) for key in keys}
            case GroupBy.GROUP:
                groups = self._all_groups()
                return {key: _of_group(key, groups, locale) for key in keys}
            case GroupBy.KEY:
                names = self._key_names(keys)
                none = without(GroupBy.KEY, locale)
                return {
                    key: (none, None) if key == NO_KEY else (names.get(key), key) for key in keys
                }
            case GroupBy.DAY:
                return {key: (date.fromisoformat(key),) for key in keys}
            case _:
                return {key: (key,) for key in keys}

    def _group_sheets(self, order: ExportOrder, first: str, watch: Watch) -> list[Sheet]:
        """The sums of the groups, and the users of each of the 200 that have used most.

        What users have used in which group the records alone know: they are read once, and memory
        grows with users and groups.
        """
        filters, locale = order.filters, order.locale
        assert isinstance(filters, ReportFilters)  # noqa: S101 - an order of this kind has these
        sums = list(self._groups(filters, GroupBy.GROUP, locale))
        members = self._reporting.members(filters)
        most = sorted(
            members,
            key=lambda one: -sum(part.charged_tokens for part in members[one].values()),
        )[:MAX_GROUP_SHEETS]
        groups = self._all_groups()
        shown = sorted(most, key=lambda one: (one == NO_GROUP, _group_name(one, groups, locale)))
        names = sheet_names([first, *(_group_name(one, groups, locale) for one in shown)])
        rows = itertools.chain(
            sums, *(self._members(members[one], filters, locale) for one in shown)
        )
        watched = iter(_at_most(order.form.max_rows, watch(rows)))
        kinds = [(ExportKind.BY_GROUP, len(sums))]
        kinds += [(ExportKind.BY_USER, len(members[one])) for one in shown]
        return [
            Sheet(name, self._columns(kind, locale), itertools.islice(watched, count))
            for name, (kind, count) in zip(names, kinds, strict=True)
        ]

    def _members(
        self, members: Mapping[str, Figures], filters: ReportFilters, locale: Locale
    ) -> Iterator[Row]:
        """The users of a group, who has used most first."""
        named = self._named(set(members), GroupBy.USER, locale)
        for key in sorted(members, key=lambda one: (-members[one].charged_tokens, one)):
            figures = self._figures(members[key], filters.first_day, filters.last_day)
            yield (*named[key], *figures)

    def _columns(self, kind: ExportKind, locale: Locale) -> list[Column]:
        return columns_of(kind, locale, self._zone, self._clock(), self._rates.currency)

    def _figures(self, figures: Figures, first: date, last: date) -> Row:
        local = self._rates.of_days(figures.cost, figures.local_cost, first, last)
        return (
            *(figures.requests, figures.errors, figures.prompt_tokens, figures.completion_tokens),
            *(figures.cached_tokens, figures.charged_tokens, figures.cost),
            *self._converted(
                figures.cost, figures.local_cost, None if local is None else local.rate
            ),
            figures.unpriced_requests,
        )

    def _converted(self, cost: int | None, exact: int, rate: int | None) -> Row:
        if not self._rates.is_foreign:
            return ()
        return (None, None) if cost is None else (exact, rate)

    def _users(self, query: UserQuery) -> Iterator[Row]:
        query = replace(
            query, limit=MAX_LIST_LIMIT, cursor=None, sort=UserSort.EMAIL, descending=False
        )
        groups = self._all_groups()
        while True:
            page = self._directory.users(query)
            yield from (_user_row(one, groups.get(one.group_id or "")) for one in page.items)
            if page.next_cursor is None:
                return
            query = replace(query, cursor=page.next_cursor)

    def _alerts(self, query: AlertQuery) -> Iterator[Row]:
        query = replace(query, limit=MAX_LIST_LIMIT, cursor=None)
        while True:
            page = alerts_listed(self._directory, query)
            yield from map(_alert_row, page.items)
            if page.next_cursor is None:
                return
            query = replace(query, cursor=page.next_cursor)

    def _audit(self, filters: AuditFilters) -> Iterator[Row]:
        cursor = None
        while True:
            page = self._auditor.page(filters, MAX_PAGE_ITEMS, cursor)
            yield from map(_audit_row, page.entries)
            cursor = page.next_cursor
            if cursor is None:
                return


def _at_most(most: int, rows: Iterable[Row]) -> Iterator[Row]:
    for count, row in enumerate(rows):
        if count >= most:
            raise TooManyRowsError
        yield row


def _group_name(group_id: str, groups: Groups, locale: Locale) -> str:
    if group_id == NO_GROUP:
        return without(GroupBy.GROUP, locale)
    return groups[group_id].name if group_id in groups else group_id


def _of_group(group_id: str, groups: Groups, locale: Locale) -> Row:
    """Name, id and cost center."""
    found = groups.get(group_id)
    name = _group_name(group_id, groups, locale)
    is_one = group_id != NO_GROUP
    return name, group_id if is_one else None, found.cost_center or None if found else None


# Each of these is in the order of its columns in columns.py; a test holds them together.


def _usage_row(line: UsageLine, local: Row, email: str | None, name: str | None) -> Row:
    return (
        *(line.created_at, date.fromisoformat(line.day), email, name, line.user_id),
        *(line.model, line.endpoint, line.method, line.status_code, line.outcome),
        *(line.prompt_tokens, line.completion_tokens, line.cached_tokens),
        *(line.reasoning_tokens, line.total_tokens, line.charged_tokens, line.cost, *local),
        *(line.estimated, line.response_time_ms, line.first_byte_ms, line.error_message),
        *(line.request_id, line.key_id, line.conversation_id),
        *(line.asked_model, line.answered_model),
        *(line.cache_write_tokens, line.cache_write_1h_tokens),
        *((None,) * 3 if line.weight is None else line.weight.times().values()),
    )


def _user_row(user: UserRow, group: Group | None) -> Row:
    return (
        *(user.email, user.name, user.user_id, user.status.value, user.plan.value, user.period),
        *(user.monthly_limit, user.additional_tokens, user.current_usage),
        *(user.quota.remaining_tokens, user.available_tokens, user.reserved_tokens),
        *(user.quota.usage_percentage, user.quota.granted_percentage, user.level.value),
        *(user.created_at, user.updated_at, user.last_seen_at),
        *(user.every_month_tokens, user.ending_tokens, _day(user.next_last_day)),
        *(user.daily_limit, user.enforcement.value),
        None if user.limit_source is None else user.limit_source.value,
        *((None, None) if group is None else (group.name, group.cost_center)),
    )


def _alert_row(row: AlertRow) -> Row:
    alert = row.alert
    return (
        *(alert.created_at, alert.type.value, alert.title, alert.message),
        *(row.user_email, row.user_name, alert.user_id, alert.period),
        # as the API writes ids: a `#` would end a URL
        *(alert.threshold and alert.threshold.value, alert.resolved_at),
        alert.alert_id.replace("#", "~"),
    )


def _audit_row(entry: AuditEntry) -> Row:
    return (
        *(entry.created_at, entry.actor.name, entry.action, entry.target_type, entry.target_id),
        *(entry.target_label, entry.reason),
        *(None if one is None else dict(one) for one in (entry.before, entry.after)),
        *(entry.transaction_id, entry.actor.request_id, entry.actor.ip_address, entry.audit_id),
        *_grant_of(entry),
    )


def _grant_of(entry: AuditEntry) -> Row:
    """Kind and last day of the grant that was made or taken back; None: it is none that ends."""
    told = entry.after or {}
    return (told.get("grant_kind"), _day(told.get("until")))


def _day(day: object) -> date | None:
    return date.fromisoformat(day) if isinstance(day, str) else None
