"""A user's daily limit, lifted for today. It is set by PUT /admin/users/{user_id}."""

from typing import TYPE_CHECKING

from solaris.accounts.routes import TAG, shown
from solaris.accounts.schemas import OptionalReason, UserId, UserOut
from solaris.platform.access import MEMBER_CHANGERS, Access, Scope
from solaris.platform.web.operations import Call, operation
from solaris.quota.groups.managing import another_member

if TYPE_CHECKING:
    from solaris.accounts.parts import AccountsParts


@operation(
    "POST",
    "/admin/users/{user_id}/lift-day",
    access=Access(MEMBER_CHANGERS, key=Scope.USERS_WRITE),
    tag=TAG,
    name="liftDailyLimit",
    summary="Let a user's daily limit not hold today",
    problems=(409,),
    within=another_member,
)
def lift_daily_limit(
    parts: "AccountsParts", call: Call, *, user_id: UserId, body: OptionalReason
) -> UserOut:
    """Tomorrow it holds again by itself. Again changes nothing."""
    change = parts.user_changes.lift_day(user_id, actor=call.as_actor, reason=body.reason)
    return shown(parts, change.after)
