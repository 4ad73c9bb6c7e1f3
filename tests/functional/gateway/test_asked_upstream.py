"""What goes on to the upstream: the fields of its API, and no more; what a request weighs."""

import asyncio
import base64
import json
from typing import Any

import pytest

from tests.functional.gateway.asking import sent
from tests.functional.gateway.frames import (
    CHAT,
    EMBEDDINGS,
    RESPONSES,
    STREAMING,
    asked,
    begin,
    delta,
    end,
    whole,
)
from tests.functional.gateway.gateway_support import Gateway, load_tokenizer
from tests.functional.gateway.raw_upstream import Script, raw_upstream
from tests.unit.gateway.media_support import data_url, pdf, png

load_tokenizer()


SWITCHES: dict[str, Any] = {
    "timeout": 1,
    "num_retries": 5,
    "router_settings_override": {"fallbacks": []},
    "fallbacks": ["gpt-5"],
    "extra_body": {"max_tokens": 10**9},
    "mock_response": "free",
    "mock_tool_calls": [],
    "cache": {"no-store": True},
    "no-log": True,
    "num_predict": -1,
    "options": {"num_predict": -1},
    "models": ["a", "b"],
    "route": "fallback",
    "api_base": "http://elsewhere",
    "api_key": "sk",
    "caching": True,
    "custom_llm_provider": "x",
    "drop_params": True,
    "guardrails": [],
    "tags": ["paid"],
}


@pytest.mark.parametrize("endpoint", STREAMING)
async def test_the_switches_of_the_upstream_are_not_the_clients(endpoint: str) -> None:
    body, got, _ = await sent(asked(endpoint, **SWITCHES), endpoint)
    assert not set(SWITCHES) & set(body)
    assert set(got.headers["x-solaris-dropped-fields"].split(",")) == set(SWITCHES)


async def test_a_setting_passes_more_fields_on() -> None:
    body, _, _ = await sent(asked(CHAT, num_ctx=8192, cache={}), pass_body_fields="num_ctx, x")
    assert body["num_ctx"] == 8192
    assert "cache" not in body


async def test_metadata_keeps_its_texts_alone() -> None:
    """LiteLLM reads a list in it as routing tags."""
    body, _, _ = await sent(asked(CHAT, metadata={"chat": "1", "tags": ["paid"], "n": 1}))
    assert body["metadata"] == {"chat": "1"}


@pytest.mark.parametrize("name", ["MAX_TOKENS", "Max_Tokens", "MODEL", "Stream", "ſtream", "modeL"])
async def test_a_name_that_looks_like_a_known_one_is_refused(name: str) -> None:
    """Go upstreams read names without regard to case, and the last one wins."""
    body, got, gateway = await sent({**asked(CHAT), name: 1})
    assert got.status == 400
    assert body == {}
    assert gateway.meter.events == []


@pytest.mark.parametrize("endpoint", [*STREAMING, EMBEDDINGS])
async def test_a_model_with_a_comma_is_refused(endpoint: str) -> None:
    """LiteLLM splits it, asks each of them and answers a list."""
    body, got, _ = await sent(asked(endpoint, model="gpt-4o-mini,gpt-5.4"), endpoint)
    assert got.status == 400
    assert body == {}


async def test_a_query_cannot_route_either() -> None:
    async with raw_upstream(Script([*end(CHAT)])) as upstream:
        gateway = Gateway(upstream.url)
        await gateway.ask(asked(CHAT), query="model=gpt-5&timeout=1&beta=true&api-version=1")
        await gateway.close()
    assert upstream.requests == ["POST /v1/chat/completions?beta=true&api-version=1 HTTP/1.1"]


async def test_a_field_that_stands_twice_is_sent_once() -> None:
    body = b'{"model":"m","messages":[],"max_tokens":5,"max_tokens":7,"stream":true}'
    async with raw_upstream(Script([*end(CHAT)])) as upstream:
        gateway = Gateway(upstream.url)
        await gateway.ask(body)
        await gateway.close()
    assert upstream.asked[0]["max_tokens"] == 7
    assert gateway.event.reserved_tokens < 100


async def test_names_of_dropped_fields_cannot_split_the_answers_head() -> None:
    _, got, _ = await sent({**asked(CHAT), "a\r\nx-evil: 1": 1, "timeout": 2})
    assert got.headers["x-solaris-dropped-fields"] == "timeout"
    assert "x-evil" not in got.headers


async def test_a_context_that_the_upstream_keeps_is_held_as_large_as_it_was_booked() -> None:
    first = [begin(RESPONSES), delta(RESPONSES, "um"), *end(RESPONSES, 900_000, 5)]
    async with raw_upstream(Script(first)) as upstream:
        gateway = Gateway(upstream.url, limit=3_000_000)
        await gateway.ask(asked(RESPONSES, max_output_tokens=10), RESPONSES)
        body = asked(RESPONSES, previous_response_id="r-1", max_output_tokens=10)
        await gateway.ask(body, RESPONSES)
        await gateway.close()
    assert gateway.meter.events[1].reserved_tokens == 900_005 + 8 + 10


@pytest.mark.parametrize(
    "reference",
    [
        {"previous_response_id": "resp_unknown"},
        {"conversation": "conv_1"},
        {"prompt": {"id": "pmpt_1"}},
        {"input": [{"role": "user", "content": [{"type": "input_file", "file_id": "file-1"}]}]},
    ],
)
async def test_near_the_limit_a_context_of_unknown_size_is_refused(
    reference: dict[str, Any],
) -> None:
    body, got, gateway = await sent(asked(RESPONSES, **reference), RESPONSES, limit=50_000)
    assert got.status == 429
    assert body == {}
    assert gateway.meter.user.current_usage == 0


async def test_a_restricted_key_is_booked_by_the_model_that_answered() -> None:
    answer = whole(CHAT, "um") | {"model": "gpt-5.4-2026-03-01"}
    script = Script([json.dumps(answer).encode()], content_type="application/json")
    names = []
    for model, allowed in (
        ("gpt-4o-mini", ("gpt-4o*",)),
        ("gpt-5.4", ("gpt-5.4",)),
        ("gpt-4o-mini", None),
    ):
        async with raw_upstream(script) as upstream:
            gateway = Gateway(upstream.url, allowed_models=allowed)
            await gateway.ask(asked(CHAT, stream=False, model=model))
            await gateway.close()
        event = gateway.event
        names.append((event.model, event.asked_model, event.answered_model))
    assert names == [
        ("gpt-5.4-2026-03-01", "gpt-4o-mini", None),
        ("gpt-5.4", None, "gpt-5.4-2026-03-01"),
        ("gpt-4o-mini", None, "gpt-5.4-2026-03-01"),
    ]


async def test_the_answered_model_of_a_stream_is_told_too() -> None:
    _, _, gateway = await sent(asked(CHAT, model="alias"))
    assert (gateway.event.model, gateway.event.answered_model) == ("alias", "m")


async def test_who_is_refused_for_open_answers_may_try_again_and_is_not_told_exhausted() -> None:
    async with raw_upstream(Script([delta(CHAT, "um"), 1.0, *end(CHAT)])) as upstream:
        gateway = Gateway(upstream.url, limit=600)
        first = asyncio.create_task(gateway.ask(asked(CHAT)))
        await gateway.meter.admitted.wait()
        second = await gateway.ask(asked(CHAT))
        await first
        third = await gateway.ask(asked(CHAT))
        await gateway.close()
    assert second.status == 429
    assert second.headers["retry-after"] == "5"
    assert second.json["error"]["code"] == "tokens_held"
    assert "esgotado" not in second.json["error"]["message"]
    assert third.status == 200


def pdf_of(pages: int) -> str:
    """A PDF of so many pages, some 40 kB each."""
    return base64.b64encode(pdf(pages, size=pages * 40_000)).decode()


@pytest.mark.parametrize(
    ("name", "part"),
    [
        (
            "a PDF",
            {"type": "file", "file": {"file_data": f"data:application/pdf;base64,{pdf_of(49)}"}},
        ),
        (
            "a text file",
            {"type": "file", "file": {"file_data": data_url(b"palavra " * 8_000, "text/plain")}},
        ),
        (
            "pictures",
            {"type": "image_url", "image_url": {"url": data_url(png(2048, 768), "image/png")}},
        ),
    ],
)
async def test_media_are_refused_where_what_they_cost_is_not_left(
    name: str, part: dict[str, Any]
) -> None:
    """147,000 to 300,000 tokens were served with 5,000 left."""
    content = [part] * (4 if name == "pictures" else 1)
    body = asked(CHAT, model="gpt-4o-mini", messages=[{"role": "user", "content": content}])
    upstream_body, got, gateway = await sent(body, limit=6_000)
    assert got.status == 429
    assert upstream_body == {}
    assert gateway.meter.user.current_usage == 0


async def test_a_prediction_and_a_giant_label_are_weighed() -> None:
    """What of a prediction is rejected is billed as completion; some templates show an id."""
    words = "palavra " * 4_000
    prediction: dict[str, Any] = {"prediction": {"type": "content", "content": words}}
    label: dict[str, Any] = {"messages": [{"role": "tool", "tool_call_id": words, "content": "ok"}]}
    for more in (prediction, label):
        body, got, _ = await sent(asked(CHAT, max_tokens=10, **more), limit=3_000)
        assert got.status == 429
        assert body == {}


async def test_metadata_written_as_a_text_is_none() -> None:
    body, _, _ = await sent(asked(CHAT, metadata='{"tags": ["paid"]}'))
    assert body["metadata"] == {}
