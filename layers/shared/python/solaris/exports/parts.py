"""Files of reports."""

from __future__ import annotations

from typing import TYPE_CHECKING

from solaris.platform.parts import part

if TYPE_CHECKING:
    from solaris.audit.parts import AuditParts
    from solaris.directory.parts import DirectoryParts
    from solaris.exports.exporter import Exporter
    from solaris.exports.jobs import ExportJobs
    from solaris.platform.parts import PlatformParts
    from solaris.quota.policy import PlanStore
    from solaris.reports.parts import ReportsParts


class ExportsParts:
    """Files of reports."""

    def __init__(
        self,
        *,
        platform: PlatformParts,
        audit: AuditParts,
        directory: DirectoryParts,
        reports: ReportsParts,
    ) -> None:
        self.platform = platform
        self._audit = audit
        self._directory = directory
        self._reports = reports

    @property
    def plan_store(self) -> PlanStore:
        """Plans and groups, for what managers of groups may see."""
        return self._reports.plan_store

    @part
    def exporter(self) -> Exporter:
        """What makes the files of exports."""
        from solaris.exports.exporter import Exporter

        return Exporter(
            reporting=self._reports.reporting,
            directory=self._directory.directory,
            auditor=self._audit.auditor,
            groups=self._reports.groups,
            key_names=self._reports.key_names,
            zone=self.platform.settings.zone,
            clock=self.platform.clock,
            rates=self.platform.settings.exchange,
        )

    @part
    def jobs(self) -> ExportJobs:
        """Exports at once and in the background."""
        from solaris.exports.jobs import ExportJobs
        from solaris.exports.store import ExportStore

        return ExportJobs(
            store=ExportStore(self.platform.dynamodb, self.platform.settings.table_name("exports")),
            files=self.platform.files,
            queues=self.platform.queues,
            exporter=self.exporter,
            auditor=self._audit.auditor,
            clock=self.platform.clock,
        )
