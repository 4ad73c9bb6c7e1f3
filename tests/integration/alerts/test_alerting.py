"""Crossings into alert records and mails, on the emulator's tables and in its SES inbox."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from email.message import EmailMessage
from typing import Any

import orjson
import pytest
from botocore.exceptions import EndpointConnectionError

from solaris.alerts.alert import LEASE_SECONDS, AlertType, Audience, MailState
from solaris.platform.aws.queues import ALERTS_QUEUE, Message
from solaris.platform.errors import StoreUnavailableError
from solaris.platform.mail.sender import MailSender, SesSender
from solaris.quota.rollover import open_period
from solaris.quota.thresholds import Threshold
from solaris.quota.user import user_id_for
from tests.integration.alerts.alerting_support import LIMIT, SUMMARY, Alerts, RefusingSes, refusing
from tests.integration.conftest import ANA, MoneyPath


@pytest.fixture
def alerts(money: MoneyPath, stage: str) -> Alerts:
    made = Alerts(money, stage)
    made.money.put_user(made.email, name="Ana <Souza>", monthly_limit=LIMIT)
    return made


@pytest.mark.parametrize(
    ("locale", "subjects", "figures"),
    [
        (
            "pt-BR",
            {
                "Você chegou a 80% da sua cota de novembro de 2026",
                "Você chegou a 95% da sua cota de novembro de 2026",
                "Sua cota de novembro de 2026 acabou",
            },
            ("100.000", "1º de dezembro de 2026", "Olá, Ana <Souza>!"),
        ),
        (
            "en",
            {
                "You have reached 80% of your November 2026 quota",
                "You have reached 95% of your November 2026 quota",
                "Your November 2026 quota is used up",
            },
            ("100,000", "December 1, 2026", "Hello Ana <Souza>,"),
        ),
    ],
)
async def test_three_copies_of_three_crossings_at_once_are_three_records_and_three_mails(
    money: MoneyPath, stage: str, locale: str, subjects: set[str], figures: tuple[str, ...]
) -> None:
    alerts = Alerts(money, stage, locale=locale)
    alerts.money.put_user(alerts.email, name="Ana <Souza>", monthly_limit=LIMIT)
    bodies = [alerts.crossing(tokens) for tokens in (80_000, 15_000, 5_000)]
    assert [orjson.loads(body)["threshold"] for body in bodies] == list(Threshold)
    alerter = alerts.alerter()
    with ThreadPoolExecutor(9) as pool:
        copies = [
            Message(f"{n}-{copy}", body) for copy in range(3) for n, body in enumerate(bodies)
        ]
        list(pool.map(lambda one: alerter.handle_messages([one]), copies))
    # what met a mail on its way is delivered again, and finds it sent
    assert alerts.handle(*bodies * 3) == []
    assert len(alerts.money.rows("alerts")) == 3
    mails = alerts.inbox()
    assert len(mails) == 3
    assert {mail["Subject"] for mail in mails} == subjects
    for mail in mails:
        assert all(figure in mail["BodyText"] for figure in figures)
        assert "Ana &lt;Souza&gt;" in mail["BodyHtml"]
    assert len(alerts.inbox(alerts.admin)) == 3
    assert all(alerts.email in mail["BodyText"] for mail in alerts.inbox(alerts.admin))


async def test_the_record_has_the_figures_of_its_moment(alerts: Alerts) -> None:
    alerts.change(additional_tokens=20_000)
    body = alerts.crossing(96_000)
    assert alerts.handle(body) == []
    alert = alerts.record(body)
    assert alert.type is AlertType.WARNING
    assert alert.user_id == user_id_for(alerts.email)
    assert (alert.period, alert.threshold) == ("2026-11", Threshold.WARNING)
    assert alert.created_at == alerts.money.clock()
    assert alert.resolved_at is None
    assert alert.title == "80% da cota usados"
    assert alert.message == (
        f"{alerts.email} usou 96.000 de 120.000 tokens (80%) em novembro de 2026."
    )
    assert alert.figures is not None
    assert (alert.figures.monthly_limit, alert.figures.additional_tokens) == (LIMIT, 20_000)
    assert set(alert.mails.values()) == {MailState.SENT}


async def test_a_jump_from_70_to_97_percent_sends_the_95_mail_alone(alerts: Alerts) -> None:
    assert alerts.money.record(alerts.money.event(None, alerts.email, prompt=70_000)) == []
    assert alerts.handle(alerts.crossing(27_000)) == []
    (mail,) = alerts.inbox()
    assert mail["Subject"] == "Você chegou a 95% da sua cota de novembro de 2026"
    assert "97%" in mail["BodyText"]


async def test_the_admins_are_led_to_the_user_with_the_thresholds_that_are_set(
    money: MoneyPath, stage: str
) -> None:
    alerts = Alerts(money, stage, public_url="https://ia.example.com/x/", alert_threshold=0.755)
    alerts.money.put_user(alerts.email, name="Ana Souza", monthly_limit=LIMIT)
    assert alerts.handle(alerts.crossing(76_000)) == []
    (mail,) = alerts.inbox(alerts.admin)
    assert mail["Subject"] == "Ana Souza chegou a 75,5% da cota de novembro de 2026"
    assert f"Ana Souza <{alerts.email}>" in " ".join(mail["BodyText"].split())
    page = f"https://ia.example.com/x/admin/users/{user_id_for(alerts.email)}"
    for part in ("BodyText", "BodyHtml"):
        assert page in mail[part]
        assert "Básico" in mail[part]
    (own,) = alerts.inbox()
    assert own["Subject"] == "Você chegou a 75,5% da sua cota de novembro de 2026"
    assert "/admin" not in own["BodyText"] + own["BodyHtml"]


@pytest.mark.parametrize(
    ("sender", "error"),
    [
        (refusing("Throttling"), "Throttling"),
        (refusing("AccountSendingPausedException"), "AccountSendingPausedException"),
        (
            SesSender(RefusingSes(EndpointConnectionError(endpoint_url="x"))),
            "EndpointConnectionError",
        ),
    ],
)
async def test_ses_throttled_or_down_keeps_the_record_and_a_later_try_sends_once(
    alerts: Alerts, sender: MailSender, error: str
) -> None:
    body = alerts.crossing(80_000)
    for _ in range(2):
        assert alerts.handle(body, sender=sender) == [body]
    alert = alerts.record(body)
    assert set(alert.mails.values()) == {MailState.FAILED}
    assert alert.errors == dict.fromkeys(Audience, error)
    assert alerts.inbox() == []
    assert alerts.handle(body, body) == []
    assert len(alerts.inbox()) == len(alerts.inbox(alerts.admin)) == 1
    assert alerts.record(body).mails == dict.fromkeys(Audience, MailState.SENT)
    assert alerts.record(body).errors == {}


async def test_one_failing_mail_does_not_repeat_the_other(alerts: Alerts) -> None:
    class NoAdmins:
        def send(self, message: EmailMessage) -> None:
            (throttled if alerts.admin in str(message["To"]) else works).send(message)

    works, throttled = alerts.money.parts.platform.mail_sender, refusing("Throttling")
    body = alerts.crossing(80_000)
    assert alerts.handle(body, sender=NoAdmins()) == [body]
    assert alerts.record(body).mails == {
        Audience.USER: MailState.SENT,
        Audience.ADMINS: MailState.FAILED,
    }
    assert alerts.handle(body) == []
    assert len(alerts.inbox()) == len(alerts.inbox(alerts.admin)) == 1


async def test_a_mail_refused_for_good_is_not_tried_again(alerts: Alerts) -> None:
    body = alerts.crossing(80_000)
    assert alerts.handle(body, sender=refusing("MessageRejected")) == []
    assert alerts.record(body).mails == dict.fromkeys(Audience, MailState.REJECTED)
    assert alerts.handle(body) == []
    assert alerts.inbox() == []


async def test_mails_of_an_unverified_sender_wait_until_it_is(money: MoneyPath, stage: str) -> None:
    alerts = Alerts(money, stage)
    alerts.money = alerts.money.settings(from_email=f"{stage}@unknown.example")
    alerts.money.put_user(alerts.email, monthly_limit=LIMIT)
    body = alerts.crossing(80_000)
    assert alerts.handle(body) == [body], "the queue brings it again, in the end as a dead letter"
    record = alerts.record(body)
    assert record.errors == dict.fromkeys(Audience, "IdentityNotVerified")
    assert record.mails == dict.fromkeys(Audience, MailState.FAILED)


async def test_a_malformed_message_and_one_of_nobody_fail_alone(alerts: Alerts) -> None:
    body = alerts.crossing(80_000)
    nobody = orjson.dumps(orjson.loads(body) | {"user_id": "nobody"}).decode()
    assert alerts.handle("{}", body, nobody) == ["{}", nobody]
    assert len(alerts.inbox()) == 1
    assert len(alerts.money.rows("alerts")) == 1


async def test_a_defect_that_one_message_meets_leaves_the_others_alone(alerts: Alerts) -> None:
    class Broken:
        def send(self, message: EmailMessage) -> None:
            raise RuntimeError(message["Subject"])

    body = alerts.crossing(80_000)
    assert alerts.handle(body, orjson.dumps(SUMMARY).decode(), sender=Broken()) != []
    assert len(alerts.money.rows("alerts")) == 2


async def test_a_closed_month_and_a_grant_are_recorded_as_resolved_without_a_mail(
    alerts: Alerts,
) -> None:
    body = alerts.crossing(80_000)
    alerts.change(additional_tokens=LIMIT)
    assert alerts.handle(body, body) == []
    alert = alerts.record(body)
    assert set(alert.mails.values()) == {MailState.SKIPPED}
    assert alert.resolved_at == alerts.money.clock()

    alerts.change(additional_tokens=0, alerts_sent=frozenset())
    critical = alerts.crossing(16_000)
    alerts.money.clock.forward(days=20)
    user = alerts.money.user(alerts.email)
    assert alerts.money.parts.quota.users.roll_over(
        user, *open_period(user, "2026-12", alerts.money.clock())
    )
    assert alerts.handle(critical) == []
    late = alerts.record(critical)
    assert late.figures is not None
    assert late.figures.current_usage == 96_000
    assert set(late.mails.values()) == {MailState.SKIPPED}
    assert alerts.inbox() == []


async def test_what_was_skipped_is_sent_when_the_threshold_is_crossed_anew(
    alerts: Alerts, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A crash kept the flag from being set, so that the grant re-armed nothing: the same round."""

    def crash(*_: Any) -> None:
        raise StoreUnavailableError("crash")

    with monkeypatch.context() as patch:
        patch.setattr(alerts.money.parts.quota.users, "change", crash)
        message = orjson.loads(alerts.crossing(80_000))
    # the recorder of the tests tells the real time
    message["crossed_at"] = alerts.money.clock().isoformat()
    old = orjson.dumps(message).decode()
    alerts.change(additional_tokens=LIMIT)
    alerts.money.clock.forward(seconds=1)
    assert alerts.handle(old) == []
    alerts.change(additional_tokens=0)
    assert alerts.handle(old) == []  # a late copy of what was skipped
    assert alerts.inbox() == []
    later = alerts.money.clock() + timedelta(seconds=1)
    again = message | {"crossed_at": later.isoformat()}
    assert alerts.handle(orjson.dumps(again).decode()) == []
    assert len(alerts.inbox()) == 1
    assert alerts.record(old).resolved_at is None


async def test_another_round_of_a_threshold_is_another_alert(alerts: Alerts) -> None:
    first = alerts.crossing(80_000)
    assert alerts.handle(first) == []
    alerts.change(additional_tokens=LIMIT, alerts_sent=frozenset(), alert_round=1)
    second = alerts.crossing(80_000)
    assert alerts.handle(second, first, second) == []
    assert len(alerts.money.rows("alerts")) == len(alerts.inbox()) == 2


async def test_a_claimed_mail_is_waited_for_and_taken_over_when_its_lease_is_over(
    alerts: Alerts,
) -> None:
    """The process that claimed it is gone, before or after it sent: nobody knows which."""

    class Killed(BaseException):
        pass

    class Dying:
        def send(self, message: EmailMessage) -> None:
            raise Killed

    body = alerts.crossing(80_000)
    with pytest.raises(Killed):
        alerts.handle(body, sender=Dying())
    assert alerts.record(body).mails[Audience.USER] is MailState.SENDING
    alerts.money.clock.forward(seconds=LEASE_SECONDS - 1)
    assert alerts.handle(body) == [body]
    assert alerts.inbox() == []
    alerts.money.clock.forward(seconds=1)
    assert alerts.handle(body) == []
    assert len(alerts.inbox()) == 1


async def test_who_has_lost_the_lease_does_not_overwrite_what_the_next_one_wrote(
    alerts: Alerts,
) -> None:
    body = alerts.crossing(80_000)
    assert alerts.handle(body, sender=refusing("Throttling")) == [body]
    store, now = alerts.money.parts.alerts.store, alerts.money.clock()
    alert_id = alerts.record(body).alert_id
    slow = store.claim(alert_id, Audience.USER, now)
    assert slow.lease is not None
    next_one = store.claim(alert_id, Audience.USER, now + timedelta(seconds=LEASE_SECONDS))
    assert next_one.lease is not None
    assert store.mark(alert_id, Audience.USER, next_one.lease, MailState.SENT)
    assert not store.mark(alert_id, Audience.USER, slow.lease, MailState.FAILED, "late")
    assert alerts.record(body).mails[Audience.USER] is MailState.SENT


async def test_a_mark_that_fails_after_sending_does_not_send_again_now(
    alerts: Alerts, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: Any) -> bool:
        raise StoreUnavailableError("away")

    body = alerts.crossing(80_000)
    with monkeypatch.context() as patch:
        patch.setattr(alerts.money.parts.alerts.store, "mark", away)
        assert alerts.handle(body) == []
    assert len(alerts.inbox()) == 1


async def test_the_monthly_summary_is_mailed_to_the_admins_once(alerts: Alerts) -> None:
    body = orjson.dumps(SUMMARY).decode()
    assert alerts.handle(body, body) == []
    assert alerts.handle(body) == []
    (mail,) = alerts.inbox(alerts.admin)
    assert mail["Subject"] == "Resumo de outubro de 2026: 123.456 tokens, usados por 2 pessoas"
    assert ANA in mail["BodyText"]
    (row,) = alerts.money.rows("alerts")
    assert row["alert_id"] == "system#2026-10#monthly_summary"
    assert (row["type"], row["mail_state"], row["admin_mail_state"]) == ("info", "none", "sent")


async def test_without_admins_only_the_user_is_written_to(money: MoneyPath, stage: str) -> None:
    alerts = Alerts(money, stage, admin_alert_emails=())
    alerts.money.put_user(alerts.email, monthly_limit=LIMIT)
    body = alerts.crossing(80_000)
    assert alerts.handle(body, orjson.dumps(SUMMARY).decode()) == []
    assert alerts.record(body).mails == {
        Audience.USER: MailState.SENT,
        Audience.ADMINS: MailState.NONE,
    }
    assert len(alerts.inbox()) == 1


async def test_a_message_that_fails_waits_longer_each_time(
    alerts: Alerts, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The real queue takes the pause: 60 s after the first receive, 240 s after the third."""
    queues = alerts.money.parts.platform.queues
    queues.send(ALERTS_QUEUE, "no notice")
    (received,) = queues.receive(ALERTS_QUEUE, wait_seconds=1)
    pauses: list[int] = []
    postpone = queues.postpone

    def watched(queue: str, receipt_handle: str, seconds: int) -> None:
        postpone(queue, receipt_handle, seconds)
        pauses.append(seconds)

    monkeypatch.setattr(queues, "postpone", watched)
    for receives in (1, 3, 9):
        message = Message("1", received["Body"], received["ReceiptHandle"], receives)
        assert alerts.alerter().handle_messages([message]) == ["1"]
    assert pauses == [60, 240, 900]


async def test_a_pause_that_the_queue_refuses_costs_nothing_but_the_pause(alerts: Alerts) -> None:
    message = Message("1", "no notice", "no receipt of this queue", 1)
    assert alerts.alerter().handle_messages([message]) == ["1"]
