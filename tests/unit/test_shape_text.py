"""The prompt estimate: OpenAI's rule for text, flat figures for media, all that the model reads."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solaris.upstream import tokens
from solaris.upstream.shapes import (
    IMAGE_TOKENS,
    LOW_DETAIL_IMAGE_TOKENS,
    MEDIA_TOKENS,
    SHAPES,
    ApiShape,
)

CHAT = SHAPES["/v1/chat/completions"]
COMPLETIONS = SHAPES["/v1/completions"]
EMBEDDINGS = SHAPES["/v1/embeddings"]
RESPONSES = SHAPES["/v1/responses"]
MESSAGES = SHAPES["/v1/messages"]
ALL = tuple(SHAPES.values())


@pytest.fixture(scope="module", autouse=True)
def loaded_tables() -> None:
    tokens.count_tokens("load the tables, so that estimates are exact")


WORDS = st.lists(st.from_regex(r"[a-zA-Zçãé]{1,12}[.,!?]?", fullmatch=True), max_size=40).map(
    " ".join
)
MESSAGE = st.fixed_dictionaries(
    {"role": st.sampled_from(["system", "user", "assistant", "tool"]), "content": WORDS},
    optional={"name": st.from_regex(r"[a-z]{1,12}", fullmatch=True)},
)


def exact_chat_tokens(messages: list[dict[str, str]]) -> int:
    """OpenAI's published rule (cookbook, "How to count tokens with tiktoken")."""
    count = 3
    for message in messages:
        count += 3 + sum(tokens.count_tokens(value) for value in message.values())
        count += 1 if "name" in message else 0
    return count


@given(st.lists(MESSAGE, max_size=12))
def test_an_estimate_is_never_below_openais_rule_and_little_above_it(
    messages: list[dict[str, str]],
) -> None:
    exact = exact_chat_tokens(messages)
    estimate = CHAT.prompt_tokens({"model": "gpt-4o", "messages": messages})
    assert exact <= estimate <= exact * 1.1 + 5 * len(messages)


IMAGE_URL = "data:image/png;base64," + "iVBORw0KGgo" * 10_000


@pytest.mark.parametrize(
    ("shape", "part", "flat"),
    [
        (CHAT, {"type": "image_url", "image_url": {"url": IMAGE_URL}}, IMAGE_TOKENS),
        (
            CHAT,
            {"type": "image_url", "image_url": {"url": IMAGE_URL, "detail": "low"}},
            LOW_DETAIL_IMAGE_TOKENS,
        ),
        (CHAT, {"type": "input_audio", "input_audio": {"data": IMAGE_URL}}, MEDIA_TOKENS),
        (CHAT, {"type": "file", "file": {"file_data": IMAGE_URL, "filename": "a"}}, MEDIA_TOKENS),
        (
            RESPONSES,
            {"type": "input_image", "image_url": IMAGE_URL, "detail": "low"},
            LOW_DETAIL_IMAGE_TOKENS,
        ),
        (RESPONSES, {"type": "input_file", "file_data": IMAGE_URL}, MEDIA_TOKENS),
        (
            MESSAGES,
            {"type": "image", "source": {"type": "base64", "data": IMAGE_URL}},
            IMAGE_TOKENS,
        ),
        (
            MESSAGES,
            {"type": "document", "source": {"type": "base64", "data": IMAGE_URL}},
            MEDIA_TOKENS,
        ),
        (
            MESSAGES,
            {
                "type": "tool_result",
                "tool_use_id": "toolu_1",
                "content": [{"type": "image", "source": {"type": "base64", "data": IMAGE_URL}}],
            },
            IMAGE_TOKENS,
        ),
    ],
)
def test_media_count_a_flat_figure_and_never_their_base64(
    shape: ApiShape, part: dict[str, Any], flat: int
) -> None:
    message = {"role": "user", "content": [{"type": "text", "text": "What is it?"}, part]}
    plain = {"role": "user", "content": "What is it?"}
    field = "input" if shape is RESPONSES else "messages"
    estimate = shape.prompt_tokens({"model": "m", field: [message]})
    assert estimate == shape.prompt_tokens({"model": "m", field: [plain]}) + flat


LONG = "uma palavra depois da outra " * 20
LONG_TOKENS = 100


@pytest.mark.parametrize(
    ("shape", "fields"),
    [
        (CHAT, {"tools": [{"type": "function", "function": {"description": LONG}}]}),
        (CHAT, {"functions": [{"name": "f", "description": LONG}]}),
        (CHAT, {"response_format": {"type": "json_schema", "json_schema": {"title": LONG}}}),
        (CHAT, {"messages": [{"role": "tool", "tool_call_id": "c", "content": LONG}]}),
        (
            CHAT,
            {
                "messages": [
                    {"tool_calls": [{"id": "c", "function": {"name": "f", "arguments": LONG}}]}
                ]
            },
        ),
        (COMPLETIONS, {"prompt": LONG}),
        (COMPLETIONS, {"prompt": ["a", LONG]}),
        (COMPLETIONS, {"prompt": "a", "suffix": LONG}),
        (COMPLETIONS, {"prompt": list(range(LONG_TOKENS))}),
        (COMPLETIONS, {"prompt": [list(range(50)), list(range(50))]}),
        (EMBEDDINGS, {"input": ["a", LONG]}),
        (EMBEDDINGS, {"input": list(range(LONG_TOKENS))}),
        (RESPONSES, {"input": LONG}),
        (RESPONSES, {"input": "a", "instructions": LONG}),
        (RESPONSES, {"input": "a", "tools": [{"type": "function", "description": LONG}]}),
        (RESPONSES, {"input": "a", "text": {"format": {"schema": {"title": LONG}}}}),
        (RESPONSES, {"input": [{"type": "function_call_output", "output": LONG}]}),
        (RESPONSES, {"input": [{"type": "function_call", "arguments": LONG}]}),
        (MESSAGES, {"system": LONG}),
        (MESSAGES, {"system": [{"type": "text", "text": LONG}]}),
        (MESSAGES, {"tools": [{"name": "f", "input_schema": {"description": LONG}}]}),
        (
            MESSAGES,
            {"messages": [{"role": "user", "content": [{"type": "tool_result", "content": LONG}]}]},
        ),
        (
            MESSAGES,
            {"messages": [{"content": [{"type": "tool_use", "name": "f", "input": {"q": LONG}}]}]},
        ),
        (
            MESSAGES,
            {
                "messages": [
                    {"content": [{"type": "document", "source": {"type": "text", "data": LONG}}]}
                ]
            },
        ),
    ],
)
def test_all_that_the_model_reads_is_counted(shape: ApiShape, fields: dict[str, Any]) -> None:
    assert tokens.count_tokens(LONG) >= LONG_TOKENS
    estimate = shape.prompt_tokens({"model": "m", **fields})
    assert LONG_TOKENS <= estimate <= tokens.count_tokens(LONG) + 40


def nested(depth: int, leaf: Any) -> Any:
    value = leaf
    for level in range(depth):
        value = [value] if level % 2 else {"content": value}
    return value


@pytest.mark.parametrize("shape", ALL, ids=lambda shape: shape.endpoint)
def test_deep_nesting_is_counted_and_does_not_raise(shape: ApiShape) -> None:
    deep = nested(50_000, LONG)
    body = {"model": "m", "messages": [deep], "input": [deep], "prompt": [deep], "tools": [deep]}
    assert shape.prompt_tokens(body) >= LONG_TOKENS
    shape.text_of_body({"choices": [{"message": deep}], "output": deep, "content": deep})
    shape.text_of_frame({"choices": [{"delta": deep}]})
