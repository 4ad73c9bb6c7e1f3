"""Daily counters of users, groups and of the system, read lean for requests that wait.

A busy user has a hundred counters a month, the system a thousand: DynamoDB's own JSON takes a
fraction of the time of whole PynamoDB models.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from solaris.ledger.booking import (
    REFUSALS_OWNER,
    SYSTEM_SHARDS,
    groups_owner,
    hour_requests,
    hour_tokens,
    system_owner,
    user_owner,
)
from solaris.ledger.figures import (
    FIGURE_NAMES,
    LATER_FIGURES,
    Figures,
    charged_tokens,
    summed_by,
    summed_by_model,
)
from solaris.ledger.first_byte import Buckets, buckets_in
from solaris.platform.aws.direct import Item, query_items
from solaris.platform.aws.items import text
from solaris.quota.periods import days_in

HOURS = 24
READERS = 8
_HOUR_NAMES = tuple((hour_requests(hour), hour_tokens(hour)) for hour in range(HOURS))
_ALWAYS = tuple(name for name in FIGURE_NAMES if name not in LATER_FIGURES)
# taken item by item and attribute by attribute, thousands of times an answer
_MAX_EXACT_DAYS = 400

HourSums = tuple[tuple[int, int], ...]
"""(requests, charged tokens) of each of the 24 hours of a day."""


class GroupDay(NamedTuple):
    """Whose counter it is: a day (`2026-11-22`), a group's id and a model."""

    day: str
    group_id: str
    model: str


@dataclass(frozen=True, slots=True)
class DayModel:
    """The whole system's figures of one day and model; `first_byte` of its streamed answers."""

    figures: Figures
    hours: HourSums
    first_byte: Buckets


DaySums = Mapping[str, DayModel]
"""One day of the system, by model."""


class UserCounters:
    """Users' daily counters; `client` is a DynamoDB client (platform/aws/direct.py's is quick).

    Every method raises StoreUnavailableError or AwsCallError.
    """

    def __init__(self, client: Any, counters_table: str) -> None:
        self._client = client
        self._table = counters_table

    def charged_by_model(self, user_id: str, period: str) -> dict[str, int]:
        """Return the tokens charged to a user in a month, most used model first; no zeros."""
        days = days_in(period)
        request = _between(self._table, user_owner(user_id), days[0], days[-1])
        request["ProjectionExpression"] = "day_model, charged_tokens"
        parts = (
            (
                item["day_model"]["S"].partition("#")[2],
                Figures(charged_tokens=int(item["charged_tokens"]["N"])),
            )
            for item in query_items(self._client, request)
        )
        return charged_tokens(summed_by_model(parts))

    def charged_on(self, user_id: str, day: str) -> int:
        """The tokens charged to a user on a day (`2026-11-22`), strongly consistent."""
        request = _between(self._table, user_owner(user_id), day, day)
        request |= {"ProjectionExpression": "charged_tokens", "ConsistentRead": True}
        return sum(int(one["charged_tokens"]["N"]) for one in query_items(self._client, request))

    def figures(self, user_id: str, first: date, last: date) -> Iterator[tuple[str, str, Figures]]:
        """Day, model and figures of each counter of a user, in the order of the days."""
        request = _between(self._table, user_owner(user_id), first.isoformat(), last.isoformat())
        for item in query_items(self._client, request):
            day, _, model = item["day_model"]["S"].partition("#")
            yield day, model, figures_of(item)

    def first_day(self, user_id: str) -> date | None:
        """The day of a user's first request ever; None before it."""
        return _first_day(self._client, self._table, user_owner(user_id))


class SystemCounters:
    """The whole system's daily counters, summed over their shards, which are read side by side."""

    def __init__(self, client: Any, counters_table: str) -> None:
        self._client = client
        self._table = counters_table

    def first_day(self) -> date | None:
        """The day of the first request ever; None before it."""
        owners = [system_owner(n) for n in range(SYSTEM_SHARDS)]
        with ThreadPoolExecutor(READERS) as pool:
            found = pool.map(lambda owner: _first_day(self._client, self._table, owner), owners)
            return min((day for day in found if day is not None), default=None)

    def charged(self, period: str) -> int:
        """The tokens charged in a month. Raises StoreUnavailableError, AwsCallError."""
        first, last = _days_of(period)
        days = self.days(first, last)
        return sum(one.figures.charged_tokens for sums in days.values() for one in sums.values())

    def days(self, first: date, last: date) -> dict[str, dict[str, DayModel]]:
        """Sums by day and model; days without requests are missing.

        Raises StoreUnavailableError, AwsCallError, ValueError for more than 400 days.
        """
        if (last - first).days >= _MAX_EXACT_DAYS:
            msg = f"at most {_MAX_EXACT_DAYS} days at once"
            raise ValueError(msg)
        sums: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
        with ThreadPoolExecutor(READERS) as pool:
            requests = [
                _between(self._table, system_owner(n), first.isoformat(), last.isoformat())
                for n in range(SYSTEM_SHARDS)
            ]
            for items in pool.map(lambda one: list(query_items(self._client, one)), requests):
                for item in items:
                    day, _, model = item["day_model"]["S"].partition("#")
                    found = sums[day, model]
                    for name, value in item.items():
                        if "N" in value:
                            found[name] += int(value["N"])
        days: dict[str, dict[str, DayModel]] = defaultdict(dict)
        for (day, model), found in sorted(sums.items()):
            days[day][model] = DayModel(
                figures=Figures(**{name: found[name] for name in FIGURE_NAMES}),
                hours=tuple((found[requests], found[tokens]) for requests, tokens in _HOUR_NAMES),
                first_byte=buckets_in(found),
            )
        return dict(days)


class GroupCounters:
    """Groups' daily counters, summed over their shards, which are read side by side.

    Every method raises StoreUnavailableError or AwsCallError.
    """

    def __init__(self, client: Any, counters_table: str) -> None:
        self._client = client
        self._table = counters_table

    def days(self, first: date, last: date) -> dict[GroupDay, Figures]:
        """What each group used by day and model; nothing of what was used without a group.

        Raises ValueError for more than 400 days, too.
        """
        if (last - first).days >= _MAX_EXACT_DAYS:
            msg = f"at most {_MAX_EXACT_DAYS} days at once"
            raise ValueError(msg)
        requests = [
            _between(self._table, groups_owner(n), first.isoformat(), last.isoformat())
            for n in range(SYSTEM_SHARDS)
        ]
        with ThreadPoolExecutor(READERS) as pool:
            shards = pool.map(lambda one: list(query_items(self._client, one)), requests)
            return summed_by(
                (group_day(item["day_model"]["S"]), figures_of(item))
                for items in shards
                for item in items
            )

    def charged(self, period: str) -> dict[str, int]:
        """The tokens charged to each group in a month."""
        found = self.days(*_days_of(period))
        sums: Counter[str] = Counter()
        for (_, group_id, _), figures in found.items():
            sums[group_id] += figures.charged_tokens
        return dict(sums)


def group_day(key: str) -> GroupDay:
    """Day, group and model of the sort key of a group's counter."""
    day, _, rest = key.partition("#")
    group_id, _, model = rest.partition("#")
    return GroupDay(day, group_id, model)


class RefusalDays:
    """What the gateway's processes have refused, as far as they have written it."""

    def __init__(self, client: Any, counters_table: str) -> None:
        self._client = client
        self._table = counters_table

    def read(self, first: date, last: date) -> dict[date, dict[str, int]]:
        """Refusals by reason, the most frequent first; days without any are missing.

        Raises StoreUnavailableError or AwsCallError.
        """
        found: dict[date, dict[str, int]] = {}
        request = _between(self._table, REFUSALS_OWNER, first.isoformat(), last.isoformat())
        for item in query_items(self._client, request):
            counts = Counter({name: int(one["N"]) for name, one in item.items() if "N" in one})
            day = date.fromisoformat(item["day_model"]["S"].partition("#")[0])
            found[day] = dict(counts.most_common())
        return found


def figures_of(item: Item) -> Figures:
    """The figures of one counter; 0 for those that came later and are not there."""
    later = {name: int(item[name]["N"]) for name in LATER_FIGURES if name in item}
    return Figures(**{name: int(item[name]["N"]) for name in _ALWAYS}, **later)


def _days_of(period: str) -> tuple[date, date]:
    days = days_in(period)
    return date.fromisoformat(days[0]), date.fromisoformat(days[-1])


def _first_day(client: Any, table: str, owner: str) -> date | None:
    request = {
        "TableName": table,
        "KeyConditionExpression": "#owner = :owner",
        "ProjectionExpression": "day_model",
        "ExpressionAttributeNames": {"#owner": "owner"},
        "ExpressionAttributeValues": {":owner": text(owner)},
        "Limit": 1,
    }
    found = next(query_items(client, request), None)
    return None if found is None else date.fromisoformat(found["day_model"]["S"][:10])


def _between(table: str, owner: str, first: str, last: str) -> dict[str, Any]:
    return {
        "TableName": table,
        "KeyConditionExpression": "#owner = :owner AND day_model BETWEEN :first AND :last",
        "ExpressionAttributeNames": {"#owner": "owner"},
        "ExpressionAttributeValues": {
            ":owner": text(owner),
            ":first": text(f"{first}#"),
            # `$` follows `#`, so the range ends behind every model of the last day
            ":last": text(f"{last}$"),
        },
    }
