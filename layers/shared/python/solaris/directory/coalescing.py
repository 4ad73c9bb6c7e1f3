"""One run of some work at a time, shared by everybody who asked before it began."""

import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

from solaris.platform.errors import StoreUnavailableError

T = TypeVar("T")


class Coalesced(Generic[T]):
    """Work that all callers need done after their own call, however many they are.

    A run that began before a call may have missed what the caller knows of; the next one has not,
    and does for everybody who waits. A failure is that of all who wait for the run.
    """

    def __init__(self, work: Callable[[float], T]) -> None:
        """`work` gets the deadline (`time.monotonic`) of the caller who runs it."""
        self._work = work
        self._changed = threading.Condition()
        self._begun = 0
        self._running = False
        self._ended = 0
        self._result: T | None = None
        self._error: Exception | None = None

    def run(self, deadline: float) -> T:
        """Return what a run gives that began after this call.

        Raises what that run raises, and StoreUnavailableError after the deadline.
        """
        with self._changed:
            wanted = self._begun + 1
            while self._running and self._ended < wanted:
                if not self._changed.wait(max(0.0, deadline - time.monotonic())):
                    msg = "the directory is busy"
                    raise StoreUnavailableError(msg)
            if self._ended >= wanted:
                return self._outcome()
            self._begun += 1
            self._running = True
        result, failure = None, None
        try:
            result = self._work(deadline)
        except Exception as error:
            failure = error
            raise
        finally:
            with self._changed:
                self._result, self._error = result, failure
                self._running = False
                self._ended = self._begun
                self._changed.notify_all()
        return result

    def _outcome(self) -> T:
        if self._error is not None:
            msg = f"{type(self._error).__name__}: {self._error}"
            raise StoreUnavailableError(msg) from self._error
        if self._result is None:
            msg = "the run was broken off"
            raise StoreUnavailableError(msg)
        return self._result
