"""Addresses that get no mail, after a bounce or a complaint.

By address and not by user: the admins who get copies of warnings need be no users, and what has
bounced is an address.
"""

from typing import TYPE_CHECKING

from solaris.alerts.suppression_schemas import LiftedSuppression, SuppressedAddress
from solaris.platform.access import ADMINS, READERS, Access, Scope
from solaris.platform.web.operations import Call, operation
from solaris.platform.web.schemas import Email, Page, PageQuery

if TYPE_CHECKING:
    from solaris.alerts.parts import AlertsParts

TAG = "Mail suppressions"


@operation(
    "GET",
    "/admin/mail-suppressions",
    access=Access(READERS, key=Scope.USERS_READ),
    tag=TAG,
    name="listMailSuppressions",
    summary="List addresses that get no mail",
)
def list_mail_suppressions(
    parts: "AlertsParts",
    call: Call,  # noqa: ARG001 - the shape of every handler
    *,
    query: PageQuery,
) -> Page[SuppressedAddress]:
    """Users' and admins', in no order. A page may be short and still have a next one."""
    page = parts.suppressions.page(query.limit, query.cursor)
    return Page[SuppressedAddress](
        items=[SuppressedAddress.of(one) for one in page.items], next_cursor=page.next_cursor
    )


@operation(
    "DELETE",
    "/admin/mail-suppressions/{email}",
    access=Access(ADMINS, key=Scope.USERS_WRITE),
    tag=TAG,
    name="liftMailSuppression",
    summary="Let an address have mail again",
    problems=(404, 409, 502),
)
def lift_mail_suppression(parts: "AlertsParts", call: Call, *, email: Email) -> LiftedSuppression:
    """Also takes it off SES's own list; 502: SES refused that, and nothing has changed.

    What was not sent meanwhile is not sent later. When the address bounces again, it is back.
    """
    return LiftedSuppression.of(parts.suppressions.lift(email, call.as_actor))
