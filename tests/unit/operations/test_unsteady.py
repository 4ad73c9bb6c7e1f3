"""Programs that keep ending, as health tells of them (their supervisor: test_supervising.py)."""

from pathlib import Path

from solaris.operations.health import SystemCheck
from solaris.operations.states import Status
from solaris.operations.unsteady import Unsteady


def test_a_program_that_keeps_ending_degrades_the_system(tmp_path: Path) -> None:
    check = SystemCheck(tmp_path)
    assert "program_unsteady" not in check().reasons
    Unsteady(tmp_path).tell({"exporter", "cache"})
    found = check()
    assert "program_unsteady" in found.reasons
    assert (found.status, found.details["programs"]) == (Status.DEGRADED, ["cache", "exporter"])
    (tmp_path / "unsteady.json").write_text("half of it", encoding="utf-8")
    assert "program_unsteady" not in check().reasons
    Unsteady(tmp_path).tell(())
    assert "programs" not in check().details
