"""The day index of records and users' counters (`by_day`), for rows and tables older than it.

Before the day index a record did not say its booked day. It still tells it, so readers ask
`with_day`. Reports read the index alone, which such rows are not in: `DayIndex.fill` makes the
index where a table has none, and gives every row its `day_shard`, once a stage. That it is done is
an item of the periods table (platform/aws/progress.py).
"""

import time
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, tzinfo
from typing import Any

from pynamodb.models import Model

from solaris.ledger.figures import booked_day
from solaris.ledger.shards import counter_shard, usage_shard
from solaris.platform.aws.client import CONDITION_FAILED, AwsCallError, store_errors
from solaris.platform.aws.items import Item, text
from solaris.platform.aws.progress import progress_owner
from solaris.platform.aws.tables import CounterModel, UsageModel
from solaris.platform.errors import StoreUnavailableError
from solaris.platform.instants import iso_milliseconds, parse_instant
from solaris.platform.settings import Settings

BY_DAY = "by_day"
PROGRESS_KEY = {"user_id": text(progress_owner("day_index")), "period": text("all")}
PAGE_ITEMS = 1_000
MAX_PAGES = 1_000_000
INDEX_SECONDS = 900.0  # DynamoDB fills a new index at its own pace
POLL_SECONDS = 1.0
_USERS = "user#"


def with_day(record: Mapping[str, Any], zone: tzinfo) -> Mapping[str, Any]:
    """A usage record that says its booked day, whatever version has written it."""
    if "day_shard" in record:
        return record
    return {**record, "day_shard": text(_record_shard(record, zone))}


def _record_shard(record: Mapping[str, Any], zone: tzinfo) -> str:
    created_at = parse_instant(record["record_key"]["S"].partition("#")[0])
    day = booked_day(created_at, record["period"]["S"], zone)
    return usage_shard(day, record["record_key"]["S"].partition("#")[2])


class DayIndex:
    """Brings one stage's tables to the day index; `client` is a DynamoDB client.

    `clock` gives the time in UTC.
    """

    def __init__(self, client: Any, settings: Settings, clock: Callable[[], datetime]) -> None:
        self._client = client
        self._settings = settings
        self._clock = clock

    def fill(self) -> int:
        """Do what is not done yet; returns how many rows got their day.

        Safe to run at every start, and beside those who write: a row is only given what it has
        not. Cut short, the next run looks at everything again. A table's scan is the cost, once.
        Raises StoreUnavailableError, AwsCallError.
        """
        if self._is_done():
            return 0
        for model in (UsageModel, CounterModel):
            self._make_index(model)
        filled = self._fill_records() + self._fill_counters()
        done = PROGRESS_KEY | {"finished_at": text(iso_milliseconds(self._clock()))}
        with store_errors():
            self._client.put_item(TableName=self._settings.table_name("periods"), Item=done)
        return filled

    def _is_done(self) -> bool:
        with store_errors():
            answer = self._client.get_item(
                TableName=self._settings.table_name("periods"),
                Key=PROGRESS_KEY,
                ConsistentRead=True,
            )
        return "Item" in answer

    def _make_index(self, model: type[Model]) -> None:
        table = model.Meta.table_name
        if self._index_state(table) is None:
            range_key = "record_key" if model is UsageModel else "owner"
            keys = {"day_shard": "HASH", range_key: "RANGE"}
            index = {
                "IndexName": BY_DAY,
                "KeySchema": [{"AttributeName": n, "KeyType": kind} for n, kind in keys.items()],
                "Projection": {"ProjectionType": "ALL"},
            }
            with store_errors():
                self._client.update_table(
                    TableName=table,
                    AttributeDefinitions=[
                        {"AttributeName": name, "AttributeType": "S"} for name in keys
                    ],
                    GlobalSecondaryIndexUpdates=[{"Create": index}],
                )
        deadline = time.monotonic() + INDEX_SECONDS
        while (state := self._index_state(table)) != "ACTIVE":
            if time.monotonic() > deadline:
                msg = f"index {BY_DAY} of {table} is {state} after {INDEX_SECONDS:.0f} s"
                raise StoreUnavailableError(msg)
            time.sleep(POLL_SECONDS)

    def _index_state(self, table: str) -> str | None:
        with store_errors():
            described = self._client.describe_table(TableName=table)["Table"]
        for one in described.get("GlobalSecondaryIndexes", []):
            if one["IndexName"] == BY_DAY:
                return str(one["IndexStatus"])
        return None

    def _fill_records(self) -> int:
        table, filled = self._settings.table_name("usage"), 0
        for item in self._without_day(table, "user_id, record_key, #period", {"#period": "period"}):
            key = {name: item[name] for name in ("user_id", "record_key")}
            filled += self._set(table, key, _record_shard(item, self._settings.zone))
        return filled

    def _fill_counters(self) -> int:
        table, filled = self._settings.table_name("counters"), 0
        for item in self._without_day(table, "#owner, day_model", {"#owner": "owner"}):
            owner, day = item["owner"]["S"], item["day_model"]["S"].partition("#")[0]
            if owner.startswith(_USERS):  # the system's have none
                shard = counter_shard(day, owner.removeprefix(_USERS))
                filled += self._set(table, dict(item), shard)
        return filled

    def _without_day(
        self, table: str, fields: str, names: Mapping[str, str]
    ) -> Iterator[Mapping[str, Any]]:
        request: dict[str, Any] = {
            "TableName": table,
            "ConsistentRead": True,
            "Limit": PAGE_ITEMS,
            "FilterExpression": "attribute_not_exists(day_shard)",
            "ProjectionExpression": fields,
            "ExpressionAttributeNames": names,
        }
        for _ in range(MAX_PAGES):
            with store_errors():
                page = self._client.scan(**request)
            yield from page["Items"]
            if "LastEvaluatedKey" not in page:
                return
            request["ExclusiveStartKey"] = page["LastEvaluatedKey"]

    def _set(self, table: str, key: Item, shard: str) -> bool:
        hash_key = "user_id" if "user_id" in key else "#owner"
        names = {"ExpressionAttributeNames": {"#owner": "owner"}} if hash_key == "#owner" else {}
        try:
            with store_errors():
                self._client.update_item(
                    TableName=table,
                    Key=key,
                    UpdateExpression="SET day_shard = :shard",
                    # gone (TTL) meanwhile: an update would make a row of nothing but its key
                    ConditionExpression=f"attribute_exists({hash_key})",
                    ExpressionAttributeValues={":shard": text(shard)},
                    **names,
                )
        except AwsCallError as error:
            if error.aws_code != CONDITION_FAILED:
                raise
            return False
        return True
