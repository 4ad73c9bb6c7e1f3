"""Alerts that are closed by themselves, on a real store: superseded, or their cause is gone."""

from collections.abc import Iterator
from itertools import permutations
from typing import Any

import orjson
import pytest

from solaris.alerts import closer as alert_closer
from solaris.alerts.alert import Alert, AlertType, Audience, MailState, ResolvedWhy
from solaris.alerts.closer import AlertCloser
from solaris.platform.errors import StoreUnavailableError
from solaris.quota.thresholds import Threshold
from solaris.quota.user import Enforcement, user_id_for
from tests.integration.accounts.users_support import Api
from tests.integration.alerts.alerting_support import LIMIT, SUMMARY, Alerts
from tests.integration.conftest import MoneyPath


class Stage:
    """Ana with alerts, the admins' list, and what closes alerts."""

    def __init__(self, money: MoneyPath, stage: str, **settings: Any) -> None:
        self.alerts = Alerts(money, stage, **settings)
        self.api = Api(self.alerts.money)
        # one clock for what writes and what lists
        self.money = MoneyPath.of(self.api.parts, money.clock, money.aws)
        self.alerts.money = self.money
        self.money.put_user(self.alerts.email, name="Ana", monthly_limit=LIMIT)
        self.user = f"/admin/users/{user_id_for(self.alerts.email)}"

    def unseen(self, patch: pytest.MonkeyPatch) -> None:
        """From now on changes close nothing by themselves."""
        patch.setattr(self.api.parts.accounts.writer, "_after_change", lambda *_: None)

    @property
    def closer(self) -> AlertCloser:
        return self.api.parts.alerts.closer

    def reach(self, *tokens: int) -> None:
        assert self.alerts.handle(*[self.alerts.crossing(one) for one in tokens]) == []

    def open(self) -> list[str]:
        return [one["threshold"] for one in self.api.ok("GET", "/admin/alerts?state=open")["items"]]

    def why(self) -> dict[str, tuple[str | None, str | None]]:
        """Who has resolved each alert, and why."""
        found = self.api.ok("GET", "/admin/alerts?state=resolved")["items"]
        return {
            one["threshold"] or one["type"]: (one["resolvedBy"], one["resolvedWhy"])
            for one in found
        }


@pytest.fixture
def ana(money: MoneyPath, stage: str) -> Iterator[Stage]:
    made = Stage(money, stage)
    yield made
    made.api.close()


async def test_a_higher_alert_resolves_the_lower_ones_whichever_comes_first(
    money: MoneyPath, stage: str
) -> None:
    for n, order in enumerate(permutations(range(3))):
        ana = Stage(money, f"{stage}-{n}")
        bodies = [ana.alerts.crossing(tokens) for tokens in (80_000, 15_000, 5_000)]
        for place in order:
            assert ana.alerts.handle(bodies[place]) == []
        found = {one.threshold: one for one in map(ana.alerts.record, bodies)}
        assert found[Threshold.BLOCK].resolved_at is None
        for lower in (Threshold.WARNING, Threshold.CRITICAL):
            one = found[lower]
            assert (one.resolved_by, one.resolved_why) == ("system", ResolvedWhy.SUPERSEDED)
        ana.api.close()


async def test_a_lower_alert_that_somebody_has_resolved_stays_theirs(ana: Stage) -> None:
    ana.reach(80_000)
    (shown,) = ana.api.ok("GET", "/admin/alerts?state=open")["items"]
    ana.api.ok("POST", f"/admin/alerts/{shown['id']}/resolve")
    ana.reach(20_000)
    assert ana.open() == ["block"]
    assert ana.why() == {"warning": ("boss@example.com", None)}


@pytest.mark.parametrize(
    ("method", "path", "body", "why"),
    [
        ("POST", "/tokens", {"amount": 50_000, "reason": "more"}, "grant"),
        ("PUT", "", {"monthlyLimit": 200_000, "reason": "more"}, "limit"),
        ("PUT", "", {"plan": "pro", "reason": "more"}, "plan"),
        ("PUT", "", {"enforcement": "warn", "reason": "later"}, "warn_only"),
        ("POST", "/reset-usage", None, "reset"),
        ("DELETE", "", None, "deleted"),
    ],
)
async def test_what_people_change_closes_the_alert(
    ana: Stage, method: str, path: str, body: Any, why: str
) -> None:
    ana.reach(100_000)
    assert ana.open() == ["block"]
    assert ana.closer.run().body() == {"closed_alerts": 0}
    ana.api.ok(method, ana.user + path, body)
    assert ana.open() == []
    assert ana.why() == {"block": ("system", why)}
    assert ana.closer.run().closed == 0


@pytest.mark.parametrize("broken", ["get", "close"])
async def test_a_change_whose_alerts_cannot_be_closed_is_made_and_the_next_run_closes_them(
    ana: Stage, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    ana.reach(100_000)

    def away(*_: Any) -> None:
        raise StoreUnavailableError("away")

    with monkeypatch.context() as patch:
        patch.setattr(ana.api.parts.alerts.store, broken, away)
        ana.api.ok("POST", f"{ana.user}/reset-usage")
    assert ana.open() == ["block"]
    assert ana.closer.run().is_done
    assert ana.why() == {"block": ("system", "reset")}


async def test_a_change_that_brings_nobody_back_under_the_threshold_closes_nothing(
    ana: Stage,
) -> None:
    ana.reach(100_000)
    ana.api.ok("PUT", ana.user, {"name": "Ana Souza", "reason": "x"})
    ana.api.ok("POST", f"{ana.user}/suspend", {"reason": "x"})
    assert ana.closer.run().closed == 0
    assert ana.open() == ["block"]


async def test_one_that_was_opened_again_is_closed_when_its_cause_is_gone(
    ana: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    ana.reach(100_000)
    (shown,) = ana.api.ok("GET", "/admin/alerts?state=open")["items"]
    path = f"/admin/alerts/{shown['id']}"
    ana.api.ok("POST", f"{path}/resolve")
    ana.unseen(monkeypatch)
    ana.api.ok("POST", f"{ana.user}/tokens", {"amount": 50_000, "reason": "more"})
    assert ana.api.ok("POST", f"{path}/reopen")["resolvedAt"] is None
    assert ana.open() == ["block"]
    assert ana.closer.run().closed == 1
    assert ana.why() == {"block": ("system", "grant")}
    refused = ana.api("POST", f"{path}/reopen")
    assert (refused.status, refused.body["code"]) == (409, "alert_closed")
    assert ana.api("POST", f"{path}/reopen", role="viewer").status == 403


async def test_a_new_month_closes_the_alerts_of_the_one_before(ana: Stage) -> None:
    ana.reach(100_000)
    ana.money.clock.forward(days=20)
    assert ana.closer.run().closed == 1
    assert ana.why() == {"block": ("system", "month")}


async def test_an_alert_after_a_grant_stays_open_and_the_one_before_it_is_closed(
    ana: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    ana.unseen(monkeypatch)
    ana.reach(100_000)
    ana.api.ok("POST", f"{ana.user}/tokens", {"amount": 50_000, "reason": "more"})
    ana.reach(50_000)
    assert ana.closer.run().closed == 1
    (still,) = ana.api.ok("GET", "/admin/alerts?state=open")["items"]
    assert still["id"].endswith("~block~1")


async def test_the_summary_of_a_month_is_no_open_alert_nor_is_one_of_the_version_before(
    ana: Stage,
) -> None:
    assert ana.alerts.handle(orjson.dumps(SUMMARY).decode()) == []
    assert ana.open() == []
    assert ana.why() == {"info": (None, None)}
    store = ana.money.parts.alerts.store
    older = Alert(
        alert_id="system#2026-09#monthly_summary",
        type=AlertType.INFO,
        title="t",
        message="m",
        period="2026-09",
        created_at=ana.money.clock(),
        mails={Audience.USER: MailState.NONE, Audience.ADMINS: MailState.SENT},
    )
    assert store.put_new(older)
    ana.money.parts.quota.changes.publish(alert_ids=[older.alert_id])
    assert ana.closer.run().closed == 1
    assert ana.open() == []
    found = store.get(older.alert_id)
    assert found is not None
    assert found.resolved_why is ResolvedWhy.NOTHING_TO_DO


async def test_alerts_of_the_version_before_say_nothing_of_why_and_are_closed_alike(
    ana: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    ana.unseen(monkeypatch)
    body = ana.alerts.crossing(100_000)
    assert ana.alerts.handle(body) == []
    alert = ana.alerts.record(body)
    assert alert.enforcement is Enforcement.BLOCK
    ana.money.parts.platform.dynamodb.update_item(
        TableName=ana.money.parts.settings.table_name("alerts"),
        Key={"alert_id": {"S": alert.alert_id}},
        UpdateExpression="SET resolved_why = :later REMOVE enforcement",
        ExpressionAttributeValues={":later": {"S": "of a later version"}},
    )
    found = ana.alerts.record(body)
    assert (found.enforcement, found.resolved_why) == (None, None)
    ana.api.ok("POST", f"{ana.user}/reset-usage")
    assert ana.closer.run().closed == 1
    assert ana.why() == {"block": ("system", "reset")}


async def test_a_run_closes_so_many_and_the_next_goes_on(
    ana: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(alert_closer, "MAX_CLOSED_A_RUN", 2)
    monkeypatch.setattr(alert_closer, "PACK_ALERTS", 1)
    for n in range(3):
        ana.alerts.email = f"user-{n}@example.com"
        ana.money.put_user(ana.alerts.email, monthly_limit=LIMIT)
        ana.reach(100_000)
    ana.money.clock.forward(days=20)
    assert not ana.closer.run(lambda: 5.0).is_done
    assert [ana.closer.run().closed for _ in range(3)] == [2, 1, 0]
    assert ana.open() == []


async def test_the_replica_says_where_to_look_and_the_item_what_to_close(
    ana: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    ana.unseen(monkeypatch)
    ana.reach(100_000)
    ana.api.ok("PUT", ana.user, {"monthlyLimit": 200_000, "reason": "more"})
    # of which the replica is told nothing yet
    ana.alerts.change(monthly_limit=LIMIT)
    assert ana.closer.run().closed == 0
    assert ana.open() == ["block"]


async def test_lists_that_were_not_told_are_told_by_the_next_run(
    ana: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    ana.unseen(monkeypatch)
    ana.reach(100_000)
    ana.api.ok("POST", f"{ana.user}/reset-usage")

    def away(*_: Any, **__: Any) -> None:
        raise StoreUnavailableError("away")

    with monkeypatch.context() as patch:
        patch.setattr(ana.api.parts.quota.changes, "publish", away)
        with pytest.raises(StoreUnavailableError):
            ana.closer.run()
    assert ana.open() == ["block"]
    assert ana.closer.run().closed == 0
    assert ana.open() == []


async def test_who_is_blocked_with_tokens_left_is_not_said_to_have_used_up_the_quota(
    ana: Stage,
) -> None:
    ana.money.spend(99_900, ana.alerts.email)
    body = orjson.dumps(
        {
            "version": 1,
            "user_id": user_id_for(ana.alerts.email),
            "period": "2026-11",
            "threshold": "block",
            "crossed_at": "2026-11-15T15:00:00.123Z",
            "round": 0,
        }
    ).decode()
    assert ana.alerts.handle(body) == []
    alert = ana.alerts.record(body)
    assert alert.title == "Quase sem tokens"
    assert alert.message.endswith("O que resta (100) foi pouco para uma requisição.")
    assert alert.resolved_at is None
