"""Bodies that shall stop the gateway: deep, wide, huge, slow, endless, lying, or of nobody."""

import asyncio
import json
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from solaris.domain.body_structure import MAX_CONTAINERS, MAX_ITEMS, MAX_NAMES
from solaris.gateway import bodies
from solaris.services import forwarding
from tests.functional.gateway.gateway_support import Gateway
from tests.functional.gateway.hostile_support import (  # noqa: F401 - fixtures
    MEGABYTE,
    PATIENCE,
    PIECE,
    STALL_SECONDS,
    Receive,
    Upstream,
    ask,
    chat,
    gateway_fixture,
    never,
    pieces,
    silent,
    upstream_fixture,
    url_fixture,
)


def wrapped(messages: bytes) -> bytes:
    return b'{"model":"gpt-4o","messages":' + messages + b"}"


def wide(item: bytes, size: int) -> bytes:
    return wrapped(b"[" + b",".join([item] * (size // (len(item) + 1))) + b"]")


def names(number: int) -> bytes:
    return wrapped(b"{" + b",".join(b'"k%d":1' % one for one in range(number)) + b"}")


HOSTILE: dict[str, Callable[[], bytes]] = {
    "lists": lambda: wide(b"[]", 20 * MEGABYTE),
    "objects": lambda: wide(b"{}", 20 * MEGABYTE),
    "lists in objects": lambda: wide(b'{"a":[]}', 20 * MEGABYTE),
    "texts": lambda: wide(b'"a"', 20 * MEGABYTE),
    "numbers": lambda: wide(b"1", 20 * MEGABYTE),
    "spread": lambda: wide(b" [ ] ", 20 * MEGABYTE),
    "names": lambda: names(1_000_000),
    "deep": lambda: wrapped(b"[" * 500_000 + b"]" * 500_000),
    "deep objects": lambda: wrapped(b'{"a":' * 500_000 + b"1" + b"}" * 500_000),
    "nested": lambda: wrapped(b"[" * 900 + b"]" * 900),
    "huge number": lambda: wrapped(b"[" + b"1" * 19 * MEGABYTE + b"]"),
    "quotes that end nothing": lambda: wide(b'"\\"[],[],[]"', 20 * MEGABYTE),
    "backslashes": lambda: wrapped(b'"' + b"\\\\" * 9 * MEGABYTE + b'",' + b"[]," * 400_000),
    "an open text": lambda: wrapped(b'"' + b"[]," * 6 * MEGABYTE),
}


class Stalls:
    """The longest time that the event loop did not come round."""

    def __init__(self) -> None:
        self.longest = 0.0

    async def __call__(self) -> None:
        while True:
            before = time.perf_counter()
            await asyncio.sleep(0.01)
            self.longest = max(self.longest, time.perf_counter() - before)


@pytest.mark.parametrize("kind", sorted(HOSTILE))
async def test_a_hostile_body_is_refused_and_holds_nobody_up(
    gateway: Gateway, upstream: Upstream, kind: str
) -> None:
    receive = pieces(HOSTILE[kind]())
    stalls = Stalls()
    watching = asyncio.create_task(stalls())
    await asyncio.sleep(0.02)
    got = await ask(gateway, receive)
    watching.cancel()
    assert (got.status, got.json["error"]["code"]) == (400, "invalid_request_error")
    assert stalls.longest < STALL_SECONDS
    assert upstream.asked == []
    assert gateway.bodies.held_bytes == 0
    assert gateway.meter.user.reserved_tokens == 0


@pytest.mark.parametrize(
    "content",
    [
        "data:image/png;base64," + "A" * 15 * MEGABYTE,
        json.dumps([{"name": "x", "values": [1, 2, 3]}] * 60_000),
        "for (;;) { a[0] = [1, 2, 3]; b = {c: 4}; }\n" * 40_000,
        'she said: "yes", [and] {"no"}\\ ' * 60_000,
    ],
    ids=["picture", "JSON in a text", "code", "quotes"],
)
async def test_a_long_text_is_served_whatever_signs_it_holds(
    gateway: Gateway, upstream: Upstream, content: str
) -> None:
    got = await ask(gateway, pieces(chat(content)))
    assert got.status == 200
    assert upstream.asked == ["/v1/chat/completions"]
    assert gateway.bodies.held_bytes == 0


async def test_the_largest_embedding_is_served(gateway: Gateway) -> None:
    body = {"model": "text-embedding-3-small", "input": [list(range(8_000))] * 37}
    got = await ask(gateway, pieces(json.dumps(body).encode()), path="/v1/embeddings")
    assert got.status == 200


@pytest.mark.parametrize(
    ("item", "most"), [(b"[]", MAX_CONTAINERS), (b"0", MAX_ITEMS), (b'{"a":0}', MAX_NAMES)]
)
async def test_just_over_a_bound_is_told_so(gateway: Gateway, item: bytes, most: int) -> None:
    got = await ask(gateway, pieces(wide(item, (most + 2) * (len(item) + 1))))
    assert got.status == 400
    assert "too many parts" in got.json["error"]["message"]


async def test_what_declares_too_much_is_refused_unread(gateway: Gateway) -> None:
    got = await ask(gateway, never, content_length=str(gateway.settings.max_body_bytes + 1))
    assert (got.status, got.headers["connection"]) == (413, "close")


async def test_what_declares_little_and_sends_much_is_refused(gateway: Gateway) -> None:
    got = await ask(gateway, pieces(b'"' + b" " * 21 * MEGABYTE), content_length="10")
    assert got.status == 413
    assert gateway.bodies.held_bytes == 0


def stuck(first: bytes = b"{") -> Receive:
    """A body that begins and never ends."""
    parts: Iterator[bytes] = iter([first])

    async def receive() -> dict[str, Any]:
        for part in parts:
            return {"type": "http.request", "body": part, "more_body": True}
        await asyncio.Event().wait()
        raise AssertionError

    return receive


async def test_a_body_that_stands_still_is_given_up(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bodies, "IDLE_SECONDS", 0.05)
    got = await ask(gateway, stuck())
    assert (got.status, got.headers["connection"]) == (400, "close")
    assert gateway.bodies.held_bytes == 0


async def test_a_body_that_trickles_is_given_up(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bodies, "BODY_SECONDS", 0.2)

    async def trickle() -> dict[str, Any]:
        await asyncio.sleep(0.01)
        return {"type": "http.request", "body": b" ", "more_body": True}

    got = await ask(gateway, trickle)
    assert got.status == 400


async def begun(gateway: Gateway, held: int) -> None:
    """Return once so many bytes are held."""
    async with asyncio.timeout(PATIENCE):
        while gateway.bodies.held_bytes < held:  # noqa: ASYNC110 - nobody tells a test
            await asyncio.sleep(0)


async def test_unfinished_bodies_of_one_address_are_bounded(url: str) -> None:
    gateway = Gateway(url, max_unfinished_bodies_per_address=2)
    waiting = [asyncio.create_task(ask(gateway, stuck())) for _ in range(2)]
    await begun(gateway, 2)
    got = await ask(gateway, stuck())
    assert (got.status, got.headers["retry-after"]) == (429, "5")
    # what comes whole is served, and so is another address
    assert (await ask(gateway, pieces(chat("Oi")))).status == 200
    assert (await ask(gateway, pieces(chat("a" * PIECE)), address="192.0.2.2")).status == 200
    for one in waiting:
        one.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    assert gateway.bodies.held_bytes == 0
    await gateway.close()


async def test_all_unfinished_bodies_have_one_budget(url: str) -> None:
    gateway = Gateway(url, max_unfinished_body_bytes=1024 * 1024)
    first = [
        asyncio.create_task(ask(gateway, stuck(b" " * 500_000), address=f"192.0.2.{one}"))
        for one in range(2)
    ]
    await begun(gateway, MEGABYTE)
    got = await ask(gateway, stuck(b" " * 100_000), address="192.0.2.9")
    assert (got.status, got.json["error"]["code"]) == (503, "overloaded")
    assert got.headers["retry-after"] == "5"
    first[0].cancel()
    await asyncio.gather(first[0], return_exceptions=True)
    got = await ask(gateway, stuck(b" " * 400_000), address="192.0.2.1")
    assert got.status == 429  # three quarters are the most of one address
    assert (await ask(gateway, pieces(chat("a" * PIECE)), address="192.0.2.3")).status == 200
    first[1].cancel()
    await asyncio.gather(*first, return_exceptions=True)
    assert gateway.bodies.held_bytes == 0
    await gateway.close()


async def test_a_large_body_is_not_parsed_by_the_event_loop(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:

    found: list[str] = []
    parse = forwarding._parse

    def watched(request: Any) -> Any:
        found.append(threading.current_thread().name)
        return parse(request)

    monkeypatch.setattr(forwarding, "_parse", watched)
    await ask(gateway, pieces(chat("a" * 300_000)))
    await ask(gateway, pieces(chat("a")))
    assert found[0].startswith("heavy-body")
    assert found[1] == threading.main_thread().name
