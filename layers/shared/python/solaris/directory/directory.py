"""Lists of users, alerts and keys, searched and sorted, without a scan of any table.

DynamoDB can neither search nor sort. So this process holds a replica in SQLite, kept up to date
from the changes feed before every answer: what was published before a list is asked for is in it,
whichever process published it. The replica is a cache: it can be made anew at any time, and
DynamoDB stays the truth.

A figure that nobody publishes is as of the user's last publication: tokens held by requests that
are still open, and the time of the last request until it is booked.
"""

import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from solaris.directory import queries as reading
from solaris.directory.coalescing import Coalesced
from solaris.directory.follower import Follower, build, identity_of
from solaris.directory.listing import Listing, UserCounts, UserQuery, UserRow
from solaris.directory.private_folder import PrivateFolder
from solaris.directory.replica import Replica, View
from solaris.directory.snapshots import Snapshots
from solaris.directory.tables import ReplicaTables
from solaris.platform.errors import StoreUnavailableError
from solaris.platform.logs import get_logger
from solaris.platform.settings import Settings
from solaris.quota.feed import Changes

WAIT_SECONDS = 8.0
# for two days of changes before the first answer
FIRST_FOLLOW_SECONDS = 120.0

_log = get_logger("solaris.directory")


AnswerT = TypeVar("AnswerT")


class Directory:
    """The lists. Every method raises StoreUnavailableError while the replica is not built yet
    (after 8 s of waiting) or the feed cannot be read. Safe to use from several threads.
    """

    def __init__(
        self,
        *,
        settings: Settings,
        feed: Changes,
        tables: ReplicaTables,
        snapshots: Snapshots,
        clock: Callable[[], datetime],
        wait_seconds: float = WAIT_SECONDS,
    ) -> None:
        self._settings = settings
        self._feed = feed
        self._tables = tables
        self._snapshots = snapshots
        self._clock = clock
        self._wait_seconds = wait_seconds
        self._lock = threading.Lock()
        self._building: threading.Event | None = None
        self._failure = ""
        self._follower: Follower | None = None
        self._folder: PrivateFolder | None = None
        self._files = 0
        self._catching_up = Coalesced(self._follow)

    def start(self) -> None:
        """Begin to build in the background, if it is not built or under way already."""
        self._start()

    def close(self) -> None:
        """Close and delete the file; a later call makes it anew."""
        with self._lock:
            if self._follower is not None:
                self._follower.replica.close()
            if self._folder is not None:
                self._folder.close()
            self._follower = self._folder = None

    def users(self, query: UserQuery) -> Listing[UserRow]:
        """One page of users. Raises ValidationFailedError (field `cursor`)."""
        with self.current().reading() as connection:
            return reading.users_page(connection, query, self._view())

    def counts(self) -> UserCounts:
        """Users by status and level, and the month's tokens."""
        with self.current().reading() as connection:
            return reading.counts(connection, self._view())

    def top_users(self, most: int) -> list[UserRow]:
        """The users who have used most this month, at most so many; none who used nothing."""
        with self.current().reading() as connection:
            return reading.top_users(connection, most, self._view())

    def emails(self, user_ids: Iterable[str]) -> dict[str, tuple[str, str]]:
        """Address and name by user id; unknown ids are left out, deleted users are in."""
        wanted = set(user_ids)
        with self.current().reading() as connection:
            return reading.emails(connection, wanted)

    def ask(self, question: Callable[[reading.Connection, datetime], AnswerT]) -> AnswerT:
        """What another package asks of the replica, at the time of the clock."""
        with self.current().reading() as connection:
            return question(connection, self._clock())

    def current(self) -> Replica:
        """The replica, holding every change published before this call; waits 8 s at most."""
        deadline = time.monotonic() + self._wait_seconds
        self.wait_until_built(self._wait_seconds)
        return self._catching_up.run(deadline).replica

    def follower(self) -> Follower:
        """What `current` is kept up to date by; for the upkeep (directory/upkeep.py)."""
        deadline = time.monotonic() + self._wait_seconds
        return self._catching_up.run(deadline)

    def wait_until_built(self, seconds: float) -> None:
        """Build, or wait for whoever does. Raises StoreUnavailableError when it takes longer."""
        building = self._start()
        if building is None:
            return
        if not building.wait(seconds):
            _log.warning("directory_not_built_yet", waited_seconds=seconds)
            msg = "the directory is being built"
            raise StoreUnavailableError(msg)
        if self._follower is None:
            msg = f"the directory was not built: {self._failure}"
            raise StoreUnavailableError(msg)

    @property
    def folder(self) -> Path:
        """Where the files of this process are."""
        with self._lock:
            return self._own_folder()

    def _own_folder(self) -> Path:
        if self._folder is None:
            self._folder = PrivateFolder("solaris-directory")
        return self._folder.path

    def _view(self) -> View:
        return View(self._settings, self._clock())

    def _start(self) -> threading.Event | None:
        """The building under way, begun now if need be; None when all is built."""
        with self._lock:
            is_fit = self._follower is not None and not self._follower.is_too_far_behind
            if is_fit:
                return None
            if self._building is None:
                self._building = threading.Event()
                threading.Thread(
                    target=self._build, args=(self._building,), name="directory", daemon=True
                ).start()
            return self._building

    def _build(self, done: threading.Event) -> None:
        started = time.monotonic()
        built = None
        try:
            built = self._load_or_build()
            seconds = round(time.monotonic() - started, 2)
            _log.info("directory_built", seconds=seconds)
        except Exception as error:  # noqa: BLE001 - whoever waits is told, the next call tries again
            self._failure = type(error).__name__
            _log.error("directory_not_built", error=f"{self._failure}: {error}")
        with self._lock:
            stale, self._building = self._follower, None
            self._follower = built
        if stale is not None:
            stale.replica.close()
            with suppress(OSError):
                stale.replica.path.unlink()
        done.set()

    def _load_or_build(self) -> Follower:
        with self._lock:
            self._files += 1
            path = self._own_folder() / f"{self._files}.sqlite"
        identity = identity_of(self._tables, self._feed)
        replica = self._snapshots.load(path, identity)
        if replica is None:
            replica = build(
                path,
                settings=self._settings,
                tables=self._tables,
                clock=self._clock,
                identity=identity,
            )
        follower = Follower(
            replica,
            settings=self._settings,
            feed=self._feed,
            tables=self._tables,
            clock=self._clock,
        )
        try:
            follower.follow(time.monotonic() + FIRST_FOLLOW_SECONDS)
        except BaseException:
            replica.close()
            raise
        return follower

    def _follow(self, deadline: float) -> Follower:
        follower = self._follower
        if follower is None:
            msg = "the directory is closed"
            raise StoreUnavailableError(msg)
        follower.follow(deadline)
        if follower.is_too_far_behind:
            # a backup was restored: what is known here is of other tables
            self.wait_until_built(max(0.0, deadline - time.monotonic()))
            follower = self._follower or follower
        return follower
