"""Who acts: an admin, a key, the system itself."""

from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who acts, in which request: an admin's address, `admin-key:<id>`, `cli:<login>`, `system`."""

    name: str
    request_id: str | None = None
    ip_address: str | None = None


class Role(StrEnum):
    """An admin changes things, a viewer looks at all of it, an auditor at reports and the log.

    A manager sees the members of the groups that name them, and nobody else, and changes a little.
    """

    ADMIN = "admin"
    VIEWER = "viewer"
    AUDITOR = "auditor"
    MANAGER = "manager"


MAX_REASON_CHARACTERS = 500


MAX_ACTOR_CHARACTERS = 200
