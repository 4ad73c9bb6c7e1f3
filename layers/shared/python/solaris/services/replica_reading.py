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
from typing import Any

import orjson

from solaris.domain.listing import (
    MAX_LIST_LIMIT,
    MAX_SEARCH_CHARACTERS,
    AlertQuery,
    AlertRow,
    AlertState,
    KeyQuery,
    KeyRow,
    KeyState,
    Listing,
    UserCounts,
    UserQuery,
    UserRow,
    UserSort,
    folded,
    key_state,
)
from solaris.domain.periods import period_start
from solaris.domain.usage import iso_milliseconds
from solaris.domain.users import UserStatus
from solaris.services.replica import LEVELS, MAX_INTEGER, NEVER_FIRST, View
from solaris.storage.alerts import alert_from_item
from solaris.storage.changes import user_from_row
from solaris.storage.cursors import bad_cursor, decode_cursor, encode_cursor
from solaris.storage.keys import key_from_item

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


@dataclass(frozen=True, slots=True)
class _Order:
    """A column and the id behind it, both up or both down."""

    column: str
    id_column: str
    descending: bool

    @property
    def clause(self) -> str:
        direction = "DESC" if self.descending else "ASC"
        return f"ORDER BY {self.column} {direction}, {self.id_column} {direction}"


class _Where:
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
    where = _Where()
    where.one_of("plan", query.plans)
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
    order = _Order(column, "user_id", query.descending)
    # unfiltered, each order has an index; filtered, walking one could look up every row
    table = "users NOT INDEXED" if is_narrowed else "users"
    found, total, cursor = _page(
        connection, table=table, columns="user_id", where=where, order=order, query=query
    )
    rows = _rows(connection, [user_id for _, user_id, *_ in found], view)
    return Listing(rows, cursor, total)


def alerts_page(connection: Connection, query: AlertQuery, now: datetime) -> Listing[AlertRow]:
    """One page of alerts, newest first. Raises ValidationFailedError (field `cursor`)."""
    where = _Where()
    where.add("expires_at > ?", int(now.timestamp()))
    where.one_of("type", query.types)
    if query.state is not None:
        is_open = query.state is AlertState.OPEN
        where.add("resolved_at IS NULL" if is_open else "resolved_at IS NOT NULL")
    if query.user_id is not None:
        where.add("user_id = ?", query.user_id)
    where.between("created_at", query.created_from, query.created_to)
    order = _Order("created_at", "alert_id", descending=True)
    found, total, cursor = _page(
        connection, table="alerts", columns="user_id, item", where=where, order=order, query=query
    )
    known = emails(connection, {user_id for *_, user_id, _ in found if user_id is not None})
    rows = []
    for *_, user_id, item in found:
        email, name = known.get(user_id, (None, None))
        rows.append(AlertRow(alert_from_item(orjson.loads(item)), email, name))
    return Listing(rows, cursor, total)


def keys_page(connection: Connection, query: KeyQuery, now: datetime) -> Listing[KeyRow]:
    """One page of keys, newest first. Raises ValidationFailedError (field `cursor`)."""
    where = _Where()
    where.one_of("kind", query.kinds)
    instant = iso_milliseconds(now)
    if query.state is KeyState.REVOKED:
        where.add("revoked_at IS NOT NULL")
    elif query.state is KeyState.EXPIRED:
        where.add("revoked_at IS NULL AND expires_at <= ?", instant)
    elif query.state is KeyState.ACTIVE:
        where.add("revoked_at IS NULL AND (expires_at IS NULL OR expires_at > ?)", instant)
    if query.user_email is not None:
        where.add("user_email = ?", query.user_email)
    where.contains("search", query.search)
    order = _Order("created_at", "key_hash", descending=True)
    found, total, cursor = _page(
        connection, table="keys", columns="item", where=where, order=order, query=query
    )
    keys = [key_from_item(orjson.loads(item)) for *_, item in found]
    return Listing([KeyRow(key, key_state(key, now)) for key in keys], cursor, total)


def counts(connection: Connection, view: View) -> UserCounts:
    """Users by status and level, and the month's tokens, of all but the deleted."""
    used_by = 0
    starts = iso_milliseconds(period_start(view.measure.period, view.settings.zone))
    by_status = {one: 0 for one in UserStatus if one.value != "deleted"}
    by_level = dict.fromkeys(LEVELS, 0)
    tokens = dict.fromkeys(by_status, 0)
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
        tokens[UserStatus(status)] += used
    return UserCounts(
        by_status=by_status,
        by_level=by_level,
        month_tokens=sum(tokens.values()),
        active_tokens=tokens[UserStatus.ACTIVE],
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
        where = _Where()
        where.one_of("user_id", wanted[start : start + MAX_EMAILS_AT_ONCE])
        statement = f"SELECT user_id, email, name FROM users {where.clause()}"  # noqa: S608
        rows = connection.execute(statement, where.values)
        found |= {user_id: (email, name) for user_id, email, name in rows}
    return found


def open_alerts(connection: Connection, now: datetime) -> int:
    """How many alerts nobody has resolved."""
    (count,) = connection.execute(
        "SELECT count(*) FROM alerts WHERE resolved_at IS NULL AND expires_at > ?",
        (int(now.timestamp()),),
    ).fetchone()
    return int(count)


def _page(
    connection: Connection,
    *,
    table: str,
    columns: str,
    where: _Where,
    order: _Order,
    query: UserQuery | AlertQuery | KeyQuery,
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


def _mark(query: UserQuery | AlertQuery | KeyQuery) -> str:
    """Differs for queries that differ in more than limit and cursor: no page follows another's."""
    content = repr(replace(query, limit=0, cursor=None))
    return hashlib.sha256(content.encode("utf-8", "backslashreplace")).hexdigest()[:12]


def _place(
    query: UserQuery | AlertQuery | KeyQuery, order: _Order, mark: str
) -> tuple[int | str, str]:
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
    where = _Where()
    where.add("FALSE") if not user_ids else where.one_of("user_id", user_ids)
    statement = f"SELECT user_id, row FROM user_rows {where.clause()}"  # noqa: S608
    found = dict(connection.execute(statement, where.values).fetchall())
    return [view.row(user_from_row(orjson.loads(found[one]))) for one in user_ids]
