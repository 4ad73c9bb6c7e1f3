"""Who may sign in: people with their roles, made, changed and removed, and the first of them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from solaris.audit.auditor import Auditor
from solaris.audit.entry import AuditEntry
from solaris.platform.actor import Actor, Role
from solaris.platform.email import normalise_email, valid_email
from solaris.platform.errors import AlreadyExistsError, NotFoundError, ValidationFailedError
from solaris.platform.password_rules import generate_password
from solaris.platform.printable import printable
from solaris.platform.settings import Settings
from solaris.quota.identity import MAX_NAME_CHARACTERS
from solaris.sign_in.admin import (
    Admin,
    changed,
    figures,
    new_admin,
    role_at_first_sign_in,
    with_password,
)
from solaris.sign_in.admin_store import AdminStore
from solaris.sign_in.password_hash import Passwords
from solaris.sign_in.sign_in import require_good_password

FIRST_ADMIN_NAME = "Admin"


@dataclass(frozen=True, slots=True)
class Issued:
    """An admin, and the password that was made for them: shown once, None when they had theirs."""

    admin: Admin
    password: str | None


class AdminAccounts:
    """Every change writes its audit row in the same transaction; `clock` is UTC.

    What changes something raises StoreUnavailableError, and ConflictError when others keep
    changing the same admin.
    """

    def __init__(
        self,
        *,
        settings: Settings,
        admins: AdminStore,
        passwords: Passwords,
        auditor: Auditor,
        clock: Callable[[], datetime],
    ) -> None:
        self._settings = settings
        self._admins = admins
        self._passwords = passwords
        self._auditor = auditor
        self._clock = clock

    def list(self) -> "list[Admin]":
        """All of them (1,000 at most), by address."""
        return self._admins.list()

    def create(
        self, actor: Actor, email: str, *, name: str, role: Role, password: str | None = None
    ) -> Issued:
        """Make somebody with a role; without a password one is generated.

        Raises ValidationFailedError (the address, the password), AlreadyExistsError.
        """
        address = _address(email)
        if password is not None:
            require_good_password(password, address, field="password")
        issued = generate_password() if password is None else None
        admin = new_admin(
            address,
            name=printable(name, MAX_NAME_CHARACTERS),
            role=role,
            password_hash=self._passwords.hash(password or issued or ""),
            now=self._clock(),
        )
        if not self._admins.create(admin, self._created(actor, admin)):
            raise AlreadyExistsError(f"admin exists already: {address}")
        return Issued(admin, issued)

    def update(
        self, actor: Actor, email: str, *, name: str | None = None, role: Role | None = None
    ) -> Admin:
        """Change name or role; another role signs them out.

        Raises NotFoundError, LastAdminError when nobody would be left with the role admin.
        """
        shown = None if name is None else printable(name, MAX_NAME_CHARACTERS)
        return self._admins.change(
            self._admins.address_of(email),
            lambda admin: changed(admin, name=shown, role=role, now=self._clock()),
            lambda before, after: self._entry(actor, "admin.update", before, after),
        )

    def reset_password(self, actor: Actor, email: str) -> Issued:
        """Give a generated password and end all sessions. Raises NotFoundError."""
        address = self._admins.address_of(email)
        if self._admins.get(address) is None:  # before the dear hash
            raise NotFoundError(f"no such admin: {address}")
        password = generate_password()
        password_hash = self._passwords.hash(password)
        admin = self._admins.change(
            address,
            lambda one: with_password(one, password_hash, self._clock()),
            lambda before, after: self._entry(actor, "admin.reset_password", before, after),
        )
        return Issued(admin, password)

    def remove(self, actor: Actor, email: str) -> None:
        """Remove somebody, oneself included. Raises NotFoundError, LastAdminError."""
        self._admins.remove(
            self._admins.address_of(email),
            lambda before, after: self._entry(actor, "admin.delete", before, after),
        )

    def vouched_for(self, actor: Actor, email: str, name: str) -> Admin | None:
        """Whom the OIDC provider vouches for: the account there is, or the one they may have.

        None: neither. An account that there is keeps its role.
        """
        found = self._admins.get(self._admins.address_of(email))
        if found is not None:
            return found
        email = normalise_email(email)
        role = role_at_first_sign_in(
            email,
            admin_emails=self._settings.oidc_admin_emails,
            auditor_emails=self._settings.oidc_auditor_emails,
            viewer_domains=self._settings.oidc_viewer_domains,
        )
        if role is None:
            return None
        admin = new_admin(
            email,
            name=printable(name, MAX_NAME_CHARACTERS),
            role=role,
            password_hash=None,
            now=self._clock(),
        )
        if self._admins.create(admin, self._created(actor, admin)):
            return admin
        return self._admins.get(email)

    def ensure_first(self) -> Issued | None:
        """Make the first admin by ADMIN_EMAIL and ADMIN_PASSWORD, or a generated one.

        None when there has ever been one: then neither variable changes anything.
        """
        if self._admins.has_any():
            return None
        given = self._settings.admin_password
        issued = generate_password() if given is None else None
        admin = new_admin(
            normalise_email(self._settings.admin_email),
            name=FIRST_ADMIN_NAME,
            role=Role.ADMIN,
            password_hash=self._passwords.hash(given or issued or ""),
            now=self._clock(),
        )
        entry = self._created(Actor(name="system"), admin)
        return Issued(admin, issued) if self._admins.create_first(admin, entry) else None

    def _created(self, actor: Actor, admin: Admin) -> AuditEntry:
        return self._auditor.entry(
            actor,
            "admin.create",
            target_type="admin",
            target_id=admin.email,
            target_label=admin.email,
            after=figures(admin),
        )

    def _entry(self, actor: Actor, action: str, before: Admin, after: Admin | None) -> AuditEntry:
        return self._auditor.entry(
            actor,
            action,
            target_type="admin",
            target_id=before.email,
            target_label=before.email,
            before=figures(before),
            after=figures(after) if after else None,
        )


def _address(email: str) -> str:
    address = valid_email(email)
    if address is None:
        raise ValidationFailedError([("email", "email", f"not an e-mail address: {email[:300]!r}")])
    return address
