"""Who a request speaks for: the rules of the identity headers."""

import base64
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import unquote

from solaris.platform.email import spelled_before, valid_email
from solaris.platform.printable import printable

MAX_NAME_CHARACTERS = 200
# Open WebUI sends names percent-encoded (`Jo%C3%A3o`); a percent sign of its own comes as %25.
PERCENT_ENCODED = "x-openwebui-user-name"

# HTTP's own: others are part of a value, and an address that has them names nobody
_BLANKS = " \t\r\n"
# Controls, lone surrogates (no UTF-8 form) and line separators: none may reach a mail header.
_CONTROL_CATEGORIES = frozenset({"Cc", "Cs", "Zl", "Zp"})


@dataclass(frozen=True, slots=True)
class Identity:
    """A person as the client names them; the name may be empty.

    `spelled` is the address as versions before would have kept it, for whom they have stored so.
    `group_values` are headers and what they say of the person's group, the first to decide first:
    for whoever comes for the first time (quota/groups/naming.py); `group_token` is a signed one
    that may, as it came and unchecked (sign_in/token_groups.py).
    """

    email: str
    name: str = ""
    spelled: str = ""
    group_values: tuple[tuple[str, str], ...] = ()
    group_token: str = field(default="", repr=False)


def identify(
    headers: Mapping[str, str],
    body: Mapping[str, object],
    *,
    email_headers: Sequence[str],
    name_headers: Sequence[str],
    group_headers: Sequence[str] = (),
    token_header: str | None = None,
) -> Identity | None:
    """Return whom a service key's request is for, or None when it does not say.

    `headers` has lower-case names. The first configured header that is there decides: one that is
    empty, repeated, malformed or a placeholder (`{{`, which LibreChat could not fill) names nobody,
    and nothing else is looked at, for end users of many front ends can set the rest. Without any of
    them the body's `user` counts if it is an address; give no `body` where it must not.
    """
    present = next((headers[name] for name in email_headers if name in headers), None)
    user = body.get("user") if present is None else _decoded(present)
    text = _text(user) if isinstance(user, str) else ""
    email = valid_email(text)
    if email is None:
        return None
    name = next((found for key in name_headers if (found := _name(key, headers.get(key)))), "")
    spelled = spelled_before(text)
    return Identity(
        email=email,
        name=name,
        spelled="" if spelled == email else spelled,
        group_values=tuple(_values(headers, group_headers)),
        group_token=_token(headers.get(token_header or "", "")),
    )


def group_value(text: str) -> str:
    """A group's name as somebody else tells it: printable, of 200 characters at most."""
    return printable(_text(text), MAX_NAME_CHARACTERS)


def _values(headers: Mapping[str, str], names: Sequence[str]) -> Iterator[tuple[str, str]]:
    for name in names:
        value = group_value(_decoded(headers.get(name, "")))
        if value:
            yield name, value


def _token(value: str) -> str:
    """A token, or nothing where LibreChat has none of the person."""
    text = value.strip(_BLANKS)
    return "" if "{{" in text else text


def _decoded(value: str) -> str:
    """A header as it was meant: HTTP's Latin-1 is read as UTF-8 where its bytes are that."""
    if value.isascii():
        return value
    try:
        return value.encode("latin-1").decode()
    except UnicodeError:  # Latin-1 indeed, or decoded before
        return value


def _name(header: str, value: str | None) -> str:
    value = None if value is None else _decoded(value)
    if header == PERCENT_ENCODED and value is not None:
        try:
            value = unquote(value, errors="strict")
        except UnicodeDecodeError:  # not UTF-8: as it came
            return printable(_text(value), MAX_NAME_CHARACTERS)
    return printable(_text(value), MAX_NAME_CHARACTERS)


def _text(value: str | None) -> str:
    """Decode LibreChat's `b64:` prefix (non-ASCII values) and drop unfilled placeholders."""
    text = (value or "").strip(_BLANKS)
    if text.startswith("b64:"):
        try:
            text = base64.b64decode(text[4:], validate=True).decode("utf-8").strip(_BLANKS)
        except ValueError:  # not ASCII, not base64, or not UTF-8
            return ""
    if "{{" in text or _holds_control(text):
        return ""
    return text


def _holds_control(text: str) -> bool:
    return any(unicodedata.category(character) in _CONTROL_CATEGORIES for character in text)
