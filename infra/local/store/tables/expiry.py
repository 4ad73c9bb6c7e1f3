"""Deletes what has outlived its time: dynoxide knows a table's TTL setting and leaves it at that.

AWS deletes within days; here every table is read through some times a day, a page at a time with
a pause after each, so that requests do not notice. Code that reads never relies on it.
"""

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

from solaris.platform.aws.client import CONDITION_FAILED, AwsCallError, store_errors
from solaris.platform.errors import SolarisError
from solaris.platform.logs import get_logger

EVERY_SECONDS = 6 * 3600.0
FIRST_SECONDS = 60.0
PAUSE_SECONDS = 0.05
PAGE_ITEMS = 500
_log = get_logger("solaris.store")


class Expiry:
    """`client` is boto3's for DynamoDB; `clock` tells unix seconds."""

    def __init__(
        self,
        client: Any,
        *,
        clock: Callable[[], float] = time.time,
        pause_seconds: float = PAUSE_SECONDS,
    ) -> None:
        self._client = client
        self._clock = clock
        self._pause_seconds = pause_seconds

    def start(self, stop: threading.Event) -> None:
        """Sweep again and again in a thread of its own until told to stop."""
        threading.Thread(target=self._run, args=(stop,), name="expiry", daemon=True).start()

    def sweep(self, stop: threading.Event | None = None) -> int:
        """Go through every table once; returns how many items were deleted. Raises SolarisError."""
        stop = stop or threading.Event()
        deleted = 0
        for table, attribute in self._tables():
            for key, value in self._expired(table, attribute, stop):
                deleted += self._delete(table, attribute, key, value)
        return deleted

    def _run(self, stop: threading.Event) -> None:
        wait = FIRST_SECONDS
        while not stop.wait(wait):
            wait = EVERY_SECONDS
            try:
                deleted = self.sweep(stop)
            except SolarisError as error:  # the store is away: the next round finds out
                _log.warning("expiry_failed", error=str(error)[:200])
                wait = FIRST_SECONDS
            else:
                if deleted:
                    _log.info("expired_items_deleted", items=deleted)

    def _tables(self) -> Iterator[tuple[str, str]]:
        """Every table that has a TTL, with the attribute that says when."""
        with store_errors():
            names = [n for page in self._pages("list_tables") for n in page["TableNames"]]
        for name in names:
            with store_errors():
                told = self._client.describe_time_to_live(TableName=name)
            setting = told["TimeToLiveDescription"]
            if setting["TimeToLiveStatus"] == "ENABLED":
                yield name, setting["AttributeName"]

    def _pages(self, operation: str, **request: Any) -> Iterator[dict[str, Any]]:
        pages: Iterator[dict[str, Any]] = self._client.get_paginator(operation).paginate(**request)
        yield from pages

    def _expired(
        self, table: str, attribute: str, stop: threading.Event
    ) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
        """Key and TTL of each item whose time is over."""
        with store_errors():
            schema = self._client.describe_table(TableName=table)["Table"]["KeySchema"]
        names = [part["AttributeName"] for part in schema]
        aliases = {f"#k{n}": name for n, name in enumerate(names)}
        pages = self._pages(
            "scan",
            TableName=table,
            FilterExpression="#ttl <= :now",
            ProjectionExpression=", ".join(["#ttl", *aliases]),
            ExpressionAttributeNames=aliases | {"#ttl": attribute},
            ExpressionAttributeValues={":now": {"N": str(int(self._clock()))}},
            PaginationConfig={"PageSize": PAGE_ITEMS},
        )
        with store_errors():
            for page in pages:
                for item in page["Items"]:
                    yield {name: item[name] for name in names}, item[attribute]
                if stop.wait(self._pause_seconds):
                    return

    def _delete(
        self, table: str, attribute: str, key: dict[str, Any], value: dict[str, Any]
    ) -> bool:
        """Delete one item, unless its time was moved meanwhile."""
        try:
            with store_errors():
                self._client.delete_item(
                    TableName=table,
                    Key=key,
                    ConditionExpression="#ttl = :ttl",
                    ExpressionAttributeNames={"#ttl": attribute},
                    ExpressionAttributeValues={":ttl": value},
                )
        except AwsCallError as error:
            if error.aws_code != CONDITION_FAILED:
                raise
            return False
        return True
