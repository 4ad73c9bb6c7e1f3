"""What a day's cap does to a user. Pure.

For every user who has one, at every moment:

    day_available = the day's limit − what was charged of requests that are booked to the day
                                    − what the open requests hold that count for it

A request counts for the day on which it began, as its counters do (ledger/figures.py); an open one
says so in its reservation (`Reservation.day`). Days follow each other as months do: the first
request of the next one turns the day, never backwards. What was charged is known from the day's
counters, and is only read when a cap is set.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from solaris.quota.daily_limit import DailyLimit, DayCap
from solaris.quota.periods import days_in
from solaris.quota.reservation import Reservation
from solaris.quota.user import User


def left_tokens(user: User, without: Iterable[Reservation] = ()) -> int:
    """What a new request may hold, of the month and of the day; `without` what some hold."""
    resolved = list(without)
    left = user.available_tokens + sum(one.tokens for one in resolved)
    cap = user.day_cap
    if cap is None:
        return left
    of_day = sum(one.tokens for one in resolved if one.day == cap.day)
    return min(left, cap.available_tokens + of_day)


def held_tokens(user: User, day: str) -> int:
    """What open requests hold that count for a day."""
    return sum(one.tokens for one in user.reservations.values() if one.day == day)


def used_tokens(user: User) -> int:
    """What was charged on the day that the item describes; 0 without a cap."""
    cap = user.day_cap
    if cap is None:
        return 0
    held = held_tokens(user, cap.day)
    return cap.ceiling_tokens(user.monthly_limit) - held - cap.available_tokens


def day_delta(user: User, held: Reservation | None, charged_tokens: int, day: str | None) -> int:
    """By how much the day's available tokens change when a request of `day` is booked.

    `held` is its reservation, which goes. Nothing of a day that is not the user's.
    """
    cap = user.day_cap
    if cap is None:
        return 0
    back = held.tokens if held is not None and held.day == cap.day else 0
    return back - (charged_tokens if day == cap.day else 0)


def resolved(user: User, held: Reservation, charged_tokens: int) -> User:
    """The user whose day knows that an open request was resolved; the rest is left as it is."""
    cap = user.day_cap
    if cap is None:
        return user
    delta = day_delta(user, held, charged_tokens, held.day)
    return replace(user, day_cap=replace(cap, available_tokens=cap.available_tokens + delta))


def turned(user: User, day: str) -> User:
    """The user on this day; the same object when it is that already, or later, or no cap is there.

    The version is left to the caller.
    """
    cap = user.day_cap
    if cap is None or cap.day >= day:
        return user
    lifted_day = cap.lifted_day if cap.lifted_day == day else None
    following = replace(cap, day=day, lifted_day=lifted_day)
    return counted(replace(user, day_cap=following), charged_tokens=0)


def turn_day(user: User, day: str, now: datetime) -> User:
    """The same as a change of the item."""
    shown = turned(user, day)
    if shown is user:
        return user
    return replace(shown, updated_at=now, version=user.version + 1)


def capped(user: User, limit: DailyLimit, *, day: str, charged_tokens: int) -> User:
    """The user with a limit a day from this day on, on which so much was charged already.

    Open requests count for the day that their reservation says. The version is left to the caller.
    """
    return counted(replace(user, day_cap=DayCap(limit, day, 0)), charged_tokens)


def counted(user: User, charged_tokens: int) -> User:
    """The user on whose day so much was charged. The version is left to the caller."""
    cap = user.day_cap
    if cap is None:
        return user
    left = cap.ceiling_tokens(user.monthly_limit) - charged_tokens - held_tokens(user, cap.day)
    return replace(user, day_cap=replace(cap, available_tokens=left))


def limited(user: User, limit: DailyLimit) -> User:
    """The user whose cap has another limit, from now on. The version is left to the caller."""
    if user.day_cap is None:
        return user
    return moved(user, replace(user, day_cap=replace(user.day_cap, limit=limit)))


def lifted(user: User) -> User:
    """The user without a limit on the day that the item describes; on the next there is one."""
    cap = user.day_cap
    if cap is None:
        return user
    return moved(user, replace(user, day_cap=replace(cap, lifted_day=cap.day)))


def moved(before: User, after: User) -> User:
    """The user whose limit, a month or a day, was changed: the day has as much more, or less."""
    old, new = before.day_cap, after.day_cap
    if old is None or new is None:
        return after
    more = new.ceiling_tokens(after.monthly_limit) - old.ceiling_tokens(before.monthly_limit)
    if not more:
        return after
    return replace(after, day_cap=replace(new, available_tokens=new.available_tokens + more))


def day_within(day: str, period: str) -> str:
    """A day, as far as it is one of the period; else the nearest that is."""
    return min(max(day, f"{period}-01"), days_in(period)[-1])
