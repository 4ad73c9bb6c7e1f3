"""How long a queue's messages wait without any being taken: a consumer that hangs, or is too slow.

SQS tells how many wait, not for how long. A queue that was looked at again and again, never was
empty and never got shorter has stood still since the first of these looks.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from threading import Lock

from solaris.platform.aws.queues import (
    ALERTS_QUEUE,
    CHANNELS_QUEUE,
    EXPORTS_QUEUE,
    QUEUES,
    USAGE_QUEUE,
    Queues,
)

# From so many seconds on it is told of: an answer is booked within a second, a mail server may
# take its time, and one export keeps the others waiting for a quarter of an hour.
STALLED_SECONDS: Mapping[str, float] = {
    USAGE_QUEUE: 15.0,
    ALERTS_QUEUE: 300.0,
    EXPORTS_QUEUE: 1_800.0,
    CHANNELS_QUEUE: 300.0,
}
# A queue in use is now longer, now shorter: two looks in a row may find it longer each time.
LEAST_LOOKS = 3
# Whoever has not looked for longer knows nothing of the time between.
MOST_BETWEEN_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class QueueLook:
    """Messages that wait, by queue and dead-letter queue; seconds without any taken, by queue.

    `late` has whole seconds of the queues that have stood still for too long.
    """

    depths: Mapping[str, int]
    stalled: Mapping[str, float]
    late: Mapping[str, int]


@dataclass(slots=True)
class _Standing:
    depth: int
    since: float
    looks: int = 1


class QueueLag:
    """Looks at the queues and remembers the looks; safe to use from several threads."""

    def __init__(self, queues: Queues, timer: Callable[[], float] = time.monotonic) -> None:
        self._queues = queues
        self._timer = timer
        self._lock = Lock()
        self._standing: dict[str, _Standing] = {}
        self._looked_at = timer()

    def usage_is_late(self) -> bool:
        """Whether usage was found to be booked late by the last look; nobody is asked."""
        with self._lock:
            known = self._standing.get(USAGE_QUEUE)
            if known is None or self._timer() - self._looked_at > MOST_BETWEEN_SECONDS:
                return False
            return self._is_late(USAGE_QUEUE, self._looked_at - known.since)

    def look(self) -> QueueLook:
        """Ask for every queue. Raises StoreUnavailableError or AwsCallError."""
        names = [name for queue in QUEUES for name in (queue, f"{queue}-dlq")]
        depths = {name: self._queues.depth(name) for name in names}
        with self._lock:
            now = self._timer()
            if now - self._looked_at > MOST_BETWEEN_SECONDS:
                self._standing.clear()
            self._looked_at = now
            stalled = {queue: self._note(queue, depths[queue], now) for queue in QUEUES}
            late = {queue: int(one) for queue, one in stalled.items() if self._is_late(queue, one)}
            return QueueLook(depths, stalled, late)

    def _is_late(self, queue: str, seconds: float) -> bool:
        known = self._standing.get(queue)
        is_long = seconds >= STALLED_SECONDS[queue]
        return is_long and known is not None and known.looks >= LEAST_LOOKS

    def _note(self, queue: str, depth: int, now: float) -> float:
        known = self._standing.get(queue)
        if not depth:
            self._standing.pop(queue, None)
            return 0.0
        if known is None or depth < known.depth:
            self._standing[queue] = _Standing(depth, now)
            return 0.0
        known.depth = depth
        known.looks += 1
        return now - known.since
