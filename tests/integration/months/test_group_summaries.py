"""The month's summary by group: to whom it concerns, and as a table in the admins' own."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest

from solaris.alerts.notices import notice_from_json, notice_to_json
from solaris.platform.aws.queues import ALERTS_QUEUE, Message
from solaris.quota.user import User, user_id_for
from tests.integration.conftest import MoneyPath
from tests.integration.months.test_resetting import resetter

SALES, LAW, GONE = "aaaaaaaaaaaa", "bbbbbbbbbbbb", "cccccccccccc"
LAST_SECOND = datetime(2026, 2, 1, 2, 59, 59, tzinfo=UTC)  # of January, in São Paulo
ADMIN: dict[str, Any] = {"admin_alert_emails": ("admin@example.com",)}


@pytest.fixture
def january(money: MoneyPath) -> MoneyPath:
    money.clock.now = LAST_SECOND
    return money


def state(money: MoneyPath, **groups: Any) -> None:
    store = money.parts.quota.groups
    store.write(store.read(), groups, changed_by="test", now=money.clock())


def use(money: MoneyPath, name: str, tokens: int, group_id: str | None) -> None:
    email = f"{name}@example.com"
    if money.parts.quota.users.get(user_id_for(email)) is None:
        money.put_user(email, monthly_limit=1_000, group_id=group_id)
    event = money.event(None, email, prompt=tokens)
    assert not money.record(replace(event, group_id=group_id))


def queued(money: MoneyPath) -> dict[str, dict[str, Any]]:
    """What is on the alerts queue, by kind and group."""
    queues = money.parts.platform.queues
    found = {}
    while messages := queues.receive(ALERTS_QUEUE, wait_seconds=0):
        queues.delete(ALERTS_QUEUE, messages)
        for one in messages:
            body = orjson.loads(one["Body"])
            if "kind" in body:
                found[body.get("group_id", body["kind"])] = body
    return found


async def test_each_group_s_people_get_its_month_and_the_admins_all_of_them(
    january: MoneyPath,
) -> None:
    state(
        january,
        **{
            SALES: {
                "name": "Vendas",
                "ceiling_tokens": 1_000,
                "managers": ["chefe@example.com"],
                "recipients": ["cfo@example.com", "chefe@example.com"],
            },
            LAW: {"name": "Jurídico"},
            GONE: {
                "name": "Antigo",
                "managers": ["x@example.com"],
                "deleted_at": "2026-01-20T00:00:00.000Z",
            },
        },
    )
    for name, tokens, group_id in (
        *(("ana", 400, SALES), ("bia", 100, SALES), ("caio", 70, LAW)),
        *(("davi", 30, GONE), ("eva", 5, None)),
    ):
        use(january, name, tokens, group_id)

    def moved(user: User) -> User:
        return replace(user, group_id=LAW, version=user.version + 1)

    # who moves leaves what was used, and is among the members of the new group
    january.parts.quota.users.change(user_id_for("bia@example.com"), moved)
    january.clock.forward(seconds=1)
    assert (await resetter(january, **ADMIN).run_async()).is_done
    found = queued(january)
    assert found.keys() == {SALES, "monthly_summary"}
    mine = found[SALES]
    assert (mine["period"], mine["name"]) == ("2026-01", "Vendas")
    assert (mine["total_tokens"], mine["ceiling_tokens"]) == (500, 1_000)
    assert mine["to"] == ["chefe@example.com", "cfo@example.com"]
    assert mine["active_members"] == 1
    assert mine["top"] == [
        {"email": "ana@example.com", "tokens": 400, "percentage": 40.0, "name": "Somebody"}
    ]
    figures = found["monthly_summary"]["figures"]
    assert figures["groups"] == [
        {"name": "Vendas", "tokens": 500},
        {"name": "Jurídico", "tokens": 70},
        {"name": "Antigo", "tokens": 30},
        {"name": "", "tokens": 5},
    ]
    assert sum(one["tokens"] for one in figures["groups"]) == figures["total_tokens"]


async def test_groups_are_told_where_no_admin_is(january: MoneyPath) -> None:
    state(january, **{SALES: {"name": "Vendas", "managers": ["chefe@example.com"]}})
    use(january, "ana", 400, SALES)
    january.clock.forward(seconds=1)
    assert (await resetter(january).run_async()).is_done
    assert queued(january).keys() == {SALES}


async def test_who_has_no_groups_is_told_as_before(january: MoneyPath) -> None:
    use(january, "ana", 400, None)
    january.clock.forward(seconds=1)
    assert (await resetter(january, **ADMIN).run_async()).is_done
    (body,) = queued(january).values()
    assert "groups" not in body["figures"]


async def test_the_mails_are_sent_and_recorded_once(january: MoneyPath) -> None:
    state(january, **{SALES: {"name": "Vendas", "managers": ["chefe@example.com"]}})
    use(january, "ana", 400, SALES)
    january.clock.forward(seconds=1)
    asked = resetter(january, **ADMIN)
    assert (await asked.run_async()).is_done
    bodies = queued(january)
    alerts = january.settings(**ADMIN)
    for one in bodies.values():
        notice = notice_from_json(orjson.dumps(one).decode())
        assert orjson.loads(notice_to_json(notice)) == one
    messages = [
        Message(str(n), orjson.dumps(one).decode()) for n, one in enumerate(bodies.values())
    ]
    sent: list[Any] = []
    alerter = alerts.parts.alerts.alerter
    alerter._sender = type("Sender", (), {"send": staticmethod(sent.append)})()
    alerter._clock = january.clock
    for _ in range(2):
        assert alerter.handle_messages(messages) == []
    told = {str(one["To"]): str(one["Subject"]) for one in sent}
    assert len(sent) == 2
    assert "Vendas" in told["chefe@example.com"]
    html = {str(one["To"]): one.get_body(("html",)).get_content() for one in sent}
    assert "Vendas" in html["admin@example.com"]
    assert "ana@example.com" in html["chefe@example.com"]
    (row,) = [one for one in january.rows("alerts") if one["alert_id"].startswith("group_summary")]
    assert row["alert_id"] == f"group_summary#2026-01#{SALES}"
