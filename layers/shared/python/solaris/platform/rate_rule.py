"""Requests a second with a burst: the generic cell rate algorithm (GCRA, ITU-T I.371).

One number per user is all it keeps: the theoretical arrival time of the next request. cache.py
runs the same rule as a script inside Redis; this one serves when Redis is away.

That time is never further ahead than a burst lasts. One that is was written before the clock was
set back, and is no reason to refuse anybody: the count begins anew.
"""

from dataclasses import dataclass

MIN_RATE_PER_SECOND, MAX_RATE_PER_SECOND = 0.01, 10_000.0
MAX_RATE_BURST = 100_000
"""What an admin may state for a key or a plan."""

# By so much the clocks of several processes may differ.
SKEW_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class RateRule:
    """`per_second` requests on average, `burst` of them at once."""

    per_second: float
    burst: int


@dataclass(frozen=True, slots=True)
class RateDecision:
    """`arrival` is to be stored for the next decision; 0 seconds to wait means go ahead."""

    arrival: float
    retry_after_seconds: float = 0.0


def decide(arrival: float | None, now: float, rule: RateRule) -> RateDecision:
    """Decide on one request; `arrival` is the stored value, times are seconds."""
    interval = 1 / rule.per_second
    latest = now + rule.burst * interval + SKEW_SECONDS
    start = arrival if arrival is not None and now < arrival <= latest else now
    wait = start + interval - rule.burst * interval - now
    if wait > 1e-9:  # noqa: PLR2004 - float noise is not a wait
        return RateDecision(arrival=start, retry_after_seconds=wait)
    return RateDecision(arrival=start + interval)
