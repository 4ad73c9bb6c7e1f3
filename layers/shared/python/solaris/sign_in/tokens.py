"""Access tokens: JWTs, good for ACCESS_TOKEN_MINUTES.

Nobody is signed out by a rotation: SECRET_KEY_PREVIOUS still verifies. Take it away after
ACCESS_TOKEN_MINUTES. Refresh tokens are random and need no key.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from solaris.platform.errors import UnauthenticatedError
from solaris.platform.settings import Settings
from solaris.platform.signed_tokens import ClaimTokens, instant
from solaris.sign_in.admin import Admin

AUDIENCE = "admin"


@dataclass(frozen=True, slots=True)
class Claims:
    """What an access token says, once its signature and its times are good."""

    email: str
    session_id: str
    token_version: int
    issued_at: datetime


class AccessTokens:
    """Issues and reads access tokens."""

    def __init__(self, settings: Settings, clock: Callable[[], datetime]) -> None:
        self._tokens = ClaimTokens(
            settings.signing_secrets, "access token v1", issuer=settings.token_issuer
        )
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
        return self._tokens.sign(claims, audience=AUDIENCE, now=now, until=until), until

    def read(self, token: str) -> Claims:
        """Check a token; raises UnauthenticatedError. The role is not read: it may be old."""
        claims = self._tokens.verify(token, audience=AUDIENCE, now=self._clock())
        if claims is None:
            raise UnauthenticatedError
        email, session_id, version = (claims.get(name) for name in ("sub", "sid", "ver"))
        if not (isinstance(email, str) and isinstance(session_id, str) and type(version) is int):
            raise UnauthenticatedError
        return Claims(email, session_id, version, instant(claims["iat"]))
