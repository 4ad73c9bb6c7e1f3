"""The lock after failed sign-ins: counted before the password is looked at."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solaris.sign_in.lockout import (
    LOCK,
    MAX_FAILURES,
    MAX_PAUSE,
    SLOW_AFTER,
    SLOW_FAILURES,
    WINDOW,
    Attempts,
    Verdict,
    admit,
    ends_at,
    failed,
    locked_seconds,
    most_failures,
    pause_of,
    paused_seconds,
    untested,
    window_of,
    window_seconds,
)

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def fail_times(times: int, now: datetime = NOW) -> Attempts:
    attempts: Attempts | None = None
    for _ in range(times):
        verdict, admitted = admit(attempts, now)
        assert verdict is Verdict.ADMITTED
        attempts = failed(admitted, admitted, now)
    assert attempts is not None
    return attempts


def test_the_fifth_failure_locks_and_the_fourth_does_not() -> None:
    assert fail_times(MAX_FAILURES - 1).locked_until is None
    assert fail_times(MAX_FAILURES).locked_until == NOW + LOCK


def test_a_locked_address_is_refused_until_the_lock_ends_and_then_begins_anew() -> None:
    locked = fail_times(MAX_FAILURES)
    assert admit(locked, NOW + LOCK - SECOND)[0] is Verdict.LOCKED
    assert locked_seconds(locked, NOW + LOCK - SECOND) == 1.0
    assert admit(locked, NOW + LOCK) == (
        Verdict.ADMITTED,
        Attempts(count=1, since=NOW + LOCK, tried_at=NOW + LOCK),
    )


def test_failures_are_forgotten_when_the_window_is_over() -> None:
    four = fail_times(MAX_FAILURES - 1)
    assert admit(four, NOW + WINDOW - SECOND)[1].count == MAX_FAILURES
    assert admit(four, NOW + WINDOW)[1].count == 1


def test_attempts_at_the_same_moment_are_let_through_only_as_often_as_may_fail() -> None:
    attempts: Attempts | None = None
    verdicts = []
    for _ in range(8):
        verdict, attempts = admit(attempts, NOW)
        verdicts.append(verdict)
    assert verdicts == [Verdict.ADMITTED] * MAX_FAILURES + [Verdict.BUSY] * 3


def test_an_attempt_whose_password_was_never_looked_at_does_not_count() -> None:
    _, first = admit(None, NOW)
    _, second = admit(first, NOW)
    assert untested(second) == first
    assert untested(first) is None
    assert untested(None) is None


def test_nothing_takes_a_lock_off_but_time() -> None:
    locked = fail_times(MAX_FAILURES)
    assert untested(locked) == locked
    _, admitted = admit(None, NOW)
    assert failed(locked, admitted, NOW + SECOND) == locked


def test_a_failure_after_somebody_elses_success_is_the_first_of_a_new_count() -> None:
    assert failed(None, Attempts(count=3, since=NOW), NOW) == Attempts(count=1, since=NOW)


@pytest.mark.parametrize("times", [1, 4, 5])
def test_a_record_is_kept_as_long_as_it_means_something(times: int) -> None:
    attempts = fail_times(times)
    end = ends_at(attempts)
    assert admit(attempts, end)[1].count == 1
    assert admit(attempts, end - SECOND)[1].since != end - SECOND


@given(st.lists(st.integers(0, 400), min_size=1, max_size=80))
def test_in_any_window_at_most_five_passwords_are_looked_at(gaps: list[int]) -> None:
    attempts: Attempts | None = None
    now, tried = NOW, []
    for gap in gaps:
        now += gap * SECOND
        verdict, after = admit(attempts, now)
        if verdict is Verdict.ADMITTED:
            tried.append(now)
            after = failed(after, after, now)
        attempts = after
    for moment in tried:
        within = [one for one in tried if moment <= one < moment + WINDOW]
        # a new window may begin within: never more than two windows' worth, and never five in a
        # row without a lock behind them
        assert len(within) <= 2 * MAX_FAILURES - 1


# slow


def test_the_pause_grows_with_the_failures_of_an_account_and_has_an_end() -> None:
    pauses = [pause_of(count) for count in range(200)]
    assert pauses[SLOW_AFTER - 1] == timedelta()
    assert pauses[SLOW_AFTER] == SECOND
    assert pauses == sorted(pauses)
    assert pauses[-1] == MAX_PAUSE


def test_while_an_account_is_slow_the_first_try_is_looked_at_and_the_next_has_to_wait() -> None:
    verdict, first = admit(None, NOW, MAX_PAUSE)
    assert verdict is Verdict.ADMITTED
    soon = NOW + MAX_PAUSE - SECOND
    assert admit(first, soon, MAX_PAUSE) == (Verdict.SLOWED, first)
    assert paused_seconds(first, soon, MAX_PAUSE) == 1.0
    assert admit(first, NOW + MAX_PAUSE, MAX_PAUSE)[0] is Verdict.ADMITTED


def test_while_an_account_is_slow_the_third_failure_locks_and_a_fourth_is_not_looked_at() -> None:
    assert most_failures(SECOND) == SLOW_FAILURES
    assert most_failures(timedelta()) == MAX_FAILURES
    third = Attempts(count=SLOW_FAILURES, since=NOW, tried_at=NOW)
    assert failed(third, third, NOW, SLOW_FAILURES).locked_until == NOW + LOCK
    assert failed(third, third, NOW).locked_until is None
    assert admit(third, NOW + MAX_PAUSE, MAX_PAUSE)[0] is Verdict.LOCKED


def test_attempts_of_the_version_before_have_no_time_and_do_not_wait() -> None:
    assert admit(Attempts(count=1, since=NOW), NOW, MAX_PAUSE)[0] is Verdict.ADMITTED


def test_windows_follow_each_other() -> None:
    assert window_of(NOW) + 1 == window_of(NOW + WINDOW)
    assert window_seconds(NOW) == WINDOW.total_seconds()
    assert window_seconds(NOW + WINDOW - SECOND / 2) == 1.0


def test_a_clock_set_back_locks_nobody_out_for_longer() -> None:
    """A record of the future is none: neither its lock, nor its window, nor its pause."""
    locked = fail_times(MAX_FAILURES)
    assert admit(locked, NOW - SECOND)[0] is Verdict.LOCKED, "another machine's clock is behind"
    back = NOW - timedelta(hours=1)
    assert admit(locked, back) == (Verdict.ADMITTED, Attempts(count=1, since=back, tried_at=back))
    counted = fail_times(MAX_FAILURES - 1)
    assert admit(counted, back)[1].count == 1
    tried = Attempts(count=1, since=back, tried_at=NOW)
    assert admit(tried, back, MAX_PAUSE)[0] is Verdict.ADMITTED
