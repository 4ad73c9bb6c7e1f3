"""Gateway keys: what clients authenticate with. Only the SHA-256 of a key is ever stored."""

import hashlib
import math
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from solaris.audit.entry import AuditFigures
from solaris.platform.access import GATEWAY_KEY_PREFIX
from solaris.platform.instants import iso_milliseconds
from solaris.platform.rate_rule import (
    MAX_RATE_BURST,
    MAX_RATE_PER_SECOND,
    MIN_RATE_PER_SECOND,
    RateRule,
)
from solaris.quota.model_names import ANY, checked_names, is_named

KEY_PREFIX = GATEWAY_KEY_PREFIX
SHOWN_CHARACTERS = len(KEY_PREFIX) + 4
# A key that was not generated here has no known prefix: show next to nothing of it.
SHOWN_OF_OWN_KEY = 4
ID_PREFIX = "key_"
ID_HASH_CHARACTERS = 12

MAX_KEY_DAYS = 3650
# a use is noted so often at most: one write a key and minute, whatever its traffic
USE_NOTED_SECONDS = 60


class KeyKind(StrEnum):
    """A service key may name the user in headers; a personal key is bound to one user."""

    SERVICE = "service"
    PERSONAL = "personal"


class KeyRefusedError(Exception):
    """A key may not be so; `field` is what is wrong with it, `code` how."""

    def __init__(self, field: str, code: str, message: str) -> None:
        super().__init__(message)
        self.field = field
        self.code = code


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayKey:
    """What is known of a key; `prefix` is all of it that is ever shown again.

    `allowed_models` are names, or beginnings of names followed by `*`; None: any model. Without
    `rate_limit_per_second` the key itself is not limited, only its users are. `last_used_at` lags
    behind by up to a minute.
    """

    key_hash: str
    key_id: str
    prefix: str
    name: str
    kind: KeyKind
    created_at: datetime
    user_email: str | None = None
    expires_at: datetime | None = None
    revoked_at: datetime | None = None
    allowed_models: tuple[str, ...] | None = None
    rate_limit_per_second: float | None = None
    rate_limit_burst: int | None = None
    created_by: str | None = None
    last_used_at: datetime | None = None

    def is_valid(self, now: datetime) -> bool:
        """False once revoked or expired."""
        if self.revoked_at is not None:
            return False
        return self.expires_at is None or now < self.expires_at

    @property
    def allows_any_model(self) -> bool:
        """Whether the key looks at no model's name at all."""
        return self.allowed_models is None or ANY in self.allowed_models

    def allows(self, model: str) -> bool:
        """Whether a request with this key may be for a model; case counts, as upstream."""
        if self.allowed_models is None:
            return True
        return is_named(model, self.allowed_models)

    @property
    def rate_rule(self) -> RateRule | None:
        """Requests a second of all users of the key together; None: no limit of its own."""
        if self.rate_limit_per_second is None:
            return None
        burst = self.rate_limit_burst or default_burst(self.rate_limit_per_second)
        return RateRule(self.rate_limit_per_second, burst)

    def is_use_to_be_noted(self, now: datetime) -> bool:
        """Whether the last use on record is older than a minute, or of before a clock set back."""
        return self.last_used_at is None or not used_before(now) < self.last_used_at <= now


def generate_key() -> str:
    """A new key: 43 characters of URL-safe randomness (256 bits) behind a prefix."""
    return KEY_PREFIX + secrets.token_urlsafe(32)


def hash_key(key: str) -> str:
    """SHA-256 in hex. Keys are random, so neither salt nor stretching adds anything."""
    return hashlib.sha256(key.encode("utf-8", "surrogateescape")).hexdigest()


def key_id_of(key: str) -> str:
    """How a key is called where it must not be shown."""
    return ID_PREFIX + hash_key(key)[:ID_HASH_CHARACTERS]


def new_key(
    key: str,
    *,
    name: str,
    now: datetime,
    user_email: str | None = None,
    expires_at: datetime | None = None,
    allowed_models: Sequence[str] | None = None,
    rate: RateRule | None = None,
    created_by: str | None = None,
) -> GatewayKey:
    """Describe a key for the store; with a user it is personal, without one a service key."""
    return GatewayKey(
        key_hash=hash_key(key),
        key_id=key_id_of(key),
        prefix=key[: SHOWN_CHARACTERS if key.startswith(KEY_PREFIX) else SHOWN_OF_OWN_KEY],
        name=name,
        kind=KeyKind.PERSONAL if user_email else KeyKind.SERVICE,
        created_at=now,
        user_email=user_email,
        expires_at=expires_at,
        allowed_models=None if allowed_models is None else tuple(allowed_models),
        rate_limit_per_second=rate.per_second if rate else None,
        rate_limit_burst=rate.burst if rate else None,
        created_by=created_by,
    )


def used_before(now: datetime) -> datetime:
    """A use noted at this instant or earlier is old enough to be noted again."""
    return now - timedelta(seconds=USE_NOTED_SECONDS)


def default_burst(per_second: float) -> int:
    """How many requests at once when nothing is stated: two seconds' worth, at least one."""
    return max(1, math.ceil(2 * per_second))


def checked_expiry(expires_at: datetime | None, now: datetime) -> datetime | None:
    """Return when a key shall end, if it may; raises KeyRefusedError."""
    if expires_at is None:
        return None
    if not now < expires_at <= now + timedelta(days=MAX_KEY_DAYS):
        msg = f"a key expires in the future, within {MAX_KEY_DAYS:,} days"
        raise KeyRefusedError("expires_at", "invalid_expiry", msg)
    return expires_at


def checked_models(models: Sequence[str] | None) -> tuple[str, ...] | None:
    """Return the allowed models without repetitions; raises KeyRefusedError.

    None allows any model. An empty list would allow none: such a key is revoked instead.
    """
    if models is None:
        return None
    try:
        return checked_names(models)
    except ValueError as error:
        raise KeyRefusedError("allowed_models", "invalid_models", str(error)) from error


def checked_rate(per_second: float | None, burst: int | None) -> RateRule | None:
    """Return a key's own limit, None for none; raises KeyRefusedError."""
    if per_second is None:
        if burst is not None:
            msg = "a burst needs a rate"
            raise KeyRefusedError("rate_limit_burst", "burst_without_rate", msg)
        return None
    if not MIN_RATE_PER_SECOND <= per_second <= MAX_RATE_PER_SECOND:
        msg = f"{MIN_RATE_PER_SECOND} to {MAX_RATE_PER_SECOND:,.0f} requests a second"
        raise KeyRefusedError("rate_limit_per_second", "invalid_rate", msg)
    if burst is None:
        burst = default_burst(per_second)
    if not 1 <= burst <= MAX_RATE_BURST:
        msg = f"1 to {MAX_RATE_BURST:,} requests at once"
        raise KeyRefusedError("rate_limit_burst", "invalid_rate", msg)
    return RateRule(per_second, burst)


def edit(key: GatewayKey, changes: Mapping[str, Any], now: datetime) -> GatewayKey:
    """Return the key with some of its terms changed; what `changes` does not name stays.

    Names are those of the fields: name, allowed_models, rate_limit_per_second, rate_limit_burst,
    expires_at; None takes a limit away. A rate that is taken away takes its burst along. Raises
    KeyRefusedError.
    """
    wanted = dict(changes)
    if "allowed_models" in wanted:
        wanted["allowed_models"] = checked_models(wanted["allowed_models"])
    if "expires_at" in wanted:
        wanted["expires_at"] = checked_expiry(wanted["expires_at"], now)
    if {"rate_limit_per_second", "rate_limit_burst"} & wanted.keys():
        per_second = wanted.get("rate_limit_per_second", key.rate_limit_per_second)
        burst = wanted.get("rate_limit_burst")
        if "rate_limit_burst" not in wanted and per_second is not None:
            burst = key.rate_limit_burst
        rate = checked_rate(per_second, burst)
        wanted["rate_limit_per_second"] = rate.per_second if rate else None
        wanted["rate_limit_burst"] = rate.burst if rate else None
    return replace(key, **wanted)


def figures(key: GatewayKey) -> AuditFigures:
    """A key's terms for the audit log; lists and fractions as text."""
    rate = key.rate_limit_per_second
    return {
        "name": key.name,
        "kind": key.kind.value,
        "user_email": key.user_email,
        "expires_at": iso_milliseconds(key.expires_at) if key.expires_at else None,
        "allowed_models": None if key.allowed_models is None else ", ".join(key.allowed_models),
        "rate_limit_per_second": None if rate is None else f"{rate:g}",
        "rate_limit_burst": key.rate_limit_burst,
        "revoked_at": iso_milliseconds(key.revoked_at) if key.revoked_at else None,
    }
