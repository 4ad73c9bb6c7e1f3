"""The replica held against the tables, once a day: what the feed did not bring is put right.

The feed is told of everything at least once as long as its writers live: a process that dies
between its write and its word of it leaves a difference, which ends with the next change of the
same user, or here. Figures that nobody publishes (open reservations, the last request's time) are
freshened without a word.
"""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, cast

import orjson

from solaris.directory.follower import Follower, put_items
from solaris.directory.listing import UserRow
from solaris.directory.replica import Replica, View
from solaris.directory.tables import ReplicaTables
from solaris.platform.aws.items import Item
from solaris.platform.settings import Settings
from solaris.quota.feed import Row, user_from_row
from solaris.quota.item import user_from_item

PAGE_ITEMS = 500
PAUSE_SECONDS = 0.05  # 20 pages a second at most
MAX_IDS_AT_ONCE = 500
# what changes without a word to the feed, and says nothing about the alert
_VOLATILE: dict[str, frozenset[str]] = {
    "alerts": frozenset({"mail_lease", "mail_until", "admin_mail_lease", "admin_mail_until"}),
}
_TABLES = ("users", "alerts", "keys")


@dataclass(slots=True)
class Drift:
    """Rows that were wrong and are right now, by table."""

    users: int = 0
    alerts: int = 0
    keys: int = 0

    @property
    def total(self) -> int:
        """All of them."""
        return self.users + self.alerts + self.keys


class Checker:
    """Compares and repairs. `catch_up` brings the replica up to date with the feed."""

    def __init__(
        self,
        follower: Follower,
        *,
        settings: Settings,
        tables: ReplicaTables,
        clock: Callable[[], datetime],
        catch_up: Callable[[], Any],
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._follower = follower
        self._replica: Replica = follower.replica
        self._settings = settings
        self._tables = tables
        self._clock = clock
        self._catch_up = catch_up
        self._pause = pause

    def run(self, is_out_of_time: Callable[[], bool]) -> Drift | None:
        """Check every row; None when the time is over before the end (nothing is removed then).

        Raises StoreUnavailableError or AwsCallError.
        """
        drift = Drift()
        for table in _TABLES:
            seen: set[str] = set()
            suspects: set[str] = set()
            for items in self._tables.pages(table, limit=PAGE_ITEMS):
                seen_here = {item[ReplicaTables.KEYS[table]]["S"] for item in items}
                seen |= seen_here
                known = self._known(table, seen_here)
                differing = self._differing(table, items, known)
                self._freshen(table, items, known, differing)
                suspects |= differing
                if is_out_of_time():
                    return None
                self._pause(PAUSE_SECONDS)
            suspects |= self._ids(table) - seen
            # what was published meanwhile is no drift
            self._catch_up()
            setattr(drift, table, self._repair(table, suspects))
        return drift

    def _repair(self, table: str, suspects: set[str]) -> int:
        repaired = 0
        wanted = sorted(suspects)
        for start in range(0, len(wanted), MAX_IDS_AT_ONCE):
            ids = set(wanted[start : start + MAX_IDS_AT_ONCE])
            # before the items: a version above the item's is then none that came in between
            known = self._known(table, ids)
            items = self._tables.get_many(table, ids)
            found = {item[ReplicaTables.KEYS[table]]["S"] for item in items}
            wrong = {row_id for row_id in ids - found if row_id in known}
            wrong |= self._differing(table, items, known)
            if table == "users":
                newer = {row_id for row_id in wrong if row_id in known}
                self._replica.remove(table, newer & self._ahead(items, known))
                self._replica.remove(table, ids - found)
                view = View(self._settings, self._clock())
                self._follower.changed += put_items(self._replica, table, items, view)
            else:
                self._follower.read_again(table, ids)
            repaired += len(wrong)
        self._follower.changed += repaired
        return repaired

    def _freshen(
        self, table: str, items: Iterable[Item], known: dict[str, Any], differing: set[str]
    ) -> None:
        """Take over users of a newer version whose published figures are the same."""
        if table != "users":
            return
        newer = [
            item
            for item in items
            if (row_id := item["user_id"]["S"]) not in differing
            and int(item["version"]["N"]) > known[row_id]["version"]
        ]
        if newer:
            view = View(self._settings, self._clock())
            self._follower.changed += put_items(self._replica, table, newer, view)

    def _differing(self, table: str, items: Iterable[Item], known: dict[str, Any]) -> set[str]:
        """The ids of items that the replica does not have, or has otherwise."""
        by_id = {item[ReplicaTables.KEYS[table]]["S"]: item for item in items}
        return {
            row_id
            for row_id, item in by_id.items()
            if row_id not in known or not self._is_same(table, item, known[row_id])
        }

    def _is_same(self, table: str, item: Item, stored: dict[str, Any]) -> bool:
        if table != "users":
            volatile = _VOLATILE.get(table, frozenset())
            return {k: v for k, v in item.items() if k not in volatile} == {
                k: v for k, v in stored.items() if k not in volatile
            }
        if int(item["version"]["N"]) == stored["version"]:
            return True
        view = View(self._settings, self._clock())
        ours, theirs = (
            view.row(replace(user, reservations={}))
            for user in (user_from_row(cast("Row", stored)), user_from_item(item))
        )
        return _published(ours) == _published(theirs)

    def _ahead(self, items: Iterable[Item], known: dict[str, Any]) -> set[str]:
        """Users whose version the table has fallen behind of: restored from a backup, say."""
        return {
            item["user_id"]["S"]
            for item in items
            if item["user_id"]["S"] in known
            and known[item["user_id"]["S"]]["version"] > int(item["version"]["N"])
        }

    def _known(self, table: str, ids: set[str]) -> dict[str, Any]:
        source = {"users": ("row", "user_rows"), "alerts": ("item", "alerts")}
        column, name = source.get(table, ("item", "keys"))
        marks = ", ".join("?" * len(ids))
        key = ReplicaTables.KEYS[table]
        statement = f"SELECT {key}, {column} FROM {name} WHERE {key} IN ({marks})"  # noqa: S608
        with self._replica.reading() as connection:
            rows = connection.execute(statement, sorted(ids)).fetchall()
        return {row_id: orjson.loads(row) for row_id, row in rows}

    def _ids(self, table: str) -> set[str]:
        statement = f"SELECT {ReplicaTables.KEYS[table]} FROM {table}"  # noqa: S608
        with self._replica.reading() as connection:
            return {row_id for (row_id,) in connection.execute(statement)}


def _published(row: UserRow) -> UserRow:
    """The row without what nobody publishes."""
    return replace(
        row,
        version=0,
        updated_at=row.created_at,
        last_seen_at=None,
        reserved_tokens=0,
        available_tokens=0,
    )
