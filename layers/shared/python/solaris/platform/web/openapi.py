"""The OpenAPI 3.1 document, made from the registered operations and their models."""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from http import HTTPStatus
from typing import Any

import orjson
from pydantic import BaseModel, TypeAdapter
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from solaris.platform.access import ADMIN_KEY_PREFIX
from solaris.platform.web.dispatch import UNLIMITED
from solaris.platform.web.operations import (
    BASE_PATH,
    JSON,
    Operation,
    OtherAnswer,
    registered,
)
from solaris.platform.web.parsing import plain_schema, takes_empty_body
from solaris.platform.web.problems import PROBLEM_JSON
from solaris.platform.web.schemas import Problem

Schema = dict[str, Any]

_REFERENCE = "#/components/schemas/{model}"
_REFERRED = re.compile(r'"#/components/schemas/([^"]+)"')
_PROBLEMS: Mapping[int, str] = {
    400: "The request is malformed.",
    401: "Nobody is signed in: no token or key, or one that is expired, forged or revoked.",
    403: "The role may not do this, or the key has not the scope.",
    404: "Not found.",
    409: "It was changed by somebody else at the same time, or stands against what exists.",
    410: "It is gone.",
    413: "The body is too large.",
    415: "The body is not JSON.",
    422: "Fields are invalid; `errors` names each.",
    429: "Too many requests; `Retry-After` says how many seconds to wait.",
    502: "Another system that is needed gave no good answer.",
    503: "A part that is needed does not answer; try again.",
    504: "Another system that is needed took too long.",
}
_DESCRIPTION = """\
Users, quotas, usage, alerts, reports and keys of IA SOLARIS.

Sign in with `login` and send the token as `Authorization: Bearer <token>`. Programs send an admin
key (`createAdminKey`) in the same way. Each operation says who may call it: people with one of
`x-roles`, keys with `x-scope`; without `x-scope` no key may.

Names are in camelCase, times in UTC (ISO 8601), figures in tokens. Lists come in pages: pass
`nextCursor` as `cursor`. Refusals are problem details (RFC 9457) in Portuguese or English, by
`Accept-Language`.
"""


def document(version: str, operations: Sequence[Operation]) -> Schema:
    """The whole document; its order depends on paths and names alone."""
    schemas = _Schemas(operations)
    paths: dict[str, Schema] = {}
    for one in operations:
        paths.setdefault(one.path, {})[one.method.lower()] = _operation(one, schemas)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "IA SOLARIS admin API",
            "version": version,
            "description": _DESCRIPTION,
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": BASE_PATH}],
        "tags": [{"name": tag} for tag in sorted({one.tag for one in operations})],
        "paths": paths,
        "components": {
            "schemas": schemas.components(),
            "responses": {
                _problem_name(status): _problem(status)
                for status in sorted({s for one in operations for s in refusals(one)})
            },
            "securitySchemes": {
                "bearerAuth": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
                "adminKey": {
                    "type": "http",
                    "scheme": "bearer",
                    "bearerFormat": f"{ADMIN_KEY_PREFIX}…",
                    "description": "For programs; the operation's `x-scope` is what it needs.",
                },
            },
        },
    }


@lru_cache(maxsize=1)
def document_json(version: str) -> bytes:
    """The document of everything registered, as it is served."""
    return orjson.dumps(document(version, registered()))


def refusals(operation: Operation) -> list[int]:
    """The statuses with which an operation may be refused, in order."""
    found = {422, 503, *operation.problems}
    if operation.path not in UNLIMITED:
        found.add(429)
    if not operation.access.is_open:
        found |= {401, 403}
    if operation.body_model is not None:
        found |= {400, 413, 415}
    if operation.query_model is not None:
        found.add(400)
    if operation.path_parameters:
        found.add(404)
    return sorted(found)


class _Schemas:
    """All models of the operations, each with a name; in two forms where they differ."""

    def __init__(self, operations: Sequence[Operation]) -> None:
        wanted: dict[tuple[type[BaseModel], JsonSchemaMode], None] = {
            (Problem, "serialization"): None
        }
        for one in operations:
            for model in (one.query_model, one.body_model):
                if model is not None:
                    wanted[model, "validation"] = None
            for answer in (one.answer_model, *(other.model for other in one.others)):
                if answer is not None:
                    wanted[answer, "serialization"] = None
        self._references, whole = models_json_schema(
            list(wanted), by_alias=True, ref_template=_REFERENCE
        )
        self._definitions: Schema = whole.get("$defs", {})
        queries = {one.query_model for one in operations}
        bodies = {one.body_model for one in operations}
        self._queries = {self._name(m, "validation") for m in queries if m is not None}
        self._top_level = {self._name(m, "validation") for m in bodies if m is not None}

    def reference(self, model: type[BaseModel], mode: JsonSchemaMode) -> Schema:
        """A `$ref` to a model."""
        return dict(self._references[model, mode])

    def definition(self, model: type[BaseModel], mode: JsonSchemaMode) -> Schema:
        """The schema of a model itself."""
        found: Schema = self._definitions[self._name(model, mode)]
        return found

    def plain(self, schema: Schema) -> Schema:
        """A parameter's schema: it cannot be null, and only a reference stays a reference."""
        found = dict(schema)
        default = found.pop("default", None)
        found.pop("title", None)
        description = found.pop("description", None)
        for alternative in ("anyOf", "oneOf"):
            others = [one for one in found.get(alternative, ()) if one.get("type") != "null"]
            if len(others) == 1:
                found.pop(alternative)
                found |= others[0]
        if default is not None and not (isinstance(default, list) and not default):
            found["default"] = default
        return {"schema": found} | ({"description": description} if description else {})

    def components(self) -> Schema:
        """What is referred to, by name; a query's model is parameters, and not listed."""
        others = {n: one for n, one in self._definitions.items() if n not in self._queries}
        named = set(_REFERRED.findall(orjson.dumps(others).decode())) | self._top_level
        return {
            name: one
            for name, one in sorted(self._definitions.items())
            if name in others or name in named
        }

    def _name(self, model: type[BaseModel], mode: JsonSchemaMode) -> str:
        return str(self._references[model, mode]["$ref"]).rpartition("/")[2]


def _operation(operation: Operation, schemas: _Schemas) -> Schema:
    found: Schema = {
        "operationId": operation.name,
        "tags": [operation.tag],
        "summary": operation.summary,
        "description": operation.description,
        "security": _security(operation),
        "x-roles": sorted(operation.access.roles),
    }
    if operation.access.key is not None:
        found["x-scope"] = operation.access.key.value
    parameters = [*_path_parameters(operation), *_query_parameters(operation, schemas)]
    if parameters:
        found["parameters"] = parameters
    if operation.body_model is not None:
        found["requestBody"] = {
            "required": not takes_empty_body(operation.body_model),
            "content": {JSON: {"schema": schemas.reference(operation.body_model, "validation")}},
        }
    found["responses"] = _responses(operation, schemas)
    return found


def _security(operation: Operation) -> list[Schema]:
    """By what one may come: people with a token of `x-roles`, programs with a key of `x-scope`."""
    if operation.access.is_open:
        return []
    keys: list[Schema] = [] if operation.access.key is None else [{"adminKey": []}]
    return [{"bearerAuth": []}, *keys]


def _path_parameters(operation: Operation) -> list[Schema]:
    found = []
    for name, wanted in operation.path_parameters.items():
        schema = TypeAdapter(wanted).json_schema(mode="validation")
        plain = dict(plain_schema(schema, schema.get("$defs", {})))
        plain.pop("$defs", None)
        plain.pop("title", None)
        found.append({"name": name, "in": "path", "required": True, "schema": plain})
    return found


def _query_parameters(operation: Operation, schemas: _Schemas) -> list[Schema]:
    if operation.query_model is None:
        return []
    definition = schemas.definition(operation.query_model, "validation")
    required = definition.get("required", [])
    found = []
    for name, schema in definition.get("properties", {}).items():
        parameter = {"name": name, "in": "query", "required": name in required}
        parameter |= schemas.plain(schema)
        if parameter["schema"].get("type") == "array":
            parameter |= {"style": "form", "explode": True}
        found.append(parameter)
    return found


def _responses(operation: Operation, schemas: _Schemas) -> Schema:
    found: Schema = {}
    answers = {one.status: one for one in operation.others}
    if operation.status not in answers:
        answers[operation.status] = OtherAnswer(
            status=operation.status,
            description=HTTPStatus(operation.status).phrase,
            model=operation.answer_model,
            media_types=(JSON,) if operation.answer_model else (),
        )
    for status in sorted(answers):
        found[str(status)] = _success(answers[status], schemas)
    for status in refusals(operation):
        found[str(status)] = {"$ref": f"#/components/responses/{_problem_name(status)}"}
    return found


def _success(one: OtherAnswer, schemas: _Schemas) -> Schema:
    found: Schema = {"description": one.description}
    content: Schema = {}
    if one.status < HTTPStatus.MULTIPLE_CHOICES and one.status != HTTPStatus.NO_CONTENT:
        for media_type in one.media_types:
            if one.model is not None and media_type == JSON:
                schema = schemas.reference(one.model, "serialization")
            elif media_type.startswith(JSON):
                schema = {}
            elif media_type.startswith("text/"):
                schema = {"type": "string"}
            else:
                schema = {"type": "string", "format": "binary"}
            content[media_type] = {"schema": schema}
    if content:
        found["content"] = content
    return found


def _problem_name(status: int) -> str:
    return "".join(re.findall("[A-Za-z]+", HTTPStatus(status).phrase.title()))


def _problem(status: int) -> Schema:
    found: Schema = {
        "description": _PROBLEMS.get(status, HTTPStatus(status).phrase),
        "content": {PROBLEM_JSON: {"schema": {"$ref": _REFERENCE.format(model="Problem")}}},
    }
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        found["headers"] = {
            "Retry-After": {
                "description": "Seconds to wait.",
                "schema": {"type": "integer", "minimum": 1},
            }
        }
    return found
