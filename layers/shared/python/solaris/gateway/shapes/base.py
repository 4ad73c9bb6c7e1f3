"""What the metered endpoints have in common; each one says only what differs.

A body is what an untrusted client sent: any field may be of any type. Only `validate` raises, and
only `MalformedBodyError`; every other method reads what it understands and passes over the rest.
"""

import json
from collections.abc import Container
from typing import ClassVar, TypeGuard

import orjson

from solaris.gateway import tokenizer as tokens
from solaris.gateway.shapes.text import Prompt, PromptText
from solaris.quota.usage import TokenCounts

Body = dict[str, object]

MODEL_CHARACTERS = 200
MOST_CHOICES = 128
ERROR_CHARACTERS = 200
# Some clients write -1 for "no maximum".
UNSTATED_MAXIMUM = -1
LARGEST_MAXIMUM = 2**31 - 1
# Anthropic refuses a thinking budget below this, or one that is not below `max_tokens`.
LEAST_THINKING_TOKENS = 1_024


class MalformedBodyError(ValueError):
    """A body lacks what the gateway itself relies on; the message names the field."""


class ApiShape:
    """How one endpoint writes its requests, answers and stream frames."""

    endpoint: ClassVar[str]
    completes: ClassVar[bool] = True

    # Fields that limit the answer of one choice, and fields that ask for several choices.
    _maximum_fields: ClassVar[tuple[str, ...]] = ()
    _choice_fields: ClassVar[tuple[str, ...]] = ()
    _input_field: ClassVar[str]
    _input_types: ClassVar[tuple[type, ...]] = (str, list)
    _input_required: ClassVar[bool] = True

    def validate(self, body: object) -> None:
        """Check what the gateway relies on and leave the rest to the upstream.

        Raises MalformedBodyError.
        """
        if not isinstance(body, dict):
            raise MalformedBodyError("the body must be a JSON object")
        _check_model(body.get("model"))
        for field in self._maximum_fields:
            stated = body.get(field)
            if stated is not None and stated != UNSTATED_MAXIMUM and not is_maximum(stated):
                raise MalformedBodyError(f"{field} must be a whole number from 1 up")
        for field in self._choice_fields:
            if body.get(field) is not None and not _is_choice_count(body[field]):
                raise MalformedBodyError(f"{field} must be a whole number from 1 to {MOST_CHOICES}")
        if not isinstance(body.get("stream"), bool | None):
            raise MalformedBodyError("stream must be true or false")
        self._check_input(body.get(self._input_field))

    def model(self, body: Body) -> str:
        """Return the model that the client asks for, empty when it names none."""
        model = as_object(body).get("model")
        return model if isinstance(model, str) else ""

    def is_stream(self, body: Body) -> bool:
        """True when the client asks for server-sent events."""
        return self.completes and as_object(body).get("stream") is True

    def max_completion_tokens(self, body: Body) -> int | None:
        """Return the client's own maximum over all choices; None when unstated.

        Of two stated fields the larger counts: which one the upstream obeys is not known.
        """
        stated = self._stated_maxima(as_object(body))
        return max(stated.values()) * self.choices(body) if stated else None

    def maxima_of(self, body: Body) -> dict[str, int]:
        """Return the fields of a body that state a maximum of one choice."""
        return self._stated_maxima(body)

    def asks_reasoning(self, body: Body) -> bool:
        """True when the client asks for reasoning, which the upstream need not show."""
        effort = body.get("reasoning_effort")
        thinking = as_object(body.get("thinking")).get("type", "disabled")
        return (
            (isinstance(effort, str) and effort != "none")
            or bool(body.get("reasoning"))
            or thinking != "disabled"
            or body.get("enable_thinking") is True
        )

    def choices(self, body: Body) -> int:
        """Return how many answers one request gives, at least 1."""
        fields = as_object(body)
        stated = (fields.get(name) for name in self._choice_fields)
        return max((one for one in stated if _is_choice_count(one)), default=1)

    def prompt_tokens(self, body: Body) -> int:
        """Estimate the prompt, in tokens; see `prompt`."""
        return self.prompt(body).tokens

    def prompt(self, body: Body) -> Prompt:
        """Weigh what the model is asked to read; images by the rule of the body's model.

        Takes as long as `tokens.estimate`, which says when to leave it to a thread, and some
        0.1 s more for each 10 MB of PDFs.
        """
        text = PromptText(self.model(body))
        self._collect(as_object(body), text)
        return Prompt(
            tokens=tokens.estimate(text.joined(), text.tokens),
            references=tuple(text.references),
            has_media=text.has_media,
        )

    def with_maximum(
        self, body: Body, cap_tokens: int | None, *, refused: Container[str] = ()
    ) -> Body:
        """Return a copy that states its maximum as the upstream reads it.

        `cap_tokens`, over all choices, lowers a stated maximum and never raises it; each choice
        keeps at least one token. Without a cap and a stated maximum nothing is said. A field in
        `refused` is not used, because the upstream has refused it for this model.
        """
        fields = as_object(body)
        sent = {name: fields[name] for name in fields if name not in self._maximum_fields}
        stated = self._stated_maxima(fields)
        if not stated and cap_tokens is None:
            return sent
        share = LARGEST_MAXIMUM if cap_tokens is None else max(1, cap_tokens // self.choices(body))
        largest = max(stated.values(), default=LARGEST_MAXIMUM)
        for field in self._spellings(fields, stated, refused):
            sent[field] = min(stated.get(field, largest), share)
        return _with_smaller_thinking(sent, min(largest, share))

    def for_streaming(self, body: Body) -> Body:
        """Return the body that makes the upstream state its usage in the stream."""
        return body

    def without_stream_options(self, body: Body) -> Body:
        """Return the body for an upstream that refuses to be asked for its usage."""
        return body

    def wants_usage_frame(self, body: Body) -> bool:  # noqa: ARG002 - only OpenAI's chat asks for it
        """True when the client gets a frame of usage; False: it is hidden from it."""
        return True

    def usage_of_body(self, answer: object) -> TokenCounts | None:
        """Return the usage that a buffered answer states; None when it states none."""
        return self._usage(as_object(answer).get("usage"))

    def usage_of_frame(self, frame: object, so_far: TokenCounts | None) -> TokenCounts | None:
        """Return the usage known after this parsed frame of a stream."""
        return self._usage(as_object(frame).get("usage")) or so_far

    def is_finish(self, frame: object) -> bool:  # noqa: ARG002 - each API has its own word for it
        """True for a frame that says why the answer has ended: what is stated then is final."""
        return False

    def is_provisional(self, frame: object) -> bool:  # noqa: ARG002 - only Anthropic states usage twice
        """True for a frame whose usage is a first figure, to be replaced by a later frame."""
        return False

    def error_of_frame(self, frame: object) -> str | None:
        """Return what a frame tells of a failure, None when it tells of none."""
        return told_error(frame)

    def error_of_body(self, answer: object) -> str | None:
        """Return what a buffered answer of status 200 tells of a failure, None if nothing."""
        return told_error(answer)

    def model_of(self, answer: object) -> str | None:
        """Return the model that says it has answered: of a body or a frame."""
        return as_model(as_object(answer).get("model"))

    def response_id_of(self, answer: object) -> str | None:  # noqa: ARG002 - only /v1/responses keeps them
        """Return the id by which a later request may refer to this answer."""
        return None

    def frame_of_usage(self, usage: dict[str, object]) -> object:
        """Return the frame that would state this usage, for one that was too long to parse."""
        return {"usage": usage}

    def is_usage_only(self, frame: object) -> bool:  # noqa: ARG002 - as above
        """True for a frame that holds the usage and nothing of the answer."""
        return False

    def text_of_frame(self, frame: object) -> str:  # noqa: ARG002 - embeddings deliver no text
        """Return the text that one frame delivered, to count an answer that was cut off."""
        return ""

    def text_of_body(self, answer: object) -> str:  # noqa: ARG002 - as above
        """Return the text of a buffered answer, to count one that states no usage."""
        return ""

    def is_terminal(self, event_name: bytes, data: bytes) -> bool:  # noqa: ARG002 - OpenAI names none
        """True for the last frame of a stream: OpenAI's `data: [DONE]`.

        `data` may be the first 200 bytes only; a frame without data is never the last.
        """
        return data.strip() == b"[DONE]"

    def _collect(self, body: Body, text: PromptText) -> None:
        """Put everything that the model reads into `text`."""
        text.add_input(body.get(self._input_field))

    def _usage(self, usage: object) -> TokenCounts | None:
        raise NotImplementedError

    def _spellings(
        self,
        body: Body,  # noqa: ARG002 - chat chooses by the model
        stated: Container[str],  # noqa: ARG002 - as above
        refused: Container[str],
    ) -> list[str]:
        """The fields in which a maximum is stated to the upstream."""
        fields = [name for name in self._maximum_fields if name not in refused]
        return fields or list(self._maximum_fields[:1])

    def _stated_maxima(self, body: Body) -> dict[str, int]:
        stated = ((name, body.get(name)) for name in self._maximum_fields)
        return {name: one for name, one in stated if is_maximum(one)}

    def _check_input(self, value: object) -> None:
        if value is None and not self._input_required:
            return
        if not isinstance(value, self._input_types):
            kinds = "text or a list" if str in self._input_types else "a list"
            raise MalformedBodyError(f"{self._input_field} must be {kinds}")


def parse_json(data: bytes) -> object:
    """JSON as upstreams really write it: also NaN, Infinity and half a surrogate pair.

    orjson is fast and refuses what the standard forbids; Python's own parser reads it. An answer
    that states its usage must not go unread for a `-Infinity` among its log probabilities. Raises
    ValueError for what is no JSON to either parser.
    """
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError:
        try:
            return json.loads(data)
        except RecursionError as error:
            raise ValueError("nested too deeply") from error


def as_object(value: object) -> dict[str, object]:
    """Return the value if it is a JSON object, else an empty one."""
    return value if isinstance(value, dict) else {}


def objects_in(value: object, key: str) -> list[dict[str, object]]:
    """Return the JSON objects in the list at `key`."""
    found = as_object(value).get(key)
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _with_smaller_thinking(body: Body, maximum: int) -> Body:
    """A budget of thinking that fits below the maximum, as Anthropic wants it; else none."""
    thinking = as_object(body.get("thinking"))
    budget = thinking.get("budget_tokens")
    if not isinstance(budget, int) or budget < maximum:
        return body
    if maximum > LEAST_THINKING_TOKENS:
        return {**body, "thinking": {**thinking, "budget_tokens": maximum - 1}}
    return {**body, "thinking": {"type": "disabled"}}


def is_maximum(value: object) -> TypeGuard[int]:
    """True for a maximum of an answer; 0 asks for none, and upstreams read it as no limit."""
    return is_count(value) and value > 0


def as_model(value: object) -> str | None:
    """Return the name of a model, bounded; None for anything else."""
    return value[:MODEL_CHARACTERS] if isinstance(value, str) and value else None


def told_error(value: object) -> str | None:
    """Return the text of an `error` that is an object or a text; None when there is none."""
    error = as_object(value).get("error")
    if not error or isinstance(error, bool | int | float):
        return None
    if isinstance(error, str):
        return error[:ERROR_CHARACTERS]
    message = as_object(error).get("message")
    if not isinstance(message, str) or not message:
        message = as_object(error).get("type") or "error"
    return str(message)[:ERROR_CHARACTERS]


def is_count(value: object) -> TypeGuard[int]:
    """True for a whole number from 0 up (True is an int to Python, but no count)."""
    return type(value) is int and value >= 0


def _is_choice_count(value: object) -> TypeGuard[int]:
    return type(value) is int and 1 <= value <= MOST_CHOICES


def _check_model(model: object) -> None:
    if not isinstance(model, str) or not model.strip():
        raise MalformedBodyError("model must be the name of a model")
    if len(model) > MODEL_CHARACTERS or not model.isprintable():
        raise MalformedBodyError(f"model must be at most {MODEL_CHARACTERS} printable characters")
