"""What holds the books against their records."""

from __future__ import annotations

from typing import TYPE_CHECKING

from solaris.platform.parts import part

if TYPE_CHECKING:
    from solaris.ledger.parts import LedgerParts
    from solaris.platform.parts import PlatformParts
    from solaris.quota.parts import QuotaParts
    from solaris.reconciliation.reconciler import Reconciler
    from solaris.reconciliation.run_store import ReconciliationStore
    from solaris.reconciliation.runs import ReconcileRunner


class ReconciliationParts:
    """What holds the books against their records."""

    def __init__(self, *, platform: PlatformParts, quota: QuotaParts, ledger: LedgerParts) -> None:
        self._platform = platform
        self._quota = quota
        self._ledger = ledger

    @part
    def reconciler(self) -> Reconciler:
        """What holds the books against their records."""
        from solaris.ledger.counters import SystemCounters
        from solaris.reconciliation.reconciler import Reconciler
        from solaris.reconciliation.store import BookStore

        settings = self._platform.settings
        return Reconciler(
            store=BookStore(self._platform.dynamodb, self._quota.users, settings),
            users=self._quota.users,
            system=SystemCounters(self._platform.dynamodb, settings.table_name("counters")),
            days=self._ledger.usage_by_day,
            recorder=self._ledger.recorder,
            transactions_table=settings.table_name("transactions"),
            tell=self._quota.changes.actions,
            zone=settings.zone,
            clock=self._platform.clock,
        )

    @part
    def runner(self) -> ReconcileRunner:
        """What reconciles after each month's opening."""
        from solaris.reconciliation.runs import ReconcileRunner

        return ReconcileRunner(
            reconciler=self.reconciler,
            store=self.runs,
            zone=self._platform.settings.zone,
            clock=self._platform.clock,
        )

    @part
    def runs(self) -> ReconciliationStore:
        """What the reconciliations have found."""
        from solaris.reconciliation.run_store import ReconciliationStore

        return ReconciliationStore(
            self._platform.dynamodb, self._platform.settings.table_name("periods")
        )
