"""The client's side of one request: what was sent to it, and whether it is still there."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from contextlib import suppress
from typing import Any

from solaris.gateway.frames import COMMENT

SendMessage = Callable[[MutableMapping[str, Any]], Awaitable[None]]

STREAM_HEADERS: Mapping[str, str] = {
    "content-type": "text/event-stream; charset=utf-8",
    "cache-control": "no-cache",
    "x-accel-buffering": "no",
}


class ClientGoneError(Exception):
    """The client has gone before the upstream was asked: nothing is sent, nothing is charged."""


class Client:
    """Sends one answer by ASGI; what is sent after the client has gone is dropped."""

    def __init__(self, send: SendMessage) -> None:
        self._send = send
        self.is_gone = False
        self.has_started = False
        self.has_finished = False
        self.last_sent = asyncio.get_running_loop().time()

    def leave(self) -> None:
        """The client has hung up. Whoever serves it reads on without it."""
        self.is_gone = True

    async def start(self, status: int, headers: Mapping[str, str]) -> None:
        """Begin the answer; a repeat does nothing."""
        if self.has_started:
            return
        self.has_started = True
        raw = [(name.encode("latin-1"), _latin(value)) for name, value in headers.items()]
        await self._pass({"type": "http.response.start", "status": status, "headers": raw})

    async def send(self, part: bytes) -> None:
        """Send a part of the body."""
        self.last_sent = asyncio.get_running_loop().time()
        await self._pass({"type": "http.response.body", "body": part, "more_body": True})

    async def finish(self, part: bytes = b"") -> None:
        """Send the last part of the body."""
        self.has_finished = True
        await self._pass({"type": "http.response.body", "body": part, "more_body": False})

    async def _pass(self, message: MutableMapping[str, Any]) -> None:
        if self.is_gone:
            return
        try:
            await self._send(message)
        except OSError:
            self.leave()


class Heartbeat:
    """SSE comments while the model thinks, so that no proxy in between gives the stream up.

    A stream that has not begun is begun for the first of them: from then on a failure of the
    upstream is an error frame, since the status is out. `may_comment` is False in mid-frame.
    """

    def __init__(
        self,
        client: Client,
        seconds: float,
        headers: Mapping[str, str],
    ) -> None:
        self._client = client
        self._seconds = seconds
        self._headers = headers
        self._loop = asyncio.get_running_loop()
        self._sending: asyncio.Task[None] | None = None
        self.may_comment = True
        self._timer = self._loop.call_later(seconds, self._look)

    async def stop(self) -> None:
        """Send no more."""
        self._timer.cancel()
        if self._sending is not None:
            self._sending.cancel()
            with suppress(asyncio.CancelledError):
                await self._sending

    def _look(self) -> None:
        left = self._client.last_sent + self._seconds - self._loop.time()
        if left <= 0 and self.may_comment and not self._client.is_gone:
            self._sending = asyncio.create_task(self._comment())
        self._timer = self._loop.call_later(left if left > 0 else self._seconds, self._look)

    async def _comment(self) -> None:
        await self._client.start(200, self._headers)
        await self._client.send(COMMENT)


def _latin(value: str) -> bytes:
    return value.encode("latin-1", "replace")
