"""Many users at once: each on their own, and a dry run that says what the real one does."""

from collections.abc import Iterator
from typing import Any

import pytest

from solaris.accounts.bulk import BulkAction, BulkRequest, change_all
from solaris.accounts.changes import UserChanges
from solaris.accounts.importing import importer as importing
from solaris.accounts.importing.import_file import MAX_LINES
from solaris.platform.actor import Actor
from solaris.platform.errors import StoreUnavailableError
from solaris.quota.user import UserStatus, user_id_for
from tests.integration.accounts.users_support import BOSS, Api
from tests.integration.conftest import ANA, MoneyPath

BIA = "bia@example.com"
NOBODY_ID = user_id_for("zoe@example.com")
BULK = "/admin/users/bulk"
IMPORT = "/admin/users/import"
FILE = """\
email;nome;plano;limite_mensal
ana@example.com;Ana Lima;pro;
bia@example.com;;;2.000.000
caio@example.com;Caio;trial;
dani@example.com;;;50.000
bia@example.com;;;
not an address;;;
eva@example.com;;;
"""


@pytest.fixture
def api(money: MoneyPath) -> Iterator[Api]:
    money.parts.platform.files.create()
    api = Api(money)
    yield api
    api.close()


def body(action: str, *emails: str, **more: Any) -> dict[str, Any]:
    ids = [user_id_for(one) for one in emails]
    return {"action": action, "userIds": ids, "reason": "reorganisation", **more}


def test_one_failure_stops_nothing_and_is_told_in_its_place(money: MoneyPath, api: Api) -> None:
    money.put_user(additional_tokens=100)
    money.put_user(BIA)
    found = api.ok("POST", BULK, body("add_tokens", ANA, "zoe@example.com", BIA, amount=-50))
    assert (found["succeeded"], found["failed"]) == (1, 2)
    first, second, third = found["results"]
    assert (first["ok"], first["user"]["additionalTokens"], first["problem"]) == (True, 50, None)
    assert (second["userId"], second["problem"]["code"]) == (NOBODY_ID, "not_found")
    assert third["problem"] == {
        "field": "amount",
        "code": "more_than_granted",
        "message": "Não é possível retirar 50 tokens: só 0 são concedidos todo mês",
    }
    assert [row["reason"] for row in money.rows("transactions")] == ["reorganisation"]
    assert [row["actor"] for row in money.rows("audit")] == [BOSS]


@pytest.mark.parametrize(
    ("action", "more", "shown"),
    [
        ("suspend", {}, {"status": "suspended"}),
        ("activate", {}, {"status": "active"}),
        ("add_tokens", {"amount": 700}, {"additionalTokens": 700}),
        ("set_plan", {"plan": "pro"}, {"plan": "pro", "monthlyLimit": 5_000_000}),
        ("set_plan", {"plan": "pro", "monthlyLimit": 3_000_000}, {"monthlyLimit": 3_000_000}),
        ("set_limit", {"monthlyLimit": 300_000}, {"monthlyLimit": 300_000, "limitSource": "own"}),
    ],
)
def test_every_action_changes_every_user(
    money: MoneyPath, api: Api, action: str, more: dict[str, Any], shown: dict[str, Any]
) -> None:
    for email in (ANA, BIA):
        money.put_user(email, status=UserStatus.BLOCKED)
    found = api.ok("POST", BULK, body(action, ANA, BIA, **more))
    for one in found["results"]:
        assert one["user"].items() >= shown.items()
    assert len(money.rows("audit")) == 2


def test_many_join_a_group_and_leave_it(money: MoneyPath, api: Api) -> None:
    group = api.ok("POST", "/admin/groups", {"name": "Vendas", "monthlyLimit": 500_000})
    money.put_user()
    money.put_user(BIA, monthly_limit=700_000)
    own = {"monthlyLimit": 700_000, "limitSource": "own"}
    api.ok("PUT", f"/admin/users/{user_id_for(BIA)}", own)

    def after(group_id: str) -> list[tuple[Any, ...]]:
        found = api.ok("POST", BULK, body("set_group", ANA, BIA, groupId=group_id))
        assert found["failed"] == 0
        names = ("groupName", "monthlyLimit", "limitSource")
        return [tuple(one["user"][name] for name in names) for one in found["results"]]

    joined = [("Vendas", 500_000, "group"), ("Vendas", 700_000, "own")]
    assert after(group["id"]) == joined
    assert after(group["id"]) == joined  # again changes nothing
    assert after("") == [(None, 1_000_000, "plan"), (None, 700_000, "own")]
    audited = [row for row in money.rows("audit") if row["action"] == "user.set_group"]
    assert len(audited) == 4
    assert {row["reason"] for row in audited} == {"reorganisation"}


def test_a_group_that_is_not_there_is_told_user_by_user(money: MoneyPath, api: Api) -> None:
    money.put_user()
    money.put_user(BIA)
    found = api.ok("POST", BULK, body("set_group", ANA, BIA, groupId="0123456789ab"))
    assert [one["problem"]["code"] for one in found["results"]] == ["no_such_group"] * 2
    found = api.ok("POST", BULK, body("set_limit", ANA, monthlyLimit=900_000_000))
    assert found["results"][0]["problem"]["field"] == "monthlyLimit"
    assert money.rows("transactions") == []


@pytest.mark.parametrize(
    ("wrong", "field", "code"),
    [
        ({"action": "add_tokens"}, "amount", "needed_by_action"),
        ({"action": "set_plan"}, "plan", "needed_by_action"),
        ({"action": "suspend", "amount": 1}, "amount", "not_of_action"),
        ({"action": "add_tokens", "amount": 1, "monthlyLimit": 1}, "monthlyLimit", "not_of_action"),
        ({"action": "set_limit"}, "monthlyLimit", "needed_by_action"),
        ({"action": "set_limit", "monthlyLimit": 1, "plan": "pro"}, "plan", "not_of_action"),
        ({"action": "set_limit", "monthlyLimit": -1}, "monthlyLimit", "greater_than_equal"),
        ({"action": "set_group"}, "groupId", "needed_by_action"),
        ({"action": "set_group", "groupId": "vendas"}, "groupId", "string_pattern_mismatch"),
        ({"action": "suspend", "groupId": ""}, "groupId", "not_of_action"),
        ({"action": "suspend", "userIds": []}, "userIds", "too_short"),
        ({"action": "suspend", "userIds": [NOBODY_ID] * 2}, "userIds", "repeated"),
        ({"action": "suspend", "userIds": ["ana"]}, "userIds.0", "string_pattern_mismatch"),
        ({"action": "suspend", "reason": ""}, "reason", "string_too_short"),
        ({"action": "dance"}, "action", "enum"),
    ],
)
def test_a_request_that_makes_no_sense_changes_nobody(
    money: MoneyPath, api: Api, wrong: dict[str, Any], field: str, code: str
) -> None:
    before = money.put_user()
    refused = api("POST", BULK, body("suspend", ANA) | wrong)
    assert (refused.status, refused.problems[field][0]) == (422, code)
    assert money.user() == before


def test_a_repeated_bulk_grant_with_the_same_key_grants_once(money: MoneyPath, api: Api) -> None:
    money.put_user()
    money.put_user(BIA)
    grant = body("add_tokens", ANA, BIA, amount=700)
    first = api.ok("POST", BULK, grant, idempotency_key="k1")
    assert api.ok("POST", BULK, grant, idempotency_key="k1") == first
    assert money.user().additional_tokens == money.user(BIA).additional_tokens == 700


def test_a_store_that_is_away_is_not_waited_for_a_hundred_times(
    money: MoneyPath, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried = []

    def away(self: UserChanges, user_id: str, **_: Any) -> None:
        tried.append(user_id)
        raise StoreUnavailableError("away")

    monkeypatch.setattr(UserChanges, "suspend", away)
    request = BulkRequest(action=BulkAction.SUSPEND, reason="x")
    ids = [user_id_for(f"u{n}@example.com") for n in range(100)]
    results = change_all(api.parts.accounts.user_changes, ids, request, Actor(name=BOSS))
    assert [one.user_id for one in results] == ids
    assert all(isinstance(one.error, StoreUnavailableError) for one in results)
    assert tried == ids[:2]


# CSV


def outline(found: Any) -> list[tuple[int, str, str | None]]:
    return [
        (one["line"], one["action"], one["problem"] and one["problem"]["code"])
        for one in found["results"]
    ]


def test_a_dry_run_writes_nothing_and_says_what_the_real_run_then_does(
    money: MoneyPath, api: Api
) -> None:
    money.put_user(name="Ana")
    money.put_user(BIA, monthly_limit=2_000_000)
    api.ok("POST", "/admin/users", {"email": "eva@example.com", "name": "Eva"})
    assert api("DELETE", f"/admin/users/{user_id_for('eva@example.com')}").status == 204
    tables = ("users", "transactions", "audit", "changes")
    before = [money.rows(table) for table in tables]
    dry = api.ok("POST", IMPORT, {"csv": "\ufeff" + FILE})
    assert [money.rows(table) for table in tables] == before
    assert outline(dry) == [
        (2, "update", None),
        (3, "unchanged", None),
        (4, "create", None),
        (5, "error", "limit_out_of_bounds"),
        (6, "error", "repeated_in_file"),
        (7, "error", "not_an_email"),
        (8, "create", None),
    ]
    assert dry["results"][0]["changes"] == [
        {"field": "name", "before": "Ana", "after": "Ana Lima"},
        {"field": "plan", "before": "basic", "after": "pro"},
        {"field": "monthlyLimit", "before": 1_000_000, "after": 5_000_000},
    ]
    assert dry["results"][4]["problem"]["message"] == "O endereço já está na linha 3"
    real = api.ok("POST", IMPORT, {"csv": FILE, "dryRun": False, "reason": "welcome"})
    assert real == dry | {"dryRun": False}
    assert (real["created"], real["updated"], real["unchanged"], real["failed"]) == (2, 1, 1, 3)
    assert (money.user().name, money.user().monthly_limit) == ("Ana Lima", 5_000_000)
    assert money.user("caio@example.com").monthly_limit == 100_000
    assert money.user("eva@example.com").status is UserStatus.ACTIVE
    again = api.ok("POST", IMPORT, {"csv": FILE, "dryRun": False})
    assert [action for _, action, _ in outline(again)].count("unchanged") == 4
    listed = api.ok("GET", "/admin/users")
    assert listed["total"] == 4
    assert "welcome" in {row["reason"] for row in money.rows("transactions")}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "no_header"),
        ("email\n" + "a@b.c\n" * (MAX_LINES + 1), "too_many_lines"),
        ('email\n"', "not_csv"),
    ],
    ids=["empty", "long", "broken"],
)
def test_a_file_that_cannot_be_read_is_refused(
    money: MoneyPath, api: Api, text: str, code: str
) -> None:
    refused = api("POST", IMPORT, {"csv": text, "dryRun": False})
    assert (refused.status, refused.problems["csv"][0]) == (422, code)
    assert money.rows("users") == []


def test_lines_that_there_was_no_time_for_say_so_and_are_done_by_the_next_call(
    money: MoneyPath, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    create = UserChanges.create

    def slowly(self: UserChanges, *arguments: Any, **more: Any) -> Any:
        money.clock.forward(seconds=importing.MAX_SECONDS / 2)
        return create(self, *arguments, **more)

    monkeypatch.setattr(UserChanges, "create", slowly)
    text = "email\n" + "".join(f"u{n}@example.com\n" for n in range(5))
    first = api.ok("POST", IMPORT, {"csv": text, "dryRun": False})
    assert outline(first) == [
        *((n, "create", None) for n in (2, 3, 4)),
        *((n, "error", "not_attempted") for n in (5, 6)),
    ]
    second = api.ok("POST", IMPORT, {"csv": text, "dryRun": False})
    assert (second["unchanged"], second["created"]) == (3, 2)


GRANTS = """email;nome;adicionais_quantidade;adicionais_tipo;ate
ana@example.com;Ana Lima;50.000;ate;15/12/2026
bia@example.com;;20.000;este_mes;
caio@example.com;Caio;30.000;ate_usar;
eva@example.com;;10.000;todo_mes;
rui@example.com;;10.000;;
ivo@example.com;Ivo;10.000;ate;01/11/2026
lia@example.com;;10.000;ate;01/01/2039
"""


def given(money: MoneyPath) -> dict[str, int]:
    """Additional tokens by the name in the address, of those who have any."""
    users = [money.user(row["email"]) for row in money.rows("users")]
    return {
        one.email.partition("@")[0]: one.additional_tokens for one in users if one.additional_tokens
    }


def test_lines_grant_tokens_once_however_often_the_file_is_sent(money: MoneyPath, api: Api) -> None:
    money.put_user(name="Ana")
    for email in (BIA, "eva@example.com"):
        money.put_user(email)
    tables = ("users", "transactions", "audit", "changes")
    before = [money.rows(table) for table in tables]
    dry = api.ok("POST", IMPORT, {"csv": GRANTS})
    assert [money.rows(table) for table in tables] == before
    assert outline(dry) == [
        (2, "update", None),
        (3, "update", None),
        (4, "create", None),
        (5, "update", None),
        (6, "error", "kind_needed"),
        (7, "error", "grant_is_over"),
        (8, "error", "until_too_far"),
    ]
    assert dry["results"][0]["changes"] == [
        {"field": "name", "before": "Ana", "after": "Ana Lima"},
        {"field": "additionalAmount", "before": None, "after": 50_000},
        {"field": "additionalKind", "before": None, "after": "until"},
        {"field": "until", "before": None, "after": "2026-12-15"},
    ]
    real = api.ok("POST", IMPORT, {"csv": GRANTS, "dryRun": False, "reason": "welcome"})
    assert real == dry | {"dryRun": False}
    granted = {"ana": 50_000, "bia": 20_000, "caio": 30_000, "eva": 10_000}
    assert given(money) == granted
    # what is refused makes no user
    emails = {row["email"] for row in money.rows("users")}
    assert emails.isdisjoint({"ivo@example.com", "lia@example.com", "rui@example.com"})
    (grant,) = api.ok("GET", f"/admin/users/{user_id_for(ANA)}/grants")["items"]
    assert (grant["kind"], grant["until"], grant["reason"]) == ("until", "2026-12-15", "welcome")
    for is_dry in (True, False):
        again = api.ok("POST", IMPORT, {"csv": GRANTS, "dryRun": is_dry, "reason": "other"})
        assert (again["unchanged"], again["failed"]) == (4, 3)
    assert given(money) == granted
    assert money.user().available_tokens == 1_050_000
    money.assert_books_balance()


def test_a_grant_of_this_month_is_made_again_next_month_and_no_other_is(
    money: MoneyPath, api: Api
) -> None:
    for email in (ANA, BIA, "eva@example.com"):
        money.put_user(email)
    text = (
        "email,additional_amount,additional_kind\nana@example.com,5,this_month\n"
        "bia@example.com,6,until_used\neva@example.com,7,every_month\n"
    )
    assert api.ok("POST", IMPORT, {"csv": text, "dryRun": False})["updated"] == 3
    money.clock.forward(days=31)
    found = api.ok("POST", IMPORT, {"csv": text, "dryRun": False})
    assert [action for _, action, _ in outline(found)] == ["update", "unchanged", "unchanged"]
    assert given(money) == {"ana": 5, "bia": 6, "eva": 7}


def test_a_line_of_another_amount_is_another_grant_and_one_taken_back_stays_so(
    money: MoneyPath, api: Api
) -> None:
    money.put_user()
    line = "email,additional_amount,additional_kind\nana@example.com,{},until_used\n"
    assert api.ok("POST", IMPORT, {"csv": line.format(5), "dryRun": False})["updated"] == 1
    assert api.ok("POST", IMPORT, {"csv": line.format(6), "dryRun": False})["updated"] == 1
    path = f"/admin/users/{user_id_for(ANA)}/grants"
    first = next(one for one in api.ok("GET", path)["items"] if one["tokens"] == 5)
    api.ok("DELETE", f"{path}/{first['id']}")
    assert api.ok("POST", IMPORT, {"csv": line.format(5), "dryRun": False})["unchanged"] == 1
    assert given(money) == {"ana": 6}


def test_a_restored_user_is_granted_once_as_well(money: MoneyPath, api: Api) -> None:
    text = "email,additional_amount,additional_kind\nana@example.com,5,until_used\n"
    assert api.ok("POST", IMPORT, {"csv": text, "dryRun": False})["created"] == 1
    assert api("DELETE", f"/admin/users/{user_id_for(ANA)}").status == 204
    dry = api.ok("POST", IMPORT, {"csv": text})
    real = api.ok("POST", IMPORT, {"csv": text, "dryRun": False})
    assert real == dry | {"dryRun": False}
    assert (real["created"], given(money)) == (1, {"ana": 5})


def test_a_grant_lost_between_the_two_writes_of_a_new_user_is_made_by_the_next_import(
    money: MoneyPath, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "email,additional_amount,additional_kind\nana@example.com,5,until_used\n"

    def failing(*_: Any, **__: Any) -> Any:
        raise StoreUnavailableError

    with monkeypatch.context() as patched:
        patched.setattr(UserChanges, "update", failing)
        assert api.ok("POST", IMPORT, {"csv": text, "dryRun": False})["failed"] == 1
    assert given(money) == {}
    assert api.ok("POST", IMPORT, {"csv": text, "dryRun": False})["updated"] == 1
    assert given(money) == {"ana": 5}
