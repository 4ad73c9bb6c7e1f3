"""Keys that DynamoDB leaves unread are asked for again, after a pause, and not for ever."""

import time
from typing import Any

import pytest

from solaris.platform.aws.client import BATCH_READ_ITEMS, read_items, read_together
from solaris.platform.aws.items import Item, text
from solaris.platform.aws.retry import UNREAD
from solaris.platform.errors import StoreUnavailableError


class Busy:
    """Answers for `a_call` keys of each table, of those that it has; the others stay unread."""

    def __init__(self, a_call: int, **tables: set[str]) -> None:
        self.requests: list[Any] = []
        self._a_call = a_call
        self._tables = tables

    def batch_get_item(self, RequestItems: Any) -> Any:  # noqa: N803 - boto3's name
        self.requests.append(RequestItems)
        answer: dict[str, Any] = {"Responses": {}, "UnprocessedKeys": {}}
        for table, asked in RequestItems.items():
            now, later = asked["Keys"][: self._a_call], asked["Keys"][self._a_call :]
            answer["Responses"][table] = [k for k in now if k["id"]["S"] in self._tables[table]]
            if later:
                answer["UnprocessedKeys"][table] = {"Keys": later}
        return answer


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    pauses: list[float] = []
    monkeypatch.setattr(time, "sleep", pauses.append)
    return pauses


def keys(*ids: str) -> list[Item]:
    return [{"id": text(one)} for one in ids]


def test_items_of_two_tables_come_apart_and_what_is_not_there_is_left_out(
    slept: list[float],
) -> None:
    client = Busy(9, a={"1", "2"}, b=set())
    found = read_together(client, {"a": keys("1", "3", "2"), "b": keys("1")})
    assert found == {"a": keys("1", "2"), "b": []}
    assert [len(one["a"]["Keys"]) for one in client.requests] == [3]
    assert all(one["ConsistentRead"] for one in client.requests[0].values())
    assert slept == []


def test_what_was_left_unread_is_asked_for_again_after_a_pause(slept: list[float]) -> None:
    client = Busy(1, a={"1", "2", "3"})
    assert read_items(client, "a", keys("1", "2", "3")) == keys("1", "2", "3")
    asked = [{"a": {"Keys": keys(*some), "ConsistentRead": True}} for some in ("123", "23", "3")]
    assert client.requests == asked
    assert len(slept) == 2


def test_a_call_asks_for_a_hundred_keys_at_most(slept: list[float]) -> None:
    ids = [str(n) for n in range(2 * BATCH_READ_ITEMS + 1)]
    client = Busy(BATCH_READ_ITEMS, a=set(ids))
    assert read_items(client, "a", keys(*ids)) == keys(*ids)
    assert [len(one["a"]["Keys"]) for one in client.requests] == [100, 100, 1]
    assert read_items(client, "a", []) == []
    assert len(client.requests) == 3


def test_a_store_that_leaves_keys_unread_for_good_is_unavailable(slept: list[float]) -> None:
    client = Busy(0, a=set())
    with pytest.raises(StoreUnavailableError, match="2 items of a unread"):
        read_items(client, "a", keys("1", "2"))
    assert len(client.requests) == UNREAD.most
    assert len(slept) == UNREAD.most - 1
