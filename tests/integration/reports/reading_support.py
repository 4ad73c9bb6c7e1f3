"""A month of usage booked through the recorder, and the readers with the test's clock."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from solaris.alerts.listing import open_alerts
from solaris.directory.listing import UserCounts, UserRow
from solaris.ledger.counters import SystemCounters
from solaris.quota.reservation import Reservation
from solaris.quota.usage import Outcome, UsageEvent
from solaris.quota.user import UserStatus, user_id_for
from solaris.reports.group_days import GroupDays
from solaris.reports.reporting import Reporting
from solaris.reports.statistics import Statistics
from solaris.reports.system_days import SystemDays
from tests.integration.conftest import MoneyPath

EMAILS = ("ana@example.com", "bia@example.com", "caio@example.com")
MODELS = ("gpt-4o-mini", "gpt-4o")
HELD = 1000
NOVEMBER = datetime(2026, 11, 1, 3, 0, tzinfo=UTC)  # midnight in São Paulo


@dataclass
class Lists:
    """What the statistics ask of the directory."""

    users: UserCounts
    top: Sequence[UserRow] = ()

    def counts(self) -> UserCounts:
        return self.users

    def top_users(self, most: int) -> list[UserRow]:
        return list(self.top[:most])

    def ask(self, question: object) -> int:
        assert question is open_alerts
        return 2


@dataclass
class Readers:
    """Statistics and reports of one stage at the test's time."""

    days: SystemDays
    statistics: Statistics
    reporting: Reporting

    @classmethod
    def of(cls, money: MoneyPath) -> "Readers":
        parts = money.parts
        table = parts.settings.table_name("counters")
        rates = parts.settings.exchange
        counters = SystemCounters(parts.platform.dynamodb, table)
        days = SystemDays(counters, parts.settings.zone, money.clock, rates)
        groups = GroupDays(parts.ledger.group_counters, parts.settings.zone, money.clock, rates)
        statistics = Statistics(
            settings=parts.settings,
            days=days,
            groups=groups,
            counters=parts.ledger.user_counters,
            refusals=parts.ledger.refusal_days,
            users=parts.quota.users,
            directory=Lists(UserCounts(by_status={UserStatus.ACTIVE: 3}, month_tokens=1)),  # type: ignore[arg-type]
            clock=money.clock,
        )
        reporting = Reporting(
            usage=parts.ledger.usage_by_day,
            days=days,
            groups=groups,
            counters=parts.ledger.user_counters,
            refusals=parts.ledger.refusal_days,
            rates=rates,
        )
        return cls(days, statistics, reporting)


def use(
    money: MoneyPath, at: datetime, email: str = EMAILS[0], *, prompt: int = 10, **changes: Any
) -> UsageEvent:
    """One event of the open month, not booked yet."""
    return money.event(None, email, prompt=prompt, created_at=at, **changes)


def a_month_of_usage(money: MoneyPath, count: int = 72) -> list[UsageEvent]:
    """Users, models, statuses, endpoints and hours of fifteen days, booked in whole batches."""
    chance = random.Random(7)
    held: dict[str, dict[str, Reservation]] = {email: {} for email in EMAILS}
    events = []
    for n in range(count):
        failed = n % 6 == 0
        email = chance.choice(EMAILS)
        event = use(
            money,
            NOVEMBER + timedelta(seconds=chance.randrange(14 * 86_400)),
            email,
            prompt=chance.randrange(1, 1000),
            outcome=Outcome.RELEASED if failed else Outcome.SETTLED,
            model=chance.choice(MODELS),
            status_code=chance.choice((429, 502)) if failed else 200,
            endpoint=chance.choice(("/v1/chat/completions", "/v1/embeddings")),
            reserved_tokens=HELD,
            first_byte_ms=None if failed else chance.randrange(50, 5_000),
        )
        held[email][event.request_id] = Reservation(
            request_id=event.request_id,
            tokens=HELD,
            prompt_tokens=HELD,
            created_at=event.created_at,
            expires_at=money.clock() + timedelta(minutes=15),
            period=event.period,
            model=event.model,
            endpoint=event.endpoint,
            key_id=None,
        )
        events.append(event)
    for email in EMAILS:
        money.put_user(email, reservations=held[email])
    assert money.record(*events) == []
    return events


def user_ids(*emails: str) -> tuple[str, ...]:
    """Their ids, in order."""
    return tuple(user_id_for(one) for one in emails)
