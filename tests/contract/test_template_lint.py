"""template.yaml is valid for CloudFormation, before and after SAM's transform."""

import json
import subprocess
from pathlib import Path

import pytest

from tests.contract.template_document import (
    CLOUD,
    ROOT,
    TEMPLATE,
    document,
    functions,
    transformed,
)

LINT_SECONDS = 180


@pytest.mark.parametrize("form", ["as it is written", "transformed"])
def test_cfn_lint_finds_nothing(form: str, tmp_path: Path) -> None:
    if not (CLOUD / "cfn-lint").exists():
        pytest.skip("cfn-lint is missing (make .venv/cloud/.installed)")
    file = TEMPLATE
    if form == "transformed":
        file = tmp_path / "template.json"
        file.write_text(json.dumps(transformed()))
    answer = subprocess.run(
        [str(CLOUD / "cfn-lint"), "--config-file", str(tmp_path / "none"), str(file)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=LINT_SECONDS,
        check=False,
    )
    assert (answer.returncode, answer.stdout) == (0, ""), answer.stderr[-1000:]


def test_it_is_plain_yaml_for_cloudformation() -> None:
    lines = TEMPLATE.read_text(encoding="utf-8").splitlines()
    assert not [line for line in lines if line.strip().startswith(("<<:", "&"))]
    assert "\t" not in TEMPLATE.read_text(encoding="utf-8")


@pytest.mark.parametrize("function", sorted(functions()))
def test_a_function_has_its_own_role_and_its_own_log(function: str) -> None:
    properties = functions()[function]
    log = document()["Resources"][properties["LoggingConfig"]["LogGroup"]["Ref"]]["Properties"]
    assert log["LogGroupName"] == {"Fn::Sub": "/aws/lambda/solaris-${Stage}-" + function}
    assert log["RetentionInDays"] == {"Ref": "LogRetentionDays"}
    role = properties["Role"]["Fn::GetAtt"][0]
    others = [one["Role"]["Fn::GetAtt"][0] for name, one in functions().items() if name != function]
    assert role not in others
    assert "Policies" not in properties


def test_nothing_outside_the_stack_is_changed_unless_asked() -> None:
    account = document()["Resources"]["ApiAccount"]
    assert account["Condition"] == "SetsAccountRole"
    assert document()["Parameters"]["AccessLogs"]["Default"] == "false"


def test_what_costs_by_itself_is_switched() -> None:
    for name, condition in (
        ("Cache", "HasCache"),
        ("WebAcl", "HasWaf"),
        ("Distribution", "HasCloudFront"),
    ):
        assert document()["Resources"][name]["Condition"] == condition
