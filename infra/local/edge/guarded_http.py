"""uvicorn's HTTP protocol with the bounds that it leaves to a proxy in front.

httptools sets no limit to a request's head and waits for it for ever, so a few thousand idle
connections, or one head of a gigabyte, would take the machine. It waits for ever, too, for whoever
does not read an answer; and it closes on a body that it has not read, which makes the kernel throw
the answer away before the client has it (RFC 9112, section 9.6). Trailers would be added to the
headers of a request that has been let in already (RFC 9110, section 6.5.1 forbids that).
"""

import asyncio
from http import HTTPStatus
from typing import Any, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_SECONDS = 30.0  # from the connection, or the first byte of a later request
MAX_HEAD_BYTES = 64 * 1024
WRITE_SECONDS = 60.0  # for the next 48 KiB of an answer that its client does not take
MOST_SLOW = 256
"""Connections of one address that have not sent a head yet, and of those that take no answer; of
more, the one that has kept us waiting longest is closed. A proxy in front sends whole heads."""

LINGER_SECONDS = 2.0  # for the rest of a body that is not read, and is dropped
LINGER_BYTES = 32 * 1024 * 1024
DROPPED_BYTES_A_SECOND = 16 * 1024 * 1024
"""No faster: else each turn of the event loop reads from everybody whose body was refused."""

_LINE_BYTES = 4  # a colon, a space and the line's end, which the parser does not hand out
_BODY_NAMES = (b"content-length", b"transfer-encoding")
_BODY_NAME_LENGTHS = tuple(len(name) for name in _BODY_NAMES)


class _Slow:
    """Connections that keep us waiting, by address, the longest first."""

    def __init__(self) -> None:
        self._by: dict[str, dict[GuardedHttp, None]] = {}

    def add(self, one: "GuardedHttp") -> None:
        """Wait for one more; of too many of an address the first is closed."""
        waiting = self._by.setdefault(one.address, {})
        waiting[one] = None
        if len(waiting) > one.most_slow:
            next(iter(waiting)).transport.abort()

    def discard(self, one: "GuardedHttp") -> None:
        """It is not waited for any more; a repeat does nothing."""
        waiting = self._by.get(one.address, {})
        waiting.pop(one, None)
        if not waiting:
            self._by.pop(one.address, None)


class _Lingering:
    """The transport of a request with a body: closes gently while that is still on its way."""

    __slots__ = ("_protocol", "is_closing", "write")

    def __init__(self, protocol: "GuardedHttp") -> None:
        self._protocol = protocol
        self.write = protocol.transport.write
        self.is_closing = protocol.transport.is_closing

    def close(self) -> None:
        self._protocol.close_gently()


class GuardedHttp(HttpToolsProtocol):
    """Closes connections whose head takes too long; answers 431 to one that is too large."""

    head_seconds = HEAD_SECONDS
    write_seconds = WRITE_SECONDS
    most_slow = MOST_SLOW
    _heads = _Slow()
    _readers = _Slow()

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._in_head = True
        self._was_asked = False
        self._head_bytes = 0
        self._unfinished = 0
        self._begun = 0
        self._waiting: asyncio.TimerHandle | None = None
        self._stalled: asyncio.TimerHandle | None = None
        self._has_body = False
        self._lingering: asyncio.TimerHandle | None = None
        self._dropping: asyncio.TimerHandle | None = None
        self._dropped = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for the first head."""
        super().connection_made(transport)
        self._heads.add(self)
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no more."""
        self._stop_waiting()
        self._heads.discard(self)
        self._readers.discard(self)
        for timer in (self._stalled, self._lingering, self._dropping):
            if timer is not None:
                timer.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take bytes; what is no part of a request that is being answered may not go on for ever.

        That is a head, empty lines before one, or a body whose answer has been given.
        """
        if self._lingering is not None:
            self._dropped += len(data)
            if self._dropped > LINGER_BYTES:
                self.transport.close()
                return
            self.flow.pause_reading()
            pause = len(data) / DROPPED_BYTES_A_SECOND
            self._dropping = self.loop.call_later(pause, self.flow.resume_reading)
            return
        begun = self._begun
        super().data_received(data)
        if self.transport.is_closing():
            return
        if self._in_head and self._begun <= max(begun, 1):
            # all of it is head, of which the parser hands out no line before its end
            self._unfinished += len(data)
            if self._unfinished > MAX_HEAD_BYTES:
                self._head_bytes = self._unfinished
                self.send_400_response("")
                return
        if self._in_head or self._is_idle():
            self._wait()
        else:
            self._stop_waiting()

    def on_message_begin(self) -> None:
        """A head begins."""
        super().on_message_begin()
        self._in_head = True
        self._has_body = False
        self._head_bytes = 0
        self._unfinished = 0
        self._begun += 1

    def on_url(self, url: bytes) -> None:
        """Count it; raises ValueError when the head is too large, which ends the parsing."""
        self._count(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Count it, or drop it when it is a trailer; raises ValueError as `on_url` does."""
        if self._in_head:
            self._count(len(name) + len(value) + _LINE_BYTES)
            if len(name) in _BODY_NAME_LENGTHS and name.lower() in _BODY_NAMES:
                self._has_body = True
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """The head is whole."""
        self._in_head = False
        self._heads.discard(self)
        super().on_headers_complete()
        self._was_asked = True
        if self._has_body:
            self.cycle.transport = cast("asyncio.Transport", _Lingering(self))

    def close_gently(self) -> None:
        """Close; while a body is unread, say so first and drop what comes for two seconds."""
        transport = self.transport
        if not self.cycle.more_body or transport.is_closing() or not transport.can_write_eof():
            transport.close()
            return
        self._stop_waiting()
        self._lingering = self.loop.call_later(LINGER_SECONDS, transport.close)
        transport.write_eof()
        self.flow.resume_reading()

    def on_response_complete(self) -> None:
        """Count the answer; a connection that is about to close takes no other request."""
        if self._lingering is None:
            super().on_response_complete()
        else:
            self.server_state.total_requests += 1

    def pause_writing(self) -> None:
        """The client takes nothing more of its answer, for a while or for good."""
        super().pause_writing()
        if self._stalled is None:
            self._stalled = self.loop.call_later(self.write_seconds, self.transport.abort)
            self._readers.add(self)

    def resume_writing(self) -> None:
        """It takes again."""
        if self._stalled is not None:
            self._stalled.cancel()
            self._stalled = None
            self._readers.discard(self)
        super().resume_writing()

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no HTTP, or has too large a head, and close."""
        if self._head_bytes <= MAX_HEAD_BYTES:
            super().send_400_response(msg)
            return
        status = HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
        self.transport.write(
            f"HTTP/1.1 {status.value} {status.phrase}\r\n"
            "content-length: 0\r\nconnection: close\r\n\r\n".encode()
        )
        self.transport.close()

    @property
    def address(self) -> str:
        """Where the connection comes from."""
        return self.client[0] if self.client else "-"

    def _count(self, size: int) -> None:
        self._head_bytes += size
        if self._head_bytes > MAX_HEAD_BYTES:
            msg = f"a head of more than {MAX_HEAD_BYTES} bytes"
            raise ValueError(msg)

    def _is_idle(self) -> bool:
        """Whether no request is being answered."""
        return not self._was_asked or self.cycle.response_complete

    def _wait(self) -> None:
        if self._waiting is None:
            self._waiting = self.loop.call_later(self.head_seconds, self._waited)

    def _stop_waiting(self) -> None:
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None

    def _waited(self) -> None:
        self._waiting = None
        # an earlier request of the connection may still be being answered
        if self._is_idle():
            self.transport.close()
