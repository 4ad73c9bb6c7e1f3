"""Usage that reaches an account after it became part of another: carried over, to the token.

A request that was under way at the merge settles where it was reserved. The recorder, which looks
at every user that it has booked for, hands on what it finds there.
"""

import uuid
from collections.abc import Callable, Sequence
from datetime import datetime

from solaris.ledger.transaction_store import put_transaction
from solaris.ledger.transactions import Origin, merge_row
from solaris.platform.aws.items import Action
from solaris.platform.errors import NotFoundError
from solaris.platform.settings import Settings
from solaris.quota.moving import carry
from solaris.quota.store import UserStore, Writes
from solaris.quota.user import User

MAX_HOPS = 20

Tell = Callable[[Sequence[User]], list[Action]]


class Carrier:
    """`tell` gives the actions that tell the directory; `clock` gives the time in UTC."""

    def __init__(
        self,
        *,
        settings: Settings,
        users: UserStore,
        tell: Tell,
        clock: Callable[[], datetime],
    ) -> None:
        self._settings = settings
        self._users = users
        self._table = settings.table_name("transactions")
        self._tell = tell
        self._clock = clock

    def carry(self, source_id: str) -> User:
        """Hand on what a merged account has used this month; returns who has it now.

        Nothing is left for a second call. Raises NotFoundError, ConflictError,
        StoreUnavailableError.
        """
        found: list[User] = []
        origin = Origin(
            transaction_id=uuid.uuid4().hex,
            actor="system",
            reason="used by a request that was under way at the merge",
            now=self._clock(),
        )

        def plan() -> Writes:
            source, target = self._opened(source_id)
            found[:] = [target]
            if not source.current_usage:
                return Writes()
            less, more = carry(source, target, origin.now)
            found[:] = [more]
            rows = [merge_row(source, less, origin), merge_row(target, more, origin)]
            puts = [put_transaction(self._table, row) for row in rows]
            return Writes([(source, less), (target, more)], [*puts, *self._tell([less, more])])

        self._users.change_together(plan)
        return found[0]

    def _opened(self, source_id: str) -> tuple[User, User]:
        """A merged account and the one that it is part of in the end, both in the same month."""
        ids = [source_id]
        for _ in range(MAX_HOPS):
            user = self._users.get(ids[-1])
            if user is None:
                raise NotFoundError(ids[-1])
            if user.merged_into is None:
                break
            ids.append(user.merged_into)
        return open_together(self._users, source_id, ids[-1], self._settings, self._clock)


def open_together(
    users: UserStore,
    first_id: str,
    second_id: str,
    settings: Settings,
    clock: Callable[[], datetime],
) -> tuple[User, User]:
    """Two users in the same month, opened if need be. Raises as `opened_in`."""
    first = users.in_current_month(first_id, settings.zone, clock)
    second = users.in_current_month(second_id, settings.zone, clock)
    if first.period != second.period:  # the month has ended between the two
        first = users.in_current_month(first_id, settings.zone, clock)
    return first, second
