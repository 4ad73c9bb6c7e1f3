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
# Controls, line ends, the marks that turn the reading direction round, and what takes no room: a
# name of nothing else would be no name to see.
_UNSAFE_CATEGORIES = frozenset({"Cc", "Cs", "Zl", "Zp"})
_DIRECTION_MARKS = frozenset(
    "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
)
_ROOMLESS = frozenset("\u00ad\u180e\u200b\u2060\ufeff")
_HIDDEN = _DIRECTION_MARKS | _ROOMLESS
_QUOTED = frozenset('<>"@')
_MAX_ADDRESS_CHARACTERS = 254
_PPM_DIGITS = 4  # of a percentage: a millionth is 0.0001 %


def one_line(value: str, most: int = MAX_TEXT_CHARACTERS) -> str:
    """A name or the like, fit for a subject: one line, bounded, nothing invisible."""
    kept = "".join(
        " " if unicodedata.category(character) in _UNSAFE_CATEGORIES else character
        for character in value
        if character not in _HIDDEN
    )
    text = " ".join(kept.split())
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def named_address(name: str, email: str, most: int = 60) -> str:
    """`Ana Souza <ana@example.com>`; the address alone where there is no name.

    A name that could be read as an address stands in quotes, as in the header of a mail.
    """
    address = one_line(email, _MAX_ADDRESS_CHARACTERS)
    shown = one_line(name, most)
    if not shown or shown == address:
        return address
    if not _QUOTED.isdisjoint(shown):
        shown = '"' + shown.replace('"', "'") + '"'
    return f"{shown} <{address}>"


def share(ppm: int, locale: Locale, digits: int = _PPM_DIGITS) -> str:
    """Millionths as a percentage, cut to so many digits: `75,5%` (pt-BR) or `75.5%` (en)."""
    whole, rest = divmod(ppm, 10**_PPM_DIGITS)
    decimals = f"{rest:0{_PPM_DIGITS}}"[:digits].rstrip("0")
    text = format_integer(whole, locale)
    if decimals:
        text += f"{',' if locale == 'pt-BR' else '.'}{decimals}"
    return f"{text}%"


def share_digits(ppm: int) -> int:
    """How many digits such a percentage needs behind its comma, 0 to 4."""
    return len(f"{ppm % 10**_PPM_DIGITS:0{_PPM_DIGITS}}".rstrip("0"))


def percentage(permille: int, locale: Locale) -> str:
    """Tenths of a percent as `81,2%` (pt-BR) or `81.2%` (en); whole ones without the zero."""
    return share(permille * 1000, locale)


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
