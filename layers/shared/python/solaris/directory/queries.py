"""Questions to the replica: pages, counts, the heaviest users.

Without filters a page is walked along its order's index; with some, the narrow table of users is
read once and the page's rows are kept at the top (a quarter of a million rows a second and more),
because no index helps a search for a part of a name. Pages go on behind a row (value and id), not
at a number: deep ones cost what the first does.
"""

import hashlib
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Protocol, cast

import orjson

from solaris.directory.listing import (
    MAX_LIST_LIMIT,
    MAX_SEARCH_CHARACTERS,
    Listing,
    UserCounts,
    UserQuery,
    UserRow,
    UserSort,
    folded,
)
from solaris.directory.replica import LEVELS, MAX_INTEGER, NEVER_FIRST, View
from solaris.platform.aws.cursors import bad_cursor, decode_cursor, encode_cursor
from solaris.platform.instants import iso_milliseconds
from solaris.quota.feed import user_from_row
from solaris.quota.periods import period_start
from solaris.quota.user import UserStatus

Connection = sqlite3.Connection
LISTED = "status <> 'deleted'"
MAX_EMAILS_AT_ONCE = 500
_CURSOR = frozenset({"value", "id", "query"})
_COLUMN = {
    UserSort.USAGE: "used",
    UserSort.PERCENTAGE: "ppm",
    UserSort.NAME: "name_key",
    UserSort.CREATED: "created_at",
    UserSort.EMAIL: "email",
}
_NUMBERS = frozenset({"used", "ppm"})


class AnyQuery(Protocol):
    """A page's query, a dataclass: equal but for these two, it asks for pages of one list."""

    @property
    def limit(self) -> int:
        """Rows at most."""

    @property
    def cursor(self) -> str | None:
        """`Listing.next_cursor` of the page before."""


@dataclass(frozen=True, slots=True)
class Order:
    """A column and the id behind it, both up or both down."""

    column: str
    id_column: str
    descending: bool

    @property
    def clause(self) -> str:
        direction = "DESC" if self.descending else "ASC"
        return f"ORDER BY {self.column} {direction}, {self.id_column} {direction}"


class Where:
    """Conditions and their values, in step."""

    def __init__(self) -> None:
        self.conditions: list[str] = []
        self.values: list[Any] = []

    def add(self, condition: str, *values: Any) -> None:
        self.conditions.append(condition)
        self.values += values

    def one_of(self, column: str, values: Sequence[Any]) -> None:
        if values:
            self.add(f"{column} IN ({', '.join('?' * len(values))})", *values)

    def between(self, column: str, first: datetime | None, end: datetime | None) -> None:
        if first is not None:
            self.add(f"{column} >= ?", iso_milliseconds(first))
        if end is not None:
            self.add(f"{column} < ?", iso_milliseconds(end))

    def contains(self, column: str, search: str) -> None:
        # what is no Unicode is in no name
        plain = search[:MAX_SEARCH_CHARACTERS].strip().encode("utf-8", "replace").decode()
        wanted = folded(plain)
        if wanted:
            self.add(f"instr({column}, ?) > 0", wanted)

    def clause(self) -> str:
        return f"WHERE {' AND '.join(self.conditions)}" if self.conditions else ""


def users_page(connection: Connection, query: UserQuery, view: View) -> Listing[UserRow]:
    """One page of users. Raises ValidationFailedError (field `cursor`)."""
    where = Where()
    where.one_of("plan", query.plans)
    where.one_of("group_id", query.groups)
    where.one_of("level", [LEVELS[level] for level in query.levels])
    where.between("created_at", query.created_from, query.created_to)
    where.between("seen_down", query.seen_from, query.seen_to)
    if query.seen_to is not None:
        where.add("seen_down <> ?", NEVER_FIRST)
    where.contains("search", query.search)
    is_narrowed = bool(query.statuses or where.conditions)
    if query.statuses:
        where.one_of("status", query.statuses)
    else:
        where.add(LISTED)
    column = _COLUMN.get(query.sort) or ("seen_down" if query.descending else "seen_up")
    order = Order(column, "user_id", query.descending)
    # unfiltered, each order has an index; filtered, walking one could look up every row
    table = "users NOT INDEXED" if is_narrowed else "users"
    found, total, cursor = page_of(
        connection, table=table, columns="user_id", where=where, order=order, query=query
    )
    rows = _rows(connection, [user_id for _, user_id, *_ in found], view)
    return Listing(rows, cursor, total)


def counts(connection: Connection, view: View) -> UserCounts:
    """Users by status and level, and the month's tokens, of all but the deleted."""
    used_by = tokens = 0
    starts = iso_milliseconds(period_start(view.measure.period, view.settings.zone))
    by_status = {one: 0 for one in UserStatus if one.value != "deleted"}
    by_level = dict.fromkeys(LEVELS, 0)
    levels = list(LEVELS)
    groups = connection.execute(
        # whose usage was reset has used tokens all the same
        "SELECT status, level, count(*), sum(used), "  # noqa: S608 - a constant
        "sum(used > 0 OR seen_down >= ?) FROM users INDEXED BY users_counts "
        f"WHERE {LISTED} GROUP BY status, level",
        (starts,),
    )
    for status, level, users, used, who in groups:
        used_by += who
        by_status[UserStatus(status)] += users
        by_level[levels[level]] += users
        tokens += used
    return UserCounts(
        by_status=by_status,
        by_level=by_level,
        month_tokens=tokens,
        used=used_by,
    )


def top_users(connection: Connection, most: int, view: View) -> list[UserRow]:
    """Who has used most this month, at most so many; none who used nothing."""
    found = connection.execute(
        f"SELECT user_id FROM users WHERE {LISTED} AND used > 0 "  # noqa: S608 - a constant
        "ORDER BY used DESC, user_id DESC LIMIT ?",
        (min(most, MAX_LIST_LIMIT),),
    )
    return _rows(connection, [user_id for (user_id,) in found], view)


def emails(connection: Connection, user_ids: Iterable[str]) -> dict[str, tuple[str, str]]:
    """Address and name by user id; unknown ids are left out."""
    wanted = sorted(set(user_ids))
    found: dict[str, tuple[str, str]] = {}
    for start in range(0, len(wanted), MAX_EMAILS_AT_ONCE):
        where = Where()
        where.one_of("user_id", wanted[start : start + MAX_EMAILS_AT_ONCE])
        statement = f"SELECT user_id, email, name FROM users {where.clause()}"  # noqa: S608
        rows = connection.execute(statement, where.values)
        found |= {user_id: (email, name) for user_id, email, name in rows}
    return found


def page_of(
    connection: Connection,
    *,
    table: str,
    columns: str,
    where: Where,
    order: Order,
    query: AnyQuery,
) -> tuple[list[tuple[Any, ...]], int, str | None]:
    """Rows of (sort value, id, columns…), how many there are in all, the cursor of the next."""
    statement = f"SELECT count(*) FROM {table} {where.clause()}"  # noqa: S608 - names of this file
    (total,) = connection.execute(statement, where.values).fetchone()
    mark = _mark(query)
    if query.cursor is not None:
        sign = "<" if order.descending else ">"
        where.add(f"({order.column}, {order.id_column}) {sign} (?, ?)", *_place(query, order, mark))
    limit = max(1, min(query.limit, MAX_LIST_LIMIT))
    statement = (
        f"SELECT {order.column}, {order.id_column}, {columns} FROM {table} "  # noqa: S608
        f"{where.clause()} {order.clause} LIMIT ?"
    )
    found = connection.execute(statement, (*where.values, limit + 1)).fetchall()
    if len(found) <= limit:
        return found, total, None
    value, row_id = found[limit - 1][:2]
    cursor = encode_cursor({"value": str(value), "id": row_id, "query": mark})
    return found[:limit], total, cursor


def _mark(query: AnyQuery) -> str:
    """Differs for queries that differ in more than limit and cursor: no page follows another's."""
    content = repr(replace(cast("Any", query), limit=0, cursor=None))
    return hashlib.sha256(content.encode("utf-8", "backslashreplace")).hexdigest()[:12]


def _place(query: AnyQuery, order: Order, mark: str) -> tuple[int | str, str]:
    values = decode_cursor(query.cursor or "", _CURSOR)
    if values["query"] != mark:
        raise bad_cursor()
    if order.column not in _NUMBERS:
        return values["value"], values["id"]
    try:
        number = int(values["value"])
    except ValueError as error:
        raise bad_cursor() from error
    if not 0 <= number <= MAX_INTEGER:
        raise bad_cursor()
    return number, values["id"]


def _rows(connection: Connection, user_ids: Sequence[str], view: View) -> list[UserRow]:
    where = Where()
    where.add("FALSE") if not user_ids else where.one_of("user_id", user_ids)
    statement = f"SELECT user_id, row FROM user_rows {where.clause()}"  # noqa: S608
    found = dict(connection.execute(statement, where.values).fetchall())
    return [view.row(user_from_row(orjson.loads(found[one]))) for one in user_ids]
