"""What a killed supervisor leaves: programs in order, lines that break nothing, the next start."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from infra.local.run import lifeline, preflight
from infra.local.run.lifeline import LIFELINE, Lifeline
from infra.local.run.preflight import StartError, wait_for_programs
from infra.local.store.tables.program import (
    free_port,
    guarded_command,
    secret_address,
    wait_until_listening,
)

BOUND_SECONDS = 60.0
ROOT = Path(__file__).resolve().parents[3]
WAITS = "import time; time.sleep(60)"


def code(*lines: str) -> list[str]:
    return [sys.executable, "-c", "\n".join(lines)]


def environment(**more: str) -> dict[str, str]:
    return os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)} | more


@pytest.fixture
def pipe() -> Iterator[Lifeline]:
    made = Lifeline()
    yield made
    made.close()


def test_what_lasts_ends_once_nobody_uses_it_any_more(pipe: Lifeline) -> None:
    """And not before: one of two users is not enough."""
    program = code(
        "import time",
        "from infra.local.run.lifeline import end_when_alone",
        "end_when_alone()",
        "print('ready', flush=True)",
        "time.sleep(60)",
    )
    users = [
        subprocess.Popen(code(WAITS), pass_fds=(pipe.held,), stdout=subprocess.DEVNULL)
        for _ in range(2)
    ]
    lasting = subprocess.Popen(
        program,
        cwd=ROOT,
        env=environment(**{lifeline.LIFELINE: str(pipe.watched)}),
        pass_fds=(pipe.watched,),
        stdout=subprocess.PIPE,
    )
    try:
        assert lasting.stdout is not None
        assert lasting.stdout.readline() == b"ready\n"
        os.close(pipe.held)
        users[0].kill()
        users[0].wait(BOUND_SECONDS)
        with pytest.raises(subprocess.TimeoutExpired):
            lasting.wait(1)
        users[1].kill()
        assert lasting.wait(BOUND_SECONDS) == -signal.SIGTERM
    finally:
        for one in (*users, lasting):
            one.kill()
            one.wait(BOUND_SECONDS)
        if lasting.stdout is not None:
            lasting.stdout.close()


def test_a_signal_that_comes_again_and_again_stops_once(tmp_path: Path) -> None:
    """Linux tells of a killed parent once for each of its threads."""
    program = subprocess.Popen(
        code(
            "import threading",
            "from infra.local.run.lifeline import stop_on_signals",
            "class Slow(threading.Event):",
            "    def set(self):",
            "        with self._cond:",  # as Event.set, and long enough to be met by the next
            "            print('setting', flush=True)",
            "            import time; time.sleep(1)",
            "            self._flag = True",
            "            self._cond.notify_all()",
            "stop = Slow()",
            "stop_on_signals(stop)",
            "print('ready', flush=True)",
            "stop.wait()",
            "print('stopped', flush=True)",
        ),
        cwd=ROOT,
        env=environment(),
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert program.stdout is not None
        with program.stdout as said:
            assert said.readline() == "ready\n"
            program.terminate()
            assert said.readline() == "setting\n"
            for _ in range(3):
                program.terminate()
            assert program.wait(BOUND_SECONDS) == 0
            assert said.read() == "stopped\n"
    finally:
        program.kill()
        program.wait(BOUND_SECONDS)


def test_lines_that_nobody_takes_go_to_the_log_file(tmp_path: Path) -> None:
    log = tmp_path / "gateway.log"
    reading, writing = os.pipe()
    program = subprocess.Popen(
        code(
            "import sys",
            "from infra.local.run.lifeline import steady_output",
            "from solaris.platform.logs import configure_logging, get_logger",
            "steady_output()",
            "configure_logging('INFO')",
            "input()",
            "get_logger('solaris.test').info('usage_event', request_id='req-1')",
            "print('and this', flush=True)",
            "get_logger('solaris.test').info('second')",
        ),
        cwd=ROOT,
        env=environment(**{lifeline.LOG_FILE: str(log)}),
        stdin=subprocess.PIPE,
        stdout=writing,
        stderr=writing,
    )
    os.close(writing)
    os.close(reading)
    program.communicate(b"\n", timeout=BOUND_SECONDS)
    assert program.returncode == 0
    lines = log.read_text().splitlines()
    assert len(lines) == 3
    assert '"request_id":"req-1"' in lines[0]
    assert lines[1] == "and this"


def test_tables_end_when_all_who_use_them_are_gone(tmp_path: Path) -> None:
    line = Lifeline()
    host = secret_address()
    port = free_port(host)
    given = {LIFELINE: str(line.watched), "AWS_ACCESS_KEY_ID": "k", "AWS_SECRET_ACCESS_KEY": "s"}
    program = subprocess.Popen(
        guarded_command(host, port, tmp_path),
        cwd=ROOT,
        env=environment(**given),
        pass_fds=(line.watched,),
    )
    try:
        wait_until_listening(f"http://{host}:{port}", BOUND_SECONDS)
        (engine,) = psutil.Process(program.pid).children()
        assert program.poll() is None
        line.close()
        assert program.wait(BOUND_SECONDS) == 0
        assert not engine.is_running()
    finally:
        program.kill()
        program.wait(BOUND_SECONDS)


def test_the_next_start_waits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    stop = threading.Event()
    with wait_for_programs(tmp_path, stop) as lock:
        held = subprocess.Popen(code(WAITS), pass_fds=(lock.fileno(),))
    try:
        monkeypatch.setattr(preflight, "FINISH_SECONDS", 0.3)
        with pytest.raises(StartError, match="earlier start still run"):
            wait_for_programs(tmp_path, stop)
        monkeypatch.setattr(preflight, "FINISH_SECONDS", BOUND_SECONDS)
        ending = threading.Timer(0.3, held.kill)
        ending.start()
        wait_for_programs(tmp_path, stop).close()
        ending.join()
        assert capsys.readouterr().out.count("finishing its open streams") == 2
        with wait_for_programs(tmp_path, stop) as lock:
            stop.set()
            with pytest.raises(StartError):
                wait_for_programs(tmp_path, stop)
    finally:
        held.kill()
        held.wait(BOUND_SECONDS)


def test_a_killed_supervisor_ends_users_first(tmp_path: Path) -> None:
    """The user takes its time; what it uses is there until then."""
    log = tmp_path / "order"
    user = (
        "import signal, sys, time",
        "def leave(*_):",
        "    signal.signal(signal.SIGTERM, signal.SIG_IGN)",
        "    time.sleep(1)",
        "    open(sys.argv[1], 'a').write('user\\n')",
        "    raise SystemExit",
        "signal.signal(signal.SIGTERM, leave)",
        "open(sys.argv[1] + '.user', 'w')",
        "time.sleep(60)",
    )
    lasting = (
        "import signal, sys, time",
        "from infra.local.run.lifeline import end_when_alone",
        "def leave(*_):",
        "    open(sys.argv[1], 'a').write('lasting\\n')",
        "    raise SystemExit",
        "signal.signal(signal.SIGTERM, leave)",
        "end_when_alone()",
        "open(sys.argv[1] + '.lasting', 'w')",
        "time.sleep(60)",
    )
    supervisor = subprocess.Popen(
        [
            *code(
                "import pathlib, sys, time, os",
                "from infra.local.run.supervisor import Program, Supervisor",
                "made = Supervisor(pathlib.Path.cwd(), None)",
                f"lasting, user = {lasting!r}, {user!r}",
                "run = lambda lines: [sys.executable, '-c', '\\n'.join(lines), sys.argv[1]]",
                "made.start(Program('l', run(lasting), os.environ, is_lasting=True))",
                "made.start(Program('u', run(user), os.environ))",
                "time.sleep(60)",
            ),
            str(log),
        ],
        cwd=ROOT,
        env=environment(),
    )
    try:
        for name in ("order.lasting", "order.user"):
            until((tmp_path / name).exists)
        supervisor.kill()
        supervisor.wait(BOUND_SECONDS)
        until(lambda: log.exists() and "lasting" in log.read_text())
        assert log.read_text().splitlines() == ["user", "lasting"]
    finally:
        supervisor.kill()
        supervisor.wait(BOUND_SECONDS)


def until(found: Callable[[], object]) -> None:
    deadline = time.monotonic() + BOUND_SECONDS
    while not found():
        assert time.monotonic() < deadline
        time.sleep(0.02)
