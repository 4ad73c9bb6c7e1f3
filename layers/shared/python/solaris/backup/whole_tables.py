"""Whole tables read, written and emptied: for backups, off the request path.

Reads are strongly consistent and go through a table in parallel segments. Items stay DynamoDB's
own JSON, so that every type comes back exactly as it was. A call that is throttled or broken off
is tried again with growing pauses, ten times at most (about half a minute).
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any

import orjson
from pynamodb.models import Model

from solaris.platform.aws.client import BATCH_READ_ITEMS, AsyncAws
from solaris.platform.aws.items import Item
from solaris.platform.aws.retry import Attempts, async_attempts
from solaris.platform.aws.tables import TABLES, short_name
from solaris.platform.errors import StoreUnavailableError
from solaris.platform.settings import Settings

SEGMENTS = 4
PAGE_ITEMS = 2_000
MAX_PAGES = 1_000_000
BATCH_WRITE_ITEMS = 25  # DynamoDB's limit
WRITERS = 4
ATTEMPTS = Attempts(10, pause_seconds=0.1, doubles=True, max_pause_seconds=8.0)

Key = tuple[str, ...]
"""A primary key: hash key and, where there is one, range key. All of them are strings."""

MODELS: Mapping[str, type[Model]] = {short_name(model): model for model in TABLES}


def key_names(table: str) -> tuple[str, ...]:
    """Names of a table's key attributes: hash key, then range key if there is one."""
    attributes = MODELS[table].get_attributes()
    hash_key = [name for name, one in attributes.items() if one.is_hash_key]
    range_key = [name for name, one in attributes.items() if one.is_range_key]
    return (*hash_key, *range_key)


def key_of(table: str, item: Mapping[str, Any]) -> Key:
    """An item's primary key."""
    return tuple(item[name]["S"] for name in key_names(table))


class WholeTables:
    """One stage's tables. Every call raises StoreUnavailableError or AwsCallError."""

    def __init__(self, aws: AsyncAws, settings: Settings) -> None:
        self._aws = aws
        self._settings = settings

    async def scan(self, table: str, take: Callable[[list[Item]], None]) -> None:
        """Give `take` every item of a table, page by page, in no order."""
        await together(self._scan_segment(table, n, take) for n in range(SEGMENTS))

    async def _scan_segment(
        self, table: str, segment: int, take: Callable[[list[Item]], None]
    ) -> None:
        request: dict[str, Any] = {
            "TableName": self._settings.table_name(table),
            "ConsistentRead": True,
            "Limit": PAGE_ITEMS,
            "Segment": segment,
            "TotalSegments": SEGMENTS,
        }
        for _ in range(MAX_PAGES):
            page = await self._call("Scan", request)
            take(page["Items"])
            if "LastEvaluatedKey" not in page:
                return
            request["ExclusiveStartKey"] = page["LastEvaluatedKey"]
        msg = f"table {table} has more than {MAX_PAGES} pages"
        raise RuntimeError(msg)

    async def is_empty(self, table: str) -> bool:
        """Whether a table holds nothing."""
        request = {
            "TableName": self._settings.table_name(table),
            "ConsistentRead": True,
            "Limit": 1,
        }
        return not (await self._call("Scan", request))["Items"]

    async def put(self, table: str, lines: Sequence[bytes]) -> None:
        """Write at most 25 items, each as JSON; one that is there already is replaced."""
        await self._write(table, [{"PutRequest": {"Item": orjson.Fragment(one)}} for one in lines])

    async def empty(
        self, table: str, tick: Callable[[int], None], *, keep: Key | None = None
    ) -> None:
        """Delete every item but `keep`; `tick` hears of how many, pack by pack."""
        request: dict[str, Any] = {
            "TableName": self._settings.table_name(table),
            "ConsistentRead": True,
            "Limit": PAGE_ITEMS,
            **_only_keys(table),
        }
        for _ in range(MAX_PAGES):
            page = await self._call("Scan", request)
            keys = [one for one in page["Items"] if key_of(table, one) != keep]
            packs = [
                [{"DeleteRequest": {"Key": key}} for key in keys[start : start + BATCH_WRITE_ITEMS]]
                for start in range(0, len(keys), BATCH_WRITE_ITEMS)
            ]
            for start in range(0, len(packs), WRITERS):
                some = packs[start : start + WRITERS]
                await together(self._write(table, pack) for pack in some)
                tick(sum(map(len, some)))
            if "LastEvaluatedKey" not in page:
                return
            request["ExclusiveStartKey"] = page["LastEvaluatedKey"]
        msg = f"table {table} has more than {MAX_PAGES} pages"
        raise RuntimeError(msg)

    async def found(self, table: str, keys: Iterable[Key]) -> set[Key]:
        """Which of these items are there."""
        names = key_names(table)
        wanted = [dict(zip(names, ({"S": one} for one in key), strict=True)) for key in set(keys)]
        there: set[Key] = set()
        for start in range(0, len(wanted), BATCH_READ_ITEMS):
            there |= await self._found(table, wanted[start : start + BATCH_READ_ITEMS])
        return there

    async def _found(self, table: str, keys: list[Item]) -> set[Key]:
        name = self._settings.table_name(table)
        there: set[Key] = set()
        more = {"ConsistentRead": True, **_only_keys(table)}
        async for _ in async_attempts(ATTEMPTS):
            answer = await self._call(
                "BatchGetItem", {"RequestItems": {name: {"Keys": keys, **more}}}
            )
            there |= {key_of(table, item) for item in answer["Responses"].get(name, [])}
            left = (answer.get("UnprocessedKeys") or {}).get(name)
            if not left:
                return there
            keys = left["Keys"]
        msg = f"BatchGetItem left keys over in {ATTEMPTS.most} attempts"
        raise StoreUnavailableError(msg)

    async def _write(self, table: str, requests: list[dict[str, Any]]) -> None:
        name = self._settings.table_name(table)
        async for _ in async_attempts(ATTEMPTS):
            answer = await self._call("BatchWriteItem", {"RequestItems": {name: requests}})
            left = (answer.get("UnprocessedItems") or {}).get(name)
            if not left:
                return
            requests = left
        msg = f"BatchWriteItem left items over in {ATTEMPTS.most} attempts"
        raise StoreUnavailableError(msg)

    async def _call(self, operation: str, payload: dict[str, Any]) -> dict[str, Any]:
        failure = StoreUnavailableError(operation)
        async for _ in async_attempts(ATTEMPTS):
            try:
                return await self._aws.call("dynamodb", operation, payload)
            except StoreUnavailableError as error:
                failure = error
        raise failure


def _only_keys(table: str) -> dict[str, Any]:
    names = key_names(table)
    return {
        "ProjectionExpression": ", ".join(f"#k{n}" for n in range(len(names))),
        "ExpressionAttributeNames": {f"#k{n}": name for n, name in enumerate(names)},
    }


async def together(work: Iterable[Awaitable[None]]) -> None:
    """Do several things at once; the first failure stops the others and is raised."""
    tasks = [asyncio.ensure_future(one) for one in work]
    try:
        for done in asyncio.as_completed(tasks):
            await done
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
