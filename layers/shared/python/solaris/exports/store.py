"""The exports table: jobs in the background, a lease for whoever has one in hand.

Every write of an attempt is conditional on its lease: an attempt that was overtaken, or whose job
was cancelled, learns it from its next write and changes nothing.
"""

import itertools
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from solaris.exports.export import (
    EXPORT_DAYS,
    LEASE,
    MAX_OPEN_EXPORTS,
    Export,
    ExportState,
    day_of_export,
    is_export_id,
)
from solaris.platform.aws.client import CONDITION_FAILED, AwsCallError, store_errors
from solaris.platform.aws.cursors import bad_cursor, decode_cursor, encode_cursor
from solaris.platform.aws.items import Item, number, text
from solaris.platform.instants import iso_milliseconds, parse_instant
from solaris.platform.leases import free_values, held_until, is_free

# Not the state: a write whose answer was lost is repeated, and must be accepted again.
_OWN = "#lease = :lease"
_NAME = re.compile(r"#(\w+)")
_TEXTS = ("export_id", "requested_by", "request", "file_key", "file_name", "error")
_NUMBERS = ("rows_done", "rows_expected", "file_bytes")

MAX_LOOKED_AT = 2_000
"""Jobs that one page may have to look at, for those of one person."""


class LeaseLostError(Exception):
    """Another attempt has the job by now, or it was cancelled."""


class ExportStore:
    """Jobs in one table; `client` is a boto3 DynamoDB client. Raises StoreUnavailableError."""

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table

    def put(self, export: Export) -> None:
        """Write a new job."""
        with store_errors():
            self._client.put_item(TableName=self._table, Item=_to_item(export))

    def get(self, export_id: str) -> Export | None:
        """A job; None when there is none (any more)."""
        if not is_export_id(export_id):
            return None
        with store_errors():
            answer = self._client.get_item(
                TableName=self._table, Key=_key(export_id), ConsistentRead=True
            )
        return _from_item(answer["Item"]) if "Item" in answer else None

    def page(
        self,
        limit: int,
        cursor: str | None,
        *,
        now: datetime,
        keep: Callable[[Export], bool] = lambda _: True,
    ) -> tuple[list[Export], str | None]:
        """At most `limit` jobs of those to keep, newest first, and a cursor if there are older.

        Looks at the days that jobs are kept for, and at 2,000 jobs at most. Raises
        ValidationFailedError for a cursor that is none.
        """
        today = now.astimezone(UTC).date()
        days = [(today - timedelta(days=n)).isoformat() for n in range(-1, EXPORT_DAYS + 1)]
        below = "~"  # sorts behind every id
        if cursor is not None:
            below = decode_cursor(cursor, frozenset({"id"}))["id"]
            if not is_export_id(below):
                raise bad_cursor()
            days = [day for day in days if day <= day_of_export(below)]
        seen = (one for day in days for one in self._through(day, below, limit + 1))
        kept = filter(keep, itertools.islice(seen, MAX_LOOKED_AT))
        found = list(itertools.islice(kept, limit + 1))
        if len(found) <= limit:
            return found, None
        return found[:limit], encode_cursor({"id": found[limit - 1].export_id})

    def count_open(self, now: datetime) -> int:
        """Jobs that are still to be done, of the newest ones (more than the limit is as good)."""
        newest, _ = self.page(5 * MAX_OPEN_EXPORTS, None, now=now)
        return sum(one.is_open and not one.is_abandoned(now) for one in newest)

    def remove(self, export_id: str) -> Export | None:
        """Delete a job, which cancels it; returns what was there."""
        if not is_export_id(export_id):
            return None
        with store_errors():
            answer = self._client.delete_item(
                TableName=self._table, Key=_key(export_id), ReturnValues="ALL_OLD"
            )
        return _from_item(answer["Attributes"]) if answer.get("Attributes") else None

    def claim(self, export_id: str, lease: str, now: datetime) -> bool:
        """Take a job in hand, from its beginning; False when there is nothing to do for now."""
        condition = (
            "attribute_exists(#export_id) AND "
            "(#state = :queued OR (#state = :running AND "
            f"({is_free('#lease_until')} OR #lease = :lease)))"
        )
        update = "SET #state = :running, #lease = :lease, #lease_until = :until, #rows_done = :zero"
        values = {
            ":queued": text(ExportState.QUEUED.value),
            ":running": text(ExportState.RUNNING.value),
            ":lease": text(lease),
            ":until": held_until(now, LEASE),
            ":zero": number(0),
            **free_values(now, LEASE),
        }
        return self._update(export_id, update, condition, values)

    def beat(self, export_id: str, lease: str, *, rows_done: int, now: datetime) -> None:
        """Say how far it is and keep the lease. Raises LeaseLostError."""
        values = {":rows": number(rows_done), ":until": held_until(now, LEASE)}
        self._own(export_id, lease, "SET #rows_done = :rows, #lease_until = :until", values)

    def finish(
        self, export_id: str, lease: str, *, rows: int, file_key: str, file_bytes: int,
        now: datetime,
    ) -> None:  # fmt: skip
        """The file is there. Raises LeaseLostError."""
        update = (
            "SET #state = :state, #rows_done = :rows, #rows_expected = :rows, "
            "#file_key = :key, #file_bytes = :bytes, #finished_at = :now"
        )
        values = {
            ":state": text(ExportState.DONE.value),
            ":rows": number(rows),
            ":key": text(file_key),
            ":bytes": number(file_bytes),
            ":now": text(iso_milliseconds(now)),
        }
        self._own(export_id, lease, update, values)

    def fail(self, export_id: str, lease: str, error: str, now: datetime) -> None:
        """There will be no file. Raises LeaseLostError."""
        update = "SET #state = :state, #error = :error, #finished_at = :now"
        values = {
            ":state": text(ExportState.FAILED.value),
            ":error": text(error),
            ":now": text(iso_milliseconds(now)),
        }
        self._own(export_id, lease, update, values)

    def release(self, export_id: str, lease: str) -> None:
        """Let the next attempt have it. Raises LeaseLostError."""
        values = {":state": text(ExportState.QUEUED.value)}
        self._own(export_id, lease, "SET #state = :state REMOVE #lease", values)

    def _through(self, day: str, below: str, batch: int) -> Iterator[Export]:
        """A day's jobs, newest first, read as they are asked for."""
        found = self._of_day(day, below, batch)
        yield from found
        while len(found) == batch:
            found = self._of_day(day, found[-1].export_id, batch)
            yield from found

    def _of_day(self, day: str, below: str, limit: int) -> list[Export]:
        with store_errors():
            answer = self._client.query(
                TableName=self._table,
                KeyConditionExpression="#day = :day AND #id < :below",
                ExpressionAttributeNames={"#day": "day", "#id": "export_id"},
                ExpressionAttributeValues={":day": text(day), ":below": text(below)},
                ScanIndexForward=False,
                ConsistentRead=True,
                Limit=limit,
            )
        return [_from_item(item) for item in answer["Items"]]

    def _own(self, export_id: str, lease: str, update: str, values: Item) -> None:
        if not self._update(export_id, update, _OWN, values | {":lease": text(lease)}):
            raise LeaseLostError(export_id)

    def _update(self, export_id: str, update: str, condition: str, values: Item) -> bool:
        names = set(_NAME.findall(f"{update} {condition}"))
        try:
            with store_errors():
                self._client.update_item(
                    TableName=self._table,
                    Key=_key(export_id),
                    UpdateExpression=update,
                    ConditionExpression=condition,
                    ExpressionAttributeNames={f"#{name}": name for name in names},
                    ExpressionAttributeValues=values,
                )
        except AwsCallError as error:
            if error.aws_code != CONDITION_FAILED:
                raise
            return False
        return True


def _key(export_id: str) -> Item:
    return {"day": text(day_of_export(export_id)), "export_id": text(export_id)}


def _to_item(export: Export) -> Item:
    item = {
        "day": text(day_of_export(export.export_id)),
        "state": text(export.state.value),
        "created_at": text(iso_milliseconds(export.created_at)),
        "expires_at": number(int(export.expires_at.timestamp())),
    }
    for name in _TEXTS:
        if getattr(export, name) is not None:
            item[name] = text(getattr(export, name))
    for name in _NUMBERS:
        if getattr(export, name) is not None:
            item[name] = number(getattr(export, name))
    return item


def _from_item(item: Mapping[str, Any]) -> Export:
    def optional(name: str) -> Any:
        return next(iter(item[name].values())) if name in item else None

    def whole(name: str) -> int | None:
        return int(item[name]["N"]) if name in item else None

    until = whole("lease_until")
    finished_at = optional("finished_at")
    return Export(
        export_id=item["export_id"]["S"],
        requested_by=item["requested_by"]["S"],
        request=item["request"]["S"],
        created_at=parse_instant(item["created_at"]["S"]),
        expires_at=datetime.fromtimestamp(int(item["expires_at"]["N"]), UTC),
        state=ExportState(item["state"]["S"]),
        rows_done=int(item["rows_done"]["N"]),
        rows_expected=whole("rows_expected"),
        file_key=optional("file_key"),
        file_name=optional("file_name"),
        file_bytes=whole("file_bytes"),
        error=optional("error"),
        lease_until=None if until is None else datetime.fromtimestamp(until / 1000, UTC),
        finished_at=None if finished_at is None else parse_instant(finished_at),
    )
