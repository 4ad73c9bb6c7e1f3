"""The browsers that an account was signed in from before: a signed cookie each.

It lets nobody in. It says that the right password was once given here, so that the guesses of
others do not count against this browser (OWASP: device cookies), and it has a counter of its own.
"""

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from solaris.platform.email import normalise_email
from solaris.platform.settings import Settings
from solaris.platform.signed_tokens import ClaimTokens

LIFE = timedelta(days=180)
AUDIENCE = "device"
DEVICE_ID_BYTES = 16


@dataclass(frozen=True, slots=True)
class Device:
    """What the cookie is to hold, and for how many seconds."""

    token: str
    seconds: int


class Devices:
    """Makes and reads device cookies, by a key of their own; `clock` gives the time in UTC."""

    def __init__(self, settings: Settings, clock: Callable[[], datetime]) -> None:
        self._tokens = ClaimTokens(
            settings.signing_secrets, "device v1", issuer=settings.token_issuer
        )
        self._clock = clock

    def issue(self, email: str, known: str | None = None) -> Device:
        """A cookie for a browser that has just signed in; `known` is its id of before, if any."""
        now = self._clock().replace(microsecond=0)
        claims = {"sub": _account(email), "did": known or secrets.token_hex(DEVICE_ID_BYTES)}
        token = self._tokens.sign(claims, audience=AUDIENCE, now=now, until=now + LIFE)
        return Device(token, int(LIFE.total_seconds()))

    def read(self, token: str | None, email: str) -> str | None:
        """The browser's id, if the cookie is good and this account's; else None."""
        if not token:
            return None
        claims = self._tokens.verify(token, audience=AUDIENCE, now=self._clock())
        if claims is None:
            return None
        device_id = claims.get("did")
        is_its = claims.get("sub") == _account(email)
        return device_id if is_its and isinstance(device_id, str) else None


def _account(email: str) -> str:
    """The cookie outlives a sign-out: it does not name who was here."""
    address = normalise_email(email)
    return hashlib.sha256(address.encode("utf-8", "surrogatepass")).hexdigest()
