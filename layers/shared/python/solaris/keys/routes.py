"""Gateway keys."""

from typing import TYPE_CHECKING

from solaris.keys.key import KeyKind
from solaris.keys.schemas import (
    CreatedKey,
    KeyCreate,
    KeyId,
    KeyListQuery,
    KeyOut,
    KeyUpdate,
)
from solaris.keys.snippet import librechat_snippet
from solaris.platform.access import ADMINS, READERS, Access, Scope
from solaris.platform.web.operations import Call, operation
from solaris.platform.web.schemas import Page

if TYPE_CHECKING:
    from solaris.keys.parts import KeysParts

TAG = "Keys"


@operation(
    "GET",
    "/admin/keys",
    access=Access(READERS, key=Scope.KEYS_READ),
    tag=TAG,
    name="listKeys",
    summary="List gateway keys, newest first",
)
def list_keys(parts: "KeysParts", call: Call, *, query: KeyListQuery) -> Page[KeyOut]:  # noqa: ARG001 - the shape of every handler
    """Of a key itself only its beginning is known."""
    page = parts.management.page(query.query())
    return Page[KeyOut](
        items=[KeyOut.of(row) for row in page.items],
        next_cursor=page.next_cursor,
        total=page.total,
    )


@operation(
    "POST",
    "/admin/keys",
    access=Access(ADMINS, key=Scope.KEYS_WRITE),
    tag=TAG,
    name="createKey",
    summary="Make a key",
    status=201,
)
def create_key(parts: "KeysParts", call: Call, *, body: KeyCreate) -> CreatedKey:
    """The answer shows the key itself, this once."""
    issued = parts.management.create(body.terms(), call.as_actor)
    is_service = issued.key.kind is KeyKind.SERVICE
    settings = parts.platform.settings
    snippet = librechat_snippet(
        settings.own_address,
        group_headers=settings.identity_group_headers,
        token_header=settings.oidc_token_header,
    )
    return CreatedKey.made(issued.row, issued.secret, snippet if is_service else None)


@operation(
    "GET",
    "/admin/keys/{key_id}",
    access=Access(READERS, key=Scope.KEYS_READ),
    tag=TAG,
    name="getKey",
    summary="One key",
)
def get_key(parts: "KeysParts", call: Call, *, key_id: KeyId) -> KeyOut:  # noqa: ARG001 - the shape of every handler
    """As it is now."""
    return KeyOut.of(parts.management.get(key_id))


@operation(
    "PUT",
    "/admin/keys/{key_id}",
    access=Access(ADMINS, key=Scope.KEYS_WRITE),
    tag=TAG,
    name="updateKey",
    summary="Change a key's name, models, rate or expiry",
    problems=(409,),
)
def update_key(parts: "KeysParts", call: Call, *, key_id: KeyId, body: KeyUpdate) -> KeyOut:
    """A field left out stays; in force everywhere within five seconds. 409: it is revoked."""
    return KeyOut.of(parts.management.update(key_id, body.changes(), call.as_actor))


@operation(
    "POST",
    "/admin/keys/{key_id}/revoke",
    access=Access(ADMINS, key=Scope.KEYS_WRITE),
    tag=TAG,
    name="revokeKey",
    summary="Refuse a key for good",
)
def revoke_key(parts: "KeysParts", call: Call, *, key_id: KeyId) -> KeyOut:
    """Refused everywhere within five seconds; again changes nothing."""
    return KeyOut.of(parts.management.revoke(key_id, call.as_actor))


@operation(
    "DELETE",
    "/admin/keys/{key_id}",
    access=Access(ADMINS, key=Scope.KEYS_WRITE),
    tag=TAG,
    name="deleteKey",
    summary="Refuse a key for good",
)
def delete_key(parts: "KeysParts", call: Call, *, key_id: KeyId) -> None:
    """The same as to revoke it: the key stays on record, since usage records name it."""
    parts.management.revoke(key_id, call.as_actor)
