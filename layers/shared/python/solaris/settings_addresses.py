"""Addresses in settings: which ones are taken. Pure."""

from urllib.parse import urlsplit

from solaris.domain.addresses import canonical_domain, valid_email


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
