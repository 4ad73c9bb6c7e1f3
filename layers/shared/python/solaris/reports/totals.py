"""Figures over all users, for /metrics and for the admins.

Summing up 100,000 users takes a scan of the table, which no request may wait for. It runs in the
background, one at a time; what is served is the last known, with its age.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from threading import Event, Lock, Thread
from typing import Any

from solaris.platform.aws.client import store_errors
from solaris.platform.logs import get_logger
from solaris.quota.periods import period_of
from solaris.quota.user import UserStatus

# The pause grows with the duration of the scan, so that scans stay under a tenth of the time.
MIN_PAUSE_SECONDS = 30.0
MAX_PAUSE_SECONDS = 300.0
PAUSE_PER_SECOND = 10
# A caller waits only when nothing is known, or nothing of the last ten minutes: a frozen Lambda
# works in the background only while somebody waits.
WAIT_SECONDS = 5.0
STALE = timedelta(seconds=600)
PAGE_USERS = 1_000
MAX_PAGES = 2_000

_FIELDS = ("status", "current_usage", "period", "reservations")

_log = get_logger("solaris.totals")


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums over all users as of `computed_at`; tokens are those of the open `period`.

    A user whose own period is another one has used nothing in the open one yet.
    """

    computed_at: datetime
    period: str
    users_by_status: Mapping[str, int]
    tokens_used: int
    tokens_used_by_active: int
    open_reservations: int

    @property
    def average_per_active_user(self) -> float:
        """Tokens that active users used, per active user; 0 if there is none."""
        active = self.users_by_status[UserStatus.ACTIVE]
        return self.tokens_used_by_active / active if active else 0.0


class UserTotals:
    """Keeps the sums over one users table; `client` is a boto3 DynamoDB client."""

    def __init__(
        self,
        client: Any,
        *,
        users_table: str,
        zone: tzinfo,
        clock: Callable[[], datetime],
        timer: Callable[[], float] = time.monotonic,
        wait_seconds: float = WAIT_SECONDS,
    ) -> None:
        self._client = client
        self._table = users_table
        self._zone = zone
        self._clock = clock
        self._timer = timer
        self._wait_seconds = wait_seconds
        self._lock = Lock()
        self._running: Event | None = None
        self._due_at: float | None = None
        self._latest: Totals | None = None

    def latest(self) -> Totals | None:
        """The last known sums; None when the first are not there within five seconds.

        Starts a new scan in the background when the last is 30 seconds to five minutes old.
        """
        running = self._start_if_due()
        if running is not None and self._is_stale():
            running.wait(self._wait_seconds)
        return self._latest

    def compute(self) -> Totals:
        """Scan now. Raises StoreUnavailableError or AwsCallError."""
        now = self._clock()
        period = period_of(now, self._zone)
        by_status: Counter[str] = Counter({status.value: 0 for status in UserStatus})
        used_by_status: Counter[str] = Counter()
        reservations = 0
        for item in self._items():
            status = item["status"]["S"]
            by_status[status] += 1
            if item["period"]["S"] == period:
                used_by_status[status] += int(item["current_usage"]["N"])
            reservations += len(item["reservations"]["M"])
        return Totals(
            computed_at=now,
            period=period,
            users_by_status=dict(by_status),
            tokens_used=used_by_status.total(),
            tokens_used_by_active=used_by_status[UserStatus.ACTIVE],
            open_reservations=reservations,
        )

    def _is_stale(self) -> bool:
        latest = self._latest
        return latest is None or abs(self._clock() - latest.computed_at) > STALE

    def _start_if_due(self) -> Event | None:
        """The scan under way, begun now if it is time; None between two scans."""
        with self._lock:
            due = self._due_at is None or self._timer() >= self._due_at
            if self._running is None and due:
                self._running = Event()
                Thread(
                    target=self._refresh, args=(self._running,), name="user-totals", daemon=True
                ).start()
            return self._running

    def _refresh(self, done: Event) -> None:
        started = self._timer()
        computed = None
        try:
            computed = self.compute()
        except Exception as error:  # noqa: BLE001 - the last known sums stay, the age tells
            _log.warning("user_totals_failed", error=type(error).__name__)
        ended = self._timer()
        pause = PAUSE_PER_SECOND * (ended - started)
        with self._lock:
            self._latest = computed or self._latest
            self._due_at = ended + min(max(pause, MIN_PAUSE_SECONDS), MAX_PAUSE_SECONDS)
            self._running = None
        done.set()

    def _items(self) -> Iterator[dict[str, Any]]:
        request: dict[str, Any] = {
            "TableName": self._table,
            "Limit": PAGE_USERS,
            "ProjectionExpression": ", ".join(f"#{name}" for name in _FIELDS),
            "ExpressionAttributeNames": {f"#{name}": name for name in _FIELDS},
        }
        for _ in range(MAX_PAGES):
            with store_errors():
                page = self._client.scan(**request)
            yield from page["Items"]
            if "LastEvaluatedKey" not in page:
                return
            request["ExclusiveStartKey"] = page["LastEvaluatedKey"]
        msg = f"the users table has more than {MAX_PAGES} pages"
        raise RuntimeError(msg)
