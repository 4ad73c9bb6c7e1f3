"""When the upstream is failing, and when it is well again. Pure.

    failing      of the requests that began in the last ten minutes and are booked (the newest 500)
                 there are 20 at least, and half of them have failed
    well again   there are 5 at least, and fewer than a fifth have failed; while fewer come, nobody
                 knows, and it stays as it was

Failed is what the upstream answers with 5xx or 429, and what it does not answer, which the gateway
makes a 5xx of. What the gateway refuses itself has no record.
"""

from dataclasses import dataclass
from datetime import timedelta

WINDOW = timedelta(minutes=10)
MAX_REQUESTS = 500
LEAST_REQUESTS, LEAST_WELL = 20, 5


@dataclass(frozen=True, slots=True)
class Window:
    """The requests looked at, and how many of them have failed."""

    requests: int
    failed: int


def is_failing(window: Window, *, before: bool) -> bool:
    """Whether the upstream is failing; `before` is how it was when it was last looked at."""
    if before:
        is_well = window.requests >= LEAST_WELL and window.failed * 5 < window.requests
        return not is_well
    return window.requests >= LEAST_REQUESTS and window.failed * 2 >= window.requests
