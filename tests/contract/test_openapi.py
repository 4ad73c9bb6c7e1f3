"""The OpenAPI document equals the code that answers, and is one that tools can read."""

import itertools
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from solaris.api import registered
from solaris.platform.web.openapi import document, document_json
from solaris.platform.web.operations import BASE_PATH, Operation

DOCUMENT: dict[str, Any] = json.loads(document_json("1.2.3"))
OPERATIONS = registered()
METHODS = {"get", "put", "post", "delete", "patch"}
SEED_CALLS = {
    *("getUsers", "getUserById", "getUserStats", "updateUser", "suspendUser", "activateUser"),
    *("deleteUser", "addTokens", "resetMonthlyUsage", "getSystemStats", "getAlerts"),
    *("resolveAlert", "getUsageReport", "exportReport", "login", "logout", "refreshToken"),
}
SEED_ROUTES = {
    "getUsers": ("get", "/admin/users"),
    "getUserById": ("get", "/admin/users/{}"),
    "getUserStats": ("get", "/admin/users/{}/stats"),
    "updateUser": ("put", "/admin/users/{}"),
    "suspendUser": ("post", "/admin/users/{}/suspend"),
    "activateUser": ("post", "/admin/users/{}/activate"),
    "deleteUser": ("delete", "/admin/users/{}"),
    "addTokens": ("post", "/admin/users/{}/tokens"),
    "resetMonthlyUsage": ("post", "/admin/users/{}/reset-usage"),
    "getSystemStats": ("get", "/admin/stats"),
    "getAlerts": ("get", "/admin/alerts"),
    "resolveAlert": ("post", "/admin/alerts/{}/resolve"),
    "getUsageReport": ("get", "/admin/reports/usage"),
    "exportReport": ("post", "/admin/reports/export"),
    "login": ("post", "/auth/login"),
    "logout": ("post", "/auth/logout"),
    "refreshToken": ("post", "/auth/refresh"),
}


def documented() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in DOCUMENT["paths"].items():
        for method, one in methods.items():
            yield method, path, one


def everything(node: Any) -> Iterator[dict[str, Any]]:
    """Every object at any depth."""
    if isinstance(node, dict):
        yield node
        for value in node.values():
            yield from everything(value)
    elif isinstance(node, list):
        for value in node:
            yield from everything(value)


def target(reference: str) -> Any:
    node: Any = DOCUMENT
    for part in reference.removeprefix("#/").split("/"):
        node = node[part.replace("~1", "/").replace("~0", "~")]
    return node


def by_name(name: str) -> Operation:
    return next(one for one in OPERATIONS if one.name == name)


def test_every_operation_is_in_the_document_and_nothing_else() -> None:
    in_code = {(one.method.lower(), one.path, one.name) for one in OPERATIONS}
    in_document = {(method, path, one["operationId"]) for method, path, one in documented()}
    assert in_document == in_code
    assert len(in_code) > 2


def test_names_are_unique_and_in_the_style_of_the_seed() -> None:
    names = [one["operationId"] for _, _, one in documented()]
    assert len(names) == len(set(names))
    assert [name for name in names if not re.fullmatch(r"[a-z][A-Za-z0-9]+", name)] == []


@pytest.mark.parametrize("name", sorted(SEED_CALLS))
def test_the_seeds_calls_are_where_they_were(name: str) -> None:
    found = {one["operationId"]: (method, path) for method, path, one in documented()}
    assert name in found
    method, path = found[name]
    assert (method, re.sub(r"\{[^}]+\}", "{}", path)) == SEED_ROUTES[name]


def test_every_reference_leads_somewhere_and_every_component_is_used() -> None:
    references = {node["$ref"] for node in everything(DOCUMENT) if "$ref" in node}
    for reference in references:
        assert isinstance(target(reference), dict), reference
    for kind in ("schemas", "responses"):
        for name in DOCUMENT["components"][kind]:
            assert f"#/components/{kind}/{name}" in references, name


def test_every_schema_is_one() -> None:
    for name, schema in DOCUMENT["components"]["schemas"].items():
        assert re.fullmatch(r"[A-Za-z0-9._-]+", name)
        Draft202012Validator.check_schema(schema)
    for _, _, one in documented():
        for parameter in one.get("parameters", []):
            Draft202012Validator.check_schema(parameter["schema"])


def test_path_parameters_are_those_of_the_path() -> None:
    for method, path, one in documented():
        named = [p["name"] for p in one.get("parameters", []) if p["in"] == "path"]
        assert sorted(named) == sorted(re.findall(r"\{(\w+)\}", path)), (method, path)
        assert all(p["required"] for p in one.get("parameters", []) if p["in"] == "path")


def test_parameters_are_flat_single_and_never_null() -> None:
    for method, path, one in documented():
        parameters = one.get("parameters", [])
        keys = [(p["in"], p["name"]) for p in parameters]
        assert len(keys) == len(set(keys))
        for parameter in parameters:
            schema = parameter["schema"]
            resolved = target(schema["$ref"]) if "$ref" in schema else schema
            assert "type" in resolved or "enum" in resolved, (method, path, parameter["name"])
            assert resolved.get("type") not in ("object", "null")
            assert (resolved["type"] == "array") is bool(parameter.get("explode"))


def test_no_name_on_the_wire_is_in_snake_case() -> None:
    for name, schema in DOCUMENT["components"]["schemas"].items():
        assert [one for one in schema.get("properties", {}) if "_" in one] == [], name
    for _, _, one in documented():
        named = [p["name"] for p in one.get("parameters", []) if p["in"] == "query"]
        assert [name for name in named if "_" in name] == []


def test_who_may_call_is_said_and_refusals_follow_from_it() -> None:
    for method, path, one in documented():
        operation = by_name(one["operationId"])
        statuses = set(one["responses"])
        access = operation.access
        keys: list[dict[str, Any]] = [] if access.key is None else [{"adminKey": []}]
        assert one["security"] == ([] if access.is_open else [{"bearerAuth": []}, *keys])
        assert one["x-roles"] == sorted(access.roles)
        assert one.get("x-scope") == access.key
        if not access.is_open:
            assert {"401", "403"} <= statuses, (method, path)
        assert {"422", "503"} <= statuses
        if "requestBody" in one:
            assert {"400", "413", "415", "422"} <= statuses
        if "{" in path:
            assert "404" in statuses


def test_answers_have_content_and_204_has_none() -> None:
    for method, path, one in documented():
        successes = {s: r for s, r in one["responses"].items() if s < "400"}
        assert successes, (method, path)
        for status, response in successes.items():
            has_none = status in ("204", "302", "303", "307")
            assert ("content" not in response) is has_none, (method, path, status)
        for status, response in one["responses"].items():
            if status >= "400":
                problem = target(response["$ref"])
                assert list(problem["content"]) == ["application/problem+json"]


def test_only_methods_that_openapi_knows_are_used_and_get_has_no_body() -> None:
    for method, path, one in documented():
        assert method in METHODS
        assert method != "get" or "requestBody" not in one, path


def test_every_operation_says_what_it_does() -> None:
    for method, path, one in documented():
        assert one["summary"], (method, path)
        assert one["description"], (method, path)
        assert len(one["tags"]) == 1
        assert {"name": one["tags"][0]} in DOCUMENT["tags"]


def test_the_document_is_whole_and_the_same_every_time() -> None:
    assert DOCUMENT["openapi"] == "3.1.0"
    assert DOCUMENT["info"]["version"] == "1.2.3"
    assert DOCUMENT["servers"] == [{"url": BASE_PATH}]
    assert DOCUMENT["components"]["securitySchemes"]["bearerAuth"]["scheme"] == "bearer"
    again = document("1.2.3", OPERATIONS)
    assert json.dumps(again) == json.dumps(DOCUMENT)
    paths = list(DOCUMENT["paths"])
    assert all(one < other for one, other in itertools.pairwise(paths))
