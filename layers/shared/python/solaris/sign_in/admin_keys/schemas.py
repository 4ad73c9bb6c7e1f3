"""Models of admin keys. The key itself is in one answer only: that of its creation."""

from typing import Annotated

from pydantic import Field, StringConstraints

from solaris.platform.access import Scope
from solaris.platform.actor import MAX_REASON_CHARACTERS
from solaris.platform.web.schemas import ApiModel, Instant
from solaris.quota.identity import MAX_NAME_CHARACTERS
from solaris.sign_in.admin_keys.key import (
    DEFAULT_DAYS,
    ID_PATTERN,
    MAX_DAYS,
    AdminKey,
    AdminKeyState,
)

AdminKeyId = Annotated[str, StringConstraints(pattern=ID_PATTERN)]


class AdminKeyCreate(ApiModel):
    """A key to be made."""

    name: str = Field(default="", max_length=MAX_NAME_CHARACTERS, examples=["terraform"])
    note: str = Field(
        default="", max_length=MAX_REASON_CHARACTERS, description="Where it is, who looks after it."
    )
    scopes: list[Scope] = Field(
        min_length=1,
        max_length=len(Scope),
        description="What it may do; an operation's `x-scope` is what that needs.",
        examples=[["users:read", "users:write"]],
    )
    expires_in_days: int = Field(default=DEFAULT_DAYS, ge=1, le=MAX_DAYS)


class AdminKeyOut(ApiModel):
    """What is known of an admin key."""

    id: str = Field(description="`ak_` and the beginning of the key's SHA-256.")
    prefix: str = Field(description="The beginning of the key, all of it that is shown again.")
    name: str
    note: str
    scopes: list[Scope]
    state: AdminKeyState
    created_at: Instant
    created_by: str
    expires_at: Instant
    revoked_at: Instant | None
    last_used_at: Instant | None = Field(description="Up to a minute late.")

    @classmethod
    def of(cls, key: AdminKey, state: AdminKeyState) -> "AdminKeyOut":
        """A key as the wire shows it; never the hash."""
        return cls(
            id=key.key_id,
            prefix=key.prefix,
            name=key.name,
            note=key.note,
            scopes=[Scope(one) for one in key.scope_names],
            state=state,
            created_at=key.created_at,
            created_by=key.created_by,
            expires_at=key.expires_at,
            revoked_at=key.revoked_at,
            last_used_at=key.last_used_at,
        )


class AdminKeyIssued(ApiModel):
    """A new admin key, and the key itself: this answer alone shows it."""

    admin_key: AdminKeyOut
    key: str = Field(repr=False, description="Send it as `Authorization: Bearer <key>`.")
