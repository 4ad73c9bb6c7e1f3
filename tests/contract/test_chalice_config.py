"""chalice-config.json, to which every Chalice app links, agrees with template.yaml and settings."""

import json
from pathlib import Path
from typing import Any

import pytest
from chalice.config import Config

from solaris.platform.settings import Settings
from tests.contract.template_document import ROOT, document, functions

CONFIG: dict[str, Any] = json.loads((ROOT / "chalice-config.json").read_text(encoding="utf-8"))
APPS = sorted(
    path.parent for path in ROOT.glob("functions/*/app.py") if "Chalice(" in path.read_text("utf-8")
)
STAGES = sorted(CONFIG["stages"])
CHALICE_FUNCTIONS = {
    name: one
    for name, one in functions().items()
    if one["Handler"] != functions()["proxy"]["Handler"]
}


def chalice_name(properties: Any) -> str:
    """What Chalice calls a function of the template."""
    handler = str(properties["Handler"]).removeprefix("app.")
    return "api_handler" if handler == "app" else handler


def config_of(app: Path, stage: str, function: str = "api_handler") -> Config:
    """The configuration as Chalice itself reads it."""
    read = json.loads((app / ".chalice" / "config.json").read_text(encoding="utf-8"))
    return Config(chalice_stage=stage, function_name=function, config_from_disk=read)


def test_there_are_chalice_apps() -> None:
    assert [app.name for app in APPS] == ["admin", "alerts", "health", "quota", "reset", "usage"]


@pytest.mark.parametrize("app", APPS, ids=lambda app: app.name)
def test_an_app_links_to_the_one_configuration(app: Path) -> None:
    link = app / ".chalice" / "config.json"
    assert link.is_symlink()
    assert str(link.readlink()) == "../../../chalice-config.json"
    assert link.resolve() == ROOT / "chalice-config.json"


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("name", sorted(CHALICE_FUNCTIONS))
def test_a_function_is_as_large_and_runs_as_long_as_in_the_template(name: str, stage: str) -> None:
    properties = CHALICE_FUNCTIONS[name]
    config = config_of(ROOT / properties["CodeUri"], stage, chalice_name(properties))
    assert config.lambda_memory_size == properties["MemorySize"]
    assert config.lambda_timeout == properties["Timeout"]


def test_no_function_is_named_that_does_not_exist() -> None:
    named = {chalice_name(one) for one in CHALICE_FUNCTIONS.values()}
    assert set(CONFIG["lambda_functions"]) == named


@pytest.mark.parametrize("stage", STAGES)
def test_the_environment_is_one_of_settings(stage: str) -> None:
    variables = config_of(APPS[0], stage).environment_variables
    assert {name.lower() for name in variables} <= set(Settings.model_fields)
    assert variables["SOLARIS_STAGE"] == stage
    if stage != "local":
        written = document()["Globals"]["Function"]["Environment"]["Variables"]
        parameters = document()["Parameters"]
        assert variables["SOLARIS_DATA_DIR"] == written["SOLARIS_DATA_DIR"]
        assert variables["MAX_BODY_BYTES"] == str(parameters["MaxBodyBytes"]["Default"])
        assert variables["SOLARIS_SECRETS"] == f"solaris-{stage}"


@pytest.mark.parametrize("stage", STAGES)
def test_the_api_is_the_template_s(stage: str) -> None:
    config = config_of(APPS[0], stage)
    properties = document()["Resources"]["Api"]["Properties"]
    assert config.api_gateway_stage == properties["StageName"]
    assert config.api_gateway_endpoint_type == properties["EndpointConfiguration"]["Type"]
    assert CONFIG["lambda_architecture"] == document()["Parameters"]["Architecture"]["Default"]
    retention = document()["Parameters"]["LogRetentionDays"]["Default"]
    assert config.log_retention_in_days == retention
