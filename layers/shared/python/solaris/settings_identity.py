"""Settings about who somebody is: users behind service keys, admins by OpenID Connect."""

from typing import Annotated, Any, Self

from pydantic import Field, field_validator, model_validator
from pydantic_settings import NoDecode

from solaris.settings_addresses import FrontSettings, mail_address, mail_domain, site_url

# HS256 wants a key as long as its hash (RFC 7518, section 3.2)
MIN_JWT_SECRET_CHARACTERS = 32

_List = Annotated[tuple[str, ...], NoDecode]


class IdentitySettings(FrontSettings):
    """Identity headers, Open WebUI's signature, the OIDC provider."""

    identity_email_headers: _List = ("x-user-email", "x-openwebui-user-email")
    identity_name_headers: _List = ("x-user-name", "x-openwebui-user-name")
    identity_from_body: bool = False
    openwebui_jwt_secret: str | None = Field(
        default=None, repr=False, min_length=MIN_JWT_SECRET_CHARACTERS
    )
    oidc_issuer: str | None = None
    oidc_client_id: str | None = None
    oidc_client_secret: str | None = Field(default=None, repr=False)
    oidc_admin_emails: _List = ()
    oidc_viewer_domains: _List = ()
    oidc_trusted_email_issuers: _List = ()

    @field_validator(
        "identity_email_headers",
        "identity_name_headers",
        "oidc_admin_emails",
        "oidc_viewer_domains",
        mode="before",
    )
    @classmethod
    def _names(cls, value: Any) -> Any:
        if isinstance(value, str):
            return tuple(part.strip().lower() for part in value.split(",") if part.strip())
        return value

    @field_validator("oidc_trusted_email_issuers", mode="before")
    @classmethod
    def _issuers(cls, value: Any) -> Any:
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip())
        return value

    @field_validator("openwebui_jwt_secret", mode="before")
    @classmethod
    def _as_open_webui_reads_it(cls, value: Any) -> Any:
        return value.strip() if isinstance(value, str) else value

    @field_validator("oidc_viewer_domains")
    @classmethod
    def _domains(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(mail_domain(one) for one in value)

    @field_validator("oidc_admin_emails")
    @classmethod
    def _addresses(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(mail_address(one) for one in value)

    @field_validator("oidc_issuer", "oidc_trusted_email_issuers")
    @classmethod
    def _sites(cls, value: Any) -> Any:
        if isinstance(value, str):
            return site_url(value)
        return value and tuple(site_url(one) for one in value)

    @model_validator(mode="after")
    def _whole_provider(self) -> Self:
        parts = self.oidc_issuer, self.oidc_client_id, self.oidc_client_secret
        if len({bool(one) for one in parts}) > 1:
            msg = "OIDC_ISSUER, OIDC_CLIENT_ID and OIDC_CLIENT_SECRET: set all or none"
            raise ValueError(msg)
        return self

    @property
    def trusts_oidc_emails(self) -> bool:
        """Whether the provider's addresses count although it does not say that they are verified.

        The issuer is named by its whole address: another provider does not inherit the trust.
        """
        trusted = {one.rstrip("/") for one in self.oidc_trusted_email_issuers}
        return (self.oidc_issuer or "").rstrip("/") in trusted
