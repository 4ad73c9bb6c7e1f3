"""Weights on the real store: held, settled, left behind by a crash, and proved by the books."""

import asyncio
from dataclasses import replace
from typing import Any

import orjson
import pytest

from solaris.platform.aws.items import number, text
from solaris.platform.errors import QuotaExhaustedError, SolarisError
from solaris.platform.model_weight import ModelWeight
from solaris.quota.usage import Outcome, TokenCounts, UsageEvent
from solaris.reconciliation.books import Fault
from tests.integration.conftest import ANA, MoneyPath
from tests.integration.gateway.test_quoting import headers, quoting
from tests.integration.reconciliation.test_reconciling import run

HEAVY = ModelWeight(2_000, 5_000, 500)
FREE = ModelWeight(0, 0, 0)


def answered(money: MoneyPath, admission: Any, weight: ModelWeight, **counts: int) -> UsageEvent:
    """The event of an answer that is charged by this weight."""
    used = TokenCounts(**counts)
    held = admission.reservation.weight
    return replace(
        money.event(admission.reservation),
        counts=used,
        charged_tokens=used.charged_tokens(weight),
        weight=weight,
        held_weight=None if held == weight else held,
    )


async def test_held_and_booked_by_weight(money: MoneyPath) -> None:
    money.put_user(monthly_limit=100_000)
    admission = await money.admit(prompt=1_000, most=500, weight=HEAVY)
    assert (admission.reservation.tokens, admission.completion_tokens) == (4_500, 500)
    assert money.user().reservations[admission.reservation.request_id].weight == HEAVY
    event = answered(
        money, admission, HEAVY, prompt_tokens=1_000, completion_tokens=40, cached_tokens=600
    )
    assert money.record(event) == []
    user = money.user()
    # 2 x 400 + 0.5 x 600 + 5 x 40
    assert (user.current_usage, user.available_tokens) == (1_300, 98_700)
    (record,) = money.rows("usage")
    assert (record["total_tokens"], record["charged_tokens"]) == (1_040, 1_300)
    assert record["weight"] == [{"N": "2000"}, {"N": "5000"}, {"N": "500"}]
    assert "held_weight" not in record
    assert not run(money).findings


async def test_another_model_that_answers_is_charged_beyond_the_hold_and_told(
    money: MoneyPath,
) -> None:
    money.put_user(monthly_limit=100_000)
    admission = await money.admit(prompt=100, most=100, weight=FREE)
    assert admission.reservation.tokens == 0
    assert (
        money.record(answered(money, admission, HEAVY, prompt_tokens=100, completion_tokens=100))
        == []
    )
    assert money.user().current_usage == 700
    (record,) = money.rows("usage")
    assert record["held_weight"] == [{"N": "0"}] * 3
    assert not run(money).findings


async def test_a_free_request_is_admitted_whatever_is_used(money: MoneyPath) -> None:
    money.put_user(monthly_limit=1_000)
    money.spend(5_000)
    assert money.user().available_tokens == -4_000
    admission = await money.admit(prompt=100, weight=FREE)
    assert (admission.cap_tokens, admission.is_over_limit) == (None, False)
    longer = await money.meter.hold_more(admission, 3_000)
    assert longer.completion_tokens == admission.completion_tokens + 3_000
    assert money.record(answered(money, longer, FREE, prompt_tokens=100)) == []
    assert money.user().current_usage == 5_000
    with pytest.raises(QuotaExhaustedError):
        await money.admit(prompt=1, completes=False)


async def test_what_a_crash_leaves_is_charged_by_weight(money: MoneyPath) -> None:
    money.put_user(monthly_limit=100_000)
    admission = await money.admit(prompt=1_000, weight=HEAVY)
    money.clock.forward(minutes=16)
    await money.admit(prompt=10, completes=False)
    money.parts.ledger.recorder.expire(money.user().user_id, [admission.reservation])
    (record,) = money.rows("usage")
    assert (record["outcome"], record["charged_tokens"]) == (Outcome.EXPIRED.value, 2_000)
    late = answered(money, admission, HEAVY, prompt_tokens=900, completion_tokens=10)
    assert money.record(late) == []
    assert money.user().current_usage == 1_850
    assert not run(money).findings


async def test_more_is_held_by_weight(money: MoneyPath) -> None:
    money.put_user(monthly_limit=20_000)
    admission = await money.admit(prompt=1_000, most=100, weight=HEAVY)
    more = await money.meter.hold_more(admission, 1_000)
    assert (more.reservation.tokens, more.completion_tokens) == (7_500, 1_100)
    # 12,500 are left: 2,500 tokens of the answer
    most = await money.meter.hold_more(more, 5_000)
    assert (most.reservation.tokens, most.completion_tokens) == (20_000, 3_600)
    assert money.user().available_tokens == 0
    assert money.record(answered(money, most, HEAVY, prompt_tokens=1_000)) == []


async def test_twenty_parallel_heavy_chats_end_at_the_limit(money: MoneyPath) -> None:
    money.put_user(monthly_limit=100_000)
    found = await asyncio.gather(
        *(money.admit(prompt=100, most=2_000, weight=HEAVY) for _ in range(20)),
        return_exceptions=True,
    )
    admitted = [one for one in found if not isinstance(one, BaseException)]
    assert all(isinstance(one, SolarisError) for one in found if isinstance(one, BaseException))
    assert len(admitted) >= 10
    events = [
        answered(money, one, HEAVY, prompt_tokens=100, completion_tokens=one.cap_tokens or 2_000)
        for one in admitted
    ]
    assert money.record(*events) == []
    assert 0.9 * 100_000 < money.user().current_usage <= 100_000


async def test_an_event_of_the_version_before_is_booked_as_it_says(money: MoneyPath) -> None:
    """An old proxy beside a new recorder: CACHED_TOKEN_WEIGHT was all that there was."""
    money.put_user(monthly_limit=100_000)
    admission = await money.admit(prompt=100, most=100)
    counts = TokenCounts(prompt_tokens=100, completion_tokens=10, cached_tokens=80)
    event = replace(money.event(admission.reservation), counts=counts, charged_tokens=70)
    assert money.record(event) == []
    assert money.user().current_usage == 70
    assert not run(money).findings


@pytest.mark.parametrize("charged", [1_299, 1_301, 0])
async def test_the_books_prove_each_charge(money: MoneyPath, charged: int) -> None:
    money.put_user(monthly_limit=100_000)
    admission = await money.admit(prompt=1_000, most=500, weight=HEAVY)
    event = answered(
        money, admission, HEAVY, prompt_tokens=1_000, completion_tokens=40, cached_tokens=600
    )
    assert money.record(replace(event, charged_tokens=charged)) == []
    (finding,) = run(money).findings
    difference = finding.difference
    assert difference.fault is Fault.CHARGE
    assert (difference.place, difference.expected, difference.found) == (
        event.record_key,
        1_300,
        charged,
    )
    assert not finding.is_mended


async def test_a_reservation_of_the_version_before_counts_once(money: MoneyPath) -> None:
    money.put_user(monthly_limit=100_000)
    await money.admit(prompt=100, most=100)
    table = money.parts.settings.table_name("users")
    (item,) = money.parts.platform.dynamodb.scan(TableName=table)["Items"]
    ((_, held),) = item["reservations"]["M"].items()
    assert "weight" not in held["M"]


async def test_a_check_tells_what_a_call_would_take(money: MoneyPath) -> None:
    money.put_user(monthly_limit=10_000)
    money.parts.platform.dynamodb.put_item(
        TableName=money.parts.settings.table_name("periods"),
        Item={
            "user_id": text("system#policy"),
            "period": text("weights"),
            "version": number(1),
            "body": text('{"big": {"prompt": 2, "completion": 5}, "free": 0}'),
            "changed_at": text("2026-11-15T15:00:00.000Z"),
            "changed_by": text(ANA),
        },
    )
    quotes = quoting(money)

    def check(**body: Any) -> Any:
        return quotes.check(headers(), orjson.dumps(body)).body

    big = check(model="big", estimated_tokens=1_000, max_tokens=1_000)
    assert (big["allowed"], big["charged_tokens"]) == (True, 7_000)
    assert big["weight"] == {"prompt": 2, "completion": 5, "cached": 2}
    assert check(model="big", estimated_tokens=2_000)["charged_tokens"] == 10_000
    assert check(model="big", estimated_tokens=2_001)["reason"] == "insufficient_quota"
    assert check(model="free", estimated_tokens=10**9)["allowed"] is True
    assert check(estimated_tokens=10_000)["charged_tokens"] == 10_000
