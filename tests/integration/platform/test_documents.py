"""Documents that admins change: versions on the real store, and what a process tells of them."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest

from solaris.platform.aws.documents import FRESH_SECONDS, OLDEST_SECONDS, Live
from solaris.platform.errors import ConflictError, StoreUnavailableError
from tests.integration.conftest import NOON, MoneyPath


def test_a_document_is_written_over_the_version_that_was_read(money: MoneyPath) -> None:
    documents = money.parts.quota.documents
    nothing = documents.get("weights")
    assert (nothing.version, nothing.body) == (0, None)
    first = documents.put(nothing, {"*": 1}, changed_by="a@example.com", now=NOON)
    assert documents.get("weights") == first
    assert (first.version, first.changed_at, first.changed_by) == (1, NOON, "a@example.com")
    second = documents.put(first, {"*": 2}, changed_by="b@example.com", now=NOON)
    with pytest.raises(ConflictError, match="weights"):
        documents.put(first, {"*": 3}, changed_by="a@example.com", now=NOON)
    with pytest.raises(ConflictError):
        documents.put(nothing, {"*": 3}, changed_by="a@example.com", now=NOON)
    assert documents.get("weights") == second


def test_of_writers_at_one_moment_one_wins(money: MoneyPath) -> None:
    documents = money.parts.quota.documents
    before = documents.get("plans")

    def write(n: int) -> bool:
        try:
            documents.put(before, {"n": n}, changed_by=str(n), now=NOON)
        except ConflictError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        written = list(pool.map(write, range(8)))
    assert written.count(True) == 1
    assert documents.get("plans").body == {"n": written.index(True)}


class Source:
    """What `Live` reads: a figure that rises, or a store that is away."""

    def __init__(self) -> None:
        self.now, self.reads, self.is_away = 1000.0, 0, False

    def read(self) -> int:
        self.reads += 1
        if self.is_away:
            raise StoreUnavailableError("away")
        return self.reads

    def timer(self) -> float:
        return self.now


def test_it_is_told_from_memory_and_read_again_when_it_is_old() -> None:
    source = Source()
    live = Live(source.read, source.timer)
    assert [live.get() for _ in range(3)] == [1, 1, 1]
    source.now += FRESH_SECONDS
    assert live.get() == 2
    live.forget()
    assert live.get() == 3


def test_what_is_known_is_told_while_the_store_is_away() -> None:
    source = Source()
    live = Live(source.read, source.timer)
    source.is_away = True
    with pytest.raises(StoreUnavailableError):
        live.get()
    source.is_away = False
    assert live.get() == 2
    source.is_away, source.now = True, source.now + 3600
    assert live.get() == 2


async def test_a_loop_is_told_at_once_and_waits_only_for_what_is_very_old() -> None:
    source = Source()
    live = Live(source.read, source.timer)
    assert await live.aget() == 1
    source.now += FRESH_SECONDS
    assert await live.aget() == 1
    for _ in range(100):
        if source.reads > 1:
            break
        await asyncio.sleep(0.01)
    assert await live.aget() == 2
    source.now += OLDEST_SECONDS
    assert await live.aget() == 3
