"""A change of a plan reaches those who have it: killed, raced, repeated, while people chat."""

import asyncio
from collections.abc import Callable
from threading import Event, Lock
from threading import enumerate as enumerate_threads
from typing import Any

import pytest

from solaris.accounts.plans import propagation as propagating
from solaris.accounts.plans.progress import LEASE
from solaris.accounts.plans.propagation import Propagation, PropagationReport
from solaris.accounts.plans.service import PlanAdministration
from solaris.accounts.updates import NewUser, UserUpdate
from solaris.audit.entry import AuditFilters
from solaris.ledger.transactions import TransactionKind
from solaris.platform.actor import Actor
from solaris.platform.errors import ConflictError, InvalidRequestError, StoreUnavailableError
from solaris.platform.rate_rule import RateRule
from solaris.quota.grant import GrantKind, Term
from solaris.quota.thresholds import Threshold
from solaris.quota.user import Enforcement, LimitSource, Plan, UserStatus, user_id_for
from tests.integration.accounts.users_support import BOSS, auditor_of, user_changes_of
from tests.integration.conftest import Clock, MoneyPath
from tests.integration.reconciliation.test_reconciling import run as reconciled

ADMIN = Actor(name=BOSS)
LIMIT = 1_000_000


class Company:
    """A stage with its plans, by the test's clock."""

    def __init__(self, money: MoneyPath) -> None:
        self.money = money
        parts = money.parts
        self.plans = PlanAdministration(
            settings=parts.settings,
            plans=parts.quota.plans,
            store=parts.accounts.propagation_store,
            auditor=auditor_of(money),
            clock=money.clock,
        )
        self.changes = user_changes_of(money)
        self.job = self.new_job()

    def new_job(self) -> Propagation:
        """As another process has it."""
        parts = self.money.parts
        return Propagation(
            settings=parts.settings,
            client=parts.platform.dynamodb,
            users=parts.quota.users,
            plans=parts.quota.plans,
            store=parts.accounts.propagation_store,
            ended_grants=parts.ledger.ended_grants,
            daily_limits=parts.accounts.daily_limits,
            tell=parts.quota.changes.actions,
            clock=self.money.clock,
        )

    def change(self, plan: Plan = Plan.BASIC, reason: str = "more for all", **fields: Any) -> None:
        version = self.plans.now().stated.document.version
        self.plans.change(plan, fields, version=version, actor=ADMIN, reason=reason, total=0)

    def people(self, number: int, **fields: Any) -> list[str]:
        emails = [f"p{n}@example.com" for n in range(number)]
        for email in emails:
            self.money.put_user(email, **fields)
        return emails

    def limits(self, emails: list[str]) -> list[int]:
        return [self.money.user(email).monthly_limit for email in emails]

    def rows(self, email: str) -> list[tuple[TransactionKind, int, str, str]]:
        found = self.money.parts.ledger.transactions.last(user_id_for(email), 50)
        return [(one.kind, one.amount, one.actor, one.reason) for one in found]


@pytest.fixture
def company(money: MoneyPath, monkeypatch: pytest.MonkeyPatch) -> Company:
    monkeypatch.setattr(propagating, "PAGE_USERS", 7)
    monkeypatch.setattr(propagating, "PACK_USERS", 3)
    return Company(money)


def times(*answers: float) -> Callable[[], float]:
    """The seconds that are left, look by look; the last one stays."""
    left = iter(answers)
    last = [answers[-1]]

    def remaining() -> float:
        return next(left, last[0])

    return remaining


def test_a_change_reaches_all_who_have_the_plan_and_nobody_else(company: Company) -> None:
    followers = company.people(10)
    money = company.money
    money.put_user("own@example.com", monthly_limit=3_000_000)
    money.put_user("kept@example.com", limit_source=LimitSource.OWN)
    money.put_user("pro@example.com", plan=Plan.PRO, monthly_limit=5_000_000)
    money.put_user("gone@example.com", status=UserStatus.DELETED)
    company.change(monthly_limit=2_000_000)
    report = company.job.run()
    assert report.is_done
    assert report.progress is not None
    # the user of the plan pro and those with a limit of their own are only marked
    assert (report.progress.users, report.progress.changed) == (14, 10)
    assert company.limits(followers) == [2_000_000] * 10
    assert all(money.user(one).limit_source is LimitSource.PLAN for one in followers)
    assert company.limits(
        ["own@example.com", "kept@example.com", "pro@example.com", "gone@example.com"]
    ) == [3_000_000, LIMIT, 5_000_000, LIMIT]
    assert money.user("own@example.com").limit_source is LimitSource.OWN
    assert money.user("gone@example.com").limit_source is None
    row = (TransactionKind.LIMIT_CHANGE, 1_000_000, BOSS, "more for all")
    assert company.rows("p3@example.com") == [row]
    assert not company.rows("kept@example.com")
    assert company.job.run().is_done
    assert company.rows("p3@example.com") == [row]


def test_before_the_first_change_nothing_is_done_but_remembered(company: Company) -> None:
    emails = company.people(3)
    assert company.job.run().is_done
    assert [company.money.user(one).version for one in emails] == [0, 0, 0]
    progress = company.plans.now().progress
    assert progress is not None
    assert (progress.is_done, progress.users) == (True, 0)


def test_a_change_back_to_what_it_was_and_no_change_at_all(company: Company) -> None:
    emails = company.people(3)
    company.change(monthly_limit=2_000_000)
    company.job.run()
    company.change(monthly_limit=None)
    assert company.job.run().is_done
    assert company.limits(emails) == [LIMIT] * 3
    before = company.plans.now()
    company.change(monthly_limit=None)
    assert company.plans.now() == before


def test_killed_at_any_page_it_is_taken_up_and_done_once(company: Company) -> None:
    emails = company.people(30)
    company.change(monthly_limit=2_000_000)
    for _ in range(20):
        if company.new_job().run(times(1, 0)).is_done:
            break
    progress = company.plans.now().progress
    assert progress is not None
    assert (progress.is_done, progress.users, progress.changed) == (True, 30, 30)
    assert company.limits(emails) == [2_000_000] * 30
    assert all(len(company.rows(email)) == 1 for email in emails)


def test_killed_in_the_middle_of_a_page_somebody_else_goes_on_after_the_lease(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    emails = company.people(20)
    company.change(monthly_limit=2_000_000)
    written = company.money.parts.quota.users.write
    calls = iter(range(100))

    class KilledError(BaseException):
        """As `kill -9` would have it: nothing after it runs."""

    def dying(writes: Any) -> bool:
        is_written = written(writes)
        if next(calls) == 3:
            raise KilledError
        return is_written

    with monkeypatch.context() as patch:
        patch.setattr(company.money.parts.quota.users, "write", dying)
        with pytest.raises(KilledError):
            company.job.run()
    reached = company.limits(emails).count(2_000_000)
    assert 0 < reached < 20
    assert company.new_job().run().is_held
    company.money.clock.forward(seconds=LEASE.total_seconds() + 1)
    assert company.new_job().run().is_done
    assert company.limits(emails) == [2_000_000] * 20
    assert all(len(company.rows(email)) == 1 for email in emails)


def test_a_store_that_fails_leaves_the_work_to_the_next_at_once(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    emails = company.people(8)
    company.change(monthly_limit=2_000_000)
    with monkeypatch.context() as patch:

        def away(_: Any) -> bool:
            raise StoreUnavailableError("away")

        patch.setattr(company.money.parts.quota.users, "write", away)
        with pytest.raises(StoreUnavailableError):
            company.job.run()
    assert company.new_job().run().is_done
    assert company.limits(emails) == [2_000_000] * 8


def test_the_next_are_made_ready_while_a_pack_is_written_and_none_beside_it(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two transactions at once would refuse each other on AWS: all name the plans' document."""
    emails = company.people(20)
    company.change(monthly_limit=2_000_000)
    job, written = company.job, company.money.parts.quota.users.write
    page = job._page
    read_ahead, beside = Event(), Lock()
    cursors: list[str | None] = []

    def reading(cursor: str | None) -> Any:
        found = page(cursor)
        cursors.append(cursor)
        if len(cursors) == 2:
            read_ahead.set()
        return found

    def writing(writes: Any) -> bool:
        assert beside.acquire(blocking=False), "another pack is being written"
        try:
            assert read_ahead.wait(10), "the first pack has been waited for"
            return written(writes)
        finally:
            beside.release()

    monkeypatch.setattr(job, "_page", reading)
    monkeypatch.setattr(company.money.parts.quota.users, "write", writing)
    assert job.run().is_done
    assert company.limits(emails) == [2_000_000] * 20


def test_nothing_is_written_any_more_once_a_run_has_failed(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(propagating, "PAGE_USERS", 30)
    monkeypatch.setattr(propagating, "PACK_USERS", 1)
    emails = company.people(30)
    company.change(monthly_limit=2_000_000)
    job, written = company.job, company.money.parts.quota.users.write
    page, is_read_ahead = job._page, Event()

    def reading(cursor: str | None) -> Any:
        if cursor is None:
            return page(cursor)[0], "more"
        is_read_ahead.set()
        raise StoreUnavailableError("away")

    def writing(writes: Any) -> bool:
        assert is_read_ahead.wait(10)
        return written(writes)

    monkeypatch.setattr(job, "_page", reading)
    monkeypatch.setattr(company.money.parts.quota.users, "write", writing)
    with pytest.raises(StoreUnavailableError):
        job.run()
    assert not [one for one in enumerate_threads() if one.name.startswith("propagation")]
    assert company.limits(emails).count(2_000_000) < 30
    assert company.new_job().run().is_done
    assert company.limits(emails) == [2_000_000] * 30
    assert all(len(company.rows(email)) == 1 for email in emails)


def test_a_second_change_while_it_runs_begins_anew_with_the_newest(company: Company) -> None:
    emails = company.people(20)
    company.change(monthly_limit=2_000_000)
    orders = iter([3_000_000])

    def meddle(_: Any) -> None:
        limit = next(orders, None)
        if limit is not None:
            company.change(monthly_limit=limit, reason="even more")

    report = company.job.run(tick=meddle)
    assert report.is_done
    # whoever had been reached already has two rows, the others have one
    assert company.limits(emails) == [3_000_000] * 20
    amounts = [[row[1] for row in company.rows(email)] for email in emails]
    assert {sum(one) for one in amounts} == {2_000_000}
    assert {len(one) for one in amounts} == {1, 2}


def test_a_pack_of_old_plans_is_refused_by_the_store(company: Company) -> None:
    """A run that was held up for hours before its write brings nothing of yesterday."""
    emails = company.people(3)
    company.change(monthly_limit=2_000_000)
    written = company.money.parts.quota.users.write
    calls = iter(range(100))

    def late(writes: Any) -> bool:
        if next(calls) == 0:
            company.change(monthly_limit=None, reason="a mistake")
        return written(writes)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(company.money.parts.quota.users, "write", late)
        assert company.job.run().is_done
    assert company.limits(emails) == [LIMIT] * 3
    assert not any(company.rows(email) for email in emails)


def test_who_is_changed_by_an_admin_meanwhile_is_read_again(company: Company) -> None:
    emails = company.people(5)
    first, second, third = (user_id_for(email) for email in emails[:3])
    company.change(monthly_limit=2_000_000)
    written = company.money.parts.quota.users.write
    calls = iter(range(100))

    def meanwhile(writes: Any) -> bool:
        if next(calls) == 0:
            company.changes.set_limit(first, 700_000, actor=ADMIN, reason="own")
            company.changes.suspend(second, actor=ADMIN, reason="away")
            company.changes.set_plan(third, Plan.PRO, actor=ADMIN, reason="up")
        return written(writes)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(company.money.parts.quota.users, "write", meanwhile)
        assert company.job.run().is_done
    assert company.limits(emails) == [700_000, 2_000_000, 5_000_000, 2_000_000, 2_000_000]
    assert company.money.user(emails[1]).status is UserStatus.SUSPENDED


def test_who_comes_onto_a_plan_while_it_changes_has_the_new_limit(company: Company) -> None:
    """The plans are read, then changed, then the user is written: read again, not old."""
    user = company.money.put_user("pro@example.com", plan=Plan.PRO, monthly_limit=5_000_000)
    store = company.money.parts.quota.users
    swapped = store._swap
    calls = iter(range(100))

    def late(*given: Any) -> bool:
        if next(calls) == 0:
            company.change(monthly_limit=2_000_000)
            assert company.job.run().is_done  # has been here already
        return swapped(*given)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(store, "_swap", late)
        company.changes.set_plan(user.user_id, Plan.BASIC, actor=ADMIN, reason="down")
    assert company.money.user("pro@example.com").monthly_limit == 2_000_000


def test_who_is_made_while_the_plan_changes_has_the_new_limit(company: Company) -> None:
    store = company.money.parts.quota.users
    created = store.create
    calls = iter(range(100))

    def late(*given: Any, **named: Any) -> bool:
        if next(calls) == 0:
            company.change(monthly_limit=2_000_000)
            assert company.job.run().is_done
        return created(*given, **named)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(store, "create", late)
        company.changes.create(NewUser(email="new@example.com", plan=Plan.BASIC), actor=ADMIN)
    assert company.money.user("new@example.com").monthly_limit == 2_000_000


async def test_a_first_request_while_the_plan_changes(company: Company) -> None:
    store = company.money.parts.quota.users
    created = store.create
    calls = iter(range(100))

    def late(*given: Any, **named: Any) -> bool:
        if next(calls) == 0:
            company.change(monthly_limit=2_000_000)
            assert company.job.run().is_done
        return created(*given, **named)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(store, "create", late)
        await company.money.admit("new@example.com")
    user = company.money.user("new@example.com")
    assert (user.monthly_limit, user.limit_source) == (2_000_000, LimitSource.PLAN)
    assert user.available_tokens == user.quota.available_tokens


def test_an_old_item_is_told_by_the_limits_of_the_environment_of_then(company: Company) -> None:
    emails = company.people(3)
    own = company.money.put_user("own@example.com", monthly_limit=2_000_000)
    company.change(monthly_limit=2_000_000)
    company.change(monthly_limit=3_000_000)
    assert company.job.run().is_done
    assert company.limits(emails) == [3_000_000] * 3
    # had the limit that the plan got in between, by a person's choice
    assert company.money.user(own.email).monthly_limit == 2_000_000


def test_a_changed_environment_reaches_who_has_the_plan(money: MoneyPath) -> None:
    company = Company(money)
    emails = company.people(3)
    own = money.put_user("own@example.com", monthly_limit=800_000)
    assert company.job.run().is_done
    restarted = Company(money.settings(plan_basic_limit=800_000))
    assert restarted.job.run().is_done
    assert restarted.limits(emails) == [800_000] * 3
    assert restarted.rows(emails[0])[0][2] == "system"
    again = Company(money.settings(plan_basic_limit=900_000))
    assert again.job.run().is_done
    assert again.limits([*emails, own.email]) == [900_000] * 3 + [800_000]


def test_the_month_is_opened_and_grants_are_ended_before_the_limit_changes(
    company: Company,
) -> None:
    clock: Clock = company.money.clock
    late = company.money.put_user("late@example.com")
    company.money.spend(400_000, "late@example.com")
    company.changes.add_tokens(
        late.user_id, 50_000, term=Term(GrantKind.THIS_MONTH), actor=ADMIN, reason="once"
    )
    clock.forward(days=20)
    company.change(monthly_limit=2_000_000)
    assert company.job.run().is_done
    user = company.money.user("late@example.com")
    assert (user.period, user.monthly_limit, user.additional_tokens) == ("2026-12", 2_000_000, 0)
    closed = company.money.parts.quota.users.in_month(user, "2026-11")
    assert closed is not None
    assert (closed.monthly_limit, closed.current_usage) == (LIMIT, 400_000)


def test_a_damaged_item_keeps_the_plan_from_nobody_else(company: Company) -> None:
    emails = company.people(4)
    money = company.money

    def write_plan(name: str) -> None:
        money.parts.platform.dynamodb.update_item(
            TableName=money.parts.settings.table_name("users"),
            Key={"user_id": {"S": user_id_for(emails[0])}},
            UpdateExpression="SET #plan = :name",
            ExpressionAttributeNames={"#plan": "plan"},
            ExpressionAttributeValues={":name": {"S": name}},
        )

    write_plan("platinum")
    company.change(monthly_limit=2_000_000)
    report = company.job.run()
    assert report.is_done
    assert report.progress is not None
    assert report.progress.failed == 1
    assert company.limits(emails[1:]) == [2_000_000] * 3
    write_plan("basic")


async def test_people_chat_while_it_runs_and_every_token_is_booked(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    money = company.money
    emails = company.people(12)
    stop = asyncio.Event()
    asked = 0

    async def chat(email: str) -> None:
        nonlocal asked
        while not stop.is_set():
            admission = await money.admit(email, prompt=10, most=50)
            event = money.event(admission.reservation, email, completion=30)
            assert await asyncio.to_thread(money.record, event) == []
            asked += 1

    async def run(limit: int) -> PropagationReport:
        company.change(monthly_limit=limit)
        return await asyncio.to_thread(company.new_job().run)

    chats = [asyncio.create_task(chat(email)) for email in emails[:6]]
    for limit in (2_000_000, 1_500_000, 3_000_000):
        assert (await run(limit)).is_done
    stop.set()
    await asyncio.gather(*chats)
    assert company.limits(emails) == [3_000_000] * 12
    used = 0
    for email in emails:
        user = money.user(email)
        assert user.available_tokens == user.quota.available_tokens
        assert not user.reservations
        used += user.current_usage
    assert asked > 0
    assert used == asked * 40


async def test_a_plan_that_only_warns_serves_beyond_the_quota(company: Company) -> None:
    email = company.people(1)[0]
    company.money.spend(LIMIT, email)
    company.change(enforcement="warn")
    assert company.job.run().is_done
    admission = await company.money.admit(email)
    assert admission.is_over_limit
    # an admin's choice for one user goes before the plan
    changed = company.changes
    block = UserUpdate(enforcement=Enforcement.BLOCK)
    changed.update(user_id_for(email), block, actor=ADMIN, reason="")
    company.change(warning_ppm=700_000)
    assert company.job.run().is_done
    user = company.money.user(email)
    assert (user.enforcement, user.warning_ppm) == (Enforcement.BLOCK, 700_000)
    back = UserUpdate(enforcement_source=LimitSource.PLAN)
    changed.update(user.user_id, back, actor=ADMIN, reason="")
    assert company.money.user(email).enforcement is Enforcement.WARN


async def test_thresholds_of_a_plan_announce_at_their_own_use(company: Company) -> None:
    money = company.money
    early, other = company.people(2, plan=Plan.BASIC)
    money.put_user("pro@example.com", plan=Plan.PRO, monthly_limit=1_000)
    company.change(warning_ppm=500_000, critical_ppm=600_000)
    assert company.job.run().is_done
    for email, tokens, sent in (
        (early, 550_000, {Threshold.WARNING}),
        (other, 450_000, set()),
        ("pro@example.com", 700, set()),
    ):
        admission = await money.admit(email, prompt=tokens, most=1)
        assert money.record(money.event(admission.reservation, email)) == []
        assert money.user(email).alerts_sent == sent, email


async def test_the_rate_of_a_plan_holds_from_the_second_request_on(company: Company) -> None:
    email = company.people(1)[0]
    company.change(rate_per_second=0.5, rate_burst=1)
    assert company.job.run().is_done
    rates = company.money.parts.keys.user_rates
    assert rates.of(user_id_for(email)) is None
    await company.money.admit(email)
    assert rates.of(user_id_for(email)) == RateRule(0.5, 1)
    company.change(rate_per_second=None, rate_burst=None)
    assert company.job.run().is_done
    await company.money.admit(email)
    assert rates.of(user_id_for(email)) is None


def test_two_changes_of_one_version_are_one_too_many(company: Company) -> None:
    company.change(monthly_limit=2_000_000)
    with pytest.raises(ConflictError):
        company.plans.change(
            Plan.PRO, {"monthly_limit": 1}, version=0, actor=ADMIN, reason="", total=0
        )
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"monthly_limit": 99_999}, "monthly_limit"),
        ({"warning_ppm": 960_000}, "warning"),
        ({"rate_burst": 1}, "rate_per_second"),
    ]
    for change, field in wrong:
        with pytest.raises(InvalidRequestError) as refused:
            company.change(Plan.PRO, **change)
        assert refused.value.field == field


def test_the_audit_log_tells_what_was_changed_by_whom(company: Company) -> None:
    company.change(monthly_limit=2_000_000, enforcement="warn", reason="spring")
    store = company.money.parts.audit.store
    page = store.page(AuditFilters(action="plan.update"), 10, now=company.money.clock())
    entry = page.entries[0]
    assert (entry.actor.name, entry.target_id, entry.reason) == (BOSS, "basic", "spring")
    assert entry.before == {"monthly_limit": LIMIT, "enforcement": "block"}
    assert entry.after == {"monthly_limit": 2_000_000, "enforcement": "warn"}


def left_today(money: MoneyPath, email: str) -> int | None:
    cap = money.user(email).day_cap
    return None if cap is None else cap.available_tokens


async def test_a_plans_limit_a_day_reaches_its_users_with_what_they_used_today(
    company: Company,
) -> None:
    money = company.money
    emails = company.people(8)
    money.put_user("own@example.com")
    company.changes.update(
        user_id_for("own@example.com"), UserUpdate(daily_limit="7000"), actor=ADMIN, reason=""
    )
    money.spend(2_000, emails[0])
    held = await money.admit(emails[1], prompt=500, completes=False)
    company.change(daily_limit="10000", monthly_limit=900_000)
    assert company.job.run().is_done
    assert left_today(money, emails[0]) == 8_000
    assert left_today(money, emails[1]) == 9_500
    assert left_today(money, emails[2]) == 10_000
    assert left_today(money, "own@example.com") == 7_000
    assert money.record(money.event(held.reservation, emails[1], completion=0)) == []
    assert left_today(money, emails[1]) == 9_500
    # another limit: no more and no less than the difference
    company.change(daily_limit="auto:100")
    assert company.job.run().is_done
    assert left_today(money, emails[0]) == 60_000 - 2_000
    assert left_today(money, emails[1]) == 60_000 - 500
    # a plan with another monthly limit moves it too
    company.change(daily_limit="auto:100", monthly_limit=1_200_000)
    assert company.job.run().is_done
    assert left_today(money, emails[0]) == 80_000 - 2_000
    assert not reconciled(money).findings
    company.change(daily_limit=None)
    assert company.job.run().is_done
    assert left_today(money, emails[0]) is None
    assert left_today(money, "own@example.com") == 7_000


async def test_newcomers_and_those_who_go_back_to_the_plan_have_its_limit_a_day(
    company: Company,
) -> None:
    money = company.money
    company.change(daily_limit="10000")
    admission = await money.admit("new@example.com", prompt=400, completes=False)
    assert admission.reservation.tokens == 400
    assert left_today(money, "new@example.com") == 9_600
    made = company.changes.create(NewUser(email="made@example.com"), actor=ADMIN).after.user
    assert made.daily_limit == "10000"
    user_id = user_id_for("made@example.com")

    def state(limit: str) -> str | None:
        update = UserUpdate(daily_limit=limit)
        return company.changes.update(
            user_id, update, actor=ADMIN, reason=""
        ).after.user.daily_limit

    assert state("none") is None
    company.change(daily_limit="20000")
    assert company.job.run().is_done
    assert money.user("made@example.com").daily_limit is None, "their own choice"
    assert left_today(money, "new@example.com") == 19_600
    assert state("plan") == "20000"
    pro = company.changes.set_plan(user_id, Plan.PRO, actor=ADMIN, reason="").after.user
    assert pro.daily_limit is None, "the plan pro has none"
    money.parts.ledger.recorder.record_one(
        money.event(admission.reservation, "new@example.com", prompt=300)
    )
    assert left_today(money, "new@example.com") == 19_700
    assert not reconciled(money).findings


async def test_who_comes_while_a_plan_changes_has_its_newest_limit_a_day(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By plans of seconds ago; the job has passed already."""
    money, plans = company.money, company.money.parts.quota.plans
    for before, after, left in ((None, "20000", 19_600), ("9000", "20000", 19_600)):
        company.change(daily_limit=before)
        old = plans.read()
        company.change(daily_limit=after)
        assert company.job.run().is_done
        with monkeypatch.context() as patch:
            patch.setattr(plans, "recent", lambda seen=old: seen)
            email = f"new{before or 0}@example.com"
            await money.admit(email, prompt=400, completes=False)
        assert left_today(money, email) == left
    assert not reconciled(money).findings
