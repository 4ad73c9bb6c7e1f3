"""Gateway keys: what clients authenticate with. Only the SHA-256 of a key is ever stored."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

KEY_PREFIX = "sk-solaris-"
SHOWN_CHARACTERS = len(KEY_PREFIX) + 4
# A key that was not generated here has no known prefix: show next to nothing of it.
SHOWN_OF_OWN_KEY = 4


class KeyKind(StrEnum):
    """A service key may name the user in headers; a personal key is bound to one user."""

    SERVICE = "service"
    PERSONAL = "personal"


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayKey:
    """What is known of a key; `prefix` is all of it that is ever shown again."""

    key_hash: str
    key_id: str
    prefix: str
    name: str
    kind: KeyKind
    created_at: datetime
    user_email: str | None = None
    expires_at: datetime | None = None
    revoked_at: datetime | None = None

    def is_valid(self, now: datetime) -> bool:
        """False once revoked or expired."""
        if self.revoked_at is not None:
            return False
        return self.expires_at is None or now < self.expires_at


def generate_key() -> str:
    """A new key: 43 characters of URL-safe randomness (256 bits) behind a prefix."""
    return KEY_PREFIX + secrets.token_urlsafe(32)


def hash_key(key: str) -> str:
    """SHA-256 in hex. Keys are random, so neither salt nor stretching adds anything."""
    return hashlib.sha256(key.encode("utf-8", "surrogateescape")).hexdigest()


def new_key(
    key: str,
    *,
    name: str,
    now: datetime,
    user_email: str | None = None,
    expires_at: datetime | None = None,
) -> GatewayKey:
    """Describe a key for the store; with a user it is personal, without one a service key."""
    key_hash = hash_key(key)
    return GatewayKey(
        key_hash=key_hash,
        key_id=f"key_{key_hash[:12]}",
        prefix=key[: SHOWN_CHARACTERS if key.startswith(KEY_PREFIX) else SHOWN_OF_OWN_KEY],
        name=name,
        kind=KeyKind.PERSONAL if user_email else KeyKind.SERVICE,
        created_at=now,
        user_email=user_email,
        expires_at=expires_at,
    )
