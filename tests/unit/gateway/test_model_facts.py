"""What is known of a model by its name, however the name is written."""

import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solaris.gateway.models.facts import (
    DEFAULT_CONTEXT_TOKENS,
    ImageFamily,
    context_tokens,
    image_family,
    is_reasoning_model,
    maximum_output_tokens,
)


@pytest.mark.parametrize(
    ("model", "tokens"),
    [
        ("gpt-3.5-turbo", 4_096),
        ("azure/gpt-35-turbo", 4_096),
        ("gpt-4", 8_192),
        ("gpt-4-1106-preview", 8_192),
        ("openai/gpt-4o", 16_384),
        ("GPT-4o-2024-08-06", 16_384),
        ("ft:gpt-4o-mini:org::id", 16_384),
        ("gpt-4.1-nano", 32_768),
        ("gpt-5.1", 128_000),
        ("gpt-5-pro-2025-10-06", 272_000),
        ("gpt-6.2-sol", 128_000),
        ("openrouter/openai/o3-mini", 100_000),
        ("claude-3-haiku-20240307", 4_096),
        ("vertex_ai/claude-3-5-sonnet@20240620", 8_192),
        ("anthropic/claude-opus-4-20250514", 32_000),
        ("anthropic/claude-opus-4.5", 64_000),
        ("bedrock/us.anthropic.claude-sonnet-4-5-20250929-v1:0", 64_000),
        ("claude-opus-4-8", 128_000),
        ("claude-fable-5", 128_000),
        ("gemini/gemini-1.5-pro", 8_192),
        ("gemini-2.5-flash", 65_536),
        ("deepseek-chat", 384_000),
        ("bedrock/us.deepseek.r1-v1:0", 163_840),
        ("mistral-large-latest", 262_144),
        ("o1js", None),
        ("gpt-5x", None),
        ("gpt-5/llama", None),
        ("my-model", None),
        ("", None),
    ],
)
def test_the_most_that_an_answer_may_have(model: str, tokens: int | None) -> None:
    assert maximum_output_tokens(model, {}) == tokens


@pytest.mark.parametrize(
    ("overrides", "tokens"),
    [
        ({"gpt-4o": 5, "gpt*": 6, "*": 7}, 5),
        ({"openai/gpt-4o": 4, "gpt-4o": 5}, 4),
        ({"gpt*": 6, "gpt-4*": 8, "*": 7}, 8),
        ({"openai/*": 9, "*": 7}, 9),
        ({"claude*": 6, "*": 7}, 7),
        ({"GPT-4O": 5}, 5),
        ({"gpt-4o-mini": 5}, 16_384),
        ({}, 16_384),
    ],
)
def test_the_setting_goes_by_name_then_longest_prefix_then_star(
    overrides: dict[str, int], tokens: int
) -> None:
    assert maximum_output_tokens("openai/gpt-4o", overrides) == tokens


@pytest.mark.parametrize(
    ("model", "tokens"),
    [
        ("openai/gpt-4o", 128_000),
        ("gpt-5", 400_000),
        ("gpt-4.1", 1_047_576),
        ("claude-haiku-4-5", 200_000),
        ("gemini-2.5-pro", 1_048_576),
        ("deepseek-chat", 1_000_000),
        ("my-model", DEFAULT_CONTEXT_TOKENS),
    ],
)
def test_context_windows(model: str, tokens: int) -> None:
    assert context_tokens(model) == tokens


def test_without_the_prices_a_context_is_still_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "genai_prices.data", None)
    assert context_tokens("claude-opus-4-6-without-prices") == DEFAULT_CONTEXT_TOKENS
    assert context_tokens("gemini-9-without-prices") == 1_048_576


REASONING = """
o1 o3-mini openai/o4-mini gpt-5 azure/gpt-5.1 gpt-12 gpt-oss-120b deepseek-reasoner
deepseek-r1:7b us.deepseek.r1-v1:0 qwq-32b kimi-k2-thinking grok-4 x-ai/grok-3-mini
gemini-2.5-pro gemini/gemini-3.8-flash gemini-4-argon magistral-medium-latest claude-opus-5-5
anthropic/claude-sonnet-5 claude-fable-5 sonar-reasoning-pro
"""


@pytest.mark.parametrize("model", REASONING.split())
def test_models_that_reason(model: str) -> None:
    assert is_reasoning_model(model)


PLAIN = """
gpt-4o gpt-4.1 gpt-35-turbo claude-3-5-sonnet claude-opus-4-20250514 claude-opus-4-5
gemini-1.5-pro gemini-2.0-flash grok-3 grok-4-fast-non-reasoning mistral-large llama-3.1
deepseek-chat o1js text-embedding-3-small
"""


@pytest.mark.parametrize("model", PLAIN.split())
def test_models_that_do_not(model: str) -> None:
    assert not is_reasoning_model(model)


@pytest.mark.parametrize(
    ("model", "family"),
    [
        ("openai/gpt-4o", ImageFamily.GPT_4O),
        ("ft:gpt-4o-mini-2024-07-18:org::id", ImageFamily.GPT_4O_MINI),
        ("gpt-4.1", ImageFamily.GPT_4O),
        ("gpt-4.1-mini", ImageFamily.MINI),
        ("gpt-4.1-nano", ImageFamily.NANO),
        ("o3", ImageFamily.O_SERIES),
        ("o4-mini", ImageFamily.O4_MINI),
        ("gpt-5-chat-latest", ImageFamily.GPT_5),
        ("gpt-5.5", ImageFamily.GPT_5_4),
        ("gpt-6-astra", ImageFamily.GPT_6),
        ("claude-sonnet-4-5", ImageFamily.CLAUDE),
        ("claude-opus-4-7", ImageFamily.CLAUDE_HIGH),
        ("claude-opus-5-5", ImageFamily.CLAUDE_HIGH),
        ("gemini-2.5-flash", ImageFamily.GEMINI),
        ("gemini-3.8-flash", ImageFamily.GEMINI_3),
        ("pixtral-large-latest", ImageFamily.PIXTRAL),
        ("my-model", ImageFamily.UNKNOWN),
    ],
)
def test_how_a_model_sees_images(model: str, family: ImageFamily) -> None:
    assert image_family(model) is family


@given(st.text(max_size=200))
def test_no_name_raises(model: str) -> None:
    maximum_output_tokens(model, {"a*": 1})
    assert context_tokens(model) > 0
    is_reasoning_model(model)
    image_family(model)
