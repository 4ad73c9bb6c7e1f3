"""The cap of an answer: in words that the upstream reads, and kept in the relay all the same."""

import json
from typing import Any

import pytest

from solaris.quota.user import Enforcement
from tests.functional.gateway.asking import sent
from tests.functional.gateway.frames import (
    CHAT,
    COMPLETIONS,
    DONE,
    MESSAGES,
    RESPONSES,
    STREAMING,
    asked,
    begin,
    data,
    delta,
    end,
)
from tests.functional.gateway.gateway_support import Gateway, Got, load_tokenizer
from tests.functional.gateway.raw_upstream import HANG, Script, raw_upstream

load_tokenizer()


MAXIMA = {
    CHAT: ("max_tokens", "max_completion_tokens"),
    COMPLETIONS: ("max_tokens",),
    RESPONSES: ("max_output_tokens",),
    MESSAGES: ("max_tokens",),
}


@pytest.mark.parametrize("endpoint", list(MAXIMA))
async def test_a_maximum_of_0_is_refused_and_minus_1_means_unstated(endpoint: str) -> None:
    for name in MAXIMA[endpoint]:
        _, got, _ = await sent(asked(endpoint) | {name: 0}, endpoint)
        assert got.status == 400
        body, got, gateway = await sent(asked(endpoint) | {name: -1}, endpoint)
        assert got.status == 200
        assert name not in body
        assert gateway.event.reserved_tokens > 100_000, "all that the model may answer is held"


@pytest.mark.parametrize("endpoint", list(MAXIMA))
async def test_near_the_limit_the_cap_stands_in_every_spelling(endpoint: str) -> None:
    body, got, gateway = await sent(asked(endpoint), endpoint, limit=1_000)
    assert got.headers["x-solaris-capped"] == "512"
    assert [body[name] for name in MAXIMA[endpoint]] == [512] * len(MAXIMA[endpoint])
    assert gateway.event.reserved_tokens <= 1_000


async def test_an_answer_beyond_the_quota_says_so() -> None:
    _, got, gateway = await sent(asked(CHAT), CHAT)
    assert "x-solaris-over-limit" not in got.headers
    assert not gateway.event.over_limit
    _, got, gateway = await sent(asked(CHAT), CHAT, enforcement=Enforcement.WARN)
    assert got.headers["x-solaris-over-limit"] == "true"
    assert gateway.event.over_limit


@pytest.mark.parametrize(
    ("model", "stated", "spelled"),
    [
        (
            "llama-3.1",
            {"max_completion_tokens": 50},
            {"max_completion_tokens": 50, "max_tokens": 50},
        ),
        ("llama-3.1", {"max_tokens": 50}, {"max_completion_tokens": 50, "max_tokens": 50}),
        ("gpt-4o", {"max_tokens": 50}, {"max_tokens": 50}),
        ("openai/gpt-4o", {"max_completion_tokens": 50}, {"max_completion_tokens": 50}),
        ("o3", {"max_tokens": 50}, {"max_completion_tokens": 50}),
        ("gpt-5.4", {"max_completion_tokens": 50}, {"max_completion_tokens": 50}),
        ("gpt-oss-120b", {"max_tokens": 50}, {"max_completion_tokens": 50, "max_tokens": 50}),
    ],
)
async def test_a_stated_maximum_is_said_as_the_upstreams_family_reads_it(
    model: str, stated: dict[str, Any], spelled: dict[str, int]
) -> None:
    body, _, _ = await sent(asked(CHAT, model=model, **stated))
    assert {name: body[name] for name in body if name.startswith("max_")} == spelled


def finished_for_length(endpoint: str, got: Got) -> dict[str, Any]:
    """The frame that says so, in the API's words."""
    frames = [
        json.loads(one.partition(b"data: ")[2])
        for one in got.body.split(b"\n\n")
        if b"data: {" in one
    ]
    if endpoint in (CHAT, COMPLETIONS):
        assert got.body.endswith(DONE)
        (found,) = [
            one
            for one in frames
            if one["choices"] and one["choices"][0]["finish_reason"] == "length"
        ]
    elif endpoint == RESPONSES:
        (found,) = [one for one in frames if one["type"] == "response.incomplete"]
        assert found["response"]["incomplete_details"] == {"reason": "max_output_tokens"}
    else:
        assert frames[-1]["type"] == "message_stop"
        (found,) = [one for one in frames if one["type"] == "message_delta"]
        assert found["delta"]["stop_reason"] == "max_tokens"
    return dict(found)


@pytest.mark.parametrize("endpoint", STREAMING)
async def test_an_upstream_that_reads_no_cap_is_cut_at_it(endpoint: str) -> None:
    words = [delta(endpoint, " palavra") for _ in range(2_000)]
    async with raw_upstream(Script([begin(endpoint), *words, HANG])) as upstream:
        gateway = Gateway(upstream.url, limit=1_000)
        got = await gateway.ask(asked(endpoint), endpoint)
        await gateway.close()
    assert finished_for_length(endpoint, got)
    event = gateway.event
    assert event.estimated
    assert 512 < event.charged_tokens <= 1_000, "never past the quota"
    assert gateway.meter.user.available_tokens >= 0


async def test_a_cut_stream_states_its_usage_to_who_asked_for_it() -> None:
    words = [delta(CHAT, " palavra") for _ in range(2_000)]
    async with raw_upstream(Script([*words, HANG])) as upstream:
        gateway = Gateway(upstream.url, limit=1_000)
        got = await gateway.ask(asked(CHAT, stream_options={"include_usage": True}))
        await gateway.close()
    usage = json.loads(got.body.split(b"\n\n")[-3][6:])["usage"]
    assert usage["total_tokens"] == gateway.event.charged_tokens


async def test_far_from_the_limit_another_tokenizer_cuts_nobody() -> None:
    """A stated maximum of 100 by a tokenizer that is thriftier than ours is not cut."""
    words = [delta(CHAT, " palavra") for _ in range(140)]
    async with raw_upstream(Script([*words, *end(CHAT, 10, 100)])) as upstream:
        gateway = Gateway(upstream.url)
        got = await gateway.ask(asked(CHAT, max_tokens=100))
        await gateway.close()
    assert got.body.count(b"palavra") == 140
    assert gateway.event.charged_tokens == 110


async def test_more_choices_than_tokens_are_refused() -> None:
    """Each choice has a token at least, whatever maximum is given."""
    many: dict[str, Any] = {"prompt": ["a"] * 1_000, "n": 128}
    body, got, _ = await sent(asked(COMPLETIONS, stream=False, **many), COMPLETIONS, limit=3_000)
    assert got.status == 429
    assert body == {}


async def test_an_echoed_prompt_does_not_count_against_the_answer() -> None:
    prompt = "palavra " * 500
    frames = [delta(COMPLETIONS, prompt), delta(COMPLETIONS, "um")]
    async with raw_upstream(Script([*frames, *end(COMPLETIONS, 1_000, 16)])) as upstream:
        gateway = Gateway(upstream.url)
        body = asked(COMPLETIONS, prompt=prompt, max_tokens=16, echo=True)
        got = await gateway.ask(body, COMPLETIONS)
        await gateway.close()
    assert b'"stop"' in got.body
    assert gateway.event.charged_tokens == 1_016


async def test_a_cut_after_a_closed_block_closes_it_once() -> None:
    stop = data({"type": "content_block_stop", "index": 0}, "content_block_stop")
    words = delta(MESSAGES, " palavra" * 600)
    async with raw_upstream(Script([begin(MESSAGES), words + stop, HANG])) as upstream:
        gateway = Gateway(upstream.url, limit=1_000)
        got = await gateway.ask(asked(MESSAGES), MESSAGES)
        await gateway.close()
    assert got.body.count(b"event: content_block_stop") == 1
