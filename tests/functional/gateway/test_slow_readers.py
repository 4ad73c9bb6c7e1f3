"""Clients that take nothing of their answer: cut off, booked, and nothing is kept of them."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import uvicorn
from aiohttp import web
from aiohttp.test_utils import TestServer

from infra.local.edge.guarded_http import GuardedHttp
from solaris.quota.usage import Outcome
from tests.functional.gateway.gateway_support import ANA, Gateway, load_tokenizer

PATIENCE = 60.0
FRAMES = 4_000
PADDING = "x" * 8_000  # as OpenAI pads its frames: bytes, and no tokens
TOTAL_BYTES = FRAMES * len(PADDING)  # 32 MB
# What lies between the two programs: buffers of the kernel, and of both ends in this process.
MOST_UNREAD_BYTES = TOTAL_BYTES // 2
USAGE = {"prompt_tokens": 11, "completion_tokens": 4_321, "total_tokens": 4_332}


class Endless:
    """An upstream that streams as fast as it is read, and says what it has got rid of."""

    def __init__(self) -> None:
        self.sent_bytes = 0
        self.states_usage = True

    async def answer(self, request: web.Request) -> web.StreamResponse:
        await request.read()
        stream = web.StreamResponse(headers={"content-type": "text/event-stream"})
        await stream.prepare(request)
        delta = {"index": 0, "delta": {"content": "palavra "}}
        chunk = {"id": "c", "choices": [delta], "obfuscation": PADDING}
        frame = f"data: {json.dumps(chunk)}\n\n".encode()
        for _ in range(FRAMES):
            await stream.write(frame)
            self.sent_bytes += len(PADDING)
        if not self.states_usage:
            await asyncio.sleep(PATIENCE)
        last = {"id": "c", "choices": [], "usage": USAGE}
        await stream.write(f"data: {json.dumps(last)}\n\ndata: [DONE]\n\n".encode())
        return stream


class Impatient(GuardedHttp):
    """Cuts slow readers off soon, and tells when a connection has ended."""

    write_seconds = 1.0
    ended: Callable[[], None] = staticmethod(lambda: None)

    def connection_lost(self, exc: Exception | None) -> None:
        type(self).ended()
        super().connection_lost(exc)


@pytest.fixture(name="upstream")
def upstream_fixture() -> Endless:
    load_tokenizer()
    return Endless()


@asynccontextmanager
async def gateway_of(upstream: Endless, **settings: Any) -> AsyncIterator[tuple[Gateway, int, Any]]:
    """A gateway on a real socket: itself, its port, its server."""
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", upstream.answer)
    async with TestServer(app) as server:
        gateway = Gateway(str(server.make_url("/v1")), **settings)
        config = uvicorn.Config(
            gateway.app,
            port=0,
            http=Impatient,
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
        )
        serving = uvicorn.Server(config)
        task = asyncio.create_task(serving.serve())
        while not serving.started:  # noqa: ASYNC110 - uvicorn has no event for it
            await asyncio.sleep(0)
        try:
            yield gateway, serving.servers[0].sockets[0].getsockname()[1], serving
        finally:
            serving.should_exit = True
            await task
            await gateway.close()


@pytest.fixture(name="clients")
def clients_fixture() -> Iterator[list[socket.socket]]:
    found: list[socket.socket] = []
    yield found
    for one in found:
        one.close()


async def ask_and_read_nothing(port: int, clients: list[socket.socket]) -> None:
    one = socket.socket()
    clients.append(one)
    one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    one.setblocking(False)
    loop = asyncio.get_running_loop()
    await loop.sock_connect(one, ("127.0.0.1", port))
    body = json.dumps(
        {
            "model": "gpt-4o",
            "stream": True,
            "stream_options": {"include_usage": True},
            "messages": [{"role": "user", "content": "Oi"}],
        }
    )
    head = (
        "POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer sk\r\n"
        f"x-user-email: {ANA}\r\ncontent-length: {len(body)}\r\n\r\n"
    )
    await loop.sock_sendall(one, (head + body).encode())


async def until(condition: Callable[[], bool], what: str) -> None:
    async with asyncio.timeout(PATIENCE):
        while not condition():  # noqa: ASYNC110 - nothing tells of it
            await asyncio.sleep(0.02)
    assert condition(), what


async def test_who_reads_nothing_is_cut_off_and_what_it_cost_is_booked(
    upstream: Endless, clients: list[socket.socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    async with gateway_of(upstream) as (gateway, port, serving):
        taken: list[int] = []
        monkeypatch.setattr(Impatient, "ended", lambda: taken.append(upstream.sent_bytes))
        await ask_and_read_nothing(port, clients)
        await until(lambda: bool(taken), "the connection is cut")
        # until then nobody reads on for it: what it does not take stays with the upstream
        assert 0 < taken[0] < MOST_UNREAD_BYTES
        await until(lambda: bool(gateway.meter.events), "its use is booked")
        event = gateway.event
        assert (event.outcome, event.estimated) == (Outcome.SETTLED, False)
        assert event.counts.prompt_tokens == USAGE["prompt_tokens"]
        assert event.counts.completion_tokens == USAGE["completion_tokens"]
        assert gateway.meter.user.reservations == {}
        await until(lambda: not serving.server_state.connections, "its place is free")
        await until(lambda: not serving.server_state.tasks, "nothing runs for it")


async def test_who_is_cut_off_before_anything_is_stated_pays_for_what_was_delivered(
    upstream: Endless, clients: list[socket.socket]
) -> None:
    upstream.states_usage = False
    async with gateway_of(upstream, upstream_drain_seconds=1) as (gateway, port, serving):
        await ask_and_read_nothing(port, clients)
        await until(lambda: bool(gateway.meter.events), "its use is booked")
        assert gateway.event.estimated
        assert gateway.event.counts.completion_tokens > 20
        assert gateway.meter.user.reservations == {}
        await until(lambda: not serving.server_state.connections, "its place is free")


async def test_an_address_has_so_many_readers_that_do_not_read(
    upstream: Endless, clients: list[socket.socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of more, the one that was waited for longest is cut off."""
    monkeypatch.setattr(Impatient, "write_seconds", 10 * PATIENCE)
    monkeypatch.setattr(Impatient, "most_slow", 2)
    async with gateway_of(upstream, upstream_drain_seconds=0) as (gateway, port, serving):
        for number in range(4):
            await ask_and_read_nothing(port, clients)

            def is_cut(wanted: int = max(0, number - 1)) -> bool:
                return len(gateway.meter.events) == wanted

            await until(is_cut, "the oldest is cut off")
            before = -1
            while before != upstream.sent_bytes:  # until nothing moves any more
                before = upstream.sent_bytes
                await asyncio.sleep(0.2)
        await until(lambda: len(gateway.meter.events) == 2, "two were cut off")
        assert len(serving.server_state.connections) == 2
        for one in clients:
            one.close()
