"""One model by its many names, and lists of models that somebody may use. Pure."""

import re
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache

ANY = "*"
MAX_ALLOWED_MODELS = 100
MAX_MODEL_CHARACTERS = 200

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


def is_named(model: str, names: Iterable[str]) -> bool:
    """Whether a model is among names, of which one that ends in `*` is the beginning of many."""
    return any(model.startswith(one[:-1]) if one.endswith(ANY) else model == one for one in names)


def refused_model(named: Iterable[Sequence[str]], allows: Callable[[str], bool]) -> str | None:
    """The model for which a request is refused; None: it is allowed.

    `named` are readings of the request, each with all the models that it names by that: one of
    which all are allowed is enough. Where none is, the last reading says what is refused.
    """
    refused = None
    for names in named:
        refused = next((one for one in names if not allows(one)), None)
        if refused is None:
            return None
    return refused


def checked_names(models: Sequence[str]) -> tuple[str, ...]:
    """Return a list of models that somebody may use, without repetitions.

    Raises ValueError: for none or too many, and for what is neither a name nor the beginning of
    names followed by `*`.
    """
    wanted = tuple(dict.fromkeys(one.strip() for one in models))
    if not 1 <= len(wanted) <= MAX_ALLOWED_MODELS:
        msg = f"1 to {MAX_ALLOWED_MODELS} models"
        raise ValueError(msg)
    for one in wanted:
        is_name = one.isprintable() and 0 < len(one) <= MAX_MODEL_CHARACTERS
        if not is_name or ANY in one[:-1]:
            msg = f"not a model's name, nor the beginning of one followed by *: {one[:50]!r}"
            raise ValueError(msg)
    return wanted
