"""A store that takes connections and says nothing: one call finds out, the others are spared."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from statistics import median

import pytest

from solaris.platform.aws import breaker
from solaris.platform.aws.direct import LeanDynamoDb
from solaris.platform.errors import StoreUnavailableError
from solaris.platform.web.errors import STORE_RETRY_SECONDS, error_answer

TIMEOUT_SECONDS = 0.4
BOUND_SECONDS = 10.0
KEY = {"TableName": "books", "Key": {"id": {"S": "x"}}}
BODY = b'{"Item": {"id": {"S": "x"}}}'


@dataclass
class Store:
    """Answers every request alike once it speaks; counts the connections that it took."""

    listener: socket.socket
    speaks: threading.Event = field(default_factory=threading.Event)
    connections: int = 0

    def serve(self) -> None:
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self.answer, args=(connection,), daemon=True).start()

    def answer(self, connection: socket.socket) -> None:
        with connection, suppress(ConnectionError):  # whoever stops waiting may hang up rudely
            while connection.recv(65_536):
                if not self.speaks.is_set():
                    self.speaks.wait(BOUND_SECONDS)
                    return
                head = f"HTTP/1.1 200 OK\r\ncontent-length: {len(BODY)}\r\n\r\n"
                connection.sendall(head.encode() + BODY)


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    monkeypatch.setattr("solaris.platform.aws.client.CALL_TIMEOUT_SECONDS", TIMEOUT_SECONDS)
    monkeypatch.setattr(breaker, "PROBE_SECONDS", 0.05)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "id")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.delenv("AWS_ENDPOINT_URL_DYNAMODB", raising=False)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{listener.getsockname()[1]}")
        store = Store(listener)
        thread = threading.Thread(target=store.serve, daemon=True)
        thread.start()
        yield store
        store.speaks.set()
        listener.shutdown(socket.SHUT_RDWR)
    thread.join(BOUND_SECONDS)


def refused_after(client: LeanDynamoDb) -> float:
    started = time.monotonic()
    with pytest.raises(StoreUnavailableError):
        client.get_item(**KEY)
    return time.monotonic() - started


def test_one_call_waits_and_the_next_are_refused_at_once(store: Store) -> None:
    client = LeanDynamoDb("us-east-1")
    client.refuse_when_silent()
    assert refused_after(client) > TIMEOUT_SECONDS * 0.9
    # most of them: a busy machine may hold any single one up
    assert median(refused_after(client) for _ in range(21)) < TIMEOUT_SECONDS / 2
    with pytest.raises(StoreUnavailableError):
        client.update_item(**KEY)  # boto3's own
    store.speaks.set()
    deadline = time.monotonic() + BOUND_SECONDS
    while time.monotonic() < deadline:
        try:
            assert client.get_item(**KEY) == {"Item": {"id": {"S": "x"}}}
        except StoreUnavailableError:
            time.sleep(0.01)
        else:
            return
    pytest.fail("the store answers, and nobody has noticed")


def test_who_books_in_the_background_goes_on_trying(store: Store) -> None:
    """The recorder's process has no breaker: its messages are not refused in a row."""
    assert refused_after(LeanDynamoDb("us-east-1")) > 2.5 * TIMEOUT_SECONDS


def test_the_refusal_says_when_to_come_again() -> None:
    answer = error_answer(StoreUnavailableError("no"), "en", "r-1")
    assert (answer.status, answer.headers["retry-after"]) == (503, str(STORE_RETRY_SECONDS))
