"""A user's grants: listed, taken back. They are given by /admin/users/{user_id}/tokens."""

from typing import TYPE_CHECKING

from solaris.accounts.grants.schemas import GrantOut, GrantsOut, VoidQuery
from solaris.accounts.routes import TAG, shown
from solaris.accounts.schemas import GrantId, UserId, UserOut
from solaris.platform.access import ADMINS, MEMBER_READERS, Access, Scope
from solaris.platform.web.operations import Call, operation
from solaris.quota.groups.managing import a_member

if TYPE_CHECKING:
    from solaris.accounts.parts import AccountsParts


@operation(
    "GET",
    "/admin/users/{user_id}/grants",
    access=Access(MEMBER_READERS, key=Scope.USERS_READ),
    tag=TAG,
    name="getUserGrants",
    summary="A user's additional tokens, first used first, and when each of them ends",
    within=a_member,
)
def get_user_grants(parts: "AccountsParts", call: Call, *, user_id: UserId) -> GrantsOut:  # noqa: ARG001 - the shape of every handler
    """As the next request would find them; what has ended or is used up is not among them."""
    renews_at = parts.history.account(user_id).renews_at
    given = parts.grants.of(user_id)
    return GrantsOut(items=[GrantOut.given(one, renews_at) for one in given])


@operation(
    "DELETE",
    "/admin/users/{user_id}/grants/{grant_id}",
    access=Access(ADMINS, key=Scope.USERS_WRITE),
    tag=TAG,
    name="voidGrant",
    summary="Take back what is unused of a grant",
    problems=(409,),
)
def void_grant(
    parts: "AccountsParts", call: Call, *, user_id: UserId, grant_id: GrantId, query: VoidQuery
) -> UserOut:
    """What is used or held of it stays this month's, and blocks nobody.

    404 where the user has no such grant (any more).
    """
    change = parts.grants.void(user_id, grant_id, actor=call.as_actor, reason=query.reason)
    return shown(parts, change.after)
