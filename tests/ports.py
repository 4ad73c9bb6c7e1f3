"""Ports for servers that are started minutes after their port was chosen, or started again."""

import random
import socket

# Below what Linux gives to outgoing connections (net.ipv4.ip_local_port_range, from 32768 on), and
# what `free_port` gives, too: nothing else on the machine takes such a port by chance.
_PORTS = range(20_000, 32_000)
_TRIES = 50


def lasting_port() -> int:
    """A loopback port that nobody uses, and nobody is given unless they ask for it."""
    for port in random.sample(_PORTS, _TRIES):
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise AssertionError("no free port")
