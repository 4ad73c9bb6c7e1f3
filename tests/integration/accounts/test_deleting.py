"""A deleted user: the person is gone from the store, the books are as they were."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from solaris.accounts import deletion as deleting
from solaris.accounts import personal_data_routes as personal_data
from solaris.alerts.alert import Alert, AlertType, Audience, Crossing, MailState, UsageFigures
from solaris.alerts.mails import MailRenderer, Person, ThresholdNotice
from solaris.gateway.admission import Admission
from solaris.keys.key import new_key
from solaris.ledger import usage_by_user as user_usage
from solaris.ledger.usage_by_user import PERSONAL
from solaris.platform.aws.tables import TABLES, short_name
from solaris.platform.errors import AccountStatusError
from solaris.platform.instants import parse_instant
from solaris.quota.thresholds import Threshold
from solaris.quota.user import UserStatus, user_id_for
from tests.integration.accounts.users_support import NEVER_MOVED, Api
from tests.integration.conftest import ANA, MoneyPath

ANA_ID = user_id_for(ANA)
ANA_PATH = f"/admin/users/{ANA_ID}"
BIA = "bia@example.com"


@pytest.fixture
def api(money: MoneyPath) -> Iterator[Api]:
    money.parts.platform.files.create()
    api = Api(money)
    yield api
    api.close()


def use(money: MoneyPath, requests: int, email: str = ANA) -> None:
    """Requests on record with everything that tells about the person."""
    events = [
        money.event(
            None,
            email,
            prompt=10,
            ip_address="10.1.1.1",
            user_agent="LibreChat",
            conversation_id=f"c-{n}",
        )
        for n in range(requests)
    ]
    assert money.record(*events) == []


def told(money: MoneyPath, email: str = ANA) -> int:
    """How many records of a user still tell about the person."""
    rows = [row for row in money.rows("usage") if row["user_id"] == user_id_for(email)]
    return sum(any(name in row for name in PERSONAL) for row in rows)


def figures(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{n: one for n, one in row.items() if n not in PERSONAL} for row in rows]


def test_name_address_and_traces_go_and_every_figure_stays(money: MoneyPath, api: Api) -> None:
    before = money.put_user()
    money.put_user(BIA)
    use(money, 7)
    use(money, 2, BIA)
    records, counters = money.rows("usage"), money.rows("counters")
    found = api("DELETE", ANA_PATH, {"reason": "left the company"})
    assert (found.status, found.body) == (204, None)
    user = money.user()
    assert (user.status, user.email, user.name) == (
        UserStatus.DELETED,
        f"deleted-{ANA_ID[:8]}@invalid",
        "",
    )
    assert (user.current_usage, user.plan) == (70, before.plan)
    assert (told(money), told(money, BIA)) == (0, 2)
    assert figures(money.rows("usage")) == figures(records)
    assert money.rows("counters") == counters
    for table in ("users", "usage", "periods", "transactions", "counters"):
        stored = [row for row in money.rows(table) if row.get("user_id") == ANA_ID]
        assert ANA not in str(stored)
        assert "Somebody" not in str(stored)
    (row,) = money.rows("transactions")
    assert (row["kind"], row["reason"]) == ("status_change", "left the company")


async def test_requests_of_a_deleted_user_are_refused(money: MoneyPath, api: Api) -> None:
    money.put_user()
    assert api("DELETE", f"{ANA_PATH}?reason=left").status == 204
    with pytest.raises(AccountStatusError, match="deleted") as refusal:
        await money.admit()
    assert refusal.value.code == "account_deleted"
    assert money.rows("transactions")[0]["reason"] == "left"


def test_a_deleted_users_own_keys_are_revoked_and_no_others(money: MoneyPath, api: Api) -> None:
    money.put_user()
    keys = {
        name: new_key(f"sk-solaris-{name}", name=name, now=money.clock(), user_email=owner)
        for name, owner in (("hers", ANA), ("his", BIA), ("service", None))
    }
    for key in keys.values():
        assert money.parts.keys.store.put_new(key)
    assert api("DELETE", ANA_PATH).status == 204
    revoked = {name for name, one in keys.items() if _revoked(money, one.key_hash)}
    assert revoked == {"hers"}
    actions = sorted(row["action"] for row in money.rows("audit"))
    assert actions == ["key.revoke", "user.delete"]


def _revoked(money: MoneyPath, key_hash: str) -> bool:
    key = money.parts.keys.store.get(key_hash)
    assert key is not None
    return key.revoked_at is not None


def test_a_deleted_user_is_listed_only_when_asked_for_and_takes_no_change(
    money: MoneyPath, api: Api
) -> None:
    api.ok("POST", "/admin/users", {"email": ANA})
    api.ok("POST", "/admin/users", {"email": BIA})
    assert api("DELETE", ANA_PATH).status == 204
    assert [one["email"] for one in api.ok("GET", "/admin/users")["items"]] == [BIA]
    (listed,) = api.ok("GET", "/admin/users?status=deleted")["items"]
    shown = api.ok("GET", ANA_PATH)
    assert shown["statusChange"]["actor"] == "boss@example.com"
    assert listed | NEVER_MOVED == shown | {"statusChange": None}
    version = money.user().version
    for method, path, body in (
        ("PUT", ANA_PATH, {"name": "Ana"}),
        ("POST", f"{ANA_PATH}/activate", {}),
        ("POST", f"{ANA_PATH}/tokens", {"amount": 1, "reason": "x"}),
    ):
        refused = api(method, path, body)
        assert (refused.status, refused.problems[""][0]) == (422, "deleted")
    assert api("DELETE", ANA_PATH).status == 204
    assert money.user().version == version


async def test_who_is_created_again_has_the_old_id_grants_and_usage(
    money: MoneyPath, api: Api
) -> None:
    money.put_user(additional_tokens=5_000)
    money.spend(300_000)
    assert api("DELETE", ANA_PATH).status == 204
    again = api("POST", "/admin/users", {"email": ANA, "name": "Ana", "plan": "pro"})
    assert again.status == 201
    user = again.body
    assert (user["id"], user["email"], user["name"]) == (ANA_ID, ANA, "Ana")
    assert (user["status"], user["plan"], user["monthlyLimit"]) == ("active", "pro", 5_000_000)
    assert (user["currentUsage"], user["additionalTokens"]) == (300_000, 5_000)
    assert user["availableTokens"] == 5_000_000 + 5_000 - 300_000
    assert isinstance(await money.admit(), Admission)
    assert api("POST", "/admin/users", {"email": ANA}).status == 409


def test_many_records_are_erased_over_several_calls(
    money: MoneyPath, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deleting, "MAX_RECORDS_A_CALL", 200)
    money.put_user()
    use(money, 250)
    first = api("DELETE", ANA_PATH)
    assert (first.status, first.body) == (202, {"erasedRecords": 200, "complete": False})
    assert told(money) == 50
    second = api("DELETE", ANA_PATH)
    assert (second.status, told(money)) == (204, 0)
    assert len(money.rows("audit")) == 1


def test_a_record_that_is_gone_by_then_stays_gone(
    money: MoneyPath, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(user_usage, "ATTEMPTS", replace(user_usage.ATTEMPTS, pause_seconds=0))
    money.put_user()
    use(money, 2)
    usage = Api(money).parts.ledger.usage_by_user
    keys = list(usage.personal_records(ANA_ID))
    before = money.rows("usage")
    assert usage.erase_personal(ANA_ID, [*keys, "2026-11-01T00:00:00.000Z#gone"]) == 2
    assert usage.erase_personal(ANA_ID, ["2026-11-01T00:00:00.000Z#gone"]) == 0
    assert figures(money.rows("usage")) == figures(before)


def test_after_it_the_address_stands_in_the_audit_log_and_three_days_in_the_feed(
    money: MoneyPath, api: Api
) -> None:
    money.put_user(ANA, name="Ana Lima")
    use(money, 3)
    suppress(money)
    alert(money)
    key = new_key("sk-solaris-hers", name="Ana Lima", now=money.clock(), user_email=ANA)
    assert money.parts.keys.store.put_new(key)
    money.parts.quota.changes.publish(key_hashes=[key.key_hash])
    assert tables_with(money, ANA) >= {"users", "alerts", "keys", "suppressions"}
    assert api("DELETE", ANA_PATH).status == 204
    assert tables_with(money, ANA) == {"audit", "changes"}
    assert tables_with(money, "Ana Lima") <= {"audit", "changes"}
    (told,) = money.rows("alerts")
    assert told["message"].startswith(f"deleted-{ANA_ID[:8]}@invalid usou ")
    for row in money.rows("changes"):
        told_at = parse_instant(row["change_key"].partition("#")[0])
        assert row["expires_at"] <= told_at.timestamp() + 3 * 86_400
    assert api("DELETE", ANA_PATH).status == 204, "again is harmless"
    assert money.rows("alerts") == [told]


def test_a_key_for_a_mistyped_address_is_refused_unless_it_is_meant(
    money: MoneyPath, api: Api
) -> None:
    money.put_user(ANA)
    body = {"name": "n", "kind": "personal", "userEmail": "aan@example.com"}
    refused = api("POST", "/admin/keys", body)
    assert refused.status == 422
    assert [(one["field"], one["code"]) for one in refused.body["errors"]] == [
        ("userEmail", "unknown_user")
    ]
    assert money.parts.keys.store.list() == []
    api.ok("POST", "/admin/keys", body | {"newUser": True})
    api.ok("POST", "/admin/keys", body | {"userEmail": "ANA@example.com"})
    api.ok("POST", "/admin/keys", {"name": "n", "kind": "service"})
    assert {key.user_email for key in money.parts.keys.store.list()} == {
        "aan@example.com",
        ANA,
        None,
    }


def test_a_persons_data_is_handed_out_whole_and_says_what_it_leaves_out(
    money: MoneyPath, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    money.put_user(ANA, name="Ana Lima")
    money.put_user(BIA)
    use(money, 7)
    use(money, 2, BIA)
    suppress(money)
    alert(money)
    made = api.ok("POST", "/admin/keys", {"name": "n", "kind": "personal", "userEmail": ANA})
    api.ok("POST", f"{ANA_PATH}/tokens", {"amount": 5, "reason": "why"})
    found = api.ok("GET", f"{ANA_PATH}/personal-data")
    assert (found["account"]["email"], found["account"]["name"]) == (ANA, "Ana Lima")
    assert found["mailSuppression"]["reason"] == "bounce"
    assert {one["userId"] for one in found["usage"]} == {ANA_ID}
    assert len(found["usage"]) == 7
    assert found["usage"][0]["ipAddress"] == "10.1.1.1"
    assert [one["id"] for one in found["keys"]] == [made["id"]]
    assert "key" not in found["keys"][0]
    assert [one["userId"] for one in found["alerts"]] == [ANA_ID]
    assert [one["reason"] for one in found["transactions"]] == ["why"]
    assert sum(one["requests"] for one in found["counters"]) == 7
    actions = {one["action"] for one in found["audit"]}
    assert actions == {"user.export_data", "user.add_tokens", "key.create"}
    assert found["leftOut"] == []
    monkeypatch.setattr(personal_data, "MAX_ROWS", 3)
    cut = api.ok("GET", f"{ANA_PATH}/personal-data")
    assert cut["usage"] == found["usage"][:3]
    assert cut["leftOut"] == ["usage", "audit"]


def test_only_admins_are_handed_a_persons_data(money: MoneyPath, api: Api) -> None:
    money.put_user()
    assert api("GET", f"{ANA_PATH}/personal-data", role="viewer").status == 403
    assert api("GET", f"/admin/users/{user_id_for(BIA)}/personal-data").status == 404
    assert money.rows("audit") == []


def tables_with(money: MoneyPath, words: str) -> set[str]:
    """Tables of which an item holds a text, in whatever attribute."""
    names = [short_name(model) for model in TABLES]
    return {name for name in names if any(words in str(row) for row in money.rows(name))}


def suppress(money: MoneyPath) -> None:
    event = {
        "eventType": "Bounce",
        "mail": {},
        "bounce": {
            "bounceType": "Permanent",
            "bounceSubType": "General",
            "feedbackId": "f-1",
            "timestamp": money.clock().isoformat(),
            "bouncedRecipients": [{"emailAddress": ANA}],
        },
    }
    Api(money).parts.alerts.suppressions.record(json.dumps(event))


def alert(money: MoneyPath) -> None:
    """A warning that the person got, as the alerts function writes it."""
    crossing = Crossing(ANA_ID, money.user().period, Threshold.WARNING, money.clock())
    figures = UsageFigures(800_000, 1_000_000, 0)
    notice = ThresholdNotice(
        person=Person(ANA, "Ana Lima", "basic"),
        threshold=Threshold.WARNING,
        threshold_ppm=800_000,
        period=crossing.period,
        figures=figures,
        renews_at=money.clock(),
    )
    title, message = MailRenderer("pt-BR").record(notice)
    one = Alert(
        alert_id=crossing.alert_id,
        type=AlertType.WARNING,
        title=title,
        message=message,
        user_id=ANA_ID,
        period=crossing.period,
        threshold=Threshold.WARNING,
        figures=figures,
        created_at=money.clock(),
        mails=dict.fromkeys(Audience, MailState.SENT),
    )
    assert Api(money).parts.alerts.store.put_new(one)
    money.parts.quota.changes.publish(alert_ids=[one.alert_id])
