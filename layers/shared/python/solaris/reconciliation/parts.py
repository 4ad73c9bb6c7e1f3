"""What holds the books against their records."""

from __future__ import annotations

from typing import TYPE_CHECKING

from solaris.platform.parts import part

if TYPE_CHECKING:
    from solaris.directory.directory import Directory
    from solaris.directory.parts import DirectoryParts
    from solaris.ledger.parts import LedgerParts
    from solaris.platform.parts import PlatformParts
    from solaris.quota.parts import QuotaParts
    from solaris.quota.store import UserStore
    from solaris.reconciliation.reconciler import Reconciler
    from solaris.reconciliation.run_store import ReconciliationStore
    from solaris.reconciliation.runs import ReconcileRunner


class ReconciliationParts:
    """What holds the books against their records."""

    def __init__(
        self,
        *,
        platform: PlatformParts,
        quota: QuotaParts,
        directory: DirectoryParts,
        ledger: LedgerParts,
    ) -> None:
        self.platform = platform
        self._quota = quota
        self._directory = directory
        self._ledger = ledger

    @property
    def users(self) -> UserStore:
        """Whose books may be held against their records alone."""
        return self._quota.users

    @property
    def directory(self) -> Directory:
        """Whose the findings are."""
        return self._directory.directory

    @part
    def reconciler(self) -> Reconciler:
        """What holds the books against their records."""
        from solaris.ledger.counters import SystemCounters
        from solaris.reconciliation.reconciler import Reconciler
        from solaris.reconciliation.store import BookStore

        settings = self.platform.settings
        return Reconciler(
            store=BookStore(self.platform.dynamodb, self._quota.users, settings),
            users=self._quota.users,
            system=SystemCounters(self.platform.dynamodb, settings.table_name("counters")),
            groups=self._ledger.group_counters,
            has_groups=lambda: bool(self._quota.groups.read().everything),
            days=self._ledger.usage_by_day,
            recorder=self._ledger.recorder,
            transactions_table=settings.table_name("transactions"),
            tell=self._quota.changes.actions,
            zone=settings.zone,
            clock=self.platform.clock,
        )

    @part
    def runner(self) -> ReconcileRunner:
        """What reconciles after each month's opening."""
        from solaris.reconciliation.runs import ReconcileRunner

        return ReconcileRunner(
            reconciler=self.reconciler,
            store=self.runs,
            zone=self.platform.settings.zone,
            clock=self.platform.clock,
        )

    @part
    def runs(self) -> ReconciliationStore:
        """What the reconciliations have found."""
        from solaris.reconciliation.run_store import ReconciliationStore

        return ReconciliationStore(
            self.platform.dynamodb, self.platform.settings.table_name("periods")
        )
