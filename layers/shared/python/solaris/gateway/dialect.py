"""What the upstream has refused before, by API and model: learned once, then not asked again.

OpenAI's API is spoken in dialects. Some upstreams refuse `stream_options` (Mistral: 422), OpenAI
refuses `max_tokens` beside `max_completion_tokens`, and every model refuses a maximum above its
own, and a maximum that leaves the prompt no room in its context. A request that is refused for
something the gateway has added is sent once more without it, or with the figure that was named.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

MAX_MODELS = 1_000
MAX_READ_BYTES = 64 * 1024
REFUSED_STATUSES = frozenset({400, 422})
# What is said of a field that is not taken at all, and not of its value.
_NOT_KNOWN = re.compile(
    r"(?i)unsupported|not supported|unrecognized|unknown|extra|not permitted|not allowed"
    r"|same time|instead|unexpected"
)
# When the upstream says no figure: every chat model of today answers with so many.
MODEST_MAXIMUM_TOKENS = 4_096
# No model has a smaller maximum; a smaller figure in a refusal means something else.
LEAST_FIGURE_TOKENS = 256
STREAM_OPTIONS = "stream_options"

_MAXIMA = ("max_completion_tokens", "max_tokens", "max_output_tokens")
# What no template of a chat adds to a prompt that the gateway has counted, where none is named.
LIKELY_MARGIN_TOKENS = 128
MARGIN_GROWTH = 4

# In LiteLLM's and others' envelopes a quotation mark is escaped.
_QUOTE = r"[\\`'\"]*"
# OpenAI and Azure; Anthropic; Groq, Cohere and pydantic; DeepSeek and DashScope; OpenAI's Responses
# and Volcano Ark; Bedrock; and what some write of a range
_LARGEST_ANSWER = (
    re.compile(r"supports at most (\d{1,9})"),
    re.compile(r"max_tokens: \d+ > (\d{1,9})"),
    re.compile(rf"less than or equal to {_QUOTE}(\d{{1,9}})"),
    re.compile(r"\[1, ?(\d{1,9})\]"),
    re.compile(r"[Ee]xpected a value <= (\d{1,9})"),
    re.compile(r"exceeds the model limit of (\d{1,9})"),
    re.compile(r"between 1 and (\d{1,9})"),
)
_BELOW = re.compile(r"to (\d{1,9}) \(exclusive\)")  # Gemini
# OpenAI, vLLM and OpenRouter; vLLM of 2026, twice; text-generation-inference and Together;
# Anthropic; Mistral; Kimi
_CONTEXT = (
    re.compile(r"maximum context length (?:is|of) (\d{1,9})"),
    re.compile(r"context length is only (\d{1,9})"),
    re.compile(r"cannot be greater than (?:\w+=)+(\d{1,9})"),
    re.compile(r"must be <= (\d{1,9})"),
    re.compile(r"exceed context limit: \d+ \+ \d+ > (\d{1,9})"),
    re.compile(r"too large for model with (\d{1,9}) maximum context"),
    re.compile(r"exceeded model token limit: (\d{1,9})"),
)
# How long the upstream finds the prompt, in the same texts. vLLM of 2026 counts no further than it
# must, so that its figure may be too small.
_PROMPT = (
    re.compile(r"\((\d{1,9}) (?:in the messages|in your prompt|of text input)"),
    re.compile(r"has (\d{1,9}) input tokens"),
    re.compile(rf"Given: (\d{{1,9}}) {_QUOTE}inputs"),
    re.compile(r"exceed context limit: (\d{1,9}) \+"),
    re.compile(r"Prompt contains (\d{1,9}) tokens"),
)
_PROMPT_AT_LEAST = (
    re.compile(r"contains at least (\d{1,9}) input tokens"),
    re.compile(r"You passed (\d{1,9}) input tokens"),
)


@dataclass(frozen=True, slots=True)
class ModelDialect:
    """What is known of one model; figures are tokens, None while the upstream has told none.

    `margin_tokens` is what the upstream counts of a prompt beyond the gateway's estimate.
    """

    refused: frozenset[str] = field(default_factory=frozenset)
    answer_tokens: int | None = None
    context_tokens: int | None = None
    margin_tokens: int = 0

    @property
    def longest_answer_tokens(self) -> int | None:
        """What no answer can be longer than."""
        known = [one for one in (self.answer_tokens, self.context_tokens) if one is not None]
        return min(known, default=None)

    def largest_cap(self, prompt_tokens: int) -> int | None:
        """The largest maximum that the upstream takes beside such a prompt.

        The prompt is an estimate by another tokenizer: an eighth is added to it.
        """
        caps = [] if self.answer_tokens is None else [self.answer_tokens]
        if self.context_tokens is not None:
            read = _with_an_eighth(prompt_tokens) + self.margin_tokens
            caps.append(max(1, self.context_tokens - read))
        return min(caps, default=None)


@dataclass(frozen=True, slots=True)
class SentFields:
    """What was sent beyond the client's own words.

    `maxima` are the fields that state a maximum; `is_own_maximum` tells that the gateway has
    added or lowered it, `asks_usage` that it asks for usage in the stream and for nothing else.
    """

    maxima: Mapping[str, int]
    is_own_maximum: bool
    asks_usage: bool
    prompt_tokens: int


class Dialect:
    """What one upstream has refused, by model; at most 1,000 models are remembered."""

    def __init__(self) -> None:
        self._models: dict[tuple[str, str], ModelDialect] = {}

    def of(self, endpoint: str, model: str) -> ModelDialect:
        """What is known of a model behind one API: the APIs differ in their fields."""
        return self._models.get((endpoint, model), _NOTHING)

    def keep(self, endpoint: str, model: str, known: ModelDialect) -> None:
        """Remember what has helped: a request that was refused before was taken this way.

        A refusal alone is not believed. Its text may quote the client, who could so put a maximum
        of his own into everybody's requests; but what is wrong with his request stays wrong.
        """
        key = (endpoint, model)
        if key not in self._models and len(self._models) >= MAX_MODELS:
            self._models.pop(next(iter(self._models)))
        self._models[key] = known


def learned(known: ModelDialect, status: int, body: bytes, sent: SentFields) -> ModelDialect:
    """What a refusal tells of a model; the same again when it tells of nothing of ours.

    The client's own words are the client's to mend.
    """
    if status not in REFUSED_STATUSES:
        return known
    return _learned(known, body[:MAX_READ_BYTES].decode("utf-8", "replace"), sent)


_NOTHING = ModelDialect()


def _learned(known: ModelDialect, text: str, sent: SentFields) -> ModelDialect:
    if sent.asks_usage and STREAM_OPTIONS in text:
        return replace(known, refused=known.refused | {STREAM_OPTIONS})
    named = [one for one in _MAXIMA if re.search(rf"\b{one}\b", text)]
    if sent.is_own_maximum:
        told = _figures(known, text, sent.prompt_tokens)
        if not _has_room(told, sent.prompt_tokens):
            return known  # the prompt is too long by itself
        largest = told.largest_cap(sent.prompt_tokens)
        # a figure that takes what was sent is not what it was refused for
        if told != known and largest is not None and largest < min(sent.maxima.values()):
            return told
    if len(sent.maxima) > 1 and named and _NOT_KNOWN.search(text) is not None:
        # OpenAI names both and wants the newer; one that is named alone is one that is not known
        refused = "max_tokens" if len(named) > 1 else named[0]
        return replace(known, refused=known.refused | {refused})
    is_named = any(one in sent.maxima for one in named)
    if sent.is_own_maximum and is_named and min(sent.maxima.values()) > MODEST_MAXIMUM_TOKENS:
        return replace(known, answer_tokens=MODEST_MAXIMUM_TOKENS)
    return known


def _figures(known: ModelDialect, text: str, prompt_tokens: int) -> ModelDialect:
    """The figures of a refusal; the same again where there are none."""
    context = _first(_CONTEXT, text)
    if context is not None and context >= LEAST_FIGURE_TOKENS:
        margin = _margin(known, context, text, prompt_tokens)
        return replace(known, context_tokens=context, margin_tokens=margin)
    largest = _first(_LARGEST_ANSWER, text)
    if largest is None:
        below = _first((_BELOW,), text)
        largest = None if below is None else below - 1
    if largest is not None and largest >= LEAST_FIGURE_TOKENS:
        return replace(known, answer_tokens=largest)
    return known


def _has_room(known: ModelDialect, prompt_tokens: int) -> bool:
    read = _with_an_eighth(prompt_tokens) + known.margin_tokens
    return known.context_tokens is None or known.context_tokens > read


def _margin(known: ModelDialect, context: int, text: str, prompt_tokens: int) -> int:
    """What to leave for a prompt that the upstream counts dearer than the gateway."""
    read, least = _first(_PROMPT, text), _first(_PROMPT_AT_LEAST, text)
    more = max(0, (read or least or 0) - _with_an_eighth(prompt_tokens))
    if read is not None:
        return max(known.margin_tokens, more)
    if known.context_tokens == context:  # it was not enough
        more = max(more, known.margin_tokens * MARGIN_GROWTH)
    return max(known.margin_tokens, more, LIKELY_MARGIN_TOKENS)


def _first(patterns: Iterable[re.Pattern[str]], text: str) -> int | None:
    for pattern in patterns:
        found = pattern.search(text)
        if found is not None:
            return int(found[1])
    return None


def _with_an_eighth(tokens: int) -> int:
    return tokens + tokens // 8
