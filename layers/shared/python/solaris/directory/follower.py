"""How the replica learns: all of the tables once, the changes feed from there on.

    build    cursor = now, then a consistent scan of users, alerts and keys
    follow   every change since the cursor, less an overlap; cursor = the time of the look

A change is keyed by its writer's clock, before it is written, so it may appear behind the cursor.
The overlap finds it: five seconds of it at every look, for writers whose clocks differ a little,
and forty every ten seconds, for a write that needed its second and third attempt (18 s at most).
What was seen already is passed over.

When the clock is set back, which a timer that nobody sets tells, the cursor goes back by as much:
what is written from then on is keyed by the new time. The look that notices reads on to where the
clock would have been, for what was written before.
"""

import threading
import time
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from pathlib import Path

import orjson

from solaris.directory.replica import Replica, View
from solaris.directory.tables import ReplicaTables
from solaris.platform.aws.items import Item
from solaris.platform.errors import StoreUnavailableError
from solaris.platform.instants import iso_milliseconds, parse_instant
from solaris.platform.logs import get_logger
from solaris.platform.settings import Settings
from solaris.quota.feed import (
    Changes,
    Published,
    slots_between,
    user_to_row,
)
from solaris.quota.item import user_from_item

TAIL = timedelta(seconds=5)
SET_BACK = timedelta(seconds=2)  # less of it is within the tail
OVERLAP = timedelta(seconds=40)
OVERLAP_EVERY_SECONDS = 10.0
AHEAD = timedelta(seconds=30)  # of a writer's clock
# The feed keeps three days. A snapshot older than this is not used, and a replica that has slept
# for longer than MAX_LAG is made anew, in the background, from a snapshot that is fresher.
MAX_BEHIND = timedelta(days=2)
MAX_LAG = timedelta(hours=1)
MAX_SEEN = 20_000

_log = get_logger("solaris.directory")


class Follower:
    """Keeps one replica up to date; one call at a time. `clock` gives the time in UTC."""

    def __init__(
        self,
        replica: Replica,
        *,
        settings: Settings,
        feed: Changes,
        tables: ReplicaTables,
        clock: Callable[[], datetime],
        timer: Callable[[], float] = time.monotonic,
    ) -> None:
        meta = replica.meta()
        self.replica = replica
        self.cursor = parse_instant(meta["cursor"])
        self._restore_mark = mark_of(meta["identity"])
        self._is_replaced = False
        self.changed = 0 if "saved_at" in meta else 1
        """Grows with every row that is written; 0 while a snapshot holds the same."""
        self._view = meta.get("view")
        self._settings = settings
        self._feed = feed
        self._tables = tables
        self._clock = clock
        self._timer = timer
        self._overlap_due = timer()
        self._looked_at = (clock(), timer())
        self._until: datetime | None = None
        self._seen: set[str] = set()
        self._rereading = threading.Lock()

    @property
    def is_too_far_behind(self) -> bool:
        """Whether a new replica is nearer than this one's way through the feed, or the only way:
        the tables were replaced by a backup's, whose versions begin below those known here.
        """
        return self._is_replaced or self._clock() - self.cursor > MAX_LAG

    def follow(self, deadline: float) -> None:
        """Take in every change that was published before this call.

        `deadline` is of the timer. Raises StoreUnavailableError when there is more to take in
        than the time allows (the next call goes on from there; each gets on a little at least),
        and what the store raises.
        """
        now = self._notice_set_back(self._clock())
        began_at = self.cursor
        self._look_with(View(self._settings, now))
        is_wide = self._timer() >= self._overlap_due
        since = self.cursor - (OVERLAP if is_wide else TAIL)
        since_key = iso_milliseconds(since)
        for slot, end in slots_between(since, (self._until or now) + AHEAD):
            for page in self._feed.read(slot, since_key):
                self.apply(page)
                if page:
                    # so old that nothing appears behind it any more
                    self._advance(min(_time_of(page[-1]), now - OVERLAP))
                if self._timer() > deadline and self.cursor > began_at:
                    msg = f"the directory is still reading the changes since {slot}"
                    raise StoreUnavailableError(msg)
            self._advance(min(end - AHEAD, now))
            if len(self._seen) > MAX_SEEN:
                self._forget()
        self._advance(now)
        self._until = None
        if is_wide:
            self._overlap_due = self._timer() + OVERLAP_EVERY_SECONDS
            self._forget()

    def apply(self, page: Iterable[Published]) -> None:
        """Take in some changes, whether or not they are known."""
        fresh = [one for one in page if one.change_key not in self._seen]
        if not fresh:
            return
        if any(one.restored not in {None, self._restore_mark} for one in fresh):
            self._is_replaced = True
        view = View(self._settings, self._clock())
        rows = [row for one in fresh if one.users for row in orjson.loads(one.users)]
        if rows:
            self.changed += self.replica.put_users(rows, view)
        alert_ids = {alert_id for one in fresh for alert_id in one.alert_ids}
        if alert_ids:
            self.read_again("alerts", alert_ids)
        key_hashes = {key_hash for one in fresh for key_hash in one.key_hashes}
        if key_hashes:
            self.read_again("keys", key_hashes)
        self._seen.update(one.change_key for one in fresh)

    def read_again(self, table: str, ids: set[str]) -> None:
        """Take items over as they are stored now; those that are gone are removed."""
        name = ReplicaTables.KEYS[table]
        with self._rereading:  # what was read first is written first
            items = self._tables.get_many(table, ids)
            put_items(self.replica, table, items, View(self._settings, self._clock()))
            gone = ids - {item[name]["S"] for item in items}
            self.replica.remove(table, gone)
        self.changed += len(items) + len(gone)

    def note_cursor(self) -> None:
        """Write the cursor into the file, for a copy of it."""
        self.replica.set_meta(cursor=iso_milliseconds(self.cursor))

    def _notice_set_back(self, now: datetime) -> datetime:
        """Take the cursor back with the clock, if that was set back; returns the time."""
        timer = self._timer()
        was, at = self._looked_at
        self._looked_at = (now, timer)
        expected = was + timedelta(seconds=timer - at)
        if expected - now > SET_BACK:
            self.cursor -= expected - now
            self._until = max(expected, self._until or expected)
            _log.warning("clock_set_back", seconds=(expected - now).total_seconds())
        return now

    def _advance(self, cursor: datetime) -> None:
        self.cursor = max(self.cursor, cursor)

    def _forget(self) -> None:
        """Drop the keys that no look comes back to."""
        oldest = iso_milliseconds(self.cursor - 2 * OVERLAP)
        self._seen = {key for key in self._seen if key >= oldest}

    def _look_with(self, view: View) -> None:
        if view.signature == self._view:
            return
        started = self._timer()
        self.replica.look_anew(view)
        self._view = view.signature
        self.changed += 1
        seconds = round(self._timer() - started, 2)
        _log.info("directory_looked_anew", view=view.signature, seconds=seconds)


def identity_of(tables: ReplicaTables, feed: Changes) -> str:
    """What tells these tables from others of the same name: before a wipe, or a restore."""
    return f"{tables.identity()}|{feed.restore_mark()}"


def mark_of(identity: str) -> str:
    """The mark of the restore that `identity_of` found."""
    return identity.rpartition("|")[2]


def _time_of(change: Published) -> datetime:
    return parse_instant(change.change_key.partition("#")[0])


def build(
    path: Path,
    *,
    settings: Settings,
    tables: ReplicaTables,
    clock: Callable[[], datetime],
    identity: str,
) -> Replica:
    """Make a replica of the tables in a new file. Raises StoreUnavailableError or AwsCallError."""
    replica = Replica(path)
    try:
        view = View(settings, clock())
        replica.set_meta(
            cursor=iso_milliseconds(view.now),
            checked_at=iso_milliseconds(view.now),
            identity=identity,
            view=view.signature,
        )

        # one page after another: the tables of one machine read all rows for each segment of a
        # scan, so that four at once took them three times as long, past a call's time-out
        for table in ReplicaTables.KEYS:
            for items in tables.pages(table):
                put_items(replica, table, items, view)
        replica.finish_filling()
    except BaseException:
        replica.close()
        raise
    return replica


def put_items(replica: Replica, table: str, items: Iterable[Item], view: View) -> int:
    """Write items of one of the tables; returns how many were new to the replica."""
    if table == "alerts":
        return replica.put_alerts(items)
    if table == "keys":
        return replica.put_keys(items)
    return replica.put_users([user_to_row(user_from_item(item)) for item in items], view)
