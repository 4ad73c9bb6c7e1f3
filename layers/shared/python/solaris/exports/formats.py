"""Writers of tables: CSV, JSON and XLSX, row by row, with memory that does not grow.

A row is a tuple of plain values in the order of the columns; None is an empty cell, but for money:
there it says that no price is known.
"""

import csv
import io
import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, tzinfo
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol

import orjson
import xlsxwriter  # type: ignore[import-untyped]

from solaris.exports.export import ExportFormat
from solaris.ledger.figures import NANOS_IN_DOLLAR, usd
from solaris.platform.cells import guarded
from solaris.platform.exchange import EXACT_IN_MICRO, MILLIONTHS
from solaris.platform.instants import iso_milliseconds
from solaris.platform.texts import Locale

Value = Any
Row = tuple[Value, ...]

BUFFER_ROWS = 1_000
COPY_BYTES = 1024 * 1024
MAX_SHEET_ROWS = 1_048_575  # Excel's 1,048,576, less the header
MAX_CELL_CHARACTERS = 32_767  # Excel's
ZIP64_ROWS = 250_000  # from here on a sheet may pass 4 GB of XML

NO_PRICE: dict[Locale, str] = {"pt-BR": "sem preço", "en": "no price"}

_UNPRINTABLE = dict.fromkeys(
    [n for n in range(32) if chr(n) not in "\t\n\r"] + [0x7F, 0xFFFE, 0xFFFF]
) | dict.fromkeys(range(0xD800, 0xE000), "\ufffd")


class Kind(StrEnum):
    """What a column holds, and so how it is written."""

    TEXT = "text"
    WHOLE = "whole"
    DECIMAL = "decimal"
    MONEY = "money"
    """Nano-dollars; written as USD with six decimals, or nine where it takes them."""

    LOCAL_MONEY = "local_money"
    """In CURRENCY, exact (platform/exchange.py); a sheet shows two decimals of a cell."""

    RATE = "rate"
    """Millionths of CURRENCY for a dollar."""

    WEIGHT = "weight"
    """How many times a token counts, with as many decimals as it has."""

    YES_NO = "yes_no"
    DAY = "day"
    TIME = "time"
    JSON = "json"
    """An object; JSON text in a cell."""


_PRICED = frozenset({Kind.MONEY, Kind.LOCAL_MONEY})
"""Where an empty cell says that no price is known."""


@dataclass(frozen=True, slots=True)
class Column:
    """`name` is the wire's; `title` is for people. Sums make sense where `is_summed`."""

    name: str
    title: str
    kind: Kind = Kind.TEXT
    width: int = 14
    is_summed: bool = False


@dataclass(frozen=True, slots=True)
class Style:
    """For whom: numbers and dates as they are written there, times in their zone."""

    locale: Locale
    zone: tzinfo
    sheet_name: str = "Export"

    @property
    def is_brazilian(self) -> bool:
        """Semicolons, decimal commas, day before month."""
        return self.locale == "pt-BR"


class Sink(Protocol):
    """Where bytes go: a buffer, a file, an upload in parts."""

    def write(self, data: bytes, /) -> Any:
        """Take some more."""


def write_table(
    columns: Sequence[Column], rows: Iterable[Row], sink: Sink, *, form: ExportFormat, style: Style
) -> int:
    """Write all rows and return how many they were; whatever `rows` and `sink` raise goes on."""
    match form:
        case ExportFormat.CSV:
            return _write_csv(columns, rows, sink, style)
        case ExportFormat.JSON:
            return _write_json(columns, rows, sink)
        case ExportFormat.XLSX:
            return _write_xlsx([Sheet(style.sheet_name, columns, rows)], sink, style)


@dataclass(frozen=True, slots=True)
class Sheet:
    """One of the sheets of a book."""

    name: str
    columns: Sequence[Column]
    rows: Iterable[Row]


def write_book(sheets: Iterable[Sheet], sink: Sink, style: Style) -> int:
    """Write an XLSX of several sheets, each with its totals; returns the rows of all."""
    return _write_xlsx(sheets, sink, style)


def safe_cell(text: str) -> str:
    """A text that no spreadsheet takes for a formula, whichever delimiter it expects."""
    return guarded(text.translate(_UNPRINTABLE))


# -- CSV -----------------------------------------------------------------------------------


def _write_csv(columns: Sequence[Column], rows: Iterable[Row], sink: Sink, style: Style) -> int:
    """UTF-8 with a byte order mark, so that Excel knows it; lines end with CRLF (RFC 4180)."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=";" if style.is_brazilian else ",", lineterminator="\r\n")
    buffer.write("\ufeff")
    writer.writerow([safe_cell(column.title) for column in columns])
    as_text = [_csv_text(column.kind, style) for column in columns]
    no_price = NO_PRICE[style.locale]
    as_none = [no_price if column.kind in _PRICED else "" for column in columns]
    count = 0
    for row in rows:
        writer.writerow(
            [
                none if one is None else form(one)
                for none, form, one in zip(as_none, as_text, row, strict=True)
            ]
        )
        count += 1
        if count % BUFFER_ROWS == 0:
            sink.write(_drained(buffer))
    sink.write(_drained(buffer))
    return count


def _drained(buffer: io.StringIO) -> bytes:
    data = buffer.getvalue().encode()
    buffer.seek(0)
    buffer.truncate()
    return data


def _csv_text(kind: Kind, style: Style) -> Callable[[Value], str]:
    point = "," if style.is_brazilian else "."
    day = "%d/%m/%Y" if style.is_brazilian else "%Y-%m-%d"
    yes, no = ("sim", "não") if style.is_brazilian else ("yes", "no")
    forms: dict[Kind, Callable[[Value], str]] = {
        Kind.TEXT: lambda value: safe_cell(str(value)),
        Kind.WHOLE: str,
        Kind.DECIMAL: lambda value: f"{value:.2f}".replace(".", point),
        Kind.MONEY: lambda value: dollars(value).replace(".", point),
        Kind.LOCAL_MONEY: lambda value: f"{local(value):.6f}".replace(".", point),
        Kind.RATE: lambda value: f"{Decimal(value) / MILLIONTHS:.4f}".replace(".", point),
        Kind.WEIGHT: lambda value: f"{value:g}".replace(".", point),
        Kind.YES_NO: lambda value: yes if value else no,
        Kind.DAY: lambda value: f"{value:{day}}",
        Kind.TIME: lambda value: f"{value.astimezone(style.zone):{day} %H:%M:%S}",
        Kind.JSON: lambda value: safe_cell(orjson.dumps(value).decode()),
    }
    return forms[kind]


def local(exact: int) -> Decimal:
    """An exact amount of CURRENCY, rounded half up to its millionths."""
    return Decimal((exact + EXACT_IN_MICRO // 2) // EXACT_IN_MICRO) / MILLIONTHS


def dollars(nanos: int) -> str:
    """Nano-dollars as USD, exact, with six decimals or nine: `-0.000001`, `0.000000450`."""
    whole, rest = divmod(abs(nanos), NANOS_IN_DOLLAR)
    return f"{'-' if nanos < 0 else ''}{whole}.{rest:09d}".removesuffix("000")


# -- JSON ----------------------------------------------------------------------------------


def _write_json(columns: Sequence[Column], rows: Iterable[Row], sink: Sink) -> int:
    """One array of objects, an object a line; times in UTC, as everywhere on the wire."""
    names = [column.name for column in columns]
    converters = [_JSON_VALUES.get(column.kind) for column in columns]
    pieces: list[bytes] = [b"["]
    count = 0
    for row in rows:
        values = [
            one if form is None or one is None else form(one)
            for form, one in zip(converters, row, strict=True)
        ]
        pieces.append(b",\n" if count else b"\n")
        pieces.append(orjson.dumps(dict(zip(names, values, strict=True))))
        count += 1
        if count % BUFFER_ROWS == 0:
            sink.write(b"".join(pieces))
            pieces.clear()
    pieces.append(b"\n]\n" if count else b"]\n")
    sink.write(b"".join(pieces))
    return count


_JSON_VALUES: dict[Kind, Callable[[Value], Value]] = {
    # orjson refuses half of a surrogate pair
    Kind.TEXT: lambda value: str(value).translate(_UNPRINTABLE),
    Kind.MONEY: usd,
    Kind.LOCAL_MONEY: lambda value: float(local(value)),
    Kind.RATE: lambda value: value / MILLIONTHS,
    Kind.DAY: lambda value: value.isoformat(),
    Kind.TIME: iso_milliseconds,
}


# -- XLSX ----------------------------------------------------------------------------------


def _write_xlsx(sheets: Iterable[Sheet], sink: Sink, style: Style) -> int:
    """Real numbers and dates, a frozen bold header with filters, a totals row at the end.

    The sheets grow in a temporary directory (1 to 2 kB a row), one row in memory; the packed
    file goes to the sink when it is whole.
    """
    with tempfile.TemporaryDirectory(prefix="solaris-export-") as directory:
        path = Path(directory) / "export.xlsx"
        book = xlsxwriter.Workbook(
            str(path),
            {
                "constant_memory": True,
                "tmpdir": directory,
                "strings_to_formulas": False,
                "strings_to_urls": False,
                "strings_to_numbers": False,
            },
        )
        try:
            count = 0
            for one in sheets:
                of_sheet = replace(style, sheet_name=one.name)
                count += _Sheets(book, one.columns, of_sheet).write(one.rows)
            if count > ZIP64_ROWS:
                book.use_zip64()
        finally:
            # also after a failure: it removes its files, and would warn if it was left open
            book.close()
        with path.open("rb") as file:
            while piece := file.read(COPY_BYTES):
                sink.write(piece)
    return count


class _Sheets:
    """The sheets of one book; a new one begins where Excel's end."""

    def __init__(self, book: Any, columns: Sequence[Column], style: Style) -> None:
        self._book = book
        self._columns = columns
        self._style = style
        self._sheet: Any = None
        self._sheets = 0
        self._row = 0
        self._bold = book.add_format({"bold": True, "bottom": 1, "text_wrap": True})
        self._formats = [book.add_format(self._look(column.kind)) for column in columns]
        self._bold_formats = [
            book.add_format({**self._look(column.kind), "bold": True, "top": 1})
            for column in columns
        ]
        self._sums = [0] * len(columns)
        self._unpriced = 0
        self._summed = [n for n, column in enumerate(columns) if column.is_summed]

    def write(self, rows: Iterable[Row]) -> int:
        count = 0
        self._begin_sheet()
        writers = [self._writer(column.kind) for column in self._columns]
        for row in rows:
            if self._row >= MAX_SHEET_ROWS:
                self._end_sheet()
                self._begin_sheet()
            self._row += 1
            for n, value in enumerate(row):
                if value is not None:
                    writers[n](n, value)
                elif self._columns[n].kind in _PRICED:
                    self._sheet.write_string(self._row, n, NO_PRICE[self._style.locale])
                    self._unpriced += self._columns[n].kind is Kind.MONEY
            for n in self._summed:
                self._sums[n] += row[n] or 0
            count += 1
        self._end_sheet()
        if count and self._summed:
            self._write_totals()
        return count

    def _begin_sheet(self) -> None:
        self._sheets += 1
        name = self._style.sheet_name
        self._sheet = self._book.add_worksheet(
            name if self._sheets == 1 else f"{name} {self._sheets}"
        )
        self._row = 0
        for n, column in enumerate(self._columns):
            self._sheet.set_column(n, n, column.width)
            self._sheet.write_string(0, n, column.title, self._bold)
        self._sheet.freeze_panes(1, 0)

    def _end_sheet(self) -> None:
        self._sheet.autofilter(0, 0, self._row, len(self._columns) - 1)

    def _write_totals(self) -> None:
        # One row is free below the last sheet's: the header's own counts to Excel's limit.
        row = self._row + 1
        if row > MAX_SHEET_ROWS:
            self._begin_sheet()
            row = 1
        if 0 not in self._summed:
            rest = f" ({self._unpriced} {NO_PRICE[self._style.locale]})" if self._unpriced else ""
            self._sheet.write_string(row, 0, f"Total{rest}", self._bold_formats[0])
        for n in self._summed:
            of_kind = {Kind.MONEY: usd, Kind.LOCAL_MONEY: local}.get(self._columns[n].kind, int)
            total = of_kind(self._sums[n])
            self._sheet.write_number(row, n, total, self._bold_formats[n])

    def _writer(self, kind: Kind) -> Callable[[int, Value], None]:
        def text(n: int, value: Value) -> None:
            self._sheet.write_string(self._row, n, _cell_text(str(value)))

        def numeric(n: int, value: Value) -> None:
            self._sheet.write_number(self._row, n, value, self._formats[n])

        def money(n: int, value: int) -> None:
            self._sheet.write_number(self._row, n, usd(value), self._formats[n])

        def local_money(n: int, value: int) -> None:
            self._sheet.write_number(self._row, n, local(value), self._formats[n])

        def rate(n: int, value: int) -> None:
            self._sheet.write_number(self._row, n, value / MILLIONTHS, self._formats[n])

        def yes_no(n: int, value: bool) -> None:
            self._sheet.write_boolean(self._row, n, value)

        def day(n: int, value: date) -> None:
            self._sheet.write_datetime(self._row, n, value, self._formats[n])

        def time(n: int, value: datetime) -> None:
            local = value.astimezone(self._style.zone).replace(tzinfo=None)
            self._sheet.write_datetime(self._row, n, local, self._formats[n])

        def as_json(n: int, value: Value) -> None:
            text(n, orjson.dumps(value).decode())

        return {
            Kind.TEXT: text,
            Kind.WHOLE: numeric,
            Kind.DECIMAL: numeric,
            Kind.MONEY: money,
            Kind.LOCAL_MONEY: local_money,
            Kind.RATE: rate,
            Kind.WEIGHT: numeric,
            Kind.YES_NO: yes_no,
            Kind.DAY: day,
            Kind.TIME: time,
            Kind.JSON: as_json,
        }[kind]

    def _look(self, kind: Kind) -> dict[str, str]:
        day = "dd/mm/yyyy" if self._style.is_brazilian else "yyyy-mm-dd"
        # written as in English; a spreadsheet shows them in its own language
        numbers = {
            Kind.WHOLE: "#,##0",
            Kind.DECIMAL: "0.00",
            Kind.MONEY: "0.000000###",
            Kind.LOCAL_MONEY: "#,##0.00",
            Kind.RATE: "0.0000",
            Kind.DAY: day,
            Kind.TIME: f"{day} hh:mm:ss",
        }
        return {"num_format": numbers[kind]} if kind in numbers else {}


def _cell_text(text: str) -> str:
    return text.translate(_UNPRINTABLE)[:MAX_CELL_CHARACTERS]
