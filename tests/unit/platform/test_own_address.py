"""Where the system says it is: one answer for links, redirects, snippets and the command line."""

import pytest
import yaml

from solaris.keys.snippet import librechat_snippet
from solaris.platform.settings import Settings
from solaris.platform.settings_values import machine_address, reachable_host
from solaris.platform.terminal.environment import running_url

ANY_HOST = "0.0.0.0"  # noqa: S104 - only named


def settings(**values: object) -> Settings:
    return Settings.model_validate({"secret_key": "s" * 40, "solaris_stage": "test"} | values)


@pytest.mark.parametrize(
    ("host", "found", "address"),
    [
        ("127.0.0.1", "127.0.0.1", "http://127.0.0.1:8080"),
        ("127.0.0.2", "127.0.0.2", "http://127.0.0.2:8080"),
        (ANY_HOST, "127.0.0.1", "http://127.0.0.1:8080"),
        ("::", "::1", "http://[::1]:8080"),
        ("0:0:0:0:0:0:0:0", "::1", "http://[::1]:8080"),
        ("2001:db8::5", "2001:db8::5", "http://[2001:db8::5]:8080"),
        ("192.168.0.10", "192.168.0.10", "http://192.168.0.10:8080"),
        ("localhost", "localhost", "http://localhost:8080"),
        ("ia.internal", "ia.internal", "http://ia.internal:8080"),
    ],
)
def test_whatever_it_listens_on_it_is_found_from_its_own_machine(
    host: str, found: str, address: str
) -> None:
    assert reachable_host(host) == found
    assert machine_address(host, 8080) == address
    assert settings(host=host).own_address == address


@pytest.mark.parametrize(
    ("public_url", "address"),
    [
        ("https://ia.example.com", "https://ia.example.com"),
        ("https://ia.example.com/", "https://ia.example.com"),
        ("https://example.com/ia/", "https://example.com/ia"),
    ],
)
def test_the_public_address_goes_first_and_ends_without_a_slash(
    public_url: str, address: str
) -> None:
    found = settings(public_url=public_url, host=ANY_HOST, port=9)
    assert (found.own_address, found.public_url) == (address, address)
    (endpoint,) = yaml.safe_load(librechat_snippet(found.own_address))["endpoints"]["custom"]
    assert endpoint["baseURL"] == f"{address}/v1"


def test_the_command_line_asks_at_the_same_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("solaris.platform.terminal.environment.load_run_environment", lambda: "x")
    for host in (ANY_HOST, "::", "127.0.0.1", "ia.internal"):
        monkeypatch.setenv("HOST", host)
        monkeypatch.setenv("PORT", "8123")
        assert running_url() == settings(host=host, port=8123).own_address


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"public_url": "https://ia.example.com/x/"}, "https://ia.example.com/x"),
        ({"solaris_stage": "local"}, "http://127.0.0.1:8080"),
        ({}, None),
    ],
)
def test_mails_lead_where_their_readers_can_go(values: dict[str, object], told: str | None) -> None:
    assert settings(**values).known_address == told
