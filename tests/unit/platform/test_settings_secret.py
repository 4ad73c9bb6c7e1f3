"""SOLARIS_SECRETS: what a secret may hold, who wins, and errors that show no value."""

import json
import traceback
from collections.abc import Iterator
from typing import Any

import pytest

from solaris.platform import settings_secret
from solaris.platform.errors import ConfigurationError
from solaris.platform.settings import Settings, load_settings

KEY = "k" * 32
ARN = "arn:aws:secretsmanager:sa-east-1:123456789012:secret:solaris-prod-AbCdEf"


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setenv("SOLARIS_STAGE", "prod")
    load_settings.cache_clear()
    yield
    load_settings.cache_clear()


def hold(monkeypatch: pytest.MonkeyPatch, given: Any) -> list[tuple[str, str]]:
    """A Secrets Manager that holds this; returns what it is asked."""
    asked: list[tuple[str, str]] = []
    text = given if isinstance(given, str) else json.dumps(given)

    def read(secret_id: str, region: str) -> str:
        asked.append((secret_id, region))
        return text

    monkeypatch.setattr(settings_secret, "read_secret", read)
    monkeypatch.setenv("SOLARIS_SECRETS", ARN)
    return asked


def test_no_secret_is_read_where_none_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = hold(monkeypatch, {"SECRET_KEY": KEY})
    monkeypatch.setenv("SOLARIS_SECRETS", "")
    monkeypatch.setenv("SECRET_KEY", "e" * 32)
    assert load_settings().secret_key == "e" * 32
    assert asked == []


def test_it_gives_settings_as_the_environment_would(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = hold(
        monkeypatch,
        {
            "SECRET_KEY": KEY,
            "SECRET_KEY_PREVIOUS": ["a" * 32, "b" * 32],
            "SMTP_PORT": 2525,
            "SMTP_TLS": False,
            "SMTP_USER": None,
            "REDIS_URL": "",
            "ADMIN_ALERT_EMAILS": "Ana@example.com, bia@example.com",
            "MODEL_PRICES": {"m": {"prompt": 1, "completion": 2}},
            "FLAT_TOKEN_CHARGES": '{"/v1/images/generations": 7}',
        },
    )
    settings = load_settings()
    assert settings.secret_key == KEY
    assert settings.secret_key_previous == ("a" * 32, "b" * 32)
    assert (settings.smtp_port, settings.smtp_tls, settings.smtp_user) == (2525, False, None)
    assert settings.redis_url is None
    assert settings.admin_alert_emails == ("ana@example.com", "bia@example.com")
    assert settings.model_prices["m"].completion == 2
    assert settings.flat_token_charges == {"/v1/images/generations": 7}
    assert asked == [(ARN, "us-east-1")]
    assert load_settings() is settings


@pytest.mark.parametrize("name", ["SECRET", "secret_key", "SOLARIS_SECRETS", "OF_ANOTHER_PROGRAM"])
def test_a_name_that_is_no_setting_is_left_out_with_a_warning(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    hold(monkeypatch, {"SECRET_KEY": KEY, name: "hush"})
    assert load_settings().secret_key == KEY
    [record] = caplog.records
    assert record.getMessage().endswith(f"the secret names what is no setting: {name}")
    assert "hush" not in caplog.text


def test_the_environment_wins_even_over_a_wrong_value(monkeypatch: pytest.MonkeyPatch) -> None:
    hold(monkeypatch, {"SECRET_KEY": KEY, "SMTP_PORT": "no number", "LOCALE": "en"})
    monkeypatch.setenv("SMTP_PORT", "25")
    monkeypatch.setenv("LOCALE", "")
    settings = load_settings()
    assert (settings.smtp_port, settings.locale) == (25, "en")


@pytest.mark.parametrize(
    ("given", "line"),
    [
        ("no JSON, hush", "the secret is not a JSON object of settings by variable name"),
        (["hush"], "the secret is not a JSON object of settings by variable name"),
        ("", "the secret is not a JSON object of settings by variable name"),
        ({"SECRET_KEY": KEY, "MODEL_PRICES": "hush"}, "MODEL_PRICES is not JSON"),
        ({"SECRET_KEY": KEY, "SMTP_PORT": "hush"}, "SMTP_PORT: Input should be a valid integer"),
        ({"SECRET_KEY": KEY, "LITELLM_BASE_URL": "hush"}, "LITELLM_BASE_URL: is not valid"),
        ({"SECRET_KEY": KEY, "SUPPORT_EMAIL": "hush"}, "SUPPORT_EMAIL: is not valid"),
        ({"SECRET_KEY": KEY, "SOLARIS_GATEWAY_KEY": "hush"}, "SOLARIS_GATEWAY_KEY: String should"),
    ],
    ids=str,
)
def test_a_wrong_secret_is_one_line_that_shows_no_value(
    monkeypatch: pytest.MonkeyPatch, given: Any, line: str
) -> None:
    hold(monkeypatch, given)
    with pytest.raises(ConfigurationError) as caught:
        load_settings()
    said = str(caught.value)
    assert said.startswith(f"SOLARIS_SECRETS: {line}")
    assert "\n" not in said
    # Lambda writes the whole traceback of a failed start into its log
    assert "hush" not in "".join(traceback.format_exception(caught.value))


def test_a_short_secret_key_is_not_shown_in_the_log(monkeypatch: pytest.MonkeyPatch) -> None:
    hold(monkeypatch, {"SECRET_KEY": "hush"})
    with pytest.raises(ConfigurationError, match="SECRET_KEY must have at least 32") as caught:
        load_settings()
    assert "hush" not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize(
    ("given", "bucket"), [({}, "solaris-prod-files"), ({"FILES_BUCKET": "ours"}, "ours")]
)
def test_the_bucket_has_a_name_by_convention_or_its_own(
    monkeypatch: pytest.MonkeyPatch, given: dict[str, str], bucket: str
) -> None:
    hold(monkeypatch, {"SECRET_KEY": KEY, **given})
    assert load_settings().bucket_name == bucket
