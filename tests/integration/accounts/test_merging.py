"""Two accounts made one, on a real store: usage is added, nothing is lost, nothing is won."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

import orjson
import pytest

from solaris.accounts.moving import Mover
from solaris.platform.errors import (
    AccountStatusError,
    InvalidRequestError,
)
from solaris.quota.usage import Outcome, UsageEvent
from solaris.quota.user import UserStatus
from tests.integration.accounts.moving_support import (
    ANA_ID,
    BIA,
    BIA_ID,
    BOSS,
    NEW,
    NEW_ID,
    api,
    booked,
    item,
    mover,
    spend,
)
from tests.integration.accounts.users_support import Api
from tests.integration.conftest import ANA, MoneyPath
from tests.integration.reconciliation.test_reconciling import run as reconciled

__all__ = ["api", "mover"]


async def expired(money: MoneyPath, email: str, *, prompt: int) -> UsageEvent:
    """A request of 100 tokens that has expired, and its late answer, which used so many."""
    admission = await money.admit(email, prompt=100)
    money.parts.ledger.recorder.expire(admission.user.user_id, [admission.reservation])
    return money.event(admission.reservation, email, prompt=prompt)


# -- two accounts made one -------------------------------------------------


async def test_a_merge_adds_usage_and_never_quota(money: MoneyPath, api: Api) -> None:
    money.put_user(monthly_limit=500_000, additional_tokens=9)
    money.put_user(NEW, monthly_limit=900_000, additional_tokens=70)
    await spend(money, ANA)
    await spend(money, NEW, completion=200)
    before = money.rows("usage"), money.rows("counters")
    body = api.ok("POST", f"/admin/users/{NEW_ID}/merge", {"into": ANA_ID, "reason": "twice"})
    assert (body["id"], body["currentUsage"]) == (ANA_ID, 450)
    assert (body["monthlyLimit"], body["additionalTokens"]) == (500_000, 9)
    assert (money.rows("usage"), money.rows("counters")) == before
    gone = item(money, NEW_ID)
    assert (gone.status, gone.current_usage) == (UserStatus.DELETED, 0)
    assert (gone.merged_into, gone.address_of, gone.email) == (ANA_ID, ANA_ID, NEW)
    assert (await money.admit(NEW)).user.user_id == ANA_ID
    detail = api.ok("GET", f"/admin/users/{ANA_ID}")
    assert (detail["aliases"], detail["mergedFrom"]) == ([NEW], [NEW_ID])
    of_gone = api.ok("GET", f"/admin/users/{NEW_ID}/usage")["items"]
    assert [one["totalTokens"] for one in of_gone] == [300], "readable where it was booked"
    amounts = {row["user_id"]: row["amount"] for row in money.rows("transactions")}
    assert amounts == {ANA_ID: 300, NEW_ID: -300}
    assert {row["target_id"] for row in money.rows("audit")} == {ANA_ID, NEW_ID}
    told = [one["after"] for one in api.ok("GET", "/admin/audit?action=user.merge")["items"]]
    # what was granted to the source is not taken along, and the log says how much it was
    assert [one["endedTokens"] for one in told] == [70, 70]
    assert [one["id"] for one in api.ok("GET", "/admin/users")["items"]] == [ANA_ID]
    assert reconciled(money).findings == []
    again = api.ok("POST", f"/admin/users/{NEW_ID}/merge", {"into": ANA_ID})
    assert again["currentUsage"] == 450


async def test_closed_months_stay_with_the_account_they_were_of(
    money: MoneyPath, mover: Mover
) -> None:
    for email in (ANA, NEW):
        money.put_user(email)
        await spend(money, email)
    money.clock.forward(days=20)
    await spend(money, NEW, completion=1)
    mover.merge(NEW_ID, ANA_ID, actor=BOSS, reason="")
    months = {
        (row["user_id"], row["period"]): row["current_usage"] for row in money.rows("periods")
    }
    assert months == {(ANA_ID, "2026-11"): 150, (NEW_ID, "2026-11"): 150}
    assert item(money, ANA_ID).current_usage == 101
    assert reconciled(money).findings == []


@pytest.mark.parametrize("outcome", [Outcome.SETTLED, Outcome.RELEASED])
async def test_a_request_under_way_at_the_merge_reaches_the_account(
    money: MoneyPath, mover: Mover, outcome: Outcome
) -> None:
    money.put_user()
    money.put_user(NEW)
    admission = await money.admit(NEW, prompt=100)
    mover.merge(NEW_ID, ANA_ID, actor=BOSS, reason="")
    event = money.event(admission.reservation, NEW, completion=50, outcome=outcome)
    assert money.record(event) == []
    assert money.record(event) == [], "again changes nothing"
    expected = 150 if outcome is Outcome.SETTLED else 0
    assert (item(money, NEW_ID).current_usage, item(money, ANA_ID).current_usage) == (0, expected)
    assert item(money, NEW_ID).reserved_tokens == 0
    assert reconciled(money).findings == []


async def test_a_request_that_crashed_before_the_merge_expires_into_the_account(
    money: MoneyPath, mover: Mover
) -> None:
    money.put_user()
    money.put_user(NEW)
    await money.admit(NEW, prompt=100)
    mover.merge(NEW_ID, ANA_ID, actor=BOSS, reason="")
    money.clock.forward(hours=1)
    sweeper = money.parts.gateway.sweeper
    sweeper._clock = money.clock
    assert (await sweeper._run(lambda: 600.0)).expired == 1
    assert (item(money, NEW_ID).current_usage, item(money, ANA_ID).current_usage) == (0, 100)


@pytest.mark.parametrize("completion", [-100, -60, 0, 50])
@pytest.mark.parametrize("further", [False, True])
async def test_an_estimate_that_is_corrected_after_the_merge_is_corrected_there(
    money: MoneyPath, mover: Mover, completion: int, further: bool
) -> None:
    for email in (ANA, NEW, BIA):
        money.put_user(email)
    await spend(money, ANA)
    event = await expired(money, NEW, prompt=100 + completion)
    mover.merge(NEW_ID, ANA_ID, actor=BOSS, reason="")
    if further:
        mover.merge(ANA_ID, BIA_ID, actor=BOSS, reason="")
    heir = BIA_ID if further else ANA_ID
    assert item(money, heir).current_usage == 250
    assert [money.record(event) for _ in range(2)] == [[], []]
    assert item(money, heir).current_usage == 250 + completion
    assert item(money, NEW_ID).current_usage == 0
    told = [row for one in money.rows("changes") for row in orjson.loads(one.get("users", "[]"))]
    last = max((row for row in told if row["user_id"] == heir), key=lambda row: row["version"])
    assert last["current_usage"] == 250 + completion, "the lists were told"
    assert reconciled(money).findings == []
    money.assert_books_balance()


async def test_two_corrections_at_once_take_off_no_more_than_was_brought(
    money: MoneyPath, mover: Mover
) -> None:
    money.put_user()
    money.put_user(NEW)
    await spend(money, ANA)
    events = [await expired(money, NEW, prompt=prompt) for prompt in (5, 15, 25)]
    mover.merge(NEW_ID, ANA_ID, actor=BOSS, reason="")
    assert item(money, ANA_ID).current_usage == 450
    with ThreadPoolExecutor(3) as pool:
        assert list(pool.map(money.record, events)) == [[], [], []]
    assert (item(money, ANA_ID).current_usage, item(money, NEW_ID).current_usage) == (195, 0)
    money.assert_books_balance()


@pytest.mark.parametrize(("of_whom", "left"), [(NEW_ID, 150), (ANA_ID, 0)])
async def test_what_a_reset_forgave_is_taken_off_nobody(
    money: MoneyPath, mover: Mover, api: Api, of_whom: str, left: int
) -> None:
    money.put_user()
    money.put_user(NEW)
    await spend(money, ANA)
    event = await expired(money, NEW, prompt=30)
    if of_whom == NEW_ID:
        api.ok("POST", f"/admin/users/{NEW_ID}/reset-usage", {"reason": "forgiven"})
    mover.merge(NEW_ID, ANA_ID, actor=BOSS, reason="")
    if of_whom == ANA_ID:
        api.ok("POST", f"/admin/users/{ANA_ID}/reset-usage", {"reason": "forgiven"})
    assert money.record(event) == []
    assert (item(money, ANA_ID).current_usage, item(money, NEW_ID).current_usage) == (left, 0)
    assert reconciled(money).findings == []
    money.assert_books_balance()


@pytest.mark.parametrize("merged_before", [True, False])
async def test_a_closed_month_is_corrected_where_its_usage_is(
    money: MoneyPath, mover: Mover, merged_before: bool
) -> None:
    for email in (ANA, NEW):
        money.put_user(email)
        await spend(money, email)
    event = await expired(money, NEW, prompt=0)
    if merged_before:
        mover.merge(NEW_ID, ANA_ID, actor=BOSS, reason="")
    money.clock.forward(days=20)
    for email in (ANA, NEW):
        await spend(money, email)
    if not merged_before:
        mover.merge(NEW_ID, ANA_ID, actor=BOSS, reason="")
    assert money.record(event) == []
    months = {
        (row["user_id"], row["period"]): row["current_usage"] for row in money.rows("periods")
    }
    used = [months.get((one, "2026-11"), 0) for one in (ANA_ID, NEW_ID)]
    assert used == ([300, 0] if merged_before else [150, 150])
    assert item(money, ANA_ID).current_usage == 300
    assert reconciled(money).findings == []
    money.assert_books_balance()


async def test_merging_on_takes_along_what_was_merged_before(
    money: MoneyPath, mover: Mover
) -> None:
    for email in (ANA, NEW, BIA):
        money.put_user(email)
        await spend(money, email)
    late = await money.admit(NEW, prompt=7)
    mover.merge(NEW_ID, ANA_ID, actor=BOSS, reason="")
    mover.merge(ANA_ID, BIA_ID, actor=BOSS, reason="")
    booked(money, late, completion=3)
    user = item(money, BIA_ID)
    assert (user.current_usage, set(user.aliases)) == (460, {ANA, NEW})
    assert user.merged_from == (ANA_ID, NEW_ID)
    for email in (ANA, NEW, BIA):
        assert (await money.admit(email)).user.user_id == BIA_ID
    assert reconciled(money).findings == []


async def test_a_merge_while_both_are_used_loses_no_token(money: MoneyPath, mover: Mover) -> None:
    money.put_user()
    money.put_user(NEW)

    async def merged() -> None:
        await asyncio.sleep(0)
        await asyncio.to_thread(mover.merge, NEW_ID, ANA_ID, actor=BOSS, reason="")

    await asyncio.gather(merged(), *(spend(money, (ANA, NEW)[n % 2], n) for n in range(24)))
    total = sum(100 + n for n in range(24))
    assert (item(money, ANA_ID).current_usage, item(money, NEW_ID).current_usage) == (total, 0)
    assert reconciled(money).findings == []


def test_what_cannot_be_merged(money: MoneyPath, api: Api) -> None:
    money.put_user()
    money.put_user(BIA)
    path = f"/admin/users/{ANA_ID}/merge"
    assert api("POST", path, {"into": ANA_ID}).problems["into"][0] == "merged_with_itself"
    assert api("POST", path, {"into": NEW_ID}).status == 404
    api("DELETE", f"/admin/users/{BIA_ID}")
    assert api("POST", path, {"into": BIA_ID}).problems[""][0] == "deleted"
    assert money.user().status is UserStatus.ACTIVE


async def test_two_merges_into_each_other_leave_one_account(money: MoneyPath, mover: Mover) -> None:
    for email in (ANA, NEW):
        money.put_user(email)
        await spend(money, email)

    def attempt(pair: tuple[str, str]) -> bool:
        try:
            mover.merge(*pair, actor=BOSS, reason="")
        except InvalidRequestError:
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(attempt, [(ANA_ID, NEW_ID), (NEW_ID, ANA_ID)])) == [False, True]
    living = [one for one in money.parts.quota.users.scan() if one.status is UserStatus.ACTIVE]
    assert [one.current_usage for one in living] == [300]
    assert reconciled(money).findings == []


# -- deleting --------------------------------------------------------------


async def test_deleting_takes_the_person_out_of_every_item(money: MoneyPath, api: Api) -> None:
    for email in (ANA, NEW):
        money.put_user(email)
    event = money.event(None, NEW, prompt=10, ip_address="10.1.1.1", user_agent="LibreChat")
    assert money.record(event) == []
    api.ok("POST", f"/admin/users/{NEW_ID}/merge", {"into": ANA_ID})
    api.ok("PUT", f"/admin/users/{ANA_ID}", {"email": BIA})
    assert api("DELETE", f"/admin/users/{ANA_ID}").status == 204
    for table in ("users", "usage", "periods", "transactions", "counters"):
        stored = str(money.rows(table))
        for told in (ANA, NEW, BIA, "Somebody", "10.1.1.1"):
            assert told not in stored, (table, told)
    for email in (ANA, NEW, BIA):
        with pytest.raises(AccountStatusError):
            await money.admit(email)
    made = api.ok("POST", "/admin/users", {"email": BIA})
    assert made["id"] == ANA_ID, "the same person comes back with the same account"
    assert (await money.admit(BIA)).user.user_id == ANA_ID


def test_a_deleted_user_is_neither_moved_nor_released(money: MoneyPath, api: Api) -> None:
    money.put_user()
    api.ok("PUT", f"/admin/users/{ANA_ID}", {"email": NEW})
    api("DELETE", f"/admin/users/{ANA_ID}")
    assert api("PUT", f"/admin/users/{ANA_ID}", {"email": BIA}).problems[""][0] == "deleted"
    assert api("DELETE", f"/admin/users/{ANA_ID}/aliases/{ANA}").problems[""][0] == "deleted"
