"""Closes open alerts whose cause is gone, whatever took it away: people, a plan, a new month.

The alerts table has no index of what is open, and needs none: the directory's replica knows the
open alerts and their users. It says which to look at; the users' items say which to close, and a
condition closes each once. Run with the upkeep of the directory, every ten minutes.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby, islice
from operator import itemgetter
from typing import Any

import orjson

from solaris.alerts.alert import Alert, ResolvedWhy
from solaris.alerts.causes.cause import Facts
from solaris.alerts.causes.cause import to_close as causes_to_close
from solaris.alerts.ceiling import Ceiling
from solaris.alerts.ceiling import to_close as ceilings_to_close
from solaris.alerts.closing import to_close
from solaris.alerts.store import AlertStore, alert_from_item
from solaris.directory.directory import Directory
from solaris.directory.queries import Connection
from solaris.platform.logs import get_logger
from solaris.platform.settings import Settings
from solaris.quota.feed import user_from_row
from solaris.quota.periods import period_of
from solaris.quota.policy import threshold_rule_of
from solaris.quota.store import UserStore
from solaris.quota.user import User

MAX_CLOSED_A_RUN = 2_000
PACK_ALERTS = 100
STOP_BEFORE_SECONDS = 30.0

_log = get_logger("solaris.alert_closing")


@dataclass(slots=True)
class CloseReport:
    """What one run closed; not `is_done` when there may be more (the next run goes on)."""

    closed: int = 0
    is_done: bool = False

    def body(self) -> dict[str, Any]:
        """What the function answers beside the upkeep."""
        return {"closed_alerts": self.closed}


class AlertCloser:
    """Looks at the open alerts. `ceilings` gives those that there are by group, `facts` what is so
    of keys, upstream and books.

    `publish` tells the lists, `clock` is in UTC.
    """

    def __init__(
        self,
        *,
        settings: Settings,
        users: UserStore,
        alerts: AlertStore,
        directory: Directory,
        ceilings: Callable[[], Mapping[str, Ceiling]],
        facts: Callable[[], Facts | None],
        publish: Callable[[Sequence[str]], None],
        clock: Callable[[], datetime],
    ) -> None:
        self._settings = settings
        self._users = users
        self._alerts = alerts
        self._directory = directory
        self._ceilings = ceilings
        self._facts = facts
        self._publish = publish
        self._clock = clock

    def run(self, remaining_seconds: Callable[[], float] = lambda: 600.0) -> CloseReport:
        """Close what waits for nobody any more, at most 2,000 a run.

        Raises StoreUnavailableError or AwsCallError when the store fails; the next run goes on.
        """
        report = CloseReport()
        period = period_of(self._clock(), self._settings.zone)
        facts = self._facts()
        found = iter(self._directory.ask(self._candidates(period, facts)))
        while pack := list(islice(found, PACK_ALERTS)):
            if remaining_seconds() < STOP_BEFORE_SECONDS:
                return report
            report.closed += self._close(pack, period, facts)
        report.is_done = True
        return report

    def _candidates(
        self, period: str, facts: Facts | None
    ) -> Callable[[Connection, datetime], list[tuple[Alert, ResolvedWhy]]]:
        """Asks the replica; in the order of users, with the first to close first."""
        rule, stated = threshold_rule_of(self._settings), self._ceilings()

        def question(connection: Connection, now: datetime) -> list[tuple[Alert, ResolvedWhy]]:
            chosen: list[tuple[Alert, ResolvedWhy]] = []
            for alerts, user in _open_by_user(connection, now):
                users = {} if user is None else {user.user_id: user}
                closing = to_close(alerts, users, period=period, rule=rule)
                closing |= ceilings_to_close(alerts, stated, period)
                closing |= causes_to_close(alerts, users, facts)
                by_id = {one.alert_id: one for one in alerts}
                chosen += [(by_id[alert_id], why) for alert_id, why in closing.items()]
                if len(chosen) >= MAX_CLOSED_A_RUN:
                    break
            return chosen[:MAX_CLOSED_A_RUN]

        return question

    def _close(
        self, chosen: Sequence[tuple[Alert, ResolvedWhy]], period: str, facts: Facts | None
    ) -> int:
        """Close those of which the users' items say the same."""
        now = self._clock()
        alerts = [alert for alert, _ in chosen]
        whose = {one.user_id for one in alerts if one.user_id is not None}
        users = {one.user_id: one for one in self._users.get_many(whose)}
        rule = threshold_rule_of(self._settings)
        closing = to_close(alerts, users, period=period, rule=rule)
        closing |= ceilings_to_close(alerts, self._ceilings(), period)
        closing |= causes_to_close(alerts, users, facts)
        for alert, why in chosen:
            # a higher one is not among these: it stays open
            if why is ResolvedWhy.SUPERSEDED:
                closing.setdefault(alert.alert_id, why)
        closed = [one for one, why in closing.items() if self._alerts.close(one, now, why)]
        # also of those that were closed already: whoever did it may have died before telling
        self._publish(list(closing))
        if closed:
            _log.info("alerts_closed", closed=len(closed))
        return len(closed)


def _open_by_user(
    connection: Connection, now: datetime
) -> Iterator[tuple[list[Alert], User | None]]:
    """Each user's open alerts, and the user as the replica knows them; the system's together."""
    rows = connection.execute(
        "SELECT a.user_id, a.item, r.row FROM alerts AS a"
        " LEFT JOIN user_rows AS r ON r.user_id = a.user_id"
        " WHERE a.resolved_at IS NULL AND a.expires_at > ? ORDER BY a.user_id",
        (int(now.timestamp()),),
    )
    for _, group in groupby(rows, key=itemgetter(0)):
        found = list(group)
        row = found[0][2]
        user = None if row is None else user_from_row(orjson.loads(row))
        yield [alert_from_item(orjson.loads(item)) for _, item, _ in found], user
