"""The users API on a real store: the contract's fields, what is refused, and what is written."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from solaris.gateway.admission import Admission
from solaris.ledger.transactions import TransactionKind
from solaris.platform.errors import AccountStatusError
from solaris.quota.user import user_id_for
from tests.integration.accounts.users_support import BOSS, NEVER_MOVED, Api
from tests.integration.conftest import ANA, MoneyPath

ANA_ID = user_id_for(ANA)
ANA_PATH = f"/admin/users/{ANA_ID}"
NOBODY = f"/admin/users/{user_id_for('zoe@example.com')}"
# what other programs read of a user
USER_FIELDS = {
    *("id", "email", "name", "status", "plan", "monthlyLimit", "currentUsage"),
    *("additionalTokens", "usagePercentage", "remainingTokens", "alert80Sent", "alert95Sent"),
    *("lastAlertDate", "createdAt", "updatedAt", "lastLogin"),
    *("availableTokens", "reservedTokens", "period", "renewsAt"),
}


@pytest.fixture
def api(money: MoneyPath) -> Iterator[Api]:
    money.parts.platform.files.create()
    api = Api(money)
    yield api
    api.close()


def kinds(money: MoneyPath) -> list[str]:
    """Kinds of all transactions, in the order of the user's versions."""
    rows = sorted(money.rows("transactions"), key=lambda row: row["version"])
    return [row["kind"] for row in rows]


# Made, listed, looked at


def test_a_created_user_has_the_fields_of_the_contract_and_the_plans_limit(
    money: MoneyPath, api: Api
) -> None:
    made = api("POST", "/admin/users", {"email": "Ana@Example.com", "name": "Ana", "plan": "pro"})
    assert made.status == 201
    assert made.body.keys() >= USER_FIELDS
    assert (made.body["id"], made.body["email"]) == (ANA_ID, ANA)
    assert (made.body["monthlyLimit"], made.body["availableTokens"]) == (5_000_000, 5_000_000)
    assert (made.body["status"], made.body["usageLevel"]) == ("active", "ok")
    assert made.body["renewsAt"] == "2026-12-01T03:00:00.000Z"
    assert api.ok("GET", ANA_PATH) == made.body | NEVER_MOVED
    assert money.user().plan == "pro"


def test_who_exists_is_a_conflict_and_what_is_wrong_is_named(money: MoneyPath, api: Api) -> None:
    money.put_user()
    again = api("POST", "/admin/users", {"email": ANA})
    assert (again.status, again.body["code"]) == (409, "user_exists")
    assert again.body["title"] == "Já existe um usuário com este endereço"
    wrong = api("POST", "/admin/users", {"email": "ana at example"})
    assert (wrong.status, wrong.problems["email"][0]) == (422, "not_an_email")
    low = api("POST", "/admin/users", {"email": "bia@example.com", "monthlyLimit": 99_999})
    assert low.status == 422
    assert "100.000 a 10.000.000" in low.problems["monthlyLimit"][1]
    english = api(
        "POST",
        "/admin/users",
        {"email": "bia@example.com", "monthlyLimit": 99_999},
        accept_language="en",
    )
    assert "100,000 to 10,000,000" in english.problems["monthlyLimit"][1]
    assert len(money.rows("users")) == 1


def test_a_plans_own_limit_is_held_to_the_bounds_too(money: MoneyPath) -> None:
    api = Api(money.settings(max_user_limit=4_000_000))
    refused = api("POST", "/admin/users", {"email": ANA, "plan": "pro"})
    assert (refused.status, refused.problems["monthlyLimit"][0]) == (422, "limit_out_of_bounds")


def test_a_list_holds_every_change_at_once_and_takes_all_filters(
    money: MoneyPath, api: Api
) -> None:
    for name, plan in (("ana", "pro"), ("bia", "basic"), ("caio", "basic")):
        email = f"{name}@example.com"
        api.ok("POST", "/admin/users", {"email": email, "name": name.title(), "plan": plan})
    api.ok("POST", f"{ANA_PATH}/suspend", {"reason": "left"})

    def emails(query: str) -> list[str]:
        page = api.ok("GET", f"/admin/users?{query}")
        assert page["total"] == len(page["items"])
        return [one["email"].partition("@")[0] for one in page["items"]]

    assert emails("") == ["ana", "bia", "caio"]
    assert emails("sort=email&order=desc") == ["caio", "bia", "ana"]
    assert emails("status=suspended") == ["ana"]
    assert emails("status=suspended&status=active&plan=basic") == ["bia", "caio"]
    assert emails("search=CAI") == ["caio"]
    assert emails("usageLevel=critical") == []
    assert emails("createdFrom=2026-11-15T15:00:01Z") == []
    assert emails("dateRangeStart=2026-11-15T15:00:00Z&dateRangeEnd=2027-01-01T00:00:00Z") == [
        "ana",
        "bia",
        "caio",
    ]
    assert emails("lastSeenFrom=2026-01-01T00:00:00Z") == []
    # as axios writes a list and a range, with days of the periods' zone
    assert emails("dateRange[start]=2026-11-15&dateRange[end]=2026-11-15") == ["ana", "bia", "caio"]
    assert emails("dateRange%5Bstart%5D=2026-11-16") == []
    assert emails("dateRange[end]=2026-11-14") == []
    assert emails("status[0]=suspended&status[1]=active&plan[]=basic") == ["bia", "caio"]
    (first,) = api.ok("GET", "/admin/users?search=ana")["items"]
    shown = api.ok("GET", ANA_PATH)
    change = shown.pop("statusChange")
    assert first | NEVER_MOVED == shown | {"statusChange": None}
    # who, when and why, whatever else has happened since
    api.ok("POST", f"{ANA_PATH}/tokens", {"amount": 5, "reason": "later"})
    assert change == {"reason": "left", "actor": BOSS, "createdAt": "2026-11-15T15:00:00.123Z"}
    assert api.ok("GET", ANA_PATH)["statusChange"] == change
    api.ok("POST", f"{ANA_PATH}/activate")
    assert api.ok("GET", ANA_PATH)["statusChange"] is None
    first_page = api.ok("GET", "/admin/users?limit=2")
    assert (len(first_page["items"]), first_page["total"]) == (2, 3)
    second = api.ok("GET", f"/admin/users?limit=2&cursor={first_page['nextCursor']}")
    assert ([one["name"] for one in second["items"]], second["nextCursor"]) == (["Caio"], None)
    assert api("GET", "/admin/users?cursor=abc").problems["cursor"][0] == "invalid_cursor"
    assert api("GET", "/admin/users?sort=shoe").status == 422


@pytest.mark.parametrize("path", [NOBODY, "/admin/users/ana", "/admin/users/%00"])
def test_who_does_not_exist_is_not_found(money: MoneyPath, api: Api, path: str) -> None:
    for target in (path, f"{path}/stats", f"{path}/usage", f"{path}/transactions"):
        assert api("GET", target).status == 404
    assert api("GET", f"{path}/periods").status == 404
    assert api("PUT", path, {"name": "x"}).status == 404
    assert api("DELETE", path).status == 404
    assert api("POST", f"{path}/suspend", {"reason": "x"}).status == 404
    assert api("POST", f"{path}/tokens", {"amount": 1, "reason": "x"}).status == 404


CHANGES: list[tuple[str, str, Any]] = [
    ("POST", "/admin/users", {"email": "bia@example.com"}),
    ("PUT", ANA_PATH, {"name": "x"}),
    ("DELETE", ANA_PATH, None),
    ("POST", f"{ANA_PATH}/suspend", {"reason": "x"}),
    ("POST", f"{ANA_PATH}/activate", None),
    ("POST", f"{ANA_PATH}/tokens", {"amount": 1, "reason": "x"}),
    ("POST", f"{ANA_PATH}/reset-usage", None),
    ("POST", "/admin/users/bulk", {"action": "activate", "userIds": [ANA_ID], "reason": "x"}),
    ("POST", "/admin/users/import", {"csv": "email\nbia@example.com\n", "dryRun": False}),
]


@pytest.mark.parametrize(("method", "path", "body"), CHANGES, ids=lambda one: str(one)[-24:])
def test_viewers_change_nothing_and_strangers_see_nothing(
    money: MoneyPath, api: Api, method: str, path: str, body: Any
) -> None:
    before = money.put_user()
    assert api(method, path, body, role="viewer").status == 403
    assert api(method, path, body, role=None).status == 401
    assert money.user() == before
    assert len(money.rows("users")) == 1


# Changed


def test_an_update_is_one_write_with_a_transaction_for_each_change(
    money: MoneyPath, api: Api
) -> None:
    before = money.put_user()
    wanted = {
        "name": "Ana Lima",
        "plan": "enterprise",
        "monthlyLimit": 20_000_000,
        "additionalTokens": 5_000,
        "status": "suspended",
        "reason": "new contract",
    }
    user = api.ok("PUT", ANA_PATH, wanted)
    del wanted["reason"]
    assert {name: user[name] for name in wanted} == wanted
    assert kinds(money) == ["plan_change", "grant", "status_change"]
    rows = api.ok("GET", f"{ANA_PATH}/transactions")["items"]
    assert [row["version"] for row in rows] == sorted(
        (row["version"] for row in rows), reverse=True
    )
    assert rows[0]["version"] == user["version"] == money.user().version == before.version + 4
    assert {(row["actor"], row["reason"]) for row in rows} == {(BOSS, "new contract")}
    assert rows[1]["before"] == {"additionalTokens": 0}
    actions = [row["action"] for row in money.rows("audit")]
    assert sorted(actions) == [
        "user.rename",
        "user.set_additional_tokens",
        "user.set_plan",
        "user.suspend",
    ]


@pytest.mark.parametrize(
    ("wrong", "field", "code"),
    [
        ({"monthlyLimit": 50_000}, "monthlyLimit", "limit_out_of_bounds"),
        ({"plan": "trial", "monthlyLimit": 20_000_000}, "monthlyLimit", "limit_out_of_bounds"),
        ({"additionalTokens": 100}, "additionalTokens", "more_than_unused"),
        ({"status": "deleted"}, "status", "literal_error"),
        ({"monthlyLimit": "1"}, "monthlyLimit", "int_type"),
        ({"shoe": 1}, "shoe", "extra_forbidden"),
    ],
)
def test_one_wrong_field_of_an_update_changes_nothing(
    money: MoneyPath, api: Api, wrong: dict[str, Any], field: str, code: str
) -> None:
    money.put_user(additional_tokens=500_000)
    money.spend(1_400_000)
    before = money.user()
    refused = api("PUT", ANA_PATH, {"name": "Other", "status": "suspended", **wrong})
    assert (refused.status, refused.problems[field][0]) == (422, code)
    assert money.user() == before
    assert money.rows("transactions") == money.rows("audit") == []


def test_the_plan_that_a_user_has_already_leaves_their_own_limit(
    money: MoneyPath, api: Api
) -> None:
    money.put_user(monthly_limit=2_000_000)
    assert api.ok("PUT", ANA_PATH, {"plan": "basic"})["monthlyLimit"] == 2_000_000
    assert api.ok("PUT", ANA_PATH, {"plan": "pro"})["monthlyLimit"] == 5_000_000


async def test_suspending_holds_for_the_very_next_request_and_activating_too(
    money: MoneyPath, api: Api
) -> None:
    money.put_user()
    assert api.ok("POST", f"{ANA_PATH}/suspend", {"reason": "left"})["status"] == "suspended"
    with pytest.raises(AccountStatusError, match="suspended"):
        await money.admit()
    assert api.ok("POST", f"{ANA_PATH}/activate")["status"] == "active"
    assert isinstance(await money.admit(), Admission)
    assert api("POST", f"{ANA_PATH}/suspend", {}).problems["reason"][0] == "missing"
    assert api("POST", f"{ANA_PATH}/suspend", {"reason": " \t"}).problems["reason"] == (
        "reason_needed",
        "Informe o motivo: ele fica registrado nas movimentações do usuário",
    )


def test_a_repetition_that_changes_nothing_writes_nothing(money: MoneyPath, api: Api) -> None:
    money.put_user()
    first = api.ok("POST", f"{ANA_PATH}/suspend", {"reason": "left"})
    assert api.ok("POST", f"{ANA_PATH}/suspend", {"reason": "left"}) == first
    assert api.ok("PUT", ANA_PATH, {"status": "suspended", "name": "Somebody"}) == first
    assert api.ok("POST", f"{ANA_PATH}/reset-usage") == first
    assert kinds(money) == ["status_change"]
    assert len(money.rows("audit")) == 1


def test_tokens_are_granted_taken_back_and_no_more_than_that(money: MoneyPath, api: Api) -> None:
    money.put_user()
    path = f"{ANA_PATH}/tokens"
    assert api.ok("POST", path, {"amount": 5_000, "reason": "report"})["additionalTokens"] == 5_000
    refused = api("POST", path, {"amount": -5_001, "reason": "slip"})
    assert (refused.status, refused.problems["amount"][0]) == (422, "more_than_granted")
    assert "só 5.000 são concedidos" in refused.problems["amount"][1]
    assert api("POST", path, {"amount": 0, "reason": "slip"}).status == 422
    assert api("POST", path, {"amount": 1.5, "reason": "slip"}).status == 422
    assert api.ok("POST", path, {"amount": -5_000, "reason": "done"})["additionalTokens"] == 0


def test_a_grant_with_the_same_idempotency_key_is_made_once(money: MoneyPath, api: Api) -> None:
    money.put_user()
    path = f"{ANA_PATH}/tokens"
    grant = {"amount": 5_000, "reason": "report"}
    first = api.ok("POST", path, grant, idempotency_key="k1")
    money.clock.forward(hours=23)
    assert api.ok("POST", path, grant, idempotency_key="k1") == first
    other = api("POST", path, {"amount": 7_000, "reason": "report"}, idempotency_key="k1")
    assert (other.status, other.body["code"]) == (409, "idempotency_key_reused")
    assert api("POST", path, grant, idempotency_key="k" * 201).status == 422
    assert kinds(money) == ["grant"]
    somebody = api.ok("POST", path, grant, idempotency_key="k1", admin="ceo@example.com")
    assert somebody["additionalTokens"] == 10_000
    money.clock.forward(hours=2)
    assert api.ok("POST", path, grant, idempotency_key="k1")["additionalTokens"] == 15_000


def test_twenty_of_the_same_grant_at_once_are_one_grant(money: MoneyPath, api: Api) -> None:
    money.put_user()
    grant = {"amount": 5_000, "reason": "report"}

    def send(_: int) -> int:
        found = api("POST", f"{ANA_PATH}/tokens", grant, idempotency_key="k1")
        return int(found.body["additionalTokens"])

    with ThreadPoolExecutor(20) as pool:
        assert set(pool.map(send, range(20))) == {5_000}
    assert kinds(money) == ["grant"]
    assert money.user().additional_tokens == 5_000


def test_a_reset_forgives_the_month_and_the_records_stay(money: MoneyPath, api: Api) -> None:
    money.put_user()
    money.spend(300_000)
    user = api.ok("POST", f"{ANA_PATH}/reset-usage", {"reason": "runaway script"})
    assert (user["currentUsage"], user["availableTokens"]) == (0, 1_000_000)
    assert kinds(money) == [TransactionKind.USAGE_RESET]
    assert len(api.ok("GET", f"{ANA_PATH}/usage")["items"]) == 1
