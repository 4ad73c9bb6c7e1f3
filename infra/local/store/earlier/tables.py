"""Brings the tables of the store before this one into dynoxide, and compares the two.

The snapshot's items are written as they are, then the journal's requests are posted again, byte
for byte and in their order: what was a success must be one now. Beside that a small model
(`Expected`) follows which items the journal has put, changed and deleted, and at the end every
item of every table is held against it. An UpdateItem's outcome is the new store's own work: of
such an item only the presence is known.
"""

import itertools
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import orjson
import urllib3

from infra.local.store.earlier.journal import SERVER_ERROR, Record
from infra.local.store.earlier.snapshot import OldTable, dumps, loads
from infra.local.store.errors import StoreError
from solaris.platform.aws.client import TARGETS, Endpoint

Tell = Callable[[str], None]
_OK = 200
# DynamoDB's limits on one transaction, of which each costs the disk as much as any other
_MOST_ITEMS, _MOST_BYTES = 100, 3_500_000
# dynoxide reads all that is left of a table for a page whose length is not given
_PAGE_ITEMS = 1000
_WRITERS = 4  # more than one, so that one packs while another waits for the disk
_CALL_SECONDS = 60.0
_TELL_SECONDS = 5.0
# what an item is known to be, where its JSON is not
_ABSENT, _PRESENT, _UNKNOWN = b"absent", b"present", b"unknown"
_WORDS = frozenset({_ABSENT, _PRESENT, _UNKNOWN})
# of tables: what the store of one machine has no use for
_IGNORED = frozenset(
    {
        "TagResource",
        "UntagResource",
        "UpdateContinuousBackups",
        "UpdateContributorInsights",
        "PutResourcePolicy",
        "DeleteResourcePolicy",
    }
)
_OF_TABLES = frozenset({"CreateTable", "UpdateTable", "UpdateTimeToLive", "DeleteTable"})
# what says that it was so already
_SO_ALREADY = {
    ("CreateTable", "ResourceInUseException"),
    ("UpdateTimeToLive", "ValidationException"),
}


class RawCalls:
    """Signed calls of DynamoDB with bodies as they are; for several threads."""

    def __init__(self, client: Any) -> None:
        endpoint = Endpoint.of(client, "dynamodb", client.meta.region_name)
        self._url, self._signer = endpoint.url, endpoint.signer
        self._target, self._type = TARGETS["dynamodb"]
        timeout = urllib3.Timeout(_CALL_SECONDS)
        self._pool = urllib3.PoolManager(maxsize=_WRITERS, retries=False, timeout=timeout)

    def post(self, action: str, body: bytes) -> tuple[int, bytes]:
        """Status and body of the answer. Raises StoreError when none comes."""
        headers = self._signer.headers(f"{self._target}.{action}", self._type, body)
        try:
            answer = self._pool.request("POST", self._url, body=body, headers=headers)
        except urllib3.exceptions.HTTPError as error:
            msg = f"the new store does not answer: {str(error)[:200]}"
            raise StoreError(msg) from error
        return answer.status, answer.data

    def ask(self, action: str, **fields: Any) -> dict[str, Any]:
        """The answer to a request that must succeed, else StoreError."""
        status, data = self.post(action, orjson.dumps(fields))
        if status != _OK:
            of = fields.get("TableName", "rows")
            msg = f"the new store refuses {action} of {of}: {status} {_code(data)}"
            raise StoreError(msg)
        return loads(data)


class Expected:
    """What every table should hold by key: an item's JSON, or a word of what is known of it.

    It goes on with the snapshot's own tables, which are not used after that.
    """

    def __init__(self, tables: Iterable[OldTable]) -> None:
        self.tables = {table.name: table for table in tables}

    def count(self) -> int:
        """How many keys every table had, has or may have."""
        return sum(len(table.items) for table in self.tables.values())

    def follow(self, record: Record) -> None:
        """Learn from a request of the journal. Raises StoreError for one of an unknown kind."""
        fields = loads(record.body)
        is_sure = record.status < SERVER_ERROR
        if record.action in _OF_TABLES:
            self._follow_table(record, fields)
            return
        for name, kind, inside in _writes(record, fields):
            table = self.tables.get(name)
            if table is None:
                if is_sure:
                    msg = f"{record.place}: {record.action} of {name}, which is not there"
                    raise StoreError(msg)
                continue
            key = table.key(inside.get("Item") or inside["Key"])
            table.items[key] = _outcome(kind, inside) if is_sure else _UNKNOWN

    def _follow_table(self, record: Record, fields: dict[str, Any]) -> None:
        name = fields["TableName"]
        if record.action == "CreateTable" and name not in self.tables:
            self.tables[name] = OldTable(name, fields, None, {})
        elif record.action == "DeleteTable" and record.status < SERVER_ERROR:
            self.tables.pop(name, None)


def _writes(record: Record, fields: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Table, kind (Put, Update, Delete) and fields of each single write of a request."""
    action = record.action
    if action in ("PutItem", "UpdateItem", "DeleteItem"):
        yield fields["TableName"], action.removesuffix("Item"), fields
    elif action == "TransactWriteItems":
        for one in fields["TransactItems"]:
            for kind, inside in one.items():
                if kind != "ConditionCheck":
                    yield inside["TableName"], kind, inside
    elif action == "BatchWriteItem":
        for name, requests in fields["RequestItems"].items():
            for one in requests:
                for kind, inside in one.items():
                    yield name, kind.removesuffix("Request"), inside
    else:
        msg = f"{record.place}: an operation that cannot be repeated: {action[:60]}"
        raise StoreError(msg)


def _outcome(kind: str, inside: dict[str, Any]) -> bytes:
    if kind == "Put":
        return dumps(inside["Item"])
    if kind == "Delete":
        return _ABSENT
    expression = f" {inside.get('UpdateExpression', '')}".upper()
    return _PRESENT if " SET " in expression or " ADD " in expression else _UNKNOWN


class Progress:
    """Tells how far a long step is, every few seconds."""

    def __init__(self, tell: Tell, whole: int, unit: str) -> None:
        self._tell, self._whole, self._unit = tell, whole, unit
        self._told = time.monotonic()
        self._done = 0

    def add(self, number: int) -> None:
        """So many more are done."""
        self._done += number
        now = time.monotonic()
        if now - self._told >= _TELL_SECONDS:
            self._told = now
            self._tell(f"{self._done:,} of {self._whole:,} {self._unit}")


def write_snapshot(calls: RawCalls, expected: Expected, tell: Tell) -> None:
    """Make the tables with their indexes, fill them, and set their TTL."""
    for table in expected.tables.values():
        calls.ask("CreateTable", **table.request)
    progress = Progress(tell, expected.count(), "rows")
    batches = itertools.chain.from_iterable(map(_batches, expected.tables.values()))
    with ThreadPoolExecutor(_WRITERS) as pool:
        waiting: deque[Future[int]] = deque()
        for name, items in batches:
            waiting.append(pool.submit(_write_batch, calls, name, items))
            if len(waiting) > _WRITERS:  # no more of them in memory
                progress.add(waiting.popleft().result())
        for one in waiting:
            progress.add(one.result())
    for table in expected.tables.values():
        if table.ttl:
            setting = {"Enabled": True, "AttributeName": table.ttl}
            calls.ask("UpdateTimeToLive", TableName=table.name, TimeToLiveSpecification=setting)


def _batches(table: OldTable) -> Iterator[tuple[bytes, list[bytes]]]:
    name, batch, size = orjson.dumps(table.name), list[bytes](), 0
    for item in table.items.values():
        if batch and (len(batch) == _MOST_ITEMS or size + len(item) > _MOST_BYTES):
            yield name, batch
            batch, size = [], 0
        batch.append(item)
        size += len(item)
    if batch:
        yield name, batch


def _write_batch(calls: RawCalls, name: bytes, items: list[bytes]) -> int:
    """Put items whose JSON is as it was; a transaction, as one that is whole costs less."""
    puts = b",".join(b'{"Put":{"TableName":%b,"Item":%b}}' % (name, one) for one in items)
    status, data = calls.post("TransactWriteItems", b'{"TransactItems":[%b]}' % puts)
    if status != _OK:
        msg = f"the new store refuses rows of {name.decode()}: {status} {_code(data)}"
        raise StoreError(msg)
    return len(items)


def replay(calls: RawCalls, record: Record) -> None:
    """Post a request of the journal again. Raises StoreError when its success is none now.

    One that the emulator failed at may have changed something or not, and may do either again.
    """
    body = record.body
    if record.action in _IGNORED:
        return
    if b"ClientRequestToken" in body:  # its ten minutes are long over
        fields = loads(body)
        fields.pop("ClientRequestToken", None)
        body = dumps(fields)
    status, data = calls.post(record.action, body)
    if status == _OK or record.status >= SERVER_ERROR:
        return
    code = _code(data)
    if (record.action, code) in _SO_ALREADY:
        return
    msg = f"{record.place}: {record.action} was done before and is refused now ({status} {code})"
    raise StoreError(msg)


def _code(data: bytes) -> str:
    try:
        return str(orjson.loads(data)["__type"]).rpartition("#")[2][:80]
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return "no code"


def compare(calls: RawCalls, expected: Expected, tell: Tell) -> int:
    """Read every table and index of the new store; returns how many items the tables have.

    Raises StoreError that names the table and the first key that is not as it should be.
    """
    progress = Progress(tell, expected.count(), "rows compared")
    return sum(_compare_table(calls, table, progress) for table in expected.tables.values())


def _compare_table(calls: RawCalls, table: OldTable, progress: Progress) -> int:
    left, items = dict(table.items), 0
    indexes = {one["IndexName"]: one for one in table.request.get("GlobalSecondaryIndexes", ())}
    inside = dict.fromkeys(indexes, 0)
    for page in _pages(calls, TableName=table.name, ConsistentRead=True):
        progress.add(len(page["Items"]))
        items += len(page["Items"])
        for item in page["Items"]:
            key = table.key(item)
            should = left.pop(key, _ABSENT)
            if should == _ABSENT:
                raise _differs(table, key, "should not be there")
            if should not in _WORDS and not _same(loads(should), item):
                raise _differs(table, key, "is not as it was")
            for name, one in indexes.items():
                inside[name] += all(part["AttributeName"] in item for part in one["KeySchema"])
    for key, should in left.items():
        if should not in (_ABSENT, _UNKNOWN):
            raise _differs(table, key, "is missing")
    for name, number in inside.items():
        pages = _pages(calls, TableName=table.name, IndexName=name, Select="COUNT")
        found = sum(page["Count"] for page in pages)
        if found != number:
            msg = f"index {name} of {table.name} has {found} items, not {number}"
            raise StoreError(msg)
    return items


def _pages(calls: RawCalls, **fields: Any) -> Iterator[dict[str, Any]]:
    more: dict[str, Any] = {"Limit": _PAGE_ITEMS}
    while True:
        page = calls.ask("Scan", **fields, **more)
        yield page
        if not page.get("LastEvaluatedKey"):
            return
        more["ExclusiveStartKey"] = page["LastEvaluatedKey"]


def _differs(table: OldTable, key: bytes, how: str) -> StoreError:
    return StoreError(f"after taking over, {key.decode()[:200]} of {table.name} {how}")


def _same(one: Any, other: Any) -> bool:
    """Equal as DynamoDB sees it: 1.0 is 1, a set has no order."""
    return bool(one == other) or _plain(one) == _plain(other)


def _plain(value: Any) -> Any:
    """An attribute map with its numbers as numbers and its sets as sets."""
    if not isinstance(value, dict):
        return value
    found: dict[str, Any] = {}
    for name, one in value.items():
        if name == "N" and isinstance(one, str):
            found[name] = Decimal(one)
        elif name == "NS" and isinstance(one, list):
            found[name] = {Decimal(number) for number in one}
        elif name in ("SS", "BS") and isinstance(one, list):
            found[name] = set(one)
        elif name == "L" and isinstance(one, list):
            found[name] = [_plain(part) for part in one]
        else:
            found[name] = _plain(one)
    return found
