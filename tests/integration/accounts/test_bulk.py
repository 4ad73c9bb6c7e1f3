"""Many users at once: each on their own, and a dry run that says what the real one does."""

from collections.abc import Iterator
from typing import Any

import pytest

from solaris.accounts import importer as importing
from solaris.accounts.bulk import BulkAction, BulkRequest, change_all
from solaris.accounts.changes import UserChanges
from solaris.accounts.import_file import MAX_LINES
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


@pytest.mark.parametrize(
    ("wrong", "field", "code"),
    [
        ({"action": "add_tokens"}, "amount", "needed_by_action"),
        ({"action": "set_plan"}, "plan", "needed_by_action"),
        ({"action": "suspend", "amount": 1}, "amount", "not_of_action"),
        ({"action": "add_tokens", "amount": 1, "monthlyLimit": 1}, "monthlyLimit", "not_of_action"),
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
