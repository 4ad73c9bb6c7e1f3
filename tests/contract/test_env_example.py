"""Variables of the compose file, .env.example and the settings are the same ones."""

import os
import re
import stat
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from solaris.platform.settings import Settings
from tests.e2e.local_system import ROOT

COMPOSE = (ROOT / "localstack-compose.yaml").read_text(encoding="utf-8")
EXAMPLE = (ROOT / ".env.example").read_text(encoding="utf-8")
SCRIPT = ROOT / "infra" / "containers" / "make-env.sh"
MADE = {
    "SECRET_KEY": r"[0-9a-f]{64}",
    "SOLARIS_GATEWAY_KEY": r"sk-solaris-[0-9a-f]{64}",
    "LITELLM_API_KEY": r"sk-[0-9a-f]{64}",
    "LIBRECHAT_CREDS_KEY": r"[0-9a-f]{64}",
    "LIBRECHAT_CREDS_IV": r"[0-9a-f]{32}",
    "LIBRECHAT_JWT_SECRET": r"[0-9a-f]{64}",
    "LIBRECHAT_JWT_REFRESH_SECRET": r"[0-9a-f]{64}",
    "GRAFANA_ADMIN_PASSWORD": r"[0-9a-f]{24}",
}
# Variables of the compose file that are no settings of the system.
OTHERS = {
    **dict.fromkeys(("BIND_ADDRESS", "HTTPS_PORT", "HTTP_PORT", "GATEWAY_PORT"), "ports"),
    **dict.fromkeys(("LIBRECHAT_PORT", "GRAFANA_PORT", "PUBLIC_HOST", "CERTIFICATE_DIR"), "edge"),
    **dict.fromkeys(
        ("LOCALSTACK_IMAGE", "LOCALSTACK_AUTH_TOKEN", "LOCALSTACK_PERSISTENCE"), "store"
    ),
    "AWS_ENDPOINT_URL_DYNAMODB": "boto3's own",
    **dict.fromkeys(("OPENAI_BASE_URL", "ANTHROPIC_API_KEY", "OLLAMA_API_BASE"), "LiteLLM's"),
    **dict.fromkeys(("BEDROCK_REGION", "BEDROCK_ACCESS_KEY_ID"), "LiteLLM's"),
    **dict.fromkeys(("BEDROCK_SECRET_ACCESS_KEY", "DEMO_API_BASE"), "LiteLLM's"),
    **dict.fromkeys(("LIBRECHAT_URL", "LIBRECHAT_ALLOW_REGISTRATION"), "LibreChat's"),
    **dict.fromkeys(("LIBRECHAT_CREDS_KEY", "LIBRECHAT_CREDS_IV"), "LibreChat's"),
    **dict.fromkeys(("LIBRECHAT_JWT_SECRET", "LIBRECHAT_JWT_REFRESH_SECRET"), "LibreChat's"),
    "GRAFANA_ADMIN_PASSWORD": "Grafana's",
}
# Settings that the compose file says itself, or that have no meaning in it.
NOT_GIVEN = {
    **dict.fromkeys(("HOST", "PORT", "MIN_FREE_DISK_MB", "SOLARIS_DATA_DIR"), "the image's"),
    "SOLARIS_STAGE": "local: links of exports lead through the gateway, not to a store inside",
    **dict.fromkeys(("AWS_REGION", "REDIS_URL", "TRUSTED_PROXIES"), "said in the file"),
    **dict.fromkeys(("REDIS_HOST", "REDIS_PORT", "REDIS_DB", "REDIS_PASSWORD"), "REDIS_URL"),
    **dict.fromkeys(("SOLARIS_SECRETS", "FILES_BUCKET", "SES_CONFIGURATION_SET"), "of AWS"),
    "CLOUDWATCH_METRICS": "of AWS",
    **dict.fromkeys(("ORIGIN_SECRET", "ORIGIN_SECRET_PREVIOUS"), "of AWS"),
    "TRUSTED_PROXY_ADDRESSES": "the edge has a private address",
    "OPENAI_API_KEY": "LiteLLM's here: the gateway would go to OpenAI by itself",
}
# Where .env.example says something else than the setting's default, and why.
OWN_DEFAULTS = {"LITELLM_BASE_URL": "this file's LiteLLM"}


def assigned(text: str) -> dict[str, str]:
    """The variables of an env file; each may occur once."""
    pairs = [line.split("=", 1) for line in text.splitlines() if re.match(r"[A-Z]\w*=", line)]
    found = dict(pairs)
    assert len(found) == len(pairs)
    return found


def referred() -> dict[str, set[str]]:
    """Variables of the compose file with the defaults that it names for them."""
    found: dict[str, set[str]] = {}
    for name, rest in re.findall(r"(?<!\$)\$\{(\w+)([^}]*)\}", COMPOSE):
        found.setdefault(name, set()).add(rest)
    return found


def fields() -> dict[str, Any]:
    return {name.upper(): field for name, field in Settings.model_fields.items()}


def test_compose_and_example_have_the_same_variables() -> None:
    assert set(assigned(EXAMPLE)) == set(referred())


def test_every_variable_is_a_setting_or_listed() -> None:
    assert set(referred()) - set(fields()) == set(OTHERS)


def test_every_setting_is_given_or_excused() -> None:
    given = set(yaml.safe_load(COMPOSE)["services"]["gateway"]["environment"])
    optional = {n for n in fields() if n not in NOT_GIVEN}
    assert optional - given == set(), "pass it in x-settings and name it in .env.example"
    assert set(NOT_GIVEN) <= set(fields())


def test_the_example_s_values_are_the_defaults() -> None:
    """A value in .env.example must not change what the system would do without it."""
    example = assigned(EXAMPLE)
    given = {n: v for n, v in example.items() if n in fields() and v and n not in OWN_DEFAULTS}
    with pytest.MonkeyPatch.context() as patch:
        for name in fields():
            patch.delenv(name, raising=False)
        plain = Settings()
        for name, value in given.items():
            patch.setenv(name, value)
        filled = Settings()
    assert filled == plain


def test_defaults_of_the_compose_file_are_the_example_s() -> None:
    example = assigned(EXAMPLE)
    for name, kinds in referred().items():
        for kind in kinds:
            default = re.fullmatch(r":?-(.*)", kind)
            if default and default[1]:
                assert example[name] == default[1], name
            assert default or kind.startswith(":?"), (name, kind)


def test_no_secret_is_in_the_example() -> None:
    secrets = {
        name for name in assigned(EXAMPLE) if re.search(r"KEY|SECRET|PASSWORD|TOKEN|_IV", name)
    }
    figures = {
        *("CACHED_TOKEN_WEIGHT", "ACCESS_TOKEN_MINUTES", "FLAT_TOKEN_CHARGES"),
        *("MODEL_MAX_OUTPUT_TOKENS", "UNKNOWN_MODEL_MAX_OUTPUT_TOKENS"),
    }
    assert {assigned(EXAMPLE)[name] for name in secrets - figures} == {""}


def make_env(path: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["sh", str(SCRIPT), str(path), *arguments],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def test_make_env_makes_every_secret(tmp_path: Path) -> None:
    path = tmp_path / ".env"
    assert make_env(path).returncode == 0
    made = assigned(path.read_text())
    for name, shape in MADE.items():
        assert re.fullmatch(shape, made[name]), name
    others = {n: v for n, v in made.items() if n not in MADE}
    assert others == {n: v for n, v in assigned(EXAMPLE).items() if n not in MADE}
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert make_env(tmp_path / "other").returncode == 0
    again = assigned((tmp_path / "other").read_text())
    assert not [name for name in MADE if again[name] == made[name]]


def test_make_env_keeps_what_is_there(tmp_path: Path) -> None:
    """An upgrade: old values stay, new variables and empty secrets are filled, nothing is lost."""
    path = tmp_path / ".env"
    own = (
        'SECRET_KEY=mine-mine-mine=\nSMTP_PASSWORD="with space & back\\\\slash"\nOWN=1\nLOCALE=en\n'
    )
    path.write_text(own)
    assert make_env(path).returncode == 0
    first = path.read_text()
    found = assigned(first)
    assert found["SECRET_KEY"] == "mine-mine-mine="
    assert found["SMTP_PASSWORD"] == '"with space & back\\\\slash"'
    assert (found["OWN"], found["LOCALE"]) == ("1", "en")
    assert re.fullmatch(MADE["LITELLM_API_KEY"], found["LITELLM_API_KEY"])
    assert (tmp_path / ".env.before").read_text() == own
    assert make_env(path).returncode == 0
    assert path.read_text() == first, "a second run changes nothing"


def test_make_env_tells_how_it_is_used() -> None:
    done = subprocess.run(["sh", str(SCRIPT), "--help"], capture_output=True, text=True, check=True)
    assert "Usage" in done.stdout
    assert make_env(Path(os.devnull), "more").returncode == 2
