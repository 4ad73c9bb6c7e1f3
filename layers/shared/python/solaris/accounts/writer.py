"""One write for a change of a user: the item, and a row in the books and the audit log a step.

    user item ── version n ──► n + 1, n + 2 …      one transaction of DynamoDB:
    transactions   a row for each step             all of it or nothing
    audit          a row for each step
    changes        the user, for the directory

A change first opens the current month if the user is still in an older one: the closed month's
summary must show the limit that it really had. What has ended by itself has a row of its own.
"""

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum
from itertools import pairwise
from typing import Any, TypeVar

from solaris.accounts.change import Change
from solaris.audit.auditor import Auditor
from solaris.audit.entry import AuditEntry
from solaris.ledger.ended_grants import EndedGrants
from solaris.ledger.transaction_store import put_transaction
from solaris.ledger.transactions import Origin, Transaction, transaction_of
from solaris.platform.actor import MAX_REASON_CHARACTERS, Actor
from solaris.platform.aws.items import Action
from solaris.platform.errors import InvalidRequestError
from solaris.platform.logs import get_logger
from solaris.platform.printable import printable
from solaris.platform.settings import Settings
from solaris.quota.account import Account, account_of
from solaris.quota.changes import ChangeRefusedError
from solaris.quota.moving import owned
from solaris.quota.store import UserStore
from solaris.quota.user import User, UserStatus

# what an audit row may tell of a user; transactions hold the figures alone
_FIGURES = ("status", "plan", "monthly_limit", "additional_tokens", "current_usage")
_AUDITED = ("name", "enforcement", "limit_source", "group_id", "models", *_FIGURES)
_OF_THE_DAY = ("daily_limit", "lifted_day")

T = TypeVar("T")
Tell = Callable[[Sequence[User]], list[Action]]
"""Gives the actions that tell the directory of users (quota/feed.py)."""

_log = get_logger("solaris.administration")


@dataclass(frozen=True, slots=True)
class Step:
    """One change of a user: the verb for the audit log, and the rule."""

    verb: str
    rule: Callable[[User, datetime], User]


class UserWriter:
    """Writes changes; `clock` gives the time in UTC.

    `after_change` is told of the user before and after each change that was written, and who made
    it; it must not raise.
    """

    def __init__(
        self,
        *,
        settings: Settings,
        users: UserStore,
        auditor: Auditor,
        ended_grants: EndedGrants,
        tell: Tell,
        clock: Callable[[], datetime],
        after_change: Callable[[User, User, Actor], None] = lambda *_: None,
    ) -> None:
        self._settings = settings
        self._users = users
        self._table = settings.table_name("transactions")
        self._auditor = auditor
        self._ended_grants = ended_grants
        self._tell = tell
        self._clock = clock
        self._after_change = after_change

    def create(
        self,
        user: User,
        *,
        actor: Actor,
        reason: str,
        released: User | None = None,
        beside: Sequence[Action] = (),
    ) -> Change | None:
        """Write a new user with an audit row; None if there is one with this id already.

        `released` is the item of the address, when that was somebody else's before; `beside` is
        what else is written. Raises ConflictError when that could not be.
        """
        entry = replace(self._entry(actor, "create", user, reason), after=_told(user, _AUDITED))
        rows = [self._auditor.action(entry), *self._tell([user]), *beside]
        if released is not None:
            rows += self._users.put_actions([(released, owned(released, user.user_id))])
        if not self._users.create(user, rows):
            return None
        _log.info("user_created", user_id=user.user_id, monthly_limit=user.monthly_limit)
        account = self._account(user)
        return Change(account, account)

    def unchanged(self, user_id: str) -> Change:
        """The user as it is now, for what turned out to be no change. Raises NotFoundError."""
        account = self._account(self._as_due(user_id))
        return Change(account, account)

    def preview(self, user: User, steps: Sequence[Step]) -> User:
        """What `apply` would make of a user; raises as it does. Nothing is written."""
        shown = self._account(user).user
        return allowed(lambda: _stepped(shown, steps, self._clock())[-1])

    def apply(
        self,
        user_id: str,
        steps: Sequence[Step],
        *,
        actor: Actor,
        reason: str,
        transaction_ids: Sequence[str] = (),
        beside: Callable[[User], list[Action]] = lambda _: [],
    ) -> Change:
        """Make the steps that change something, in one write with a row for each.

        `beside` gives what else is written with the user as it shall be.

        Raises NotFoundError, InvalidRequestError when a rule refuses (nothing is written then),
        ConflictError after bounded attempts, StoreUnavailableError.
        """
        before = self._as_due(user_id)
        # the same rows at every attempt: an id and a time for each step
        ids = transaction_ids or [uuid.uuid4().hex for _ in steps]
        entries = [self._entry(actor, step.verb, before, reason) for step in steps]
        now = self._clock()
        # of the attempt that came through: the states, and the rows if anything was written
        seen: list[User] = []
        rows: list[Transaction] = []

        def rule(user: User) -> User:
            seen[:] = _stepped(user, steps, now)
            rows.clear()
            return seen[-1]

        def record(_before: User, after: User) -> list[Action]:
            rows.clear()
            audit = []
            for n, (first, second) in enumerate(pairwise(seen)):
                if first is second:
                    continue
                origin = Origin(
                    transaction_id=ids[n],
                    actor=entries[n].actor.name,
                    reason=printable(reason, MAX_REASON_CHARACTERS),
                    now=now,
                )
                row = transaction_of(first, second, origin)
                rows.extend([row] if row else [])
                audit.append(self._auditor.action(_described(entries[n], first, second, row)))
            # transactions first: the store tells a repeated write by the first row
            put = [put_transaction(self._table, row) for row in rows]
            return [*put, *audit, *self._tell([after]), *beside(after)]

        after = allowed(lambda: self._users.change(user_id, rule, record))
        change = Change(self._account(seen[0]), self._account(after), tuple(rows))
        if change.is_change:
            _log_change(change, actor)
            self._after_change(seen[0], after, actor)
        return change

    def _as_due(self, user_id: str) -> User:
        """The user in the current month, without grants that have ended; both are written."""
        user = self._users.in_current_month(user_id, self._settings.zone, self._clock)
        now = self._clock()
        if user.next_change_at is not None and user.next_change_at <= now:
            return self._ended_grants.end(user_id, now)
        return user

    def _entry(self, actor: Actor, verb: str, user: User, reason: str) -> AuditEntry:
        return self._auditor.entry(
            actor,
            f"user.{verb}",
            target_type="user",
            target_id=user.user_id,
            target_label=user.email,
            reason=reason,
        )

    def _account(self, user: User) -> Account:
        return account_of(user, self._settings, self._clock())


def _log_change(change: Change, actor: Actor) -> None:
    for row in change.transactions:
        _log.info(
            "user_changed",
            user_id=row.user_id,
            action=row.kind.value,
            amount=row.amount,
            actor=row.actor,
            request_id=actor.request_id,
            transaction_id=row.transaction_id,
        )


def _stepped(user: User, steps: Sequence[Step], now: datetime) -> list[User]:
    """The user before the steps and after each; the same object again where nothing changes."""
    states = [user]
    for step in steps:
        states.append(step.rule(states[-1], now))
    return states


def _described(entry: AuditEntry, before: User, after: User, row: Transaction | None) -> AuditEntry:
    # who is gone, or back, is told by the address alone
    told = _FIGURES if after.status is UserStatus.DELETED else _AUDITED
    if UserStatus.DELETED not in {before.status, after.status}:
        told = ("email", *told, *_OF_THE_DAY)
    changed = [name for name in told if getattr(before, name) != getattr(after, name)]
    label = after.email if before.status is UserStatus.DELETED else before.email
    return replace(
        entry,
        target_label=label,
        before=_told(before, changed),
        after=_told(after, changed) | _grant_of(row),
        transaction_id=row.transaction_id if row else None,
    )


def _grant_of(row: Transaction | None) -> dict[str, int | str | bool | None]:
    """Kind and last day of the grant that a row made or took back, if it is one that ends."""
    told = {} if row is None else row.after
    return {name: told[name] for name in ("grant_kind", "until") if name in told}


def _told(user: User, names: Sequence[str]) -> dict[str, int | str | bool | None]:
    values = {name: getattr(user, name) for name in names}
    return {name: _word(one) for name, one in values.items()}


def _word(value: Any) -> int | str | bool | None:
    if isinstance(value, Enum):
        return str(value.value)
    return ", ".join(value) if isinstance(value, tuple) else value


def allowed(action: Callable[[], T]) -> T:
    """Run what asks the rules; a refusal is raised as InvalidRequestError that says which."""
    try:
        return action()
    except ChangeRefusedError as error:
        raise InvalidRequestError(
            str(error), field=error.field, rule=error.code, values=error.values
        ) from error
