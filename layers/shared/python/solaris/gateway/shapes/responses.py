"""OpenAI's /v1/responses: typed items, and a stream of named events."""

import re

from solaris.gateway.shapes.base import (
    ERROR_CHARACTERS,
    ApiShape,
    Body,
    as_model,
    as_object,
    objects_in,
    told_error,
)
from solaris.gateway.shapes.text import MESSAGE_TOKENS, REPLY_TOKENS, PromptText
from solaris.gateway.shapes.usage import responses_usage
from solaris.quota.usage import TokenCounts

_LAST_EVENTS = frozenset(
    {"response.completed", "response.incomplete", "response.failed", "response.done"}
)
_LAST_NAMES = frozenset(name.encode() for name in _LAST_EVENTS)
_LAST_DATA = re.compile(rb'"type"\s*:\s*"response\.(?:completed|incomplete|failed|done)"')
# The type is the first key of every event; quotes inside a text are escaped and do not match.
_TYPE_BYTES = 200


class Responses(ApiShape):
    """POST /v1/responses.

    What `previous_response_id`, `conversation` or a stored `prompt` brings along is known to the
    upstream alone: they are the prompt's references.
    """

    endpoint = "/v1/responses"
    _maximum_fields = ("max_output_tokens",)
    _input_field = "input"
    _input_required = False

    def usage_of_frame(self, frame: object, so_far: TokenCounts | None) -> TokenCounts | None:
        event = as_object(frame)
        if event.get("type") not in tuple(_LAST_EVENTS):
            return so_far
        return self.usage_of_body(event.get("response")) or so_far

    def for_streaming(self, body: Body) -> Body:
        """Without the chat's `include_usage`, which LibreChat adds: a response always states it."""
        options = as_object(as_object(body).get("stream_options"))
        if "include_usage" not in options:
            return body
        kept = {name: options[name] for name in options if name != "include_usage"}
        rest = self.without_stream_options(body)
        return {**rest, "stream_options": kept} if kept else rest

    def without_stream_options(self, body: Body) -> Body:
        return {name: body[name] for name in body if name != "stream_options"}

    def frame_of_usage(self, usage: dict[str, object]) -> object:
        return {"type": "response.completed", "response": {"usage": usage}}

    def is_finish(self, frame: object) -> bool:
        return as_object(frame).get("type") in tuple(_LAST_EVENTS)

    def error_of_frame(self, frame: object) -> str | None:
        event = as_object(frame)
        if event.get("type") == "response.failed":
            return told_error(event.get("response")) or "the answer failed"
        if event.get("type") == "error":
            told = told_error(event)
            return told or str(event.get("message") or "error")[:ERROR_CHARACTERS]
        return told_error(event)

    def error_of_body(self, answer: object) -> str | None:
        told = told_error(answer)
        failed = as_object(answer).get("status") == "failed"
        return told or ("the answer failed" if failed else None)

    def model_of(self, answer: object) -> str | None:
        whole = as_object(answer)
        return as_model(as_object(whole.get("response")).get("model") or whole.get("model"))

    def response_id_of(self, answer: object) -> str | None:
        whole = as_object(answer)
        found = as_object(whole.get("response")).get("id") or whole.get("id")
        return found if isinstance(found, str) else None

    def text_of_frame(self, frame: object) -> str:
        event = as_object(frame)
        kind = event.get("type")
        if kind == "response.output_item.added":
            name = as_object(event.get("item")).get("name")
            return name if isinstance(name, str) else ""
        if not isinstance(kind, str) or not kind.endswith(".delta"):
            return ""
        if kind == "response.audio.delta":  # base64; its transcript has events of its own
            return ""
        delta = event.get("delta")
        return delta if isinstance(delta, str) else ""

    def text_of_body(self, answer: object) -> str:
        text = PromptText()
        text.add(as_object(answer).get("output"))
        return text.joined()

    def is_terminal(self, event_name: bytes, data: bytes) -> bool:
        if not data.strip():
            return False
        if event_name:
            return event_name in _LAST_NAMES
        return _LAST_DATA.search(data, 0, _TYPE_BYTES) is not None

    def _collect(self, body: Body, text: PromptText) -> None:
        if isinstance(body.get("input"), list):
            text.add_messages(body["input"])
        else:
            text.tokens += REPLY_TOKENS + MESSAGE_TOKENS + 1  # one message of the user
            text.add(body.get("input"))
        if isinstance(body.get("instructions"), str):
            text.add_message({"role": "developer", "content": body["instructions"]})
        for kind in ("previous_response_id", "conversation", "prompt", "container"):
            text.refer(kind, body.get(kind))
        text.add(as_object(body.get("prompt")).get("variables"))
        text.add_json(body.get("tools"))
        for tool in objects_in(body, "tools"):
            text.refer("container", tool.get("container"))
        text.add_json(as_object(body.get("text")).get("format"))

    def _usage(self, usage: object) -> TokenCounts | None:
        return responses_usage(usage)
