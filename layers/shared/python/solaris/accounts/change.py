"""Users as people are shown them: as the next request would find them."""

from dataclasses import dataclass

from solaris.ledger.transactions import Transaction
from solaris.quota.account import Account


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
