"""An upstream whose answers do not arrive as they were sent: a proxy that garbles HTTP itself.

Loopback only, in a thread of its own. Each request has a connection of its own to the upstream,
so that whatever is done to an answer is done to that one alone.
"""

import asyncio
import itertools
import re
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from enum import Enum, auto

START_SECONDS = 30.0
MAX_HEAD_BYTES = 256 * 1024
PART_BYTES = 64 * 1024
TRICKLE_SECONDS = 0.2
TOO_SHORT_BYTES, TOO_LONG_BYTES = 20, 64
_CONNECTION = re.compile(rb"\r\nconnection:[^\r]*", re.IGNORECASE)
_REQUEST_ID = re.compile(rb"\r\nx-request-id: *([^\r]+)", re.IGNORECASE)
_FRAMING = re.compile(rb"\r\n(?:content-length|transfer-encoding):[^\r]*", re.IGNORECASE)


class Garble(Enum):
    """What is done to one answer, each in turn."""

    CHUNK = auto()
    """Something that is no chunk amid the chunks, then silence with the connection open; in a
    body that has a length, other bytes than were sent.
    """

    SHORT = auto()
    """A length that ends the answer after its first bytes."""

    LONG = auto()
    """A length that is longer than what comes, then the end of the connection."""

    ENDLESS = auto()
    """A chunk, or a body, of many megabytes that comes byte by byte for as long as the fault."""

    CUT = auto()
    """Half of what comes first, then a reset."""


class GarblingProxy:
    """In front of `host`:`port`; whole until told otherwise.

    `hit` counts what was garbled or cut, `garbled` has the ids of requests whose answers were.
    """

    def __init__(self, host: str, port: int) -> None:
        self._address = (host, port)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="garbling", daemon=True)
        self._server: asyncio.Server | None = None
        self._kinds = itertools.cycle(Garble)
        self._tasks: set[asyncio.Task[None]] = set()
        self._is_garbling = self._is_down = False
        self.hit = 0
        self.garbled: set[str] = set()
        self.port = 0

    def start(self) -> None:
        """Listen on a port that the system chooses."""
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._open(), self._loop).result(START_SECONDS)

    def stop(self) -> None:
        """Close everything."""
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result(START_SECONDS)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(START_SECONDS)
        self._loop.close()

    @contextmanager
    def garbling(self) -> Iterator[None]:
        """Garble each answer until the end of the block."""
        self.hit, self._is_garbling = 0, True
        try:
            yield
        finally:
            self._is_garbling = False

    @contextmanager
    def down(self) -> Iterator[None]:
        """Cut each connection before it is answered, until the end of the block."""
        self.hit, self._is_down = 0, True
        try:
            yield
        finally:
            self._is_down = False

    async def _open(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, limit=MAX_HEAD_BYTES)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _close(self) -> None:
        if self._server is not None:
            self._server.close()
        for one in self._tasks:
            one.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            # cancelled: the proxy is being closed
            with suppress(OSError, EOFError, asyncio.LimitOverrunError, asyncio.CancelledError):
                await self._one(reader, writer)
        finally:
            self._tasks.discard(task)
            if self._is_down:
                writer.transport.abort()
            writer.close()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        if self._is_down:
            self.hit += 1
            return
        async with _connected(*self._address) as (from_it, to_it):
            to_it.write(_CONNECTION.sub(b"", head[:-4]) + b"\r\nconnection: close\r\n\r\n")
            sending = asyncio.create_task(_pump(reader, to_it))
            answering = asyncio.create_task(self._answer(from_it, writer, head))
            try:
                # the client that leaves ends the answer, as it would without a proxy
                await asyncio.wait((sending, answering), return_when=asyncio.FIRST_COMPLETED)
            finally:
                sending.cancel()
                answering.cancel()
            await asyncio.gather(sending, answering, return_exceptions=True)

    async def _answer(
        self, from_it: asyncio.StreamReader, writer: asyncio.StreamWriter, asked: bytes
    ) -> None:
        head = await from_it.readuntil(b"\r\n\r\n")
        if self._is_garbling and not head.startswith(b"HTTP/1.1 200"):
            writer.write(head)
        elif self._is_garbling:
            self.hit += 1
            if name := _REQUEST_ID.search(asked):
                self.garbled.add(name[1].decode())
            begin = await from_it.read(PART_BYTES)
            await self._garble(next(self._kinds), head, begin, writer)
            return
        else:
            writer.write(head)
        while part := await from_it.read(PART_BYTES):
            writer.write(part)
            await writer.drain()

    async def _garble(
        self, kind: Garble, head: bytes, begin: bytes, writer: asyncio.StreamWriter
    ) -> None:
        is_chunked = b"transfer-encoding: chunked" in head.lower()
        if kind is Garble.CHUNK and is_chunked:
            writer.write(head + _first_chunk(begin) + b"no chunk\xff\xfe\r\n")
            await self._until_it_ends(writer, b"")
        elif kind is Garble.CHUNK:
            writer.write(head + b"\xff" * len(begin))
        elif kind is Garble.SHORT:
            body = _unchunked(begin) if is_chunked else begin
            writer.write(_with_length(head, TOO_SHORT_BYTES) + body[:TOO_SHORT_BYTES])
        elif kind is Garble.LONG:
            body = _unchunked(begin) if is_chunked else begin
            writer.write(_with_length(head, len(body) + TOO_LONG_BYTES) + body)
        elif kind is Garble.ENDLESS:
            body = _unchunked(begin) if is_chunked else begin
            framing = head + b"ffffff\r\n" if is_chunked else _with_length(head, 0xFFFFFF)
            writer.write(framing + body[: len(body) // 2])
            await self._until_it_ends(writer, b" ")
        else:
            writer.write(head + begin[: len(begin) // 2])
            await writer.drain()
            writer.transport.abort()
            return
        await writer.drain()

    async def _until_it_ends(self, writer: asyncio.StreamWriter, trickle: bytes) -> None:
        while self._is_garbling and not writer.is_closing():
            writer.write(trickle)
            await writer.drain()
            await asyncio.sleep(TRICKLE_SECONDS)


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while part := await reader.read(PART_BYTES):
        writer.write(part)
        await writer.drain()


@asynccontextmanager
async def _connected(
    host: str, port: int
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    reader, writer = await asyncio.open_connection(host, port, limit=MAX_HEAD_BYTES)
    try:
        yield reader, writer
    finally:
        writer.close()


def _with_length(head: bytes, length: int) -> bytes:
    return _FRAMING.sub(b"", head[:-4]) + b"\r\ncontent-length: %d\r\n\r\n" % length


def _first_chunk(begin: bytes) -> bytes:
    size, _, rest = begin.partition(b"\r\n")
    return size + b"\r\n" + rest[: int(size, 16) + 2]


def _unchunked(begin: bytes) -> bytes:
    """What the first chunks hold, as far as they are whole."""
    body = b""
    while b"\r\n" in begin:
        size, _, rest = begin.partition(b"\r\n")
        length = int(size, 16)
        body += rest[:length]
        if not length or len(rest) < length + 2:
            break
        begin = rest[length + 2 :]
    return body
