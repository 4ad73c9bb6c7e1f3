"""Exports: what can be asked for, how much, and how a job in the background stands. Pure."""

import calendar
import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from solaris.platform.instants import iso_milliseconds
from solaris.reports.report import GroupBy

# What is answered at once: a Lambda's answer ends at 6 MB, a third of which is Base64's.
INLINE_ROWS = 5_000
INLINE_BYTES = 4 * 1024 * 1024
INLINE_SECONDS = 10.0
# Groups are summed over what lies below them before the first row can be written.
INLINE_SUMMED_RECORDS = 20_000

# What one invocation (15 minutes) makes; XLSX takes seven times CSV's time.
MAX_ROWS = 5_000_000
MAX_XLSX_ROWS = 2_000_000
MARGIN_SECONDS = 20.0
"""A job that is not done this long before its function ends gives up."""

# Each sheet of a book is an open file while the book is written.
MAX_GROUP_SHEETS = 200

EXPORT_DAYS = 7
LINK_SECONDS = 900
LEASE_SECONDS = 60
LEASE = timedelta(seconds=LEASE_SECONDS)
BEAT_SECONDS = 1.0
MAX_OPEN_EXPORTS = 20
# Longer than every redelivery: a job whose lease ended this long ago is not taken up again.
ABANDONED_SECONDS = 3600

_EXPORT_ID = re.compile(r"\d{8}T\d{9}-[0-9a-f]{16}", re.ASCII)


class ExportKind(StrEnum):
    """What the rows are."""

    USAGE = "usage"
    USERS = "users"
    BY_USER = "summary_by_user"
    BY_MODEL = "summary_by_model"
    BY_DAY = "summary_by_day"
    BY_GROUP = "summary_by_group"
    BY_KEY = "summary_by_key"
    ALERTS = "alerts"
    AUDIT = "audit"


GROUPS = {
    ExportKind.BY_USER: GroupBy.USER,
    ExportKind.BY_MODEL: GroupBy.MODEL,
    ExportKind.BY_DAY: GroupBy.DAY,
    ExportKind.BY_GROUP: GroupBy.GROUP,
    ExportKind.BY_KEY: GroupBy.KEY,
}


class ExportFormat(StrEnum):
    """How the rows are written."""

    CSV = "csv"
    JSON = "json"
    XLSX = "xlsx"

    @property
    def media_type(self) -> str:
        """What the file says it is."""
        return _MEDIA_TYPES[self]

    @property
    def max_rows(self) -> int:
        """More are refused."""
        return MAX_XLSX_ROWS if self is ExportFormat.XLSX else MAX_ROWS


_MEDIA_TYPES = {
    ExportFormat.CSV: "text/csv; charset=utf-8",
    ExportFormat.JSON: "application/json",
    ExportFormat.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


class ExportState(StrEnum):
    """How far a job is; the last two are final."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class ExportError(StrEnum):
    """Why a job failed."""

    TOO_MANY_ROWS = "too_many_rows"
    OUT_OF_TIME = "out_of_time"
    STORE_UNAVAILABLE = "store_unavailable"
    INTERRUPTED = "interrupted"
    """Every attempt ended without a word: the process was killed."""

    INTERNAL_ERROR = "internal_error"


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """A job. `request` is the order as JSON; `lease` names the attempt that has it in hand."""

    export_id: str
    requested_by: str
    request: str
    created_at: datetime
    expires_at: datetime
    state: ExportState = ExportState.QUEUED
    rows_done: int = 0
    rows_expected: int | None = None
    file_key: str | None = None
    file_name: str | None = None
    file_bytes: int | None = None
    error: str | None = None
    lease_until: datetime | None = None
    finished_at: datetime | None = None

    @property
    def is_open(self) -> bool:
        """Whether it is still to be done."""
        return self.state in (ExportState.QUEUED, ExportState.RUNNING)

    @property
    def progress(self) -> float:
        """0 to 1; below 1 until the file is there, 0 while nobody knows how much there is."""
        if self.state is ExportState.DONE:
            return 1.0
        if not self.rows_expected:
            return 0.0
        return min(0.99, round(self.rows_done / self.rows_expected, 4))

    def is_abandoned(self, now: datetime) -> bool:
        """Whether nobody works on it, and nobody will."""
        if self.state is not ExportState.RUNNING or self.lease_until is None:
            return False
        # or it was kept before the clock was set back; whoever works on it soon says so anew
        return abs(now - self.lease_until) > timedelta(seconds=ABANDONED_SECONDS)


def new_export_id(now: datetime, random_hex: str) -> str:
    """`20261122T130509123-<16 hex digits>`: sorts by time, and names its day."""
    digits = re.sub(r"[-:.Z]", "", iso_milliseconds(now))
    return f"{digits}-{random_hex}"


def is_export_id(text: str) -> bool:
    """Whether this can be an id; what is none need not be looked for."""
    return _EXPORT_ID.fullmatch(text) is not None


def day_of_export(export_id: str) -> str:
    """The UTC day of an id: the partition that the job lies in."""
    return f"{export_id[:4]}-{export_id[4:6]}-{export_id[6:8]}"


def span_name(first: date, last: date) -> str:
    """How a range is called in a file name: a whole month `2026-11`, a day, or from_to."""
    if first == last:
        return first.isoformat()
    days_of_month = calendar.monthrange(first.year, first.month)[1]
    if first.day == 1 and last == first.replace(day=days_of_month):
        return first.isoformat()[:7]
    return f"{first.isoformat()}_{last.isoformat()}"
