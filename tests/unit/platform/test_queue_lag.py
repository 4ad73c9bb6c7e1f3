"""Queues that stand still: how long, and from when on somebody is told."""

from dataclasses import dataclass, field
from typing import cast

import pytest

from solaris.operations.health import check_queues
from solaris.operations.states import Status
from solaris.platform.aws.queue_lag import MOST_BETWEEN_SECONDS, STALLED_SECONDS, QueueLag
from solaris.platform.aws.queues import QUEUES, Queues


@dataclass
class Watched:
    """Queues whose depths and seconds the test sets."""

    depths: dict[str, int] = field(default_factory=dict)
    seconds: float = 1_000.0

    def depth(self, queue: str) -> int:
        return self.depths.get(queue, 0)

    def after(self, lag: QueueLag, seconds: float, **depths: int) -> float:
        """How long the usage queue has stood still, some seconds later."""
        self.seconds += seconds
        self.depths.update(depths)
        return lag.look().stalled["usage"]


@pytest.fixture
def queues() -> Watched:
    return Watched()


@pytest.fixture
def lag(queues: Watched) -> QueueLag:
    return QueueLag(cast("Queues", queues), lambda: queues.seconds)


def test_what_is_never_taken_stands_still_since_the_first_look(
    queues: Watched, lag: QueueLag
) -> None:
    assert queues.after(lag, 0, usage=600) == 0
    assert queues.after(lag, 10, usage=650) == 10
    assert queues.after(lag, 10, usage=650) == 20
    assert queues.after(lag, 10, usage=684) == 30


def test_one_that_gets_shorter_or_empty_begins_anew(queues: Watched, lag: QueueLag) -> None:
    queues.after(lag, 0, usage=600)
    assert queues.after(lag, 10, usage=599) == 0
    assert queues.after(lag, 10, usage=700) == 10
    assert queues.after(lag, 10, usage=0) == 0
    assert queues.after(lag, 10, usage=700) == 0


def test_who_has_not_looked_for_long_knows_nothing(queues: Watched, lag: QueueLag) -> None:
    queues.after(lag, 0, usage=600)
    assert queues.after(lag, MOST_BETWEEN_SECONDS + 1, usage=600) == 0


def test_a_hung_worker_is_told_of_within_half_a_minute(queues: Watched, lag: QueueLag) -> None:
    queues.after(lag, 0, usage=684)
    assert check_queues(lag).status is Status.HEALTHY
    queues.after(lag, 16)
    found = check_queues(lag)
    assert (found.status, found.details["stalled"]["usage"]) == (Status.DEGRADED, 16)
    assert found.details["detail"] == "not taken: usage for 16 s"
    queues.after(lag, 5, usage=0)
    assert check_queues(lag).status is Status.HEALTHY


def test_a_queue_in_use_that_two_looks_find_longer_is_not_late(
    queues: Watched, lag: QueueLag
) -> None:
    """Whoever looks every half minute sees one moment of a queue that is emptied all the time."""
    queues.after(lag, 0, usage=2)
    queues.after(lag, 29, usage=3)
    assert not lag.usage_is_late()
    assert lag.look().late  # a third
    assert lag.usage_is_late()


def test_every_queue_has_its_patience() -> None:
    """An export keeps the others waiting for a quarter of an hour, and that is no fault."""
    assert set(STALLED_SECONDS) == set(QUEUES)
    assert STALLED_SECONDS["usage"] <= 15, "half of the time within which health must tell"
    assert STALLED_SECONDS["exports"] > 900
