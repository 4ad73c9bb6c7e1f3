"""What an alert is told to beside its mails: the port that channels/ stands behind."""

from typing import Protocol

from solaris.alerts.alert import Alert, ModelWithoutPrice, MonthlySummary
from solaris.alerts.causes.cause import Cause
from solaris.alerts.ceiling import CeilingReached
from solaris.alerts.group_summary import GroupSummary
from solaris.alerts.mails import EndingNotice, ThresholdNotice
from solaris.alerts.token_requests.mails import ToldRequest

AlertNotice = (
    ThresholdNotice
    | EndingNotice
    | MonthlySummary
    | ModelWithoutPrice
    | CeilingReached
    | GroupSummary
    | ToldRequest
    | Cause
)


class Announcer(Protocol):
    """Hands alerts on. What it does may not take long: nothing is delivered within a call."""

    def announce(self, alert: Alert, notice: AlertNotice) -> None:
        """See to it that an alert on record is delivered; again for the same one does no harm.

        Raises StoreUnavailableError, and is called again then.
        """
