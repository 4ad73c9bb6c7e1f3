"""Addresses in settings: which ones are taken; what stands in front of the system."""

from ipaddress import ip_network
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, NoDecode

from solaris.domain.addresses import canonical_domain, valid_email
from solaris.trusted_proxies import LOCAL_NETWORKS, Front

MIN_ORIGIN_CHARACTERS = 32

_List = Annotated[tuple[str, ...], NoDecode]


class FrontSettings(BaseSettings):
    """Proxies in front, and the secret by which CloudFront is known."""

    trusted_proxies: int = Field(default=0, ge=0, le=5)
    trusted_proxy_addresses: _List = LOCAL_NETWORKS
    origin_secret: str | None = Field(default=None, repr=False, min_length=MIN_ORIGIN_CHARACTERS)
    origin_secret_previous: _List = Field(default=(), max_length=2, repr=False)

    @field_validator("trusted_proxy_addresses", "origin_secret_previous", mode="before")
    @classmethod
    def _parts(cls, value: Any) -> Any:
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip())
        return value

    @field_validator("trusted_proxy_addresses")
    @classmethod
    def _are_networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for one in value:
            try:
                ip_network(one)
            except ValueError as error:
                msg = f"is neither an address nor a network: {one!r} (example: 10.0.0.0/8)"
                raise ValueError(msg) from error
        return value

    @field_validator("origin_secret_previous")
    @classmethod
    def _are_long(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if any(len(one) < MIN_ORIGIN_CHARACTERS for one in value):
            msg = f"each must have at least {MIN_ORIGIN_CHARACTERS} characters"
            raise ValueError(msg)
        return value

    @property
    def front(self) -> Front:
        """What stands in front; a previous secret counts beside a present one alone."""
        current = self.origin_secret
        return Front(
            proxies=self.trusted_proxies,
            networks=tuple(ip_network(one) for one in self.trusted_proxy_addresses),
            secrets=(current, *self.origin_secret_previous) if current else (),
        )


def upstream_url(value: str) -> str:
    """Return the address of an upstream; raises ValueError for one that cannot be called."""
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        msg = f"is not an http(s) URL: {value!r}"
        raise ValueError(msg)
    if parts.username or parts.password:
        msg = "must not hold a user or password; the key goes into LITELLM_API_KEY"
        raise ValueError(msg)
    return value


def site_url(value: str) -> str:
    """Return the address of a site or an issuer; raises ValueError for anything more than that."""
    parts = urlsplit(value)
    has_more = parts.query or parts.fragment or parts.username or parts.password
    if parts.scheme not in {"http", "https"} or not parts.hostname or has_more:
        msg = f"is not an http(s) URL: {value!r} (example: https://ia.example.com)"
        raise ValueError(msg)
    return value


def mail_address(value: str) -> str:
    """Return the one spelling of an e-mail address; raises ValueError for what is none."""
    address = valid_email(value)
    if address is None:
        msg = f"is not an e-mail address: {value!r}"
        raise ValueError(msg)
    return address


def mail_domain(value: str) -> str:
    """Return the one spelling of a mail domain; raises ValueError for what is none."""
    domain = canonical_domain(value)
    if domain is None:
        msg = f"is not an e-mail domain: {value!r} (example: example.com)"
        raise ValueError(msg)
    return domain
