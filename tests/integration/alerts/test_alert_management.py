"""Alerts resolved on a real store: once, with an audit row, without touching anything else."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, cast

import pytest

from solaris.alerts import management as alert_management
from solaris.alerts.alert import (
    SYSTEM,
    Alert,
    AlertType,
    Audience,
    Crossing,
    MailState,
    MonthlySummary,
    ResolvedWhy,
    UsageFigures,
)
from solaris.alerts.listing import AlertRow, AlertsPage
from solaris.alerts.management import AlertManagement, Resolved
from solaris.alerts.schemas import AlertOut, from_wire, to_wire
from solaris.alerts.store import Resolution
from solaris.audit.auditor import Auditor
from solaris.directory.directory import Directory
from solaris.directory.listing import Listing
from solaris.platform.actor import Actor
from solaris.platform.errors import AlertClosedError, NotFoundError, StoreUnavailableError
from solaris.quota.thresholds import Threshold
from solaris.quota.user import user_id_for
from tests.integration.conftest import ANA, NOON, MoneyPath

ACTOR = Actor(name="root@example.com", request_id="req-1")
ANA_ID = user_id_for(ANA)
MAILS = {Audience.USER: MailState.SENT, Audience.ADMINS: MailState.FAILED}


class FakeDirectory:
    """The lists: pages of twenty of the open alerts that it is given."""

    def __init__(self) -> None:
        self.open: list[Alert] = []
        self.is_away = False

    def ask(self, question: AlertsPage) -> Listing[AlertRow]:
        query = question.query
        found = [
            one
            for one in self.open
            if query.user_id in (None, one.user_id) and (not query.types or one.type in query.types)
        ]
        start = int(query.cursor or 0)
        end = start + min(query.limit, 20)
        following = str(end) if end < len(found) else None
        return Listing([AlertRow(one) for one in found[start:end]], following, len(found))

    def emails(self, user_ids: Iterable[str]) -> dict[str, tuple[str, str]]:
        if self.is_away:
            raise StoreUnavailableError("away")
        return {one: (ANA, "Ana") for one in user_ids if one == ANA_ID}


@dataclass
class Desk:
    """Alert management on one stage, and what it told."""

    money: MoneyPath
    directory: FakeDirectory = field(default_factory=FakeDirectory)
    told: list[str] = field(default_factory=list)

    @property
    def service(self) -> AlertManagement:
        parts = self.money.parts
        return AlertManagement(
            alerts=parts.alerts.store,
            directory=cast("Directory", self.directory),
            auditor=Auditor(parts.audit.store, self.money.clock),
            publish=self.told.extend,
            clock=self.money.clock,
        )

    def record(self, alert_id: str, **about: Any) -> Alert:
        values: dict[str, Any] = {
            "alert_id": alert_id,
            "type": AlertType.WARNING,
            "title": "80 %",
            "message": "80 % used",
            "period": "2026-11",
            "user_id": ANA_ID,
            "threshold": Threshold.WARNING,
            "figures": UsageFigures(80_000, 90_000, 10_000),
            "created_at": NOON,
            "mails": MAILS,
            "errors": {},
        }
        alert = Alert(**values | about)
        assert self.money.parts.alerts.store.put_new(alert)
        self.directory.open.append(alert)
        return alert

    def stored(self, alert: Alert) -> Alert:
        found = self.money.parts.alerts.store.get(alert.alert_id)
        assert found is not None
        return found


@pytest.fixture
def desk(money: MoneyPath) -> Desk:
    return Desk(money)


def crossing_id(round_: int = 0) -> str:
    return Crossing(ANA_ID, "2026-11", Threshold.WARNING, NOON, round_).alert_id


def test_resolving_writes_who_and_when_and_nothing_else(desk: Desk) -> None:
    alert = desk.record(crossing_id())
    users = desk.money.parts.quota.users
    desk.money.parts.accounts.by_email.create_user(ANA, monthly_limit=200_000)
    warned = users.change(
        ANA_ID,
        lambda user: replace(
            user, alerts_sent=frozenset({Threshold.WARNING}), version=user.version + 1
        ),
    )
    audited = len(desk.money.rows("audit"))
    desk.money.clock.forward(seconds=5)
    row = desk.service.resolve(alert.alert_id, ACTOR)
    later = NOON + timedelta(seconds=5)
    assert desk.stored(alert) == replace(alert, resolved_at=later, resolved_by=ACTOR.name)
    assert row == AlertRow(desk.stored(alert), ANA, "Ana")
    assert users.get(ANA_ID) == warned
    (audit,) = [row for row in desk.money.rows("audit") if row["action"] == "alert.resolve"]
    assert len(desk.money.rows("audit")) == audited + 1
    assert (audit["action"], audit["actor"], audit["request_id"], audit["target_id"]) == (
        *("alert.resolve", ACTOR.name),
        *(ACTOR.request_id, alert.alert_id),
    )
    assert audit["target_label"] == f"{ANA} · {alert.title}"
    assert desk.told == [alert.alert_id]


def test_resolving_again_keeps_the_first_and_audits_nothing(desk: Desk) -> None:
    alert = desk.record(crossing_id())
    first = desk.service.resolve(alert.alert_id, ACTOR)
    desk.money.clock.forward(days=1)
    assert desk.service.resolve(alert.alert_id, Actor(name="other@example.com")) == first
    assert len(desk.money.rows("audit")) == 1
    assert desk.told == [alert.alert_id] * 2


def test_of_two_who_resolve_at_once_the_first_stays_on_record(desk: Desk) -> None:
    alert = desk.record(crossing_id())
    auditor = Auditor(desk.money.parts.audit.store, desk.money.clock)
    entry = auditor.entry(ACTOR, "alert.resolve", target_type="alert", target_id=alert.alert_id)
    one = Resolution(alert.alert_id, auditor.action(entry))
    alerts = desk.money.parts.alerts.store
    assert alerts.resolve([one], NOON, "first") == {alert.alert_id}
    assert alerts.resolve([one], NOON, "second") == set()
    assert desk.stored(alert).resolved_by == "first"


@pytest.mark.parametrize("alert_id", ["no", "user#2026-11#warning"])
def test_an_unknown_alert_is_not_found_and_none_is_made(desk: Desk, alert_id: str) -> None:
    with pytest.raises(NotFoundError):
        desk.service.get(alert_id)
    with pytest.raises(NotFoundError):
        desk.service.resolve(alert_id, ACTOR)
    assert desk.money.rows("alerts") == desk.money.rows("audit") == []


def test_a_name_that_cannot_be_looked_up_is_left_out(desk: Desk) -> None:
    alert = desk.record(crossing_id())
    desk.directory.is_away = True
    assert desk.service.get(alert.alert_id) == AlertRow(alert)


def test_all_of_a_kind_are_resolved_over_pages_and_packs(desk: Desk) -> None:
    warnings = [desk.record(crossing_id(n)) for n in range(30)]
    critical = desk.record("c", type=AlertType.CRITICAL)
    done = desk.service.resolve_all(ACTOR, types=[AlertType.WARNING], user_id=ANA_ID)
    assert done == Resolved(30, 0)
    assert all(desk.stored(one).resolved_by == ACTOR.name for one in warnings)
    assert desk.stored(critical).resolved_at is None
    assert len(desk.money.rows("audit")) == 30
    assert sorted(desk.told) == sorted(one.alert_id for one in warnings)


def test_one_that_somebody_else_has_resolved_does_not_stop_the_rest(desk: Desk) -> None:
    alerts = [desk.record(crossing_id(n)) for n in range(3)]
    desk.service.resolve(alerts[1].alert_id, Actor(name="other@example.com"))
    assert desk.service.resolve_all(ACTOR) == Resolved(2, 0)
    by = [desk.stored(one).resolved_by for one in alerts]
    assert by == [ACTOR.name, "other@example.com", ACTOR.name]
    assert len(desk.money.rows("audit")) == 3


def test_a_call_resolves_so_many_and_says_what_remains(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(alert_management, "MAX_RESOLVED_A_CALL", 4)
    for n in range(6):
        desk.record(crossing_id(n))
    assert desk.service.resolve_all(ACTOR) == Resolved(4, 2)


def test_nothing_open_is_nothing_to_do(desk: Desk) -> None:
    assert desk.service.resolve_all(ACTOR) == Resolved(0, 0)
    assert desk.told == []


# taken back


def test_what_somebody_has_resolved_is_opened_again_once_with_an_audit_row(desk: Desk) -> None:
    alert = desk.record("u1#2026-11#warning")
    resolved = desk.service.resolve(alert.alert_id, ACTOR)
    assert AlertOut.of(resolved).actions == ["reopen"]
    other = Actor(name="boss@example.com", request_id="req-2")
    again = desk.service.reopen(alert.alert_id, other)
    assert (again.alert.resolved_at, again.alert.resolved_by) == (None, None)
    assert desk.stored(alert) == alert, "as it was before"
    assert desk.service.reopen(alert.alert_id, other).alert == alert
    rows = sorted((row["action"], row["actor"]) for row in desk.money.rows("audit"))
    assert rows == [("alert.reopen", "boss@example.com"), ("alert.resolve", "root@example.com")]
    assert desk.told == [alert.alert_id] * 3
    # and resolved anew
    assert desk.service.resolve(alert.alert_id, ACTOR).alert.resolved_by == ACTOR.name


@pytest.mark.parametrize(
    "about",
    [
        {"resolved_at": NOON, "resolved_by": SYSTEM, "resolved_why": ResolvedWhy.GRANT},
        {"resolved_at": NOON, "type": AlertType.INFO},
    ],
)
def test_what_no_person_has_resolved_stays_closed(desk: Desk, about: dict[str, Any]) -> None:
    alert = desk.record("u1#2026-11#warning", **about)
    assert AlertOut.of(desk.service.get(alert.alert_id)).actions == []
    with pytest.raises(AlertClosedError):
        desk.service.reopen(alert.alert_id, ACTOR)
    assert desk.stored(alert) == alert
    assert desk.money.rows("audit") == []
    with pytest.raises(NotFoundError):
        desk.service.reopen("u1#2026-11#block", ACTOR)


def test_what_was_closed_by_the_system_meanwhile_is_left_by_who_is_late(desk: Desk) -> None:
    alert = desk.record("u1#2026-11#warning")
    store = desk.money.parts.alerts.store
    auditor = Auditor(desk.money.parts.audit.store, desk.money.clock)
    entry = auditor.entry(ACTOR, "alert.reopen", target_type="alert", target_id="x")
    assert store.close(alert.alert_id, NOON, ResolvedWhy.GRANT)
    assert not store.reopen(alert.alert_id, auditor.action(entry))
    assert desk.stored(alert).resolved_why is ResolvedWhy.GRANT
    assert desk.money.rows("audit") == []


def test_many_who_open_it_at_once_leave_one_row(desk: Desk) -> None:
    alert = desk.record("u1#2026-11#warning")
    desk.service.resolve(alert.alert_id, ACTOR)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: _reopened(desk, alert.alert_id), range(8)))
    assert None in found or found == [True] * 8
    assert desk.stored(alert).resolved_at is None
    assert len([row for row in desk.money.rows("audit") if row["action"] == "alert.reopen"]) == 1


def _reopened(desk: Desk, alert_id: str) -> bool | None:
    """None: lost a race that the caller is told to try again."""
    try:
        return desk.service.reopen(alert_id, ACTOR).alert.resolved_at is None
    except StoreUnavailableError:
        return None


# on the wire


@pytest.mark.parametrize(
    "alert_id",
    [
        crossing_id(),
        crossing_id(12),
        MonthlySummary("2026-10", 1, 1, 0, 5, 0).alert_id,
        f"{SYSTEM}#2026-10",
    ],
)
def test_an_id_comes_back_from_a_url(alert_id: str) -> None:
    wire = to_wire(alert_id)
    assert "#" not in wire
    assert from_wire(wire) == alert_id


def test_an_alert_on_the_wire_has_the_contracts_names_and_the_figures(desk: Desk) -> None:
    alert = desk.record(crossing_id(), errors={Audience.ADMINS: "Throttling"})
    shown = AlertOut.of(AlertRow(alert, ANA, "Ana")).model_dump(mode="json", by_alias=True)
    assert shown == {
        "id": to_wire(alert.alert_id),
        "type": "warning",
        "title": "80 %",
        "message": "80 % used",
        "period": "2026-11",
        "threshold": "warning",
        "userId": ANA_ID,
        "userEmail": ANA,
        "userName": "Ana",
        "currentUsage": 80_000,
        "monthlyLimit": 90_000,
        "additionalTokens": 10_000,
        "remainingTokens": 20_000,
        "usagePercentage": 80.0,
        "mails": [
            {"audience": "user", "state": "sent", "error": None},
            {"audience": "admins", "state": "failed", "error": "Throttling"},
        ],
        "createdAt": "2026-11-15T15:00:00.123Z",
        "resolvedAt": None,
        "resolvedBy": None,
        "resolvedWhy": None,
        "actions": ["resolve", "add_tokens", "raise_limit"],
    }
    resolved = AlertOut.of(AlertRow(replace(alert, resolved_at=NOON)))
    assert resolved.actions == []
    summary = replace(alert, user_id=None, figures=None)
    assert AlertOut.of(AlertRow(summary)).actions == ["resolve"]
