"""Who asks: the gateway key of a request, and the user that it speaks for.

The proxy looks a key up in process, then Redis, then DynamoDB; synchronous functions leave Redis
out. What Redis says of a key is believed under our own seal alone (keys/sealing.py); without
one it is not asked. A key is remembered for 2.5 s in each of the two caches, so a revoked key is
refused everywhere within five seconds, whoever is out of reach at that moment. What DynamoDB says
of a key's last use is looked at with every such read: keys/last_use.py.
"""

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

import orjson

from solaris.keys.key import GatewayKey, KeyKind, hash_key
from solaris.keys.last_use import KeyUse
from solaris.keys.sealing import Seal
from solaris.keys.signed_identity import HEADER, ROLE_HEADER, signed_identity
from solaris.keys.store import KeyStore
from solaris.platform.access import ADMIN_KEY_PREFIX
from solaris.platform.cache import AsyncCache, Remembered
from solaris.platform.email import normalise_email, spelled_before
from solaris.platform.errors import (
    InvalidApiKeyError,
    NotAGatewayKeyError,
    UserNotIdentifiedError,
)
from solaris.platform.instants import iso_milliseconds, parse_instant
from solaris.platform.settings import Settings
from solaris.quota.identity import Identity, identify

CACHE_SECONDS = 2.5
REDIS_SECONDS = 2  # whole seconds; below CACHE_SECONDS
REDIS_LIFE = timedelta(seconds=REDIS_SECONDS)
MAX_CACHED_KEYS = 10_000
MAX_KEY_CHARACTERS = 512

_PLAIN_FIELDS = (
    *("key_hash", "key_id", "prefix", "name", "kind", "user_email", "allowed_models"),
    *("rate_limit_per_second", "rate_limit_burst", "created_by"),
)
_TIMES = ("created_at", "expires_at", "revoked_at", "last_used_at")


class Authenticator:
    """Tells which gateway key a request carries."""

    def __init__(
        self,
        keys: KeyStore,
        cache: AsyncCache,
        stage: str,
        clock: Callable[[], datetime],
        *,
        seal: Seal | None,
    ) -> None:
        self._keys = keys
        self._seal = seal
        self._cache = cache
        self._prefix = f"solaris:{stage}:key:"
        self._clock = clock
        self._use = KeyUse(keys, clock)
        self._memory: Remembered[str, GatewayKey | None] = Remembered(MAX_CACHED_KEYS)
        self._asking: dict[str, asyncio.Task[GatewayKey | None]] = {}

    async def authenticate(self, headers: Mapping[str, str]) -> GatewayKey:
        """Return the valid key of a request; raises InvalidApiKeyError.

        OpenAI clients send `Authorization: Bearer`, Anthropic clients `x-api-key`.
        """
        return _valid(await self._find(_hash_of(headers)), self._clock())

    async def _find(self, key_hash: str) -> GatewayKey | None:
        known = self._memory.get(key_hash)
        if known is not None:
            return known.value
        # requests that miss at the same time ask once
        asking = self._asking.get(key_hash)
        if asking is None:
            asking = asyncio.create_task(self._ask(key_hash))
            self._asking[key_hash] = asking
            asking.add_done_callback(lambda _: self._asking.pop(key_hash, None))
        return await asyncio.shield(asking)

    async def _ask(self, key_hash: str) -> GatewayKey | None:
        key = await self._cached(key_hash)
        if key is None:
            asked_at = self._clock()
            key = await asyncio.to_thread(self._keys.get, key_hash)
            if key is not None:
                self._use.note(key)
                await self._remember(key, asked_at)
        self._memory.put(key_hash, key, CACHE_SECONDS)
        return key

    async def _cached(self, key_hash: str) -> GatewayKey | None:
        """What Redis knows, if we said it ourselves and no longer than two seconds ago."""
        name = self._prefix + key_hash
        text = await self._cache.get(name) if self._seal is not None else None
        if self._seal is None or text is None:
            return None
        now = self._clock()
        value = self._seal.open(name, text, now=now, latest=now + REDIS_LIFE)
        return None if value is None else _from_json(value)

    async def _remember(self, key: GatewayKey, asked_at: datetime) -> None:
        if self._seal is not None:
            name = self._prefix + key.key_hash
            sealed = self._seal.close(name, _to_json(key), asked_at + REDIS_LIFE)
            await self._cache.set(name, sealed, REDIS_SECONDS)


class BlockingAuthenticator:
    """The same for synchronous functions, from any number of threads: process, then DynamoDB."""

    def __init__(self, keys: KeyStore, clock: Callable[[], datetime]) -> None:
        self._keys = keys
        self._clock = clock
        self._use = KeyUse(keys, clock)
        self._memory: Remembered[str, GatewayKey | None] = Remembered(MAX_CACHED_KEYS)

    def authenticate(self, headers: Mapping[str, str]) -> GatewayKey:
        """Return the valid key of a request; raises InvalidApiKeyError."""
        key_hash = _hash_of(headers)
        known = self._memory.get(key_hash)
        if known is not None:
            return _valid(known.value, self._clock())
        key = self._keys.get(key_hash)
        self._memory.put(key_hash, key, CACHE_SECONDS)
        if key is not None:
            self._use.note(key)
        return _valid(key, self._clock())


def identity_of(
    key: GatewayKey,
    headers: Mapping[str, str],
    body: Mapping[str, Any],
    settings: Settings,
    now: datetime,
) -> Identity:
    """Return the user that a request speaks for at `now` (UTC); raises UserNotIdentifiedError.

    A personal key is its user's, whatever the headers say; a service key names the user, in a
    header, or in `body` where that is given to look at. Where Open WebUI's secret is known, its
    signed header alone names somebody, and their group.
    """
    if key.kind is KeyKind.PERSONAL:
        identity = None if key.user_email is None else _owner(key.user_email)
    elif settings.openwebui_jwt_secret is not None:
        identity = signed_identity(
            headers.get(HEADER),
            settings.openwebui_jwt_secret,
            now,
            tells_role=ROLE_HEADER in settings.identity_group_headers,
        )
    else:
        identity = identify(
            headers,
            body,
            email_headers=settings.identity_email_headers,
            name_headers=settings.identity_name_headers,
            group_headers=settings.identity_group_headers,
            token_header=settings.oidc_token_header,
        )
    if identity is None:
        raise UserNotIdentifiedError
    return identity


def _owner(stored: str) -> Identity:
    """The owner of a personal key, whom a version before may have spelled otherwise."""
    email, spelled = normalise_email(stored), spelled_before(stored)
    return Identity(email=email, spelled="" if spelled == email else spelled)


def _hash_of(headers: Mapping[str, str]) -> str:
    secret = _secret_of(headers)
    if secret is None:
        raise InvalidApiKeyError
    if secret.startswith(ADMIN_KEY_PREFIX):
        raise NotAGatewayKeyError
    return hash_key(secret)


def _valid(key: GatewayKey | None, now: datetime) -> GatewayKey:
    if key is None or not key.is_valid(now):
        raise InvalidApiKeyError
    return key


def _secret_of(headers: Mapping[str, str]) -> str | None:
    scheme, _, value = headers.get("authorization", "").strip().partition(" ")
    secret = value.strip() if scheme.lower() == "bearer" else headers.get("x-api-key", "").strip()
    if not secret or len(secret) > MAX_KEY_CHARACTERS:
        return None
    return secret


def _to_json(key: GatewayKey) -> str:
    value = {name: getattr(key, name) for name in _PLAIN_FIELDS}
    for name in _TIMES:
        instant = getattr(key, name)
        value[name] = iso_milliseconds(instant) if instant else None
    return orjson.dumps(value).decode()


def _from_json(text: str) -> GatewayKey | None:
    """Read a cached key; anything unexpected counts as not cached.

    What an older version has not written is absent: such a key has no such limits.
    """
    try:
        value = orjson.loads(text)
        models = value.get("allowed_models")
        return GatewayKey(
            key_hash=value["key_hash"],
            key_id=value["key_id"],
            prefix=value["prefix"],
            name=value["name"],
            kind=KeyKind(value["kind"]),
            user_email=value["user_email"],
            created_at=parse_instant(value["created_at"]),
            expires_at=parse_instant(value["expires_at"]) if value["expires_at"] else None,
            revoked_at=parse_instant(value["revoked_at"]) if value["revoked_at"] else None,
            allowed_models=None if models is None else tuple(models),
            rate_limit_per_second=value.get("rate_limit_per_second"),
            rate_limit_burst=value.get("rate_limit_burst"),
            created_by=value.get("created_by"),
            last_used_at=parse_instant(used) if (used := value.get("last_used_at")) else None,
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
