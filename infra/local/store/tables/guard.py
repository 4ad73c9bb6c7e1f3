"""Before the tables: a connection is theirs once its first request is signed with our key.

dynoxide asks nobody who they are. So it listens in a network of its own (infra/local/run/apart.py),
and here is the only way in. The first request of a connection is read whole and its signature
checked (version 4, as boto3 signs); from then on bytes pass as they come, both ways: a connection
on loopback cannot be taken over by another account, and a page in a browser cannot sign.
"""

import asyncio
from collections.abc import Callable
from hashlib import sha256
from typing import cast

from infra.local.store.errors import ServiceError
from infra.local.store.signatures import Verifier

MAX_HEAD_BYTES = 16 * 1024
MAX_BODY_BYTES = 17 * 1024 * 1024
"""DynamoDB takes 16 MB."""

FIRST_SECONDS = 10.0
MAX_WAITING = 1_000
"""Connections that have not shown their first request yet; one more, and the oldest is closed."""

REFUSAL = (
    b"HTTP/1.1 403 Forbidden\r\ncontent-type: text/plain\r\ncontent-length: 10\r\n"
    b"connection: close\r\n\r\nforbidden\n"
)
_END = b"\r\n\r\n"
_SERVICE = "dynamodb"
_LINE_PARTS = 3


class _Side(asyncio.Protocol):
    """One end of a connection; what comes in goes out at the other, as fast as that takes it."""

    def __init__(self) -> None:
        self.transport: asyncio.Transport | None = None
        self.other: _Side | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        if self.other is not None and self.other.transport is not None:
            self.other.transport.write(data)

    def pause_writing(self) -> None:
        if self.other is not None and self.other.transport is not None:
            self.other.transport.pause_reading()

    def resume_writing(self) -> None:
        if self.other is not None and self.other.transport is not None:
            self.other.transport.resume_reading()

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        self.transport = None
        if self.other is not None and self.other.transport is not None:
            self.other.transport.close()


class _Caller(_Side):
    """Who asks: nothing of it reaches the tables before its first request has been checked."""

    def __init__(self, guard: "Guard") -> None:
        super().__init__()
        self._guard = guard
        self._first = bytearray()
        self._length: int | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._reaching: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._guard.expect(cast("asyncio.Transport", transport))
        self._timer = asyncio.get_running_loop().call_later(FIRST_SECONDS, transport.close)

    def data_received(self, data: bytes) -> None:
        if self.other is not None:
            super().data_received(data)
            return
        if self.transport is None or self.transport.is_closing():
            return
        self._first += data
        try:
            is_whole = self._is_whole()
        except (ServiceError, ValueError):
            self.transport.write(REFUSAL)
            self.transport.close()
            return
        if is_whole and self._reaching is None:
            self.transport.pause_reading()
            self._reaching = asyncio.create_task(self._reach())

    def connection_lost(self, exc: Exception | None) -> None:
        self._waits_no_more()
        if self._reaching is not None:
            self._reaching.cancel()
        super().connection_lost(exc)

    def _is_whole(self) -> bool:
        """Whether the first request is here and signed; raises ServiceError, ValueError."""
        if self._length is None:
            end = self._first.find(_END)
            if end < 0:
                if len(self._first) > MAX_HEAD_BYTES:
                    msg = "a head without an end"
                    raise ValueError(msg)
                return False
            self._length = end + len(_END) + self._guard.length_of(bytes(self._first[:end]))
        if len(self._first) < self._length:
            return False
        self._guard.check(bytes(self._first[: self._length]))
        return True

    async def _reach(self) -> None:
        try:
            other = await self._guard.reach()
        except OSError:
            if self.transport is not None:
                self.transport.close()
            return
        self._waits_no_more()
        if self.transport is None or other.transport is None:
            if other.transport is not None:
                other.transport.close()
            return
        self.other, other.other = other, self
        other.transport.write(bytes(self._first))
        self._first.clear()
        self.transport.resume_reading()

    def _waits_no_more(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self.transport is not None:
            self._guard.expect_no_more(self.transport)


class Guard:
    """Lets connections to the tables at `host` and `port` in."""

    def __init__(self, verifier: Verifier, host: str, port: int) -> None:
        self._verifier = verifier
        self._host, self._port = host, port
        self._waiting: dict[asyncio.Transport, None] = {}  # in the order in which they came

    @property
    def protocol(self) -> Callable[[], asyncio.Protocol]:
        """What a server makes of each connection."""
        return lambda: _Caller(self)

    def expect(self, transport: asyncio.Transport) -> None:
        """Wait for the first request of a connection: ours come with it, so the oldest is none."""
        self._waiting[transport] = None
        if len(self._waiting) > MAX_WAITING:
            next(iter(self._waiting)).abort()

    def expect_no_more(self, transport: asyncio.Transport) -> None:
        """It has shown its first request, or has gone; a repeat does nothing."""
        self._waiting.pop(transport, None)

    def length_of(self, head: bytes) -> int:
        """Bytes of body after a head that names our key; raises ServiceError, ValueError."""
        headers = _headers(head)
        lengths = [value for name, value in headers if name == b"content-length"]
        claim = self._verifier.claim(headers, b"")
        names = {name for name, _ in headers}
        if claim.service != _SERVICE or len(lengths) != 1 or not lengths[0].isdigit():
            raise ServiceError(403, "AccessDenied", "not a call of the tables")
        if names & {b"origin", b"transfer-encoding"} or int(lengths[0]) > MAX_BODY_BYTES:
            raise ServiceError(403, "AccessDenied", "not from here")
        return int(lengths[0])

    def check(self, request: bytes) -> None:
        """Hold a whole request against its signature; raises ServiceError, ValueError."""
        head, _, body = request.partition(_END)
        method, target, _ = head.partition(b"\r\n")[0].decode("latin-1").split(" ")
        headers = _headers(head)
        claim = self._verifier.claim(headers, b"")
        path = target.encode("latin-1")
        digest = sha256(body).hexdigest()
        self._verifier.verify(claim, method, path, b"", headers, body_sha256=digest)

    async def reach(self) -> _Side:
        """A connection to the tables; raises OSError."""
        loop = asyncio.get_running_loop()
        _, side = await loop.create_connection(_Side, self._host, self._port)
        return side


def _headers(head: bytes) -> list[tuple[bytes, bytes]]:
    """Names in small letters; raises ValueError for what is no head."""
    first, *lines = head.split(b"\r\n")
    if len(first.split(b" ")) != _LINE_PARTS:
        msg = "no request"
        raise ValueError(msg)
    headers = []
    for line in lines:
        name, colon, value = line.partition(b":")
        if not colon or not name or name != name.strip():
            msg = "no header"
            raise ValueError(msg)
        headers.append((name.lower(), value.strip()))
    return headers
