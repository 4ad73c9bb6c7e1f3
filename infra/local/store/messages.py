"""Queues and their messages as rows of SQLite; every function runs within a transaction.

Times are Unix seconds. A message is visible from `until` on, which was set `hidden` seconds
ahead of the time it was set at: so a clock that was set back is noticed.
"""

import re
import sqlite3
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from infra.local.store.errors import ServiceError

SCHEMA = """
CREATE TABLE IF NOT EXISTS queues (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, created REAL NOT NULL,
    visibility INTEGER NOT NULL DEFAULT 30, retention INTEGER NOT NULL DEFAULT 345600,
    delay INTEGER NOT NULL DEFAULT 0, wait INTEGER NOT NULL DEFAULT 0,
    dead_letters TEXT NOT NULL DEFAULT '', max_receives INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS messages (
    id INTEGER PRIMARY KEY, queue INTEGER NOT NULL, message_id TEXT NOT NULL,
    body TEXT NOT NULL, sent REAL NOT NULL, first REAL, receives INTEGER NOT NULL DEFAULT 0,
    until REAL NOT NULL, hidden REAL NOT NULL
);
CREATE INDEX IF NOT EXISTS messages_due ON messages (queue, until, receives);
CREATE INDEX IF NOT EXISTS messages_sent ON messages (queue, sent);
"""
MAX_LISTED = 1000
_MAX_ROUNDS = 100  # of ten dead letters, within one receive
_HANDLE = re.compile(r"(\d{1,18})\.(\d{1,9})\.([0-9a-f-]{36})", re.ASCII)
_OF_HANDLE = "FROM messages WHERE id = ? AND queue = ? AND message_id = ?"
_FIND = """SELECT id, message_id, body, sent, first, receives FROM messages
    WHERE queue = ? AND until <= ? AND sent > ? ORDER BY until LIMIT ?"""
_HIDE = """UPDATE messages SET receives = receives + 1, first = coalesce(first, ?),
    until = ?, hidden = ? WHERE id = ?"""
_MOVE = """UPDATE messages SET queue = ?, receives = 0, first = NULL, until = ?, hidden = 0
    WHERE id = ?"""
_CAP = """UPDATE messages SET until = :now + hidden
    WHERE queue = :queue AND until > :now AND until > :now + hidden"""

Database = sqlite3.Connection


@dataclass(frozen=True, slots=True)
class Queue:
    """A queue and its settings, in seconds; `dead_letters` is a queue's name or empty."""

    id: int
    name: str
    created: float
    visibility: int
    retention: int
    delay: int
    wait: int
    dead_letters: str
    max_receives: int


@dataclass(frozen=True, slots=True)
class Message:
    """A message as it is being received, for the `receives`th time."""

    handle: str
    message_id: str
    body: str
    sent: float
    first: float
    receives: int


@dataclass(frozen=True, slots=True)
class Taken:
    """Received messages; the queue whose letters died; seconds until more may be there."""

    messages: list[Message]
    queue: Queue
    dead_letters: str | None
    next_seconds: float | None


def find(db: Database, name: str) -> Queue | None:
    """The queue of a name."""
    row = db.execute("SELECT * FROM queues WHERE name = ?", (name,)).fetchone()
    return row and Queue(*row)


def the_queue(db: Database, name: str) -> Queue:
    """The queue of a name; raises ServiceError without one."""
    queue = find(db, name)
    if queue is None:
        raise ServiceError(400, "QueueDoesNotExist", "The specified queue does not exist.")
    return queue


def create(db: Database, now: float, name: str, settings: dict[str, Any]) -> None:
    """Make a queue; one that is there must have these settings, or ServiceError is raised."""
    queue = find(db, name)
    if queue is None:
        db.execute("INSERT INTO queues (name, created) VALUES (?, ?)", (name, now))
        set_up(db, the_queue(db, name), settings)
    elif any(getattr(queue, column) != value for column, value in settings.items()):
        said = "A queue already exists with the same name and a different value for an attribute"
        raise ServiceError(400, "QueueNameExists", said)


def set_up(db: Database, queue: Queue, settings: dict[str, Any]) -> None:
    """Change settings, by column; raises ServiceError when the dead-letter queue is missing."""
    dead_letters = settings.get("dead_letters")
    if dead_letters and find(db, dead_letters) is None:
        raise ServiceError(400, "InvalidParameterValue", "Dead letter target does not exist.")
    for column, value in settings.items():
        db.execute(f"UPDATE queues SET {column} = ? WHERE id = ?", (value, queue.id))  # noqa: S608 - our own names


def names(db: Database, prefix: str) -> list[str]:
    """Names of queues that begin with a prefix, in order, at most 1000."""
    where = "substr(name, 1, ?) = ? ORDER BY name LIMIT ?"
    query = f"SELECT name FROM queues WHERE {where}"  # noqa: S608 - a constant
    return [name for (name,) in db.execute(query, (len(prefix), prefix, MAX_LISTED))]


def counts(db: Database, now: float, queue: Queue) -> tuple[int, int, int]:
    """How many messages are visible, in somebody's hand, and delayed."""
    visible = "SELECT count(*) FROM messages WHERE queue = ? AND until <= ?"
    hidden = "SELECT count(*), sum(receives = 0) FROM messages WHERE queue = ? AND until > ?"
    (waiting,) = db.execute(visible, (queue.id, now)).fetchone()
    (others, delayed) = db.execute(hidden, (queue.id, now)).fetchone()
    return waiting, others - (delayed or 0), delayed or 0


def send(db: Database, now: float, queue: Queue, body: str, delay: int | None) -> str:
    """Keep a message; returns its id. Without `delay` (seconds) the queue's own counts."""
    message_id = str(uuid4())
    hidden = queue.delay if delay is None else delay
    db.execute(
        "INSERT INTO messages (queue, message_id, body, sent, until, hidden)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        (queue.id, message_id, body, now, now + hidden, hidden),
    )
    return message_id


def take(db: Database, now: float, name: str, most: int, visibility: int | None) -> Taken:
    """Receive up to `most` visible messages and hide them for `visibility` seconds.

    A message that was received as often as its queue allows goes to the dead-letter queue instead,
    where it has its id and the time at which it was sent.
    """
    queue = the_queue(db, name)
    dead = find(db, queue.dead_letters) if queue.dead_letters else None
    moved_to: str | None = None
    is_whole = False
    rows: list[tuple[Any, ...]] = []
    for _ in range(_MAX_ROUNDS):
        rows = db.execute(_FIND, (queue.id, now, now - queue.retention, most)).fetchall()
        if dead is None or not (over := [r[0] for r in rows if r[5] >= queue.max_receives]):
            is_whole = True
            break
        db.executemany(_MOVE, [(dead.id, now, row_id) for row_id in over])
        moved_to = dead.name
        rows = []
    hidden = queue.visibility if visibility is None else visibility
    db.executemany(_HIDE, [(now, now + hidden, hidden, row[0]) for row in rows])
    messages = [_received(row, now) for row in rows]
    next_seconds = _next_seconds(db, now, queue) if is_whole else 0.0
    return Taken(messages, queue, moved_to, next_seconds)


def delete(db: Database, queue: Queue, handle: str) -> None:
    """Delete a received message; one that is not there (any more) is well deleted.

    As with SQS's standard queues, the handle of an earlier receive will do. Raises ServiceError
    for what is no handle.
    """
    row_id, _, message_id = _parsed(handle)
    db.execute(f"DELETE {_OF_HANDLE}", (row_id, queue.id, message_id))


def change(db: Database, now: float, queue: Queue, handle: str, seconds: int) -> None:
    """Have a message in hand delivered again after `seconds`; raises ServiceError.

    Only its latest receive may: an earlier holder would take it out of another's hand.
    """
    row_id, receives, message_id = _parsed(handle)
    found = db.execute(
        f"SELECT receives, until {_OF_HANDLE}",
        (row_id, queue.id, message_id),
    ).fetchone()
    if found is None or found[0] != receives:
        said = "Message does not exist or is not available for visibility timeout change."
        raise ServiceError(400, "InvalidParameterValue", said)
    if found[1] <= now:
        raise ServiceError(400, "MessageNotInflight", "The message is not in flight.")
    db.execute(
        "UPDATE messages SET until = ?, hidden = ? WHERE id = ?", (now + seconds, seconds, row_id)
    )


def tend(db: Database, now: float) -> None:
    """Delete messages that are older than their queue keeps them; cap what is hidden.

    After the clock was set back a message is hidden once more for as long as it was to be.
    """
    for queue_id, retention in db.execute("SELECT id, retention FROM queues").fetchall():
        db.execute(_CAP, {"now": now, "queue": queue_id})
        old = (queue_id, now - retention)
        db.execute("DELETE FROM messages WHERE queue = ? AND sent <= ?", old)


def _received(row: tuple[Any, ...], now: float) -> Message:
    row_id, message_id, body, sent, first, receives = row
    handle = f"{row_id}.{receives + 1}.{message_id}"
    return Message(handle, message_id, body, sent, first or now, receives + 1)


def _next_seconds(db: Database, now: float, queue: Queue) -> float | None:
    soonest = "SELECT min(until) FROM messages WHERE queue = ? AND until > ?"
    (until,) = db.execute(soonest, (queue.id, now)).fetchone()
    return None if until is None else float(until - now)


def _parsed(handle: str) -> tuple[int, int, str]:
    match = _HANDLE.fullmatch(handle)
    if match is None:
        raise ServiceError(400, "ReceiptHandleIsInvalid", "The receipt handle is not one.")
    return int(match[1]), int(match[2]), match[3]
