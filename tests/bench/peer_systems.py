"""The peers of `make bench-peers`: LiteLLM's proxy and the Portkey gateway, each as it is fastest.

LiteLLM (its own environment, tests/e2e/litellm.lock): two workers, no database and so no keys but
the master's, no spend logs. Portkey (npm, tests/bench/portkey): one Node process, as it is
shipped but for loopback.cjs. Neither holds
a quota or books anything.
"""

import hashlib
import os
import shutil
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from infra.local.run.preflight import free_port
from infra.local.run.programs import ROOT
from tests.bench.generator import BenchError
from tests.bench.system import LOOPBACK, POLL_SECONDS, tell
from tests.e2e.litellm_environment import litellm_environment

START_SECONDS = 120.0
STOP_SECONDS = 15.0
WORKERS = 2
MASTER_KEY = "sk-bench"
_PORTKEY = ROOT / "tests" / "bench" / "portkey"
# what a peer may see of this environment
_KEPT = ("PATH", "HOME", "LANG", "TMPDIR")


@dataclass(slots=True)
class Peer:
    """One gateway: where it listens, what to send it, and its processes."""

    name: str
    port: int
    key: str = "none"
    headers: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None

    def cpu_seconds(self) -> float:
        """CPU time of all its processes so far."""
        total = 0.0
        for one in self._tree():
            with suppress(psutil.NoSuchProcess):
                times = one.cpu_times()
                total += times.user + times.system
        return total

    def memory_bytes(self) -> int:
        """Resident memory of all its processes."""
        total = 0
        for one in self._tree():
            with suppress(psutil.NoSuchProcess):
                total += one.memory_info().rss
        return total

    def stop(self) -> None:
        """End it and what it has started."""
        if self.process is None:
            return
        tree = self._tree()
        self.process.terminate()
        _, alive = psutil.wait_procs(tree, STOP_SECONDS)
        for one in alive:
            with suppress(psutil.NoSuchProcess):
                one.kill()
        self.process.wait(STOP_SECONDS)

    def _tree(self) -> list[psutil.Process]:
        if self.process is None or self.process.poll() is not None:
            raise BenchError(f"{self.name} has ended")
        parent = psutil.Process(self.process.pid)
        return [parent, *parent.children(recursive=True)]


def start_litellm(directory: Path, mock_port: int) -> Peer:
    """LiteLLM's proxy in front of the mock; raises BenchError when it does not start."""
    tell("LiteLLM: installing (once) and starting …")
    home = litellm_environment()
    config = directory / "litellm.yaml"
    config.write_text(
        "model_list:\n"
        '  - model_name: "*"\n'
        "    litellm_params:\n"
        '      model: "openai/*"\n'
        f"      api_base: http://{LOOPBACK}:{mock_port}/v1\n"
        "      api_key: none\n"
    )
    port = free_port()
    command = [
        *(str(home / "bin" / "litellm"), "--config", str(config), "--host", LOOPBACK),
        *("--port", str(port), "--num_workers", str(WORKERS)),
    ]
    environment = _environment(
        LITELLM_MASTER_KEY=MASTER_KEY,
        LITELLM_LOCAL_MODEL_COST_MAP="True",
        LITELLM_TELEMETRY="False",
        LITELLM_LOG="ERROR",
        NO_PROXY="*",
        PATH=f"{home / 'bin'}{os.pathsep}{os.environ['PATH']}",
    )
    peer = Peer("LiteLLM", port, MASTER_KEY)
    _start(peer, command, directory, environment)
    _wait(peer, directory, lambda: _answers(f"http://{LOOPBACK}:{port}/health/liveliness"))
    return peer


def start_portkey(directory: Path, mock_port: int) -> Peer:
    """Portkey's gateway in front of the mock; raises BenchError when it does not start."""
    node = shutil.which("node")
    if node is None:
        raise BenchError("Node.js is needed for Portkey")
    tell("Portkey: installing (once) and starting …")
    home = _portkey_home()
    port = free_port()
    script = home / "node_modules" / "@portkey-ai" / "gateway" / "build" / "start-server.js"
    command = [
        *(node, "--require", str(_PORTKEY / "loopback.cjs"), str(script)),
        *(f"--port={port}", "--headless"),
    ]
    headers = {
        "x-portkey-provider": "openai",
        "x-portkey-custom-host": f"http://{LOOPBACK}:{mock_port}/v1",
    }
    peer = Peer("Portkey", port, headers=headers)
    environment = _environment(NODE_ENV="production", TRUSTED_CUSTOM_HOSTS=LOOPBACK)
    _start(peer, command, directory, environment)
    _wait(peer, directory, lambda: _listens(port))
    return peer


def _portkey_home() -> Path:
    lock = _PORTKEY / "package-lock.json"
    digest = hashlib.sha256(lock.read_bytes()).hexdigest()[:12]
    home = ROOT / "build" / f"portkey-{digest}"
    done = home / "installed"
    if not done.exists():
        home.mkdir(parents=True, exist_ok=True)
        for name in ("package.json", "package-lock.json", ".npmrc"):
            shutil.copy(_PORTKEY / name, home / name)
        install = ["npm", "install", "--no-save", "--ignore-scripts", "--loglevel=error"]
        subprocess.run(install, cwd=home, check=True, timeout=300)
        done.touch()
    return home


def _environment(**more: str) -> dict[str, str]:
    return {name: os.environ[name] for name in _KEPT if name in os.environ} | more


def _start(peer: Peer, command: list[str], directory: Path, environment: dict[str, str]) -> None:
    with (directory / f"{peer.name}.log").open("wb") as log:
        peer.process = subprocess.Popen(
            command, cwd=directory, env=environment, stdout=log, stderr=log
        )


def _wait(peer: Peer, directory: Path, is_ready: Callable[[], bool]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and peer.process and peer.process.poll() is None:
        if is_ready():
            return
        time.sleep(POLL_SECONDS)
    log = (directory / f"{peer.name}.log").read_text(encoding="utf-8", errors="replace")
    raise BenchError(f"{peer.name} did not start: {log[-1000:]}")


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2):  # noqa: S310 - a loopback URL made here
            return True
    except OSError:
        return False


def _listens(port: int) -> bool:
    """Any answer at all will do: there is no open path that says 200."""
    try:
        with urllib.request.urlopen(f"http://{LOOPBACK}:{port}/", timeout=2):
            return True
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
