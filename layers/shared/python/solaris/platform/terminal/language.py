"""In which language the command line speaks: `--lang`, else the setting LOCALE, else pt-BR.

A package's texts are in its command_texts.py, in the form of platform/texts.py: by key, then by
language. `Texts` is what its commands speak through.
"""

from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from enum import StrEnum

from solaris.platform.terminal.environment import setting
from solaris.platform.texts import Locale, format_integer

DEFAULT: Locale = "pt-BR"
LANGUAGES: Mapping[str, Locale] = {"pt-BR": "pt-BR", "en": "en"}
OPTION = "--lang"
# Stands between the two languages of a help until `in_language` picks one; no text has it.
_BETWEEN = "␟"
_language: ContextVar[Locale] = ContextVar("language", default=DEFAULT)


class Language(StrEnum):
    """The languages that there are texts in."""

    PT_BR = "pt-BR"
    EN = "en"


class Texts:
    """One package's texts, by key, in the language of this call unless `locale` names one."""

    def __init__(
        self, texts: Mapping[str, Mapping[Locale, str]], locale: Locale | None = None
    ) -> None:
        self._texts = texts
        self._locale = locale

    @property
    def locale(self) -> Locale:
        """The language that it speaks now."""
        return self._locale or language()

    def __call__(self, key: str, /, **values: object) -> str:
        """Return a text filled in; whole numbers are written as the language does.

        KeyError for an unknown key.
        """
        return self._texts[key][self.locale].format(**_written(values, self.locale))

    def many(self, key: str, n: int, /, **values: object) -> str:
        """The same for `n` things: the key's form `_one` for one of them, else `_other`."""
        return self(f"{key}_{'one' if n == 1 else 'other'}", n=n, **values)

    def word(self, group: str, value: str) -> str:
        """A machine's word as people read it: key `group.value`; itself where there is none."""
        found = self._texts.get(f"{group}.{value}")
        return value if found is None else found[self.locale]

    def names(self, *keys: str) -> tuple[str, ...]:
        """Several texts at once: the headings of a table."""
        return tuple(self(key) for key in keys)

    def help(self, key: str) -> str:
        """What `in_language` makes a help, or a placeholder's name, of: commands are declared
        before anybody has said in which language."""
        return _BETWEEN.join(self._texts[key][one] for one in LANGUAGES.values())


def language() -> Locale:
    """The language of this call."""
    return _language.get()


def choose(arguments: Sequence[str]) -> Locale:
    """Take the language of a call by its arguments and settings; nothing else is read for it.

    `--lang` stands before the command. What is no language is refused where options are, in the
    language that is set without it.
    """
    chosen = LANGUAGES.get(_asked(arguments) or setting("LOCALE") or DEFAULT, DEFAULT)
    _language.set(chosen)
    return chosen


def in_language(text: str) -> str:
    """What `Texts.help` holds, in the language of this call; any other text as it is."""
    before, between, after = text.partition(_BETWEEN)
    return after if between and language() == "en" else before


def decimal(value: float, digits: int, locale: Locale | None = None) -> str:
    """`12.5`, in pt-BR `12,5`; thousands are set off."""
    shown = f"{value:,.{digits}f}"
    return shown if (locale or language()) == "en" else shown.translate(str.maketrans(",.", ".,"))


def _asked(arguments: Sequence[str]) -> str | None:
    rest = iter(arguments)
    for one in rest:
        name, equals, value = one.partition("=")
        if name == OPTION:
            wanted = value if equals else next(rest, None)
            return wanted if wanted in LANGUAGES else None
        if not one.startswith("-"):
            return None  # the command: what follows is its own
    return None


def _written(values: Mapping[str, object], locale: Locale) -> dict[str, object]:
    return {
        name: format_integer(value, locale) if isinstance(value, int) else value
        for name, value in values.items()
    }
