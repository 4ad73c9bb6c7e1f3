"""The month opened by schedule, by a user's own request, by both, and after a crash."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest

from solaris.gateway.sweeper import Sweeper
from solaris.months.closed import closed_months
from solaris.months.opening import ResetReport, Resetter
from solaris.months.progress import LEASE, PROGRESS_OWNER, ResetStore
from solaris.months.summary import WAIT, Summariser, Told
from solaris.platform.actor import Actor
from solaris.platform.aws.queues import ALERTS_QUEUE
from solaris.platform.errors import QuotaExhaustedError
from solaris.quota.reservation import RESERVATION_SECONDS
from solaris.quota.usage import Outcome
from solaris.quota.user import User, user_id_for
from tests.integration.accounts.users_support import user_changes_of
from tests.integration.conftest import ANA, Clock, MoneyPath

# 31 January 2026, 23:59:59 in São Paulo
LAST_SECOND = datetime(2026, 2, 1, 2, 59, 59, tzinfo=UTC)
BOB = "bob@example.com"
BOSS = Actor(name="boss@example.com")
WRITE_MARKS = ("updated_at", "version", "last_seen_at", "last_alert_at")


@pytest.fixture
def january(money: MoneyPath) -> MoneyPath:
    money.clock.now = LAST_SECOND
    return money


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten users a page, so that a few users make many."""
    page = ResetStore.page

    async def small(store: ResetStore, cursor: str | None, **more: Any) -> Any:
        return await page(store, cursor, **(more | {"limit": 10}))

    monkeypatch.setattr(ResetStore, "page", small)


def resetter(money: MoneyPath, clock: Clock | None = None, **changes: Any) -> Resetter:
    settings = money.settings(**changes).parts.settings if changes else money.parts.settings
    return Resetter(
        settings=settings,
        users=money.parts.quota.users,
        summariser=Summariser(
            settings=settings,
            queues=money.parts.platform.queues,
            groups=lambda: money.parts.quota.groups.read().everything,
        ),
        clock=clock or money.clock,
    )


def emails(count: int) -> list[str]:
    return [f"user{n:03d}@example.com" for n in range(count)]


def make_users(money: MoneyPath, count: int) -> list[str]:
    """Users who have used 0, 1, 2 … tokens in the open month, by the books."""
    found = emails(count)
    for n, email in enumerate(found):
        money.put_user(email)
        if n:
            money.spend(n, email)
    return found


def state(money: MoneyPath) -> dict[str, Any]:
    """Users and closed months without what tells when and how often they were written."""
    users = {
        row["user_id"]: {name: row[name] for name in row if name not in WRITE_MARKS}
        for row in money.rows("users")
    }
    months = [row for row in money.rows("periods") if row["user_id"] != PROGRESS_OWNER]
    return {"users": users, "months": sorted(months, key=lambda row: str(row["user_id"]))}


def months_of(money: MoneyPath) -> dict[str, tuple[str, int]]:
    return {
        row["user_id"]: (row["period"], row["current_usage"])
        for row in money.rows("periods")
        if row["user_id"] != PROGRESS_OWNER
    }


def assert_all_opened(money: MoneyPath, users: Sequence[str]) -> None:
    """Everybody is in February at zero, and has exactly one closed January."""
    for user in money.parts.quota.users.scan():
        assert (user.period, user.current_usage) == ("2026-02", 0)
    assert months_of(money) == {user_id_for(email): ("2026-01", n) for n, email in enumerate(users)}


async def blocked_is_served_after_midnight(money: MoneyPath, *, reset_first: bool) -> Any:
    money.clock.now = LAST_SECOND
    for email in (ANA, BOB):
        money.put_user(email, monthly_limit=100_000, additional_tokens=500)
        money.spend(100_500, email)
    with pytest.raises(QuotaExhaustedError):
        await money.admit()
    money.clock.forward(seconds=1)
    if reset_first:
        assert (await resetter(money).run_async()).is_done
    admission = await money.admit(request_id="req-first", prompt=10)
    if not reset_first:
        assert (await resetter(money).run_async()).is_done
    assert (admission.reservation.period, money.user(BOB).period) == ("2026-02", "2026-02")
    found = state(money)
    money.record(money.event(admission.reservation, completion=5))
    return found


KEYS = {
    "users": ("user_id",),
    "periods": ("user_id", "period"),
    "usage": ("user_id", "record_key"),
    "counters": ("owner", "day_model"),
}


def empty(money: MoneyPath) -> None:
    for table, key in KEYS.items():
        for row in money.rows(table):
            money.parts.platform.dynamodb.delete_item(
                TableName=money.parts.settings.table_name(table),
                Key={name: {"S": row[name]} for name in key},
            )


async def test_lazy_and_scheduled_roll_over_leave_the_same_state(money: MoneyPath) -> None:
    lazy = await blocked_is_served_after_midnight(money, reset_first=False)
    empty(money)
    assert lazy == await blocked_is_served_after_midnight(money, reset_first=True)
    user = lazy["users"][user_id_for(ANA)]
    assert (user["current_usage"], user["additional_tokens"], user["alerts_sent"]) == (0, 500, [])
    assert [month["current_usage"] for month in lazy["months"]] == [100_500, 100_500]


async def test_every_user_of_an_older_month_is_opened_and_a_second_run_does_nothing(
    january: MoneyPath,
) -> None:
    users = make_users(january, 60)
    january.clock.forward(seconds=1)
    first = await resetter(january).run_async()
    assert first.body() == {
        "state": "done", "period": "2026-02", "users": 60, "rolled_over": 60, "failed": 0,
    }  # fmt: skip
    assert_all_opened(january, users)
    before = january.rows("users")
    assert await resetter(january).run_async() == first
    assert january.rows("users") == before


class KilledError(RuntimeError):
    """The process is gone: nothing is caught, nothing is tidied up."""


@pytest.mark.usefixtures("small_pages")
async def test_killed_half_way_and_run_again(
    january: MoneyPath, monkeypatch: pytest.MonkeyPatch
) -> None:
    users = make_users(january, 130)
    january.clock.forward(seconds=1)
    original, calls = ResetStore.roll_over, 0

    async def dying(store: ResetStore, pack: Any) -> bool:
        nonlocal calls
        calls += 1
        if calls > 3:
            raise KilledError
        return await original(store, pack)

    with monkeypatch.context() as patch:
        patch.setattr(ResetStore, "roll_over", dying)
        with pytest.raises(KilledError):
            await resetter(january).run_async()
    opened = len(months_of(january))
    assert 0 < opened <= 3 * 10
    held = await resetter(january).run_async()
    assert (held.is_done, held.is_held) == (False, True)
    assert len(months_of(january)) == opened
    january.clock.forward(seconds=LEASE.total_seconds())
    done = await resetter(january).run_async()
    assert (done.is_done, done.users, done.failed) == (True, 130, 0)
    assert_all_opened(january, users)


@pytest.mark.usefixtures("small_pages")
async def test_a_run_out_of_time_stops_and_the_next_goes_on_at_once(january: MoneyPath) -> None:
    users = make_users(january, 70)
    january.clock.forward(seconds=1)
    reports: list[ResetReport] = []
    while not reports or not reports[-1].is_done:
        left = iter([100.0] * 2)
        reports.append(await resetter(january).run_async(lambda left=left: next(left, 0.0)))  # type: ignore[misc]
        assert len(reports) < 20
    assert len(reports) > 2
    counts = [report.users for report in reports]
    assert counts == sorted(counts)
    assert reports[-1].rolled_over == 70
    assert_all_opened(january, users)


async def test_two_runs_at_once_open_every_month_once(january: MoneyPath) -> None:
    users = make_users(january, 60)
    january.clock.forward(seconds=1)
    # the second believes that the first is gone: both write, and only the second keeps the lease
    late = Clock(january.clock() + LEASE)
    first, second = await asyncio.gather(
        resetter(january).run_async(), resetter(january, late).run_async()
    )
    assert first.is_done or second.is_done
    assert {user for user, _ in months_of(january).items()} == {user_id_for(one) for one in users}
    assert {usage for _, usage in months_of(january).values()} == set(range(60))
    for user in january.parts.quota.users.scan():
        assert (user.period, user.current_usage) == ("2026-02", 0)


async def test_a_user_whom_traffic_changes_under_the_pack_is_opened_alone(
    january: MoneyPath, monkeypatch: pytest.MonkeyPatch
) -> None:
    users = make_users(january, 10)
    january.clock.forward(seconds=1)
    original, was_met = ResetStore.roll_over, False

    async def met(store: ResetStore, pack: Sequence[tuple[User, Any, Any]]) -> bool:
        nonlocal was_met
        if not was_met:
            was_met = True
            await january.admit(pack[0][0].email, request_id="req-met")
        return await original(store, pack)

    monkeypatch.setattr(ResetStore, "roll_over", met)
    report = await resetter(january).run_async()
    assert (report.users, report.rolled_over) == (10, 9)
    assert_all_opened(january, users)


async def test_live_traffic_is_booked_right_while_the_month_opens(january: MoneyPath) -> None:
    users = make_users(january, 80)
    old = [(await january.admit(email)).reservation for email in users[:20]]
    january.clock.forward(seconds=1)

    async def chat(email: str) -> None:
        admission = await january.admit(email, prompt=7)
        event = january.event(admission.reservation, email, completion=3)
        await asyncio.to_thread(january.record, event)

    async def settle(n: int) -> None:
        event = january.event(old[n], users[n], completion=90)
        await asyncio.to_thread(january.record, event)

    run = asyncio.create_task(resetter(january).run_async())
    await asyncio.gather(
        *(chat(email) for email in users[::2]),
        *(settle(n) for n in range(20)),
    )
    report = await run
    assert (report.is_done, report.users) == (True, 80)
    assert months_of(january) == {
        user_id_for(email): ("2026-01", n + (100 if n < 20 else 0)) for n, email in enumerate(users)
    }
    for n, email in enumerate(users):
        user = january.user(email)
        assert (user.current_usage, user.reservations) == (10 if n % 2 == 0 else 0, {})


async def test_reserved_before_midnight_and_settled_after_is_booked_to_the_old_month(
    january: MoneyPath,
) -> None:
    january.put_user()
    reservation = (await january.admit()).reservation
    january.clock.forward(seconds=1)
    assert (await resetter(january).run_async()).is_done
    user = january.user()
    assert (user.current_usage, user.available_tokens) == (0, 1_000_000)
    january.record(january.event(reservation, completion=90))
    user = january.user()
    assert (user.current_usage, user.available_tokens, user.reservations) == (0, 1_000_000, {})
    (month,) = closed_months(user.user_id)
    assert (month.period, month.used_tokens, month.monthly_limit) == ("2026-01", 100, 1_000_000)
    (model,) = month.models
    used = model.figures
    assert (model.model, used.charged_tokens, used.requests) == ("gpt-4o-mini", 100, 1)
    assert month.cost == used.total_cost > 0


async def test_a_damaged_item_is_counted_and_does_not_stop_the_others(january: MoneyPath) -> None:
    users = make_users(january, 5)
    table = january.parts.settings.table_name("users")
    broken = {"user_id": {"S": "broken"}, "period": {"S": "2026-01"}}
    january.parts.platform.dynamodb.put_item(TableName=table, Item=broken)
    january.clock.forward(seconds=1)
    report = await resetter(january).run_async()
    assert (report.is_done, report.users, report.failed) == (True, 5, 1)
    january.parts.platform.dynamodb.delete_item(TableName=table, Key={"user_id": {"S": "broken"}})
    assert_all_opened(january, users)


def test_a_dry_run_counts_and_one_user_can_be_opened(january: MoneyPath) -> None:
    make_users(january, 3)
    assert resetter(january).waiting() == 0
    january.clock.forward(seconds=1)
    before = state(january)
    assert resetter(january).waiting() == 3
    assert resetter(january).open_for("User001@example.com", dry_run=True)
    assert state(january) == before
    assert resetter(january).open_for("User001@example.com")
    assert not resetter(january).open_for("User001@example.com")
    assert resetter(january).waiting() == 2
    assert months_of(january) == {user_id_for("user001@example.com"): ("2026-01", 1)}


async def test_the_summary_is_queued_once_with_the_figures_of_the_closed_month(
    january: MoneyPath,
) -> None:
    users = make_users(january, 14)
    january.put_user(ANA, monthly_limit=1_000)
    january.spend(1_000)
    january.clock.forward(seconds=1)
    january.put_user(BOB)  # born in February
    asked = resetter(january, admin_alert_emails=("admin@example.com",))
    assert (await asked.run_async()).is_done
    assert (await asked.run_async()).is_done
    (message,) = january.parts.platform.queues.receive(ALERTS_QUEUE, wait_seconds=0)
    body = orjson.loads(message["Body"])
    top = [{"email": ANA, "tokens": 1_000, "percentage": 100.0, "name": "Somebody"}]
    top += [
        {"email": users[n], "tokens": n, "percentage": 0.0, "name": "Somebody"}
        for n in range(13, 4, -1)
    ]
    figures = body.pop("figures")
    assert body == {"version": 1, "kind": "monthly_summary", "period": "2026-01"}
    assert figures == {
        "users": 15, "active_users": 14, "blocked_users": 1, "total_tokens": 1_091,
        "cost_micros": 0, "unpriced_requests": 0, "top": top,
    }  # fmt: skip


async def test_a_summary_that_cannot_be_queued_keeps_the_reset_running(
    january: MoneyPath, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_users(january, 2)
    january.clock.forward(seconds=1)
    asked = resetter(january, admin_alert_emails=("admin@example.com",))
    with monkeypatch.context() as patch:
        patch.setattr(Summariser, "send", _refused)
        assert not (await asked.run_async()).is_done
    done = await asked.run_async()
    assert (done.is_done, done.users) == (True, 2)
    assert len(january.parts.platform.queues.receive(ALERTS_QUEUE, wait_seconds=0)) == 1


async def _refused(*_: Any) -> Told:
    return Told.STOPPED


def summaries(money: MoneyPath) -> list[dict[str, Any]]:
    """What is on the alerts queue: period and figures of each summary."""
    found = money.parts.platform.queues.receive(ALERTS_QUEUE, wait_seconds=0)
    bodies = [orjson.loads(one["Body"]) for one in found]
    return [
        {"period": one["period"], **one["figures"]}
        for one in bodies
        if one.get("kind") == "monthly_summary"
    ]


async def tell(asked: Resetter) -> bool:
    return await asyncio.to_thread(asked.tell_summary)


async def test_a_summary_waits_for_what_was_open_at_midnight(january: MoneyPath) -> None:
    """A request of 501,000 tokens, open over midnight: the mail said 46."""
    january.put_user(ANA, monthly_limit=1_000_000)
    january.spend(46)
    admission = await january.admit(ANA, prompt=1_000, most=500_000)
    january.clock.forward(seconds=1)
    asked = resetter(january, admin_alert_emails=("admin@example.com",))
    assert (await asked.run_async()).is_done
    assert await tell(asked)
    assert summaries(january) == []
    event = january.event(admission.reservation, prompt=1_000, completion=500_000)
    assert january.record(event) == []
    assert not await tell(asked)
    assert not await tell(asked)
    (summary,) = summaries(january)
    assert (summary["period"], summary["total_tokens"]) == ("2026-01", 501_046)
    assert summary["top"] == [
        {"email": ANA, "tokens": 501_046, "percentage": 50.1, "name": "Somebody"}
    ]
    assert "open_requests" not in summary


async def test_after_six_hours_a_summary_says_how_much_is_open_still(january: MoneyPath) -> None:
    january.put_user(ANA, monthly_limit=1_000_000)
    january.spend(46)
    await january.admit(ANA, prompt=1_000, most=500_000)
    january.clock.forward(seconds=1)
    asked = resetter(january, admin_alert_emails=("admin@example.com",))
    assert (await asked.run_async()).is_done
    january.clock.now += WAIT
    assert not await tell(asked)
    (summary,) = summaries(january)
    assert (summary["total_tokens"], summary["open_requests"]) == (46, 1)


async def test_a_summary_tells_what_a_manual_reset_has_forgiven(january: MoneyPath) -> None:
    """The mail said 2,000 and the report 2,002,000."""
    january.put_user(ANA, monthly_limit=5_000_000)
    january.spend(2_000_000)
    user_changes_of(january).reset_usage(user_id_for(ANA), actor=BOSS, reason="a loop")
    january.spend(2_000)
    january.clock.forward(seconds=1)
    asked = resetter(january, admin_alert_emails=("admin@example.com",))
    assert (await asked.run_async()).is_done
    (summary,) = summaries(january)
    assert summary["total_tokens"] == 2_002_000
    assert summary["top"] == [
        {"email": ANA, "tokens": 2_002_000, "percentage": 40.04, "name": "Somebody"}
    ]


async def test_each_month_that_ended_while_the_system_was_off_has_its_summary(
    january: MoneyPath,
) -> None:
    january.put_user(ANA, monthly_limit=1_000)
    january.spend(700)
    asked = resetter(january, admin_alert_emails=("admin@example.com",))
    january.clock.forward(seconds=1)
    assert (await asked.run_async()).is_done
    assert [one["total_tokens"] for one in summaries(january)] == [700]
    january.spend(300)
    january.clock.now = datetime(2026, 4, 2, 12, tzinfo=UTC)
    assert (await asked.run_async()).is_done
    found = [
        (one["period"], one["total_tokens"], one["active_users"]) for one in summaries(january)
    ]
    assert found == [("2026-02", 300, 1), ("2026-03", 0, 0)]
    assert not await tell(asked)


@pytest.mark.parametrize(
    "changes", [{}, {"admin_alert_emails": ("a@example.com",), "monthly_summary": False}]
)
async def test_no_summary_unless_it_is_wanted_and_somebody_reads_it(
    january: MoneyPath, changes: dict[str, Any]
) -> None:
    make_users(january, 1)
    january.clock.forward(seconds=1)
    assert (await resetter(january, **changes).run_async()).is_done
    assert january.parts.platform.queues.receive(ALERTS_QUEUE, wait_seconds=0) == []


def sweeper(money: MoneyPath) -> Sweeper:
    parts = money.parts
    return Sweeper(
        settings=parts.settings,
        users=parts.quota.users,
        recorder=parts.ledger.recorder,
        ended_grants=parts.ledger.ended_grants,
        ending_grants=parts.alerts.ending_grants,
        ceilings=parts.alerts.ceilings,
        month_tokens=parts.gateway._month_tokens,
        clock=money.clock,
    )


async def test_the_sweep_expires_what_is_overdue_and_nothing_else(january: MoneyPath) -> None:
    await january.admit(ANA, prompt=10, request_id="req-old")
    january.clock.forward(seconds=RESERVATION_SECONDS)
    await january.admit(BOB, prompt=10, request_id="req-new")
    report = await asyncio.to_thread(sweeper(january).run)
    assert report.body() == {
        "state": "done",
        "expired": 1,
        "ended_grants": 0,
        "ending_grants": 0,
        "ceilings": 0,
        "failed_users": 0,
    }
    assert (january.user(ANA).reservations, list(january.user(BOB).reservations)) == (
        {},
        ["req-new"],
    )
    (record,) = january.rows("usage")
    assert (record["outcome"], record["charged_tokens"]) == (Outcome.EXPIRED, 10)
    # the January that it began in, although swept in February by an item still in January
    assert (january.user(ANA).period, january.user(ANA).current_usage) == ("2026-01", 10)
    assert (await asyncio.to_thread(sweeper(january).run)).expired == 0
    january.clock.forward(seconds=RESERVATION_SECONDS)
    assert (await asyncio.to_thread(sweeper(january).run)).expired == 1


async def test_a_sweep_out_of_time_says_so(january: MoneyPath) -> None:
    await january.admit()
    report = await asyncio.to_thread(sweeper(january).run, lambda: 1.0)
    assert report.body() == {
        "state": "running",
        "expired": 0,
        "ended_grants": 0,
        "ending_grants": 0,
        "ceilings": 0,
        "failed_users": 0,
    }
