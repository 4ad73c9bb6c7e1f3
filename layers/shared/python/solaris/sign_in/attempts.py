"""Failed sign-ins, in the sessions table: `session_id` is `failures#<key>`, and TTL clears them.

Three shapes. `Attempts` are swapped whole, by a condition on what was read; only the tries of one
network or one browser meet there. Counts are added to without a condition, for what the whole
world may count up: a flood of guesses makes nobody else wait for a write. What is gathered is told
of together, in the audit log.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from solaris.platform.aws.client import CONDITION_FAILED, AwsCallError, read_items, store_errors
from solaris.platform.aws.items import Item, number, text
from solaris.platform.instants import iso_milliseconds, parse_instant
from solaris.platform.leases import is_running
from solaris.sign_in.lockout import Attempts, ends_at

COUNT_LIFE = timedelta(hours=1)
GATHERED_LIFE = timedelta(days=2)


class AttemptStore:
    """Failures by key, a SHA-256 each; `client` is a boto3 DynamoDB client.

    Every method raises StoreUnavailableError.
    """

    def __init__(self, client: Any, *, sessions_table: str) -> None:
        self._client = client
        self._table = sessions_table

    def attempts(self, key: str) -> Attempts | None:
        """Attempts, strongly consistent; None: there are none."""
        with store_errors():
            answer = self._client.get_item(
                TableName=self._table, Key=_key(key), ConsistentRead=True
            )
        item = answer.get("Item")
        if not item:
            return None
        return Attempts(
            count=int(item["failures"]["N"]),
            since=parse_instant(item["created_at"]["S"]),
            locked_until=_instant(item, "locked_until"),
            tried_at=_instant(item, "tried_at"),
        )

    def swap(self, key: str, before: Attempts | None, after: Attempts | None) -> bool:
        """Write attempts (None: delete them) unless they have changed since they were read."""
        condition = _condition(before)
        try:
            with store_errors():
                if after is None:
                    self._client.delete_item(TableName=self._table, Key=_key(key), **condition)
                else:
                    self._client.put_item(
                        TableName=self._table, Item=_key(key) | _item(after), **condition
                    )
        except AwsCallError as error:
            if error.aws_code == CONDITION_FAILED:
                return False
            raise
        return True

    def clear(self, key: str) -> bool:
        """Forget attempts or a count; whether there were any."""
        with store_errors():
            answer = self._client.delete_item(
                TableName=self._table, Key=_key(key), ReturnValues="ALL_OLD"
            )
        return int(answer.get("Attributes", {}).get("failures", {}).get("N", "0")) > 0

    def add(self, key: str, amount: int, now: datetime) -> int:
        """Add to a count; what it is then. It is kept for an hour from the last addition."""
        with store_errors():
            answer = self._client.update_item(
                TableName=self._table,
                Key=_key(key),
                UpdateExpression="ADD failures :amount SET expires_at = :end",
                ExpressionAttributeValues={
                    ":amount": number(amount),
                    ":end": number(int((now + COUNT_LIFE).timestamp())),
                },
                ReturnValues="UPDATED_NEW",
            )
        return int(answer["Attributes"]["failures"]["N"])

    def read(self, marked: str, counted: Sequence[str]) -> tuple[str, int]:
        """The mark of one key ("": none) and the greatest of some counts, by one call."""
        mark, most = "", 0
        keys = [_key(key) for key in (marked, *counted)]
        for item in read_items(self._client, self._table, keys):
            mark = item["mark"]["S"] if "mark" in item else mark
            most = max(most, int(item.get("failures", {}).get("N", "0")))
        return mark, most

    def mark(self, key: str, value: str, now: datetime) -> None:
        """Keep a mark for an hour."""
        end = number(int((now + COUNT_LIFE).timestamp()))
        item = _key(key) | {"mark": text(value), "expires_at": end}
        with store_errors():
            self._client.put_item(TableName=self._table, Item=item)

    def gather(self, key: str, now: datetime, every: timedelta) -> int:
        """Count one more of what is told of together; how many to tell of now, 0: none yet.

        The first is told of at once, what comes after it not before `every` is over.
        """
        with store_errors():
            answer = self._client.update_item(
                TableName=self._table,
                Key=_key(key),
                UpdateExpression="ADD waiting :one SET expires_at = :end",
                ExpressionAttributeValues={
                    ":one": number(1),
                    ":end": number(int((now + GATHERED_LIFE).timestamp())),
                },
                ReturnValues="ALL_NEW",
            )
        told = answer["Attributes"].get("told_at")
        if told is not None and is_running(parse_instant(told["S"]) + every, now, every):
            return 0
        values = {":now": text(iso_milliseconds(now)), ":none": number(0)}
        try:
            with store_errors():
                answer = self._client.update_item(
                    TableName=self._table,
                    Key=_key(key),
                    UpdateExpression="SET told_at = :now, waiting = :none",
                    ConditionExpression="attribute_not_exists(told_at)"
                    if told is None
                    else "told_at = :told",
                    ExpressionAttributeValues=values if told is None else values | {":told": told},
                    ReturnValues="ALL_OLD",
                )
        except AwsCallError as error:
            if error.aws_code == CONDITION_FAILED:  # another tells of this one as well
                return 0
            raise
        return int(answer["Attributes"].get("waiting", {}).get("N", "0"))

    def gathered(self, key: str) -> int:
        """How many have not been told of; they are forgotten with this."""
        with store_errors():
            answer = self._client.delete_item(
                TableName=self._table, Key=_key(key), ReturnValues="ALL_OLD"
            )
        return int(answer.get("Attributes", {}).get("waiting", {}).get("N", "0"))


def _key(key: str) -> Item:
    return {"session_id": text(f"failures#{key}")}


def _item(attempts: Attempts) -> Item:
    item = {
        "failures": number(attempts.count),
        "created_at": text(iso_milliseconds(attempts.since)),
        "expires_at": number(int(ends_at(attempts).timestamp()) + 1),
    }
    for name in ("locked_until", "tried_at"):
        instant = getattr(attempts, name)
        if instant is not None:
            item[name] = text(iso_milliseconds(instant))
    return item


def _instant(item: Item, name: str) -> datetime | None:
    return parse_instant(item[name]["S"]) if name in item else None


def _condition(before: Attempts | None) -> dict[str, Any]:
    if before is None:
        return {"ConditionExpression": "attribute_not_exists(session_id)"}
    values = {
        ":failures": number(before.count),
        ":since": text(iso_milliseconds(before.since)),
    }
    locked = "attribute_not_exists(locked_until)"
    if before.locked_until is not None:
        locked = "locked_until = :until"
        values[":until"] = text(iso_milliseconds(before.locked_until))
    return {
        "ConditionExpression": f"failures = :failures AND created_at = :since AND {locked}",
        "ExpressionAttributeValues": values,
    }
