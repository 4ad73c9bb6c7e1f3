"""How many sign-ins may fail before an address is locked. Pure: the time is passed in.

An attempt is counted before the password is looked at, and taken off again by a success, so that
a thousand attempts at the same moment are not all let through before the first has failed.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

MAX_FAILURES = 5
WINDOW = timedelta(minutes=15)
LOCK = timedelta(minutes=15)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempts:
    """The attempts of one address since `since` that have not succeeded (yet)."""

    count: int
    since: datetime
    locked_until: datetime | None = None


class Verdict(StrEnum):
    """May the password be looked at?"""

    ADMITTED = "admitted"
    LOCKED = "locked"
    BUSY = "busy"
    """As many attempts as may fail are under way: wait until they have ended."""


def admit(attempts: Attempts | None, now: datetime) -> tuple[Verdict, Attempts]:
    """Count an attempt that begins now; returns the attempts as they are then to be stored."""
    if attempts is None or _is_over(attempts, now):
        return Verdict.ADMITTED, Attempts(count=1, since=now)
    if attempts.locked_until is not None:
        return Verdict.LOCKED, attempts
    if attempts.count >= MAX_FAILURES:
        return Verdict.BUSY, attempts
    return Verdict.ADMITTED, replace(attempts, count=attempts.count + 1)


def failed(attempts: Attempts | None, admitted: Attempts, now: datetime) -> Attempts:
    """Say what a failure makes of the attempts: the fifth locks the address.

    `admitted` is what `admit` answered to this attempt. When a success has cleared the record
    meanwhile, this failure is the first of a new one.
    """
    if attempts is None:
        return Attempts(count=1, since=now)
    if attempts.locked_until is None and admitted.count >= MAX_FAILURES:
        return replace(attempts, locked_until=now + LOCK)
    return attempts


def untested(attempts: Attempts | None) -> Attempts | None:
    """Take an attempt off whose password was never looked at; None: nothing is left."""
    if attempts is None or attempts.locked_until is not None:
        return attempts
    return replace(attempts, count=attempts.count - 1) if attempts.count > 1 else None


def locked_seconds(attempts: Attempts, now: datetime) -> float:
    """Seconds until the address may try again, at least one."""
    until = attempts.locked_until or attempts.since + WINDOW
    return max(1.0, (until - now).total_seconds())


def ends_at(attempts: Attempts) -> datetime:
    """When the record means nothing any more and may be deleted."""
    return max(attempts.since + WINDOW, attempts.locked_until or attempts.since)


def _is_over(attempts: Attempts, now: datetime) -> bool:
    if attempts.locked_until is not None:
        return now >= attempts.locked_until
    return now >= attempts.since + WINDOW
