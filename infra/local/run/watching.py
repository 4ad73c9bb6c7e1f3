"""Whether programs still do something: a process may live and hang.

Each is asked every five seconds, in a thread of its own; one that has said nothing so many times
in a row is hung. Times are counted and not seconds, so that a machine that slept, or was too busy
to ask, accuses nobody.

    answers     a web server says anything at all to GET /health
    pongs       the cache says something to PING
    beats       a file is touched by a program that has no port
"""

import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from http.client import HTTPConnection, HTTPException
from pathlib import Path

ASK_SECONDS = 5.0
ANSWER_SECONDS = 4.0
MOST_SILENCES = 12  # a minute
# a batch may wait for a store that says nothing: three tries of each of its transactions
MOST_BEATS_MISSED = 48

Ask = Callable[[], bool]


class Watch:
    """One program's silences; `ask` returns False when there was no answer, bounded in time."""

    def __init__(self, ask: Ask, *, most: int = MOST_SILENCES, every: float = ASK_SECONDS) -> None:
        self._ask = ask
        self._most = most
        self._every = every
        self._silences = 0

    @property
    def is_hung(self) -> bool:
        """Whether it has said nothing so often in a row."""
        return self._silences >= self._most

    def forget(self) -> None:
        """Begin anew: the program was started again."""
        self._silences = 0

    def look(self) -> None:
        """Ask once."""
        self._silences = 0 if self._ask() else self._silences + 1

    def start(self, stop: threading.Event, name: str) -> None:
        """Ask again and again, until told to stop."""

        def run() -> None:
            while not stop.wait(self._every):
                self.look()

        threading.Thread(target=run, name=f"watch-{name}", daemon=True).start()


def answers(host: str, port: int) -> Ask:
    """Asks a web server for /health; any answer will do."""

    def ask() -> bool:
        connection = HTTPConnection(host, port, timeout=ANSWER_SECONDS)
        try:
            connection.request("GET", "/health")
            connection.getresponse()
        except (OSError, HTTPException):
            return False
        finally:
            connection.close()
        return True

    return ask


def pongs(host: str, port: int) -> Ask:
    """Sends the cache a PING."""

    def ask() -> bool:
        try:
            with socket.create_connection((host, port), timeout=ANSWER_SECONDS) as connection:
                connection.sendall(b"PING\r\n")
                return bool(connection.recv(1))
        except OSError:
            return False

    return ask


def beats(path: Path) -> Ask:
    """Looks whether a file was touched since the last look."""
    seen = -1

    def ask() -> bool:
        nonlocal seen
        last, seen = seen, _touched(path)
        return seen != last

    return ask


def _touched(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0


def beat(path: Path | None) -> None:
    """Touch the file, for who looks; a full disk is no reason to stop."""
    if path is not None:
        with suppress(OSError):
            path.touch()
