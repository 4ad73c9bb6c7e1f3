"""Groups over the admin API, and what becomes of their members: joined, moved, let go, raced."""

from collections.abc import Iterator
from typing import Any

import pytest

from solaris.accounts.groups import people
from solaris.accounts.groups import routes as group_routes
from solaris.accounts.updates import UserUpdate
from solaris.audit.entry import AuditFilters
from solaris.platform.actor import Actor
from solaris.platform.errors import ConflictError
from solaris.quota.user import Enforcement, LimitSource, OwnField, Plan, UserStatus, user_id_for
from tests.integration.accounts.users_support import BOSS, Api, auditor_of, user_changes_of
from tests.integration.conftest import ANA, MoneyPath

GROUPS = "/admin/groups"
ADMIN = Actor(name=BOSS)


@pytest.fixture
def api(money: MoneyPath) -> Iterator[Api]:
    money.parts.platform.files.create()
    api = Api(money)
    yield api
    api.close()


def made(api: Api, name: str = "Vendas", **stated: Any) -> Any:
    return api.ok("POST", GROUPS, {"name": name, **stated})


def refused(api: Api, method: str, target: str, body: Any = None, **more: Any) -> tuple[int, Any]:
    answer = api(method, target, body, **more)
    assert answer.status >= 400
    return answer.status, answer.body


def user_of(api: Api, email: str = ANA) -> Any:
    return api.ok("GET", f"/admin/users/{user_id_for(email)}")


def put(api: Api, email: str = ANA, **change: Any) -> Any:
    return api.ok("PUT", f"/admin/users/{user_id_for(email)}", change)


def test_a_group_is_made_changed_and_taken_away(money: MoneyPath, api: Api) -> None:
    group = made(
        api,
        costCenter="CC-104",
        monthlyLimit=500_000,
        managers=["Chefe@example.com"],
        recipients=["cfo@example.com"],
        ceilingTokens=9_000_000,
    )
    assert group == {
        "id": group["id"],
        "name": "Vendas",
        "costCenter": "CC-104",
        "plan": None,
        "monthlyLimit": 500_000,
        "dailyLimit": None,
        "enforcement": None,
        "warning": None,
        "critical": None,
        "models": None,
        "ceilingTokens": 9_000_000,
        "managers": ["chefe@example.com"],
        "recipients": ["cfo@example.com"],
        "version": 1,
        "users": 0,
        "usedTokens": 0,
        "createdAt": group["createdAt"],
        "changedAt": group["changedAt"],
        "changedBy": BOSS,
    }
    path = f"{GROUPS}/{group['id']}"
    assert api.ok("GET", path, role="viewer") == group
    money.put_user(ANA)
    put(api, groupId=group["id"])
    changed = api.ok("PUT", path, {"version": 1, "name": "Comercial", "warning": 0.5})
    assert (changed["version"], changed["name"], changed["warning"]) == (2, "Comercial", 0.5)
    assert (changed["users"], changed["usedTokens"], changed["costCenter"]) == (1, 0, "CC-104")
    # stated again: nothing is written
    assert api.ok("PUT", path, {"version": 2, "warning": 0.5})["version"] == 2
    assert api.ok("PUT", path, {"version": 2, "costCenter": None})["costCenter"] == ""
    shown = user_of(api)
    assert (shown["groupId"], shown["groupName"], shown["costCenter"]) == (
        group["id"],
        "Comercial",
        "",
    )
    assert refused(api, "DELETE", path)[0] == 409
    api.ok("DELETE", f"{path}?members=release&reason=fusao")
    assert refused(api, "GET", path)[0] == 404
    assert user_of(api)["groupId"] is None
    assert user_of(api)["monthlyLimit"] == 1_000_000
    entries = auditor_of(money).page(AuditFilters(target_type="group"), 20).entries
    assert sorted((one.action, one.target_label) for one in entries) == [
        ("group.create", "Vendas"),
        ("group.delete", "Comercial"),
        ("group.update", "Comercial"),
        ("group.update", "Vendas"),
    ]


def test_members_get_what_the_group_states_but_for_their_own(money: MoneyPath, api: Api) -> None:
    group = made(
        api,
        plan="pro",
        monthlyLimit=500_000,
        dailyLimit="auto:25",
        enforcement="warn",
        models=["gpt-4o-mini", "claude-*"],
    )
    for email in (ANA, "own@example.com"):
        money.put_user(email)
    money.put_user("first@example.com", monthly_limit=500_000, limit_source=LimitSource.DEFAULT)
    put(api, "own@example.com", monthlyLimit=3_000_000, enforcement="warn", models=["o3"])
    put(api, "own@example.com", enforcement="block")
    for email in (ANA, "own@example.com", "first@example.com"):
        put(api, email, groupId=group["id"])
    shown = user_of(api)
    assert (shown["plan"], shown["planSource"]) == ("pro", "group")
    assert (shown["monthlyLimit"], shown["limitSource"]) == (500_000, "group")
    assert (shown["enforcement"], shown["dailyLimit"]) == ("warn", "auto:25")
    assert (shown["models"], shown["modelsSource"]) == (["gpt-4o-mini", "claude-*"], "group")
    own = user_of(api, "own@example.com")
    assert (own["monthlyLimit"], own["limitSource"]) == (3_000_000, "own")
    assert (own["enforcement"], own["enforcementSource"]) == ("block", "own")
    assert (own["models"], own["modelsSource"]) == (["o3"], "own")
    assert user_of(api, "first@example.com")["limitSource"] == "group"
    back = put(
        api,
        "own@example.com",
        limitSource="group",
        enforcementSource="plan",
        modelsSource="group",
        dailyLimit="plan",
    )
    assert (back["monthlyLimit"], back["limitSource"], back["enforcement"]) == (
        500_000,
        "group",
        "warn",
    )
    assert back["models"] == ["gpt-4o-mini", "claude-*"]
    listed = api.ok("GET", f"/admin/users?group={group['id']}")
    assert listed["total"] == 3
    assert api.ok("GET", "/admin/users?group=none")["total"] == 0


def test_a_plan_against_the_groups_is_kept_until_it_is_given_back(
    money: MoneyPath, api: Api
) -> None:
    group = made(api, plan="pro")
    money.put_user(ANA)
    put(api, groupId=group["id"])
    assert user_of(api)["monthlyLimit"] == 5_000_000
    chosen = put(api, plan="basic")
    assert (chosen["plan"], chosen["planSource"], chosen["monthlyLimit"]) == (
        "basic",
        "own",
        1_000_000,
    )
    api.ok("PUT", f"{GROUPS}/{group['id']}", {"version": 1, "plan": "trial"})
    assert user_of(api)["plan"] == "basic"
    given_back = put(api, planSource="group")
    assert (given_back["plan"], given_back["planSource"]) == ("trial", "group")
    assert OwnField.PLAN not in money.user(ANA).own


def test_a_change_reaches_the_members_and_nobody_else(money: MoneyPath, api: Api) -> None:
    group, other = made(api, monthlyLimit=500_000), made(api, "Outro", monthlyLimit=400_000)
    for n in range(5):
        money.put_user(f"m{n}@example.com")
        put(api, f"m{n}@example.com", groupId=group["id"])
    money.put_user(ANA)
    put(api, groupId=other["id"])
    path = f"{GROUPS}/{group['id']}"
    change = {"monthlyLimit": 200_000, "dailyLimit": "none", "plan": None}
    preview = api.ok("POST", f"{path}/preview", change)
    assert (preview["users"], preview["changed"], preview["blocked"]) == (5, 5, 0)
    assert user_of(api, "m1@example.com")["monthlyLimit"] == 500_000
    api.ok("PUT", path, {"version": 1, **change})
    assert {money.user(f"m{n}@example.com").monthly_limit for n in range(5)} == {200_000}
    assert money.user(ANA).monthly_limit == 400_000
    found = api.ok("GET", GROUPS)
    assert [(one["name"], one["users"]) for one in found["items"]] == [("Outro", 1), ("Vendas", 5)]
    assert (found["usersWithoutGroup"], found["propagation"]["state"]) == (0, "done")
    row = api.ok("GET", f"/admin/users/{user_id_for('m1@example.com')}/transactions")["items"][0]
    assert (row["kind"], row["amount"], row["actor"]) == ("limit_change", -300_000, BOSS)


def test_a_plans_change_passes_by_what_the_group_states(money: MoneyPath, api: Api) -> None:
    group = made(api, monthlyLimit=500_000)
    money.put_user(ANA)
    money.put_user("other@example.com")
    put(api, groupId=group["id"])
    api.ok("PUT", "/admin/plans/basic", {"version": 0, "monthlyLimit": 700_000, "warning": 0.3})
    assert (money.user(ANA).monthly_limit, money.user(ANA).warning_ppm) == (500_000, 300_000)
    assert money.user("other@example.com").monthly_limit == 700_000


@pytest.mark.parametrize(
    ("stated", "field", "code"),
    [
        ({"name": " VENDAS "}, "name", "group_exists"),
        ({"monthlyLimit": 10**11}, "monthlyLimit", "limit_out_of_bounds"),
        ({"warning": 0.99}, "warning", "plan_warning_above_critical"),
        ({"name": "   "}, "name", "string_pattern_mismatch"),
        ({"managers": ["x"]}, "managers.0", None),
        ({"models": []}, "models", None),
        ({"dailyLimit": "much"}, "dailyLimit", None),
        ({"ceilingTokens": -1}, "ceilingTokens", None),
    ],
)
def test_what_cannot_be_is_refused_by_its_field(
    api: Api, stated: dict[str, Any], field: str, code: str | None
) -> None:
    made(api)
    status, problem = refused(api, "POST", GROUPS, {"name": "Outro", **stated})
    assert status == 422
    assert problem["errors"][0]["field"].startswith(field)
    assert code is None or problem["errors"][0]["code"] == code
    assert len(api.ok("GET", GROUPS)["items"]) == 1


def test_groups_are_admins_and_strangers_are_refused(money: MoneyPath, api: Api) -> None:
    group = made(api)
    path = f"{GROUPS}/{group['id']}"
    for method, target, body in (
        ("POST", GROUPS, {"name": "X"}),
        ("PUT", path, {"version": 1, "name": "X"}),
        ("POST", f"{path}/preview", {}),
        ("DELETE", path, None),
    ):
        assert refused(api, method, target, body, role="viewer")[0] == 403
        assert refused(api, method, target, body, role=None)[0] == 401
    money.put_user(ANA)
    status, problem = refused(api, "PUT", f"/admin/users/{user_id_for(ANA)}", {"groupId": "0" * 12})
    assert (status, problem["errors"][0]["code"]) == (422, "no_such_group")
    assert refused(api, "PUT", f"{GROUPS}/{'0' * 12}", {"version": 1})[0] == 404
    assert refused(api, "PUT", path, {"version": 2, "name": "X"})[0] == 409


def test_two_admins_at_once(money: MoneyPath, api: Api) -> None:
    """Of one version one change holds; of two groups both do."""
    first, second = made(api, "A"), made(api, "B")
    groups = money.parts.accounts.groups
    store = money.parts.quota.plans.groups
    written = store.write
    done: list[str] = []

    def late(*given: Any, **named: Any) -> None:
        if not done:
            done.append("x")
            groups.change(second["id"], {"name": "C"}, version=1, actor=ADMIN, reason="", total=0)
        written(*given, **named)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(store, "write", late)
        changed = groups.change(
            first["id"], {"cost_center": "1"}, version=1, actor=ADMIN, reason="", total=0
        )
    assert changed.cost_center == "1"
    assert {one["name"] for one in api.ok("GET", GROUPS)["items"]} == {"A", "C"}
    with pytest.raises(ConflictError):
        groups.change(first["id"], {"name": "Z"}, version=1, actor=ADMIN, reason="", total=0)


def test_two_groups_of_one_name_cannot_be_made_at_once(money: MoneyPath, api: Api) -> None:
    groups = money.parts.accounts.groups
    store = money.parts.quota.plans.groups
    written = store.write
    done: list[str] = []

    def late(*given: Any, **named: Any) -> None:
        if not done:
            done.append("x")
            groups.create({"name": "Vendas"}, actor=ADMIN, reason="")
        written(*given, **named)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(store, "write", late)
        with pytest.raises(Exception, match="another group"):
            groups.create({"name": "vendas"}, actor=ADMIN, reason="")
    assert len(api.ok("GET", GROUPS)["items"]) == 1


def test_who_joins_while_the_group_changes_has_what_it_states_then(
    money: MoneyPath, api: Api
) -> None:
    """The job has passed already when the join is written: it must see the new terms."""
    group = made(api, monthlyLimit=500_000)
    money.put_user(ANA)
    changes, groups = user_changes_of(money), money.parts.accounts.groups
    users = money.parts.quota.users
    changed = users.change
    calls = iter(range(100))

    def late(*given: Any, **named: Any) -> Any:
        if next(calls) == 0:
            groups.change(
                group["id"],
                {"monthly_limit": 900_000},
                version=1,
                actor=ADMIN,
                reason="",
                total=0,
            )
            assert money.parts.accounts.propagation.run().is_done
        return changed(*given, **named)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(users, "change", late)
        changes.update(user_id_for(ANA), UserUpdate(group=group["id"]), actor=ADMIN, reason="")
    assert money.user(ANA).monthly_limit == 900_000


def test_who_joins_a_group_that_is_being_deleted_is_in_none(money: MoneyPath, api: Api) -> None:
    group = made(api, monthlyLimit=500_000)
    money.put_user(ANA)
    api.ok("DELETE", f"{GROUPS}/{group['id']}")
    status, problem = refused(
        api, "PUT", f"/admin/users/{user_id_for(ANA)}", {"groupId": group["id"]}
    )
    assert (status, problem["errors"][0]["code"]) == (422, "no_such_group")
    # the name is free again
    assert made(api)["id"] != group["id"]


async def test_members_chat_while_their_group_changes(money: MoneyPath, api: Api) -> None:
    """No request is refused that should not be, and the books are exact."""
    group = made(api, monthlyLimit=500_000)
    money.put_user(ANA)
    put(api, groupId=group["id"])
    first = await money.admit(ANA, prompt=400, completes=False)
    api.ok("PUT", f"{GROUPS}/{group['id']}", {"version": 1, "monthlyLimit": 100_000})
    second = await money.admit(ANA, prompt=100, completes=False)
    user = money.user(ANA)
    held = first.reservation.tokens + second.reservation.tokens
    assert user.reserved_tokens == held
    assert user.available_tokens == 100_000 - held
    put(api, groupId="")
    assert money.user(ANA).available_tokens == 1_000_000 - held


def test_users_are_made_in_a_group_and_brought_back_to_it(money: MoneyPath, api: Api) -> None:
    group = made(api, monthlyLimit=500_000, enforcement="warn", plan="pro")
    new = api.ok(
        "POST", "/admin/users", {"email": "new@example.com", "groupId": group["id"]}, status=201
    )
    assert (new["monthlyLimit"], new["limitSource"], new["plan"]) == (500_000, "group", "pro")
    assert (new["enforcement"], new["planSource"]) == ("warn", "group")
    own = api.ok(
        "POST",
        "/admin/users",
        {"email": "own@example.com", "groupId": group["id"], "plan": "basic"},
        status=201,
    )
    assert (own["plan"], own["planSource"], own["monthlyLimit"]) == ("basic", "own", 500_000)
    nobodys = api.ok("POST", "/admin/users", {"email": "any@example.com"}, status=201)
    assert (nobodys["plan"], nobodys["planSource"]) == ("basic", "default")
    chosen = api.ok(
        "POST", "/admin/users", {"email": "chosen@example.com", "plan": "pro"}, status=201
    )
    assert (chosen["plan"], chosen["planSource"]) == ("pro", "own")
    assert api.ok("GET", GROUPS)["items"][0]["users"] == 2
    api.ok("DELETE", f"/admin/users/{user_id_for('new@example.com')}?reason=x")
    assert api.ok("GET", GROUPS)["items"][0]["users"] == 1
    again = api.ok(
        "POST", "/admin/users", {"email": "new@example.com", "groupId": group["id"]}, status=201
    )
    assert (again["groupId"], again["plan"], again["planSource"]) == (group["id"], "pro", "group")


def test_an_older_order_of_plans_does_not_undo_a_groups(money: MoneyPath, api: Api) -> None:
    """A process that knew the groups of before is refused, and looks again."""
    group = made(api, monthlyLimit=500_000)
    money.put_user(ANA)
    put(api, groupId=group["id"])
    plans = money.parts.quota.plans
    stale = plans.read()
    groups = money.parts.accounts.groups
    groups.change(
        group["id"], {"monthly_limit": 300_000}, version=1, actor=ADMIN, reason="", total=0
    )
    assert money.parts.accounts.propagation.run().is_done
    assert money.user(ANA).monthly_limit == 300_000
    assert plans.read().versions != stale.versions
    assert plans.read().terms_of(money.user(ANA)).policy.monthly_limit == 300_000


def test_a_job_that_is_killed_goes_on(money: MoneyPath, api: Api) -> None:
    group = made(api, monthlyLimit=500_000)
    for n in range(6):
        money.put_user(f"m{n}@example.com")
        put(api, f"m{n}@example.com", groupId=group["id"])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(group_routes, "FIRST_SECONDS", 0.0)
        answer = api.ok("PUT", f"{GROUPS}/{group['id']}", {"version": 1, "enforcement": "warn"})
    assert answer["enforcement"] == "warn"
    assert api.ok("GET", GROUPS)["propagation"]["state"] == "running"
    assert api.ok("POST", "/admin/plans/propagation")["propagation"]["state"] == "done"
    assert {money.user(f"m{n}@example.com").enforcement for n in range(6)} == {Enforcement.WARN}


def test_the_deleted_count_in_no_group(money: MoneyPath, api: Api) -> None:
    group = made(api)
    money.put_user(ANA)
    put(api, groupId=group["id"])
    money.put_user("gone@example.com", status=UserStatus.DELETED, plan=Plan.BASIC)
    found = money.parts.accounts.directory.ask(people.counts)
    assert found[group["id"]].users == 1


def test_a_new_group_hides_no_change_that_nobody_has_brought_yet(
    money: MoneyPath, api: Api
) -> None:
    """As of the environment, or of a restore, which the next sweep is to notice."""
    money.put_user(ANA)
    api.ok("PUT", "/admin/plans/basic", {"version": 0, "monthlyLimit": 700_000})
    plans = money.parts.quota.plans
    body = {"basic": {"monthly_limit": 600_000}}
    plans.documents.put(plans.read().document, body, changed_by="x", now=money.clock())
    made(api, monthlyLimit=500_000)
    assert money.parts.accounts.propagation.run().is_done
    assert money.user(ANA).monthly_limit == 600_000
