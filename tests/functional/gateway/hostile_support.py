"""One gateway that is asked by its ASGI interface, byte by byte, and an upstream that counts."""

import asyncio
import itertools
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from tests.functional.gateway.gateway_support import ANA, Gateway, Got, load_tokenizer

MEGABYTE = 1_000_000
PATIENCE = 30.0
# The old code stood still for seconds on a fast machine; the bound leaves room for a slow one.
STALL_SECONDS = 1.0
PIECE = 256 * 1024
ANSWER = {
    "id": "c1",
    "model": "gpt-4o",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "Oi"}}],
    "usage": {"prompt_tokens": 3, "completion_tokens": 1, "total_tokens": 4},
    "data": [{"embedding": [0.1]}],
}

Receive = Callable[[], Awaitable[dict[str, Any]]]


class Upstream:
    """Counts what reaches it."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.headers: dict[str, str] = {}
        self.body = b""

    async def answer(self, request: web.Request) -> web.Response:
        self.body = await request.read()
        self.asked.append(request.path)
        self.headers = {name.lower(): value for name, value in request.headers.items()}
        return web.json_response(ANSWER)


@pytest.fixture(name="upstream")
def upstream_fixture() -> Upstream:
    load_tokenizer()
    return Upstream()


@pytest.fixture(name="url")
async def url_fixture(upstream: Upstream) -> AsyncIterator[str]:
    app = web.Application(client_max_size=64 * MEGABYTE)
    app.router.add_route("*", "/{path:.*}", upstream.answer)
    async with TestServer(app) as server:
        yield str(server.make_url("/v1"))


@pytest.fixture(name="gateway")
async def gateway_fixture(url: str) -> AsyncIterator[Gateway]:
    found = Gateway(url)
    yield found
    await found.close()


def pieces(data: bytes) -> Receive:
    """A body as a server hands it out."""
    parts = [data[at : at + PIECE] for at in range(0, len(data), PIECE)] or [b""]
    left = iter(parts)
    given = itertools.count(1)

    async def receive() -> dict[str, Any]:
        for part in left:
            return {"type": "http.request", "body": part, "more_body": next(given) < len(parts)}
        await asyncio.Event().wait()
        raise AssertionError

    return receive


async def never() -> dict[str, Any]:
    pytest.fail("the body was asked for")


async def silent() -> dict[str, Any]:
    """The client of a request without a body: it waits."""
    await asyncio.Event().wait()
    raise AssertionError


async def ask(
    gateway: Gateway,
    receive: Receive,
    *,
    path: str = "/v1/chat/completions",
    method: str = "POST",
    address: str = "192.0.2.1",
    **headers: str | None,
) -> Got:
    """Send one request; a header that is None is left out."""
    got = Got()

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            got.status = message["status"]
            got.headers = {name.decode(): value.decode() for name, value in message["headers"]}
        else:
            got.parts.append(message.get("body", b""))

    sent = {"x-user-email": ANA, "authorization": "Bearer sk", "transfer-encoding": "chunked"}
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "query_string": b"",
        "headers": [
            (n.encode(), v.encode()) for n, v in {**sent, **named}.items() if v is not None
        ],
        "client": (address, 1),
    }
    async with asyncio.timeout(PATIENCE):
        await gateway.app(scope, receive, send)
    return got


def chat(content: str) -> bytes:
    body = {"model": "gpt-4o", "messages": [{"role": "user", "content": content}]}
    return json.dumps(body).encode()
