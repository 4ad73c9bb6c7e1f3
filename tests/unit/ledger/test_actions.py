"""The ledger's actions: what a batch of usage writes."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from solaris.ledger.booking import LedgerActions, LedgerEntry, RecordedUsage
from solaris.ledger.counters import group_day
from solaris.ledger.ledger import MAX_EVENTS, fits
from solaris.ledger.records import line_from_item, usage_item
from solaris.ledger.shards import (
    COUNTER_SHARDS,
    USAGE_SHARDS,
    counter_shard,
    counter_shards,
    usage_shard,
    usage_shards,
)
from solaris.platform.aws.items import Action, Write
from solaris.platform.settings import Settings
from solaris.quota.usage import Outcome, TokenCounts, UsageEvent

NOON = datetime(2026, 11, 22, 15, 0, tzinfo=UTC)
DAY = "2026-11-22"
TRANSACTION_ACTIONS = 100
EXPRESSION_BYTES = 4096


def event(n: int = 0, **changes: Any) -> UsageEvent:
    made = UsageEvent(
        request_id=f"req-{n}",
        user_id=f"user-{n}",
        period="2026-11",
        outcome=Outcome.SETTLED,
        created_at=NOON,
        model=f"model-{n}",
        endpoint="/v1/chat/completions",
        counts=TokenCounts(10, 5, 2, 1),
        charged_tokens=15,
        reserved_tokens=100,
    )
    return replace(made, **changes)


def actions() -> LedgerActions:
    return LedgerActions(Settings(redis_url="none"), lambda: NOON)


def updates(found: list[Action], owner: str) -> list[Write]:
    """The counter updates whose owner begins so."""
    return [
        one["Update"]
        for one in found
        if "Update" in one and one["Update"]["Key"].get("owner", {"S": ""})["S"].startswith(owner)
    ]


def added(update: Write) -> dict[str, int]:
    values = update["ExpressionAttributeValues"]
    return {name[1:]: int(value["N"]) for name, value in values.items() if "N" in value}


def test_a_full_batch_of_strangers_fits_into_one_transaction() -> None:
    """Every event another user, model and hour: as many items as there can be."""
    entries = [LedgerEntry(event(n), 7, DAY, hour=n % 24) for n in range(MAX_EVENTS)]
    found = actions().ordinary(entries)
    assert len(found) == 4 * MAX_EVENTS <= TRANSACTION_ACTIONS


def test_a_full_batch_of_strangers_in_groups_fits_and_one_more_does_not() -> None:
    events = [event(n, group_id=f"{n:012x}") for n in range(MAX_EVENTS)]
    most = next(n for n in range(MAX_EVENTS + 1) if not fits(events[: n + 1]))
    found = actions().ordinary([LedgerEntry(one, 7, DAY) for one in events[:most]])
    assert len(found) == 5 * most == TRANSACTION_ACTIONS
    assert not fits([event(n) for n in range(MAX_EVENTS + 1)])


def test_a_group_is_counted_beside_user_and_system_in_the_systems_shard() -> None:
    entries = [
        LedgerEntry(event(0, model="m", group_id="aaaaaaaaaaaa"), 7, DAY, hour=13),
        LedgerEntry(event(1, model="m", group_id="aaaaaaaaaaaa"), 8, DAY, hour=14),
        LedgerEntry(event(2, model="m", group_id="bbbbbbbbbbbb"), 9, DAY),
        LedgerEntry(event(3, model="m"), 9, DAY),
    ]
    found = actions().add_counters(entries)
    (system,), groups = updates(found, "system#"), updates(found, "groups#")
    shard = system["Key"]["owner"]["S"].removeprefix("system#")
    assert {one["Key"]["owner"]["S"] for one in groups} == {f"groups#{shard}"}
    sums = {one["Key"]["day_model"]["S"]: added(one) for one in groups}
    assert sums.keys() == {f"{DAY}#aaaaaaaaaaaa#m", f"{DAY}#bbbbbbbbbbbb#m"}
    first = sums[f"{DAY}#aaaaaaaaaaaa#m"]
    assert (first["requests"], first["charged_tokens"], first["cost_micros"]) == (2, 30, 15)
    assert not [name for name in first if name[-2:].isdigit()]
    assert [group_day(key) for key in sorted(sums)] == [
        (DAY, "aaaaaaaaaaaa", "m"),
        (DAY, "bbbbbbbbbbbb", "m"),
    ]


def test_a_late_answer_takes_the_estimate_out_of_the_group_that_its_record_says() -> None:
    recorded = RecordedUsage(
        Outcome.EXPIRED, TokenCounts(40), 40, 3, "model-0", group_id="aaaaaaaaaaaa"
    )
    late = LedgerEntry(event(group_id="bbbbbbbbbbbb"), 7, DAY)
    found = updates(actions().correct_counters(late, recorded), "groups#")
    sums = {one["Key"]["day_model"]["S"].split("#")[1]: added(one) for one in found}
    assert sums["aaaaaaaaaaaa"]["charged_tokens"] == -40
    assert sums["bbbbbbbbbbbb"]["charged_tokens"] == 15


def test_hours_of_one_counter_stay_below_the_size_of_an_expression() -> None:
    one_model = [event(n, model="m") for n in range(MAX_EVENTS)]
    entries = [LedgerEntry(one, 7, DAY, hour=n) for n, one in enumerate(one_model)]
    (system,) = updates(actions().add_counters(entries), "system#")
    assert len(system["UpdateExpression"]) < EXPRESSION_BYTES
    sums = added(system)
    assert sum(sums[f"tokens_{hour:02d}"] for hour in range(24)) == sums["charged_tokens"]
    assert [sums[f"requests_{hour:02d}"] for hour in range(24)] == [1] * 24


def test_only_users_counters_are_in_the_index_by_day() -> None:
    found = actions().add_counters([LedgerEntry(event(), 7, DAY, hour=13)])
    (user,), (system,) = updates(found, "user#"), updates(found, "system#")
    shard = user["ExpressionAttributeValues"][":day_shard"]
    assert shard == {"S": counter_shard(DAY, "user-0")}
    assert "SET day_shard = :day_shard" in user["UpdateExpression"]
    assert ":day_shard" not in system["ExpressionAttributeValues"]


def test_only_the_systems_counters_have_hours() -> None:
    found = actions().add_counters([LedgerEntry(event(), 7, DAY, hour=13)])
    (user,), (system,) = updates(found, "user#"), updates(found, "system#")
    assert added(system)["tokens_13"] == 15
    assert added(system)["requests_13"] == 1
    assert not [name for name in added(user) if name[-2:].isdigit()]


def test_only_the_systems_counters_count_first_bytes_in_the_same_write() -> None:
    entries = [
        LedgerEntry(event(n, model="m", user_id="u", first_byte_ms=ms), 7, DAY, hour=13)
        for n, ms in enumerate((90, 100, 700, 20_000, None))
    ]
    (user,), (system,) = (
        updates(actions().add_counters(entries), one) for one in ("user#", "system#")
    )
    counted = {name: n for name, n in added(system).items() if name.startswith("first_")}
    assert counted == {"first_100": 2, "first_800": 1, "first_more": 1}
    assert not [name for name in added(user) if name.startswith("first_")]


def test_a_late_answer_is_counted_where_its_expiry_had_no_first_byte() -> None:
    recorded = RecordedUsage(Outcome.EXPIRED, TokenCounts(40), 40, 3, "model-0")
    entry = LedgerEntry(event(first_byte_ms=250), 7, DAY, hour=9)
    (system,) = updates(actions().correct_counters(entry, recorded), "system#")
    assert (added(system)["requests"], added(system)["first_400"]) == (0, 1)


def test_a_correction_puts_the_difference_into_the_same_hour() -> None:
    recorded = RecordedUsage(Outcome.EXPIRED, TokenCounts(40), 40, 3, "model-0")
    entry = LedgerEntry(event(), 7, DAY, hour=9)
    (system,) = updates(actions().correct_counters(entry, recorded), "system#")
    assert added(system)["tokens_09"] == 15 - 40
    assert added(system)["requests_09"] == 0
    assert added(system)["charged_tokens"] == 15 - 40
    assert added(system)["cost_micros"] == 7 - 3


def test_a_correction_to_no_answer_moves_the_request_to_where_those_are_counted() -> None:
    recorded = RecordedUsage(Outcome.EXPIRED, TokenCounts(40), 40, 3, "model-0")
    released = event(
        outcome=Outcome.RELEASED, counts=TokenCounts(), charged_tokens=0, status_code=502
    )
    found = actions().correct_counters(LedgerEntry(released, 0, DAY, hour=9), recorded)
    by_model = {
        one["Key"]["day_model"]["S"].partition("#")[2]: added(one)
        for one in updates(found, "system#")
    }
    assert by_model["model-0"]["tokens_09"] == -40
    assert by_model["model-0"]["requests_09"] == -1
    assert by_model["-"]["requests_09"] == 1
    assert by_model["-"]["errors"] == 1


def test_a_record_reads_back_as_what_was_written() -> None:
    written = event(first_byte_ms=12, error_message="x", key_id="key_1", user_agent="curl")
    item = usage_item(written, cost_micros=7, day=DAY, recorded_at=NOON)
    line = line_from_item(item)
    assert item["day_shard"] == {"S": usage_shard(DAY, written.request_id)}
    for name in ("request_id", "user_id", "record_key", "created_at", "model", "endpoint"):
        assert getattr(line, name) == getattr(written, name)
    for name in ("charged_tokens", "status_code", "first_byte_ms", "error_message", "key_id"):
        assert getattr(line, name) == getattr(written, name)
    assert (line.day, line.cost_micros, line.total_tokens) == (DAY, 7, 15)
    assert (line.ip_address, line.response_time_ms, line.estimated) == (None, None, False)


def test_a_record_holds_what_it_cost_to_the_nano_dollar_or_that_nobody_knows() -> None:
    counts = TokenCounts(10, 5, 2, 1, 4, 3)
    written = event(counts=counts, asked_model="alias", answered_model="gpt-x")
    item = usage_item(written, cost_micros=7, cost_nanos=450, day=DAY, recorded_at=NOON)
    line = line_from_item(item)
    assert (line.cost, line.shown_micros, line.unpriced) == (7_450, 7, False)
    assert (line.cache_write_tokens, line.cache_write_1h_tokens) == (4, 3)
    assert (line.asked_model, line.answered_model) == ("alias", "gpt-x")
    unknown = usage_item(event(), cost_micros=0, unpriced=True, day=DAY, recorded_at=NOON)
    assert (line_from_item(unknown).cost, line_from_item(unknown).shown_micros) == (None, None)


def test_a_record_without_what_came_later_is_that_of_the_version_before() -> None:
    item = usage_item(event(), cost_micros=7, day=DAY, recorded_at=NOON)
    later = {"cost_nanos", "unpriced", "cache_write_tokens", "cache_write_1h_tokens"}
    assert (later | {"asked_model", "answered_model"}).isdisjoint(item)
    line = line_from_item(item)
    assert (line.cost, line.unpriced, line.cache_write_tokens) == (7_000, False, 0)


def test_counters_take_the_nano_dollars_and_what_has_no_price() -> None:
    entries = [LedgerEntry(event(n, model="m"), 1, DAY, cost_nanos=600) for n in range(3)]
    entries.append(LedgerEntry(event(3, model="m"), 0, DAY, unpriced=True))
    (system,) = updates(actions().add_counters(entries), "system#")
    sums = added(system)
    assert (sums["cost_micros"], sums["cost_nanos"], sums["unpriced_requests"]) == (3, 1_800, 1)
    whole = [LedgerEntry(event(), 7, DAY)]
    (system,) = updates(actions().add_counters(whole), "system#")
    assert {"cost_nanos", "unpriced_requests"}.isdisjoint(added(system))


def test_a_correction_takes_back_the_nano_dollars_and_the_missing_price() -> None:
    recorded = RecordedUsage(
        Outcome.EXPIRED, TokenCounts(40), 40, 3, "model-0", cost_nanos=900, unpriced=True
    )
    entry = LedgerEntry(event(), 7, DAY, cost_nanos=100)
    (system,) = updates(actions().correct_counters(entry, recorded), "system#")
    sums = added(system)
    assert (sums["cost_micros"], sums["cost_nanos"], sums["unpriced_requests"]) == (4, -800, -1)


def test_a_day_knows_every_shard_that_a_write_may_choose() -> None:
    usage = {usage_shard(DAY, f"req-{n}") for n in range(500)}
    counters = {counter_shard(DAY, f"user-{n}") for n in range(500)}
    assert usage == set(usage_shards(DAY))
    assert counters == set(counter_shards(DAY))
    assert (len(usage), len(counters)) == (USAGE_SHARDS, COUNTER_SHARDS)
