"""Where a channel may send to: which URLs, and which of the addresses that their names lead to.

Whoever may save a channel makes this system send requests, from inside the company's network. So:
https alone, no credentials in the URL, few ports, no redirects (sending.py), and nothing that is
not on the public internet: no private, loopback, link-local, shared (CGNAT), multicast or
reserved address, no metadata service, in whatever way it is written (decimal, octal, mapped into
IPv6, NAT64, 6to4). CHANNEL_ALLOWED_HOSTS names receivers inside the company; a name leads to
private addresses then, a network allows each address in it. Pure: who resolves the name asks
`refusal` for every address that it has got, before it connects to one of them.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)
from urllib.parse import urlsplit

MAX_URL_CHARACTERS = 2_000
HTTPS_PORT, HTTP_PORT = 443, 80
LEAST_FREE_PORT = 1024

_PRINTABLE = re.compile(r"[\x21-\x5b\x5d-\x7e]+")  # ASCII without spaces and the backslash
_NAME = re.compile(
    r"(?=.{1,253}\Z)[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*"
)
# what resolvers read as a number: `2130706433`, `0x7f.1`, `0177.0.0.1`
_NUMERIC_END = re.compile(r"(.*\.)?(0x[0-9a-f]*|[0-9]+)")

_V4_MAPPED, _NAT64 = IPv6Network("::ffff:0:0/96"), IPv6Network("64:ff9b::/96")
_SIX_TO_FOUR = IPv6Network("2002::/16")
# Of these not even a host that is allowed by its name may be one: metadata services among them.
_NEVER_BY_NAME: tuple[IPv4Network | IPv6Network, ...] = tuple(
    ip_network(one)
    for one in (
        *("0.0.0.0/8", "169.254.0.0/16", "168.63.129.16/32", "100.100.100.200/32"),
        *("192.0.0.192/32", "224.0.0.0/4", "240.0.0.0/4", "::/128", "fe80::/10", "ff00::/8"),
        "fd00:ec2::/32",
    )
)
# Beyond what `is_global` says, which has changed from one Python to the next.
_NOT_PUBLIC: tuple[IPv4Network | IPv6Network, ...] = (
    *_NEVER_BY_NAME,
    *(
        ip_network(one)
        for one in (
            *("10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "172.16.0.0/12", "192.0.0.0/24"),
            *("192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15"),
            *("198.51.100.0/24", "203.0.113.0/24", "::/96", "64:ff9b:1::/48", "100::/64"),
            *("2001::/23", "2001:db8::/32", "3fff::/20", "5f00::/16", "fc00::/7", "fec0::/10"),
        )
    ),
)

Address = IPv4Address | IPv6Address


class UrlRefusedError(ValueError):
    """A URL that nothing is sent to; `rule` says why (platform/texts.py has the sentences)."""

    def __init__(self, rule: str) -> None:
        super().__init__(rule)
        self.rule = rule


@dataclass(frozen=True, slots=True)
class AllowedHosts:
    """CHANNEL_ALLOWED_HOSTS: names, in lower case, and networks."""

    names: frozenset[str] = frozenset()
    networks: tuple[IPv4Network | IPv6Network, ...] = ()

    @classmethod
    def of(cls, written: Sequence[str]) -> "AllowedHosts":
        """What the setting says; each entry a network (`10.1.0.0/16`, `10.1.2.3`), else a name."""
        networks = []
        names = set()
        for one in written:
            try:
                networks.append(ip_network(one.strip("[]"), strict=False))
            except ValueError:
                names.add(one.lower())
        return cls(frozenset(names), tuple(networks))

    def has(self, host: str) -> bool:
        """Whether a host of a URL is named, or is an address in one of the networks."""
        if host in self.names:
            return True
        try:
            return self.covers(ip_address(host))
        except ValueError:
            return False

    def covers(self, address: Address) -> bool:
        """Whether an address lies in one of the networks."""
        return any(address in one for one in self.networks)


@dataclass(frozen=True, slots=True)
class Target:
    """A URL that may be sent to, as far as it can be told without resolving its name."""

    url: str = field(repr=False)
    host: str
    port: int
    is_named: bool
    """CHANNEL_ALLOWED_HOSTS has its name."""


def target_of(url: str, allowed: AllowedHosts) -> Target:
    """Take a URL apart. Raises UrlRefusedError."""
    if len(url) > MAX_URL_CHARACTERS or not _PRINTABLE.fullmatch(url):
        raise UrlRefusedError("channel_url_wrong")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise UrlRefusedError("channel_url_wrong") from error
    if parts.username is not None or parts.password is not None:
        raise UrlRefusedError("channel_url_credentials")
    if parts.fragment or not _is_host(host):
        raise UrlRefusedError("channel_url_wrong")
    is_allowed = allowed.has(host)
    if parts.scheme != "https" and not (parts.scheme == "http" and is_allowed):
        raise UrlRefusedError("channel_url_https")
    if port is None:
        port = HTTPS_PORT if parts.scheme == "https" else HTTP_PORT
    if not is_allowed and port != HTTPS_PORT and port < LEAST_FREE_PORT:
        raise UrlRefusedError("channel_url_port")
    if port == 0:
        raise UrlRefusedError("channel_url_port")
    return Target(url, host, port, host in allowed.names)


def is_refused(text: str, target: Target, allowed: AllowedHosts) -> bool:
    """Whether nothing is sent to an address that the target's name leads to."""
    try:
        address = ip_address(text)
    except ValueError:  # an address with a zone, or none at all
        return True
    if allowed.covers(address):
        return False
    inner = _inner(address)
    if inner is not None and allowed.covers(inner):
        return False
    every = [address] if inner is None else [inner]
    if target.is_named:
        return any(one in network for one in every for network in _NEVER_BY_NAME)
    return not all(_is_public(one) for one in every)


def _inner(address: Address) -> IPv4Address | None:
    """The IPv4 address that an IPv6 one stands for, where it stands for one."""
    if isinstance(address, IPv4Address):
        return None
    if address in _V4_MAPPED or address in _NAT64:
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    if address in _SIX_TO_FOUR:
        return IPv4Address(int(address) >> 80 & 0xFFFF_FFFF)
    return None


def _is_public(address: Address) -> bool:
    return address.is_global and not any(address in network for network in _NOT_PUBLIC)


def _is_host(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        pass
    else:
        return "%" not in host
    return bool(_NAME.fullmatch(host)) and not _NUMERIC_END.fullmatch(host)
