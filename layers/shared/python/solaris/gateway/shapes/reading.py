"""What a buffered answer of status 2xx says: its usage, or that it is none. Pure but for counting.

Not every 200 is an answer. An error inside it, a page of HTML or nothing at all delivers nothing,
so nothing is charged and the client gets a 502. Whatever else it is, it is never charged less
than it says: LiteLLM answers a list for a list of models, and each of its elements was billed.
"""

from dataclasses import dataclass, fields, replace

from solaris.gateway import tokenizer as tokens
from solaris.gateway.shapes.all import ApiShape
from solaris.gateway.shapes.base import parse_json
from solaris.gateway.shapes.usage import UsageScanner
from solaris.gateway.sse import DeliveredText, SseRelay
from solaris.quota.usage import TokenCounts

_EVENT_STREAM_BEGINS = (b"data:", b"event:", b":")


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read of one answer.

    `error` is what it tells of a failure; `is_answer` is False when it delivered nothing and
    states no usage, and then nothing is charged.
    """

    counts: TokenCounts
    estimated: bool
    is_answer: bool = True
    error: str | None = None
    model: str | None = None
    response_id: str | None = None


def read_body(shape: ApiShape, body: bytes, prompt_tokens: int) -> Reading:
    """Read an answer; `prompt_tokens` is the estimate that stands in for what is not stated."""
    text = body.strip()
    if not text:
        return _nothing("the answer is empty")
    try:
        value = parse_json(text)
    except ValueError:
        return _read_text(shape, text, prompt_tokens)
    if isinstance(value, list):
        return _read_list(shape, value, prompt_tokens)
    if isinstance(value, dict):
        return _read_object(shape, value, prompt_tokens)
    if value is None:
        return _nothing("the answer is null")
    return _delivered(str(value), prompt_tokens)


def completed(
    stated: TokenCounts, delivered_tokens: int, prompt_tokens: int
) -> tuple[TokenCounts, bool]:
    """Return stated figures with what is missing in them, and whether something was.

    A stated zero is zero, unless something was delivered: some upstreams write zeros where they
    have not counted (Ollama, LocalAI with tools, CometAPI).
    """
    if not delivered_tokens or (stated.prompt_tokens and stated.completion_tokens):
        return stated, False
    counts = replace(
        stated,
        prompt_tokens=stated.prompt_tokens or prompt_tokens,
        completion_tokens=stated.completion_tokens or delivered_tokens,
    )
    return counts, True


def _read_object(shape: ApiShape, value: dict[str, object], prompt_tokens: int) -> Reading:
    stated = shape.usage_of_body(value)
    told = shape.error_of_body(value)
    model, response_id = shape.model_of(value), shape.response_id_of(value)
    needs_text = stated is None or not (stated.prompt_tokens and stated.completion_tokens)
    delivered = tokens.estimate(shape.text_of_body(value)) if needs_text else 0
    if stated is None:
        if told is not None and not delivered:
            return _nothing(told)
        counts, estimated = TokenCounts(prompt_tokens, delivered), True
    else:
        counts, estimated = stated, False
        if shape.completes:
            counts, estimated = completed(stated, delivered, prompt_tokens)
        elif not stated.prompt_tokens and value.get("data"):
            counts, estimated = TokenCounts(prompt_tokens), True
        if told is not None and not counts.total_tokens:
            return _nothing(told)
    return Reading(counts, estimated, error=told, model=model, response_id=response_id)


def _read_list(shape: ApiShape, values: list[object], prompt_tokens: int) -> Reading:
    """Each element for itself; the prompt is estimated for each that states nothing."""
    read = [
        _read_object(shape, one, prompt_tokens)
        if isinstance(one, dict)
        else _delivered(str(one), prompt_tokens)
        for one in values
    ]
    told = next((one.error for one in read if one.error), None)
    answers = [one for one in read if one.is_answer]
    if not answers:
        return _nothing(told or "the answer is an empty list")
    counts = TokenCounts()
    for one in answers:
        counts = _sum(counts, one.counts)
    estimated = any(one.estimated for one in answers)
    return Reading(counts, estimated, error=told, model=answers[0].model)


def _read_text(shape: ApiShape, text: bytes, prompt_tokens: int) -> Reading:
    """No JSON: events that nobody asked for, a page of a proxy in between, or plain text."""
    if text.startswith(b"<"):
        return _nothing("the answer is a page of HTML")
    if text.startswith(_EVENT_STREAM_BEGINS):
        return _read_events(shape, text, prompt_tokens)
    scanner = UsageScanner()
    scanner.feed(text)
    found = scanner.found()
    if found is not None:
        # JSON that is cut or garbled, and states its usage all the same
        return _read_object(shape, {"usage": found}, prompt_tokens)
    return _delivered(text.decode("utf-8", "replace"), prompt_tokens)


def _read_events(shape: ApiShape, text: bytes, prompt_tokens: int) -> Reading:
    relay, delivered = SseRelay(shape, hide_usage_frame=False), DeliveredText(shape)
    delivered.add(relay.feed(text + b"\n\n").now)
    count = delivered.count_tokens()
    if relay.usage is None:
        if relay.error is not None and not count:
            return _nothing(relay.error)
        return Reading(TokenCounts(prompt_tokens, count), estimated=True, model=relay.model)
    counts, estimated = completed(relay.usage, count, prompt_tokens)
    return Reading(counts, estimated, error=relay.error, model=relay.model)


def _sum(one: TokenCounts, other: TokenCounts) -> TokenCounts:
    names = [field.name for field in fields(TokenCounts)]
    return TokenCounts(**{name: getattr(one, name) + getattr(other, name) for name in names})


def _delivered(text: str, prompt_tokens: int) -> Reading:
    return Reading(TokenCounts(prompt_tokens, tokens.estimate(text)), estimated=True)


def _nothing(told: str) -> Reading:
    return Reading(TokenCounts(), estimated=False, is_answer=False, error=told)
