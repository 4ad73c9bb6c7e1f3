"""Grants where somebody would gain or lose by them: at the instant of an end, all at once, at
hands of two people, in zones without a midnight, on accounts that become one.
"""

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from solaris.app import Parts
from solaris.gateway.reserve import renew
from solaris.platform.errors import (
    AccountStatusError,
    QuotaExhaustedError,
    RateLimitedError,
    TokensHeldError,
)
from solaris.quota.grant import MAX_GRANTS
from solaris.quota.item import user_to_item
from solaris.quota.periods import day_end, renews_at
from solaris.quota.usage import Outcome
from solaris.quota.user import User, UserStatus, user_id_for
from tests.integration.accounts.users_support import Api
from tests.integration.conftest import ANA, Clock, MoneyPath
from tests.integration.quota.test_ending_grants import USER, agree, ended, sweep

BIA = "bia@example.com"
BIAS = f"/admin/users/{user_id_for(BIA)}"
NOW = datetime(2026, 11, 10, 15, tzinfo=UTC)
REFUSED = (QuotaExhaustedError, TokensHeldError, RateLimitedError)


@pytest.fixture
def november(money: MoneyPath) -> MoneyPath:
    money.clock.now = NOW
    money.put_user(monthly_limit=10_000)
    return money


@pytest.fixture
def api(november: MoneyPath) -> Iterator[Api]:
    november.parts.platform.files.create()
    api = Api(november)
    yield api
    api.close()


def give(
    api: Api, amount: int, kind: str, until: str | None = None, user: str = USER, **headers: str
) -> Any:
    body = {"amount": amount, "kind": kind, "reason": "report"}
    body |= {} if until is None else {"until": until}
    return api("POST", f"{user}/tokens", body, **headers)


def end_of(money: MoneyPath, day: str) -> datetime:
    return day_end(date.fromisoformat(day), money.parts.settings.zone)


async def spend(money: MoneyPath, tokens: int, email: str = ANA) -> None:
    admission = await money.admit(email, prompt=tokens, completes=False)
    assert money.record(money.event(admission.reservation, email)) == []


def write(money: MoneyPath, **changes: Any) -> User:
    """Change the item behind everybody's back."""
    return money.parts.quota.users.change(
        user_id_for(ANA), lambda user: replace(user, **changes, version=user.version + 1)
    )


# -- what a request costs --------------------------------------------------


@pytest.mark.parametrize("number", [0, 1, MAX_GRANTS])
async def test_a_request_is_one_write_however_much_is_granted(
    november: MoneyPath, api: Api, calls: list[str], number: int
) -> None:
    for n in range(number):
        kind, until = [("until", "2026-12-15"), ("until_used", None), ("this_month", None)][n % 3]
        assert give(api, 10**9, kind, until).status == 200
    write(november, monthly_limit=10**6, available_tokens=10**6 + 10**9 * number)
    calls.clear()
    await november.admit()
    assert calls == ["UpdateItem"]


def test_an_item_with_all_the_grants_there_may_be_stays_small(
    november: MoneyPath, api: Api
) -> None:
    def size() -> int:
        """In bytes, as the store counts names and values."""
        return _bytes({"M": user_to_item(november.user())})

    plain = size()
    for _ in range(MAX_GRANTS):
        assert give(api, 10**10, "until", "2026-12-15").status == 200
    assert size() - plain < 3_500
    assert api.ok("GET", USER)["additionalTokens"] == MAX_GRANTS * 10**10


def _bytes(value: dict[str, Any]) -> int:
    ((kind, inner),) = value.items()
    if kind == "M":
        return 3 + sum(1 + len(name) + _bytes(one) for name, one in inner.items())
    if kind == "L":
        return 3 + sum(1 + _bytes(one) for one in inner)
    return len(inner) // 2 + 1 if kind == "N" else len(inner)


# -- at the instant --------------------------------------------------------


async def test_a_clock_that_is_set_back_at_an_end_refuses_nobody(
    november: MoneyPath, api: Api
) -> None:
    assert give(api, 5_000, "until", "2026-11-20").status == 200
    end = end_of(november, "2026-11-20")

    class Back(Clock):
        """Reads the end once, then a second before it."""

        def __call__(self) -> datetime:
            now, self.now = self.now, end - timedelta(seconds=1)
            return now

    path = MoneyPath.of(november.parts, Back(end), november.aws)
    admission = await path.admit(prompt=100, completes=False)
    assert ended(november) == [-5_000]
    assert november.record(november.event(admission.reservation)) == []
    november.clock.now = end
    agree(november)


async def test_the_start_decides_where_nobody_has_ended_it_yet(
    november: MoneyPath, api: Api
) -> None:
    """Received before the end, held after it: served; not so once it has been ended."""
    assert give(api, 5_000, "until", "2026-11-20").status == 200
    end = end_of(november, "2026-11-20")

    class Slow(Clock):
        """A second before the end at first, a second after it then."""

        def __call__(self) -> datetime:
            now, self.now = self.now, end + timedelta(seconds=1)
            return now

    early = end - timedelta(seconds=1)
    path = MoneyPath.of(november.parts, Slow(early), november.aws)
    held = await path.admit(prompt=12_000, completes=False)
    november.clock.now = end + timedelta(seconds=1)
    assert november.record(november.event(held.reservation)) == []
    await asyncio.to_thread(sweep, november)
    user = november.user()
    assert (user.additional_tokens, user.available_tokens) == (5_000, 3_000)
    path = MoneyPath.of(november.parts, Slow(early), november.aws)
    with pytest.raises(QuotaExhaustedError):
        await path.admit(prompt=3_001, completes=False)
    agree(november)


async def test_a_request_that_is_open_for_hours_keeps_no_more_than_it_held(
    november: MoneyPath, api: Api
) -> None:
    """It is renewed and holds more, over the end and a month's."""
    assert give(api, 5_000, "until", "2026-11-29").status == 200
    november.clock.now = end_of(november, "2026-11-29") - timedelta(seconds=1)
    held = await november.admit(prompt=10, most=800)
    for _ in range(20):
        november.clock.forward(minutes=10)
        await renew(
            november.aws,
            november.parts.settings.table_name("users"),
            user_id=user_id_for(ANA),
            request_id=held.reservation.request_id,
            expires_at=november.clock() + timedelta(minutes=15),
        )
        held = await november.meter.hold_more(held, 100)
        await asyncio.to_thread(sweep, november)
        assert november.user().additional_tokens <= 910
    assert held.reservation.tokens == 810 + 20 * 100
    released = november.event(held.reservation, prompt=5, completion=0)
    assert november.record(released) == []
    november.clock.forward(minutes=2)
    await asyncio.to_thread(sweep, november)
    assert (november.user().grants, november.user().additional_tokens) == ((), 5)
    november.clock.now = end_of(november, "2026-11-30")
    await spend(november, 10_000)
    assert november.user().available_tokens == 0
    agree(november)


async def test_a_hundred_requests_held_just_before_the_end(november: MoneyPath, api: Api) -> None:
    assert give(api, 5_000, "until", "2026-11-20").status == 200
    november.clock.now = end_of(november, "2026-11-20") - timedelta(seconds=1)
    held = [await november.admit(prompt=120, completes=False) for _ in range(100)]
    november.clock.forward(seconds=1)
    with pytest.raises(RateLimitedError):
        await november.admit(prompt=1, completes=False)
    user = november.user()
    assert (user.additional_tokens, user.available_tokens) == (5_000, 3_000)
    november.record(*(november.event(one.reservation, prompt=10) for one in held))
    november.clock.forward(seconds=61)
    await asyncio.to_thread(sweep, november)
    user = november.user()
    assert (user.additional_tokens, user.grants) == (1_000, ())
    assert user.available_tokens == 10_000
    agree(november)


@pytest.mark.parametrize(
    ("zone", "day"),
    [
        ("America/Sao_Paulo", "2018-11-03"),  # the fourth began at one o'clock
        ("Africa/Cairo", "2026-04-23"),
        ("America/Havana", "2026-10-31"),  # midnight came twice
        ("Atlantic/Azores", "2026-10-24"),
        ("Pacific/Apia", "2011-12-29"),  # without a thirtieth
        ("Asia/Kathmandu", "2026-11-30"),
        ("Pacific/Kiritimati", "2026-12-31"),
    ],
)
async def test_an_end_is_where_the_next_day_begins(parts: Parts, zone: str, day: str) -> None:
    here = MoneyPath.of(parts, Clock()).settings(period_timezone=zone)
    end = day_end(date.fromisoformat(day), here.parts.settings.zone)
    here.clock.now = end - timedelta(days=1)
    here.put_user(monthly_limit=1_000)
    api = Api(here)
    assert give(api, 500, "until", day).status == 200
    here.clock.now = end - timedelta(milliseconds=1)
    local = here.clock().astimezone(here.parts.settings.zone).date()
    assert local.isoformat() == day
    await spend(here, 1)
    assert here.user().additional_tokens == 500
    here.clock.now = end
    assert here.clock().astimezone(here.parts.settings.zone).date().isoformat() > day
    await spend(here, 1)
    assert here.user().additional_tokens == (1 if day[:7] == here.period else 0)
    agree(here)
    api.close()


async def test_a_grant_until_the_months_last_day_ends_with_the_month(
    november: MoneyPath, api: Api
) -> None:
    assert give(api, 700, "until", "2026-11-30").status == 200
    assert give(api, 600, "this_month").status == 200
    november.clock.now = renews_at("2026-11", november.parts.settings.zone)
    assert november.clock.now == end_of(november, "2026-11-30")
    await asyncio.to_thread(sweep, november)  # comes before the month is opened
    await spend(november, 1)
    user = november.user()
    assert (user.additional_tokens, user.grants, user.next_change_at) == (0, (), None)
    agree(november)


async def test_a_month_that_nobody_opened_in_time(november: MoneyPath, api: Api) -> None:
    assert give(api, 700, "until", "2026-12-10").status == 200
    november.clock.now = datetime(2026, 12, 20, 15, tzinfo=UTC)
    assert api.ok("GET", USER)["additionalTokens"] == 0
    with pytest.raises(QuotaExhaustedError):
        await november.admit(prompt=10_001, completes=False)
    assert november.user().additional_tokens == 0
    agree(november)


@pytest.mark.parametrize("days", [-40, -1, 1, 40, None])
async def test_a_stale_note_of_the_next_end_is_put_right(
    november: MoneyPath, api: Api, days: int | None
) -> None:
    """Too early, in the past; with a grant that ends, and without any."""
    assert give(api, 700, "until", "2026-11-20").status == 200
    end = end_of(november, "2026-11-20")
    if days is not None and days < 0:
        write(november, next_change_at=end + timedelta(days=days))
        await spend(november, 10)
        assert november.user().next_change_at in {end, end + timedelta(days=days)}
        assert november.user().additional_tokens == 700
    november.clock.now = end + timedelta(days=1)
    await spend(november, 10)
    stale = None if days is None else november.clock() - timedelta(days=abs(days))
    write(november, next_change_at=stale)
    await spend(november, 10)
    assert (november.user().next_change_at, november.user().grants) == (None, ())
    agree(november)


# -- many at once ----------------------------------------------------------


async def test_many_at_the_limit_hold_no_more_than_there_is(november: MoneyPath, api: Api) -> None:
    for kind, until in (("until", "2026-11-20"), ("until_used", None), ("this_month", None)):
        assert give(api, 300, kind, until).status == 200
    write(november, monthly_limit=100, available_tokens=1_000)
    asked = [november.admit(prompt=70, completes=False) for _ in range(40)]
    answers = await asyncio.gather(*asked, return_exceptions=True)
    held = [one for one in answers if not isinstance(one, BaseException)]
    assert len(held) == 1_000 // 70
    assert all(isinstance(one, REFUSED) for one in answers if isinstance(one, BaseException))
    assert november.record(*(november.event(one.reservation) for one in held)) == []
    november.clock.now = end_of(november, "2026-11-20")
    await asyncio.to_thread(sweep, november)
    assert november.user().available_tokens == 1_000 - 70 * len(held)
    # behind everybody's back: the limit has no row, which nobody adds up
    november.clock.now = datetime(2026, 12, 1, 3, tzinfo=UTC)
    await spend(november, 100 + 1_000 - 70 * len(held))
    assert november.user().available_tokens == 0
    agree(november)


def test_thirty_grants_at_once_are_twenty(november: MoneyPath, api: Api) -> None:
    apis = [Api(november) for _ in range(6)]
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda n: give(apis[n % 6], 10, "until_used"), range(30)))
    for one in apis:
        one.close()
    assert sorted(one.status for one in answers) == [200] * MAX_GRANTS + [422] * 10
    codes = {one.problems["kind"][0] for one in answers if one.status == 422}
    assert codes == {"too_many_grants"}
    assert november.user().additional_tokens == 10 * MAX_GRANTS
    assert len(november.user().grants) == MAX_GRANTS
    agree(november)


@pytest.mark.parametrize("kind", ["this_month", "until_used", "until", "every_month"])
def test_one_key_gives_once_however_many_ask(november: MoneyPath, api: Api, kind: str) -> None:
    until = "2026-11-20" if kind == "until" else None
    apis = [Api(november) for _ in range(6)]
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda one: give(one, 500, kind, until, idempotency_key="k"), apis))
    for one in apis:
        one.close()
    assert [one.status for one in answers] == [200] * 6
    assert november.user().additional_tokens == 500
    if kind != "every_month":
        (grant,) = november.user().grants
        assert api("DELETE", f"{USER}/grants/{grant.grant_id}").status == 200
        # the key of what was taken back gives nothing again
        give(api, 500, kind, until, idempotency_key="k")
        assert november.user().additional_tokens == 0
    agree(november)


async def test_taken_back_twice_at_once_while_requests_run(november: MoneyPath, api: Api) -> None:
    assert give(api, 5_000, "until_used").status == 200
    (grant,) = november.user().grants
    apis = [Api(november) for _ in range(4)]

    def void(one: Api) -> int:
        return one("DELETE", f"{USER}/grants/{grant.grant_id}").status

    work = [asyncio.to_thread(void, one) for one in apis]
    asked = [november.admit(prompt=700, completes=False) for _ in range(25)]
    statuses, answers = await asyncio.gather(
        asyncio.gather(*work), asyncio.gather(*asked, return_exceptions=True)
    )
    for one in apis:
        one.close()
    assert set(statuses) <= {200, 404}
    assert 200 in statuses
    rows = [row["amount"] for row in november.rows("transactions") if row["amount"] < 0]
    assert len(rows) <= 1
    held = [one for one in answers if not isinstance(one, BaseException)]
    assert november.record(*(november.event(one.reservation) for one in held)) == []
    user = november.user()
    assert user.additional_tokens == 5_000 + sum(rows)
    assert user.available_tokens >= 0
    assert user.current_usage <= user.quota.granted_tokens
    agree(november)


async def test_two_late_answers_at_once_are_both_taken_from_the_grant(
    november: MoneyPath, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One is booked while the other, of a request that holds nothing any more, is being planned."""
    assert give(api, 1_000, "until_used").status == 200
    await spend(november, 10_000)
    unreserved = november.event(None, prompt=400)
    november.clock.now = datetime(2026, 12, 1, 2, 59, 59, tzinfo=UTC)
    held = await november.admit(prompt=1_000, completes=False)
    november.clock.forward(seconds=1)
    await spend(november, 10)
    users = november.parts.quota.users
    read = users.closed_grants

    def interrupted(user_id: str, period: str) -> Any:
        monkeypatch.setattr(users, "closed_grants", read)
        released = november.event(held.reservation, outcome=Outcome.RELEASED)
        assert november.record(released) == []
        return read(user_id, period)

    monkeypatch.setattr(users, "closed_grants", interrupted)
    assert november.record(unreserved) == []
    assert november.user().additional_tokens == 600
    agree(november)


# -- odd sizes -------------------------------------------------------------


async def test_a_trillion_on_a_limit_of_nothing(november: MoneyPath, api: Api) -> None:
    write(november, monthly_limit=0, available_tokens=0)
    assert give(api, 10**12, "until_used").status == 200
    assert give(api, 1, "this_month").problems["amount"][0] == "grant_beyond_sense"
    assert give(api, 10**12 + 1, "this_month").status == 422
    strict = november.settings(strict_cap=True)
    held = await strict.admit(prompt=10)
    assert held.cap_tokens == 16_384
    assert november.record(november.event(held.reservation, completion=90)) == []
    november.clock.now = datetime(2026, 12, 20, 15, tzinfo=UTC)
    await spend(november, 1)
    assert november.user().available_tokens == 10**12 - 101
    agree(november)


async def test_a_block_below_the_limit_with_a_grant_month_after_month(
    november: MoneyPath, api: Api
) -> None:
    assert give(api, 1_000, "until_used").status == 200
    here = november.settings(block_threshold=0.9)
    beyond = 0
    for month in range(3):
        here.clock.now = datetime(2026, 11, 10, 15, tzinfo=UTC) + timedelta(days=31 * month)
        await spend(here, 1)
        left = here.user().available_tokens
        await spend(here, left)
        beyond += 1 + left - 9_000
        with pytest.raises(QuotaExhaustedError):
            await here.admit(prompt=1, completes=False)
    assert 900 <= beyond <= 1_000
    agree(here)


# -- accounts that become one, go and come back ----------------------------


async def test_a_merge_gives_no_grant_of_the_other_account_and_the_books_say_so(
    november: MoneyPath, api: Api
) -> None:
    november.put_user(BIA, monthly_limit=10_000)
    for user in (USER, BIAS):
        assert give(api, 500, "until", "2026-11-20", user).status == 200
        assert give(api, 3_000, "until_used", user=user).status == 200
    for email in (ANA, BIA):
        await spend(november, 600, email)
    open_one = await november.admit(BIA, prompt=1_000, completes=False)
    merged = api.ok("POST", f"{BIAS}/merge", {"into": user_id_for(ANA), "reason": "twice"})
    assert (merged["additionalTokens"], merged["currentUsage"]) == (3_500, 1_200)
    event = november.event(open_one.reservation, BIA)
    assert november.record(replace(event, user_id=open_one.user.user_id)) == []
    assert november.user().current_usage == 2_200
    agree(november)
    november.clock.now = end_of(november, "2026-11-20")
    await asyncio.to_thread(sweep, november)
    assert november.user().available_tokens == 13_500 - 2_200
    november.clock.now = datetime(2026, 12, 20, 15, tzinfo=UTC)
    admission = await november.admit(BIA, prompt=13_000, completes=False)
    assert admission.user.user_id == user_id_for(ANA)
    assert november.record(november.event(admission.reservation)) == []
    assert november.user().available_tokens == 0
    agree(november)


async def test_a_merge_over_a_months_end_with_a_late_answer(november: MoneyPath, api: Api) -> None:
    november.put_user(BIA, monthly_limit=10_000)
    for user in (USER, BIAS):
        assert give(api, 3_000, "until_used", user=user).status == 200
    await spend(november, 10_000, BIA)
    held = await november.admit(BIA, prompt=2_000, completes=False)
    november.clock.now = datetime(2026, 12, 1, 3, tzinfo=UTC)
    await spend(november, 10, BIA)
    api.ok("POST", f"{BIAS}/merge", {"into": user_id_for(ANA), "reason": "twice"})
    assert november.record(november.event(held.reservation, BIA, prompt=1_500)) == []
    assert november.user().additional_tokens == 3_000
    agree(november)


async def test_who_is_deleted_and_comes_back_has_what_has_not_ended(
    november: MoneyPath, api: Api
) -> None:
    assert give(api, 500, "until", "2026-11-20").status == 200
    assert give(api, 300, "this_month").status == 200
    assert give(api, 3_000, "until_used").status == 200
    await spend(november, 10_500)
    api.ok("DELETE", USER)
    refused = give(api, 1, "until_used")
    assert refused.status in {404, 409, 422}
    november.clock.now = end_of(november, "2026-11-20")
    await asyncio.to_thread(sweep, november)
    november.clock.now = datetime(2026, 12, 5, 15, tzinfo=UTC)
    with pytest.raises(AccountStatusError):
        await november.admit()
    back = api.ok("POST", "/admin/users", {"email": ANA, "monthlyLimit": 100_000})
    assert (back["id"], back["additionalTokens"]) == (user_id_for(ANA), 3_000)
    assert november.user().status is UserStatus.ACTIVE
    await spend(november, 103_000)
    assert november.user().available_tokens == 0
    agree(november)


async def test_a_moved_account_takes_its_grants_along(november: MoneyPath, api: Api) -> None:
    assert give(api, 500, "until", "2026-11-20").status == 200
    api.ok("PUT", USER, {"email": "ana.lima@example.org", "reason": "married"})
    november.clock.now = end_of(november, "2026-11-20")
    held = await november.admit("ana.lima@example.org", prompt=10_000, completes=False)
    assert held.user.user_id == user_id_for(ANA)
    assert november.record(november.event(held.reservation)) == []
    assert november.user().available_tokens == 0
    agree(november)


# -- what is told ----------------------------------------------------------


async def test_the_list_and_the_page_of_a_user_say_the_same(november: MoneyPath, api: Api) -> None:
    give(api, 500, "until", "2026-11-20")
    give(api, 600, "until", "2026-12-15")
    give(api, 700, "this_month")
    give(api, 800, "until_used")
    give(api, 900, "every_month")
    names = ("additionalTokens", "availableTokens", "currentUsage", "monthlyLimit", "renewsAt")
    for day in (10, 18, 19, 20, 29, 30, 44, 45, 80):
        november.clock.now = datetime(2026, 11, 1, 15, tzinfo=UTC) + timedelta(days=day)
        for tokens in (3_000, 5_000):
            fresh = Api(november)
            row, page, listed = await asyncio.to_thread(shown, fresh)
            fresh.close()
            assert {name: row[name] for name in names} == {name: page[name] for name in names}
            left = sum(one["tokens"] for one in listed)
            assert left <= page["additionalTokens"]
            if page["availableTokens"] >= tokens:
                await spend(november, tokens)
    agree(november)


def shown(api: Api) -> tuple[Any, Any, list[Any]]:
    """A user in the list, on the page of their own, and their grants."""
    (row,) = api.ok("GET", "/admin/users")["items"]
    return row, api.ok("GET", USER), api.ok("GET", f"{USER}/grants")["items"]
