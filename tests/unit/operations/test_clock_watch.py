"""A clock that was set is told, for a while, by the check of the machine."""

from pathlib import Path

import pytest

from solaris.operations.clock_watch import ClockWatch
from solaris.operations.health import SystemCheck


@pytest.mark.parametrize("jump", [86_400.0, -3_600.0, 60.0, -60.0])
def test_a_clock_that_was_set_is_told_for_half_a_minute(jump: float, tmp_path: Path) -> None:
    now = {"wall": 1_000_000.0, "steady": 5.0}
    watch = ClockWatch(lambda: now["wall"], lambda: now["steady"])
    check = SystemCheck(tmp_path, watch)

    def pass_(seconds: float) -> bool:
        now["wall"] += seconds
        now["steady"] += seconds
        return "clock_jumped" in check().reasons

    assert not pass_(5)
    now["wall"] += jump
    assert pass_(5)
    assert pass_(29)
    assert not pass_(2)


def test_a_clock_that_is_kept_right_is_no_reason(tmp_path: Path) -> None:
    now = {"wall": 1_000_000.0, "steady": 5.0}
    check = SystemCheck(tmp_path, ClockWatch(lambda: now["wall"], lambda: now["steady"]))
    for _ in range(10):
        now["wall"] += 5 + 50  # ten small steps are no jump
        now["steady"] += 5
        assert "clock_jumped" not in check().reasons
