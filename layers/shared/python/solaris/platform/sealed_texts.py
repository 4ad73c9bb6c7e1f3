"""Texts that the store keeps and only this system reads: encrypted by a key made from SECRET_KEY.

What a receiver's address or secret is must be known again later, so a hash does not do. Each text
is a JWE (RFC 7516: `dir`, A256GCM), by joserfc, and says what it belongs to: moved to another
item, or kept under another name, it opens to nothing. A new SECRET_KEY seals at once; what those
in SECRET_KEY_PREVIOUS have sealed still opens.
"""

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass, field

from joserfc import jwe
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

LABEL = b"ia-solaris sealed text v1"
_ALGORITHMS = ("dir", "A256GCM")
_UNREADABLE = (JoseError, ValueError, KeyError, TypeError)


@dataclass(frozen=True, slots=True)
class Opened:
    """A text, and whether the secret in force has sealed it."""

    text: str = field(repr=False)
    is_current: bool


class TextSeal:
    """Seals and opens; `secrets` are SECRET_KEY and those before it."""

    def __init__(self, secrets: Sequence[str]) -> None:
        self._keys = [_key(one) for one in secrets]

    def seal(self, text: str, owner: str) -> str:
        """The sealed text, which opens for this owner alone. An owner has no line break."""
        header = {"alg": _ALGORITHMS[0], "enc": _ALGORITHMS[1]}
        return jwe.encrypt_compact(header, f"{owner}\n{text}", self._keys[0], _ALGORITHMS)

    def open(self, sealed: str, owner: str) -> Opened | None:
        """The text; None: sealed by an unknown secret, for another owner, or by nobody."""
        for number, key in enumerate(self._keys):
            try:
                plain = jwe.decrypt_compact(sealed, key, _ALGORITHMS).plaintext
            except _UNREADABLE:
                continue
            whose, _, text = (plain or b"").decode().partition("\n")
            return Opened(text, number == 0) if whose == owner else None
        return None


def _key(secret: str) -> OctKey:
    raw = secret.encode("utf-8", "surrogateescape")
    return OctKey.import_key(hmac.new(raw, LABEL, hashlib.sha256).digest())
