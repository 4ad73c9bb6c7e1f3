"""Names of a book's sheets, made of what people have called things. Pure."""

from collections.abc import Iterable, Iterator

MAX_SHEET_CHARACTERS = 31
_REFUSED = str.maketrans(dict.fromkeys("[]:*?/\\", " "))
_RESERVED = {"history"}
"""Excel keeps this name for itself."""


def sheet_names(wanted: Iterable[str]) -> Iterator[str]:
    """A name for each, in their order, that Excel takes: of 31 characters, and each once.

    Excel compares names whatever their case; names that would be equal get a number.
    """
    taken = set(_RESERVED)
    for one in wanted:
        plain = " ".join(one.translate(_REFUSED).split()).strip("' ") or "-"
        name, number = plain[:MAX_SHEET_CHARACTERS].strip("' "), 1
        while name.casefold() in taken:
            number += 1
            end = f" ({number})"
            name = plain[: MAX_SHEET_CHARACTERS - len(end)].strip("' ") + end
        taken.add(name.casefold())
        yield name
