"""What is due with users who do not come back: reservations that crashes have left behind, grants
whose end has come, and those whose end is near, of which the user is told.

A user who comes back sees to the first two with the next request (gateway/meter.py).
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from solaris.alerts.ceilings import Ceilings, MonthTokens
from solaris.alerts.ending_grants import EndingGrants
from solaris.ledger.ended_grants import EndedGrants
from solaris.ledger.recorder import Recorder
from solaris.months.progress import Page, ResetStore
from solaris.platform.aws.client import AsyncAws
from solaris.platform.aws.items import epoch_milliseconds, number
from solaris.platform.errors import SolarisError
from solaris.platform.logs import get_logger
from solaris.platform.settings import Settings
from solaris.quota.grant import NOTICE
from solaris.quota.item import grants_from_item, group_in_item, reservation_from_item
from solaris.quota.periods import period_of
from solaris.quota.reservation import expired
from solaris.quota.store import UserStore

STOP_BEFORE_SECONDS = 10.0
PAGE_USERS = 1_000
MAX_PAGES = 1_000_000

_log = get_logger("solaris.sweeping")


@dataclass(slots=True)
class SweepReport:
    """What one sweep did; not `is_done` when the time ran out (the next begins anew)."""

    expired: int = 0
    ended_grants: int = 0
    ending_grants: int = 0
    ceilings: int = 0
    failed_users: int = 0
    is_done: bool = False

    def body(self) -> dict[str, object]:
        """What the function answers."""
        return {
            "state": "done" if self.is_done else "running",
            "expired": self.expired,
            "ended_grants": self.ended_grants,
            "ending_grants": self.ending_grants,
            "ceilings": self.ceilings,
            "failed_users": self.failed_users,
        }


class Sweeper:
    """Expires what is overdue, ends what has ended, and looks at the monthly ceilings.

    `month_tokens` sums a month up; `clock` gives the time in UTC.
    """

    def __init__(
        self,
        *,
        settings: Settings,
        users: UserStore,
        recorder: Recorder,
        ended_grants: EndedGrants,
        ending_grants: EndingGrants,
        ceilings: Ceilings,
        month_tokens: Callable[[str], MonthTokens],
        clock: Callable[[], datetime],
    ) -> None:
        self._settings = settings
        self._users = users
        self._recorder = recorder
        self._ended_grants = ended_grants
        self._ending_grants = ending_grants
        self._ceilings = ceilings
        self._month_tokens = month_tokens
        self._clock = clock

    def run(self, remaining_seconds: Callable[[], float] = lambda: float("inf")) -> SweepReport:
        """Look at every user with open requests or a grant that ends within a week, or has ended.

        What is due of each is seen to, once.
        A user whose books cannot be written is left to the next sweep. Raises
        StoreUnavailableError or AwsCallError when the users cannot be read.
        """
        return asyncio.run(self._run(remaining_seconds))

    async def _run(self, remaining_seconds: Callable[[], float]) -> SweepReport:
        report = SweepReport()
        aws = AsyncAws(self._settings.aws_region)
        try:
            store = ResetStore(aws, self._settings, self._users, owner="sweep")
            cursor = None
            for _ in range(MAX_PAGES):
                if remaining_seconds() < STOP_BEFORE_SECONDS:
                    return report
                soon = epoch_milliseconds(self._clock() + NOTICE)
                page = await store.page(
                    cursor,
                    fields=("user_id", "group_id", "reservations", "next_change_at", "grants"),
                    # the first of a user's grants to end: none ends sooner
                    where="size(#reservations) > :none OR #next_change_at <= :soon",
                    values={":none": number(0), ":soon": number(soon)},
                    limit=PAGE_USERS,
                )
                await asyncio.to_thread(self._see_to, page, report)
                cursor = page.cursor
                if cursor is None:
                    break
        finally:
            await aws.close()
        await asyncio.to_thread(self._look_at_ceilings, report)
        report.is_done = True
        return report

    def _look_at_ceilings(self, report: SweepReport) -> None:
        period = period_of(self._clock(), self._settings.zone)
        try:
            report.ceilings = self._ceilings.announce(period, self._month_tokens)
        except (SolarisError, ValueError) as error:
            # left to the next sweep
            _log.error("ceilings_not_looked_at", error=str(error))

    def _see_to(self, page: Page, report: SweepReport) -> None:
        now = self._clock()
        for item in page.items:
            user_id = item["user_id"]["S"]
            held = item["reservations"]["M"]
            group_id = group_in_item(item)
            late = expired(
                {key: reservation_from_item(key, held[key], group_id) for key in held}, now
            )
            change_at = item.get("next_change_at")
            try:
                if late:
                    self._recorder.expire_in_turn(user_id, late)
                if change_at is not None and int(change_at["N"]) <= epoch_milliseconds(now):
                    self._ended_grants.end(user_id, now)
                    report.ended_grants += 1
                if any(one.is_to_announce(now) for one in grants_from_item(item)):
                    report.ending_grants += self._ending_grants.announce(user_id, now)
            except (SolarisError, ValueError) as error:
                report.failed_users += 1
                _log.error("user_not_swept", user_id=user_id, error=str(error))
            else:
                report.expired += len(late)
