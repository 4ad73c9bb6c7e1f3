"""Where the programs' lines go, and what a start needs."""

import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from infra.local.run.preflight import StartError, check_node
from infra.local.run.supervisor import Program, Supervisor

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


@pytest.mark.parametrize(
    "module", ["infra.local", "infra.local.run.prepare", "infra.local.run.alive"]
)
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


def test_a_stop_that_did_not_save_is_told(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    code = (
        "import signal, sys, time; signal.signal(15, lambda *_: sys.exit({})); "
        "print('on', flush=True); time.sleep(30)"
    )
    for status, keeps_data, is_clean in ((0, True, True), (3, True, False), (3, False, True)):
        supervisor = Supervisor(tmp_path, tmp_path / "logs")
        command = [sys.executable, "-c", code.format(status)]
        supervisor.start(Program("keeper", command, {}, 20, keeps_data=keeps_data))
        deadline = time.monotonic() + 20
        while supervisor.last_line_of("keeper") != "on":
            assert time.monotonic() < deadline
            time.sleep(0.01)
        assert supervisor.stop() is is_clean
        told = capfd.readouterr().err
        assert ("keeper did not save cleanly (3)" in told) is not is_clean
