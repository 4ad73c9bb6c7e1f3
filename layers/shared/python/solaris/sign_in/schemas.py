"""Signing in and out: models of /auth."""

from typing import TYPE_CHECKING

from pydantic import ConfigDict, Field

from solaris.platform.web.schemas import ApiModel, Instant
from solaris.sign_in.admin_schemas import AdminOut, Password

if TYPE_CHECKING:
    from solaris.sign_in.sessions import Opened

MAX_EMAIL_CHARACTERS = 254
MAX_PASSWORD_CHARACTERS = 128
MAX_RETURN_CHARACTERS = 500
# the same as the service's, which does not trust this one
RETURN_PATTERN = r"^/admin/[A-Za-z0-9._~!$&'()*+,;=:@%/?#-]*$"


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
