"""Streams and answers as the upstreams send them: their usage, their text, their last frame."""

from typing import Any

import orjson
import pytest

from solaris.gateway.shapes.all import (
    SHAPES,
    ApiShape,
)
from solaris.quota.usage import TokenCounts

CHAT = SHAPES["/v1/chat/completions"]
COMPLETIONS = SHAPES["/v1/completions"]
EMBEDDINGS = SHAPES["/v1/embeddings"]
RESPONSES = SHAPES["/v1/responses"]
MESSAGES = SHAPES["/v1/messages"]


# Frames as the upstreams send them, shortened where nothing depends on the rest.
CHAT_STREAM = (
    (
        b'{"id":"chatcmpl-B9","object":"chat.completion.chunk","created":1741569952,'
        b'"model":"gpt-4o-2024-08-06","service_tier":"default","choices":[{"index":0,'
        b'"delta":{"role":"assistant","content":"","refusal":null},"finish_reason":null}],'
        b'"usage":null}'
    ),
    (
        b'{"id":"chatcmpl-B9","object":"chat.completion.chunk","choices":[{"index":0,'
        b'"delta":{"content":"Hello"},"logprobs":null,"finish_reason":null}],"usage":null}'
    ),
    (
        b'{"id":"chatcmpl-B9","object":"chat.completion.chunk","choices":[{"index":0,'
        b'"delta":{"content":" there"},"finish_reason":null}],"usage":null}'
    ),
    (
        b'{"id":"chatcmpl-B9","object":"chat.completion.chunk","choices":[{"index":0,"delta":{},'
        b'"finish_reason":"stop"}],"usage":null}'
    ),
    (
        b'{"id":"chatcmpl-B9","object":"chat.completion.chunk","choices":[],"usage":'
        b'{"prompt_tokens":19,"completion_tokens":10,"total_tokens":29,"prompt_tokens_details":'
        b'{"cached_tokens":8,"audio_tokens":0},"completion_tokens_details":{"reasoning_tokens":4,'
        b'"accepted_prediction_tokens":0,"rejected_prediction_tokens":0}}}'
    ),
)
COMPLETIONS_STREAM = (
    (
        b'{"id":"cmpl-7","object":"text_completion","choices":[{"text":"This ",'
        b'"index":0,"logprobs":null,"finish_reason":null}],"model":"gpt-3.5-turbo-instruct"}'
    ),
    (
        b'{"id":"cmpl-7","object":"text_completion","choices":[{"text":"is","index":0,'
        b'"finish_reason":"stop"}],"model":"gpt-3.5-turbo-instruct"}'
    ),
    (
        b'{"id":"cmpl-7","object":"text_completion","choices":[],"usage":{"prompt_tokens":5,'
        b'"completion_tokens":2,"total_tokens":7}}'
    ),
)
RESPONSES_STREAM = (
    (
        b'{"type":"response.created","sequence_number":0,"response":{"id":"resp_67","object":'
        b'"response","status":"in_progress","output":[],"usage":null}}'
    ),
    (
        b'{"type":"response.reasoning_summary_text.delta","item_id":"rs_1","output_index":0,'
        b'"summary_index":0,"delta":"Think. "}'
    ),
    (
        b'{"type":"response.output_item.added","output_index":1,"item":{"type":"function_call",'
        b'"id":"fc_1","call_id":"call_1","name":"get_weather","arguments":""}}'
    ),
    (
        b'{"type":"response.function_call_arguments.delta","item_id":"fc_1","output_index":1,'
        b'"delta":"{\\"city\\":"}'
    ),
    (
        b'{"type":"response.function_call_arguments.delta","item_id":"fc_1","output_index":1,'
        b'"delta":"\\"Lisboa\\"}"}'
    ),
    b'{"type":"response.audio.delta","delta":"UklGRgAAAAA="}',
    (
        b'{"type":"response.output_text.delta","item_id":"msg_1","output_index":2,"content_index":0,'
        b'"delta":" Hi!"}'
    ),
    b'{"type":"response.output_text.done","item_id":"msg_1","output_index":2,"text":" Hi!"}',
    (
        b'{"type":"response.completed","sequence_number":9,"response":{"id":"resp_67","status":'
        b'"completed","usage":{"input_tokens":36,"input_tokens_details":{"cached_tokens":12},'
        b'"output_tokens":87,"output_tokens_details":{"reasoning_tokens":64},"total_tokens":123}}}'
    ),
)
MESSAGES_STREAM = (
    (
        b'{"type":"message_start","message":{"id":"msg_4Q","type":"message","role":"assistant",'
        b'"content":[],"model":"claude-sonnet-4-5","stop_reason":null,"usage":{"input_tokens":25,'
        b'"cache_creation_input_tokens":100,"cache_read_input_tokens":50,"output_tokens":1}}}'
    ),
    (
        b'{"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":"",'
        b'"signature":""}}'
    ),
    b'{"type":"ping"}',
    (
        b'{"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta",'
        b'"thinking":"Let me. "}}'
    ),
    (
        b'{"type":"content_block_delta","index":0,"delta":{"type":"signature_delta",'
        b'"signature":"EqQBCgIYAhIM"}}'
    ),
    b'{"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":"Hello!"}}',
    (
        b'{"type":"content_block_start","index":2,"content_block":{"type":"tool_use","id":"toolu_1",'
        b'"name":"get_weather","input":{}}}'
    ),
    (
        b'{"type":"content_block_delta","index":2,"delta":{"type":"input_json_delta",'
        b'"partial_json":"{\\"city\\""}}'
    ),
    (
        b'{"type":"message_delta","delta":{"stop_reason":"tool_use","stop_sequence":null},'
        b'"usage":{"output_tokens":15}}'
    ),
    b'{"type":"message_stop"}',
)


def replay(shape: ApiShape, stream: tuple[bytes, ...]) -> tuple[TokenCounts | None, str]:
    usage, text = None, ""
    for data in stream:
        frame = orjson.loads(data)
        usage = shape.usage_of_frame(frame, usage)
        text += shape.text_of_frame(frame)
    return usage, text


@pytest.mark.parametrize(
    ("shape", "stream", "usage", "text"),
    [
        (CHAT, CHAT_STREAM, TokenCounts(19, 10, 8, 4), "Hello there"),
        (COMPLETIONS, COMPLETIONS_STREAM, TokenCounts(5, 2), "This is"),
        (
            RESPONSES,
            RESPONSES_STREAM,
            TokenCounts(36, 87, 12, 64),
            'Think. get_weather{"city":"Lisboa"} Hi!',
        ),
        (
            MESSAGES,
            MESSAGES_STREAM,
            TokenCounts(175, 15, 50, 0, 100),
            'Let me. Hello!get_weather{"city"',
        ),
    ],
)
def test_a_recorded_stream_gives_its_usage_and_its_text(
    shape: ApiShape, stream: tuple[bytes, ...], usage: TokenCounts, text: str
) -> None:
    assert replay(shape, stream) == (usage, text)


def test_only_the_usage_chunk_is_hidden_from_a_client_that_refused_it() -> None:
    hidden = [CHAT.is_usage_only(orjson.loads(data)) for data in CHAT_STREAM]
    assert hidden == [False, False, False, False, True]
    # Azure's first chunk has no choices either, and a last content chunk may hold the usage.
    assert not CHAT.is_usage_only({"choices": [], "prompt_filter_results": []})
    assert not CHAT.is_usage_only({"choices": [{"delta": {}}], "usage": {"prompt_tokens": 1}})
    assert not RESPONSES.is_usage_only({"choices": [], "usage": {}})


@pytest.mark.parametrize("shape", [RESPONSES, MESSAGES])
def test_the_last_event_of_a_stream_is_its_terminal_frame(shape: ApiShape) -> None:
    stream = RESPONSES_STREAM if shape is RESPONSES else MESSAGES_STREAM
    names = [orjson.loads(data)["type"].encode() for data in stream]
    expected = [False] * (len(stream) - 1) + [True]
    assert [shape.is_terminal(b"", data) for data in stream] == expected
    assert [shape.is_terminal(name, b"{}") for name in names] == expected


def test_terminal_frames_are_told_from_texts_that_speak_of_them() -> None:
    assert CHAT.is_terminal(b"", b"[DONE]")
    assert COMPLETIONS.is_terminal(b"", b" [DONE] ")
    assert not CHAT.is_terminal(b"", b'{"choices":[{"delta":{"content":"[DONE]"}}]}')
    assert RESPONSES.is_terminal(b"", b'{"type": "response.incomplete", "response": {}}')
    assert RESPONSES.is_terminal(b"response.failed", b"{}")
    spoken = orjson.dumps(
        {"type": "response.output_text.delta", "delta": '{"type":"response.completed"}'}
    )
    assert not RESPONSES.is_terminal(b"", spoken)
    assert not MESSAGES.is_terminal(b"content_block_delta", b'{"type":"message_stop"}')


@pytest.mark.parametrize(
    ("usage", "counts"),
    [
        ({"prompt_tokens": 3, "completion_tokens": 4}, TokenCounts(3, 4)),
        ({"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}, TokenCounts()),
        ({"total_tokens": 9}, TokenCounts(9)),
        ({"prompt_tokens": 3, "total_tokens": 9}, TokenCounts(3, 6)),
        ({"completion_tokens": 3, "total_tokens": 9}, TokenCounts(6, 3)),
        # xAI leaves reasoning out of the completion and in the total.
        (
            {
                "prompt_tokens": 32,
                "completion_tokens": 9,
                "total_tokens": 135,
                "completion_tokens_details": {"reasoning_tokens": 94},
            },
            TokenCounts(32, 103, 0, 94),
        ),
        # DeepSeek
        (
            {"prompt_tokens": 9, "completion_tokens": 1, "prompt_cache_hit_tokens": 7},
            TokenCounts(9, 1, 7),
        ),
        # a part is never more than its whole
        (
            {
                "prompt_tokens": 1,
                "completion_tokens": 1,
                "completion_tokens_details": {"reasoning_tokens": 5},
            },
            TokenCounts(1, 1, 0, 1),
        ),
        ({"prompt_tokens": 3, "completion_tokens": -4}, None),
        ({"prompt_tokens": True, "completion_tokens": 4}, None),
        # proxies in other languages
        ({"prompt_tokens": 3.0, "completion_tokens": "4"}, TokenCounts(3, 4)),
        ({"prompt_tokens": 3.5, "completion_tokens": 4}, None),
        ({"prompt_tokens": float("nan"), "completion_tokens": 4}, None),
        ({"prompt_tokens": float("inf"), "completion_tokens": 4}, None),
        ({"prompt_tokens": 1e300, "completion_tokens": 4}, None),
        ({"prompt_tokens": "-3", "completion_tokens": 4}, None),
        ({"prompt_tokens": "3.0", "completion_tokens": 4}, None),
        ({"prompt_tokens": "9" * 5_000, "completion_tokens": 4}, None),
        ({"prompt_tokens": "٣", "completion_tokens": 4}, None),
        ({"prompt_tokens": 10**12 + 1, "completion_tokens": 4}, None),
        ({"prompt_tokens": 3}, None),
        ({}, None),
        (None, None),
        ([], None),
    ],
)
def test_usage_of_a_chat_answer(usage: Any, counts: TokenCounts | None) -> None:
    assert CHAT.usage_of_body({"usage": usage}) == counts


def test_usage_of_the_other_answers() -> None:
    embedded = {"object": "list", "data": [], "usage": {"prompt_tokens": 8, "total_tokens": 8}}
    assert EMBEDDINGS.usage_of_body(embedded) == TokenCounts(8)
    assert EMBEDDINGS.usage_of_body({"usage": {"total_tokens": 6}}) == TokenCounts(6)
    assert EMBEDDINGS.usage_of_body({"data": []}) is None
    done = orjson.loads(RESPONSES_STREAM[-1])["response"]
    assert RESPONSES.usage_of_body(done) == TokenCounts(36, 87, 12, 64)
    stated = {
        "input_tokens": 10,
        "cache_creation_input_tokens": None,
        "cache_read_input_tokens": 5,
        "output_tokens": 20,
        "output_tokens_details": {"thinking_tokens": 12},
    }
    assert MESSAGES.usage_of_body({"usage": stated}) == TokenCounts(15, 20, 5, 12)
    assert MESSAGES.usage_of_body({"usage": {"input_tokens": 10}}) is None


def test_the_last_usage_of_a_stream_wins_and_an_empty_one_changes_nothing() -> None:
    first = CHAT.usage_of_frame({"usage": {"prompt_tokens": 9, "completion_tokens": 1}}, None)
    second = CHAT.usage_of_frame({"usage": {"prompt_tokens": 9, "completion_tokens": 2}}, first)
    assert second == TokenCounts(9, 2)
    assert CHAT.usage_of_frame({"usage": None}, second) == second
    assert CHAT.usage_of_frame({"choices": []}, None) is None


def test_the_last_event_of_messages_may_repeat_the_prompt_or_state_it_at_last() -> None:
    started = TokenCounts(175, 1, 50)
    repeated = {"input_tokens": 25, "cache_read_input_tokens": 50, "output_tokens": 40}
    frame = {"type": "message_delta", "usage": repeated}
    assert MESSAGES.usage_of_frame(frame, started) == TokenCounts(175, 40, 50)
    # Proxies that learn the prompt late state zero first.
    assert MESSAGES.usage_of_frame(frame, TokenCounts(0, 0)) == TokenCounts(75, 40, 50)
    only_output = {"type": "message_delta", "usage": {"output_tokens": 40}}
    assert MESSAGES.usage_of_frame(only_output, None) is None


def test_the_text_of_an_answer_holds_all_that_was_delivered() -> None:
    message = {
        "role": "assistant",
        "content": "Hi",
        "reasoning_content": "Why",
        "reasoning": "Why",
        "refusal": None,
        "tool_calls": [
            {"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}
        ],
    }
    answer = {"choices": [{"index": 0, "message": message, "logprobs": {"content": ["x"]}}]}
    assert CHAT.text_of_body(answer) == "Hi\nWhy\nf\n{}"
    delta = {"choices": [{"delta": message}, {"delta": {"content": [{"text": "!"}]}}]}
    assert CHAT.text_of_frame(delta) == "HiWhyf{}!"
    assert COMPLETIONS.text_of_body({"choices": [{"text": "a"}, {"text": "b"}]}) == "a\nb"
    assert EMBEDDINGS.text_of_body({"data": [{"embedding": [0.1]}]}) == ""
    output = [
        {"type": "reasoning", "id": "rs", "summary": [{"type": "summary_text", "text": "Why"}]},
        {"type": "message", "content": [{"type": "output_text", "text": "Hi", "annotations": []}]},
        {"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"},
    ]
    assert RESPONSES.text_of_body({"output": output}) == "Why\nHi\nf\n{}"
    content = [
        {"type": "thinking", "thinking": "Why", "signature": "Eq"},
        {"type": "text", "text": "Hi"},
        {"type": "tool_use", "id": "t", "name": "f", "input": {"a": 1}},
    ]
    # Their order is nothing to a count.
    assert MESSAGES.text_of_body({"content": content}) == 'Why\nHi\n{"a":1}\nf'
