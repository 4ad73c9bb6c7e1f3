"""Closes a user's alerts right after a change by people has taken their cause away.

The ids of what may be open follow from the user before the change, so nothing is searched. It is
a courtesy: what fails here is logged, and mended by the next run of the closer (closer.py).
"""

from collections.abc import Callable, Sequence
from datetime import datetime

from solaris.alerts.alert import Crossing
from solaris.alerts.causes.cause import to_close as causes_to_close
from solaris.alerts.causes.cause import waiting_id
from solaris.alerts.closing import to_close
from solaris.alerts.store import AlertStore
from solaris.platform.errors import SolarisError
from solaris.platform.logs import get_logger
from solaris.platform.settings import Settings
from solaris.quota.periods import period_of
from solaris.quota.policy import threshold_rule_of
from solaris.quota.thresholds import Threshold
from solaris.quota.user import Enforcement, User, UserStatus

_log = get_logger("solaris.alert_closing")


class AlertsAtOnce:
    """Looks at one user's alerts. `publish` tells the lists, `clock` is in UTC."""

    def __init__(
        self,
        *,
        settings: Settings,
        alerts: AlertStore,
        publish: Callable[[Sequence[str]], None],
        clock: Callable[[], datetime],
    ) -> None:
        self._settings = settings
        self._alerts = alerts
        self._publish = publish
        self._clock = clock

    def look_at(self, before: User, after: User) -> None:
        """Close what the change has made untrue; raises nothing that the store does."""
        if not is_eased(before, after):
            return
        now = self._clock()
        ids = [
            Crossing(before.user_id, before.period, one, now, before.alert_round).alert_id
            for one in Threshold
        ]
        if before.status is UserStatus.PENDING:
            ids.append(waiting_id(before.user_id, before.created_at))
        try:
            found = [alert for alert in map(self._alerts.get, ids) if alert is not None]
            users = {after.user_id: after}
            closing = to_close(
                found,
                users,
                period=period_of(now, self._settings.zone),
                rule=threshold_rule_of(self._settings),
            )
            closing |= causes_to_close(found, users, None)
            for alert_id, why in closing.items():
                self._alerts.close(alert_id, now, why)
            self._publish(list(closing))
        except SolarisError as error:
            _log.warning("alerts_not_closed", user_id=after.user_id, error=str(error))


def is_eased(before: User, after: User) -> bool:
    """Whether a change may have taken the cause of an alert away."""
    return (
        after.alert_round > before.alert_round
        or (before.enforcement is not after.enforcement and after.enforcement is Enforcement.WARN)
        or (before.status is not after.status and after.status is UserStatus.DELETED)
        or (before.status is UserStatus.PENDING and after.status is not UserStatus.PENDING)
    )
