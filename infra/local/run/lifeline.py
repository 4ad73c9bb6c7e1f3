"""What others stand on is stopped last, also when nobody is left to stop it.

A supervisor that is killed with -9 stops nothing in order. Linux sends its programs SIGTERM then:
the gateway finishes its open streams, the worker what it has in hand. The store must outlive them,
or what those answers have used is lost. So every program that uses it holds the writing end of one
pipe, as the supervisor does; nobody writes to it, and its reading end says when the last is gone.

    users       gateway, worker, exporter, functions: SIGTERM when the supervisor is gone
    lasting     tables, store, demo upstream: `end_when_alone`

What was said to a supervisor that is gone goes to the program's log file, if there is one: a line
that nobody takes must not break an answer (`steady_output`).
"""

import os
import signal
import sys
import threading
from contextlib import suppress
from types import FrameType
from typing import TextIO, cast

LIFELINE = "SOLARIS_LIFELINE"
LOG_FILE = "SOLARIS_LOG_FILE"


class Lifeline:
    """The pipe: `held` is for those who use the store, `watched` for those who outlive them."""

    def __init__(self) -> None:
        self.watched, self.held = os.pipe()

    def close(self) -> None:
        """Let go; everybody has ended."""
        for end in (self.watched, self.held):
            with suppress(OSError):
                os.close(end)


def end_when_alone() -> None:
    """Send SIGTERM to this process once all who use it are gone.

    Nothing without a supervisor of ours (LIFELINE is the reading end's number then).
    """
    number = os.environ.get(LIFELINE)
    if number is None:
        return
    descriptor = int(number)

    def run() -> None:
        os.read(descriptor, 1)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=run, name="lifeline", daemon=True).start()


def stop_on_signals(stop: threading.Event) -> None:
    """Set the event on SIGTERM or SIGINT, once.

    When a supervisor is killed, Linux sends SIGTERM as often as it has threads, and an Event that
    is set inside its own `set` waits for itself for ever.
    """
    both = (signal.SIGTERM, signal.SIGINT)

    def told(_number: int, _frame: FrameType | None) -> None:
        for number in both:
            signal.signal(number, signal.SIG_IGN)
        stop.set()

    for number in both:
        signal.signal(number, told)


class _Steady:
    """A stream of text, unbuffered, whose lines go elsewhere once nobody takes them here."""

    _lock = threading.Lock()

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        data = text.encode("utf-8", "backslashreplace")
        with self._lock:
            try:
                self._write(data)
            except OSError:
                _turn_output()
                with suppress(OSError):
                    self._write(data)
        return len(text)

    def _write(self, data: bytes) -> None:
        while data:
            data = data[os.write(self._stream.fileno(), data) :]

    def flush(self) -> None:
        """There is nothing to flush."""

    def __getattr__(self, name: str) -> object:
        return getattr(self._stream, name)


def steady_output() -> None:
    """Let no line of this process fail because its reader is gone; call it first of all."""
    sys.stderr = cast("TextIO", _Steady(sys.stderr))
    sys.stdout = cast("TextIO", _Steady(sys.stdout))


def _turn_output() -> None:
    """Have standard output and error write to the log file, where there is none to nothing."""
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
    for path in (os.environ.get(LOG_FILE), os.devnull):
        with suppress(OSError):
            found = os.open(path or os.devnull, flags, 0o600)
            os.dup2(found, 1)
            os.dup2(found, 2)
            os.close(found)
            return
