"""Late answers: which months change, and by how much.

In the place of what their expiry charged (Corrections):

    the month can take it      the difference, where the estimate was booked
    it would go below zero     a merge had taken the estimate to another account: it is taken off
                               there, in the same month; what a manual reset forgave is nobody's

A month stops at zero, and a row says by how much. Every account that such a correction touches
gets a new version, also where only its closed month changes: two corrections cannot both take off
the same, and a backup keeps row and record together.

Of a month that is closed, and whose grants were carried over (LateGrants): the new month has what
is really left of them. What was held over the month's end had been set aside (quota/grants.py).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from solaris.ledger.booking import LedgerActions
from solaris.ledger.transaction_store import TransactionStore, put_transaction
from solaris.ledger.transactions import (
    OF_EXPIRY,
    Origin,
    TransactionKind,
    grants_row,
    merge_row,
    reset_correction,
)
from solaris.platform.aws.items import Action
from solaris.quota.grants import late_difference, with_late_burn
from solaris.quota.reservation import Reservation
from solaris.quota.settlement import Settlement, beyond_zero
from solaris.quota.store import UserStore
from solaris.quota.usage import Outcome, UsageEvent
from solaris.quota.user import User

MAX_HOPS = 20  # accounts that were merged one into another


@dataclass(frozen=True, slots=True)
class _Month:
    """An account, and the same as it is in the month of the event."""

    user: User
    then: User

    @property
    def is_open(self) -> bool:
        return self.user.period == self.then.period


class LateGrants:
    """Plans what a closed month's late settlement does to grants; `clock` stamps the rows."""

    def __init__(
        self, users: UserStore, actions: LedgerActions, clock: Callable[[], datetime]
    ) -> None:
        self._users = users
        self._actions = actions
        self._clock = clock

    def books(self, event: UsageEvent, user: User, tokens: int) -> list[Action] | None:
        """The actions on user and closed month for a settlement that adds `tokens` to the month.

        The request's reservation goes with it. None where the month carried no grants over, and
        where its usage would go below zero: then it is booked as ever. Raises
        StoreUnavailableError.
        """
        found = self._users.closed_grants(user.user_id, event.period) if user.grants else None
        if found is None or found[0] + tokens < 0:
            return None
        usage, carried = found
        left = {key: one for key, one in user.reservations.items() if key != event.request_id}
        now = self._clock()
        difference = late_difference(
            carried,
            before_tokens=usage + _held_of(event.period, user.reservations),
            after_tokens=usage + tokens + _held_of(event.period, left),
        )
        after = with_late_burn(user, difference, now)
        if len(left) < len(user.reservations):
            after = replace(after, reservations=left, version=user.version + 1)
        writes = [*self._users.put_actions([(user, after)])]
        if not writes and tokens:  # nothing else of that month may have come in between
            writes.append(self._actions.touch_user(event, user.version))
        if tokens:
            writes.append(self._actions.add_to_period(event, tokens, found_usage=usage))
        name = event.request_id + (OF_EXPIRY if event.outcome is Outcome.EXPIRED else "")
        origin = Origin(transaction_id=name, actor="system", reason="", now=now)
        row = grants_row(user, after, origin, TransactionKind.GRANT_LATE)
        if row is not None:
            writes.append(put_transaction(self._actions.transactions_table, row))
        return writes


def _held_of(period: str, reservations: Mapping[str, Reservation]) -> int:
    """What open requests of a closed month held of it."""
    return sum(one.carried_tokens for one in reservations.values() if one.period == period)


class Corrections:
    """Plans them; `client` is a boto3 DynamoDB client, `clock` stamps the rows."""

    def __init__(
        self,
        client: Any,
        users: UserStore,
        actions: LedgerActions,
        clock: Callable[[], datetime],
    ) -> None:
        self._users = users
        self._actions = actions
        self._rows = TransactionStore(client, actions.transactions_table)
        self._clock = clock

    def books(self, event: UsageEvent, user: User, change: Settlement) -> list[Action]:
        """The actions on accounts and months, for a transaction. Raises StoreUnavailableError."""
        month = self._month(user, event.period)
        if month is None:
            return [self._actions.add_to_period(event, change.usage_delta)]
        excess = beyond_zero(month.then.current_usage, change)
        if not excess:
            if month.is_open:
                return [self._actions.adjust_user(event, change, user.cap_day)]
            return [self._actions.add_to_period(event, change.usage_delta)]
        origin = Origin(
            transaction_id=event.request_id,
            actor="system",
            reason="a late answer used less than the usage reset forgave",
            now=self._clock(),
        )
        after = replace(month.then, current_usage=0, version=user.version + 1)
        stopped = replace(
            change,
            available_delta=change.available_delta - excess,
            usage_delta=change.usage_delta + excess,
        )
        heir = self._heir(month) if user.merged_into is not None else None
        wanted = 0 if heir is None else min(excess, self._taken_by_merges(month))
        taken = 0 if heir is None else min(wanted, heir.then.current_usage)
        if heir is None or not taken:
            row = reset_correction(after, excess, origin)
            return [*self._changed(event, month, stopped), self._put(row)]
        origin = replace(origin, reason="a late answer used less than was charged before the merge")
        row = reset_correction(after, excess, origin, kind=TransactionKind.MERGE)
        less = replace(
            heir.then,
            current_usage=heir.then.current_usage - taken,
            version=heir.user.version + 1,
        )
        return [
            *self._changed(event, month, stopped),
            self._put(row),
            *self._changed(event, heir, Settlement(taken, -taken)),
            self._put(merge_row(heir.then, less, origin)),
        ]

    def _changed(self, event: UsageEvent, month: _Month, change: Settlement) -> list[Action]:
        """A change of one month, on the condition that the account is as it was read."""
        user = month.user
        of_user = replace(event, user_id=user.user_id)
        if month.is_open:
            adjusted = self._actions.adjust_user(
                of_user, change, user.cap_day, version=user.version
            )
            return [adjusted]
        return [
            self._actions.add_to_period(of_user, change.usage_delta),
            self._actions.touch_user(of_user, user.version),
        ]

    def _put(self, row: Any) -> Action:
        return put_transaction(self._actions.transactions_table, row)

    def _month(self, user: User, period: str) -> _Month | None:
        then = self._users.in_month(user, period)
        return None if then is None else _Month(user, then)

    def _heir(self, month: _Month) -> _Month | None:
        """Who has the usage of that month: the first on the way who has any."""
        user: User | None = month.user
        for _ in range(MAX_HOPS):
            if user is None or user.merged_into is None:
                return None
            user = self._users.get(user.merged_into)
            found = None if user is None else self._month(user, month.then.period)
            if found is not None and found.then.current_usage > 0:
                return found
        return None

    def _taken_by_merges(self, month: _Month) -> int:
        """Tokens of that month that merges took from the account, and have not come back."""
        return max(0, -self._rows.merged_tokens(month.user.user_id, month.then.period))
