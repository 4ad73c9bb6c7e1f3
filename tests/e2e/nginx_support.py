"""Debian's nginx as the container runs it: infra/nginx/start.sh, as a user who is nobody."""

import os
import shutil
import socket
import ssl
import subprocess
import tempfile
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest

from tests.e2e.local_system import ROOT, LocalSystem
from tests.ports import lasting_port

START_SECONDS = 15
NOBODY = 65534
IDLE_SECONDS = 63  # of silence: more than nginx's own default of 60


@dataclass(frozen=True)
class Nginx:
    """A running nginx; its certificate is self-signed, `tls` trusts that one only."""

    process: subprocess.Popen[bytes]
    directory: Path
    http_port: int
    https_port: int

    @property
    def url(self) -> str:
        """Root over TLS."""
        return f"https://localhost:{self.https_port}"

    @property
    def certificate(self) -> Path:
        """What clients have to trust."""
        return self.directory / "certificate" / "tls.crt"

    @property
    def log(self) -> Path:
        """The access log."""
        return self.directory / "access.log"

    def tls(self) -> ssl.SSLContext:
        """A client's side."""
        return ssl.create_default_context(cafile=str(self.certificate))

    def client(self, address: str = "127.0.0.1", **headers: str) -> httpx.Client:
        """A client at an address of its own (all of 127.0.0.0/8 is this machine)."""
        transport = httpx.HTTPTransport(
            verify=self.tls(), local_address=address, limits=httpx.Limits(max_connections=100)
        )
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        return httpx.Client(transport=transport, base_url=self.url, headers=names, timeout=60)


def skip_without_nginx() -> None:
    """The machine may have none; .ci/run installs it."""
    if shutil.which("nginx") is None:
        pytest.skip("nginx is not there (Debian: apt install nginx)")


@contextmanager
def nginx(
    gateway: str, *, https_port: int = 0, addition: str = "", challenge: bool = False
) -> Iterator[Nginx]:
    """Run it before `gateway` (host:port). `addition` is put into place/http.conf.

    With `challenge` it serves what an ACME client leaves in the folder of that name.
    """
    skip_without_nginx()
    # pytest's own folders are closed to other users
    directory = Path(tempfile.mkdtemp(prefix="solaris-nginx-"))
    process = None
    try:
        scripts = directory / "nginx"
        shutil.copytree(ROOT / "infra" / "nginx", scripts)
        is_root = os.geteuid() == 0
        if is_root:
            for path in (directory, *directory.rglob("*")):
                os.chown(path, NOBODY, NOBODY)
        http_port, https_port = lasting_port(), https_port or lasting_port()
        environment = {
            "PATH": os.environ["PATH"],
            "GATEWAY": gateway,
            "LISTEN_HTTP": f"127.0.0.1:{http_port}",
            "LISTEN_HTTPS": f"127.0.0.1:{https_port}",
            "PUBLIC_PORT": str(https_port),
            "PUBLIC_HOST": "localhost",
            "CERTIFICATE_DIR": str(directory / "certificate"),
            "RUN_DIR": str(directory / "run"),
            "ACCESS_LOG": str(directory / "access.log"),
        }
        if challenge:
            environment["CHALLENGE_DIR"] = str(directory / "challenge")
        who = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if is_root else {}
        command = [str(scripts / "start.sh")]
        if addition:
            tested = subprocess.run([*command, "--test"], env=environment, check=False, **who)  # type: ignore[call-overload]
            assert tested.returncode == 0
            with (directory / "run" / "place" / "http.conf").open("a") as file:
                file.write(addition)
            configuration = str(directory / "run" / "nginx.conf")
            command = ["nginx", "-e", "stderr", "-c", configuration, "-g", "daemon off;"]
        process = subprocess.Popen(command, env=environment, **who)  # type: ignore[call-overload]
        started = Nginx(process, directory, http_port, https_port)
        _wait_until_it_answers(started)
        yield started
    finally:
        if process is not None:
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(START_SECONDS)
            process.kill()
            process.wait()
        shutil.rmtree(directory, ignore_errors=True)


def _wait_until_it_answers(started: Nginx) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            httpx.get(f"http://127.0.0.1:{started.http_port}/", timeout=1)
        except httpx.TransportError:
            assert started.process.poll() is None, "nginx has ended"
            assert time.monotonic() < deadline, "nginx does not answer"
        else:
            return


@dataclass
class Edge:
    """nginx and the system behind it."""

    nginx: Nginx
    system: LocalSystem

    def caller(self, address: str, email: str, **headers: str) -> httpx.Client:
        """One of LibreChat's users, or whoever has the service key."""
        bearer = f"Bearer {self.system.printed_key}"
        return self.nginx.client(address, authorization=bearer, x_user_email=email, **headers)

    def sdk(self, email: str) -> openai.OpenAI:
        """The OpenAI SDK through TLS."""
        return openai.OpenAI(
            base_url=f"{self.nginx.url}/v1",
            api_key=self.system.printed_key,
            default_headers={"X-User-Email": email},
            max_retries=0,
            http_client=openai.DefaultHttpxClient(verify=self.nginx.tls()),
        )


@dataclass
class IdleStream:
    """A stream that is silent for longer than a minute, beside all other tests."""

    frames: list[str] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    problem: Exception | None = None

    def run(self, edge: Edge) -> None:
        """Read it to its end."""
        body = {**question(f"demo-chunks-4-5ms-stall-{IDLE_SECONDS}s"), "stream": True}
        try:
            with (
                edge.caller("127.0.0.90", "paciente@example.com") as client,
                client.stream(
                    "POST", "/v1/chat/completions", json=body, timeout=IDLE_SECONDS + 60
                ) as answer,
            ):
                for line in answer.iter_lines():
                    if line:
                        self.frames.append(line)
                        self.times.append(time.monotonic())
        except Exception as error:  # noqa: BLE001 - told by the test that joins
            self.problem = error


def question(model: str, content: str = "Bom dia!") -> dict[str, Any]:
    return {"model": model, "messages": [{"role": "user", "content": content}]}


def handshake(edge: Edge, version: ssl.TLSVersion) -> str | None:
    """The version that both agree on when the client knows only one."""
    context = edge.nginx.tls()
    context.set_ciphers("ALL:@SECLEVEL=0")  # else this side would refuse the old ones itself
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = context.maximum_version = version
    with (
        socket.create_connection(("127.0.0.1", edge.nginx.https_port), timeout=10) as plain,
        context.wrap_socket(plain, server_hostname="localhost") as secure,
    ):
        return secure.version()
