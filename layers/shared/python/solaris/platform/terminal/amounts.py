"""Numbers of tokens as people type them: `2000000`, `500k`, `1.5M`, `2,5mi`."""

import re
from decimal import Decimal

import typer

from solaris.platform.terminal.command_texts import TEXTS
from solaris.platform.terminal.language import Texts

_UNITS = {"": 1, "k": 1_000, "mil": 1_000, "m": 1_000_000, "mi": 1_000_000}
_AMOUNT = re.compile(r"([+-]?)(\d[\d_]*)(?:[.,](\d+))?\s?(k|mil|mi|m|)", re.ASCII | re.IGNORECASE)
_MAX_DIGITS, _SHOWN = 18, 24
_t = Texts(TEXTS)


def tokens(text: str) -> int:
    """A whole number of tokens; raises typer.BadParameter.

    `k` and `mil` are thousands, `M` and `mi` millions; a fraction needs one of them and may have a
    point or a comma. Without a unit a point or comma is refused: `1.500` is 1,500 in Portuguese and
    one and a half in English.
    """
    found = _AMOUNT.fullmatch(text.strip())
    if found is None:
        raise _refused("amount.none", text)
    sign, whole, fraction, unit = found.groups()
    if len(whole) + len(fraction or "") > _MAX_DIGITS:
        raise _refused("amount.beyond", text[:_SHOWN])
    if fraction and not unit:
        raise _refused("amount.two_ways", text)
    value = Decimal(f"{whole.replace('_', '')}.{fraction or 0}") * _UNITS[unit.lower()]
    if value != int(value):
        raise _refused("amount.not_whole", text)
    return -int(value) if sign == "-" else int(value)


def _refused(key: str, text: str) -> typer.BadParameter:
    return typer.BadParameter(_t(key, text=repr(text), forms=_t("amount.forms")))
