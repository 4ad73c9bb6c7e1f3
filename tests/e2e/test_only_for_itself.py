"""What listens for the system alone wants a secret, and has none that it does not need."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.e2e.local_system import LocalSystem, running

pytestmark = [pytest.mark.e2e, pytest.mark.skipif(os.name != "posix", reason="reads /proc")]

SECRETS = {
    "LITELLM_API_KEY": "sk-upstream-canary",
    "SECRET_KEY": "canary-" + "s" * 40,
    "ADMIN_PASSWORD": "canary-password-1234",
    "SMTP_PASSWORD": "smtp-canary",
    "SMTP_USER": "somebody",
    "SMTP_HOST": "127.0.0.1",
}
COMMANDS = {
    "tables": "dynoxide",
    "store": "infra.local.store",
    "cache": "valkey-server",
    "demo": "infra.local.demo.upstream",
}


@pytest.fixture(name="system", scope="module")
def system_fixture(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalSystem]:
    with running(tmp_path_factory.mktemp("itself") / "data", **SECRETS) as system:
        yield system


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_a_program_has_no_secret_that_it_does_not_need(system: LocalSystem, name: str) -> None:
    process = system.program(COMMANDS[name]).pid
    given = Path(f"/proc/{process}/environ").read_bytes()
    command = Path(f"/proc/{process}/cmdline").read_bytes()
    wanted = set(SECRETS.values()) - {"somebody", "127.0.0.1"}
    assert not [secret for secret in wanted if secret.encode() in given + command]
    signing = system.run_variable("AWS_SECRET_ACCESS_KEY").encode()
    assert (signing in given) is (name == "store")
    assert signing not in command


def said(address: tuple[str, int], words: bytes) -> bytes:
    with socket.create_connection(address, timeout=5) as connection:
        connection.settimeout(5)
        connection.sendall(words)
        return connection.recv(4_096)


def test_the_cache_answers_nobody_without_its_password(system: LocalSystem) -> None:
    url = urlsplit(system.run_variable("REDIS_URL"))
    address = (url.hostname or "", url.port or 0)
    for words in (b"KEYS *\r\n", b"SET solaris:local:key:0 x\r\n", b"CONFIG GET *\r\n"):
        assert said(address, words).startswith(b"-NOAUTH")
    assert said(address, f"AUTH {url.password}\r\n".encode()) == b"+OK\r\n"
    command = Path(f"/proc/{system.program('valkey-server').pid}/cmdline").read_bytes()
    assert str(url.password).encode() not in command


def test_the_store_answers_nobody_who_does_not_sign(system: LocalSystem) -> None:
    url = urlsplit(system.run_variable("AWS_ENDPOINT_URL"))
    head = f"GET / HTTP/1.1\r\nHost: {url.netloc}\r\nOrigin: http://evil.example\r\n\r\n"
    answer = said((url.hostname or "", url.port or 0), head.encode())
    assert answer.startswith(b"HTTP/1.1 403")
    assert b"access-control" not in answer.lower()
