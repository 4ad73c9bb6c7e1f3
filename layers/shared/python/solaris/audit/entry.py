"""The audit log: who did what to what, with the figures before and after. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from solaris.platform.actor import Actor
from solaris.platform.instants import iso_milliseconds

AUDIT_DAYS = 730

AuditFigures = Mapping[str, "int | str | bool | None"]
"""What changed, and nothing else; never a secret."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """One row. `action` is `<target type>.<verb>`: `user.suspend`, `key.revoke`, `admin.login`."""

    audit_id: str
    created_at: datetime
    actor: Actor
    action: str
    target_type: str
    target_id: str | None = None
    target_label: str | None = None
    """What people call the target: an address, a key's prefix."""

    before: AuditFigures | None = None
    after: AuditFigures | None = None
    reason: str | None = None
    transaction_id: str | None = None

    @property
    def day(self) -> str:
        """The UTC day, `2026-11-22`."""
        return iso_milliseconds(self.created_at)[:10]

    @property
    def audit_key(self) -> str:
        """Sort key: the same entry always has the same."""
        return f"{iso_milliseconds(self.created_at)}#{self.audit_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditFilters:
    """What is asked for; None: any. `start` is included, `end` is not."""

    actor: str | None = None
    action: str | None = None
    target_type: str | None = None
    target_id: str | None = None
    target_ids: tuple[str, ...] = ()
    """Any of these, 100 at most; empty: any."""

    start: datetime | None = None
    end: datetime | None = None
