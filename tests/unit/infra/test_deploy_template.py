"""What CloudFormation is given: long forms, S3 locations, and parameters that it knows."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from infra.deploy import template
from infra.deploy.errors import DeployError
from infra.deploy.packaging import ROOT
from infra.deploy.parameters import (
    check_costs,
    effective,
    read_file,
    read_pairs,
    stack_parameters,
)
from infra.deploy.template import Template, key_of, read_template

SAMPLE = """
AWSTemplateFormatVersion: 2010-09-09
Parameters:
  Stage: {Type: String}
Conditions:
  IsProd: !Equals [!Ref Stage, prod]
Resources:
  Usage:
    Type: AWS::Serverless::Function
    Condition: IsProd
    Properties:
      CodeUri: ./functions/usage/
      Role: !GetAtt Role.Arn
      Deep: !GetAtt Nested.Outputs.Name
      Name: !Sub solaris-${Stage}
      Pair: !Sub ['${A}', {A: !Ref Stage}]
      If: !If [IsProd, !Ref One, !Ref AWS::NoValue]
      Both: !And [!Condition IsProd, !Condition IsProd]
      Version: 2012-10-17
      Mode: 0755
      State: on
      Flag: true
      Nothing: null
  Layer:
    Type: AWS::Serverless::LayerVersion
    Properties: {ContentUri: layers/shared}
  Ready:
    Type: AWS::Serverless::LayerVersion
    Properties: {ContentUri: 's3://bucket/key.zip'}
"""
LOCATIONS = {"functions/usage": "s3://b/usage.zip", "layers/shared": "s3://b/shared.zip"}


def sample(tmp_path: Path, text: str = SAMPLE) -> Template:
    path = tmp_path / "template.yaml"
    path.write_text(text, encoding="utf-8")
    return read_template(path)


def test_short_forms_become_long_ones_and_other_values_stay(tmp_path: Path) -> None:
    read = sample(tmp_path).document
    properties = read["Resources"]["Usage"]["Properties"]
    assert read["Conditions"]["IsProd"] == {"Fn::Equals": [{"Ref": "Stage"}, "prod"]}
    assert properties["Role"] == {"Fn::GetAtt": ["Role", "Arn"]}
    assert properties["Deep"] == {"Fn::GetAtt": ["Nested", "Outputs.Name"]}
    assert properties["Name"] == {"Fn::Sub": "solaris-${Stage}"}
    assert properties["Pair"] == {"Fn::Sub": ["${A}", {"A": {"Ref": "Stage"}}]}
    assert properties["If"] == {"Fn::If": ["IsProd", {"Ref": "One"}, {"Ref": "AWS::NoValue"}]}
    assert properties["Both"] == {"Fn::And": [{"Condition": "IsProd"}, {"Condition": "IsProd"}]}
    assert properties["Version"] == "2012-10-17"
    assert read["AWSTemplateFormatVersion"] == "2010-09-09"
    assert properties["State"] == "on"
    assert properties["Flag"] is True
    assert properties["Nothing"] is None


def test_local_folders_become_s3_locations_and_nothing_else_changes(tmp_path: Path) -> None:
    before = sample(tmp_path)
    after = json.loads(before.located(LOCATIONS).to_json())
    resources = after["Resources"]
    assert resources["Usage"]["Properties"]["CodeUri"] == "s3://b/usage.zip"
    assert resources["Layer"]["Properties"]["ContentUri"] == "s3://b/shared.zip"
    assert resources["Ready"]["Properties"]["ContentUri"] == "s3://bucket/key.zip"
    resources["Usage"]["Properties"]["CodeUri"] = "./functions/usage/"
    resources["Layer"]["Properties"]["ContentUri"] = "layers/shared"
    assert after == before.document


def test_a_folder_that_is_not_packaged_is_an_error_that_names_it(tmp_path: Path) -> None:
    with pytest.raises(DeployError, match=r"ContentUri: layers/shared is no folder"):
        sample(tmp_path).located({"functions/usage": "s3://b/usage.zip"})


def test_a_template_above_cloudformations_limit_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(template, "MAX_TEMPLATE_BYTES", 100)
    with pytest.raises(DeployError, match="CloudFormation takes 100"):
        sample(tmp_path).to_json()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Resources: [", r"template\.yaml:1: "),
        ("Stage: dev\n", "is no CloudFormation template"),
        ("just text", "is no CloudFormation template"),
    ],
)
def test_what_is_no_template_is_refused_in_one_line(
    tmp_path: Path, text: str, message: str
) -> None:
    with pytest.raises(DeployError, match=message) as caught:
        sample(tmp_path, text)
    assert "\n" not in str(caught.value)


def test_the_real_template_names_only_folders_that_are_packaged() -> None:
    layers = {f"layers/{one.name}" for one in (ROOT / "layers").iterdir() if one.is_dir()}
    functions = {f"functions/{one.parent.name}" for one in ROOT.glob("functions/*/app.py")}
    locations = {folder: f"s3://b/{folder}.zip" for folder in layers | functions}
    data = read_template(ROOT / "template.yaml").located(locations).to_json()
    text = data.decode()
    assert '"CodeUri":"functions' not in text
    assert '"ContentUri":"layers' not in text
    assert set(json.loads(data)) >= {"Parameters", "Resources", "Outputs", "Transform"}


def test_a_template_is_stored_under_the_hash_of_its_bytes() -> None:
    assert key_of(b"{}") != key_of(b"{ }")
    assert key_of(b"{}").endswith(".template")


DECLARED: dict[str, dict[str, Any]] = {
    "Stage": {"Type": "String"},
    "StrictCap": {"Type": "String", "Default": "false", "AllowedValues": ["true", "false"]},
    "DefaultMonthlyLimit": {"Type": "Number", "Default": 1_000_000},
    "AlarmEmail": {"Type": "String", "Default": ""},
}


def test_a_given_value_wins_over_the_stacks_and_that_over_the_default() -> None:
    previous = {"Stage": "dev", "StrictCap": "true", "AlarmEmail": "ops@example.com", "Gone": "x"}
    given = {"Stage": "dev", "StrictCap": "false"}
    assert stack_parameters(DECLARED, previous, given) == [
        {"ParameterKey": "Stage", "ParameterValue": "dev"},
        {"ParameterKey": "StrictCap", "ParameterValue": "false"},
        {"ParameterKey": "AlarmEmail", "UsePreviousValue": True},
    ]
    assert effective(DECLARED, previous, given) == {
        "Stage": "dev",
        "StrictCap": "false",
        "DefaultMonthlyLimit": "1000000",
        "AlarmEmail": "ops@example.com",
    }


def test_a_value_of_before_that_is_taken_no_longer_gives_way_to_the_default() -> None:
    declared: dict[str, dict[str, Any]] = {
        "Version": {"Type": "Number", "Default": 30, "MinValue": 27},
        "Seconds": {"Type": "Number", "Default": 15, "MinValue": 1, "MaxValue": 60},
        "Delivery": {"Type": "String", "Default": "bucket", "AllowedValues": ["bucket"]},
        "Rates": {"Type": "String", "Default": "", "AllowedPattern": "^[0-9]*$"},
        "Password": {"Type": "String", "Default": "", "AllowedPattern": "^[a-z]*$", "NoEcho": True},
        "Kept": {"Type": "Number", "Default": 1, "MaxValue": 2},
    }
    previous = {
        "Version": "25",
        "Seconds": "300",
        "Delivery": "cloudfront",
        "Rates": "5.42",
        "Password": "****",
        "Kept": "2",
    }
    given = {"Seconds": "20"}
    assert stack_parameters(declared, previous, given) == [
        {"ParameterKey": "Seconds", "ParameterValue": "20"},
        {"ParameterKey": "Password", "UsePreviousValue": True},
        {"ParameterKey": "Kept", "UsePreviousValue": True},
    ]
    assert effective(declared, previous, given) == {
        "Version": "30",
        "Seconds": "20",
        "Delivery": "bucket",
        "Rates": "",
        "Password": "****",
        "Kept": "2",
    }


def test_a_stack_of_before_is_updated_with_the_adapters_version_of_now() -> None:
    declared = read_template(ROOT / "template.yaml").parameters
    stage = {"Stage": "dev", "WebAdapterVersion": "25"}
    chosen = stack_parameters(declared, stage, {})
    assert "WebAdapterVersion" not in {one["ParameterKey"] for one in chosen}


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"ExchangeRates": "2026-10-01=5.42,2026-10-01=5.43"}, "another entry has that day"),
        ({"ExchangeRates": "2026-02-30=5.42"}, "no day of the calendar"),
        ({"ExchangeRates": "2026-10-01=0"}, "a number above 0"),
        ({"Currency": "BRL", "ExchangeRates": ""}, "BRL needs ExchangeRates"),
    ],
)
def test_costs_that_every_function_would_stop_at_are_refused(
    values: dict[str, str], message: str
) -> None:
    check_costs({"Currency": "USD", "ExchangeRates": ""})
    check_costs({"Currency": "BRL", "ExchangeRates": "2026-10-01=5.42"})
    with pytest.raises(DeployError, match=message):
        check_costs(values)


@pytest.mark.parametrize(
    ("rates", "is_taken"),
    [
        *(("", True), ("2026-10-01=5.42", True), ("2026-11-01=5, 2026-10-01 = 5.423456 ", True)),
        *(("5.42", False), ("2026-10-01=5,42", False), ("2026-10-01", False)),
    ],
)
def test_the_template_takes_rates_and_nothing_else(rates: str, is_taken: bool) -> None:
    rule = read_template(ROOT / "template.yaml").parameters["ExchangeRates"]
    assert (re.fullmatch(rule["AllowedPattern"], rates) is not None) == is_taken


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"Stage": "dev", "AlarmMail": "x"}, r"none of this name \(did you mean AlarmEmail\?\)"),
        ({}, r"parameter Stage: has no default; give --parameter Stage="),
        ({"Stage": "dev", "StrictCap": "yes"}, r"StrictCap: 'yes' is none of true, false"),
    ],
)
def test_a_wrong_parameter_is_named(given: dict[str, str], message: str) -> None:
    with pytest.raises(DeployError, match=message):
        stack_parameters(DECLARED, {}, given)


def test_parameters_come_from_pairs_and_from_a_file(tmp_path: Path) -> None:
    assert read_pairs(["A=1", "Url=http://x/?a=b", "Empty="]) == {
        "A": "1",
        "Url": "http://x/?a=b",
        "Empty": "",
    }
    path = tmp_path / "prod.json"
    path.write_text('{"A": 1, "B": true, "C": "text"}')
    assert read_file(path) == {"A": "1", "B": "true", "C": "text"}


@pytest.mark.parametrize("text", ["[]", "{", '{"A": null}', '{"A": [1]}'])
def test_a_broken_parameter_file_is_named(tmp_path: Path, text: str) -> None:
    path = tmp_path / "prod.json"
    path.write_text(text)
    with pytest.raises(DeployError, match=r"prod\.json"):
        read_file(path)


@pytest.mark.parametrize("pair", ["A", "=1", "A b=1"])
def test_a_broken_pair_is_named(pair: str) -> None:
    with pytest.raises(DeployError, match="give Name=value"):
        read_pairs([pair])
