"""Who may sign in: made, changed and removed by admins; everybody signed in may look."""

from typing import TYPE_CHECKING

from solaris.platform.access import ADMINS, REPORT_READERS, Access
from solaris.platform.web.operations import Call, operation
from solaris.platform.web.schemas import Page
from solaris.sign_in.schemas import AdminCreate, AdminIssued, AdminOut, AdminUpdate

if TYPE_CHECKING:
    from solaris.sign_in.parts import SignInParts

TAG = "Admins"


@operation(
    "GET",
    "/admin/admins",
    access=Access(REPORT_READERS),
    tag=TAG,
    name="listAdmins",
    summary="List who may sign in, by address",
)
def list_admins(parts: "SignInParts", call: Call) -> Page[AdminOut]:  # noqa: ARG001 - the shape of every handler
    """All of them on one page (1,000 at most)."""
    items = [AdminOut.of(admin) for admin in parts.admin_accounts.list()]
    return Page[AdminOut](items=items, next_cursor=None, total=len(items))


@operation(
    "POST",
    "/admin/admins",
    access=Access(ADMINS),
    tag=TAG,
    name="createAdmin",
    summary="Let somebody sign in, with a role",
    status=201,
    problems=(409,),
)
def create_admin(parts: "SignInParts", call: Call, *, body: AdminCreate) -> AdminIssued:
    """Without a password one is generated; the answer shows it, this once."""
    issued = parts.admin_accounts.create(
        call.as_actor, body.email, name=body.name, role=body.role, password=body.password
    )
    return AdminIssued.of(issued)


@operation(
    "PUT",
    "/admin/admins/{email}",
    access=Access(ADMINS),
    tag=TAG,
    name="updateAdmin",
    summary="Change somebody's name or role",
    problems=(404, 409),
)
def update_admin(parts: "SignInParts", call: Call, *, email: str, body: AdminUpdate) -> AdminOut:
    """Another role ends their sessions. The last admin stays one (409)."""
    admin = parts.admin_accounts.update(call.as_actor, email, name=body.name, role=body.role)
    return AdminOut.of(admin)


@operation(
    "POST",
    "/admin/admins/{email}/reset-password",
    access=Access(ADMINS),
    tag=TAG,
    name="resetAdminPassword",
    summary="Give somebody a new password",
    problems=(404, 409),
)
def reset_admin_password(parts: "SignInParts", call: Call, *, email: str) -> AdminIssued:
    """It is generated, the answer shows it, this once; their sessions end."""
    return AdminIssued.of(parts.admin_accounts.reset_password(call.as_actor, email))


@operation(
    "DELETE",
    "/admin/admins/{email}",
    access=Access(ADMINS),
    tag=TAG,
    name="deleteAdmin",
    summary="Remove somebody",
    problems=(404, 409),
)
def delete_admin(parts: "SignInParts", call: Call, *, email: str) -> None:
    """They are signed out within five seconds. The last admin cannot be removed (409)."""
    parts.admin_accounts.remove(call.as_actor, email)
