"""Groups of people whose chat passes on the id token that the identity provider gave them.

Checked as a sign-in's is (oidc_provider.py), but for the nonce, which only who asked for the token
knows. A chat never waits for the provider: its keys are fetched beside the requests, at the start
and when somebody comes with keys older than ten minutes. While it does not answer, keys of the last
hour count; without any, nobody is put into a group by a token.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from threading import Lock, Thread

from solaris.platform.email import normalise_email
from solaris.platform.logs import get_logger
from solaris.quota.groups.naming import claim_values
from solaris.sign_in.oidc_http import OidcError
from solaris.sign_in.oidc_provider import Keys, UnknownKeyError, passed_on_claims, vouched

MAX_TOKEN_CHARACTERS = 16_384
FRESH_SECONDS = 600.0
BELIEVED_SECONDS = 3_600.0
RETRY_SECONDS = 30.0

_log = get_logger("solaris.oidc")


class GroupTokenError(Exception):
    """A token that tells nothing; its text says why, for the log."""


@dataclass(frozen=True, slots=True)
class TokenRule:
    """Whose tokens count: of this issuer, for one of these clients of it."""

    issuer: str
    client_ids: Sequence[str]
    group_claim: str
    trusts_emails: bool = False
    """Whether an address of which nothing is said counts as verified."""


def in_background(work: Callable[[], None]) -> None:
    """Do it in a thread that does not keep the process."""
    Thread(target=work, name="oidc-keys", daemon=True).start()


class TokenGroups:
    """Reads tokens; `keys` asks the provider for its keys, bounded, and raises OidcError.

    For any number of threads. `clock` is UTC, `timer` tells seconds and only rises.
    """

    def __init__(
        self,
        *,
        rule: TokenRule,
        keys: Callable[[], Keys],
        clock: Callable[[], datetime],
        timer: Callable[[], float] = time.monotonic,
        start: Callable[[Callable[[], None]], None] = in_background,
    ) -> None:
        self._rule = rule
        self._issuer = rule.issuer.rstrip("/")
        self._fetch = keys
        self._clock = clock
        self._timer = timer
        self._start = start
        self._lock = Lock()
        self._known: tuple[Keys, float] | None = None
        self._next_try: float | None = None

    def values(self, token: str, email: str) -> tuple[str, ...]:
        """What the claim of groups says of the person with this address (normalised).

        Raises GroupTokenError.
        """
        if len(token) > MAX_TOKEN_CHARACTERS:
            raise GroupTokenError("too long")
        try:
            claims = passed_on_claims(
                token,
                self._keys_at_hand(),
                issuer=self._issuer,
                client_ids=self._rule.client_ids,
                now=self._clock(),
            )
        except OidcError as error:
            if isinstance(error, UnknownKeyError):
                self.refresh_soon()
            raise GroupTokenError(error.detail) from error
        said = vouched(claims)
        if said.email is None or normalise_email(said.email) != email:
            raise GroupTokenError("of another person")
        if not (self._rule.trusts_emails if said.is_verified is None else said.is_verified):
            raise GroupTokenError("its address is not verified")
        return claim_values(claims.get(self._rule.group_claim))

    def refresh_soon(self) -> None:
        """Ask for the keys beside whatever goes on; every thirty seconds at most."""
        with self._lock:
            now = self._timer()
            if self._next_try is not None and now < self._next_try:
                return
            self._next_try = now + RETRY_SECONDS
        self._start(self._refresh)

    def _keys_at_hand(self) -> Keys:
        known, now = self._known, self._timer()
        if known is None or now - known[1] > FRESH_SECONDS:
            self.refresh_soon()
            known = self._known
        if known is None or now - known[1] > BELIEVED_SECONDS:
            raise GroupTokenError("the provider's keys are not here")
        return known[0]

    def _refresh(self) -> None:
        asked_at = self._timer()
        try:
            self._known = self._fetch(), asked_at
        except OidcError as error:
            _log.warning("oidc_keys_unavailable", code=error.code, detail=str(error))
