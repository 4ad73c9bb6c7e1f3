"""Argon2id: how passwords are kept, and how many are verified at a time.

Parameters: 19 MiB of memory, two iterations, one lane (OWASP, Password Storage Cheat Sheet,
"Argon2id"). One verification takes some 30 ms of a core, so at most two run at a time in a
process and the others wait their turn, 3 s at most.
"""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore

import argon2
from argon2.exceptions import InvalidHashError, VerificationError

from solaris.platform.errors import RateLimitedError
from solaris.platform.password_rules import password_bytes

MEMORY_KIB = 19 * 1024
ITERATIONS = 2
LANES = 1
MAX_AT_A_TIME = 2
WAIT_SECONDS = 3.0
RETRY_SECONDS = 2.0


class Passwords:
    """Hashes and verifies. Raises RateLimitedError when too many wait already."""

    def __init__(self, *, memory_kib: int = MEMORY_KIB, wait_seconds: float = WAIT_SECONDS) -> None:
        self._argon2 = argon2.PasswordHasher(
            time_cost=ITERATIONS, memory_cost=memory_kib, parallelism=LANES
        )
        self._wait_seconds = wait_seconds
        self._turns = BoundedSemaphore(MAX_AT_A_TIME)
        # what an unknown address is verified against: the same work as for a known one
        self._nobody = self._argon2.hash(secrets.token_bytes(16))

    def hash(self, password: str) -> str:
        """The hash to store, with its parameters and a salt of its own."""
        with self._turn():
            return self._argon2.hash(password_bytes(password))

    def verify(self, stored: str | None, password: str) -> bool:
        """True when the password fits. None (nobody, no password) costs the same and is False."""
        with self._turn():
            try:
                self._argon2.verify(stored or self._nobody, password_bytes(password))
            except (VerificationError, InvalidHashError):
                return False
            return stored is not None

    def is_outdated(self, stored: str) -> bool:
        """True when the hash was made with other parameters than today's."""
        return self._argon2.check_needs_rehash(stored)

    @contextmanager
    def _turn(self) -> Iterator[None]:
        if not self._turns.acquire(timeout=self._wait_seconds):
            raise RateLimitedError(RETRY_SECONDS)
        try:
            yield
        finally:
            self._turns.release()
