"""Cache reads and writes, and the passes of one answer, as upstreams state them."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solaris.gateway.shapes.usage import (
    chat_usage,
    embeddings_usage,
    messages_usage,
    responses_usage,
)
from solaris.quota.usage import TokenCounts

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=15),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)
NAMES = (
    *("prompt_tokens", "completion_tokens", "total_tokens", "input_tokens", "output_tokens"),
    *("cache_read_input_tokens", "cache_creation_input_tokens", "cached_tokens"),
    *("cache_write_tokens", "ephemeral_1h_input_tokens", "ephemeral_5m_input_tokens"),
    *("reasoning_tokens", "thinking_tokens", "type"),
)
figures = st.dictionaries(st.sampled_from(NAMES), anything | st.integers(0, 10**13), max_size=8)
NESTS = (
    *("prompt_tokens_details", "completion_tokens_details", "input_tokens_details"),
    *("output_tokens_details", "cache_creation", "iterations"),
)
usages = st.builds(
    lambda flat, deep: flat | deep,
    figures,
    st.dictionaries(st.sampled_from(NESTS), anything | figures | st.lists(figures, max_size=3)),
)


@pytest.mark.parametrize(
    ("usage", "counts"),
    [
        # OpenAI from GPT-5.6 on, and OpenRouter
        (
            {
                "prompt_tokens": 2600,
                "completion_tokens": 300,
                "total_tokens": 2900,
                "prompt_tokens_details": {"cached_tokens": 2000, "cache_write_tokens": 400},
            },
            TokenCounts(2600, 300, 2000, 0, 400),
        ),
        # LiteLLM before Anthropic: all in the prompt, the writes under two names
        (
            {
                "prompt_tokens": 10_032,
                "completion_tokens": 10,
                "total_tokens": 10_042,
                "prompt_tokens_details": {
                    "cached_tokens": 0,
                    "cache_creation_tokens": 10_017,
                    "cache_creation_token_details": {
                        "ephemeral_5m_input_tokens": 17,
                        "ephemeral_1h_input_tokens": 10_000,
                    },
                },
                "cache_creation_input_tokens": 10_017,
                "cache_read_input_tokens": 0,
            },
            TokenCounts(10_032, 10, 0, 0, 10_017, 10_000),
        ),
        # LiteLLM #15270 before Bedrock: reads in the prompt, writes in the total alone
        (
            {
                "prompt_tokens": 520,
                "completion_tokens": 40,
                "total_tokens": 9_560,
                "prompt_tokens_details": {"cached_tokens": 500},
                "cache_read_input_tokens": 500,
                "cache_creation_input_tokens": 9_000,
            },
            TokenCounts(9_520, 40, 500, 0, 9_000),
        ),
        # Portkey #1211 before Bedrock: neither is in the prompt, both in the total
        (
            {
                "prompt_tokens": 368,
                "completion_tokens": 19,
                "total_tokens": 10_923,
                "cache_read_input_tokens": 10_536,
                "cache_creation_input_tokens": 0,
            },
            TokenCounts(10_904, 19, 10_536),
        ),
        (
            {
                "prompt_tokens": 5_000,
                "completion_tokens": 19,
                "total_tokens": 5_319,
                "cache_read_input_tokens": 100,
                "cache_creation_input_tokens": 200,
            },
            TokenCounts(5_300, 19, 100, 0, 200),
        ),
        # writes outside the prompt beside reasoning outside the completion
        (
            {
                "prompt_tokens": 5_000,
                "completion_tokens": 10,
                "total_tokens": 5_240,
                "cache_creation_input_tokens": 200,
                "completion_tokens_details": {"reasoning_tokens": 30},
            },
            TokenCounts(5_200, 40, 0, 30, 200),
        ),
        # xAI and Gemini: the excess is reasoning, whatever was read from the cache
        (
            {
                "prompt_tokens": 500,
                "completion_tokens": 9,
                "total_tokens": 603,
                "prompt_tokens_details": {"cached_tokens": 94},
                "completion_tokens_details": {"reasoning_tokens": 94},
            },
            TokenCounts(500, 103, 94, 94),
        ),
        (
            {
                "prompt_tokens": 500,
                "completion_tokens": 9,
                "total_tokens": 603,
                "prompt_tokens_details": {"cached_tokens": 128},
            },
            TokenCounts(500, 103, 128),
        ),
        # CLIProxyAPIPlus #391: reads are not even in the total; a part is not more than its whole
        (
            {
                "prompt_tokens": 1_678,
                "completion_tokens": 370,
                "total_tokens": 2_048,
                "prompt_tokens_details": {"cached_tokens": 105_530},
            },
            TokenCounts(107_208, 370, 105_530),
        ),
        # Moonshot
        (
            {"prompt_tokens": 50, "completion_tokens": 1, "cached_tokens": 20},
            TokenCounts(50, 1, 20),
        ),
    ],
)
def test_cache_figures_of_a_chat(usage: dict[str, Any], counts: TokenCounts) -> None:
    assert chat_usage(usage) == counts


def test_responses_state_their_cache_writes_in_the_details_too() -> None:
    details = {"cached_tokens": 100, "cache_write_tokens": 50}
    usage = {"input_tokens": 200, "output_tokens": 5, "input_tokens_details": details}
    assert responses_usage(usage) == TokenCounts(200, 5, 100, 0, 50)


@pytest.mark.parametrize(
    ("stated", "written", "hour"),
    [
        ({"cache_creation_input_tokens": 100}, 100, 0),
        (
            {
                "cache_creation_input_tokens": 100,
                "cache_creation": {
                    "ephemeral_5m_input_tokens": 30,
                    "ephemeral_1h_input_tokens": 70,
                },
            },
            100,
            70,
        ),
        ({"cache_creation": {"ephemeral_1h_input_tokens": 70}}, 70, 70),
        ({"cache_creation_input_tokens": None, "cache_creation": None}, 0, 0),
        ({"cache_creation": []}, 0, 0),
    ],
)
def test_anthropics_cache_writes_are_apart(stated: dict[str, Any], written: int, hour: int) -> None:
    usage = {"input_tokens": 10, "output_tokens": 4, "cache_read_input_tokens": 5} | stated
    assert messages_usage(usage) == TokenCounts(15 + written, 4, 5, 0, written, hour)


def test_what_was_written_stays_when_a_later_frame_does_not_repeat_it() -> None:
    usage = {"input_tokens": 10, "cache_creation_input_tokens": 90, "output_tokens": 1}
    start = messages_usage(usage | {"cache_creation": {"ephemeral_1h_input_tokens": 40}})
    assert start == TokenCounts(100, 1, 0, 0, 90, 40)
    assert messages_usage({"output_tokens": 7}, start) == TokenCounts(100, 7, 0, 0, 90, 40)
    assert messages_usage({"input_tokens": 10, "output_tokens": 8}, start) == TokenCounts(
        100, 8, 0, 0, 90, 40
    )


COMPACTION = {
    "input_tokens": 23_000,
    "output_tokens": 1_000,
    "iterations": [
        {"type": "compaction", "input_tokens": 180_000, "output_tokens": 3_500},
        {"type": "message", "input_tokens": 23_000, "output_tokens": 1_000},
    ],
}


def test_a_compaction_is_billed_beside_the_answer() -> None:
    """Anthropic's own example: the totals say 24,000, the bill says 207,500."""
    counts = messages_usage(COMPACTION)
    assert counts == TokenCounts(203_000, 4_500)
    assert counts.total_tokens == 207_500


def test_the_passes_at_the_end_of_a_stream_hold_against_its_beginning() -> None:
    start = messages_usage({"input_tokens": 23_000, "output_tokens": 1})
    last = {name: COMPACTION[name] for name in ("output_tokens", "iterations")}
    assert messages_usage(last, start) == TokenCounts(203_000, 4_500)
    assert messages_usage(last, None) == TokenCounts(203_000, 4_500)


def test_each_pass_has_its_own_cache_figures() -> None:
    passes = [
        {
            "type": "compaction",
            "input_tokens": 1,
            "output_tokens": 20,
            "cache_read_input_tokens": 50_000,
            "cache_creation_input_tokens": 0,
        },
        {
            "type": "message",
            "input_tokens": 10,
            "output_tokens": 30,
            "cache_read_input_tokens": 0,
            "cache_creation_input_tokens": 900,
            "cache_creation": {"ephemeral_1h_input_tokens": 900, "ephemeral_5m_input_tokens": 0},
        },
    ]
    usage = {"input_tokens": 10, "output_tokens": 30, "output_tokens_details": None}
    counts = messages_usage(usage | {"iterations": passes})
    assert counts == TokenCounts(50_911, 50, 50_000, 0, 900, 900)


def test_an_advisors_tokens_are_billed_too() -> None:
    passes = [
        {"type": "message", "input_tokens": 412, "output_tokens": 89},
        {"type": "advisor_message", "model": "m", "input_tokens": 823, "output_tokens": 1612},
        {"type": "message", "input_tokens": 1348, "output_tokens": 442},
    ]
    usage = {"input_tokens": 412, "output_tokens": 531, "iterations": passes}
    assert messages_usage(usage) == TokenCounts(412 + 823 + 1348, 89 + 1612 + 442)


FALLBACK = {"type": "fallback_message", "model": "b", "input_tokens": 412, "output_tokens": 264}


@pytest.mark.parametrize(
    ("declined", "counts"),
    [
        # before it wrote anything: reported, not billed
        ({"input_tokens": 535, "output_tokens": 0}, TokenCounts(412, 264)),
        # in the middle of its answer: billed
        ({"input_tokens": 535, "output_tokens": 40}, TokenCounts(947, 304)),
    ],
)
def test_an_attempt_that_declined_at_once_is_not_billed(
    declined: dict[str, int], counts: TokenCounts
) -> None:
    passes = [{"type": "message", "model": "a"} | declined, FALLBACK]
    usage = {"input_tokens": 412, "output_tokens": 264, "iterations": passes}
    assert messages_usage(usage) == counts


def test_the_prompt_of_a_declined_attempt_at_the_beginning_of_a_stream_is_not_billed() -> None:
    start = messages_usage({"input_tokens": 535, "output_tokens": 0})
    passes = [{"type": "message", "input_tokens": 535, "output_tokens": 0}, FALLBACK]
    last = {"input_tokens": 412, "output_tokens": 264, "iterations": passes}
    assert messages_usage(last, start) == TokenCounts(412, 264)


def test_without_a_fallback_a_pass_without_output_is_billed() -> None:
    passes = [
        {"type": "message", "input_tokens": 100, "output_tokens": 0},
        {"type": "message", "input_tokens": 20, "output_tokens": 5},
    ]
    usage = {"input_tokens": 20, "output_tokens": 5, "iterations": passes}
    assert messages_usage(usage) == TokenCounts(120, 5)


def test_passes_never_charge_less_than_the_totals_beside_them() -> None:
    lists: list[Any] = [["x", None, 3], [{"type": "message"}], [{"input_tokens": 3}]]
    for passes in (*lists, [], None, {}):
        usage = {"input_tokens": 20, "output_tokens": 5, "iterations": passes}
        assert messages_usage(usage) == TokenCounts(20, 5)


def test_litellm_hands_passes_on_in_openais_shape() -> None:
    passes = COMPACTION["iterations"]
    without = {"prompt_tokens": 23_000, "completion_tokens": 1_000, "total_tokens": 24_000}
    assert chat_usage(without | {"iterations": passes}) == TokenCounts(203_000, 4_500)
    summed = {"prompt_tokens": 203_000, "completion_tokens": 4_500, "total_tokens": 207_500}
    assert chat_usage(summed | {"iterations": passes}) == TokenCounts(203_000, 4_500)


@given(usage=anything | usages, before=st.none() | st.just(TokenCounts(5, 4, 3, 2, 1, 1)))
def test_nothing_that_an_upstream_sends_raises_or_breaks_the_parts(
    usage: Any, before: TokenCounts | None
) -> None:
    for counts in (
        chat_usage(usage),
        responses_usage(usage),
        embeddings_usage(usage),
        messages_usage(usage, before),
    ):
        if counts is None:
            continue
        assert 0 <= counts.cached_tokens + counts.cache_write_tokens <= counts.prompt_tokens
        assert 0 <= counts.cache_write_1h_tokens <= counts.cache_write_tokens
        assert 0 <= counts.reasoning_tokens <= counts.completion_tokens
        assert max(counts.prompt_tokens, counts.completion_tokens) <= 10**12
