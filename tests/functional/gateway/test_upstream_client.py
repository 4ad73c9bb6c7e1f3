"""The upstream's HTTP client on real sockets: what it sends, what it makes of an answer."""

import asyncio
import gzip
import socket
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import cast

import pytest

from solaris.gateway.upstream import Upstream
from solaris.platform.errors import SolarisError, UpstreamTimeoutError, UpstreamUnavailableError

WAIT_SECONDS = 60.0
Handler = Callable[[asyncio.StreamWriter], Awaitable[None]]
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


class Server:
    """Answers each request by `handle`; keeps the requests."""

    def __init__(self, handle: Handler) -> None:
        self.requests: list[bytes] = []
        self.connections = 0
        self.serving: list[asyncio.Task[None]] = []
        self._handle = handle

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.serving.append(cast("asyncio.Task[None]", asyncio.current_task()))
        while head := await self._next(reader):
            self.requests.append(head)
            await self._handle(writer)
            if writer.is_closing():
                break
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()

    @staticmethod
    async def _next(reader: asyncio.StreamReader) -> bytes:
        try:
            return await reader.readuntil(b"\r\n\r\n")
        except (asyncio.IncompleteReadError, ConnectionError):
            return b""


@asynccontextmanager
async def running(
    handle: Handler, idle_seconds: float = 5.0, wall_clock: Callable[[], float] = time.time
) -> AsyncIterator[tuple[Server, Upstream]]:
    server = Server(handle)
    listener = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    port = listener.sockets[0].getsockname()[1]
    upstream = Upstream(
        f"http://127.0.0.1:{port}/v1/",
        "secret",
        connect_seconds=2.0,
        idle_seconds=idle_seconds,
        max_connections=4,
        wall_clock=wall_clock,
    )
    try:
        yield server, upstream
    finally:
        await upstream.close()
        listener.close()
        await asyncio.gather(*server.serving)


def whole(body: bytes, more: bytes = b"") -> Handler:
    async def handle(writer: asyncio.StreamWriter) -> None:
        writer.write(HEAD + more + b"Content-Length: %d\r\n\r\n" % len(body) + body)

    return handle


def begun(head: bytes, *, end: bool) -> Handler:
    """Write the beginning of an answer, then close the connection or fall silent."""

    async def handle(writer: asyncio.StreamWriter) -> None:
        writer.write(head)
        if end:
            await writer.drain()
            writer.close()

    return handle


async def ask(upstream: Upstream, path: str = "/models") -> bytes:
    answer = await upstream.send("GET", path, headers={"x-request-id": "r1"})
    try:
        return await answer.read()
    finally:
        await answer.close()


@pytest.mark.parametrize(
    ("path", "sent"),
    [
        ("/chat/completions", "/v1/chat/completions"),
        ("/chat/completions?a=1&b=%2Fx+y&c=%41", "/v1/chat/completions?a=1&b=%2Fx+y&c=%41"),
        ("/models/org%2Fname", "/v1/models/org%2Fname"),
        ('/x?q="<é>"', "/v1/x?q=%22%3C%C3%A9%3E%22"),
        ("/x?next=http://elsewhere/", "/v1/x?next=http://elsewhere/"),
    ],
)
async def test_a_path_is_sent_as_it_came(path: str, sent: str) -> None:
    async with running(whole(b"{}")) as (server, upstream):
        assert await ask(upstream, path) == b"{}"
        lines = server.requests[0].decode().split("\r\n")
    assert lines[0] == f"GET {sent} HTTP/1.1"
    headers = dict(line.lower().split(": ", 1) for line in lines[1:] if line)
    assert headers["authorization"] == "bearer secret"
    assert headers["accept-encoding"] == "identity"
    assert headers["x-request-id"] == "r1"


async def test_connections_are_kept_and_a_packed_body_is_unpacked() -> None:
    packed = whole(gzip.compress(b'{"a": 1}'), b"Content-Encoding: gzip\r\n")
    async with running(packed) as (server, upstream):
        assert [await ask(upstream) for _ in range(3)] == [b'{"a": 1}'] * 3
        assert server.connections == 1


async def test_an_answer_that_is_not_read_closes_its_connection() -> None:
    async with running(begun(HEAD + b"Content-Length: 9\r\n\r\n{", end=False)) as (
        server,
        upstream,
    ):
        for _ in range(2):
            answer = await upstream.send("GET", "/models", headers={})
            await answer.close()
        assert server.connections == 2


async def test_a_redirection_is_an_answer_like_any_other() -> None:
    moved = begun(
        b"HTTP/1.1 302 Found\r\nLocation: http://elsewhere/\r\nContent-Length: 0\r\n\r\n", end=False
    )
    async with running(moved) as (_, upstream):
        answer = await upstream.send("GET", "/models", headers={})
        await answer.close()
    assert answer.status == 302


@pytest.mark.parametrize(
    ("handle", "expected"),
    [
        (begun(b"", end=False), UpstreamTimeoutError),
        (begun(HEAD + b"Content-Length: 9\r\n\r\n{", end=False), UpstreamTimeoutError),
        (begun(b"", end=True), UpstreamUnavailableError),
        (begun(HEAD + b"Content-Length: 9\r\n\r\n{", end=True), UpstreamUnavailableError),
        (begun(HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz", end=True), UpstreamUnavailableError),
        (begun(b"no HTTP at all\r\n\r\n", end=True), UpstreamUnavailableError),
        (whole(b"not packed", b"Content-Encoding: gzip\r\n"), UpstreamUnavailableError),
        (whole(b"{}", b"X-Long: " + b"x" * 70_000 + b"\r\n"), UpstreamUnavailableError),
    ],
)
async def test_every_failure_is_one_of_two(handle: Handler, expected: type[SolarisError]) -> None:
    async with running(handle, idle_seconds=0.2) as (_, upstream):
        with pytest.raises(expected):
            await ask(upstream)


async def test_nobody_there() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{unused.getsockname()[1]}/v1"
        upstream = Upstream(address, None, connect_seconds=1.0, idle_seconds=1.0, max_connections=1)
        with pytest.raises(UpstreamUnavailableError):
            await ask(upstream)
        await upstream.close()


class ClosingServer:
    """Answers in a thread of its own; closes each connection when it is told, or at `last`.

    `last` is the number of a request that is read and never answered.
    """

    def __init__(self, last: int = 0) -> None:
        self.requests: list[bytes] = []
        self.close_now, self.has_closed = threading.Event(), threading.Event()
        self._last = last
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(0.01)
        self._is_stopped = False
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}/v1"
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._is_stopped = True
        self.close_now.set()
        self._thread.join(WAIT_SECONDS)
        self._listener.close()

    def _serve(self) -> None:
        while not self._is_stopped:
            with suppress(TimeoutError):
                connection, _ = self._listener.accept()
                connection.settimeout(0.01)
                with connection:
                    self._answer(connection)
                self.has_closed.set()

    def _answer(self, connection: socket.socket) -> None:
        while not self.close_now.is_set():
            try:
                request = connection.recv(65536)
            except TimeoutError:
                continue
            if not request:
                return
            self.requests.append(request)
            if len(self.requests) == self._last:
                return
            connection.sendall(HEAD + b"Content-Length: 2\r\n\r\n{}")


async def post(upstream: Upstream) -> bytes:
    answer = await upstream.send("POST", "/chat/completions", headers={}, body=b"{}")
    try:
        return await answer.read()
    finally:
        await answer.close()


def client_of(server: ClosingServer) -> Upstream:
    return Upstream(
        server.url,
        None,
        connect_seconds=WAIT_SECONDS,
        idle_seconds=WAIT_SECONDS,
        max_connections=4,
    )


async def test_a_kept_connection_that_was_closed_meanwhile_is_not_used() -> None:
    """Closed while this process did not look, as between two requests on Lambda."""
    server = ClosingServer()
    upstream = client_of(server)
    try:
        assert await post(upstream) == b"{}"
        server.close_now.set()
        assert server.has_closed.wait(WAIT_SECONDS)
        server.close_now.clear()
        assert await post(upstream) == b"{}"
        assert len(server.requests) == 2
    finally:
        await upstream.close()
        server.stop()


async def test_what_the_upstream_may_have_worked_on_is_not_sent_again() -> None:
    server = ClosingServer(last=2)
    upstream = client_of(server)
    try:
        assert await post(upstream) == b"{}"
        with pytest.raises(UpstreamUnavailableError):
            await post(upstream)
        assert len(server.requests) == 2
        assert await post(upstream) == b"{}"
    finally:
        await upstream.close()
        server.stop()


async def test_an_answer_that_nobody_asked_for_is_not_the_next_ones() -> None:
    told_twice = asyncio.Event()

    async def handle(writer: asyncio.StreamWriter) -> None:
        await whole(b"mine")(writer)
        await asyncio.sleep(0.05)  # the first has been read, and its connection is kept
        await whole(b"of somebody else")(writer)
        told_twice.set()

    async with running(handle) as (server, upstream):
        for connections in (1, 2):
            told_twice.clear()
            assert await post(upstream) == b"mine"
            await told_twice.wait()
            await asyncio.sleep(0.05)  # the loop has read it by now
            assert server.connections == connections


async def test_the_time_that_a_process_stands_still_makes_its_connections_old() -> None:
    now = 1_000.0
    async with running(whole(b"{}"), wall_clock=lambda: now) as (server, upstream):
        for seconds, connections in ((0, 1), (29, 1), (31, 2), (-5, 3), (1, 3)):
            now += seconds
            assert await post(upstream) == b"{}"
            assert server.connections == connections
