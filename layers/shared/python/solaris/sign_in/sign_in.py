"""Signing in with a password, and out again: the same answer for everybody, and the audit.

An unknown address takes the same steps as a known one: its attempts are counted, a hash is
computed, and it is locked and slowed alike. What is counted: sign_in/guessing.py.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from solaris.audit.auditor import Auditor
from solaris.audit.entry import AuditEntry, AuditFigures
from solaris.platform.actor import Actor
from solaris.platform.email import valid_email
from solaris.platform.errors import (
    InvalidCredentialsError,
    LoginLockedError,
    NotFoundError,
    RateLimitedError,
    UnauthenticatedError,
    ValidationFailedError,
)
from solaris.platform.password_rules import password_problem
from solaris.sign_in.admin import Admin, SignedIn, with_password
from solaris.sign_in.admin_store import AdminStore
from solaris.sign_in.devices import Devices
from solaris.sign_in.guessing import Guess, Guesses, GuessRefusedError
from solaris.sign_in.password_hash import Passwords
from solaris.sign_in.sessions import Opened, Sessions, TokenReusedError

NO_ADDRESS = "(no address)"

PASSWORD_TEXTS = {
    "password_too_short": "must have at least 12 characters",
    "password_too_long": "must have at most 128 characters",
    "password_is_email": "must not be the e-mail address",
    "password_common": "is too common",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where a sign-in comes from; `device` is the text of the device cookie, unread."""

    request_id: str | None = None
    ip_address: str | None = None
    user_agent: str | None = None
    device: str | None = None

    def actor(self, name: str) -> Actor:
        """Somebody at this place."""
        return Actor(name=name, request_id=self.request_id, ip_address=self.ip_address)


class SigningIn:
    """Signs people in and out; `clock` gives the time in UTC."""

    def __init__(
        self,
        *,
        admins: AdminStore,
        guesses: Guesses,
        devices: Devices,
        sessions: Sessions,
        passwords: Passwords,
        auditor: Auditor,
        clock: Callable[[], datetime],
    ) -> None:
        self._admins = admins
        self._guesses = guesses
        self._devices = devices
        self._sessions = sessions
        self._passwords = passwords
        self._auditor = auditor
        self._clock = clock

    def sign_in(self, email: str, password: str, origin: Origin) -> Opened:
        """Open a session for the right password.

        Raises InvalidCredentialsError, LoginLockedError (too many failures: sign_in/guessing.py),
        RateLimitedError (too many at the same moment), StoreUnavailableError.
        """
        address = self._admins.address_of(email)
        admin = self._checked(address, password, origin, action="admin.login_failed")
        new_hash = self._rehashed(admin, password)
        return self.welcome(admin, origin, method="password", new_hash=new_hash)

    def welcome(
        self, admin: Admin, origin: Origin, *, method: str, new_hash: str | None = None
    ) -> Opened:
        """Open a session for somebody who has proved who they are, and write it down.

        Their browser gets a device cookie, or keeps its id.
        """
        opened = self._sessions.open(
            admin, ip_address=origin.ip_address, user_agent=origin.user_agent
        )
        self._admins.note_login(admin, self._clock(), new_hash)
        entry = self._entry(origin, admin.email, "admin.login", after={"method": method})
        self._auditor.record(entry)
        known = self._devices.read(origin.device, admin.email)
        return replace(opened, device=self._devices.issue(admin.email, known))

    def refresh(self, refresh_token: str, origin: Origin) -> Opened:
        """Exchange a refresh token. A reuse closes the session and is audited.

        A browser without a device cookie of this account gets one: it is signed in.
        Raises UnauthenticatedError, StoreUnavailableError.
        """
        try:
            opened = self._sessions.refresh(refresh_token)
        except TokenReusedError as error:
            email = error.session.admin_email
            self._auditor.record(self._entry(origin, email, "admin.session_revoked", "reuse"))
            # one who is not let in learns nothing of why
            raise UnauthenticatedError from error
        email = opened.admin.email
        if self._devices.read(origin.device, email) is not None:
            return opened
        return replace(opened, device=self._devices.issue(email))

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
        """Forget the failed sign-ins of an address, from everywhere; whether there were any."""
        return self._guesses.unlock(self._admins.address_of(email))

    def refused(self, email: str | None, origin: Origin, reason: str) -> None:
        """Write down that somebody was not let in, once a minute for a place and a reason."""
        self._gather(email or "", origin, "admin.login_failed", reason)

    def _rehashed(self, admin: Admin, password: str) -> str | None:
        if admin.password_hash is None or not self._passwords.is_outdated(admin.password_hash):
            return None
        try:
            return self._passwords.hash(password)
        except RateLimitedError:  # the next sign-in will do
            return None

    def _checked(self, address: str, password: str, origin: Origin, *, action: str) -> Admin:
        """Count the attempt, compare, and clear the count; whose password it was."""
        guess = self._admitted(address, origin, action)
        try:
            admin = self._admins.get(address)
            fits = self._passwords.verify(admin.password_hash if admin else None, password)
        except BaseException:
            self._guesses.untested(guess)
            raise
        if admin is None or not fits:
            self._failed(guess, origin, action)
            raise InvalidCredentialsError
        self._guesses.succeeded(guess)
        untold = self._guesses.untold(address)
        if untold:
            entry = self._entry(
                origin, address, "admin.login_failed", "locked", {"attempts": untold}
            )
            self._auditor.record(entry)
        return admin

    def _admitted(self, address: str, origin: Origin, action: str) -> Guess:
        device_id = self._devices.read(origin.device, address)
        try:
            return self._guesses.admit(address, origin.ip_address, device_id)
        except GuessRefusedError as error:
            self._gather(address, origin, action, error.reason)
            # one who is not let in learns nothing of why
            raise LoginLockedError(error.retry_after_seconds) from error

    def _failed(self, guess: Guess, origin: Origin, action: str) -> None:
        """Write a failure down: single ones each, those of an attack gathered."""
        locks = self._guesses.failed(guess)
        if guess.pause:
            self._gather(guess.address, origin, action, "wrong_password")
            return
        self._auditor.record(self._entry(origin, guess.address, action, "wrong_password"))
        if locks:
            self._auditor.record(self._entry(origin, guess.address, "admin.locked"))
        if guess.begins_slow:
            self._auditor.record(self._entry(origin, guess.address, "admin.slowed"))

    def _gather(self, address: str, origin: Origin, action: str, reason: str) -> None:
        """Write one row for the refusals of a minute: this one, and how many there were."""
        count = self._guesses.gathered(address, origin.ip_address, reason)
        if count:
            after = {"attempts": count} if count > 1 else None
            self._auditor.record(self._entry(origin, address, action, reason, after))

    def _entry(
        self,
        origin: Origin,
        address: str,
        action: str,
        reason: str | None = None,
        after: AuditFigures | None = None,
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
