"""What a model reads in a request or an answer: text for the tokenizer, media by their weight.

Bodies come from untrusted clients, so nothing here raises, whatever the shape: the walk keeps its
own stack (nesting cannot exhaust Python's) and passes over what it does not understand.
"""

from dataclasses import dataclass

import orjson

from solaris.gateway.body.image_tokens import image_tokens
from solaris.gateway.body.media import Kind, measure
from solaris.gateway.models.facts import image_family
from solaris.gateway.shapes.media import MediaPart, media_part

# OpenAI's counting rule (cookbook, "How to count tokens with tiktoken"): tokens around each
# message, one more where it has a name, and the answer is primed with three.
MESSAGE_TOKENS = 3
NAME_TOKENS = 1
REPLY_TOKENS = 3

# Each of these words is one token of o200k_base.
_ROLES = frozenset({"system", "developer", "user", "assistant", "tool", "function"})

# Addresses, labels and base64: sent along, but no text that the model reads.
# Of the silent ones, those that are short where they are what they say.
_LABEL_KEYS = frozenset(
    {
        *("call_id", "id", "tool_call_id", "tool_use_id", "status", "phase", "role", "type"),
        *("detail", "url", "file_id"),
    }
)
LABEL_CHARACTERS = 256
_SILENT_KEYS = frozenset(
    {
        "annotations",
        "b64_json",
        "cache_control",
        "call_id",
        "citations",
        "data",
        "detail",
        "file_data",
        "file_id",
        "file_url",
        "id",
        "image_url",
        "logprobs",
        "phase",
        "role",
        "status",
        "tool_call_id",
        "tool_use_id",
        "type",
        "url",
    }
)

# Reasoning, compacted history and search results that the upstream gives out encrypted and reads
# again: base64 of text, at the rate of text, about four characters a token.
_OPAQUE_KEYS = frozenset({"encrypted_content", "signature", "thought_signature"})
_OPAQUE_CHARACTERS_A_TOKEN = 4

# A reference's id: an address may be of any length.
REFERENCE_CHARACTERS = 200

# Arguments of a tool call, where they come as an object rather than as text.
_JSON_KEYS = frozenset({"arguments", "input"})


@dataclass(frozen=True, slots=True)
class Prompt:
    """A prompt's size, and what of it only the upstream can know.

    `tokens` is all that could be counted. `references` are the things on the upstream's side that
    the body only names, as `kind:id`, each once, in the order of the body: `previous_response_id`,
    `conversation`, `prompt` (a stored one), `container`, `item` (of an earlier response), `audio`
    (an earlier answer's), `file` (by id) and `url` (a file by URL, cut to 200 characters). Any of
    them may be as large as the model's context.
    """

    tokens: int
    references: tuple[str, ...] = ()
    has_media: bool = False


class PromptText:
    """What a body holds: pieces of text, tokens that are not text, names of what is elsewhere.

    `model` says by which rule images count.
    """

    __slots__ = ("_model", "has_media", "pieces", "references", "tokens")

    def __init__(self, model: str = "") -> None:
        self._model = model
        self.pieces: list[str] = []
        self.tokens = 0
        self.references: dict[str, None] = {}
        self.has_media = False

    def joined(self) -> str:
        """One text for one tokenizer call; the line breaks keep the pieces' tokens apart."""
        return "\n".join(self.pieces)

    def add(self, value: object) -> None:
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

    def add_json(self, value: object) -> None:
        """Add a tool definition, a schema or arguments as compact JSON, the closest to its cost."""
        if not isinstance(value, (dict, list)) or not value:
            return
        try:
            self.pieces.append(orjson.dumps(value).decode())
        except orjson.JSONEncodeError:  # nested deeper than orjson writes (254 levels)
            self._add_keys_and_text(value)

    def add_message(self, message: object) -> None:
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
            self.refer("audio", message.get("audio"))  # an earlier answer's
        self.add(message)

    def add_messages(self, messages: object) -> None:
        """Add a conversation and the priming of its answer."""
        self.tokens += REPLY_TOKENS
        if isinstance(messages, list):
            for message in messages:
                self.add_message(message)

    def refer(self, kind: str, value: object) -> None:
        """Note something on the upstream's side by its id, a text or an object with `id`."""
        known = value.get("id") if isinstance(value, dict) else value
        if isinstance(known, str) and known:
            self.references[f"{kind}:{known[:REFERENCE_CHARACTERS]}"] = None

    def add_input(self, value: object) -> None:
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

    def _add_part(self, part: dict[str, object], waiting: list[object]) -> None:
        media = media_part(part)
        if media is not None:
            self._add_media(media)
            self._add_labels(part, waiting)
            return
        kind = part.get("type")
        if kind == "item_reference":
            self.refer("item", part)
        elif kind == "document":
            waiting.append(_document_text(part))
            return
        elif kind == "redacted_thinking":
            self._add_opaque(part.get("data"))
        for key in reversed(part):
            value = part[key]
            if key in _JSON_KEYS and isinstance(value, dict):
                self.add_json(value)
            elif key in _OPAQUE_KEYS:
                self._add_opaque(value)
            elif key not in _SILENT_KEYS or _is_too_long(key, value):
                waiting.append(value)

    def _add_media(self, media: MediaPart) -> None:
        self.has_media = True
        family = image_family(self._model)
        for data in media.data:
            weighed = measure(
                data,
                media.kind,
                family,
                media_type=media.media_type,
                name=media.name,
                detail=media.detail,
            )
            self.tokens += weighed.tokens
            if weighed.text:
                self.pieces.append(weighed.text)
        if media.kind is Kind.IMAGE:
            # elsewhere, or in a field unknown here: an image is at most the family's largest
            elsewhere = len(media.urls) + len(media.file_ids) or not media.data
            self.tokens += elsewhere * image_tokens(family, None, media.detail)
            return
        for url in media.urls:
            self.refer("url", url)
        for file_id in media.file_ids:
            self.refer("file", file_id)

    def _add_labels(self, part: dict[str, object], waiting: list[object]) -> None:
        """Add what a file is called: an upstream shows it to the model."""
        inner = part.get("file")
        waiting.append(inner.get("filename") if isinstance(inner, dict) else None)
        waiting.extend(part.get(key) for key in ("filename", "title", "context"))

    def _add_opaque(self, value: object) -> None:
        if isinstance(value, str):
            self.tokens += -(-len(value) // _OPAQUE_CHARACTERS_A_TOKEN)

    def _add_keys_and_text(self, value: object) -> None:
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


def _document_text(part: dict[str, object]) -> list[object]:
    """Text of an Anthropic document whose source is plain text or blocks."""
    source = part["source"]
    contents = (source.get("data"), source.get("content")) if isinstance(source, dict) else ()
    return [part.get("title"), part.get("context"), *contents]


def _is_too_long(key: str, value: object) -> bool:
    """An id or a label of a length that only a text has; templates of open models show them."""
    return key in _LABEL_KEYS and isinstance(value, str) and len(value) > LABEL_CHARACTERS
