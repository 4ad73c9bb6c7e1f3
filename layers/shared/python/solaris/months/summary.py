"""The months that have just been closed, in figures, for the mail to the admins.

Tokens and cost are the counters', as the reports have them: what a manual reset has forgiven was
used all the same. Who used them, and whose quota was used up, is read from the closed periods, in
pages: the memory needed does not grow with the users.

A month is told when nothing that began in it is open any more, or after six hours with how much
still is. After a pause of the whole system each month that it has missed has its own summary.
"""

import asyncio
import heapq
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from solaris.ledger.figures import Figures, rounded_micros, total_of
from solaris.ledger.reviewing import group_sums, sums_by_model, system_sums
from solaris.months.progress import BATCH_KEYS, ResetStore
from solaris.platform.aws.items import Item
from solaris.platform.aws.queues import ALERTS_QUEUE, Queues
from solaris.platform.exchange import LocalCost
from solaris.platform.instants import parse_instant
from solaris.platform.logs import get_logger
from solaris.platform.settings import Settings
from solaris.quota.groups.group import Group, Groups
from solaris.quota.periods import days_in, next_period, period_start, previous_period
from solaris.quota.policy import block_ppm_of
from solaris.quota.quota import Quota

if TYPE_CHECKING:
    from solaris.alerts.alert import GroupPart, MonthlySummary
    from solaris.alerts.group_summary import GroupSummary

TOP_USERS = 10
TOP_MEMBERS = 5
MAX_GROUPS_TOLD = 20
"""So many groups are in the admins' summary, those that have used most."""

MAX_PAGES = 1_000_000
WAIT = timedelta(hours=6)
"""So long a month's summary waits for answers that began in it."""

MAX_MONTHS = 12
"""So many missed months are told, the last ones."""

_FIELDS = ("user_id", "email", "name", "created_at", "reservations", "group_id")
_log = get_logger("solaris.summarising")

_Entry = tuple[int, str, str, int, str]
"""Of one user: tokens used, address, id, tokens granted, name."""


class Told(StrEnum):
    """What has become of the summaries."""

    SENT = "sent"
    WAITING = "waiting"
    """Something that began in the month is open still."""

    STOPPED = "stopped"
    """The time did not suffice."""


@dataclass(slots=True)
class Summary:
    """Sums over the users of one closed month. `top` is a heap of the ten greatest.

    `members` has a heap of the five greatest of each group, of who is in it now.

    `open_requests` began in it and are not booked.
    """

    block_ppm: int
    users: int = 0
    active_users: int = 0
    blocked_users: int = 0
    open_requests: int = 0
    top: list[_Entry] = field(default_factory=list)
    members: dict[str, list[_Entry]] = field(default_factory=dict)
    active_members: Counter[str] = field(default_factory=Counter)

    def add(self, user: Mapping[str, Any], period: str, closed: Item | None) -> None:
        """Count one user; `closed` is the closed month, None for who had no part in it."""
        self.users += 1
        held = user["reservations"]["M"].values()
        self.open_requests += sum(one["M"]["period"]["S"] == period for one in held)
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
        if not quota.current_usage:
            return
        self.active_users += 1
        email, user_id = user["email"]["S"], user["user_id"]["S"]
        name = user["name"]["S"]
        entry = (quota.current_usage, email, user_id, quota.granted_tokens, name)
        _keep_greatest(self.top, entry, TOP_USERS)
        if "group_id" in user:
            group_id = user["group_id"]["S"]
            self.active_members[group_id] += 1
            _keep_greatest(self.members.setdefault(group_id, []), entry, TOP_MEMBERS)

    def notice(
        self,
        period: str,
        system: Figures,
        used: Mapping[str, int],
        local_cost: LocalCost | None,
        groups: "Sequence[GroupPart]" = (),
    ) -> "MonthlySummary":
        """The figures as the alerts function takes them.

        `system` is the month by the counters, `used` what they say of those in `top`.
        """
        from solaris.alerts.alert import MonthlySummary, TopUser  # noqa: PLC0415 - once a month

        top = [
            TopUser(email, used[user_id], _percentage(used[user_id], granted), name)
            for _, email, user_id, granted, name in self.top
        ]
        return MonthlySummary(
            period=period,
            users=self.users,
            active_users=self.active_users,
            blocked_users=self.blocked_users,
            total_tokens=system.charged_tokens,
            open_requests=self.open_requests,
            cost_micros=rounded_micros(system.total_cost),
            unpriced_requests=system.unpriced_requests,
            local_cost=local_cost,
            top=tuple(sorted(top, key=lambda one: (-one.tokens, one.email))),
            groups=tuple(groups),
        )

    def of_group(self, group: Group, period: str, figures: Figures) -> "GroupSummary":
        """The figures of one group, for its managers and recipients."""
        from solaris.alerts.alert import TopUser  # noqa: PLC0415 - once a month
        from solaris.alerts.group_summary import GroupSummary  # noqa: PLC0415 - once a month

        top = [
            TopUser(email, tokens, _percentage(tokens, granted), name)
            for tokens, email, _, granted, name in self.members.get(group.group_id, ())
        ]
        return GroupSummary(
            group_id=group.group_id,
            name=group.name,
            period=period,
            total_tokens=figures.charged_tokens,
            cost_micros=rounded_micros(figures.total_cost),
            unpriced_requests=figures.unpriced_requests,
            ceiling_tokens=group.ceiling_tokens or 0,
            active_members=self.active_members[group.group_id],
            top=tuple(sorted(top, key=lambda one: (-one.tokens, one.email))),
            to=_people(group),
        )


def _keep_greatest(heap: list[_Entry], entry: _Entry, most: int) -> None:
    if len(heap) < most:
        heapq.heappush(heap, entry)
    else:
        heapq.heappushpop(heap, entry)


def _people(group: Group) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*group.managers, *group.recipients)))


def _parts(sums: Mapping[str, Figures], groups: Groups, system: Figures) -> "list[GroupPart]":
    """Groups by what they used, and last what was used in none; nothing without groups."""
    from solaris.alerts.alert import GroupPart  # noqa: PLC0415 - once a month

    used = {key: one.charged_tokens for key, one in sums.items() if one.charged_tokens}
    if not used:
        return []
    most = sorted(used, key=lambda one: (-used[one], one))[:MAX_GROUPS_TOLD]
    parts = [GroupPart(groups[one].name if one in groups else one, used[one]) for one in most]
    rest = system.charged_tokens - sum(used.values())
    return [*parts, GroupPart("", rest)] if rest > 0 else parts


def _percentage(tokens: int, granted: int) -> float:
    return round(100 * tokens / granted, 2) if granted else 100.0


class Summariser:
    """Computes summaries of months and puts them on the alerts queue; `groups` gives all groups."""

    def __init__(self, *, settings: Settings, queues: Queues, groups: Callable[[], Groups]) -> None:
        self._settings = settings
        self._queues = queues
        self._groups = groups

    @property
    def is_wanted(self) -> bool:
        """MONTHLY_SUMMARY, and somebody to send it to. Raises StoreUnavailableError."""
        if not self._settings.monthly_summary:
            return False
        return bool(self._settings.admin_alert_emails) or any(map(_people, self._groups().values()))

    async def send(
        self,
        store: ResetStore,
        opened: str,
        now: datetime,
        go_on: Callable[[], Awaitable[bool]],
    ) -> Told:
        """Queue the summaries of the months before `opened` that have none yet, oldest first.

        Again from the first after a crash: the alerts function knows those that it has. Raises
        what the store and the queue raise.
        """
        is_late = now >= period_start(opened, self._settings.zone) + WAIT
        for period in _missed(await store.told_before(opened), opened):
            summary = await self._summed(store, period, go_on)
            if summary is None:
                return Told.STOPPED
            if summary.open_requests and not is_late:
                return Told.WAITING
            await self._queue(period, summary, is_last=next_period(period) == opened)
        return Told.SENT

    async def _queue(self, period: str, summary: Summary, *, is_last: bool) -> None:
        from solaris.alerts.notices import notice_to_json  # noqa: PLC0415 - once a month

        rates, days = self._settings.exchange, days_in(period)
        sums = await asyncio.to_thread(system_sums, period, rates)
        system = total_of(one.figures for one in sums)
        if not system.requests and not is_last:
            return  # nobody worked, and nobody missed it
        local_cost = rates.of_days(system.cost, system.local_cost, days[0], days[-1])
        used = {
            user_id: total_of(
                one.figures for one in await asyncio.to_thread(sums_by_model, user_id, period)
            ).charged_tokens
            for _, _, user_id, _, _ in summary.top
        }
        groups = await asyncio.to_thread(self._groups)
        of_groups = await asyncio.to_thread(group_sums, period, rates) if groups else {}
        bodies = [
            notice_to_json(summary.of_group(one, period, of_groups[one.group_id]))
            for one in groups.values()
            if not one.is_deleted and _people(one) and one.group_id in of_groups
        ]
        if self._settings.admin_alert_emails:
            parts = _parts(of_groups, groups, system)
            bodies.append(notice_to_json(summary.notice(period, system, used, local_cost, parts)))
        for body in bodies:
            await asyncio.to_thread(self._queues.send, ALERTS_QUEUE, body)
        _log.info("monthly_summary_queued", period=period, users=summary.users)

    async def _summed(
        self, store: ResetStore, period: str, go_on: Callable[[], Awaitable[bool]]
    ) -> Summary | None:
        summary = Summary(block_ppm_of(self._settings))
        ended = period_start(next_period(period), self._settings.zone)
        cursor = None
        for _ in range(MAX_PAGES):
            if not await go_on():
                return None
            page = await store.page(cursor, fields=_FIELDS)
            items = [one for one in page.items if _created(one) < ended]
            for start in range(0, len(items), BATCH_KEYS):
                batch = items[start : start + BATCH_KEYS]
                closed = await store.closed(period, [one["user_id"]["S"] for one in batch])
                for one in batch:
                    summary.add(one, period, closed.get(one["user_id"]["S"]))
            cursor = page.cursor
            if cursor is None:
                break
        return summary


def _missed(told: str | None, opened: str) -> Sequence[str]:
    """The months between an opening that was told of and this one; without one the last alone."""
    months = [previous_period(opened)]
    while told is not None and months[0] > told and len(months) < MAX_MONTHS:
        months.insert(0, previous_period(months[0]))
    return months


def _created(item: Item) -> datetime:
    return parse_instant(item["created_at"]["S"])
