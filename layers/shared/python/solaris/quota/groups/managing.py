"""Managers of groups over the admin API: they see their groups' members, and nobody else.

Somebody else's member is not found by them, as one whom there is not. Groups are those of five
seconds ago at most: so long somebody who is no manager any more may go on.
"""

from collections.abc import Mapping
from typing import Any, Protocol

from solaris.platform.actor import Role
from solaris.platform.errors import InvalidRequestError, NotFoundError
from solaris.platform.web.operations import Call
from solaris.quota.groups.reach import managed_groups
from solaris.quota.policy import PlanStore
from solaris.quota.user import User


class SeesGroups(Protocol):
    """The parts of a package whose operations managers may call."""

    @property
    def plan_store(self) -> PlanStore:
        """Plans and groups."""
        ...


class SeesUsers(SeesGroups, Protocol):
    """And that of one whose operations concern one user."""

    def user_of(self, user_id: str) -> User | None:
        """A user's item as it is; None: there is none."""
        ...


def reach(parts: SeesGroups, call: Call) -> frozenset[str] | None:
    """Ids of the groups whose members the caller sees; None: everybody."""
    if call.actor.role is not Role.MANAGER:
        return None
    groups = parts.plan_store.recent().groups
    return managed_groups(call.actor.name, call.actor.role, groups)


def require_member(parts: SeesUsers, call: Call, user_id: str) -> User:
    """A user of the manager's groups. Raises NotFoundError for anybody else."""
    user = parts.user_of(user_id)
    managed = reach(parts, call) or frozenset()
    if user is None or user.group_id not in managed:
        msg = f"no such user: {user_id}"
        raise NotFoundError(msg)
    return user


def a_member(parts: SeesUsers, call: Call, arguments: Mapping[str, Any]) -> None:
    """`within` of an operation that shows the user `user_id`."""
    require_member(parts, call, arguments["user_id"])


def another_member(parts: SeesUsers, call: Call, arguments: Mapping[str, Any]) -> None:
    """`within` of one that changes the user, which a manager does not do to themselves.

    Raises NotFoundError, InvalidRequestError (`not_oneself`).
    """
    user = require_member(parts, call, arguments["user_id"])
    if call.actor.name in {user.email, *user.aliases}:
        msg = "a manager changes nothing of themselves"
        raise InvalidRequestError(msg, rule="not_oneself")
