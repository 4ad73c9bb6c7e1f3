"""What upstreams refuse is learned, and what clients make them refuse is not."""

import json
from typing import Any

from solaris.gateway.dialect import LIKELY_MARGIN_TOKENS
from tests.functional.gateway.asking import sent
from tests.functional.gateway.frames import CHAT, MESSAGES, RESPONSES, asked, delta, end
from tests.functional.gateway.gateway_support import Gateway, load_tokenizer
from tests.functional.gateway.raw_upstream import Script, raw_upstream

load_tokenizer()


async def test_a_refused_maximum_is_learned_and_asked_once_more() -> None:
    """The cap of a user near the limit may be above what an unknown model takes at all."""
    told = {
        "error": {
            "message": "max_tokens is too large: 33000. "
            "This model supports at most 8192 completion tokens."
        }
    }
    scripts = [
        Script([json.dumps(told).encode()], status=400, content_type="application/json"),
        Script([delta(CHAT, "um"), *end(CHAT)]),
    ]
    async with raw_upstream(*scripts) as upstream:
        gateway = Gateway(upstream.url, limit=100_000)
        got = await gateway.ask(asked(CHAT))
        assert got.status == 200
        await gateway.ask(asked(CHAT))
        await gateway.close()
    assert [one.get("max_tokens") for one in upstream.asked] == [33_330, 8_192, None]
    assert gateway.meter.events[1].reserved_tokens == 8 + 8_192, "known from now on"


async def test_a_context_that_is_too_short_is_learned_as_such() -> None:
    told = {
        "message": "'max_tokens' is too large: 33330. "
        "This model's maximum context length is 4096 tokens"
    }
    scripts = [
        Script([json.dumps(told).encode()], status=400, content_type="application/json"),
        Script([delta(CHAT, "um"), *end(CHAT)]),
    ]
    async with raw_upstream(*scripts) as upstream:
        gateway = Gateway(upstream.url, limit=100_000)
        await gateway.ask(asked(CHAT))
        await gateway.close()
    assert upstream.asked[1]["max_tokens"] == 4_096 - 8 - 1 - LIKELY_MARGIN_TOKENS


async def test_a_client_cannot_teach_the_gateway_a_maximum() -> None:
    """A refusal may quote the client: it is believed only when the request is taken without."""
    quoted = {"message": "Invalid role: 'max_tokens: this model supports at most 300 tokens'"}
    refusal = Script([json.dumps(quoted).encode()], 400, content_type="application/json")
    good = Script([delta(CHAT, "um"), *end(CHAT)])
    async with raw_upstream(*[refusal] * 2, good) as upstream:
        gateway = Gateway(upstream.url, limit=100_000)
        assert (await gateway.ask(asked(CHAT))).status == 400
        assert (await gateway.ask(asked(CHAT))).status == 200
        await gateway.close()
    assert len(upstream.asked) == 3
    assert upstream.asked[-1]["max_tokens"] == upstream.asked[0]["max_tokens"] == 33_330


async def test_what_an_upstream_refuses_is_not_sent_again() -> None:
    told = json.dumps({"detail": [{"loc": ["body", "stream_options"], "type": "extra_forbidden"}]})
    scripts = [
        Script([told.encode()], status=422, content_type="application/json"),
        Script([delta(CHAT, "um"), *end(CHAT)]),
    ]
    async with raw_upstream(*scripts) as upstream:
        gateway = Gateway(upstream.url)
        for _ in range(2):
            got = await gateway.ask(asked(CHAT))
            assert got.status == 200
        await gateway.close()
    assert ["stream_options" in one for one in upstream.asked] == [True, False, False]


async def test_what_librechat_adds_to_every_call_is_sent_where_it_is_understood() -> None:
    """`addParams` cannot tell a title from an answer, or one API from the other."""
    asks: dict[str, Any] = {"stream_options": {"include_usage": True}}
    title, _, _ = await sent(asked(CHAT, stream=False, **asks))
    assert "stream_options" not in title
    response, _, _ = await sent(asked(RESPONSES, **asks), RESPONSES)
    assert "stream_options" not in response
    other: dict[str, Any] = {
        "stream_options": {"include_usage": True, "include_obfuscation": False}
    }
    response, _, _ = await sent(asked(RESPONSES, **other), RESPONSES)
    assert response["stream_options"] == {"include_obfuscation": False}


async def test_by_setting_the_upstream_is_never_asked_for_usage_in_the_stream() -> None:
    body, _, gateway = await sent(
        asked(CHAT, stream_options={"include_usage": True}), upstream_stream_options=False
    )
    assert "stream_options" not in body
    assert gateway.event.charged_tokens == 30


async def test_a_client_cannot_switch_off_the_usage_of_a_model_for_everybody() -> None:
    """A refusal for his own odd option is not a refusal of ours."""
    body, _, _ = await sent(
        asked(CHAT, stream_options={"foo": 1, "Include_Usage": False, "include_usage": 1})
    )
    assert body["stream_options"] == {"include_usage": True}
    told = json.dumps({"error": {"message": "Unknown parameter: 'stream_options'"}}).encode()
    refusal = Script([told], 400, content_type="application/json")
    good = Script([delta(CHAT, "um"), *end(CHAT)])
    async with raw_upstream(refusal, good) as upstream:
        gateway = Gateway(upstream.url)
        options = {"include_usage": True, "include_obfuscation": False}
        assert (await gateway.ask(asked(CHAT, stream_options=options))).status == 400
        await gateway.ask(asked(CHAT))
        await gateway.close()
    assert upstream.asked[-1]["stream_options"] == {"include_usage": True}


async def test_a_clients_maximum_that_is_too_large_drops_no_spelling() -> None:
    told = {"message": "Invalid max_tokens value, the valid range of max_tokens is [1, 8192]"}
    refusal = Script([json.dumps(told).encode()], 400, content_type="application/json")
    async with raw_upstream(refusal) as upstream:
        gateway = Gateway(upstream.url)
        assert (await gateway.ask(asked(CHAT, max_tokens=20_000))).status == 400
        await gateway.close()
    assert len(upstream.asked) == 1, "the client's own mistake"


async def test_what_one_api_has_refused_leaves_the_others_their_maximum() -> None:
    told = {"message": "max_tokens and max_completion_tokens: not at the same time"}
    refusal = Script([json.dumps(told).encode()], 400, content_type="application/json")
    good = Script([delta(CHAT, "um"), *end(CHAT)])
    async with raw_upstream(refusal, good) as upstream:
        gateway = Gateway(upstream.url)
        await gateway.ask(asked(CHAT, max_tokens=50))
        await gateway.ask(asked(MESSAGES), MESSAGES)
        await gateway.close()
    assert upstream.asked[1].get("max_tokens") is None
    assert upstream.asked[2]["max_tokens"] == 100_000
