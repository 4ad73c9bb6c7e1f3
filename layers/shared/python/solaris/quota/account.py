"""A user as the next request would find them."""

from dataclasses import dataclass, replace
from datetime import datetime

from solaris.platform.settings import Settings
from solaris.quota.periods import day_of, period_of, renews_at
from solaris.quota.policy import block_ppm_of, seeds_of
from solaris.quota.standing import put_right
from solaris.quota.user import User


@dataclass(frozen=True, slots=True)
class Account:
    """A user as the next request would find them.

    `stored_period` is older than `user.period` while nobody has opened the new month yet.
    """

    user: User
    stored_period: str
    renews_at: datetime

    @property
    def is_still_closed(self) -> bool:
        """True when the month shown has not been opened in the store yet."""
        return self.stored_period < self.user.period


def account_of(user: User, settings: Settings, now: datetime) -> Account:
    """Show a user as the next request would put the item right; nothing is written."""
    period = period_of(now, settings.zone)
    shown = put_right(
        user,
        period=period,
        day=day_of(now, settings.zone),
        block_ppm=block_ppm_of(settings),
        now=now,
    )
    shown = replace(
        shown,
        updated_at=user.updated_at,
        version=user.version,
        limit_source=seeds_of(settings).source_of(user),
    )
    return Account(shown, user.period, renews_at(shown.period, settings.zone))
