"""Reads the tables of the store before this one from its snapshot, an item at a time.

    {"__ministack_format__": 2, "payload": {
        "tables": {"__account_region_scoped__": true, "data": {
            "<account>\\u0000<region>\\u0000'<name>'": {
                "KeySchema": …, "items": {"<hash key>": {"<range key>": <item>}}}}},
        "ttl_settings": {…, "data": {"<account>…": {"AttributeName": …}}}}}

The file is in memory while it is read (twice for a moment), and then the items as JSON, a third
more than the file; parsed, the items of 100 MB would be more than a gigabyte.
"""

import ast
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from infra.local.store.earlier.journal import Scope
from infra.local.store.errors import StoreError

Item = dict[str, Any]  # in DynamoDB's JSON
_INDEX_FIELDS = ("IndexName", "KeySchema", "Projection")
_SPACE = re.compile(r"[ \t\r\n]*")


@dataclass(slots=True)
class OldTable:
    """A table as it was: CreateTable's request, TTL's attribute, each item's JSON by its key."""

    name: str
    request: dict[str, Any]
    ttl: str | None
    items: dict[bytes, bytes]

    @property
    def key_names(self) -> tuple[str, ...]:
        """The hash key, and the range key if there is one."""
        return tuple(one["AttributeName"] for one in self.request["KeySchema"])

    def key(self, item: Item) -> bytes:
        """What tells an item from the table's others: its keys as JSON."""
        return compact(orjson.dumps([item[name] for name in self.key_names]))


def loads(data: bytes) -> dict[str, Any]:
    """Parse what is `sound`; integers may have any size."""
    try:
        found: dict[str, Any] = orjson.loads(data)
    except orjson.JSONDecodeError:
        found = json.loads(data)
    return found


def sound(data: bytes) -> bytes:
    """JSON with `?` for each half of a character, which the version before took and dynoxide does
    not; anything else as it is. Raises ValueError for what is no JSON.
    """
    try:
        orjson.loads(data)
    except orjson.JSONDecodeError:
        return json.dumps(json.loads(data), ensure_ascii=False).encode("utf-8", "replace")
    return data


def dumps(value: dict[str, Any]) -> bytes:
    """JSON that takes no more memory than it needs."""
    return compact(orjson.dumps(value))


def compact(data: bytes) -> bytes:
    """A copy without the room that orjson has left behind it, a kilobyte for the smallest."""
    return bytes(memoryview(data))


class _Name(NamedTuple):
    scope: Scope
    name: str

    @classmethod
    def of(cls, composed: str) -> "_Name":
        account, region, name = composed.split("\x00", 2)
        return cls(Scope(account, region), str(ast.literal_eval(name)))


def read_tables(path: Path) -> dict[Scope, list[OldTable]]:
    """Every table of a snapshot's dynamodb.json. Raises StoreError that names the file."""
    found: list[tuple[_Name, OldTable]] = []
    settings: dict[_Name, dict[str, Any]] = {}
    try:
        reader = _Reader(path.read_bytes())
        for part in reader.path("payload"):
            if part == "tables":
                found += [(_Name.of(name), _table(reader)) for name in reader.path("data")]
            elif part == "ttl_settings":
                data = reader.value().get("data", {})
                settings = {_Name.of(name): setting for name, setting in data.items()}
            else:
                reader.value()
    except (ValueError, KeyError, AttributeError, TypeError, SyntaxError) as error:
        msg = f"{path} is damaged: {str(error)[:200] or type(error).__name__}"
        raise StoreError(msg) from error
    tables: dict[Scope, list[OldTable]] = {}
    for name, table in found:
        setting = settings.get(name, {})
        if setting.get("TimeToLiveStatus") == "ENABLED":
            table.ttl = setting["AttributeName"]
        tables.setdefault(name.scope, []).append(table)
    return tables


class _Reader:
    """Walks through JSON: of each object the keys one by one, and values whole where wanted.

    The standard library's parser only finds where a value ends, in a text of a byte a character.
    """

    def __init__(self, data: bytes) -> None:
        self._text = data.decode("latin-1")
        self._at = 0
        self._decode = json.JSONDecoder().raw_decode

    def members(self) -> Iterator[str]:
        """The keys of the object at hand; the value of each must be read before the next."""
        self._take("{")
        if self._peek() == "}":
            self._take("}")
            return
        while True:
            key = self.value()
            self._take(":")
            yield key
            if self._take(",}") == "}":
                return

    def path(self, name: str) -> Iterator[str]:
        """The keys of the object that is member `name` of the object at hand."""
        for key in self.members():
            if key == name:
                yield from self.members()
            else:
                self.value()

    def value(self) -> Any:
        """The value at hand, parsed."""
        return loads(sound(self.text()))

    def text(self) -> bytes:
        """The value at hand, as it is written."""
        self._peek()
        start = self._at
        self._at = self._decode(self._text, start)[1]
        return self._text[start : self._at].encode("latin-1")

    def _peek(self) -> str:
        found = _SPACE.match(self._text, self._at)
        self._at = found.end() if found else self._at
        return self._text[self._at : self._at + 1]

    def _take(self, expected: str) -> str:
        found = self._peek()
        if not found or found not in expected:
            msg = f"{expected!r} expected at character {self._at}"
            raise ValueError(msg)
        self._at += 1
        return found


def _table(reader: _Reader) -> OldTable:
    """The table at hand."""
    fields: dict[str, Any] = {}
    table: OldTable | None = None
    for key in reader.members():
        if key != "items":
            fields[key] = reader.value()
            continue
        # KeySchema comes before the items, and the key of each is all that is kept parsed
        table = OldTable(fields["TableName"], {"KeySchema": fields["KeySchema"]}, None, {})
        for _ in reader.members():
            for _ in reader.members():
                text = sound(reader.text())
                table.items[table.key(loads(text))] = text
    if table is None:
        msg = "a table without items"
        raise ValueError(msg)
    table.request = _request(fields)
    return table


def _request(table: dict[str, Any]) -> dict[str, Any]:
    """What makes such a table."""
    request: dict[str, Any] = {
        name: table[name] for name in ("TableName", "KeySchema", "AttributeDefinitions")
    }
    billing = table.get("BillingModeSummary") or {}
    request["BillingMode"] = billing.get("BillingMode", "PAY_PER_REQUEST")
    more = {}
    if request["BillingMode"] == "PROVISIONED":
        given = table.get("ProvisionedThroughput") or {}
        units = ("ReadCapacityUnits", "WriteCapacityUnits")
        more = {"ProvisionedThroughput": {name: int(given.get(name) or 5) for name in units}}
    request |= more
    for kind in ("GlobalSecondaryIndexes", "LocalSecondaryIndexes"):
        extra = more if kind.startswith("Global") else {}
        indexes = [
            {name: one[name] for name in _INDEX_FIELDS} | extra for one in table.get(kind) or ()
        ]
        if indexes:
            request[kind] = indexes
    return request
