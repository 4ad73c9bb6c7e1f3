"""The prompt: OpenAI's rule for text, media by what they are, all that the model reads."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solaris.gateway import tokenizer as tokens
from solaris.gateway.shapes.all import SHAPES, ApiShape, Body
from solaris.gateway.shapes.text import Prompt
from tests.unit.gateway.media_support import data_url, jpeg, pdf, png, wav

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


PICTURE = png(1_024, 1_024)
PICTURE_URL = data_url(PICTURE, "image/png")
PICTURE_BASE64 = PICTURE_URL.partition(",")[2]
PDF_BASE64 = data_url(pdf(49, size=100_000), "application/pdf").partition(",")[2]
SOUND_BASE64 = data_url(wav(10), "audio/wav").partition(",")[2]


def asked(shape: ApiShape, part: dict[str, Any] | None, model: str, **fields: Any) -> Prompt:
    content = [{"type": "text", "text": "What is it?"}, *([part] if part else [])]
    field = "input" if shape is RESPONSES else "messages"
    return shape.prompt({"model": model, field: [{"role": "user", "content": content}], **fields})


@pytest.mark.parametrize(
    ("shape", "model", "part", "weight"),
    [
        (CHAT, "gpt-4o", {"type": "image_url", "image_url": {"url": PICTURE_URL}}, 765),
        (CHAT, "gpt-4o", {"type": "image_url", "image_url": PICTURE_URL}, 765),
        (
            CHAT,
            "openai/gpt-4o",
            {"type": "image_url", "image_url": {"url": PICTURE_URL, "detail": "low"}},
            85,
        ),
        (
            CHAT,
            "gpt-4o",
            {"type": "image_url", "image_url": {"url": "https://a.example/b.png"}},
            1_445,
        ),
        (CHAT, "o1", {"type": "image_url", "image_url": {"url": PICTURE_URL}}, 675),
        (CHAT, "gpt-4o", {"type": "image_url"}, 1_445),
        (
            CHAT,
            "gpt-4o",
            {"type": "input_audio", "input_audio": {"data": SOUND_BASE64, "format": "wav"}},
            321,
        ),
        (CHAT, "gpt-4o", {"type": "file", "file": {"file_data": PDF_BASE64}}, 147_000),
        (
            RESPONSES,
            "gpt-4o",
            {"type": "input_image", "image_url": PICTURE_URL, "detail": "low"},
            85,
        ),
        (RESPONSES, "gpt-5", {"type": "input_image", "file_id": "file-1"}, 70 + 8 * 140),
        (
            RESPONSES,
            "gpt-4o",
            {"type": "input_file", "file_data": f"data:application/pdf;base64,{PDF_BASE64}"},
            147_000,
        ),
        (
            MESSAGES,
            "claude-opus-5-5",
            {
                "type": "image",
                "source": {"type": "base64", "media_type": "image/png", "data": PICTURE_BASE64},
            },
            1_399,
        ),
        (
            MESSAGES,
            "claude-sonnet-4-5",
            {"type": "image", "source": {"type": "url", "url": "https://a.example/b.png"}},
            1_600,
        ),
        (
            MESSAGES,
            "claude-sonnet-4-5",
            {
                "type": "document",
                "source": {"type": "base64", "media_type": "application/pdf", "data": PDF_BASE64},
            },
            147_000,
        ),
        (
            MESSAGES,
            "claude-sonnet-4-5",
            {
                "type": "tool_result",
                "tool_use_id": "toolu_1",
                "content": [{"type": "image", "source": {"type": "file", "file_id": "file_1"}}],
            },
            1_600,
        ),
    ],
)
def test_media_weigh_what_they_are_and_never_their_base64(
    shape: ApiShape, model: str, part: dict[str, Any], weight: int
) -> None:
    prompt = asked(shape, part, model)
    assert prompt.has_media
    assert prompt.references == ()
    plain = asked(shape, None, model)
    assert not plain.has_media
    assert prompt.tokens == plain.tokens + weight
    assert shape.prompt_tokens({"model": model}) == shape.prompt({"model": model}).tokens


CSV = "\n".join(f"{row},{row * 7919 % 10_007},São Paulo" for row in range(3_000))


@pytest.mark.parametrize(
    ("shape", "part"),
    [
        (CHAT, {"type": "file", "file": {"file_data": data_url(CSV.encode(), "text/csv")}}),
        (RESPONSES, {"type": "input_file", "file_data": data_url(CSV.encode(), "text/csv")}),
        (
            MESSAGES,
            {
                "type": "document",
                "source": {
                    "type": "base64",
                    "media_type": "text/csv",
                    "data": data_url(CSV.encode(), "").partition(",")[2],
                },
            },
        ),
        (MESSAGES, {"type": "document", "source": {"type": "text", "data": CSV}}),
    ],
)
def test_a_text_file_counts_as_its_text(shape: ApiShape, part: dict[str, Any]) -> None:
    exact = tokens.count_tokens(CSV)
    assert exact <= asked(shape, part, "m").tokens <= exact + 30


@pytest.mark.parametrize(
    ("shape", "part", "references"),
    [
        (CHAT, {"type": "file", "file": {"file_id": "file-1"}}, ("file:file-1",)),
        (RESPONSES, {"type": "input_file", "file_id": "file-1"}, ("file:file-1",)),
        (
            RESPONSES,
            {"type": "input_file", "file_url": "https://a.example/" + "b" * 500},
            ("url:" + ("https://a.example/" + "b" * 500)[:200],),
        ),
        (RESPONSES, {"type": "item_reference", "id": "rs_1"}, ("item:rs_1",)),
        (
            MESSAGES,
            {"type": "document", "source": {"type": "file", "file_id": "file_1"}},
            ("file:file_1",),
        ),
        (
            MESSAGES,
            {"type": "document", "source": {"type": "url", "url": "https://a.example/b.pdf"}},
            ("url:https://a.example/b.pdf",),
        ),
        (MESSAGES, {"type": "container_upload", "file_id": "file_1"}, ("file:file_1",)),
    ],
)
def test_what_a_part_only_names_is_a_reference(
    shape: ApiShape, part: dict[str, Any], references: tuple[str, ...]
) -> None:
    assert asked(shape, part, "m").references == references


@pytest.mark.parametrize(
    ("shape", "fields", "references"),
    [
        (RESPONSES, {"previous_response_id": "resp_123"}, ("previous_response_id:resp_123",)),
        (RESPONSES, {"conversation": "conv_1"}, ("conversation:conv_1",)),
        (RESPONSES, {"conversation": {"id": "conv_1"}}, ("conversation:conv_1",)),
        (RESPONSES, {"prompt": {"id": "pmpt_1", "variables": {"a": "b"}}}, ("prompt:pmpt_1",)),
        (
            RESPONSES,
            {"tools": [{"type": "code_interpreter", "container": "cntr_1"}]},
            ("container:cntr_1",),
        ),
        (MESSAGES, {"container": "container_1"}, ("container:container_1",)),
        (MESSAGES, {"container": {"id": "container_1", "skills": []}}, ("container:container_1",)),
        (RESPONSES, {"previous_response_id": None, "conversation": 5, "prompt": []}, ()),
        (CHAT, {"previous_response_id": "resp_123"}, ()),
    ],
)
def test_what_a_body_only_names_is_a_reference(
    shape: ApiShape, fields: dict[str, Any], references: tuple[str, ...]
) -> None:
    assert asked(shape, None, "m", **fields).references == references


def test_an_earlier_answer_s_sound_is_a_reference_and_each_is_told_once() -> None:
    spoken = {"role": "assistant", "audio": {"id": "audio_1"}}
    assert CHAT.prompt({"model": "m", "messages": [spoken, spoken]}).references == (
        "audio:audio_1",
    )


@pytest.mark.parametrize(
    "item",
    [
        {"type": "reasoning", "encrypted_content": "x" * 4_000},
        {"type": "thinking", "thinking": "", "signature": "x" * 4_000},
        {"type": "redacted_thinking", "data": "x" * 4_000},
    ],
)
def test_what_comes_back_encrypted_counts_at_the_rate_of_text(item: dict[str, Any]) -> None:
    extra = asked(MESSAGES, item, "m").tokens - asked(MESSAGES, None, "m").tokens
    assert 1_000 <= extra <= 1_005


def test_four_images_for_a_model_that_counts_tiles_dearly() -> None:
    part = {"type": "image_url", "image_url": {"url": data_url(jpeg(2_048, 768), "image/jpeg")}}
    body: Body = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": [part] * 4}]}
    assert CHAT.prompt(body).tokens >= 4 * 48_169


@pytest.mark.parametrize("pages", [49, 100])
def test_a_pdf_of_four_megabytes_counts_its_pages(pages: int) -> None:
    url = data_url(pdf(pages, size=4_000_000), "application/pdf")
    part = {"type": "file", "file": {"filename": "a.pdf", "file_data": url}}
    assert pages * 3_000 <= asked(CHAT, part, "gpt-4o").tokens <= pages * 3_000 + 30


@pytest.mark.parametrize(
    "text",
    [
        "".join(f"{row},{row * 7919 % 1_000_003},{row * 31 % 97}\n" for row in range(5_000)),
        "".join(chr(0x4E00 + row * 7 % 0x5000) for row in range(70_000)),
        "".join(chr(0x20000 + row * 7 % 0xA000) for row in range(70_000)),
        data_url(b"".join(bytes([row * row % 251]) for row in range(52_000)), ""),
        "".join(chr(0x1F300 + row * 7 % 0x300) for row in range(70_000)),
    ],
    ids=["csv", "cjk", "rare cjk", "base64", "emoji"],
)
def test_a_long_paste_is_not_below_its_exact_count(text: str) -> None:
    assert len(text) > 65_536
    body: Body = {"model": "gpt-4o", "messages": [{"role": "user", "content": text}]}
    exact = tokens.count_tokens(text)
    assert exact <= CHAT.prompt(body).tokens <= exact + 20


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
    fields: Body = {"messages": [deep], "input": [deep], "prompt": [deep], "tools": [deep]}
    body: Body = {"model": "m", **fields}
    assert shape.prompt_tokens(body) >= LONG_TOKENS
    shape.text_of_body({"choices": [{"message": deep}], "output": deep, "content": deep})
    shape.text_of_frame({"choices": [{"delta": deep}]})


NAMES = """
model messages input prompt content role type text source data url media_type file_id file_data
file_url filename file image_url input_audio format detail audio id conversation container tools
previous_response_id encrypted_content signature title context variables image result
"""
KINDS = """
text image image_url input_image document file input_file input_audio video item_reference message
redacted_thinking container_upload base64 content gpt-4o claude-opus-5 https://a.example/b pcm16
"""
LEAVES = (
    st.none()
    | st.integers(-3, 3)
    | st.text(max_size=6)
    | st.sampled_from([*KINDS.split(), PICTURE_URL, SOUND_BASE64[:100], PDF_BASE64[:100]])
)
BODIES = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES.split()), inner)
    ),
    max_leaves=20,
)


@given(BODIES)
def test_no_body_raises_and_references_are_short_and_told_once(body: Any) -> None:
    for shape in ALL:
        prompt = shape.prompt(body)
        assert prompt.tokens >= 0
        assert len(set(prompt.references)) == len(prompt.references)
        assert all(":" in one and len(one) < 230 for one in prompt.references)
