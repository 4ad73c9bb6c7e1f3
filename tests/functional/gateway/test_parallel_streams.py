"""Nobody passes the quota: many answers at once of an upstream that reads no maximum.

Each may run past what it holds by another tokenizer's count, as far as that can be held as well.
"""

import asyncio
import json
from typing import Any

import pytest

from tests.functional.gateway.frames import (
    CHAT,
    COMPLETIONS,
    MESSAGES,
    RESPONSES,
    STREAMING,
    asked,
    begin,
    delta,
    end,
)
from tests.functional.gateway.gateway_support import Gateway, Got, load_tokenizer
from tests.functional.gateway.raw_upstream import CUT, HANG, Script, raw_upstream

load_tokenizer()

LIMIT = 5_000
PARALLEL = 20
PROMPT = 5  # no more than is estimated, where the upstream states it
MAXIMUM = {
    CHAT: "max_tokens",
    COMPLETIONS: "max_tokens",
    RESPONSES: "max_output_tokens",
    MESSAGES: "max_tokens",
}
ENDS: dict[str, list[str]] = {"hangs": [HANG], "breaks": [CUT]}


def words(endpoint: str, count: int) -> list[bytes]:
    """An answer of so many tokens, a frame each."""
    return [begin(endpoint, PROMPT), *(delta(endpoint, " palavra") for _ in range(count))]


def near_the_end(endpoint: str, most: int) -> dict[str, Any]:
    """A body with a stated maximum: far below what is left, so that it is not capped."""
    return asked(endpoint) | {MAXIMUM[endpoint]: most}


async def all_at_once(
    gateway: Gateway, endpoint: str, body: dict[str, Any], **more: Any
) -> list[Got]:
    return list(
        await asyncio.gather(*(gateway.ask(body, endpoint, **more) for _ in range(PARALLEL)))
    )


@pytest.mark.parametrize("ends", ENDS)
@pytest.mark.parametrize("endpoint", STREAMING)
async def test_uncapped_streams_that_run_on_end_at_the_limit(endpoint: str, ends: str) -> None:
    """Each had the same leeway, which nobody had reserved: twenty of them took it at once."""
    script = Script([*words(endpoint, 1_500), *ENDS[ends]])
    async with raw_upstream(script) as upstream:
        gateway = Gateway(upstream.url, limit=LIMIT, upstream_idle_timeout_seconds=1)
        got = await all_at_once(gateway, endpoint, near_the_end(endpoint, 50))
        await gateway.close()
    assert [one.status for one in got] == [200] * PARALLEL
    assert "x-solaris-capped" not in got[0].headers
    user = gateway.meter.user
    assert LIMIT - 300 < user.current_usage <= LIMIT, "to the limit, and never past it"
    assert user.available_tokens == LIMIT - user.current_usage
    assert user.reservations == {}


@pytest.mark.parametrize("endpoint", STREAMING)
async def test_streams_whose_clients_leave_end_at_the_limit(endpoint: str) -> None:
    script = Script([*words(endpoint, 1_500), HANG])
    async with raw_upstream(script) as upstream:
        gateway = Gateway(upstream.url, limit=LIMIT, upstream_idle_timeout_seconds=1)
        await all_at_once(
            gateway, endpoint, near_the_end(endpoint, 50), leave=lambda got: len(got.parts) > 0
        )
        await gateway.close()
    user = gateway.meter.user
    assert 50 * PARALLEL < user.current_usage <= LIMIT
    assert user.reservations == {}


@pytest.mark.parametrize("endpoint", STREAMING)
async def test_a_stream_goes_on_past_its_hold_while_tokens_are_left(endpoint: str) -> None:
    """Nothing of it is lost where the hold ends, and it is charged as it was delivered."""
    async with raw_upstream(Script([b"".join(words(endpoint, 300)), HANG])) as upstream:
        gateway = Gateway(upstream.url, upstream_idle_timeout_seconds=1)
        got = await gateway.ask(near_the_end(endpoint, 100), endpoint)
        await gateway.close()
    assert got.body.count(b"palavra") == 300
    event = gateway.event
    assert (event.counts.completion_tokens, event.estimated) == (300, True)
    assert 100 + 100 // 2 + 256 < event.reserved_tokens < 100 + 100 // 2 + 256 + 20


@pytest.mark.parametrize("endpoint", STREAMING)
async def test_a_stream_that_states_its_usage_goes_on_to_its_own_end(endpoint: str) -> None:
    frames = [*words(endpoint, 300), *end(endpoint, PROMPT, 100)]
    async with raw_upstream(Script(frames)) as upstream:
        gateway = Gateway(upstream.url)
        got = await gateway.ask(near_the_end(endpoint, 100), endpoint)
        await gateway.close()
    assert got.body.count(b"palavra") == 300
    assert (gateway.event.charged_tokens, gateway.event.estimated) == (PROMPT + 100, False)


@pytest.mark.parametrize("endpoint", STREAMING)
async def test_one_frame_far_past_its_hold_is_charged_as_far_as_that_is_left(
    endpoint: str,
) -> None:
    giant: list[bytes | float | str] = [
        begin(endpoint, PROMPT),
        delta(endpoint, " palavra" * 3_000),
        HANG,
    ]
    for limit, charged in ((1_000_000, 3_000), (2_000, None)):
        async with raw_upstream(Script(giant)) as upstream:
            gateway = Gateway(upstream.url, limit=limit, upstream_idle_timeout_seconds=1)
            await gateway.ask(near_the_end(endpoint, 100), endpoint)
            await gateway.close()
        user, counts = gateway.meter.user, gateway.event.counts
        if charged is not None:
            assert counts.completion_tokens == charged
        else:
            assert limit - 10 <= user.current_usage <= limit
            assert user.available_tokens == limit - user.current_usage


@pytest.mark.parametrize("endpoint", [CHAT, COMPLETIONS])
async def test_buffered_answers_that_state_no_usage_end_at_the_limit(endpoint: str) -> None:
    text = " palavra" * 1_500
    choice = {"message": {"content": text}} if endpoint == CHAT else {"text": text}
    body = json.dumps({"choices": [{"index": 0, **choice}]}).encode()
    async with raw_upstream(Script([body], content_type="application/json")) as upstream:
        gateway = Gateway(upstream.url, limit=LIMIT)
        asking = near_the_end(endpoint, 50) | {"stream": False}
        got = await all_at_once(gateway, endpoint, asking)
        await gateway.close()
    assert [one.status for one in got] == [200] * PARALLEL
    user = gateway.meter.user
    assert (user.current_usage, user.available_tokens) == (LIMIT, 0)


@pytest.mark.parametrize("stream", [True, False])
async def test_an_echoed_prompt_is_not_charged_twice_where_usage_is_not_stated(
    stream: bool,
) -> None:
    prompt = "palavra " * 500
    text = json.dumps({"choices": [{"index": 0, "text": prompt + " um"}]}).encode()
    if stream:
        script = Script([delta(COMPLETIONS, prompt), delta(COMPLETIONS, " um"), HANG])
    else:
        script = Script([text], content_type="application/json")
    async with raw_upstream(script) as upstream:
        gateway = Gateway(upstream.url, limit=1_020, upstream_idle_timeout_seconds=1)
        body = asked(COMPLETIONS, prompt=prompt, max_tokens=16, echo=True, stream=stream)
        got = await gateway.ask(body, COMPLETIONS)
        await gateway.close()
    assert got.status == 200
    event = gateway.event
    assert event.counts.prompt_tokens < event.charged_tokens <= event.counts.prompt_tokens + 16
    assert gateway.meter.user.current_usage <= 1_020
