"""The text in a request or an answer: what the tokenizer counts, and flat figures for media.

Bodies come from untrusted clients, so nothing here raises, whatever the shape: the walk keeps its
own stack (nesting cannot exhaust Python's) and passes over what it does not understand.
"""

from typing import Any

import orjson

# OpenAI charges 765 tokens for a high-detail image of 1024 x 1024 and 85 for a low-detail one.
IMAGE_TOKENS = 1_000
LOW_DETAIL_IMAGE_TOKENS = 85
# Sound, film and documents: their length is not known without decoding them.
MEDIA_TOKENS = 2_000

# OpenAI's counting rule (cookbook, "How to count tokens with tiktoken"): tokens around each
# message, one more where it has a name, and the answer is primed with three.
MESSAGE_TOKENS = 3
NAME_TOKENS = 1
REPLY_TOKENS = 3

# Each of these words is one token of o200k_base.
_ROLES = frozenset({"system", "developer", "user", "assistant", "tool", "function"})

_IMAGE_TYPES = frozenset(
    {"image", "image_url", "input_image", "computer_screenshot", "image_generation_call"}
)
_MEDIA_TYPES = frozenset(
    {
        "audio",
        "audio_url",
        "container_upload",
        "document",
        "file",
        "input_audio",
        "input_file",
        "input_video",
        "video",
        "video_url",
    }
)

# Addresses, labels and base64: sent along, but no text that the model reads.
_SILENT_KEYS = frozenset(
    {
        "annotations",
        "b64_json",
        "cache_control",
        "call_id",
        "citations",
        "data",
        "detail",
        "encrypted_content",
        "file_data",
        "file_id",
        "file_url",
        "id",
        "image_url",
        "logprobs",
        "phase",
        "role",
        "signature",
        "status",
        "tool_call_id",
        "tool_use_id",
        "type",
        "url",
    }
)

# Arguments of a tool call, where they come as an object rather than as text.
_JSON_KEYS = frozenset({"arguments", "input"})


class PromptText:
    """What a body holds for the tokenizer: pieces of text, and tokens that are not text."""

    __slots__ = ("pieces", "tokens")

    def __init__(self) -> None:
        self.pieces: list[str] = []
        self.tokens = 0

    def joined(self) -> str:
        """One text for one tokenizer call; the line breaks keep the pieces' tokens apart."""
        return "\n".join(self.pieces)

    def add(self, value: Any) -> None:
        """Add all the text in a message, a content part or a list of them."""
        waiting = [value]
        while waiting:
            item = waiting.pop()
            if isinstance(item, str):
                self.pieces.append(item)
            elif isinstance(item, list):
                waiting.extend(reversed(item))
            elif isinstance(item, dict):
                self._add_part(item, waiting)

    def add_json(self, value: Any) -> None:
        """Add a tool definition, a schema or arguments as compact JSON, the closest to its cost."""
        if not isinstance(value, (dict, list)) or not value:
            return
        try:
            self.pieces.append(orjson.dumps(value).decode())
        except orjson.JSONEncodeError:  # nested deeper than orjson writes (254 levels)
            self._add_keys_and_text(value)

    def add_message(self, message: Any) -> None:
        """Add a chat message with what stands around it."""
        self.tokens += MESSAGE_TOKENS
        if isinstance(message, dict):
            role = message.get("role")
            if isinstance(role, str):
                if role in _ROLES:
                    self.tokens += 1
                else:
                    self.pieces.append(role)
            if isinstance(message.get("name"), str):
                self.tokens += NAME_TOKENS
        self.add(message)

    def add_messages(self, messages: Any) -> None:
        """Add a conversation and the priming of its answer."""
        self.tokens += REPLY_TOKENS
        if isinstance(messages, list):
            for message in messages:
                self.add_message(message)

    def add_input(self, value: Any) -> None:
        """Add a prompt of text or token ids, or a list of either."""
        if not isinstance(value, list):
            self.add(value)
            return
        for item in value:
            if isinstance(item, int):
                self.tokens += 1
            elif isinstance(item, list):
                self.tokens += sum(isinstance(token, int) for token in item)
                self.add([other for other in item if not isinstance(other, int)])
            else:
                self.add(item)

    def _add_part(self, part: dict[str, Any], waiting: list[Any]) -> None:
        kind = part.get("type")
        if isinstance(kind, str):  # anything else may not even be hashable
            if kind in _IMAGE_TYPES:
                self.tokens += LOW_DETAIL_IMAGE_TOKENS if _is_low_detail(part) else IMAGE_TOKENS
                return
            if kind in _MEDIA_TYPES:
                text = _document_text(part)
                if text is None:
                    self.tokens += MEDIA_TOKENS
                else:
                    waiting.append(text)
                return
        for key in reversed(part):
            value = part[key]
            if key in _JSON_KEYS and isinstance(value, dict):
                self.add_json(value)
            elif key not in _SILENT_KEYS:
                waiting.append(value)

    def _add_keys_and_text(self, value: Any) -> None:
        waiting = [value]
        while waiting:
            item = waiting.pop()
            if isinstance(item, dict):
                self.pieces.extend(key for key in item if isinstance(key, str))
                waiting.extend(item.values())
            elif isinstance(item, list):
                waiting.extend(item)
            elif isinstance(item, str):
                self.pieces.append(item)


def _is_low_detail(part: dict[str, Any]) -> bool:
    """OpenAI's chat parts name the detail inside `image_url`, those of /v1/responses beside it."""
    inner = part.get("image_url")
    holder = inner if isinstance(inner, dict) else part
    return holder.get("detail") == "low"


def _document_text(part: dict[str, Any]) -> list[Any] | None:
    """Text of an Anthropic document whose source is plain text or blocks; None for a file."""
    source = part.get("source")
    if not isinstance(source, dict) or source.get("type") not in ("text", "content"):
        return None
    return [part.get("title"), part.get("context"), source.get("data"), source.get("content")]
