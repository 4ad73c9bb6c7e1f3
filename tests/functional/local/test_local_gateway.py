"""What the one port passes on to the functions' process, and says itself when it cannot."""

import json
from collections.abc import AsyncIterator, Mapping
from typing import Any, cast

import pytest
from aiohttp import web
from aiohttp.test_utils import BaseTestServer, TestServer

from infra.local.edge.gateway import Gateway
from infra.local.edge.passed_bodies import PassedBodies
from solaris.app import Parts
from solaris.gateway.body.bodies import Bodies
from solaris.platform.errors import InvalidAdminKeyError, InvalidApiKeyError, UnauthenticatedError
from solaris.platform.settings import Settings
from solaris.platform.web.body_limits import DOOR_BYTES, IMPORT_BYTES, USUAL_BYTES

Received = list[tuple[str, str, list[tuple[str, str]], bytes]]


async def no_proxy(scope: Any, receive: Any, send: Any) -> None:
    pytest.fail("not for the proxy")


class FakeParts:
    """What tells who is known: one token, one key; and the bodies of this process."""

    def __init__(self) -> None:
        self.bodies = Bodies(max_bytes=16 * 1024 * 1024, max_open=4)
        self.entrance = self.access_tokens = self
        self.gateway = self.keys = self.sign_in = self.admin_key_verifier = self

    def verify(self, key: str) -> None:
        if key != ADMIN_KEY:
            raise InvalidAdminKeyError

    def read(self, token: str) -> None:
        if token != "known":
            raise UnauthenticatedError

    async def key_of(self, headers: Mapping[str, str], _address: str | None) -> None:
        if headers.get("authorization") != "Bearer known":
            raise InvalidApiKeyError


ADMIN_KEY = "sk-solaris-admin-" + "A" * 43
KNOWN = ("authorization", "Bearer known")


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

    app = web.Application(client_max_size=2 * IMPORT_BYTES)
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
    receive: Any = None,
) -> tuple[int, list[tuple[str, str]], bytes]:
    sent: list[Any] = []
    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "headers": [(n.encode(), v.encode()) for n, v in headers or []]
        + ([(b"content-length", str(len(body)).encode())] if body else []),
        "client": ("192.0.2.7", 5),
    }

    async def whole() -> Any:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    await gateway(scope, receive or whole, send)
    found = [(n.decode().lower(), v.decode()) for n, v in sent[0]["headers"]]
    return sent[0]["status"], found, sent[1]["body"]


@pytest.fixture
async def gateway(functions: BaseTestServer) -> AsyncIterator[Gateway]:
    url = str(functions.make_url("")).rstrip("/")
    found = Gateway(
        no_proxy, url, Settings(), bodies=PassedBodies(lambda: cast("Parts", FakeParts()))
    )
    yield found
    if found._session is not None:
        await found._session.close()


async def test_a_request_is_passed_on_as_it_came(gateway: Gateway, received: Received) -> None:
    headers = [("accept-language", "en"), ("x-two", "1"), ("x-two", "2"), ("host", "outside")]
    headers.append(KNOWN)
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


async def test_a_name_in_utf_8_is_passed_on_byte_for_byte(
    gateway: Gateway, received: Received
) -> None:
    headers = [("x-user-email", "josé@example.com"), KNOWN]
    status, _, _ = await ask(gateway, "GET", "/v1/quota", headers=headers)
    assert status == 200
    assert dict(received[0][2])["x-user-email"] == "josé@example.com"


async def test_only_the_gateway_says_who_asks(gateway: Gateway, received: Received) -> None:
    spoofed = [("X-Forwarded-For", "10.0.0.1"), ("x-real-ip", "10.0.0.1"), ("forwarded", "for=x")]
    await ask(gateway, "GET", "/api/x", headers=spoofed)
    passed = dict(received[0][2])
    assert passed["x-forwarded-for"] == "192.0.2.7"
    assert not {"x-real-ip", "forwarded"} & passed.keys()


@pytest.mark.parametrize(
    ("path", "limit"),
    [
        ("/api/auth/login", DOOR_BYTES),
        ("/api/admin/users", USUAL_BYTES),
        ("/api/admin/users/import", IMPORT_BYTES),
        ("/v1/quota/check", DOOR_BYTES),
    ],
)
async def test_a_body_over_its_operations_limit_is_not_passed_on(
    gateway: Gateway, received: Received, path: str, limit: int
) -> None:
    status, _, _ = await ask(gateway, "POST", path, headers=[KNOWN], body=b"x" * limit)
    assert status == 200
    assert received.pop()[3] == b"x" * limit
    status, headers, data = await ask(
        gateway, "POST", path, headers=[KNOWN], body=b"x" * (limit + 1)
    )
    assert status == 413
    assert ("connection", "close") in headers
    if path.startswith("/api/"):
        assert ("content-type", "application/problem+json") in headers
        assert b"payload_too_large" in data
    else:
        assert json.loads(data)["error"]["code"] == "payload_too_large"
    assert received == []


@pytest.mark.parametrize("path", ["/api/admin/users", "/api/nothing", "/health", "/nothing"])
async def test_of_whom_nobody_knows_no_body_is_read(
    gateway: Gateway, received: Received, path: str
) -> None:
    """The function answers by the head; a body that is not read closes the connection."""

    async def never() -> Any:
        pytest.fail("the body was asked for")

    status, headers, _ = await ask(gateway, "POST", path, body=b"{}", receive=never)
    assert status == 200  # whatever the function says
    assert ("connection", "close") in headers
    assert received[0][3] == b""


@pytest.mark.parametrize("key", [ADMIN_KEY, ADMIN_KEY[:-1] + "B", "sk-solaris-" + "A" * 43])
async def test_of_an_admin_key_the_body_is_read_if_it_is_a_good_one(
    gateway: Gateway, received: Received, key: str
) -> None:
    asked: list[str] = []

    async def receive() -> Any:
        asked.append("the body")
        return {"type": "http.request", "body": b"{}", "more_body": False}

    headers = [("authorization", f"Bearer {key}")]
    await ask(gateway, "POST", "/api/admin/users", headers=headers, body=b"{}", receive=receive)
    is_good = key == ADMIN_KEY
    assert asked == (["the body"] if is_good else [])
    assert received[0][3] == (b"{}" if is_good else b"")


async def test_a_wrong_key_is_refused_before_its_body_is_read(
    gateway: Gateway, received: Received
) -> None:
    async def never() -> Any:
        pytest.fail("the body was asked for")

    status, headers, data = await ask(gateway, "POST", "/v1/quota/check", body=b"{}", receive=never)
    assert (status, json.loads(data)["error"]["code"]) == (401, "invalid_api_key")
    assert ("connection", "close") in headers
    assert received == []


@pytest.mark.parametrize("path", ["/api/x", "/health", "/v1/quota", "/v1/quota/check"])
async def test_functions_that_are_away_are_a_503_in_the_shape_of_the_path(path: str) -> None:
    gateway = Gateway(no_proxy, "http://127.0.0.1:1", Settings())
    status, headers, data = await ask(gateway, "GET", path, headers=[KNOWN])
    assert status == 503
    assert "retry-after" in dict(headers)
    told = json.loads(data)
    if path.startswith("/v1/"):
        assert ("content-type", "application/json") in headers
        assert (told["error"]["code"], told["error"]["type"]) == (
            "service_unavailable",
            "server_error",
        )
        assert told["error"]["message"].startswith("Serviço indisponível")
    else:
        assert ("content-type", "application/problem+json") in headers
        assert (told["code"], told["status"]) == ("service_unavailable", 503)
    assert gateway._session is not None
    await gateway._session.close()
