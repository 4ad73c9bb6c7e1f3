"""The gateway's port takes connections quickly while the process is busy with others."""

import asyncio
import contextlib
import socket

import uvicorn
import uvloop

from infra.local.edge.listening import listeners

CONNECTIONS = 64
MOST_TURNS = 1_000


async def nothing(scope: object, receive: object, send: object) -> None:
    """An application that is never called."""


async def _turns_until_taken(sockets: list[socket.socket]) -> int:
    """Turns of the loop, each with work to do, until all waiting connections are taken."""
    loop = asyncio.get_running_loop()
    taken = turns = 0
    done = asyncio.Event()

    class Taken(asyncio.Protocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            nonlocal taken
            taken += 1
            if taken == CONNECTIONS:
                done.set()

    servers = [await loop.create_server(Taken, sock=one, backlog=CONNECTIONS) for one in sockets]
    with contextlib.ExitStack() as stack:
        for _ in range(CONNECTIONS):
            stack.enter_context(socket.create_connection(sockets[0].getsockname()[:2]))

        def turn() -> None:
            nonlocal turns
            turns += 1
            if turns >= MOST_TURNS:
                done.set()
            if not done.is_set():
                loop.call_soon(turn)

        loop.call_soon(turn)
        await done.wait()
        for server in servers:
            server.close()
    assert taken == CONNECTIONS
    return turns


def test_several_connections_are_taken_in_a_turn() -> None:
    sockets = listeners(uvicorn.Config(nothing, host="127.0.0.1", port=0, log_config=None))
    try:
        assert uvloop.run(_turns_until_taken(sockets)) <= CONNECTIONS / 4
    finally:
        for one in sockets:
            one.close()
