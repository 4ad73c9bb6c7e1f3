"""The month that has just been closed, in figures, for the mail to the admins.

Read from the closed periods, in pages: the memory needed does not grow with the users.
"""

import asyncio
import heapq
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from solaris.ledger.figures import Figures, rounded_micros, total_of
from solaris.ledger.reviewing import system_sums
from solaris.months.progress import BATCH_KEYS, ResetStore
from solaris.platform.aws.items import Item
from solaris.platform.aws.queues import ALERTS_QUEUE, Queues
from solaris.platform.exchange import LocalCost
from solaris.platform.instants import parse_instant
from solaris.platform.logs import get_logger
from solaris.platform.settings import Settings
from solaris.quota.periods import days_in, period_start, previous_period
from solaris.quota.policy import block_ppm_of
from solaris.quota.quota import Quota

if TYPE_CHECKING:
    from solaris.alerts.alert import MonthlySummary

TOP_USERS = 10
MAX_PAGES = 1_000_000

_FIELDS = ("user_id", "email", "created_at")
_log = get_logger("solaris.summarising")


@dataclass(slots=True)
class Summary:
    """Sums over the users of one closed month. Tokens; `top` is a heap of the ten greatest."""

    block_ppm: int
    users: int = 0
    active_users: int = 0
    blocked_users: int = 0
    total_tokens: int = 0
    top: list[tuple[int, str, float]] = field(default_factory=list)

    def add(self, email: str, closed: Item | None) -> None:
        """Count one user; `closed` is the closed month, None for who had no part in it."""
        self.users += 1
        if closed is None:
            return
        quota = Quota(
            monthly_limit=int(closed["monthly_limit"]["N"]),
            additional_tokens=int(closed["additional_tokens"]["N"]),
            current_usage=int(closed["current_usage"]["N"]),
            reserved_tokens=0,
            block_ppm=self.block_ppm,
        )
        self.blocked_users += quota.is_exhausted
        self.total_tokens += quota.current_usage
        if not quota.current_usage:
            return
        self.active_users += 1
        entry = (quota.current_usage, email, quota.granted_percentage)
        if len(self.top) < TOP_USERS:
            heapq.heappush(self.top, entry)
        else:
            heapq.heappushpop(self.top, entry)

    def notice(
        self, period: str, system: Figures, local_cost: LocalCost | None
    ) -> "MonthlySummary":
        """The figures as the alerts function takes them; `system` is the month by the counters."""
        from solaris.alerts.alert import MonthlySummary, TopUser  # noqa: PLC0415 - once a month

        return MonthlySummary(
            period=period,
            users=self.users,
            active_users=self.active_users,
            blocked_users=self.blocked_users,
            total_tokens=self.total_tokens,
            cost_micros=rounded_micros(system.total_cost),
            unpriced_requests=system.unpriced_requests,
            local_cost=local_cost,
            top=tuple(
                TopUser(email, tokens, percentage)
                for tokens, email, percentage in sorted(self.top, key=lambda one: (-one[0], one[1]))
            ),
        )


class Summariser:
    """Computes the summary of a month and puts it on the alerts queue."""

    def __init__(self, *, settings: Settings, queues: Queues) -> None:
        self._settings = settings
        self._queues = queues

    @property
    def is_wanted(self) -> bool:
        """MONTHLY_SUMMARY, and somebody to send it to."""
        return self._settings.monthly_summary and bool(self._settings.admin_alert_emails)

    async def send(
        self, store: ResetStore, opened: str, go_on: Callable[[], Awaitable[bool]]
    ) -> bool:
        """Queue the summary of the month before `opened`; False when told not to go on."""
        from solaris.alerts.notices import notice_to_json  # noqa: PLC0415 - once a month

        period = previous_period(opened)
        summary = await self._summed(store, opened, period, go_on)
        if summary is None:
            return False
        rates, days = self._settings.exchange, days_in(period)
        sums = await asyncio.to_thread(system_sums, period, rates)
        system = total_of(one.figures for one in sums)
        local_cost = rates.of_days(system.cost, system.local_cost, days[0], days[-1])
        body = notice_to_json(summary.notice(period, system, local_cost))
        await asyncio.to_thread(self._queues.send, ALERTS_QUEUE, body)
        _log.info("monthly_summary_queued", period=period, users=summary.users)
        return True

    async def _summed(
        self,
        store: ResetStore,
        opened: str,
        period: str,
        go_on: Callable[[], Awaitable[bool]],
    ) -> Summary | None:
        summary = Summary(block_ppm_of(self._settings))
        begun = period_start(opened, self._settings.zone)
        cursor = None
        for _ in range(MAX_PAGES):
            if not await go_on():
                return None
            page = await store.page(cursor, fields=_FIELDS)
            items = [one for one in page.items if _created(one) < begun]
            for start in range(0, len(items), BATCH_KEYS):
                batch = items[start : start + BATCH_KEYS]
                closed = await store.closed(period, [one["user_id"]["S"] for one in batch])
                for one in batch:
                    summary.add(one["email"]["S"], closed.get(one["user_id"]["S"]))
            cursor = page.cursor
            if cursor is None:
                break
        return summary


def _created(item: Item) -> datetime:
    return parse_instant(item["created_at"]["S"])
