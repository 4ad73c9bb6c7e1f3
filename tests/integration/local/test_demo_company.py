"""`make demo` on a small scale: the books balance, everything is there, and it is made once."""

from datetime import UTC, datetime

import pytest

from infra.local.demo.company.__main__ import VIEWER, DemoError, Progress, make_history
from infra.local.demo.company.people import DOMAIN, join_day, people
from infra.local.demo.company.requests import Requests, days_until
from infra.local.edge.mailbox import verify_sender
from solaris.alerts.alert import AlertType
from solaris.quota.policy import plan_limits_of
from solaris.quota.user import Plan, UserStatus
from tests.integration.conftest import MoneyPath

# the 5th of a month, so that a few weeks hold a turn of the month
END = datetime(2026, 11, 5, 18, 0, tzinfo=UTC)
COUNT, DAYS, RECORDS = 40, 40, 550


async def make(money: MoneyPath) -> object:
    return await make_history(
        money.parts.settings,
        count=COUNT,
        days=DAYS,
        records=RECORDS,
        ends_at=END,
        tell=Progress(),
    )


async def test_a_company_lives_through_its_months_and_is_made_once(money: MoneyPath) -> None:
    """The fixture holds all books against each other afterwards."""
    money.parts.platform.files.create()
    verify_sender(money.parts.settings)
    made = await make(money)
    assert made is not None
    records = money.rows("usage")
    assert RECORDS * 0.7 < len(records) < RECORDS * 1.2
    assert {one["period"] for one in records} == {"2026-09", "2026-10", "2026-11"}
    assert len({one["model"] for one in records}) >= 5
    assert all(datetime.fromisoformat(one["created_at"]) <= END for one in records)
    users = list(money.parts.quota.users.scan())
    assert {one.period for one in users} == {"2026-11"}
    assert all(one.email.endswith(f"@{DOMAIN}") for one in users)
    assert not any(one.reservations for one in users)
    by_status = {status: sum(one.status is status for one in users) for status in UserStatus}
    assert by_status[UserStatus.PENDING] == 2
    assert by_status[UserStatus.SUSPENDED] >= 1
    assert {one.plan for one in users} >= {Plan.BASIC, Plan.PRO}
    alerts = money.rows("alerts")
    assert {one["type"] for one in alerts} == set(AlertType)
    assert any("resolved_at" in one for one in alerts)
    keys = money.rows("keys")
    assert {one["kind"] for one in keys} == {"service", "personal"}
    assert any("revoked_at" in one for one in keys)
    viewer = money.parts.sign_in.admin_store.get(VIEWER)
    assert viewer is not None
    assert viewer.role == "viewer"
    # what is there is found, and nothing is added to it
    assert await make(money) is None
    assert len(money.rows("usage")) == len(records)


async def test_half_a_company_is_not_built_upon(money: MoneyPath) -> None:
    money.put_user(f"somebody@{DOMAIN}")
    with pytest.raises(DemoError):
        await make(money)


def test_people_and_their_requests_are_the_same_every_time(money: MoneyPath) -> None:
    crowd = people(60)
    assert crowd == people(60)
    assert crowd[:20] == people(20)
    assert len({one.email for one in crowd}) == 60
    assert all(one.email.isascii() for one in crowd)
    days = days_until(END.date(), 20)

    def requests() -> Requests:
        settings = money.parts.settings
        return Requests(
            crowd,
            days,
            records=400,
            limits=plan_limits_of(settings),
            zone=settings.zone,
            now=END,
        )

    for n in range(len(days)):
        asked = requests().of(n)
        assert asked == requests().of(n)
        assert [one.at for one in asked] == sorted(one.at for one in asked)
        assert all(join_day(one.person, len(days)) <= n for one in asked)
    everybody = {one.person.email for n in range(len(days)) for one in requests().of(n)}
    assert everybody == {one.email for one in crowd}
