"""Records and users' counters day by day: the by_day indexes, read in order and in pages.

A day's records lie in eight index partitions, each in the order of time; they are merged as they
are read, so that memory holds one page of each and not the day. Index reads follow a write within
moments, not at once.
"""

import heapq
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta, tzinfo
from operator import attrgetter
from typing import Any

from solaris.ledger.counters import figures_of
from solaris.ledger.day_index import BY_DAY, with_day
from solaris.ledger.figures import Figures, Position, ReportFilters, UsageLine
from solaris.ledger.records import line_from_item
from solaris.ledger.shards import USAGE_SHARDS, counter_shards, usage_shards
from solaris.platform.aws.direct import query_items
from solaris.platform.aws.items import Item, text
from solaris.platform.instants import iso_milliseconds

# A request may begin before the month that it is booked to, never by more than its own body takes.
_SLACK = timedelta(days=1)
_SPARE_ITEMS = 4
NONE = "-"
"""Among ids of groups or keys: records without any."""
_MAX_LIMIT = 1000


class UsageDays:
    """Reads for reports; `client` is a lean DynamoDB client, `zone` that of the periods.

    Every iterator raises StoreUnavailableError or AwsCallError when it reads its next page.
    """

    def __init__(self, client: Any, *, usage_table: str, counters_table: str, zone: tzinfo) -> None:
        self._client = client
        self._usage = usage_table
        self._counters = counters_table
        self._zone = zone

    def records(
        self,
        filters: ReportFilters,
        *,
        after: Position | None = None,
        descending: bool = False,
        page: int | None = None,
    ) -> Iterator[UsageLine]:
        """The records that pass the filters, by day and time, from behind a position on.

        With users asked for, theirs alone are read, by time. `page` is how many the caller means
        to take: the store is then asked for little more.
        """
        if filters.user_ids:
            yield from self._of_users(filters, after, descending, page)
            return
        for day in reversed(filters.days) if descending else filters.days:
            if after is not None and (day > after.day if descending else day < after.day):
                continue
            start = after.record_key if after is not None and day == after.day else None
            requests = [
                self._request("day_shard", shard, start, descending, filters)
                | {"IndexName": BY_DAY}
                | _limit(page, USAGE_SHARDS)
                for shard in usage_shards(day)
            ]
            yield from self._merged(requests, descending)

    def user_figures(self, days: Sequence[str]) -> Iterator[tuple[str, str, str, Figures]]:
        """User id, day, model and figures of every user's counters of some days."""
        for day in days:
            for shard in counter_shards(day):
                request = {
                    "TableName": self._counters,
                    "IndexName": BY_DAY,
                    "KeyConditionExpression": "day_shard = :shard",
                    "ExpressionAttributeValues": {":shard": text(shard)},
                }
                for item in query_items(self._client, request):
                    user_id = item["owner"]["S"].partition("#")[2]
                    model = item["day_model"]["S"].partition("#")[2]
                    yield user_id, day, model, figures_of(item)

    def _of_users(
        self, filters: ReportFilters, after: Position | None, descending: bool, page: int | None
    ) -> Iterator[UsageLine]:
        first, last = filters.first_day.isoformat(), filters.last_day.isoformat()
        low, high = self._instants(filters.first_day, filters.last_day)
        if after is not None:
            low, high = (low, after.record_key) if descending else (after.record_key, high)
        requests = []
        for user_id in dict.fromkeys(filters.user_ids):
            request = self._request("user_id", user_id, None, descending, filters)
            request["KeyConditionExpression"] += " AND record_key BETWEEN :low AND :high"
            request["ExpressionAttributeValues"] |= {":low": text(low), ":high": text(high)}
            requests.append(request | _limit(page, len(filters.user_ids)))
        for line in self._merged(requests, descending) if low <= high else ():
            is_next = after is None or line.record_key != after.record_key
            if is_next and first <= line.day <= last:
                yield line

    def _instants(self, first: date, last: date) -> tuple[str, str]:
        """Bounds of the record keys of some local days."""
        begins = datetime(first.year, first.month, first.day, tzinfo=self._zone)
        following = last + timedelta(days=1)
        ends = datetime(following.year, following.month, following.day, tzinfo=self._zone)
        if first.day == 1:
            begins -= _SLACK
        # where daylight saving skips midnight, Python's instant may be an hour off: days decide
        hour = timedelta(hours=1)
        return iso_milliseconds(begins - hour), iso_milliseconds(ends + hour)

    def _request(
        self, key: str, value: str, start: str | None, descending: bool, filters: ReportFilters
    ) -> dict[str, Any]:
        condition, names, values = _filter(filters)
        request: dict[str, Any] = {
            "TableName": self._usage,
            "KeyConditionExpression": f"{key} = :key",
            "ExpressionAttributeValues": {":key": text(value), **values},
            "ScanIndexForward": not descending,
        }
        if start is not None:
            request["KeyConditionExpression"] += f" AND record_key {'<' if descending else '>'} :at"
            request["ExpressionAttributeValues"][":at"] = text(start)
        if condition:
            request |= {"FilterExpression": condition, "ExpressionAttributeNames": names}
        return request

    def _merged(self, requests: Sequence[dict[str, Any]], descending: bool) -> Iterator[UsageLine]:
        streams = [map(self._line, query_items(self._client, one)) for one in requests]
        return heapq.merge(*streams, key=attrgetter("record_key"), reverse=descending)

    def _line(self, item: Mapping[str, Any]) -> UsageLine:
        return line_from_item(with_day(item, self._zone))


def _limit(page: int | None, streams: int) -> dict[str, int]:
    """Items a query: the share of one stream and a little more, since shares are uneven."""
    if page is None:
        return {}
    return {"Limit": min(_MAX_LIMIT, page * 3 // (2 * streams) + _SPARE_ITEMS)}


def _filter(filters: ReportFilters) -> tuple[str, dict[str, str], Item]:
    """What the store leaves out: condition, names, values."""
    clauses: list[str] = []
    names: dict[str, str] = {}
    values: Item = {}
    for name, wanted in (("model", filters.models), ("endpoint", filters.endpoints)):
        if wanted:
            keys = [f":{name}{n}" for n in range(len(wanted))]
            clauses.append(f"#{name} IN ({', '.join(keys)})")
            names[f"#{name}"] = name
            values |= {key: text(one) for key, one in zip(keys, wanted, strict=True)}
    for name, ids in (("group_id", filters.group_ids), ("key_id", filters.key_ids)):
        if ids:
            clauses.append(_one_of_ids(name, ids, values))
            names[f"#{name}"] = name
    if filters.statuses:
        ranges = []
        names["#status"] = "status_code"
        for n, (low, high) in enumerate(filters.status_ranges):
            ranges.append(f"#status BETWEEN :low{n} AND :high{n}")
            values |= {f":low{n}": {"N": str(low)}, f":high{n}": {"N": str(high)}}
        clauses.append(" OR ".join(ranges) if len(ranges) == 1 else f"({' OR '.join(ranges)})")
    return " AND ".join(clauses), names, values


def _one_of_ids(name: str, ids: Sequence[str], values: Item) -> str:
    """A clause for records of these ids; `-` stands for none."""
    keys = {f":{name}{n}": text(one) for n, one in enumerate(ids) if one != NONE}
    values |= keys
    clauses = [f"#{name} IN ({', '.join(keys)})"] if keys else []
    if NONE in ids:
        clauses.append(f"attribute_not_exists(#{name})")
    return f"({' OR '.join(clauses)})"
