"""`solaris reports`: what was used, by user, group, key, model or day, as the site has it."""

import calendar
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any

import typer

from solaris.ledger.figures import FIGURE_NAMES, NO_GROUP, Figures, ReportFilters, total_of
from solaris.ledger.first_byte import together
from solaris.platform.errors import InvalidRequestError
from solaris.platform.exchange import LocalCost
from solaris.platform.terminal.environment import open_parts
from solaris.platform.terminal.language import Texts
from solaris.platform.terminal.output import (
    AsJson,
    as_json,
    day,
    money,
    money_json,
    number,
    say,
    say_rate,
    table,
)
from solaris.quota.completion import addresses
from solaris.quota.groups.group import name_key
from solaris.reports.command_texts import TEXTS
from solaris.reports.parts import ReportsParts
from solaris.reports.report import GroupBy, GroupRow, ReportSort, in_order

_t = Texts(TEXTS)
app = typer.Typer(no_args_is_help=True, help=_t.help("reports"))

_MONTH = re.compile(r"([1-9]\d{3})-(0[1-9]|1[0-2])", re.ASCII)
_COLUMNS = ("col.requests", "col.errors", "col.input", "col.output", "col.charged", "col.cost")
_FIRST_BYTE, _REFUSED = "col.first_token", "col.refused"


@app.callback(help=_t.help("reports"))
def main() -> None:
    """What was used."""


@app.command(help=_t.help("usage"))
def usage(
    *,
    by: Annotated[GroupBy, typer.Option(help=_t.help("usage.by"))] = GroupBy.USER,
    month: Annotated[str, typer.Option(help=_t.help("usage.month"))] = "",
    first: Annotated[
        datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help=_t.help("usage.from"))
    ] = None,
    last: Annotated[
        datetime | None, typer.Option("--to", formats=["%Y-%m-%d"], help=_t.help("usage.to"))
    ] = None,
    user: Annotated[
        list[str] | None,
        typer.Option(autocompletion=addresses, help=_t.help("usage.user")),
    ] = None,
    model: Annotated[list[str] | None, typer.Option(help=_t.help("usage.model"))] = None,
    group: Annotated[list[str] | None, typer.Option(help=_t.help("usage.group"))] = None,
    key: Annotated[list[str] | None, typer.Option(help=_t.help("usage.key"))] = None,
    sort: Annotated[ReportSort | None, typer.Option(help=_t.help("usage.sort"))] = None,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help=_t.help("usage.limit"))] = 50,
    json: AsJson = False,
) -> None:
    """Tokens and cost by user, group, key, model or day; the last line is the whole."""
    if by is GroupBy.NONE:
        raise typer.BadParameter(_t("usage.by_what"), param_hint="--by")
    parts = open_parts(ReportsParts)
    first_day, last_day = _days(parts, month, first, last)
    people_asked = [parts.users.named(one).user_id for one in user or ()]
    try:
        filters = ReportFilters(
            first_day=first_day,
            last_day=last_day,
            user_ids=tuple(people_asked),
            models=tuple(model or ()),
            group_ids=tuple(_group_id(parts, one) for one in group or ()),
            key_ids=tuple(key or ()),
        )
    except ValueError as error:
        raise InvalidRequestError(str(error)) from error
    found = list(parts.reporting.iterate_groups(filters, by))
    order = sort or (ReportSort.KEY if by is GroupBy.DAY else ReportSort.TOKENS)
    rows = in_order(found, order, descending=order is not ReportSort.KEY)
    total = _whole(found)
    shown = rows[:limit]
    rates = parts.platform.settings.exchange

    def local(figures: Figures, key: str = "") -> LocalCost | None:
        days = (key, key) if key and by is GroupBy.DAY else (first_day, last_day)
        return rates.of_days(figures.cost, figures.local_cost, *days)

    names = _names(parts, by, [row.key for row in shown])
    if json:
        as_json(
            {
                "from": filters.first_day.isoformat(),
                "to": filters.last_day.isoformat(),
                "items": [_to_json(row, by, names, local(row.figures, row.key)) for row in shown],
                "total": len(rows),
                "totals": _figures_json(total, local(total.figures)),
            }
        )
        return
    cells = [(_name(row, by, names), *_cells(row, local(row.figures, row.key))) for row in shown]
    columns = _columns(total)
    table(
        _t.names(f"by.{by.value}", *columns),
        [*cells, (_t("total"), *_cells(total, local(total.figures)))],
        right=_t.names(*columns),
    )
    days = {"first": day(filters.first_day), "last": day(filters.last_day)}
    say(_t.many("shown", len(rows), shown=len(shown), **days))
    say_rate(total.figures.shown_micros, local(total.figures))


def _whole(rows: Sequence[GroupRow]) -> GroupRow:
    """All rows as one; what they do not all know it does not know either."""
    first_bytes = [row.first_byte for row in rows if row.first_byte is not None]
    refused = [row.refusals for row in rows if row.refusals is not None]
    return GroupRow(
        key="total",
        figures=total_of(row.figures for row in rows),
        first_byte=together(first_bytes) if rows and len(first_bytes) == len(rows) else None,
        refusals=sum(refused) if rows and len(refused) == len(rows) else None,
    )


def _days(
    parts: ReportsParts, month: str, first: datetime | None, last: datetime | None
) -> tuple[date, date]:
    today = parts.platform.clock().astimezone(parts.platform.settings.zone).date()
    if month and (first or last):
        raise typer.BadParameter(_t("usage.not_beside"), param_hint="--month")
    if month:
        found = _MONTH.fullmatch(month)
        if found is None:
            raise typer.BadParameter(_t("usage.no_month"), param_hint="--month")
        year, number_of_month = int(found[1]), int(found[2])
        days = calendar.monthrange(year, number_of_month)[1]
        return date(year, number_of_month, 1), date(year, number_of_month, days)
    end = last.date() if last else today
    start = first.date() if first else end.replace(day=1)
    return start, end


@dataclass(frozen=True, slots=True)
class _Named:
    """What a key is called; `email` of people alone, whom it stands for in the table."""

    name: str
    email: str | None = None


def _names(parts: ReportsParts, by: GroupBy, keys: Sequence[str]) -> dict[str, _Named]:
    match by:
        case GroupBy.USER:
            users = parts.users.get_many(keys)
            return {one.user_id: _Named(one.name, one.email) for one in users}
        case GroupBy.GROUP:
            return {key: _Named(name) for key, name in parts.group_names().items() if key in keys}
        case GroupBy.KEY:
            return {key: _Named(name) for key, name in parts.key_names(keys).items()}
        case _:
            return {}


def _group_id(parts: ReportsParts, stated: str) -> str:
    """The id of a group that is named by id or name; `-`: who is in none."""
    groups = parts.groups()
    if stated == NO_GROUP or stated in groups:
        return stated
    same = [one for one in groups.values() if one.key == name_key(stated)]
    # a name may have been a deleted group's before
    same.sort(key=lambda one: one.is_deleted)
    if not same:
        raise typer.BadParameter(_t("usage.no_group", name=stated), param_hint="--group")
    return same[0].group_id


def _name(row: GroupRow, by: GroupBy, names: dict[str, _Named]) -> str:
    if by is GroupBy.DAY:
        return day(date.fromisoformat(row.key))
    if row.key == NO_GROUP and by in (GroupBy.GROUP, GroupBy.KEY):
        return _t(f"without.{by.value}")
    named = names.get(row.key)
    # a deleted person has no address any more
    found = "" if named is None else named.email if by is GroupBy.USER else named.name
    return found or row.key


def _columns(total: GroupRow) -> tuple[str, ...]:
    """Times to the first token are known of the whole system alone, refusals by day alone."""
    return (
        *_COLUMNS,
        *((_FIRST_BYTE,) if total.first_byte is not None else ()),
        *((_REFUSED,) if total.refusals is not None else ()),
    )


def _cells(row: GroupRow, local: LocalCost | None) -> tuple[str, ...]:
    figures, p95 = row.figures, row.first_byte_p95_ms
    first_byte = "-" if p95 is None else f"{number(p95)} ms"
    return (
        number(figures.requests),
        number(figures.errors),
        number(figures.prompt_tokens),
        number(figures.completion_tokens),
        number(figures.charged_tokens),
        money(figures.shown_micros, figures.unpriced_requests, local),
        *((first_byte,) if row.first_byte is not None else ()),
        *((number(row.refusals),) if row.refusals is not None else ()),
    )


def _to_json(
    row: GroupRow, by: GroupBy, names: dict[str, _Named], local: LocalCost | None
) -> dict[str, Any]:
    named = names.get(row.key)
    of_person = {} if named is None or named.email is None else {"email": named.email}
    told = {} if named is None else {**of_person, "name": named.name}
    return {by.value: row.key, **told, **_figures_json(row, local)}


def _figures_json(row: GroupRow, local: LocalCost | None) -> dict[str, Any]:
    figures = row.figures
    names = [one for one in FIGURE_NAMES if not one.startswith("cost")]
    camel = {one: re.sub(r"_([a-z])", lambda letter: letter[1].upper(), one) for one in names}
    found = {camel[one]: getattr(figures, one) for one in names}
    found |= money_json(figures.shown_micros, local)
    if row.first_byte is not None:
        found["firstByteP95Ms"] = row.first_byte_p95_ms
    if row.refusals is not None:
        found["refusals"] = row.refusals
    return found
