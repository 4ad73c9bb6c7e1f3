"""Who did what."""

from __future__ import annotations

from typing import TYPE_CHECKING

from solaris.platform.parts import part

if TYPE_CHECKING:
    from solaris.audit.auditor import Auditor
    from solaris.audit.store import AuditStore
    from solaris.platform.parts import PlatformParts


class AuditParts:
    """Who did what."""

    def __init__(self, platform: PlatformParts) -> None:
        self.platform = platform

    @part
    def store(self) -> AuditStore:
        """The audit table."""
        from solaris.audit.store import AuditStore

        return AuditStore(self.platform.dynamodb, self.platform.settings.table_name("audit"))

    @part
    def auditor(self) -> Auditor:
        """What writes down who did what."""
        from solaris.audit.auditor import Auditor

        return Auditor(self.store, self.platform.clock)
