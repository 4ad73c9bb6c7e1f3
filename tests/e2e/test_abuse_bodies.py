"""Bodies that shall stop the whole system: others are served meanwhile, and memory stays bounded.

tests/functional/gateway/test_hostile_bodies.py holds each kind; hostile_bodies.py measures.
"""

import asyncio
import json
import socket
import time
from collections.abc import Iterator

import httpx
import pytest

from tests.e2e.hostile_bodies import (
    MEBIBYTE,
    SETTINGS,
    feel,
    felt_under_attack,
    memory,
)
from tests.e2e.local_system import LocalSystem, running

pytestmark = pytest.mark.e2e

SECONDS = 10.0
# An answer while twenty connections send: seconds on two shared cores. It was eight, and a 503.
HEALTH_SECONDS = 3.0
GROWTH_BYTES = 400 * MEBIBYTE  # it was 2.3 GiB with four bodies
WRONG = 5


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalSystem]:
    folder = tmp_path_factory.mktemp("guarded")
    with running(folder, UNAUTHORIZED_PER_MINUTE=str(WRONG), **SETTINGS) as system:
        yield system


def test_others_are_served_while_hostile_bodies_come(guarded: LocalSystem) -> None:
    before = asyncio.run(feel(guarded, 3))
    during = felt_under_attack(guarded, 6)
    assert during.failed == 0
    assert max(during.health) < HEALTH_SECONDS
    assert len(during.chat) >= 1
    assert during.most_memory - before.most_memory < GROWTH_BYTES
    assert memory(guarded) - before.most_memory < GROWTH_BYTES


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/v1/chat/completions", 401),
        ("/v1/messages", 401),
        ("/v1/quota/check", 401),
        ("/api/admin/users/import", 401),
        ("/api/auth/login", 413),
        ("/api/me/requests", 413),
    ],
)
def test_whoever_is_unknown_is_answered_before_they_send(
    guarded: LocalSystem, path: str, status: int
) -> None:
    """Only the head goes out: the answer comes all the same, and the connection is closed."""
    with socket.create_connection(("127.0.0.1", guarded.port), timeout=SECONDS) as one:
        began = time.monotonic()
        one.sendall(
            f"POST {path} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"
            "content-length: 6000000\r\n\r\n".encode()
        )
        answer = b""
        while piece := one.recv(65_536):
            answer += piece
    assert time.monotonic() - began < SECONDS
    assert int(answer.split(b" ", 2)[1]) in (status, 429)
    assert b"connection: close" in answer.lower()


def test_a_client_that_sends_all_first_reads_its_refusal(guarded: LocalSystem) -> None:
    """The answer is not lost with a connection that closes on unread bytes."""
    url = f"{guarded.url}/v1/chat/completions"
    headers = {"authorization": "Bearer sk-wrong"}
    answer = httpx.post(url, headers=headers, content=b" " * 8_000_000, timeout=SECONDS)
    assert answer.status_code in (401, 429)


def test_wrong_keys_are_counted_and_a_good_one_is_served(guarded: LocalSystem) -> None:
    url = f"{guarded.url}/v1/chat/completions"
    wrong = {"authorization": "Bearer sk-wrong"}
    answers = [httpx.post(url, headers=wrong, json={}) for _ in range(WRONG + 2)]
    assert answers[-1].status_code == 429
    assert int(answers[-1].headers["retry-after"]) >= 1
    assert answers[-1].json()["error"]["code"] == "rate_limit_exceeded"
    body = {"model": "demo-fast", "messages": [{"role": "user", "content": "Oi"}]}
    good = {
        "authorization": f"Bearer {guarded.printed_key}",
        "x-user-email": "good@example.com",
    }
    assert httpx.post(url, headers=good, content=json.dumps(body)).status_code == 200


def test_quotas_and_models_have_a_rate(guarded: LocalSystem) -> None:
    headers = {
        "authorization": f"Bearer {guarded.printed_key}",
        "x-user-email": "reader@example.com",
    }
    with httpx.Client(headers=headers, base_url=guarded.url) as client:
        for path in ("/v1/quota", "/v1/models"):
            began = time.monotonic()
            statuses = [client.get(path).status_code for _ in range(60)]
            # on a machine too slow for the rate nothing is to be refused
            assert 429 in statuses or time.monotonic() - began > 60 / 10
