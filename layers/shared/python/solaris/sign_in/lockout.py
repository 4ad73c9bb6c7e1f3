"""How many sign-ins may fail before no more are looked at. Pure: the time is passed in.

Counted are the failures of an account from one network, which lock that network out of that
account; of one network whichever the account, which lock the network; and of an account wherever
they come from, which lock nobody and slow everybody down: fewer tries for each network, and a
pause between them that grows with the failures.

An attempt is counted before the password is looked at, and taken off again by a success, so that
a thousand attempts at the same moment are not all let through before the first has failed.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from solaris.platform.leases import is_running

MAX_FAILURES = 5
WINDOW = timedelta(minutes=15)
LOCK = timedelta(minutes=15)
SLOW_AFTER = 10
"""Failures of one account, from anywhere, within a window."""

SLOW_FAILURES = 3
"""What one network may fail while its account is slow."""

MAX_PAUSE = timedelta(seconds=60)
NETWORK_FAILURES = 20
"""Failures of one network (IPv4 /24, IPv6 /64) within a window, over all accounts."""

SITE_FAILURES = 100
"""The same of an IPv6 /48, which holds 65,536 such networks and is had for the asking."""

_DOUBLINGS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempts:
    """The attempts since `since` that have not succeeded (yet); `tried_at` is the last one's time.

    None: written by a version that did not keep it.
    """

    count: int
    since: datetime
    locked_until: datetime | None = None
    tried_at: datetime | None = None


class Verdict(StrEnum):
    """May the password be looked at?"""

    ADMITTED = "admitted"
    LOCKED = "locked"
    BUSY = "busy"
    """As many attempts as may fail are under way: wait until they have ended."""

    SLOWED = "slowed"
    """The account is slow, and the pause since the last try is not over."""


def pause_of(account_failures: int) -> timedelta:
    """Between two tries of one network at an account that has failed so often in a window.

    Zero below SLOW_AFTER; then 1, 2, 4 … 60 seconds.
    """
    beyond = account_failures - SLOW_AFTER
    if beyond < 0:
        return timedelta()
    return min(MAX_PAUSE, timedelta(seconds=2 ** min(beyond, _DOUBLINGS)))


def most_failures(pause: timedelta) -> int:
    """How many tries of one network may fail before it is locked out of the account."""
    return SLOW_FAILURES if pause else MAX_FAILURES


def admit(
    attempts: Attempts | None, now: datetime, pause: timedelta = timedelta()
) -> tuple[Verdict, Attempts]:
    """Count an attempt that begins now; returns the attempts as they are then to be stored.

    `pause` is the account's (`pause_of`). The first try of a network never waits.
    """
    if attempts is None or _is_over(attempts, now):
        return Verdict.ADMITTED, Attempts(count=1, since=now, tried_at=now)
    if attempts.locked_until is not None:
        return Verdict.LOCKED, attempts
    if attempts.count >= MAX_FAILURES:
        return Verdict.BUSY, attempts
    if attempts.count >= most_failures(pause):
        return Verdict.LOCKED, attempts
    if attempts.tried_at is not None and is_running(attempts.tried_at + pause, now, pause):
        return Verdict.SLOWED, attempts
    return Verdict.ADMITTED, replace(attempts, count=attempts.count + 1, tried_at=now)


def failed(
    attempts: Attempts | None, admitted: Attempts, now: datetime, most: int = MAX_FAILURES
) -> Attempts:
    """Say what a failure makes of the attempts: the last of `most` locks.

    `admitted` is what `admit` answered to this attempt. When a success has cleared the record
    meanwhile, this failure is the first of a new one.
    """
    if attempts is None:
        return Attempts(count=1, since=now, tried_at=admitted.tried_at)
    if attempts.locked_until is None and admitted.count >= most:
        return replace(attempts, locked_until=now + LOCK)
    return attempts


def untested(attempts: Attempts | None) -> Attempts | None:
    """Take an attempt off whose password was never looked at; None: nothing is left."""
    if attempts is None or attempts.locked_until is not None:
        return attempts
    return replace(attempts, count=attempts.count - 1) if attempts.count > 1 else None


def paused_seconds(attempts: Attempts, now: datetime, pause: timedelta) -> float:
    """Seconds until a network that was slowed may try again, at least one."""
    return max(1.0, ((attempts.tried_at or now) + pause - now).total_seconds())


def window_of(now: datetime) -> int:
    """The number of the window that a moment lies in; they begin at the epoch, 15 minutes each."""
    return int(now.timestamp() // WINDOW.total_seconds())


def window_seconds(now: datetime) -> float:
    """Seconds until the next window begins, at least one."""
    return max(1.0, (window_of(now) + 1) * WINDOW.total_seconds() - now.timestamp())


def locked_seconds(attempts: Attempts, now: datetime) -> float:
    """Seconds until one who is locked out may try again, at least one."""
    until = attempts.locked_until or attempts.since + WINDOW
    return max(1.0, (until - now).total_seconds())


def ends_at(attempts: Attempts) -> datetime:
    """When the record means nothing any more and may be deleted."""
    return max(attempts.since + WINDOW, attempts.locked_until or attempts.since)


def _is_over(attempts: Attempts, now: datetime) -> bool:
    """Also when the clock was set back behind it: nobody is locked out for longer than LOCK."""
    if attempts.locked_until is not None:
        return not is_running(attempts.locked_until, now, LOCK)
    return not is_running(attempts.since + WINDOW, now, WINDOW)
