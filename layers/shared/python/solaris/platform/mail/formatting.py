"""Numbers, dates and foreign text as mails show them. Pure."""

import unicodedata
from datetime import date

from solaris.platform.texts import Locale, format_integer

MAX_TEXT_CHARACTERS = 120

_MONTHS: dict[Locale, tuple[str, ...]] = {
    "pt-BR": (
        *("janeiro", "fevereiro", "março", "abril", "maio", "junho"),
        *("julho", "agosto", "setembro", "outubro", "novembro", "dezembro"),
    ),
    "en": (
        *("January", "February", "March", "April", "May", "June"),
        *("July", "August", "September", "October", "November", "December"),
    ),
}
# Controls, line ends, and the marks that turn the reading direction round.
_UNSAFE_CATEGORIES = frozenset({"Cc", "Cs", "Zl", "Zp"})
_DIRECTION_MARKS = frozenset("\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def one_line(value: str, most: int = MAX_TEXT_CHARACTERS) -> str:
    """A name or the like, fit for a subject: one line, bounded, nothing invisible."""
    kept = "".join(
        " " if unicodedata.category(character) in _UNSAFE_CATEGORIES else character
        for character in value
        if character not in _DIRECTION_MARKS
    )
    text = " ".join(kept.split())
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def percentage(permille: int, locale: Locale) -> str:
    """Tenths of a percent as `81,2%` (pt-BR) or `81.2%` (en); whole ones without the zero."""
    whole, tenth = divmod(permille, 10)
    text = format_integer(whole, locale)
    if tenth:
        text += f"{',' if locale == 'pt-BR' else '.'}{tenth}"
    return f"{text}%"


def month(period: str, locale: Locale) -> str:
    """`2026-11` as `novembro de 2026` or `November 2026`."""
    year, number = period.split("-")
    name = _MONTHS[locale][int(number) - 1]
    return f"{name} de {year}" if locale == "pt-BR" else f"{name} {year}"


def long_date(instant: date, locale: Locale) -> str:
    """A day, an instant's in its own zone: `1º de dezembro de 2026`, `December 1, 2026`."""
    name = _MONTHS[locale][instant.month - 1]
    if locale == "pt-BR":
        day = "1º" if instant.day == 1 else str(instant.day)
        return f"{day} de {name} de {instant.year}"
    return f"{name} {instant.day}, {instant.year}"
