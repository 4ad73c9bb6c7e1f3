"""How the system is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from solaris.platform.parts import part

if TYPE_CHECKING:
    from solaris.backup.parts import BackupParts
    from solaris.backup.store import BackupLog
    from solaris.directory.parts import DirectoryParts
    from solaris.keys.parts import KeysParts
    from solaris.keys.store import KeyStore
    from solaris.ledger.parts import LedgerParts
    from solaris.ledger.replay import Replayer
    from solaris.operations.first_start import FirstStart
    from solaris.operations.health import Health
    from solaris.operations.metrics_page import MetricsPage
    from solaris.operations.watching import Watch
    from solaris.platform.parts import PlatformParts
    from solaris.quota.parts import QuotaParts
    from solaris.quota.user import Plan
    from solaris.reconciliation.parts import ReconciliationParts
    from solaris.reports.parts import ReportsParts
    from solaris.sign_in.parts import SignInParts


class OperationsParts:
    """How the system is."""

    def __init__(
        self,
        *,
        platform: PlatformParts,
        quota: QuotaParts,
        directory: DirectoryParts,
        sign_in: SignInParts,
        keys: KeysParts,
        ledger: LedgerParts,
        reconciliation: ReconciliationParts,
        reports: ReportsParts,
        backup: BackupParts,
    ) -> None:
        self.platform = platform
        self._quota = quota
        self._directory = directory
        self._sign_in = sign_in
        self._keys = keys
        self._ledger = ledger
        self._reconciliation = reconciliation
        self._reports = reports
        self._backup = backup

    @property
    def replayer(self) -> Replayer:
        """What takes lost usage events back into the books."""
        return self._ledger.replayer

    @property
    def plan_limits(self) -> dict[Plan, int]:
        """The plans' limits as they are now."""
        return {plan: one.monthly_limit for plan, one in self._quota.plans.recent().plans.items()}

    @property
    def keys(self) -> KeyStore:
        """The keys, which the doctor counts."""
        return self._keys.store

    @property
    def backups(self) -> BackupLog:
        """When backups were made."""
        return self._backup.log

    @part
    def first_start(self) -> FirstStart:
        """What makes all that is missing."""
        from solaris.operations.first_start import FirstStart

        return FirstStart(
            settings=self.platform.settings,
            queues=self.platform.queues,
            files=self.platform.files,
            keys=self._keys.management,
            admins=self._sign_in.admin_accounts,
            day_index=self._ledger.day_index,
            clock=self.platform.clock,
        )

    @part
    def health(self) -> Health:
        """The checks of all parts; the clients are made here, before threads need them."""
        from solaris.operations.health import Health, standard_checks

        checks = standard_checks(
            self.platform.settings,
            users=self._quota.users,
            backups=self.backups,
            disk=self.platform.books_disk,
            queues=self.platform.queue_lag,
            cache=self.platform.cache,
        )
        return Health(
            checks,
            version=self.platform.version,
            clock=self.platform.clock,
            metrics=self.platform.metrics,
        )

    @part
    def watch(self) -> Watch:
        """What looks for what lasts until somebody ends it."""
        from solaris.operations.watch_store import WatchStore
        from solaris.operations.watching import Watch

        settings = self.platform.settings
        return Watch(
            settings=settings,
            directory=self._directory.directory,
            usage=self._ledger.usage_by_day,
            runs=self._reconciliation.runs,
            store=WatchStore(self.platform.dynamodb, settings.table_name("periods")),
            queues=self.platform.queues,
            clock=self.platform.clock,
        )

    @part
    def metrics_page(self) -> MetricsPage:
        """What Prometheus reads."""
        from solaris.operations.metrics_page import MetricsPage

        return MetricsPage(
            health=self.health,
            totals=self._reports.user_totals,
            metrics=self.platform.metrics,
            cache=self.platform.cache,
            reconciled=self._reconciliation.runs.latest_done,
            clock=self.platform.clock,
        )
