"""Users who are warned only: served beyond the quota, booked as ever, and told of."""

from collections.abc import Iterator

import pytest

from solaris.gateway.admission import Admission
from solaris.platform.errors import QuotaExhaustedError
from solaris.quota.user import Enforcement, user_id_for
from tests.integration.accounts.users_support import Api
from tests.integration.conftest import ANA, MoneyPath
from tests.integration.gateway.test_quoting import check, headers, quoting
from tests.integration.reconciliation.test_reconciling import run

USER = f"/admin/users/{user_id_for(ANA)}"


@pytest.fixture
def api(money: MoneyPath) -> Iterator[Api]:
    money.put_user(monthly_limit=1_000, enforcement=Enforcement.WARN)
    api = Api(money)
    yield api
    api.close()


async def spend(money: MoneyPath, tokens: int) -> Admission:
    admission = await money.admit(prompt=tokens, completes=False)
    event = money.event(admission.reservation, over_limit=admission.is_over_limit)
    assert money.record(event) == []
    return admission


async def test_requests_beyond_the_quota_are_served_and_counted(money: MoneyPath, api: Api) -> None:
    assert not (await spend(money, 900)).is_over_limit
    assert (await spend(money, 400)).is_over_limit
    chat = await money.admit(prompt=10, most=5_000)
    assert (chat.is_over_limit, chat.cap_tokens, chat.reservation.tokens) == (True, None, 5_010)
    assert money.record(money.event(chat.reservation, completion=50, over_limit=True)) == []
    user = money.user()
    assert (user.current_usage, user.available_tokens) == (1_360, -360)
    stats = api.ok("GET", f"{USER}/stats")
    assert (stats["requests30Days"], stats["overLimit30Days"]) == (3, 2)
    assert sum(day["overLimitRequests"] for day in stats["usageByDay"]) == 2
    row = api.ok("GET", "/admin/reports/usage?groupBy=user")["items"][0]
    assert row["overLimitRequests"] == 2
    money.assert_books_balance()
    assert not run(money).findings


async def test_an_open_answer_may_go_on_beyond_the_quota(money: MoneyPath, api: Api) -> None:
    assert api.ok("GET", USER)["enforcement"] == "warn"
    held = await money.admit(prompt=1_000, completes=False)
    assert (await money.meter.hold_more(held, 3_000)).reservation.tokens == 4_000


async def test_who_is_blocked_again_is_refused_at_once(money: MoneyPath, api: Api) -> None:
    await spend(money, 1_200)
    body = {"enforcement": "block", "reason": "trial is over"}
    assert api.ok("PUT", USER, body)["enforcement"] == "block"
    with pytest.raises(QuotaExhaustedError):
        await money.admit(prompt=10, completes=False)
    (row,) = [one for one in money.rows("audit") if one["action"] == "user.set_enforcement"]
    assert (row["before"], row["after"]) == (
        {"enforcement": {"S": "warn"}},
        {"enforcement": {"S": "block"}},
    )
    assert money.rows("transactions") == []
    api.ok("PUT", USER, {"enforcement": "warn"})
    assert (await money.admit(prompt=10, completes=False)).is_over_limit


async def test_a_suspended_user_is_refused_all_the_same(money: MoneyPath, api: Api) -> None:
    api.ok("POST", f"{USER}/suspend", {"reason": "left"})
    with pytest.raises(Exception, match="suspended"):
        await money.admit(prompt=10, completes=False)


async def test_the_quota_api_says_that_it_would_be_admitted(money: MoneyPath, api: Api) -> None:
    await spend(money, 1_200)
    quotes = quoting(money)
    assert quotes.own(headers()).body["enforcement"] == "warn"
    assert check(quotes, 500).body["allowed"] is True
    api.ok("PUT", USER, {"enforcement": "block"})
    assert check(quotes, 500).body["allowed"] is False
