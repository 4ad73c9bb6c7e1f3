"""Numbers of tokens as people type them: `2000000`, `500k`, `1.5M`, `2,5mi`."""

import re
from decimal import Decimal

import typer

_UNITS = {"": 1, "k": 1_000, "mil": 1_000, "m": 1_000_000, "mi": 1_000_000}
_AMOUNT = re.compile(r"([+-]?)(\d[\d_]*)(?:[.,](\d+))?\s?(k|mil|mi|m|)", re.ASCII | re.IGNORECASE)
_MAX_DIGITS, _SHOWN = 18, 24
_FORMS = "write 2000000, 2_000_000, 500k or 1.5M"


def tokens(text: str) -> int:
    """A whole number of tokens; raises typer.BadParameter.

    `k` and `mil` are thousands, `M` and `mi` millions; a fraction needs one of them and may have a
    point or a comma. Without a unit a point or comma is refused: `1.500` is 1,500 in Portuguese and
    one and a half in English.
    """
    found = _AMOUNT.fullmatch(text.strip())
    if found is None:
        msg = f"{text!r} is no number of tokens: {_FORMS}"
        raise typer.BadParameter(msg)
    sign, whole, fraction, unit = found.groups()
    if len(whole) + len(fraction or "") > _MAX_DIGITS:
        msg = f"{text[:_SHOWN]!r} … is beyond any quota: {_FORMS}"
        raise typer.BadParameter(msg)
    if fraction and not unit:
        msg = f"{text!r} may be read in two ways: {_FORMS}"
        raise typer.BadParameter(msg)
    value = Decimal(f"{whole.replace('_', '')}.{fraction or 0}") * _UNITS[unit.lower()]
    if value != int(value):
        msg = f"{text!r} is no whole number of tokens: {_FORMS}"
        raise typer.BadParameter(msg)
    return -int(value) if sign == "-" else int(value)
