"""Tables that a backup has read and may still put right, in a SQLite file: memory stays flat.

The file holds what a backup holds, so it is as private, and is gone at the end.
"""

import os
import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import orjson

from solaris.backup.archive import MODE, Item, item_line
from solaris.backup.cut_rules import Standing
from solaris.backup.whole_tables import Key, key_of

CACHE_KIB = 32 * 1024
USERS = "users"


class Staging:
    """Items by table and key. A context manager: leaving it removes the file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        path.unlink(missing_ok=True)
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, MODE))
        self._database = sqlite3.connect(path, isolation_level=None)
        # nobody reads it after a crash
        self._database.execute("PRAGMA journal_mode = OFF")
        self._database.execute("PRAGMA synchronous = OFF")
        self._database.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
        self._database.execute(
            "CREATE TABLE items (name TEXT, key1 TEXT, key2 TEXT, line BLOB,"
            " PRIMARY KEY (name, key1, key2)) WITHOUT ROWID"
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._database.close()
        self._path.unlink(missing_ok=True)

    def put(self, table: str, items: Iterable[Item]) -> None:
        """Take items, in the place of those with the same key."""
        rows = ((table, *_two(key_of(table, item)), item_line(item)) for item in items)
        self._database.execute("BEGIN")
        self._database.executemany("INSERT OR REPLACE INTO items VALUES (?, ?, ?, ?)", rows)
        self._database.execute("COMMIT")

    def keep(self, table: str, key: str, line: bytes) -> None:
        """Take one line that is no item of a table of the store."""
        row = (table, key, "", line)
        self._database.execute("INSERT OR REPLACE INTO items VALUES (?, ?, ?, ?)", row)

    def get(self, table: str, *key: str) -> dict[str, Any] | None:
        """One item, None if there is none."""
        row = self._database.execute(
            "SELECT line FROM items WHERE name = ? AND key1 = ? AND key2 = ?", (table, *_two(key))
        ).fetchone()
        return orjson.loads(row[0]) if row else None

    def remove(self, table: str, *key: str) -> None:
        """Forget one item."""
        self._database.execute(
            "DELETE FROM items WHERE name = ? AND key1 = ? AND key2 = ?", (table, *_two(key))
        )

    def standing(self, user_id: str) -> Standing | None:
        """How far a user's account goes; None for somebody who was not there."""
        item = self.get(USERS, user_id)
        return Standing(item["period"]["S"], int(item["version"]["N"])) if item else None

    def lines(self, table: str) -> Iterator[bytes]:
        """Every item of a table as a line, by key."""
        rows = self._database.execute(
            "SELECT line FROM items WHERE name = ? ORDER BY key1, key2", (table,)
        )
        for (line,) in rows:
            yield line

    def items(self, table: str) -> Iterator[dict[str, Any]]:
        """Every item of a table, by key."""
        yield from map(orjson.loads, self.lines(table))


def _two(key: Key) -> tuple[str, str]:
    return (key[0], key[1] if len(key) > 1 else "")
