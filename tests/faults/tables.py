"""The tables as a program of our own: it can be killed, stalled, and put behind a proxy."""

import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import psutil

from infra.local.run.watching import answers
from infra.local.store.tables.program import tables_command
from tests.e2e.local_system import ROOT
from tests.ports import lasting_port

STORES = EMBEDDED, DYNAMODB_LOCAL = ("embedded", "dynamodb-local")
START_SECONDS, STOP_SECONDS = 60.0, 90.0
POLL_SECONDS = 0.05
_LOOPBACK = "127.0.0.1"
_JAR = ROOT / ".venv" / "localstack" / "dynamodb" / "package" / "emulator"
_MAIN = ROOT / "tests" / "localstack" / "Loopback.java"


class NotPossibleError(Exception):
    """A fault that this machine cannot make; the message says why."""


class Tables:
    """A server of DynamoDB's API, its tables in files of `directory`: acknowledged writes outlive
    the process. `store` is one of STORES. Raises NotPossibleError where it is not installed.
    """

    def __init__(self, store: str, directory: Path) -> None:
        directory.mkdir(parents=True)
        self.store = store
        self._directory = directory
        self._port = lasting_port()
        make = _dynamodb_local if store == DYNAMODB_LOCAL else tables_command
        self._command: Sequence[str] = make(_LOOPBACK, self._port, directory)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://{_LOOPBACK}:{self._port}"

    @property
    def process(self) -> psutil.Process:
        """The running program."""
        assert self._process is not None
        return psutil.Process(self._process.pid)

    def start(self) -> None:
        """Start it, and return when it answers."""
        with (self._directory.parent / "tables.log").open("ab") as log:
            # signals as Python has them: a file that may not grow is an error, not its end
            self._process = subprocess.Popen(
                self._command,
                cwd=self._directory,
                stdout=log,
                stderr=subprocess.STDOUT,
                restore_signals=False,
            )
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self._process.poll() is None:
            if answers(_LOOPBACK, self._port)():
                return
            time.sleep(POLL_SECONDS)
        raise NotPossibleError(f"the tables ({self.store}) do not start; see tables.log")

    def kill_9(self) -> None:
        """End it as the kernel would, without a word."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(STOP_SECONDS)

    def restart_killed(self) -> None:
        """Kill -9, then start it on the same files and port."""
        self.kill_9()
        self.start()


@contextmanager
def stalled(process: psutil.Process) -> Iterator[None]:
    """A program that lives, keeps its connections and says nothing until the end of the block."""
    process.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        process.send_signal(signal.SIGCONT)


def _dynamodb_local(_host: str, port: int, directory: Path) -> Sequence[str]:
    java = shutil.which("java")
    if not (_JAR / "DynamoDBLocal.jar").is_file() or java is None:
        raise NotPossibleError("DynamoDB Local is not installed: make test-localstack does")
    library = _JAR / "DynamoDBLocal_lib"
    return [
        *(java, "-Xmx512m", f"-Djava.library.path={library}"),
        *("-cp", f"{_JAR / 'DynamoDBLocal.jar'}:{library / '*'}", str(_MAIN)),
        *("-port", str(port), "-sharedDb", "-disableTelemetry", "-dbPath", str(directory)),
    ]
