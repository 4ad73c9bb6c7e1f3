"""Accounts of people who have another address, or two accounts."""

from typing import TYPE_CHECKING

from solaris.accounts.routes import TAG, shown
from solaris.accounts.schemas import Reason, UserId, UserOut
from solaris.platform.access import ADMINS, Access, Scope
from solaris.platform.web.operations import Call, operation
from solaris.platform.web.schemas import ApiModel, Email

if TYPE_CHECKING:
    from solaris.accounts.parts import AccountsParts


class MergeUser(ApiModel):
    """The account that the user becomes part of."""

    into: UserId
    reason: Reason = ""


@operation(
    "POST",
    "/admin/users/{user_id}/merge",
    access=Access(ADMINS, key=Scope.USERS_WRITE),
    tag=TAG,
    name="mergeUser",
    summary="Make a user part of another account of the same person",
    problems=(409,),
)
def merge_user(parts: "AccountsParts", call: Call, *, user_id: UserId, body: MergeUser) -> UserOut:
    """Answers with the other account: its usage grows by the user's, its limit does not.

    What is granted to the user ends with it; the audit log says how much (`endedTokens`).
    Addresses and keys go with it; records and closed months stay under the user's id. Again
    changes nothing. It cannot be undone.
    """
    account = parts.mover.merge(user_id, body.into, actor=call.as_actor, reason=body.reason)
    return shown(parts, account)


@operation(
    "DELETE",
    "/admin/users/{user_id}/aliases/{email}",
    access=Access(ADMINS, key=Scope.USERS_WRITE),
    tag=TAG,
    name="releaseAlias",
    summary="Give up an address that a user had before",
    problems=(409,),
)
def release_alias(parts: "AccountsParts", call: Call, *, user_id: UserId, email: Email) -> UserOut:
    """Nobody is found by it from now on: whoever comes by it next is somebody new."""
    account = parts.mover.release(email, actor=call.as_actor, reason="", user_id=user_id)
    return shown(parts, account)
