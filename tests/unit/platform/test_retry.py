"""Attempts and the pauses between them."""

import asyncio
import random
import time
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solaris.platform.aws.retry import CALL, CONFLICT, UNREAD, Attempts, async_attempts, attempts

LINEAR = Attempts(5, pause_seconds=0.02)
DOUBLING = Attempts(5, pause_seconds=0.1, doubles=True, max_pause_seconds=0.5)


async def _all(rule: Attempts) -> list[int]:
    return [number async for number in async_attempts(rule)]


WAYS: tuple[Callable[[Attempts], list[int]], ...] = (
    lambda rule: list(attempts(rule)),
    lambda rule: asyncio.run(_all(rule)),
)


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[float]]:
    """Pauses that nobody waits for: each as long as it may be at most."""
    pauses: list[float] = []

    async def sleep(seconds: float) -> None:
        pauses.append(seconds)

    with monkeypatch.context() as patch:
        patch.setattr(random, "uniform", lambda low, high: high if low == 0 else None)
        patch.setattr(time, "sleep", pauses.append)
        patch.setattr(asyncio, "sleep", sleep)
        yield pauses


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    ("rule", "ceilings"),
    [
        (LINEAR, [0.02, 0.04, 0.06, 0.08]),
        (DOUBLING, [0.1, 0.2, 0.4, 0.5]),
        (Attempts(4, pause_seconds=0.2, max_pause_seconds=0.3), [0.2, 0.3, 0.3]),
        (Attempts(1, pause_seconds=9.0), []),
    ],
)
def test_there_are_so_many_attempts_and_a_growing_pause_before_each_but_the_first(
    way: Callable[[Attempts], list[int]],
    rule: Attempts,
    ceilings: list[float],
    slept: list[float],
) -> None:
    assert way(rule) == list(range(rule.most))
    assert slept == pytest.approx(ceilings)


def test_nothing_is_waited_for_that_nobody_asks_for(slept: list[float]) -> None:
    one = attempts(CONFLICT)
    assert next(one) == 0
    assert slept == []
    assert next(one) == 1
    assert slept == pytest.approx([0.02])


async def test_the_first_attempt_of_a_coroutine_gives_way_to_nobody(slept: list[float]) -> None:
    first = async_attempts(CALL).__anext__()
    with pytest.raises(StopIteration) as ended:  # no step of the loop in between
        first.send(None)
    assert (ended.value.value, slept) == (0, [])


@given(st.integers(1, 60), st.floats(0, 1), st.booleans(), st.floats(0, 10))
def test_a_pause_lies_between_nothing_and_its_ceiling(
    number: int, seconds: float, doubles: bool, most: float
) -> None:
    rule = Attempts(61, seconds, doubles=doubles, max_pause_seconds=most)
    growth = 2 ** (number - 1) if doubles else number
    assert 0 <= rule.pause(number) <= min(most, seconds * growth)


def test_pauses_differ() -> None:
    assert len({CONFLICT.pause(1) for _ in range(20)}) > 1


async def test_a_pause_is_cancelled_at_once_and_no_attempt_follows() -> None:
    seen: list[int] = []

    async def work() -> None:
        async for number in async_attempts(Attempts(3, pause_seconds=1e6)):
            seen.append(number)  # noqa: PERF401 - one by one, for one is all there is

    task = asyncio.create_task(work())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert seen == [0]


def test_what_interrupts_a_pause_passes_through(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(_: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(time, "sleep", interrupted)
    left = attempts(CONFLICT)
    next(left)
    with pytest.raises(KeyboardInterrupt):
        next(left)


def test_the_rules_that_many_keep_end_within_seconds(slept: list[float]) -> None:
    for rule, most_seconds in ((CALL, 0.3), (CONFLICT, 0.9), (UNREAD, 0.2)):
        slept.clear()
        assert len(list(attempts(rule))) == rule.most
        assert sum(slept) == pytest.approx(most_seconds)
