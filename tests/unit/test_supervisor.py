"""Where the programs' lines go, and what a start needs."""

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from infra.local.preflight import StartError, check_node
from infra.local.supervisor import Program, Supervisor

SAYS = Program("talker", [sys.executable, "-c", "print('one'); print('two')"], {}, 5)


def finished(supervisor: Supervisor) -> None:
    """Let a program end and its lines arrive."""
    supervisor.start(SAYS)
    for running in supervisor._running:
        running.process.wait(20)
    for thread in threading.enumerate():
        if thread.name == "log-talker":
            thread.join(20)


def test_lines_go_to_a_file(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    supervisor = Supervisor(tmp_path, tmp_path / "logs")
    finished(supervisor)
    assert (tmp_path / "logs" / "talker.log").read_text() == "one\ntwo\n"
    assert supervisor.last_line_of("talker") == "two"
    assert capfd.readouterr().out == ""


def test_lines_go_to_the_terminal(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    supervisor = Supervisor(tmp_path, None)
    finished(supervisor)
    assert capfd.readouterr().out == "one\ntwo\n"
    assert supervisor.log_of("talker") is None
    assert supervisor.last_line_of("nobody") == ""
    assert list(tmp_path.iterdir()) == []


def test_a_built_site_needs_no_node(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    check_node(tmp_path)
    site = tmp_path / "admin_site"
    (site / "dist").mkdir(parents=True)
    (site / "package.json").touch()
    with pytest.raises(StartError, match=r"Node\.js"):
        check_node(tmp_path)
    (site / "dist" / "index.html").touch()
    check_node(tmp_path)


@pytest.mark.parametrize("module", ["infra.local", "infra.local.prepare", "infra.local.alive"])
def test_everything_that_a_person_starts_has_help(module: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", module, "--help"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0
    assert f"usage: python -m {module}" in done.stdout
