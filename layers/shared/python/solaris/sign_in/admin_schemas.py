"""Who may sign in: models of /admin/admins."""

from typing import Annotated

from pydantic import Field, StringConstraints

from solaris.platform.actor import Role
from solaris.platform.password_rules import MAX_CHARACTERS, MIN_CHARACTERS
from solaris.platform.web.schemas import ApiModel, Email, Instant
from solaris.quota.identity import MAX_NAME_CHARACTERS
from solaris.sign_in.admin import Admin
from solaris.sign_in.admins import Issued

Password = Annotated[
    str,
    StringConstraints(min_length=MIN_CHARACTERS, max_length=MAX_CHARACTERS),
    Field(description="Not the address and none that everybody knows."),
]


class AdminOut(ApiModel):
    """Somebody who may sign in."""

    email: str
    name: str
    role: Role
    has_password: bool = Field(description="False for somebody who signs in by OIDC alone.")
    created_at: Instant
    updated_at: Instant
    last_login: Instant | None

    @classmethod
    def of(cls, admin: Admin) -> "AdminOut":
        """An admin as the wire shows them; never the hash."""
        return cls(
            email=admin.email,
            name=admin.name,
            role=admin.role,
            has_password=admin.password_hash is not None,
            created_at=admin.created_at,
            updated_at=admin.updated_at,
            last_login=admin.last_login_at,
        )


class AdminCreate(ApiModel):
    """A new admin or viewer."""

    email: Email
    name: str = Field(default="", max_length=MAX_NAME_CHARACTERS)
    role: Role
    password: Password | None = Field(
        default=None,
        repr=False,
        description="Without it one is generated, and shown in the answer.",
    )


class AdminUpdate(ApiModel):
    """What shall be different; what is left out stays. Another role signs the person out."""

    name: str | None = Field(default=None, max_length=MAX_NAME_CHARACTERS)
    role: Role | None = None


class AdminIssued(ApiModel):
    """An account, and the password that was generated for it."""

    admin: AdminOut
    password: str | None = Field(
        description="Shown only now; null when the request stated one.", repr=False
    )

    @classmethod
    def of(cls, issued: Issued) -> "AdminIssued":
        """What the one who made it passes on."""
        return cls(admin=AdminOut.of(issued.admin), password=issued.password)
