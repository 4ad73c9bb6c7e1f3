"""Whatever this system signs for itself to read again: JWS by HS256 (RFC 7515), by joserfc. Pure.

Each kind has a label, and with it keys of its own, derived from SECRET_KEY: what is signed as one
kind is nothing as another. A new secret signs at once; those of before, in SECRET_KEY_PREVIOUS,
still verify.

    ClaimTokens   a JWT (RFC 7519) with iss, aud, iat, exp and the id of its key: API and cookies
    LinkTokens    its end (4 bytes) and some bytes, short enough to stand in an address

The time is passed in; none of them is good at its end any more.
"""

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

ALGORITHMS = ("HS256",)
# a clock of another process may be so much ahead
CLOCK_SKEW = timedelta(seconds=60)
MAX_TOKEN_CHARACTERS = 2_000
KEY_ID_CHARACTERS = 8
LEAST_SIGNATURE_BYTES = 16
_END_BYTES = 4
_REGISTRY = jws.JWSRegistry(algorithms=ALGORITHMS)
# what it raises of a text that is no token
_UNREADABLE = (JoseError, ValueError, KeyError, TypeError, RecursionError)


class ClaimTokens:
    """Signs and verifies one kind of token, named by `label`; `issuer` is part of each."""

    def __init__(self, secrets: Sequence[str], label: str, *, issuer: str) -> None:
        keys = _keys(secrets, label)
        self._issuer = issuer
        self._key_id = _key_id(keys[0])
        # of two secrets with the same id (the same secret twice) the first stands
        self._keys = {_key_id(key): key for key in reversed(keys)}

    def sign(
        self, claims: Mapping[str, Any], *, audience: str, now: datetime, until: datetime
    ) -> str:
        """Make a token; `until` is the first moment at which it is refused."""
        body = {
            **claims,
            "iat": int(now.timestamp()),
            "exp": int(until.timestamp()),
            "iss": self._issuer,
            "aud": audience,
        }
        header = {"alg": ALGORITHMS[0], "kid": self._key_id}
        return jwt.encode(header, body, self._keys[self._key_id], registry=_REGISTRY)

    def verify(self, token: str, *, audience: str, now: datetime) -> dict[str, Any] | None:
        """The claims of a token that is whole and ours; None when it is over, forged or none."""
        if len(token) > MAX_TOKEN_CHARACTERS:
            return None
        try:
            claims = jwt.decode(token, self._key_of, registry=_REGISTRY).claims
            is_ours = (claims["iss"], claims["aud"]) == (self._issuer, audience)
            expires_at, issued_at = instant(claims["exp"]), instant(claims["iat"])
        except (*_UNREADABLE, OverflowError):
            return None
        is_running = issued_at <= now + CLOCK_SKEW and now < expires_at
        return claims if is_ours and is_running else None

    def _key_of(self, token: Any) -> OctKey:
        return self._keys[str(token.headers().get("kid"))]


class LinkTokens:
    """Signs and reads a few bytes that stand in an address, and until when."""

    def __init__(self, secrets: Sequence[str], label: str) -> None:
        self._keys = _keys(secrets, label)

    def sign(self, content: bytes, until: datetime) -> str:
        """Make a token; `until` (whole seconds count) is the first moment at which it is refused.

        Of 16 bytes come 92 characters: letters, digits, `-`, `_` and two dots.
        """
        return _signed(int(until.timestamp()).to_bytes(_END_BYTES) + content, self._keys[0])

    def read(self, token: str, now: datetime) -> tuple[bytes, datetime] | None:
        """What was signed, and its end; None when it is over, forged or no token at all."""
        if len(token) > MAX_TOKEN_CHARACTERS:
            return None
        for key in self._keys:
            try:
                payload = jws.deserialize_compact(token, key, registry=_REGISTRY).payload
            except _UNREADABLE:
                continue
            # a decoder reads more than one text as the same signature; a link has one text alone
            if not hmac.compare_digest(token.encode(), _signed(payload, key).encode()):
                return None
            until = datetime.fromtimestamp(int.from_bytes(payload[:_END_BYTES]), UTC)
            return None if now >= until else (payload[_END_BYTES:], until)
        return None


def was_signed_before(secrets: Sequence[str], label: str, content: bytes, signature: bytes) -> bool:
    """Whether a version before LinkTokens signed this: an HMAC's first bytes, by such keys."""
    if len(signature) < LEAST_SIGNATURE_BYTES:
        return False
    made = [hmac.digest(_derived(one, label), content, "sha256") for one in secrets]
    return any([hmac.compare_digest(signature, one[: len(signature)]) for one in made])  # noqa: C419 - all of them, in the same time


def instant(value: Any) -> datetime:
    """The time that a claim says; raises ValueError for anything but whole seconds."""
    if type(value) is not int:
        raise ValueError(value)
    return datetime.fromtimestamp(value, UTC)


def _signed(payload: bytes, key: OctKey) -> str:
    return jws.serialize_compact({"alg": ALGORITHMS[0]}, payload, key, registry=_REGISTRY)


def _keys(secrets: Sequence[str], label: str) -> list[OctKey]:
    return [OctKey.import_key(_derived(one, label)) for one in secrets]


def _derived(secret: str, label: str) -> bytes:
    message = f"ia-solaris {label}".encode()
    return hmac.digest(secret.encode("utf-8", "surrogateescape"), message, "sha256")


def _key_id(key: OctKey) -> str:
    return hashlib.sha256(key.raw_value).hexdigest()[:KEY_ID_CHARACTERS]
