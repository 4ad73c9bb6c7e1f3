"""Anthropic's /v1/messages: content blocks, and usage spread over two events."""

import re
from dataclasses import replace

from solaris.gateway.shapes.base import (
    ApiShape,
    Body,
    as_model,
    as_object,
    is_count,
    objects_in,
)
from solaris.gateway.shapes.text import Prompt, PromptText
from solaris.gateway.shapes.usage import messages_usage
from solaris.quota.usage import TokenCounts

_LAST_DATA = re.compile(rb'"type"\s*:\s*"message_stop"')
_TYPE_BYTES = 200
# A summary of a compacted context; Anthropic's documentation shows 3,500.
COMPACTED_TOKENS = 8_192


class Messages(ApiShape):
    """POST /v1/messages."""

    endpoint = "/v1/messages"
    _maximum_fields = ("max_tokens",)
    _input_field = "messages"
    _input_types = (list,)

    def prompt(self, body: Body) -> Prompt:
        """As every prompt; where the context may be compacted, it is read twice and billed so."""
        prompt = super().prompt(body)
        fields = as_object(body)
        edits = objects_in(fields.get("context_management"), "edits")
        compacts = any(str(edit.get("type", "")).startswith("compact") for edit in edits)
        if compacts or fields.get("compaction"):
            return replace(prompt, tokens=2 * prompt.tokens + COMPACTED_TOKENS)
        return prompt

    def usage_of_frame(self, frame: object, so_far: TokenCounts | None) -> TokenCounts | None:
        event = as_object(frame)
        if event.get("type") == "message_start":
            return messages_usage(as_object(event.get("message")).get("usage"), so_far)
        if event.get("type") == "message_delta":
            return messages_usage(event.get("usage"), so_far)
        return so_far

    def frame_of_usage(self, usage: dict[str, object]) -> object:
        return {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": usage}

    def is_provisional(self, frame: object) -> bool:
        """True for message_start: it states the prompt, and one token of the completion."""
        return as_object(frame).get("type") == "message_start"

    def is_finish(self, frame: object) -> bool:
        event = as_object(frame)
        return event.get("type") == "message_delta" and bool(
            as_object(event.get("delta")).get("stop_reason")
        )

    def model_of(self, answer: object) -> str | None:
        whole = as_object(answer)
        return as_model(as_object(whole.get("message")).get("model") or whole.get("model"))

    def text_of_frame(self, frame: object) -> str:
        event = as_object(frame)
        if event.get("type") == "content_block_start":
            name = as_object(event.get("content_block")).get("name")
            return name if isinstance(name, str) else ""
        if event.get("type") != "content_block_delta":
            return ""
        delta = as_object(event.get("delta"))
        texts = (delta.get(key) for key in ("text", "thinking", "partial_json"))
        return "".join(text for text in texts if isinstance(text, str))

    def text_of_body(self, answer: object) -> str:
        text = PromptText()
        text.add(as_object(answer).get("content"))
        return text.joined()

    def is_terminal(self, event_name: bytes, data: bytes) -> bool:
        if not data.strip():
            return False
        if event_name:
            return event_name == b"message_stop"
        return _LAST_DATA.search(data, 0, _TYPE_BYTES) is not None

    def _collect(self, body: Body, text: PromptText) -> None:
        text.refer("container", body.get("container"))
        text.add_messages(body.get("messages"))
        if body.get("system") is not None:
            text.add_message({"role": "system", "content": body["system"]})
        text.add_json(body.get("tools"))
        text.add_json(body.get("output_format"))
        text.add_json(as_object(body.get("output_config")).get("format"))

    def _usage(self, usage: object) -> TokenCounts | None:
        # A finished answer states its own tokens; only the first frame of a stream may not.
        return messages_usage(usage) if is_count(as_object(usage).get("output_tokens")) else None
