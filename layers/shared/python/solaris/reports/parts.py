"""Statistics and reports."""

from __future__ import annotations

from typing import TYPE_CHECKING

from solaris.platform.parts import part

if TYPE_CHECKING:
    from collections.abc import Iterable

    from solaris.directory.directory import Directory
    from solaris.directory.parts import DirectoryParts
    from solaris.ledger.parts import LedgerParts
    from solaris.platform.parts import PlatformParts
    from solaris.quota.groups.group import Groups
    from solaris.quota.parts import QuotaParts
    from solaris.quota.policy import PlanStore
    from solaris.quota.store import UserStore
    from solaris.quota.user import User
    from solaris.reports.group_days import GroupDays
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
        self.platform = platform
        self._quota = quota
        self._directory = directory
        self._ledger = ledger

    @property
    def users(self) -> UserStore:
        """Whose addresses a report may be narrowed to, and shows."""
        return self._quota.users

    @property
    def plan_store(self) -> PlanStore:
        """Plans and groups, for what managers of groups may see."""
        return self._quota.plans

    def user_of(self, user_id: str) -> User | None:
        """A user's item as it is, strongly consistent; None: there is none."""
        return self._quota.users.get(user_id)

    @property
    def directory(self) -> Directory:
        """Who the people of a report are."""
        return self._directory.directory

    @part
    def system_days(self) -> SystemDays:
        """The system's daily counters, closed days kept for a while."""
        from solaris.ledger.counters import SystemCounters
        from solaris.reports.system_days import SystemDays

        counters = SystemCounters(
            self.platform.dynamodb, self.platform.settings.table_name("counters")
        )
        return SystemDays(
            counters,
            self.platform.settings.zone,
            self.platform.clock,
            self.platform.settings.exchange,
        )

    @part
    def group_days(self) -> GroupDays:
        """The groups' daily counters, closed days kept for a while."""
        from solaris.reports.group_days import GroupDays

        settings = self.platform.settings
        return GroupDays(
            self._ledger.group_counters,
            settings.zone,
            self.platform.clock,
            settings.exchange,
            has_groups=lambda: bool(self.groups()),
        )

    def groups(self) -> Groups:
        """All groups by id, deleted ones too. Raises StoreUnavailableError."""
        return self._quota.groups.read().everything

    def group_names(self) -> dict[str, str]:
        """Their names."""
        return {key: one.name for key, one in self.groups().items()}

    def key_names(self, key_ids: Iterable[str]) -> dict[str, str]:
        """Names of keys by id; unknown ids are left out. Raises StoreUnavailableError."""
        from solaris.keys.listing import names_of

        return names_of(self.directory, key_ids)

    @part
    def statistics(self) -> Statistics:
        """Figures over the whole system, and forecasts."""
        from solaris.reports.statistics import Statistics

        return Statistics(
            settings=self.platform.settings,
            days=self.system_days,
            groups=self.group_days,
            counters=self._ledger.user_counters,
            refusals=self._ledger.refusal_days,
            users=self._quota.users,
            directory=self.directory,
            clock=self.platform.clock,
        )

    @part
    def reporting(self) -> Reporting:
        """Usage reports."""
        from solaris.reports.reporting import Reporting

        return Reporting(
            usage=self._ledger.usage_by_day,
            days=self.system_days,
            groups=self.group_days,
            counters=self._ledger.user_counters,
            refusals=self._ledger.refusal_days,
            rates=self.platform.settings.exchange,
        )

    @part
    def user_totals(self) -> UserTotals:
        """Figures over all users, summed in the background."""
        from solaris.reports.totals import UserTotals

        return UserTotals(
            self.platform.dynamodb,
            users_table=self.platform.settings.table_name("users"),
            zone=self.platform.settings.zone,
            clock=self.platform.clock,
        )
