"""A whole running system for the tests: `python -m infra.local`, as `make up` starts it."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psutil

from tests.ports import lasting_port

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 90
BOOKED_SECONDS = 30
POLL_SECONDS = 0.02
_CLEARED = ("AWS_", "REDIS_", "LITELLM_", "OPENAI_", "SOLARIS_")


@dataclass
class LocalSystem:
    """One installation: its process, its port, what it printed."""

    process: subprocess.Popen[str]
    environment: dict[str, str]
    port: int
    data_dir: Path
    output: str

    @property
    def url(self) -> str:
        """Root of the one port."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def printed_key(self) -> str | None:
        """The gateway key in the banner, if it was printed."""
        found = re.search(r"sk-solaris-[\w-]{43}", self.output)
        return found[0] if found else None

    def run_variable(self, name: str) -> str:
        """One variable of run.env, how the command line finds the system."""
        for line in (self.data_dir / "run.env").read_text().splitlines():
            if line.startswith(f"{name}="):
                return line.split("=", 1)[1]
        raise KeyError(name)

    def demo(self) -> dict[str, Any]:
        """What the demo upstream says it has answered, once no answer is open."""
        url = self.run_variable("LITELLM_BASE_URL").removesuffix("/v1")
        log: dict[str, Any] = httpx.get(f"{url}/_demo/requests?settled=true", timeout=15).json()
        return log

    def reset_demo(self) -> None:
        """Make the demo upstream forget what it has answered."""
        url = self.run_variable("LITELLM_BASE_URL").removesuffix("/v1")
        httpx.post(f"{url}/_demo/reset").raise_for_status()

    def cli(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run `solaris …` as a person would, in the data directory's environment, in English."""
        return subprocess.run(
            [str(Path(sys.executable).parent / "solaris"), "--lang", "en", *arguments],
            env=self.environment,
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=check,
            timeout=60,
        )

    def user(self, email: str) -> dict[str, Any]:
        """`solaris users show --json`."""
        shown: dict[str, Any] = json.loads(self.cli("users", "show", email, "--json").stdout)
        return shown

    def booked_user(
        self, email: str, records: int, seconds: float = BOOKED_SECONDS
    ) -> dict[str, Any]:
        """The user once that many records are booked and nothing is reserved, or time is up."""
        deadline = time.monotonic() + seconds
        while True:
            shown = self.user(email)
            done = sum(model["requests"] for model in shown["models"]) >= records
            if (done and shown["reservedTokens"] == 0) or time.monotonic() > deadline:
                return shown

    def program(self, name: str) -> psutil.Process:
        """One program of the system, waited for if it is being started right now.

        `name` is a Python module's full name or a binary's. Raises LookupError.
        """
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            for one in psutil.Process(self.process.pid).children(recursive=True):
                with suppress(psutil.Error):  # gone meanwhile
                    if runs(one.cmdline(), name):
                        return one
            time.sleep(POLL_SECONDS)
        raise LookupError(f"no {name} is running")

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Stop it and return its exit code."""
        self.process.send_signal(number)
        rest, _ = self.process.communicate(timeout=90)
        self.output += rest
        return self.process.returncode


def runs(command: Sequence[str], name: str) -> bool:
    """Whether a command line is of that module, by its whole name, or of that binary.

    One module's name may begin like another's. A binary may have put its title where its path was.
    """
    if not command:  # a zombie
        return False
    return name in command or re.search(rf"(^|/){re.escape(name)}(\s|$)", command[0]) is not None


def clean_environment(**settings: str) -> dict[str, str]:
    """This machine's environment without anything that configures the system, plus settings."""
    base = {k: v for k, v in os.environ.items() if not k.startswith(_CLEARED)}
    return base | {"PYTHONUNBUFFERED": "1"} | settings


def start(data_dir: Path, **settings: str) -> LocalSystem:
    """Start a system and wait until it says that it is ready."""
    port = int(settings.pop("PORT", "0")) or lasting_port()
    environment = clean_environment(SOLARIS_DATA_DIR=str(data_dir), PORT=str(port), **settings)
    process = subprocess.Popen(
        [sys.executable, "-m", "infra.local"],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    lines = []
    for line in process.stdout:  # ends with the process at the latest
        lines.append(line)
        if "Ctrl-C stops it" in line:
            return LocalSystem(process, environment, port, data_dir, "".join(lines))
    process.wait(START_SECONDS)
    raise AssertionError("did not start:\n" + "".join(lines))


@contextmanager
def running(data_dir: Path, **settings: str) -> Iterator[LocalSystem]:
    """A system that is stopped at the end, whatever happens."""
    system = start(data_dir, **settings)
    try:
        yield system
    finally:
        if system.process.poll() is None:
            system.stop()
