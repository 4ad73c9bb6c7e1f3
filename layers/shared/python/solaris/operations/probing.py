"""Questions to parts that may not answer: asked in a thread, waited for by a deadline.

A question is never asked twice at the same time, and its answer is used again for a second, so
that callers of an open route cannot multiply calls to the store or the upstream.
"""

import time
from collections.abc import Callable
from concurrent.futures import Future
from threading import Lock, Thread
from typing import Generic, TypeVar

REUSE_SECONDS = 1.0

T = TypeVar("T")


class Probe(Generic[T]):
    """One question. `ask` must not raise: what went wrong is an answer as well."""

    def __init__(self, name: str, ask: Callable[[], T]) -> None:
        self._name = name
        self._ask = ask
        self._lock = Lock()
        self._run: Future[T] | None = None
        self._ended_at = 0.0

    def start(self) -> Future[T]:
        """The answer to come: of a question begun now, of the one under way, or the last."""
        with self._lock:
            if self._run is None or self._is_over(self._run):
                self._run = Future()
                # daemon: a question without an answer must not keep the process from ending
                Thread(
                    target=self._work, args=(self._run,), name=f"probe-{self._name}", daemon=True
                ).start()
            return self._run

    def _is_over(self, run: Future[T]) -> bool:
        return run.done() and time.monotonic() - self._ended_at >= REUSE_SECONDS

    def _work(self, run: Future[T]) -> None:
        try:
            answer = self._ask()
        except BaseException as error:  # noqa: BLE001 - whoever waits must not wait for ever
            self._ended_at = time.monotonic()
            run.set_exception(error)
            return
        self._ended_at = time.monotonic()
        run.set_result(answer)


def answer_by(running: Future[T], deadline: float) -> T | None:
    """The answer if it is there by a moment of `time.monotonic`, else None; raises what it did."""
    try:
        return running.result(timeout=max(0.0, deadline - time.monotonic()))
    except TimeoutError:
        if running.done():
            raise
        return None
