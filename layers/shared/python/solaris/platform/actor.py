"""Who acts: an admin, a key, the system itself."""

from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who acts: an admin's address, `cli:<login>` or `system`; the request, if there is one."""

    name: str
    request_id: str | None = None
    ip_address: str | None = None


class Role(StrEnum):
    """An admin changes things; a viewer only looks."""

    ADMIN = "admin"
    VIEWER = "viewer"


MAX_REASON_CHARACTERS = 500


MAX_ACTOR_CHARACTERS = 200
