"""What a person was refused, from several processes to the API, and until it is deleted."""

from collections.abc import Iterator

import pytest

from solaris.platform.aws.tables import CounterModel, create_tables
from solaris.platform.instants import iso_milliseconds
from solaris.quota.user import user_id_for
from tests.integration.accounts.users_support import Api
from tests.integration.conftest import ANA, NOON, MoneyPath
from tests.integration.ledger.test_first_bytes import refusals_of

ANA_ID = user_id_for(ANA)
BIA_ID = user_id_for("bia@example.com")
PATH = f"/admin/users/{ANA_ID}/refusals"
TODAY = f"{NOON:%Y-%m-%d}"


@pytest.fixture
def api(money: MoneyPath) -> Iterator[Api]:
    money.parts.platform.files.create()
    found = Api(money)
    yield found
    found.close()


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A write may take its time here: a busy machine's two seconds are soon over."""
    monkeypatch.setattr("solaris.ledger.refusals.WRITE_SECONDS", 60.0)


async def test_two_processes_add_to_one_item_and_both_are_read(money: MoneyPath, api: Api) -> None:
    money.put_user()
    processes = refusals_of(money), refusals_of(money)
    assert api.ok("GET", PATH, role="viewer") == {"days": [], "last": []}
    for n in range(3):
        for process in processes:
            money.clock.forward(seconds=1)
            process.count("insufficient_quota", user_id=ANA_ID, model=f"m-{n}", key_id="key_1")
            process.count("tokens_held", user_id=BIA_ID)
            assert await process.flush()
    money.clock.forward(days=1)
    processes[0].count("account_blocked", user_id=ANA_ID, model="gpt-4o", key_id="key_2")
    assert await processes[0].flush()
    found = api.ok("GET", PATH, role="viewer")
    tomorrow = f"{money.clock():%Y-%m-%d}"
    assert found["days"] == [
        {"day": tomorrow, "counts": {"account_blocked": 1}},
        {"day": TODAY, "counts": {"insufficient_quota": 6}},
    ]
    assert found["last"][0] == {
        "at": iso_milliseconds(money.clock()),
        "code": "account_blocked",
        "model": "gpt-4o",
        "keyId": "key_2",
    }
    assert [one["model"] for one in found["last"][1:]] == ["m-2", "m-2", "m-1", "m-1", "m-0", "m-0"]
    money.clock.forward(days=29)
    assert [one["day"] for one in api.ok("GET", PATH)["days"]] == [tomorrow]
    assert api("GET", f"/admin/users/{BIA_ID}/refusals").status == 404
    assert api("GET", PATH, role=None).status == 401


async def test_no_figure_of_the_books_meets_them(money: MoneyPath, api: Api) -> None:
    money.put_user()
    assert money.record(money.event(None, prompt=70)) == []
    before = api.ok("GET", f"/admin/users/{ANA_ID}/stats"), api.ok("GET", "/admin/stats")
    refusals = refusals_of(money)
    refusals.count("insufficient_quota", user_id=ANA_ID, model="m")
    assert await refusals.flush()
    assert (api.ok("GET", f"/admin/users/{ANA_ID}/stats"), api.ok("GET", "/admin/stats")) == before
    money.assert_books_balance()
    (row,) = [one for one in money.rows("counters") if one["owner"] == f"refused#{ANA_ID}"]
    assert row["expires_at"] > NOON.timestamp() + 390 * 86_400
    assert "day_shard" not in row


async def test_a_persons_data_has_them_and_deleting_takes_them(money: MoneyPath, api: Api) -> None:
    money.put_user()
    refusals = refusals_of(money)
    for user_id in (ANA_ID, BIA_ID):
        refusals.count("rate_limit_exceeded", user_id=user_id, model="m", key_id="key_1")
    assert await refusals.flush()
    data = api.ok("GET", f"/admin/users/{ANA_ID}/personal-data")
    assert data["refusals"]["days"] == [{"day": TODAY, "counts": {"rate_limit_exceeded": 1}}]
    assert data["refusals"]["last"][0]["keyId"] == "key_1"
    assert api("DELETE", f"/admin/users/{ANA_ID}", {"reason": "gone"}).status == 204
    owners = {row["owner"] for row in money.rows("counters")}
    assert owners == {"refusals", f"refused#{BIA_ID}"}
    # a process that knew the item begins anew, and nothing is kept of who was deleted
    refusals.count("account_deleted", user_id=ANA_ID)
    assert await refusals.flush()
    assert {row["owner"] for row in money.rows("counters")} == owners


async def test_an_item_that_was_erased_is_written_anew(money: MoneyPath) -> None:
    user = money.put_user()
    refusals = refusals_of(money)
    days = money.parts.ledger.refused_days
    refusals.count("tokens_held", user_id=ANA_ID)
    assert await refusals.flush()
    assert days.erase(ANA_ID) == 1
    refusals.count("bookings_late", user_id=ANA_ID)
    assert await refusals.flush()
    assert days.read(user, NOON.date(), NOON.date()).counts == {"bookings_late": 1}


async def test_refusals_under_another_address_of_the_person_are_theirs(
    money: MoneyPath, api: Api
) -> None:
    money.put_user()
    api.ok("PUT", f"/admin/users/{ANA_ID}", {"email": "bia@example.com"})
    refusals = refusals_of(money)
    for user_id in (ANA_ID, BIA_ID):
        refusals.count("insufficient_quota", user_id=user_id)
    assert await refusals.flush()
    assert api.ok("GET", PATH)["days"] == [{"day": TODAY, "counts": {"insufficient_quota": 2}}]
    assert api("DELETE", f"/admin/users/{ANA_ID}", {"reason": "gone"}).status == 204
    assert [row["owner"] for row in money.rows("counters")] == ["refusals"]


def test_a_table_of_an_older_version_is_told_that_items_expire(
    money: MoneyPath, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    monkeypatch.setattr(CounterModel, "update_ttl", lambda **_: told.append("counters"))
    create_tables()
    assert told == ["counters"]
