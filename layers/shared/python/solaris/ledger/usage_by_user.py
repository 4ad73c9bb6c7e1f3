"""One user's usage records: read page by page, and freed of what tells about the person."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import tzinfo
from typing import Any

from solaris.ledger.day_index import with_day
from solaris.ledger.figures import UsageLine
from solaris.ledger.record_choice import RecordFilters
from solaris.ledger.records import line_from_item
from solaris.platform.aws.client import CONDITION_REASON, AwsCallError, store_errors
from solaris.platform.aws.cursors import decode_cursor, encode_cursor
from solaris.platform.aws.items import Item, number, text
from solaris.platform.aws.retry import Attempts, attempts
from solaris.platform.errors import StoreUnavailableError
from solaris.platform.instants import iso_milliseconds

# A page makes so many reads of 1 MB (some 1,400 records) at most; a filter that finds little gives
# a short page, with a cursor to go on from.
MAX_READS_A_PAGE = 10
# What a record tells about the person besides the user id.
PERSONAL = ("ip_address", "user_agent", "conversation_id")
ERASED_AT_ONCE = 100  # DynamoDB's limit of a transaction
MAX_ERASE_READS = 1_000
ATTEMPTS = Attempts(5, pause_seconds=0.05)

_CURSOR_FIELDS = frozenset({"key"})
# behind every key: records are keyed by `<time>#<request id>`
_LAST = "~"


@dataclass(frozen=True, slots=True)
class RecordPage:
    """Records, newest first; `next_cursor` is None when there is nothing older."""

    records: list[UsageLine]
    next_cursor: str | None


class UserUsage:
    """Records in one table; `client` is a boto3 DynamoDB client, `zone` the periods'."""

    def __init__(self, client: Any, table: str, zone: tzinfo) -> None:
        self._client = client
        self._table = table
        self._zone = zone

    def page(
        self, user_id: str, filters: RecordFilters, limit: int, cursor: str | None = None
    ) -> RecordPage:
        """Return at most `limit` records, newest first.

        Ten reads at most: a page may be short, or empty, and still have a next one. Raises
        ValidationFailedError for a cursor that is none.
        """
        low = iso_milliseconds(filters.start) if filters.start else "0"
        # every key of that instant is greater: `<time>#<id>`
        high = iso_milliseconds(filters.end) if filters.end else _LAST
        if cursor is not None:
            high = min(high, decode_cursor(cursor, _CURSOR_FIELDS)["key"])
        if high < low:
            return RecordPage([], None)
        request = self._request(user_id, low, high, filters, limit)
        found: list[UsageLine] = []
        for _ in range(MAX_READS_A_PAGE):
            with store_errors():
                answer = self._client.query(**request)
            lines = [line_from_item(with_day(one, self._zone)) for one in answer["Items"]]
            # the range includes its end, which is what the page before ended with
            found += [line for line in lines if line.record_key != high]
            last = answer.get("LastEvaluatedKey")
            if len(found) > limit:
                found = found[:limit]
                return RecordPage(found, encode_cursor({"key": found[-1].record_key}))
            if last is None:
                return RecordPage(found, None)
            request["ExclusiveStartKey"] = last
        return RecordPage(found, encode_cursor({"key": last["record_key"]["S"]}))

    def personal_records(self, user_id: str) -> Iterator[str]:
        """Keys of the records that still tell about the person, oldest first.

        Reads 1,000 MB at most. Raises StoreUnavailableError, AwsCallError.
        """
        request: dict[str, Any] = {
            "TableName": self._table,
            "KeyConditionExpression": "user_id = :user",
            "FilterExpression": " OR ".join(f"attribute_exists({name})" for name in PERSONAL),
            "ExpressionAttributeValues": {":user": text(user_id)},
            "ProjectionExpression": "record_key",
            "ConsistentRead": True,
        }
        for _ in range(MAX_ERASE_READS):
            with store_errors():
                answer = self._client.query(**request)
            for item in answer["Items"]:
                yield item["record_key"]["S"]
            if "LastEvaluatedKey" not in answer:
                return
            request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]

    def erase_personal(self, user_id: str, record_keys: list[str]) -> int:
        """Remove what 100 records at most tell about the person; returns how many were changed.

        A record that is gone by now (TTL) stays gone. Raises StoreUnavailableError.
        """
        updates = [self._erasing(user_id, key) for key in record_keys]
        for _ in attempts(ATTEMPTS):
            if not updates:
                return 0
            try:
                with store_errors():
                    self._client.transact_write_items(TransactItems=updates)
            except AwsCallError as error:
                if len(error.reasons) != len(updates):
                    raise
                whys = zip(updates, error.reasons, strict=True)
                updates = [one for one, why in whys if why != CONDITION_REASON]
            else:
                return len(updates)
        msg = f"{len(updates)} records not changed in {ATTEMPTS.most} attempts"
        raise StoreUnavailableError(msg)

    def _erasing(self, user_id: str, record_key: str) -> dict[str, Any]:
        return {
            "Update": {
                "TableName": self._table,
                "Key": {"user_id": text(user_id), "record_key": text(record_key)},
                "UpdateExpression": f"REMOVE {', '.join(PERSONAL)}",
                # an update of a record that is gone would make one of nothing but its key
                "ConditionExpression": "attribute_exists(user_id)",
            }
        }

    def _request(
        self, user_id: str, low: str, high: str, filters: RecordFilters, limit: int
    ) -> dict[str, Any]:
        values: Item = {":user": text(user_id), ":low": text(low), ":high": text(high)}
        names: dict[str, str] = {}
        clauses = []
        for name, wanted in (
            ("model", filters.models),
            ("outcome", tuple(one.value for one in filters.outcomes)),
        ):
            if wanted:
                keys = [f":{name}{n}" for n in range(len(wanted))]
                names[f"#{name}"] = name
                values |= {key: text(one) for key, one in zip(keys, wanted, strict=True)}
                clauses.append(f"#{name} IN ({', '.join(keys)})")
        for sign, bound in ((">=", filters.least_status), ("<=", filters.most_status)):
            if bound is not None:
                key = ":least" if sign == ">=" else ":most"
                values[key] = number(bound)
                clauses.append(f"status_code {sign} {key}")
        request: dict[str, Any] = {
            "TableName": self._table,
            "KeyConditionExpression": "user_id = :user AND record_key BETWEEN :low AND :high",
            "ExpressionAttributeValues": values,
            "ScanIndexForward": False,
            "ConsistentRead": True,
        }
        if names:
            request["ExpressionAttributeNames"] = names
        if clauses:
            request["FilterExpression"] = " AND ".join(clauses)
        else:
            request["Limit"] = limit + 2  # the one that ended the page before, and one more
        return request
