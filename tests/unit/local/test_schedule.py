"""The month's schedule: the next opening in any zone, and the local loop that keeps it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from infra.local.run.schedule import RETRY_AFTER, SWEEP_EVERY, Schedule
from solaris.months.schedule import next_opening, open_period_at
from solaris.quota.periods import next_period, period_of, period_start

ZONES = sorted(zone for zone in available_timezones() if zone not in {"localtime", "Factory"})
SAO_PAULO = ZoneInfo("America/Sao_Paulo")
START = datetime(1990, 1, 1, tzinfo=UTC)
instants = st.integers(0, 55 * 365 * 86_400 * 10**6).map(
    lambda n: START + timedelta(microseconds=n)
)


@given(name=st.sampled_from(ZONES), instant=instants)
@example("America/St_Johns", datetime(2009, 11, 1, 2, 45, tzinfo=UTC))  # 23:15 for the second time
@example("America/Sao_Paulo", datetime(2026, 2, 1, 2, 59, 59, 999_999, tzinfo=UTC))
@example("America/Sao_Paulo", datetime(2026, 2, 1, 3, tzinfo=UTC))
@example("Pacific/Kiritimati", datetime(2026, 12, 31, 9, 59, tzinfo=UTC))
def test_the_next_opening_is_the_start_of_the_period_after_the_open_one(
    name: str, instant: datetime
) -> None:
    zone = ZoneInfo(name)
    opening, period = next_opening(instant, zone), open_period_at(instant, zone)
    assert opening > instant
    assert opening == period_start(next_period(period), zone)
    assert period_start(period, zone) <= instant
    assert opening - instant <= timedelta(days=32)


@given(name=st.sampled_from(ZONES), instant=instants)
@example("America/Lima", START)  # the clock left out the first hour of 1990
def test_openings_follow_each_other_without_gap(name: str, instant: datetime) -> None:
    zone = ZoneInfo(name)
    first = next_opening(instant, zone)
    assert open_period_at(first, zone) == next_period(open_period_at(instant, zone))
    assert open_period_at(first - timedelta(microseconds=1), zone) == open_period_at(instant, zone)
    assert next_opening(first, zone) > first


@given(instant=instants)
def test_the_open_period_never_goes_back_although_the_clock_does(instant: datetime) -> None:
    zone = ZoneInfo("America/St_Johns")
    later = instant + timedelta(minutes=61)
    assert open_period_at(instant, zone) <= open_period_at(later, zone)
    assert open_period_at(instant, zone) >= period_of(instant, zone)


class Rehearsal:
    """Runs a schedule on a clock that only its waiting moves, for so long."""

    def __init__(self, start: datetime, hours: float, reset: Callable[[int], Any]) -> None:
        self.now = start
        self.ahead = timedelta()
        self.end = start + timedelta(hours=hours)
        self.resets: list[datetime] = []
        self.sweeps: list[datetime] = []
        self._reset = reset

    def run(self, zone: tzinfo) -> "Rehearsal":
        schedule = Schedule(
            reset=self.reset,
            sweep=self.sweep,
            zone=zone,
            clock=lambda: self.now + self.ahead,
            timer=self.timer,
        )
        schedule.run(self)
        return self

    def timer(self) -> float:
        return self.now.timestamp()

    def is_set(self) -> bool:
        return self.now >= self.end

    def wait(self, timeout: float) -> bool:
        assert timeout >= 0
        self.now += timedelta(seconds=timeout)
        return self.is_set()

    def reset(self) -> dict[str, Any]:
        self.resets.append(self.now)
        answer: dict[str, Any] = self._reset(len(self.resets))
        return answer

    def sweep(self) -> dict[str, Any]:
        self.sweeps.append(self.now)
        return {"state": "done"}


MIDNIGHT = datetime(2026, 2, 1, 3, tzinfo=UTC)


def test_it_catches_up_at_the_start_and_calls_again_at_midnight_of_the_first() -> None:
    start = MIDNIGHT - timedelta(hours=3)
    done = Rehearsal(start, 24, lambda _: {"state": "done"}).run(SAO_PAULO)
    assert done.resets == [start, MIDNIGHT]


def test_a_reset_that_is_not_done_is_called_again_until_it_is() -> None:
    states = {1: "running", 2: "running", 3: "done"}
    done = Rehearsal(MIDNIGHT, 5, lambda n: {"state": states[n]}).run(SAO_PAULO)
    assert done.resets == [MIDNIGHT, MIDNIGHT + RETRY_AFTER, MIDNIGHT + 2 * RETRY_AFTER]


def test_a_reset_that_fails_is_called_again_and_the_sweep_goes_on() -> None:
    def fails_once(call: int) -> dict[str, Any]:
        if call == 1:
            msg = "the store is away"
            raise OSError(msg)
        return {"state": "done"}

    done = Rehearsal(MIDNIGHT, 1, fails_once).run(SAO_PAULO)
    assert done.resets == [MIDNIGHT, MIDNIGHT + RETRY_AFTER]
    assert done.sweeps == [MIDNIGHT + n * SWEEP_EVERY for n in range(4)]


def test_a_clock_that_was_set_ends_no_open_request() -> None:
    """Reservations look overdue at once; whoever holds them is given the time to renew them."""

    class Jumping(Rehearsal):
        def wait(self, timeout: float) -> bool:
            if not self.ahead and self.now >= MIDNIGHT + timedelta(minutes=4):
                self.ahead, self.set_at = timedelta(days=1), self.now
            return super().wait(timeout)

    done = Jumping(MIDNIGHT, 1, lambda _: {"state": "done"})
    done.run(SAO_PAULO)
    assert done.set_at + timedelta(minutes=1) < done.sweeps[1] <= done.set_at + timedelta(minutes=5)


@pytest.mark.parametrize("zone", ["Asia/Kathmandu", "America/Havana", "Pacific/Apia"])
def test_a_year_has_twelve_openings_and_the_one_of_the_start(
    zone: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("infra.local.run.schedule.MAX_WAIT_SECONDS", 86_400.0)
    start = datetime(2026, 1, 10, 12, tzinfo=UTC)
    done = Rehearsal(start, 365 * 24, lambda _: {"state": "done"}).run(ZoneInfo(zone))
    assert len(done.resets) == 13
    assert all(one.astimezone(ZoneInfo(zone)).day == 1 for one in done.resets[1:])
