"""Users as people are shown them: as the next request would find them."""

from dataclasses import dataclass, replace
from datetime import datetime

from solaris.domain.periods import period_of, renews_at
from solaris.domain.rollover import apply_block_threshold, open_period
from solaris.domain.transactions import Transaction
from solaris.domain.users import User
from solaris.settings import Settings


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


@dataclass(frozen=True, slots=True)
class Change:
    """A user before and after a change; equal, with no transaction, when nothing was to change.

    A change of several things has a transaction for each; a name's has none.
    """

    before: Account
    after: Account
    transactions: tuple[Transaction, ...] = ()

    @property
    def transaction(self) -> Transaction | None:
        """The last of the transactions."""
        return self.transactions[-1] if self.transactions else None

    @property
    def is_change(self) -> bool:
        """True when something was written."""
        return self.after.user.version != self.before.user.version

    @property
    def blocks(self) -> bool:
        """True when the change leaves no tokens to a user who had some: refused from now on."""
        return self._available(self.after) <= 0 < self._available(self.before)

    @property
    def unblocks(self) -> bool:
        """True when a user without tokens has some by this change: served from now on."""
        return self._available(self.before) <= 0 < self._available(self.after)

    @staticmethod
    def _available(account: Account) -> int:
        return account.user.quota.available_tokens


def account_of(user: User, settings: Settings, now: datetime) -> Account:
    """Show a user as the next request would put the item right; nothing is written."""
    period = period_of(now, settings.zone)
    shown = user
    if shown.period < period:
        shown, _ = open_period(shown, period, now)
    if shown.block_ppm != settings.block_ppm:
        shown = apply_block_threshold(shown, settings.block_ppm, now)
    shown = replace(shown, updated_at=user.updated_at, version=user.version)
    return Account(shown, user.period, renews_at(shown.period, settings.zone))
