"""Accounts that move and give up addresses, on a real store: one person, one quota."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

from solaris.accounts.moving import Mover
from solaris.keys.key import new_key
from solaris.platform.errors import (
    UserExistsError,
)
from solaris.quota.user import NOBODY
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
    move,
    mover,
    spend,
    usage,
)
from tests.integration.accounts.users_support import Api
from tests.integration.conftest import ANA, MoneyPath
from tests.integration.months.test_resetting import resetter
from tests.integration.reconciliation.test_reconciling import run as reconciled

__all__ = ["api", "mover"]

# -- a move ----------------------------------------------------------------


async def test_a_person_who_moves_keeps_id_quota_books_and_grants(
    money: MoneyPath, mover: Mover
) -> None:
    money.put_user(monthly_limit=500_000, additional_tokens=7)
    await spend(money, ANA)
    move(mover, ANA_ID, NEW)
    await spend(money, NEW)
    await spend(money, ANA)
    user = item(money, ANA_ID)
    assert (user.email, user.aliases) == (NEW, (ANA,))
    assert (user.monthly_limit, user.additional_tokens, user.current_usage) == (500_000, 7, 450)
    assert {row["user_id"] for row in money.rows("usage")} == {ANA_ID}
    assert reconciled(money).findings == []


async def test_who_never_moved_costs_the_calls_of_before(
    money: MoneyPath, mover: Mover, calls: list[str]
) -> None:
    money.put_user()
    move_calls = len(calls)
    await money.admit()
    assert calls[move_calls:] == ["UpdateItem"]
    move(mover, ANA_ID, NEW)
    calls.clear()
    await money.admit(ANA)
    assert calls == ["UpdateItem"], "the old address is the item's own"
    calls.clear()
    await money.admit(NEW)
    assert calls == ["UpdateItem", "UpdateItem"], "the new one says whose it is"


async def test_a_first_request_costs_no_more_either(money: MoneyPath, calls: list[str]) -> None:
    money.parts.quota.plans.recent()
    calls.clear()
    await money.admit()
    # the last two look whether plans or groups have changed in these milliseconds
    assert calls == ["UpdateItem", "TransactWriteItems", "GetItem", "GetItem"]


async def test_a_move_is_told_to_lists_and_audit(money: MoneyPath, api: Api) -> None:
    money.put_user()
    body = api.ok("PUT", f"/admin/users/{ANA_ID}", {"email": NEW.upper(), "name": "Ana Lima"})
    assert (body["id"], body["email"], body["name"]) == (ANA_ID, NEW, "Ana Lima")
    listed = api.ok("GET", "/admin/users")["items"]
    assert [(one["id"], one["email"]) for one in listed] == [(ANA_ID, NEW)]
    assert api.ok("GET", f"/admin/users/{ANA_ID}")["aliases"] == [ANA]
    rows = {row["action"]: row for row in money.rows("audit")}
    assert rows["user.move"]["before"]["email"]["S"] == ANA
    assert rows["user.move"]["after"]["email"]["S"] == NEW
    assert "user.rename" in rows


def test_an_address_is_checked_and_only_an_admin_moves(money: MoneyPath, api: Api) -> None:
    money.put_user()
    path = f"/admin/users/{ANA_ID}"
    found = api("PUT", path, {"email": "ana\u200b@example.com"})
    assert (found.status, found.problems["email"][0]) == (422, "not_an_email")
    assert api("PUT", path, {"email": NEW}, role="viewer").status == 403
    assert api("POST", f"{path}/merge", {"into": BIA_ID}, role="viewer").status == 403
    assert api("DELETE", f"{path}/aliases/{NEW}", role="viewer").status == 403
    assert money.user().email == ANA


def test_an_address_of_somebody_else_is_not_moved_to(money: MoneyPath, api: Api) -> None:
    money.put_user()
    money.put_user(BIA)
    found = api("PUT", f"/admin/users/{ANA_ID}", {"email": BIA, "name": "Bia"})
    assert (found.status, found.body["code"]) == (409, "user_exists")
    assert (money.user().email, money.user().name) == (ANA, "Somebody"), "all of it or nothing"


def test_moving_twice_and_back_leads_everywhere_to_one_person(
    money: MoneyPath, mover: Mover
) -> None:
    money.put_user()
    third = "ana@third.example"
    for email in (NEW, third, ANA, NEW, NEW):
        move(mover, ANA_ID, email)
        for address in (ANA, NEW):
            found = money.parts.quota.users.of_address(address)
            assert found is not None
            assert found.user_id == ANA_ID
    user = item(money, ANA_ID)
    assert (user.email, set(user.aliases)) == (NEW, {ANA, third})
    assert len(money.rows("users")) == 3


async def test_two_moves_to_one_address_make_one_owner(money: MoneyPath, mover: Mover) -> None:
    money.put_user()
    money.put_user(BIA)

    def attempt(user_id: str) -> str:
        try:
            move(mover, user_id, NEW)
        except UserExistsError:
            return ""
        return user_id

    with ThreadPoolExecutor(2) as pool:
        won = [one for one in pool.map(attempt, (ANA_ID, BIA_ID)) if one]
    assert len(won) == 1
    owner = money.parts.quota.users.of_address(NEW)
    assert owner is not None
    assert owner.user_id == won[0]
    assert [one.email for one in money.parts.quota.users.scan()].count(NEW) == 2, "owner and alias"


async def test_a_move_while_both_addresses_are_used_loses_no_token(
    money: MoneyPath, mover: Mover
) -> None:
    """Requests of the new address may be quicker and make a user of their own: merged then."""
    money.put_user()

    async def used(n: int) -> None:
        await spend(money, (ANA, NEW)[n % 2], completion=n)

    async def moved() -> None:
        for email in (NEW, ANA, NEW):
            try:
                await asyncio.to_thread(move, mover, ANA_ID, email)
            except UserExistsError:
                await asyncio.to_thread(
                    mover.merge, NEW_ID, ANA_ID, actor=BOSS, reason="twice the same"
                )

    await asyncio.gather(moved(), *(used(n) for n in range(24)))
    booked_tokens = sum(row["charged_tokens"] for row in money.rows("usage"))
    assert usage(money) == booked_tokens == sum(100 + n for n in range(24))
    owner = money.parts.quota.users.of_address(NEW)
    assert owner is not None
    assert owner.user_id == ANA_ID
    assert item(money, ANA_ID).current_usage == booked_tokens, "what a merge left behind follows"
    assert reconciled(money).findings == []


async def test_an_open_request_settles_where_it_was_reserved(
    money: MoneyPath, mover: Mover
) -> None:
    money.put_user()
    admission = await money.admit(ANA, prompt=100)
    move(mover, ANA_ID, NEW)
    booked(money, admission)
    user = item(money, ANA_ID)
    assert (user.current_usage, user.reserved_tokens) == (150, 0)


def test_keys_follow_their_owner(money: MoneyPath, api: Api) -> None:
    money.put_user()
    key = new_key("sk-solaris-" + "a" * 43, name="laptop", now=money.clock(), user_email=ANA)
    assert money.parts.keys.store.put_new(key)
    api.parts.quota.changes.publish(key_hashes=[key.key_hash])
    api.ok("PUT", f"/admin/users/{ANA_ID}", {"email": NEW})
    stored = money.parts.keys.store.get(key.key_hash)
    assert stored is not None
    assert stored.user_email == NEW
    assert [one["userEmail"] for one in api.ok("GET", f"/admin/keys?user={NEW}")["items"]] == [NEW]


def test_a_user_has_twenty_aliases_at_most(money: MoneyPath, api: Api) -> None:
    money.put_user()
    path = f"/admin/users/{ANA_ID}"
    for n in range(20):
        api.ok("PUT", path, {"email": f"ana{n}@example.com"})
    found = api("PUT", path, {"email": NEW})
    assert found.problems["email"][0] == "too_many_aliases"
    assert "20" in found.problems["email"][1]
    api.ok("DELETE", f"{path}/aliases/ana0@example.com")
    api.ok("PUT", path, {"email": NEW})


async def test_the_months_end_comes_to_all_of_it(money: MoneyPath, mover: Mover) -> None:
    money.put_user()
    await spend(money, ANA)
    move(mover, ANA_ID, NEW)
    money.clock.forward(days=20)
    report = await resetter(money).run_async()
    assert (report.is_done, report.failed) == (True, 0)
    admission = await money.admit(NEW)
    assert (admission.user.user_id, admission.user.current_usage) == (ANA_ID, 0)
    assert reconciled(money).findings == []


# -- an address given up ---------------------------------------------------


async def test_a_released_address_is_the_next_persons(money: MoneyPath, api: Api) -> None:
    money.put_user()
    await spend(money, ANA)
    api.ok("PUT", f"/admin/users/{ANA_ID}", {"email": NEW})
    api.ok("DELETE", f"/admin/users/{ANA_ID}/aliases/{ANA}")
    assert item(money, ANA_ID).address_of == NOBODY
    assert money.parts.quota.users.of_address(ANA) is None
    newcomer = (await spend(money, ANA, completion=1)).user
    again = (await spend(money, ANA, completion=1)).user
    assert newcomer.user_id == again.user_id not in {ANA_ID, NEW_ID}
    assert (newcomer.email, item(money, newcomer.user_id).current_usage) == (ANA, 202)
    assert (await money.admit(NEW)).user.user_id == ANA_ID
    assert item(money, ANA_ID).current_usage == 150
    told = [row["users"] for row in money.rows("changes") if newcomer.user_id in str(row)]
    assert told, "the lists hear of the newcomer"
    assert [row["before"] for row in money.rows("audit") if row["action"] == "user.release_alias"]
    assert reconciled(money).findings == []


def test_an_admin_makes_the_next_person_of_a_released_address(money: MoneyPath, api: Api) -> None:
    money.put_user()
    api.ok("PUT", f"/admin/users/{ANA_ID}", {"email": NEW})
    assert api("POST", "/admin/users", {"email": ANA}).status == 409, "an alias is somebody"
    assert api("POST", "/admin/users", {"email": NEW}).status == 409
    api.ok("DELETE", f"/admin/users/{ANA_ID}/aliases/{ANA}")
    made = api.ok("POST", "/admin/users", {"email": ANA})
    assert made["id"] != ANA_ID
    assert api("POST", "/admin/users", {"email": ANA}).status == 409
    results = api.ok(
        "POST", "/admin/users/import", {"csv": f"email;nome\n{ANA};Outra\n", "dryRun": False}
    )
    assert item(money, made["id"]).name == "Outra", results
    assert item(money, ANA_ID).name == "Somebody"


async def test_first_requests_of_a_released_address_make_one_person(
    money: MoneyPath, mover: Mover
) -> None:
    money.put_user()
    move(mover, ANA_ID, NEW)
    mover.release(ANA, actor=BOSS, reason="")
    found = await asyncio.gather(*(money.admit(ANA) for _ in range(6)))
    assert len({one.user.user_id for one in found}) == 1
    assert len(money.rows("users")) == 3


def test_what_is_released_is_an_alias_of_that_user(money: MoneyPath, api: Api) -> None:
    money.put_user()
    money.put_user(BIA)
    path = f"/admin/users/{ANA_ID}/aliases"
    assert api("DELETE", f"{path}/{ANA}").problems["email"][0] == "not_an_alias"
    assert api("DELETE", f"{path}/{BIA}").status == 404
    assert api("DELETE", f"{path}/{NEW}").status == 404
    api.ok("PUT", f"/admin/users/{ANA_ID}", {"email": NEW})
    api.ok("DELETE", f"{path}/{ANA}")
    assert api("DELETE", f"{path}/{ANA}").status == 404


def test_a_released_address_can_be_taken_back(money: MoneyPath, mover: Mover) -> None:
    money.put_user()
    move(mover, ANA_ID, NEW)
    mover.release(ANA, actor=BOSS, reason="")
    move(mover, ANA_ID, ANA)
    user = item(money, ANA_ID)
    assert (user.email, user.aliases, user.address_of) == (ANA, (NEW,), None)
    mover.release(NEW, actor=BOSS, reason="")
    money.put_user(BIA)
    move(mover, BIA_ID, NEW)
    owner = money.parts.quota.users.of_address(NEW)
    assert owner is not None
    assert owner.user_id == BIA_ID


def test_keys_leave_an_address_before_it_is_released(money: MoneyPath, api: Api) -> None:
    """A key that still has it would be the next person's."""
    money.put_user()
    move(api.parts.accounts.mover, ANA_ID, NEW)
    key = new_key("sk-solaris-" + "b" * 43, name="late", now=money.clock(), user_email=ANA)
    assert money.parts.keys.store.put_new(key)
    api.parts.quota.changes.publish(key_hashes=[key.key_hash])
    api.parts.accounts.mover.release(ANA, actor=BOSS, reason="")
    stored = money.parts.keys.store.get(key.key_hash)
    assert stored is not None
    assert stored.user_email == NEW
