"""A disk without room, or with a broken file: what a start says, and how often."""

from pathlib import Path

import pytest

from infra.local.run.preflight import StartError, check_room
from infra.local.run.supervisor import MAX_TOLD_LINES, TOLD_WINDOW_SECONDS, FewLines
from infra.local.store.errors import StoreError
from infra.local.store.tables.program import check_file

MORE_THAN_THERE_IS = 1 << 62


def test_a_start_on_a_full_disk_is_one_line(tmp_path: Path) -> None:
    check_room(tmp_path, 0)
    with pytest.raises(StartError, match="full or read-only; make room") as caught:
        check_room(tmp_path, MORE_THAN_THERE_IS >> 20)
    assert "\n" not in str(caught.value)


def test_a_file_that_is_no_database_is_refused_and_left(tmp_path: Path) -> None:
    path = tmp_path / "tables.sqlite"
    check_file(path)
    assert not path.exists()
    path.write_bytes(b"not a database" * 500)
    with pytest.raises(StoreError, match="restore") as caught:
        check_file(path)
    assert "\n" not in str(caught.value)
    assert path.read_bytes() == b"not a database" * 500


def test_a_fault_that_repeats_itself_does_not_flood_the_terminal(
    capfd: pytest.CaptureFixture[str],
) -> None:
    now = 0.0
    lines = FewLines("store: more of it in store.log", lambda: now)
    for _ in range(8_000):
        lines.tell("store: disk full")
    told = capfd.readouterr().err.splitlines()
    assert told[:MAX_TOLD_LINES] == ["[solaris] store: disk full"] * MAX_TOLD_LINES
    assert told[MAX_TOLD_LINES:] == ["[solaris] store: more of it in store.log"]
    now = TOLD_WINDOW_SECONDS
    lines.tell("store: disk full")
    assert capfd.readouterr().err == "[solaris] store: disk full\n"
