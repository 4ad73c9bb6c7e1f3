"""Grants whose end has come within a month: what is unused of them is taken from the user.

Whoever meets such a user first does it, under the condition of every change: a request
(gateway/meter.py), a change by people (accounts/writer.py), the sweep (gateway/sweeper.py).
"""

import uuid
from collections.abc import Callable, Sequence
from datetime import datetime

from solaris.ledger.transaction_store import put_transaction
from solaris.ledger.transactions import Origin, TransactionKind, grants_row
from solaris.platform.aws.items import Action
from solaris.platform.logs import get_logger
from solaris.quota.grants import end_grants
from solaris.quota.store import UserStore
from solaris.quota.user import User

_log = get_logger("solaris.grants")


class EndedGrants:
    """Ends grants; `tell` gives the actions that tell the directory."""

    def __init__(
        self,
        users: UserStore,
        *,
        transactions_table: str,
        tell: Callable[[Sequence[User]], list[Action]],
    ) -> None:
        self._users = users
        self._table = transactions_table
        self._tell = tell

    def end(self, user_id: str, now: datetime) -> User:
        """Return the user without what has ended, written with a row of how many tokens it was.

        Raises NotFoundError, ConflictError, StoreUnavailableError.
        """
        transaction_id = uuid.uuid4().hex

        def record(before: User, after: User) -> list[Action]:
            origin = Origin(transaction_id=transaction_id, actor="system", reason="", now=now)
            row = grants_row(before, after, origin, TransactionKind.GRANT_END)
            rows = [] if row is None else [put_transaction(self._table, row)]
            if row is not None:
                _log.info("grants_ended", user_id=after.user_id, tokens=-row.amount)
            return [*rows, *self._tell([after])]

        return self._users.change(user_id, lambda user: end_grants(user, now), record)
