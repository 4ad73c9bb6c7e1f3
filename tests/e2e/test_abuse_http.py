"""Requests that no client sends, over raw sockets: smuggling, spoofing, path tricks, slow heads.

tests/functional/local/test_guarded_http.py holds the bounds of a head themselves.
"""

import json
import re
import socket
import uuid
from contextlib import ExitStack

import httpx
import pytest

from solaris.platform.settings import Settings
from tests.e2e.local_system import LocalSystem

pytestmark = pytest.mark.e2e

SECONDS = 10
HALF_OPEN = 400
BODY = json.dumps({"model": "demo-fast", "messages": [{"role": "user", "content": "Oi"}]}).encode()
LENGTH = b"Content-Length: %d\r\n" % len(BODY)
CLOSE = b"Connection: close\r\n"


def address() -> str:
    return f"{uuid.uuid4().hex[:12]}@example.com"


def told(system: LocalSystem, data: bytes) -> bytes:
    """Send bytes, and read until the server closes or has said nothing for a while."""
    with socket.create_connection(("127.0.0.1", system.port), timeout=SECONDS) as connection:
        answer = b""
        try:
            connection.sendall(data)
            while piece := connection.recv(65_536):
                answer += piece
        except ConnectionError:
            pass
        return answer


def post(
    system: LocalSystem, head: bytes, body: bytes = BODY, path: bytes = b"/v1/chat/completions"
) -> bytes:
    """A POST with the service key; `head` ends each of its lines itself."""
    start = b"POST " + path + b" HTTP/1.1\r\nHost: x\r\n"
    key = f"Authorization: Bearer {system.printed_key}\r\n".encode()
    return told(system, start + key + head + b"\r\n" + body)


def status(answer: bytes) -> int:
    assert answer.count(b"HTTP/1.1 ") == 1, answer
    return int(answer.split(b" ", 2)[1])


SMUGGLED = b"0\r\n\r\nGET /health HTTP/1.1\r\nHost: x\r\n\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n"


@pytest.mark.parametrize(
    ("head", "body"),
    [
        (LENGTH + CHUNKED, SMUGGLED),
        (CHUNKED + LENGTH, SMUGGLED),
        (LENGTH + LENGTH, BODY),
        (LENGTH + b"Content-Length: 3\r\n", BODY),
        (b"Content-Length: 3, 3\r\n", BODY),
        (b"Content-Length: +3\r\n", BODY),
        (b"Content-Length: -3\r\n", BODY),
        (b"Content-Length: 0x3\r\n", BODY),
        (b"Content-Length: 99999999999999999999999\r\n", BODY),
        (b"Transfer-Encoding: identity\r\n" + LENGTH, BODY),
        (b"Transfer-Encoding: xchunked\r\n", SMUGGLED),
        (b"Transfer-Encoding: chunked, gzip\r\n", SMUGGLED),
        (CHUNKED + CHUNKED, SMUGGLED),
        (b"Transfer-Encoding : chunked\r\n", SMUGGLED),
        (b"Transfer-Encoding:\x0bchunked\r\n", SMUGGLED),
        (CHUNKED, b"-5\r\n" + BODY + b"\r\n0\r\n\r\n"),
        (CHUNKED, b"%x\n" % len(BODY) + BODY + b"\n0\n\n"),
        (LENGTH + b"X-User-Email: a@example.com\r\n .evil.org\r\n", BODY),
        (LENGTH + b"X-User-Email : a@example.com\r\n", BODY),
        (LENGTH + b" X-User-Email: a@example.com\r\n", BODY),
        (LENGTH + b"X-User-Email: a@example.com\nX-User-Email: b@example.com\r\n", BODY),
        (LENGTH + b"X-User-Email: a@example.com\rX-Other: b\r\n", BODY),
        (LENGTH + b"X-User-Email: a\x00@example.com\r\n", BODY),
        (LENGTH + b": no name\r\n", BODY),
    ],
    ids=lambda value: repr(value[:50]),
)
def test_a_head_that_reads_two_ways_is_refused_and_the_connection_closed(
    system: LocalSystem, head: bytes, body: bytes
) -> None:
    assert status(post(system, head, body)) == 400


@pytest.mark.parametrize(
    "line",
    [
        b"GET /health HTTP/1.1\nHost: x\n\n",
        b"GET /\xc3\xa9 HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET http://evil.example HTTP/1.1\r\nHost: x\r\n\r\n",
        b"CONNECT evil.example:443 HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /health HTTP/1.9\r\nHost: x\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    ],
    ids=["bare LF", "UTF-8", "no path", "CONNECT", "version", "HTTP/2", "TLS"],
)
def test_what_is_no_request_of_ours_is_a_400(system: LocalSystem, line: bytes) -> None:
    assert status(told(system, line)) == 400


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (b"OPTIONS * HTTP/1.1", 404),
        (b"TRACE /health HTTP/1.1", 405),
        (b"TRACE /v1/models HTTP/1.1", 401),
        (b"GET http://evil.example/health HTTP/1.1", 200),
        (b"GET /health HTTP/1.0", 200),
    ],
)
def test_rare_requests_have_plain_answers(system: LocalSystem, line: bytes, expected: int) -> None:
    answer = told(system, line + b"\r\nHost: x\r\nX-Secret: s3cret\r\n" + CLOSE + b"\r\n")
    assert status(answer) == expected
    assert b"s3cret" not in answer
    assert b"evil.example" not in answer


def test_requests_that_come_together_are_answered_in_order(system: LocalSystem) -> None:
    asked = b"".join(
        b"GET /v1/nothing-%d HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\n%s\r\n"
        % (number, str(system.printed_key).encode(), CLOSE if number == 19 else b"")
        for number in range(20)
    )
    found = re.findall(rb"/v1/nothing-(\d+)", told(system, asked))
    assert [int(one) for one in found] == list(range(20))


def named(system: LocalSystem, email: str) -> bool:
    """Whether anybody has made a request for this address."""
    return system.cli("users", "show", email, "--json", check=False).returncode == 0


def test_an_identity_that_is_given_twice_names_nobody(system: LocalSystem) -> None:
    one, other = address(), address()
    head = f"X-User-Email: {one}\r\nx-user-email: {other}\r\n".encode()
    assert status(post(system, LENGTH + CLOSE + head)) == 401
    assert not named(system, one)
    assert not named(system, other)


def test_a_trailer_names_nobody(system: LocalSystem) -> None:
    email = address()
    body = b"%x\r\n" % len(BODY) + BODY + f"\r\n0\r\nX-User-Email: {email}\r\n\r\n".encode()
    assert status(post(system, CHUNKED + CLOSE, body)) == 401
    assert not named(system, email)


def test_a_key_that_is_given_twice_is_none(system: LocalSystem) -> None:
    head = b"Authorization: Bearer other\r\nX-User-Email: a@example.com\r\n"
    assert status(post(system, LENGTH + CLOSE + head)) == 401


@pytest.fixture(scope="module")
def personal(system: LocalSystem) -> tuple[str, str]:
    """An address, and a key that is its own."""
    email = address()
    made = system.cli("keys", "create", "--name", "own", "--user", email, "--new-user").stdout
    found = re.search(r"sk-solaris-[\w-]{43}", made)
    assert found is not None, made
    return email, found[0]


def test_with_a_key_of_ones_own_one_is_nobody_else(
    system: LocalSystem, personal: tuple[str, str]
) -> None:
    """Every header that may name somebody, the body, and what proxies add, all name a victim."""
    email, key = personal
    victim = address()
    settings = Settings()
    names = {*settings.identity_email_headers, *settings.identity_name_headers}
    names |= {"x-forwarded-user", "x-forwarded-email", "x-remote-user", "remote-user", "from"}
    headers = dict.fromkeys(names, victim) | {"authorization": f"Bearer {key}"}
    body = json.loads(BODY) | {"user": victim, "metadata": {"user_id": victim}}
    answer = httpx.post(f"{system.url}/v1/chat/completions", headers=headers, json=body, timeout=30)
    assert answer.status_code == 200
    assert not named(system, victim)
    assert system.booked_user(email, 1)["currentUsage"] > 0
    quota = httpx.get(
        f"{system.url}/v1/quota", headers=headers, params={"user": victim, "email": victim}
    )
    assert victim not in quota.text


def test_who_asks_is_not_said_by_a_header(system: LocalSystem, personal: tuple[str, str]) -> None:
    """No proxy is trusted here: the address on record is the connection's."""
    email, key = personal
    headers = {"authorization": f"Bearer {key}", "x-forwarded-for": "203.0.113.66"}
    headers |= {"x-real-ip": "203.0.113.66", "forwarded": "for=203.0.113.66"}
    url = f"{system.url}/v1/chat/completions"
    assert httpx.post(url, headers=headers, content=BODY).status_code == 200
    assert "203.0.113.66" not in json.dumps(system.user(email))
    logs = "".join(path.read_text() for path in (system.data_dir / "logs").glob("*.log"))
    assert "203.0.113.66" not in logs


CLOSED = [
    "/api/admin/users",
    "/api/admin/users/",
    "/api//admin/users",
    "//api/admin/users",
    "/api/admin/../admin/users",
    "/api/auth/../admin/users",
    "/api/auth/options/../../admin/users",
    "/api/auth/options/%2e%2e/%2e%2e/admin/users",
    "/health/../api/admin/users",
    "/v1/../api/admin/users",
    "/v1/%2e%2e/api/admin/users",
    "/v1/models/../../api/admin/users",
    "/v1/models/%2e%2e%2f%2e%2e%2fapi/admin/users",
    "/v1/models/%252e%252e/%252e%252e/api/admin/users",
    "/api/admin%2fusers",
    "/api%2fadmin%2fusers",
    "/api/admin/users;x=/api/auth/options",
    "/api/admin/users.",
    "/api/admin/users%20",
    "/api/admin/users%00",
    "/API/ADMIN/USERS",
    "/Api/admin/users",
    "/files/../api/admin/users",
    "/files/%2e%2e/%2e%2e/etc/passwd",
    "/files/..%5c..%5cx",
    "/admin/../api/admin/users",
    "/admin/%2e%2e/%2e%2e/pyproject.toml",
    "/admin/..%2f..%2fpyproject.toml",
    "/admin/..%5c..%5cpyproject.toml",
    "/admin//etc/passwd",
    "/me/../../pyproject.toml",
    "/me/%2fetc/passwd",
    "/V1/models",
    "//v1/models",
    "/v1/models;x=1",
    "/v1/models./x/../../y",
    "/v1/models/%0d%0aX-Injected:%201",
    "/.env",
    "/.git/config",
]


@pytest.mark.parametrize("path", CLOSED)
def test_no_spelling_of_a_path_opens_what_is_closed(system: LocalSystem, path: str) -> None:
    """Without a session: never a list of users, a file of the machine, or a server error."""
    head = f"GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {system.printed_key}\r\n"
    answer = told(system, head.encode() + CLOSE + b"\r\n")
    start, _, body = answer.partition(b"\r\n\r\n")
    # under /admin/ what is no file is a page of the site, which finds out by itself
    is_site = path.startswith("/admin/") and b'<div id="root">' in body
    assert 400 <= status(start) < 500 or is_site
    assert b"x-injected" not in start.lower()
    for secret in (b'"items"', b"root:", b"[project]", b"@example.com"):
        assert secret not in body


def test_half_open_connections_keep_nobody_out(system: LocalSystem) -> None:
    with ExitStack() as opened:
        for number in range(HALF_OPEN):
            connection = socket.create_connection(("127.0.0.1", system.port), timeout=SECONDS)
            opened.enter_context(connection)
            connection.sendall(b"POST /v1/chat/completions HTTP/1.1\r\nHost"[: number % 40])
        headers = {"authorization": f"Bearer {system.printed_key}", "x-user-email": address()}
        url = f"{system.url}/v1/chat/completions"
        assert httpx.post(url, headers=headers, content=BODY, timeout=SECONDS).status_code == 200


@pytest.mark.parametrize(
    "head",
    [
        b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\nHost: x\r\n",
        b"GET /health HTTP/1.1\r\nHost: x\r\nX-Long: " + b"a" * 5_000_000 + b"\r\n",
        b"GET /health HTTP/1.1\r\nHost: x\r\n" + b"X-A: a\r\n" * 50_000,
        b"GET /health HTTP/1.1\r\nHost: x\r\n" + b"X-User-Email: a@example.com\r\n" * 5_000,
    ],
    ids=["path", "header", "headers", "identities"],
)
def test_a_head_of_megabytes_is_not_read(system: LocalSystem, head: bytes) -> None:
    answer = told(system, head + b"\r\n")
    # a server that closes while bytes come may lose its last words
    assert answer == b"" or status(answer) == 431


@pytest.mark.parametrize("chunked", [True, False])
@pytest.mark.parametrize("path", [b"/v1/chat/completions", b"/api/auth/login"])
def test_a_body_over_the_limit_is_refused(system: LocalSystem, path: bytes, chunked: bool) -> None:
    size = 40_000_000
    head = CLOSE + b"X-User-Email: a@example.com\r\nContent-Type: application/json\r\n"
    if chunked:
        head += CHUNKED
        body = b"%x\r\n" % size + b'"' + b" " * (size - 1)  # a text without an end
    else:
        head += b"Content-Length: %d\r\n" % size
        body = b'"' + b" " * (size - 1)
    answer = post(system, head, body, path)
    assert answer == b"" or status(answer) == 413


@pytest.mark.parametrize(
    "body",
    [
        b"\xef\xbb\xbf" + BODY,
        BODY.decode().encode("utf-16"),
        BODY.decode().encode("utf-32"),
        BODY.replace(b"Oi", b"\xff\xfe"),
        BODY.replace(b'"Oi"', b"NaN"),
        BODY.replace(b'"Oi"', b"1e999"),
        BODY.replace(b'"Oi"', b'"\\ud800"'),
        BODY + b"{}",
        BODY[:-1],
        b"[" * 200_000,
        b"",
        b"null",
    ],
    ids=lambda value: repr(value[:24]),
)
def test_a_body_that_is_no_json_of_ours_is_a_400(system: LocalSystem, body: bytes) -> None:
    headers = {"authorization": f"Bearer {system.printed_key}", "x-user-email": address()}
    answer = httpx.post(f"{system.url}/v1/chat/completions", headers=headers, content=body)
    assert answer.status_code == 400
    assert answer.json()["error"]["type"] == "invalid_request_error"


def test_a_body_that_can_be_read_and_not_written_gives_its_tokens_back(
    system: LocalSystem,
) -> None:
    """Lists in lists, deeper than JSON is written: seen when tokens are held already."""
    email = address()
    headers = {"authorization": f"Bearer {system.printed_key}", "x-user-email": email}
    nested = b"[" * 600 + b"]" * 600
    body = b'{"model":"demo-fast","messages":' + nested + b',"stream":true}'
    answer = httpx.post(f"{system.url}/v1/chat/completions", headers=headers, content=body)
    assert answer.status_code == 400
    assert answer.json()["error"]["type"] == "invalid_request_error"
    shown = system.booked_user(email, 1)
    assert (shown["currentUsage"], shown["reservedTokens"]) == (0, 0)
