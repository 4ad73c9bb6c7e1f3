"""Requests that the gateway has refused, by day and reason: they leave no usage record.

A refusal costs its sender nothing, so it must not cost a write either: each process counts in
memory and writes once every five seconds at most, one item a day for all reasons together. What
the store does not take within two seconds is kept and tried again five seconds later.

These are statistics and no books: a process that is killed takes at most the last five seconds'
counts with it (and those of a store that was away until then), and a write whose answer was lost
may count twice. What the upstream refuses or fails has a usage record, and is counted there alone.
Who was refused what is kept beside it, by the same flushes (refused_people.py).
"""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING, Any

from solaris.ledger.booking import REFUSALS_OWNER
from solaris.ledger.figures import NO_MODEL
from solaris.ledger.refused_days import MAX_MODEL_CHARACTERS, Refused
from solaris.ledger.refused_people import RefusedPeople
from solaris.platform.aws.items import number, text
from solaris.platform.background import keep
from solaris.platform.errors import (
    SolarisError,
    UpstreamKeyRefusedError,
    UpstreamTimeoutError,
    UpstreamUnavailableError,
)
from solaris.platform.logs import get_logger
from solaris.quota.periods import day_of

if TYPE_CHECKING:
    from solaris.platform.aws.client import AsyncAws

FLUSH_SECONDS = 5.0
WRITE_SECONDS = 2.0
MAX_DAYS = 31
"""Days kept in memory while the store takes nothing; then the oldest is given up."""

OTHER = "other"
REASONS = (
    *("insufficient_quota", "daily_limit_reached", "tokens_held", "bookings_late"),
    *("insufficient_quota_for_request", "daily_limit_for_request"),
    "rate_limit_exceeded",
    *("invalid_api_key", "user_not_identified", "user_not_allowed"),
    *("account_pending", "account_suspended", "account_blocked", "account_deleted"),
    *("model_not_allowed", "user_model_not_allowed", "model_not_found"),
    *("invalid_request_error", "payload_too_large", "unsupported_media_type"),
    *("unknown_path", "method_not_allowed", "overloaded", "service_unavailable"),
    OTHER,
)
"""All that are told apart: the codes that clients see, and where one code stands for two conditions
(used up, or less left than this request needs) the second by a name of its own."""

_KNOWN = frozenset(REASONS)
# no refusals: these have usage records, or are faults of our own
_FAILURES = frozenset(
    {
        *(UpstreamUnavailableError.code, UpstreamKeyRefusedError.code, UpstreamTimeoutError.code),
        SolarisError.code,
    }
)

_log = get_logger("solaris.refusals")


class Refusals:
    """What this process has refused and not written yet; used by one event loop alone.

    `clock` gives the time in UTC, `zone` is that of the periods, `timer` gives seconds.
    """

    def __init__(
        self,
        aws: "AsyncAws",
        counters_table: str,
        *,
        zone: tzinfo,
        clock: Callable[[], datetime],
        timer: Callable[[], float] = time.monotonic,
    ) -> None:
        self._aws = aws
        self._table = counters_table
        self._zone = zone
        self._clock = clock
        self._timer = timer
        self._counts: dict[str, Counter[str]] = {}
        self._people = RefusedPeople(aws, counters_table, zone)
        self._writing = asyncio.Lock()
        self._due_at = timer()

    def count(
        self, code: str, *, user_id: str | None = None, model: str = "", key_id: str = ""
    ) -> None:
        """Count a refusal by its reason (`SolarisError.counted_as`); in memory alone.

        It is kept by person as well where the user who was refused is known.
        """
        if code in _FAILURES:
            return
        now = self._clock()
        if user_id is not None:
            self._people.remember(user_id, Refused(now, code, model[:MAX_MODEL_CHARACTERS], key_id))
        day = day_of(now, self._zone)
        if day not in self._counts:
            if len(self._counts) >= MAX_DAYS:
                given_up = min(self._counts)
                lost = self._counts.pop(given_up).total()
                _log.warning("refusals_given_up", day=given_up, refusals=lost)
            self._counts[day] = Counter()
        self._counts[day][code if code in _KNOWN else OTHER] += 1

    @property
    def unwritten(self) -> int:
        """How many are in memory alone."""
        return sum(counts.total() for counts in self._counts.values())

    @property
    def _is_due(self) -> bool:
        return bool(self._counts or self._people)

    async def flush(self) -> bool:
        """Write what was counted, a write a day, then people; False when some is left and kept.

        Two seconds a day at most, and two for people. Raises nothing but what cancels it, and keeps
        the counts then.
        """
        async with self._writing:
            self._due_at = self._timer() + FLUSH_SECONDS
            for day in sorted(self._counts):
                if not await self._write(day):
                    return False
            return await self._people.flush(WRITE_SECONDS)

    async def flush_if_due(self) -> None:
        """Write before a process is frozen, unless that was tried within the last five seconds."""
        if self._is_due and self._timer() >= self._due_at:
            await self.flush()

    async def flush_forever(self) -> None:
        """Write every five seconds until cancelled; a write under way is not broken off."""
        while True:
            await asyncio.sleep(FLUSH_SECONDS)
            if self._is_due:
                await asyncio.shield(keep(self.flush()))

    async def _write(self, day: str) -> bool:
        counts = self._counts.pop(day)
        is_written = False
        try:
            async with asyncio.timeout(WRITE_SECONDS):
                await self._aws.call("dynamodb", "UpdateItem", self._update(day, counts))
            is_written = True
        except Exception as error:  # noqa: BLE001 - whatever it was, the counts stay
            _log.warning("refusals_not_written", error=type(error).__name__, kept=counts.total())
        finally:
            if not is_written:
                self._counts[day] = counts + self._counts.get(day, Counter())
        return is_written

    def _update(self, day: str, counts: Mapping[str, int]) -> dict[str, Any]:
        return {
            "TableName": self._table,
            "Key": {"owner": text(REFUSALS_OWNER), "day_model": text(f"{day}#{NO_MODEL}")},
            "UpdateExpression": "ADD " + ", ".join(f"#{reason} :{reason}" for reason in counts),
            "ExpressionAttributeNames": {f"#{reason}": reason for reason in counts},
            "ExpressionAttributeValues": {
                f":{reason}": number(count) for reason, count in counts.items()
            },
        }
