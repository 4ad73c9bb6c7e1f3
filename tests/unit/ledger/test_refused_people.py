"""Who was refused what: bounded in memory, a write a person and flush, right with two processes."""

from datetime import timedelta

import pytest

from solaris.ledger import refused_people
from solaris.ledger.refused_days import LAST, MAX_MODEL_CHARACTERS
from solaris.ledger.refused_people import MAX_PEOPLE, PEOPLE_A_FLUSH
from solaris.platform.errors import StoreUnavailableError
from tests.unit.ledger.refusals_support import NOON, Days, Store, refusals_of

QUOTA = "insufficient_quota"


async def test_three_hundred_refusals_are_one_write_and_the_last_fifty_are_kept() -> None:
    store, clock = Store(), Days()
    refusals = refusals_of(store, clock=clock)
    for n in range(300):
        clock.now = NOON + timedelta(milliseconds=n)
        refusals.count(QUOTA, user_id="ana", model=f"m-{n}", key_id="key_1")
    assert store.people_calls == 0
    assert await refusals.flush()
    assert store.people_calls == 1
    assert store.refused("ana") == {QUOTA: 300}
    last = store.last("ana")
    assert [one["model"] for one in last] == [f"m-{n}" for n in range(250, 300)]
    assert last[-1] == {
        "at": "2026-11-22T15:00:00.299Z",
        "code": QUOTA,
        "model": "m-299",
        "key_id": "key_1",
    }
    refusals.count("tokens_held", user_id="ana", model="x" * 5_000)
    assert await refusals.flush()
    assert store.people_calls == 2
    assert store.refused("ana") == {QUOTA: 300, "tokens_held": 1}
    assert (len(store.last("ana")), len(store.last("ana")[-1]["model"])) == (
        LAST,
        MAX_MODEL_CHARACTERS,
    )
    assert await refusals.flush()
    assert store.people_calls == 2, "nothing new, nothing written"


async def test_two_processes_keep_what_the_other_has_written() -> None:
    store, clock = Store(), Days()
    one, other = refusals_of(store, clock=clock), refusals_of(store, clock=clock)
    for n in range(4):
        for process in (one, other):
            clock.now += timedelta(milliseconds=1)
            process.count(QUOTA, user_id="ana", model=f"{n}")
            assert await process.flush()
    assert store.refused("ana") == {QUOTA: 8}
    assert [entry["model"] for entry in store.last("ana")] == [f"{n // 2}" for n in range(8)]
    assert store.people_calls <= 16


async def test_a_write_whose_answer_was_lost_is_not_made_twice(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    store = Store()
    refusals = refusals_of(store)
    call = store.call

    async def twice(service: str, operation: str, payload: dict[str, object]) -> dict[str, object]:
        await call(service, operation, payload)
        return await call(service, operation, payload)

    refusals.count(QUOTA, user_id="ana")
    await refusals._write(f"{NOON:%Y-%m-%d}")
    monkeypatch.setattr(store, "call", twice)
    assert await refusals.flush()
    assert store.refused("ana") == {QUOTA: 1}
    assert len(store.last("ana")) == 1


@pytest.mark.parametrize(
    "code", ["invalid_api_key", "account_deleted", "invalid_request_error", "made_up"]
)
async def test_other_codes_are_of_nobody(code: str) -> None:
    store = Store()
    refusals = refusals_of(store)
    refusals.count(code, user_id="ana")
    refusals.count(QUOTA)
    assert await refusals.flush()
    assert (store.people, store.people_calls) == ({}, 0)


async def test_people_are_bounded_in_memory_and_in_a_flush() -> None:
    store = Store()
    refusals = refusals_of(store)
    for n in range(MAX_PEOPLE + 50):
        refusals.count(QUOTA, user_id=f"u-{n}")
    assert not await refusals.flush()
    assert store.people_calls == PEOPLE_A_FLUSH
    for _ in range(MAX_PEOPLE // PEOPLE_A_FLUSH - 2):
        assert not await refusals.flush()
    assert await refusals.flush()
    assert len(store.people) == store.people_calls == MAX_PEOPLE
    assert sum(store.written.values()) == MAX_PEOPLE + 50, "counted all the same"


async def test_what_the_store_does_not_take_is_kept() -> None:
    store = Store()
    refusals = refusals_of(store)
    refusals.count(QUOTA, user_id="ana", model="a")
    people = refusals._people
    store.fails = StoreUnavailableError("away")
    assert not await people.flush(1.0)
    assert len(people) == 1
    refusals.count(QUOTA, user_id="ana", model="b")
    store.fails = None
    assert await people.flush(1.0)
    assert store.refused("ana") == {QUOTA: 2}
    assert [one["model"] for one in store.last("ana")] == ["a", "b"]


async def test_versions_that_are_known_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refused_people, "MAX_SEEN", 2)
    store = Store()
    refusals = refusals_of(store)
    for _ in range(2):
        for n in range(3):
            refusals.count(QUOTA, user_id=f"u-{n}")
        assert await refusals.flush()
    assert len(refusals._people._seen) == 2
    assert [store.refused(f"u-{n}") for n in range(3)] == [{QUOTA: 2}] * 3


async def test_a_day_of_the_periods_zone_is_an_item() -> None:
    store, clock = Store(), Days()
    refusals = refusals_of(store, clock=clock)
    refusals.count(QUOTA, user_id="ana")
    clock.now = NOON + timedelta(hours=12)  # midnight in Brazil
    refusals.count(QUOTA, user_id="ana")
    assert await refusals.flush()
    assert store.refused("ana", "2026-11-22") == {QUOTA: 1}
    assert store.refused("ana", "2026-11-23") == {QUOTA: 1}
