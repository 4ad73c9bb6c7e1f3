"""Requests for more tokens: asked for by users, decided once, and the books with the decision."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import orjson
import pytest

from solaris.accounts.token_requests.request import MOST_AUTOMATIC_GRANTS
from solaris.platform.aws.queues import ALERTS_QUEUE
from solaris.quota.grant import GrantKind
from solaris.quota.quota import Quota
from solaris.quota.user import Enforcement, User, UserStatus, user_id_for
from tests.integration.accounts.users_support import BOSS, Answer, Api
from tests.integration.conftest import MoneyPath

ANA, BIA = "ana@example.com", "bia@example.com"
CHIEF = "chefe@example.com"
REASON = "fechamento do trimestre"


class Asking:
    """The API, and links of users."""

    def __init__(self, money: MoneyPath) -> None:
        self.money = money
        self.api = Api(money)

    def ask(self, email: str = ANA, tokens: int = 5_000, reason: str = REASON) -> Answer:
        token = self.api.parts.quota.personal_links.make(user_id_for(email)).url.partition("#")[2]
        body = {"tokens": tokens, "reason": reason}
        return self.api("POST", "/me/requests", body, role=None, authorization=f"Bearer {token}")

    def me(self, email: str = ANA) -> Any:
        token = self.api.parts.quota.personal_links.make(user_id_for(email)).url.partition("#")[2]
        answer = self.api("GET", "/me", role=None, authorization=f"Bearer {token}")
        assert answer.status == 200, answer.body
        return answer.body["asking"]

    def asked(self, email: str = ANA, tokens: int = 5_000) -> str:
        answer = self.ask(email, tokens)
        assert answer.status == 201, answer.body
        request_id: str = answer.body["id"]
        return request_id

    def decide(
        self, request_id: str, verb: str = "approve", email: str = ANA, **more: Any
    ) -> Answer:
        body = more.pop("body", {})
        target = f"/admin/users/{user_id_for(email)}/requests/{request_id}/{verb}"
        return self.api("POST", target, body, **more)

    def user(self, email: str = ANA) -> User:
        user = self.api.parts.quota.users.get(user_id_for(email))
        assert user is not None
        return user

    def policy(self, **policy: Any) -> None:
        version = self.api.ok("GET", "/admin/requests/policy")["version"]
        body = {"isOn": True, "automaticTokens": 0, "version": version} | policy
        self.api.ok("PUT", "/admin/requests/policy", body)

    def audited(self, action: str) -> list[Any]:
        items = self.api.ok("GET", f"/admin/audit?action={action}")["items"]
        assert isinstance(items, list)
        return items

    def told(self) -> list[Any]:
        """What is on the alerts queue of requests, taken from it."""
        queues, found = self.api.parts.platform.queues, []
        while messages := queues.receive(ALERTS_QUEUE, wait_seconds=0):
            found += [orjson.loads(one["Body"]) for one in messages]
            queues.delete(ALERTS_QUEUE, messages)
        return [one for one in found if one.get("kind") == "request_news"]


@pytest.fixture
def asking(money: MoneyPath) -> Iterator[Asking]:
    money.parts.platform.files.create()
    money.put_user(ANA, monthly_limit=10_000)
    asking = Asking(money)
    asking.api.parts.quota.plans.forget()
    yield asking
    asking.api.close()


def test_asked_approved_and_granted_in_one(asking: Asking) -> None:
    request_id = asking.asked()
    shown = asking.me()
    assert (shown["allowed"], shown["whyNot"]) == (False, "pending")
    assert (shown["last"]["state"], shown["last"]["tokens"]) == ("pending", 5_000)
    (listed,) = asking.api.ok("GET", "/admin/requests")["items"]
    assert (listed["email"], listed["reason"], listed["id"]) == (ANA, REASON, request_id)
    before = asking.user()
    answer = asking.decide(request_id, body={"note": "bom trabalho"})
    assert (answer.status, answer.body["state"]) == (200, "approved")
    assert (answer.body["grantedTokens"], answer.body["decidedBy"]) == (5_000, BOSS)
    after = asking.user()
    assert after.additional_tokens == before.additional_tokens + 5_000
    (grant,) = after.grants
    assert (grant.kind, grant.tokens) == (GrantKind.THIS_MONTH, 5_000)
    last = asking.me()["last"]
    assert (last["state"], last["grantedTokens"], last["note"]) == (
        "approved",
        5_000,
        "bom trabalho",
    )
    assert "decidedBy" not in last
    assert asking.api.ok("GET", "/admin/requests")["items"] == []
    (made,), (approved,) = asking.audited("request.create"), asking.audited("request.approve")
    assert (made["actor"], made["reason"], made["after"]["tokens"]) == (ANA, REASON, 5_000)
    assert (approved["actor"], approved["after"]["granted"]) == (BOSS, 5_000)
    assert [(one["news"], one["tokens"]) for one in asking.told()] == [
        ("asked", 5_000),
        ("approved", 5_000),
    ]


def test_another_amount_and_term(asking: Asking) -> None:
    request_id = asking.asked()
    body = {"tokens": 1_200, "kind": "until", "until": "2027-01-15"}
    answer = asking.decide(request_id, body=body)
    assert answer.status == 200, answer.body
    (grant,) = asking.user().grants
    assert (grant.granted_tokens, grant.until) == (1_200, "2027-01-15")
    assert (answer.body["tokens"], answer.body["grantedTokens"]) == (5_000, 1_200)


def test_one_is_pending_however_many_come_at_once(asking: Asking) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda n: asking.ask(tokens=1_000 + n), range(8)))
    assert sorted(one.status for one in answers) == [201, *[409] * 7]
    assert {one.body["code"] for one in answers if one.status == 409} <= {
        "request_pending",
        "conflict",
    }
    assert len(asking.api.ok("GET", "/admin/requests")["items"]) == 1
    assert asking.ask().body["code"] == "request_pending"


def test_decided_once_however_many_decide(asking: Asking) -> None:
    request_id = asking.asked()
    people = [f"admin{n}@example.com" for n in range(8)]

    def decide(admin: str) -> Answer:
        verb = "deny" if int(admin[5]) % 4 == 3 else "approve"
        return asking.decide(request_id, verb, admin=admin)

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(decide, people))
    assert sorted(one.status for one in answers) == [200, *[409] * 7]
    (won,) = (one.body for one in answers if one.status == 200)
    lost = [one.body for one in answers if one.status == 409]
    assert {one["code"] for one in lost} == {"request_decided"}
    assert all(won["decidedBy"] in one["title"] for one in lost)
    granted = 5_000 if won["state"] == "approved" else 0
    assert asking.user().additional_tokens == granted
    # again by whoever decided: the same answer, and no more tokens
    verb = "approve" if granted else "deny"
    assert asking.decide(request_id, verb, admin=won["decidedBy"]).status == 200
    assert asking.user().additional_tokens == granted
    other = asking.decide(request_id, "deny" if granted else "approve", admin=won["decidedBy"])
    assert (other.status, other.body["code"]) == (409, "request_decided")


def test_a_no_pauses_for_seven_days(asking: Asking) -> None:
    denied = asking.decide(asking.asked(), "deny", body={"note": "só no mês que vem"})
    assert (denied.status, denied.body["state"], denied.body["grantedTokens"]) == (
        200,
        "denied",
        None,
    )
    assert asking.user().additional_tokens == 0
    shown = asking.me()
    assert (shown["allowed"], shown["whyNot"]) == (False, "paused")
    assert shown["last"]["note"] == "só no mês que vem"
    answer = asking.ask()
    assert (answer.status, answer.body["code"]) == (409, "request_paused")
    asking.money.clock.forward(days=7)
    assert asking.me()["allowed"]
    assert asking.ask().status == 201


def test_it_lapses_with_its_month(asking: Asking) -> None:
    request_id = asking.asked()
    asking.money.clock.forward(days=31)
    shown = asking.me()
    assert (shown["allowed"], shown["last"]["state"]) == (True, "lapsed")
    for verb in ("approve", "deny"):
        answer = asking.decide(request_id, verb)
        assert (answer.status, answer.body["code"]) == (409, "request_lapsed")
    assert asking.api.ok("GET", "/admin/requests")["items"] == []
    (lapsed,) = asking.api.ok("GET", "/admin/requests?state=lapsed")["items"]
    assert (lapsed["id"], lapsed["state"]) == (request_id, "lapsed")
    assert asking.asked() != request_id
    assert asking.user().additional_tokens == 0


@pytest.mark.parametrize(
    ("method", "target", "body"),
    [
        ("POST", "/tokens", {"amount": 5_000, "kind": "this_month", "reason": "x"}),
        ("PUT", "", {"monthlyLimit": 200_000}),
        ("PUT", "", {"plan": "pro"}),
        ("PUT", "", {"enforcement": "warn"}),
    ],
)
def test_any_raise_answers_it(asking: Asking, method: str, target: str, body: Any) -> None:
    asking.asked()
    asking.told()
    asking.api.ok(method, f"/admin/users/{user_id_for(ANA)}{target}", body)
    last = asking.me()["last"]
    assert (last["state"], last["how"], last["grantedTokens"]) == ("approved", "raise", None)
    assert [(one["news"], one["by_raise"]) for one in asking.told()] == [("approved", True)]
    assert asking.me()["allowed"] == (body.get("enforcement") != "warn")


def test_less_than_was_asked_for_answers_it_only_where_it_brings_back(asking: Asking) -> None:
    asking.asked()
    grant = {"amount": 1_000, "kind": "this_month", "reason": "x"}
    asking.api.ok("POST", f"/admin/users/{user_id_for(ANA)}/tokens", grant)
    assert asking.me()["last"]["state"] == "pending"
    asking.money.put_user(BIA, monthly_limit=0)
    asking.asked(BIA)
    asking.api.ok("POST", f"/admin/users/{user_id_for(BIA)}/tokens", grant)
    assert asking.me(BIA)["last"]["how"] == "raise"


def test_the_upkeep_finds_what_no_write_looked_at(asking: Asking) -> None:
    asking.asked()
    asking.told()
    users = asking.api.parts.quota.users
    users.change(
        user_id_for(ANA),
        lambda user: _raised(user, 50_000),
    )
    report = asking.api.parts.accounts.request_upkeep.run(lambda: 60.0)
    assert report.settled == 1
    assert asking.me()["last"]["how"] == "raise"
    assert [one["news"] for one in asking.told()] == ["approved"]
    assert asking.api.parts.accounts.request_upkeep.run(lambda: 60.0).settled == 0


def test_news_that_was_lost_is_told_once_more(
    asking: Asking, monkeypatch: pytest.MonkeyPatch
) -> None:
    teller = asking.api.parts.accounts.request_teller
    with monkeypatch.context() as broken:
        broken.setattr(teller, "tell", lambda *_: False)
        asking.asked()
    upkeep = asking.api.parts.accounts.request_upkeep
    assert upkeep.run(lambda: 60.0).told == 0  # it may just be on its way
    asking.money.clock.forward(seconds=90)
    assert upkeep.run(lambda: 60.0).told == 1
    assert [one["news"] for one in asking.told()] == ["asked"]
    assert upkeep.run(lambda: 60.0).told == 0


def test_the_policy_gives_so_much_a_month_and_no_more(asking: Asking) -> None:
    asking.policy(automaticTokens=8_000)
    first = asking.ask(tokens=5_000)
    assert (first.status, first.body["state"], first.body["how"]) == (201, "approved", "policy")
    assert asking.user().additional_tokens == 5_000
    second = asking.ask(tokens=5_000)
    assert (second.status, second.body["state"]) == (201, "pending")
    asking.decide(second.body["id"], "approve")
    third = asking.ask(tokens=3_000)
    assert third.body["state"] == "approved"
    assert asking.ask(tokens=1).body["state"] == "pending"
    assert asking.user().additional_tokens == 13_000
    approved = asking.audited("request.approve")
    assert sorted(one["actor"] for one in approved) == [BOSS, "system", "system"]


def test_many_small_requests_leave_room_for_grants_by_people(asking: Asking) -> None:
    asking.policy(automaticTokens=8_000)
    states = [asking.ask(tokens=1).body["state"] for _ in range(MOST_AUTOMATIC_GRANTS + 1)]
    assert states == [*["approved"] * MOST_AUTOMATIC_GRANTS, "pending"]
    grant = {"amount": 1_000, "kind": "this_month", "reason": "x"}
    asking.api.ok("POST", f"/admin/users/{user_id_for(ANA)}/tokens", grant)


def test_the_policy_is_not_beaten_by_many_at_once(asking: Asking) -> None:
    asking.policy(automaticTokens=8_000)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: asking.ask(tokens=3_000), range(8)))
    states = [one.body.get("state") for one in answers if one.status == 201]
    assert states.count("approved") <= 2
    assert asking.user().additional_tokens == 3_000 * states.count("approved")
    assert {one.status for one in answers} <= {201, 409}
    asking.money.clock.forward(days=31)
    assert asking.ask(tokens=8_000).body["state"] == "approved"  # a new month


def test_the_policy_turned_off(asking: Asking) -> None:
    asking.policy(isOn=False)
    assert asking.me()["whyNot"] == "off"
    answer = asking.ask()
    assert (answer.status, answer.problems[""][0]) == (422, "requests_off")
    stale = {"isOn": True, "automaticTokens": 5, "version": 0}
    assert asking.api("PUT", "/admin/requests/policy", stale).status == 409
    (changed,) = asking.audited("request_policy.change")
    assert (changed["before"], changed["after"]) == ({"isOn": True}, {"isOn": False})


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("status", UserStatus.SUSPENDED, "asker_not_active"),
        ("status", UserStatus.PENDING, "asker_not_active"),
        ("enforcement", Enforcement.WARN, "asker_not_limited"),
    ],
)
def test_who_may_not_ask(asking: Asking, field: str, value: Any, code: str) -> None:
    asking.money.put_user(BIA, **{field: value})
    answer = asking.ask(BIA)
    assert (answer.status, answer.problems[""][0]) == (422, code)


@pytest.mark.parametrize(
    "body",
    [
        {"tokens": 0, "reason": "x"},
        {"tokens": -5, "reason": "x"},
        {"tokens": 10**12 + 1, "reason": "x"},
        {"tokens": "100", "reason": "x"},
        {"tokens": 100, "reason": ""},
        {"tokens": 100, "reason": "   "},
        {"tokens": 100, "reason": "x" * 501},
        {"tokens": 100},
        {"tokens": 100, "reason": "x", "userId": "another"},
    ],
)
def test_nonsense_is_named(asking: Asking, body: Any) -> None:
    token = asking.api.parts.quota.personal_links.make(user_id_for(ANA)).url.partition("#")[2]
    answer = asking.api("POST", "/me/requests", body, role=None, authorization=f"Bearer {token}")
    assert answer.status == 422
    assert asking.api.ok("GET", "/admin/requests")["items"] == []


def test_nobody_asks_without_a_link(asking: Asking) -> None:
    body = {"tokens": 100, "reason": "x"}
    for given in ("", "Bearer x", "Bearer " + "a" * 80):
        answer = asking.api("POST", "/me/requests", body, role=None, authorization=given)
        assert answer.status == 401


def test_managers_decide_of_members_alone(asking: Asking) -> None:
    asking.money.put_user(BIA)
    group = asking.api.ok("POST", "/admin/groups", {"name": "Vendas", "managers": [CHIEF]})["id"]
    asking.money.put_user(CHIEF)
    for email in (ANA, CHIEF):
        asking.api.ok("PUT", f"/admin/users/{user_id_for(email)}", {"groupId": group})
    asking.api.parts.quota.plans.forget()
    ids = {email: asking.asked(email) for email in (ANA, BIA, CHIEF)}
    assert {tuple(one["to"]) for one in asking.told()} == {
        (CHIEF,),
        tuple(asking.api.parts.settings.admin_alert_emails),
    }
    as_chief: Any = {"role": "manager", "admin": CHIEF}
    listed = asking.api("GET", "/admin/requests", **as_chief).body
    assert {one["email"] for one in listed["items"]} == {ANA, CHIEF}
    assert listed["total"] == 2
    assert asking.api.ok("GET", "/admin/requests")["total"] == 3
    only = asking.api("GET", f"/admin/requests?group={group}&limit=1", **as_chief).body
    assert len(only["items"]) == 1
    for verb in ("approve", "deny"):
        assert asking.decide(ids[BIA], verb, BIA, **as_chief).status == 404
        mine = asking.decide(ids[CHIEF], verb, CHIEF, **as_chief)
        assert mine.problems[""][0] == "not_oneself"
    over = asking.api.parts.settings.manager_grant_ceiling + 1
    too_much = asking.decide(ids[ANA], body={"tokens": over}, **as_chief)
    assert too_much.problems["tokens"][0] == "managers_ceiling"
    lasting = asking.decide(ids[ANA], body={"kind": "every_month"}, **as_chief)
    assert lasting.problems["kind"][0] == "managers_this_month"
    assert asking.decide(ids[ANA], **as_chief).status == 200
    assert asking.user().additional_tokens == 5_000
    for target in ("/admin/requests", "/admin/requests/policy"):
        for role in ("auditor",):
            assert asking.api("GET", target, role=role).status == 403
    assert asking.api("GET", "/admin/requests/policy", **as_chief).status == 403
    assert asking.api("GET", f"/admin/users/{user_id_for(BIA)}/requests", **as_chief).status == 404


def test_who_is_gone_leaves_no_reason_behind(asking: Asking) -> None:
    asking.asked()
    asking.api("DELETE", f"/admin/users/{user_id_for(ANA)}", {"reason": "saiu"})
    assert asking.api.ok("GET", "/admin/requests")["items"] == []
    assert asking.api.parts.accounts.request_store.of_user(user_id_for(ANA), 10) == []


def test_personal_data_has_them(asking: Asking) -> None:
    asking.asked()
    data = asking.api.ok("GET", f"/admin/users/{user_id_for(ANA)}/personal-data")
    assert [one["reason"] for one in data["tokenRequests"]] == [REASON]


def test_pages_and_months(asking: Asking) -> None:
    people = [f"p{n}@example.com" for n in range(7)]
    for email in people:
        asking.money.put_user(email)
        asking.asked(email)
    seen, cursor = [], ""
    for _ in range(10):
        page = asking.api.ok("GET", f"/admin/requests?limit=3{cursor}")
        assert page["total"] == 7
        seen += [one["email"] for one in page["items"]]
        if page["nextCursor"] is None:
            break
        cursor = f"&cursor={page['nextCursor']}"
    assert sorted(seen) == people
    assert asking.api("GET", "/admin/requests?cursor=bm9uZQ").status == 422
    assert asking.api.ok("GET", "/admin/requests?period=2020-01")["items"] == []
    assert asking.api.ok("GET", "/admin/requests?state=denied")["items"] == []


def _raised(user: User, limit: int) -> User:
    quota = Quota(limit, user.additional_tokens, user.current_usage, user.reserved_tokens)
    return replace(
        user,
        monthly_limit=limit,
        available_tokens=quota.available_tokens,
        version=user.version + 1,
    )
