"""localstack-compose.yaml: every command that can run without an engine, run as it is written."""

import json
import os
import shutil
import signal
import ssl
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import openai
import psutil
import pytest
import yaml
from openai.types.chat import ChatCompletionMessageParam

from infra.local.run.recreate import CHECK_SECONDS
from tests.e2e.containers_neighbours import (
    start_demo,
    start_dynamodb,
    start_litellm,
    start_localstack,
    start_valkey,
)
from tests.e2e.containers_support import (
    Machine,
    Running,
    build_image,
    can_isolate,
    compose_config,
    dynamodb_local_jar,
    machine,
    made_env,
)
from tests.e2e.local_system import ROOT

pytestmark = pytest.mark.e2e

QUESTION: list[ChatCompletionMessageParam] = [{"role": "user", "content": "Fale do mar."}]
NGINX_USER = 101
# Real neighbours that this machine cannot have: their programs are in no package index here.
NOT_RUN = {
    "librechat": "its image is the only release; tests/e2e/test_neighbours.py runs its client",
    "mongodb": "no package of it here",
    "prometheus": "no package of it here; test_observability.py evaluates the rules",
    "grafana": "no package of it here; test_observability.py evaluates the board",
    "localstack": "ministack answers in its place",
}


NEIGHBOURS = (start_localstack, start_valkey, start_dynamodb, start_demo, start_litellm)


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """Everything up to the gateway, the deployer after what it needs; the demo is the model."""
    values = {"RATE_LIMIT_PER_SECOND": "1000"}
    neighbours = set(NEIGHBOURS)
    try:
        dynamodb_local_jar()
    except pytest.skip.Exception:  # the other tests run as with LocalStack's own DynamoDB
        values["AWS_ENDPOINT_URL_DYNAMODB"] = "http://localstack:4566"
        neighbours.remove(start_dynamodb)
    env = made_env(tmp_path_factory.mktemp("env") / ".env", **values)
    with machine(compose_config(env)) as made:
        made.image = build_image(made.directory / "image")
        for name in made.config["services"]:
            made.port_of(name)
        with ThreadPoolExecutor() as pool:
            started = [pool.submit(start, made) for start in neighbours]
        for one in started:
            one.result()
        deployer = made.run_ours("deployer", {})
        assert deployer.process.wait(120) == 0, deployer.said
        gateway = _gateway(made)
        gateway.wait_until(lambda: "IA SOLARIS is ready" in gateway.said, "ready")
        yield made


def _gateway(made: Machine) -> Running:
    return made.run_ours("gateway", {}, PORT=str(made.port_of("gateway")))


def _sdk(stack: Machine) -> openai.OpenAI:
    return openai.OpenAI(
        base_url=f"http://127.0.0.1:{stack.port_of('gateway')}/v1",
        api_key=stack.service("gateway")["environment"]["SOLARIS_GATEWAY_KEY"],
        default_headers={"X-User-Email": "ana@example.com"},
        max_retries=0,
        timeout=60,
    )


def _quota(stack: Machine) -> dict[str, int]:
    key = stack.service("gateway")["environment"]["SOLARIS_GATEWAY_KEY"]
    answer = httpx.get(
        f"http://127.0.0.1:{stack.port_of('gateway')}/v1/quota",
        headers={"authorization": f"Bearer {key}", "x-user-email": "ana@example.com"},
        timeout=10,
    )
    assert answer.status_code == 200, answer.text
    quota: dict[str, int] = answer.json()
    return quota


def _named(stack: Machine, name: str) -> Running:
    return next(one for one in reversed(stack.running) if one.name == name)


def _wait_for_usage(stack: Machine, tokens: int) -> None:
    gateway = _named(stack, "gateway")
    gateway.wait_until(lambda: _quota(stack)["current_usage"] == tokens, f"{tokens} tokens booked")


def _cli(stack: Machine, *arguments: str) -> subprocess.CompletedProcess[str]:
    """`docker compose exec gateway solaris …`, without the engine."""
    assert stack.image is not None
    environment = stack.environment("gateway", SOLARIS_DATA_DIR=str(stack.image.folder / "data"))
    return subprocess.run(
        [str(Path(sys.executable).parent / "solaris"), "--lang", "en", *arguments],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )


def test_every_service_is_run_or_excused(stack: Machine) -> None:
    run = {one.name for one in stack.running} | {"nginx", "dynamodb"}  # these may be skipped
    assert set(stack.config["services"]) == (run - {"localstack"}) | set(NOT_RUN)


def test_the_deployer_prints_a_password_once_and_no_given_secret(stack: Machine) -> None:
    said = _named(stack, "deployer").said
    assert "Admin login  admin@localhost / " in said
    for name in ("SECRET_KEY", "SOLARIS_GATEWAY_KEY", "LITELLM_API_KEY"):
        value = stack.service("deployer")["environment"][name]
        assert value not in said, name
        assert value not in _named(stack, "gateway").said, name
    again = stack.run_ours("deployer", {})
    assert again.process.wait(120) == 0
    assert "Admin login" not in again.said.removeprefix(said)
    password = said.split("Admin login  admin@localhost / ")[1].split()[0]
    signed_in = httpx.post(
        f"http://127.0.0.1:{stack.port_of('gateway')}/api/auth/login",
        json={"email": "admin@localhost", "password": password},
        timeout=10,
    )
    assert signed_in.status_code == 200, signed_in.text


def test_a_chat_goes_through_litellm_and_is_booked(stack: Machine) -> None:
    before = _quota(stack)["current_usage"]
    with _sdk(stack) as sdk:
        assert {"demo", "small"} <= {model.id for model in sdk.models.list()}
        whole = sdk.chat.completions.create(model="demo", messages=QUESTION)
        with sdk.chat.completions.create(model="demo", messages=QUESTION, stream=True) as stream:
            chunks = list(stream)
    assert whole.usage is not None
    assert chunks[-1].usage is not None
    _wait_for_usage(stack, before + whole.usage.total_tokens + chunks[-1].usage.total_tokens)
    shown = json.loads(_cli(stack, "users", "show", "ana@example.com", "--json").stdout)
    assert shown["currentUsage"] == _quota(stack)["current_usage"]
    assert shown["reservedTokens"] == 0


def test_site_and_parts_answer(stack: Machine) -> None:
    root = f"http://127.0.0.1:{stack.port_of('gateway')}"
    assert "<html" in httpx.get(f"{root}/admin/", timeout=10).text
    detailed = httpx.get(f"{root}/health/detailed", timeout=10).json()["checks"]
    found = {name: part["status"] for name, part in detailed.items() if name != "system"}
    assert set(found.values()) == {"healthy"}, found


def test_the_health_checks_tell_up_from_down(stack: Machine) -> None:
    gateway = stack.service("gateway")["healthcheck"]["test"]
    assert gateway[:2] == ["CMD", "python"]
    command = [sys.executable, *gateway[2:]]
    for port, code in ((stack.port_of("gateway"), 0), (1, 1)):
        environment = {"PATH": os.environ["PATH"], "PORT": str(port)}
        done = subprocess.run(
            command, cwd=ROOT, env=environment, timeout=30, check=False, capture_output=True
        )
        assert done.returncode == code, done.stderr
    for name, inside in (("demo", "9000"), ("litellm", "4000")):
        words = stack.service(name)["healthcheck"]["test"]
        assert words[:3] == ["CMD", "python", "-c"]
        code_text = words[3].replace(f":{inside}", f":{stack.port_of(name)}")
        assert code_text != words[3]
        subprocess.run([sys.executable, "-c", code_text], check=True, timeout=30)


def test_the_gateway_has_no_rights_and_writes_to_its_volume_only(stack: Machine) -> None:
    if not can_isolate():
        pytest.skip("namespaces need root, which the tests do not have here")
    family = [_named(stack, "gateway").inner]
    family += family[0].children(recursive=True)
    assert len(family) > 4
    for process in family:
        assert process.uids() == (10001, 10001, 10001)
        status = Path(f"/proc/{process.pid}/status").read_text()
        facts = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
        assert int(facts["CapBnd"], 16) == int(facts["CapEff"], 16) == 0
        assert facts["NoNewPrivs"] == "1"
        mounts = Path(f"/proc/{process.pid}/mounts").read_text().splitlines()
        root = [line.split() for line in mounts if line.split()[1] == "/"][-1]
        assert "ro" in root[3].split(",")
    inner = Path(f"/proc/{family[0].pid}/status").read_text()
    assert inner.split("NSpid:")[1].splitlines()[0].split()[-1] == "1", "it is process 1"


def test_a_restarted_localstack_needs_no_hand(stack: Machine) -> None:
    dynamodb_local_jar()  # or skip
    lost = _named(stack, "localstack")
    lost.stop(signal.SIGKILL)
    with _sdk(stack) as sdk:
        # the queue is away: the books are written directly
        before = _quota(stack)["current_usage"]
        first = sdk.chat.completions.create(model="demo", messages=QUESTION)
        start_localstack(stack)
        gateway = _named(stack, "gateway")
        gateway.wait_until(
            lambda: "made anew" in gateway.said, f"prepared anew ({CHECK_SECONDS:.0f} s)"
        )
        second = sdk.chat.completions.create(model="demo", messages=QUESTION)
    assert first.usage is not None
    assert second.usage is not None
    _wait_for_usage(stack, before + first.usage.total_tokens + second.usage.total_tokens)
    assert "Admin login" not in gateway.said.split("made anew")[1], (
        "DynamoDB Local has lost nothing"
    )


def test_dynamodb_local_and_valkey_come_back_with_and_without_data(stack: Machine) -> None:
    dynamodb_local_jar()  # or skip
    with _sdk(stack) as sdk:
        before = _quota(stack)["current_usage"]
        _named(stack, "dynamodb").stop(signal.SIGKILL)
        _named(stack, "valkey").stop()
        start_dynamodb(stack)
        start_valkey(stack)
        assert _quota(stack)["current_usage"] == before
        answer = sdk.chat.completions.create(model="demo", messages=QUESTION)
    assert answer.usage is not None
    _wait_for_usage(stack, before + answer.usage.total_tokens)


def test_nginx_by_its_command_before_the_gateway(stack: Machine) -> None:
    if shutil.which("nginx") is None or shutil.which("openssl") is None:
        pytest.skip("nginx and openssl are not there (Debian: apt install nginx openssl)")
    port, plain = stack.port_of("nginx"), stack.port_of("nginx-plain")
    folder = stack.directory / "nginx"
    shutil.copytree(ROOT / "infra" / "nginx", folder / "scripts")
    (folder / "certificate").mkdir()
    words = stack.command(
        "nginx", {"/etc/solaris-nginx/start.sh": str(folder / "scripts" / "start.sh")}
    )
    environment = stack.environment(
        "nginx",
        CERTIFICATE_DIR=str(folder / "certificate"),
        LISTEN_HTTPS=f"127.0.0.1:{port}",
        LISTEN_HTTP=f"127.0.0.1:{plain}",
        RUN_DIR=str(folder / "run"),
        ACCESS_LOG=str(folder / "access.log"),
    )
    if os.geteuid() == 0:
        for path in (folder, folder / "certificate"):
            os.chown(path, NGINX_USER, NGINX_USER)
        words = [
            "setpriv",
            f"--reuid={NGINX_USER}",
            f"--regid={NGINX_USER}",
            "--clear-groups",
            *words,
        ]
    nginx = stack.run("nginx", words, environment)
    certificate = folder / "certificate" / "tls.crt"
    nginx.wait_until((folder / "run" / "nginx.pid").exists, "up")
    trusting = ssl.create_default_context(cafile=str(certificate))
    key = stack.service("gateway")["environment"]["SOLARIS_GATEWAY_KEY"]
    with httpx.Client(verify=trusting, base_url=f"https://localhost:{port}", timeout=30) as client:
        assert client.get("/health").status_code == 200
        answer = client.post(
            "/v1/chat/completions",
            json={"model": "demo", "messages": QUESTION},
            headers={"authorization": f"Bearer {key}", "x-user-email": "ana@example.com"},
        )
    assert answer.status_code == 200, answer.text
    assert answer.json()["choices"][0]["message"]["content"]


def test_sigterm_stops_the_gateway_cleanly(stack: Machine) -> None:
    gateway = _named(stack, "gateway")
    family = gateway.inner.children(recursive=True)
    assert gateway.stop() == 0
    assert "stopping" in gateway.said
    assert not [one for one in family if psutil.pid_exists(one.pid) and one.is_running()]
    fresh = _gateway(stack)
    fresh.wait_until(lambda: fresh.said.count("IA SOLARIS is ready") == 2, "ready again")
    with _sdk(stack) as sdk:
        assert sdk.chat.completions.create(model="demo", messages=QUESTION).usage is not None


def test_prepare_names_what_is_wrong(stack: Machine) -> None:
    good = stack.environment("deployer")
    wrong = {
        "SECRET_KEY": "short",
        "AWS_ENDPOINT_URL": "",
        "DEFAULT_MONTHLY_LIMIT": "many",
    }
    for name, value in wrong.items():
        done = subprocess.run(
            [sys.executable, "-m", "infra.local.run.prepare", "--wait-seconds", "0"],
            cwd=ROOT,
            env=good | {name: value},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 2
        assert name in done.stderr
        assert len(done.stderr.splitlines()) == 1, done.stderr


def test_compose_refuses_to_start_without_its_secrets(tmp_path: Path) -> None:
    env = made_env(tmp_path / ".env")
    assert compose_config(env)
    for name in ("SECRET_KEY", "SOLARIS_GATEWAY_KEY", "LITELLM_API_KEY"):
        empty = made_env(tmp_path / f"{name}.env", **{name: ""})
        with pytest.raises(AssertionError, match=f"{name}.*make-env.sh"):
            compose_config(empty)


def test_prometheus_and_grafana_are_given_what_they_read(stack: Machine) -> None:
    for name in ("prometheus", "grafana"):
        for volume in stack.service(name)["volumes"]:
            source = volume.split(":")[0]
            if source.startswith((".", "/")):
                assert (ROOT / source).is_file(), source
    scraped = yaml.safe_load((ROOT / "infra/containers/prometheus.yml").read_text())
    local = yaml.safe_load((ROOT / "infra/observability/prometheus.yml").read_text())
    assert scraped["scrape_configs"][0].pop("static_configs")[0]["targets"] == ["gateway:8080"]
    local["scrape_configs"][0].pop("static_configs")
    assert scraped == local, "the two differ in the address only"
    text = httpx.get(f"http://127.0.0.1:{stack.port_of('gateway')}/metrics", timeout=15).text
    assert "ia_solaris_requests_total" in text
