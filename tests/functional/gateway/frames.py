"""Bytes of real upstreams, made short: frames and bodies of each API."""

import json
from typing import Any

CHAT = "/v1/chat/completions"
COMPLETIONS = "/v1/completions"
EMBEDDINGS = "/v1/embeddings"
RESPONSES = "/v1/responses"
MESSAGES = "/v1/messages"
APIS = (CHAT, COMPLETIONS, EMBEDDINGS, RESPONSES, MESSAGES)
STREAMING = (CHAT, COMPLETIONS, RESPONSES, MESSAGES)
DONE = b"data: [DONE]\n\n"


def data(value: Any, event: str = "", end: bytes = b"\n\n") -> bytes:
    name = f"event: {event}\n".encode() if event else b""
    return name + b"data: " + json.dumps(value, ensure_ascii=False).encode() + end


def asked(endpoint: str, *, stream: bool = True, model: str = "m", **more: Any) -> dict[str, Any]:
    """A short request of each API."""
    body: dict[str, Any] = {"model": model, "stream": stream}
    if endpoint in (CHAT, MESSAGES):
        body["messages"] = [{"role": "user", "content": "Oi"}]
    elif endpoint == COMPLETIONS:
        body["prompt"] = "Oi"
    else:
        body["input"] = "Oi"
    if endpoint == EMBEDDINGS:
        del body["stream"]
    if endpoint == MESSAGES:
        body["max_tokens"] = 100_000
    return body | more


def delta(endpoint: str, text: str, **more: Any) -> bytes:
    """A frame that delivers text."""
    if endpoint == CHAT:
        choice = {"index": 0, "delta": {"content": text}, "finish_reason": None}
        return data({"id": "c", "model": "m", "choices": [choice], **more})
    if endpoint == COMPLETIONS:
        choice = {"index": 0, "text": text, "finish_reason": None}
        return data({"id": "c", "model": "m", "choices": [choice], **more})
    if endpoint == RESPONSES:
        return data(
            {"type": "response.output_text.delta", "delta": text}, "response.output_text.delta"
        )
    return data(
        {
            "type": "content_block_delta",
            "index": 0,
            "delta": {"type": "text_delta", "text": text},
        },
        "content_block_delta",
    )


def begin(endpoint: str, prompt: int = 10) -> bytes:
    """What comes before the text, where the API has something."""
    if endpoint == RESPONSES:
        return data({"type": "response.created", "response": {"id": "r-1"}}, "response.created")
    if endpoint == MESSAGES:
        usage = {"input_tokens": prompt, "output_tokens": 1}
        return data(
            {"type": "message_start", "message": {"model": "m", "usage": usage}}, "message_start"
        )
    return b""


def end(endpoint: str, prompt: int = 10, completion: int = 20, **usage: Any) -> list[bytes]:
    """What states the usage and ends the stream."""
    if endpoint in (CHAT, COMPLETIONS):
        stated = {
            "prompt_tokens": prompt,
            "completion_tokens": completion,
            "total_tokens": prompt + completion,
            **usage,
        }
        piece: dict[str, Any] = {"delta": {}} if endpoint == CHAT else {"text": ""}
        last = {"index": 0, "finish_reason": "stop", **piece}
        return [
            data({"id": "c", "model": "m", "choices": [last]}),
            data({"id": "c", "model": "m", "choices": [], "usage": stated}),
            DONE,
        ]
    stated = {"input_tokens": prompt, "output_tokens": completion, **usage}
    if endpoint == RESPONSES:
        response = {"id": "r-1", "status": "completed", "model": "m", "usage": stated}
        return [data({"type": "response.completed", "response": response}, "response.completed")]
    return [
        data(
            {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": stated},
            "message_delta",
        ),
        data({"type": "message_stop"}, "message_stop"),
    ]


def whole(endpoint: str, text: str, prompt: int = 10, completion: int = 20) -> dict[str, Any]:
    """A buffered answer."""
    if endpoint in (CHAT, COMPLETIONS):
        piece: dict[str, Any] = {"text": text}
        if endpoint == CHAT:
            piece = {"message": {"role": "assistant", "content": text}}
        return {
            "id": "c",
            "model": "m",
            "choices": [{"index": 0, "finish_reason": "stop", **piece}],
            "usage": {
                "prompt_tokens": prompt,
                "completion_tokens": completion,
                "total_tokens": prompt + completion,
            },
        }
    usage = {"input_tokens": prompt, "output_tokens": completion}
    if endpoint == EMBEDDINGS:
        return {
            "model": "m",
            "data": [{"index": 0, "embedding": [0.1]}],
            "usage": {"prompt_tokens": prompt, "total_tokens": prompt},
        }
    if endpoint == RESPONSES:
        output = [{"type": "message", "content": [{"type": "output_text", "text": text}]}]
        return {"id": "r-1", "status": "completed", "model": "m", "output": output, "usage": usage}
    return {
        "type": "message",
        "model": "m",
        "content": [{"type": "text", "text": text}],
        "usage": usage,
    }
