"""The embedded store's shortcuts change nothing that ministack answers or keeps."""

import asyncio
import importlib.util
import json
import threading
from types import ModuleType
from typing import Any

import pytest

from infra.local.faster import make_faster

OK = 200
JSON = dict[str, Any]
TABLE = {
    "TableName": "books",
    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
    "AttributeDefinitions": [
        {"AttributeName": "id", "AttributeType": "S"},
        {"AttributeName": "day", "AttributeType": "S"},
    ],
    "GlobalSecondaryIndexes": [
        {
            "IndexName": "by_day",
            "KeySchema": [{"AttributeName": "day", "KeyType": "HASH"}],
            "Projection": {"ProjectionType": "ALL"},
        }
    ],
    "BillingMode": "PAY_PER_REQUEST",
}


def load(name: str) -> ModuleType:
    """A copy of ministack's DynamoDB of its own, with its own tables."""
    spec = importlib.util.find_spec("ministack.services.dynamodb")
    assert spec is not None
    assert spec.origin is not None
    copy = importlib.util.spec_from_file_location(name, spec.origin)
    assert copy is not None
    assert copy.loader is not None
    module = importlib.util.module_from_spec(copy)
    copy.loader.exec_module(module)
    return module


@pytest.fixture
def both(monkeypatch: pytest.MonkeyPatch) -> tuple[ModuleType, ModuleType]:
    """As it comes, and made faster; neither with its thread that removes expired items."""
    monkeypatch.setattr(threading.Thread, "start", lambda _: None)
    plain, faster = load("plain_dynamodb"), load("faster_dynamodb")
    make_faster(faster)
    return plain, faster


def call(module: ModuleType, operation: str, body: bytes) -> tuple[int, Any]:
    headers = {"x-amz-target": f"DynamoDB_20120810.{operation}"}
    answer = asyncio.run(module.handle_request("POST", "/", headers, body, {}))
    content = answer[2] if isinstance(answer[2], bytes) else answer[2].encode()
    return answer[0], json.loads(content)


def put(key: str, **more: JSON) -> JSON:
    return {"Put": {"TableName": "books", "Item": {"id": {"S": key}, **more}}}


def update(key: str, expression: str, values: JSON | None = None, **more: Any) -> JSON:
    action = {
        "TableName": "books",
        "Key": {"id": {"S": key}},
        "UpdateExpression": expression,
        **more,
    }
    return {"Update": action if values is None else {**action, "ExpressionAttributeValues": values}}


def number(value: object) -> JSON:
    return {"N": str(value)}


def writes(*actions: JSON, **more: Any) -> tuple[str, JSON]:
    return "TransactWriteItems", {"TransactItems": list(actions), **more}


ADD = "ADD tokens :n"
SET = "SET tokens = tokens + :n, #m.#k = :v REMOVE gone"
NAMES = {"#m": "held", "#k": "request.1"}
# repeated, and after a failure: what was remembered of one transaction is not another's
TRANSACTIONS = [
    writes(
        put("a", tokens=number("007.50"), held={"M": {}}, gone={"BOOL": True}),
        put("b", tokens=number(1), day={"S": "2026-11-01"}),
    ),
    *[writes(update("a", ADD, {":n": number(5)}), update("b", ADD, {":n": number(7)}))] * 3,
    writes(
        update("a", SET, {":n": number(2), ":v": {"S": "São"}}, ExpressionAttributeNames=NAMES),
        update("c", "SET tokens = :n", {":n": number(2)}),
        update("b", "REMOVE #d", ExpressionAttributeNames={"#d": "day"}),
        ReturnConsumedCapacity="INDEXES",
    ),
    writes(
        update("a", ADD, {":n": number(1)}),
        update(
            "b", ADD, {":n": number(1), ":least": number(99)},
            ConditionExpression="tokens >= :least",
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
        ),
    ),
    writes(update("a", "SET tokens = absent + :n", {":n": number(1)})),
    writes(update("a", ADD, {":n": {"S": "text"}}), put("d")),
    writes(update("b", "SET #d = :n", {":n": number(1)}, ExpressionAttributeNames={"#d": "day"})),
    writes(update("a", ADD, {":n": number(1)}), update("a", ADD, {":n": number(1)})),
    writes(update("a", "SET big = :v", {":v": {"S": "x" * 410_000}})),
    writes(update("a", ADD, {":n": number("1e200")})),
    writes(update("a", ADD, {":n": number("1" * 41)})),
    writes(update("a", ADD, {":n": number(" 1")})),
    *[writes(update("c", ADD, {":n": number(1)}), ClientRequestToken="once")] * 2,
    writes(update("c", ADD, {":n": number(2)}), ClientRequestToken="once"),
    writes(
        {"Delete": {"TableName": "books", "Key": {"id": {"S": "b"}}}},
        update("c", ADD, {":n": number("-0.5")}),
    ),
]  # fmt: skip
KEY_A = {"TableName": "books", "Key": {"id": {"S": "a"}}}
REQUESTS: list[tuple[str, JSON]] = [
    ("CreateTable", TABLE),
    *TRANSACTIONS,
    (
        "UpdateItem",
        {
            **KEY_A,
            "UpdateExpression": ADD,
            "ConditionExpression": "size(held) < :n AND attribute_exists(id)",
            "ExpressionAttributeValues": {":n": number(3)},
            "ReturnValues": "ALL_NEW",
            "ReturnConsumedCapacity": "TOTAL",
        },
    ),
    ("GetItem", KEY_A),
    ("GetItem", {**KEY_A, "TableName": "absent"}),
    ("Scan", {"TableName": "books"}),
]


def test_every_answer_is_ministacks_own(both: tuple[ModuleType, ModuleType]) -> None:
    done = []
    for operation, request in REQUESTS:
        body = json.dumps(request).encode()
        expected, found = [call(module, operation, body) for module in both]
        if operation == "CreateTable":  # its answer holds the time and an id made up
            expected, found = (expected[0], ""), (found[0], "")
        assert found == expected, (operation, request)
        done.append(expected[0] == OK)
    # both what is done and what is refused was compared
    assert (done.count(True), done.count(False)) == (12, 11)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b'{"TableName": NaN}',
        b'{"TableName": "books", "TableName": "other"}',
        b'{"TableName": "books", "Key": {"id": {"S": "a"}}, "More": "\\ud800"}',
        b'{"TableName": "books", "Key": {"id": {"N": 1e400}}}',
    ],
)
def test_odd_bodies_are_read_alike(both: tuple[ModuleType, ModuleType], body: bytes) -> None:
    for module in both:
        call(module, "CreateTable", json.dumps(TABLE).encode())
    expected, found = [call(module, "GetItem", body) for module in both]
    assert found == expected
