"""Anthropic's /v1/messages: content blocks, and usage spread over two events."""

import re
from typing import Any

from solaris.domain.usage import TokenCounts
from solaris.upstream.shape_base import ApiShape, Body, as_object, is_count
from solaris.upstream.shape_text import PromptText
from solaris.upstream.shape_usage import messages_usage

_LAST_DATA = re.compile(rb'"type"\s*:\s*"message_stop"')
_TYPE_BYTES = 200
# Anthropic refuses a thinking budget below this, or one that is not below `max_tokens`.
_LEAST_THINKING_TOKENS = 1_024


class Messages(ApiShape):
    """POST /v1/messages."""

    endpoint = "/v1/messages"
    _maximum_fields = ("max_tokens",)
    _input_field = "messages"
    _input_types = (list,)

    def with_cap(self, body: Body, cap_tokens: int) -> Body:
        capped = super().with_cap(body, cap_tokens)
        maximum = capped["max_tokens"]
        thinking = as_object(capped.get("thinking"))
        budget = thinking.get("budget_tokens")
        if is_count(budget) and budget >= maximum:
            if maximum > _LEAST_THINKING_TOKENS:
                capped["thinking"] = {**thinking, "budget_tokens": maximum - 1}
            else:
                capped["thinking"] = {"type": "disabled"}
        return capped

    def usage_of_frame(self, frame: Any, so_far: TokenCounts | None) -> TokenCounts | None:
        event = as_object(frame)
        if event.get("type") == "message_start":
            return messages_usage(as_object(event.get("message")).get("usage"), so_far)
        if event.get("type") == "message_delta":
            return messages_usage(event.get("usage"), so_far)
        return so_far

    def is_provisional(self, frame: Any) -> bool:
        """True for message_start: it states the prompt, and one token of the completion."""
        return as_object(frame).get("type") == "message_start"

    def text_of_frame(self, frame: Any) -> str:
        event = as_object(frame)
        if event.get("type") == "content_block_start":
            name = as_object(event.get("content_block")).get("name")
            return name if isinstance(name, str) else ""
        if event.get("type") != "content_block_delta":
            return ""
        delta = as_object(event.get("delta"))
        texts = (delta.get(key) for key in ("text", "thinking", "partial_json"))
        return "".join(text for text in texts if isinstance(text, str))

    def text_of_body(self, answer: Any) -> str:
        text = PromptText()
        text.add(as_object(answer).get("content"))
        return text.joined()

    def is_terminal(self, event_name: bytes, data: bytes) -> bool:
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

    def _usage(self, usage: Any) -> TokenCounts | None:
        # A finished answer states its own tokens; only the first frame of a stream may not.
        return messages_usage(usage) if is_count(as_object(usage).get("output_tokens")) else None
