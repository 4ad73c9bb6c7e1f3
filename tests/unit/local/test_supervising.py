"""Programs that end again and again, or hang: which of them the system can be without."""

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from infra.local.run import supervisor as module
from infra.local.run import watching
from infra.local.run.supervisor import MAX_RESTARTS, Program, ProgramError, Supervisor
from infra.local.run.watching import Watch, answers, beat, beats, pongs
from solaris.operations.unsteady import Unsteady

BOUND_SECONDS = 20.0
DIES = [sys.executable, "-c", "raise SystemExit(3)"]
STAYS = [sys.executable, "-c", "import time; time.sleep(60)"]


@pytest.fixture
def supervisor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Supervisor]:
    monkeypatch.setattr(module, "RESTART_PAUSE_SECONDS", 0.0)
    made = Supervisor(tmp_path, tmp_path / "logs")
    yield made
    made.stop()


def checked(supervisor: Supervisor, until: Callable[[], bool]) -> None:
    """Look after the programs until something has come about."""
    deadline = time.monotonic() + BOUND_SECONDS
    while not until():
        assert time.monotonic() < deadline
        supervisor.check()
        time.sleep(0.01)


def test_a_needed_program_that_keeps_ending_ends_the_system(supervisor: Supervisor) -> None:
    supervisor.start(Program("gateway", DIES, {}, 5))
    with pytest.raises(ProgramError, match="gateway keeps ending"):
        checked(supervisor, lambda: False)


def test_the_system_goes_on_without_one_that_is_not_needed(
    supervisor: Supervisor, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """It is given up for a while, told once, and tried again; the others stay as they are."""
    monkeypatch.setattr(module, "GIVEN_UP_PAUSE_SECONDS", 0.3)
    supervisor.start(Program("worker", STAYS, {}, 5))
    supervisor.start(Program("cache", DIES, {}, 5, is_needed=False))
    worker, cache = supervisor._running
    process = worker.process
    checked(supervisor, lambda: cache.failures > MAX_RESTARTS)
    tried = len(cache.restarts)
    supervisor.check()
    assert len(cache.restarts) == tried, "it was not left alone"
    checked(supervisor, lambda: len(cache.restarts) > tried + 1)
    assert worker.process is process
    assert capfd.readouterr().err.count("cache keeps ending (3); going on without it") == 1


def test_one_that_hangs_is_ended_and_started_again(supervisor: Supervisor) -> None:
    def answers_once_started_again() -> bool:
        return bool(pids) and supervisor._running[0].process.pid != pids[0]

    pids: list[int] = []
    watch = Watch(answers_once_started_again, most=2, every=0.02)
    supervisor.start(Program("exporter", STAYS, {}, 5, is_needed=False, watch=watch))
    (exporter,) = supervisor._running
    pids.append(exporter.process.pid)
    checked(supervisor, lambda: exporter.process.pid != pids[0])
    checked(supervisor, lambda: not watch.is_hung and exporter.process.poll() is None)


def test_silences_count_in_a_row() -> None:
    said = iter([False, False, True, False, False, False])
    watch = Watch(lambda: next(said), most=3)
    found = []
    for _ in range(6):
        watch.look()
        found.append(watch.is_hung)
    assert found == [False] * 5 + [True]
    watch.forget()
    assert not watch.is_hung


def test_a_file_that_is_touched_beats(tmp_path: Path) -> None:
    file = tmp_path / "worker.beat"
    ask = beats(file)
    assert ask(), "the first look has nothing to compare with"
    assert not ask(), "nothing is there"
    beat(file)
    assert ask()
    assert not ask()
    os.utime(file, ns=(1, 1))  # the clock was set back
    assert ask()
    beat(None)
    beat(tmp_path / "no" / "such" / "folder")


def test_a_server_that_says_anything_answers_and_one_that_takes_only_the_call_does_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Unwell(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_error(503)

        def log_message(self, *_: object) -> None:
            pass

    monkeypatch.setattr(watching, "ANSWER_SECONDS", 0.3)
    with HTTPServer(("127.0.0.1", 0), Unwell) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        assert answers("127.0.0.1", server.server_port)()
        server.shutdown()
        thread.join()
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        assert not answers("127.0.0.1", port)()
        assert not pongs("127.0.0.1", port)()
    assert not pongs("127.0.0.1", port)()


def test_the_worker_takes_the_file(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "infra.local.run.worker", "--help"],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert "--beat" in done.stdout


def test_a_program_that_keeps_ending_is_told_until_it_is_well_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "RESTART_PAUSE_SECONDS", 0.0)
    monkeypatch.setattr(module, "STEADY_SECONDS", 0.5)
    unsteady = Unsteady(tmp_path)
    unsteady.tell(["gateway"])  # of a supervisor that was killed
    may_stay = tmp_path / "stay"
    code = f"import os, time; time.sleep(60 if os.path.exists({str(may_stay)!r}) else 0)"
    supervisor = Supervisor(tmp_path, tmp_path / "logs", unsteady)
    try:
        supervisor.start(Program("worker", STAYS, {}, 5))
        supervisor.check()
        assert unsteady.names() == []
        supervisor.start(Program("exporter", [sys.executable, "-c", code], {}, 5, is_needed=False))
        checked(supervisor, lambda: unsteady.names() == ["exporter"])
        exporter = supervisor._running[1]
        assert exporter.failures >= module.UNSTEADY_FAILURES
        may_stay.touch()
        checked(supervisor, lambda: unsteady.names() == [])
        assert exporter.process.poll() is None
    finally:
        supervisor.stop()


def test_nothing_is_told_of_a_program_once_the_system_has_stopped(tmp_path: Path) -> None:
    supervisor = Supervisor(tmp_path, tmp_path / "logs", Unsteady(tmp_path))
    Unsteady(tmp_path).tell(["cache"])
    supervisor.stop()
    assert Unsteady(tmp_path).names() == []


def test_a_disk_that_takes_nothing_is_told_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "RESTART_PAUSE_SECONDS", 0.0)
    folder = tmp_path / "away"
    unsteady = Unsteady(folder)
    supervisor = Supervisor(tmp_path, tmp_path / "logs", unsteady)
    try:
        supervisor.start(Program("exporter", DIES, {}, 5, is_needed=False))
        (exporter,) = supervisor._running
        checked(supervisor, lambda: exporter.failures > module.UNSTEADY_FAILURES)
        folder.mkdir()
        checked(supervisor, lambda: unsteady.names() == ["exporter"])
    finally:
        supervisor.stop()
