"""How much a token of which model counts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from solaris.platform.parts import part

if TYPE_CHECKING:
    from solaris.audit.parts import AuditParts
    from solaris.ledger.parts import LedgerParts
    from solaris.platform.parts import PlatformParts
    from solaris.quota.parts import QuotaParts
    from solaris.weights.service import WeightsAdmin


class WeightsParts:
    """How much a token of which model counts."""

    def __init__(
        self,
        *,
        platform: PlatformParts,
        audit: AuditParts,
        quota: QuotaParts,
        ledger: LedgerParts,
    ) -> None:
        self.platform = platform
        self._audit = audit
        self._quota = quota
        self._ledger = ledger

    @part
    def admin(self) -> WeightsAdmin:
        """What reads, tries out and changes the table."""
        from solaris.ledger.counters import SystemCounters
        from solaris.weights.service import WeightsAdmin

        settings = self.platform.settings
        return WeightsAdmin(
            settings=settings,
            weighing=self._ledger.weighing,
            documents=self._quota.documents,
            system=SystemCounters(self.platform.dynamodb, settings.table_name("counters")),
            usage=self._ledger.usage_by_day,
            users=self._quota.users,
            auditor=self._audit.auditor,
            clock=self.platform.clock,
        )
