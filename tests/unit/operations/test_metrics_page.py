"""The page for Prometheus: what is on it, and that it comes in time whoever does not answer."""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from threading import Event
from typing import cast

from solaris.operations.health import Finding, Health
from solaris.operations.metrics_page import PAGE_SECONDS, MetricsPage
from solaris.operations.states import Status
from solaris.platform.cache import Cache
from solaris.platform.errors import StoreUnavailableError
from solaris.platform.metrics import REFUSALS, Metrics
from solaris.reconciliation.run_store import ReconciliationRun
from solaris.reports.totals import Totals, UserTotals
from tests.unit.operations.test_health import NOW, FakeCache, clock

SCRAPE_SECONDS = 3.0

SUMS = Totals(
    computed_at=NOW,
    period="2026-11",
    users_by_status={"active": 3, "suspended": 1, "blocked": 0, "pending": 0},
    tokens_used=157,
    tokens_used_by_active=150,
    open_reservations=3,
)


@dataclass
class FakeTotals:
    sums: Totals | None

    def latest(self) -> Totals | None:
        return self.sums


def page_of(
    health: Health,
    totals: Totals | None,
    cache: FakeCache,
    metrics: Metrics,
    reconciled: Callable[[], ReconciliationRun | None] = lambda: None,
) -> str:
    later = NOW + timedelta(seconds=3)
    return MetricsPage(
        health=health,
        totals=cast("UserTotals", FakeTotals(totals)),
        metrics=metrics,
        cache=cast("Cache", cache),
        reconciled=reconciled,
        clock=lambda: later,
    ).render()


def test_the_page_says_what_the_last_reconciliation_found() -> None:
    run = ReconciliationRun(period="2026-11", started_at=NOW, finished_at=NOW, differences=3)
    health = Health({"queue": lambda: Finding(Status.HEALTHY)}, version="1.2.3", clock=clock)

    def text_of(reconciled: Callable[[], ReconciliationRun | None]) -> str:
        return page_of(health, None, FakeCache(), Metrics(), reconciled)

    assert "ia_solaris_books_differences 3" in (page := text_of(lambda: run))
    assert f"ia_solaris_books_reconciled_timestamp_seconds {NOW.timestamp():.0f}" in page
    assert "ia_solaris_books_differences " not in text_of(lambda: None)


def test_a_store_that_is_down_leaves_the_page_without_the_reconciliation() -> None:
    def down() -> ReconciliationRun | None:
        raise StoreUnavailableError

    health = Health({"queue": lambda: Finding(Status.HEALTHY)}, version="1.2.3", clock=clock)
    page = page_of(health, None, FakeCache(), Metrics(), down)
    assert "ia_solaris_up" in page
    assert "ia_solaris_books_differences " not in page


def test_the_page_holds_users_parts_and_the_published_sums() -> None:
    depths = {"usage": 4, "usage-dlq": 1}
    health = Health(
        {
            "queue": lambda: Finding(Status.DEGRADED, {"depths": depths}),
            "redis": lambda: Finding(Status.DEGRADED, answers=False),
        },
        version="1.2.3",
        clock=clock,
    )
    cache = FakeCache(figures={f"{REFUSALS.name}\x1finvalid_api_key": 9})
    lines = page_of(health, SUMS, cache, Metrics()).splitlines()
    for line in (
        'ia_solaris_users_total{status="active"} 3',
        'ia_solaris_users_total{status="blocked"} 0',
        "ia_solaris_tokens_used_total 157",
        "ia_solaris_tokens_average_per_user 50",
        "ia_solaris_users_age_seconds 3",
        "ia_solaris_reservations_open 3",
        'ia_solaris_queue_depth{queue="usage"} 4',
        'ia_solaris_queue_depth{queue="usage-dlq"} 1',
        'ia_solaris_up{component="queue"} 1',
        'ia_solaris_up{component="redis"} 0',
        'ia_solaris_refusals_total{reason="invalid_api_key"} 9',
    ):
        assert line in lines


def test_without_redis_the_page_holds_this_process_and_without_sums_no_users() -> None:
    def fails() -> Finding:
        raise ConnectionError

    metrics = Metrics()
    metrics.count(REFUSALS, "rate_limit_exceeded")
    health = Health({"queue": fails}, version="1.2.3", clock=clock)
    page = page_of(health, None, FakeCache(figures=None), metrics)
    assert 'ia_solaris_refusals_total{reason="rate_limit_exceeded"} 1' in page
    assert 'ia_solaris_up{component="queue"} 0' in page
    assert not re.search("ia_solaris_(users|tokens_used|tokens_average|reservations|queue)", page)


def test_the_page_says_of_when_the_last_backup_is() -> None:
    at = "2026-11-20T12:00:00.000Z"
    checks = {
        "queue": lambda: Finding(Status.HEALTHY),
        "database": lambda: Finding(Status.HEALTHY, {"last_backup_at": at}),
    }
    page = page_of(Health(checks, version="1", clock=clock), None, FakeCache(), Metrics())
    seconds = (NOW - timedelta(days=2)).timestamp()
    assert f"ia_solaris_backup_timestamp_seconds {seconds:.0f}" in page


class HangingTotals:
    def __init__(self, released: Event) -> None:
        self._released = released

    def latest(self) -> Totals | None:
        self._released.wait(20)
        return None


def test_a_store_that_says_nothing_is_told_of_in_time() -> None:
    """Every question to it hangs; scrape after scrape the page comes, and says who is down."""
    released = Event()

    def hangs() -> Finding:
        released.wait(20)
        return Finding(Status.HEALTHY)

    def reconciled() -> ReconciliationRun | None:
        released.wait(20)
        return None

    page = MetricsPage(
        health=Health({"database": hangs, "queue": hangs}, version="1.2.3", clock=clock),
        totals=cast("UserTotals", HangingTotals(released)),
        metrics=Metrics(),
        cache=cast("Cache", FakeCache()),
        reconciled=reconciled,
        clock=clock,
    )
    try:
        for _ in range(2):
            started = time.monotonic()
            text = page.render()
            assert time.monotonic() - started < SCRAPE_SECONDS
            assert 'ia_solaris_up{component="database"} 0' in text
            assert "ia_solaris_books" not in text.replace("# HELP", "")
    finally:
        released.set()
    assert PAGE_SECONDS < SCRAPE_SECONDS
