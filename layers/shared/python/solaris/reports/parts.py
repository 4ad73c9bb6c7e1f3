"""Statistics and reports."""

from __future__ import annotations

from typing import TYPE_CHECKING

from solaris.platform.parts import part

if TYPE_CHECKING:
    from solaris.directory.parts import DirectoryParts
    from solaris.ledger.parts import LedgerParts
    from solaris.platform.parts import PlatformParts
    from solaris.quota.parts import QuotaParts
    from solaris.reports.reporting import Reporting
    from solaris.reports.statistics import Statistics
    from solaris.reports.system_days import SystemDays
    from solaris.reports.totals import UserTotals


class ReportsParts:
    """Statistics and reports."""

    def __init__(
        self,
        *,
        platform: PlatformParts,
        quota: QuotaParts,
        directory: DirectoryParts,
        ledger: LedgerParts,
    ) -> None:
        self._platform = platform
        self._quota = quota
        self._directory = directory
        self._ledger = ledger

    @part
    def system_days(self) -> SystemDays:
        """The system's daily counters, closed days kept for a while."""
        from solaris.ledger.counters import SystemCounters
        from solaris.reports.system_days import SystemDays

        counters = SystemCounters(
            self._platform.dynamodb, self._platform.settings.table_name("counters")
        )
        return SystemDays(
            counters,
            self._platform.settings.zone,
            self._platform.clock,
            self._platform.settings.exchange,
        )

    @part
    def statistics(self) -> Statistics:
        """Figures over the whole system, and forecasts."""
        from solaris.reports.statistics import Statistics

        return Statistics(
            settings=self._platform.settings,
            days=self.system_days,
            counters=self._ledger.user_counters,
            refusals=self._ledger.refusal_days,
            users=self._quota.users,
            directory=self._directory.directory,
            clock=self._platform.clock,
        )

    @part
    def reporting(self) -> Reporting:
        """Usage reports."""
        from solaris.reports.reporting import Reporting

        return Reporting(
            usage=self._ledger.usage_by_day,
            days=self.system_days,
            counters=self._ledger.user_counters,
            refusals=self._ledger.refusal_days,
            rates=self._platform.settings.exchange,
        )

    @part
    def user_totals(self) -> UserTotals:
        """Figures over all users, summed in the background."""
        from solaris.reports.totals import UserTotals

        return UserTotals(
            self._platform.dynamodb,
            users_table=self._platform.settings.table_name("users"),
            zone=self._platform.settings.zone,
            clock=self._platform.clock,
        )
