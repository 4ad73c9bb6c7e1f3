"""How the system is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from solaris.platform.parts import part

if TYPE_CHECKING:
    from solaris.backup.parts import BackupParts
    from solaris.operations.health import Health
    from solaris.operations.metrics_page import MetricsPage
    from solaris.platform.parts import PlatformParts
    from solaris.quota.parts import QuotaParts
    from solaris.reconciliation.parts import ReconciliationParts
    from solaris.reports.parts import ReportsParts


class OperationsParts:
    """How the system is."""

    def __init__(
        self,
        *,
        platform: PlatformParts,
        quota: QuotaParts,
        reconciliation: ReconciliationParts,
        reports: ReportsParts,
        backup: BackupParts,
    ) -> None:
        self.platform = platform
        self._quota = quota
        self._reconciliation = reconciliation
        self._reports = reports
        self._backup = backup

    @part
    def health(self) -> Health:
        """The checks of all parts; the clients are made here, before threads need them."""
        from solaris.operations.health import Health, standard_checks

        checks = standard_checks(
            self.platform.settings,
            users=self._quota.users,
            backups=self._backup.log,
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
