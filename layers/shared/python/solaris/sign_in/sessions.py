"""Who is signed in: sessions opened, verified, refreshed and closed.

A verified session is remembered in process for 2.5 s: a logout, a demotion or a removal holds
everywhere within five seconds.
"""

import hashlib
import secrets
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from solaris.platform.cache import Remembered
from solaris.platform.errors import UnauthenticatedError
from solaris.platform.logs import get_logger
from solaris.platform.printable import printable
from solaris.sign_in.admin import Admin, Session, SignedIn
from solaris.sign_in.devices import Device
from solaris.sign_in.session_store import SessionStore
from solaris.sign_in.tokens import AccessTokens, Claims

CACHE_SECONDS = 2.5
MAX_CACHED = 10_000
SESSION_ID_BYTES = 16
SECRET_BYTES = 32  # 43 characters
MAX_REFRESH_CHARACTERS = 200
MAX_USER_AGENT_CHARACTERS = 300

_log = get_logger("solaris.sessions")


@dataclass(frozen=True, slots=True)
class Opened:
    """What somebody gets who is signed in; neither token is stored or logged."""

    admin: Admin
    session: Session
    token: str
    token_expires_at: datetime
    refresh_token: str | None
    """None: the one they have stays good."""

    device: Device | None = None
    """None: the device cookie stays as it is."""


class TokenReusedError(UnauthenticatedError):
    """A refresh token came a second time: the session is closed. `session` says whose it was."""

    def __init__(self, session: Session) -> None:
        super().__init__(session.session_id)
        self.session = session


@dataclass(frozen=True, slots=True)
class _Known:
    session: Session
    admin: Admin


class Sessions:
    """Sessions of admins and viewers; `clock` gives the time in UTC, `seconds` only rises."""

    def __init__(
        self,
        *,
        store: SessionStore,
        tokens: AccessTokens,
        session_days: int,
        clock: Callable[[], datetime],
        seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = store
        self._tokens = tokens
        self._life = timedelta(days=session_days)
        self._clock = clock
        self._seconds = seconds
        self._known: Remembered[str, _Known] = Remembered(MAX_CACHED, seconds)

    def open(self, admin: Admin, *, ip_address: str | None, user_agent: str | None) -> Opened:
        """Begin a session of SESSION_DAYS. Raises StoreUnavailableError."""
        now = self._clock()
        session_id = secrets.token_hex(SESSION_ID_BYTES)
        secret = secrets.token_urlsafe(SECRET_BYTES)
        session = Session(
            session_id=session_id,
            admin_email=admin.email,
            token_hash=_hash(secret),
            token_version=admin.token_version,
            created_at=now,
            refreshed_at=now,
            expires_at=now + self._life,
            ip_address=ip_address,
            user_agent=printable(user_agent, MAX_USER_AGENT_CHARACTERS) if user_agent else None,
        )
        self._store.put(session)
        return self._opened(admin, session, f"{session_id}.{secret}")

    def verify(self, access_token: str) -> SignedIn:
        """Who holds this token, with the role of this moment.

        Raises UnauthenticatedError when the token is not good, the session over or the admin gone
        or changed; StoreUnavailableError when that cannot be said.
        """
        claims = self._tokens.read(access_token)
        found = self._remembered(claims) or self._read(claims)
        if found is None:
            raise UnauthenticatedError
        session, admin = found.session, found.admin
        if (
            not session.is_open(self._clock())
            or session.admin_email != claims.email
            or not admin.token_version == session.token_version == claims.token_version
        ):
            raise UnauthenticatedError
        return SignedIn(email=admin.email, role=admin.role, session_id=session.session_id)

    def refresh(self, refresh_token: str) -> Opened:
        """Exchange a refresh token for the next one and an access token.

        Raises TokenReusedError when it was exchanged before (the session is closed then, for
        both holders), UnauthenticatedError when it never was good, StoreUnavailableError.
        """
        session_id, secret = _parts(refresh_token)
        now = self._clock()
        next_secret = secrets.token_urlsafe(SECRET_BYTES)
        session, exchanged = self._store.rotate(session_id, _hash(secret), _hash(next_secret), now)
        if session is None:
            raise UnauthenticatedError
        if not exchanged:
            if session.is_open(now):
                self._revoke(session_id)
                _log.warning("refresh_token_reused", session_id=session_id)
                raise TokenReusedError(session)
            raise UnauthenticatedError
        _, admin = self._store.get_with_admin(session_id, session.admin_email)
        if admin is None or admin.token_version != session.token_version:
            self._revoke(session_id)
            raise UnauthenticatedError
        return self._opened(admin, session, f"{session_id}.{next_secret}")

    def renew(self, session_id: str, admin: Admin) -> Opened:
        """Carry one session over a change of its own admin's password; the others end."""
        session, _ = self._store.get_with_admin(session_id, admin.email)
        renewed = self._store.renew(session, admin.token_version) if session else None
        self._known.forget(session_id)
        if renewed is None:
            raise UnauthenticatedError
        return self._opened(admin, renewed, None)

    def close(self, *, refresh_token: str | None, access_token: str | None) -> list[Session]:
        """End the sessions that these name; those that were open. Bad tokens name none.

        The secret of the refresh token is not compared: a copy that was exchanged already shall
        be able to end the session too. Raises StoreUnavailableError.
        """
        named: set[str] = set()
        if refresh_token:
            with suppress(UnauthenticatedError):
                named.add(_parts(refresh_token)[0])
        if access_token:
            with suppress(UnauthenticatedError):
                named.add(self._tokens.read(access_token).session_id)
        closed = [self._revoke(session_id) for session_id in sorted(named)]
        return [session for session in closed if session is not None]

    def _opened(self, admin: Admin, session: Session, refresh_token: str | None) -> Opened:
        token, expires_at = self._tokens.issue(admin, session.session_id)
        return Opened(admin, session, token, expires_at, refresh_token)

    def _revoke(self, session_id: str) -> Session | None:
        revoked = self._store.revoke(session_id, self._clock())
        self._known.forget(session_id)
        return revoked

    def _remembered(self, claims: Claims) -> _Known | None:
        kept = self._known.get(claims.session_id)
        # a token newer than what is remembered: issued after a change of the password
        if kept is None or claims.token_version > kept.value.admin.token_version:
            return None
        return kept.value

    def _read(self, claims: Claims) -> _Known | None:
        asked_at = self._seconds()
        session, admin = self._store.get_with_admin(claims.session_id, claims.email)
        if session is None or admin is None:
            return None
        found = _Known(session, admin)
        self._known.put(claims.session_id, found, CACHE_SECONDS, since=asked_at)
        return found


def _parts(refresh_token: str) -> tuple[str, str]:
    """Session id and secret; raises UnauthenticatedError for what is no refresh token."""
    session_id, dot, secret = refresh_token.partition(".")
    well_formed = (
        len(refresh_token) <= MAX_REFRESH_CHARACTERS
        and dot
        and secret
        and len(session_id) == 2 * SESSION_ID_BYTES
        and all(c in "0123456789abcdef" for c in session_id)
    )
    if not well_formed:
        raise UnauthenticatedError
    return session_id, secret


def _hash(secret: str) -> str:
    """SHA-256: the secret is random, so neither salt nor stretching adds anything.

    DynamoDB compares the hashes; the time that takes tells nothing of the secret.
    """
    return hashlib.sha256(secret.encode("utf-8", "surrogateescape")).hexdigest()
