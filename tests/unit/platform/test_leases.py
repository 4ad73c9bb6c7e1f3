"""Leases: what a write asks of the store is what `is_running` says of a time."""

from datetime import UTC, datetime, timedelta

import pytest

from solaris.platform.leases import SKEW, free_values, held_until, is_free, is_running

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
LENGTH = timedelta(seconds=60)
MOMENT = timedelta(milliseconds=1)


def is_free_in_the_store(until: datetime) -> bool:
    """The condition as Python's: numbers for names, `or` for OR."""
    numbers = {name: int(one["N"]) for name, one in free_values(NOW, LENGTH).items()}
    condition = is_free(held_until(until, timedelta())["N"])
    for name, value in numbers.items():
        condition = condition.replace(name, str(value))
    return bool(eval(condition.replace("OR", "or"), {}))  # noqa: S307 - two numbers


@pytest.mark.parametrize(
    ("until", "is_nobodys"),
    [
        (NOW - LENGTH, True),
        (NOW, True),
        (NOW + MOMENT, False),
        (NOW + LENGTH, False),
        (NOW + LENGTH + SKEW, False),
        # written before the clock was set back
        (NOW + LENGTH + SKEW + MOMENT, True),
    ],
)
def test_a_lease_is_free_in_the_store_exactly_when_it_is_not_running(
    until: datetime, is_nobodys: bool
) -> None:
    assert is_free_in_the_store(until) is is_nobodys
    assert is_running(until, NOW, LENGTH) is not is_nobodys


def test_a_lease_that_is_taken_now_is_running_until_its_end() -> None:
    end = datetime.fromtimestamp(int(held_until(NOW, LENGTH)["N"]) / 1000, UTC)
    assert end == NOW + LENGTH
    assert is_running(end, NOW, LENGTH)
    assert not is_running(end, end, LENGTH)
