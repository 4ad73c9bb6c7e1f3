"""Monthly ceilings on a real store: told once, to whom it concerns, and closed by themselves."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from solaris.alerts.ceilings import MonthTokens
from solaris.platform.aws.queues import ALERTS_QUEUE
from solaris.platform.errors import StoreUnavailableError
from solaris.platform.mail.sender import MailUnavailableError
from tests.integration.accounts.users_support import Api
from tests.integration.alerts.alerting_support import Alerts
from tests.integration.conftest import MoneyPath


class Stage:
    """A group with a ceiling of 1,000 and the company's of 10,000; who is told, and the list."""

    def __init__(self, money: MoneyPath, stage: str, **settings: Any) -> None:
        self.alerts = Alerts(money, stage, **{"company_monthly_ceiling": 10_000, **settings})
        self.api = Api(self.alerts.money)
        self.money = MoneyPath.of(self.api.parts, money.clock, money.aws)
        self.alerts.money = self.money
        self.people = (f"chefe-{stage}@example.com", f"cfo-{stage}@example.com")
        self.group = self.api.ok(
            "POST",
            "/admin/groups",
            {
                "name": "Vendas",
                "ceilingTokens": 1_000,
                "managers": [self.people[0]],
                "recipients": [self.people[1]],
            },
        )
        self.money.put_user(self.alerts.email)

    def use(self, tokens: int, *, in_group: bool = True) -> None:
        event = self.money.event(None, self.alerts.email, prompt=tokens)
        group_id = self.group["id"] if in_group else None
        assert not self.money.record(replace(event, group_id=group_id))

    def sweep(self) -> int:
        """As the scheduled sweep does, beside the test's own loop."""
        sweeper = self.api.parts.gateway.sweeper
        return self.api.parts.alerts.ceilings.announce(self.money.period, sweeper._month_tokens)

    def queued(self) -> list[str]:
        queues = self.money.parts.platform.queues
        bodies = []
        while messages := queues.receive(ALERTS_QUEUE, wait_seconds=0):
            queues.delete(ALERTS_QUEUE, messages)
            bodies += [one["Body"] for one in messages]
        return bodies

    def look(self) -> None:
        self.sweep()
        assert self.alerts.handle(*self.queued()) == []

    def open(self) -> list[str]:
        items = self.api.ok("GET", "/admin/alerts?state=open")["items"]
        found = [one["id"].split("~", 2)[2] for one in items]
        # the company's last, whatever a group's id begins with
        return sorted(found, key=lambda one: (one.startswith("company"), one))

    def why(self) -> dict[str, str]:
        items = self.api.ok("GET", "/admin/alerts?state=resolved")["items"]
        return {one["id"].split("~")[3]: one["resolvedWhy"] for one in items}

    def mails(self) -> list[int]:
        """How many the group's people and the admins have got."""
        inbox = self.alerts.inbox
        return [len(_to(inbox, self.people)), len(inbox(self.alerts.admin))]


def _to(inbox: Any, people: tuple[str, ...]) -> list[Any]:
    # one mail to both of them
    found = inbox(", ".join(people))
    return found or [one for address in people for one in inbox(address)]


@pytest.fixture
def sales(money: MoneyPath, stage: str) -> Iterator[Stage]:
    made = Stage(money, stage)
    yield made
    made.api.close()


async def test_each_share_is_told_once_and_the_higher_takes_the_place_of_the_lower(
    sales: Stage,
) -> None:
    group = sales.group["id"]
    sales.use(799)
    sales.look()
    assert sales.open() == []
    sales.use(1)
    sales.look()
    sales.look()
    assert sales.open() == [f"{group}~80~1000"]
    assert sales.sweep() == 0, "told already: nothing is put on the queue"
    sales.use(160)
    sales.look()
    assert sales.open() == [f"{group}~95~1000"]
    sales.use(5_000)
    sales.look()
    assert sales.open() == [f"{group}~100~1000"]
    assert sales.why() == {"80": "superseded", "95": "superseded"}
    assert sales.mails()[1] == 3


async def test_the_company_s_is_told_to_the_admins_alone(sales: Stage) -> None:
    sales.use(9_600, in_group=False)
    sales.look()
    assert sales.open() == ["company~95~10000"]
    assert sales.mails() == [0, 1]


async def test_a_raised_ceiling_and_a_new_month_close_it(sales: Stage) -> None:
    sales.use(1_000)
    sales.use(9_000, in_group=False)
    sales.look()
    group = sales.group["id"]
    assert sales.open() == [f"{group}~100~1000", "company~100~10000"]
    change = {"ceilingTokens": 1_200, "version": sales.group["version"]}
    sales.api.ok("PUT", f"/admin/groups/{group}", change)
    sales.api.parts.alerts.closer.run()
    assert sales.open() == ["company~100~10000"]
    assert sales.why() == {"100": "limit"}
    sales.look()
    assert sales.open() == [f"{group}~80~1200", "company~100~10000"]
    sales.money.clock.forward(days=20)
    sales.look()
    sales.api.parts.alerts.closer.run()
    assert sales.open() == []


async def test_a_notice_that_comes_twice_or_after_its_month_tells_nothing_more(
    sales: Stage,
) -> None:
    sales.use(900)
    assert sales.sweep() == 1
    assert sales.sweep() == 1, "killed before the alert was recorded: again"
    bodies = sales.queued()
    assert len(bodies) == 2
    assert sales.alerts.handle(*bodies) == []
    assert sales.mails()[1] == 1
    sales.money.clock.forward(days=30)
    assert sales.alerts.handle(bodies[0].replace('"percent":80', '"percent":95')) == []
    assert sales.mails()[1] == 1


async def test_a_mail_server_that_is_away_is_asked_again(sales: Stage) -> None:
    class Away:
        def send(self, _message: object) -> None:
            raise MailUnavailableError("away")

    sales.use(1_000)
    sales.sweep()
    (body,) = sales.queued()
    assert sales.alerts.handle(body, sender=Away()) == [body]
    assert sales.alerts.handle(body) == []
    assert sales.mails()[1] == 1
    assert sales.sweep() == 0


async def test_who_states_no_ceiling_has_nothing_read(money: MoneyPath, stage: str) -> None:
    ceilings = Alerts(money, stage).money.parts.alerts.ceilings

    def used(period: str) -> MonthTokens:
        raise AssertionError(period)

    assert ceilings.announce(money.period, used) == 0


async def test_a_store_that_is_away_costs_the_sweep_nothing_else(
    sales: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    sweeper = sales.api.parts.gateway.sweeper
    sales.use(1_000)
    report = await asyncio.to_thread(sweeper.run)
    assert (report.ceilings, report.is_done) == (1, True)

    def away(_period: str) -> MonthTokens:
        raise StoreUnavailableError("away")

    monkeypatch.setattr(sweeper, "_month_tokens", away)
    report = await asyncio.to_thread(sweeper.run)
    assert (report.ceilings, report.is_done) == (0, True)
