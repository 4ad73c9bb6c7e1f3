"""The replica: a SQLite file of users, alerts and keys, made to be searched and sorted.

A row is kept as it is stored in DynamoDB, and beside it what lists sort and filter by, as the
next request would find the user (quota/account.py): month opened, block threshold of today.
That `View` is part of the file; when the month or a threshold is another, all users are looked at
anew, from their stored rows.

One connection writes, behind a lock; each reader has one of its own and sees whole transactions
(WAL). The file is a cache and is not synced to the disk.
"""

import queue
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson

from solaris.directory.listing import UsageLevel, UserRow, folded, level_of, row_of
from solaris.platform.aws.items import Item
from solaris.platform.errors import StoreUnavailableError
from solaris.platform.settings import Settings
from solaris.quota.account import account_of
from solaris.quota.feed import Row
from solaris.quota.periods import period_of
from solaris.quota.plans import Seeds
from solaris.quota.policy import block_ppm_of, seeds_of, threshold_rule_of
from solaris.quota.quota import Quota
from solaris.quota.thresholds import ThresholdRule
from solaris.quota.user import Plan, User

SCHEMA_VERSION = "4"
NAME_CHARACTERS = 100  # of a name that the order depends on
BUSY_SECONDS = 5.0
BATCH_ROWS = 1_000
MAX_IDLE_READERS = 16
MAX_INTEGER = 2**63 - 1  # SQLite's
LEVELS = {level: number for number, level in enumerate(UsageLevel)}
NEVER_FIRST, NEVER_LAST = "", "~"  # before and after every instant

_TABLES = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE users (
    user_id TEXT PRIMARY KEY, version INTEGER NOT NULL,
    name TEXT NOT NULL, email TEXT NOT NULL, status TEXT NOT NULL, plan TEXT NOT NULL,
    group_id TEXT NOT NULL,
    level INTEGER NOT NULL, used INTEGER NOT NULL, ppm INTEGER NOT NULL, source TEXT NOT NULL,
    name_key TEXT NOT NULL, search TEXT NOT NULL,
    created_at TEXT NOT NULL, seen_up TEXT NOT NULL, seen_down TEXT NOT NULL
);
CREATE TABLE user_rows (
    user_id TEXT PRIMARY KEY, version INTEGER NOT NULL, row BLOB NOT NULL
) WITHOUT ROWID;
CREATE TABLE alerts (
    alert_id TEXT PRIMARY KEY, user_id TEXT, type TEXT NOT NULL, created_at TEXT NOT NULL,
    resolved_at TEXT, expires_at INTEGER NOT NULL, item BLOB NOT NULL
);
CREATE TABLE keys (
    key_hash TEXT PRIMARY KEY, kind TEXT NOT NULL, user_email TEXT, search TEXT NOT NULL,
    created_at TEXT NOT NULL, expires_at TEXT, revoked_at TEXT, item BLOB NOT NULL
);
"""
# Made after the first filling, which is faster without them.
_INDEXES = """
CREATE INDEX IF NOT EXISTS users_used ON users (used, user_id) WHERE status <> 'deleted';
CREATE INDEX IF NOT EXISTS users_ppm ON users (ppm, user_id) WHERE status <> 'deleted';
CREATE INDEX IF NOT EXISTS users_name ON users (name_key, user_id) WHERE status <> 'deleted';
CREATE INDEX IF NOT EXISTS users_email ON users (email, user_id) WHERE status <> 'deleted';
CREATE INDEX IF NOT EXISTS users_created ON users (created_at, user_id) WHERE status <> 'deleted';
CREATE INDEX IF NOT EXISTS users_seen_up ON users (seen_up, user_id) WHERE status <> 'deleted';
CREATE INDEX IF NOT EXISTS users_seen_down ON users (seen_down, user_id) WHERE status <> 'deleted';
CREATE INDEX IF NOT EXISTS users_group ON users (group_id, used) WHERE group_id <> '';
CREATE INDEX IF NOT EXISTS users_counts ON users (status, level, used, seen_down);
CREATE INDEX IF NOT EXISTS alerts_created ON alerts (created_at, alert_id);
CREATE INDEX IF NOT EXISTS alerts_user ON alerts (user_id, created_at, alert_id);
CREATE INDEX IF NOT EXISTS alerts_open ON alerts (expires_at) WHERE resolved_at IS NULL;
CREATE INDEX IF NOT EXISTS keys_created ON keys (created_at, key_hash);
"""
_INDEX_NAMES = "SELECT name FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
_COLUMNS = (
    *("user_id", "version", "name", "email", "status", "plan", "group_id"),
    *("level", "used", "ppm", "source"),
    *("name_key", "search", "created_at", "seen_up", "seen_down"),
)


def _upsert(table: str, columns: tuple[str, ...]) -> str:
    """Write a user's row unless a newer one is there."""
    values = ", ".join("?" * len(columns))
    changes = ", ".join(f"{one} = excluded.{one}" for one in columns[1:])
    return (
        f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({values}) "  # noqa: S608 - names of this file
        f"ON CONFLICT (user_id) DO UPDATE SET {changes} WHERE excluded.version > {table}.version"
    )


_PUT_USER = _upsert("users", _COLUMNS)
_PUT_ROW = _upsert("user_rows", ("user_id", "version", "row"))
_PUT_ALERT = "INSERT OR REPLACE INTO alerts VALUES (?, ?, ?, ?, ?, ?, ?)"
_PUT_KEY = "INSERT OR REPLACE INTO keys VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
_ID_COLUMNS = {"users": "user_id", "alerts": "alert_id", "keys": "key_hash"}


@dataclass(frozen=True, slots=True)
class View:
    """How users are looked at: with today's settings, at a moment."""

    settings: Settings
    now: datetime

    @property
    def measure(self) -> "_Measure":
        """What sorting and filtering depend on."""
        settings = self.settings
        period = period_of(self.now, settings.zone)
        rule, seeds = threshold_rule_of(settings), seeds_of(settings)
        return _Measure(period, block_ppm_of(settings), rule, seeds)

    @property
    def signature(self) -> str:
        """Equal for two moments that see every user alike."""
        measure = self.measure
        rule = measure.rule
        seeds = f"{list(measure.seeds.limits.values())} {measure.seeds.first_request}"
        thresholds = f"{measure.block_ppm} {rule.warning_ppm} {rule.critical_ppm}"
        return f"{measure.period} {thresholds} {seeds}"

    def row(self, stored: User) -> UserRow:
        """The user as the next request would find them."""
        user = account_of(stored, self.settings, self.now).user
        return row_of(user, threshold_rule_of(self.settings))


@dataclass(frozen=True, slots=True)
class _Measure:
    """The month and the thresholds of a view.

    The rule of `account_of` for the figures that lists sort and filter by, at a tenth of
    its price, for there are a hundred thousand of them; a test compares the two.
    """

    period: str
    block_ppm: int
    rule: ThresholdRule
    seeds: Seeds

    def standing(self, figures: Row) -> tuple[int, int, int, str]:
        """Level, tokens used, millionths of what is granted, whence the limit, of a stored row."""
        used = figures["current_usage"] if figures["period"] >= self.period else 0
        additional = figures["additional_tokens"]
        quota = Quota(figures["monthly_limit"], additional, used, 0, self.block_ppm)
        rule = self.rule
        if "warning_ppm" in figures or "critical_ppm" in figures:
            rule = ThresholdRule(
                warning_ppm=figures.get("warning_ppm", rule.warning_ppm),
                critical_ppm=figures.get("critical_ppm", rule.critical_ppm),
            )
        level = level_of(quota, rule)
        source = figures.get("limit_source") or self.seeds.source_before(
            Plan(figures["plan"]), figures["monthly_limit"]
        )
        ppm = min(quota.granted_ppm, MAX_INTEGER)
        return LEVELS[level], min(used, MAX_INTEGER), ppm, str(source)


class Replica:
    """One file. Methods raise StoreUnavailableError once it is closed, and sqlite3.Error when the
    file is damaged or the disk is full.
    """

    def __init__(self, path: Path) -> None:
        """Open a file, or make a new one at a path where there is none."""
        self.path = path
        is_new = not path.exists()
        self._lock = threading.Lock()
        self._closed = False
        self._idle: queue.LifoQueue[sqlite3.Connection] = queue.LifoQueue(MAX_IDLE_READERS)
        self._writer = self._connect()
        if is_new:
            self._writer.executescript(_TABLES)
            self.set_meta(schema=SCHEMA_VERSION)

    def finish_filling(self) -> None:
        """Make the indexes, once the first rows are in."""
        with self._lock:
            self._writer.executescript(_INDEXES)

    def close(self) -> None:
        """Close what is idle; a reader at work closes its own connection when it is done."""
        self._closed = True
        with self._lock:
            self._writer.close()
        while True:
            try:
                self._idle.get_nowait().close()
            except queue.Empty:
                return

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """A connection that sees one state of the file."""
        self._check_open()
        try:
            connection = self._idle.get_nowait()
        except queue.Empty:
            connection = self._connect()
        try:
            connection.execute("BEGIN")
            yield connection
        finally:
            connection.rollback()
            try:
                self._idle.put_nowait(connection)
            except queue.Full:
                connection.close()
            if self._closed:
                connection.close()

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """The one connection that writes, in a transaction: all of it or nothing."""
        with self._lock:
            self._check_open()
            self._writer.execute("BEGIN IMMEDIATE")
            try:
                yield self._writer
            except BaseException:
                self._writer.rollback()
                raise
            self._writer.commit()

    def meta(self) -> dict[str, str]:
        """What is noted about the file: schema, tables' identity, cursor, view."""
        with self.reading() as connection:
            return dict(connection.execute("SELECT name, value FROM meta"))

    def set_meta(self, **values: str) -> None:
        """Note something about the file."""
        with self.writing() as connection:
            connection.executemany("INSERT OR REPLACE INTO meta VALUES (?, ?)", values.items())

    def put_users(self, rows: Iterable[Row], view: View) -> int:
        """Write users (rows of quota/feed.py); returns how many were newer than known."""
        measure = view.measure
        shown = [
            (_columns(row, measure), (row["user_id"], row["version"], orjson.dumps(row)))
            for row in rows
        ]
        with self.writing() as connection:
            changed = connection.executemany(_PUT_USER, (one for one, _ in shown)).rowcount
            connection.executemany(_PUT_ROW, (one for _, one in shown))
        return changed

    def put_alerts(self, items: Iterable[Item]) -> int:
        """Write alerts as they are stored; returns how many."""
        rows = [_alert_columns(item) for item in items]
        with self.writing() as connection:
            connection.executemany(_PUT_ALERT, rows)
        return len(rows)

    def put_keys(self, items: Iterable[Item]) -> int:
        """Write keys as they are stored; returns how many."""
        rows = [_key_columns(item) for item in items]
        with self.writing() as connection:
            connection.executemany(_PUT_KEY, rows)
        return len(rows)

    def remove(self, table: str, ids: Iterable[str]) -> int:
        """Delete rows of `users`, `alerts` or `keys`; returns how many there were."""
        statement = f"DELETE FROM {table} WHERE {_ID_COLUMNS[table]} = ?"  # noqa: S608
        wanted = [(one,) for one in ids]
        with self.writing() as connection:
            if table == "users":
                connection.executemany("DELETE FROM user_rows WHERE user_id = ?", wanted)
            return connection.executemany(statement, wanted).rowcount

    def remove_expired_alerts(self, now: datetime) -> int:
        """Delete the alerts that DynamoDB's TTL deletes as well; returns how many."""
        with self.writing() as connection:
            statement = "DELETE FROM alerts WHERE expires_at <= ?"
            return connection.execute(statement, (int(now.timestamp()),)).rowcount

    def look_anew(self, view: View) -> None:
        """Recompute what lists sort and filter by, for every user, from the stored rows."""
        update = "UPDATE users SET level = ?, used = ?, ppm = ?, source = ? WHERE user_id = ?"
        measure = view.measure
        # in this order: nothing is written between the reader's first look and these writes
        with self.writing() as connection, self.reading() as source:
            rows = source.execute(
                "SELECT user_id, level, used, ppm, source, row "
                "FROM users JOIN user_rows USING (user_id)"
            )
            while some := rows.fetchmany(BATCH_ROWS):
                changed = [
                    (*standing, user_id)
                    for user_id, *known, row in some
                    if (standing := measure.standing(orjson.loads(row))) != tuple(known)
                ]
                connection.executemany(update, changed)
            connection.execute("INSERT OR REPLACE INTO meta VALUES ('view', ?)", (view.signature,))

    def backup(self, path: Path) -> None:
        """Write a copy of the file as it is now, while readers go on.

        Without the indexes, which are two thirds of it and made in a second (`finish_filling`).
        """
        with self.reading() as source:
            copy = sqlite3.connect(path, isolation_level=None)
            try:
                source.backup(copy)
                copy.execute("PRAGMA journal_mode = OFF")
                for (name,) in copy.execute(_INDEX_NAMES).fetchall():
                    copy.execute(f"DROP INDEX {name}")
                copy.execute("VACUUM")
            finally:
                copy.close()

    def _check_open(self) -> None:
        if self._closed:
            msg = "the replica is closed"
            raise StoreUnavailableError(msg)

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self.path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
        )
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = OFF")
        return connection


def _columns(row: Row, measure: _Measure) -> tuple[Any, ...]:
    name_key = folded(row["name"])
    seen = row.get("last_seen_at")
    addresses = "\n".join(folded(one) for one in (row["email"], *row.get("aliases", ())))
    return (
        *(row["user_id"], row["version"], row["name"], row["email"], row["status"], row["plan"]),
        row.get("group_id", ""),
        *measure.standing(row),
        *(name_key[:NAME_CHARACTERS], f"{name_key}\n{addresses}"),
        *(row["created_at"], seen or NEVER_LAST, seen or NEVER_FIRST),
    )


def _alert_columns(item: Item) -> tuple[Any, ...]:
    return (
        item["alert_id"]["S"],
        _text(item, "user_id"),
        item["type"]["S"],
        item["created_at"]["S"],
        _text(item, "resolved_at"),
        int(item["expires_at"]["N"]),
        orjson.dumps(item),
    )


def _key_columns(item: Item) -> tuple[Any, ...]:
    email = _text(item, "user_email")
    shown = (_text(item, "name") or "", item["prefix"]["S"], email or "")
    return (
        item["key_hash"]["S"],
        item["kind"]["S"],
        email,
        "\n".join(folded(one) for one in shown),
        item["created_at"]["S"],
        _text(item, "expires_at"),
        _text(item, "revoked_at"),
        orjson.dumps(item),
    )


def _text(item: Mapping[str, Any], name: str) -> str | None:
    value = item.get(name, {}).get("S")
    return None if value is None else str(value)
