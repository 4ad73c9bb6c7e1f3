"""The embedded store's windowed scans: the whole table, in pages, exactly once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.integration.store_process import TABLE, Client, RunningStore

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

RANGED = "ranged"


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    directory: Path = tmp_path_factory.mktemp("store")
    store = RunningStore(directory)
    client = store.start()
    client.create_table()
    client.dynamodb(
        "CreateTable",
        TableName=RANGED,
        KeySchema=[
            {"AttributeName": "id", "KeyType": "HASH"},
            {"AttributeName": "n", "KeyType": "RANGE"},
        ],
        AttributeDefinitions=[
            {"AttributeName": "id", "AttributeType": "S"},
            {"AttributeName": "n", "AttributeType": "S"},
        ],
        BillingMode="PAY_PER_REQUEST",
    )
    for number in range(60):
        client.put(f"thing-{number:02d}", "x" * 40_000)
        item = {"id": {"S": f"{number % 7}"}, "n": {"S": f"{number:02d}"}}
        client.dynamodb("PutItem", TableName=RANGED, Item=item)
    yield client
    store.close()


def pages(client: Client, table: str, **more: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    start: dict[str, Any] = {}
    while True:
        found.append(client.dynamodb("Scan", TableName=table, **more, **start))
        if "LastEvaluatedKey" not in found[-1]:
            return found
        start = {"ExclusiveStartKey": found[-1]["LastEvaluatedKey"]}
        assert len(found) < 200


def keys(found: list[dict[str, Any]]) -> list[tuple[str, ...]]:
    return [
        tuple(item[name]["S"] for name in ("id", "n") if name in item)
        for page in found
        for item in page["Items"]
    ]


THINGS = [(f"thing-{number:02d}",) for number in range(60)]
RANGED_KEYS = sorted((f"{number % 7}", f"{number:02d}") for number in range(60))


@pytest.mark.parametrize("limit", [1, 7, 59, 60, 61, 5_000])
@pytest.mark.parametrize(("table", "expected"), [(TABLE, THINGS), (RANGED, RANGED_KEYS)])
def test_pages_hold_every_item_once_in_order(
    client: Client, table: str, expected: list[tuple[str, ...]], limit: int
) -> None:
    found = pages(client, table, Limit=limit)
    assert keys(found) == expected
    assert all(page["ScannedCount"] <= limit for page in found)


def test_a_page_without_limit_ends_at_a_megabyte(client: Client) -> None:
    found = pages(client, TABLE)
    assert keys(found) == THINGS
    assert [page["Count"] for page in found] == [26, 26, 8]


@pytest.mark.parametrize(("table", "expected"), [(TABLE, THINGS), (RANGED, RANGED_KEYS)])
def test_segments_are_disjoint_and_together_the_table(
    client: Client, table: str, expected: list[tuple[str, ...]]
) -> None:
    parts = [keys(pages(client, table, Limit=4, Segment=n, TotalSegments=3)) for n in range(3)]
    assert sorted(key for part in parts for key in part) == expected
    assert all(part == sorted(part) for part in parts)


def test_a_filter_changes_what_is_answered_and_not_where_a_page_ends(client: Client) -> None:
    values = {":id": {"S": "thing-50"}}
    found = pages(
        client, TABLE, Limit=20, FilterExpression="id > :id", ExpressionAttributeValues=values
    )
    assert [page["ScannedCount"] for page in found] == [20, 20, 20, 0]
    assert keys(found) == THINGS[51:]


def test_a_start_key_that_is_gone_is_still_a_place(client: Client) -> None:
    start = {"id": {"S": "thing-10-and-a-half"}}
    page = client.dynamodb("Scan", TableName=TABLE, Limit=2, ExclusiveStartKey=start)
    assert keys([page]) == [("thing-11",), ("thing-12",)]


@pytest.mark.parametrize(
    "wrong",
    [
        {"Segment": 3, "TotalSegments": 3},
        {"Segment": 0},
        {"Limit": 0},
        {"ExclusiveStartKey": {"other": {"S": "x"}}},
        {"TableName": "no-such-table"},
    ],
)
def test_what_is_wrong_is_refused_as_before(client: Client, wrong: dict[str, Any]) -> None:
    status, answer = client.call("dynamodb", "Scan", **({"TableName": TABLE} | wrong))
    assert status == 400
    assert answer["__type"]
