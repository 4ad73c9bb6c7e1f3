"""Who did what."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from solaris.audit.auditor import Auditor
    from solaris.audit.store import AuditStore
    from solaris.platform.parts import PlatformParts


class AuditParts:
    """Who did what."""

    def __init__(self, platform: PlatformParts) -> None:
        self._platform = platform

    @cached_property
    def store(self) -> AuditStore:
        """The audit table."""
        from solaris.audit.store import AuditStore

        return AuditStore(self._platform.dynamodb, self._platform.settings.table_name("audit"))

    @cached_property
    def auditor(self) -> Auditor:
        """What writes down who did what."""
        from solaris.audit.auditor import Auditor

        return Auditor(self.store, self._platform.clock)
