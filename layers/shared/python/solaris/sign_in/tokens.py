"""Access tokens: JWTs by keys that are derived from SECRET_KEY.

A new secret signs at once; those of before, in SECRET_KEY_PREVIOUS, still verify: nobody is
signed out by a rotation. Take them away after ACCESS_TOKEN_MINUTES. Refresh tokens are random and
need no key.
"""

import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt

from solaris.platform.errors import UnauthenticatedError
from solaris.platform.settings import Settings
from solaris.sign_in.admin import Admin

ALGORITHM = "HS256"
AUDIENCE = "admin"
# a clock of another process may be so much ahead
CLOCK_SKEW = timedelta(seconds=60)
MAX_TOKEN_CHARACTERS = 2_000
KEY_ID_CHARACTERS = 8


@dataclass(frozen=True, slots=True)
class Claims:
    """What an access token says, once its signature and its times are good."""

    email: str
    session_id: str
    token_version: int
    issued_at: datetime


class KeyRing:
    """Signs and verifies one kind of token, named by `label`: other kinds have other keys."""

    def __init__(self, settings: Settings, label: str) -> None:
        secrets = (settings.secret_key, *settings.secret_key_previous)
        keys = [_derived(secret, label) for secret in secrets]
        self._issuer = f"ia-solaris:{settings.solaris_stage}"
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
        key = self._keys[self._key_id]
        return jwt.encode(body, key, algorithm=ALGORITHM, headers={"kid": self._key_id})

    def verify(self, token: str, *, audience: str, now: datetime) -> dict[str, Any]:
        """The claims of a token that is whole and not over; raises UnauthenticatedError."""
        if len(token) > MAX_TOKEN_CHARACTERS:
            raise UnauthenticatedError
        try:
            key = self._keys[str(jwt.get_unverified_header(token).get("kid"))]
            claims: dict[str, Any] = jwt.decode(
                token,
                key,
                algorithms=[ALGORITHM],
                audience=audience,
                issuer=self._issuer,
                # the times are compared with the clock that was passed in
                options={
                    "require": ["exp", "iat", "iss", "aud"],
                    "verify_exp": False,
                    "verify_iat": False,
                    "verify_nbf": False,
                    "strict_aud": True,
                },
            )
            expires_at = _instant(claims["exp"])
            issued_at = _instant(claims["iat"])
        except (jwt.PyJWTError, KeyError, ValueError, OverflowError, TypeError) as error:
            raise UnauthenticatedError from error
        if now >= expires_at or issued_at > now + CLOCK_SKEW:
            raise UnauthenticatedError
        return claims


class AccessTokens:
    """Issues and reads access tokens."""

    def __init__(self, settings: Settings, clock: Callable[[], datetime]) -> None:
        self._ring = KeyRing(settings, "access token v1")
        self._life = timedelta(minutes=settings.access_token_minutes)
        self._clock = clock

    def issue(self, admin: Admin, session_id: str) -> tuple[str, datetime]:
        """A token for this session, and when it ends."""
        now = self._clock().replace(microsecond=0)
        until = now + self._life
        claims = {
            "sub": admin.email,
            "sid": session_id,
            "role": admin.role.value,
            "ver": admin.token_version,
        }
        return self._ring.sign(claims, audience=AUDIENCE, now=now, until=until), until

    def read(self, token: str) -> Claims:
        """Check a token; raises UnauthenticatedError. The role is not read: it may be old."""
        claims = self._ring.verify(token, audience=AUDIENCE, now=self._clock())
        email, session_id, version = (claims.get(name) for name in ("sub", "sid", "ver"))
        if not (isinstance(email, str) and isinstance(session_id, str) and type(version) is int):
            raise UnauthenticatedError
        return Claims(email, session_id, version, _instant(claims["iat"]))


def _derived(secret: str, label: str) -> bytes:
    message = f"ia-solaris {label}".encode()
    return hmac.new(secret.encode("utf-8", "surrogateescape"), message, hashlib.sha256).digest()


def _key_id(key: bytes) -> str:
    return hashlib.sha256(key).hexdigest()[:KEY_ID_CHARACTERS]


def _instant(value: Any) -> datetime:
    if type(value) is not int:
        raise ValueError(value)
    return datetime.fromtimestamp(value, UTC)
