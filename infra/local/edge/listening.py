"""One port that takes many connections at once, however busy its process is.

uvloop (0.23) takes one new connection from a listening socket in each turn of its loop. With a
thousand open streams a turn is long, and new connections came in a few a second. The same socket
under several descriptors is taken from as often as there are descriptors.
"""

import socket
import sys

import uvicorn

ACCEPTS_A_TURN = 8
_NOT_STARTED = 3  # as uvicorn.run


def listeners(config: uvicorn.Config) -> list[socket.socket]:
    """The bound socket of a configuration, under several descriptors; exits when it is taken."""
    first = config.bind_socket()
    return [first, *(first.dup() for _ in range(ACCEPTS_A_TURN - 1))]


def serve(config: uvicorn.Config) -> None:
    """Run a server until it is told to stop; exits as uvicorn.run does when it cannot start."""
    server = uvicorn.Server(config)
    server.run(sockets=listeners(config))
    if not server.started:
        sys.exit(_NOT_STARTED)
