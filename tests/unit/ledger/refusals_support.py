"""Refusals in front of a store in memory, with a clock and a timer of the test's."""

import asyncio
from collections import Counter
from datetime import UTC, datetime
from typing import Any, cast
from zoneinfo import ZoneInfo

from solaris.ledger.booking import REFUSALS_OWNER, REFUSED_PREFIX
from solaris.ledger.refusals import Refusals
from solaris.platform.aws.client import CONDITION_FAILED, AsyncAws, AwsCallError

ZONE = ZoneInfo("America/Sao_Paulo")
NOON = datetime(2026, 11, 22, 15, tzinfo=UTC)


class Store:
    """Takes additions to counters; `fails` is raised instead, and `may_answer` waited for.

    `calls` are those of the counts; `people` holds items of people, `people_calls` their writes.
    """

    def __init__(self) -> None:
        self.calls = 0
        self.people_calls = 0
        self.people: dict[tuple[str, str], dict[str, Any]] = {}
        self.written: Counter[tuple[str, str]] = Counter()
        self.fails: Exception | None = None
        self.asked = asyncio.Event()
        self.answered = asyncio.Event()
        self.may_answer = asyncio.Event()
        self.may_answer.set()

    async def call(self, service: str, operation: str, payload: dict[str, Any]) -> dict[str, Any]:
        assert (service, operation) == ("dynamodb", "UpdateItem")
        if payload["Key"]["owner"]["S"].startswith(REFUSED_PREFIX):
            return self._of_person(payload)
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

    def _of_person(self, payload: dict[str, Any]) -> dict[str, Any]:
        self.people_calls += 1
        if self.fails is not None:
            raise self.fails
        key = (payload["Key"]["owner"]["S"], payload["Key"]["day_model"]["S"])
        values, item = dict(payload["ExpressionAttributeValues"]), self.people.get(key)
        if (item or {}).get("version") != values.pop(":seen", None):
            raise AwsCallError(CONDITION_FAILED, "another's", item)
        item = self.people.setdefault(key, {})
        for name, value in values.items():
            adds = name not in {":last", ":version", ":expires_at"}
            before = int(item[name[1:]]["N"]) if adds and name[1:] in item else 0
            item[name[1:]] = {"N": str(before + int(value["N"]))} if adds else value
        return {}

    def refused(self, user_id: str, day: str = f"{NOON:%Y-%m-%d}") -> dict[str, int]:
        """The counts of a person's day."""
        item = self.people.get((f"{REFUSED_PREFIX}{user_id}", f"{day}#-"), {})
        return {
            name: int(one["N"]) for name, one in item.items() if "N" in one and name != "expires_at"
        }

    def last(self, user_id: str, day: str = f"{NOON:%Y-%m-%d}") -> list[dict[str, str]]:
        """A person's last refusals of a day, oldest first."""
        found = self.people[f"{REFUSED_PREFIX}{user_id}", f"{day}#-"]["last"]["L"]
        return [{name: one["S"] for name, one in entry["M"].items()} for entry in found]


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
