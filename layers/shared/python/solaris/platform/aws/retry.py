"""How often a call or a write is tried, and the pauses in between: nobody else waits by chance.

for attempt in attempts(CONFLICT):         # 0, 1, …; `async for` over `async_attempts`
    if write(): return
raise ConflictError(…)                     # what has come to nothing, the caller says
"""

import asyncio
import math
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Attempts:
    """`most` in all; a pause before each but the first.

    The n-th pause lasts `pause_seconds` × n at most, × 2ⁿ⁻¹ if it `doubles`, and never longer
    than `max_pause_seconds`. How much of that is chance's: who met once shall not meet again.
    """

    most: int
    pause_seconds: float
    doubles: bool = False
    max_pause_seconds: float = math.inf

    def pause(self, number: int) -> float:
        """Seconds to wait this time, before the attempt of that number: 1 is the second."""
        growth = 2.0 ** (number - 1) if self.doubles else number
        return random.uniform(0, min(self.max_pause_seconds, self.pause_seconds * growth))


CALL = Attempts(3, pause_seconds=0.1, doubles=True)  # throttling, server errors, broken connections
CONFLICT = Attempts(10, pause_seconds=0.02)  # another write came first: read again, try again
UNREAD = Attempts(5, pause_seconds=0.02)  # DynamoDB has left a part of a batch unread


def attempts(rule: Attempts) -> Iterator[int]:
    """Numbers of the attempts, from 0; sleeps before each but the first."""
    yield 0
    for number in range(1, rule.most):
        time.sleep(rule.pause(number))
        yield number


class async_attempts:  # noqa: N801 - `attempts` for coroutines
    """The same for coroutines. No generator: one that is left early needs the loop to end it."""

    def __init__(self, rule: Attempts) -> None:
        self._rule = rule
        self._next = 0

    def __aiter__(self) -> "async_attempts":
        return self

    async def __anext__(self) -> int:
        number = self._next
        if number >= self._rule.most:
            raise StopAsyncIteration
        self._next += 1
        if number:
            await asyncio.sleep(self._rule.pause(number))
        return number
