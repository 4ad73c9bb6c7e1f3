"""The sums over all users: what they hold, when they are made anew, what is served meanwhile."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from threading import Event
from typing import Any, cast
from zoneinfo import ZoneInfo

from solaris.reports.totals import Totals, UserTotals

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
ZONE = ZoneInfo("America/Sao_Paulo")
BOUND_SECONDS = 5.0  # of every wait in these tests; none is reached when they pass


def clock() -> datetime:
    return NOW


def user(status: str, used: int, period: str = "2026-11", reservations: int = 0) -> dict[str, Any]:
    return {
        "status": {"S": status},
        "current_usage": {"N": str(used)},
        "period": {"S": period},
        "reservations": {"M": {f"r{n}": {"M": {}} for n in range(reservations)}},
    }


USERS = [
    [user("active", 100, reservations=2), user("active", 50)],
    [user("suspended", 7), user("active", 900, period="2026-10", reservations=1)],
]


class FakeTable:
    """Pages of a scan; `before` runs ahead of each page."""

    def __init__(self, pages: list[list[dict[str, Any]]]) -> None:
        self.pages = pages
        self.requests: list[dict[str, Any]] = []
        self.before: Callable[[], object] = lambda: None

    def scan(self, **request: Any) -> dict[str, Any]:
        self.requests.append(dict(request))
        self.before()
        page = request.get("ExclusiveStartKey", {"page": 0})["page"]
        more = {"LastEvaluatedKey": {"page": page + 1}} if page + 1 < len(self.pages) else {}
        return {"Items": self.pages[page], **more}


@dataclass
class Timer:
    seconds: float = 0.0

    def __call__(self) -> float:
        return self.seconds


def totals_of(
    table: FakeTable,
    timer: Callable[[], float] = lambda: 0.0,
    wait: float = BOUND_SECONDS,
    at: Callable[[], datetime] = clock,
) -> UserTotals:
    return UserTotals(
        table, users_table="users", zone=ZONE, clock=at, timer=timer, wait_seconds=wait
    )


def test_the_sums_are_those_of_the_open_period_over_all_pages() -> None:
    table = FakeTable(USERS)
    assert totals_of(table).latest() == Totals(
        computed_at=NOW,
        period="2026-11",
        users_by_status={"active": 3, "suspended": 1, "blocked": 0, "pending": 0, "deleted": 0},
        tokens_used=157,
        tokens_used_by_active=150,
        open_reservations=3,
    )
    assert len(table.requests) == 2
    assert "#current_usage" in table.requests[0]["ProjectionExpression"]


def test_the_average_is_per_active_user_and_zero_without_any() -> None:
    found = totals_of(FakeTable(USERS)).latest()
    assert found is not None
    assert found.average_per_active_user == 50
    nobody = totals_of(FakeTable([[]])).latest()
    assert nobody is not None
    assert nobody.average_per_active_user == 0


def test_a_known_sum_is_served_while_the_next_one_is_made_and_only_one_is_made() -> None:
    table, timer, go_on = FakeTable([[user("active", 1)]]), Timer(), Event()
    totals = totals_of(table, timer)
    first = totals.latest()
    timer.seconds = 29.9
    assert totals.latest() is first
    assert len(table.requests) == 1
    table.before = lambda: go_on.wait(BOUND_SECONDS)
    table.pages = [[user("active", 2)]]
    timer.seconds = 30
    try:
        assert totals.latest() is first
        assert totals.latest() is first
    finally:
        go_on.set()
    refreshed = wait_for(lambda: totals.latest() is not first and totals.latest())
    assert cast("Totals", refreshed).tokens_used == 2
    assert len(table.requests) == 2


def test_a_slow_first_scan_is_left_out_and_served_when_it_is_there() -> None:
    table, go_on = FakeTable(USERS), Event()
    table.before = lambda: go_on.wait(BOUND_SECONDS)
    totals = totals_of(table, wait=0.05)
    try:
        assert totals.latest() is None
    finally:
        go_on.set()
    assert wait_for(totals.latest)


def test_a_long_scan_makes_a_long_pause() -> None:
    table, timer = FakeTable([[]]), Timer()
    totals = totals_of(table, timer)
    table.before = lambda: setattr(timer, "seconds", timer.seconds + 12)
    totals.latest()
    timer.seconds = 12 + 119
    totals.latest()
    assert len(table.requests) == 1
    timer.seconds = 12 + 120
    totals.latest()
    assert wait_for(lambda: len(table.requests) == 2)


def test_a_failed_scan_keeps_the_last_sums_and_is_not_repeated_at_once() -> None:
    table, timer, failed = FakeTable([[]]), Timer(), []

    def fail() -> None:
        failed.append(1)
        raise ConnectionError

    totals = totals_of(table, timer, at=lambda: NOW + timedelta(seconds=timer.seconds))
    first = totals.latest()
    table.before = fail
    timer.seconds = 601  # stale by now, so it is waited for
    assert totals.latest() is first
    assert totals.latest() is first
    assert len(failed) == 1


def wait_for(condition: Callable[[], object]) -> object:
    """Return the first true value, within the bound: background work has no signal to wait on."""
    deadline = time.monotonic() + BOUND_SECONDS
    while not (value := condition()) and time.monotonic() < deadline:
        time.sleep(0.001)
    return value
