"""Callers who share one run: each gets one that began after they asked."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from solaris.directory.coalescing import Coalesced
from solaris.platform.errors import StoreUnavailableError


def test_callers_share_a_run_that_began_after_they_asked() -> None:
    runs: list[int] = []
    entered, go_on = threading.Event(), threading.Event()

    def work(_: float) -> int:
        runs.append(len(runs))
        if len(runs) == 1:
            entered.set()
            assert go_on.wait(10)
        return runs[-1]

    shared: Coalesced[int] = Coalesced(work)
    with ThreadPoolExecutor(9) as pool:
        deadline = time.monotonic() + 10
        first = pool.submit(shared.run, deadline)
        assert entered.wait(10)
        waiting = [pool.submit(shared.run, deadline) for _ in range(8)]
        with pytest.raises(StoreUnavailableError, match="busy"):
            shared.run(time.monotonic())
        while len(shared._changed._waiters) < 8:  # type: ignore[attr-defined]
            time.sleep(0)
        go_on.set()
        assert first.result() == 0
        assert {one.result() for one in waiting} == {1}
    assert len(runs) == 2


def test_a_failed_run_fails_for_everybody_who_shared_it_and_for_nobody_after() -> None:
    outcomes: list[Exception | int] = [ValueError("broken"), 7]

    def work(_: float) -> int:
        outcome = outcomes.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    shared: Coalesced[int] = Coalesced(work)
    with pytest.raises(ValueError, match="broken"):
        shared.run(time.monotonic() + 1)
    assert shared.run(time.monotonic() + 1) == 7
