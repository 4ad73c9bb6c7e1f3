"""Usage as the upstreams state it, read into `TokenCounts`.

A figure that is no whole number from 0 to 10**12 counts as not stated; a stated zero is zero.
None means that the usage is not stated, and then the caller estimates it.
"""

from typing import Any

from solaris.domain.usage import TokenCounts

LARGEST_FIGURE = 10**12


def chat_usage(usage: Any) -> TokenCounts | None:
    """Read the usage of /v1/chat/completions and /v1/completions."""
    if not isinstance(usage, dict):
        return None
    cached = _figure(usage.get("prompt_tokens_details"), "cached_tokens")
    if cached is None:
        cached = _figure(usage, "prompt_cache_hit_tokens")  # DeepSeek
    return _counts(
        prompt=_figure(usage, "prompt_tokens"),
        completion=_figure(usage, "completion_tokens"),
        total=_figure(usage, "total_tokens"),
        cached=cached,
        reasoning=_figure(usage.get("completion_tokens_details"), "reasoning_tokens"),
    )


def embeddings_usage(usage: Any) -> TokenCounts | None:
    """Read the usage of /v1/embeddings, where the prompt is all there is."""
    prompt = _figure(usage, "prompt_tokens")
    if prompt is None:
        prompt = _figure(usage, "total_tokens")
    return None if prompt is None else TokenCounts(prompt_tokens=prompt)


def responses_usage(usage: Any) -> TokenCounts | None:
    """Read the usage of /v1/responses."""
    if not isinstance(usage, dict):
        return None
    return _counts(
        prompt=_figure(usage, "input_tokens"),
        completion=_figure(usage, "output_tokens"),
        total=_figure(usage, "total_tokens"),
        cached=_figure(usage.get("input_tokens_details"), "cached_tokens"),
        reasoning=_figure(usage.get("output_tokens_details"), "reasoning_tokens"),
    )


def messages_usage(usage: Any, so_far: TokenCounts | None = None) -> TokenCounts | None:
    """Read Anthropic's usage, laid over what an earlier frame stated.

    Its `input_tokens` leave out what is written to or read from the cache; ours hold everything.
    Figures of a stream are cumulative, and a frame may repeat only some parts of the prompt, so
    the larger prompt is the true one.
    """
    if not isinstance(usage, dict):
        return so_far
    read = _figure(usage, "cache_read_input_tokens")
    prompt = _figure(usage, "input_tokens")
    if prompt is None and so_far is None:
        return None
    before = TokenCounts() if so_far is None else so_far
    cached = before.cached_tokens if read is None else read
    if prompt is None:
        prompt = before.prompt_tokens
    else:
        prompt += cached + (_figure(usage, "cache_creation_input_tokens") or 0)
        prompt = max(prompt, before.prompt_tokens)
    completion = _figure(usage, "output_tokens")
    if completion is None:
        completion = before.completion_tokens
    reasoning = _figure(usage.get("output_tokens_details"), "thinking_tokens")
    if reasoning is None:
        reasoning = before.reasoning_tokens
    return TokenCounts(prompt, completion, min(cached, prompt), min(reasoning, completion))


def _figure(fields: Any, key: str) -> int | None:
    value = fields.get(key) if isinstance(fields, dict) else None
    # type(), not isinstance(): True is an int.
    return value if type(value) is int and 0 <= value <= LARGEST_FIGURE else None


def _counts(
    *,
    prompt: int | None,
    completion: int | None,
    total: int | None,
    cached: int | None,
    reasoning: int | None,
) -> TokenCounts | None:
    """Complete the figures: of prompt, completion and total any two, or the total, will do.

    A total above the sum holds reasoning that the upstream left out of the completion (xAI, and
    Gemini's OpenAI endpoint): it is billed as completion, so it counts as completion.
    """
    if prompt is None and completion is None:
        return None if total is None else TokenCounts(prompt_tokens=total)
    if prompt is None:
        if total is None:
            return None
        prompt = max(total - (completion or 0), 0)
    if completion is None:
        if total is None:
            return None
        completion = 0
    if total is not None:
        completion = max(completion, total - prompt)
    return TokenCounts(
        prompt_tokens=prompt,
        completion_tokens=completion,
        cached_tokens=min(cached or 0, prompt),
        reasoning_tokens=min(reasoning or 0, completion),
    )
