"""Who comes in, told from the head of a request alone: before a byte of its body is read.

    key → the key's rate → the user's rate → (body) → the user, where only the body names one

A wrong key costs its sender a 401, and 429 after so many a minute from one address; a good key
from the same address is let in all the same. What reads and does not chat (models, unknown paths)
has a count of its own, so that looking at a list takes no chat away.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from solaris.keys.authenticator import Authenticator, identity_of
from solaris.keys.key import GatewayKey
from solaris.keys.user_rates import UserRates
from solaris.platform.errors import InvalidApiKeyError, UserNotIdentifiedError
from solaris.platform.rate_limit import (
    READING_SCOPE,
    WRONG_KEY_SCOPE,
    RateLimiter,
    counted_address,
)
from solaris.platform.settings import Settings
from solaris.quota.identity import Identity
from solaris.quota.user import user_id_for

# Look-ups at once for addresses that have sent too many wrong keys: each is a read of the store.
SUSPECT_LOOKUPS = 2


@dataclass(slots=True)
class Asking:
    """Who asks for which model, as far as a request has told: by this its refusal is kept."""

    key_id: str = ""
    user_id: str | None = None
    model: str = ""


@dataclass(frozen=True, slots=True)
class Entered:
    """A valid key, and its user where the head says it; their rates have been counted."""

    key: GatewayKey
    identity: Identity | None
    asking: Asking = field(default_factory=Asking, compare=False)


class Entrance:
    """Lets requests in; `clock` is UTC. Raises InvalidApiKeyError and RateLimitedError."""

    def __init__(
        self,
        *,
        authenticator: Authenticator,
        limiter: RateLimiter,
        settings: Settings,
        clock: Callable[[], datetime],
        rates: UserRates | None = None,
    ) -> None:
        self._rates = rates or UserRates()
        self._authenticator = authenticator
        self._limiter = limiter
        self._settings = settings
        self._clock = clock
        self._suspects: asyncio.Semaphore | None = None

    async def key_of(self, headers: Mapping[str, str], address: str | None) -> GatewayKey:
        """The valid key of a request from an address."""
        if self._suspects is not None and self._limiter.is_waiting(_wrong_keys_of(address)):
            async with self._suspects:
                return await self._key_of(headers, address)
        return await self._key_of(headers, address)

    async def _key_of(self, headers: Mapping[str, str], address: str | None) -> GatewayKey:
        try:
            return await self._authenticator.authenticate(headers)
        except InvalidApiKeyError:
            if self._suspects is None:
                self._suspects = asyncio.Semaphore(SUSPECT_LOOKUPS)
            rule = self._settings.wrong_key_rule
            await self._limiter.admit_subject(_wrong_keys_of(address), rule)
            raise

    async def enter(
        self,
        headers: Mapping[str, str],
        address: str | None,
        *,
        chats: bool,
        asking: Asking | None = None,
    ) -> Entered:
        """Let one request in by its head; `chats` is False for what takes no tokens.

        `asking` is told of key and user of a chat before they are refused.
        Raises InvalidApiKeyError, UserNotIdentifiedError, RateLimitedError.
        """
        key = await self.key_of(headers, address)
        identity = self._named(key, headers)
        if not chats:
            who = key.key_id if identity is None else user_id_for(identity.email)
            rule = key.rate_rule or self._settings.rate_rule
            await self._limiter.admit_subject(f"{READING_SCOPE}:{who}", rule)
            return Entered(key, identity)
        if identity is None and not self._settings.identity_from_body:
            raise UserNotIdentifiedError
        asking = asking or Asking()
        asking.key_id = key.key_id
        if identity is not None:
            asking.user_id = user_id_for(identity.email)
        if key.rate_rule is not None:
            await self._limiter.admit_key(key.key_id, key.rate_rule)
        if asking.user_id is not None:
            await self._count(asking.user_id)
        return Entered(key, identity, asking)

    async def identify(
        self, entered: Entered, headers: Mapping[str, str], body: Mapping[str, Any]
    ) -> Identity:
        """The user of a request; by setting its body names them where the head does not.

        Raises UserNotIdentifiedError, and RateLimitedError for a user whom the body names.
        """
        if entered.identity is not None:
            return entered.identity
        named = body if self._settings.identity_from_body else {}
        identity = identity_of(entered.key, headers, named, self._settings, self._clock())
        user_id = entered.asking.user_id = user_id_for(identity.email)
        await self._count(user_id)
        return identity

    async def _count(self, user_id: str) -> None:
        await self._limiter.admit(user_id, self._rates.of(user_id))

    def _named(self, key: GatewayKey, headers: Mapping[str, str]) -> Identity | None:
        try:
            return identity_of(key, headers, {}, self._settings, self._clock())
        except UserNotIdentifiedError:
            return None


def _wrong_keys_of(address: str | None) -> str:
    return f"{WRONG_KEY_SCOPE}:{counted_address(address)}"
