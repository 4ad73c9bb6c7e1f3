"""E-mail addresses: one spelling for each mailbox, by which people are told apart. Pure.

Two spellings are one person only where the standards say that they are one mailbox: upper and
lower case, composed and decomposed letters (NFC), a domain beside its punycode (IDNA; kept as
punycode, which every mail server takes and which no look-alike letter hides in). What merely looks
like another address names nobody: it is refused, and never mended into somebody's.

    local part   atoms of RFC 5321 between single dots; beyond ASCII letters, marks and digits
                 that are their own compatibility form and show something (the classes of RFC 8264)
    domain       labels of letters, digits, hyphens and underscores; beyond ASCII IDNA 2008
    nowhere      quotes around it, `%20`, format characters, spaces other than ASCII's at the ends,
                 characters that folding turns into ASCII (U+212A, the Kelvin sign)

`+tag` stays: whether it is the same mailbox only its server knows.
"""

import re
import unicodedata
from urllib.parse import unquote

import idna

MAX_EMAIL_CHARACTERS = 254  # RFC 5321, section 4.5.3.1.3, less the angle brackets
MAX_LABEL_CHARACTERS = 63

_BLANKS = " \t\r\n"
_QUOTES = "'`"
_SHOWN_QUOTES = "'`\"´‘’“”«»<>"
_PUNYCODE = "xn--"
_ATOM = re.compile(r"[a-z0-9!#$&'*+/=?^_`{|}~%\-]+", re.ASCII)
_ENCODED = re.compile(r"%[0-9a-f]{2}", re.ASCII)
_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?", re.ASCII)
# letters, marks and decimal digits; of these, what shows nothing (Default_Ignorable_Code_Point)
_LETTERS = frozenset({"Ll", "Lu", "Lt", "Lm", "Lo", "Mn", "Mc", "Nd"})
_UNSEEN = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)


def valid_email(value: str) -> str | None:
    """Return the one spelling of an address, or None for what is none and so names nobody."""
    text = value.strip(_BLANKS)
    if len(text) > 2 * MAX_EMAIL_CHARACTERS:  # decomposed letters are two characters or three
        return None
    folded = text.lower() if text.isascii() else _folded(text)
    local, _, domain = (folded or "").rpartition("@")
    if not _is_local(local):
        return None
    labels = [_label(one) for one in domain.split(".")]
    if None in labels:
        return None
    email = f"{local}@{'.'.join(one for one in labels if one)}"
    return email if len(email) <= MAX_EMAIL_CHARACTERS else None


def normalise_email(value: str) -> str:
    """Return the one spelling of an address; what is none, as older versions have stored it.

    So that what they have stored is still found. Never somebody else's address.
    """
    email = valid_email(value)
    if email is not None:
        return email
    spelled = spelled_before(value)
    return spelled if valid_email(spelled) is None else value


def spelled_before(value: str) -> str:
    """How versions before spelled an address: trimmed and in lower case, nothing else."""
    return value.strip().lower()


def canonical_domain(value: str) -> str | None:
    """The one spelling of a mail domain, or None for what is none."""
    return None if (email := valid_email(f"a@{value}")) is None else email[2:]


def mended_email(value: str) -> str | None:
    """The address that one of an older version was presumably meant to be; None: not to be told.

    For a person to look at (`solaris doctor`), never to decide by.
    """
    for text in (value, _from_mojibake(value)):
        shown = unquote(text) if _ENCODED.search(text.lower()) else text
        shown = "".join(one for one in shown if unicodedata.category(one) not in {"Cf", "Cc"})
        shown = "".join(_UNSEEN.sub("", unicodedata.normalize("NFKC", shown)).split())
        local, _, domain = shown.strip(_SHOWN_QUOTES).rpartition("@")
        local = re.sub(r"\.+", ".", local.strip(_SHOWN_QUOTES)).strip(".")
        email = valid_email(f"{local}@{domain.strip('.')}")
        if email is not None:
            return email
    return None


def _folded(text: str) -> str | None:
    """Composed and in lower case; None where that would make another address of it."""
    for one in text:
        if one.isascii():
            continue
        if any(made.isascii() for made in unicodedata.normalize("NFC", one) + one.lower()):
            return None
    composed = unicodedata.normalize("NFC", text)
    folded = unicodedata.normalize("NFC", composed.lower())
    if unicodedata.normalize("NFKC", folded) != folded or folded.lower() != folded:
        return None
    return folded


def _is_local(local: str) -> bool:
    if not local or local[0] in _QUOTES or local[-1] in _QUOTES or _ENCODED.search(local):
        return False
    return all(_is_atom(atom) for atom in local.split("."))


def _is_atom(atom: str) -> bool:
    if atom.isascii():
        return _ATOM.fullmatch(atom) is not None
    plain = "".join(one for one in atom if one.isascii())
    return (
        not unicodedata.category(atom[0]).startswith("M")
        and not _UNSEEN.search(atom)
        and (not plain or _ATOM.fullmatch(plain) is not None)
        and all(one.isascii() or unicodedata.category(one) in _LETTERS for one in atom)
    )


def _label(label: str) -> str | None:
    """One label of a domain in ASCII, None for what is none."""
    if len(label) > MAX_LABEL_CHARACTERS:
        return None
    if label.isascii():
        if not _LABEL.fullmatch(label):
            return None
        return label if not label.startswith(_PUNYCODE) or _is_punycode(label) else None
    try:
        return idna.alabel(label).decode()
    except idna.IDNAError:
        return None


def _is_punycode(label: str) -> bool:
    """Whether it is the one spelling of a label: what it stands for leads back to it.

    Older registrations that IDNA 2008 does not know (emoji) are left as they are.
    """
    coded = label.removeprefix(_PUNYCODE)
    try:
        text = coded.encode().decode("punycode")
        again = text.encode("punycode").decode()
    except ValueError:
        return False
    is_seen = text.isprintable() and not text.isascii() and not _UNSEEN.search(text)
    return again == coded and is_seen and _folded(text) == text


def _from_mojibake(value: str) -> str:
    """UTF-8 that was read as Latin-1 and then put into lower case, as UTF-8."""
    try:
        raw = bytes(byte - 0x20 if byte >= 0xE0 else byte for byte in value.encode("latin-1"))  # noqa: PLR2004 - À to Þ in lower case
        return raw.decode()
    except UnicodeError:
        return value
