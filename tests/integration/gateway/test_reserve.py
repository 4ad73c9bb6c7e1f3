"""Reserving tokens on a real store: one write decides, whoever else writes at that moment."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest

from solaris.gateway.admission import Admission
from solaris.platform.aws.client import AsyncAws
from solaris.platform.errors import (
    AccountStatusError,
    QuotaExhaustedError,
    RateLimitedError,
    StoreUnavailableError,
    TokensHeldError,
)
from solaris.quota.thresholds import Threshold
from solaris.quota.usage import Outcome
from solaris.quota.user import Plan, UserStatus, user_id_for
from tests.integration.conftest import ANA, MoneyPath

PARALLEL = 50


async def many(
    money: MoneyPath, *, requests: int = PARALLEL, most: int | None = None
) -> tuple[list[Admission], list[BaseException]]:
    """Many requests of one user at once: those admitted, and the refusals."""
    answers = await asyncio.gather(
        *(money.admit(most=most) for _ in range(requests)), return_exceptions=True
    )
    admitted = [one for one in answers if isinstance(one, Admission)]
    return admitted, [one for one in answers if isinstance(one, BaseException)]


async def test_far_from_the_limit_one_write_holds_all_that_the_answer_may_be(
    money: MoneyPath, calls: list[str]
) -> None:
    money.put_user()
    calls.clear()
    admission = await money.admit(prompt=100)
    assert calls == ["UpdateItem"]
    assert admission.reservation.tokens == 100 + 16_384
    assert admission.cap_tokens is None
    assert admission.renews_at.isoformat() == "2026-12-01T00:00:00-03:00"
    assert admission.user == money.user()
    assert admission.user.last_seen_at == money.clock()


@pytest.mark.parametrize("most", [50, 4_096, 30_000])
async def test_a_stated_maximum_is_held_in_full(money: MoneyPath, most: int) -> None:
    money.put_user()
    assert (await money.admit(prompt=100, most=most)).reservation.tokens == 100 + most


async def test_a_stated_maximum_beyond_what_is_left_brings_a_slice(money: MoneyPath) -> None:
    money.put_user(monthly_limit=100_000)
    admission = await money.admit(prompt=1_000, most=120_000)
    assert (admission.reservation.tokens, admission.cap_tokens) == (34_000, 33_000)
    assert money.user().available_tokens == 66_000


async def test_near_the_limit_two_writes_hold_a_slice_and_cap_the_answer(
    money: MoneyPath, calls: list[str]
) -> None:
    money.put_user(monthly_limit=10_000)
    calls.clear()
    admission = await money.admit(prompt=100)
    assert calls == ["UpdateItem", "UpdateItem"]
    assert (admission.reservation.tokens, admission.cap_tokens) == (3_400, 3_300)


async def test_two_parallel_chats_and_a_title_are_served_with_15_per_cent_of_a_trial_left(
    money: MoneyPath,
) -> None:
    """LibreChat asks for a title at the same moment as for the answer."""
    money.put_user(monthly_limit=100_000)
    money.spend(85_000)
    admitted = await asyncio.gather(
        money.admit(prompt=300), money.admit(prompt=300), money.admit(prompt=500)
    )
    assert all((one.cap_tokens or 0) >= 1_000 for one in admitted)


async def test_who_is_refused_for_open_requests_alone_may_try_again(money: MoneyPath) -> None:
    """Never "used up": once the other answer is booked, its rest is free again."""
    money.put_user(monthly_limit=100_000)
    money.spend(98_000)
    first = await money.admit(prompt=300)
    second = await money.admit(prompt=100)
    with pytest.raises(TokensHeldError):
        await money.admit(prompt=300)
    events = [money.event(one.reservation, completion=5) for one in (first, second)]
    assert money.record(*events) == []
    assert (await money.admit(prompt=100)).cap_tokens == 512


async def test_near_the_limit_a_request_of_its_own_maximum_leaves_the_rest_to_others(
    money: MoneyPath,
) -> None:
    money.put_user(monthly_limit=1_000)
    admission = await money.admit(prompt=100, most=300)
    assert (admission.reservation.tokens, admission.cap_tokens) == (400, None)
    assert money.user().available_tokens == 600


async def test_the_last_256_tokens_are_served_and_one_fewer_is_refused(money: MoneyPath) -> None:
    money.put_user("just@example.com", monthly_limit=356)
    money.put_user("less@example.com", monthly_limit=355)
    assert (await money.admit("just@example.com", prompt=100)).cap_tokens == 256
    with pytest.raises(QuotaExhaustedError):
        await money.admit("less@example.com", prompt=100)


async def test_embeddings_need_their_prompt_and_no_more(money: MoneyPath) -> None:
    money.put_user(monthly_limit=100)
    admission = await money.admit(prompt=100, completes=False)
    assert (admission.reservation.tokens, admission.cap_tokens) == (100, None)
    with pytest.raises(TokensHeldError):
        await money.admit(prompt=1, completes=False)


async def test_a_refusal_states_the_exact_figures_and_changes_nothing(money: MoneyPath) -> None:
    told = frozenset(Threshold)  # that this user is blocked; see test_block_alert.py
    money.put_user(monthly_limit=1_000, additional_tokens=500, alerts_sent=told)
    money.spend(1_400)
    before = money.user()
    with pytest.raises(QuotaExhaustedError) as refusal:
        await money.admit(prompt=100)
    error = refusal.value
    assert (error.used, error.limit, error.additional) == (1_400, 1_000, 500)
    assert error.renews_at.isoformat() == "2026-12-01T00:00:00-03:00"
    assert money.user() == before


async def test_strict_cap_caps_a_user_who_is_far_from_the_limit(money: MoneyPath) -> None:
    money.put_user()
    strict = money.settings(strict_cap=True)
    admission = await strict.admit(prompt=100)
    assert (admission.reservation.tokens, admission.cap_tokens) == (16_484, 16_384)


async def test_an_unknown_user_becomes_one_user_under_fifty_parallel_requests(
    money: MoneyPath,
) -> None:
    admitted, refused = await many(money)
    assert not refused
    assert len(admitted) == PARALLEL
    (user,) = money.parts.quota.users.scan()
    assert user.user_id == user_id_for(ANA)
    assert (user.monthly_limit, user.plan, user.period) == (1_000_000, Plan.BASIC, "2026-11")
    assert set(user.reservations) == {one.reservation.request_id for one in admitted}
    assert user.reserved_tokens == PARALLEL * 16_394


async def test_an_unknown_user_whose_default_limit_is_too_small_exists_and_is_refused(
    money: MoneyPath,
) -> None:
    small = money.settings(default_monthly_limit=100)
    with pytest.raises(QuotaExhaustedError) as refusal:
        await small.admit(prompt=10)
    assert refusal.value.limit == 100
    assert money.user().reservations == {}


async def test_a_new_users_first_reservation_is_kept_exactly_as_handed_out(
    money: MoneyPath,
) -> None:
    """Otherwise its expiry and its late answer would be two records, and charged twice."""
    money.clock.now = datetime(2026, 11, 15, 12, 0, 0, 123_600, tzinfo=UTC)
    admission = await money.admit()
    kept = money.user().reservations[admission.reservation.request_id]
    late = money.event(admission.reservation, completion=5)
    expiry = money.event(kept, outcome=Outcome.EXPIRED)
    assert late.record_key == expiry.record_key


async def test_the_same_request_id_again_takes_the_tokens_once(money: MoneyPath) -> None:
    money.put_user()
    first = await money.admit(request_id="req-1")
    again = await money.admit(request_id="req-1")
    assert again.reservation == first.reservation
    assert money.user().reserved_tokens == first.reservation.tokens


async def test_a_reserve_whose_answer_is_lost_is_made_again_and_takes_the_tokens_once(
    money: MoneyPath, monkeypatch: pytest.MonkeyPatch
) -> None:
    money.put_user()
    attempt = money.aws._attempt
    lost = iter([True])

    async def losing(service: str, operation: str, data: bytes) -> Any:
        answer = await attempt(service, operation, data)
        if next(lost, False):
            raise TimeoutError
        return answer

    monkeypatch.setattr(money.aws, "_attempt", losing)
    admission = await money.admit()
    assert money.user() == admission.user
    assert admission.user.available_tokens == 1_000_000 - 16_394


async def test_a_hundred_open_requests_are_the_most_of_one_user(money: MoneyPath) -> None:
    money.put_user()
    await many(money, most=100)
    await many(money, most=100)
    with pytest.raises(RateLimitedError):
        await money.admit()
    assert len(money.user().reservations) == 100


@pytest.mark.parametrize("status", [UserStatus.SUSPENDED, UserStatus.BLOCKED, UserStatus.PENDING])
async def test_only_an_active_user_is_served(money: MoneyPath, status: UserStatus) -> None:
    money.put_user(status=status)
    with pytest.raises(AccountStatusError) as refusal:
        await money.admit()
    assert refusal.value.status == status.value
    assert money.user().reservations == {}


async def test_a_changed_block_threshold_realigns_what_is_available(money: MoneyPath) -> None:
    money.put_user(monthly_limit=100_000)
    money.spend(10_000)
    lowered = money.settings(block_threshold=0.5)
    admission = await lowered.admit(prompt=100)
    assert (admission.user.block_ppm, admission.user.monthly_limit) == (500_000, 100_000)
    assert admission.user.available_tokens == 50_000 - 10_000 - 16_484
    raised = money.settings(block_threshold=1.0)
    assert (await raised.admit(prompt=100)).user.available_tokens == 90_000 - 2 * 16_484


async def test_a_threshold_lowered_under_what_is_used_refuses(money: MoneyPath) -> None:
    money.put_user(monthly_limit=100_000)
    money.spend(60_000)
    with pytest.raises(QuotaExhaustedError):
        await money.settings(block_threshold=0.5).admit()
    assert money.user().available_tokens == -10_000


async def test_fifty_requests_of_a_new_month_open_it_once(money: MoneyPath) -> None:
    money.put_user(additional_tokens=7)
    money.spend(300_000)
    open_since = await money.admit()
    money.clock.forward(days=20)
    admitted, refused = await many(money)
    assert (len(admitted), refused) == (PARALLEL, [])
    (closed,) = money.rows("periods")
    assert (closed["period"], closed["current_usage"]) == ("2026-11", 300_000)
    assert (closed["monthly_limit"], closed["additional_tokens"]) == (1_000_000, 7)
    user = money.user()
    assert (user.period, user.current_usage, user.additional_tokens) == ("2026-12", 0, 7)
    held = {key: one.tokens for key, one in user.reservations.items()}
    # fifteen minutes were over long ago: but nobody near the limit asked, so it is only carried
    assert held.pop(open_since.reservation.request_id) == 0
    assert list(held.values()) == [16_394] * PARALLEL


async def test_a_user_whose_month_is_ahead_of_the_clock_is_served_in_that_month(
    money: MoneyPath,
) -> None:
    """Clocks of two machines differ at midnight: the month that was opened stays open."""
    money.put_user(period="2026-12")
    admission = await money.admit()
    assert admission.reservation.period == "2026-12"
    assert admission.renews_at.isoformat() == "2027-01-01T00:00:00-03:00"
    assert money.record(money.event(admission.reservation, completion=20)) == []
    user = money.user()
    assert (user.period, user.current_usage) == ("2026-12", 30)


@pytest.mark.parametrize("most", [None, 90])
async def test_fifty_parallel_requests_never_hold_more_than_is_left(
    money: MoneyPath, most: int | None
) -> None:
    money.put_user(monthly_limit=50_000)
    money.spend(49_000)
    admitted, refused = await many(money, most=most)
    assert {type(error) for error in refused} == {TokensHeldError}
    assert len(admitted) + len(refused) == PARALLEL
    assert len(admitted) == (2 if most is None else 10)
    held = sum(one.reservation.tokens for one in admitted)
    assert held == 1_000
    assert money.user().available_tokens == 1_000 - held
    events = [money.event(one.reservation, completion=one.completion_tokens) for one in admitted]
    assert money.record(*events) == []
    user = money.user()
    assert (user.reserved_tokens, user.current_usage) == (0, 49_000 + held)


async def test_expired_reservations_make_room_for_a_request_near_the_limit(
    money: MoneyPath,
) -> None:
    money.put_user(monthly_limit=2_000)
    left = [await money.admit(prompt=100) for _ in range(3)]
    with pytest.raises(TokensHeldError):
        await money.admit(prompt=100)
    again = money.settings()  # whoever held them has crashed
    money.clock.forward(minutes=15)
    admission = await again.admit(prompt=100)
    assert admission.reservation.tokens == 100 + (2_000 - 3 * 100 - 100) // 3
    records = {row["request_id"]: row for row in money.rows("usage")}
    for one in left:
        record = records[one.reservation.request_id]
        assert (record["outcome"], record["charged_tokens"]) == ("expired", 100)
        assert record["estimated"] is True


async def test_parallel_requests_expire_what_a_crash_left_once(money: MoneyPath) -> None:
    money.put_user(monthly_limit=9_300)
    for _ in range(3):
        await money.admit(prompt=100, most=3_000)
    again = money.settings()
    money.clock.forward(minutes=16)
    admitted, refused = await many(again, requests=10, most=100)
    assert (len(admitted), refused) == (10, [])
    assert money.user().current_usage == 3 * 100


async def test_a_store_that_is_away_serves_nobody(money: MoneyPath, free_port: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{free_port}")
        patch.setenv("AWS_ENDPOINT_URL_DYNAMODB", f"http://127.0.0.1:{free_port}")
        away = AsyncAws("us-east-1")
        with pytest.raises(StoreUnavailableError):
            await MoneyPath.of(money.parts, money.clock, away).admit()
        await away.close()
