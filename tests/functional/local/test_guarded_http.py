"""The bounds on a request's head that uvicorn's own protocol does not have, over real sockets."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest
import uvicorn

from infra.local.edge import functions, guarded_http
from infra.local.edge.functions import read_body
from infra.local.edge.guarded_http import MAX_HEAD_BYTES, GuardedHttp
from solaris.platform.errors import InvalidRequestError

SHORT = 0.3
PATIENCE = 20.0


class Impatient(GuardedHttp):
    head_seconds = SHORT


async def tell(scope: Any, receive: Any, send: Any) -> None:
    """Answer with the names of the headers, after the body."""
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        more = message.get("more_body", False)
    body = b" ".join(name for name, _ in scope["headers"])
    length = [(b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": length})
    await send({"type": "http.response.body", "body": body})


async def refuse(_scope: Any, _receive: Any, send: Any) -> None:
    """Answer without reading the body."""
    headers = [(b"content-length", b"0"), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": 400, "headers": headers})
    await send({"type": "http.response.body", "body": b""})


@asynccontextmanager
async def serving(app: Any, http: type[GuardedHttp] = Impatient) -> AsyncIterator[int]:
    """The port of a server that has this application."""
    config = uvicorn.Config(
        app,
        port=0,
        http=http,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        timeout_keep_alive=1,
    )
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
        await asyncio.sleep(0)
    yield server.servers[0].sockets[0].getsockname()[1]
    server.should_exit = True
    await task


@pytest.fixture
async def port() -> AsyncIterator[int]:
    async with serving(tell) as number:
        yield number


async def say(port: int, *parts: bytes, pause: float = 0.0) -> bytes:
    """Send the parts one after another and read to the end of the connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        for part in parts:
            writer.write(part)
            await writer.drain()
            await asyncio.sleep(pause)
        async with asyncio.timeout(PATIENCE):
            return await reader.read()
    finally:
        writer.close()


async def test_an_address_has_so_many_heads_that_do_not_come(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of more, those that were waited for longest are closed; others keep their own."""
    monkeypatch.setattr(Impatient, "head_seconds", 10 * PATIENCE)
    monkeypatch.setattr(Impatient, "most_slow", 3)
    connections = []
    try:
        elsewhere = await asyncio.open_connection("127.0.0.1", port, local_addr=("127.0.0.9", 0))
        connections.append(elsewhere)
        for _ in range(5):
            one = await asyncio.open_connection("127.0.0.1", port)
            one[1].write(b"GET / HTTP/1.1\r\nhost:")
            connections.append(one)
            # the next one comes after it
            assert (await say(port, b"GET / HTTP/1.1\r\nconnection: close\r\n\r\n"))[9:12] == b"200"
        for reader, _ in connections[1:4]:
            async with asyncio.timeout(PATIENCE):
                with suppress(ConnectionError):
                    assert await reader.read() == b""
        for reader, writer in (connections[0], *connections[4:]):
            begun = b"GET / HTTP/1.1\r\nhost:" if reader is elsewhere[0] else b""
            writer.write(begun + b" x\r\nconnection: close\r\n\r\n")
            async with asyncio.timeout(PATIENCE):
                assert (await reader.read()).startswith(b"HTTP/1.1 200")
    finally:
        for _, writer in connections:
            writer.close()


@pytest.mark.parametrize(
    "begun",
    [
        b"",
        b"GET / HT",
        b"GET / HTTP/1.1\r\nhost: x\r\n",
        b"\r\n\r\n",
        b"GET / HTTP/1.1\r\nhost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nhost: x\r\n\r\nGET /",
        b"GET / HTTP/1.1\r\nhost: x\r\n\r\n\r\n",
    ],
    ids=["nothing", "line", "headers", "empty lines", "answered", "second", "empty line after"],
)
async def test_a_head_that_does_not_end_ends_its_connection(port: int, begun: bytes) -> None:
    """Whatever part of it has come; an answered connection that says no more ends as well."""
    answer = await say(port, begun)
    assert answer.count(b"HTTP/1.1 200") == begun.count(b"host: x\r\n\r\n")


async def test_a_slow_trickle_wins_no_time(port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET / HTTP/1.1\r\n")

    async def trickle() -> None:
        while True:
            writer.write(b"a: b\r\n")
            await writer.drain()
            await asyncio.sleep(SHORT / 10)

    trickling = asyncio.create_task(trickle())
    try:
        async with asyncio.timeout(PATIENCE):
            with suppress(ConnectionResetError):
                assert await reader.read() == b""
    finally:
        trickling.cancel()
        await asyncio.gather(trickling, return_exceptions=True)
        writer.close()


async def test_a_slow_body_is_the_applications_to_bound(port: int) -> None:
    head = b"POST / HTTP/1.1\r\nconnection: close\r\ncontent-length: 3\r\n\r\n"
    assert b"200 OK" in await say(port, head, b"a", b"b", b"c", pause=SHORT * 0.6)


@pytest.mark.parametrize("whole", [True, False], ids=["whole", "without end"])
@pytest.mark.parametrize(
    "head",
    [
        b"GET /" + b"a" * MAX_HEAD_BYTES + b" HTTP/1.1\r\n",
        b"GET / HTTP/1.1\r\na: " + b"a" * MAX_HEAD_BYTES + b"\r\n",
        b"GET / HTTP/1.1\r\n" + b"a: b\r\n" * (MAX_HEAD_BYTES // 6 + 1),
    ],
    ids=["path", "header", "headers"],
)
async def test_a_head_over_the_limit_is_refused(port: int, head: bytes, whole: bool) -> None:
    answer = await say(port, head + b"\r\n" if whole else head.rstrip(b"\r\n"))
    assert answer.startswith(b"HTTP/1.1 431 ")


async def test_a_head_below_the_limit_is_served_with_any_body(port: int) -> None:
    head = b"POST / HTTP/1.1\r\na: " + b"a" * (MAX_HEAD_BYTES - 200) + b"\r\n"
    body = b"b" * 1_000_000
    request = head + b"content-length: 1000000\r\n\r\n" + body
    last = b"GET / HTTP/1.1\r\nconnection: close\r\n\r\n"
    assert (await say(port, request + last)).count(b"200 OK") == 2


async def test_who_sends_a_body_that_was_refused_is_told_and_is_read_slowly(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Else each turn of the event loop reads from everybody who sends such bodies."""
    rate = 1024 * 1024
    monkeypatch.setattr(guarded_http, "DROPPED_BYTES_A_SECOND", rate)
    made: list[Impatient] = []

    class Known(Impatient):
        def connection_made(self, transport: Any) -> None:
            made.append(self)
            super().connection_made(transport)

    head = b"POST / HTTP/1.1\r\ncontent-length: 30000000\r\n\r\n"
    async with serving(refuse, Known) as number:
        reader, writer = await asyncio.open_connection("127.0.0.1", number)
        began = asyncio.get_running_loop().time()
        writer.write(head)
        async with asyncio.timeout(PATIENCE):
            assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 400 ")
            with suppress(ConnectionError):
                for _ in range(300):
                    writer.write(b"a" * 100_000)
                    await writer.drain()
        took = asyncio.get_running_loop().time() - began
        writer.close()
    assert 0 < made[0]._dropped < rate * took + 600_000


async def test_a_trailer_is_no_header(port: int) -> None:
    head = b"POST / HTTP/1.1\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n"
    answer = await say(port, head + b"2\r\nhi\r\n0\r\nx-user-email: eve@example.com\r\n\r\n")
    assert answer.endswith(b"\r\n\r\nconnection transfer-encoding")


async def test_a_connection_that_asks_for_a_websocket_gets_http(port: int) -> None:
    head = b"GET / HTTP/1.1\r\nconnection: upgrade\r\nupgrade: websocket\r\n"
    head += b"sec-websocket-key: dGhlIHNhbXBsZQ==\r\nsec-websocket-version: 13\r\n\r\n"
    assert (await say(port, head)).startswith(b"HTTP/1.1 200 ")


async def test_a_body_that_does_not_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(functions, "BODY_SECONDS", 0.01)

    async def receive() -> Any:
        await asyncio.Event().wait()

    with pytest.raises(InvalidRequestError):
        await read_body(receive, limit=1_000)
