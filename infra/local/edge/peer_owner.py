"""Whose the other end of a connection of this machine is, as Linux tells everybody."""

import sys
from ipaddress import ip_address
from pathlib import Path

_TABLES = (Path("/proc/net/tcp"), Path("/proc/net/tcp6"))
_LOCAL, _REMOTE, _OWNER = 1, 2, 7  # columns


def owner_of(client: tuple[str, int], server: tuple[str, int]) -> int | None:
    """The user id that has the socket `client` which is connected to `server`.

    None where that is not told: other systems, another machine, a client that has gone.
    """
    wanted = (_both(client), _both(server))
    for table in _TABLES:
        try:
            lines = table.read_text("ascii").splitlines()[1:]
        except OSError:
            continue
        for line in lines:
            columns = line.split()
            if (_short(columns[_LOCAL]), _short(columns[_REMOTE])) == wanted:
                return int(columns[_OWNER])
    return None


def _both(end: tuple[str, int]) -> str:
    address = ip_address(end[0])
    packed = getattr(address, "ipv4_mapped", None) or address
    return f"{packed.packed.hex()}:{end[1]:04x}"


def _short(column: str) -> str:
    """Of the kernel's words in this machine's order: an address as it is on the wire, and a port.

    An IPv4 address within IPv6 is the IPv4 address.
    """
    words, _, port = column.partition(":")
    parts = [words[start : start + 8] for start in range(0, len(words), 8)]
    raw = b"".join(int(part, 16).to_bytes(4, sys.byteorder) for part in parts)
    mapped = b"\0" * 10 + b"\xff\xff"
    raw = raw.removeprefix(mapped)
    return f"{raw.hex()}:{int(port, 16):04x}"


def is_another_account(client: tuple[str, int], server: tuple[str, int], own: int) -> bool:
    """Whether a connection of this machine is known to be neither `own`'s nor root's."""
    owner = owner_of(client, server)
    return owner is not None and owner not in (own, 0)
