"""Weights of models through the gateway: what is held, what is charged, what clients are told."""

import json
from typing import Any

import pytest

from solaris.platform.model_weight import ModelWeight
from tests.functional.gateway.asking import sent
from tests.functional.gateway.frames import STREAMING, asked, data
from tests.functional.gateway.gateway_support import Gateway, Got, load_tokenizer
from tests.functional.gateway.raw_upstream import Script, raw_upstream

load_tokenizer()

TIMES = {"big": {"prompt": 2, "completion": 5, "cached": 0.5}, "llama*": 0, "small": 0.25}
BIG = ModelWeight(2_000, 5_000, 500)


def answer(model: str | None, prompt: int = 100, completion: int = 40, cached: int = 0) -> Script:
    body: dict[str, Any] = {
        "id": "c",
        "choices": [{"index": 0, "message": {"content": "oi"}, "finish_reason": "stop"}],
        "usage": {
            "prompt_tokens": prompt,
            "completion_tokens": completion,
            "prompt_tokens_details": {"cached_tokens": cached},
        },
    }
    if model is not None:
        body["model"] = model
    return Script([json.dumps(body).encode()], content_type="application/json")


async def ask(script: Script, body: dict[str, Any], **more: Any) -> tuple[Got, Gateway]:
    async with raw_upstream(script) as upstream:
        gateway = Gateway(upstream.url, model_weights=TIMES, **more)
        got = await gateway.ask(body)
        await gateway.close()
    return got, gateway


def body(model: str, **more: Any) -> dict[str, Any]:
    return {
        "model": model,
        "messages": [{"role": "user", "content": "oi"}],
        "max_tokens": 50,
    } | more


async def test_held_and_charged_by_the_models_weight() -> None:
    _, gateway = await ask(answer("big", cached=60), body("big"))
    event = gateway.event
    # 2 x 40 + 0.5 x 60 + 5 x 40
    assert (event.charged_tokens, event.counts.total_tokens) == (310, 140)
    assert event.weight == BIG
    assert event.held_weight is None
    _, plain = await ask(answer("other"), body("other"))
    prompt = plain.event.reserved_tokens - 50
    assert event.reserved_tokens == 2 * prompt + 5 * 50


async def test_who_has_answered_decides_the_charge_and_the_record_says_so() -> None:
    _, gateway = await ask(answer("big"), body("small"))
    event = gateway.event
    assert (event.charged_tokens, event.weight) == (2 * 100 + 5 * 40, BIG)
    assert event.held_weight == ModelWeight(250, 250, 250)
    assert event.charged_tokens > event.reserved_tokens
    assert event.answered_model == "big"


async def test_a_free_model_is_answered_when_the_quota_is_used_up() -> None:
    got, gateway = await ask(answer("llama-4"), body("llama-4"), limit=0)
    assert got.status == 200
    assert (gateway.event.charged_tokens, gateway.event.reserved_tokens) == (0, 0)
    got, gateway = await ask(answer("small"), body("small"), limit=0)
    assert got.status == 429


async def test_a_free_model_with_another_behind_it_is_not_free() -> None:
    """LiteLLM issue 41344: whoever asks for the free one gets the paid one, for nothing."""
    _, gateway = await ask(answer("gpt-4o"), body("llama-4"))
    assert gateway.event.charged_tokens == 140
    _, gateway = await ask(answer("big"), body("llama-4"))
    assert gateway.event.charged_tokens == 400


async def test_another_name_of_a_free_model_is_free() -> None:
    """LiteLLM issue 35369."""
    _, gateway = await ask(answer("llama-4"), body("our-chat"))
    assert gateway.event.charged_tokens == 0


@pytest.mark.parametrize(
    "named",
    [
        {"fallbacks": [{"llama-4": ["big"]}]},
        {"fallbacks": ["big"]},
        {"models": ["llama-4", "big"]},
        {"tools": [{"type": "image_generation", "model": "big"}]},
    ],
)
async def test_of_all_models_that_a_body_names_the_dearest_is_held(named: dict[str, Any]) -> None:
    got, gateway = await ask(
        answer(None), body("llama-4", **named), limit=0, pass_body_fields=tuple(named)
    )
    assert got.status == 429
    _, gateway = await ask(answer(None), body("llama-4", **named), pass_body_fields=tuple(named))
    assert gateway.event.reserved_tokens > 50 * 5
    # nobody says who has answered
    assert gateway.event.weight == BIG


async def test_a_query_names_models_too() -> None:
    async with raw_upstream(answer("llama-4")) as upstream:
        gateway = Gateway(upstream.url, model_weights=TIMES, limit=0)
        got = await gateway.ask(body("llama-4"), query="model=big")
        await gateway.close()
    assert got.status == 429


@pytest.mark.parametrize("endpoint", STREAMING)
async def test_near_the_limit_a_heavy_answer_is_capped_in_its_own_tokens(endpoint: str) -> None:
    request = asked(endpoint) | {"model": "big"}
    _, got, gateway = await sent(request, endpoint, limit=10_000, model_weights=TIMES)
    assert int(got.headers["x-solaris-capped"]) < 10_000 // 5 // 3 + 1
    assert gateway.event.reserved_tokens <= 10_000


async def test_a_stream_is_charged_by_weight_too() -> None:
    frames = [
        data({"id": "c", "model": "big", "choices": [{"index": 0, "delta": {"content": "oi"}}]}),
        data(
            {
                "id": "c",
                "model": "big",
                "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}],
                "usage": {"prompt_tokens": 10, "completion_tokens": 3},
            }
        ),
        b"data: [DONE]\n\n",
    ]
    async with raw_upstream(Script(frames)) as upstream:
        gateway = Gateway(upstream.url, model_weights=TIMES)
        await gateway.ask(body("big", stream=True))
        await gateway.close()
    assert gateway.event.charged_tokens == 2 * 10 + 5 * 3


async def test_the_list_of_models_tells_their_weights() -> None:
    script = Script(
        [b'{"object":"list","data":[{"id":"big","object":"model"},{"id":"other"}]}'],
        content_type="application/json",
    )
    async with raw_upstream(script) as upstream:
        gateway = Gateway(upstream.url, model_weights=TIMES)
        got = await gateway.ask(b"", "/v1/models", method="GET")
        await gateway.close()
        plain = Gateway(upstream.url)
        untouched = await plain.ask(b"", "/v1/models", method="GET")
        await plain.close()
    assert [one["x_solaris_weight"] for one in got.json["data"]] == [
        {"prompt": 2, "completion": 5, "cached": 0.5},
        {"prompt": 1, "completion": 1, "cached": 1},
    ]
    assert untouched.body == script.parts[0]
