"""The parts that hold the books against their records; wiring.py holds all the others."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from solaris.storage.reconciliations import ReconciliationStore
from solaris.wiring_directory import DirectoryParts
from solaris.wiring_reading import ReadingParts

if TYPE_CHECKING:
    from solaris.services.reconcile_runs import ReconcileRunner
    from solaris.services.reconciling import Reconciler
    from solaris.services.recording import Recorder


class BookParts(DirectoryParts, ReadingParts):
    """What Wiring inherits, with the parts that these need."""

    @cached_property
    def recorder(self) -> Recorder:
        """What books usage events."""
        raise NotImplementedError

    @cached_property
    def reconciler(self) -> Reconciler:
        """What holds the books against their records."""
        from solaris.services.reconciling import Reconciler
        from solaris.storage.books import BookStore
        from solaris.storage.counters import SystemCounters

        settings = self.settings
        return Reconciler(
            store=BookStore(self.dynamodb, self.users, settings),
            users=self.users,
            system=SystemCounters(self.dynamodb, settings.table_name("counters")),
            days=self.usage_days,
            recorder=self.recorder,
            transactions_table=settings.table_name("transactions"),
            tell=self.changes.actions,
            zone=settings.zone,
            clock=self.clock,
        )

    @cached_property
    def reconcile_runner(self) -> ReconcileRunner:
        """What reconciles after each month's opening."""
        from solaris.services.reconcile_runs import ReconcileRunner

        return ReconcileRunner(
            reconciler=self.reconciler,
            store=self.reconciliations,
            zone=self.settings.zone,
            clock=self.clock,
        )

    @cached_property
    def reconciliations(self) -> ReconciliationStore:
        """What the reconciliations have found."""
        return ReconciliationStore(self.dynamodb, self.settings.table_name("periods"))
