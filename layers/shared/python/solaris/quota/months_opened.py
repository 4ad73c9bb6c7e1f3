"""A user in the current month, opened if need be: what every change begins with."""

from collections.abc import Callable
from datetime import datetime

from solaris.platform.aws.retry import CONFLICT, attempts
from solaris.platform.errors import ConflictError, NotFoundError
from solaris.platform.settings import Settings
from solaris.quota.periods import period_of
from solaris.quota.rollover import open_period
from solaris.quota.store import UserStore
from solaris.quota.user import User


def open_month(
    users: UserStore, user_id: str, settings: Settings, clock: Callable[[], datetime]
) -> User:
    """Return the user, in the current month. Raises NotFoundError, ConflictError."""
    now = clock()
    period = period_of(now, settings.zone)
    for _ in attempts(CONFLICT):
        user = users.get(user_id)
        if user is None:
            msg = f"no such user: {user_id}"
            raise NotFoundError(msg)
        if user.period >= period:
            return user
        opened, closed = open_period(user, period, now)
        if users.roll_over(user, opened, closed):
            return opened
    msg = f"the month of user {user_id} could not be opened; try again"
    raise ConflictError(msg)
