"""A CSV file of users, read: one line a user, each either understood or refused. Pure.

    email;nome;plano;limite_mensal
    ana@example.com;Ana Lima;pro;2.000.000

Columns come in any order, in English or Portuguese; only the address is needed. An empty cell
says nothing about its column. Additional tokens may be granted with a limit of their own:

    email;adicionais_quantidade;adicionais_tipo;ate
    ana@example.com;50.000;ate;15/12/2026

A home group is named, and with the first line that names it may get its cost centre; `-` says
that somebody has none:

    email;grupo;centro_de_custo
    ana@example.com;Vendas;CC-104

Commas, semicolons or tabs, as the header has them or `sep=;` before it says. An export of users is
such a file: what it has besides is passed over.
"""

import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from solaris.directory.listing import folded
from solaris.platform.cells import unguarded
from solaris.platform.email import valid_email
from solaris.platform.printable import printable
from solaris.quota.grant import GrantKind, Term
from solaris.quota.groups.group import MAX_COST_CENTER_CHARACTERS
from solaris.quota.groups.group import MAX_NAME_CHARACTERS as MAX_GROUP_CHARACTERS
from solaris.quota.identity import MAX_NAME_CHARACTERS
from solaris.quota.user import Plan

# not no-break spaces and the like: an address that has them names nobody
_BLANKS = " \t\r\n"
NO_GROUP = ""
_NO_GROUP_CELL = "-"
MAX_LINES = 10_000
MAX_CHARACTERS = 1024 * 1024

_COLUMNS = {
    "email": "email",
    "e-mail": "email",
    "name": "name",
    "nome": "name",
    "plan": "plan",
    "plano": "plan",
    "monthly_limit": "monthly_limit",
    "monthlylimit": "monthly_limit",
    "monthly limit": "monthly_limit",
    "limit": "monthly_limit",
    "limite_mensal": "monthly_limit",
    "limite mensal": "monthly_limit",
    "limite": "monthly_limit",
    # not as an export calls its column of additional tokens: sent back, that grants nothing
    "additional_amount": "additional_amount",
    "adicionais_quantidade": "additional_amount",
    "additional_kind": "additional_kind",
    "adicionais_tipo": "additional_kind",
    "group": "group",
    "grupo": "group",
    "cost_center": "cost_center",
    "cost center": "cost_center",
    "centro_de_custo": "cost_center",
    "centro de custo": "cost_center",
    "until": "until",
    "ate": "ate",
    "até": "ate",
}
# what an export of users has besides, folded: figures that no file sets
_PASSED_OVER = frozenset(
    {
        *("id do usuario", "user id", "status", "periodo", "period"),
        *("tokens adicionais", "additional tokens", "uso no periodo", "current usage"),
        *("tokens restantes", "remaining tokens", "tokens disponiveis", "available tokens"),
        *("tokens reservados", "reserved tokens", "uso do limite mensal", "uso da cota"),
        *("usage of the monthly limit", "usage of the quota", "nivel de uso", "usage level"),
        *("adicionais de todo mes", "tokens of every month", "adicionais que terminam"),
        *("tokens that end", "proximo fim de adicionais", "next end of tokens"),
        *("limite diario", "daily limit", "quando a cota acabar", "once the quota is used up"),
        *("origem do limite", "limit from"),
        *("data e hora", "date and time", "atualizado em", "updated at"),
        *("ultimo acesso", "last seen"),
    }
)
_PLANS = {
    **{one.value: one for one in Plan},
    "teste": Plan.TRIAL,
    "basico": Plan.BASIC,
    "empresarial": Plan.ENTERPRISE,
}
_TERMS = {
    **{one.value: one for one in GrantKind},
    "este_mes": GrantKind.THIS_MONTH,
    "ate": GrantKind.UNTIL,
    "ate_usar": GrantKind.UNTIL_USED,
    "todo_mes": GrantKind.EVERY_MONTH,
}
_SEPARATOR = re.compile(r'"?sep=([;,\t])"?[ \t]*(\r\n|\n|\r)', re.IGNORECASE)
_UNIT = re.compile(
    r"\s*\([^()]*\)\s*$"
)  # `Uso (%)`, `Último acesso (America/Sao_Paulo, UTC-03:00)`
# 1000000, 1.000.000 or 1,000,000, with nothing but zeros after a decimal sign of the other kind;
# 1.234,567 is no whole number where it is written so
_TOKENS = re.compile(
    r"\d{1,15}([.,]0{1,2})?|\d{1,3}(\.\d{3}){1,4}(,0{1,2})?|\d{1,3}(,\d{3}){1,4}(\.0{1,2})?",
    re.ASCII,
)
_DECIMALS = re.compile(r"[.,]0{1,2}$")


class ImportRefusedError(ValueError):
    """The file as a whole cannot be read; `rule` and `values` say why (texts.rule_text)."""

    def __init__(self, rule: str, **values: int) -> None:
        super().__init__(rule)
        self.rule = rule
        self.values = values


@dataclass(frozen=True, slots=True)
class LineGrant:
    """Additional tokens that a line grants."""

    tokens: int
    term: Term


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportLine:
    """One line; `line` counts from 1, the header included. None: nothing was said about it.

    `refused` is the rule that the line breaks, if any, in the column `refused_field`.
    """

    line: int
    email: str
    name: str | None = None
    plan: Plan | None = None
    monthly_limit: int | None = None
    group: str | None = None
    """Its name; NO_GROUP: none."""

    cost_center: str | None = None
    grant: LineGrant | None = None
    refused: str | None = None
    refused_field: str | None = None
    values: Mapping[str, int] = field(default_factory=dict)


class _CellError(Exception):
    def __init__(self, rule: str, column: str | None, **values: int) -> None:
        super().__init__(rule)
        self.rule = rule
        self.column = column
        self.values_of_rule = values


def parse_users(text: str, most: int = MAX_LINES) -> list[ImportLine]:
    """Read a file; raises ImportRefusedError for one that cannot be read, or has too many lines.

    A line that cannot be understood is in the result, refused; blank lines are not.
    """
    text = text.removeprefix("\ufeff")
    said = _SEPARATOR.match(text)
    text = text[said.end() :] if said else text
    above = 1 if said else 0
    delimiter = said[1] if said else _delimiter(text.partition("\n")[0])
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    rows: list[tuple[int, list[str]]] = []
    try:
        columns = _columns(next(reader, []))
        began = reader.line_num + 1
        for cells in reader:
            if any(cell.strip() for cell in cells):
                rows.append((began + above, cells))
            if len(rows) > most:
                raise ImportRefusedError("too_many_lines", most=most)
            began = reader.line_num + 1
    except csv.Error as error:
        raise ImportRefusedError("not_csv", line=reader.line_num + above) from error
    seen: dict[str, int] = {}
    return [_line(number, columns, cells, seen) for number, cells in rows]


def _delimiter(header: str) -> str:
    return next((one for one in (";", ",", "\t") if one in header), ",")


def _columns(header: Sequence[str]) -> list[str]:
    """What each column holds; empty for one that is passed over."""
    titles = [_UNIT.sub("", cell).strip().casefold() for cell in header]
    columns: list[str] = []
    for n, title in enumerate(titles, 1):
        name = "" if folded(title) in _PASSED_OVER else _COLUMNS.get(title)
        if name is None:
            if not any(one in _COLUMNS for one in titles):
                raise ImportRefusedError("no_header")
            raise ImportRefusedError("unknown_column", column=n)
        if name and name in columns:
            raise ImportRefusedError("repeated_column")
        columns.append(name)
    if {"until", "ate"} <= set(columns):
        raise ImportRefusedError("repeated_column")
    if "email" not in columns:
        raise ImportRefusedError("no_header")
    return columns


def _line(
    number: int, columns: Sequence[str], cells: Sequence[str], seen: dict[str, int]
) -> ImportLine:
    # what an export of ours has guarded is read as it was
    shown = [unguarded(cell.strip(_BLANKS)) for cell in cells]
    said = dict(zip(columns, shown, strict=False))
    try:
        if any(cell.strip() for cell in cells[len(columns) :]):
            raise _CellError("too_many_cells", None)  # noqa: TRY301 - one way out of a bad line
        return ImportLine(
            line=number,
            email=_email(said.get("email", ""), number, seen),
            name=_name(said.get("name", "")),
            plan=_plan(said.get("plan", "")),
            monthly_limit=_tokens(said.get("monthly_limit", ""), "monthly_limit"),
            group=_group(said.get("group", "")),
            cost_center=_cost_center(said),
            grant=_grant(said),
        )
    except _CellError as error:
        return ImportLine(
            line=number,
            email=printable(said.get("email", ""), MAX_NAME_CHARACTERS),
            refused=error.rule,
            refused_field=error.column,
            values=error.values_of_rule,
        )


def _email(cell: str, number: int, seen: dict[str, int]) -> str:
    email = valid_email(cell)
    if email is None:
        raise _CellError("not_an_email", "email")
    if seen.setdefault(email, number) != number:
        raise _CellError("repeated_in_file", "email", line=seen[email])
    return email


def _name(cell: str) -> str | None:
    if len(cell) > MAX_NAME_CHARACTERS:
        raise _CellError("name_too_long", "name", most=MAX_NAME_CHARACTERS)
    return printable(cell, MAX_NAME_CHARACTERS) or None


def _plan(cell: str) -> Plan | None:
    if not cell.strip():
        return None
    plan = _PLANS.get(folded(cell.strip()))
    if plan is None:
        raise _CellError("unknown_plan", "plan")
    return plan


def _group(cell: str) -> str | None:
    if cell.strip() == _NO_GROUP_CELL:
        return NO_GROUP
    name = printable(cell, MAX_GROUP_CHARACTERS + 1)
    if len(name) > MAX_GROUP_CHARACTERS:
        raise _CellError("group_name", "group")
    return name or None


def _cost_center(said: Mapping[str, str]) -> str | None:
    stated = printable(said.get("cost_center", ""), MAX_COST_CENTER_CHARACTERS + 1)
    if len(stated) > MAX_COST_CENTER_CHARACTERS:
        raise _CellError("group_cost_center", "cost_center")
    if stated and not _group(said.get("group", "")):
        raise _CellError("group_needed", "group")
    return stated or None


def _grant(said: Mapping[str, str]) -> LineGrant | None:
    """What a line grants: how much, and for how long, which only the last day may say alone."""
    tokens = _tokens(said.get("additional_amount", ""), "additional_amount")
    kind = _kind(said.get("additional_kind", ""))
    until = _day(said.get("until", ""), "%Y-%m-%d") or _day(said.get("ate", ""), "%d/%m/%Y")
    if tokens is None:
        if kind is None and until is None:
            return None
        raise _CellError("amount_needed", "additional_amount")
    if tokens == 0:
        raise _CellError("not_a_number", "additional_amount")
    if kind is None and until is None:
        raise _CellError("kind_needed", "additional_kind")
    kind = kind or GrantKind.UNTIL
    if kind is GrantKind.UNTIL and until is None:
        raise _CellError("until_needed", "until")
    if kind is not GrantKind.UNTIL and until is not None:
        raise _CellError("until_not_of_kind", "until")
    return LineGrant(tokens, Term(kind, until))


def _kind(cell: str) -> GrantKind | None:
    word = re.sub(r"[\s-]+", "_", folded(cell.strip()))
    if word and word not in _TERMS:
        raise _CellError("unknown_kind", "additional_kind")
    return _TERMS.get(word)


def _day(cell: str, form: str) -> date | None:
    """A day as 2026-12-15, which is read everywhere, or as its language writes it."""
    shown = cell.strip()
    if not shown:
        return None
    for one in dict.fromkeys(("%Y-%m-%d", form)):
        try:
            return datetime.strptime(shown, one).date()  # noqa: DTZ007 - a day has no zone
        except ValueError:
            continue
    raise _CellError("not_a_day", "until")


def _tokens(cell: str, column: str) -> int | None:
    figure = cell.strip()
    if not figure:
        return None
    if not _TOKENS.fullmatch(figure):
        raise _CellError("not_a_number", column)
    return int(re.sub("[.,]", "", _DECIMALS.sub("", figure)))
