"""The books: what writes them, and what reads their records and counters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from solaris.platform.parts import part

if TYPE_CHECKING:
    from solaris.ledger.counters import (
        GroupCounters,
        RefusalDays,
        SystemCounters,
        UserCounters,
    )
    from solaris.ledger.day_index import DayIndex
    from solaris.ledger.ended_grants import EndedGrants
    from solaris.ledger.ledger import Ledger
    from solaris.ledger.recorder import Recorder
    from solaris.ledger.refusals import Refusals
    from solaris.ledger.refused_days import RefusedDays
    from solaris.ledger.replay import Replayer
    from solaris.ledger.transaction_store import TransactionStore
    from solaris.ledger.usage_by_day import UsageDays
    from solaris.ledger.usage_by_user import UserUsage
    from solaris.ledger.weighing import Weighing
    from solaris.platform.parts import PlatformParts
    from solaris.quota.parts import QuotaParts


class LedgerParts:
    """The books: what writes them, and what reads their records and counters."""

    def __init__(self, *, platform: PlatformParts, quota: QuotaParts) -> None:
        self.platform = platform
        self._quota = quota

    @part
    def ledger(self) -> Ledger:
        """The books."""
        from solaris.ledger.booking import LedgerActions
        from solaris.ledger.corrections import Corrections, LateGrants
        from solaris.ledger.ledger import Ledger

        actions = LedgerActions(self.platform.settings, self.platform.clock)
        corrections = Corrections(
            self.platform.dynamodb, self._quota.users, actions, self.platform.clock
        )
        late_grants = LateGrants(self._quota.users, actions, self.platform.clock)
        return Ledger(self.platform.dynamodb, self._quota.users, actions, corrections, late_grants)

    @part
    def ended_grants(self) -> EndedGrants:
        """What ends grants within a month."""
        from solaris.ledger.ended_grants import EndedGrants

        return EndedGrants(
            self._quota.users,
            transactions_table=self.platform.settings.table_name("transactions"),
            tell=self._quota.changes.actions,
        )

    @part
    def recorder(self) -> Recorder:
        """What books usage events."""
        from solaris.ledger.recorder import Recorder

        return Recorder(
            settings=self.platform.settings,
            ledger=self.ledger,
            users=self._quota.users,
            changes=self._quota.changes,
            queues=self.platform.queues,
            metrics=self.platform.metrics,
            cache=self.platform.cache,
            weighing=self.weighing,
            clock=self.platform.clock,
        )

    @part
    def weighing(self) -> Weighing:
        """How much a token of which model counts."""
        from solaris.ledger.weighing import Weighing

        return Weighing(self.platform.settings, self._quota.documents)

    @part
    def replayer(self) -> Replayer:
        """What takes lost usage events back into the books."""
        from solaris.ledger.dead_letters import DeadLetters
        from solaris.ledger.replay import Replayer
        from solaris.platform.aws.client import boto_client

        return Replayer(
            recorder=self.recorder,
            ledger=self.ledger,
            users=self._quota.users,
            dead_letters=DeadLetters(
                boto_client("sqs", self.platform.settings.aws_region), self.platform.queues
            ),
        )

    @part
    def refusals(self) -> Refusals:
        """What this process counts of the requests that it refuses."""
        from solaris.ledger.refusals import Refusals

        return Refusals(
            self.platform.aws,
            self.platform.settings.table_name("counters"),
            zone=self.platform.settings.zone,
            clock=self.platform.clock,
        )

    @part
    def refusal_days(self) -> RefusalDays:
        """The refusals of all processes by day."""
        from solaris.ledger.counters import RefusalDays

        return RefusalDays(self.platform.dynamodb, self.platform.settings.table_name("counters"))

    @part
    def refused_days(self) -> RefusedDays:
        """What each person was refused."""
        from solaris.ledger.refused_days import RefusedDays

        return RefusedDays(self.platform.dynamodb, self.platform.settings.table_name("counters"))

    @part
    def user_counters(self) -> UserCounters:
        """Users' daily counters."""
        from solaris.ledger.counters import UserCounters

        return UserCounters(self.platform.dynamodb, self.platform.settings.table_name("counters"))

    @part
    def system_counters(self) -> SystemCounters:
        """The system's daily counters."""
        from solaris.ledger.counters import SystemCounters

        return SystemCounters(self.platform.dynamodb, self.platform.settings.table_name("counters"))

    @part
    def group_counters(self) -> GroupCounters:
        """Groups' daily counters."""
        from solaris.ledger.counters import GroupCounters

        return GroupCounters(self.platform.dynamodb, self.platform.settings.table_name("counters"))

    @part
    def usage_by_day(self) -> UsageDays:
        """Usage records and users' counters by day."""
        from solaris.ledger.usage_by_day import UsageDays

        return UsageDays(
            self.platform.dynamodb,
            usage_table=self.platform.settings.table_name("usage"),
            counters_table=self.platform.settings.table_name("counters"),
            zone=self.platform.settings.zone,
        )

    @part
    def day_index(self) -> DayIndex:
        """What brings rows of older versions to the day index."""
        from solaris.ledger.day_index import DayIndex

        return DayIndex(self.platform.dynamodb, self.platform.settings, self.platform.clock)

    @part
    def transactions(self) -> TransactionStore:
        """The transactions table."""
        from solaris.ledger.transaction_store import TransactionStore

        return TransactionStore(
            self.platform.dynamodb, self.platform.settings.table_name("transactions")
        )

    @part
    def usage_by_user(self) -> UserUsage:
        """One user's usage records."""
        from solaris.ledger.usage_by_user import UserUsage

        return UserUsage(
            self.platform.dynamodb,
            self.platform.settings.table_name("usage"),
            self.platform.settings.zone,
        )
