"""uvicorn's HTTP protocol with the bounds that it leaves to a proxy in front.

httptools sets no limit to a request's head and waits for it for ever, so a few thousand idle
connections, or one head of a gigabyte, would take the machine. Trailers would be added to the
headers of a request that has been let in already (RFC 9110, section 6.5.1 forbids that).
"""

import asyncio
from http import HTTPStatus
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_SECONDS = 30.0  # from the connection, or the first byte of a later request
MAX_HEAD_BYTES = 64 * 1024
_LINE_BYTES = 4  # a colon, a space and the line's end, which the parser does not hand out


class GuardedHttp(HttpToolsProtocol):
    """Closes connections whose head takes too long; answers 431 to one that is too large."""

    head_seconds = HEAD_SECONDS

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._in_head = True
        self._was_asked = False
        self._head_bytes = 0
        self._unfinished = 0
        self._begun = 0
        self._waiting: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for the first head."""
        super().connection_made(transport)
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no more."""
        self._stop_waiting()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take bytes; what is no part of a request that is being answered may not go on for ever.

        That is a head, empty lines before one, or a body whose answer has been given.
        """
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
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """The head is whole."""
        self._in_head = False
        super().on_headers_complete()
        self._was_asked = True

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
