"""The directory when the clock of the machine is set back."""

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from solaris.directory.directory import Directory
from solaris.directory.listing import UserQuery
from solaris.platform.clock import now
from solaris.platform.instants import iso_milliseconds
from solaris.quota.feed import Changes
from tests.integration.conftest import Clock, MoneyPath
from tests.integration.directory.test_directory import bucket, make, people

__all__ = ["bucket", "make"]  # fixtures


def test_a_clock_that_is_set_back_loses_nobody(
    money: MoneyPath, make: Callable[..., Directory]
) -> None:
    """Written before, at a time that is now to come, and after, at one that was read already."""
    clock = Clock(now())
    seconds = time.monotonic() - 1_000  # before every deadline
    directory = make(clock=clock)
    assert directory.users(UserQuery()).total == 0
    follower = directory._follower
    assert follower is not None
    follower._timer = lambda: seconds
    follower._looked_at = (clock(), seconds)
    feed = Changes(money.parts.platform.dynamodb, money.parts.settings.table_name("changes"), clock)
    one, other, third = people(money, 3)

    def later(amount: float) -> None:
        nonlocal seconds
        seconds += amount
        clock.forward(seconds=amount)

    later(20)
    feed.publish([replace(one, version=5)])
    clock.forward(hours=-1)
    later(20)
    feed.publish([replace(other, version=5)])
    later(20)
    assert directory.users(UserQuery()).total == 2
    feed.publish([replace(third, version=5)])
    later(1)
    assert directory.users(UserQuery()).total == 3


def test_a_snapshot_of_a_time_to_come_is_not_used(
    money: MoneyPath, make: Callable[..., Directory]
) -> None:
    clock = Clock(now())
    directory = make(clock=clock)
    directory.users(UserQuery())
    directory.current().set_meta(cursor=iso_milliseconds(clock() + timedelta(hours=1)))
    money.parts.directory.snapshots.save(directory.current(), directory.folder)
    people(money, 2)  # told by nobody: whoever starts from the snapshot does not know them
    assert make(clock=clock).users(UserQuery()).total == 2
