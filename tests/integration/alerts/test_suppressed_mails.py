"""Mails to addresses that bounced or complained, on the emulator: left out, the others sent."""

from email.message import EmailMessage
from typing import Any

import boto3
import orjson
import pytest

from solaris.alerts.alert import Audience, MailState
from solaris.alerts.suppression_store import SuppressionStore
from solaris.platform.errors import StoreUnavailableError
from solaris.platform.mail.sender import SesSender
from tests.integration.accounts.users_support import Api
from tests.integration.alerts.alerting_support import LIMIT, SUMMARY, Alerts
from tests.integration.alerts.suppression_support import said
from tests.integration.conftest import MoneyPath

LIST = "/admin/mail-suppressions"


@pytest.fixture
def alerts(money: MoneyPath, stage: str) -> Alerts:
    made = Alerts(money, stage)
    made.money.put_user(made.email, monthly_limit=LIMIT)
    return made


async def test_a_suppressed_user_gets_no_mail_and_the_admins_still_do(alerts: Alerts) -> None:
    alerts.money.parts.alerts.suppressions.record(said(alerts.email, kind="Complaint"))
    body = alerts.crossing(80_000)
    assert alerts.handle(body, body) == []
    alert = alerts.record(body)
    assert alert.mails == {Audience.USER: MailState.SUPPRESSED, Audience.ADMINS: MailState.SENT}
    assert alert.errors == {Audience.USER: "complaint"}
    assert alerts.inbox() == []
    assert len(alerts.inbox(alerts.admin)) == 1
    # final: whoever gets mail again is told of what comes, not of what was
    actor = Api(alerts.money)
    actor.ok("DELETE", f"{LIST}/{alerts.email}")
    assert alerts.handle(body) == []
    assert alerts.inbox() == []
    alerts.change(alerts_sent=frozenset())
    assert alerts.handle(alerts.crossing(16_000)) == []
    assert len(alerts.inbox()) == 1


async def test_suppressed_admins_are_left_out_and_the_others_get_their_mail(
    money: MoneyPath, stage: str
) -> None:
    gone, there = f"Gone-{stage}@example.com", f"there-{stage}@example.com"
    alerts = Alerts(money, stage, admin_alert_emails=(gone, there))
    alerts.money.put_user(alerts.email, monthly_limit=LIMIT)
    suppressions = alerts.money.parts.alerts.suppressions
    suppressions.record(said(gone))
    body = alerts.crossing(80_000)
    assert alerts.handle(body) == []
    assert alerts.record(body).mails[Audience.ADMINS] is MailState.SENT
    (mail,) = alerts.inbox(there)
    assert mail["To"] == [there]

    suppressions.record(said(there, kind="Complaint"))
    summary = orjson.dumps(SUMMARY).decode()
    assert alerts.handle(summary) == []
    (row,) = [one for one in alerts.money.rows("alerts") if one["type"] == "info"]
    assert (row["admin_mail_state"], row["admin_mail_error"]) == ("suppressed", "bounce, complaint")
    assert len(alerts.inbox(there)) == 1


async def test_a_store_that_does_not_tell_sends_nothing_and_the_message_comes_again(
    alerts: Alerts, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: Any, **__: Any) -> None:
        raise StoreUnavailableError("away")

    body = alerts.crossing(80_000)
    with monkeypatch.context() as patch:
        patch.setattr(SuppressionStore, "among", away)
        assert alerts.handle(body) == [body]
    assert alerts.inbox() == alerts.inbox(alerts.admin) == []
    # no lease was taken: the next delivery need not wait for one to end
    assert set(alerts.record(body).mails.values()) == {MailState.PENDING}
    assert alerts.handle(body) == []
    assert len(alerts.inbox()) == len(alerts.inbox(alerts.admin)) == 1


async def test_each_mail_costs_one_read(alerts: Alerts) -> None:
    seen: list[str] = []
    alerts.money.parts.platform.dynamodb.meta.events.register(
        "before-send.dynamodb.*",
        lambda event_name, **_: seen.append(event_name.rpartition(".")[2]),
    )
    body = alerts.crossing(80_000)
    seen.clear()
    assert alerts.handle(body) == []
    assert seen.count("BatchGetItem") == 2


def test_what_ses_says_of_its_own_simulator_is_understood(
    alerts: Alerts, stage: str, cloud_emulator: str
) -> None:
    """A mail by the real sender, SES's notification on a real topic, SNS's envelope in a queue."""
    suppressions = alerts.money.parts.alerts.suppressions
    settings = alerts.money.settings(from_email=f"noreply@{stage}.example").parts.settings
    there = {"endpoint_url": cloud_emulator, "region_name": settings.aws_region}
    client: Any = boto3.client
    topics, queues, ses = (client(one, **there) for one in ("sns", "sqs", "ses"))
    ses.verify_email_identity(EmailAddress=settings.from_email)
    topic = topics.create_topic(Name=f"solaris-{stage}-mail-events")["TopicArn"]
    queue = queues.create_queue(QueueName=f"{stage}-heard")["QueueUrl"]
    names = ["QueueArn"]
    arn = queues.get_queue_attributes(QueueUrl=queue, AttributeNames=names)["Attributes"]
    topics.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn["QueueArn"])
    for kind in ("Bounce", "Complaint"):
        ses.set_identity_notification_topic(
            Identity=settings.from_email, NotificationType=kind, SnsTopic=topic
        )
    simulated = [f"{name}+{stage}@simulator.amazonses.com" for name in ("bounce", "complaint")]
    for address in simulated:
        mail = EmailMessage()
        mail["From"], mail["To"], mail["Subject"] = settings.from_email, address, "Oi"
        SesSender(ses).send(mail)
    heard = queues.receive_message(QueueUrl=queue, MaxNumberOfMessages=10, WaitTimeSeconds=5)
    assert len(heard["Messages"]) == 2
    for message in heard["Messages"]:
        suppressions.record(message["Body"])
    found = suppressions.among(simulated)
    assert [found[one].reason.value for one in simulated] == ["bounce", "complaint"]
    assert found[simulated[0]].detail == "General: smtp; 550 5.1.1 user unknown"
