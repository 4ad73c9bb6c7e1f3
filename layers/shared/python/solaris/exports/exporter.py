"""What exports are made of: an order, its rows, and the file for a small one.

Rows come page by page from where they lie and are forgotten once they are written.
"""

import io
import itertools
import time
from collections.abc import Callable, Iterable, Iterator
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
from solaris.exports.columns import columns_of, file_stem, sheet_name
from solaris.exports.export import (
    GROUPS,
    INLINE_BYTES,
    INLINE_ROWS,
    INLINE_SECONDS,
    INLINE_SUMMED_RECORDS,
    ExportFormat,
    ExportKind,
    span_name,
)
from solaris.exports.formats import Row, Sink, Style, write_table
from solaris.ledger.figures import Figures, ReportFilters, UsageLine
from solaris.platform.errors import ValidationFailedError
from solaris.platform.exchange import IN_DOLLARS, ExchangeRates
from solaris.platform.texts import Locale
from solaris.quota.groups.group import Group
from solaris.quota.groups.store import GroupStore
from solaris.reports.report import GroupBy
from solaris.reports.reporting import Reporting

CHUNK_ROWS = 500

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
    """Makes exports. Every method raises StoreUnavailableError."""

    def __init__(
        self,
        *,
        reporting: Reporting,
        directory: Directory,
        auditor: Auditor,
        groups: GroupStore,
        zone: tzinfo,
        clock: Callable[[], datetime],
        rates: ExchangeRates = IN_DOLLARS,
    ) -> None:
        self._rates = rates
        self._reporting = reporting
        self._directory = directory
        self._auditor = auditor
        self._group_store = groups
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
        columns = columns_of(
            order.kind, order.locale, self._zone, self._clock(), self._rates.currency
        )
        style = Style(order.locale, self._zone, sheet_name(order.kind, order.locale))
        rows = _at_most(order.form.max_rows, watch(self._rows(order)))
        return write_table(columns, rows, sink, form=order.form, style=style)

    def _amount(self, order: ExportOrder) -> tuple[int | None, int]:
        """Rows, if they are known, and records to read before the first row."""
        match order.filters:
            case ReportFilters() as filters:
                return self._report_amount(order.kind, filters)
            case UserQuery() as users:
                return self._directory.users(replace(users, limit=1, cursor=None)).total, 0
            case AlertQuery() as alerts:
                return alerts_listed(
                    self._directory, replace(alerts, limit=1, cursor=None)
                ).total, 0
            case AuditFilters():
                return None, 0

    def _report_amount(self, kind: ExportKind, filters: ReportFilters) -> tuple[int | None, int]:
        is_summed = kind is not ExportKind.USAGE
        if is_summed and not (
            filters.needs_records or filters.user_ids or kind is ExportKind.BY_USER
        ):
            return None, 0  # the system's own counters: a few items a day
        # whatever the model, the records of the days have to be read
        read = self._reporting.expected_records(replace(filters, models=()))
        if is_summed:
            return None, read
        rows = self._reporting.expected_records(filters) if filters.models else read
        return rows, read

    def _rows(self, order: ExportOrder) -> Iterator[Row]:
        match order.filters:
            case ReportFilters() as filters if order.kind is ExportKind.USAGE:
                return self._usage(filters)
            case ReportFilters() as filters:
                return self._groups(filters, GROUPS[order.kind])
            case UserQuery() as users:
                return self._users(users)
            case AlertQuery() as alerts:
                return self._alerts(alerts)
            case AuditFilters() as audit:
                return self._audit(audit)

    def _usage(self, filters: ReportFilters) -> Iterator[Row]:
        lines = iter(self._reporting.iterate_records(filters))
        while chunk := list(itertools.islice(lines, CHUNK_ROWS)):
            known = self._directory.emails({line.user_id for line in chunk})
            for line in chunk:
                rate = self._rates.rate_on(line.day)
                local = self._converted(line.cost, (line.cost or 0) * rate, rate)
                yield _usage_row(line, local, *known.get(line.user_id, (None, None)))

    def _groups(self, filters: ReportFilters, group_by: GroupBy) -> Iterator[Row]:
        groups = iter(self._reporting.iterate_groups(filters, group_by))
        while chunk := list(itertools.islice(groups, CHUNK_ROWS)):
            known = {}
            if group_by is GroupBy.USER:
                known = self._directory.emails({group.key for group in chunk})
            for group in chunk:
                days = (filters.first_day, filters.last_day)
                key: Any = group.key
                if group_by is GroupBy.DAY:
                    key = date.fromisoformat(group.key)
                    days = (key, key)
                who = known.get(group.key, (None, None)) if group_by is GroupBy.USER else ()
                yield (
                    *(*who, key, *self._figures(group.figures, *days)),
                    *(() if group_by is GroupBy.USER else (group.first_byte_p95_ms,)),
                    *((group.refusals,) if group_by is GroupBy.DAY else ()),
                )

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
        groups = self._group_store.read()
        while True:
            page = self._directory.users(query)
            yield from (_user_row(one, groups.get(one.group_id)) for one in page.items)
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
