"""Admin keys: what scripts, Terraform and HR systems call the admin API with. Pure rules.

Only the SHA-256 of a key is stored, beside an id made of its beginning: the id finds the key, the
whole hash is compared.
"""

import hashlib
import re
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from solaris.audit.entry import AuditFigures
from solaris.platform.access import ADMIN_KEY_PREFIX, Scope
from solaris.platform.instants import iso_milliseconds

MAX_DAYS = 365
DEFAULT_DAYS = 90
USE_NOTED_SECONDS = 60
"""A last use is written so often at most, whatever the key's traffic."""

SECRET_BYTES = 32
ID_PREFIX = "ak_"
ID_PATTERN = r"^ak_[0-9a-f]{16}$"
_ID_HASH_CHARACTERS = 16
_SHOWN_CHARACTERS = len(ADMIN_KEY_PREFIX) + 4
_WELL_FORMED = re.compile(re.escape(ADMIN_KEY_PREFIX) + r"[A-Za-z0-9_-]{43}", re.ASCII)


class AdminKeyState(StrEnum):
    """Whether a key is let in."""

    ACTIVE = "active"
    EXPIRED = "expired"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True, kw_only=True)
class AdminKey:
    """What is known of a key; `prefix` is all of it that is ever shown again.

    `last_used_at` lags behind by up to a minute.
    """

    key_id: str
    key_hash: str
    prefix: str
    name: str
    note: str
    scopes: frozenset[Scope]
    created_at: datetime
    created_by: str
    expires_at: datetime
    revoked_at: datetime | None = None
    last_used_at: datetime | None = None

    def state(self, now: datetime) -> AdminKeyState:
        """Revoked for good, expired, or neither."""
        if self.revoked_at is not None:
            return AdminKeyState.REVOKED
        return AdminKeyState.ACTIVE if now < self.expires_at else AdminKeyState.EXPIRED

    def is_the_one(self, key_hash: str) -> bool:
        """Whether this is the key with that SHA-256; takes as long whatever differs."""
        return secrets.compare_digest(self.key_hash.encode(), key_hash.encode())

    def is_use_to_be_noted(self, now: datetime) -> bool:
        """Whether the last use on record is older than a minute, or of before a clock set back."""
        last = self.last_used_at
        return last is None or not used_before(now) < last <= now

    @property
    def actor(self) -> str:
        """What the audit log calls the key."""
        return f"admin-key:{self.key_id}"

    @property
    def label(self) -> str:
        """What people call it: its name, or else its beginning."""
        return self.name or f"{self.prefix}…"

    @property
    def scope_names(self) -> list[str]:
        """Its scopes in their usual order."""
        return [one.value for one in Scope if one in self.scopes]


def is_admin_key(token: str) -> bool:
    """Whether a token means to be an admin key."""
    return token.startswith(ADMIN_KEY_PREFIX)


def is_well_formed(token: str) -> bool:
    """Whether a token may be an admin key at all: what is not costs no look at the store."""
    return _WELL_FORMED.fullmatch(token) is not None


def generate_admin_key() -> str:
    """A new key: 32 random bytes, as 43 characters that URLs and shells take as they are."""
    return ADMIN_KEY_PREFIX + secrets.token_urlsafe(SECRET_BYTES)


def hash_of(secret: str) -> str:
    """SHA-256 in hex. Keys are random, so neither salt nor stretching adds anything."""
    return hashlib.sha256(secret.encode("utf-8", "surrogateescape")).hexdigest()


def id_of(key_hash: str) -> str:
    """How a key is called where it must not be shown."""
    return ID_PREFIX + key_hash[:_ID_HASH_CHARACTERS]


def new_admin_key(
    secret: str,
    *,
    name: str,
    note: str,
    scopes: Collection[Scope],
    days: int,
    created_by: str,
    now: datetime,
) -> AdminKey:
    """Describe a key that ends after so many days."""
    key_hash = hash_of(secret)
    return AdminKey(
        key_id=id_of(key_hash),
        key_hash=key_hash,
        prefix=secret[:_SHOWN_CHARACTERS],
        name=name,
        note=note,
        scopes=frozenset(scopes),
        created_at=now,
        created_by=created_by,
        expires_at=now + timedelta(days=days),
    )


def used_before(now: datetime) -> datetime:
    """A use noted at this instant or earlier is old enough to be noted again."""
    return now - timedelta(seconds=USE_NOTED_SECONDS)


def figures(key: AdminKey) -> AuditFigures:
    """What the audit log says of a key; never its hash."""
    return {
        "name": key.name,
        "scopes": " ".join(key.scope_names),
        "expires_at": iso_milliseconds(key.expires_at),
    }
