"""The user's own page: a personal link instead of a sign-in."""

from typing import TYPE_CHECKING

from solaris.accounts.schemas import UserId
from solaris.accounts.self_service.schemas import MyUsage, PersonalLinkOut
from solaris.platform.access import ADMINS, OPEN, Access, Scope
from solaris.platform.errors import UnauthenticatedError
from solaris.platform.web.messages import bearer_token
from solaris.platform.web.operations import Call, operation
from solaris.quota.personal_links import Bearer
from solaris.quota.policy import threshold_rule_of

if TYPE_CHECKING:
    from solaris.accounts.parts import AccountsParts


@operation(
    "GET",
    "/me",
    access=OPEN,
    tag="Self-service",
    name="getMyUsage",
    summary="One's own quota and usage, by a personal link",
    problems=(401,),
)
def get_my_usage(parts: "AccountsParts", call: Call) -> MyUsage:
    """The token of the link goes into `Authorization: Bearer <token>`.

    It is what follows the `#` of the link. A link out of a chat opens for one browser, which names
    itself: `Bearer <token>.<22 to 64 random letters, digits, - and _>`, the same each time. 401: it
    is over, forged or another browser's, or the user is deleted.
    """
    bearer = opened_link(parts, call)
    return MyUsage.of(
        parts.self_service.own(bearer.user_id),
        rule=threshold_rule_of(parts.platform.settings),
        support_email=parts.platform.settings.support_email,
        link_expires_at=bearer.expires_at,
    )


@operation(
    "POST",
    "/admin/users/{user_id}/link",
    access=Access(ADMINS, key=Scope.USERS_WRITE),
    tag="Users",
    name="createPersonalLink",
    summary="A link to a user's own page, to be passed on to them",
)
def create_personal_link(parts: "AccountsParts", call: Call, *, user_id: UserId) -> PersonalLinkOut:
    """It opens for 30 days, to whoever holds it; that it was made is in the audit log."""
    return PersonalLinkOut.of(parts.link_issuer.issue(user_id, call.as_actor))


def opened_link(parts: "AccountsParts", call: Call) -> Bearer:
    """Whom the link of a call speaks for; both good and bad ones have a rate.

    Raises UnauthenticatedError, RateLimitedError, StoreUnavailableError.
    """
    try:
        bearer = parts.link_reader.open(bearer_token(call.headers.get("authorization", "")))
    except UnauthenticatedError:
        parts.platform.admin_limiter.admit(f"ip:{call.ip_address}")
        raise
    parts.platform.admin_limiter.admit(f"me:{bearer.user_id}")
    return bearer
