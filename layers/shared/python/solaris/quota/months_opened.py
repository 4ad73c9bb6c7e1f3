"""A user in a month, opened if need be: what every change begins with."""

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
    user, _ = opened_in(users, user_id, period_of(clock(), settings.zone), clock)
    return user


def opened_in(
    users: UserStore, user_id: str, period: str, clock: Callable[[], datetime]
) -> tuple[User, bool]:
    """The user in a month (or a later one), and whether this call has opened it.

    Raises NotFoundError, StoreUnavailableError, and ConflictError after ten lost races.
    """
    for _ in attempts(CONFLICT):
        user = users.get(user_id)
        if user is None:
            msg = f"no such user: {user_id}"
            raise NotFoundError(msg)
        if user.period >= period:
            return user, False
        opened, closed = open_period(user, period, clock())
        if users.roll_over(user, opened, closed):
            return opened, True
    msg = f"the month of user {user_id} could not be opened; try again"
    raise ConflictError(msg)
