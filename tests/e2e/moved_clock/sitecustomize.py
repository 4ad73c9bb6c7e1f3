"""Python reads this in every process of a system whose clock a test moves.

Put this folder on PYTHONPATH and name a file in TEST_CLOCK_FILE; it holds how many seconds the
clock of all processes is ahead. Only the project's own clock moves: time-outs, leases of the
operating system and signatures of calls go on with the real one.
"""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path


def _moved(path: Path) -> None:
    from solaris.platform import clock  # noqa: PLC0415 - only where it is asked for

    def now() -> datetime:
        return datetime.now(UTC) + timedelta(seconds=float(path.read_text() or 0))

    clock.now = now


if "TEST_CLOCK_FILE" in os.environ:
    _moved(Path(os.environ["TEST_CLOCK_FILE"]))
