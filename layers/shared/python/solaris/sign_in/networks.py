"""Whose network an address belongs to: what one person can have many addresses of. Pure."""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

IPV4_PREFIX = 24
IPV6_PREFIX = 64  # what one connection gets
IPV6_SITE_PREFIX = 48  # what one customer gets for the asking: 65,536 networks
NO_NETWORK = "unknown"


def network_of(address: str | None) -> str:
    """The network of an IP address: IPv4 /24, IPv6 /64; `unknown` for what is no address.

    An IPv4 address in IPv6's form (::ffff:192.0.2.1) is the IPv4 address.
    """
    parsed = _parsed(address)
    if parsed is None:
        return NO_NETWORK
    return _within(parsed, IPV4_PREFIX if parsed.version == 4 else IPV6_PREFIX)  # noqa: PLR2004


def site_of(address: str | None) -> str | None:
    """The IPv6 /48 of an address; None for IPv4, whose /24 is not had for the asking."""
    parsed = _parsed(address)
    return _within(parsed, IPV6_SITE_PREFIX) if isinstance(parsed, IPv6Address) else None


def _parsed(address: str | None) -> IPv4Address | IPv6Address | None:
    try:
        # without the zone, which names a wire of this machine
        parsed = ip_address((address or "").partition("%")[0])
    except ValueError:
        return None
    return (parsed.ipv4_mapped or parsed) if isinstance(parsed, IPv6Address) else parsed


def _within(address: IPv4Address | IPv6Address, prefix: int) -> str:
    return str(ip_network((address, prefix), strict=False))
