"""The monthly reconciliation: in pieces, once, taken up where it stood."""

from collections.abc import Callable, Iterator
from itertools import chain, repeat

import pytest

from solaris.platform.errors import ConflictError
from solaris.reconciliation import runs as reconcile_runs
from solaris.reconciliation import store as books
from solaris.reconciliation.books import Fault
from solaris.reconciliation.reconciler import Reconciliation
from solaris.reconciliation.run_store import LEASE, ReconciliationStore
from solaris.reconciliation.runs import ReconcileRunner
from tests.integration.conftest import MoneyPath
from tests.integration.reconciliation.test_reconciling import ANA_ID, disturb, reconciler_of, used

PEOPLE = tuple(f"p{n}@example.com" for n in range(5))


def runner(money: MoneyPath) -> ReconcileRunner:
    """One process' runner."""
    return ReconcileRunner(
        reconciler=reconciler_of(money),
        store=store(money),
        zone=money.parts.settings.zone,
        clock=money.clock,
    )


def store(money: MoneyPath) -> ReconciliationStore:
    settings = money.parts.settings
    return ReconciliationStore(money.parts.platform.dynamodb, settings.table_name("periods"))


def seconds_left(*values: float) -> Callable[[], float]:
    left: Iterator[float] = chain(values, repeat(0.0))
    return lambda: next(left)


async def test_it_runs_once_a_period(money: MoneyPath) -> None:
    for email in PEOPLE:
        await used(money, email)
    report = runner(money).run()
    assert (report.state, report.users, report.differences) == ("done", 5, 0)
    again = runner(money).run()
    assert (again.state, again.users) == ("done", 0)
    latest = store(money).latest()
    assert latest is not None
    assert (latest.users, latest.records, latest.differences) == (5, 5, 0)
    assert latest.finished_at == money.clock()


async def test_a_run_cut_short_goes_on_where_it_stood(
    money: MoneyPath, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(books, "PAGE_USERS", 2)
    for email in PEOPLE:
        await used(money, email)
    first = runner(money).run(seconds_left())
    assert (first.state, first.users) == ("running", 2)
    second = runner(money).run()
    assert (second.state, second.users) == ("done", 5)


async def test_two_do_not_work_at_once_and_a_dead_one_is_replaced(money: MoneyPath) -> None:
    await used(money)
    owner = store(money).claim(money.period, "somebody", money.clock())
    assert owner is not None
    assert runner(money).run().state == "held"
    money.clock.now += LEASE
    assert runner(money).run().state == "done"


async def test_a_persons_run_does_not_cut_into_the_monthly_one(money: MoneyPath) -> None:
    await used(money)
    monthly = store(money).claim(money.period, "somebody", money.clock())
    assert monthly is not None
    looked = Reconciliation(users=1, records=1)
    assert not runner(money).keep(looked, money.clock())
    store(money).release(monthly, "somebody")  # cut short: whoever looks at everything ends it
    began = money.clock()
    money.clock.forward(minutes=3)
    assert runner(money).keep(looked, began)
    latest = store(money).latest()
    assert latest is not None
    assert (latest.users, latest.started_at, latest.finished_at) == (1, began, money.clock())
    assert runner(money).run().state == "done"
    with pytest.raises(ConflictError):
        store(money).save(monthly, "somebody", money.clock())


async def test_what_differs_is_kept_and_nothing_is_mended(
    money: MoneyPath, monkeypatch: pytest.MonkeyPatch
) -> None:
    await used(money)
    monkeypatch.setattr(reconcile_runs, "DAYS", 3)
    disturb(money, "users", {"user_id": ANA_ID}, current_usage=11)
    assert runner(money).run().differences == 2
    latest = store(money).latest()
    assert latest is not None
    assert [row["fault"] for row in latest.findings] == [Fault.OPEN_MONTH, Fault.AVAILABLE]
    assert latest.findings[0]["found"] - latest.findings[0]["expected"] == 11
    disturb(money, "users", {"user_id": ANA_ID}, current_usage=-11)
