"""Signing in with a password, and out again: the lock, the same answer for everybody, the audit.

An unknown address takes the same steps as a known one: its attempts are counted, a hash is
computed, and it is locked after the fifth failure.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from solaris.domain.admins import Admin, SignedIn, with_password
from solaris.domain.audit import Actor, AuditEntry
from solaris.domain.identity import valid_email
from solaris.domain.lockout import (
    MAX_FAILURES,
    Attempts,
    Verdict,
    admit,
    failed,
    locked_seconds,
    untested,
)
from solaris.domain.passwords import password_problem
from solaris.domain.users import normalise_email
from solaris.errors import (
    InvalidCredentialsError,
    LoginLockedError,
    NotFoundError,
    RateLimitedError,
    UnauthenticatedError,
    ValidationFailedError,
)
from solaris.services.auditing import Auditor
from solaris.services.hashing import Passwords
from solaris.services.sessions import Opened, Sessions, TokenReusedError
from solaris.storage.admins import AdminStore
from solaris.storage.sessions import SessionStore

MAX_COUNT_ATTEMPTS = 10
BUSY_SECONDS = 1.0
NO_ADDRESS = "(no address)"

PASSWORD_TEXTS = {
    "password_too_short": "must have at least 12 characters",
    "password_too_long": "must have at most 128 characters",
    "password_is_email": "must not be the e-mail address",
    "password_common": "is too common",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where a sign-in comes from."""

    request_id: str | None = None
    ip_address: str | None = None
    user_agent: str | None = None

    def actor(self, name: str) -> Actor:
        """Somebody at this place."""
        return Actor(name=name, request_id=self.request_id, ip_address=self.ip_address)


class SigningIn:
    """Signs people in and out; `clock` gives the time in UTC."""

    def __init__(
        self,
        *,
        admins: AdminStore,
        store: SessionStore,
        sessions: Sessions,
        passwords: Passwords,
        auditor: Auditor,
        clock: Callable[[], datetime],
    ) -> None:
        self._admins = admins
        self._store = store
        self._sessions = sessions
        self._passwords = passwords
        self._auditor = auditor
        self._clock = clock

    def sign_in(self, email: str, password: str, origin: Origin) -> Opened:
        """Open a session for the right password.

        Raises InvalidCredentialsError, LoginLockedError (five failures in 15 minutes lock the
        address for 15), RateLimitedError (too many at the same moment), StoreUnavailableError.
        """
        address = normalise_email(email)
        admin = self._checked(address, password, origin, action="admin.login_failed")
        new_hash = self._rehashed(admin, password)
        return self.welcome(admin, origin, method="password", new_hash=new_hash)

    def welcome(
        self, admin: Admin, origin: Origin, *, method: str, new_hash: str | None = None
    ) -> Opened:
        """Open a session for somebody who has proved who they are, and write it down."""
        opened = self._sessions.open(
            admin, ip_address=origin.ip_address, user_agent=origin.user_agent
        )
        self._admins.note_login(admin, self._clock(), new_hash)
        entry = self._entry(origin, admin.email, "admin.login", after={"method": method})
        self._auditor.record(entry)
        return opened

    def refresh(self, refresh_token: str, origin: Origin) -> Opened:
        """Exchange a refresh token. A reuse closes the session and is audited.

        Raises UnauthenticatedError, StoreUnavailableError.
        """
        try:
            return self._sessions.refresh(refresh_token)
        except TokenReusedError as error:
            email = error.session.admin_email
            self._auditor.record(self._entry(origin, email, "admin.session_revoked", "reuse"))
            # one who is not let in learns nothing of why
            raise UnauthenticatedError from error

    def sign_out(
        self, *, refresh_token: str | None, access_token: str | None, origin: Origin
    ) -> None:
        """End the session; nothing happens when there is none. Raises StoreUnavailableError."""
        closed = self._sessions.close(refresh_token=refresh_token, access_token=access_token)
        for session in closed:
            self._auditor.record(self._entry(origin, session.admin_email, "admin.logout"))

    def me(self, caller: SignedIn) -> Admin:
        """The account of who is signed in."""
        admin = self._admins.get(caller.email)
        if admin is None:
            raise UnauthenticatedError
        return admin

    def change_password(self, caller: SignedIn, current: str, new: str, origin: Origin) -> Opened:
        """Give oneself another password; every other session of this admin ends.

        A wrong current password counts as a failed sign-in and raises as one; a bad new one
        raises ValidationFailedError, NotFoundError means that the admin is gone.
        """
        require_good_password(new, caller.email, field="newPassword")
        known = self._checked(caller.email, current, origin, action="admin.password_refused")
        new_hash = self._passwords.hash(new)

        def rule(admin: Admin) -> Admin:
            if admin.password_hash != known.password_hash:
                raise InvalidCredentialsError  # changed meanwhile: what was checked is not so
            return with_password(admin, new_hash, self._clock())

        def describe(_: Admin, __: Admin | None) -> AuditEntry:
            return self._entry(origin, caller.email, "admin.change_password")

        try:
            after = self._admins.change(caller.email, rule, describe)
        except NotFoundError as error:
            raise UnauthenticatedError from error
        return self._sessions.renew(caller.session_id, after)

    def unlock(self, email: str) -> bool:
        """Forget the failed sign-ins of an address; whether there were any."""
        return self._store.clear_attempts(_key(normalise_email(email)))

    def refused(self, email: str | None, origin: Origin, reason: str) -> None:
        """Write down that somebody was not let in."""
        self._auditor.record(self._entry(origin, email or "", "admin.login_failed", reason))

    def _rehashed(self, admin: Admin, password: str) -> str | None:
        if admin.password_hash is None or not self._passwords.is_outdated(admin.password_hash):
            return None
        try:
            return self._passwords.hash(password)
        except RateLimitedError:  # the next sign-in will do
            return None

    def _checked(self, address: str, password: str, origin: Origin, *, action: str) -> Admin:
        """Count the attempt, compare, and clear the count; whose password it was."""
        key = _key(address)
        admitted = self._count(key, address, origin, action)
        try:
            admin = self._admins.get(address)
            fits = self._passwords.verify(admin.password_hash if admin else None, password)
        except BaseException:
            self._swap(key, untested)
            raise
        if admin is None or not fits:
            self._failed(key, admitted, address, origin, action)
            raise InvalidCredentialsError
        self._store.clear_attempts(key)
        return admin

    def _count(self, key: str, address: str, origin: Origin, action: str) -> Attempts:
        for _ in range(MAX_COUNT_ATTEMPTS):
            now = self._clock()
            before = self._store.attempts(key)
            verdict, after = admit(before, now)
            if verdict is Verdict.LOCKED:
                self._auditor.record(self._entry(origin, address, action, "locked"))
                raise LoginLockedError(locked_seconds(after, now))
            if verdict is Verdict.BUSY:
                break
            if self._store.swap_attempts(key, before, after):
                return after
        raise RateLimitedError(BUSY_SECONDS)

    def _failed(
        self, key: str, admitted: Attempts, address: str, origin: Origin, action: str
    ) -> None:
        after = self._swap(key, lambda before: failed(before, admitted, self._clock()))
        self._auditor.record(self._entry(origin, address, action, "wrong_password"))
        # the one attempt that locks; others that fail meanwhile find it locked
        if admitted.count >= MAX_FAILURES and after is not None and after.locked_until is not None:
            self._auditor.record(self._entry(origin, address, "admin.locked"))

    def _swap(
        self, key: str, rule: Callable[[Attempts | None], Attempts | None]
    ) -> Attempts | None:
        for _ in range(MAX_COUNT_ATTEMPTS):
            before = self._store.attempts(key)
            after = rule(before)
            if after == before or self._store.swap_attempts(key, before, after):
                return after
        raise RateLimitedError(BUSY_SECONDS)

    def _entry(
        self,
        origin: Origin,
        address: str,
        action: str,
        reason: str | None = None,
        after: dict[str, str | int | bool | None] | None = None,
    ) -> AuditEntry:
        # what is no address may be a password, typed into the wrong field
        shown = valid_email(address) or NO_ADDRESS
        return self._auditor.entry(
            origin.actor(shown),
            action,
            target_type="admin",
            target_id=shown,
            target_label=shown,
            reason=reason,
            after=after,
        )


def require_good_password(password: str, email: str, *, field: str) -> None:
    """Raise ValidationFailedError, naming the field, for a password that the rule refuses."""
    problem = password_problem(password, email)
    if problem is not None:
        raise ValidationFailedError([(field, problem, PASSWORD_TEXTS[problem])])


def _key(address: str) -> str:
    return hashlib.sha256(address.encode("utf-8", "surrogatepass")).hexdigest()
