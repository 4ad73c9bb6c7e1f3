"""The embedded store's windowed queries, of tables and of their indexes, across a restart too."""

from __future__ import annotations

import itertools
import signal
from typing import TYPE_CHECKING, Any

import pytest

from tests.integration.store_process import Client, RunningStore

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

RECORDS = "records"
DAYS = 3
TIMES = 400

# (owner, at, day): several owners have the same time, so that the index's own order is needed
ROWS = [
    (f"owner-{n % 5}", f"{n // 2 % TIMES:05d}#{n}", f"day-{n % DAYS}") for n in range(TIMES * 2)
]


def create_records(client: Client) -> None:
    keys = [("owner", "HASH"), ("at", "RANGE")]
    index = [("day", "HASH"), ("at", "RANGE")]
    client.dynamodb(
        "CreateTable",
        TableName=RECORDS,
        KeySchema=[{"AttributeName": name, "KeyType": kind} for name, kind in keys],
        AttributeDefinitions=[
            {"AttributeName": name, "AttributeType": "S"} for name in ("owner", "at", "day")
        ],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "by_day",
                "KeySchema": [{"AttributeName": name, "KeyType": kind} for name, kind in index],
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
        BillingMode="PAY_PER_REQUEST",
    )


def put(client: Client, owner: str, at: str, day: str | None) -> None:
    item = {"owner": {"S": owner}, "at": {"S": at}}
    if day is not None:
        item["day"] = {"S": day}
    client.dynamodb("PutItem", TableName=RECORDS, Item=item)


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    directory: Path = tmp_path_factory.mktemp("store")
    store = RunningStore(directory)
    client = store.start()
    create_records(client)
    for row in ROWS:
        put(client, *row)
    put(client, "owner-0", "sparse", None)
    yield client
    store.close()


def _names(condition: str) -> dict[str, str]:
    """Aliases: owner and day are reserved words."""
    return {f"#{name}": name for name in ("at", "owner", "day") if f"#{name}" in condition}


def query(client: Client, condition: str, index: str | None = None, **more: Any) -> list[str]:
    """The `at` of everything that a query finds, page by page."""
    values = {key: {"S": one} for key, one in more.pop("values").items()}
    request = {
        "TableName": RECORDS,
        "KeyConditionExpression": condition,
        "ExpressionAttributeNames": _names(condition) or None,
        "ExpressionAttributeValues": values,
        "IndexName": index,
        **more,
    }
    request = {name: value for name, value in request.items() if value is not None}
    found: list[str] = []
    for _ in range(1000):
        page = client.dynamodb("Query", **request)
        assert page["ScannedCount"] <= more.get("Limit", 10**6)
        found += [item["at"]["S"] for item in page["Items"]]
        if "LastEvaluatedKey" not in page:
            return found
        request["ExclusiveStartKey"] = page["LastEvaluatedKey"]
    raise AssertionError("pages without end")


CONDITIONS: list[tuple[str, dict[str, str], Any]] = [
    ("", {}, lambda _: True),
    ("#at = :a", {":a": "00010#20"}, lambda at: at == "00010#20"),
    ("#at < :a", {":a": "00100"}, lambda at: at < "00100"),
    ("#at >= :a", {":a": "00100"}, lambda at: at >= "00100"),
    ("#at BETWEEN :a AND :b", {":a": "00050", ":b": "00070"}, lambda at: "00050" <= at <= "00070"),
    ("begins_with(#at, :a)", {":a": "0012"}, lambda at: at.startswith("0012")),
]


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("limit", [1, 7, 5000])
@pytest.mark.parametrize("case", CONDITIONS)
def test_pages_hold_what_the_condition_says_once_and_in_order(
    client: Client, case: tuple[str, dict[str, str], Any], limit: int, *, descending: bool
) -> None:
    condition, values, passes = case
    both = f" AND {condition}" if condition else ""
    more: dict[str, Any] = {"Limit": limit, "ScanIndexForward": not descending}
    by_day = query(
        client, "#day = :key" + both, "by_day", values=values | {":key": "day-1"}, **more
    )
    wanted = [at for _, at, day in ROWS if day == "day-1" and passes(at)]
    assert by_day == sorted(wanted, reverse=descending)
    own = query(client, "#owner = :key" + both, values=values | {":key": "owner-3"}, **more)
    wanted = [at for owner, at, _ in ROWS if owner == "owner-3" and passes(at)]
    assert own == sorted(wanted, reverse=descending)


def test_a_filter_leaves_out_and_does_not_end_a_page(client: Client) -> None:
    request = {
        "TableName": RECORDS,
        "IndexName": "by_day",
        "KeyConditionExpression": "#day = :key",
        "FilterExpression": "#owner = :owner",
        "ExpressionAttributeNames": {"#owner": "owner", "#day": "day"},
        "ExpressionAttributeValues": {":key": {"S": "day-2"}, ":owner": {"S": "owner-4"}},
        "Limit": 30,
    }
    page = client.dynamodb("Query", **request)
    assert page["ScannedCount"] == 30
    rows = sorted(row for row in ((at, owner) for owner, at, day in ROWS if day == "day-2"))[:30]
    assert [item["at"]["S"] for item in page["Items"]] == [
        at for at, owner in rows if owner == "owner-4"
    ]


def test_a_query_without_limit_ends_at_a_megabyte_and_goes_on(client: Client) -> None:
    for number in range(40):
        item = {"owner": "big", "at": f"{number:02d}", "day": "big-day", "text": "x" * 60_000}
        typed = {name: {"S": value} for name, value in item.items()}
        client.dynamodb("PutItem", TableName=RECORDS, Item=typed)
    found = query(client, "#day = :key", "by_day", values={":key": "big-day"})
    assert found == [f"{number:02d}" for number in range(40)]


@pytest.mark.parametrize(
    ("condition", "values"),
    [
        ("#day > :key", {":key": "day-1"}),
        ("#owner = :key", {":key": "owner-1"}),
        ("#day = :key AND #owner = :other", {":key": "day-1", ":other": "owner-1"}),
        ("#day = :missing", {":key": "day-1"}),
    ],
)
def test_what_is_wrong_is_refused_as_before(
    client: Client, condition: str, values: dict[str, str]
) -> None:
    status, answer = client.call(
        "dynamodb",
        "Query",
        TableName=RECORDS,
        IndexName="by_day",
        KeyConditionExpression=condition,
        **({"ExpressionAttributeNames": _names(condition)} if "#" in condition else {}),
        ExpressionAttributeValues={key: {"S": one} for key, one in values.items()},
    )
    assert status == 400
    assert answer["__type"]


def test_a_reserved_word_is_refused_as_before(client: Client) -> None:
    request = {
        "TableName": RECORDS,
        "KeyConditionExpression": "owner = :key",
        "ExpressionAttributeValues": {":key": {"S": "owner-1"}},
    }
    status, answer = client.call("dynamodb", "Query", **request)
    assert status == 400
    assert "reserved keyword" in answer["message"]


def test_a_start_key_outside_the_condition_is_refused_as_before(client: Client) -> None:
    status, _ = client.call(
        "dynamodb",
        "Query",
        TableName=RECORDS,
        KeyConditionExpression="#owner = :key AND #at > :a",
        ExpressionAttributeNames={"#at": "at", "#owner": "owner"},
        ExpressionAttributeValues={":key": {"S": "owner-1"}, ":a": {"S": "00100"}},
        ExclusiveStartKey={"owner": {"S": "owner-1"}, "at": {"S": "00050#1"}},
    )
    assert status == 400


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_an_index_is_right_after_a_restart(tmp_path: Path, number: signal.Signals) -> None:
    """From the journal alone (killed), and from a snapshot (stopped)."""
    store = RunningStore(tmp_path)
    try:
        client = store.start()
        create_records(client)
        for row in ROWS[:60]:
            put(client, *row)
        on_day_1 = {":key": "day-1"}
        assert query(client, "#day = :key", "by_day", values=on_day_1)  # the index is in memory
        moved = next(row for row in ROWS if row[2] == "day-0")
        put(client, moved[0], moved[1], "day-1")
        gone = next(row for row in ROWS if row[2] == "day-1")
        client.dynamodb(
            "DeleteItem", TableName=RECORDS, Key={"owner": {"S": gone[0]}, "at": {"S": gone[1]}}
        )
        before = query(client, "#day = :key", "by_day", values=on_day_1)
        assert moved[1] in before
        assert gone[1] not in before
        store.end(number)
        client = store.start()
        assert client.status()["replayed_differently"] == 0
        assert query(client, "#day = :key", "by_day", values=on_day_1) == before
        for n in range(3):
            put(client, "late", f"{n:05d}", "day-1")
        after = query(client, "#day = :key", "by_day", values=on_day_1)
        assert len(after) == len(before) + 3
        store.end()
        client = store.start()
        assert query(client, "#day = :key", "by_day", values=on_day_1) == after
        by_owner = query(client, "#owner = :key", values={":key": "late"})
        assert by_owner == [f"{n:05d}" for n in range(3)]
    finally:
        store.close()


def test_an_index_is_right_when_snapshots_are_taken_under_writes(tmp_path: Path) -> None:
    store = RunningStore(tmp_path)
    try:
        client = store.start("--max-journal-records", "100")
        create_records(client)
        written = itertools.islice(ROWS, 500)
        for n, row in enumerate(written):
            put(client, *row)
            if n % 50 == 0:
                query(client, "#day = :key", "by_day", values={":key": row[2]})
        client.until(lambda status: status["snapshots_taken"] >= 1)
        store.end()
        client = store.start()
        wanted = sorted(at for _, at, day in ROWS[:500] if day == "day-0")
        assert query(client, "#day = :key", "by_day", values={":key": "day-0"}) == wanted
    finally:
        store.close()
