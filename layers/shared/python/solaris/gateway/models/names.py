"""The bare name of a model, whatever route, region or vendor stands before it.

Clients name the same model as `gpt-4o`, `openai/gpt-4o`, `azure/eu/gpt-4o`,
`ft:gpt-4o:org::id`, `bedrock/us.anthropic.claude-sonnet-4-5-20250929-v1:0`.
"""

import re
from collections.abc import Iterable
from functools import lru_cache
from itertools import takewhile

# Bedrock's regions and vendors, letters before a dot: `us.anthropic.claude-…`. A version
# (`gpt-5.1`) has a digit there.
_DOTTED_PREFIX = re.compile(r"[a-z][a-z-]*\.")
_DOTTED_DIGIT = re.compile(r"(?<=\d)\.(?=\d)")
MOST_PREFIXES = 4


@lru_cache(maxsize=1024)
def bare_names(model: str) -> tuple[str, ...]:
    """Return the names to look for, the whole last path segment first, lower-case.

    Claude's versions come with dots from some routers (`claude-opus-4.5`) and are written with
    dashes here, as Anthropic does.
    """
    name = model.rpartition("/")[2].strip().lower().removeprefix("ft:")
    names = [name]
    for _ in range(MOST_PREFIXES):
        prefix = _DOTTED_PREFIX.match(name)
        if prefix is None:
            break
        name = name[prefix.end() :]
        names.append(name)
    return tuple(
        _DOTTED_DIGIT.sub("-", one) if one.startswith("claude") else one for one in names if one
    )


def longest_prefix(names: Iterable[str], prefixes: Iterable[str]) -> str | None:
    """Return the longest of the prefixes with which one of the names begins, else None.

    A prefix ends where a word or a number does: `o1` is the beginning of `o1-pro`, not of `o1js`.
    """
    known = sorted(prefixes, key=len, reverse=True)
    wanted = tuple(names)
    return next((prefix for prefix in known if any(_begins(name, prefix) for name in wanted)), None)


def version_after(name: str, word: str) -> tuple[int, ...] | None:
    """Return the version that follows `word` in a name: (2, 5) for `gemini-2.5-pro`.

    At most two parts of at most two digits: what is longer is a date or a size.
    """
    if not name.startswith(word):
        return None
    parts = re.split(r"[.-]", name[len(word) :].lstrip("-"))
    numbers = takewhile(lambda part: part.isascii() and part.isdigit() and len(part) <= 2, parts)  # noqa: PLR2004 - as above
    return tuple(int(part) for part in numbers)[:2] or None


def _begins(name: str, prefix: str) -> bool:
    return name.startswith(prefix) and not name[len(prefix) : len(prefix) + 1].isalnum()
