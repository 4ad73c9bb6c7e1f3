"""What managers of groups may grant to their members (quota/groups/managing.py says to whom).

This month's tokens, up to MANAGER_GRANT_CEILING a member and month by all managers of the group
together.
"""

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from solaris.ledger.transactions import TransactionKind
from solaris.platform.actor import Role
from solaris.platform.errors import InvalidRequestError, NotFoundError
from solaris.platform.web.operations import Call
from solaris.quota.grant import GrantKind, Term
from solaris.quota.groups.group import Group
from solaris.quota.user import User

if TYPE_CHECKING:
    from solaris.accounts.parts import AccountsParts

ROWS, MAX_PAGES = 200, 100
"""A member's rows of this month are looked at in pages; with more than these nothing is granted."""


def grant_rule(
    parts: "AccountsParts", call: Call, amount: int, term: Term, *, field: str = "amount"
) -> Callable[[User, datetime], None]:
    """What a manager's grant must keep to, asked at each attempt to write it.

    Whoever grants writes the user too: what another manager grants in between is seen. For others
    than managers it allows everything. `field` is what the body calls the amount. Raises
    InvalidRequestError.
    """
    if call.actor.role is not Role.MANAGER:
        return lambda _user, _now: None
    ceiling = parts.platform.settings.manager_grant_ceiling
    if amount <= 0 or term.kind is not GrantKind.THIS_MONTH:
        msg = "a manager grants tokens for this month"
        raise InvalidRequestError(msg, field="kind", rule="managers_this_month")

    def check(user: User, _now: datetime) -> None:
        group = parts.plan_store.read().groups.get(user.group_id or "")
        if group is None or call.actor.name not in group.managers:
            msg = f"no such user: {user.user_id}"
            raise NotFoundError(msg)
        left = ceiling - _granted(parts, user, group)
        if amount > left:
            msg = f"a manager may grant {max(left, 0):,} tokens more to this user this month"
            raise InvalidRequestError(
                msg, field=field, rule="managers_ceiling", values={"left": max(left, 0)}
            )

    return check


def _granted(parts: "AccountsParts", user: User, group: Group) -> int:
    """What managers of the group have granted the user this month, in tokens."""
    granted, cursor = 0, None
    for _ in range(MAX_PAGES):
        page = parts.transactions.page(user.user_id, ROWS, cursor)
        granted += sum(
            max(row.amount, 0)
            for row in page.rows
            if row.period == user.period
            and row.kind is TransactionKind.GRANT
            and row.actor in group.managers
        )
        cursor = page.next_cursor
        if cursor is None or any(row.period < user.period for row in page.rows):
            return granted
    msg = "more was changed of this user this month than can be looked at"
    raise InvalidRequestError(msg, rule="managers_ceiling", values={"left": 0})
