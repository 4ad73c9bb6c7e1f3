"""What the one port passes on to the functions' process, and says itself when it cannot."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import BaseTestServer, TestServer

from infra.local.functions import MAX_BODY_BYTES
from infra.local.gateway import Gateway
from solaris.settings import Settings

Received = list[tuple[str, str, list[tuple[str, str]], bytes]]


async def no_proxy(scope: Any, receive: Any, send: Any) -> None:
    pytest.fail("not for the proxy")


@pytest.fixture
def received() -> Received:
    return []


@pytest.fixture
async def functions(received: Received) -> AsyncIterator[BaseTestServer]:
    async def echo(request: web.Request) -> web.Response:
        headers = [(n.decode().lower(), v.decode()) for n, v in request.raw_headers]
        received.append((request.method, request.raw_path, headers, await request.read()))
        answer = web.Response(text="found", headers={"x-request-id": "r1"})
        answer.headers.add("set-cookie", "a=1")
        answer.headers.add("set-cookie", "b=2")
        return answer

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", echo)
    async with TestServer(app) as server:
        yield server


async def ask(
    gateway: Gateway,
    method: str,
    path: str,
    *,
    query: str = "",
    headers: list[tuple[str, str]] | None = None,
    body: bytes = b"",
) -> tuple[int, list[tuple[str, str]], bytes]:
    sent: list[Any] = []
    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "headers": [(n.encode(), v.encode()) for n, v in headers or []],
        "client": ("192.0.2.7", 5),
    }

    async def receive() -> Any:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    await gateway(scope, receive, send)
    found = [(n.decode().lower(), v.decode()) for n, v in sent[0]["headers"]]
    return sent[0]["status"], found, sent[1]["body"]


@pytest.fixture
async def gateway(functions: BaseTestServer) -> AsyncIterator[Gateway]:
    found = Gateway(no_proxy, str(functions.make_url("")).rstrip("/"), Settings())
    yield found
    if found._session is not None:
        await found._session.close()


async def test_a_request_is_passed_on_as_it_came(gateway: Gateway, received: Received) -> None:
    headers = [("accept-language", "en"), ("x-two", "1"), ("x-two", "2"), ("host", "outside")]
    status, answered, body = await ask(
        gateway,
        "POST",
        "/api/admin/alerts/a%23b%2Fc%3B%41",
        query="status=a&status=b&search=%2B+x",
        headers=headers,
        body=b"{}",
    )
    assert (status, body) == (200, b"found")
    assert [value for name, value in answered if name == "set-cookie"] == ["a=1", "b=2"]
    [(method, path, passed, data)] = received
    assert (method, data) == ("POST", b"{}")
    assert path == "/api/admin/alerts/a%23b%2Fc%3B%41?status=a&status=b&search=%2B+x"
    assert [value for name, value in passed if name == "x-two"] == ["1", "2"]
    names = [name for name, _ in passed]
    assert "content-type" not in names  # none was sent, and none is made up
    assert ("host", "outside") in passed  # a page's Origin is held against it


async def test_only_the_gateway_says_who_asks(gateway: Gateway, received: Received) -> None:
    spoofed = [("X-Forwarded-For", "10.0.0.1"), ("x-real-ip", "10.0.0.1"), ("forwarded", "for=x")]
    await ask(gateway, "GET", "/api/x", headers=spoofed)
    passed = dict(received[0][2])
    assert passed["x-forwarded-for"] == "192.0.2.7"
    assert not {"x-real-ip", "forwarded"} & passed.keys()


async def test_a_body_over_the_limit_is_not_passed_on(gateway: Gateway, received: Received) -> None:
    body = b"x" * (MAX_BODY_BYTES + 1)
    status, headers, data = await ask(gateway, "POST", "/api/x", body=body)
    assert status == 413
    assert ("content-type", "application/problem+json") in headers
    assert b"payload_too_large" in data
    status, _, data = await ask(gateway, "POST", "/v1/quota/check", body=body)
    assert (status, data) == (413, b'{"message": "Request Too Long"}')
    assert received == []


async def test_functions_that_are_away_are_a_503_in_the_shape_of_the_path() -> None:
    gateway = Gateway(no_proxy, "http://127.0.0.1:1", Settings())
    status, headers, data = await ask(gateway, "GET", "/api/x")
    assert status == 503
    assert ("content-type", "application/problem+json") in headers
    assert b"service_unavailable" in data
    status, _, data = await ask(gateway, "GET", "/health")
    assert (status, data) == (503, b'{"message": "Service Unavailable"}')
    assert gateway._session is not None
    await gateway._session.close()
