"""What a parameter changes in the API reaches its stage; nothing else makes a new deployment."""

import pytest

from infra.deploy.template import Template
from tests.contract.template_document import document, transformed

DEPLOYMENT = "AWS::ApiGateway::Deployment"
VALUES = {"Locale": "pt-BR", "ResponseStreaming": "true", "Stage": "prod", "LogLevel": "INFO"}


def deployment(**changes: str) -> str:
    """The logical id of the API's deployment: another id is a new deployment."""
    made = transformed(**VALUES | changes)["Resources"]
    name: str
    [name] = [name for name, one in made.items() if one["Type"] == DEPLOYMENT]
    stage = made["ApiliveStage"]["Properties"]["DeploymentId"]
    assert stage == {"Ref": name}
    return name


@pytest.mark.parametrize(("name", "value"), [("Locale", "en"), ("ResponseStreaming", "false")])
def test_what_the_definition_depends_on_makes_a_new_deployment(name: str, value: str) -> None:
    assert deployment(**{name: value}) != deployment()


def test_what_it_does_not_depend_on_makes_none() -> None:
    assert deployment(LogLevel="DEBUG") == deployment()


def test_what_is_known_only_after_the_first_pass_is_not_in_it() -> None:
    """The second pass sends the same template: what it sets is no part of the API."""
    body = document()["Resources"]["Api"]["Properties"]["DefinitionBody"]
    late = {"PublicUrl", "SecretsRevision", "DeletionProtection"}
    used = Template(document()).parameters_of(body)
    assert used >= {"Locale", "ResponseStreaming"}
    assert not used & late


def test_parameters_are_found_wherever_they_stand() -> None:
    template = Template(
        {
            "Parameters": {name: {} for name in ("A", "B", "C", "D", "E", "F", "Unused")},
            "Conditions": {
                "IsB": {"Fn::Equals": [{"Ref": "B"}, "1"]},
                "IsC": {"Fn::And": [{"Condition": "IsB"}, {"Fn::Not": [{"Ref": "C"}]}]},
            },
            "Resources": {},
        }
    )
    part = {
        "a": {"Fn::Sub": "x-${A}-${AWS::Region}-${Table.Arn}"},
        "c": [{"Fn::If": ["IsC", {"Ref": "D"}, {"Ref": "AWS::NoValue"}]}],
        "e": {"Fn::Sub": ["${X}", {"X": {"Fn::FindInMap": ["Texts", {"Ref": "E"}, "Key"]}}]},
        "f": {"Fn::GetAtt": ["Table", "Arn"], "g": {"Fn::Sub": "${F}"}},
    }
    assert template.parameters_of(part) == {"A", "B", "C", "D", "E", "F"}
