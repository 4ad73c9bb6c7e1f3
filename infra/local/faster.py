"""Takes needless work out of ministack's DynamoDB; what it answers stays the same.

Its time goes into copies of JSON, into tokenizing the same few expressions, into checking the same
numbers again, and, in a transaction, into applying each update three times over and into weighing
what nobody asks the weight of.
"""

from __future__ import annotations

import copy
import functools
import json
import marshal
import types
from typing import TYPE_CHECKING, Any

import orjson

from infra.local.queries import WindowedQuery
from infra.local.scans import WindowedScan

if TYPE_CHECKING:
    from collections.abc import Callable

_NUMBER_CHARACTERS = 40  # as many digits as a number may have, and its sign and point
_KNOWN_NUMBERS = 8_192
_KNOWN_EXPRESSIONS = 512
_JSON_BODY = "application/x-amz-json-1.0"
# what weighs items, and what stands for a weight that nobody asks for
_WEIGHTS: dict[str, Any] = {
    "_item_size_bytes": 0,
    "_index_write_units": 0.0,
    "_vector_write_bytes": types.MappingProxyType({}),
}
_PURE_OF_NUMBERS = ("_ddb_canonicalize_number", "_number_error", "_number_size_bytes")


def make_faster(dynamodb: Any) -> None:
    """Replace parts of the module `ministack.services.dynamodb`, once."""
    dynamodb.copy = types.SimpleNamespace(deepcopy=copy_json)
    tokens_of = functools.lru_cache(_KNOWN_EXPRESSIONS)(dynamodb._tokenize)  # noqa: SLF001
    dynamodb._tokenize = lambda text: list(tokens_of(text))  # noqa: SLF001
    check = dynamodb._condition_syntax_error  # noqa: SLF001 - pure
    dynamodb._condition_syntax_error = functools.lru_cache(_KNOWN_EXPRESSIONS)(check)  # noqa: SLF001
    for name in _PURE_OF_NUMBERS:
        setattr(dynamodb, name, _known(getattr(dynamodb, name)))
    dynamodb.json = types.SimpleNamespace(
        loads=_loads, dumps=_dumps, JSONDecodeError=json.JSONDecodeError
    )
    dynamodb.json_response = _json_response
    dynamodb._transact_write_items = LeanTransaction(dynamodb)  # noqa: SLF001
    dynamodb._scan = WindowedScan(dynamodb)  # noqa: SLF001
    dynamodb._query = WindowedQuery(dynamodb)  # noqa: SLF001


def copy_json(value: Any) -> Any:
    """deepcopy for trees of plain JSON values, several times as fast as copy.deepcopy."""
    try:
        return marshal.loads(marshal.dumps(value))  # noqa: S302 - its own output
    except ValueError:  # a subclass or an object inside
        return copy.deepcopy(value)


class LeanTransaction:
    """Takes the place of `_transact_write_items`, which does much that nobody asked for.

    It applies each update three times: twice to see whether it may be done, on copies that are
    looked at and dropped, and then to do it. Nothing is written in between and no item has two
    actions, so all three give the same, and one is enough. After the first write it weighs every
    item, before and after and in each index, for a bill that only ReturnConsumedCapacity and
    ClientRequestToken ever show: without them nothing is weighed.
    """

    def __init__(self, dynamodb: Any) -> None:
        self._transact = dynamodb._transact_write_items  # noqa: SLF001
        self._apply = dynamodb._apply_update_expression  # noqa: SLF001
        self._set = dynamodb._set_item  # noqa: SLF001
        # an action's values, which are its own object in the request, tell which it is; None
        # outside of a transaction
        self._applied: dict[tuple[int, str], Any] | None = None
        self._is_billed = True
        self._weighs = True
        dynamodb._apply_update_expression = self._apply_once  # noqa: SLF001
        dynamodb._set_item = self._set_item  # noqa: SLF001
        for name, nothing in _WEIGHTS.items():
            setattr(dynamodb, name, self._weighing(getattr(dynamodb, name), nothing))

    def __call__(self, data: dict[str, Any]) -> Any:
        """Execute one TransactWriteItems request."""
        self._applied = {}
        capacity = data.get("ReturnConsumedCapacity", "NONE")
        self._is_billed = capacity != "NONE" or "ClientRequestToken" in data
        try:
            return self._transact(data)
        finally:
            self._applied = None
            self._weighs = True

    def _apply_once(
        self, item: Any, expression: str, values: Any, names: Any, updated: Any = None
    ) -> Any:
        if self._applied is None or not values or updated is not None:
            return self._apply(item, expression, values, names, updated)
        key = (id(values), expression)
        if key not in self._applied:
            self._applied[key] = self._apply(item, expression, values, names)
        return self._applied[key]

    def _set_item(self, *arguments: Any) -> Any:
        if self._applied is not None:
            # all checks lie behind: what is weighed from here on is the bill
            self._weighs = self._is_billed
        return self._set(*arguments)

    def _weighing(self, rule: Callable[..., Any], nothing: Any) -> Callable[..., Any]:
        def weigh(*arguments: Any) -> Any:
            return rule(*arguments) if self._weighs else nothing

        return weigh


def _known(rule: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Remember what a pure rule says of a number's text."""
    remembered = functools.lru_cache(_KNOWN_NUMBERS)(rule)

    def ask(text: Any) -> Any:
        if type(text) is str and len(text) <= _NUMBER_CHARACTERS:
            return remembered(text)
        return rule(text)

    return ask


def _loads(data: Any, **options: Any) -> Any:
    try:
        return json.loads(data, **options) if options else orjson.loads(data)
    except orjson.JSONDecodeError:
        return json.loads(data)  # takes lone surrogates, and says what is wrong in its own words


def _dumps(value: Any, **options: Any) -> str:
    if options in ({}, {"ensure_ascii": False}):
        try:
            return orjson.dumps(value).decode()
        except TypeError:  # lone surrogates, integers beyond 64 bits
            pass
    return json.dumps(value, **options)


def _json_response(
    data: dict[str, Any], status: int = 200, *, content_type: str = _JSON_BODY
) -> tuple[int, dict[str, str], bytes]:
    """What ministack's own does, by orjson."""
    return status, {"Content-Type": content_type}, _dumps(data, ensure_ascii=False).encode()
