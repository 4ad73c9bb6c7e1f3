"""The parts that read the books for statistics and reports; wiring.py holds all the others."""

from collections.abc import Callable
from datetime import datetime
from functools import cached_property
from typing import Any

from solaris.services.directory import Directory
from solaris.services.reporting import Reporting
from solaris.services.statistics import Statistics
from solaris.services.system_days import SystemDays
from solaris.settings import Settings
from solaris.storage.counters import SystemCounters, UserCounters
from solaris.storage.day_index import DayIndex
from solaris.storage.usage_days import UsageDays
from solaris.storage.users import UserStore


class ReadingParts:
    """What Wiring inherits; `clock` gives the time in UTC."""

    settings: Settings
    clock: Callable[[], datetime]

    @cached_property
    def dynamodb(self) -> Any:
        """The one client of DynamoDB."""
        raise NotImplementedError

    @cached_property
    def users(self) -> UserStore:
        """The users table."""
        raise NotImplementedError

    @cached_property
    def directory(self) -> Directory:
        """The lists of users, alerts and keys."""
        raise NotImplementedError

    @cached_property
    def user_counters(self) -> UserCounters:
        """Users' daily counters."""
        return UserCounters(self.dynamodb, self.settings.table_name("counters"))

    @cached_property
    def system_days(self) -> SystemDays:
        """The system's daily counters, closed days kept for a while."""
        counters = SystemCounters(self.dynamodb, self.settings.table_name("counters"))
        return SystemDays(counters, self.settings.zone, self.clock, self.settings.exchange)

    @cached_property
    def statistics(self) -> Statistics:
        """Figures over the whole system, and forecasts."""
        return Statistics(
            settings=self.settings,
            days=self.system_days,
            counters=self.user_counters,
            users=self.users,
            directory=self.directory,
            clock=self.clock,
        )

    @cached_property
    def usage_days(self) -> UsageDays:
        """Usage records and users' counters by day."""
        return UsageDays(
            self.dynamodb,
            usage_table=self.settings.table_name("usage"),
            counters_table=self.settings.table_name("counters"),
            zone=self.settings.zone,
        )

    @cached_property
    def day_index(self) -> DayIndex:
        """What brings rows of older versions to the day index."""
        return DayIndex(self.dynamodb, self.settings, self.clock)

    @cached_property
    def reporting(self) -> Reporting:
        """Usage reports."""
        return Reporting(
            usage=self.usage_days,
            days=self.system_days,
            counters=self.user_counters,
            rates=self.settings.exchange,
        )
