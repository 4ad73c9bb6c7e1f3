"""Frames that the gateway itself puts into a stream, in the words of each API. Pure.

An error in mid-stream must be an error to the client's library, or a broken answer is taken for a
whole one: OpenAI's clients raise on an `error` in the data, Anthropic's on `event: error` alone.
"""

from collections.abc import Mapping

import orjson

COMMENT = b": waiting for the model\n\n"
MESSAGES = "/v1/messages"
# Anthropic's documentation, "Errors": the type of each status; its other ones are `api_error`.
_ANTHROPIC_TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    504: "timeout_error",
}


def refusal(
    endpoint: str, status: int, error: dict[str, object], request_id: str
) -> dict[str, object]:
    """Return the body of a refusal in the API's shape; `error` is OpenAI's, by http.error_answer.

    On Anthropic's path `code` and `details` stay beside its own two fields.
    """
    if not endpoint.startswith(MESSAGES):
        return {"error": error}
    theirs = {**error, "type": _ANTHROPIC_TYPES.get(status, "api_error")}
    return {"type": "error", "error": theirs, "request_id": request_id}


def error_frame(endpoint: str, message: str, code: str, request_id: str) -> bytes:
    """Return the one frame that tells a client that its stream has failed."""
    details = {"request_id": request_id}
    if endpoint == MESSAGES:
        body: dict[str, object] = {
            "type": "error",
            "error": {"type": "api_error", "message": message, "code": code, "details": details},
            "request_id": request_id,
        }
        return _named("error", body)
    error = {
        "message": message,
        "type": "upstream_error",
        "code": code,
        "param": None,
        "details": details,
    }
    if endpoint == "/v1/responses":
        body = {"type": "error", "code": code, "message": message, "param": None, "error": error}
        return _named("error", body)
    return _data({"error": error})


def cut_frames(
    endpoint: str,
    *,
    answer_id: str,
    model: str,
    created: int,
    choices: int,
    open_block: int | None,
    prompt_tokens: int,
    completion_tokens: int,
    states_usage: bool,
) -> bytes:
    """Return the end of a stream that was cut at its cap: finished for length, in the API's words.

    `open_block` is the content block that is open (/v1/messages), None when none is.
    `states_usage`: the client asked for a usage frame.
    """
    if endpoint == MESSAGES:
        delta = {"stop_reason": "max_tokens", "stop_sequence": None}
        usage: dict[str, object] = {"output_tokens": completion_tokens}
        stop = {"type": "content_block_stop", "index": open_block}
        return b"".join(
            (
                b"" if open_block is None else _named("content_block_stop", stop),
                _named("message_delta", {"type": "message_delta", "delta": delta, "usage": usage}),
                _named("message_stop", {"type": "message_stop"}),
            )
        )
    total = prompt_tokens + completion_tokens
    if endpoint == "/v1/responses":
        response = {
            "id": answer_id,
            "object": "response",
            "created_at": created,
            "status": "incomplete",
            "incomplete_details": {"reason": "max_output_tokens"},
            "error": None,
            "model": model,
            "output": [],
            "usage": {
                "input_tokens": prompt_tokens,
                "output_tokens": completion_tokens,
                "total_tokens": total,
            },
        }
        return _named("response.incomplete", {"type": "response.incomplete", "response": response})
    is_chat = endpoint == "/v1/chat/completions"
    chunk = {
        "id": f"chatcmpl-{answer_id}" if is_chat else f"cmpl-{answer_id}",
        "object": "chat.completion.chunk" if is_chat else "text_completion",
        "created": created,
        "model": model,
    }
    ends = [
        {"index": n, ("delta" if is_chat else "text"): {} if is_chat else "", **_LENGTH}
        for n in range(choices)
    ]
    frames = [_data({**chunk, "choices": ends})]
    if states_usage:
        usage = {
            "prompt_tokens": prompt_tokens,
            "completion_tokens": completion_tokens,
            "total_tokens": total,
        }
        frames.append(_data({**chunk, "choices": [], "usage": usage}))
    return b"".join((*frames, b"data: [DONE]\n\n"))


_LENGTH = {"finish_reason": "length", "logprobs": None}


def _data(body: Mapping[str, object]) -> bytes:
    return b"data: " + orjson.dumps(body) + b"\n\n"


def _named(event: str, body: Mapping[str, object]) -> bytes:
    return b"event: " + event.encode() + b"\ndata: " + orjson.dumps(body) + b"\n\n"
