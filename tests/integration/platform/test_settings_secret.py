"""SOLARIS_SECRETS against a Secrets Manager that answers, refuses, or is not there."""

import json
import socket
from collections.abc import Iterator

import boto3
import pytest

from solaris.platform.errors import ConfigurationError
from solaris.platform.settings import load_settings
from solaris.platform.settings_secret import read_secret

KEY = "k" * 32


@pytest.fixture(autouse=True)
def clean(cloud_emulator: str, stage: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("AWS_ENDPOINT_URL", cloud_emulator)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("SOLARIS_STAGE", stage)
    monkeypatch.delenv("SECRET_KEY", raising=False)
    load_settings.cache_clear()
    yield
    load_settings.cache_clear()


@pytest.mark.parametrize("by", ["Name", "ARN"])
def test_settings_come_from_the_secret(
    by: str, stage: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = boto3.client("secretsmanager", region_name="us-east-1")
    made = client.create_secret(
        Name=f"solaris-{stage}", SecretString=json.dumps({"SECRET_KEY": KEY, "LOCALE": "en"})
    )
    monkeypatch.setenv("SOLARIS_SECRETS", {"Name": made["Name"], "ARN": made["ARN"]}[by])
    settings = load_settings()
    assert (settings.secret_key, settings.locale) == (KEY, "en")
    assert KEY not in repr(settings)


def test_a_secret_that_is_not_there_stops_the_start(
    stage: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOLARIS_SECRETS", f"solaris-{stage}")
    with pytest.raises(ConfigurationError) as caught:
        load_settings()
    assert str(caught.value) == (
        "SOLARIS_SECRETS: Secrets Manager refused to give the secret: ResourceNotFoundException"
    )


def test_a_secret_of_bytes_is_refused(stage: str, monkeypatch: pytest.MonkeyPatch) -> None:
    client = boto3.client("secretsmanager", region_name="us-east-1")
    client.create_secret(Name=f"solaris-{stage}", SecretBinary=b"{}")
    monkeypatch.setenv("SOLARIS_SECRETS", f"solaris-{stage}")
    with pytest.raises(ConfigurationError, match=r"^SOLARIS_SECRETS: the secret is not a JSON"):
        load_settings()


def test_an_unreachable_service_stops_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    monkeypatch.setenv("AWS_ENDPOINT_URL_SECRETS_MANAGER", f"http://127.0.0.1:{port}")
    with pytest.raises(ConfigurationError, match=r"^SOLARIS_SECRETS: .* EndpointConnectionError$"):
        read_secret("solaris-x", "us-east-1")
