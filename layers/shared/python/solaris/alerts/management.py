"""Alerts as admins see them: listed, and resolved when somebody has dealt with them.

To resolve says that a person has seen to it. It changes no quota, no warning flag and no mail: a
threshold that is crossed anew makes a new alert, or wakes a skipped one, all the same.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from solaris.alerts.alert import Alert, AlertType, is_reopenable
from solaris.alerts.listing import AlertQuery, AlertRow, AlertState, alerts_listed
from solaris.alerts.store import MAX_RESOLVED_TOGETHER, AlertStore, Resolution
from solaris.audit.auditor import Auditor
from solaris.directory.directory import Directory
from solaris.directory.listing import MAX_LIST_LIMIT, Listing
from solaris.platform.actor import Actor
from solaris.platform.errors import AlertClosedError, NotFoundError, StoreUnavailableError
from solaris.platform.instants import iso_milliseconds
from solaris.platform.logs import get_logger

MAX_RESOLVED_A_CALL = 500

_log = get_logger("solaris.alert_management")


@dataclass(frozen=True, slots=True)
class Resolved:
    """What one call has resolved, and how many such alerts are still open."""

    resolved: int
    remaining: int


class AlertManagement:
    """Alerts for admins. `publish` tells the lists of changed alerts, `clock` is in UTC."""

    def __init__(
        self,
        *,
        alerts: AlertStore,
        directory: Directory,
        auditor: Auditor,
        publish: Callable[[Sequence[str]], None],
        clock: Callable[[], datetime],
    ) -> None:
        self._alerts = alerts
        self._directory = directory
        self._auditor = auditor
        self._publish = publish
        self._clock = clock

    def page(self, query: AlertQuery) -> Listing[AlertRow]:
        """One page of alerts, newest first. Raises ValidationFailedError (field `cursor`)."""
        return alerts_listed(self._directory, query)

    def get(self, alert_id: str) -> AlertRow:
        """One alert, as it is now. Raises NotFoundError."""
        return self._row(self._read(alert_id))

    def resolve(self, alert_id: str, actor: Actor) -> AlertRow:
        """Mark one alert as resolved; again changes nothing. Raises NotFoundError."""
        alert = self._read(alert_id)
        if alert.resolved_at is None:
            self._resolve([alert], actor)
            # as it stands: somebody else may have been quicker
            alert = self._read(alert_id)
        # also when it was resolved already: that call may have died before it told the lists
        self._publish([alert_id])
        return self._row(alert)

    def reopen(self, alert_id: str, actor: Actor) -> AlertRow:
        """Take back that somebody has resolved an alert; again changes nothing.

        One whose cause is gone meanwhile is closed by the closer (closer.py). Raises NotFoundError,
        and AlertClosedError for what no person has resolved.
        """
        alert = self._read(alert_id)
        if alert.resolved_at is not None:
            if not is_reopenable(alert):
                raise AlertClosedError("the system has closed this alert: its cause is gone")
            entry = self._auditor.entry(
                actor,
                "alert.reopen",
                target_type="alert",
                target_id=alert_id,
                target_label=self._label(alert, self._emails([alert])),
                before={"resolved_at": iso_milliseconds(alert.resolved_at)},
                after={"resolved_at": None},
            )
            if self._alerts.reopen(alert_id, self._auditor.action(entry)):
                _log.info("alert_reopened", alert_id=alert_id, actor=actor.name)
            # as it stands: somebody else may have been quicker
            alert = self._read(alert_id)
        self._publish([alert_id])
        return self._row(alert)

    def resolve_all(
        self, actor: Actor, *, types: Sequence[AlertType] = (), user_id: str | None = None
    ) -> Resolved:
        """Resolve the open alerts of some types or of a user, newest first, at most 500 a call."""
        query = AlertQuery(
            types=tuple(types), state=AlertState.OPEN, user_id=user_id, limit=MAX_LIST_LIMIT
        )
        found: list[Alert] = []
        total = 0
        for _ in range(-(-MAX_RESOLVED_A_CALL // MAX_LIST_LIMIT)):
            page = alerts_listed(self._directory, query)
            total = max(total, page.total)
            found += [row.alert for row in page.items]
            if page.next_cursor is None:
                break
            query = replace(query, cursor=page.next_cursor)
        found = found[:MAX_RESOLVED_A_CALL]
        marked = 0
        for start in range(0, len(found), MAX_RESOLVED_TOGETHER):
            some = found[start : start + MAX_RESOLVED_TOGETHER]
            marked += self._resolve(some, actor)
            # pack by pack: what is resolved is listed so, even if the next pack fails
            self._publish([one.alert_id for one in some])
        _log.info("alerts_resolved", resolved=marked, actor=actor.name)
        return Resolved(marked, max(0, total - len(found)))

    def _resolve(self, alerts: Sequence[Alert], actor: Actor) -> int:
        now = self._clock()
        resolutions = []
        whose = self._emails(alerts)
        for alert in alerts:
            entry = self._auditor.entry(
                actor,
                "alert.resolve",
                target_type="alert",
                target_id=alert.alert_id,
                target_label=self._label(alert, whose),
                before={"resolved_at": None},
                after={"resolved_at": iso_milliseconds(now)},
            )
            resolutions.append(Resolution(alert.alert_id, self._auditor.action(entry)))
        return len(self._alerts.resolve(resolutions, now, actor.name))

    @staticmethod
    def _label(alert: Alert, whose: Mapping[str, str]) -> str:
        """Whose it is first: a page full of `80%` says nothing."""
        who = whose.get(alert.user_id or "")
        return f"{who} · {alert.title}" if who else alert.title

    def _read(self, alert_id: str) -> Alert:
        alert = self._alerts.get(alert_id)
        if alert is None:
            raise NotFoundError("no such alert")
        return alert

    def _row(self, alert: Alert) -> AlertRow:
        if alert.user_id is None:
            return AlertRow(alert)
        return AlertRow(alert, *self._people([alert]).get(alert.user_id, (None, None)))

    def _emails(self, alerts: Sequence[Alert]) -> dict[str, str]:
        return {user_id: email for user_id, (email, _) in self._people(alerts).items()}

    def _people(self, alerts: Sequence[Alert]) -> dict[str, tuple[str, str]]:
        """Address and name of whom the alerts are about."""
        wanted = {one.user_id for one in alerts if one.user_id is not None}
        try:
            return self._directory.emails(wanted) if wanted else {}
        except StoreUnavailableError:
            return {}  # an alert can be told of without a name, and seen to as well
