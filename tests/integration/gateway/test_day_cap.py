"""A day's cap on the real store: one write a request, the same books, midnight and all."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from solaris.ledger.booking import LedgerEntry
from solaris.platform.errors import DailyLimitError, QuotaExhaustedError, TokensHeldError
from solaris.platform.web.errors import error_answer
from solaris.quota.day_cap import used_tokens
from solaris.quota.usage import Outcome
from solaris.quota.user import Enforcement, User, user_id_for
from solaris.reconciliation.books import Fault
from tests.integration.accounts.users_support import Api
from tests.integration.conftest import ANA, MoneyPath
from tests.integration.gateway.test_quoting import check, headers, quoting
from tests.integration.reconciliation.test_reconciling import faults, run

USER = f"/admin/users/{user_id_for(ANA)}"
TODAY, TOMORROW = "2026-11-15", "2026-11-16"
BEFORE_MIDNIGHT = datetime(2026, 11, 16, 2, 59, 59, tzinfo=UTC)
DAY_ATTRIBUTES = {"daily_limit", "day", "day_available", "day_lifted"}


@pytest.fixture
def api(money: MoneyPath) -> Iterator[Api]:
    api = Api(money)
    yield api
    assert_day_is_exact(money)
    api.close()


def assert_day_is_exact(money: MoneyPath) -> None:
    """What is left of the day: its limit, less its counters, less what is held for it."""
    user = money.user()
    cap = user.day_cap
    if cap is None:
        return
    charged = money.parts.ledger.user_counters.charged_on(user.user_id, cap.day)
    held = sum(one.tokens for one in user.reservations.values() if one.day == cap.day)
    assert cap.available_tokens == cap.ceiling_tokens(user.monthly_limit) - charged - held
    assert used_tokens(user) == charged


def limit(api: Api, daily_limit: int | str) -> None:
    api.ok("PUT", USER, {"dailyLimit": daily_limit})


def left(money: MoneyPath) -> int:
    cap = money.user().day_cap
    assert cap is not None
    return cap.available_tokens


async def spend(money: MoneyPath, tokens: int) -> None:
    admission = await money.admit(prompt=tokens, completes=False)
    assert money.record(money.event(admission.reservation, day=admission.reservation.day)) == []


def item(money: MoneyPath) -> dict[str, Any]:
    (found,) = [row for row in money.rows("users") if row["user_id"] == user_id_for(ANA)]
    return found


async def test_who_has_no_cap_has_no_attribute_and_pays_one_write(
    money: MoneyPath, calls: list[str]
) -> None:
    money.put_user()
    calls.clear()
    admission = await money.admit(prompt=10, completes=False)
    assert calls == ["UpdateItem"]
    assert admission.reservation.day is None
    assert "day" not in item(money)["reservations"][admission.reservation.request_id]["M"]
    assert money.record(money.event(admission.reservation)) == []
    assert not DAY_ATTRIBUTES & item(money).keys()


async def test_a_capped_user_pays_one_write_once_this_process_knows(
    money: MoneyPath, api: Api, calls: list[str]
) -> None:
    money.put_user()
    limit(api, 5_000)
    for expected in (["UpdateItem", "UpdateItem"], ["UpdateItem"], ["UpdateItem"]):
        calls.clear()
        admission = await money.admit(prompt=10, completes=False)
        assert calls == expected
        assert admission.reservation.day == TODAY
        assert money.record(money.event(admission.reservation, day=TODAY)) == []
    assert left(money) == 4_970
    limit(api, "none")
    assert not DAY_ATTRIBUTES & item(money).keys()
    for expected in (["UpdateItem", "UpdateItem"], ["UpdateItem"]):
        calls.clear()
        assert (await money.admit(prompt=10, completes=False)).reservation.day is None
        assert calls == expected


async def test_twenty_at_once_end_at_the_days_limit(money: MoneyPath, api: Api) -> None:
    money.put_user()
    limit(api, 1_000)
    found = await asyncio.gather(
        *(money.admit(prompt=100, completes=False) for _ in range(20)), return_exceptions=True
    )
    held = [one.reservation for one in found if not isinstance(one, BaseException)]
    assert len(held) == 10
    assert {type(one) for one in found if isinstance(one, BaseException)} == {TokensHeldError}
    assert left(money) == 0
    assert money.record(*[money.event(one, day=one.day) for one in held]) == []
    assert (left(money), money.user().current_usage) == (0, 1_000)
    with pytest.raises(DailyLimitError):
        await money.admit(prompt=1, completes=False)


async def test_the_refusal_says_how_much_is_used_and_that_it_renews_tomorrow(
    money: MoneyPath, api: Api
) -> None:
    money.put_user()
    limit(api, 5_000)
    await spend(money, 4_900)
    with pytest.raises(DailyLimitError) as refused:
        await money.admit(prompt=50, most=5_000)
    answer = error_answer(refused.value, "pt-BR", "req-1")
    assert answer.status == 429
    assert "retry-after" not in answer.headers
    assert answer.headers["x-should-retry"] == "false"
    assert answer.headers["x-ratelimit-remaining-tokens"] == "100"
    assert answer.body["error"]["code"] == "daily_limit_reached"
    assert answer.body["error"]["message"] == (
        "Limite de hoje atingido. Usados 4.900 de 5.000 tokens do dia. Renova amanhã às 00:00."
    )
    assert answer.body["error"]["details"]["renews_at"] == "2026-11-16T00:00:00-03:00"
    english = error_answer(refused.value, "en", "req-1").body["error"]["message"]
    assert english == (
        "Today's limit reached. Used 4,900 of 5,000 tokens of the day. Renews tomorrow at 00:00."
    )
    limit(api, 6_000)
    with pytest.raises(DailyLimitError) as refused:
        await money.admit(prompt=2_000, most=10)
    assert (
        error_answer(refused.value, "en", "r")
        .body["error"]["message"]
        .startswith("This request needs about 2,256 tokens and 1,100 are left today.")
    )
    assert money.user().alerts_sent == frozenset()


async def test_the_month_is_told_of_where_the_month_refuses(money: MoneyPath, api: Api) -> None:
    money.put_user(monthly_limit=1_000)
    limit(api, 1_000)
    await spend(money, 1_000)
    with pytest.raises(QuotaExhaustedError):
        await money.admit(prompt=1, completes=False)


async def test_near_the_days_limit_an_answer_is_a_slice_of_what_is_left(
    money: MoneyPath, api: Api
) -> None:
    money.put_user()
    limit(api, 3_010)
    first = await money.admit(prompt=10)
    assert (first.cap_tokens, first.reservation.tokens, left(money)) == (1_000, 1_010, 2_000)


async def test_midnight_between_reserve_and_settlement(money: MoneyPath, api: Api) -> None:
    """What began yesterday counts for yesterday, and the new day is whole."""
    money.put_user()
    limit(api, 1_000)
    money.clock.now = BEFORE_MIDNIGHT
    old = await money.admit(prompt=600, completes=False)
    money.clock.forward(seconds=2)
    new = await money.admit(prompt=700, completes=False)
    assert (old.reservation.day, new.reservation.day) == (TODAY, TOMORROW)
    assert left(money) == 300
    both = [money.event(one.reservation, day=one.reservation.day) for one in (old, new)]
    assert money.record(*both) == []
    assert left(money) == 300
    await spend(money, 300)
    with pytest.raises(DailyLimitError):
        await money.admit(prompt=1, completes=False)
    assert not run(money).findings


async def test_many_at_once_turn_the_day_once(money: MoneyPath, api: Api) -> None:
    money.put_user()
    limit(api, 1_000)
    await spend(money, 1_000)
    money.clock.now = BEFORE_MIDNIGHT.replace(day=17)
    found = await asyncio.gather(
        *(money.admit(prompt=50, completes=False) for _ in range(12)), return_exceptions=True
    )
    assert [one for one in found if isinstance(one, BaseException)] == []
    assert left(money) == 400


async def test_a_request_received_before_midnight_and_held_after_it(
    money: MoneyPath, api: Api
) -> None:
    """Another has turned the day: it counts for the new one, and is booked to it."""
    money.put_user()
    limit(api, 1_000)
    money.clock.now = BEFORE_MIDNIGHT
    elsewhere = MoneyPath.of(money.parts, type(money.clock)(BEFORE_MIDNIGHT), money.aws)
    elsewhere.clock.forward(seconds=5)
    await spend(elsewhere, 100)
    late = await money.admit(prompt=200, completes=False)
    assert late.reservation.day == TOMORROW
    assert money.record(money.event(late.reservation, day=TOMORROW)) == []
    assert left(money) == 700


async def test_a_clock_set_back_gives_nobody_a_second_day(money: MoneyPath, api: Api) -> None:
    money.put_user()
    limit(api, 1_000)
    money.clock.forward(days=2)
    await spend(money, 900)
    money.clock.forward(days=-2)
    with pytest.raises(DailyLimitError):
        await money.admit(prompt=200, completes=False)
    await spend(money, 100)
    assert (left(money), item(money)["day"]) == (0, "2026-11-17")


async def test_the_cap_comes_while_requests_are_open_and_usage_is_booked(
    money: MoneyPath, api: Api
) -> None:
    """What was used and is held today counts from the first moment, and is given back."""
    money.put_user()
    await spend(money, 300)
    open_before = await money.admit(prompt=200, completes=False)
    assert open_before.reservation.day is None
    limit(api, 1_000)
    assert left(money) == 500
    assert_day_is_exact(money)
    more = await money.meter.hold_more(open_before, 100)
    assert (more.reservation.tokens, left(money)) == (300, 400)
    # the process does not know: its event says no day
    assert money.record(money.event(more.reservation, prompt=50)) == []
    assert left(money) == 650
    assert not run(money).findings


async def test_what_began_yesterday_does_not_count_for_a_cap_of_today(
    money: MoneyPath, api: Api
) -> None:
    money.put_user()
    money.clock.now = BEFORE_MIDNIGHT
    old = await money.admit(prompt=200, completes=False)
    money.clock.forward(seconds=10)
    limit(api, 1_000)
    assert left(money) == 1_000
    assert money.record(money.event(old.reservation)) == []
    assert left(money) == 1_000


async def test_an_open_answer_takes_more_of_the_day_and_no_more_than_that(
    money: MoneyPath, api: Api
) -> None:
    money.put_user()
    limit(api, 1_000)
    first = await money.admit(prompt=300, completes=False)
    first = await money.meter.hold_more(first, 400)
    assert (first.reservation.tokens, left(money)) == (700, 300)
    first = await money.meter.hold_more(first, 5_000)
    assert (first.reservation.tokens, left(money)) == (1_000, 0)
    money.clock.now = BEFORE_MIDNIGHT.replace(day=17)
    second = await money.admit(prompt=100, completes=False)
    # of yesterday: of the month alone
    first = await money.meter.hold_more(first, 500)
    assert (first.reservation.tokens, left(money)) == (1_500, 900)
    both = [money.event(one.reservation, day=one.reservation.day) for one in (first, second)]
    assert money.record(*both) == []
    assert left(money) == 900


async def test_every_way_of_booking_is_exact(money: MoneyPath, api: Api) -> None:
    money.put_user()
    limit(api, 10_000)
    opened = [(await money.admit(prompt=100, completes=False)).reservation for _ in range(4)]
    settled, released, expiring, _ = opened
    assert money.record(money.event(settled, prompt=70, day=TODAY)) == []
    assert left(money) == 9_630
    assert money.record(money.event(settled, prompt=70, day=TODAY)) == []  # duplicate
    assert money.record(money.event(released, outcome=Outcome.RELEASED, day=TODAY)) == []
    assert left(money) == 9_730
    assert money.parts.ledger.recorder.expire(money.user().user_id, [expiring])
    assert left(money) == 9_730
    assert money.record(money.event(expiring, prompt=40, day=TODAY)) == []  # correction
    assert left(money) == 9_790
    unreserved = money.event(None, prompt=20, day=TODAY)
    assert money.record(unreserved) == []
    assert left(money) == 9_770
    assert_day_is_exact(money)
    money.clock.now = datetime(2026, 12, 2, 12, tzinfo=UTC)
    assert (await money.admit(prompt=5, completes=False)).reservation.day == "2026-12-02"
    closed = money.event(opened[3], prompt=90, day=TODAY)
    assert money.record(closed) == []
    assert left(money) == 9_995
    assert (item(money)["day"], item(money)["daily_limit"]) == ("2026-12-02", "10000")


async def test_a_process_of_the_version_before_books_what_it_uses(
    money: MoneyPath, api: Api
) -> None:
    """It knows of no day: nothing is held for it, and what was used counts once it is booked."""
    money.put_user()
    user_id = user_id_for(ANA)
    old = (await money.admit(prompt=300, completes=False)).reservation
    limit(api, 1_000)
    # as if it had been reserved after that
    user = money.user()
    money.parts.quota.users.change(user_id, _without_days)
    assert left(money) == 1_000
    assert user.reservations[old.request_id].day == TODAY
    assert money.record(money.event(old, prompt=120)) == []
    assert (left(money), money.user().available_tokens) == (880, 999_880)


def _without_days(user: User) -> User:
    assert user.day_cap is not None
    held = {key: replace(one, day=None) for key, one in user.reservations.items()}
    more = user.reserved_tokens
    cap = replace(user.day_cap, available_tokens=user.day_cap.available_tokens + more)
    return replace(user, reservations=held, day_cap=cap, version=user.version + 1)


async def test_a_day_is_lifted_and_the_next_is_not(money: MoneyPath, api: Api) -> None:
    money.put_user()
    assert api("POST", f"{USER}/lift-day", {}).status == 422
    limit(api, 1_000)
    await spend(money, 1_000)
    with pytest.raises(DailyLimitError):
        await money.admit(prompt=10, completes=False)
    api.ok("POST", f"{USER}/lift-day", {"reason": "deadline"})
    await spend(money, 2_000)
    user = api.ok("GET", USER)
    assert (user["dailyLimit"], user["dailyLimitTokens"], user["dayUsed"]) == ("1000", 1_000, 3_000)
    assert (user["dayAvailable"], user["dayLifted"]) == (None, True)
    assert_day_is_exact(money)
    money.clock.forward(days=1)
    await spend(money, 1_000)
    user = api.ok("GET", USER)
    assert (user["dayAvailable"], user["dayLifted"], user["dayUsed"]) == (0, False, 1_000)
    with pytest.raises(DailyLimitError):
        await money.admit(prompt=10, completes=False)
    assert "day_lifted" not in item(money)
    (row,) = [one for one in money.rows("audit") if one["action"] == "user.lift_day"]
    assert (row["reason"], row["after"]) == ("deadline", {"lifted_day": {"S": TODAY}})


async def test_an_automatic_limit_follows_the_monthly_one(money: MoneyPath, api: Api) -> None:
    money.put_user(monthly_limit=300_000)
    limit(api, "auto:25")
    await spend(money, 500)
    assert left(money) == 12_000
    api.ok("PUT", USER, {"monthlyLimit": 600_001})
    assert left(money) == 24_501
    api.ok("POST", f"{USER}/tokens", {"amount": 90_000, "reason": "no part of it"})
    assert left(money) == 24_501
    limit(api, 700)
    assert left(money) == 200
    rows = [one for one in money.rows("audit") if one["action"] == "user.set_daily_limit"]
    auto, fixed = {"daily_limit": {"S": "auto:25"}}, {"daily_limit": {"S": "700"}}
    assert len(rows) == 2
    assert (auto, fixed) in [(one["before"], one["after"]) for one in rows]
    assert not [one for one in money.rows("transactions") if "daily" in one["kind"]]


@pytest.mark.parametrize("stated", [0, -1, 1.5, "auto", "auto:1001", "5e3", "", 10**12 + 1])
def test_a_daily_limit_is_stated_properly(money: MoneyPath, api: Api, stated: Any) -> None:
    money.put_user()
    assert api("PUT", USER, {"dailyLimit": stated}).status == 422


async def test_who_is_warned_only_is_not_refused_by_the_day(money: MoneyPath, api: Api) -> None:
    money.put_user(enforcement=Enforcement.WARN)
    limit(api, 1_000)
    first = await money.admit(prompt=900, completes=False)
    second = await money.admit(prompt=10, most=5_000)
    assert (first.is_over_limit, second.is_over_limit, second.cap_tokens) == (False, True, None)
    assert left(money) == -4_910
    more = await money.meter.hold_more(second, 1_000)
    assert more.reservation.tokens == 6_010


async def test_an_open_answer_of_who_is_warned_only_goes_on_when_a_cap_comes(
    money: MoneyPath, api: Api
) -> None:
    money.put_user(enforcement=Enforcement.WARN)
    held = await money.admit(prompt=900, completes=False)
    limit(api, 500)
    assert left(money) == -400
    assert (await money.meter.hold_more(held, 1_000)).reservation.tokens == 1_900
    assert left(money) == -1_400


async def test_the_quota_endpoint_tells_the_day(money: MoneyPath, api: Api) -> None:
    money.put_user()
    quota = quoting(money)
    told = quota.own(headers()).body
    fields = ("daily_limit", "daily_available", "day_renews_at", "daily_lifted")
    assert [told[name] for name in fields] == [None, None, None, False]
    limit(api, 1_000)
    await spend(money, 900)
    told = quota.own(headers()).body
    assert [told[name] for name in fields] == [1_000, 100, "2026-11-16T00:00:00-03:00", False]
    assert check(quota, 101).body["reason"] == "daily_limit_reached"
    assert check(quota, 100).body["allowed"]
    held = await money.admit(prompt=100, completes=False)
    assert check(quota, 50).body["reason"] == "tokens_held"
    money.clock.forward(days=1)
    told = quota.own(headers()).body
    assert [told[name] for name in fields] == [1_000, 1_000, "2026-11-17T00:00:00-03:00", False]
    assert money.record(money.event(held.reservation, day=TODAY)) == []


async def test_the_cap_survives_a_reset_a_deletion_and_a_merge(money: MoneyPath, api: Api) -> None:
    money.put_user()
    limit(api, 1_000)
    await spend(money, 400)
    api.ok("POST", f"{USER}/reset-usage", {"reason": "the month, not the day"})
    assert left(money) == 600
    api.ok("DELETE", USER)
    api.ok("POST", "/admin/users", {"email": ANA, "plan": "basic"})
    assert left(money) == 600
    with pytest.raises(DailyLimitError):
        await money.admit(prompt=700, completes=False)
    money.put_user("other@example.com")
    await money.admit("other@example.com", prompt=300, completes=False)
    other = user_id_for("other@example.com")
    api.ok("POST", f"/admin/users/{other}/merge", {"into": user_id_for(ANA), "reason": "one"})
    assert left(money) == 600
    assert not run(money).findings


async def test_a_days_figure_that_is_wrong_is_found_and_put_right(
    money: MoneyPath, api: Api
) -> None:
    money.put_user()
    limit(api, 1_000)
    await spend(money, 400)
    await money.admit(prompt=100, completes=False)

    def wrong(user: User) -> User:
        assert user.day_cap is not None
        cap = replace(user.day_cap, available_tokens=777)
        return replace(user, day_cap=cap, version=user.version + 1)

    money.parts.quota.users.change(user_id_for(ANA), wrong)
    assert faults(run(money)) == {(Fault.DAY, "day_available"): (500, 777)}
    assert run(money, repair=True).open_findings == 0
    assert left(money) == 500
    assert not run(money).findings


async def test_events_of_two_days_of_one_user_in_one_batch(money: MoneyPath, api: Api) -> None:
    money.put_user()
    limit(api, 1_000)
    money.clock.now = BEFORE_MIDNIGHT
    old = (await money.admit(prompt=100, completes=False)).reservation
    money.clock.forward(seconds=2)
    new = (await money.admit(prompt=100, completes=False)).reservation
    ledger = money.parts.ledger.ledger
    events = [money.event(one, day=one.day) for one in (old, new)]
    entries = [LedgerEntry(one, cost_micros=0, day=str(one.day)) for one in events]
    assert not ledger.record_together(entries)
    assert money.record(*events) == []
    assert left(money) == 900
