"""Which admin key a program sends.

What the store says of a key is remembered in process for 2.5 s, so that a revoked key is refused
everywhere within five seconds; an unknown one is remembered as well.
"""

import time
from collections.abc import Callable
from datetime import datetime

from solaris.platform.cache import Remembered
from solaris.platform.errors import InvalidAdminKeyError, SolarisError
from solaris.platform.logs import get_logger
from solaris.sign_in.admin_keys.key import (
    USE_NOTED_SECONDS,
    AdminKey,
    AdminKeyState,
    hash_of,
    id_of,
    is_well_formed,
)
from solaris.sign_in.admin_keys.store import AdminKeyStore

CACHE_SECONDS = 2.5
MAX_REMEMBERED = 10_000

_log = get_logger("solaris.admin_keys")


class AdminKeyVerifier:
    """Tells good keys; `clock` gives the time in UTC, `seconds` only rises."""

    def __init__(
        self,
        store: AdminKeyStore,
        clock: Callable[[], datetime],
        seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = store
        self._clock = clock
        self._seconds = seconds
        self._known: Remembered[str, AdminKey | None] = Remembered(MAX_REMEMBERED, seconds)
        self._noted: Remembered[str, None] = Remembered(MAX_REMEMBERED, seconds)

    def verify(self, secret: str) -> AdminKey:
        """The key that this is. Raises InvalidAdminKeyError, StoreUnavailableError."""
        if not is_well_formed(secret):
            raise InvalidAdminKeyError
        key_hash = hash_of(secret)
        known = self._known.get(key_hash)
        key = self._read(key_hash) if known is None else known.value
        if key is None or key.state(self._clock()) is not AdminKeyState.ACTIVE:
            raise InvalidAdminKeyError
        return key

    def _read(self, key_hash: str) -> AdminKey | None:
        asked_at = self._seconds()
        found = self._store.get(id_of(key_hash))
        key = found if found is not None and found.is_the_one(key_hash) else None
        self._known.put(key_hash, key, CACHE_SECONDS, since=asked_at)
        if key is not None:
            self._note_use(key)
        return key

    def _note_use(self, key: AdminKey) -> None:
        """Once a minute at most; a store that takes no note keeps nobody out."""
        now = self._clock()
        is_used = key.state(now) is AdminKeyState.ACTIVE and key.is_use_to_be_noted(now)
        if not is_used or self._noted.get(key.key_id) is not None:
            return
        self._noted.put(key.key_id, None, USE_NOTED_SECONDS)
        try:
            self._store.note_use(key.key_id, now)
        except SolarisError as error:
            _log.warning("admin_key_use_not_noted", key_id=key.key_id, error=str(error))
