"""What a running system tells the command line of its settings: all of them, and no secret."""

import os
from pathlib import Path
from typing import Any

import pytest

from infra.local.__main__ import LocalSystem
from infra.local.run.settings_file import WITHHELD, effective, withheld
from solaris.platform.settings import Settings, load_settings
from solaris.platform.terminal.environment import load_run_environment, withheld_secrets

SECRETS = {
    "LITELLM_API_KEY": "sk-upstream-0123456789",
    "SMTP_PASSWORD": "hunter2hunter2",
    "SMTP_USER": "mailer",
    "SMTP_HOST": "mail.example.com",
    "OIDC_ISSUER": "https://login.example.com",
    "OIDC_CLIENT_ID": "solaris",
    "OIDC_CLIENT_SECRET": "oidc-0123456789",
    "SECRET_KEY": "a-secret-key-of-this-test-0123456789",
    "SECRET_KEY_PREVIOUS": "another-secret-of-this-test-0123456789",
    "ADMIN_PASSWORD": "um céu de 1984 estrelas",
    "SOLARIS_GATEWAY_KEY": "sk-solaris-given-0123456789",
}
BESIDE_SECRETS = {"smtp_user", "oidc_issuer", "oidc_client_id"}
PLAIN = {
    "PERIOD_TIMEZONE": "Asia/Tokyo",
    "MAX_USER_LIMIT": "99000000",
    "PLAN_PRO_LIMIT": "77",
    "STRICT_CAP": "true",
    "ALERT_THRESHOLD": "0.5",
    "ALLOWED_EMAIL_DOMAINS": "example.com, example.org",
    "FLAT_TOKEN_CHARGES": '{"/v1/images/generations": 1000}',
    "MODEL_PRICES": '{"x": {"prompt": 0.1, "completion": "0.30"}}',
    "LITELLM_BASE_URL": "http://127.0.0.1:4000",
    "SUPPORT_EMAIL": "ajuda@example.com",
}


def settings_of(monkeypatch: pytest.MonkeyPatch, **variables: str) -> Settings:
    monkeypatch.setattr(os, "environ", dict(variables))
    load_settings.cache_clear()
    return load_settings()


def plain(settings: Settings) -> dict[str, Any]:
    """Everything but secrets, and what the file says in another way."""
    fields = Settings.model_fields
    other = {"solaris_data_dir", "litellm_base_url", "redis_host"} | BESIDE_SECRETS
    return (
        {name: getattr(settings, name) for name in fields if fields[name].repr}
        | {
            "upstream_url": settings.upstream_url,
            "redis": settings.redis_address,
        }
        | dict.fromkeys(other)
    )


@pytest.fixture(autouse=True)
def _settings_of_the_test_alone() -> Any:
    yield
    load_settings.cache_clear()


def test_another_shell_reads_the_same_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    mine = settings_of(monkeypatch, **SECRETS, **PLAIN, REDIS_HOST="cache", REDIS_PASSWORD="p/w")
    theirs = settings_of(monkeypatch, **effective(mine))
    assert plain(theirs) == plain(mine)
    assert theirs.redis_address == "redis://:p%2Fw@cache:6379/0"


def test_no_secret_is_in_it_but_their_names(monkeypatch: pytest.MonkeyPatch) -> None:
    mine = settings_of(monkeypatch, **SECRETS, **PLAIN)
    text = str(effective(mine))
    hidden = {name for name in SECRETS if name.lower() not in {*BESIDE_SECRETS, "smtp_host"}}
    assert not [name for name in hidden if SECRETS[name] in text]
    assert set(withheld(mine)) == hidden
    assert set(effective(mine)[WITHHELD].split(",")) == hidden


def test_outside_the_local_stage_settings_load_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    secret = {"SOLARIS_STAGE": "prod", "SECRET_KEY": SECRETS["SECRET_KEY"]}
    mine = settings_of(monkeypatch, **secret)
    assert settings_of(monkeypatch, **effective(mine)).table_name("users") == "solaris-prod-users"


def test_redis_none_stays_none(monkeypatch: pytest.MonkeyPatch) -> None:
    mine = settings_of(monkeypatch, REDIS_URL="none")
    assert effective(mine)["REDIS_URL"] == "none"


def test_the_runner_writes_it_for_the_command_line(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    settings = settings_of(monkeypatch, **SECRETS, **PLAIN)
    system = LocalSystem(settings, tmp_path, logs=None, lock=0)
    system.environment["REDIS_URL"] = "redis://127.0.0.1:7777/0"  # the embedded one
    system.environment["AWS_ENDPOINT_URL"] = "http://127.0.0.1:4566"
    system._write_run_file()
    file = tmp_path / "run.env"
    assert file.stat().st_mode & 0o777 == 0o600
    shell = {"SOLARIS_DATA_DIR": str(tmp_path), "MAX_USER_LIMIT": "5000000"}
    monkeypatch.setattr(os, "environ", shell)
    assert load_run_environment() == file
    load_settings.cache_clear()
    found = load_settings()
    assert found.period_timezone == "Asia/Tokyo"
    assert found.redis_address == "redis://127.0.0.1:7777/0"
    assert found.max_user_limit == 5_000_000, "what was given to this shell wins"
    assert "LITELLM_API_KEY" in withheld_secrets()


def test_a_shell_with_a_redis_of_its_own_keeps_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "run.env").write_text("REDIS_URL=redis://theirs\nLOCALE=en\n", encoding="utf-8")
    shell = {"SOLARIS_DATA_DIR": str(tmp_path), "REDIS_HOST": "mine"}
    monkeypatch.setattr(os, "environ", shell)
    assert load_run_environment() is not None
    load_settings.cache_clear()
    assert load_settings().redis_address == "redis://mine:6379/0"
    assert load_settings().locale == "en"
