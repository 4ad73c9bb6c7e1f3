"""Requests into models: query strings, JSON bodies and path parameters, by the models' types.

Types are held to the letter of the OpenAPI document: `"5"` in a body is no integer, `yes` in a
query is no boolean. Raises what problems.py answers.
"""

import json
import re
from collections.abc import Mapping
from datetime import UTC, tzinfo
from functools import lru_cache
from typing import Any

import orjson
from pydantic import BaseModel, TypeAdapter, ValidationError

from solaris.platform.errors import (
    InvalidRequestError,
    NotFoundError,
    PayloadTooLargeError,
    UnsupportedMediaTypeError,
    ValidationFailedError,
)
from solaris.platform.texts import Locale
from solaris.platform.web.body_limits import body_limit
from solaris.platform.web.body_structure import has_bounded_structure
from solaris.platform.web.messages import HttpRequest
from solaris.platform.web.operations import Operation
from solaris.platform.web.problems import validation_failed
from solaris.platform.web.schemas import ZONE

MAX_PARAMETERS = 200
MAX_DEPTH = 20  # of a body; models are less than half as deep
MAX_EXACT_FLOAT = 2.0**53
_INTEGER = re.compile(r"-?[0-9]{1,30}")
_NUMBER = re.compile(r"-?[0-9]{1,30}(\.[0-9]{1,30})?([eE][+-]?[0-9]{1,3})?")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_JSON_TYPE = re.compile(r"application/(json|[a-z0-9.+-]+\+json)\s*(;.*)?", re.IGNORECASE)
_BRACKETS = re.compile(r"(\w+)(?:\[([A-Za-z]\w*)\])?(\[[0-9]{0,4}\])?", re.ASCII)
_BOOLEANS = {"true": True, "false": False}


def arguments_of(
    operation: Operation, request: HttpRequest, locale: Locale, zone: tzinfo = UTC
) -> dict[str, Any]:
    """The keyword arguments of an operation's handler; days without a time are of `zone`.

    Raises NotFoundError (a path parameter that cannot name anything), InvalidRequestError,
    UnsupportedMediaTypeError and ValidationFailedError.
    """
    arguments = dict(_path_arguments(operation, request.path_parameters))
    query = _query(operation.query_model, request.query, locale, zone)
    if query is not None:
        arguments["query"] = query
    if operation.body_model is not None:
        arguments["body"] = _body(operation, operation.body_model, request, locale, zone)
    return arguments


def takes_empty_body(model: type[BaseModel]) -> bool:
    """Whether no body at all says as much as `{}`: no field is required."""
    return not any(one.is_required() for one in model.model_fields.values())


@lru_cache(maxsize=256)
def _adapter(wanted: Any) -> TypeAdapter[Any]:
    return TypeAdapter(wanted)


def _path_arguments(operation: Operation, given: Mapping[str, str]) -> Mapping[str, Any]:
    arguments = {}
    for name, wanted in operation.path_parameters.items():
        try:
            arguments[name] = _adapter(wanted).validate_strings(given[name])
        except ValidationError as error:
            raise NotFoundError from error
    return arguments


def _body(
    operation: Operation,
    model: type[BaseModel],
    request: HttpRequest,
    locale: Locale,
    zone: tzinfo,
) -> BaseModel:
    data = request.body
    if not data.strip():
        if not takes_empty_body(model):
            raise ValidationFailedError([("", "missing", "is required")])
        data = b"{}"
    elif not _JSON_TYPE.fullmatch(request.headers.get("content-type", "")):
        raise UnsupportedMediaTypeError
    limit = body_limit(operation.route)  # a request's own path may begin with a stage
    if len(data) > limit:
        raise PayloadTooLargeError(limit)
    if not has_bounded_structure(data):
        raise InvalidRequestError("the body has too many parts")
    try:
        said = orjson.loads(data)  # stricter than pydantic's: no NaN, no half a surrogate pair
    except orjson.JSONDecodeError as error:
        raise InvalidRequestError("the body is not JSON") from error
    try:
        return model.model_validate_json(
            orjson.dumps(_whole(said)),
            strict=True,
            by_alias=True,
            by_name=False,
            context={ZONE: zone},
        )
    except ValidationError as error:
        if error.errors(include_url=False)[0]["type"] == "json_invalid":
            raise InvalidRequestError("the body is not JSON") from error
        raise validation_failed(error, locale) from error


def _whole(value: Any, depth: int = 0) -> Any:
    """To JSON, and so to the document, 5.0 is an integer; strictly read it would be none."""
    if depth > MAX_DEPTH:
        raise InvalidRequestError("the body is nested too deeply")
    if isinstance(value, float) and value.is_integer() and abs(value) < MAX_EXACT_FLOAT:
        return int(value)
    if isinstance(value, list):
        return [_whole(one, depth + 1) for one in value]
    if isinstance(value, dict):
        return {name: _whole(one, depth + 1) for name, one in value.items()}
    return value


def _query(
    model: type[BaseModel] | None, given: Mapping[str, list[str]], locale: Locale, zone: tzinfo
) -> BaseModel | None:
    if sum(len(values) for values in given.values()) > MAX_PARAMETERS:
        raise InvalidRequestError("too many query parameters")
    kinds = {} if model is None else _kinds(model)
    values: dict[str, Any] = {}
    repeated = []
    for name, texts in given.items():
        wire_name = _wire_name(name, kinds)
        kind = kinds.get(wire_name)
        if kind is not None and kind.is_list:
            values.setdefault(wire_name, []).extend(kind.items(texts))
        elif len(texts) > 1 or wire_name in values:
            repeated.append((name, "repeated", "was given more than once"))
        else:
            values[wire_name] = texts[0] if kind is None else kind.item(texts[0])
    if repeated:
        raise ValidationFailedError(repeated)
    if model is None:
        if values:
            raise ValidationFailedError([(n, "extra_forbidden", "is not known") for n in values])
        return None
    try:
        return model.model_validate_json(
            json.dumps(values), strict=True, by_alias=True, by_name=False, context={ZONE: zone}
        )
    except ValidationError as error:
        raise validation_failed(error, locale, whole_values=True) from error


def _wire_name(name: str, kinds: Mapping[str, "_Kind"]) -> str:
    """The parameter that a name with brackets means, as HTTP clients write lists and objects.

    `status[]` and `status[0]` are `status`, a list; `dateRange[start]` is `dateRangeStart`. What
    means nothing known stays as it is, and is refused under its own name.
    """
    found = _BRACKETS.fullmatch(name)
    if found is None:
        return name
    base, member, index = found.groups()
    wire_name = base + (member[0].upper() + member[1:] if member else "")
    kind = kinds.get(wire_name)
    return wire_name if kind is not None and (index is None or kind.is_list) else name


class _Kind:
    """How the text of a query parameter becomes JSON, by its JSON schema."""

    def __init__(self, schema: Mapping[str, Any], definitions: Mapping[str, Any]) -> None:
        schema = plain_schema(schema, definitions)
        self.is_list = schema.get("type") == "array"
        item = plain_schema(schema.get("items", {}), definitions) if self.is_list else schema
        self._type = item.get("type")
        self._is_day = item.get("format") == "date"
        self._has_choices = "enum" in item or "const" in item

    def items(self, texts: list[str]) -> list[Any]:
        """A list: repeated, and for a choice also separated by commas."""
        if self._has_choices:
            texts = [part for text in texts for part in text.split(",")]
        return [self.item(text) for text in texts]

    def item(self, text: str) -> Any:
        """One value; what is not of its type stays text, and is refused by the model."""
        if self._type == "integer" and _INTEGER.fullmatch(text):
            return int(text)
        if self._type == "number" and _NUMBER.fullmatch(text):
            return float(text)
        if self._type == "boolean":
            return _BOOLEANS.get(text, text)
        if self._is_day and not _DAY.fullmatch(text):
            return ""  # to pydantic `0` is a day too
        return text


@lru_cache(maxsize=256)
def _kinds(model: type[BaseModel]) -> dict[str, _Kind]:
    schema = model.model_json_schema(by_alias=True, mode="validation")
    definitions = schema.get("$defs", {})
    return {name: _Kind(one, definitions) for name, one in schema.get("properties", {}).items()}


def plain_schema(schema: Mapping[str, Any], definitions: Mapping[str, Any]) -> Mapping[str, Any]:
    """A schema without its `null` alternative, its reference resolved.

    A query cannot say null: it leaves the parameter out.
    """
    for alternative in ("anyOf", "oneOf"):
        others = [one for one in schema.get(alternative, ()) if one.get("type") != "null"]
        if len(others) == 1:
            schema = others[0]
    reference = schema.get("$ref") or (
        schema["allOf"][0].get("$ref") if "allOf" in schema else None
    )
    if reference:
        return definitions[reference.rpartition("/")[2]]  # type: ignore[no-any-return]
    return schema
