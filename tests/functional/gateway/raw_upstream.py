"""An upstream of bytes: it answers what a test says, to the byte, and keeps what it was asked."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

CUT = "cut"
"""In a script: close the connection there, with the answer not whole."""

HANG = "hang"
"""In a script: say nothing more and keep the connection."""


class Raw(bytes):
    """In a script: bytes that are no chunk."""


@dataclass(frozen=True)
class Script:
    """One answer: status, headers, and what follows: bytes, pauses in seconds, CUT or HANG.

    `is_chunked` False: the body has no length and ends with the connection. `Raw` bytes
    in it are written as they are. `thinks_seconds`: before the first byte of the answer.
    """

    parts: Sequence[bytes | float | str]
    status: int = 200
    content_type: str | None = "text/event-stream"
    is_chunked: bool = True
    headers: Sequence[str] = ()
    thinks_seconds: float = 0


@dataclass
class RawUpstream:
    """Answers by its scripts in turn; the last one is repeated."""

    scripts: Sequence[Script]
    asked: list[dict[str, Any]] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    dropped: int = 0
    port: int = 0
    was_asked: asyncio.Event = field(default_factory=asyncio.Event)
    _open: dict[asyncio.Task[None], asyncio.StreamWriter] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._open[task] = writer
        try:
            while await self._serve_one(reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError):
            self.dropped += 1
        finally:
            writer.close()
            self._open.pop(task)

    async def close(self) -> None:
        """Close what is still open."""
        tasks = list(self._open)
        for writer in self._open.values():
            writer.transport.abort()
        if tasks:
            await asyncio.wait(tasks, timeout=5)

    async def _serve_one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        lines = head.split("\r\n")
        length = next(
            (int(one.split(":")[1]) for one in lines if one.lower().startswith("content-length:")),
            0,
        )
        body = await reader.readexactly(length)
        self.requests.append(lines[0])
        self.asked.append(json.loads(body) if body else {})
        self.was_asked.set()
        script = self.scripts[min(len(self.asked), len(self.scripts)) - 1]
        if script.thinks_seconds:
            await self._pause(reader, script.thinks_seconds)
        out = [f"HTTP/1.1 {script.status} OK", *script.headers]
        if script.content_type is not None:
            out.append(f"content-type: {script.content_type}")
        out.append("transfer-encoding: chunked" if script.is_chunked else "connection: close")
        writer.write(("\r\n".join(out) + "\r\n\r\n").encode())
        for part in script.parts:
            if isinstance(part, str):
                await writer.drain()
                if part == HANG:
                    await reader.read()
                return False
            if isinstance(part, float):
                await writer.drain()
                await self._pause(reader, part)
                continue
            if isinstance(part, Raw):
                writer.write(part)
            elif part:
                writer.write(b"%x\r\n%s\r\n" % (len(part), part) if script.is_chunked else part)
            await writer.drain()
        if script.is_chunked:
            writer.write(b"0\r\n\r\n")
        await writer.drain()
        return script.is_chunked

    async def _pause(self, reader: asyncio.StreamReader, seconds: float) -> None:
        """Wait; raises ConnectionError as soon as the other side has closed."""
        try:
            async with asyncio.timeout(seconds):
                await reader.read(1)
        except TimeoutError:
            return
        raise ConnectionError


@asynccontextmanager
async def raw_upstream(*scripts: Script) -> AsyncIterator[RawUpstream]:
    """A running one, on a port of its own."""
    upstream = RawUpstream(scripts)
    server = await asyncio.start_server(upstream.serve, "127.0.0.1", 0)
    upstream.port = server.sockets[0].getsockname()[1]
    try:
        yield upstream
    finally:
        server.close()
        await upstream.close()
