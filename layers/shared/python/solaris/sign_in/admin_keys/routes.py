"""Admin keys: made and revoked by admins, as people. No key has to do with keys like itself."""

from typing import TYPE_CHECKING

from solaris.platform.access import ADMINS, Access
from solaris.platform.web.operations import Call, operation
from solaris.platform.web.schemas import Page
from solaris.sign_in.admin_keys.schemas import (
    AdminKeyCreate,
    AdminKeyId,
    AdminKeyIssued,
    AdminKeyOut,
)

if TYPE_CHECKING:
    from solaris.sign_in.admin_keys.key import AdminKey
    from solaris.sign_in.parts import SignInParts

TAG = "Admin keys"


@operation(
    "GET",
    "/admin/admin-keys",
    access=Access(ADMINS),
    tag=TAG,
    name="listAdminKeys",
    summary="List admin keys, newest first",
)
def list_admin_keys(parts: "SignInParts", call: Call) -> Page[AdminKeyOut]:  # noqa: ARG001 - the shape of every handler
    """All of them on one page, revoked and expired ones too."""
    items = [_out(parts, key) for key in parts.admin_keys.list()]
    return Page[AdminKeyOut](items=items, next_cursor=None, total=len(items))


@operation(
    "POST",
    "/admin/admin-keys",
    access=Access(ADMINS),
    tag=TAG,
    name="createAdminKey",
    summary="Make a key for a program",
    status=201,
)
def create_admin_key(parts: "SignInParts", call: Call, *, body: AdminKeyCreate) -> AdminKeyIssued:
    """The answer shows the key itself, this once. Its scopes and its end do not change."""
    issued = parts.admin_keys.create(
        call.as_actor, body.scopes, name=body.name, note=body.note, days=body.expires_in_days
    )
    return AdminKeyIssued(admin_key=_out(parts, issued.key), key=issued.secret)


@operation(
    "POST",
    "/admin/admin-keys/{key_id}/revoke",
    access=Access(ADMINS),
    tag=TAG,
    name="revokeAdminKey",
    summary="Refuse an admin key for good",
    problems=(409,),
)
def revoke_admin_key(parts: "SignInParts", call: Call, *, key_id: AdminKeyId) -> AdminKeyOut:
    """Refused everywhere within five seconds; again changes nothing."""
    return _out(parts, parts.admin_keys.revoke(call.as_actor, key_id))


def _out(parts: "SignInParts", key: "AdminKey") -> AdminKeyOut:
    return AdminKeyOut.of(key, parts.admin_keys.state(key))
