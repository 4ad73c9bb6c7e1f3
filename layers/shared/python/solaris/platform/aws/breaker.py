"""A store that says nothing is not asked again by every request.

The first call that gets no answer in time opens the breaker: calls are refused at once, and a
thread asks once a second until there is an answer. No request is the one that finds out.
"""

import threading
import time
from collections.abc import Callable

from solaris.platform.errors import StoreUnavailableError
from solaris.platform.logs import get_logger

PROBE_SECONDS = 1.0
# A day of them; then a call finds out, and opens it again.
MAX_PROBES = 86_400

_log = get_logger("solaris.breaker")


class Breaker:
    """One service's. `answers` asks it, bounded in time: True for any answer, whatever it says."""

    def __init__(self, service: str, answers: Callable[[], bool]) -> None:
        self._service = service
        self._answers = answers
        self._lock = threading.Lock()
        self._is_open = False

    def check(self) -> None:
        """Raise StoreUnavailableError while the service does not answer."""
        if self._is_open:
            msg = f"{self._service} does not answer; it is being watched"
            raise StoreUnavailableError(msg)

    def open(self) -> None:
        """A call got no answer in time: refuse the next ones until there is an answer."""
        with self._lock:
            if self._is_open:
                return
            self._is_open = True
        _log.error("store_silent", service=self._service)
        # daemon: it must not keep the process from ending
        threading.Thread(target=self._watch, name=f"watch-{self._service}", daemon=True).start()

    def _watch(self) -> None:
        try:
            for _ in range(MAX_PROBES):
                if self._answers():
                    break
                time.sleep(PROBE_SECONDS)
        finally:
            self._is_open = False
        _log.info("store_answers", service=self._service)
