"""Requests a second: the rule itself, whatever the clock does."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solaris.platform.rate_rule import SKEW_SECONDS, RateRule, decide

RULE = RateRule(per_second=10, burst=20)


def spent(now: float, rule: RateRule = RULE) -> float:
    """The stored arrival of somebody who has used the whole burst."""
    arrival: float | None = None
    for _ in range(rule.burst):
        decision = decide(arrival, now, rule)
        assert decision.retry_after_seconds == 0
        arrival = decision.arrival
    assert arrival is not None
    assert decide(arrival, now, rule).retry_after_seconds == pytest.approx(1 / rule.per_second)
    return arrival


def test_a_clock_set_back_by_an_hour_refuses_nobody() -> None:
    now = 1_000_000.0
    arrival = spent(now)
    decision = decide(arrival, now - 3_600, RULE)
    assert decision.retry_after_seconds == 0
    # and the count goes on from there
    assert decision.arrival == pytest.approx(now - 3_600 + 0.1)


@given(
    back=st.floats(0, 1e4),
    rate=st.floats(0.01, 50),
    burst=st.integers(1, 100),
)
def test_nobody_waits_longer_than_for_one_request_and_the_clocks_skew(
    back: float, rate: float, burst: int
) -> None:
    rule, now = RateRule(rate, burst), 20_000.0
    wait = decide(spent(now, rule), now - back, rule).retry_after_seconds
    assert wait <= 1 / rate + SKEW_SECONDS + 1e-3


def test_clocks_that_differ_a_little_share_one_count() -> None:
    now = 1_000_000.0
    assert decide(spent(now), now - SKEW_SECONDS / 2, RULE).retry_after_seconds > 0
