"""Usage as the upstreams state it, read into `TokenCounts`.

A figure is a whole number from 0 to 10**12, also as a float without a fraction or as digits in a
string: proxies in other languages write `12.0` and `"12"`. All else counts as not stated; a stated
zero is zero. None means that the usage is not stated, and then the caller estimates it. Nothing
here raises, whatever an upstream sends.

Cache figures stand where the upstream likes: OpenAI and OpenRouter put `cached_tokens` and
`cache_write_tokens` into the details, LiteLLM and Portkey put Anthropic's names beside the totals,
DeepSeek and Moonshot have names of their own. Of several statements of one thing the largest holds.
"""

import re
from collections.abc import Iterable
from dataclasses import fields as fields_of
from dataclasses import replace

import orjson

from solaris.quota.usage import TokenCounts

LARGEST_FIGURE = 10**12
MAX_ITERATIONS = 1_000
"""Passes of one answer that are summed up; Anthropic's are a handful."""

_KEY = re.compile(rb'(?<!\\)"usage"\s*:\s*(?=\{)')
_LONGEST_KEY_BYTES = 64
MAX_USAGE_BYTES = 16 * 1024

_DIGITS = re.compile(r"\d{1,13}", re.ASCII)
_COUNTS = tuple(one.name for one in fields_of(TokenCounts))
_CACHE_READS = (
    *("cache_read_input_tokens", "cached_tokens", "cached_read_tokens", "cache_read_tokens"),
    "prompt_cache_hit_tokens",
)
_CACHE_WRITES = (
    *("cache_creation_input_tokens", "cache_write_tokens", "cache_creation_tokens"),
    *("cached_write_tokens", "cache_write_input_tokens"),
)
_FIVE_MINUTES, _HOUR = "ephemeral_5m_input_tokens", "ephemeral_1h_input_tokens"


def chat_usage(usage: object) -> TokenCounts | None:
    """Read the usage of /v1/chat/completions and /v1/completions."""
    if not isinstance(usage, dict):
        return None
    return _with_passes(_openai_counts(usage, "prompt", "completion"), usage)


def embeddings_usage(usage: object) -> TokenCounts | None:
    """Read the usage of /v1/embeddings, where the prompt is all there is."""
    stated = [_figure(usage, name) for name in ("prompt_tokens", "total_tokens")]
    figures = [one for one in stated if one is not None]
    return TokenCounts(prompt_tokens=max(figures)) if figures else None


def responses_usage(usage: object) -> TokenCounts | None:
    """Read the usage of /v1/responses."""
    if not isinstance(usage, dict):
        return None
    return _with_passes(_openai_counts(usage, "input", "output"), usage)


def messages_usage(usage: object, so_far: TokenCounts | None = None) -> TokenCounts | None:
    """Read Anthropic's usage, laid over what an earlier frame stated.

    Its `input_tokens` leave out what is written to or read from the cache; ours hold everything.
    Figures of a stream are cumulative, and a frame may repeat only some parts of the prompt, so
    the larger prompt is the true one. Where the passes of the answer are stated, what is billed is
    their sum (`_billed_passes`).
    """
    if not isinstance(usage, dict):
        return so_far
    prompt = _figure(usage, "input_tokens")
    billed = _billed_passes(usage.get("iterations"))
    if prompt is None and so_far is None:
        return billed
    before = TokenCounts() if so_far is None else so_far
    read, written, hour = _anthropic_cache(usage)
    cached = before.cached_tokens if read is None else read
    if prompt is None:
        prompt = before.prompt_tokens
    else:
        prompt += cached + (written or 0)
        if billed is None:
            prompt = max(prompt, before.prompt_tokens)  # else it may be that of an unbilled attempt
    if written is None:
        written, hour = before.cache_write_tokens, before.cache_write_1h_tokens
    completion = _figure(usage, "output_tokens")
    if completion is None:
        completion = before.completion_tokens
    reasoning = _figure(usage.get("output_tokens_details"), "thinking_tokens")
    if reasoning is None:
        reasoning = before.reasoning_tokens
    stated = TokenCounts(prompt, completion, cached, reasoning, written, hour)
    return _larger(_fitted(stated), billed)


def _openai_counts(usage: dict[str, object], prompt: str, completion: str) -> TokenCounts | None:
    """Usage in OpenAI's shape; `prompt` and `completion` are what this API calls the two."""
    details = usage.get(f"{prompt}_tokens_details")
    reasoning = _figure(usage.get(f"{completion}_tokens_details"), "reasoning_tokens")
    by_age = _by_age(usage.get("cache_creation"))
    if by_age is None and isinstance(details, dict):
        by_age = _by_age(details.get("cache_creation_token_details"))  # LiteLLM
    written = _largest((usage, details), _CACHE_WRITES) or 0
    if by_age is not None:
        written = max(written, sum(by_age))
    return _counts(
        prompt=_figure(usage, f"{prompt}_tokens"),
        completion=_figure(usage, f"{completion}_tokens"),
        total=_figure(usage, "total_tokens"),
        cached=_largest((usage, details), _CACHE_READS) or 0,
        reasoning=reasoning or 0,
        written=written,
        hour=0 if by_age is None else by_age[1],
    )


def _counts(
    *,
    prompt: int | None,
    completion: int | None,
    total: int | None,
    cached: int,
    reasoning: int,
    written: int,
    hour: int,
) -> TokenCounts | None:
    """Complete the figures: of prompt, completion and total any two, or the total, will do.

    What a total holds above the sum was left out of one of the two. It is prompt where it is what
    went through the cache (Bedrock, Portkey), else completion: reasoning that the upstream left
    out of it (xAI, and Gemini's OpenAI endpoint) and bills as completion.
    """
    if prompt is None and completion is None:
        if total is None:
            return None
        prompt, completion = total, 0
    elif prompt is None:
        if total is None:
            return None
        prompt = max(total - (completion or 0), 0)
    if completion is None:
        if total is None:
            return None
        completion = 0
    excess = None if total is None else max(total - prompt - completion, 0)
    outside = _outside_prompt(prompt, cached, written, reasoning, excess)
    prompt += outside
    completion += max((excess or 0) - outside, 0)
    return _fitted(TokenCounts(prompt, completion, cached, reasoning, written, hour))


def _outside_prompt(
    prompt: int, cached: int, written: int, reasoning: int, excess: int | None
) -> int:
    """How much of the cache figures the stated prompt leaves out.

    OpenAI's prompt holds them all; LiteLLM leaves Bedrock's writes out of it, Portkey writes and
    reads, CLIProxyAPI reads even out of the total. Known by the excess of the total, or because
    they are more than the prompt can hold.
    """
    if excess and excess != reasoning:
        for part in (cached + written, written, cached):
            if part and excess in (part, part + reasoning):
                return part
    if cached + written > prompt:
        return min(excess, cached + written) if excess else cached + written
    return 0


def _with_passes(counts: TokenCounts | None, usage: dict[str, object]) -> TokenCounts | None:
    """LiteLLM hands Anthropic's passes on in OpenAI's shape, its totals with or without them."""
    billed = _billed_passes(usage.get("iterations"))
    return billed if counts is None else _larger(counts, billed)


def _larger(counts: TokenCounts, billed: TokenCounts | None) -> TokenCounts:
    if billed is None or billed.total_tokens <= counts.total_tokens:
        return counts
    # the passes do not state reasoning
    return _fitted(replace(billed, reasoning_tokens=counts.reasoning_tokens))


def _billed_passes(iterations: object) -> TokenCounts | None:
    """The sum of what Anthropic bills of `usage.iterations`; None where they are not stated.

    The totals beside them leave out `compaction` and `advisor_message` passes and the attempts
    before a `fallback_message`: the passes are the record of what is billed. Among attempts, one
    that declined before it wrote anything is reported and not billed; it is a `message` (or
    `fallback_message`) without output in a list that has a `fallback_message`. From Anthropic's
    pages "Compaction", "Advisor tool" and "Refusals and fallback". A pass of another type counts.
    """
    if not isinstance(iterations, list):
        return None
    passes = [one for one in iterations[:MAX_ITERATIONS] if isinstance(one, dict)]
    if any(one.get("type") == "fallback_message" for one in passes):
        passes = [one for one in passes if not _is_declined(one)]
    return _summed(counts for one in passes if (counts := _of_pass(one)) is not None)


def _is_declined(one: dict[str, object]) -> bool:
    is_attempt = one.get("type") in ("message", "fallback_message")
    return is_attempt and not _figure(one, "output_tokens")


def _of_pass(one: dict[str, object]) -> TokenCounts | None:
    prompt, completion = _figure(one, "input_tokens"), _figure(one, "output_tokens")
    read, written, hour = _anthropic_cache(one)
    if prompt is None and completion is None:
        return None
    whole = (prompt or 0) + (read or 0) + (written or 0)
    return TokenCounts(whole, completion or 0, read or 0, 0, written or 0, hour)


def _summed(passes: Iterable[TokenCounts]) -> TokenCounts | None:
    found = list(passes)
    if not found:
        return None
    return _fitted(
        TokenCounts(**{name: sum(getattr(one, name) for one in found) for name in _COUNTS})
    )


def _anthropic_cache(usage: dict[str, object]) -> tuple[int | None, int | None, int]:
    """What was read from the cache, what was written, and the part written for an hour."""
    written = _figure(usage, "cache_creation_input_tokens")
    by_age = _by_age(usage.get("cache_creation"))
    if by_age is not None:
        written = max(written or 0, sum(by_age))
    return _figure(usage, "cache_read_input_tokens"), written, by_age[1] if by_age else 0


def _by_age(fields: object) -> tuple[int, int] | None:
    """Writes kept for five minutes and for an hour."""
    minutes, hour = _figure(fields, _FIVE_MINUTES), _figure(fields, _HOUR)
    return None if minutes is None and hour is None else (minutes or 0, hour or 0)


def _largest(places: Iterable[object], names: Iterable[str]) -> int | None:
    names = tuple(names)
    found = [_figure(place, name) for place in places for name in names]
    return max((one for one in found if one is not None), default=None)


def _fitted(counts: TokenCounts) -> TokenCounts:
    """The same with no part greater than its whole, and no whole greater than 10**12."""
    prompt = min(counts.prompt_tokens, LARGEST_FIGURE)
    completion = min(counts.completion_tokens, LARGEST_FIGURE)
    cached = min(counts.cached_tokens, prompt)
    written = min(counts.cache_write_tokens, prompt - cached)
    return TokenCounts(
        prompt_tokens=prompt,
        completion_tokens=completion,
        cached_tokens=cached,
        reasoning_tokens=min(counts.reasoning_tokens, completion),
        cache_write_tokens=written,
        cache_write_1h_tokens=min(counts.cache_write_1h_tokens, written),
    )


def _figure(fields: object, key: str) -> int | None:
    value = fields.get(key) if isinstance(fields, dict) else None
    if isinstance(value, str):
        value = int(value) if _DIGITS.fullmatch(value) else None
    elif isinstance(value, float):
        value = int(value) if value.is_integer() else None
    # type(), not isinstance(): True is an int.
    return value if type(value) is int and 0 <= value <= LARGEST_FIGURE else None


class UsageScanner:
    """Finds the usage in a frame that is too long to be kept, while its parts pass by.

    A tool's output or an image may make the last event of /v1/responses larger than memory should
    hold. Its usage is a small object under the key "usage"; text cannot fake that key, because
    inside a JSON text the quotes are escaped. The last one counts, wherever the bytes are cut.
    """

    def __init__(self) -> None:
        self._kept = b""
        self._found: dict[str, object] | None = None

    def feed(self, part: bytes) -> None:
        """Take the next bytes."""
        data = self._kept + part
        keep_from = max(0, len(data) - _LONGEST_KEY_BYTES)
        for key in _KEY.finditer(data):
            value = _object_at(data, key.end())
            if value is not None:
                self._found = value
            elif len(data) - key.end() < MAX_USAGE_BYTES:
                # its end is still to come
                keep_from = min(keep_from, key.start())
        self._kept = data[keep_from:]

    def found(self) -> dict[str, object] | None:
        """The last whole usage object, None if there was none."""
        return self._found


def _object_at(data: bytes, start: int) -> dict[str, object] | None:
    """The JSON object that begins at `start`; None while it is not whole, or is none."""
    depth = 0
    for position in range(start, min(len(data), start + MAX_USAGE_BYTES)):
        byte = data[position]
        if byte == ord("{"):
            depth += 1
        elif byte == ord("}"):
            depth -= 1
            if depth == 0:
                try:
                    value = orjson.loads(data[start : position + 1])
                except orjson.JSONDecodeError:
                    return None
                return value if isinstance(value, dict) else None
    return None
