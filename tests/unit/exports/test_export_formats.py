"""CSV, JSON and XLSX as spreadsheets and programs read them, and memory that stays flat."""

import csv
import io
import json
import tracemalloc
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from solaris.exports import formats as export_formats
from solaris.exports.columns import columns_of, file_stem, sheet_name
from solaris.exports.export import ExportFormat, ExportKind, span_name
from solaris.exports.formats import (
    Column,
    Kind,
    Row,
    Style,
    dollars,
    safe_cell,
    write_table,
)
from solaris.platform.cells import guarded, unguarded
from solaris.platform.texts import Locale

ZONE = ZoneInfo("America/Sao_Paulo")
NOON = datetime(2026, 11, 22, 15, 4, 5, 678_000, tzinfo=UTC)  # 12:04:05 in São Paulo
BRAZIL = Style("pt-BR", ZONE, "Uso")
ENGLISH = Style("en", ZONE, "Usage")
COLUMNS = [
    Column("createdAt", "Data e hora", Kind.TIME),
    Column("day", "Dia", Kind.DAY),
    Column("name", "Nome"),
    Column("tokens", "Tokens", Kind.WHOLE, is_summed=True),
    Column("cost", "Custo", Kind.MONEY, is_summed=True),
    Column("percentage", "Uso (%)", Kind.DECIMAL),
    Column("estimated", "Estimado", Kind.YES_NO),
    Column("before", "Antes", Kind.JSON),
]
ROWS: list[Row] = [
    (NOON, date(2026, 11, 22), "Ana", 1_234_567, 1_234_567_000, 81.5, True, {"plan": "pro"}),
    (NOON, date(2026, 11, 22), None, -5, -1_000, 0.0, False, None),
]


def written(
    form: ExportFormat,
    rows: Sequence[Row] = ROWS,
    *,
    columns: Sequence[Column] = COLUMNS,
    style: Style = BRAZIL,
) -> bytes:
    sink = io.BytesIO()
    assert write_table(columns, iter(rows), sink, form=form, style=style) == len(rows)
    return sink.getvalue()


def sheets(data: bytes) -> Any:
    return openpyxl.load_workbook(io.BytesIO(data)).worksheets


def test_csv_for_brazil_is_as_excel_reads_it_there() -> None:
    assert written(ExportFormat.CSV).decode() == (
        "\ufeffData e hora;Dia;Nome;Tokens;Custo;Uso (%);Estimado;Antes\r\n"
        '22/11/2026 12:04:05;22/11/2026;Ana;1234567;1,234567;81,50;sim;"{""plan"":""pro""}"\r\n'
        "22/11/2026 12:04:05;22/11/2026;;-5;-0,000001;0,00;não;\r\n"
    )


def test_csv_in_english_has_commas_between_and_points_within() -> None:
    lines = written(ExportFormat.CSV, ROWS[1:], style=ENGLISH).decode().split("\r\n")
    assert lines[1] == "2026-11-22 12:04:05,2026-11-22,,-5,-0.000001,0.00,no,"


@pytest.mark.parametrize("form", ExportFormat)
def test_an_export_of_nothing_is_a_whole_file(form: ExportFormat) -> None:
    data = written(form, [])
    if form is ExportFormat.CSV:
        assert data.decode("utf-8-sig").count("\r\n") == 1
    elif form is ExportFormat.JSON:
        assert json.loads(data) == []
    else:
        assert [len(list(sheet.rows)) for sheet in sheets(data)] == [1]


def test_json_has_the_wires_names_and_utc() -> None:
    first, second = json.loads(written(ExportFormat.JSON))
    assert first == {
        "createdAt": "2026-11-22T15:04:05.678Z",
        "day": "2026-11-22",
        "name": "Ana",
        "tokens": 1_234_567,
        "cost": 1.234567,
        "percentage": 81.5,
        "estimated": True,
        "before": {"plan": "pro"},
    }
    assert (second["name"], second["before"], second["cost"]) == (None, None, -0.000001)


FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1", '=HYPERLINK("x")']


@pytest.mark.parametrize("text", FORMULAS)
def test_no_cell_of_a_csv_begins_as_a_formula(text: str) -> None:
    data = written(ExportFormat.CSV, [(text,)], columns=[Column("a", "A")])
    ((_,), (cell,)) = csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""), delimiter=";")
    assert cell.startswith("'")
    assert unguarded(cell) == text


DIALECTS = [",", ";", "\t"]
SMUGGLED = [
    *(f"Ana{delimiter}=1+1{delimiter}x" for delimiter in (",", ";", "\t", "\n", "\r\n", "\x85")),
    *('Ana; "=1+1"', 'Ana;\'"+1";', "Ana;;@SUM(1)", "Ana,\t＝1", ";-1", "x;\n\n=1"),
]


def as_read(data: bytes, delimiter: str) -> list[str]:
    """Every cell that a reader finds who expects this delimiter."""
    text = data.decode("utf-8-sig")
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    return [cell for row in rows for cell in row]


@pytest.mark.parametrize("delimiter", DIALECTS)
@pytest.mark.parametrize("locale", ["pt-BR", "en"])
@given(
    first=st.sampled_from([*FORMULAS, *SMUGGLED]) | st.text(alphabet="a=+;,\t\n'\" "),
    second=st.sampled_from(SMUGGLED) | st.text(alphabet="a=-;,\r\n'\" "),
)
def test_no_cell_is_a_formula_for_whoever_expects_another_delimiter(
    delimiter: str, locale: Locale, first: str, second: str
) -> None:
    columns = [Column("a", "A"), Column("b", "B")]
    sink = io.BytesIO()
    style = Style(locale, UTC)
    rows = [(first, second), ("x", first)]
    write_table(columns, rows, sink, form=ExportFormat.CSV, style=style)
    found = [cell.lstrip(" ") for cell in as_read(sink.getvalue(), delimiter)]
    assert [cell for cell in found if cell.startswith(("=", "+", "-", "@", "＝"))] == []


@given(st.text() | st.text(alphabet="a=+-@;,\t\r\n'\" ") | st.sampled_from(SMUGGLED))
def test_reading_takes_the_guards_off_again(text: str) -> None:
    assert unguarded(guarded(text)) == text


@pytest.mark.parametrize("text", ["Ana Lima", "D'Ávila, Ana", "it's; 'quoted'", "a-b;c+d", "'", ""])
def test_what_is_no_formula_stays_as_it_is(text: str) -> None:
    assert guarded(text) == unguarded(text) == text


@pytest.mark.parametrize("text", FORMULAS)
def test_no_cell_of_an_xlsx_is_a_formula(text: str) -> None:
    (sheet,) = sheets(written(ExportFormat.XLSX, [(text,)], columns=[Column("a", "A")]))
    # openpyxl takes a formula for the type "f"
    assert sheet["A2"].data_type == "s"


def test_a_title_and_a_json_cell_are_escaped_like_any_text() -> None:
    columns = [Column("a", "=A"), Column("b", "B", Kind.JSON)]
    assert written(ExportFormat.CSV, [("x", "=1")], columns=columns).decode("utf-8-sig") == (
        '\'=A;B\r\nx;"""=1"""\r\n'
    )


def visible(text: str) -> str:
    return "".join(character for character in text if character.isprintable())


@given(st.text())
def test_a_safe_cell_keeps_what_can_be_printed(text: str) -> None:
    cell = safe_cell(text)
    cell.encode()
    assert not cell.startswith(("=", "+", "-", "@", "\t", "\r"))
    assert visible(unguarded(cell)) == visible(text)


@pytest.mark.parametrize("form", ExportFormat)
def test_text_that_no_format_can_hold_does_not_break_the_file(form: ExportFormat) -> None:
    data = written(form, [("a\x00b\ud800c\x1f\ufffe",)], columns=[Column("a", "A")])
    if form is ExportFormat.XLSX:
        (sheet,) = sheets(data)
        assert sheet["A2"].value == "ab\ufffdc"
    else:
        assert "ab\ufffdc" in data.decode()


def test_an_excel_cell_is_cut_where_excel_ends() -> None:
    (sheet,) = sheets(written(ExportFormat.XLSX, [("x" * 40_000,)], columns=[Column("a", "A")]))
    assert sheet["A2"].value == "x" * 32_767


def test_xlsx_has_numbers_dates_and_a_header_that_stays() -> None:
    (sheet,) = sheets(written(ExportFormat.XLSX))
    assert sheet.title == "Uso"
    assert [cell.value for cell in sheet[1]] == [column.title for column in COLUMNS]
    assert all(cell.font.bold for cell in sheet[1])
    assert sheet.freeze_panes == "A2"
    assert sheet.auto_filter.ref == "A1:H3"
    time, day, name, tokens, cost, percentage, estimated, before = sheet[2]
    assert time.value.replace(microsecond=0) == datetime(2026, 11, 22, 12, 4, 5)  # noqa: DTZ001 - cells know no zone
    assert (time.number_format, day.number_format) == ("dd/mm/yyyy hh:mm:ss", "dd/mm/yyyy")
    assert day.value.date() == date(2026, 11, 22)
    assert (name.value, tokens.value, cost.value) == ("Ana", 1_234_567, 1.234567)
    assert (cost.number_format, percentage.value) == ("0.000000###", 81.5)
    assert (estimated.value, before.value) == (True, '{"plan":"pro"}')


def test_xlsx_sums_up_what_can_be_summed() -> None:
    (sheet,) = sheets(written(ExportFormat.XLSX))
    totals = [cell.value for cell in sheet[4]]
    assert totals == ["Total", None, None, 1_234_562, 1.234566, None, None, None]
    assert sheet["D4"].font.bold


def test_a_full_sheet_is_followed_by_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export_formats, "MAX_SHEET_ROWS", 3)
    columns = [Column("a", "A"), Column("b", "B", Kind.WHOLE, is_summed=True)]
    found = sheets(written(ExportFormat.XLSX, [("x", n) for n in range(7)], columns=columns))
    values = {sheet.title: [row[1].value for row in sheet.rows] for sheet in found}
    assert values == {"Uso": ["B", 0, 1, 2], "Uso 2": ["B", 3, 4, 5], "Uso 3": ["B", 6, 21]}
    # the totals do not fit below a full last sheet
    found = sheets(written(ExportFormat.XLSX, [("x", n) for n in range(3)], columns=columns))
    assert [[row[1].value for row in sheet.rows] for sheet in found] == [["B", 0, 1, 2], ["B", 3]]


@pytest.mark.parametrize("form", ExportFormat)
def test_what_the_rows_raise_goes_on(form: ExportFormat) -> None:
    def rows() -> Iterator[Row]:
        yield ROWS[0]
        raise LookupError("gone")

    with pytest.raises(LookupError, match="gone"):
        write_table(COLUMNS, rows(), io.BytesIO(), form=form, style=BRAZIL)


class Nowhere:
    """Counts bytes and keeps none."""

    def __init__(self) -> None:
        self.size = 0

    def write(self, data: bytes) -> None:
        self.size += len(data)


@pytest.mark.parametrize(
    ("form", "count"),
    [(ExportFormat.CSV, 200_000), (ExportFormat.JSON, 100_000), (ExportFormat.XLSX, 20_000)],
)
def test_memory_does_not_grow_with_the_rows(form: ExportFormat, count: int) -> None:
    sink = Nowhere()
    rows = ((f"user-{n}@example.com", n) for n in range(count))
    columns = [Column("email", "E-mail"), Column("tokens", "Tokens", Kind.WHOLE, is_summed=True)]
    tracemalloc.start()
    try:
        write_table(columns, rows, sink, form=form, style=BRAZIL)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert sink.size > count * 5
    assert peak < 6_000_000


@pytest.mark.parametrize(
    ("nanos", "expected"),
    [
        (0, "0.000000"),
        (1_000, "0.000001"),
        (-1_000, "-0.000001"),
        (12_345_678_000, "12.345678"),
        (450, "0.000000450"),
        (1, "0.000000001"),
        (-1_000_000_001, "-1.000000001"),
    ],
)
def test_money_is_written_to_the_nano_dollar(nanos: int, expected: str) -> None:
    assert dollars(nanos) == expected


PRICED = [Column("model", "Modelo"), Column("cost", "Custo", Kind.MONEY, is_summed=True)]
HALF_KNOWN: list[Row] = [("a", 450), ("b", None), ("c", 0)]


def test_what_has_no_price_is_told_from_what_is_free() -> None:
    lines = written(ExportFormat.CSV, HALF_KNOWN, columns=PRICED).decode().split("\r\n")
    assert lines[1:4] == ["a;0,000000450", "b;sem preço", "c;0,000000"]
    english = written(ExportFormat.CSV, HALF_KNOWN, columns=PRICED, style=ENGLISH).decode()
    assert english.split("\r\n")[1:4] == ["a,0.000000450", "b,no price", "c,0.000000"]
    stated = json.loads(written(ExportFormat.JSON, HALF_KNOWN, columns=PRICED))
    assert [one["cost"] for one in stated] == [4.5e-07, None, 0]


def test_the_total_of_a_sheet_says_that_prices_are_missing() -> None:
    (sheet,) = sheets(written(ExportFormat.XLSX, HALF_KNOWN, columns=PRICED))
    cells = [[cell.value for cell in row] for row in sheet.rows]
    assert cells[1:] == [
        ["a", 4.5e-07],
        ["b", "sem preço"],
        ["c", 0],
        ["Total (1 sem preço)", 4.5e-07],
    ]


@pytest.mark.parametrize("kind", ExportKind)
@pytest.mark.parametrize("locale", ["pt-BR", "en"])
def test_every_kind_has_titled_columns(kind: ExportKind, locale: Locale) -> None:
    columns = columns_of(kind, locale, ZONE, NOON)
    titles = [column.title for column in columns]
    assert len(titles) == len(set(titles))
    for column in columns:
        if column.kind is Kind.TIME:
            assert column.title.endswith(" (America/Sao_Paulo, UTC-03:00)")
    assert len(sheet_name(kind, locale)) <= 27  # room for a number, of Excel's 31
    assert file_stem(kind, locale, "2026-11").isascii()


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        (date(2026, 11, 1), date(2026, 11, 30), "2026-11"),
        (date(2026, 11, 22), date(2026, 11, 22), "2026-11-22"),
        (date(2026, 11, 1), date(2026, 11, 29), "2026-11-01_2026-11-29"),
        (date(2026, 10, 1), date(2026, 11, 30), "2026-10-01_2026-11-30"),
        (date(2025, 11, 1), date(2026, 11, 30), "2025-11-01_2026-11-30"),
        (date(9999, 12, 1), date(9999, 12, 31), "9999-12"),
        (date(9999, 12, 2), date(9999, 12, 31), "9999-12-02_9999-12-31"),
    ],
)
def test_a_file_is_called_by_its_range(first: date, last: date, expected: str) -> None:
    assert span_name(first, last) == expected
