"""What `make cost` takes a request to write and read is what the code writes and reads."""

from collections.abc import Iterable
from typing import Any

import orjson
import pytest

from infra.deploy.cost_model import READ_UNITS, REQUEST_WRITES, WRITE_UNITS, Write
from solaris.platform.aws.tables import TABLES, short_name
from tests.integration.conftest import MoneyPath

KEY_READS = 1  # the key of the request, which this test does not come with
KIB = 1024
_WITH_INDEX = {
    short_name(model): model._indexes for model in TABLES if getattr(model, "_indexes", None)
}


def size(value: Any) -> int:
    """About what DynamoDB counts of an item: names and values."""
    if isinstance(value, dict):
        return sum(len(name.encode()) + size(inner) + 1 for name, inner in value.items())
    if isinstance(value, list):
        return sum(size(one) + 1 for one in value)
    return len(str(value).encode())


class Bill:
    """What the calls of DynamoDB cost: the items that they write and read."""

    def __init__(self, prefix: str) -> None:
        self.prefix = prefix
        self.is_open = True
        self.written: list[Write] = []
        self.read: list[str] = []

    def call(self, operation: str, payload: dict[str, Any]) -> None:
        if not self.is_open:
            return
        if operation == "TransactWriteItems":
            for action in payload["TransactItems"]:
                self.write(*action.values(), is_transactional=True)
        elif operation in {"PutItem", "UpdateItem"}:
            self.write(payload, is_transactional=False)
        elif operation == "BatchGetItem":
            for table, keys in payload["RequestItems"].items():
                self.read += [table] * len(keys["Keys"])
        elif operation == "GetItem":
            self.read.append(payload["TableName"])
        else:
            raise AssertionError(f"{operation} costs something that nobody counts")

    def write(self, action: dict[str, Any], *, is_transactional: bool) -> None:
        name = action["TableName"].removeprefix(self.prefix)
        item = {**action.get("Item", {}), **action.get("ExpressionAttributeValues", {})}
        has_index = name in _WITH_INDEX and ("day_shard" in item or ":day_shard" in item)
        self.written.append(Write(name, "", is_transactional, has_index))


def shape(writes: Iterable[Write]) -> list[tuple[str, bool, bool]]:
    return sorted((one.table, one.is_transactional, one.has_index) for one in writes)


async def test_writes_and_reads_of_a_request_are_those_of_the_cost(
    money: MoneyPath, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second request of somebody known, far from the limit, booked alone: the dearest way."""
    first = (await money.admit()).reservation
    assert not money.record(money.event(first, completion=300))
    prefix = money.parts.settings.table_name("")
    bill = Bill(prefix)
    call = money.aws.call

    async def watched(service: str, operation: str, payload: dict[str, Any]) -> dict[str, Any]:
        if service == "dynamodb":
            bill.call(operation, payload)
        return await call(service, operation, payload)

    monkeypatch.setattr(money.aws, "call", watched)
    money.parts.platform.dynamodb.meta.events.register(
        "before-send.dynamodb.*",
        lambda event_name, request, **_: bill.call(
            event_name.rpartition(".")[2], orjson.loads(request.body)
        ),
    )
    second = (await money.admit()).reservation
    assert not money.record(money.event(second, completion=300))
    bill.is_open = False
    assert shape(bill.written) == shape(REQUEST_WRITES)
    assert sum(one.units for one in bill.written) == WRITE_UNITS
    assert len(bill.read) + KEY_READS == READ_UNITS
    for table in {one.table for one in REQUEST_WRITES}:
        pages = money.parts.platform.dynamodb.get_paginator("scan").paginate(
            TableName=prefix + table
        )
        for item in (one for page in pages for one in page["Items"]):
            assert size(item) <= KIB, f"an item of {table} is more than one unit"
