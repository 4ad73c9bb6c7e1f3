"""infra/server/nightly.sh with a command in the place of `solaris`, and the units that start it."""

import subprocess
from configparser import ConfigParser
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
SERVER = ROOT / "infra/server"
SCRIPT = SERVER / "nightly.sh"
SECONDS = 60
# writes a file as `solaris backup` does, and answers --verify with the status in $0.verifies
COMMAND = """#!/bin/sh
set -eu
echo "$*" >> "$0.called"
if [ "$2" = --verify ]; then exit "$(cat "$0.verifies")"; fi
[ ! -e "$0.fails" ] || exit 1
echo data > "$2"
"""


@pytest.fixture
def command(tmp_path: Path) -> Path:
    file = tmp_path / "solaris"
    file.write_text(COMMAND)
    file.chmod(0o755)
    Path(f"{file}.verifies").write_text("0")
    (tmp_path / "backups").mkdir()
    for day in range(1, 5):
        (tmp_path / f"backups/nightly-2026010{day}-030000.gz").write_text("old")
        (tmp_path / f"backups/before-2026010{day}-030000.gz").write_text("old")
    (tmp_path / "backups/store-20260101").mkdir()
    (tmp_path / "backups/mine.gz").write_text("of the admin")
    return file


def run(command: Path, kept: str = "3") -> tuple[int, list[str], str]:
    """Status, what is in the folder then, and what was said."""
    folder = command.parent / "backups"
    answer = subprocess.run(
        [str(SCRIPT), str(command), str(folder), kept],
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    return answer.returncode, sorted(one.name for one in folder.iterdir()), answer.stderr


def test_a_backup_is_made_checked_and_the_oldest_go(command: Path) -> None:
    status, files, _ = run(command)
    assert status == 0
    nightly = [one for one in files if one.startswith("nightly-")]
    assert nightly[:2] == ["nightly-20260103-030000.gz", "nightly-20260104-030000.gz"]
    assert len(nightly) == 3
    made = command.parent / "backups" / nightly[-1]
    assert made.read_text() == "data\n"
    assert made.stat().st_mode & 0o077 == 0
    called = Path(f"{command}.called").read_text().splitlines()
    assert called == [f"backup {made}", f"backup --verify {made}"]
    assert [one for one in files if one.startswith("before-")] == [
        f"before-2026010{day}-030000.gz" for day in (2, 3, 4)
    ]
    assert {"store-20260101", "mine.gz"} <= set(files)


def test_one_that_cannot_be_restored_takes_no_older_one_with_it(command: Path) -> None:
    Path(f"{command}.verifies").write_text("1")
    status, files, said = run(command)
    assert status == 1
    assert "cannot be restored" in said
    assert [one for one in files if one.endswith(".broken")]
    assert len([one for one in files if one.startswith("nightly-") and one.endswith(".gz")]) == 4


def test_those_that_cannot_be_restored_do_not_fill_the_disk(command: Path) -> None:
    Path(f"{command}.verifies").write_text("1")
    for night in range(10, 15):
        (command.parent / f"backups/nightly-202601{night}-030000.gz.broken").write_text("x")
    _, files, _ = run(command)
    broken = [one for one in files if one.endswith(".broken")]
    assert broken[:2] == [f"nightly-202601{night}-030000.gz.broken" for night in (13, 14)]
    assert len(broken) == 3
    assert len([one for one in files if one.startswith("nightly-") and one.endswith(".gz")]) == 4


def test_the_one_of_now_stays_where_the_clock_was_ahead(command: Path) -> None:
    for day in range(1, 5):
        (command.parent / f"backups/nightly-2099010{day}-030000.gz").write_text("ahead")
    _, files, _ = run(command)
    nightly = [one for one in files if one.startswith("nightly-")]
    assert nightly[1:] == ["nightly-20990103-030000.gz", "nightly-20990104-030000.gz"]
    assert (command.parent / "backups" / nightly[0]).read_text() == "data\n"


def test_a_folder_elsewhere_is_emptied_too(command: Path) -> None:
    (command.parent / "backups").rename(command.parent / "disk")
    (command.parent / "backups").symlink_to(command.parent / "disk")
    _, files, _ = run(command)
    assert len([one for one in files if one.startswith("nightly-")]) == 3


def test_one_that_was_not_made_takes_no_older_one_with_it(command: Path) -> None:
    Path(f"{command}.fails").touch()
    status, files, _ = run(command)
    assert status != 0
    assert len([one for one in files if one.startswith("nightly-")]) == 4


@pytest.mark.parametrize("kept", ["0", "-1", "all", ""])
def test_keeping_none_is_refused(command: Path, kept: str) -> None:
    if not kept:
        assert run(command, kept)[0] == 0  # as if it was not said: 14
        return
    status, files, _ = run(command, kept)
    assert status == 2
    assert len(files) == 10


def test_the_timer_starts_the_script_that_is_installed() -> None:
    timer, service = ConfigParser(), ConfigParser()
    timer.optionxform = service.optionxform = str  # type: ignore[assignment,method-assign]
    timer.read(SERVER / "ia-solaris-backup.timer")
    service.read(SERVER / "ia-solaris-backup.service")
    assert timer["Timer"]["Persistent"] == "true"
    assert timer["Install"]["WantedBy"] == "timers.target"
    start = service["Service"]["ExecStart"].split()
    assert start == [
        "@INSTALL_DIR@/current/infra/server/nightly.sh",
        "@COMMAND_FILE@",
        "@BACKUP_DIR@",
    ]
    written = (SERVER / "system.sh").read_text(encoding="utf-8")
    for name in ("@INSTALL_DIR@", "@COMMAND_FILE@", "@BACKUP_DIR@"):
        assert f"s|{name}|" in written
    removed = (SERVER / "lifecycle.sh").read_text(encoding="utf-8")
    for name in ("ia-solaris-backup.service", "ia-solaris-backup.timer"):
        assert f'"$UNIT_DIR/{name}"' in written
        assert f'"$UNIT_DIR/{name}"' in removed
