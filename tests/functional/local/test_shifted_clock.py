"""The clock of the fault tests: programs, and this process, go by it and get theirs back."""

import os
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.faults.shifted_clock import ShiftedClock


def test_a_shifted_clock_moves_the_time_of_day_and_nothing_else(tmp_path: Path) -> None:
    clock = ShiftedClock(tmp_path / "clock")
    code = (
        "import time, logging; from datetime import date, datetime, UTC; at = time.monotonic(); "
        "time.sleep(0.01); "
        "print(time.time(), time.time_ns() / 1e9, time.clock_gettime(time.CLOCK_REALTIME), "
        "datetime.now(UTC).timestamp(), datetime.now().timestamp(), "
        "datetime.utcnow().replace(tzinfo=UTC).timestamp(), time.mktime(time.localtime()), "
        "logging.makeLogRecord({}).created); "
        "print(date.today(), time.strftime('%Y-%m-%d'), time.monotonic() - at)"
    )
    for days in (1, -3):
        clock.set(days * 86_400)
        before = time.time()
        said = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", code],
            env=os.environ | clock.variables(),
            capture_output=True,
            text=True,
            check=True,
        ).stdout.splitlines()
        after = time.time()
        real = [float(one) - days * 86_400 for one in said[0].split()]
        assert len(real) == 8
        assert all(int(before) <= one <= after for one in real), (before, real, after)
        today, shown, steady = said[1].split()
        assert today == shown
        assert 0 < float(steady) <= after - before


def test_a_process_gets_its_clock_back(tmp_path: Path) -> None:
    clock = ShiftedClock(tmp_path / "clock")
    clock.set(-3_600)
    before = time.time, datetime.now(UTC)
    undo = clock.install()
    try:
        assert datetime.now(UTC) < before[1] - timedelta(minutes=50)
        clock.set(3_600)
        assert datetime.now(UTC) > before[1] + timedelta(minutes=50)
    finally:
        undo()
    assert time.time is before[0]
    assert abs(datetime.now(UTC) - before[1]) < timedelta(minutes=50)
