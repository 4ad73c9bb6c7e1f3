"""The steps by which people limit what a user may use on one day, and lift that for today.

A limit that is new counts what was used today: the day's counters are read after the user, and
both are written together with each booking. So whatever is booked in between gives the user
another version, which refuses the write, and both are read anew.
"""

from collections.abc import Callable
from datetime import datetime

from solaris.accounts.writer import Step
from solaris.ledger.counters import UserCounters
from solaris.ledger.figures import booked_day
from solaris.platform.errors import InvalidRequestError
from solaris.platform.settings import Settings
from solaris.quota import changes
from solaris.quota.daily_limit import NO_DAILY_LIMIT, DailyLimit
from solaris.quota.periods import day_of
from solaris.quota.reservation import Reservation
from solaris.quota.user import User


def daily_limit_of(stated: str) -> DailyLimit | None:
    """What people state: `50000`, `auto:25`, or `none`. Raises InvalidRequestError."""
    if stated == NO_DAILY_LIMIT:
        return None
    try:
        return DailyLimit.parse(stated)
    except ValueError as error:
        raise InvalidRequestError(
            str(error), field="daily_limit", rule="daily_limit_malformed"
        ) from error


class DailyLimits:
    """Gives the steps."""

    def __init__(self, settings: Settings, counters: UserCounters) -> None:
        self._zone = settings.zone
        self._counters = counters

    def set(self, stated: str) -> Step:
        """Another limit, or none any more. Raises InvalidRequestError."""
        limit = daily_limit_of(stated)

        def rule(user: User, now: datetime) -> User:
            return changes.set_daily_limit(
                user,
                limit,
                day=day_of(now, self._zone),
                charged_on=self._charged_on(user.user_id),
                booked_on=self._booked_on,
                now=now,
            )

        return Step("set_daily_limit", rule)

    def lift(self) -> Step:
        """No limit today."""
        return Step(
            "lift_day", lambda user, now: changes.lift_day(user, day_of(now, self._zone), now)
        )

    def _charged_on(self, user_id: str) -> Callable[[str], int]:
        return lambda day: self._counters.charged_on(user_id, day)

    def _booked_on(self, one: Reservation) -> str:
        return booked_day(one.created_at, one.period, self._zone, one.day)
