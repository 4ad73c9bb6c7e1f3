"""What the reset reads and writes: pages of users, packs of months, and its own progress.

The progress of opening a period is one item of the periods table, under `system#reset`:

    claim     nobody has begun, or the lease has run out: the caller owns the run for a while
    save      a page is done: the segment's cursor and counts, the lease prolonged; only the owner
    release   the owner stops early: the next run goes on at once
    finish    every segment is done: nobody claims it again

Losing the lease does no harm to users, whose writes have conditions of their own; it only keeps
two runs from doing the same work.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Self

from solaris.platform.aws.client import CANCELLED, CONDITION_FAILED, AsyncAws, AwsCallError
from solaris.platform.aws.items import Item, number, text
from solaris.platform.aws.progress import progress_owner
from solaris.platform.aws.retry import Attempts, async_attempts
from solaris.platform.errors import ConflictError, StoreUnavailableError
from solaris.platform.instants import iso_milliseconds
from solaris.platform.leases import free_values, held_until, is_free
from solaris.platform.settings import Settings
from solaris.quota.rollover import ClosedPeriod
from solaris.quota.store import UserStore
from solaris.quota.user import User

PROGRESS_OWNER = progress_owner("reset")
# Two keep an embedded store busy, and leave room between their packs for live requests.
SEGMENTS = 2
PAGE_USERS = 500
PACK_USERS = 25  # two actions each, of the 100 that a transaction may have
LEASE = timedelta(seconds=60)
BATCH_KEYS = 100
BATCH_READS = Attempts(8, pause_seconds=0.05, doubles=True)

WAITING = "waiting"
"""Of a summary: what began in the month is not booked yet."""

_STATE, _DONE, _RUNNING = "state", "done", "running"
_NAMES = ("state", "segments", "started_at", "finished_at", "lease_owner", "lease_until", "summary")


class LeaseLostError(ConflictError):
    """Another run has taken over."""


@dataclass(frozen=True, slots=True)
class Segment:
    """One part of the table: where its scan stands, and what was done so far."""

    cursor: str | None = None
    is_done: bool = False
    users: int = 0
    rolled_over: int = 0
    failed: int = 0


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the opening of one period has come."""

    period: str
    is_done: bool
    segments: tuple[Segment, ...]
    started_at: str
    finished_at: str | None = None
    summary: str | None = None

    @property
    def is_scanned(self) -> bool:
        """Whether every user has been seen."""
        return all(one.is_done for one in self.segments)

    @property
    def users(self) -> int:
        """Users whose month is open, whoever opened it."""
        return sum(one.users - one.failed for one in self.segments)

    @property
    def rolled_over(self) -> int:
        """Users whose month this reset has opened (a page cut short counts as others' work)."""
        return sum(one.rolled_over for one in self.segments)

    @property
    def failed(self) -> int:
        """Users whose item could not be read."""
        return sum(one.failed for one in self.segments)

    @classmethod
    def from_item(cls, item: Item) -> Self:
        """Read the progress item."""
        return cls(
            period=item["period"]["S"],
            is_done=item[_STATE]["S"] == _DONE,
            segments=tuple(
                _segment_from_item(item["segments"]["M"][str(n)])
                for n in range(len(item["segments"]["M"]))
            ),
            started_at=item["started_at"]["S"],
            finished_at=item["finished_at"]["S"] if "finished_at" in item else None,
            summary=item["summary"]["S"] if "summary" in item else None,
        )


@dataclass(frozen=True, slots=True)
class Claim:
    """`is_mine` tells whether the caller owns the run; the progress is there either way."""

    is_mine: bool
    progress: Progress


@dataclass(frozen=True, slots=True)
class Page:
    """Items of one page of a scan; `cursor` is None behind the last."""

    items: list[Item]
    cursor: str | None


class ResetStore:
    """Reads and writes for one run; `owner` names the run in the lease."""

    def __init__(self, aws: AsyncAws, settings: Settings, users: UserStore, owner: str) -> None:
        self._aws = aws
        self._owner = owner
        self._store = users
        self._users = settings.table_name("users")
        self._periods = settings.table_name("periods")

    async def page(
        self,
        cursor: str | None,
        *,
        segment: tuple[int, int] | None = None,
        fields: Sequence[str] = (),
        where: str = "",
        values: Item | None = None,
        limit: int = PAGE_USERS,
    ) -> Page:
        """One page of the users; `where` names attributes as `#attribute`, out of `fields`."""
        request: dict[str, Any] = {"TableName": self._users, "Limit": limit}
        if segment is not None:
            request |= {"Segment": segment[0], "TotalSegments": segment[1]}
        if cursor is not None:
            request["ExclusiveStartKey"] = {"user_id": text(cursor)}
        if fields:
            request["ProjectionExpression"] = ", ".join(f"#{name}" for name in fields)
            request["ExpressionAttributeNames"] = {f"#{name}": name for name in fields}
        if where:
            request |= {"FilterExpression": where, "ExpressionAttributeValues": values}
        answer = await self._aws.call("dynamodb", "Scan", request)
        last = answer.get("LastEvaluatedKey")
        return Page(answer["Items"], last["user_id"]["S"] if last else None)

    async def roll_over(self, pack: Sequence[tuple[User, User, ClosedPeriod]]) -> bool:
        """Open the month of up to 25 users, all or none; False when any item has changed."""
        actions = [action for one in pack for action in self._store.roll_over_actions(*one)]
        try:
            await self._aws.call("dynamodb", "TransactWriteItems", {"TransactItems": actions})
        except AwsCallError as error:
            if error.aws_code != CANCELLED:
                raise
            return False
        return True

    async def closed(self, period: str, user_ids: Sequence[str]) -> dict[str, Item]:
        """The closed month of up to 100 users, by user; who has none is left out."""
        keys = [{"user_id": text(one), "period": text(period)} for one in user_ids]
        found: dict[str, Item] = {}
        request = {self._periods: {"Keys": keys}}
        async for _ in async_attempts(BATCH_READS):
            answer = await self._aws.call("dynamodb", "BatchGetItem", {"RequestItems": request})
            for item in answer["Responses"].get(self._periods, []):
                found[item["user_id"]["S"]] = item
            request = answer.get("UnprocessedKeys") or {}
            if not request:
                return found
        msg = f"BatchGetItem left keys over in {BATCH_READS.most} attempts"
        raise StoreUnavailableError(msg)

    async def told_before(self, period: str) -> str | None:
        """The last period before this one that was opened, and its summaries told; None: none."""
        request = {
            "TableName": self._periods,
            "KeyConditionExpression": "user_id = :owner AND #period < :period",
            "ExpressionAttributeNames": {"#period": "period"},
            "ExpressionAttributeValues": {":owner": text(PROGRESS_OWNER), ":period": text(period)},
            "ScanIndexForward": False,  # one a month
        }
        for item in (await self._aws.call("dynamodb", "Query", request))["Items"]:
            one = Progress.from_item(item)
            if one.is_done and one.summary != WAITING:
                return one.period
        return None

    async def told(self, period: str, summary: str) -> None:
        """Remember that a summary which waited is queued; whoever did it first has."""
        try:
            await self._update(
                period,
                "SET #summary = :summary",
                "#summary = :waiting",
                {":summary": text(summary), ":waiting": text(WAITING)},
            )
        except AwsCallError as error:
            if error.aws_code != CONDITION_FAILED:
                raise

    async def progress(self, period: str) -> Progress | None:
        """How far the opening of a period has come; None: nobody has begun."""
        request = {
            "TableName": self._periods,
            "Key": {"user_id": text(PROGRESS_OWNER), "period": text(period)},
            "ConsistentRead": True,
        }
        item = (await self._aws.call("dynamodb", "GetItem", request)).get("Item")
        return None if item is None else Progress.from_item(item)

    async def claim(self, period: str, now: datetime) -> Claim:
        """Begin a period's reset, or go on with one that nobody is working at."""
        fresh = {str(n): _segment_to_item(Segment()) for n in range(SEGMENTS)}
        update = (
            "SET #state = :running, #segments = if_not_exists(#segments, :segments), "
            "#started_at = if_not_exists(#started_at, :now), "
            "#lease_owner = :owner, #lease_until = :until"
        )
        condition = (
            # the first run of this period
            "attribute_not_exists(#state) OR (#state = :running AND ("
            # a run that is gone, or this very write again after its answer was lost
            f"{is_free('#lease_until')} OR #lease_owner = :owner))"
        )
        values = {
            ":running": text(_RUNNING),
            ":segments": {"M": fresh},
            ":now": text(iso_milliseconds(now)),
            ":owner": text(self._owner),
            ":until": held_until(now, LEASE),
            **free_values(now, LEASE),
        }
        try:
            item = await self._update(period, update, condition, values)
        except AwsCallError as error:
            if error.aws_code != CONDITION_FAILED or not error.item:
                raise
            return Claim(is_mine=False, progress=Progress.from_item(error.item))
        return Claim(is_mine=True, progress=Progress.from_item(item))

    async def save(self, period: str, number_: int, segment: Segment, now: datetime) -> None:
        """Remember a page and keep the lease. Raises LeaseLostError."""
        update = f"SET #segments.#n{number_} = :segment, #lease_until = :until"
        values = {
            ":segment": _segment_to_item(segment),
            ":until": held_until(now, LEASE),
        }
        await self._own(period, update, values, {f"#n{number_}": str(number_)})

    async def prolong(self, period: str, now: datetime) -> None:
        """Keep the lease. Raises LeaseLostError."""
        values = {":until": held_until(now, LEASE)}
        await self._own(period, "SET #lease_until = :until", values)

    async def release(self, period: str) -> None:
        """Let the next run go on at once. Raises LeaseLostError."""
        await self._own(period, "SET #lease_until = :past", {":past": number(0)})

    async def finish(self, period: str, *, summary: str, now: datetime) -> None:
        """Close the run; `summary` says what became of the mail. Raises LeaseLostError."""
        update = (
            "SET #state = :done, #finished_at = :now, #summary = :summary, #lease_until = :past"
        )
        values = {
            ":done": text(_DONE),
            ":now": text(iso_milliseconds(now)),
            ":summary": text(summary),
            ":past": number(0),
        }
        await self._own(period, update, values)

    async def _own(
        self, period: str, update: str, values: Item, names: dict[str, str] | None = None
    ) -> None:
        values = values | {":owner": text(self._owner)}
        try:
            await self._update(period, update, "#lease_owner = :owner", values, names)
        except AwsCallError as error:
            if error.aws_code != CONDITION_FAILED:
                raise
            msg = f"another run has taken over the reset of {period}"
            raise LeaseLostError(msg) from error

    async def _update(
        self,
        period: str,
        update: str,
        condition: str,
        values: Item,
        names: dict[str, str] | None = None,
    ) -> Item:
        used = f"{update} {condition}"
        request = {
            "TableName": self._periods,
            "Key": {"user_id": text(PROGRESS_OWNER), "period": text(period)},
            "UpdateExpression": update,
            "ConditionExpression": condition,
            "ExpressionAttributeNames": {f"#{n}": n for n in _NAMES if f"#{n}" in used}
            | (names or {}),
            "ExpressionAttributeValues": values,
            "ReturnValues": "ALL_NEW",
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }
        answer = await self._aws.call("dynamodb", "UpdateItem", request)
        item: Item = answer["Attributes"]
        return item


def _segment_to_item(segment: Segment) -> Item:
    item: Item = {
        "is_done": {"BOOL": segment.is_done},
        "users": number(segment.users),
        "rolled_over": number(segment.rolled_over),
        "failed": number(segment.failed),
    }
    if segment.cursor is not None:
        item["cursor"] = text(segment.cursor)
    return {"M": item}


def _segment_from_item(item: Item) -> Segment:
    inner = item["M"]
    return Segment(
        cursor=inner["cursor"]["S"] if "cursor" in inner else None,
        is_done=inner["is_done"]["BOOL"],
        users=int(inner["users"]["N"]),
        rolled_over=int(inner["rolled_over"]["N"]),
        failed=int(inner["failed"]["N"]),
    )
