"""infra/litellm: the real LiteLLM with exactly that configuration, the gateway in front of it."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import httpx
import openai
import pytest
import yaml

from infra.litellm.start import CONFIG, ConfigurationError, offered
from infra.local.run.programs import demo_command
from tests.e2e.litellm_environment import litellm_environment
from tests.e2e.local_system import ROOT, LocalSystem, clean_environment, running
from tests.e2e.programs import answers, program
from tests.e2e.test_litellm import QUESTION
from tests.ports import lasting_port

pytestmark = pytest.mark.e2e

MASTER_KEY = "sk-neighbours"
PARSED: dict[str, Any] = yaml.safe_load(CONFIG.read_text(encoding="utf-8"))
LIBRECHAT: dict[str, Any] = yaml.safe_load((ROOT / "infra/librechat/librechat.yaml").read_text())
NAMES = list(dict.fromkeys(model["model_name"] for model in PARSED["model_list"]))
EVERY_PROVIDER = {
    "OPENAI_API_KEY": "sk-none",
    "ANTHROPIC_API_KEY": "sk-none",
    "BEDROCK_REGION": "us-east-1",
    "OLLAMA_API_BASE": "http://127.0.0.1:9",
    "DEMO_API_BASE": "http://127.0.0.1:9/v1",
}
UNSET = ("OPENAI_", "ANTHROPIC_", "BEDROCK_", "OLLAMA_", "DEMO_", "LITELLM_", "AWS_")


def environment(**settings: str) -> dict[str, str]:
    """This machine's environment without any provider, plus settings."""
    base = {k: v for k, v in clean_environment().items() if not k.startswith(UNSET)}
    return base | {"NO_PROXY": "*"} | settings


@contextmanager
def litellm(log: Path, **settings: str) -> Iterator[str]:
    """LiteLLM by start.py, as the container runs it; its root URL."""
    url = f"http://127.0.0.1:{(port := lasting_port())}"
    python = str(litellm_environment() / "bin" / "python")
    command = [python, str(CONFIG.parent / "start.py"), "--host", "127.0.0.1", "--port", str(port)]
    settings |= {"LITELLM_MASTER_KEY": MASTER_KEY, "TMPDIR": str(log.parent)}
    ready = answers(f"{url}/health/liveliness")
    with program(command, ready, log=log, folder=ROOT, environment=environment(**settings)):
        yield url


class _Ollama(BaseHTTPRequestHandler):
    """What of Ollama LiteLLM asks to list models: one is pulled."""

    def do_GET(self) -> None:
        self._answer({"models": [{"name": "llama3.2:latest", "model": "llama3.2:latest"}]})

    def do_POST(self) -> None:
        self._answer({"model_info": {}, "template": ""})

    def _answer(self, content: dict[str, Any]) -> None:
        body = json.dumps(content).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing: the terminal is the test's."""


@pytest.fixture
def ollama() -> Iterator[str]:
    """Root URL of a server that lists models as Ollama does."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Ollama)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join(10)
        server.server_close()


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalSystem]:
    """The gateway → LiteLLM with the demo provider only → a demo provider."""
    logs = tmp_path_factory.mktemp("logs")
    port = lasting_port()
    base = f"http://127.0.0.1:{port}"
    with (
        program(
            demo_command("127.0.0.1", port),
            answers(f"{base}/v1/models"),
            log=logs / "demo",
            folder=ROOT,
            environment=environment(),
        ),
        litellm(
            logs / "litellm", DEMO_API_BASE=f"{base}/v1", OPENAI_API_KEY="", BEDROCK_REGION=""
        ) as url,
        running(
            tmp_path_factory.mktemp("data"), LITELLM_BASE_URL=url, LITELLM_API_KEY=MASTER_KEY
        ) as started,
    ):
        yield started


@pytest.fixture
def sdk(system: LocalSystem) -> Iterator[openai.OpenAI]:
    """A client as LibreChat is one."""
    with openai.OpenAI(
        base_url=f"{system.url}/v1",
        api_key=system.printed_key,
        default_headers={"X-User-Email": "ana@example.com"},
        max_retries=0,
    ) as client:
        yield client


def test_a_chat_and_its_title_go_through_and_are_booked(
    system: LocalSystem, sdk: openai.OpenAI
) -> None:
    asked = sdk.chat.completions.create(
        model="demo", messages=QUESTION, stream=True, max_tokens=5, frequency_penalty=0.5
    )
    with asked as stream:
        chunks = list(stream)
    assert chunks[-1].usage is not None
    title_model = LIBRECHAT["endpoints"]["custom"][0]["titleModel"]
    title = sdk.chat.completions.create(model=title_model, messages=QUESTION, max_tokens=5)
    assert title.usage is not None
    shown = system.booked_user("ana@example.com", records=2)
    assert shown["currentUsage"] == chunks[-1].usage.total_tokens + title.usage.total_tokens
    assert not any(one["estimated"] for one in shown["usage"])


def test_only_configured_models_are_listed(sdk: openai.OpenAI) -> None:
    assert sorted(model.id for model in sdk.models.list()) == ["demo", "small"]


def test_a_model_without_a_provider_is_refused_once_and_in_words(sdk: openai.OpenAI) -> None:
    with pytest.raises(openai.APIStatusError) as raised:
        sdk.chat.completions.create(model="claude-haiku-4-5", messages=QUESTION)
    # not the 500 of a missing key, which LibreChat would try six times
    assert raised.value.status_code == 400
    assert "claude-haiku-4-5" in raised.value.message


def test_the_whole_file_starts_and_lists_every_model(tmp_path: Path, ollama: str) -> None:
    with litellm(tmp_path / "log", **EVERY_PROVIDER | {"OLLAMA_API_BASE": ollama}) as url:
        asked = httpx.Client(base_url=url, timeout=120)
        answer = asked.get("/v1/models", headers={"authorization": f"Bearer {MASTER_KEY}"})
        wrong = {"authorization": "Bearer sk-wrong"}
        assert asked.get("/v1/models", headers=wrong).status_code == 400  # README says so
        assert asked.get("/health/readiness").status_code == 200
        assert asked.get("/docs").status_code == 404
        asked.close()
    listed = [model["id"] for model in answer.json()["data"]]
    pulled = "ollama/llama3.2:latest"
    assert sorted(listed) == sorted([*(name for name in NAMES if "*" not in name), pulled])
    log = (tmp_path / "log").read_text()
    assert "not a valid argument" not in log
    assert "Error creating deployment" not in log


@pytest.mark.parametrize("variable", sorted(EVERY_PROVIDER))
def test_each_provider_is_switched_by_its_variable_alone(variable: str) -> None:
    given = {"LITELLM_MASTER_KEY": MASTER_KEY, variable: EVERY_PROVIDER[variable]}
    models = offered(PARSED, given)["model_list"]
    references = [str(v) for m in models for v in m["litellm_params"].values() if "/" in str(v)]
    named = {r for r in references if r.startswith("os.environ/")}
    assert named == {f"os.environ/{variable}"}
    assert "small" in [m["model_name"] for m in models] or variable == "OLLAMA_API_BASE"
    assert variable in (CONFIG.parent / "README.md").read_text(encoding="utf-8")


def test_every_provider_together_is_the_whole_file() -> None:
    assert offered(PARSED, EVERY_PROVIDER | {"LITELLM_MASTER_KEY": MASTER_KEY}) == PARSED


def test_nothing_set_says_what_to_set() -> None:
    with pytest.raises(ConfigurationError, match=r"^LITELLM_MASTER_KEY is not set$"):
        offered(PARSED, EVERY_PROVIDER)
    with pytest.raises(ConfigurationError, match="OPENAI_API_KEY, ANTHROPIC_API_KEY"):
        offered(PARSED, {"LITELLM_MASTER_KEY": MASTER_KEY, "OPENAI_API_KEY": ""})


def test_the_program_says_it_in_one_line(tmp_path: Path) -> None:
    refused = subprocess.run(
        [sys.executable, str(CONFIG.parent / "start.py")],
        env=environment(PATH=os.environ["PATH"]),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert refused.returncode == 2
    assert refused.stderr == "[litellm] config.yaml: LITELLM_MASTER_KEY is not set\n"
