"""Nobody's leaving ends the accounting, and no silence goes unbooked."""

import asyncio
import json
import time
from typing import Any

import pytest

from solaris.platform.background import drain
from solaris.quota.usage import Outcome
from tests.functional.gateway.frames import (
    CHAT,
    EMBEDDINGS,
    MESSAGES,
    STREAMING,
    asked,
    begin,
    delta,
    end,
    whole,
)
from tests.functional.gateway.gateway_support import Gateway, Got, load_tokenizer
from tests.functional.gateway.raw_upstream import CUT, HANG, Raw, Script, raw_upstream

load_tokenizer()
ESTIMATED_PROMPT = 8


async def ask(script: Script, body: Any, path: str = CHAT, **more: Any) -> tuple[Gateway, Got]:
    """One request through a gateway of its own; settings and leaving in `more`."""
    leaving = {name: more.pop(name) for name in ("leave", "leave_after") if name in more}
    async with raw_upstream(script) as upstream:
        gateway = Gateway(upstream.url, **more)
        got = await gateway.ask(body, path, **leaving)
        await gateway.close()
    return gateway, got


def after(text: bytes) -> Any:
    return lambda got: text in got.body


@pytest.mark.parametrize("endpoint", STREAMING)
async def test_a_stream_left_after_its_answer_is_booked_as_stated(endpoint: str) -> None:
    """The usage of a reasoning model comes after all of the answer that the client waits for."""
    script = Script(
        [begin(endpoint, 2_000), delta(endpoint, "42"), 0.3, *end(endpoint, 2_000, 150_000)]
    )
    gateway, got = await ask(script, asked(endpoint), endpoint, leave=after(b"42"))
    event = gateway.event
    assert (event.charged_tokens, event.estimated) == (152_000, False)
    assert (event.status_code, event.error_message) == (499, "client closed the connection")
    assert not got.is_whole
    assert gateway.meter.user.reservations == {}


@pytest.mark.parametrize("endpoint", [*STREAMING, EMBEDDINGS])
async def test_a_buffered_request_left_before_its_answer_is_booked_as_stated(
    endpoint: str,
) -> None:
    answer = json.dumps(whole(endpoint, "42", 40_000, 40_000)).encode()
    script = Script([0.4, answer], content_type="application/json")
    gateway, got = await ask(script, asked(endpoint, stream=False), endpoint, leave_after=0.1)
    assert got.status == 0
    assert gateway.event.charged_tokens == (40_000 if endpoint == EMBEDDINGS else 80_000)
    assert (gateway.event.status_code, gateway.event.estimated) == (499, False)


async def test_a_client_that_leaves_before_the_upstream_answers_at_all_is_read_on_for() -> None:
    body = json.dumps(whole(CHAT, "42", 70_000, 10_000)).encode()
    script = Script([body], content_type="application/json", thinks_seconds=0.4)
    gateway, _ = await ask(script, asked(CHAT, stream=False), leave_after=0.1)
    assert (gateway.event.charged_tokens, gateway.event.estimated) == (80_000, False)


@pytest.mark.parametrize(
    ("bound", "charged"),
    [
        ({"upstream_drain_seconds": 0.3}, ESTIMATED_PROMPT + 2),
        ({"upstream_drain_seconds": 0}, ESTIMATED_PROMPT + 2),
        ({"upstream_drain_max_open": 0}, ESTIMATED_PROMPT + 2),
        ({"upstream_drain_max_bytes": 50}, ESTIMATED_PROMPT + 2),
    ],
)
async def test_reading_on_is_bounded_and_then_charges_what_was_delivered(
    bound: dict[str, Any], charged: int
) -> None:
    words = [delta(CHAT, " um") for _ in range(2)]
    script = Script([delta(CHAT, "um"), delta(CHAT, " dois"), 0.2, *words, HANG])
    started = time.monotonic()
    gateway, _ = await ask(script, asked(CHAT), leave=after(b"dois"), **bound)
    assert time.monotonic() - started < 3
    event = gateway.event
    assert event.estimated
    assert event.status_code == 499
    assert ESTIMATED_PROMPT + 2 <= event.charged_tokens <= ESTIMATED_PROMPT + 4
    assert charged - 2 <= event.charged_tokens
    assert gateway.meter.user.reservations == {}


@pytest.mark.parametrize(
    ("body", "path"),
    [
        (asked(CHAT, model="o3"), CHAT),
        (asked(CHAT, model="openai/gpt-5.4"), CHAT),
        (asked(CHAT, reasoning_effort="high", max_tokens=64_000), CHAT),
        (asked(MESSAGES, thinking={"type": "enabled", "budget_tokens": 50_000}), MESSAGES),
        (asked("/v1/responses", previous_response_id="resp_1"), "/v1/responses"),
    ],
)
async def test_what_cannot_be_told_from_outside_is_never_charged_below_its_hold(
    body: dict[str, Any], path: str
) -> None:
    """Hidden reasoning, media, and what the upstream keeps itself."""
    script = Script([begin(path), delta(path, "um"), HANG])
    gateway, _ = await ask(script, body, path, leave=after(b"um"), upstream_drain_seconds=0)
    event = gateway.event
    assert event.estimated
    assert event.charged_tokens >= event.reserved_tokens
    assert event.charged_tokens > 50_000


@pytest.mark.parametrize("bound", [{"upstream_drain_seconds": 0}, {"upstream_drain_max_open": 0}])
async def test_leaving_before_anything_is_seen_is_not_the_cheapest_way_to_ask(bound: Any) -> None:
    """Where nobody reads on, what was held is charged: the upstream bills the whole answer."""
    gateway, _ = await ask(
        Script([HANG], content_type="application/json"),
        asked(CHAT, stream=False, max_tokens=80_000),
        leave_after=0.1,
        **bound,
    )
    assert gateway.event.charged_tokens == ESTIMATED_PROMPT + 80_000
    assert (gateway.event.status_code, gateway.event.estimated) == (499, True)


async def test_a_buffered_answer_that_never_comes_charges_what_was_held() -> None:
    """Each time-out of a client's library was billed by the upstream before."""
    gateway, got = await ask(
        Script([HANG], content_type="application/json"),
        asked(CHAT, stream=False, max_tokens=80_000),
        upstream_idle_timeout_seconds=0.3,
    )
    assert got.status == 504
    assert got.headers["x-should-retry"] == "false"
    assert gateway.event.charged_tokens == ESTIMATED_PROMPT + 80_000
    assert (gateway.event.status_code, gateway.event.estimated) == (504, True)


async def test_a_stream_that_falls_silent_ends_in_an_error_and_charges_what_came() -> None:
    script = Script([delta(CHAT, "um"), delta(CHAT, " dois"), HANG])
    gateway, got = await ask(script, asked(CHAT), upstream_idle_timeout_seconds=0.3)
    assert got.status == 200
    assert b'"code":"upstream_timeout"' in got.parts[-1]
    assert gateway.event.charged_tokens == ESTIMATED_PROMPT + 2
    assert (gateway.event.status_code, gateway.event.estimated) == (504, True)


async def test_an_upstream_that_cannot_be_reached_costs_nothing() -> None:
    gateway = Gateway("http://127.0.0.1:9/v1")
    got = await gateway.ask(asked(CHAT))
    await gateway.close()
    assert got.status == 502
    assert (gateway.event.outcome, gateway.event.charged_tokens) == (Outcome.RELEASED, 0)


@pytest.mark.parametrize("streamed", [True, False])
async def test_a_garbled_chunk_does_not_hang_the_answer(streamed: bool) -> None:
    """aiohttp drops its own read timer when it meets one."""

    kind = "text/event-stream" if streamed else "application/json"
    script = Script([delta(CHAT, "um"), Raw(b"nonsense\r\n"), HANG], content_type=kind)
    started = time.monotonic()
    gateway, got = await ask(
        script, asked(CHAT, stream=streamed), upstream_idle_timeout_seconds=0.5
    )
    assert time.monotonic() - started < 5
    assert got.is_whole
    assert b'"error"' in got.body
    assert gateway.meter.user.reservations == {}


async def test_comments_keep_a_silent_stream_alive() -> None:
    script = Script([delta(CHAT, "um"), 0.5, delta(CHAT, " dois"), *end(CHAT)])
    gateway, got = await ask(script, asked(CHAT), sse_comment_seconds=0.1)
    comments = [part for part in got.parts if part.startswith(b": ")]
    assert 2 <= len(comments) <= 6
    assert got.parts.index(comments[0]) == 1, "between the frames"
    assert got.parts[-1] == b"data: [DONE]\n\n"
    assert gateway.event.charged_tokens == 30


@pytest.mark.parametrize("endpoint", STREAMING)
async def test_comments_come_before_a_slow_upstream_has_answered(endpoint: str) -> None:
    script = Script([begin(endpoint), delta(endpoint, "um"), *end(endpoint)], thinks_seconds=0.4)
    gateway, got = await ask(script, asked(endpoint), endpoint, sse_comment_seconds=0.1)
    assert got.status == 200
    assert got.headers["content-type"].startswith("text/event-stream")
    assert got.headers["x-ratelimit-limit-tokens"]
    assert got.parts[0].startswith(b": ")
    assert gateway.event.charged_tokens == 30


@pytest.mark.parametrize("endpoint", STREAMING)
async def test_a_refusal_after_the_comments_is_an_error_frame(endpoint: str) -> None:
    """The status is out by then; the client's library must see an error all the same."""
    refused = json.dumps({"error": {"message": "too long", "type": "invalid"}}).encode()

    script = Script([refused], 400, content_type="application/json", thinks_seconds=0.3)
    gateway, got = await ask(script, asked(endpoint), endpoint, sse_comment_seconds=0.1)
    assert got.status == 200
    assert got.is_whole
    last = got.parts[-1]
    assert b"too long" in last
    assert last.startswith(b"data: " if endpoint in (CHAT, "/v1/completions") else b"event: error")
    assert (gateway.event.status_code, gateway.event.charged_tokens) == (400, 0)


@pytest.mark.parametrize("endpoint", STREAMING)
async def test_a_stream_that_breaks_off_ends_in_an_error_of_its_api(endpoint: str) -> None:
    gateway, got = await ask(
        Script([begin(endpoint), delta(endpoint, "um"), CUT]), asked(endpoint), endpoint
    )
    last = got.parts[-1]
    body = json.loads(last.partition(b"data: ")[2])
    assert body["error"]["message"].startswith("O provedor de modelos")
    if endpoint == MESSAGES:
        assert last.startswith(b"event: error\n")
        assert body["type"] == "error"
    assert gateway.event.estimated
    assert gateway.event.status_code == 502


@pytest.mark.parametrize("endpoint", STREAMING)
async def test_a_stream_that_a_stop_cuts_off_says_so(endpoint: str) -> None:
    """The web server cancels what is still open after its grace."""
    async with raw_upstream(Script([begin(endpoint), delta(endpoint, "um"), HANG])) as upstream:
        gateway = Gateway(upstream.url)
        has_text = asyncio.Event()

        def see(got: Got) -> bool:
            if b"um" in got.body:
                has_text.set()
            return False

        got = Got()
        asking = asyncio.create_task(gateway.ask(asked(endpoint), endpoint, leave=see, got=got))
        await has_text.wait()
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        assert await drain(5) == 0
        await gateway.close()
    assert b"service_unavailable" in got.parts[-1]
    assert gateway.event.estimated
    assert gateway.meter.user.reservations == {}


async def test_a_whole_answer_that_a_stop_cuts_off_is_refused() -> None:
    async with raw_upstream(Script([HANG], content_type="application/json")) as upstream:
        gateway, got = Gateway(upstream.url), Got()
        asking = asyncio.create_task(gateway.ask(asked(CHAT, stream=False), got=got))
        await upstream.was_asked.wait()
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        assert await drain(5) == 0
        await gateway.close()
    assert got.status == 503
    assert got.json["error"]["code"] == "service_unavailable"
    assert gateway.event.charged_tokens == ESTIMATED_PROMPT, "it is not the client who left"


@pytest.mark.parametrize("bound", [{"upstream_drain_seconds": 0}, {"upstream_drain_max_open": 0}])
async def test_leaving_while_the_answer_is_booked_loses_nothing(
    bound: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = json.dumps(whole(CHAT, "42", 600, 400)).encode()
    async with raw_upstream(Script([body], content_type="application/json")) as upstream:
        gateway = Gateway(upstream.url, **bound)
        resolve, leaving = gateway.meter.resolve, asyncio.Event()

        async def slow(event: Any) -> None:
            leaving.set()
            await asyncio.sleep(0.3)
            await resolve(event)

        monkeypatch.setattr(gateway.meter, "resolve", slow)
        asking = asyncio.create_task(gateway.ask(asked(CHAT, stream=False), leave_after=0.1))
        await leaving.wait()
        await asking
        await gateway.close()
    assert gateway.event.charged_tokens == 1_000
    assert gateway.meter.user.reservations == {}


async def test_an_answer_that_cannot_be_read_resolves_its_reservation(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(*_: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("solaris.gateway.answer.read_body", broken)
    body = json.dumps(whole(CHAT, "42")).encode()
    gateway, got = await ask(
        Script([body], content_type="application/json"), asked(CHAT, stream=False)
    )
    assert got.status == 500
    assert gateway.meter.user.reservations == {}


async def test_a_drained_client_that_is_given_up_is_counted_once() -> None:
    gateway, _ = await ask(
        Script([delta(CHAT, "um"), HANG]),
        asked(CHAT),
        leave=after(b"um"),
        upstream_drain_seconds=0.1,
    )
    assert gateway.event.status_code == 499
    assert gateway.metrics.snapshot() == {
        name: value
        for name, value in gateway.metrics.snapshot().items()
        if "service_unavailable" not in name
    }


@pytest.mark.parametrize(
    ("endpoint", "expected"), [(CHAT, ESTIMATED_PROMPT + 100), (EMBEDDINGS, ESTIMATED_PROMPT)]
)
async def test_a_whole_answer_that_is_cut_charges_what_had_come(
    endpoint: str, expected: int
) -> None:
    text = json.dumps(whole(endpoint, "palavra " * 400)).encode()
    gateway, got = await ask(
        Script([text[:2_000], 0.1, CUT], content_type="application/json"),
        asked(endpoint, stream=False),
        endpoint,
    )
    assert got.status == 502
    assert gateway.event.estimated
    assert gateway.event.charged_tokens >= (0 if endpoint == EMBEDDINGS else expected)


@pytest.mark.parametrize(
    "broken", ["request.Heartbeat", "request.Sending.send", "answer.read_body"]
)
async def test_a_fault_of_ours_leaves_nothing_held(
    broken: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever holds tokens resolves them, on every way out."""

    def fails(*_: Any, **__: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(f"solaris.gateway.{broken}", fails)
    body = json.dumps(whole(CHAT, "42", 70_000, 10_000)).encode()
    gateway, got = await ask(
        Script([body], content_type="application/json"), asked(CHAT, stream="Heart" in broken)
    )
    assert got.status == 500
    assert gateway.meter.user.reservations == {}
    assert (gateway.event.charged_tokens, gateway.event.estimated) == (ESTIMATED_PROMPT, True)
