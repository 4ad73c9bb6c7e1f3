"""Who may call an operation: people by their role, programs by a scope of their admin key. Pure.

An operation says both in one place, its `access`. What names no scope is for people alone: so is
whatever concerns admins, admin keys, passwords and sessions.
"""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from solaris.platform.actor import Role

GATEWAY_KEY_PREFIX = "sk-solaris-"
"""Keys for chats, at /v1; what begins with the longer one is a key of the admin API."""

ADMIN_KEY_PREFIX = "sk-solaris-admin-"


class Scope(StrEnum):
    """What an admin key may be allowed; none of them contains another."""

    USERS_READ = "users:read"
    USERS_WRITE = "users:write"
    GROUPS_READ = "groups:read"
    GROUPS_WRITE = "groups:write"
    KEYS_READ = "keys:read"
    KEYS_WRITE = "keys:write"
    SETTINGS_READ = "settings:read"
    SETTINGS_WRITE = "settings:write"
    REPORTS_READ = "reports:read"
    AUDIT_READ = "audit:read"


@dataclass(frozen=True, slots=True)
class Access:
    """Who may do something: signed in with one of the roles, or with a key that has the scope.

    `key` None: no key may. `is_open`: anybody may, without saying who they are.
    """

    roles: frozenset[Role]
    key: Scope | None = None
    is_open: bool = False

    def admits(self, role: Role | None, scopes: Collection[Scope]) -> bool:
        """Whether somebody with this role, or a program (no role) with these scopes, may."""
        if self.is_open:
            return True
        return role in self.roles if role is not None else self.key in scopes


ADMINS = frozenset({Role.ADMIN})
READERS = frozenset({Role.ADMIN, Role.VIEWER})
"""Whoever sees users, keys and settings."""

MEMBER_READERS = READERS | {Role.MANAGER}
"""And managers, of the members of their groups: an operation says by `within` how it keeps to
them (platform/web/operations.py).
"""

MEMBER_CHANGERS = ADMINS | {Role.MANAGER}
REPORT_READERS = frozenset({Role.ADMIN, Role.VIEWER, Role.AUDITOR})
GROUP_REPORT_READERS = REPORT_READERS | {Role.MANAGER}
"""And managers, of what was used in their groups."""

SIGNED_IN = frozenset(Role)
"""Everybody, whatever roles there will be: for what concerns oneself, and the site's frame."""

OPEN = Access(frozenset(), is_open=True)
