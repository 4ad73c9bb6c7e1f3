"""A small process tree: started in order, logged to files, restarted when one dies, stopped last
to first.
"""

import ctypes
import json
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from logging.handlers import RotatingFileHandler
from pathlib import Path

from infra.local.run.lifeline import LIFELINE, LOG_FILE, Lifeline
from infra.local.run.watching import Watch
from solaris.operations.unsteady import Unsteady

LOG_BYTES = 10 * 1024 * 1024
LOG_FILES = 3
MAX_RESTARTS = 5
RESTART_WINDOW_SECONDS = 60
RESTART_PAUSE_SECONDS = 0.2
GIVEN_UP_PAUSE_SECONDS = 30.0
# So many ends of a program, each soon after its start, are told; until it has run for so long.
UNSTEADY_FAILURES, STEADY_SECONDS = 3, 30.0
POLL_SECONDS = 0.1
MAX_TOLD_LINES, TOLD_WINDOW_SECONDS = 10, 60.0
_PR_SET_PDEATHSIG = 1


@dataclass(frozen=True, slots=True)
class Program:
    """One process: its command, its environment, and how long a clean stop may take.

    `is_needed`: without it nobody is served; one that is not may end as often as it likes.
    `keeps_data`: a stop that it does not survive cleanly is told. `watch` says whether it hangs.
    `is_lasting`: when the supervisor is killed, it ends after those that use it (lifeline.py).
    `held` are descriptors that it keeps open.
    """

    name: str
    command: list[str]
    environment: Mapping[str, str]
    stop_seconds: float = 10
    is_needed: bool = True
    keeps_data: bool = False
    watch: Watch | None = None
    is_lasting: bool = False
    held: tuple[int, ...] = ()


class ProgramError(Exception):
    """A program does not stay up; the message names it and its log file."""


@dataclass(slots=True)
class _Running:
    program: Program
    process: subprocess.Popen[bytes]
    began_at: float
    restarts: list[float] = field(default_factory=list)
    failures: int = 0
    due_at: float | None = None
    """When it is started again; None while it runs, or when nobody has noticed its end yet."""

    def is_unsteady(self, now: float) -> bool:
        """Whether it ended again and again, and has not run for long since."""
        is_back = self.due_at is None and now - self.began_at >= STEADY_SECONDS
        return self.failures >= UNSTEADY_FAILURES and not is_back


class Supervisor:
    """Starts programs and keeps them up. Logs go to `logs/<name>.log`, errors to the terminal.

    Without `logs` every line goes to standard output as it is, for who collects logs there.
    `unsteady` is told of programs that keep ending.
    """

    def __init__(self, root: Path, logs: Path | None, unsteady: Unsteady | None = None) -> None:
        self._root = root
        self._unsteady = unsteady
        self._told: set[str] | None = None
        self._lifeline = Lifeline()
        self._logs = logs
        self._running: list[_Running] = []
        self._last_lines: dict[str, str] = {}
        self._stopping = threading.Event()
        if logs is not None:
            logs.mkdir(parents=True, exist_ok=True)

    def start(self, program: Program) -> None:
        """Start one program."""
        self._running.append(_Running(program, self._spawn(program), time.monotonic()))
        if program.watch is not None:
            program.watch.start(self._stopping, program.name)

    def log_of(self, name: str) -> Path | None:
        """Where a program's log is; None: on standard output."""
        return None if self._logs is None else self._logs / f"{name}.log"

    def last_line_of(self, name: str) -> str:
        """What a program said last, "" when it has not said anything."""
        return self._last_lines.get(name, "")

    def check(self) -> None:
        """Start again what has ended, end what hangs.

        Raises ProgramError when a program that is needed ends again and again. Another one is
        started again every half minute then, and the system goes on without it.
        """
        for running in self._running:
            if self._stopping.is_set():
                return
            status = running.process.poll()
            if status is None:
                self._end_if_hung(running)
                continue
            now = time.monotonic()
            if running.due_at is None:
                running.due_at = now + self._pause(running, status, now)
            if now >= running.due_at:
                self._start_again(running, now)
        self._tell_unsteady()

    def _tell_unsteady(self) -> None:
        """Say which programs keep ending, when these are others than before."""
        now = time.monotonic()
        found = {one.program.name for one in self._running if one.is_unsteady(now)}
        if self._unsteady is None or found == self._told:
            return
        with suppress(OSError):  # a full disk, which is told of itself; tried again
            self._unsteady.tell(found)
            self._told = found

    def _end_if_hung(self, running: _Running) -> None:
        watch = running.program.watch
        if watch is not None and watch.is_hung:
            _tell(f"{running.program.name} says nothing any more, ending it")
            watch.forget()
            running.process.kill()

    def _pause(self, running: _Running, status: int, now: float) -> float:
        """Seconds until a program that has ended is started again. Raises ProgramError."""
        name = running.program.name
        running.restarts = [t for t in running.restarts if now - t < RESTART_WINDOW_SECONDS]
        if now - running.began_at >= RESTART_WINDOW_SECONDS:
            running.failures = 0
        running.failures += 1
        where = self.log_of(name) or "its lines above"
        if running.program.is_needed and len(running.restarts) >= MAX_RESTARTS:
            raise ProgramError(f"{name} keeps ending ({status}); see {where}")
        if running.failures <= MAX_RESTARTS or running.program.is_needed:
            _tell(f"{name} ended ({status}), starting it again")
            return RESTART_PAUSE_SECONDS * (1 + len(running.restarts))
        if running.failures == MAX_RESTARTS + 1:
            _tell(f"{name} keeps ending ({status}); going on without it, see {where}")
        return GIVEN_UP_PAUSE_SECONDS

    def _start_again(self, running: _Running, now: float) -> None:
        running.due_at = None
        running.restarts.append(now)
        running.began_at = now
        if running.program.watch is not None:
            running.program.watch.forget()
        running.process = self._spawn(running.program)

    def has_ended(self, name: str) -> bool:
        """Whether a program is down right now."""
        return any(
            running.program.name == name and running.process.poll() is not None
            for running in self._running
        )

    def has(self, name: str) -> bool:
        """Whether a program of this name was started."""
        return any(running.program.name == name for running in self._running)

    def stop(self) -> bool:
        """Stop everything, last started first; each may take its `stop_seconds`.

        Returns whether what keeps data ended by itself and well; if not, it was told.
        """
        self._stopping.set()
        if self._unsteady is not None:
            with suppress(OSError):
                self._unsteady.tell(())
        is_clean = True
        for running in reversed(self._running):
            if running.process.poll() is None:
                running.process.send_signal(signal.SIGTERM)
            try:
                running.process.wait(running.program.stop_seconds)
            except subprocess.TimeoutExpired:
                _tell(f"{running.program.name} did not stop in time, ending it")
                running.process.kill()
                running.process.wait()
            status = running.process.returncode
            if running.program.keeps_data and status not in (0, -signal.SIGTERM):
                is_clean = False
                where = self.log_of(running.program.name) or "its lines above"
                _tell(f"{running.program.name} did not save cleanly ({status}), see {where}")
        self._running.clear()
        self._lifeline.close()
        return is_clean

    def _spawn(self, program: Program) -> subprocess.Popen[bytes]:
        environment = dict(program.environment)
        if (log := self.log_of(program.name)) is not None:
            environment[LOG_FILE] = str(log)
        end = self._lifeline.held
        on_start: Callable[[], None] | None = partial(_end_with_parent, os.getpid())
        if program.is_lasting:
            end, on_start = self._lifeline.watched, None
            environment[LIFELINE] = str(end)
        # a session of its own: Ctrl-C reaches the supervisor, which stops them in order
        process = subprocess.Popen(
            program.command,
            cwd=self._root,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            pass_fds=(end, *program.held),
            preexec_fn=on_start,  # noqa: PLW1509 - takes no lock
        )
        threading.Thread(
            target=self._pump, args=(program.name, process), name=f"log-{program.name}", daemon=True
        ).start()
        return process

    def _pump(self, name: str, process: subprocess.Popen[bytes]) -> None:
        path = self.log_of(name)
        handler: logging.Handler = (
            logging.StreamHandler(sys.stdout)
            if path is None
            else RotatingFileHandler(
                path, maxBytes=LOG_BYTES, backupCount=LOG_FILES, encoding="utf-8"
            )
        )
        if process.stdout is None:
            return
        told = FewLines(f"{name}: more of it in {path}")
        with process.stdout:
            for raw in process.stdout:
                line = raw.decode("utf-8", "replace").rstrip("\n")
                self._last_lines[name] = line
                with suppress(OSError):  # a full disk must not stop a program through its log
                    handler.emit(logging.makeLogRecord({"msg": line}))
                problem = path and _problem(line)
                if problem and not self._stopping.is_set():
                    told.tell(f"{name}: {problem}")
        handler.close()


class FewLines:
    """Tells a few lines a minute, and once that there are more: a fault that repeats itself must
    not flood the terminal.
    """

    def __init__(self, more: str, timer: Callable[[], float] = time.monotonic) -> None:
        self._more = more
        self._timer = timer
        self._began_at = timer()
        self._count = 0

    def tell(self, line: str) -> None:
        """Print the line, or not."""
        now = self._timer()
        if now - self._began_at >= TOLD_WINDOW_SECONDS:
            self._began_at, self._count = now, 0
        self._count += 1
        if self._count <= MAX_TOLD_LINES:
            _tell(line)
        elif self._count == MAX_TOLD_LINES + 1:
            _tell(self._more)


def _problem(line: str) -> str | None:
    """Return the message of a JSON log line of level error, None for anything else."""
    if '"level":"error"' not in line:
        return None
    try:
        entry = json.loads(line)
    except ValueError:
        return None
    message = str(entry.get("message", ""))
    detail = str(entry.get("error", ""))[:200]
    return f"{message}: {detail}" if detail else message


def _tell(line: str) -> None:
    print(f"[solaris] {line}", file=sys.stderr, flush=True)


def _end_with_parent(parent: int) -> None:
    """Linux: the kernel stops the program when the supervisor is gone, however it went.

    In a container the supervisor may be process 1, which elsewhere is who takes orphans in.
    """
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
            if os.getppid() != parent:
                os._exit(1)
