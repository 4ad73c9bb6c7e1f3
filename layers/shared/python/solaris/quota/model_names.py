"""One model by its many names: how clients, routers and upstreams write it. Pure."""

import re
from functools import lru_cache

# Bedrock's regions and vendors, letters before a dot: `us.anthropic.claude-…`. A version
# (`gpt-5.1`) has a digit there.
_DOTTED_PREFIX = re.compile(r"[a-z][a-z-]*\.")
_DOTTED_DIGIT = re.compile(r"(?<=\d)\.(?=\d)")
_MOST_PREFIXES = 4


@lru_cache(maxsize=1024)
def bare_names(model: str) -> tuple[str, ...]:
    """Return the names to look for, the whole last path segment first, lower-case.

    Clients name the same model as `gpt-4o`, `openai/gpt-4o`, `azure/eu/gpt-4o`,
    `ft:gpt-4o:org::id`, `bedrock/us.anthropic.claude-sonnet-4-5-20250929-v1:0`. Claude's versions
    come with dots from some routers (`claude-opus-4.5`) and are written with dashes here, as
    Anthropic does.
    """
    name = model.rpartition("/")[2].strip().lower().removeprefix("ft:")
    names = [name]
    for _ in range(_MOST_PREFIXES):
        prefix = _DOTTED_PREFIX.match(name)
        if prefix is None:
            break
        name = name[prefix.end() :]
        names.append(name)
    return tuple(
        _DOTTED_DIGIT.sub("-", one) if one.startswith("claude") else one for one in names if one
    )


def is_version(asked: str, answered: str) -> bool:
    """`gpt-4o-2024-08-06` is `gpt-4o`, `openai/gpt-4o` too, and `llama3:latest` is `llama3`."""
    name = asked.rpartition("/")[2].lower()
    pattern = rf"(?:.*/)?{re.escape(name)}(?:-\d[\d-]*|:latest)?"
    return re.fullmatch(pattern, answered.lower()) is not None
