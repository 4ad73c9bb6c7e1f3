"""News of requests for tokens as mails and records: to those who decide, and to who asked."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from solaris.alerts.alert import Audience, MailState
from solaris.alerts.notices import notice_from_json, notice_to_json
from solaris.alerts.token_requests.notice import RequestNotice
from solaris.platform.aws.queues import ALERTS_QUEUE
from solaris.quota.user import user_id_for
from tests.integration.accounts.users_support import Api
from tests.integration.alerts.alerting_support import Alerts, refusing
from tests.integration.conftest import MoneyPath

SITE = "https://ia.example.com"


class Stage:
    """A user, who decides, and what is on the queue."""

    def __init__(self, money: MoneyPath, stage: str) -> None:
        self.alerts = Alerts(money, stage, public_url=SITE)
        self.api = Api(self.alerts.money)
        self.money = MoneyPath.of(self.api.parts, money.clock, money.aws)
        self.alerts.money = self.money
        self.money.put_user(self.alerts.email, name="Ana Souza")
        self.user_id = user_id_for(self.alerts.email)

    def ask(self, reason: str = "fechamento") -> str:
        token = self.api.parts.quota.personal_links.make(self.user_id).url.partition("#")[2]
        answer = self.api(
            "POST",
            "/me/requests",
            {"tokens": 50_000, "reason": reason},
            role=None,
            authorization=f"Bearer {token}",
        )
        assert answer.status == 201, answer.body
        request_id: str = answer.body["id"]
        return request_id

    def decide(self, request_id: str, verb: str, **body: Any) -> None:
        self.api.ok("POST", f"/admin/users/{self.user_id}/requests/{request_id}/{verb}", body)

    def queued(self) -> list[str]:
        queues, bodies = self.api.parts.platform.queues, []
        while messages := queues.receive(ALERTS_QUEUE, wait_seconds=0):
            queues.delete(ALERTS_QUEUE, messages)
            bodies += [one["Body"] for one in messages]
        return bodies

    def told(self) -> RequestNotice:
        """Handle the one piece of news that there is."""
        (body,) = self.queued()
        assert self.alerts.handle(body) == []
        notice = notice_from_json(body)
        assert isinstance(notice, RequestNotice)
        return notice


@pytest.fixture(name="told")
def told_stage(money: MoneyPath, stage: str) -> Iterator[Stage]:
    money.parts.platform.files.create()
    found = Stage(money, stage)
    yield found
    found.api.close()


def test_from_the_request_to_the_answer(told: Stage) -> None:
    request_id = told.ask()
    notice = told.told()
    (mail,) = told.alerts.inbox(told.alerts.admin)
    assert mail["Subject"] == "Ana Souza pede 50.000 tokens a mais"
    page = f"{SITE}/admin/requests?user={told.user_id}&request={request_id}"
    for decision in ("approve", "deny"):
        assert f"{page}&decision={decision}" in mail["BodyText"]
    assert "fechamento" in mail["BodyText"]
    assert "/me/#" not in mail["BodyText"]  # whoever holds that link is the user
    assert told.alerts.inbox() == []
    alert = told.api.parts.alerts.store.get(notice.alert_id)
    assert alert is not None
    assert alert.resolved_at is not None
    assert "fechamento" not in alert.message
    assert alert.mails == {Audience.USER: MailState.NONE, Audience.ADMINS: MailState.SENT}
    told.decide(request_id, "approve", tokens=30_000, note="só metade")
    told.told()
    (own,) = told.alerts.inbox()
    assert own["Subject"] == "Seu pedido foi aprovado: 30.000 tokens"
    assert "só metade" in own["BodyText"]
    assert f"{SITE}/me/#" in own["BodyText"]
    assert len(told.alerts.inbox(told.alerts.admin)) == 1


def test_a_no_says_why_and_when_to_ask_again(told: Stage) -> None:
    told.decide(_told(told), "deny", note="use o modelo menor")
    told.told()
    (own,) = told.alerts.inbox()
    assert own["Subject"] == "Seu pedido de 50.000 tokens foi negado"
    assert "use o modelo menor" in own["BodyText"]
    again = told.money.clock().astimezone(told.api.parts.settings.zone).day + 7
    assert f"{again} de novembro" in own["BodyText"]


def test_a_copy_sends_nothing_twice_and_a_failure_is_tried_again(told: Stage) -> None:
    told.ask()
    (body,) = told.queued()
    assert told.alerts.handle(body, sender=refusing("Throttling")) == [body]
    assert told.alerts.handle(body, body) == []
    assert len(told.alerts.inbox(told.alerts.admin)) == 1


def test_a_reason_that_is_the_name_of_a_message_is_a_reason(told: Stage) -> None:
    for n, reason in enumerate(("monthly_summary", "grant_ending", '"kind":"ceiling"')):
        request_id = told.ask(reason)
        assert told.told().reason == reason
        told.decide(request_id, "approve")
        told.told()
        assert len(told.alerts.inbox(told.alerts.admin)) == n + 1


def test_who_is_gone_gets_no_mail(told: Stage) -> None:
    told.decide(_told(told), "approve")
    (body,) = told.queued()
    told.api("DELETE", f"/admin/users/{told.user_id}", {"reason": "saiu"})
    assert told.alerts.handle(body) == []
    assert told.alerts.inbox() == []


def test_a_message_survives_the_queue(told: Stage) -> None:
    told.ask()
    notice = told.told()
    assert notice_from_json(notice_to_json(notice)) == notice
    full = replace(notice, note="n" * 500, not_before=notice.happened_at, decided_by="x@y.z")
    assert notice_from_json(notice_to_json(full)) == full


def _told(told: Stage) -> str:
    request_id = told.ask()
    told.told()
    return request_id
