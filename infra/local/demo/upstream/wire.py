"""The wire formats of the demo upstream: whole bodies, streams of frames, errors."""

import base64
import random
import zlib
from array import array
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple

import orjson

from infra.local.demo.upstream.answers import (
    CHAT,
    COMPLETIONS,
    MESSAGES,
    RESPONSES,
    Answer,
    Ask,
    RequestError,
    inputs_of,
    positive,
    usage_of,
)

TOO_MANY_REQUESTS, SERVER_ERROR = 429, 500
HUGE_FRAME_BYTES = 2 * 1024 * 1024
MAX_EMBEDDING_INPUTS, MAX_DIMENSIONS, DEFAULT_DIMENSIONS = 2048, 3072, 256
RESPONSE_OPENING_EVENTS = 4


class Plan(NamedTuple):
    """The frames of a stream. Each content frame is `head` + a tail, and holds one token."""

    opening: bytes
    head: bytes
    tails: tuple[bytes, ...]
    closing: tuple[bytes, ...]


def _stop_word(ask: Ask, answer: Answer) -> str:
    words = ("end_turn", "max_tokens") if ask.path == MESSAGES else ("stop", "length")
    return words[answer.cut]


def _message(ask: Ask, answer: Answer, reply_id: str, usage: object, *, begun: bool) -> Any:
    """Anthropic's message; `begun` is how message_start shows it."""
    text = "".join(answer.pieces)
    message: dict[str, Any] = {"id": reply_id, "type": "message", "role": "assistant"}
    message |= {"model": ask.model, "content": [] if begun else [{"type": "text", "text": text}]}
    message |= {"stop_reason": None if begun else _stop_word(ask, answer), "stop_sequence": None}
    return message if usage is None else {**message, "usage": usage}


def _response(
    ask: Ask, answer: Answer, reply_id: str, created: int, usage: object, *, begun: bool
) -> dict[str, Any]:
    """The Responses API's object; `begun` is how response.created shows it."""
    ended = "incomplete" if answer.cut else "completed"
    part = _text_part("".join(answer.pieces))
    output = [] if begun else [_output_item(reply_id, ended, part)]
    cut = {"reason": "max_output_tokens"} if answer.cut and not begun else None
    return {
        "id": reply_id, "object": "response", "created_at": created, "model": ask.model,
        "status": "in_progress" if begun else ended, "error": None, "incomplete_details": cut,
        "instructions": None, "max_output_tokens": ask.max_tokens, "metadata": {},
        "output": output,
        "parallel_tool_calls": True, "previous_response_id": None, "store": False,
        "temperature": 1.0, "top_p": 1.0, "text": {"format": {"type": "text"}},
        "tool_choice": "auto", "tools": [], "truncation": "disabled", "usage": usage,
    }  # fmt: skip


def _text_part(text: str) -> dict[str, Any]:
    return {"type": "output_text", "text": text, "annotations": [], "logprobs": []}


def _output_item(reply_id: str, status: str, *content: dict[str, Any]) -> dict[str, Any]:
    item = {"id": "msg_" + reply_id, "type": "message", "role": "assistant", "status": status}
    return {**item, "content": content}


def render_whole(ask: Ask, answer: Answer, reply_id: str, created: int) -> bytes:
    """The buffered body of every endpoint but embeddings."""
    usage = usage_of(ask, len(answer.pieces) * ask.choices)
    if ask.path == MESSAGES:
        return orjson.dumps(_message(ask, answer, reply_id, usage, begun=False))
    if ask.path == RESPONSES:
        return orjson.dumps(_response(ask, answer, reply_id, created, usage, begun=False))
    text = "".join(answer.pieces)
    said: dict[str, Any] = {"text": text}
    if ask.path == CHAT:
        said = {"message": {"role": "assistant", "content": text, "refusal": None}}
    end = {"logprobs": None, "finish_reason": _stop_word(ask, answer)}
    choices = [{"index": index, **said, **end} for index in range(ask.choices)]
    kind = "chat.completion" if ask.path == CHAT else "text_completion"
    body = {"id": reply_id, "object": kind, "created": created, "model": ask.model}
    stated = {} if usage is None else {"usage": usage}
    return orjson.dumps({**body, "choices": choices, **stated})


@lru_cache(maxsize=1024)
def _vector(seed: int, dimensions: int) -> "array[float]":
    source = random.Random(seed)
    raw = [source.gauss(0, 1) for _ in range(dimensions)]
    norm = sum(x * x for x in raw) ** 0.5
    return array("f", (x / norm for x in raw))


def render_embeddings(ask: Ask, body: Mapping[str, Any]) -> bytes:
    """One unit vector for each input, the same for the same input. Raises RequestError."""
    dimensions = positive(body, MAX_DIMENSIONS, "dimensions") or DEFAULT_DIMENSIONS
    items = inputs_of(body["input"], "input")
    if len(items) > MAX_EMBEDDING_INPUTS:
        raise RequestError(f"'input' holds more than {MAX_EMBEDDING_INPUTS} items.")
    data = []
    for index, item in enumerate(items):
        vector = _vector(zlib.crc32(repr(item).encode()), dimensions)
        packed = base64.b64encode(vector.tobytes()).decode()
        shown = packed if body.get("encoding_format") == "base64" else vector.tolist()
        data.append({"object": "embedding", "index": index, "embedding": shown})
    usage = usage_of(ask, 0)
    stated = {} if usage is None else {"usage": usage}
    return orjson.dumps({"object": "list", "data": data, "model": ask.model, **stated})


def _data(data: Mapping[str, Any]) -> bytes:
    return b"data: " + orjson.dumps(data) + b"\n\n"


def _event(data: Mapping[str, Any]) -> bytes:
    """A frame that names its type twice, as Anthropic's and the Responses API's do."""
    return b"event: %s\ndata: %s\n\n" % (data["type"].encode(), orjson.dumps(data))


@lru_cache(maxsize=64)
def _tails(
    path: str, model: str, choices: int, null_usage: bool, answer: Answer
) -> tuple[bytes, ...]:
    """Content frames without their head, which alone differs between two requests."""

    def tail(data: Mapping[str, Any]) -> bytes:
        return orjson.dumps(data)[1:] + b"\n\n"

    place = {"output_index": 0, "content_index": 0}
    if path == MESSAGES:
        block = {"type": "content_block_delta", "index": 0}
        deltas = ({"type": "text_delta", "text": piece} for piece in answer.pieces)
        return tuple(tail({**block, "delta": delta}) for delta in deltas)
    if path == RESPONSES:
        block = {"type": "response.output_text.delta", **place, "logprobs": []}
        numbered = enumerate(answer.pieces, RESPONSE_OPENING_EVENTS)
        return tuple(tail({**block, "delta": p, "sequence_number": n}) for n, p in numbered)
    frames = []
    for piece in answer.pieces:
        said = {"text": piece} if path == COMPLETIONS else {"delta": {"content": piece}}
        for index in range(choices):
            choice = {"index": index, **said, "logprobs": None, "finish_reason": None}
            usage = {"usage": None} if null_usage else {}
            frames.append(tail({"model": model, "choices": [choice], **usage}))
    return tuple(frames)


def plan_stream(ask: Ask, answer: Answer, reply_id: str, created: int) -> Plan:
    """All frames of a streamed answer; the content frames come from a cache."""
    usage = usage_of(ask, len(answer.pieces) * ask.choices)
    null_usage = ask.include_usage and usage is not None
    render = _tails if answer.shared else _tails.__wrapped__
    tails = render(ask.path, ask.model, ask.choices, null_usage, answer)
    if ask.path == MESSAGES:
        return _plan_message(ask, answer, reply_id, tails)
    if ask.path == RESPONSES:
        return _plan_response(ask, answer, reply_id, created, tails)
    kind = "chat.completion.chunk" if ask.path == CHAT else "text_completion"
    base = {"id": reply_id, "object": kind, "created": created}
    head = b"data: " + orjson.dumps(base)[:-1] + b","

    def frames(said: Mapping[str, Any], reason: str | None) -> bytes:
        end = {"logprobs": None, "finish_reason": reason}
        stated = {"usage": None} if null_usage else {}
        return b"".join(
            _data({**base, "model": ask.model, "choices": [{"index": i, **said, **end}], **stated})
            for i in range(ask.choices)
        )

    role = {"delta": {"role": "assistant", "content": "", "refusal": None}}
    opening = frames(role, None) if ask.path == CHAT else b""
    last = frames({"delta": {}} if ask.path == CHAT else {"text": ""}, _stop_word(ask, answer))
    stated = {**base, "model": ask.model, "choices": [], "usage": usage}
    closing = (last, _data(stated)) if null_usage else (last,)
    return Plan(opening, head, tails, (*closing, b"data: [DONE]\n\n"))


def _plan_message(ask: Ask, answer: Answer, reply_id: str, tails: tuple[bytes, ...]) -> Plan:
    usage = usage_of(ask, len(answer.pieces))
    begun = None if usage is None else {**usage, "output_tokens": min(usage["output_tokens"], 1)}
    start = _message(ask, answer, reply_id, begun, begun=True)
    block = {"type": "text", "text": ""}
    opening = _event({"type": "message_start", "message": start})
    opening += _event({"type": "content_block_start", "index": 0, "content_block": block})
    stop = {"stop_reason": _stop_word(ask, answer), "stop_sequence": None}
    stated = {} if usage is None else {"usage": usage}
    closing = (
        _event({"type": "content_block_stop", "index": 0}),
        _event({"type": "message_delta", "delta": stop, **stated}),
        _event({"type": "message_stop"}),
    )
    return Plan(opening, b"event: content_block_delta\ndata: {", tails, closing)


def _plan_response(
    ask: Ask, answer: Answer, reply_id: str, created: int, tails: tuple[bytes, ...]
) -> Plan:
    text, ended = "".join(answer.pieces), "incomplete" if answer.cut else "completed"
    usage = usage_of(ask, len(answer.pieces))
    begun = _response(ask, answer, reply_id, created, None, begun=True)
    final = _response(ask, answer, reply_id, created, usage, begun=False)
    item = {"item_id": "msg_" + reply_id}
    place = {**item, "output_index": 0, "content_index": 0}
    part = _text_part(text)
    opening: list[dict[str, Any]] = [
        {"type": "response.created", "response": begun},
        {"type": "response.in_progress", "response": begun},
        {"type": "response.output_item.added", "output_index": 0,
         "item": _output_item(reply_id, "in_progress")},
        {"type": "response.content_part.added", **place, "part": _text_part("")},
    ]  # fmt: skip
    closing: list[dict[str, Any]] = [
        {"type": "response.output_text.done", **place, "text": text, "logprobs": []},
        {"type": "response.content_part.done", **place, "part": part},
        {"type": "response.output_item.done", "output_index": 0,
         "item": _output_item(reply_id, ended, part)},
        {"type": "response." + ended, "response": final},
    ]  # fmt: skip
    first = (_event({**e, "sequence_number": n}) for n, e in enumerate(opening))
    last = enumerate(closing, len(opening) + len(tails))
    return Plan(
        b"".join(first),
        b"event: response.output_text.delta\ndata: " + orjson.dumps(item)[:-1] + b",",
        tails,
        tuple(_event({**e, "sequence_number": n}) for n, e in last),
    )


def error_body(path: str, error: RequestError) -> bytes:
    """OpenAI's error object; the two APIs with typed events name its type around it too."""
    kind = "server_error" if error.status >= SERVER_ERROR else "invalid_request_error"
    if error.status == TOO_MANY_REQUESTS:
        kind = "rate_limit_error"
    body = {"message": str(error), "type": kind, "param": None, "code": error.code}
    typed = {"type": "error"} if path in (MESSAGES, RESPONSES) else {}
    return orjson.dumps({**typed, "error": body})


def odd_frame(path: str, flag: str, frame: bytes) -> bytes:
    """The frame in mid-stream of a model that misbehaves; `frame` is what it stands for."""
    head, _, rest = frame.partition(b"{")
    if flag == "malformed":
        return frame[: len(frame) // 2].rstrip() + b"\n\n"
    if flag == "huge-line":
        padding = b"x" * (HUGE_FRAME_BYTES - len(frame) - len('"padding":"",'))
        return head + b'{"padding":"' + padding + b'",' + rest
    error = RequestError("The demo failed in mid-stream, as its model name asks.", 500)
    return (b"event: error\n" if path in (MESSAGES, RESPONSES) else b"") + (
        b"data: " + error_body(path, error) + b"\n\n"
    )
