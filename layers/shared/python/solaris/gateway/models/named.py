"""Which models a request names, and under which one its answer is booked. Pure.

A key that allows some models only would be of little use if the body could name another one
beside `model`: LiteLLM takes fallbacks from the body and a `model` from the query, OpenRouter a
list of models, and a tool may bring a model of its own.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import parse_qs

from solaris.quota.model_names import is_version

_FALLBACKS = (
    *("models", "fallbacks", "context_window_fallbacks", "content_policy_fallbacks"),
    "fallback_models",
)
# deeper is no list of fallbacks that anybody understands
_MAX_DEPTH = 4


@dataclass(frozen=True, slots=True)
class BookedNames:
    """The booked model, and beside it what was asked or has answered, where that differs."""

    model: str
    asked: str | None = None
    answered: str | None = None


def named_models(body: Mapping[str, object], query: str) -> list[str]:
    """Every model that a body and a query string name, the body's own first; may be empty."""
    model = body.get("model")
    names = [model] if isinstance(model, str) else []
    for field in _FALLBACKS:
        names += _names_in(body.get(field), _MAX_DEPTH)
    tools = body.get("tools")
    for tool in tools if isinstance(tools, list) else []:
        if isinstance(tool, dict) and isinstance(tool.get("model"), str):
            names.append(tool["model"])
    for field, values in parse_qs(query, keep_blank_values=True).items():
        if field == "model":
            names += values
    return names


def booked_names(asked: str, answered: str | None, *, is_restricted: bool) -> BookedNames:
    """Return the names of an event: `answered` is who says to have answered, if anybody does.

    Ordinarily the model that was asked for. Where key or user may use some models only
    (`is_restricted`), the model that answered, so that another one behind an allowed name is seen.
    """
    if not answered or answered == asked:
        return BookedNames(asked)
    if not is_restricted or is_version(asked, answered):
        return BookedNames(asked, answered=answered)
    return BookedNames(answered, asked=asked)


def _names_in(value: object, depth: int) -> Iterator[str]:
    """`"a"`, `["a", "b"]`, `[{"model": "a", …}]` and `[{"a": ["b"]}]` name what they look like."""
    if isinstance(value, str):
        yield value
    elif depth and isinstance(value, list):
        for one in value:
            yield from _names_in(one, depth - 1)
    elif depth and isinstance(value, dict):
        if isinstance(value.get("model"), str):
            yield value["model"]
            return
        for name, inner in value.items():
            yield name
            yield from _names_in(inner, depth - 1)
