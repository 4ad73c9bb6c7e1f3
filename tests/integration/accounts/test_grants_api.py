"""Grants over the admin API: what nobody can give, and that a refusal changes nothing."""

import itertools
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from solaris.quota.user import user_id_for
from tests.integration.accounts.users_support import Api
from tests.integration.conftest import ANA, MoneyPath

ANA_ID = user_id_for(ANA)
USER = f"/admin/users/{ANA_ID}"
BULK = "/admin/users/bulk"


@pytest.fixture
def api(money: MoneyPath) -> Iterator[Api]:
    money.clock.now = datetime(2026, 11, 10, 15, tzinfo=UTC)
    money.parts.platform.files.create()
    money.put_user(monthly_limit=10_000)
    api = Api(money)
    yield api
    api.close()


KINDS: tuple[Any, ...] = (
    "this_month",
    "until",
    "until_used",
    "every_month",
    None,
    "",
    "THIS_MONTH",
    1,
    [],
    "forever",
)
DAYS: tuple[Any, ...] = (
    *("2026-12-15", "2026-11-10", "2026-11-09", "2026-02-30", "9999-12-31", "0001-01-01"),
    *("2026-12-15T00:00:00Z", "15/12/2026", "", 1_797_292_800, "1797292800", 0, True, {}),
    *(20_261_215, "20261215", "+2026-12-15", " 2026-12-15", "２０２６-12-15"),
)


def test_whatever_term_is_asked_for_is_given_or_refused_by_name(money: MoneyPath, api: Api) -> None:
    given = 0
    for kind, day in itertools.product(KINDS, (*DAYS, None)):
        body: dict[str, Any] = {"amount": 10, "reason": "report", "kind": kind, "until": day}
        body = {name: one for name, one in body.items() if one is not None}
        answer = api("POST", f"{USER}/tokens", body)
        if kind == "until":
            is_right = day in ("2026-12-15", "2026-11-10")
        else:
            is_right = kind in ("this_month", "until_used", "every_month", None) and day is None
        assert answer.status == (200 if is_right else 422), (kind, day, answer.body)
        given += 10 * is_right
        if not is_right:
            assert {*answer.problems} <= {"kind", "until"}, (kind, day)
        assert money.user().additional_tokens == given


def test_a_term_belongs_to_tokens_alone(money: MoneyPath, api: Api) -> None:
    actions: tuple[tuple[str, dict[str, str]], ...] = (
        ("suspend", {}),
        ("activate", {}),
        ("set_plan", {"plan": "pro"}),
    )
    for action, more in actions:
        for term in ({"kind": "this_month"}, {"until": "2026-12-15"}, {"kind": "every_month"}):
            body: dict[str, Any] = {
                "action": action,
                "userIds": [ANA_ID],
                "reason": "slip",
                **more,
                **term,
            }
            answer = api("POST", BULK, body)
            assert answer.status == 422
            assert "kind" in answer.problems
    before = money.user()
    body = {"action": "add_tokens", "userIds": [ANA_ID], "reason": "slip", "amount": 10}
    wrong: tuple[tuple[dict[str, Any], str], ...] = (
        ({"kind": "until"}, "until"),
        ({"until": "2026-12-15"}, "until"),
        ({"kind": "this_month", "until": "2026-12-15"}, "until"),
        ({"kind": "until", "until": "2026-11-09"}, "until"),
        ({"kind": "until_used", "amount": -10}, "amount"),
    )
    for asked, field in wrong:
        answer = api("POST", BULK, body | asked)
        told = [one["problem"] for one in answer.body.get("results", [])]
        fields = {one["field"] for one in told} if told else {*answer.problems}
        assert fields == {field}, answer.body
    assert money.user() == before
    body |= {"kind": "until", "until": "2026-11-10"}
    assert api.ok("POST", BULK, body)["succeeded"] == 1


@pytest.mark.parametrize(
    "name",
    ["x", "A" * 32, "a" * 31, "a" * 33, "every-month%20", "EVERY-MONTH", "%2e%2e", "a" * 999],
)
def test_a_grant_by_a_name_that_none_has(api: Api, name: str) -> None:
    assert api("DELETE", f"{USER}/grants/{name}").status in {404, 422}


def test_grants_of_nobody_and_by_whom_it_is_not_for(api: Api) -> None:
    nobody = f"/admin/users/{user_id_for('zoe@example.com')}"
    term = {"amount": 1, "kind": "this_month", "reason": "x"}
    assert api("GET", f"{nobody}/grants").status == 404
    assert api("DELETE", f"{nobody}/grants/every-month").status == 404
    assert api("POST", f"{nobody}/tokens", term).status == 404
    assert api("DELETE", f"{USER}/grants/every-month").status == 404
    for role in ("viewer", None):
        assert api("DELETE", f"{USER}/grants/every-month", role=role).status in {401, 403}
        assert api("POST", f"{USER}/tokens", term, role=role).status in {401, 403}
    assert api("GET", f"{USER}/grants", role="viewer").status == 200
    assert api("GET", f"{USER}/grants", role=None).status in {401, 403}
