"""The edge as it is deployed: a real nginx with TLS before the running system."""

import json
import shutil
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import expect, sync_playwright

from tests.e2e.local_system import running
from tests.e2e.nginx_support import (
    IDLE_SECONDS,
    Edge,
    IdleStream,
    handshake,
    nginx,
    question,
    skip_without_nginx,
)
from tests.e2e.site_support import ADMIN, PASSWORD, SITE, eventually
from tests.ports import lasting_port

pytestmark = pytest.mark.e2e

MEBIBYTE = 1024 * 1024
PEER = "203.0.113.7"
SECURITY = {
    "x-frame-options": "DENY",
    "x-content-type-options": "nosniff",
    "strict-transport-security": "max-age=31536000; includeSubDomains",
}


@pytest.fixture(scope="module")
def edge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Edge]:
    """The gateway's own limits lifted: what refuses here is the edge."""
    skip_without_nginx()
    port = lasting_port()
    with (
        running(
            tmp_path_factory.mktemp("behind nginx"),
            TRUSTED_PROXIES="1",
            PUBLIC_URL=f"https://localhost:{port}",
            ADMIN_EMAIL=ADMIN,
            ADMIN_PASSWORD=PASSWORD,
            RATE_LIMIT_PER_SECOND="10000",
            RATE_LIMIT_BURST="10000",
            ADMIN_RATE_LIMIT_PER_SECOND="10000",
            ADMIN_RATE_LIMIT_BURST="10000",
            DEFAULT_MONTHLY_LIMIT="100000000",
            MAX_USER_LIMIT="100000000",
            UPSTREAM_IDLE_TIMEOUT_SECONDS="120",
        ) as system,
        nginx(f"127.0.0.1:{system.port}", https_port=port) as started,
    ):
        yield Edge(started, system)


@pytest.fixture(scope="module", autouse=True)
def idle_stream(edge: Edge) -> Iterator[tuple[IdleStream, threading.Thread]]:
    """Begun with the first test, awaited by the last."""
    stream = IdleStream()
    thread = threading.Thread(target=stream.run, args=(edge,), daemon=True)
    thread.start()
    yield stream, thread
    thread.join(2 * IDLE_SECONDS)


def test_tls_1_2_and_1_3_and_nothing_older(edge: Edge) -> None:
    assert handshake(edge, ssl.TLSVersion.TLSv1_3) == "TLSv1.3"
    assert handshake(edge, ssl.TLSVersion.TLSv1_2) == "TLSv1.2"
    for old in (ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1):
        with pytest.raises(ssl.SSLError, match=r"(?i)alert protocol version"):
            handshake(edge, old)


def test_plain_http_is_sent_to_https(edge: Edge) -> None:
    answer = httpx.post(f"http://localhost:{edge.nginx.http_port}/v1/chat/completions?a=b")
    assert answer.status_code == 308
    assert answer.headers["location"] == f"{edge.nginx.url}/v1/chat/completions?a=b"


def test_an_authority_s_question_is_answered_in_the_clear_and_nothing_else_is() -> None:
    with nginx("127.0.0.1:9", challenge=True) as edge:
        folder = edge.directory / "challenge"
        answers = folder / ".well-known" / "acme-challenge"
        answers.mkdir(parents=True)
        (answers / "tok-en_1").write_text("tok-en_1.thumb")
        (folder / "secret").write_text("not an answer")
        plain = f"http://127.0.0.1:{edge.http_port}"
        found = httpx.get(f"{plain}/.well-known/acme-challenge/tok-en_1")
        assert (found.status_code, found.text) == (200, "tok-en_1.thumb")
        assert found.headers["content-type"] == "text/plain"
        for path in ("/secret", "/.well-known/other", "/"):
            assert httpx.get(plain + path).status_code == 308, path
        for path in ("/.well-known/acme-challenge/no", "/.well-known/acme-challenge/"):
            assert httpx.get(plain + path).status_code == 404, path
        up = "/.well-known/acme-challenge/%2e%2e/%2e%2e/secret"
        assert "not an answer" not in httpx.get(plain + up).text


def test_a_stream_arrives_piece_by_piece_through_tls(edge: Edge) -> None:
    with (
        edge.sdk("fluxo@example.com") as sdk,
        sdk.chat.completions.create(
            model="demo-chunks-6-300ms",
            messages=[{"role": "user", "content": "Olá"}],
            stream=True,
        ) as stream,
    ):
        times = [
            time.monotonic() for chunk in stream if chunk.choices and chunk.choices[0].delta.content
        ]
    assert len(times) == 6
    gaps = [later - earlier for earlier, later in pairwise(times)]
    assert min(gaps) > 0.15, f"chunks came together: {gaps}"


def test_a_client_that_hangs_up_is_noticed_behind_the_edge(edge: Edge) -> None:
    email = "some@example.com"
    body = {**question("demo-chunks-300-20ms"), "stream": True}
    with (
        edge.caller("127.0.0.12", email) as client,
        client.stream("POST", "/v1/chat/completions", json=body) as answer,
    ):
        next(answer.iter_lines())
    shown = edge.system.booked_user(email, 1)
    assert shown["reservedTokens"] == 0
    assert 300 < shown["currentUsage"] < 1000, "read on without it, to the stated usage"
    assert shown["usage"][0]["statusCode"] == 499


def test_security_headers_are_there_once(edge: Edge) -> None:
    with edge.caller("127.0.0.13", "ana@example.com") as client:
        for path in ("/v1/models", "/api/openapi.json", "/admin/", "/health", "/nowhere", "/"):
            answer = client.get(path)
            for name, value in {**SECURITY, "x-request-id": answer.headers["x-request-id"]}.items():
                assert answer.headers.get_list(name) == [value], (path, name)
            assert answer.headers["server"] == "nginx", path


@pytest.mark.parametrize(
    ("language", "part"), [("pt-BR,pt;q=0.9", "Muitas requisições"), ("en", "Too many requests")]
)
def test_one_caller_is_held_to_the_api_s_rate(edge: Edge, language: str, part: str) -> None:
    address = "127.0.0.14" if language == "en" else "127.0.0.15"
    began = time.monotonic()
    with (
        edge.caller(address, "veloz@example.com", accept_language=language) as client,
        ThreadPoolExecutor(16) as pool,
    ):
        answers = list(pool.map(lambda _: client.get("/v1/models"), range(160)))
    served = [one for one in answers if one.status_code == 200]
    refused = [one for one in answers if one.status_code == 429]
    assert len(served) + len(refused) == 160
    # 20 at once beside the first, then 10 a second
    assert 20 <= len(served) <= 22 + 10 * (time.monotonic() - began)
    answer = refused[0]
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers.get_list("retry-after") == ["1"]
    error = answer.json()["error"]
    assert part in error["message"]
    assert (error["type"], error["code"]) == ("rate_limit_error", "rate_limit_exceeded")
    assert error["details"]["request_id"] == answer.headers["x-request-id"]
    assert answer.headers.get_list("x-frame-options") == ["DENY"]


def test_the_users_of_one_librechat_do_not_share_a_rate(edge: Edge) -> None:
    bearer = f"Bearer {edge.system.printed_key}"
    with (
        edge.nginx.client("127.0.0.16", authorization=bearer) as client,
        ThreadPoolExecutor(16) as pool,
    ):
        answers = list(
            pool.map(
                lambda n: (
                    client.get(
                        "/v1/models", headers={"x-user-email": f"p{n}@example.com"}
                    ).status_code
                ),
                range(100),
            )
        )
    assert answers == [200] * 100


def test_an_address_with_made_up_keys_meets_its_own_rate() -> None:
    # in one write and before a gateway that is down, so that no slow machine stays below the rate
    asked = "".join(
        f"GET /v1/models HTTP/1.1\r\nHost: localhost\r\nX-Api-Key: {number}\r\n\r\n"
        for number in range(900)
    )
    with (
        nginx(f"127.0.0.1:{lasting_port()}") as started,
        socket.create_connection(("127.0.0.1", started.https_port), timeout=20) as plain,
        started.tls().wrap_socket(plain, server_hostname="localhost") as secure,
    ):
        began = time.monotonic()
        secure.sendall(asked.encode())
        answer = b""
        while answer.count(b"HTTP/1.1 ") < 900 or not answer.endswith(b"}"):
            part = secure.recv(65536)
            assert part, "nginx hung up"
            answer += part
        seconds = time.monotonic() - began
    passed = answer.count(b"HTTP/1.1 502")
    assert answer.count(b"HTTP/1.1 429") == 900 - passed > 0
    assert 400 <= passed <= 402 + 200 * seconds


def test_the_admin_api_s_rate_answers_with_a_problem(edge: Edge) -> None:
    began = time.monotonic()
    with edge.nginx.client("127.0.0.18") as client, ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: client.get('/api/me?a="'), range(50)))
    refused = [one for one in answers if one.status_code == 429]
    served = len(answers) - len(refused)
    assert 10 <= served <= 12 + 5 * (time.monotonic() - began)
    answer = refused[0]
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers.get_list("retry-after") == ["1"]
    problem = answer.json()
    assert problem == {
        "type": "urn:ia-solaris:problem:rate_limit_exceeded",
        "title": "Muitas requisições. Tente novamente em 1 s.",
        "status": 429,
        "code": "rate_limit_exceeded",
        "instance": "/api/me",
        "requestId": answer.headers["x-request-id"],
    }


def test_a_body_of_20_mib_passes_and_more_is_refused_in_shape(edge: Edge) -> None:
    def picture(characters: int) -> str:
        url = {"url": "data:image/png;base64," + "A" * characters}
        turn = {"role": "user", "content": [{"type": "image_url", "image_url": url}]}
        return json.dumps({"model": "demo-fast", "messages": [turn]})

    empty = len(picture(0))
    with edge.caller("127.0.0.19", "longa@example.com") as client:

        def send(size: int) -> httpx.Response:
            body = picture(size - empty)
            return client.post("/v1/chat/completions", content=body, timeout=120)

        assert send(20 * MEBIBYTE).status_code == 200
        by_gateway, by_edge = send(22 * MEBIBYTE), send(26 * MEBIBYTE)
        problem = client.post("/api/auth/login", content=b"a" * (26 * MEBIBYTE), timeout=120)
    assert (by_gateway.status_code, by_edge.status_code) == (413, 413)
    assert "20 MiB" in by_gateway.json()["error"]["message"]
    error = by_edge.json()["error"]
    assert (error["type"], error["code"]) == ("invalid_request_error", "payload_too_large")
    assert problem.headers["content-type"] == "application/problem+json"
    assert (problem.json()["status"], problem.json()["code"]) == (413, "payload_too_large")


def test_a_gateway_that_is_down_is_said_in_shape() -> None:
    with (
        nginx(f"127.0.0.1:{lasting_port()}") as started,
        started.client(accept_language="en") as client,
    ):
        chat = client.post("/v1/chat/completions", json=question("demo"))
        api, page = client.get("/api/admin/users"), client.get("/admin/")
    assert [one.status_code for one in (chat, api, page)] == [502] * 3
    error = chat.json()["error"]
    assert (error["type"], error["code"]) == ("server_error", "service_unavailable")
    assert error["message"] == "Service unavailable at the moment. Try again."
    assert api.headers["content-type"] == "application/problem+json"
    assert (api.json()["status"], api.json()["code"]) == (502, "service_unavailable")
    assert page.json() == {"message": "Service unavailable at the moment. Try again."}
    assert all(one.headers["x-content-type-options"] == "nosniff" for one in (chat, api, page))


def test_the_gateway_s_own_refusals_pass_unchanged(edge: Edge) -> None:
    with edge.nginx.client("127.0.0.20", authorization="Bearer sk-wrong") as client:
        answer = client.get("/v1/models")
        signed_out = client.get("/api/admin/users")
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "invalid_api_key")
    assert answer.headers["x-request-id"] == answer.json()["error"]["details"]["request_id"]
    assert (signed_out.status_code, signed_out.json()["code"]) == (401, "unauthenticated")


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/dev/mail", 404),
        ("/dev%2fmail", 404),
        ("//dev/mail", 404),
        ("/v1/../dev/mail", 400),
        ("/dev/mail/../../v1/models", 400),
        ("/dev/mail/%2e%2e/%2E./v1/models", 400),
        ("/admin/..%2fmetrics", 400),
        ("/metrics/", 404),
        ("/.env", 404),
    ],
)
def test_what_is_not_for_outside_stays_inside(edge: Edge, path: str, status: int) -> None:
    with (
        socket.create_connection(("127.0.0.1", edge.nginx.https_port), timeout=10) as plain,
        edge.nginx.tls().wrap_socket(plain, server_hostname="localhost") as secure,
    ):
        # as bytes: clients tidy such paths up before they send them
        secure.sendall(
            f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode()
        )
        answer = b"".join(iter(lambda: secure.recv(65536), b""))
    assert answer.split(b" ")[1] == str(status).encode(), answer[:200]


def test_figures_are_for_private_networks_only(edge: Edge) -> None:
    # README's way to stand behind a load balancer, which here is this machine
    balancer = "set_real_ip_from 127.0.0.0/8;\nreal_ip_header X-Forwarded-For;\n"
    with edge.nginx.client() as client:
        assert "ia_solaris_users_total" in client.get("/metrics").text
    gateway = f"127.0.0.1:{edge.system.port}"
    with nginx(gateway, addition=balancer) as second, second.client(x_forwarded_for=PEER) as client:
        refused = client.get("/metrics")
        assert client.get("/health").status_code == 200
    assert (refused.status_code, refused.json()) == (403, {"message": "Acesso negado."})


def test_the_client_s_own_address_reaches_the_books(edge: Edge) -> None:
    email = "endereco@example.com"
    # what the client says about itself is dropped
    with edge.caller("127.0.0.77", email, x_forwarded_for=PEER, x_real_ip=PEER) as client:
        answer = client.post("/v1/chat/completions", json=question("demo-fast"))
        assert answer.status_code == 200, answer.text
    edge.system.booked_user(email, 1)
    with edge.nginx.client("127.0.0.78") as admin:
        token = admin.post("/api/auth/login", json={"email": ADMIN, "password": PASSWORD}).json()
        admin.headers["authorization"] = f"Bearer {token['token']}"
        (user,) = admin.get("/api/admin/users", params={"search": email}).json()["items"]
        eventually(
            lambda: bool(admin.get(f"/api/admin/users/{user['id']}/usage").json()["items"]),
            "the request is listed",
        )
        (record,) = admin.get(f"/api/admin/users/{user['id']}/usage").json()["items"]
        assert record["ipAddress"] == "127.0.0.77"
        keys = admin.post("/api/admin/keys", json={"name": "edge", "kind": "service"})
        assert keys.is_success, keys.text
        entries = admin.get("/api/admin/audit").json()["items"]
    assert "127.0.0.78" in {entry["ipAddress"] for entry in entries}


def test_the_site_works_in_a_browser_through_tls(edge: Edge) -> None:
    if not (SITE / "dist" / "index.html").is_file():
        pytest.skip("admin_site/dist is not there: run `make site` first")
    if shutil.which("chromium") is None:
        pytest.skip("Chromium is not there (Debian: apt install chromium)")
    said: list[str] = []
    policy = ""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=shutil.which("chromium"),
            args=["--no-sandbox", "--disable-dev-shm-usage"],
        )
        page = chromium.new_context(ignore_https_errors=True, locale="pt-BR").new_page()
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(f"CSP or thrown: {error}"))
        answer = page.goto(f"{edge.nginx.url}/admin/")
        assert answer is not None
        policy = answer.headers["content-security-policy"]
        page.get_by_label("E-mail").fill(ADMIN)
        page.get_by_label("Senha", exact=True).fill(PASSWORD)
        page.get_by_role("button", name="Entrar", exact=True).click()
        expect(page.get_by_role("heading", level=1, name="Painel")).to_be_visible(timeout=20_000)
        page.reload()  # by the cookie, which is Secure
        expect(page.get_by_role("heading", level=1, name="Painel")).to_be_visible(timeout=20_000)
        cookies = page.context.cookies()
        chromium.close()
    assert "default-src 'none'" in policy
    assert [cookie["secure"] for cookie in cookies] == [True] * len(cookies) != []
    assert not [line for line in said if "Content Security Policy" in line or "CSP" in line]


def test_the_log_is_json_without_queries_and_keys(edge: Edge) -> None:
    with edge.caller("127.0.0.21", "segredo@example.com") as client:
        client.get("/v1/models", params={"token": "geheim-im-query"})
        client.get('/files/a"b', params={"sig": "geheim-im-query"})
    text = edge.nginx.log.read_text(encoding="utf-8")
    lines = [json.loads(line) for line in text.splitlines()]
    mine = [line for line in lines if line["ip_address"] == "127.0.0.21"]
    first = mine[0]
    assert (first["path"], first["status"], first["tls"]) == ("/v1/models", 200, "TLSv1.3")
    assert {"timestamp", "level", "logger", "message", "request_id", "upstream_status"} <= {
        *mine[0]
    }
    for secret in ("geheim", "segredo", str(edge.system.printed_key), "Bearer"):
        assert secret not in text


def test_nginx_runs_as_nobody_and_writes_only_where_it_may(edge: Edge) -> None:
    status = Path(f"/proc/{edge.nginx.process.pid}/status").read_text()
    (uid,) = (line.split()[1] for line in status.splitlines() if line.startswith("Uid:"))
    assert uid != "0"
    assert (edge.nginx.directory / "certificate" / "tls.key").stat().st_mode & 0o77 == 0


def test_a_stream_that_is_silent_for_a_minute_survives(
    idle_stream: tuple[IdleStream, threading.Thread],
) -> None:
    stream, thread = idle_stream
    thread.join(2 * IDLE_SECONDS)
    assert not thread.is_alive()
    assert stream.problem is None, stream.problem
    assert stream.frames[-1] == "data: [DONE]"
    assert stream.times[-1] - stream.times[0] > IDLE_SECONDS - 1
    assert sum(line.startswith(": ") for line in stream.frames) >= 2, "comments keep it alive"
