"""Kept-alive connections to the upstream, looked at before they are used again.

The rule for sending anew, as a chat costs money each time that it is answered: a request goes over
another connection only while not one byte of it is written. A kept connection that the upstream has
closed, that is idle for too long, or on which something came that nobody asked for (it would be
taken for the answer to the next one's request) is therefore found before it is used. What breaks
off later is told to the client, since the upstream may have worked on it; only GET and its like,
which change nothing, are asked once more (by aiohttp).
"""

import select
import time
from collections.abc import Callable
from functools import partial
from weakref import WeakKeyDictionary

import aiohttp
from aiohttp.client_proto import ResponseHandler
from aiohttp.client_reqrep import ClientRequest
from aiohttp.connector import Connection
from aiohttp.tracing import Trace

WallClock = Callable[[], float]


class UpstreamConnector(aiohttp.TCPConnector):
    """aiohttp's pool, which hands out no kept connection that is closed or too old.

    `wall_clock` gives seconds that go on while the process stands still.
    """

    def __init__(
        self, *, limit: int, keep_alive_seconds: float, wall_clock: WallClock = time.time
    ) -> None:
        super().__init__(limit=limit, keepalive_timeout=keep_alive_seconds)
        self._keep_alive_seconds = keep_alive_seconds
        self._wall_clock = wall_clock
        self._last_used: WeakKeyDictionary[ResponseHandler, float] = WeakKeyDictionary()

    async def connect(
        self,
        req: ClientRequest,
        traces: list[Trace],
        timeout: aiohttp.ClientTimeout,  # noqa: ASYNC109 - aiohttp's own
    ) -> Connection:
        """A kept connection that is open, or a new one."""
        while True:
            connection = await super().connect(req, traces, timeout)
            protocol = connection.protocol
            if protocol is None or self._is_usable(protocol):
                break
            connection.close()
        if protocol is not None:
            connection.add_callback(partial(self._note, protocol))
        return connection

    def _note(self, protocol: ResponseHandler) -> None:
        self._last_used[protocol] = self._wall_clock()

    def _is_usable(self, protocol: ResponseHandler) -> bool:
        last_used = self._last_used.get(protocol)
        if last_used is None:
            return True
        if protocol.should_close:  # it has read what nobody asked for: the next one's answer
            return False
        idle = self._wall_clock() - last_used
        return 0 <= idle < self._keep_alive_seconds and not _has_something_to_read(protocol)


def _has_something_to_read(protocol: ResponseHandler) -> bool:
    """Whether an idle connection has bytes or its end waiting, which the loop has not seen yet.

    Nobody has asked for anything on it, so whatever it is, this connection is at its end.
    """
    transport = protocol.transport
    socket = None if transport is None else transport.get_extra_info("socket")
    if socket is None or socket.fileno() < 0:
        return True
    poll = select.poll()
    poll.register(socket.fileno(), select.POLLIN)
    return bool(poll.poll(0))
