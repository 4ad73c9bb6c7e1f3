"""Queries of ministack at the cost of a page instead of the whole partition.

ministack evaluates the key condition, token by token, for every item of a partition before it
cuts a page: 20 µs each, 100 ms for a page of a day's records. Here the usual conditions on text
keys are applied first, by comparing strings, and a query gets a view of the table that holds only
the items that its page can need; ministack does the rest.
"""

from __future__ import annotations

import heapq
import re
from collections import ChainMap
from typing import TYPE_CHECKING, Any, NamedTuple

from infra.local.scans import Answer, Table, TablesWithView

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

_FIRST_WINDOW = 2_048
_OK = 200
_MEMBERS = "_index_members"
_CONDITION = re.compile(
    r"\s*(?P<hash>#?\w+)\s*=\s*(?P<partition>:\w+)"
    r"(?:\s+AND\s+(?:"
    r"(?P<compared>#?\w+)\s*(?P<operator><=|>=|=|<|>)\s*(?P<value>:\w+)"
    r"|(?P<between>#?\w+)\s+BETWEEN\s+(?P<low>:\w+)\s+AND\s+(?P<high>:\w+)"
    r"|begins_with\s*\(\s*(?P<begins>#?\w+)\s*,\s*(?P<prefix>:\w+)\s*\)"
    r"))?\s*",
    re.ASCII,
)


class _Entry(NamedTuple):
    """One item's place: DynamoDB's order in an index is sort key, then the table's own keys."""

    sort: str
    partition: str
    own_sort: str


class _Keys(NamedTuple):
    """The keys of what is queried, and the partition asked for."""

    hash_name: str
    sort_name: str | None
    partition: str
    passes: Callable[[str], bool]


class WindowedQuery:
    """Takes the place of ministack's `_query`. What is unusual, or wrong, is left to ministack."""

    def __init__(self, dynamodb: Any) -> None:
        self._dynamodb = dynamodb
        self._whole = dynamodb._query  # noqa: SLF001
        self._paginate = dynamodb._paginate_evaluated_items  # noqa: SLF001
        self._evaluate = dynamodb._evaluate_condition  # noqa: SLF001
        self._is_cut = False
        self._start: Any = None
        self._is_view = False
        self._is_checked = False
        dynamodb._paginate_evaluated_items = self._noting  # noqa: SLF001
        dynamodb._evaluate_condition = self._evaluated  # noqa: SLF001

    def _noting(self, *arguments: Any) -> tuple[list[Any], bool]:
        page, self._is_cut = self._paginate(*arguments)
        return page, self._is_cut

    def _evaluated(
        self, expression: str, item: Any, values: Any, names: Any, slot: str = "ConditionExpression"
    ) -> Any:
        """The items of a view pass its key condition: the first shows that it is well written.

        A start key has yet to show that it passes.
        """
        if self._is_view and slot == "KeyConditionExpression" and item is not self._start:
            if self._is_checked:
                return True
            self._is_checked = True
        return self._evaluate(expression, item, values, names, slot=slot)

    def __call__(self, data: dict[str, Any]) -> Answer:
        """Execute one Query request."""
        name = data.get("TableName")
        table = self._dynamodb._tables.get(name) if isinstance(name, str) else None  # noqa: SLF001
        keys = _keys_of(data, table) if table else None
        if not table or keys is None:
            return self._execute(data)
        entries = self._entries(data, table, keys)
        descending = data.get("ScanIndexForward", True) is False
        start = data.get("ExclusiveStartKey")
        if start:
            at = _entry_of(start, table, keys)
            if at is None:
                return self._execute(data)
            entries = [one for one in entries if (one < at if descending else one > at)]
        size = _first_window(data)
        while True:
            is_all = size >= len(entries)
            choose = heapq.nlargest if descending else heapq.nsmallest
            window = entries if is_all else choose(size, entries)
            answer = self._execute_view(data, str(name), table, keys, window)
            if is_all or answer[0] != _OK or self._is_cut:
                return answer
            size *= 4

    def _entries(self, data: Mapping[str, Any], table: Table, keys: _Keys) -> list[_Entry]:
        items, passes = table["items"], keys.passes
        if "IndexName" not in data:
            found = items.get(keys.partition, {})
            return [_Entry(sort, keys.partition, sort) for sort in found if passes(sort)]
        members = self._dynamodb._index_members(table)[data["IndexName"]]  # noqa: SLF001
        entries = []
        for partition, own_sort in members.get(keys.partition, ()):
            sort = items[partition][own_sort][keys.sort_name]["S"] if keys.sort_name else ""
            if passes(sort):
                entries.append(_Entry(sort, partition, own_sort))
        return entries

    def _execute(self, data: dict[str, Any]) -> Answer:
        answer: Answer = self._whole(data)
        return answer

    def _execute_view(
        self,
        data: dict[str, Any],
        name: str,
        table: Table,
        keys: _Keys,
        window: Iterable[_Entry],
    ) -> Answer:
        items: dict[str, dict[str, Any]] = {}
        members: dict[tuple[str, str], None] = {}
        for entry in window:
            own = items.setdefault(entry.partition, {})
            own[entry.own_sort] = table["items"][entry.partition][entry.own_sort]
            members[entry.partition, entry.own_sort] = None
        shown: dict[str, Any] = {"items": items}
        if "IndexName" in data:
            shown[_MEMBERS] = {data["IndexName"]: {keys.partition: members}}
        dynamodb = self._dynamodb
        tables = dynamodb._tables  # noqa: SLF001
        # One step of the event loop: nobody else sees the view.
        dynamodb._tables = TablesWithView(tables, name, ChainMap(shown, table))  # noqa: SLF001
        self._is_view, self._is_checked = True, False
        self._start = data.get("ExclusiveStartKey")
        try:
            return self._execute(data)
        finally:
            dynamodb._tables = tables  # noqa: SLF001
            self._is_view, self._start = False, None


def _keys_of(data: Mapping[str, Any], table: Table) -> _Keys | None:
    """The keys of a query whose condition is a usual one on text keys; None for any other."""
    hash_name, sort_name = _key_names(data.get("IndexName"), table)
    found = _CONDITION.fullmatch(data.get("KeyConditionExpression") or "")
    if found is None or hash_name is None:
        return None
    names = data.get("ExpressionAttributeNames") or {}
    values = data.get("ExpressionAttributeValues") or {}
    texts = {key: one["S"] for key, one in values.items() if isinstance(one, dict) and "S" in one}
    asked = [names.get(one, one) for one in found.group("compared", "between", "begins") if one]
    used = [
        one for one in found.group("partition", "value", "low", "high", "prefix") if one is not None
    ]
    if names.get(found["hash"], found["hash"]) != hash_name or any(
        one not in texts for one in used
    ):
        return None
    if asked and asked != [sort_name]:
        return None
    return _Keys(hash_name, sort_name, texts[found["partition"]], _condition(found, texts))


def _key_names(index_name: Any, table: Table) -> tuple[str | None, str | None]:
    """Hash and sort key of a table or of one of its indexes, where each is a single text."""
    if index_name is None:
        hash_name, sort_name = table["pk_name"], table["sk_name"]
    else:
        schema: list[dict[str, str]] = next(
            (
                one["KeySchema"]
                for one in table.get("GlobalSecondaryIndexes", [])
                if one["IndexName"] == index_name
            ),
            [],
        )
        kinds = {one["KeyType"]: one["AttributeName"] for one in schema}
        if not schema or len(kinds) != len(schema) or not table["sk_name"]:
            return None, None
        hash_name, sort_name = kinds["HASH"], kinds.get("RANGE")
    types = {one["AttributeName"]: one["AttributeType"] for one in table["AttributeDefinitions"]}
    own = (hash_name, sort_name, table["pk_name"], table["sk_name"])
    if any(types.get(one) != "S" for one in own if one):
        return None, None
    return (hash_name, sort_name) if sort_name or index_name else (None, None)


def _condition(found: re.Match[str], texts: Mapping[str, str]) -> Callable[[str], bool]:
    if found["between"]:
        low, high = texts[found["low"]], texts[found["high"]]
        return lambda sort: low <= sort <= high
    if found["begins"]:
        prefix = texts[found["prefix"]]
        return lambda sort: sort.startswith(prefix)
    if not found["compared"]:
        return lambda _: True
    value = texts[found["value"]]
    return {
        "=": lambda sort: sort == value,
        "<": lambda sort: sort < value,
        "<=": lambda sort: sort <= value,
        ">": lambda sort: sort > value,
        ">=": lambda sort: sort >= value,
    }[found["operator"]]


def _entry_of(start: Any, table: Table, keys: _Keys) -> _Entry | None:
    """Where a start key lies; None when ministack shall say what is wrong with it."""
    names = (keys.sort_name, table["pk_name"], table["sk_name"])
    found = [start.get(name) if isinstance(start, dict) else None for name in names if name]
    if not all(isinstance(one, dict) and isinstance(one.get("S"), str) for one in found):
        return None
    texts = {name: start[name]["S"] for name in names if name}
    return _Entry(
        texts[keys.sort_name] if keys.sort_name else "",
        texts[table["pk_name"]],
        texts[table["sk_name"]],
    )


def _first_window(data: Mapping[str, Any]) -> int:
    """Items that hold a page as a rule."""
    limit = data.get("Limit")
    return limit + 1 if isinstance(limit, int) and 0 < limit < _FIRST_WINDOW else _FIRST_WINDOW
