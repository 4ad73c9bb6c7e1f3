"""What is on record about a user: statistics, requests, transactions, closed months."""

from collections.abc import Iterator

import pytest

from solaris.quota.usage import Outcome
from solaris.quota.user import UserStatus, user_id_for
from tests.integration.accounts.users_support import NEVER_MOVED, Api
from tests.integration.conftest import ANA, MoneyPath

ANA_ID = user_id_for(ANA)
ANA_PATH = f"/admin/users/{ANA_ID}"
# what other programs read of a request
USAGE_FIELDS = {
    *("id", "userId", "requestId", "model", "endpoint", "method", "promptTokens"),
    *("completionTokens", "totalTokens", "costPerToken", "totalCost", "userAgent", "ipAddress"),
    *("responseTimeMs", "statusCode", "errorMessage", "createdAt", "cachedTokens"),
    *("reasoningTokens", "estimated", "firstByteMs", "keyId", "conversationId"),
}


@pytest.fixture
def api(money: MoneyPath) -> Iterator[Api]:
    money.parts.platform.files.create()
    api = Api(money)
    yield api
    api.close()


def test_stats_tell_the_last_thirty_days_by_day_and_model(money: MoneyPath, api: Api) -> None:
    money.clock.forward(days=-20)  # 26 October: the month before, within thirty days
    money.put_user()
    old = money.event(None, prompt=70)
    assert money.record(old) == []
    money.clock.forward(days=20)
    api.ok("POST", f"{ANA_PATH}/activate")  # a change opens the month
    now = [
        money.event(None, prompt=100, completion=20),
        money.event(None, prompt=5, model="gpt-4o"),
    ]
    assert money.record(*now) == []
    stats = api.ok("GET", f"{ANA_PATH}/stats")
    assert stats.keys() >= {"user", "tokens", "usage30Days", "usageByModel", "alerts"}
    shown = api.ok("GET", ANA_PATH)
    assert shown == stats["user"] | NEVER_MOVED
    assert stats["tokens"] == {
        "monthlyLimit": 1_000_000,
        "currentUsage": money.user().current_usage,
        "additionalTokens": 0,
        "remaining": 1_000_000 - money.user().current_usage,
        "usagePercentage": stats["user"]["usagePercentage"],
        "grantedPercentage": 0.01,
    }
    days = stats["usageByDay"]
    assert (len(days), days[0]["date"], days[-1]["date"]) == (30, "2026-10-17", "2026-11-15")
    used = {one["date"]: (one["tokens"], one["requests"]) for one in days if one["requests"]}
    assert sum(tokens for tokens, _ in used.values()) == stats["usage30Days"] == 195
    assert used["2026-11-15"] == (125, 2)
    assert stats["usageByModel"] == {"gpt-4o-mini": 190, "gpt-4o": 5}
    assert stats["cost30DaysMicros"] == pytest.approx(stats["cost30Days"] * 1e6, abs=0.5)
    # each day is rounded for itself
    assert stats["cost30DaysMicros"] == pytest.approx(sum(one["costMicros"] for one in days), abs=2)
    assert stats["alerts"] == {"alert80Sent": False, "alert95Sent": False, "lastAlertDate": None}


def test_usage_is_paged_newest_first_and_filtered(money: MoneyPath, api: Api) -> None:
    money.put_user()
    for n in range(7):
        money.clock.forward(seconds=1)
        model = "gpt-4o" if n % 2 else "gpt-4o-mini"
        event = money.event(None, prompt=1_000 + n, model=model, ip_address="10.1.1.1")
        assert money.record(event) == []
    money.clock.forward(seconds=1)
    failed = money.event(None, prompt=0, outcome=Outcome.RELEASED, error_message="upstream away")
    assert money.record(failed) == []
    path = f"{ANA_PATH}/usage"

    def prompts(query: str) -> list[int]:
        return [one["promptTokens"] for one in api.pages(f"{path}?{query}")]

    everything = [0, *range(1_006, 999, -1)]
    assert prompts("limit=3") == prompts("limit=8") == prompts("") == everything
    assert prompts("limit=1&model=gpt-4o") == [1_005, 1_003, 1_001]
    assert prompts("outcome=released") == prompts("statusFrom=400") == [0]
    assert prompts("statusFrom=200&statusTo=299&limit=2") == everything[1:]
    assert prompts("from=2026-11-15T15:00:02.123Z&to=2026-11-15T15:00:04.123Z") == [1_002, 1_001]
    assert prompts("from=2027-01-01T00:00:00Z&to=0001-01-01T00:00:00Z") == []
    assert api("GET", f"{path}?cursor=e30").problems["cursor"][0] == "invalid_cursor"
    newest = api.ok("GET", f"{path}?limit=2")["items"]
    assert newest[0]["errorMessage"] == "upstream away"
    record = newest[1]
    assert record.keys() >= USAGE_FIELDS
    assert (record["userId"], record["ipAddress"]) == (ANA_ID, "10.1.1.1")
    assert record["costMicros"] > 0
    assert record["costMicros"] == pytest.approx(record["totalCost"] * 1e6, abs=0.5)
    assert record["costPerToken"] == pytest.approx(record["totalCost"] / record["totalTokens"])


def test_transactions_and_closed_months_are_listed(money: MoneyPath, api: Api) -> None:
    money.put_user()
    money.spend(300_000)
    for n in range(1, 6):
        api.ok("POST", f"{ANA_PATH}/tokens", {"amount": n, "reason": f"grant {n}"})
        money.clock.forward(seconds=1)
    path = f"{ANA_PATH}/transactions"
    for limit in (1, 2, 5, 50):
        assert [one["amount"] for one in api.pages(f"{path}?limit={limit}")] == [5, 4, 3, 2, 1]
    assert api("GET", f"{path}?cursor=!").problems["cursor"][0] == "invalid_cursor"
    assert api.ok("GET", f"{ANA_PATH}/periods") == {"items": []}
    money.clock.forward(days=20)
    api.ok("POST", f"{ANA_PATH}/suspend", {"reason": "a change opens the month"})
    (month,) = api.ok("GET", f"{ANA_PATH}/periods")["items"]
    assert (month["period"], month["currentUsage"]) == ("2026-11", 300_000)
    assert (month["usageByModel"], month["usagePercentage"]) == ({"gpt-4o-mini": 300_000}, 30.0)


def test_a_user_of_a_month_not_opened_yet_is_shown_as_it_will_be(
    money: MoneyPath, api: Api
) -> None:
    money.put_user()
    money.spend(300_000)
    money.clock.forward(days=20)
    user = api.ok("GET", ANA_PATH)
    assert (user["period"], user["currentUsage"]) == ("2026-12", 0)
    assert money.user().status is UserStatus.ACTIVE
    assert money.user().period == "2026-11"
