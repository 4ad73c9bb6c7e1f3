"""The alerts function's service for tests: crossings, deliveries, and the inbox that they fill."""

import os
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
from botocore.exceptions import ClientError

from infra.local.edge.mailbox import verify_sender
from infra.local.store.mails import read_mails
from solaris.alerts.alert import Alert, Crossing
from solaris.alerts.alerter import Alerter
from solaris.platform.aws.queues import ALERTS_QUEUE, Message
from solaris.platform.mail.sender import MailSender, SesSender
from solaris.quota.personal_links import PersonalLinks
from solaris.quota.thresholds import Threshold
from solaris.quota.user import User, user_id_for
from tests.integration.conftest import ANA, MAILS_VARIABLE, MoneyPath

INBOX_PATH = "/_ministack/ses/messages"
LIMIT = 100_000
SUMMARY = {
    "version": 1,
    "kind": "monthly_summary",
    "period": "2026-10",
    "figures": {
        "users": 3,
        "active_users": 2,
        "blocked_users": 1,
        "total_tokens": 123_456,
        "cost_micros": 7_000_000,
        "top": [{"email": ANA, "tokens": 100_000, "percentage": 100.0}],
    },
}


class Alerts:
    """The alerts function's service on one stage, with mailboxes that no other test has."""

    def __init__(self, money: MoneyPath, stage: str, **settings: Any) -> None:
        self.email = f"ana-{stage}@example.com"
        self.admin = f"admin-{stage}@example.com"
        self.money = money.settings(**{"admin_alert_emails": (self.admin,)} | settings)
        verify_sender(self.money.parts.settings)

    def alerter(self, sender: MailSender | None = None) -> Alerter:
        parts = self.money.parts
        return Alerter(
            settings=parts.settings,
            users=parts.quota.users,
            alerts=parts.alerts.store,
            changes=parts.quota.changes,
            suppressions=parts.alerts.suppressions,
            sender=sender or parts.platform.mail_sender,
            queues=parts.platform.queues,
            metrics=parts.platform.metrics,
            cache=parts.platform.cache,
            links=PersonalLinks(parts.settings, self.money.clock),
            clock=self.money.clock,
        )

    def crossing(self, tokens: int) -> str:
        """Use tokens; return the one message that the recorder put on the queue."""
        assert self.money.record(self.money.event(None, self.email, prompt=tokens)) == []
        queues = self.money.parts.platform.queues
        (message,) = queues.receive(ALERTS_QUEUE, wait_seconds=0)
        queues.delete(ALERTS_QUEUE, [message])
        body: str = message["Body"]
        return body

    def change(self, **changes: Any) -> User:
        def rule(user: User) -> User:
            fields = {name: getattr(user, name) for name in User.__dataclass_fields__}
            after = User(**(fields | changes | {"version": user.version + 1}))
            fields |= changes | {"version": user.version + 1}
            return User(**(fields | {"available_tokens": after.quota.available_tokens}))

        return self.money.parts.quota.users.change(user_id_for(self.email), rule)

    def handle(self, *bodies: str, sender: MailSender | None = None) -> list[str]:
        """Deliver a batch; return the bodies that are to be delivered again."""
        messages = [Message(str(n), body) for n, body in enumerate(bodies)]
        failed = self.alerter(sender).handle_messages(messages)
        return [bodies[int(message_id)] for message_id in failed]

    def record(self, body: str) -> Alert:
        message = orjson.loads(body)
        crossing = Crossing(
            message["user_id"],
            message["period"],
            Threshold(message["threshold"]),
            self.money.clock(),
            message["round"],
        )
        alert = self.money.parts.alerts.store.get(crossing.alert_id)
        assert alert is not None
        return alert

    def inbox(self, address: str | None = None) -> list[dict[str, Any]]:
        """What SES has taken for an address, the user's unless told, oldest first."""
        if MAILS_VARIABLE in os.environ:
            mails = read_mails(Path(os.environ[MAILS_VARIABLE]))[::-1]
        else:
            mails = _emulated_mails()
        return [one for one in mails if one["To"] == [address or self.email]]


def _emulated_mails() -> list[dict[str, Any]]:
    answer = httpx.get(os.environ["AWS_ENDPOINT_URL"] + INBOX_PATH)
    if answer.status_code == 404:
        pytest.skip("this store has no SES inbox to read")
    return [one for account in answer.json()["messages"].values() for one in account]


class RefusingSes:
    """Answers as SES does when it refuses, or is not there."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def send_raw_email(self, **_: Any) -> None:
        raise self._error


def refusing(code: str) -> SesSender:
    answer: Any = {"Error": {"Code": code, "Message": "no"}}
    return SesSender(RefusingSes(ClientError(answer, "SendRawEmail")))
