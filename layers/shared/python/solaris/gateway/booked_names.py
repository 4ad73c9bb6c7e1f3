"""Under which model an answer is booked. Pure."""

import re
from dataclasses import dataclass

from solaris.keys.key import GatewayKey


@dataclass(frozen=True, slots=True)
class BookedNames:
    """The booked model, and beside it what was asked or has answered, where that differs."""

    model: str
    asked: str | None = None
    answered: str | None = None


def booked_names(asked: str, answered: str | None, key: GatewayKey) -> BookedNames:
    """Return the names of an event: `answered` is who says to have answered, if anybody does.

    Ordinarily the model that was asked for. A key with allowed models is booked by the model that
    answered, so that another one behind an allowed name is seen.
    """
    if not answered or answered == asked:
        return BookedNames(asked)
    if key.allows_any_model or _is_version(asked, answered):
        return BookedNames(asked, answered=answered)
    return BookedNames(answered, asked=asked)


def _is_version(asked: str, answered: str) -> bool:
    """`gpt-4o-2024-08-06` is `gpt-4o`, and `openai/gpt-4o` is `gpt-4o`."""
    name = asked.rpartition("/")[2].lower()
    return re.fullmatch(rf"(?:.*/)?{re.escape(name)}(?:-\d[\d-]*)?", answered.lower()) is not None
