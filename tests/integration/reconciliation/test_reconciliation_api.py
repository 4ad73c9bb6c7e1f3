"""GET /api/admin/reconciliation: what the last reconciliation found, for everybody signed in."""

from collections.abc import Iterator

import pytest

from tests.integration.accounts.users_support import Api
from tests.integration.conftest import ANA, MoneyPath
from tests.integration.reconciliation.test_reconcile_runs import runner, store
from tests.integration.reconciliation.test_reconciling import ANA_ID, disturb, used

PATH = "/admin/reconciliation"


@pytest.fixture
def api(money: MoneyPath) -> Iterator[Api]:
    found = Api(money)
    yield found
    found.close()


async def test_before_the_first_run_there_is_none(api: Api) -> None:
    assert api.ok("GET", PATH) == {"latest": None}


async def test_books_that_agree(money: MoneyPath, api: Api) -> None:
    await used(money)
    began = money.clock()
    runner(money).run()
    assert api.ok("GET", PATH, role="viewer") == {
        "latest": {
            "period": money.period,
            "startedAt": f"{began:%Y-%m-%dT%H:%M:%S}.123Z",
            "finishedAt": f"{began:%Y-%m-%dT%H:%M:%S}.123Z",
            "users": 1,
            "records": 1,
            "inMotion": 0,
            "differences": 0,
            "findings": [],
        }
    }


async def test_a_run_under_way_has_no_end(money: MoneyPath, api: Api) -> None:
    assert store(money).claim(money.period, "somebody", money.clock())
    latest = api.ok("GET", PATH)["latest"]
    assert (latest["finishedAt"], latest["users"], latest["findings"]) == (None, 0, [])


async def test_a_difference_comes_with_its_records(money: MoneyPath, api: Api) -> None:
    event = await used(money)
    api.parts.directory.keeper.run()
    disturb(money, "users", {"user_id": ANA_ID}, current_usage=11, available_tokens=-11)
    runner(money).run()
    latest = api.ok("GET", PATH)["latest"]
    assert latest["differences"] == 1
    assert latest["findings"] == [
        {
            "fault": "open_month",
            "userId": ANA_ID,
            "userEmail": ANA,
            "place": money.period,
            "figure": "current_usage",
            "expected": event.charged_tokens,
            "found": event.charged_tokens + 11,
            "recordKeys": [event.record_key],
        }
    ]
    disturb(money, "users", {"user_id": ANA_ID}, current_usage=-11, available_tokens=11)


async def test_only_who_is_signed_in_may_look(api: Api) -> None:
    refused = api("GET", PATH, role=None)
    assert (refused.status, refused.body["code"]) == (401, "unauthenticated")
