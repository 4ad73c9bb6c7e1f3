"""Opening the month of every user: the scheduled half of the roll-over.

A user's own first request does the same (gateway/meter.py), by the same rule and under the
same condition, so the two may meet at any moment:

    scan      reads a user of October         request   opens November for the same user
    write     version has changed: cancelled  ─►        read again: in November already, done

One pass over the table is enough. A scan returns every user that was there when it began (its
segments together are the whole table, and a cursor is a place in the order of keys). A user who
is created while it runs may be missed, but is born in the new period, for the scan begins only
after the period has begun; nobody moves back. The one exception, a first request received just
before midnight and written just after, opens its month with its next request, as ever.
"""

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from solaris.months.progress import (
    PACK_USERS,
    SEGMENTS,
    WAITING,
    LeaseLostError,
    Progress,
    ResetStore,
    Segment,
)
from solaris.months.schedule import open_period_at
from solaris.months.summary import Summariser, Told
from solaris.platform.aws.client import AsyncAws
from solaris.platform.aws.items import Item, text
from solaris.platform.errors import NotFoundError, SolarisError
from solaris.platform.logs import get_logger
from solaris.platform.settings import Settings
from solaris.quota.item import user_from_item
from solaris.quota.rollover import open_period
from solaris.quota.store import UserStore
from solaris.quota.user import User

STOP_BEFORE_SECONDS = 30.0
MAX_PAGES = 1_000_000

Tick = Callable[[int], None]
Remaining = Callable[[], float]
_log = get_logger("solaris.resetting")


@dataclass(frozen=True, slots=True)
class ResetReport:
    """What one run found or did. `is_held` says that another run is at work."""

    period: str
    is_done: bool
    is_held: bool
    users: int
    rolled_over: int
    failed: int

    @classmethod
    def of(cls, progress: Progress, *, is_done: bool, is_held: bool = False) -> "ResetReport":
        """The report of a run that leaves this progress."""
        return cls(
            progress.period,
            is_done,
            is_held,
            progress.users,
            progress.rolled_over,
            progress.failed,
        )

    def body(self) -> dict[str, Any]:
        """What the function answers."""
        return {
            "state": "done" if self.is_done else "running",
            "period": self.period,
            "users": self.users,
            "rolled_over": self.rolled_over,
            "failed": self.failed,
        }


@dataclass(frozen=True, slots=True)
class _Run:
    """One run: its store, its period, when to stop, whom to tell."""

    store: ResetStore
    period: str
    remaining_seconds: Remaining
    tick: Tick

    @property
    def is_out_of_time(self) -> bool:
        return self.remaining_seconds() < STOP_BEFORE_SECONDS


class Resetter:
    """Opens months. `clock` gives the time in UTC; every run has a connection of its own."""

    def __init__(
        self,
        *,
        settings: Settings,
        users: UserStore,
        summariser: Summariser,
        clock: Callable[[], datetime],
    ) -> None:
        self._settings = settings
        self._users = users
        self._summariser = summariser
        self._clock = clock

    @property
    def period(self) -> str:
        """The period that is open now."""
        return open_period_at(self._clock(), self._settings.zone)

    def run(
        self, remaining_seconds: Remaining = lambda: float("inf"), tick: Tick = lambda _: None
    ) -> ResetReport:
        """Open the current period for everybody, or as many as the time allows.

        Returns at once when it is done or another run is at work. `tick` hears of every user who
        was late, in packs. Raises StoreUnavailableError,
        AwsCallError or ConflictError when the store fails; the next run goes on from there.
        """
        return asyncio.run(self.run_async(remaining_seconds, tick))

    async def run_async(
        self, remaining_seconds: Remaining = lambda: float("inf"), tick: Tick = lambda _: None
    ) -> ResetReport:
        """`run`, inside an event loop."""
        async with self._connected() as store:
            run = _Run(store, self.period, remaining_seconds, tick)
            claim = await store.claim(run.period, self._clock())
            progress = claim.progress
            if not claim.is_mine:
                held = not progress.is_done
                return ResetReport.of(progress, is_done=progress.is_done, is_held=held)
            try:
                progress = await self._scan(run, progress)
                if not progress.is_scanned or not await self._close(run, progress):
                    await store.release(run.period)
                    return ResetReport.of(progress, is_done=False)
            except LeaseLostError:
                return ResetReport.of(progress, is_done=False, is_held=True)
            except SolarisError:
                await _released(run)
                raise
        _log.info("period_opened", period=run.period, users=progress.users, failed=progress.failed)
        return ResetReport.of(progress, is_done=True)

    def tell_summary(self, remaining_seconds: Remaining = lambda: float("inf")) -> bool:
        """Queue a summary that has waited for open answers; whether one is waiting still.

        Raises StoreUnavailableError, AwsCallError, ConflictError: the next call looks again.
        """
        return asyncio.run(self._tell(remaining_seconds))

    async def _tell(self, remaining_seconds: Remaining) -> bool:
        async with self._connected() as store:
            run = _Run(store, self.period, remaining_seconds, lambda _: None)
            progress = await store.progress(run.period)
            if progress is None or progress.summary != WAITING:
                return False

            async def go_on() -> bool:
                return not run.is_out_of_time

            told = await self._summariser.send(store, run.period, self._clock(), go_on)
            if told is Told.SENT:
                await store.told(run.period, told.value)
            return told is not Told.SENT

    def waiting(self) -> int:
        """Count the users whose month is still to be opened; changes nothing."""
        return asyncio.run(self._count())

    def open_for(self, email: str, *, dry_run: bool = False) -> bool:
        """Open the current period for one user; False if it is open already.

        Raises NotFoundError, and ConflictError after ten lost races.
        """
        user = self._users.of_address(email)
        if user is None:
            raise NotFoundError(email)
        if dry_run or user.period >= self.period:
            return user.period < self.period
        return self._users.opened_in(user.user_id, self.period, self._clock)[1]

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[ResetStore]:
        aws = AsyncAws(self._settings.aws_region)
        try:
            yield ResetStore(aws, self._settings, self._users, owner=uuid.uuid4().hex)
        finally:
            await aws.close()

    async def _scan(self, run: _Run, progress: Progress) -> Progress:
        done = await asyncio.gather(
            *(self._segment(run, n, one) for n, one in enumerate(progress.segments)),
            return_exceptions=True,
        )
        segments = []
        for one in done:
            if isinstance(one, BaseException):
                raise one
            segments.append(one)
        return replace(progress, segments=tuple(segments))

    async def _segment(self, run: _Run, number: int, segment: Segment) -> Segment:
        for _ in range(MAX_PAGES):
            if segment.is_done or run.is_out_of_time:
                break
            page = await run.store.page(segment.cursor, segment=(number, SEGMENTS))
            late, failed = self._late(page.items, run.period)
            rolled_over = 0
            for start in range(0, len(late), PACK_USERS):
                pack = late[start : start + PACK_USERS]
                rolled_over += await self._pack(run, pack)
                run.tick(len(pack))
            segment = Segment(
                cursor=page.cursor,
                is_done=page.cursor is None,
                users=segment.users + len(page.items),
                rolled_over=segment.rolled_over + rolled_over,
                failed=segment.failed + failed,
            )
            await run.store.save(run.period, number, segment, self._clock())
        return segment

    def _late(self, items: Sequence[Item], period: str) -> tuple[list[User], int]:
        """The users of older periods, and the number of items that are no user."""
        late, failed = [], 0
        for item in items:
            try:
                if item["period"]["S"] < period:
                    late.append(user_from_item(item))
            except (KeyError, TypeError, ValueError) as error:
                # one damaged item must not keep everybody else in the old month
                failed += 1
                _log.error("user_not_reset", user_id=item["user_id"]["S"], error=repr(error))
        return late, failed

    async def _pack(self, run: _Run, users: Sequence[User]) -> int:
        """Open the month of these users; return for how many this run did it."""
        pack = [(user, *open_period(user, run.period, self._clock())) for user in users]
        if await run.store.roll_over(pack):
            return len(pack)
        return sum([await self._alone(run, user.user_id) for user in users])

    async def _alone(self, run: _Run, user_id: str) -> bool:
        """Open one user's month; False when a request has done so meanwhile."""
        given = (user_id, run.period, self._clock)
        try:
            return (await asyncio.to_thread(self._users.opened_in, *given))[1]
        except NotFoundError:
            return False

    async def _close(self, run: _Run, progress: Progress) -> bool:
        """Queue the summary, then call the run done; False when the time did not suffice.

        In this order: a crash in between repeats the message of the same period; the other way
        round it would be lost.
        """
        summary = "skipped"
        if self._summariser.is_wanted and progress.users:

            async def keep_lease() -> bool:
                await run.store.prolong(run.period, self._clock())
                return not run.is_out_of_time

            told = await self._summariser.send(run.store, run.period, self._clock(), keep_lease)
            if told is Told.STOPPED:
                return False
            summary = told.value
        await run.store.finish(run.period, summary=summary, now=self._clock())
        return True

    async def _count(self) -> int:
        count, cursor = 0, None
        values = {":period": text(self.period)}
        async with self._connected() as store:
            for _ in range(MAX_PAGES):
                page = await store.page(
                    cursor, fields=("period",), where="#period < :period", values=values
                )
                count, cursor = count + len(page.items), page.cursor
                if cursor is None:
                    break
        return count


async def _released(run: _Run) -> None:
    try:
        await run.store.release(run.period)
    except SolarisError as error:
        _log.warning("lease_not_released", period=run.period, error=str(error))
