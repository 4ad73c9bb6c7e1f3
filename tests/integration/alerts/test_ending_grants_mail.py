"""A mail a week before a grant's end, of what is unused: once, and only while it is so."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
from botocore.exceptions import EndpointConnectionError

from solaris.alerts.alert import LEASE_SECONDS, Alert, AlertType, Audience, GrantEnding, MailState
from solaris.alerts.notices import notice_to_json
from solaris.platform.aws.queues import ALERTS_QUEUE
from solaris.platform.mail.sender import MailSender, SesSender
from solaris.quota.grant import NOTICE
from solaris.quota.user import user_id_for
from tests.integration.accounts.users_support import Api
from tests.integration.alerts.alerting_support import LIMIT, Alerts, RefusingSes
from tests.integration.conftest import MoneyPath
from tests.integration.quota.test_ending_grants import end_of, sweep

LAST_DAY = "2026-11-20"
SUBJECT = "Você ainda tem 5.000 tokens adicionais, que valem até 20 de novembro de 2026"


class Ending:
    """Ana with a grant until a day, whose last week has just begun."""

    def __init__(self, money: MoneyPath, stage: str, **settings: Any) -> None:
        self.alerts = Alerts(money, stage, **settings)
        self.money = self.alerts.money
        self.money.clock.now = datetime(2026, 11, 2, 15, tzinfo=UTC)
        self.money.put_user(self.alerts.email, name="Ana <Souza>", monthly_limit=LIMIT)
        self.api = Api(self.money)
        self.user_id = user_id_for(self.alerts.email)
        self.path = f"/admin/users/{self.user_id}"
        self.give(5_000)
        self.money.clock.now = end_of(self.money, LAST_DAY) - NOTICE

    def give(self, amount: int, until: str = LAST_DAY) -> None:
        body = {"amount": amount, "reason": "report", "kind": "until", "until": until}
        self.api.ok("POST", f"{self.path}/tokens", body)

    @property
    def grant_id(self) -> str:
        (grant,) = self.api.ok("GET", f"{self.path}/grants")["items"]
        found: str = grant["id"]
        return found

    def use(self, tokens: int) -> None:
        assert self.money.record(self.money.event(None, self.alerts.email, prompt=tokens)) == []

    async def notices(self) -> list[str]:
        """Sweep; return what is on the queue after it."""
        report = await asyncio.to_thread(sweep, self.money)
        assert report["failed_users"] == 0
        queues = self.money.parts.platform.queues
        found = queues.receive(ALERTS_QUEUE, wait_seconds=0)
        queues.delete(ALERTS_QUEUE, found)
        assert report["ending_grants"] == len(found)
        return [one["Body"] for one in found]

    def record(self, body: str) -> Alert | None:
        notice = orjson.loads(body)
        ending = GrantEnding(notice["user_id"], notice["grant_id"], self.money.clock())
        return self.money.parts.alerts.store.get(ending.alert_id)

    def subjects(self) -> list[str]:
        return [mail["Subject"] for mail in self.alerts.inbox()]


@pytest.fixture
def ending(money: MoneyPath, stage: str) -> Iterator[Ending]:
    made = Ending(money, stage, public_url="https://ia.example.com")
    yield made
    made.api.close()


async def test_the_user_is_told_once_how_much_is_left_and_until_when(ending: Ending) -> None:
    ending.use(2_000)
    ending.money.clock.forward(seconds=-1)
    assert await ending.notices() == []
    ending.money.clock.forward(seconds=1)
    before = ending.money.user(ending.alerts.email)
    (body,) = await ending.notices()
    after = ending.money.user(ending.alerts.email)
    assert after.available_tokens == before.available_tokens
    assert await ending.notices() == []
    # three copies of the message, as SQS may deliver them
    assert ending.alerts.handle(body, body, body) == []
    (mail,) = ending.alerts.inbox()
    assert mail["Subject"] == SUBJECT.replace("5.000", "3.000")
    for part in ("Olá, Ana <Souza>!", "5.000", "3.000", "60%", "20 de novembro de 2026"):
        assert part in mail["BodyText"]
    assert "Ana &lt;Souza&gt;" in mail["BodyHtml"]
    assert "/me/#" in mail["BodyText"]
    assert ending.alerts.inbox(ending.alerts.admin) == []


async def test_the_record_is_in_the_list_and_nothing_is_left_to_do(ending: Ending) -> None:
    (body,) = await ending.notices()
    assert ending.alerts.handle(body) == []
    alert = ending.record(body)
    assert alert is not None
    assert (alert.type, alert.user_id, alert.period) == (
        AlertType.INFO,
        ending.user_id,
        "2026-11",
    )
    assert alert.title == "Tokens adicionais valem até 20 de novembro de 2026"
    assert alert.message == (
        f"{ending.alerts.email} ainda tem 5.000 de 5.000 tokens adicionais, "
        "que valem até 20 de novembro de 2026."
    )
    assert alert.mails == {Audience.USER: MailState.SENT, Audience.ADMINS: MailState.NONE}
    assert alert.resolved_at == ending.money.clock()
    (shown,) = ending.api.ok("GET", "/admin/alerts")["items"]
    assert (shown["threshold"], shown["actions"], shown["resolvedBy"]) == (None, [], None)
    assert ending.api.ok("GET", "/admin/alerts?state=open")["items"] == []
    assert ending.api.ok("GET", f"/admin/alerts/{shown['id']}")["userEmail"] == ending.alerts.email


async def test_in_english(money: MoneyPath, stage: str) -> None:
    ending = Ending(money, stage, locale="en")
    assert ending.alerts.handle(*await ending.notices()) == []
    assert ending.subjects() == [
        "You still have 5,000 additional tokens, good until November 20, 2026"
    ]
    ending.api.close()


async def test_what_is_half_used_is_not_announced_nor_looked_at_again(ending: Ending) -> None:
    ending.use(2_500)
    assert await ending.notices() == []
    assert [one.is_announced for one in ending.money.user(ending.alerts.email).grants] == [True]
    version = ending.money.user(ending.alerts.email).version
    assert await ending.notices() == []
    assert ending.money.user(ending.alerts.email).version == version


@pytest.mark.parametrize("meanwhile", ["void", "used", "suspended", "over"])
async def test_what_has_changed_by_the_time_of_the_mail_is_not_mailed(
    ending: Ending, meanwhile: str
) -> None:
    (body,) = await ending.notices()
    match meanwhile:
        case "void":
            ending.api.ok("DELETE", f"{ending.path}/grants/{ending.grant_id}")
        case "used":
            ending.use(3_000)
        case "suspended":
            ending.api.ok("POST", f"{ending.path}/suspend", {"reason": "left"})
        case _:
            ending.money.clock.now += NOTICE
    assert ending.alerts.handle(body) == []
    assert ending.alerts.inbox() == []
    assert ending.record(body) is None


async def test_a_crash_between_queue_and_mark_is_one_mail(ending: Ending) -> None:
    lost = GrantEnding(ending.user_id, ending.grant_id, ending.money.clock())
    (body,) = await ending.notices()
    assert ending.alerts.handle(notice_to_json(lost), body) == []
    assert ending.subjects() == [SUBJECT]


async def test_a_crash_between_send_and_mark_sends_again_after_the_lease(ending: Ending) -> None:
    (body,) = await ending.notices()
    refused: MailSender = SesSender(RefusingSes(EndpointConnectionError(endpoint_url="x")))
    assert ending.alerts.handle(body, sender=refused) == [body]
    alert = ending.record(body)
    assert alert is not None
    assert alert.mails[Audience.USER] is MailState.FAILED
    # a process that has claimed the mail, and is gone
    store, now = ending.money.parts.alerts.store, ending.money.clock()
    assert store.claim(alert.alert_id, Audience.USER, now).lease is not None
    assert ending.alerts.handle(body) == [body]
    ending.money.clock.forward(seconds=LEASE_SECONDS)
    assert ending.alerts.handle(body) == []
    assert ending.subjects() == [SUBJECT]


async def test_grants_of_one_user_are_told_of_each_when_its_own_week_begins(
    ending: Ending,
) -> None:
    # made within the week before its end: not told of
    ending.give(1_000, until="2026-11-19")
    ending.give(7_000, until="2026-11-27")
    assert len(await ending.notices()) == 1
    ending.money.clock.now += timedelta(days=7)
    (body,) = await ending.notices()
    assert ending.alerts.handle(body) == []
    assert ending.subjects() == [
        "Você ainda tem 7.000 tokens adicionais, que valem até 27 de novembro de 2026"
    ]


async def test_a_user_who_has_not_come_back_since_last_month_is_told_as_well(
    ending: Ending,
) -> None:
    ending.give(6_000, until="2026-12-06")
    ending.money.clock.now = end_of(ending.money, "2026-12-06") - timedelta(days=2)
    (body,) = await ending.notices()
    assert ending.alerts.handle(body) == []
    assert ending.subjects() == [
        "Você ainda tem 6.000 tokens adicionais, que valem até 6 de dezembro de 2026"
    ]
