"""infra/librechat agrees with LibreChat's own schema, with `make up` and with the gateway."""

import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from solaris.keys.snippet import librechat_snippet
from solaris.platform.settings import Settings
from solaris.platform.texts import error_text
from tests.e2e.node_programs import PROGRAMS, installed

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "infra" / "librechat"
README = (FOLDER / "README.md").read_text(encoding="utf-8")
CONFIG: dict[str, Any] = yaml.safe_load((FOLDER / "librechat.yaml").read_text(encoding="utf-8"))
LITELLM: dict[str, Any] = yaml.safe_load((ROOT / "infra/litellm/config.yaml").read_text())


def endpoint(config: dict[str, Any]) -> dict[str, Any]:
    """The one custom endpoint."""
    (found,) = config["endpoints"]["custom"]
    custom: dict[str, Any] = found
    return custom


def snippet() -> dict[str, Any]:
    """What `make up` prints."""
    printed: dict[str, Any] = yaml.safe_load(
        librechat_snippet(Settings(port=8080).own_address, key="sk-key")
    )
    return printed


def examples() -> list[dict[str, Any]]:
    """Every yaml block of the README, as a whole configuration."""
    blocks = re.findall(r"```yaml\n(.*?)```", README, re.DOTALL)
    return [{"version": CONFIG["version"], **yaml.safe_load(block)} for block in blocks]


@cache
def judged() -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The documents (file, snippet, examples) and what LibreChat's schema makes of them."""
    documents = [CONFIG, {"version": CONFIG["version"], **snippet()}, *examples()]
    results: list[dict[str, Any]] = installed(PROGRAMS).run("config_schema.mjs", documents)
    return documents, results


def missing(given: Any, understood: Any, path: str = "") -> list[str]:
    """Keys that the schema dropped or changed: it does not know them."""
    if isinstance(given, dict) and isinstance(understood, dict):
        return [
            gone
            for key, value in given.items()
            for gone in (
                missing(value, understood[key], f"{path}.{key}")
                if key in understood
                else [f"{path}.{key}"]
            )
        ]
    if isinstance(given, list) and isinstance(understood, list) and len(given) == len(understood):
        pairs = enumerate(zip(given, understood, strict=True))
        return [gone for n, (g, u) in pairs for gone in missing(g, u, f"{path}[{n}]")]
    return [] if given == understood else [path]


def test_librechat_s_schema_takes_the_file_the_snippet_and_every_example() -> None:
    _, results = judged()
    assert [result.get("issues") for result in results] == [None] * len(results)


def test_no_key_is_unknown_to_librechat() -> None:
    documents, results = judged()
    for given, result in zip(documents, results, strict=True):
        assert missing(given, result["data"]) == []


def test_the_schema_refuses_what_it_should() -> None:
    wrong = {"version": "1", "endpoints": {"custom": [{"name": "x", "titleConvo": "maybe"}]}}
    unknown = {**CONFIG, "nobodyKnowsThis": True}
    refused, dropped = installed(PROGRAMS).run("config_schema.mjs", [wrong, unknown])
    assert [issue["path"] for issue in refused["issues"]] == [
        ["endpoints", "custom", 0, "titleConvo"]
    ]
    assert dropped["issues"][0]["code"] == "unrecognized_keys"


def test_the_file_s_version_is_the_newest_release_s() -> None:
    """LibreChat warns of a version above its own; one below misses what came since."""
    assert installed(PROGRAMS).run("config_version.mjs", None) == CONFIG["version"]


def test_the_file_and_the_printed_snippet_have_the_same_keys_and_headers() -> None:
    ours, printed = endpoint(CONFIG), endpoint(snippet())
    assert list(ours) == list(printed)
    assert ours["headers"] == printed["headers"]
    assert ours["models"].keys() == printed["models"].keys()
    assert ours["name"] == printed["name"]
    assert printed["baseURL"] == "http://127.0.0.1:8080/v1"


def test_the_gateway_reads_the_identity_headers_by_default() -> None:
    names = [name.lower() for name in endpoint(CONFIG)["headers"]]
    settings = Settings()
    assert settings.identity_email_headers[0] in names
    assert settings.identity_name_headers[0] in names


def test_every_model_named_is_one_that_litellm_serves() -> None:
    served = {model["model_name"] for model in LITELLM["model_list"]}
    ours = endpoint(CONFIG)
    named = {*ours["models"]["default"], ours["titleModel"], CONFIG["summarization"]["model"]}
    assert named <= served
    assert CONFIG["summarization"]["provider"] == ours["name"]
    assert CONFIG["endpoints"]["agents"]["allowedProviders"] == [ours["name"]]


def test_every_variable_is_explained() -> None:
    text = (FOLDER / "librechat.yaml").read_text(encoding="utf-8")
    uncommented = "\n".join(line.split("#")[0] for line in text.splitlines())
    for name in re.findall(r"\$\{(\w+)\}", uncommented):
        assert f"`{name}`" in README


@pytest.mark.parametrize(
    ("status", "code", "values"),
    [
        (401, "user_not_identified", {}),
        (401, "invalid_api_key", {}),
        (403, "account_suspended", {}),
        (403, "model_not_allowed", {"model": "gpt-5.4"}),
        (403, "user_model_not_allowed_by_group", {"model": "gpt-5.4", "models": "gpt-4o, o3*"}),
        (
            429,
            "insufficient_quota",
            {"used": "1.000.000", "granted": "1.000.000", "renews": "01/12"},
        ),
        (
            429,
            "insufficient_quota_for_request",
            {
                "needed": "40.000",
                "left": "20.000",
                "used": "80.000",
                "granted": "100.000",
                "renews": "01/12",
            },
        ),
        (429, "tokens_held", {"seconds": "5"}),
        (429, "rate_limit_exceeded", {"seconds": "3"}),
        (502, "upstream_error", {}),
        (502, "upstream_key_refused", {}),
        (503, "service_unavailable", {}),
        (504, "upstream_timeout", {}),
    ],
)
def test_the_readme_shows_the_sentences_as_they_are(
    status: int, code: str, values: dict[str, str]
) -> None:
    assert f"`{status} {error_text(code, 'pt-BR', **values)}`" in README
