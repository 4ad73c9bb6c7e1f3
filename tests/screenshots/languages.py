"""Which of a page's texts are in the other language."""

import re
from collections.abc import Collection, Iterable
from functools import cache
from typing import Any

from tests.e2e.site_support import SITE

LOCALES = ("pt-BR", "en")
# A template of little more than its figures would fit texts of both languages.
_LEAST_LETTERS = 4
_VALUE = re.compile(
    r"""^\s+["\w-]+:\s*(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|`([^`$]*)`),?$""", re.MULTILINE
)
_HOLE = re.compile(r"\{\{\w+\}\}")
# Words that the one language has and the other has not, for what comes from the server.
_WORDS = {
    "pt-BR": re.compile(
        r"\b(não|são|está|você|uma|para|com|dos|das|pelo|pela|foi|sem|nos|nas|ainda|usuários?|"
        r"chaves?|alertas?|tokens usados|requisições)\b",
        re.IGNORECASE,
    ),
    "en": re.compile(
        r"\b(the|with|and|your|this|has|was|were|not|from|which|users?|keys?|requests?|alerts?|"
        r"never|today|yesterday)\b",
        re.IGNORECASE,
    ),
}
# Names of things, which are the same in every language: addresses, variables, paths, units, code.
_NAMES = re.compile(
    r"[\w.+-]+@[\w.-]+|https?://\S+|\S*[/_{}=$]\S*|\b[A-Z][A-Z0-9_]{2,}\b|`[^`]*`|\b\w+-\w[\w-]*"
)
# Fields that hold what somebody has typed, in whatever language.
_TYPED = frozenset({"name", "userName", "reason", "keyName", "email", "note", "target", "model"})


@cache
def _templates(locale: str) -> tuple[re.Pattern[str], ...]:
    """The site's texts in a language that it does not say in the other one as well."""
    own, others = (_written(one) for one in (locale, _other(locale)))
    return tuple(
        re.compile(".+?".join(re.escape(part) for part in _HOLE.split(text)), re.DOTALL)
        for text in sorted(own - others)
        if sum(letter.isalpha() for letter in _HOLE.sub("", text)) >= _LEAST_LETTERS
    )


@cache
def _written(locale: str) -> frozenset[str]:
    found: set[str] = set()
    for file in (SITE / "src").rglob("*.ts*"):
        text = file.read_text("utf-8")
        if "defineTexts(" not in text or ".test." in file.name:
            continue
        first, separator, second = text.partition("\n  en: {")
        assert separator, f"{file.name}: no English beside the Portuguese"
        part = first if locale == "pt-BR" else second
        found |= {next(filter(None, groups), "") for groups in _VALUE.findall(part)}
    return frozenset(found)


def typed_in(answer: Any) -> set[str]:
    """The strings of an answer of the API that people have typed."""
    if isinstance(answer, list):
        return set().union(*(typed_in(one) for one in answer))
    if not isinstance(answer, dict):
        return set()
    own = {
        value
        for name, value in answer.items()
        if name in _TYPED and isinstance(value, str) and value
    }
    return own.union(*(typed_in(one) for one in answer.values()))


def untranslated(texts: Iterable[str], locale: str, typed: Collection[str] = ()) -> list[str]:
    """Texts that are the site's in the other language, or have words of it; not what was typed."""
    return [text for text in texts if _is_foreign(text, locale, typed)]


def _is_foreign(text: str, locale: str, typed: Collection[str]) -> bool:
    if text in typed:
        return False
    other = _other(locale)
    if any(one.fullmatch(text) for one in _templates(other)):
        return not any(one.fullmatch(text) for one in _templates(locale))
    for one in sorted((one for one in typed if one in text), key=len, reverse=True):
        text = text.replace(one, "")
    bare = _NAMES.sub("", text)
    return bool(_WORDS[other].search(bare)) and not _WORDS[locale].search(bare)


def _other(locale: str) -> str:
    return LOCALES[1 - LOCALES.index(locale)]
