"""Paths with a flat token charge, against an upstream that makes pictures."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest

from tests.e2e.local_system import LocalSystem, running

pytestmark = pytest.mark.e2e

PATH = "/v1/images/generations"
CHARGE = 1000


class Painter(BaseHTTPRequestHandler):
    """Answers every POST with the length of what it got; a body `fail` is refused."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.send_response(400 if body == b"fail" else 200)
        answer = json.dumps({"data": [], "bytes": len(body), "path": self.path}).encode()
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalSystem]:
    painter = ThreadingHTTPServer(("127.0.0.1", 0), Painter)
    threading.Thread(target=painter.serve_forever, daemon=True).start()
    try:
        with running(
            tmp_path_factory.mktemp("data"),
            LITELLM_BASE_URL=f"http://127.0.0.1:{painter.server_address[1]}",
            FLAT_TOKEN_CHARGES=json.dumps({PATH: CHARGE}),
            MIN_USER_LIMIT="0",
        ) as started:
            yield started
    finally:
        painter.shutdown()
        painter.server_close()


def paint(system: LocalSystem, email: str, body: bytes) -> httpx.Response:
    headers = {"authorization": f"Bearer {system.printed_key}", "x-user-email": email}
    return httpx.post(f"{system.url}{PATH}", content=body, headers=headers, timeout=30)


def test_a_flat_path_costs_its_charge_whatever_its_body_is(system: LocalSystem) -> None:
    answer = paint(system, "ana@example.com", b"\x00\xff" * 1000)
    assert answer.json() == {"data": [], "bytes": 2000, "path": PATH}
    shown = system.booked_user("ana@example.com", records=1)
    assert shown["currentUsage"] == CHARGE
    assert shown["usage"][0]["model"] == "images/generations"


def test_a_refused_picture_costs_nothing(system: LocalSystem) -> None:
    assert paint(system, "bia@example.com", b"fail").status_code == 400
    shown = system.booked_user("bia@example.com", records=1)
    assert (shown["currentUsage"], shown["reservedTokens"]) == (0, 0)


def test_the_charge_is_refused_when_it_is_not_left(system: LocalSystem) -> None:
    system.cli("users", "create", "caio@example.com")
    system.cli("users", "set-limit", "caio@example.com", str(CHARGE + 1))
    assert paint(system, "caio@example.com", b"x").status_code == 200
    refused = paint(system, "caio@example.com", b"x")
    assert refused.status_code == 429
    assert refused.json()["error"]["code"] == "insufficient_quota"


def test_other_paths_stay_unknown(system: LocalSystem) -> None:
    headers = {"authorization": f"Bearer {system.printed_key}", "x-user-email": "a@example.com"}
    answer = httpx.post(f"{system.url}/v1/images/edits", json={}, headers=headers)
    assert answer.status_code == 404
