"""What the system says of itself, looked at all the time: since when it tells a reason, and until
when.
"""

import asyncio
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import httpx

LOOK_SECONDS = 0.5
ANSWER_SECONDS = 10.0
MAX_LOOKS = 1_000
QUIET_LOOKS = 3
POLL_SECONDS = 0.1
SILENT = "no answer"
"""The reason where /health/detailed itself does not answer."""


@dataclass(frozen=True, slots=True)
class Look:
    """One look; moments of `time.monotonic`."""

    asked: float
    answered: float
    reasons: frozenset[str]


class HealthWatch:
    """Looks at /health/detailed every half second, in a thread of its own."""

    def __init__(self, url: str) -> None:
        self._url = f"{url}/health/detailed"
        self._looks: deque[Look] = deque(maxlen=MAX_LOOKS)
        self._stop = threading.Event()

    @contextmanager
    def looking(self) -> Iterator[None]:
        """Look until the end of the block."""
        thread = threading.Thread(target=self._run, name="health", daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._stop.set()
            thread.join(2 * ANSWER_SECONDS)

    async def visible(self, reason: str, since: float, seconds: float) -> float | None:
        """Seconds from `since` until the reason is told; None: not within so many."""
        while True:
            for look in tuple(self._looks):
                if look.asked >= since and reason in look.reasons:
                    return look.answered - since
            if time.monotonic() > since + seconds:
                return None
            await asyncio.sleep(POLL_SECONDS)

    async def gone(self, reason: str, since: float, seconds: float) -> float | None:
        """Seconds from `since` until three looks in a row do not tell it; None: not within so
        many.
        """
        while True:
            quiet: list[Look] = []
            for look in (one for one in tuple(self._looks) if one.asked >= since):
                quiet = [] if reason in look.reasons else [*quiet, look]
                if len(quiet) == QUIET_LOOKS:
                    return quiet[0].answered - since
            if time.monotonic() > since + seconds + QUIET_LOOKS * ANSWER_SECONDS:
                return None
            await asyncio.sleep(POLL_SECONDS)

    def _run(self) -> None:
        with httpx.Client(timeout=ANSWER_SECONDS, trust_env=False) as client:
            while not self._stop.wait(LOOK_SECONDS):
                asked = time.monotonic()
                reasons = _reasons(client, self._url)
                self._looks.append(Look(asked, time.monotonic(), reasons))


def _reasons(client: httpx.Client, url: str) -> frozenset[str]:
    try:
        checks = client.get(url).json()["checks"]
    except (httpx.HTTPError, ValueError, KeyError):
        return frozenset({SILENT})
    return frozenset(code for one in checks.values() for code in one.get("reasons", ()))
