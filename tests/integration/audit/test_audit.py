"""The audit log on a real store: a row with every change, traceable, found by its filters."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from solaris.audit import store as audit_module
from solaris.audit.entry import AUDIT_DAYS, AuditFilters
from solaris.platform.actor import Actor
from solaris.quota.user import user_id_for
from tests.integration.accounts.users_support import BOSS, Api, auditor_of
from tests.integration.conftest import ANA, MoneyPath

ANA_ID = user_id_for(ANA)
ANA_PATH = f"/admin/users/{ANA_ID}"


@pytest.fixture
def api(money: MoneyPath) -> Iterator[Api]:
    money.parts.platform.files.create()
    api = Api(money)
    yield api
    api.close()


def test_a_click_is_traceable_from_the_audit_log_to_the_transaction_to_the_user(
    money: MoneyPath, api: Api
) -> None:
    money.put_user()
    money.spend(300_000)
    answered = api.ok("POST", f"{ANA_PATH}/tokens", {"amount": 5_000, "reason": "year-end report"})
    (entry,) = api.ok("GET", f"/admin/audit?targetId={ANA_ID}")["items"]
    assert (entry["actor"], entry["action"], entry["targetLabel"]) == (BOSS, "user.add_tokens", ANA)
    assert (entry["requestId"], entry["ipAddress"]) == ("r-1", "10.0.0.9")
    assert (entry["before"], entry["after"]) == (
        {"additionalTokens": 0},
        {"additionalTokens": 5_000},
    )
    rows = api.ok("GET", f"{ANA_PATH}/transactions")["items"]
    (row,) = [one for one in rows if one["id"] == entry["transactionId"]]
    assert (row["actor"], row["reason"]) == (entry["actor"], entry["reason"])
    assert (row["before"], row["after"]) == (entry["before"], entry["after"])
    assert (row["amount"], row["userId"]) == (5_000, entry["targetId"])
    user = money.user()
    assert row["version"] == user.version == answered["version"]
    assert row["after"]["additionalTokens"] == user.additional_tokens
    assert row["balanceAfter"] == user.quota.balance_tokens == 705_000


def test_every_kind_of_change_has_its_entry_and_a_refused_one_has_none(
    money: MoneyPath, api: Api
) -> None:
    api.ok("POST", "/admin/users", {"email": ANA, "name": "Ana"})
    money.spend(10)
    api.ok("PUT", ANA_PATH, {"name": "Ana Lima", "plan": "pro"})
    api.ok("POST", f"{ANA_PATH}/suspend", {"reason": "left"})
    api.ok("POST", f"{ANA_PATH}/activate")
    api.ok("POST", f"{ANA_PATH}/reset-usage", {"reason": "script"})
    assert api("POST", f"{ANA_PATH}/tokens", {"amount": -1, "reason": "slip"}).status == 422
    assert api("DELETE", ANA_PATH).status == 204
    api.ok("POST", "/admin/users", {"email": ANA})
    entries = api.pages("/admin/audit")
    by_action = {one["action"]: one for one in entries}
    assert by_action.keys() == {
        *("user.create", "user.rename", "user.set_plan", "user.suspend", "user.activate"),
        *("user.reset_usage", "user.delete", "user.restore"),
    }
    assert by_action["user.rename"]["before"] == {"name": "Ana"}
    assert by_action["user.rename"]["transactionId"] is None
    assert by_action["user.delete"]["targetLabel"] == ANA
    assert "Ana Lima" not in str(by_action["user.delete"])
    assert by_action["user.restore"]["targetLabel"] == ANA
    known = {row["transaction_id"] for row in money.rows("transactions")}
    assert {one["transactionId"] for one in entries} - {None} == known


def test_an_answer_that_is_lost_leaves_one_row(
    money: MoneyPath, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As boto3 does after a time-out: the same bytes again."""
    money.put_user()
    client = api.parts.platform.dynamodb
    real = client.transact_write_items

    def twice(**arguments: Any) -> Any:
        real(**arguments)
        return real(**arguments)

    monkeypatch.setattr(client, "transact_write_items", twice)
    api.ok("POST", f"{ANA_PATH}/tokens", {"amount": 5_000, "reason": "report"})
    assert len(money.rows("audit")) == len(money.rows("transactions")) == 1
    assert money.user().additional_tokens == 5_000


def put(money: MoneyPath, action: str, **more: Any) -> str:
    """Record an entry now; returns its id."""
    actor = Actor(name=more.pop("actor", BOSS))
    entry = auditor_of(money).entry(actor, action, target_type=action.partition(".")[0], **more)
    auditor_of(money).record(entry)
    return entry.audit_id


def test_filters_find_their_entries_over_many_days(money: MoneyPath, api: Api) -> None:
    old = put(money, "admin.login", actor="ceo@example.com")
    money.clock.forward(days=100)
    middle = put(money, "key.revoke", target_id="key_1")
    money.clock.forward(hours=1)
    new = put(money, "user.suspend", target_id=ANA_ID)

    def ids(query: str) -> list[str]:
        return [one["id"] for one in api.pages(f"/admin/audit?{query}")]

    assert ids("") == ids("limit=1") == ids("limit=3") == [new, middle, old]
    assert ids("actor=ceo@example.com") == ids("action=admin.login") == [old]
    assert ids("targetType=key") == ids("targetId=key_1") == [middle]
    assert ids("targetType=key&actor=ceo@example.com") == []
    # the start is in, the end is not
    assert ids("from=2026-11-15T15:00:00.123Z&to=2026-11-15T15:00:00.124Z") == [old]
    assert ids("from=2026-11-15T15:00:00.124Z&to=2027-02-23T16:00:00.123Z") == [middle]
    assert ids("to=2026-11-15T15:00:00.123Z") == []
    assert ids("from=2027-03-01T00:00:00Z&to=2020-01-01T00:00:00Z") == []
    assert ids("from=0001-01-01T00:00:00Z&to=9999-12-31T23:00:00Z") == [new, middle, old]


def test_pages_of_a_busy_day_hold_every_entry_once(money: MoneyPath, api: Api) -> None:
    made = []
    for n in range(23):
        made.append(put(money, "admin.login" if n % 3 else "key.create"))
        if n % 2:
            money.clock.forward(milliseconds=1)
    for query in ("limit=1", "limit=4", "limit=23", "limit=24"):
        found = [one["id"] for one in api.pages(f"/admin/audit?{query}")]
        assert sorted(found) == sorted(made)
    times = [one["createdAt"] for one in api.pages("/admin/audit?limit=5")]
    assert times == sorted(times, reverse=True)
    assert len(api.pages("/admin/audit?action=key.create&limit=2")) == 8


def test_a_call_looks_back_a_stated_number_of_days_and_says_where_to_go_on(
    money: MoneyPath, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = put(money, "admin.login")
    money.clock.forward(days=audit_module.MAX_DAYS_A_PAGE + 10)
    auditor = auditor_of(money)
    first = auditor.page(AuditFilters(), 10)
    assert (first.entries, first.next_cursor is None) == ([], False)
    second = auditor.page(AuditFilters(), 10, first.next_cursor)
    assert [one.audit_id for one in second.entries] == [old]
    money.clock.forward(days=AUDIT_DAYS)
    cursor = None
    for _ in range(AUDIT_DAYS // audit_module.MAX_DAYS_A_PAGE + 1):
        page = auditor.page(AuditFilters(), 10, cursor)
        assert page.entries == []
        cursor = page.next_cursor
    assert cursor is None


@pytest.mark.parametrize(
    "cursor",
    ["x", "e30", "eyJkYXkiOiAiMjAyNi0xMyIsICJrZXkiOiAiYSJ9", "%F0%9F%98%80", "bnVsbA", "a" * 900],
)
def test_a_cursor_that_no_page_has_given_is_refused(
    money: MoneyPath, api: Api, cursor: str
) -> None:
    refused = api("GET", f"/admin/audit?cursor={cursor}")
    assert (refused.status, refused.problems["cursor"][0]) == (422, "invalid_cursor")


def test_rows_go_after_two_years_and_hold_no_control_characters(money: MoneyPath) -> None:
    put(money, "user.suspend", reason="up\x1bgrade", target_label="a\nb")
    (row,) = money.rows("audit")
    assert (row["reason"], row["target_label"]) == ("upgrade", "a b")
    expiry = money.clock() + timedelta(days=AUDIT_DAYS)
    assert row["expires_at"] == int(expiry.timestamp())
