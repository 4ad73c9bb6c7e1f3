"""Whom this process has refused what: kept in memory, and written with each flush of the counts.

A person who is refused three hundred times a second costs a write in five seconds. What is kept is
bounded: so many people, and of each a count by code and the last 50 refusals. More people than
that are counted and not kept; a flush writes a hundred, the others wait for the next one.

Several processes write one item (ledger/refused_days.py). Each knows what it wrote or met last and
states that version: the first write of a process, and one that met another's, is made again over
what was found there, which the failed condition brings along. `kill -9` loses what is not written.
"""

import asyncio
import uuid
from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import tzinfo
from itertools import islice
from typing import TYPE_CHECKING, Any

from solaris.ledger.booking import refused_owner
from solaris.ledger.figures import NO_MODEL
from solaris.ledger.records import RECORD_DAYS
from solaris.ledger.refused_days import LAST, REMEMBERED, Refused
from solaris.platform.aws.client import CONDITION_FAILED, AwsCallError
from solaris.platform.aws.items import number, text
from solaris.platform.instants import parse_instant
from solaris.platform.logs import get_logger
from solaris.quota.periods import day_of

if TYPE_CHECKING:
    from solaris.platform.aws.client import AsyncAws

MAX_PEOPLE = 500
"""Kept in memory at once, a person's two days as two."""
MAX_SEEN = 200
"""Items whose last version is known; the others cost a write more."""
PEOPLE_A_FLUSH = 100
AT_ONCE = 10
TRIES = 3

_log = get_logger("solaris.refusals")

_Key = tuple[str, str]
"""User id and day, `2026-11-22` in the periods' zone."""


@dataclass(slots=True)
class _Kept:
    """A person's day as far as it is not written yet."""

    counts: Counter[str] = field(default_factory=Counter)
    last: deque[Refused] = field(default_factory=lambda: deque(maxlen=LAST))


@dataclass(frozen=True, slots=True)
class _Seen:
    """What an item held: its version, and the list `last`."""

    version: str
    last: list[dict[str, Any]]


class RefusedPeople:
    """People whom this process has refused; used by one event loop alone."""

    def __init__(self, aws: "AsyncAws", counters_table: str, zone: tzinfo) -> None:
        self._aws = aws
        self._table = counters_table
        self._zone = zone
        self._kept: dict[_Key, _Kept] = {}
        self._seen: dict[_Key, _Seen] = {}
        self._not_kept = 0

    def remember(self, user_id: str, refused: Refused) -> None:
        """Keep a refusal, in memory alone; codes that are not kept by person are passed over."""
        if refused.code not in REMEMBERED:
            return
        key = (user_id, day_of(refused.at, self._zone))
        kept = self._kept.get(key)
        if kept is None:
            if len(self._kept) >= MAX_PEOPLE:
                self._not_kept += 1
                return
            kept = self._kept[key] = _Kept()
        kept.counts[refused.code] += 1
        kept.last.append(refused)

    def __len__(self) -> int:
        """People, a person's two days as two, of whom something is not written yet."""
        return len(self._kept)

    async def flush(self, within: float) -> bool:
        """Write a hundred people at most, in so many seconds; False when some are left.

        Raises nothing but what cancels it; what was not written is kept.
        """
        if self._not_kept:
            _log.warning("refused_people_not_kept", refusals=self._not_kept)
            self._not_kept = 0
        due = list(islice(self._kept, PEOPLE_A_FLUSH))
        try:
            async with asyncio.timeout(within):
                for start in range(0, len(due), AT_ONCE):
                    some = due[start : start + AT_ONCE]
                    if not all(await asyncio.gather(*map(self._write, some))):
                        break
        except TimeoutError:
            _log.warning("refused_people_not_written", error="TimeoutError", kept=len(self._kept))
        return not self._kept

    async def _write(self, key: _Key) -> bool:
        kept = self._kept.pop(key)
        is_written = False
        try:
            is_written = await self._add(key, kept)
        except Exception as error:  # noqa: BLE001 - whatever it was, it is kept
            _log.warning("refused_people_not_written", error=type(error).__name__, kept=1)
        finally:
            if not is_written:
                since = self._kept.get(key, _Kept())
                kept.counts += since.counts
                kept.last.extend(since.last)
                self._kept[key] = kept
        return is_written

    async def _add(self, key: _Key, kept: _Kept) -> bool:
        """Add to the item, over what other processes have written; False when they kept winning."""
        version = uuid.uuid4().hex
        new = [one.as_item() for one in kept.last]
        for _ in range(TRIES):
            seen = self._seen.get(key)
            last = _newest([*(seen.last if seen else ()), *new])
            try:
                await self._aws.call(
                    "dynamodb",
                    "UpdateItem",
                    self._update(key, kept.counts, last, seen.version if seen else None, version),
                )
            except AwsCallError as error:
                if error.aws_code != CONDITION_FAILED:
                    raise
                if error.item is None:  # erased meanwhile
                    self._seen.pop(key, None)
                    continue
                found = _Seen(error.item["version"]["S"], error.item["last"]["L"])
                self._see(key, found)
                if found.version == version:  # written, and the answer was lost
                    return True
            else:
                self._see(key, _Seen(version, last))
                return True
        return False

    def _see(self, key: _Key, seen: _Seen) -> None:
        self._seen.pop(key, None)
        self._seen[key] = seen
        if len(self._seen) > MAX_SEEN:
            del self._seen[next(iter(self._seen))]

    def _update(
        self,
        key: _Key,
        counts: Mapping[str, int],
        last: list[dict[str, Any]],
        seen: str | None,
        version: str,
    ) -> dict[str, Any]:
        user_id, day = key
        newest = parse_instant(_time(last[-1])).timestamp()
        values = {
            ":last": {"L": last},
            ":version": text(version),
            ":expires_at": number(int(newest) + RECORD_DAYS * 86_400),
            **{f":{code}": number(count) for code, count in counts.items()},
        }
        if seen is not None:
            values[":seen"] = text(seen)
        return {
            "TableName": self._table,
            "Key": {"owner": text(refused_owner(user_id)), "day_model": text(f"{day}#{NO_MODEL}")},
            "UpdateExpression": "SET #last = :last, version = :version, expires_at = :expires_at "
            "ADD " + ", ".join(f"{code} :{code}" for code in counts),
            "ConditionExpression": "attribute_not_exists(version)"
            if seen is None
            else "version = :seen",
            "ExpressionAttributeNames": {"#last": "last"},
            "ExpressionAttributeValues": values,
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }


def _newest(entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The newest 50 of a day, oldest first."""
    return sorted(entries, key=_time)[-LAST:]


def _time(entry: Mapping[str, Any]) -> str:
    return str(entry["M"]["at"]["S"])
