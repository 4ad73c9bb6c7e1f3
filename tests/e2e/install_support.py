"""infra/install.sh in a folder of its own, and what it installed run as systemd would run it."""

import os
import re
import shlex
import shutil
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from tests.e2e.local_system import ROOT, clean_environment
from tests.ports import lasting_port

INSTALL_SECONDS = 240
STOP_SECONDS = 90
NGINX_SECONDS = 15
SITE = ROOT / "admin_site" / "dist"
_ESCAPED = re.compile(r'\\(["\\$`])')


@dataclass
class Server:
    """A place where install.sh puts everything, instead of a whole machine."""

    prefix: Path
    port: int = field(default_factory=lasting_port)
    http_port: int = field(default_factory=lasting_port)
    https_port: int = field(default_factory=lasting_port)
    usage_at_stop: dict[str, int] = field(default_factory=dict)

    @property
    def etc(self) -> Path:
        """Settings."""
        return self.prefix / "etc" / "ia-solaris"

    @property
    def current(self) -> Path:
        """The release that runs."""
        return (self.prefix / "opt" / "ia-solaris" / "current").resolve()

    @property
    def data(self) -> Path:
        """The data directory."""
        return self.prefix / "var" / "lib" / "ia-solaris"

    @property
    def environment(self) -> dict[str, str]:
        """solaris.env as systemd reads it (systemd.exec(5), EnvironmentFile)."""
        return environment_file(self.etc / "solaris.env")

    @property
    def key(self) -> str:
        """The gateway key that the first start made."""
        found = re.search(r"sk-solaris-[\w-]{43}", (self.etc / "first-start.txt").read_text())
        assert found is not None
        return found[0]

    def unit(self, name: str) -> Path:
        """A unit file."""
        return self.prefix / "etc" / "systemd" / "system" / f"{name}.service"

    def install(
        self,
        *arguments: str,
        source: Path = ROOT,
        answers: str = "",
        check: bool = True,
        **variables: str,
    ) -> subprocess.CompletedProcess[str]:
        """Run the script; without `answers` it asks nothing."""
        base = {"PATH": os.environ["PATH"], "HOME": str(self.prefix), "LANG": "C.UTF-8"}
        given = {
            "PORT": str(self.port),
            "HTTP_PORT": str(self.http_port),
            "HTTPS_PORT": str(self.https_port),
            "PUBLIC_HOST": "localhost",
            "NGINX": "yes" if shutil.which("nginx") else "no",
        }
        options = [] if answers else ["--yes"]
        done = subprocess.run(
            [str(source / "infra" / "install.sh"), *arguments, *options, "--prefix", self.prefix],
            env=base | given | variables,
            input=answers,
            capture_output=True,
            text=True,
            timeout=INSTALL_SECONDS,
            check=False,
        )
        if check:
            assert done.returncode == 0, done.stdout + done.stderr
        return done

    def build(self) -> list[str]:
        """What spares a test the minutes of building: this checkout's Python and site."""
        return ["--venv", sys.prefix, "--site", str(SITE)]

    def cli(self, *arguments: str) -> str:
        """The command `solaris` that was installed, in English."""
        command = self.prefix / "usr" / "local" / "bin" / "solaris"
        return self.run([str(command), "--lang", "en", *arguments])

    def run(self, command: list[str], seconds: float = 60) -> str:
        """What a command prints, in an environment that is as bare of our settings as systemd's."""
        done = subprocess.run(
            command,
            env=clean_environment(),
            cwd="/",
            capture_output=True,
            text=True,
            check=False,
            timeout=seconds,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    @contextmanager
    def serving(self) -> Iterator[None]:
        """Run the unit until the test has what it wants."""
        settings = unit_settings(self.unit("ia-solaris"))
        environment = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}
        for line in settings["Environment"]:
            environment |= dict(one.split("=", 1) for one in line.split())
        (file,) = settings["EnvironmentFile"]
        environment |= environment_file(Path(file))
        (command,), (directory,) = settings["ExecStart"], settings["WorkingDirectory"]
        process = subprocess.Popen(
            shlex.split(command),
            env=environment,
            cwd=directory,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        lines: list[str] = []
        try:
            assert process.stdout is not None
            for line in process.stdout:
                lines.append(line)
                if "Ctrl-C stops it" in line:
                    break
            else:
                raise AssertionError("did not start:\n" + "".join(lines))
            yield
        finally:
            process.terminate()  # KillMode=mixed: the main process only
            rest, _ = process.communicate(timeout=STOP_SECONDS)
        assert process.returncode == 0, rest
        assert self.key not in "".join(lines) + rest, "a key in the journal"

    @contextmanager
    def nginx(self) -> Iterator[httpx.Client | None]:
        """Run nginx's unit; None where there is no nginx to run."""
        if not self.unit("ia-solaris-nginx").exists():
            yield None
            return
        (command,) = unit_settings(self.unit("ia-solaris-nginx"))["ExecStart"]
        trusted = ssl.create_default_context(cafile=str(self.etc / "nginx/certificate/tls.crt"))
        process = subprocess.Popen(shlex.split(command), stdout=subprocess.DEVNULL)
        try:
            with httpx.Client(base_url=self.environment["PUBLIC_URL"], verify=trusted) as client:
                deadline = time.monotonic() + NGINX_SECONDS
                while True:
                    try:
                        client.get("/nowhere")
                        break
                    except httpx.ConnectError:
                        assert process.poll() is None, "nginx ended"
                        assert time.monotonic() < deadline, "nginx does not answer"
                        time.sleep(0.05)
                yield client
        finally:
            process.terminate()
            process.wait(NGINX_SECONDS)

    def ask(self, email: str) -> int:
        """One question; the tokens that it used."""
        answer = httpx.post(
            f"http://127.0.0.1:{self.port}/v1/chat/completions",
            headers={"authorization": f"Bearer {self.key}", "x-user-email": email},
            json={"model": "demo-fast", "messages": [{"role": "user", "content": "Bom dia!"}]},
            timeout=30,
        )
        assert answer.status_code == 200, answer.text
        tokens: int = answer.json()["usage"]["total_tokens"]
        return tokens

    def version(self) -> str:
        """What runs says that it is."""
        health: dict[str, str] = httpx.get(f"http://127.0.0.1:{self.port}/health").json()
        return health["version"]


def environment_file(path: Path) -> dict[str, str]:
    """Lines NAME="value" with backslashes before what would else be special."""
    found = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            continue
        name, value = line.split("=", 1)
        assert value[0] == value[-1] == '"', line
        found[name] = _ESCAPED.sub(r"\1", value[1:-1])
    return found


def unit_settings(path: Path) -> dict[str, list[str]]:
    """Every `Name=value` of a unit, sections aside."""
    found: dict[str, list[str]] = {}
    for line in path.read_text().splitlines():
        if "=" in line and not line.startswith("#"):
            name, value = line.split("=", 1)
            found.setdefault(name, []).append(value)
    return found


def copy_of_the_source(target: Path, version: str) -> Path:
    """A newer checkout: the same code, another version."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    for name in listed:
        if name.startswith(("tests/", "admin_site/")) or not (ROOT / name).is_file():
            continue
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, target / name)
    code = target / "layers" / "shared" / "python" / "solaris" / "__init__.py"
    code.write_text(re.sub(r'__version__ = ".*"', f'__version__ = "{version}"', code.read_text()))
    return target
