"""Who administers: roles, sign-ins (sessions), and what changes of an admin mean. Pure rules."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from solaris.audit.entry import AuditFigures
from solaris.platform.actor import Role

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Admin:
    """Somebody who may sign in to the admin API.

    `password_hash` is None for somebody who signs in by OIDC alone. `token_version` rises with
    every change of role or password: older tokens and sessions are refused. `version` counts the
    writes to the item.
    """

    email: str
    name: str
    role: Role
    created_at: datetime
    updated_at: datetime
    password_hash: str | None = None
    token_version: int = 1
    last_login_at: datetime | None = None
    version: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A sign-in. `token_hash` is the SHA-256 of the refresh token that it is at.

    `token_version` is the admin's when the session was opened: it ends when that has risen.
    """

    session_id: str
    admin_email: str
    token_hash: str
    token_version: int
    created_at: datetime
    refreshed_at: datetime
    expires_at: datetime
    revoked_at: datetime | None = None
    ip_address: str | None = None
    user_agent: str | None = None

    def is_open(self, now: datetime) -> bool:
        """False once revoked or expired."""
        return self.revoked_at is None and now < self.expires_at


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """Who is signed in, and by which session; the role is that of this moment."""

    email: str
    role: Role
    session_id: str


def new_admin(
    email: str, *, name: str, role: Role, password_hash: str | None, now: datetime
) -> Admin:
    """Describe a new admin.

    The first token version is the time in milliseconds: somebody who is removed and comes back
    gets a higher one than they ever had, so that sessions of before stay closed.
    """
    return Admin(
        email=email,
        name=name,
        role=role,
        password_hash=password_hash,
        token_version=(now - _EPOCH) // _MILLISECOND,
        created_at=now,
        updated_at=now,
    )


def changed(admin: Admin, *, name: str | None, role: Role | None, now: datetime) -> Admin:
    """Apply another name or role (None: as it is); the same object when nothing changes."""
    new_name = admin.name if name is None else name
    new_role = admin.role if role is None else role
    if (new_name, new_role) == (admin.name, admin.role):
        return admin
    return replace(
        admin,
        name=new_name,
        role=new_role,
        token_version=admin.token_version + (new_role is not admin.role),
        updated_at=now,
        version=admin.version + 1,
    )


def with_password(admin: Admin, password_hash: str, now: datetime) -> Admin:
    """Give another password: every session of before ends."""
    return replace(
        admin,
        password_hash=password_hash,
        token_version=admin.token_version + 1,
        updated_at=now,
        version=admin.version + 1,
    )


def figures(admin: Admin) -> AuditFigures:
    """What the audit log says of an admin; never the hash."""
    return {
        "name": admin.name,
        "role": admin.role.value,
        "has_password": admin.password_hash is not None,
    }


def role_at_first_sign_in(
    email: str,
    *,
    admin_emails: Collection[str],
    auditor_emails: Collection[str] = (),
    viewer_domains: Collection[str],
) -> Role | None:
    """What somebody becomes whom the OIDC provider vouches for; None: nobody.

    `email` is normalised; a domain is matched whole.
    """
    if email in admin_emails:
        return Role.ADMIN
    if email in auditor_emails:
        return Role.AUDITOR
    if email.rpartition("@")[2] in viewer_domains:
        return Role.VIEWER
    return None
