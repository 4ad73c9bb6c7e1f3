"""The API's routes in template.yaml are those of the functions, in both directions."""

import fnmatch
import re
from typing import Any

import pytest

from tests.contract.template_document import document, functions, resources
from tests.contract.template_routes import (
    BUFFERED_URI,
    PROXY_PATH,
    STREAMED_URI,
    VERBS,
    code_routes,
    paths_text,
)

PATHS = document()["Resources"]["Api"]["Properties"]["DefinitionBody"]["paths"]
# What an integration may take on a Regional API: 29 s, and 15 minutes for a stream.
MAX_BUFFERED_SECONDS = 29
MAX_STREAM_SECONDS = 900


def as_yaml(*paths: str) -> str:
    """What to paste into template.yaml."""
    return paths_text({path: code_routes()[path] for path in paths})


def test_every_route_of_the_code_is_in_the_template() -> None:
    missing = sorted(code_routes().keys() - PATHS.keys())
    assert not missing, "add to template.yaml, Api, paths:\n" + as_yaml(*missing)


def test_no_route_of_the_template_is_gone_from_the_code() -> None:
    assert PATHS.keys() - code_routes().keys() == set()


@pytest.mark.parametrize("path", sorted(PATHS))
def test_verbs_and_authorizers_are_those_of_the_code(path: str) -> None:
    written = {
        verb: (function_of(operation), authorizer_of(operation))
        for verb, operation in PATHS[path].items()
    }
    assert written == code_routes().get(path), "template.yaml should say:\n" + as_yaml(path)


def test_what_is_printed_is_what_is_written() -> None:
    text = (paths_text(code_routes())).splitlines()
    written = [line for path in sorted(PATHS) for line in [f"          {path}:"]]
    assert [line for line in text if re.match(r" {10}/", line)] == written


def test_the_proxy_streams_for_as_long_as_its_function_runs() -> None:
    assert set(PATHS[PROXY_PATH]) == set(VERBS)
    for operation in PATHS[PROXY_PATH].values():
        condition, streamed, buffered = operation["x-amazon-apigateway-integration"]["Fn::If"]
        assert condition == "Streams"
        assert streamed["responseTransferMode"] == "STREAM"
        assert streamed["uri"] == {"Fn::Sub": STREAMED_URI % "ProxyFunction"}
        assert streamed["timeoutInMillis"] == MAX_STREAM_SECONDS * 1000
        assert buffered["timeoutInMillis"] == MAX_BUFFERED_SECONDS * 1000
    assert functions()["proxy"]["Timeout"] == {"Ref": "ProxyTimeoutSeconds"}
    bound = document()["Parameters"]["ProxyTimeoutSeconds"]
    assert bound["Default"] == bound["MaxValue"] == MAX_STREAM_SECONDS


@pytest.mark.parametrize("name", ["quota", "admin", "health"])
def test_a_function_is_not_cut_off_by_the_api(name: str) -> None:
    assert functions()[name]["Timeout"] <= MAX_BUFFERED_SECONDS


@pytest.mark.parametrize("path", sorted(PATHS))
def test_the_api_may_invoke_the_function_of_a_route(path: str) -> None:
    for verb, operation in PATHS[path].items():
        function = function_of(operation)
        called = f"live/{verb.upper()}{path}"
        patterns = [
            one["Properties"]["SourceArn"]["Fn::Sub"].split("${Api}/")[1]
            for one in resources("AWS::Lambda::Permission").values()
            if one["Properties"]["FunctionName"] == {"Ref": function}
        ]
        assert any(fnmatch.fnmatchcase(called, pattern) for pattern in patterns), called


def test_an_answer_of_the_authorizer_is_kept_as_long_as_chalice_says() -> None:
    body = document()["Resources"]["Api"]["Properties"]["DefinitionBody"]
    schemes = body["components"]["securitySchemes"]
    authorizer = schemes["signed_in"]["x-amazon-apigateway-authorizer"]
    assert authorizer["authorizerResultTtlInSeconds"] == 2  # functions/admin/app.py
    assert authorizer["authorizerUri"] == {"Fn::Sub": BUFFERED_URI % "SignedInFunction"}
    assert schemes["aws_iam"]["x-amazon-apigateway-authtype"] == "awsSigv4"


def test_bodies_pass_as_they_are() -> None:
    body = document()["Resources"]["Api"]["Properties"]["DefinitionBody"]
    assert body["x-amazon-apigateway-binary-media-types"] == ["*/*"]


def function_of(operation: dict[str, Any]) -> str:
    """Logical name of the function that an operation invokes."""
    integration = operation["x-amazon-apigateway-integration"]
    if "Fn::If" in integration:
        integration = integration["Fn::If"][2]
    assert integration["type"] == "aws_proxy"
    assert integration["httpMethod"] == "POST"
    found = re.search(r"functions/\$\{(\w+)\.Arn\}/invocations$", integration["uri"]["Fn::Sub"])
    assert found, integration
    assert integration["uri"] == {"Fn::Sub": BUFFERED_URI % found[1]}
    return found[1]


def authorizer_of(operation: dict[str, Any]) -> str | None:
    """Name of the security scheme, if there is one."""
    names = [name for one in operation.get("security", []) for name in one]
    return names[0] if names else None
