"""Looks for what lasts until somebody ends it (alerts/causes/), with the directory's upkeep.

    on record already?  ─ no ─►  notice on the alerts queue  ─►  record, mails, channels

People and keys are asked of the directory's replica, the books of the newest reconciliation, the
upstream of the last ten minutes' records. A notice that comes twice finds the record of the first.
`facts` is what the closer (alerts/closer.py) then closes by.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any, TypeVar

import orjson

from solaris.alerts.causes.cause import (
    DAY,
    KEY_DAYS,
    BooksDiffer,
    Cause,
    Facts,
    KeyExpiring,
    KeyTerms,
    PersonWaiting,
    Reconciled,
    UpstreamFailing,
    days_before,
)
from solaris.alerts.notices import notice_to_json
from solaris.directory.directory import Directory
from solaris.directory.queries import Connection
from solaris.keys.key import GatewayKey
from solaris.keys.store import key_from_item
from solaris.ledger.figures import ReportFilters, is_upstream_failure
from solaris.ledger.usage_by_day import UsageDays
from solaris.operations.upstream_rule import MAX_REQUESTS, WINDOW, Window, is_failing
from solaris.operations.watch_store import WatchStore
from solaris.platform.aws.queues import ALERTS_QUEUE, Queues
from solaris.platform.errors import SolarisError
from solaris.platform.instants import iso_milliseconds
from solaris.platform.logs import get_logger
from solaris.platform.settings import Settings
from solaris.quota.feed import user_from_row
from solaris.quota.periods import period_of
from solaris.reconciliation.run_store import ReconciliationStore

MAX_TOLD = 50
"""Of people, and of keys, in one look: the next one goes on, ten minutes later."""

MAX_LOOKED_AT = 10_000

_log = get_logger("solaris.watch")
_CauseT = TypeVar("_CauseT", bound=Cause)


@dataclass(frozen=True, slots=True)
class WatchReport:
    """How many notices one look has put on the queue."""

    told: int = 0

    def body(self) -> dict[str, Any]:
        """What the function answers beside the upkeep."""
        return {"told_causes": self.told}


class Watch:
    """Looks, and says what is so. `clock` is in UTC."""

    def __init__(
        self,
        *,
        settings: Settings,
        directory: Directory,
        usage: UsageDays,
        runs: ReconciliationStore,
        store: WatchStore,
        queues: Queues,
        clock: Callable[[], datetime],
    ) -> None:
        self._settings = settings
        self._directory = directory
        self._usage = usage
        self._runs = runs
        self._store = store
        self._queues = queues
        self._clock = clock

    def look(self) -> WatchReport:
        """Put a notice on the queue for what is not on record yet.

        What cannot be looked at is logged, and left to the next look.
        """
        told = 0
        for find in (self._people, self._keys, self._upstream, self._books):
            try:
                for cause in find():
                    self._queues.send(ALERTS_QUEUE, notice_to_json(cause))
                    _log.info("cause_found", alert_id=cause.alert_id)
                    told += 1
            except (SolarisError, ValueError) as error:
                _log.error("cause_not_looked_at", what=find.__name__, error=str(error))
        return WatchReport(told)

    def facts(self) -> Facts:
        """What closes alerts, as it is now. Raises StoreUnavailableError, AwsCallError."""
        run = self._runs.latest_done()
        keys = self._directory.ask(_warned_keys)
        return Facts(
            now=self._clock(),
            keys={one.key_id: KeyTerms(one.expires_at, one.revoked_at is not None) for one in keys},
            failing_since=self._store.failing_since(),
            reconciled=None
            if run is None or run.finished_at is None
            else Reconciled(run.finished_at, run.differences),
        )

    @property
    def _period(self) -> str:
        return period_of(self._clock(), self._settings.zone)

    def _people(self) -> list[Cause]:
        return self._directory.ask(partial(_waiting, self._settings, self._period))

    def _keys(self) -> list[Cause]:
        return self._directory.ask(partial(_expiring, self._settings, self._period))

    def _upstream(self) -> list[Cause]:
        since, window = self._store.failing_since(), self._window()
        if not is_failing(window, before=since is not None):
            if since is not None:
                self._store.ends()
                _log.info("upstream_well_again", requests=window.requests, failed=window.failed)
            return []
        if since is None:
            # noted first: who dies in between tells it with the next look
            self._store.begins(self._clock())
            since = self._store.failing_since() or self._clock()
            _log.warning("upstream_failing", requests=window.requests, failed=window.failed)
        cause = UpstreamFailing(
            since=since,
            requests=window.requests,
            failed=window.failed,
            minutes=int(WINDOW.total_seconds()) // 60,
            period=self._period,
        )
        return self._untold([cause])

    def _window(self) -> Window:
        """The records of the last ten minutes, newest first."""
        now = self._clock()
        begins, zone = now - WINDOW, self._settings.zone
        days = ReportFilters(
            first_day=begins.astimezone(zone).date(), last_day=now.astimezone(zone).date()
        )
        requests = failed = 0
        for line in self._usage.records(days, descending=True, page=MAX_REQUESTS):
            if line.created_at < begins or requests >= MAX_REQUESTS:
                break
            requests += 1
            failed += is_upstream_failure(line.status_code)
        return Window(requests, failed)

    def _books(self) -> list[Cause]:
        run = self._runs.latest_done()
        if run is None or run.finished_at is None or not run.differences:
            return []
        cause = BooksDiffer(
            found_at=run.finished_at.astimezone(self._settings.zone),
            differences=run.differences,
            users=run.users,
            period=self._period,
        )
        return self._untold([cause])

    def _untold(self, causes: list[Cause]) -> list[Cause]:
        return self._directory.ask(
            lambda connection, _now: [one for one in causes if _is_untold(connection, one)]
        )


def _is_untold(connection: Connection, cause: Cause) -> bool:
    found = connection.execute("SELECT 1 FROM alerts WHERE alert_id = ?", (cause.alert_id,))
    return found.fetchone() is None


def _first_untold(connection: Connection, causes: Iterator[_CauseT]) -> list[Cause]:
    found: list[Cause] = []
    for cause in causes:
        if _is_untold(connection, cause):
            found.append(cause)
            if len(found) >= MAX_TOLD:
                break
    return found


def _waiting(
    settings: Settings, period: str, connection: Connection, _now: datetime
) -> list[Cause]:
    """People who wait, the longest first."""
    rows = connection.execute(
        "SELECT r.row FROM users AS u JOIN user_rows AS r ON r.user_id = u.user_id"
        " WHERE u.status = 'pending' ORDER BY u.created_at LIMIT ?",
        (MAX_LOOKED_AT,),
    )
    users = (user_from_row(orjson.loads(row)) for (row,) in rows)
    return _first_untold(
        connection,
        (
            PersonWaiting(
                user_id=one.user_id,
                email=one.email,
                name=one.name,
                plan=one.plan.value,
                since=one.created_at.astimezone(settings.zone),
                period=period,
            )
            for one in users
        ),
    )


def _expiring(
    settings: Settings, period: str, connection: Connection, now: datetime
) -> list[Cause]:
    """Keys whose end is near, the nearest first."""
    rows = connection.execute(
        "SELECT item FROM keys WHERE revoked_at IS NULL AND expires_at > ? AND expires_at <= ?"
        " ORDER BY expires_at LIMIT ?",
        (iso_milliseconds(now), iso_milliseconds(now + KEY_DAYS[0] * DAY), MAX_LOOKED_AT),
    )
    keys = [key_from_item(orjson.loads(item)) for (item,) in rows]

    def causes() -> Iterator[KeyExpiring]:
        for key in keys:
            if key.expires_at is None or (days := days_before(key.expires_at, now)) is None:
                continue
            cause = KeyExpiring(
                key_id=key.key_id,
                prefix=key.prefix,
                name=key.name,
                expires_at=key.expires_at.astimezone(settings.zone),
                days=days,
                period=period,
            )
            yield _with_owner(connection, key, cause)

    return _first_untold(connection, causes())


def _with_owner(connection: Connection, key: GatewayKey, cause: KeyExpiring) -> KeyExpiring:
    """Whose a personal key is; who is not among the users is told by the address alone."""
    if key.user_email is None:
        return cause
    row = connection.execute(
        "SELECT user_id FROM users WHERE email = ?", (key.user_email,)
    ).fetchone()
    return replace(cause, email=key.user_email, user_id=row[0] if row else None)


def _warned_keys(connection: Connection, now: datetime) -> list[GatewayKey]:
    """The keys of which an open alert tells."""
    rows = connection.execute(
        "SELECT alert_id FROM alerts WHERE resolved_at IS NULL AND expires_at > ?"
        " AND alert_id LIKE 'key_expiring#%'",
        (int(now.timestamp()),),
    )
    wanted = {alert_id.split("#")[1] for (alert_id,) in rows}
    if not wanted:
        return []
    items = connection.execute("SELECT item FROM keys")
    keys = (key_from_item(orjson.loads(item)) for (item,) in items)
    return [one for one in keys if one.key_id in wanted]
