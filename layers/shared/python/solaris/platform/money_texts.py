"""Money for people, in both languages: `R$ 1.234,56 (US$ 228,90, câmbio 5,38 de 01/11)`. Pure."""

from decimal import ROUND_HALF_UP, Decimal

from solaris.platform.exchange import MILLIONTHS, Currency, LocalCost
from solaris.platform.texts import Locale, format_integer

_MICROS_IN_CENT = 10_000
_SIGNS: dict[Locale, dict[Currency, str]] = {
    "pt-BR": {"USD": "US$ ", "BRL": "R$ "},
    "en": {"USD": "$", "BRL": "R$"},
}
_RATE: dict[Locale, tuple[str, str]] = {
    "pt-BR": ("câmbio {rate} de {since:%d/%m}", "câmbio médio {rate}"),
    "en": ("rate {rate} of {since:%b} {since.day}", "mean rate {rate}"),
}
_RATE_DECIMALS = 4


def amount(micros: int, currency: Currency, locale: Locale) -> str:
    """Millionths of a currency as `US$ 1.234,56` or `$1,234.56`, rounded half up to the cent."""
    cents = (abs(micros) + _MICROS_IN_CENT // 2) // _MICROS_IN_CENT
    point = "," if locale == "pt-BR" else "."
    whole = f"{format_integer(cents // 100, locale)}{point}{cents % 100:02d}"
    return f"{'-' if micros < 0 and cents else ''}{_SIGNS[locale][currency]}{whole}"


def column_amount(micros: int, currency: Currency, locale: Locale) -> str:
    """The same for a column; what the two decimals do not show is `<R$0.01`, not nothing."""
    if 0 < micros < _MICROS_IN_CENT // 2:
        return "<" + amount(_MICROS_IN_CENT, currency, locale)
    return amount(micros, currency, locale)


def rate_text(local: LocalCost, locale: Locale) -> str:
    """`câmbio 5,38 de 01/11`, `mean rate 5.3952`; nothing where nothing was spent."""
    if local.rate is None:
        return ""
    exact = Decimal(local.rate) / MILLIONTHS
    digits = f"{exact.quantize(Decimal(10) ** -_RATE_DECIMALS, ROUND_HALF_UP):f}"
    whole, _, rest = digits.partition(".")
    rest = rest.rstrip("0").ljust(2, "0")
    rate = f"{whole}{',' if locale == 'pt-BR' else '.'}{rest}"
    one, mean = _RATE[locale]
    return (
        mean.format(rate=rate) if local.since is None else one.format(rate=rate, since=local.since)
    )


def cost_text(micros: int, local: LocalCost | None, locale: Locale) -> str:
    """A cost in micro-dollars; where there is a local one, that, and in brackets what made it."""
    dollars = amount(micros, "USD", locale)
    if local is None:
        return dollars
    made_of = ", ".join(filter(None, (dollars, rate_text(local, locale))))
    return f"{amount(local.micros, local.currency, locale)} ({made_of})"
