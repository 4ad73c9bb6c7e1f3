"""Plans over the admin API: shown, tried out, changed; and a user's way back to the plan."""

from collections.abc import Iterator
from typing import Any

import pytest

from solaris.accounts.plans import routes
from solaris.quota.user import Enforcement, LimitSource, Plan, user_id_for
from tests.integration.accounts.users_support import BOSS, Api
from tests.integration.conftest import ANA, MoneyPath

ANA_ID = user_id_for(ANA)
USER = f"/admin/users/{ANA_ID}"
PLANS = "/admin/plans"


@pytest.fixture
def api(money: MoneyPath) -> Iterator[Api]:
    money.parts.platform.files.create()
    api = Api(money)
    yield api
    api.close()


def basic(answer: Any) -> Any:
    return next(one for one in answer["items"] if one["plan"] == "basic")


def test_plans_are_shown_with_who_has_them(money: MoneyPath, api: Api) -> None:
    money.put_user(ANA)
    money.put_user("own@example.com", monthly_limit=700_000)
    money.put_user("default@example.com", limit_source=LimitSource.DEFAULT)
    money.put_user("pro@example.com", plan=Plan.PRO, monthly_limit=5_000_000)
    found = api.ok("GET", PLANS, role="viewer")
    assert (found["version"], found["changedBy"], found["propagation"]) == (0, None, None)
    assert [one["plan"] for one in found["items"]] == ["trial", "basic", "pro", "enterprise"]
    assert basic(found) == {
        "plan": "basic",
        "monthlyLimit": 1_000_000,
        "environmentLimit": 1_000_000,
        "enforcement": "block",
        "warning": None,
        "critical": None,
        "ratePerSecond": None,
        "rateBurst": None,
        "users": 3,
        "usersWithPlanLimit": 1,
        "usersWithOwnLimit": 1,
        "usersWithDefaultLimit": 1,
    }
    assert found["defaults"] == {
        "warning": 0.8,
        "critical": 0.95,
        "ratePerSecond": 10.0,
        "rateBurst": 20,
    }


def test_a_change_is_counted_beforehand_and_reaches_everybody(money: MoneyPath, api: Api) -> None:
    for email, used in ((ANA, 0), ("busy@example.com", 600_000), ("own@example.com", 600_000)):
        money.put_user(email)
        if used:
            money.spend(used, email)
    api.ok("PUT", f"/admin/users/{user_id_for('own@example.com')}", {"limitSource": "own"})
    change = {"monthlyLimit": 500_000, "warning": 0.5, "ratePerSecond": 2, "rateBurst": 4}
    expected = {
        "plan": "basic",
        "users": 3,
        "changed": 3,
        "usersWithOwnLimit": 1,
        "usersWithDefaultLimit": 0,
        "usedUp": 1,
        "blocked": 1,
        "served": 0,
    }
    assert api.ok("POST", f"{PLANS}/basic/preview", change) == expected
    warned = api.ok("POST", f"{PLANS}/basic/preview", change | {"enforcement": "warn"})
    assert (warned["usedUp"], warned["blocked"]) == (1, 0)
    assert basic(api.ok("GET", PLANS))["monthlyLimit"] == 1_000_000
    body = change | {"version": 0, "reason": "less"}
    after = api.ok("PUT", f"{PLANS}/basic", body)
    assert basic(after) | change == basic(after)
    assert (after["version"], after["changedBy"]) == (1, BOSS)
    progress = after["propagation"]
    assert (progress["state"], progress["users"], progress["changed"]) == ("done", 3, 3)
    shown = api.ok("GET", USER)
    assert (shown["monthlyLimit"], shown["limitSource"]) == (500_000, "plan")
    own = api.ok("GET", f"/admin/users/{user_id_for('own@example.com')}")
    assert (own["monthlyLimit"], own["limitSource"]) == (1_000_000, "own")
    # their plan's threshold is theirs all the same
    assert own["usageLevel"] == "warning"
    listed = {one["email"]: one["usageLevel"] for one in api.pages("/admin/users?limit=10")}
    assert listed == {ANA: "ok", "busy@example.com": "blocked", "own@example.com": "warning"}
    rows = api.ok("GET", f"{USER}/transactions")["items"]
    assert [(one["kind"], one["amount"], one["reason"]) for one in rows] == [
        ("limit_change", -500_000, "less")
    ]
    served = api.ok("POST", f"{PLANS}/basic/preview", {"monthlyLimit": None})
    assert (served["changed"], served["served"]) == (2, 1)


def test_who_may_do_what(api: Api) -> None:
    assert api("GET", PLANS, role=None).status == 401
    for method, path, body in (
        ("POST", f"{PLANS}/basic/preview", {"monthlyLimit": 500_000}),
        ("PUT", f"{PLANS}/basic", {"monthlyLimit": 500_000, "version": 0}),
        ("POST", f"{PLANS}/propagation", None),
    ):
        assert api(method, path, body, role="viewer").status == 403
    assert api("PUT", f"{PLANS}/platinum", {"version": 0}).status == 404


def test_what_cannot_be_is_refused_at_its_field(api: Api) -> None:
    for body, field in (
        ({"monthlyLimit": 5}, "monthlyLimit"),
        ({"warning": 0.99}, "warning"),
        ({"warning": 0}, "warning"),
        ({"ratePerSecond": 5}, "rateBurst"),
        ({"rateBurst": 0}, "rateBurst"),
        ({"colour": "red"}, "colour"),
    ):
        for method, path, more in (
            ("POST", f"{PLANS}/basic/preview", {}),
            ("PUT", f"{PLANS}/basic", {"version": 0}),
        ):
            found = api(method, path, body | more)
            assert (found.status, list(found.problems)) == (422, [field]), (body, found.body)
    assert api.ok("GET", PLANS)["version"] == 0


def test_two_admins_at_once_do_not_undo_each_other(api: Api) -> None:
    api.ok("PUT", f"{PLANS}/basic", {"monthlyLimit": 500_000, "version": 0})
    assert api("PUT", f"{PLANS}/pro", {"monthlyLimit": 600_000, "version": 0}).status == 409


def test_what_a_change_did_not_come_to_is_gone_on_with(
    money: MoneyPath, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    money.put_user(ANA)
    with monkeypatch.context() as patch:
        patch.setattr(routes, "FIRST_SECONDS", -1.0)
        after = api.ok("PUT", f"{PLANS}/basic", {"monthlyLimit": 500_000, "version": 0})
    progress = after["propagation"]
    assert (progress["state"], progress["users"], progress["total"]) == ("running", 0, 1)
    assert money.user(ANA).monthly_limit == 1_000_000
    done = api.ok("POST", f"{PLANS}/propagation")["propagation"]
    assert (done["state"], done["users"], done["changed"]) == ("done", 1, 1)
    assert money.user(ANA).monthly_limit == 500_000


def test_new_users_and_new_plans_follow_the_document_at_once(money: MoneyPath, api: Api) -> None:
    api.ok(
        "PUT",
        f"{PLANS}/pro",
        {"monthlyLimit": 6_000_000, "enforcement": "warn", "warning": 0.5, "version": 0},
    )
    made = api.ok("POST", "/admin/users", {"email": "new@example.com", "plan": "pro"})
    assert (made["monthlyLimit"], made["limitSource"]) == (6_000_000, "plan")
    assert (made["enforcement"], made["enforcementSource"]) == ("warn", "plan")
    money.put_user(ANA)
    moved = api.ok("PUT", USER, {"plan": "pro"})
    assert (moved["monthlyLimit"], moved["enforcement"]) == (6_000_000, "warn")
    assert money.user(ANA).warning_ppm == 500_000
    limits = api.ok("GET", "/admin/settings")["quota"]["plans"]
    assert {"plan": "pro", "monthlyLimit": 6_000_000} in limits
    own = api.ok("POST", "/admin/users", {"email": "own@example.com", "monthlyLimit": 300_000})
    assert (own["plan"], own["limitSource"]) == ("basic", "own")


def test_a_user_goes_back_to_the_plan(money: MoneyPath, api: Api) -> None:
    money.put_user(ANA)
    own = api.ok("PUT", USER, {"monthlyLimit": 700_000, "enforcement": "warn"})
    assert (own["limitSource"], own["enforcementSource"]) == ("own", "own")
    back = api.ok("PUT", USER, {"limitSource": "plan", "reason": "project over"})
    assert (back["monthlyLimit"], back["limitSource"]) == (1_000_000, "plan")
    assert back["enforcement"] == "warn"
    back = api.ok("PUT", USER, {"enforcementSource": "plan"})
    assert (back["enforcement"], back["enforcementSource"]) == ("block", "plan")
    assert money.user(ANA).enforcement is Enforcement.BLOCK
    version = money.user(ANA).version
    again = api.ok("PUT", USER, {"limitSource": "plan", "enforcementSource": "plan"})
    assert again["version"] == version
    same = api.ok("PUT", USER, {"monthlyLimit": 1_000_000})
    assert (same["version"], same["limitSource"]) == (version, "plan")
    both = api("PUT", USER, {"monthlyLimit": 700_000, "limitSource": "plan"})
    assert list(both.problems) == ["limitSource"]
    kept = api.ok("PUT", USER, {"monthlyLimit": 1_000_000, "limitSource": "own"})
    assert (kept["monthlyLimit"], kept["limitSource"]) == (1_000_000, "own")
    entries = api.ok("GET", f"/admin/audit?targetId={ANA_ID}&limit=50")["items"]
    limits = [one for one in entries if one["action"] == "user.set_limit"]
    assert {"limitSource": "own"} in [one["after"] for one in limits]
    before = [one["before"] for one in limits]
    assert {"monthlyLimit": 700_000, "limitSource": "own"} in before


def test_many_go_back_to_the_plan_at_once(money: MoneyPath, api: Api) -> None:
    money.put_user(ANA, monthly_limit=700_000)
    body = {"action": "set_plan", "plan": "basic", "userIds": [ANA_ID], "reason": "back"}
    answer = api.ok("POST", "/admin/users/bulk", body)
    user = answer["results"][0]["user"]
    assert (user["monthlyLimit"], user["limitSource"]) == (1_000_000, "plan")


def test_an_export_that_is_imported_again_makes_nobodys_limit_their_own(
    money: MoneyPath, api: Api
) -> None:
    money.put_user(ANA)
    csv = f"email;plano;limite_mensal\n{ANA};basic;1000000\n"
    done = api.ok("POST", "/admin/users/import", {"csv": csv, "dryRun": False})
    assert done["unchanged"] == 1
    assert api.ok("GET", USER)["limitSource"] == "plan"
