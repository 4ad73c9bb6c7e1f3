"""Managers of groups: they see and change their members, whatever they try of anybody else."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest

from solaris.alerts.alert import Alert, AlertType, Audience, MailState, UsageFigures
from solaris.api import registered
from solaris.platform.actor import Actor, Role
from solaris.platform.aws.documents import OLDEST_SECONDS
from solaris.platform.settings import Settings
from solaris.quota.thresholds import Threshold
from solaris.quota.user import LimitSource, UserStatus, user_id_for
from tests.integration.accounts.users_support import Answer, Api
from tests.integration.conftest import MoneyPath

CHIEF, RIVAL = "chefe@example.com", "rival@example.com"
MINE, OTHERS, LONER = "ana@example.com", "outra@example.com", "so@example.com"
READS = ("", "/stats", "/usage", "/transactions", "/periods", "/refusals", "/grants", "/forecast")


class Company:
    """Two groups with a manager and a member each, and somebody in none."""

    def __init__(self, money: MoneyPath, api: Api) -> None:
        self.money, self.api = money, api
        self.mine = self._group("Vendas", CHIEF, MINE, CHIEF)
        self.others = self._group("Jurídico", RIVAL, OTHERS)
        money.put_user(LONER)

    def _group(self, name: str, manager: str, *members: str) -> str:
        body = {"name": name, "managers": [manager]}
        group_id: str = self.api.ok("POST", "/admin/groups", body)["id"]
        for email in members:
            self.money.put_user(email)
            self.api.ok("PUT", path(email), {"groupId": group_id})
        self.forget()
        return group_id

    def forget(self) -> None:
        """Managers are those of now, and not of some seconds ago."""
        self.api.parts.quota.plans.forget()

    def ask(
        self, method: str, target: str, body: Any = None, admin: str = CHIEF, **more: str
    ) -> Answer:
        return self.api(method, target, body, role="manager", admin=admin, **more)


def path(email: str) -> str:
    return f"/admin/users/{user_id_for(email)}"


@pytest.fixture
def company(money: MoneyPath) -> Iterator[Company]:
    money.parts.platform.files.create()
    api = Api(money)
    yield Company(money, api)
    api.close()


def grant(tokens: int = 10_000, **fields: Any) -> dict[str, Any]:
    return {"amount": tokens, "kind": "this_month", "reason": "fechamento", **fields}


@pytest.mark.parametrize("read", READS)
def test_a_manager_reads_of_members_alone(company: Company, read: str) -> None:
    assert company.ask("GET", path(MINE) + read).status == 200
    for email in (OTHERS, LONER, "nobody@example.com"):
        answer = company.ask("GET", path(email) + read)
        # one whom there is not and one whom they do not see are told alike
        assert (answer.status, answer.body["code"]) == (404, "not_found")
        assert email not in str(answer.body)
    assert company.ask("GET", path(MINE) + read, admin=RIVAL).status == 404
    assert company.ask("GET", path(MINE) + read, admin="stranger@example.com").status == 404


@pytest.mark.parametrize(
    "query",
    [
        "",
        "?group={others}",
        "?group=none",
        "?group={others}&group=none",
        "?search=outra",
        "?search=so@example",
        "?status=active&status=deleted",
        "?usageLevel=ok",
        "?sort=usage&order=desc",
        "?plan=basic",
        "?limit=1",
    ],
)
def test_no_filter_shows_anybody_else(company: Company, query: str) -> None:
    target = "/admin/users" + query.format(others=company.others)
    found = company.ask("GET", target)
    assert found.status == 200
    assert {one["email"] for one in found.body["items"]} <= {MINE, CHIEF}
    assert found.body["total"] <= 2
    if "group=" in query:
        assert (found.body["items"], found.body["total"]) == ([], 0)


def test_their_own_filter_works_and_a_cursor_leads_nowhere_else(company: Company) -> None:
    mine = company.ask("GET", f"/admin/users?group={company.mine}&group={company.others}").body
    assert {one["email"] for one in mine["items"]} == {MINE, CHIEF}
    every = company.api.ok("GET", "/admin/users?limit=1")
    answer = company.ask("GET", f"/admin/users?limit=50&cursor={quote(every['nextCursor'])}")
    if answer.status == 200:
        assert {one["email"] for one in answer.body["items"]} <= {MINE, CHIEF}
    nobody = company.ask("GET", "/admin/users", admin="stranger@example.com").body
    assert (nobody["items"], nobody["total"]) == ([], 0)


def test_groups_are_their_own(company: Company) -> None:
    found = company.ask("GET", "/admin/groups").body
    assert [one["name"] for one in found["items"]] == ["Vendas"]
    assert (found["usersWithoutGroup"], found["propagation"]) == (0, None)
    assert company.ask("GET", f"/admin/groups/{company.mine}").status == 200
    assert company.ask("GET", f"/admin/groups/{company.others}").status == 404
    for method, target, body in (
        ("PUT", f"/admin/groups/{company.mine}", {"version": 1, "managers": []}),
        ("POST", "/admin/groups", {"name": "X"}),
        ("DELETE", f"/admin/groups/{company.mine}", None),
    ):
        assert company.ask(method, target, body).status == 403


def test_alerts_are_those_of_members(company: Company) -> None:
    money = company.money
    for email in (MINE, OTHERS):
        user_id = user_id_for(email)
        alert = Alert(
            alert_id=f"{user_id}#2026-11#80",
            type=AlertType.WARNING,
            title="80 %",
            message="80 % used",
            period="2026-11",
            user_id=user_id,
            threshold=Threshold.WARNING,
            figures=UsageFigures(80_000, 90_000, 10_000),
            created_at=money.clock(),
            mails=dict.fromkeys(Audience, MailState.NONE),
            errors={},
        )
        assert money.parts.alerts.store.put_new(alert)
        money.parts.quota.changes.publish(alert_ids=[alert.alert_id])
    found = company.ask("GET", "/admin/alerts").body
    assert ([one["userEmail"] for one in found["items"]], found["total"]) == ([MINE], 1)
    other = company.ask("GET", f"/admin/alerts?userId={user_id_for(OTHERS)}").body
    assert (other["items"], other["total"]) == ([], 0)
    every = {one["userEmail"]: one["id"] for one in company.api.ok("GET", "/admin/alerts")["items"]}
    assert company.ask("GET", f"/admin/alerts/{quote(every[MINE], safe='')}").status == 200
    assert company.ask("GET", f"/admin/alerts/{quote(every[OTHERS], safe='')}").status == 404
    assert company.ask("POST", "/admin/alerts/resolve-all", {}).status == 403


def test_members_are_granted_suspended_and_let_go_on(company: Company) -> None:
    given = company.ask("POST", path(MINE) + "/tokens", grant())
    assert (given.status, given.body["additionalTokens"]) == (200, 10_000)
    assert company.ask("POST", path(MINE) + "/suspend", {"reason": "férias"}).status == 200
    assert company.ask("POST", path(MINE) + "/activate", {}).status == 200
    company.api.ok("PUT", path(MINE), {"dailyLimit": 5_000})
    assert company.ask("POST", path(MINE) + "/lift-day", {}).status == 200
    row = company.ask("GET", path(MINE) + "/transactions").body["items"][-1]
    assert (row["kind"], row["actor"]) == ("grant", CHIEF)


@pytest.mark.parametrize(
    ("verb", "body"),
    [
        ("/tokens", grant()),
        ("/suspend", {"reason": "x"}),
        ("/activate", {}),
        ("/lift-day", {}),
    ],
)
def test_nobody_else_is_changed_and_not_oneself(
    company: Company, verb: str, body: dict[str, Any]
) -> None:
    for email in (OTHERS, LONER):
        before = company.money.user(email)
        assert company.ask("POST", path(email) + verb, body).status == 404
        assert company.money.user(email) == before
    answer = company.ask("POST", path(CHIEF) + verb, body)
    assert (answer.status, answer.body["errors"][0]["code"]) == (422, "not_oneself")
    # by another address of theirs neither
    company.api.ok("PUT", path(CHIEF), {"email": "novo@example.com"})
    assert company.ask("POST", path(CHIEF) + verb, body).status == 422
    assert company.money.user(CHIEF).additional_tokens == 0


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (grant(100_001), "managers_ceiling"),
        (grant(-1), "managers_this_month"),
        (grant(kind="every_month"), "managers_this_month"),
        (grant(kind="until_used"), "managers_this_month"),
        (grant(kind="until", until="2026-11-20"), "managers_this_month"),
        ({"amount": 5, "reason": "sem tipo"}, "managers_this_month"),
    ],
)
def test_what_they_may_not_grant(company: Company, body: dict[str, Any], code: str) -> None:
    answer = company.ask("POST", path(MINE) + "/tokens", body)
    assert (answer.status, answer.body["errors"][0]["code"]) == (422, code)
    assert company.money.user(MINE).additional_tokens == 0


def test_the_ceiling_is_of_all_managers_and_of_one_month(company: Company) -> None:
    company.api.ok(
        "PUT",
        f"/admin/groups/{company.mine}",
        {"version": 1, "managers": [CHIEF, "vice@example.com"]},
    )
    company.forget()
    # what an admin grants does not count
    company.api.ok("POST", path(MINE) + "/tokens", grant(500_000))
    assert company.ask("POST", path(MINE) + "/tokens", grant(60_000)).status == 200
    second = company.ask("POST", path(MINE) + "/tokens", grant(60_000), admin="vice@example.com")
    assert second.body["errors"][0]["code"] == "managers_ceiling"
    assert "40" in second.body["errors"][0]["message"]
    # nor does anything that comes in between make it forgotten
    for _ in range(3):
        company.ask("POST", path(MINE) + "/suspend", {"reason": "x"})
        company.ask("POST", path(MINE) + "/activate", {})
    assert company.ask("POST", path(MINE) + "/tokens", grant(40_001)).status == 422
    assert company.ask("POST", path(MINE) + "/tokens", grant(40_000)).status == 200
    company.money.clock.now += timedelta(days=30)
    assert company.ask("POST", path(MINE) + "/tokens", grant(100_000)).status == 200
    assert company.money.user(MINE).additional_tokens == 100_000


def test_twenty_grants_at_once_end_at_the_ceiling(company: Company) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(
            pool.map(
                lambda _: company.ask("POST", path(MINE) + "/tokens", grant(20_000)), range(20)
            )
        )
    assert sum(one.status == 200 for one in answers) <= 5
    assert company.money.user(MINE).additional_tokens <= 100_000
    # under contention a refusal may be one of the store's; nobody is refused for good
    while company.ask("POST", path(MINE) + "/tokens", grant(20_000)).status == 200:
        pass
    assert company.money.user(MINE).additional_tokens == 100_000


def test_a_repetition_grants_once_and_needs_no_room(company: Company) -> None:
    key = {"idempotency_key": "k-1"}
    for _ in range(3):
        answer = company.ask("POST", path(MINE) + "/tokens", grant(100_000), **key)
        assert (answer.status, answer.body["additionalTokens"]) == (200, 100_000)


def test_who_is_no_manager_any_more_grants_nothing_at_once_and_sees_nothing_soon(
    company: Company,
) -> None:
    assert company.ask("GET", path(MINE)).status == 200
    company.money.parts.accounts.groups.change(
        company.mine,
        {"managers": [RIVAL]},
        version=1,
        actor=Actor(name="boss@example.com"),
        reason="",
        total=0,
    )
    # a grant asks the store, whatever this process remembers
    assert company.ask("POST", path(MINE) + "/tokens", grant()).status == 404
    assert OLDEST_SECONDS <= 5
    company.forget()
    assert company.ask("GET", path(MINE)).status == 404
    assert company.ask("GET", path(MINE), admin=RIVAL).status == 200


def test_who_moves_to_another_group_is_another_managers(company: Company) -> None:
    company.api.ok("PUT", path(MINE), {"groupId": company.others})
    assert company.ask("GET", path(MINE)).status == 404
    assert company.ask("GET", path(MINE), admin=RIVAL).status == 200
    company.api.ok("PUT", path(MINE), {"groupId": ""})
    assert company.ask("GET", path(MINE), admin=RIVAL).status == 404


def test_a_deleted_groups_manager_sees_nobody(company: Company) -> None:
    company.api.ok("DELETE", f"/admin/groups/{company.mine}?members=release")
    company.forget()
    assert company.ask("GET", "/admin/groups").body["items"] == []
    assert company.ask("GET", "/admin/users").body["total"] == 0


def test_every_other_operation_is_closed(company: Company) -> None:
    closed = [one for one in registered() if Role.MANAGER not in one.access.roles]
    for one in closed:
        if one.access.is_open:
            continue
        target = one.path.replace("{user_id}", user_id_for(MINE)).replace("{", "").replace("}", "")
        assert company.ask(one.method, target, {}).status in {403, 404}, one.name


def test_a_ceiling_of_nothing_lets_managers_grant_nothing(company: Company) -> None:
    company.api.parts.platform.settings = Settings(manager_grant_ceiling=0)
    answer = company.ask("POST", path(MINE) + "/tokens", grant(1))
    assert answer.body["errors"][0]["code"] == "managers_ceiling"
    assert Settings().manager_grant_ceiling == 100_000


def test_a_members_state_does_not_hide_them(company: Company) -> None:
    company.money.put_user(
        "gone@example.com",
        status=UserStatus.SUSPENDED,
        group_id=company.mine,
        limit_source=LimitSource.PLAN,
    )
    assert company.ask("GET", path("gone@example.com")).status == 200
