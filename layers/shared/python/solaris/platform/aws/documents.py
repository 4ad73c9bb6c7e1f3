"""What admins change while the system runs: a few documents, each one item with a version.

They lie in the periods table under `system#policy` (progress.py says why no user meets them):
`weights`, `plans`, and one `group#<id>` for each group. Whoever needs one on the way of a request
asks `Live`, which tells it from memory and reads it again every few seconds.
"""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from typing import Any, Generic, TypeVar

import orjson

from solaris.platform.aws.client import (
    CANCELLED,
    CONDITION_REASON,
    AwsCallError,
    store_errors,
)
from solaris.platform.aws.items import Action, Write, number, text
from solaris.platform.aws.progress import progress_owner
from solaris.platform.background import keep
from solaris.platform.errors import ConflictError, SolarisError
from solaris.platform.instants import iso_milliseconds, parse_instant
from solaris.platform.logs import get_logger

POLICY_OWNER = progress_owner("policy")
FRESH_SECONDS = 2.5
"""After a change others go on with what was before for so long, and while they read it anew."""

OLDEST_SECONDS = 5.0
"""Nothing older is told without asking: so long a change may stay unknown to who was idle, too."""

_MAX_PAGES = 1_000  # of 1 MB each

T = TypeVar("T")
_log = get_logger("solaris.documents")


@dataclass(frozen=True, slots=True)
class Document:
    """A document as it was last written; version 0 was never written, and has an empty body."""

    name: str
    version: int = 0
    body: Mapping[str, Any] | None = None
    changed_at: datetime | None = None
    changed_by: str | None = None


def is_policy(item: Mapping[str, Any]) -> bool:
    """Whether an item of the periods table is a document, and no work and no closed month."""
    return str(item["user_id"]["S"]) == POLICY_OWNER


class Documents:
    """Reads and writes them; `client` is a boto3 DynamoDB client."""

    def __init__(self, client: Any, periods_table: str) -> None:
        self._client = client
        self._table = periods_table

    def get(self, name: str) -> Document:
        """The document, strongly consistent. Raises StoreUnavailableError."""
        with store_errors():
            answer = self._client.get_item(
                TableName=self._table,
                Key={"user_id": text(POLICY_OWNER), "period": text(name)},
                ConsistentRead=True,
            )
        item = answer.get("Item")
        return _document(item) if item else Document(name)

    def all_of(self, prefix: str) -> list[Document]:
        """Every document whose name begins so, by name, strongly consistent.

        Raises StoreUnavailableError.
        """
        request: dict[str, Any] = {
            "TableName": self._table,
            "ConsistentRead": True,
            "KeyConditionExpression": "user_id = :owner AND begins_with(#period, :prefix)",
            "ExpressionAttributeNames": {"#period": "period"},
            "ExpressionAttributeValues": {":owner": text(POLICY_OWNER), ":prefix": text(prefix)},
        }
        found: list[Document] = []
        for _ in range(_MAX_PAGES):
            with store_errors():
                page = self._client.query(**request)
            found += [_document(item) for item in page["Items"]]
            if "LastEvaluatedKey" not in page:
                return found
            request["ExclusiveStartKey"] = page["LastEvaluatedKey"]
        msg = f"more than {_MAX_PAGES} pages of documents {prefix}"
        raise RuntimeError(msg)

    def put(
        self,
        before: Document,
        body: Mapping[str, Any],
        *,
        changed_by: str,
        now: datetime,
        rows: Sequence[Action] = (),
    ) -> Document:
        """Write a new version with `rows` (its audit row), all or nothing.

        Raises ConflictError when another was written since `before` was read,
        StoreUnavailableError.
        """
        after = Document(before.name, before.version + 1, body, now, changed_by)
        put = self.put_action(before, body, changed_by=changed_by, now=now)
        try:
            with store_errors():
                self._client.transact_write_items(TransactItems=[put, *rows])
        except AwsCallError as error:
            if error.aws_code == CANCELLED and CONDITION_REASON in error.reasons:
                msg = f"somebody else has changed the {after.name} meanwhile; read them again"
                raise ConflictError(msg) from error
            raise
        return after

    def put_action(
        self, before: Document, body: Mapping[str, Any], *, changed_by: str, now: datetime
    ) -> Action:
        """The action that writes a new version, where none was written since `before` was read."""
        return {
            "Put": {
                "TableName": self._table,
                "Item": {
                    "user_id": text(POLICY_OWNER),
                    "period": text(before.name),
                    "version": number(before.version + 1),
                    "body": text(orjson.dumps(body).decode()),
                    "changed_at": text(iso_milliseconds(now)),
                    "changed_by": text(changed_by),
                },
                "ConditionExpression": "attribute_not_exists(user_id) OR #version = :before",
                "ExpressionAttributeNames": {"#version": "version"},
                "ExpressionAttributeValues": {":before": number(before.version)},
            }
        }

    def unchanged(self, seen: Document) -> Action:
        """The action that refuses a transaction when another version than `seen` was written."""
        check: Write = {
            "TableName": self._table,
            "Key": {"user_id": text(POLICY_OWNER), "period": text(seen.name)},
            "ConditionExpression": "attribute_not_exists(user_id)",
        }
        if seen.version:
            check["ConditionExpression"] = "#version = :seen"
            check["ExpressionAttributeNames"] = {"#version": "version"}
            check["ExpressionAttributeValues"] = {":seen": number(seen.version)}
        return {"ConditionCheck": check}


def _document(item: Mapping[str, Any]) -> Document:
    return Document(
        name=item["period"]["S"],
        version=int(item["version"]["N"]),
        body=orjson.loads(item["body"]["S"]),
        changed_at=parse_instant(item["changed_at"]["S"]),
        changed_by=item["changed_by"]["S"],
    )


class Live(Generic[T]):
    """A document, read for use: told from memory, read again when it is 2.5 s old.

    `read` blocks, and raises SolarisError when the store does not answer: what is known goes on
    being told then. For any number of threads; `timer` tells seconds and only rises.
    """

    def __init__(self, read: Callable[[], T], timer: Callable[[], float] = time.monotonic) -> None:
        self._read = read
        self._timer = timer
        self._known: tuple[T, float] | None = None
        self._asking = Lock()

    def get(self) -> T:
        """The document, at most 2.5 s old while the store answers. Raises where none is known."""
        known = self._known
        if known is not None and self._timer() - known[1] < FRESH_SECONDS:
            return known[0]
        return self._ask()

    async def aget(self) -> T:
        """The same for an event loop: what is known is told at once, and renewed behind it."""
        known = self._known
        age = None if known is None else self._timer() - known[1]
        if known is None or age is None or age >= OLDEST_SECONDS:
            return await asyncio.to_thread(self._ask)
        if age >= FRESH_SECONDS and not self._asking.locked():
            keep(asyncio.to_thread(self._ask))
        return known[0]

    def forget(self) -> None:
        """Ask the store next time: this process has just changed the document."""
        self._known = None

    def _ask(self) -> T:
        is_first = self._asking.acquire(blocking=self._known is None)
        known = self._known
        try:
            if known is not None and (not is_first or self._timer() - known[1] < FRESH_SECONDS):
                return known[0]
            try:
                value = self._read()
            except SolarisError as error:
                if known is None:
                    raise
                _log.warning("document_not_read", error=str(error))
                value = known[0]
            self._known = (value, self._timer())
            return value
        finally:
            if is_first:
                self._asking.release()
