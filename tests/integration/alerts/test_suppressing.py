"""Bounces and complaints on the emulator: recorded, kept from mails, shown, lifted, forgotten."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from chalice.local import LambdaContext

import solaris.app
from infra.local.edge.functions import load_function
from solaris.alerts.mail_events import MalformedMailEventError
from solaris.alerts.ses_list import SesSuppressionList
from solaris.alerts.suppression import SesListAnswer, Suppression, SuppressionReason
from solaris.alerts.suppression_store import SuppressionStore
from solaris.alerts.suppressions import MailSuppressions
from solaris.platform.aws.client import boto_client
from solaris.platform.aws.files import is_aws
from solaris.platform.aws.retry import UNREAD
from solaris.platform.errors import MailServiceError, StoreUnavailableError
from solaris.platform.instants import iso_milliseconds
from solaris.platform.settings import load_settings
from solaris.quota.user import user_id_for
from tests.integration.accounts.users_support import BOSS, Api
from tests.integration.alerts.suppression_support import said
from tests.integration.conftest import ANA, NOON, MoneyPath

BIA = "bia@example.com"
ANA_PATH = f"/admin/users/{user_id_for(ANA)}"
LIST = "/admin/mail-suppressions"


def sns(*messages: str) -> dict[str, Any]:
    """The event that Lambda gets from SNS."""
    return {
        "Records": [
            {
                "EventSource": "aws:sns",
                "EventVersion": "1.0",
                "EventSubscriptionArn": "arn:aws:sns:us-east-1:000000000000:mail-events:1",
                "Sns": {
                    "Type": "Notification",
                    "MessageId": "m",
                    "Subject": None,
                    "Message": one,
                },
            }
            for one in messages
        ]
    }


@pytest.fixture
def suppressions(money: MoneyPath) -> MailSuppressions:
    return money.parts.alerts.suppressions


@pytest.fixture
def api(money: MoneyPath) -> Iterator[Api]:
    money.parts.platform.files.create()
    api = Api(money)
    yield api
    api.close()


def test_a_permanent_bounce_and_a_complaint_suppress_and_a_passing_bounce_does_not(
    suppressions: MailSuppressions,
) -> None:
    suppressions.record(said("Ana@Example.com"))
    suppressions.record(said(BIA, kind="Complaint"))
    suppressions.record(said("caio@example.com", lasts=False))
    suppressions.record(json.dumps({"eventType": "Delivery"}))
    assert suppressions.of("ANA@example.com") == Suppression(
        email=ANA,
        reason=SuppressionReason.BOUNCE,
        detail="NoEmail",
        suppressed_at=NOON,
        last_event_at=NOON,
        last_event_id="f-1",
    )
    found = suppressions.among([ANA, "Bia@Example.com", "caio@example.com", ANA, "zoe@x.example"])
    assert {one.email: one.reason.value for one in found.values()} == {
        ANA: "bounce",
        BIA: "complaint",
    }


def test_copies_and_events_in_any_order_at_once_end_in_one_record(
    money: MoneyPath, suppressions: MailSuppressions
) -> None:
    messages = [
        said(ANA, at=NOON + timedelta(minutes=minute), event_id=f"f-{minute}")
        for minute in (3, 0, 5, 1)
    ]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(suppressions.record, messages * 2))
    (row,) = money.rows("suppressions")
    assert row["suppressed_at"] == iso_milliseconds(NOON)
    assert (row["last_event_at"], row["last_event_id"]) == (
        iso_milliseconds(NOON + timedelta(minutes=5)),
        "f-5",
    )
    for message in messages:
        suppressions.record(message)
    assert money.rows("suppressions") == [row]


def test_more_addresses_than_one_read_takes_are_all_found(suppressions: MailSuppressions) -> None:
    emails = [f"user{n:03}@example.com" for n in range(120)]
    for start in range(0, 120, 50):
        suppressions.record(said(*emails[start : start + 50]))
    assert sorted(suppressions.among(emails)) == emails
    assert suppressions.among([]) == {}


def test_keys_that_the_store_leaves_unread_are_asked_for_again_and_not_forever(
    money: MoneyPath, suppressions: MailSuppressions
) -> None:
    class Busy:
        """Answers for half of the keys, as DynamoDB may under load."""

        def __init__(self, good_after: int) -> None:
            self.calls = 0
            self._good_after = good_after

        def batch_get_item(self, RequestItems: Any) -> Any:  # noqa: N803 - boto3's name
            self.calls += 1
            if self.calls > self._good_after:
                return money.parts.platform.dynamodb.batch_get_item(RequestItems=RequestItems)
            return {"Responses": {}, "UnprocessedKeys": RequestItems}

    table = money.parts.settings.table_name("suppressions")
    suppressions.record(said(ANA))
    assert list(SuppressionStore(Busy(1), table).among([ANA, BIA])) == [ANA]
    never = Busy(99)
    with pytest.raises(StoreUnavailableError, match="unread"):
        SuppressionStore(never, table).among([ANA])
    assert never.calls == UNREAD.most


# --- the function --------------------------------------------------------------------------------


@pytest.fixture
def function(money: MoneyPath, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """functions/alerts in an environment that leads to this stage."""
    monkeypatch.setenv("SOLARIS_STAGE", money.parts.settings.solaris_stage)
    monkeypatch.setenv("SECRET_KEY", money.parts.settings.secret_key)
    load_settings.cache_clear()
    solaris.app.process_parts.cache_clear()
    yield load_function("alerts")
    load_settings.cache_clear()
    solaris.app.process_parts.cache_clear()


def test_the_function_takes_what_sns_brings(money: MoneyPath, function: Any) -> None:
    context = LambdaContext("alerts", 256, 60_000)
    assert function.record_mail_event(sns(said(ANA, BIA)), context) is None
    assert (
        function.record_mail_event(sns("Successfully validated SNS topic for …"), context) is None
    )
    assert {row["email"] for row in money.rows("suppressions")} == {ANA, BIA}


def test_what_the_function_cannot_read_is_raised_for_lambda_to_keep(
    money: MoneyPath, function: Any
) -> None:
    with pytest.raises(MalformedMailEventError, match="not JSON"):
        function.record_mail_event(sns("?"), LambdaContext("alerts", 256, 60_000))
    assert money.rows("suppressions") == []


# --- the API -------------------------------------------------------------------------------------


def test_a_user_shows_why_no_mail_goes_out_until_it_is_lifted(money: MoneyPath, api: Api) -> None:
    money.put_user()
    assert api.ok("GET", ANA_PATH)["mailSuppression"] is None
    money.parts.alerts.suppressions.record(said(ANA))
    shown = api.ok("GET", ANA_PATH, role="viewer")["mailSuppression"]
    assert shown == {
        "reason": "bounce",
        "detail": "NoEmail",
        "suppressedAt": iso_milliseconds(NOON),
    }
    listed = api.ok("GET", LIST, role="viewer")
    assert listed["items"] == [shown | {"email": ANA}]

    money.clock.forward(minutes=1)
    answer = api.ok("DELETE", f"{LIST}/{ANA.upper()}")
    assert answer["email"] == ANA
    # ministack knows no list of addresses, LocalStack not even the call
    assert answer["sesList"] in {"not_listed", "unsupported"}
    assert api.ok("GET", ANA_PATH)["mailSuppression"] is None
    assert api.ok("GET", LIST)["items"] == []
    (entry,) = money.rows("audit")
    assert (entry["action"], entry["actor"], entry["target_id"]) == ("suppression.lift", BOSS, ANA)
    assert entry["before"] == {
        "suppression": {"S": "bounce"},
        "suppressed_at": {"S": iso_milliseconds(NOON)},
    }
    # a late copy of what was lifted is old news; a new bounce is not
    money.parts.alerts.suppressions.record(said(ANA))
    assert api.ok("GET", ANA_PATH)["mailSuppression"] is None
    later = money.clock() + timedelta(seconds=1)
    money.parts.alerts.suppressions.record(said(ANA, at=later, event_id="f-2"))
    again = api.ok("GET", ANA_PATH)["mailSuppression"]
    assert again["suppressedAt"] == iso_milliseconds(later)


def test_what_is_not_suppressed_cannot_be_lifted_and_viewers_lift_nothing(
    money: MoneyPath, api: Api
) -> None:
    money.parts.alerts.suppressions.record(said(ANA))
    assert api("DELETE", f"{LIST}/{BIA}").status == 404
    assert api("DELETE", f"{LIST}/%20").status == 404
    assert api("DELETE", f"{LIST}/{ANA}", role="viewer").status == 403
    assert api("DELETE", f"{LIST}/{ANA}", role=None).status == 401
    assert api("GET", LIST, role=None).status == 401
    assert money.parts.alerts.suppressions.of(ANA) is not None
    assert api("DELETE", f"{LIST}/{ANA}").status == 200
    assert api("DELETE", f"{LIST}/{ANA}").status == 404
    assert len(money.rows("audit")) == 1


def test_two_who_lift_at_once_leave_one_audit_row(money: MoneyPath) -> None:
    money.parts.alerts.suppressions.record(said(ANA))
    clients = [Api(money) for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        statuses = list(pool.map(lambda one: one("DELETE", f"{LIST}/{ANA}").status, clients))
    assert sorted(statuses) == [200, 404, 404, 404]
    assert len(money.rows("audit")) == 1


def test_when_ses_keeps_the_address_nothing_has_changed(
    money: MoneyPath, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any) -> SesListAnswer:
        raise MailServiceError("DeleteSuppressedDestination: AccessDeniedException")

    money.parts.alerts.suppressions.record(said(ANA))
    with monkeypatch.context() as patch:
        patch.setattr(SesSuppressionList, "remove", refuse)
        refused = api("DELETE", f"{LIST}/{ANA}")
    assert (refused.status, refused.body["code"]) == (502, "mail_service_error")
    assert "nada mudou" in refused.body["title"]
    assert money.parts.alerts.suppressions.of(ANA) is not None
    assert money.rows("audit") == []


def test_where_mail_goes_out_by_smtp_ses_is_not_asked(
    money: MoneyPath, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SesSuppressionList, "remove", None)
    api = Api(money.settings(smtp_host="127.0.0.1"))
    money.parts.alerts.suppressions.record(said(ANA))
    assert api.ok("DELETE", f"{LIST}/{ANA}")["sesList"] == "not_used"


def test_ses_out_of_reach_is_a_failure_of_the_mail_service(
    monkeypatch: pytest.MonkeyPatch, emulator: str, free_port: int
) -> None:
    assert emulator
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{free_port}")
    away = SesSuppressionList(lambda: boto_client("sesv2", "us-east-1"), is_aws=is_aws)
    with pytest.raises(MailServiceError, match="EndpointConnectionError"):
        away.remove(ANA)


def test_the_list_comes_in_pages_without_what_was_lifted(money: MoneyPath, api: Api) -> None:
    emails = {f"user{n:02}@example.com" for n in range(30)}
    money.parts.alerts.suppressions.record(said(*emails))
    for n in range(0, 30, 3):
        api.ok("DELETE", f"{LIST}/user{n:02}@example.com")
    left = {f"user{n:02}@example.com" for n in range(30) if n % 3}
    found = [one["email"] for one in api.pages(f"{LIST}?limit=7")]
    assert sorted(found) == sorted(left)
    first = api.ok("GET", f"{LIST}?limit=7")
    assert (len(first["items"]), first["total"]) == (7, None)
    assert api("GET", f"{LIST}?cursor=abc").problems["cursor"][0] == "invalid_cursor"


# --- who is deleted ------------------------------------------------------------------------------


def test_a_deleted_persons_address_is_forgotten_and_does_not_come_back(
    money: MoneyPath, api: Api
) -> None:
    suppressions = money.parts.alerts.suppressions
    money.put_user()
    suppressions.record(said(ANA, BIA))
    api.ok("DELETE", f"{LIST}/{ANA}")  # what a lift leaves is an address too
    suppressions.record(said(ANA, at=money.clock() + timedelta(minutes=1), event_id="f-2"))
    assert api("DELETE", ANA_PATH).status == 204
    assert [row["email"] for row in money.rows("suppressions")] == [BIA]
    assert api.ok("GET", ANA_PATH)["mailSuppression"] is None
    suppressions.record(said(ANA, at=money.clock() + timedelta(minutes=2), event_id="f-3"))
    assert [row["email"] for row in money.rows("suppressions")] == [BIA]
    api.ok("POST", "/admin/users", {"email": ANA})
    suppressions.record(said(ANA, at=money.clock() + timedelta(minutes=2), event_id="f-3"))
    assert api.ok("GET", ANA_PATH)["mailSuppression"]["reason"] == "bounce"


def test_an_admins_address_is_suppressed_though_the_user_of_that_name_is_deleted(
    money: MoneyPath,
) -> None:
    money = money.settings(admin_alert_emails=(ANA.title(),))
    money.put_user()
    api = Api(money)
    assert api("DELETE", ANA_PATH).status == 204
    money.parts.alerts.suppressions.record(said(ANA))
    assert [one["email"] for one in api.ok("GET", LIST)["items"]] == [ANA]
    api.close()
