"""LibreChat from its own source, and what is around it: MongoDB, gateway, LiteLLM, a model.

The demo upstream is behind a real LiteLLM because LibreChat's menu offers only models that
`/v1/models` lists, and so that librechat.yaml is run as it is shipped, its model `small` included.
"""

import json
import secrets
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import yaml

from infra.local.run.programs import demo_command
from tests.e2e.litellm_environment import litellm_proxy
from tests.e2e.local_system import ROOT, LocalSystem, clean_environment, running
from tests.e2e.node_programs import newer_node
from tests.e2e.programs import answers, listens, program
from tests.e2e.python_environments import python_environment
from tests.ports import lasting_port

SHIPPED = ROOT / "infra" / "librechat" / "librechat.yaml"
LOCK = ROOT / "tests" / "librechat" / "mongodb.lock"
MASTER_KEY = "sk-neighbours"
SUPPORT = "suporte@example.com"
CHAT, STORY, SMALL = "demo", "historia", "small"
STORY_TOKENS = 900
BEHIND = {CHAT: "demo", STORY: f"demo-chunks-{STORY_TOKENS}-20ms", SMALL: "demo-tokens-5"}
"""The models that people see, and what of the demo each is."""

BUILT = {
    "api/server/index.js": "no checkout of LibreChat",
    "node_modules": "run `npm ci` there",
    "client/dist/index.html": "run `npm run frontend` there",
}


@dataclass(frozen=True)
class Neighbours:
    """All of it, running. `url` is LibreChat's."""

    url: str
    system: LocalSystem
    demo_url: str
    versions: str

    def spent(self) -> list[dict[str, Any]]:
        """What the model has answered since `forget`, once no answer is open: the truth."""
        told = httpx.get(f"{self.demo_url}/_demo/requests?settled=true", timeout=15).json()
        requests: list[dict[str, Any]] = told["requests"]
        return requests

    def forget(self) -> None:
        """Begin the model's own books anew."""
        httpx.post(f"{self.demo_url}/_demo/reset").raise_for_status()


def wanting(folder: Path) -> str | None:
    """Why LibreChat cannot be started from there; None when it can."""
    for needed, remedy in BUILT.items():
        if not (folder / needed).exists():
            return f"{folder} has no {needed}: {remedy}"
    return None


@contextmanager
def _demo(data_dir: Path) -> Iterator[str]:
    url = f"http://127.0.0.1:{(port := lasting_port())}"
    with program(
        demo_command("127.0.0.1", port),
        answers(f"{url}/v1/models"),
        log=data_dir / "demo.log",
        folder=ROOT,
        environment=clean_environment(),
    ):
        yield url


def _models(demo_url: str) -> str:
    """LiteLLM's configuration."""
    where = {"api_base": f"{demo_url}/v1", "api_key": "none"}
    models = [
        {"model_name": name, "litellm_params": {"model": f"openai/{behind}", **where}}
        for name, behind in BEHIND.items()
    ]
    return yaml.safe_dump({"model_list": models})


@contextmanager
def _mongodb(data_dir: Path) -> Iterator[str]:
    server = python_environment(LOCK).with_name("secantusd-py")
    port = lasting_port()
    command = [str(server), "--host", "127.0.0.1", "--port", str(port), "--cache-size", "256M"]
    with program(
        [*command, "--storage-path", str(data_dir / "mongodb")],
        listens(port),
        log=data_dir / "mongodb.log",
        folder=data_dir,
        environment=clean_environment(),
    ):
        yield f"mongodb://127.0.0.1:{port}/LibreChat?directConnection=true"


@contextmanager
def _librechat(folder: Path, data_dir: Path, mongodb: str, system: LocalSystem) -> Iterator[str]:
    """As its own `npm run backend` starts it, with the shipped file; whoever comes may register."""
    url = f"http://localhost:{(port := lasting_port())}"
    with program(
        [newer_node(), "api/server/index.js"],
        answers(f"{url}/health"),
        log=data_dir / "librechat.log",
        folder=folder,
        environment=clean_environment(
            NODE_ENV="production",
            HOST="127.0.0.1",
            PORT=str(port),
            DOMAIN_CLIENT=url,
            DOMAIN_SERVER=url,
            MONGO_URI=mongodb,
            CONFIG_PATH=str(SHIPPED),
            LIBRECHAT_LOG_DIR=str(data_dir / "librechat-logs"),
            ENDPOINTS="custom,agents",
            SOLARIS_BASE_URL=f"{system.url}/v1",
            SOLARIS_API_KEY=str(system.printed_key),
            ALLOW_EMAIL_LOGIN="true",
            ALLOW_REGISTRATION="true",
            ALLOW_UNVERIFIED_EMAIL_LOGIN="true",
            REGISTER_MAX="1000",  # an hour from one address; five without it
            LOGIN_MAX="1000",
            SEARCH="false",
            CREDS_KEY=secrets.token_hex(32),
            CREDS_IV=secrets.token_hex(16),
            JWT_SECRET=secrets.token_hex(32),
            JWT_REFRESH_SECRET=secrets.token_hex(32),
        ),
    ):
        yield url


def _versions(folder: Path) -> str:
    librechat = json.loads((folder / "package.json").read_text(encoding="utf-8"))["version"]
    node = subprocess.run(
        [newer_node(), "--version"], capture_output=True, text=True, check=True, timeout=30
    )
    mongodb = next(line for line in LOCK.read_text().splitlines() if line.startswith("secantusdb"))
    return f"LibreChat {librechat}, Node {node.stdout.strip()}, {mongodb.split()[0]}"


@contextmanager
def neighbours(folder: Path, data_dir: Path) -> Iterator[Neighbours]:
    """Start one after the other, and end them the other way round."""
    port = lasting_port()
    with ExitStack() as started:
        demo_url = started.enter_context(_demo(data_dir))
        litellm = started.enter_context(litellm_proxy(_models(demo_url), MASTER_KEY, data_dir))
        system = started.enter_context(
            running(
                data_dir / "solaris",
                PORT=str(port),
                PUBLIC_URL=f"http://127.0.0.1:{port}",
                SUPPORT_EMAIL=SUPPORT,
                LITELLM_BASE_URL=litellm,
                LITELLM_API_KEY=MASTER_KEY,
                MIN_USER_LIMIT="0",
            )
        )
        mongodb = started.enter_context(_mongodb(data_dir))
        url = started.enter_context(_librechat(folder, data_dir, mongodb, system))
        yield Neighbours(url, system, demo_url, _versions(folder))
