"""Refusals in front of a store in memory, with a clock and a timer of the test's."""

import asyncio
from collections import Counter
from datetime import UTC, datetime
from typing import Any, cast
from zoneinfo import ZoneInfo

from solaris.ledger.booking import REFUSALS_OWNER
from solaris.ledger.refusals import Refusals
from solaris.platform.aws.client import AsyncAws

ZONE = ZoneInfo("America/Sao_Paulo")
NOON = datetime(2026, 11, 22, 15, tzinfo=UTC)


class Store:
    """Takes additions to counters; `fails` is raised instead, and `may_answer` waited for."""

    def __init__(self) -> None:
        self.calls = 0
        self.written: Counter[tuple[str, str]] = Counter()
        self.fails: Exception | None = None
        self.asked = asyncio.Event()
        self.answered = asyncio.Event()
        self.may_answer = asyncio.Event()
        self.may_answer.set()

    async def call(self, service: str, operation: str, payload: dict[str, Any]) -> dict[str, Any]:
        assert (service, operation) == ("dynamodb", "UpdateItem")
        assert payload["Key"]["owner"] == {"S": REFUSALS_OWNER}
        self.calls += 1
        self.asked.set()
        await self.may_answer.wait()
        if self.fails is not None:
            raise self.fails
        names = payload["ExpressionAttributeNames"]
        assert payload["UpdateExpression"] == "ADD " + ", ".join(f"{n} :{n[1:]}" for n in names)
        for name, reason in names.items():
            count = int(payload["ExpressionAttributeValues"][f":{name[1:]}"]["N"])
            self.written[payload["Key"]["day_model"]["S"], reason] += count
        self.answered.set()
        return {}


class Timer:
    """Seconds that pass when they are told to."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


class Days:
    """A clock in UTC that is set by hand."""

    now = NOON

    def __call__(self) -> datetime:
        return self.now


def refusals_of(store: Store, timer: Timer | None = None, clock: Days | None = None) -> Refusals:
    return Refusals(
        cast("AsyncAws", store),
        "counters",
        zone=ZONE,
        clock=clock or Days(),
        timer=timer or Timer(),
    )
