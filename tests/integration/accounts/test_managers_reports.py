"""Managers of groups in reports and exports: what was used in their groups, and nothing else."""

import json
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import quote, urlencode

import pytest

from solaris.exports import store as exports_store
from solaris.ledger.figures import MAX_FILTER_VALUES
from solaris.platform.actor import Actor
from solaris.platform.aws.queues import EXPORTS_QUEUE, Message
from solaris.quota.user import user_id_for
from tests.integration.accounts.test_managers import (
    CHIEF,
    LONER,
    MINE,
    OTHERS,
    RIVAL,
    Company,
    path,
)
from tests.integration.accounts.users_support import BOSS, Api
from tests.integration.conftest import MoneyPath

NOBODYS = "stranger@example.com"
USAGE, SERIES, EXPORTS = "/admin/reports/usage", "/admin/stats/timeseries", "/admin/reports/exports"
EXPORT = "/admin/reports/export"
NOVEMBER = {"from": "2026-11-01", "to": "2026-11-30"}
GROUPINGS = ("user", "model", "day", "group", "none")
KINDS = ("usage", "summary_by_user", "summary_by_model", "summary_by_day", "summary_by_group")
# tokens of one answer, by who has asked: sums tell whose are in them
TOKENS = {MINE: 11, CHIEF: 101, OTHERS: 1_001, LONER: 10_001}
OWN = TOKENS[MINE] + TOKENS[CHIEF]
FOREIGN = ("so@example.com", "outra@example.com", "Jurídico", "secreto", "-llm")


class Office(Company):
    """That company, in which everybody has asked something."""

    async def use(self, email: str, model: str, key_id: str = "key_1") -> None:
        admission = await self.money.admit(email, prompt=1)
        event = self.money.event(
            admission.reservation, email, completion=TOKENS[email] - 1, model=model, key_id=key_id
        )
        assert not self.money.record(event)

    def report(self, admin: str = CHIEF, **query: Any) -> Any:
        answer = self.ask("GET", f"{USAGE}?{urlencode(NOVEMBER | query, True)}", admin=admin)
        assert answer.status == 200, answer.body
        return answer.body

    def export(self, kind: str, admin: str = CHIEF, role: str = "manager", **more: Any) -> Any:
        filters = NOVEMBER | more.pop("filters", {})
        body = {"type": kind, "format": "json", "filters": filters, **more}
        return self.api("POST", EXPORT, body, role=role, admin=admin)

    def job(self, admin: str, role: str = "manager", kind: str = "usage", **more: Any) -> str:
        answer = self.export(kind, admin, role, background=True, **more)
        assert answer.status == 202, answer.body
        return str(answer.body["id"])

    def made(self, export_id: str) -> Any:
        """A job's file, once it is made."""
        parts = self.api.parts
        for one in parts.platform.queues.receive(EXPORTS_QUEUE, wait_seconds=0, most=10):
            message = Message(one["MessageId"], one["Body"], one["ReceiptHandle"], 1)
            assert parts.exports.jobs.run(message, lambda: 600.0)
        export = parts.exports.jobs.get(export_id)
        files: Any = parts.platform.files
        found = files._client.get_object(Bucket=files._bucket, Key=export.file_key)
        return json.loads(found["Body"].read())


@pytest.fixture
async def office(money: MoneyPath) -> AsyncIterator[Office]:
    money.parts.platform.files.create()
    api = Api(money)
    office = Office(money, api)
    for email, model in ((MINE, "gpt-4o"), (CHIEF, "gpt-4o-mini"), (OTHERS, "secreto-llm")):
        await office.use(email, model)
    await office.use(LONER, "outro-llm", key_id="key_2")
    yield office
    api.close()


def of_nobody_else(body: Any) -> None:
    """Nothing in an answer names anybody or anything of others."""
    text = json.dumps(body, ensure_ascii=False)
    for word in (*FOREIGN, user_id_for(OTHERS), user_id_for(LONER)):
        assert word not in text


@pytest.mark.parametrize("group_by", GROUPINGS)
def test_a_report_is_of_the_own_groups_however_it_is_grouped(office: Office, group_by: str) -> None:
    whole = office.api.ok("GET", f"{USAGE}?{urlencode(NOVEMBER)}&groupBy={group_by}")
    assert whole["totals"]["tokens"] == sum(TOKENS.values())
    found = office.report(groupBy=group_by)
    assert (found["totals"]["tokens"], found["totals"]["requests"]) == (OWN, 2)
    assert sum(row["tokens"] for row in found["items"]) == OWN
    assert all(row["refusals"] is None for row in found["items"])
    assert all(row["firstByteP95Ms"] is None for row in found["items"])
    of_nobody_else(found)


@pytest.mark.parametrize("group_by", GROUPINGS)
@pytest.mark.parametrize(
    "query",
    [
        {"groups": ["{others}"]},
        {"groups": ["-"]},
        {"groups": ["{others}", "-"]},
        {"groups": ["nobody"]},
        {"userIds": [user_id_for(OTHERS)]},
        {"userIds": [user_id_for(LONER)], "groups": ["-"]},
        {"models": ["secreto-llm"]},
        {"keys": ["key_2"]},
        {"keys": ["key_1"], "groups": ["{others}"]},
        {"statuses": ["2xx"], "groups": ["{others}"]},
        {"endpoints": ["/v1/chat/completions"], "groups": ["-"]},
    ],
)
def test_no_filter_lets_anything_else_through(
    office: Office, query: dict[str, list[str]], group_by: str
) -> None:
    wanted: dict[str, Any] = {
        name: [one.format(others=office.others) for one in values] for name, values in query.items()
    }
    # an admin finds what is asked for
    if wanted.get("groups") != ["nobody"]:
        asked = urlencode(NOVEMBER | wanted | {"groupBy": group_by}, True)
        assert office.api.ok("GET", f"{USAGE}?{asked}")["totals"]["tokens"] >= TOKENS[OTHERS]
    found = office.report(groupBy=group_by, **wanted)
    assert (found["items"], found["total"], found["nextCursor"]) == ([], 0, None)
    assert set(found["totals"].values()) <= {0, None}


def test_what_is_of_both_is_cut_to_the_own(office: Office) -> None:
    found = office.report(groups=[office.mine, office.others, "-"], groupBy="group")
    assert [row["groupId"] for row in found["items"]] == [office.mine]
    both = office.report(userIds=[user_id_for(MINE), user_id_for(OTHERS)])
    assert ([row["email"] for row in both["items"]], both["totals"]["tokens"]) == (
        [MINE],
        TOKENS[MINE],
    )


def test_who_manages_two_groups_has_the_sum_of_both_and_may_choose(office: Office) -> None:
    office.api.ok(
        "PUT", f"/admin/groups/{office.others}", {"version": 1, "managers": [CHIEF, RIVAL]}
    )
    office.forget()
    both = office.report()["totals"]["tokens"]
    assert both == OWN + TOKENS[OTHERS]
    assert office.report(groups=office.others)["totals"]["tokens"] == TOKENS[OTHERS]
    assert office.report(admin=RIVAL)["totals"]["tokens"] == TOKENS[OTHERS]


@pytest.mark.parametrize("group_by", GROUPINGS)
def test_who_manages_none_sees_nothing_not_even_what_is_in_no_group(
    office: Office, group_by: str
) -> None:
    for query in ({}, {"groups": "-"}, {"groups": office.mine}):
        found = office.report(NOBODYS, groupBy=group_by, **query)
        assert (found["items"], found["total"], found["totals"]["tokens"]) == ([], 0, 0)


def test_a_manager_of_more_groups_than_a_report_covers_names_some(office: Office) -> None:
    ids = []
    for n in range(MAX_FILTER_VALUES):
        body = {"name": f"Loja {n}", "managers": [CHIEF]}
        ids.append(office.api.ok("POST", "/admin/groups", body)["id"])
    office.forget()
    days = urlencode(NOVEMBER)
    for target in (f"{USAGE}?{days}", f"{SERIES}?{days}"):
        answer = office.ask("GET", target)
        assert (answer.status, answer.body["errors"][0]["code"]) == (422, "too_many_groups")
    assert office.export("usage").problems["filters.groups"][0] == "too_many_groups"
    assert office.report(groups=[office.mine, ids[0]])["totals"]["tokens"] == OWN


def test_a_report_by_key_and_the_systems_statistics_stay_closed(office: Office) -> None:
    assert office.ask("GET", f"{USAGE}?groupBy=key").status == 403
    assert office.ask("GET", "/admin/stats").status == 403
    assert office.ask("GET", "/admin/reconciliation").status == 403


@pytest.mark.parametrize(
    "query",
    ["", "&groupBy=model", "&groupBy=group", "&group={others}", "&group=-", "&model=secreto-llm"],
)
def test_the_series_is_of_the_own_groups(office: Office, query: str) -> None:
    target = f"{SERIES}?{urlencode(NOVEMBER)}{query.format(others=office.others)}"
    whole = office.api.ok("GET", target)
    assert sum(one["tokens"] for one in whole["points"]) >= TOKENS[OTHERS]
    found = office.ask("GET", target).body
    is_other = "group=" in query or "secreto" in query
    assert sum(one["tokens"] for one in found["points"]) == (0 if is_other else OWN)
    assert (found["firstByte"], found["refusals"]) == (None, None)
    assert all(one["refusals"] is None for one in found["points"])
    of_nobody_else(found)


def test_there_is_no_series_by_hour(office: Office) -> None:
    answer = office.ask("GET", f"{SERIES}?from=2026-11-22&to=2026-11-22&interval=hour")
    assert (answer.status, answer.body["errors"][0]["code"]) == (422, "groups_by_day")


async def test_a_group_is_that_of_each_request_whoever_is_in_it_today(office: Office) -> None:
    office.api.ok("PUT", path(MINE), {"groupId": office.others})
    office.api.ok("PUT", path(LONER), {"groupId": office.mine})
    # who has left is there with what they used in it, who has joined without what they used before
    before = {row["email"]: row["tokens"] for row in office.report()["items"]}
    assert before == {MINE: TOKENS[MINE], CHIEF: TOKENS[CHIEF]}
    await office.use(MINE, "secreto-llm")
    await office.use(LONER, "gpt-4o")
    after = {row["email"]: row["tokens"] for row in office.report()["items"]}
    assert after == before | {LONER: TOKENS[LONER]}
    rival = {row["email"]: row["tokens"] for row in office.report(RIVAL)["items"]}
    assert rival == {MINE: TOKENS[MINE], OTHERS: TOKENS[OTHERS]}


def test_a_cursor_of_an_admins_report_leads_to_nobody_else(office: Office) -> None:
    for group_by in GROUPINGS:
        asked = f"{USAGE}?{urlencode(NOVEMBER)}&groupBy={group_by}&limit=1"
        cursor = office.api.ok("GET", asked)["nextCursor"]
        if cursor is not None:
            of_nobody_else(office.report(groupBy=group_by, limit=50, cursor=cursor))


def test_who_is_no_manager_any_more_reads_no_report_soon(office: Office) -> None:
    assert office.report()["totals"]["tokens"] == OWN
    export_id = office.job(CHIEF)
    office.made(export_id)
    assert office.ask("GET", f"{EXPORTS}/{export_id}").body["downloadUrl"]
    office.money.parts.accounts.groups.change(
        office.mine,
        {"managers": [RIVAL]},
        version=1,
        actor=Actor(name=BOSS),
        reason="",
        total=0,
    )
    office.forget()
    assert office.report()["totals"]["tokens"] == 0
    # nor the file of before, which may be made away with still
    assert office.ask("GET", f"{EXPORTS}/{export_id}").status == 404
    assert office.ask("GET", EXPORTS).body["items"] == []
    assert office.ask("DELETE", f"{EXPORTS}/{export_id}").status == 204


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_holds_what_was_used_in_the_own_groups(office: Office, kind: str) -> None:
    for filters in ({}, {"groups": [office.mine, office.others, "-"]}):
        answer = office.export(kind, filters=filters)
        assert answer.status == 200
        assert sum(row["tokens"] for row in answer.body) == OWN
        of_nobody_else(answer.body)
    for filters in ({"groups": [office.others]}, {"groups": ["-"]}, {"models": ["secreto-llm"]}):
        assert office.export(kind, filters=filters).body == []
    assert office.export(kind, NOBODYS).body == []


def test_a_job_makes_what_was_theirs_when_they_asked(office: Office) -> None:
    rows = office.made(office.job(CHIEF, filters={"groups": [office.mine, "-"]}))
    assert sum(row["tokens"] for row in rows) == OWN
    of_nobody_else(rows)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "filters",
    [
        {"userIds": [user_id_for(OTHERS)]},
        {"userIds": [user_id_for(LONER), user_id_for(OTHERS)], "models": ["secreto-llm"]},
        {"groups": ["-"]},
        {"models": ["secreto-llm", "outro-llm"]},
        {"statuses": ["2xx"], "userIds": [user_id_for(OTHERS)]},
    ],
)
def test_a_job_does_not_tell_how_much_others_have_used(
    office: Office, kind: str, filters: dict[str, Any]
) -> None:
    export_id = office.job(CHIEF, kind=kind, filters=filters)
    shown = office.ask("GET", f"{EXPORTS}/{export_id}").body
    assert shown["rowsExpected"] in {None, 0}
    assert office.made(export_id) == []
    done = office.ask("GET", f"{EXPORTS}/{export_id}").body
    assert (done["state"], done["rowsDone"], done["rowsExpected"]) == ("done", 0, 0)


@pytest.mark.parametrize("kind", ["summary_by_key", "users", "alerts", "audit"])
def test_other_files_are_not_for_managers(office: Office, kind: str) -> None:
    body = {"type": kind, "format": "json"}
    assert office.ask("POST", EXPORT, body).status == 403


def test_jobs_of_somebody_else_are_not_there(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    others = [office.job(BOSS, "admin"), office.job(RIVAL), office.job(BOSS, "admin")]
    mine = office.job(CHIEF)
    # of the same groups, but an admin's
    others += [office.job(BOSS, "admin", filters={"groups": [office.mine]})]
    for export_id in (*others, "20261122T120000000-0123456789abcdef"):
        for method in ("GET", "DELETE"):
            answer = office.ask(method, f"{EXPORTS}/{export_id}")
            assert (answer.status, answer.body["code"]) == (404, "not_found")
    for limit in (1, 2, 50):
        page = office.ask("GET", f"{EXPORTS}?limit={limit}").body
        assert ([one["id"] for one in page["items"]], page["nextCursor"]) == ([mine], None)
    every = office.api.ok("GET", f"{EXPORTS}?limit=1")
    rest = office.ask("GET", f"{EXPORTS}?cursor={quote(every['nextCursor'])}").body
    assert {one["id"] for one in rest["items"]} <= {mine}
    assert len(office.api.ok("GET", EXPORTS)["items"]) == 5
    # of very many jobs the newest are looked at
    office.money.clock.forward(seconds=1)
    office.job(RIVAL)
    monkeypatch.setattr(exports_store, "MAX_LOOKED_AT", 1)
    assert office.ask("GET", EXPORTS).body["items"] == []


def test_pages_of_own_jobs_name_none_of_others(office: Office) -> None:
    own = []
    for _ in range(3):
        own.append(office.job(CHIEF))
        office.job(RIVAL)
        office.money.clock.forward(seconds=1)
    seen: list[str] = []
    cursor = ""
    while len(seen) < 3:
        page = office.ask("GET", f"{EXPORTS}?limit=1{cursor}").body
        (one,) = page["items"]
        seen.append(one["id"])
        cursor = f"&cursor={quote(page['nextCursor'] or '')}"
    assert (seen, page["nextCursor"]) == (own[::-1], None)


def test_a_file_of_before_one_was_a_manager_is_not_theirs(office: Office) -> None:
    """Somebody who was an admin has files of everybody, asked for by themselves."""
    whole = office.job(CHIEF, "admin")
    wide = office.job(CHIEF, "admin", filters={"groups": [office.mine, "-"]})
    by_key = office.job(CHIEF, "admin", "summary_by_key", filters={"groups": [office.mine]})
    narrow = office.job(CHIEF, "admin", filters={"groups": [office.mine]})
    for export_id in (whole, wide):
        assert office.ask("GET", f"{EXPORTS}/{export_id}").status == 404
    assert office.ask("GET", f"{EXPORTS}/{by_key}").status == 403
    assert office.ask("GET", f"{EXPORTS}/{narrow}").status == 200
    assert [one["id"] for one in office.ask("GET", EXPORTS).body["items"]] == [narrow]


def test_a_deleted_group_has_no_report_for_its_managers(office: Office) -> None:
    office.api.ok("DELETE", f"/admin/groups/{office.mine}?members=release")
    office.forget()
    found = office.report(groups=office.mine)
    assert (found["items"], found["totals"]["tokens"]) == ([], 0)
