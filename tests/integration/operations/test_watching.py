"""What lasts until somebody ends it, on a real store: told once, mailed, closed by itself."""

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from solaris.alerts.alert import Audience, ChannelPaused, MailState, ModelWithoutPrice
from solaris.alerts.notices import notice_to_json
from solaris.operations.watching import Watch
from solaris.platform.aws.queues import ALERTS_QUEUE
from solaris.platform.errors import AccountStatusError, StoreUnavailableError
from solaris.quota.user import UserStatus, user_id_for
from solaris.reconciliation.run_store import ReconciliationRun
from tests.integration.accounts.users_support import Api
from tests.integration.alerts.alerting_support import Alerts
from tests.integration.conftest import MoneyPath

KEYS = "/admin/keys"


class Stage:
    """A stage of its own: what looks, what tells, the admins' list and the mailboxes."""

    def __init__(self, money: MoneyPath, stage: str) -> None:
        self.alerts = Alerts(money, stage, auto_provision="pending")
        self.api = Api(self.alerts.money)
        self.money = MoneyPath.of(self.api.parts, money.clock, money.aws)
        self.alerts.money = self.money

    @property
    def watch(self) -> Watch:
        return self.api.parts.operations.watch

    def queued(self) -> list[str]:
        queues = self.money.parts.platform.queues
        bodies = []
        while messages := queues.receive(ALERTS_QUEUE, wait_seconds=0):
            queues.delete(ALERTS_QUEUE, messages)
            bodies += [one["Body"] for one in messages]
        return bodies

    def look(self) -> int:
        """As the upkeep does: look, tell, and close; how many were told of."""
        told = self.watch.look().told
        bodies = self.queued()
        assert len(bodies) == told
        assert self.alerts.handle(*bodies) == []
        self.api.parts.alerts.closer.run()
        return told

    def open(self) -> list[str]:
        """The kind of each open alert, and what its id ends with."""
        items = self.api.ok("GET", "/admin/alerts?state=open")["items"]
        return sorted(f"{one['id'].split('~')[0]}~{one['id'].split('~')[-1]}" for one in items)

    def why(self) -> list[tuple[str, str]]:
        items = self.api.ok("GET", "/admin/alerts?state=resolved")["items"]
        return sorted((one["id"].split("~")[0], one["resolvedWhy"]) for one in items)

    def mails(self, address: str | None = None) -> list[str]:
        found = self.alerts.inbox(address or self.alerts.admin)
        return [one["Subject"] for one in found]

    def waiting(self, email: str | None = None) -> str:
        """Somebody whom a first request has made; the path of their user."""
        email = email or self.alerts.email
        self.money.put_user(email, name="Ana", status=UserStatus.PENDING)
        return f"/admin/users/{user_id_for(email)}"

    def key(self, days: float, **more: Any) -> dict[str, Any]:
        ends = (self.money.clock() + timedelta(days=days)).isoformat()
        made: dict[str, Any] = self.api.ok(
            "POST", KEYS, {"name": "LibreChat", "kind": "service", "expiresAt": ends} | more
        )
        return made

    def answers(self, *statuses: int) -> None:
        who = f"bia-{self.alerts.email}"
        if self.money.parts.quota.users.get(user_id_for(who)) is None:
            self.money.put_user(who)
        events = [self.money.event(None, who, prompt=1, status_code=one) for one in statuses]
        assert self.money.record(*events) == []

    def reconciled(self, differences: int) -> None:
        now = self.money.clock()
        run = ReconciliationRun(
            period=self.money.period,
            started_at=now,
            finished_at=now,
            users=7,
            differences=differences,
        )
        assert self.api.parts.reconciliation.runs.supersede(run, now)


@pytest.fixture
def here(money: MoneyPath, stage: str) -> Iterator[Stage]:
    made = Stage(money, stage)
    yield made
    made.api.close()


async def test_who_waits_is_told_of_once_and_at_activation_no_more(here: Stage) -> None:
    user = here.waiting()
    assert here.look() == 1
    assert here.look() == 0, "on record already"
    (shown,) = here.api.ok("GET", "/admin/alerts?state=open")["items"]
    assert shown["userEmail"] == here.alerts.email
    assert shown["actions"] == ["resolve"], "tokens help nobody who is not served"
    assert len(here.mails()) == 1
    assert here.mails(here.alerts.email) == [], "who waits is told by the refusal itself"
    here.api.ok("POST", f"{user}/activate", {"reason": "known"})
    assert here.open() == [], "closed with the change, before any look"
    assert here.why() == [("person_waiting", "activated")]


async def test_a_first_request_that_makes_a_waiting_user_is_found(here: Stage) -> None:
    with pytest.raises(AccountStatusError):
        await here.money.admit(here.alerts.email)
    assert await asyncio.to_thread(here.look) == 1
    assert [one.partition("~")[0] for one in here.open()] == ["person_waiting"]


@pytest.mark.parametrize(
    ("method", "path", "why"), [("DELETE", "", "deleted"), ("POST", "/suspend", "status")]
)
async def test_who_gets_another_status_waits_no_more(
    here: Stage, method: str, path: str, why: str
) -> None:
    user = here.waiting()
    here.look()
    body = {"reason": "unknown"} if method == "POST" else None
    here.api.ok(method, f"{user}{path}", body)
    here.look()
    assert here.open() == []
    assert here.why() == [("person_waiting", why)]
    if why == "deleted":
        (one,) = here.api.ok("GET", "/admin/alerts?state=resolved")["items"]
        assert here.alerts.email not in one["message"]


async def test_a_notice_that_has_waited_until_the_activation_tells_nothing(here: Stage) -> None:
    user = here.waiting()
    assert here.watch.look().told == 1
    here.api.ok("POST", f"{user}/activate", {"reason": "known"})
    assert here.alerts.handle(*here.queued()) == []
    assert here.open() == []
    assert here.mails() == []


async def test_a_key_s_end_is_told_thirty_seven_and_one_days_before(here: Stage) -> None:
    key = here.key(40)
    assert here.look() == 0
    for forward, told, left in ((11, 1, "30"), (10, 0, "30"), (13, 1, "7"), (5, 1, "1")):
        here.money.clock.forward(days=forward)
        assert here.look() == told
        assert here.open() == [f"key_expiring~{left}"]
    assert len(here.mails()) == 3
    assert all("LibreChat" in subject for subject in here.mails())
    here.money.clock.forward(days=1)
    here.look()
    assert here.open() == []
    whys = [("key_expiring", one) for one in ("expired", "superseded", "superseded")]
    assert here.why() == whys
    assert here.api.ok("GET", f"{KEYS}?state=expired")["items"][0]["id"] == key["id"]


async def test_a_personal_key_s_owner_is_told_too(here: Stage) -> None:
    here.money.put_user(here.alerts.email, name="Ana")
    here.key(5, name="meu notebook", kind="personal", userEmail=here.alerts.email)
    assert here.look() == 1
    (mine,) = here.mails(here.alerts.email)
    assert "meu notebook" in mine
    (theirs,) = here.mails()
    assert here.alerts.email in theirs
    assert "notebook" not in theirs
    (shown,) = here.api.ok("GET", "/admin/alerts?state=open")["items"]
    assert shown["userEmail"] == here.alerts.email
    assert "notebook" not in shown["message"]
    assert {one["audience"]: one["state"] for one in shown["mails"]} == {
        Audience.USER: MailState.SENT,
        Audience.ADMINS: MailState.SENT,
    }


async def test_a_key_that_is_revoked_or_renewed_is_warned_of_no_more(here: Stage) -> None:
    one, two = here.key(5), here.key(6)
    assert here.look() == 2
    here.api.ok("DELETE", f"{KEYS}/{one['id']}")
    ends = (here.money.clock() + timedelta(days=90)).isoformat()
    here.api.ok("PUT", f"{KEYS}/{two['id']}", {"expiresAt": ends})
    assert here.look() == 0
    assert here.open() == []
    assert here.why() == [("key_expiring", "renewed"), ("key_expiring", "revoked")]
    here.money.clock.forward(days=84)
    assert here.look() == 1, "the new end is told of as well"


async def test_an_upstream_that_fails_is_told_of_until_it_is_well(here: Stage) -> None:
    here.answers(*[502] * 10, *[200] * 11)
    assert here.look() == 0
    here.answers(429, 503)
    assert here.look() == 1
    assert here.look() == 0
    assert here.open()[0].startswith("upstream_failing~")
    here.money.clock.forward(minutes=30)
    assert here.look() == 0
    assert len(here.open()) == 1, "without requests nobody knows"
    here.answers(*[200] * 5)
    here.look()
    assert here.open() == []
    assert here.why() == [("upstream_failing", "well_again")]
    here.money.clock.forward(minutes=30)
    here.answers(*[500] * 20)
    assert here.look() == 1, "failing anew is another alert"
    assert len(here.mails()) == 2


async def test_what_clients_do_wrong_is_no_failing_upstream(here: Stage) -> None:
    here.answers(*[400] * 30)
    assert here.look() == 0


async def test_who_has_resolved_it_hears_of_the_same_failing_no_more(here: Stage) -> None:
    here.answers(*[502] * 20)
    here.look()
    (shown,) = here.api.ok("GET", "/admin/alerts?state=open")["items"]
    here.api.ok("POST", f"/admin/alerts/{shown['id']}/resolve")
    assert here.look() == 0
    assert here.open() == []


async def test_who_dies_before_telling_tells_with_the_next_look(
    here: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    here.answers(*[502] * 20)
    queues = here.api.parts.platform.queues

    def away(*_: Any) -> None:
        raise StoreUnavailableError("away")

    with monkeypatch.context() as patch:
        patch.setattr(queues, "send", away)
        assert here.watch.look().told == 0
    here.money.clock.forward(minutes=1)
    assert here.look() == 1
    assert len(here.open()) == 1


async def test_books_that_differ_are_told_of_until_a_clean_run(here: Stage) -> None:
    assert here.look() == 0
    here.reconciled(3)
    assert here.look() == 1
    assert here.look() == 0
    assert here.open()[0].startswith("books_differ~")
    here.money.clock.forward(days=1)
    here.reconciled(2)
    assert here.look() == 1
    assert len(here.open()) == 1
    here.money.clock.forward(days=1)
    here.reconciled(0)
    here.look()
    assert here.open() == []
    assert here.why() == [("books_differ", "books_agree"), ("books_differ", "superseded")]
    assert "3" in " ".join(here.mails())


async def test_one_that_cannot_be_looked_at_costs_the_others_nothing(
    here: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    here.waiting()
    here.reconciled(1)

    def away(*_: Any) -> None:
        raise StoreUnavailableError("away")

    monkeypatch.setattr(here.watch._store, "failing_since", away)
    assert here.watch.look().told == 2


async def test_however_many_wait_a_look_tells_of_fifty(
    here: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    from solaris.operations import watching  # noqa: PLC0415 - patched here alone

    monkeypatch.setattr(watching, "MAX_TOLD", 2)
    for n in range(5):
        here.waiting(f"p{n}-{here.alerts.email}")
    assert [here.look() for _ in range(4)] == [2, 2, 1, 0]


async def test_two_looks_at_once_make_one_alert_and_one_mail(here: Stage) -> None:
    here.waiting()
    here.answers(*[502] * 20)
    here.watch.look()
    here.watch.look()
    bodies = here.queued()
    assert len(bodies) == 4
    assert here.alerts.handle(*bodies) == []
    assert len(here.open()) == 2
    assert len(here.mails()) == 2


async def test_a_list_is_narrowed_by_what_alerts_are_about(here: Stage) -> None:
    here.waiting()
    here.reconciled(1)
    here.key(5)
    assert here.look() == 3
    spent = f"carla-{here.alerts.email}"
    here.money.put_user(spent, monthly_limit=100)
    assert here.money.record(here.money.event(None, spent, prompt=100)) == []
    assert here.alerts.handle(*here.queued()) == []
    paused = ChannelPaused("chn_1", "x", here.money.clock(), here.money.period)
    unpriced = ModelWithoutPrice("openai/gpt-4.1", "*", here.money.period)
    bodies = [notice_to_json(one) for one in (paused, unpriced)]
    assert here.alerts.handle(*bodies) == []

    def listed(*kinds: str) -> list[str]:
        query = "&".join(f"kind={one}" for one in kinds)
        items = here.api.ok("GET", f"/admin/alerts?state=open&{query}")["items"]
        return sorted(one["id"].split("~")[0][:14] for one in items)

    assert listed("person_waiting") == ["person_waiting"]
    assert listed("books_differ", "key_expiring") == ["books_differ", "key_expiring"]
    assert listed("quota") == [user_id_for(spent)[:14]]
    assert listed("channel_paused") == listed("model_without_price") == ["system"]
    assert listed("ceiling", "summary", "grant_ending", "upstream_failing") == []
    assert len(listed()) == 6
    # each of them can be seen to
    for one in here.api.ok("GET", "/admin/alerts?state=open")["items"]:
        here.api.ok("POST", f"/admin/alerts/{one['id']}/resolve")
    assert here.open() == []
