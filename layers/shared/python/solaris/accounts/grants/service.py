"""One user's grants with who gave them and why; to take one back. The rules: quota/grants.py."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from solaris.accounts.change import Change
from solaris.accounts.writer import Step, UserWriter
from solaris.ledger.transaction_store import TransactionStore
from solaris.ledger.transactions import Transaction, transaction_key
from solaris.platform.actor import Actor
from solaris.platform.errors import NotFoundError
from solaris.platform.settings import Settings
from solaris.quota import changes
from solaris.quota.account import account_of
from solaris.quota.grant import EVERY_MONTH_ID, Grant
from solaris.quota.grants import grants_now
from solaris.quota.store import UserStore
from solaris.quota.user import User


@dataclass(frozen=True, slots=True)
class GivenGrant:
    """A grant as of now, and the row that tells who gave it; None for those of every month."""

    grant: Grant
    row: Transaction | None


class Grants:
    """Reads grants and takes them back. `clock` gives the time in UTC."""

    def __init__(
        self,
        *,
        settings: Settings,
        users: UserStore,
        writer: UserWriter,
        transactions: TransactionStore,
        clock: Callable[[], datetime],
    ) -> None:
        self._settings = settings
        self._users = users
        self._writer = writer
        self._transactions = transactions
        self._clock = clock

    def of(self, user_id: str) -> list[GivenGrant]:
        """A user's grants, first used first. Raises NotFoundError, StoreUnavailableError."""
        grants = grants_now(self._user(user_id))
        keys = {
            one.grant_id: transaction_key(one.created_at, one.grant_id)
            for one in grants
            if one.grant_id != EVERY_MONTH_ID
        }
        rows = self._transactions.of_keys(user_id, keys.values())
        return [GivenGrant(one, rows.get(keys.get(one.grant_id, ""))) for one in grants]

    def void(self, user_id: str, grant_id: str, *, actor: Actor, reason: str) -> Change:
        """Take back what is unused of a grant; what is used or held of it stays this month's.

        Raises NotFoundError where the user has no such grant (any more).
        """
        if all(one.grant_id != grant_id for one in grants_now(self._user(user_id))):
            msg = f"no such grant: {grant_id}"
            raise NotFoundError(msg)
        step = Step("void_grant", lambda user, now: changes.void_grant(user, grant_id, now))
        return self._writer.apply(user_id, [step], actor=actor, reason=reason)

    def _user(self, user_id: str) -> User:
        user = self._users.get(user_id)
        if user is None:
            msg = f"no such user: {user_id}"
            raise NotFoundError(msg)
        return account_of(user, self._settings, self._clock()).user
