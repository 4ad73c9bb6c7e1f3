"""Looks at the monthly ceilings, off the request path: the sweep asks, every fifteen minutes.

    above a share?  no record of it yet?  ─► notice on the alerts queue ─► record, mails

A notice that comes twice finds the record of the first (alerts/alerter.py). What is reached in the
last minutes of a month is told by the month's summary alone.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from solaris.alerts.ceiling import COMPANY, Ceiling, reached
from solaris.alerts.notices import notice_to_json
from solaris.alerts.store import AlertStore
from solaris.platform.aws.queues import ALERTS_QUEUE, Queues
from solaris.platform.logs import get_logger
from solaris.platform.settings import Settings
from solaris.quota.groups.group import Groups

_log = get_logger("solaris.ceilings")


@dataclass(frozen=True, slots=True)
class MonthTokens:
    """The tokens charged in a month: to everybody, and to each group by id."""

    company: int
    groups: Mapping[str, int]


def ceilings_of(groups: Groups, settings: Settings) -> dict[str, Ceiling]:
    """The ceilings that there are, by group; the company's as COMPANY. Deleted groups have none."""
    found = {
        one.group_id: Ceiling(
            one.group_id,
            one.name,
            one.ceiling_tokens,
            tuple(dict.fromkeys((*one.managers, *one.recipients))),
        )
        for one in groups.values()
        if one.ceiling_tokens and not one.is_deleted
    }
    if settings.company_monthly_ceiling:
        found[COMPANY] = Ceiling(COMPANY, "", settings.company_monthly_ceiling)
    return found


class Ceilings:
    """Announces what is reached; `groups` gives all groups."""

    def __init__(
        self,
        *,
        settings: Settings,
        groups: Callable[[], Groups],
        alerts: AlertStore,
        queues: Queues,
    ) -> None:
        self._settings = settings
        self._groups = groups
        self._alerts = alerts
        self._queues = queues

    def stated(self) -> dict[str, Ceiling]:
        """The ceilings that there are now. Raises StoreUnavailableError."""
        return ceilings_of(self._groups(), self._settings)

    def announce(self, period: str, used: Callable[[str], MonthTokens]) -> int:
        """Put a notice on the queue for what is reached and not told of; returns how many.

        `used` sums a month up, and is asked only where there is a ceiling. Raises
        StoreUnavailableError, AwsCallError.
        """
        stated = self.stated()
        if not stated:
            return 0
        month, told = used(period), 0
        for group_id, ceiling in stated.items():
            tokens = month.company if group_id == COMPANY else month.groups.get(group_id, 0)
            notice = reached(ceiling, tokens, period)
            if notice is None or self._alerts.get(notice.alert_id) is not None:
                continue
            self._queues.send(ALERTS_QUEUE, notice_to_json(notice))
            _log.info("ceiling_reached", group_id=group_id, percent=notice.percent)
            told += 1
        return told
