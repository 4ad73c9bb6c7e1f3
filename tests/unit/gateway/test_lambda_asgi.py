"""An answer's end on Lambda waits for what was begun beside it: after it, nothing runs."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from solaris.gateway import lambda_asgi
from solaris.gateway.lambda_asgi import FinishBeforeFreezing
from solaris.ledger.refusals import FLUSH_SECONDS
from solaris.platform.background import keep
from solaris.platform.cache import AsyncCache
from solaris.platform.metrics import REFUSALS, Metrics
from solaris.platform.web.trusted_proxies import App, Message, Receive, Send
from tests.unit.ledger.refusals_support import Store, Timer, refusals_of

HTTP = {"type": "http", "headers": []}
FRAMES = [b"data: 1\n\n", b"data: 2\n\n"]


class RecordingCache(AsyncCache):
    """Redis that takes everything; `taken` is what was published."""

    def __init__(self) -> None:
        super().__init__(None)
        self.taken: list[dict[str, float]] = []

    async def add_all(self, key: str, amounts: Any, **_: Any) -> bool:
        self.taken.append(dict(amounts))
        return True


async def nothing() -> Message:
    raise AssertionError


def streaming(beside: Callable[[], Any]) -> App:
    """Answers in two pieces, with work beside that is kept."""

    async def app(scope: Message, receive: Receive, send: Send) -> None:
        keep(beside())
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for frame in FRAMES:
            await send({"type": "http.response.body", "body": frame, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    return app


async def test_an_answers_last_piece_does_not_wait_for_the_work_after_it() -> None:
    async def app(scope: Message, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.body", "body": b"[DONE]", "more_body": False})

    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    refusals = refusals_of(Store())
    await FinishBeforeFreezing(app, Metrics(), RecordingCache(), refusals)(
        dict(HTTP), nothing, send
    )
    assert [(one["body"], one["more_body"]) for one in sent] == [(b"[DONE]", True), (b"", False)]


async def test_pieces_go_out_at_once_and_the_end_after_the_work() -> None:
    may_finish = asyncio.Event()
    events: list[str] = []

    async def beside() -> None:
        await may_finish.wait()
        events.append("work")

    async def send(message: Message) -> None:
        if message["type"] != "http.response.body":
            return
        events.append("piece" if message["more_body"] else "end")
        if events.count("piece") == len(FRAMES):
            may_finish.set()

    cache, metrics = RecordingCache(), Metrics()
    metrics.count(REFUSALS, "rate_limit_exceeded")
    store = Store()
    refusals = refusals_of(store)
    refusals.count("rate_limit_exceeded")
    await FinishBeforeFreezing(streaming(beside), metrics, cache, refusals)(
        dict(HTTP), nothing, send
    )
    assert events == ["piece", "piece", "work", "end"]
    assert [sum(one.values()) for one in cache.taken] == [1]
    assert store.written == {("2026-11-22#-", "rate_limit_exceeded"): 1}


async def test_refusals_one_after_the_other_are_no_write_each() -> None:
    """Each of them ends in a frozen process; a thousand in ten seconds are three writes."""
    store, timer = Store(), Timer()
    refusals = refusals_of(store, timer)

    async def refusing(scope: Message, receive: Receive, send: Send) -> None:
        refusals.count("invalid_api_key")
        await send({"type": "http.response.body", "body": b"{}", "more_body": False})

    async def send(message: Message) -> None:
        pass

    app = FinishBeforeFreezing(refusing, Metrics(), RecordingCache(), refusals)
    for _ in range(1_000):
        await app(dict(HTTP), nothing, send)
        timer.now += 2 * FLUSH_SECONDS / 1_000
    assert store.calls == 2
    await refusals.flush()
    assert (store.calls, sum(store.written.values())) == (3, 1_000)


async def test_work_without_end_holds_an_answer_for_a_bounded_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(lambda_asgi, "FINISH_SECONDS", 0.05)
    never = asyncio.Event()
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    app = FinishBeforeFreezing(
        streaming(never.wait), Metrics(), RecordingCache(), refusals_of(Store())
    )
    async with asyncio.timeout(5):
        await app(dict(HTTP), nothing, send)
    assert sent[-1]["more_body"] is False
    never.set()


async def test_the_start_and_stop_of_the_application_pass_through() -> None:
    seen: list[str] = []

    async def app(scope: Message, receive: Receive, send: Send) -> None:
        seen.append(scope["type"])
        await send({"type": "lifespan.startup.complete"})

    async def send(message: Message) -> None:
        seen.append(message["type"])

    await FinishBeforeFreezing(app, Metrics(), RecordingCache(), refusals_of(Store()))(
        {"type": "lifespan"}, nothing, send
    )
    assert seen == ["lifespan", "lifespan.startup.complete"]
