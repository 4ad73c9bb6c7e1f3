"""The five metered endpoints: what each accepts and limits, and that nothing ever raises."""

from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solaris.gateway.shapes.all import (
    SHAPES,
    ApiShape,
    Body,
    MalformedBodyError,
)
from solaris.quota.usage import TokenCounts

CHAT = SHAPES["/v1/chat/completions"]
COMPLETIONS = SHAPES["/v1/completions"]
EMBEDDINGS = SHAPES["/v1/embeddings"]
RESPONSES = SHAPES["/v1/responses"]
MESSAGES = SHAPES["/v1/messages"]
ALL = tuple(SHAPES.values())


def chat(content: Any, **fields: Any) -> dict[str, Any]:
    return {"model": "gpt-4o", "messages": [{"role": "user", "content": content}], **fields}


@pytest.mark.parametrize(
    ("shape", "fields", "maximum"),
    [
        (CHAT, {}, None),
        (CHAT, {"max_tokens": None}, None),
        (CHAT, {"max_tokens": -1}, None),
        (CHAT, {"max_tokens": 50}, 50),
        (CHAT, {"max_completion_tokens": 50, "n": 3}, 150),
        (CHAT, {"max_completion_tokens": 50, "max_tokens": 70}, 70),
        (COMPLETIONS, {}, None),
        (COMPLETIONS, {"max_tokens": 10, "n": 2, "best_of": 4}, 40),
        (COMPLETIONS, {"max_tokens": 10, "n": 2, "prompt": ["a", "b", "c"]}, 60),
        (COMPLETIONS, {"max_tokens": 10, "prompt": [[1, 2], [3]]}, 20),
        (COMPLETIONS, {"max_tokens": 10, "prompt": [1, 2, 3]}, 10),
        (EMBEDDINGS, {"max_tokens": 10}, None),
        (RESPONSES, {"max_output_tokens": 10}, 10),
        (MESSAGES, {"max_tokens": 10}, 10),
    ],
)
def test_the_maximum_of_the_client_is_over_all_choices(
    shape: ApiShape, fields: dict[str, Any], maximum: int | None
) -> None:
    assert shape.max_completion_tokens({"model": "m", **fields}) == maximum


@pytest.mark.parametrize(
    ("model", "field"),
    [
        ("o1", "max_completion_tokens"),
        ("o3-mini", "max_completion_tokens"),
        ("openai/o4-mini-2025-04-16", "max_completion_tokens"),
        ("azure/eu/GPT-5.1", "max_completion_tokens"),
        ("gpt-5", "max_completion_tokens"),
        ("gpt-12-turbo", "max_completion_tokens"),
        ("ft:o4-mini:company", "max_completion_tokens"),
        ("gpt-4o", "max_tokens"),
        ("gpt-4.1", "max_tokens"),
        ("gpt-35-turbo", "max_tokens"),
    ],
)
def test_the_added_cap_is_named_as_openais_model_takes_it(model: str, field: str) -> None:
    body: Body = {"model": model, "max_tokens": None}
    assert CHAT.with_maximum(body, 300) == {"model": model, field: 300}


@pytest.mark.parametrize("model", ["gpt-oss-120b", "o1js", "llama-3.1-8b", "gpt-5/llama", "alias"])
def test_the_added_cap_stands_in_both_spellings_for_every_other_model(model: str) -> None:
    capped = CHAT.with_maximum({"model": model}, 300)
    assert capped == {"model": model, "max_tokens": 300, "max_completion_tokens": 300}
    only = CHAT.with_maximum({"model": model}, 300, refused={"max_completion_tokens"})
    assert only == {"model": model, "max_tokens": 300}


def test_without_a_cap_nothing_is_said_for_who_said_nothing() -> None:
    assert CHAT.with_maximum({"model": "m", "max_tokens": -1}, None) == {"model": "m"}


@pytest.mark.parametrize(
    ("shape", "fields", "cap", "capped"),
    [
        (CHAT, {"max_tokens": 500}, 300, {"max_tokens": 300}),
        (CHAT, {"max_tokens": 100}, 300, {"max_tokens": 100}),
        (CHAT, {"max_tokens": 500, "n": 4}, 302, {"max_tokens": 75, "n": 4}),
        (
            CHAT,
            {"max_tokens": 500, "max_completion_tokens": 200},
            300,
            {"max_tokens": 300},
        ),
        (
            CHAT,
            {"max_tokens": 9_000, "thinking": {"type": "enabled", "budget_tokens": 8_000}},
            2_000,
            {"max_tokens": 2_000, "thinking": {"type": "enabled", "budget_tokens": 1_999}},
        ),
        (CHAT, {"n": 100}, 3, {"n": 100, "max_tokens": 1}),
        (COMPLETIONS, {"prompt": ["a", "b"]}, 300, {"prompt": ["a", "b"], "max_tokens": 150}),
        (EMBEDDINGS, {"input": "a"}, 300, {"input": "a"}),
        (RESPONSES, {}, 300, {"max_output_tokens": 300}),
        (MESSAGES, {"max_tokens": 4_000}, 300, {"max_tokens": 300}),
        (
            MESSAGES,
            {"max_tokens": 9_000, "thinking": {"type": "enabled", "budget_tokens": 8_000}},
            2_000,
            {"max_tokens": 2_000, "thinking": {"type": "enabled", "budget_tokens": 1_999}},
        ),
        (
            MESSAGES,
            {"max_tokens": 9_000, "thinking": {"type": "enabled", "budget_tokens": 8_000}},
            300,
            {"max_tokens": 300, "thinking": {"type": "disabled"}},
        ),
    ],
)
def test_a_cap_lowers_and_never_raises(
    shape: ApiShape, fields: dict[str, Any], cap: int, capped: dict[str, Any]
) -> None:
    body = {"model": "gpt-4o", **fields}
    before = orjson.dumps(body)
    assert shape.with_maximum(body, cap) == {"model": "gpt-4o", **capped}
    assert orjson.dumps(body) == before


@given(
    shape=st.sampled_from([CHAT, COMPLETIONS, RESPONSES, MESSAGES]),
    stated=st.none() | st.integers(-1, 200_000),
    n=st.integers(1, 128),
    cap=st.integers(256, 100_000),
)
def test_a_capped_body_stays_under_the_cap_over_all_choices(
    shape: ApiShape, stated: int | None, n: int, cap: int
) -> None:
    field = "max_output_tokens" if shape is RESPONSES else "max_tokens"
    body: dict[str, Any] = {"model": "gpt-4o", field: stated, "n": n}
    maximum = shape.max_completion_tokens(shape.with_maximum(body, cap))
    assert maximum is not None
    assert maximum <= cap


def test_a_stream_is_made_to_state_its_usage() -> None:
    body = chat("hi", stream=True, stream_options={"include_obfuscation": False})
    asked = CHAT.for_streaming(body)
    assert asked["stream_options"] == {"include_obfuscation": False, "include_usage": True}
    assert body["stream_options"] == {"include_obfuscation": False}
    assert CHAT.for_streaming(asked) is asked
    refused = chat("hi", stream=True, stream_options={"include_usage": False})
    assert CHAT.for_streaming(refused)["stream_options"] == {"include_usage": True}
    assert not CHAT.wants_usage_frame(refused)
    assert not CHAT.wants_usage_frame(body), "who does not ask for it does not get it"
    assert CHAT.wants_usage_frame(asked)
    assert CHAT.without_stream_options(asked) == chat("hi", stream=True)
    buffered = chat("hi", stream=False)
    assert CHAT.for_streaming(buffered) is buffered
    for shape in (EMBEDDINGS, RESPONSES, MESSAGES):
        assert shape.for_streaming(body) is body
        assert shape.wants_usage_frame(refused)


def test_embeddings_neither_complete_nor_stream() -> None:
    assert [shape.endpoint for shape in ALL if not shape.completes] == ["/v1/embeddings"]
    assert CHAT.is_stream({"stream": True})
    assert not EMBEDDINGS.is_stream({"stream": True})


GOOD = {"messages": [], "input": "a", "prompt": "a", "model": "gpt-4o"}


@pytest.mark.parametrize("shape", ALL, ids=lambda shape: shape.endpoint)
@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("model", None),
        ("model", ""),
        ("model", "  "),
        ("model", 4),
        ("model", "m" * 201),
        ("model", "gpt\n4"),
        ("stream", 1),
        ("stream", "true"),
    ],
)
def test_what_every_endpoint_refuses(shape: ApiShape, field: str, value: Any) -> None:
    shape.validate(GOOD)
    with pytest.raises(MalformedBodyError, match=f"^{field} must be "):
        shape.validate({**GOOD, field: value})


@pytest.mark.parametrize(
    ("shape", "field", "value"),
    [
        (CHAT, "messages", "a"),
        (CHAT, "messages", None),
        (CHAT, "max_tokens", -2),
        (CHAT, "max_tokens", 0),
        (CHAT, "max_tokens", True),
        (CHAT, "max_completion_tokens", 1.5),
        (CHAT, "n", 0),
        (CHAT, "n", 129),
        (CHAT, "n", True),
        (COMPLETIONS, "prompt", {}),
        (COMPLETIONS, "best_of", "2"),
        (EMBEDDINGS, "input", None),
        (EMBEDDINGS, "input", 5),
        (RESPONSES, "input", {}),
        (RESPONSES, "max_output_tokens", "5"),
        (MESSAGES, "messages", {}),
        (MESSAGES, "max_tokens", []),
    ],
)
def test_what_one_endpoint_refuses(shape: ApiShape, field: str, value: Any) -> None:
    with pytest.raises(MalformedBodyError, match=f"^{field} must be "):
        shape.validate({**GOOD, field: value})


def test_what_the_gateway_does_not_rely_on_is_left_to_the_upstream() -> None:
    CHAT.validate({"model": "modelo-ção", "messages": [1], "temperature": "hot", "n": None})
    RESPONSES.validate({"model": "m", "prompt": {"id": "pmpt_1"}, "max_output_tokens": None})
    COMPLETIONS.validate({"model": "m"})


FIELD_NAMES = (
    "model stream n best_of max_tokens max_completion_tokens max_output_tokens messages input"
    " prompt content type role name tools system choices delta message text usage prompt_tokens"
    " completion_tokens total_tokens input_tokens output_tokens cache_read_input_tokens"
    " prompt_tokens_details cached_tokens stream_options include_usage source detail image_url"
    " response output thinking budget_tokens tool_calls function arguments item"
)
KEYS = st.sampled_from(FIELD_NAMES.split())
TYPE_NAMES = (
    "image_url document text message_start message_delta content_block_start content_block_delta"
    " response.completed response.output_text.delta response.output_item.added content user"
)
TYPES = st.sampled_from(TYPE_NAMES.split())
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers(-3, 300)
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | TYPES
)
ANYTHING = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(KEYS | st.text(max_size=4), inner, max_size=5)
    ),
    max_leaves=25,
)


@settings(max_examples=400)
@given(value=ANYTHING, so_far=st.none() | st.just(TokenCounts(5, 6, 1, 2)))
def test_no_json_value_raises_and_no_usage_is_negative(
    value: Any, so_far: TokenCounts | None
) -> None:
    for shape in ALL:
        try:
            shape.validate(value)
        except MalformedBodyError as error:
            assert 0 < len(str(error)) < 100  # noqa: PT017 - either outcome is right
        assert isinstance(shape.model(value), str)
        assert isinstance(shape.is_stream(value), bool)
        assert (shape.max_completion_tokens(value) or 0) >= 0
        assert shape.prompt_tokens(value) >= 0
        assert isinstance(shape.with_maximum(value, 300), dict)
        shape.for_streaming(value)
        shape.wants_usage_frame(value)
        assert isinstance(shape.is_usage_only(value), bool)
        assert isinstance(shape.text_of_frame(value), str)
        assert isinstance(shape.text_of_body(value), str)
        for counts in (shape.usage_of_body(value), shape.usage_of_frame(value, so_far)):
            if counts is not None:
                assert 0 <= counts.cached_tokens <= counts.prompt_tokens
                assert 0 <= counts.reasoning_tokens <= counts.completion_tokens


@given(st.binary(), st.binary())
def test_no_bytes_make_the_terminal_check_raise(event_name: bytes, data: bytes) -> None:
    for shape in ALL:
        assert isinstance(shape.is_terminal(event_name, data), bool)
