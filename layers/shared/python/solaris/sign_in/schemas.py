"""Signing in and out, and who may: models of /auth and /admin/admins."""

from typing import TYPE_CHECKING, Annotated

from pydantic import ConfigDict, Field, StringConstraints

from solaris.platform.actor import Role
from solaris.platform.password_rules import MAX_CHARACTERS, MIN_CHARACTERS
from solaris.platform.web.schemas import ApiModel, Email, Instant
from solaris.quota.identity import MAX_NAME_CHARACTERS
from solaris.sign_in.admin import Admin
from solaris.sign_in.admins import Issued

if TYPE_CHECKING:
    from solaris.sign_in.sessions import Opened

MAX_EMAIL_CHARACTERS = 254
MAX_PASSWORD_CHARACTERS = 128
MAX_RETURN_CHARACTERS = 500
# the same as the service's, which does not trust this one
RETURN_PATTERN = r"^/admin/[A-Za-z0-9._~!$&'()*+,;=:@%/?#-]*$"

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
    """Somebody new who may sign in."""

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


class LoginRequest(ApiModel):
    """An address and its password."""

    email: str = Field(min_length=1, max_length=MAX_EMAIL_CHARACTERS, examples=["admin@localhost"])
    password: str = Field(min_length=1, max_length=MAX_PASSWORD_CHARACTERS, repr=False)


class PasswordChange(ApiModel):
    """One's own password: the one that holds and the one that shall."""

    current_password: str = Field(min_length=1, max_length=MAX_PASSWORD_CHARACTERS, repr=False)
    new_password: Password = Field(repr=False)


class SignedInOut(ApiModel):
    """An access token: send it as `Authorization: Bearer <token>`."""

    token: str = Field(description="A JWT; get the next one from `/auth/refresh` before it ends.")
    expires_at: Instant
    user: AdminOut

    @classmethod
    def of(cls, opened: "Opened") -> "SignedInOut":
        """What somebody gets who has signed in."""
        return cls(
            token=opened.token,
            expires_at=opened.token_expires_at,
            user=AdminOut.of(opened.admin),
        )


class OidcOption(ApiModel):
    """Sign-in by an OpenID Connect provider."""

    enabled: bool
    name: str | None = Field(description="The provider's host; null when there is none.")


class SignInOptions(ApiModel):
    """How one may sign in."""

    password: bool
    oidc: OidcOption


class OidcDeparture(ApiModel):
    """Where to go on after a sign-in by OIDC."""

    return_to: str | None = Field(
        default=None,
        max_length=MAX_RETURN_CHARACTERS,
        pattern=RETURN_PATTERN,
        description="A path of the admin site; without it, its front page.",
        examples=["/admin/users"],
    )


class OidcReturn(ApiModel):
    """What the provider sends along; more than this is ignored."""

    model_config = ConfigDict(extra="ignore")

    code: str | None = None
    state: str | None = None
    error: str | None = None
