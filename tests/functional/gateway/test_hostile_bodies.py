"""Bodies that shall stop the gateway: deep, wide, huge, slow, endless, lying, or of nobody."""

import asyncio
import json
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from solaris.gateway.body import bodies, understanding
from solaris.gateway.body.heavy import HEAVY_THREAD, LIGHT_THREAD
from solaris.gateway.request import COUNT_PATH
from solaris.gateway.shapes.all import SHAPES
from solaris.platform.errors import RateLimitedError
from solaris.platform.web.body_structure import MAX_CONTAINERS, MAX_ITEMS, MAX_NAMES
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


@pytest.fixture(name="threads")
def threads_fixture(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """What was done for each body, and the thread that did it."""
    found: list[tuple[str, str]] = []

    def watch(owner: Any, name: str) -> None:
        work = getattr(owner, name)

        def watched(*arguments: Any) -> Any:
            thread = threading.current_thread()
            found.append((name, "loop" if thread is threading.main_thread() else thread.name))
            return work(*arguments)

        monkeypatch.setattr(owner, name, watched)

    watch(understanding.Understanding, "_parsed")
    watch(understanding, "checked_flat_body")
    for shape in (SHAPES["/v1/chat/completions"], SHAPES["/v1/messages"]):
        watch(shape, "prompt")
    return found


HEAVY, LIGHT = f"{HEAVY_THREAD}_0", f"{LIGHT_THREAD}_0"
MANY_OBJECTS = wide(b'{"a":0}', 19_000 * 8)


@pytest.mark.parametrize(
    ("body", "parsed", "weighed"),
    [
        (chat("a"), "loop", "loop"),
        (chat("a " * 50_000), "loop", LIGHT),
        (chat("a" * 300_000), HEAVY, HEAVY),
        (MANY_OBJECTS, HEAVY, HEAVY),
        (wide(b'"a"', 200_000), HEAVY, HEAVY),
    ],
    ids=["small", "some", "large", "objects", "texts"],
)
async def test_what_takes_long_is_done_in_its_own_thread(
    gateway: Gateway, threads: list[tuple[str, str]], body: bytes, parsed: str, weighed: str
) -> None:
    await ask(gateway, pieces(body))
    assert threads == [("_parsed", parsed), ("prompt", weighed)]


@pytest.mark.parametrize("body", [chat("a" * 300_000), MANY_OBJECTS], ids=["large", "objects"])
async def test_a_prompt_that_is_only_counted_is_no_work_of_the_event_loop(
    gateway: Gateway, threads: list[tuple[str, str]], body: bytes
) -> None:
    got = await ask(gateway, pieces(body), path=COUNT_PATH)
    assert got.status == 200
    assert threads == [("_parsed", HEAVY), ("prompt", HEAVY)]


async def test_however_many_bodies_come_two_threads_work_on_them(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those that look keys up and ask the store are others, and free."""
    shape = SHAPES["/v1/chat/completions"]
    prompt = shape.prompt
    working: set[str] = set()
    most = 0

    def watched(body: dict[str, Any]) -> Any:
        nonlocal most
        working.add(threading.current_thread().name)
        most = max(most, len(working))
        found = prompt(body)
        working.discard(threading.current_thread().name)
        return found

    monkeypatch.setattr(shape, "prompt", watched)
    twenty = [chat("a " * 50_000), MANY_OBJECTS] * 10
    await asyncio.gather(*(ask(gateway, pieces(one)) for one in twenty))
    assert not working
    assert 1 <= most <= 2


async def test_no_parsed_heavy_body_waits_for_another_to_be_weighed(
    gateway: Gateway, threads: list[tuple[str, str]]
) -> None:
    await asyncio.gather(*(ask(gateway, pieces(MANY_OBJECTS)) for _ in range(10)))
    assert threads == [("_parsed", HEAVY), ("prompt", HEAVY)] * 10


async def test_a_user_whom_only_the_body_names_is_limited_before_it_is_weighed(
    url: str, threads: list[tuple[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    gateway = Gateway(url, identity_from_body=True)

    async def refuse(*_: Any) -> None:
        raise RateLimitedError(5)

    monkeypatch.setattr(gateway.entrance, "identify", refuse)
    got = await ask(gateway, pieces(MANY_OBJECTS), x_user_email=None)
    assert got.status == 429
    assert threads == [("_parsed", HEAVY)]


async def test_json_of_a_flat_path_is_bounded_before_it_is_parsed(
    url: str, upstream: Upstream, threads: list[tuple[str, str]]
) -> None:
    path = "/v1/images/edits"
    gateway = Gateway(url, allowed_models=("gpt-4o",), flat_token_charges={path: 100})
    kind = {"path": path, "content_type": "application/json"}
    got = await ask(gateway, pieces(wide(b"[]", 20 * MEGABYTE)), **kind)
    assert got.status == 400
    assert "too many parts" in got.json["error"]["message"]
    assert threads == [("checked_flat_body", HEAVY)]
    assert (await ask(gateway, pieces(chat("Oi")), **kind)).status == 200
    assert upstream.asked == [path]
    await gateway.close()
