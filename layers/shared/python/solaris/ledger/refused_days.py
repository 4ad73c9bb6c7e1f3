"""What one person was refused: an item of the counters table a day, read and erased here.

Owner `refused#<user_id>`, `2026-11-22#-`: a count by code, the day's last refusals under `last`,
oldest first, and the `version` of its last write (ledger/refused_people.py writes it). An item is
deleted by its TTL after as many days as a usage record. No reader of sums meets these items: they
look for `user#` and `system#`, and the index by day holds none of them.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from solaris.ledger.booking import refused_owner
from solaris.platform.aws.client import store_errors
from solaris.platform.aws.direct import Item, query_items
from solaris.platform.aws.items import text
from solaris.platform.instants import iso_milliseconds, parse_instant
from solaris.quota.user import User, user_id_for

REMEMBERED = frozenset(
    {
        *("insufficient_quota", "daily_limit_reached", "tokens_held", "bookings_late"),
        *("insufficient_quota_for_request", "daily_limit_for_request"),
        *("rate_limit_exceeded", "model_not_allowed", "user_model_not_allowed"),
        *("account_pending", "account_suspended", "account_blocked"),
    }
)
"""Codes that are kept by person. Nothing is written about somebody who was deleted."""

LAST = 50
"""Refusals kept of a person's day with time, model and key; the others are counted alone."""

MAX_MODEL_CHARACTERS = 200


@dataclass(frozen=True, slots=True)
class Refused:
    """One refusal; `model` (200 characters at most) is empty where the body was not read."""

    at: datetime
    code: str
    model: str
    key_id: str

    def as_item(self) -> dict[str, Any]:
        """As the list `last` holds it."""
        return {
            "M": {
                "at": text(iso_milliseconds(self.at)),
                "code": text(self.code),
                "model": text(self.model),
                "key_id": text(self.key_id),
            }
        }


@dataclass(frozen=True, slots=True)
class RefusedDay:
    """A day in the periods' zone: how often for what, the most frequent first."""

    day: str
    counts: dict[str, int]


@dataclass(frozen=True, slots=True)
class RefusedOf:
    """What a person was refused: days newest first, without those of no refusals; the last 50."""

    days: tuple[RefusedDay, ...]
    last: tuple[Refused, ...]

    @property
    def counts(self) -> dict[str, int]:
        """All days together, the most frequent first."""
        total: Counter[str] = Counter()
        for one in self.days:
            total.update(one.counts)
        return dict(total.most_common())

    def of_month(self, period: str) -> "RefusedOf":
        """The days of one month (`2026-11`), with the last refusals, whenever they were."""
        return RefusedOf(tuple(one for one in self.days if one.day.startswith(period)), self.last)


class RefusedDays:
    """Reads and erases what people were refused.

    Every method raises StoreUnavailableError or AwsCallError.
    """

    def __init__(self, client: Any, counters_table: str) -> None:
        self._client = client
        self._table = counters_table

    def read(self, user: User, first: date, last: date) -> RefusedOf:
        """What was refused under any address of a user from day to day, both included."""
        counts: dict[str, Counter[str]] = {}
        newest: list[Refused] = []
        for user_id in _ids_of(user):
            request = self._of(user_id)
            request["KeyConditionExpression"] += " AND day_model BETWEEN :first AND :last"
            request["ExpressionAttributeValues"] |= {
                ":first": text(f"{first.isoformat()}#"),
                ":last": text(f"{last.isoformat()}$"),
            }
            for item in query_items(self._client, request):
                day = item["day_model"]["S"].partition("#")[0]
                found = {code: int(item[code]["N"]) for code in REMEMBERED if code in item}
                counts.setdefault(day, Counter()).update(found)
                newest = _newest([*newest, *_last_in(item)])
        days = (
            RefusedDay(day, dict(counts[day].most_common())) for day in sorted(counts, reverse=True)
        )
        return RefusedOf(tuple(days), tuple(newest))

    def erase(self, user_id: str) -> int:
        """Delete all that is kept under one user id; returns how many days that were."""
        request = self._of(user_id) | {"ProjectionExpression": "#owner, day_model"}
        keys = list(query_items(self._client, request))
        for key in keys:
            with store_errors():
                self._client.delete_item(TableName=self._table, Key=dict(key))
        return len(keys)

    def _of(self, user_id: str) -> dict[str, Any]:
        return {
            "TableName": self._table,
            "KeyConditionExpression": "#owner = :owner",
            "ExpressionAttributeNames": {"#owner": "owner"},
            "ExpressionAttributeValues": {":owner": text(refused_owner(user_id))},
        }


def _ids_of(user: User) -> list[str]:
    """The gateway refuses by the address that it is given: each has an id of its own."""
    addresses = (user.email, *user.aliases)
    ids = {user.user_id, *user.merged_from, *(user_id_for(one) for one in addresses)}
    return sorted(ids)


def _newest(found: Iterable[Refused]) -> list[Refused]:
    return sorted(found, key=lambda one: one.at, reverse=True)[:LAST]


def _last_in(item: Item) -> Iterable[Refused]:
    for one in item.get("last", {}).get("L", ()):
        entry = one["M"]
        yield Refused(
            at=parse_instant(entry["at"]["S"]),
            code=entry["code"]["S"],
            model=entry["model"]["S"],
            key_id=entry["key_id"]["S"],
        )
