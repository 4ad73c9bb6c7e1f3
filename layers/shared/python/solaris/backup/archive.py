"""The file that a backup is: whole tables as lines of JSON, compressed, countable, checkable.

    ["solaris-backup", 1, {"stage": "local", "started_at": …, "tables": ["users", …], …}]
    ["table", "users"]
    {"email": {"S": "ana@example.com"}, "user_id": {"S": "…"}, …}
    ["items", "users", {"items": 1, "checksum": "…"}]
    …
    ["end", {"ended_at": …, "items": 1, "sha256": …}]

An item is an object in DynamoDB's own JSON (a number is a string, binary is base64), its keys
sorted; every other line is an array. A table's checksum is the sum of its items' BLAKE2b-128
modulo 2^128, so that any order gives the same; `sha256` is that of all bytes before its line,
uncompressed. Each table is a gzip member of its own. Gzip at level 6 packs such lines to a tenth
at 140 MB/s, and reading the tables is what takes the time; lzma saves a fifth more at 4 MB/s, and
at its quickest (68 MB/s) packs less well.

A checksum tells an accident, not a forger: who may write the file can make it fit.
"""

import decimal
import gzip
import hashlib
import io
import os
import re
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import orjson

from solaris.platform.errors import SolarisError

FORMAT, VERSION = "solaris-backup", 1
COMPRESSION = 6
MODE = 0o600  # names, addresses and hashes of keys: for the owner alone
# An item has 400 kB at most; base64 and JSON's escapes make it longer.
MAX_LINE_BYTES = 4 * 1024 * 1024
BUFFER_BYTES = 1024 * 1024
LINES_A_TICK = 5_000

_MODULUS = 1 << 128
_DIGEST_BYTES = 16
# What has more than one way of being written: sets, and numbers other than plain integers.
_SEVERAL_WAYS = re.compile(rb'"(?:SS|NS|BS)":|"N":"(?!(?:0|-?[1-9][0-9]*)")')
_DIGITS = decimal.Context(prec=64)  # DynamoDB keeps 38

Item = Mapping[str, Any]
Tick = Callable[[str, int], None]
"""Told the table and how many of its items are done so far."""


class ArchiveRefusedError(SolarisError):
    """The file is no backup, is of another version, or is not as it was written."""

    code = "backup_refused"


class Checksum:
    """Count and sum of a table's items, whatever their order."""

    def __init__(self) -> None:
        self.items = 0
        self._sum = 0

    def add(self, line: bytes) -> None:
        """Count one item by its line (`item_line`)."""
        if _SEVERAL_WAYS.search(line):
            line = orjson.dumps(_one_way(orjson.loads(line)), option=orjson.OPT_SORT_KEYS)
        digest = hashlib.blake2b(line, digest_size=_DIGEST_BYTES).digest()
        self._sum = (self._sum + int.from_bytes(digest, "big")) % _MODULUS
        self.items += 1

    @property
    def content(self) -> "Content":
        """What was counted so far."""
        return Content(self.items, f"{self._sum:032x}")


@dataclass(frozen=True, slots=True)
class Content:
    """A table's items: how many, and their checksum."""

    items: int
    checksum: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """The first line. `left_out` are tables that a restore empties and does not fill."""

    stage: str
    started_at: str
    program: str
    tables: tuple[str, ...]
    left_out: tuple[str, ...] = ()

    def line(self) -> list[Any]:
        """As it stands in the file."""
        values = {
            "stage": self.stage,
            "started_at": self.started_at,
            "program": self.program,
            "tables": list(self.tables),
            "left_out": list(self.left_out),
        }
        return [FORMAT, VERSION, values]


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a whole file was found to hold; `sha256` names the content."""

    header: Header
    tables: Mapping[str, Content]
    ended_at: str
    sha256: str

    @property
    def items(self) -> int:
        """Items of all tables."""
        return sum(one.items for one in self.tables.values())


def item_line(item: Item) -> bytes:
    """An item as a line, without its end; the same item always gives the same."""
    return orjson.dumps(item, option=orjson.OPT_SORT_KEYS)


def _one_way(value: Any) -> Any:
    """Typed JSON with its sets in order and its numbers in their shortest form."""
    if isinstance(value, list):
        return [_one_way(one) for one in value]
    if not isinstance(value, dict):
        return value
    if len(value) == 1:
        ((kind, inner),) = value.items()
        if kind == "N" and isinstance(inner, str):
            return {kind: _number(inner)}
        if kind in {"SS", "BS"} and isinstance(inner, list):
            return {kind: sorted(inner)}
        if kind == "NS" and isinstance(inner, list):
            return {kind: sorted(map(_number, inner))}
    return {name: _one_way(inner) for name, inner in value.items()}


def _number(text: str) -> str:
    try:
        plain = _DIGITS.add(_DIGITS.create_decimal(text), 0)  # no zero below zero
        return format(plain.normalize(_DIGITS), "f")
    except decimal.InvalidOperation:
        return text


class ArchiveWriter:
    """Writes one file. Nothing stands under its name until `close` has written all of it.

    A context manager: leaving it without `close` removes what was written. Raises OSError.
    """

    def __init__(self, path: Path, header: Header) -> None:
        self.path = path
        self._partial = path.with_name(f"{path.name}.partial")
        self._partial.unlink(missing_ok=True)  # left by a run that was killed
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        self._raw = os.fdopen(os.open(self._partial, flags, MODE), "wb")
        self._sha256 = hashlib.sha256()
        self._member: gzip.GzipFile | None = None
        self._member_at = 0
        self._items = 0
        self._open_table: Checksum | None = None
        self._write(orjson.dumps(header.line()) + b"\n")
        self._end_member()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._raw.close()
        self._partial.unlink(missing_ok=True)

    @contextmanager
    def table(self, name: str) -> Iterator[None]:
        """Within it, `add` writes items of this table."""
        self._write(orjson.dumps(["table", name]) + b"\n")
        self._open_table = Checksum()
        yield
        found, self._open_table = self._open_table.content, None
        self._items += found.items
        values = {"items": found.items, "checksum": found.checksum}
        self._write(orjson.dumps(["items", name, values]) + b"\n")
        self._end_member()

    def add(self, lines: Iterable[bytes]) -> int:
        """Write items, as `item_line` gives them, into the open table; returns how many so far."""
        if self._open_table is None:
            msg = "an item outside of a table"
            raise ValueError(msg)
        pack = list(lines)
        for line in pack:
            self._open_table.add(line)
        if pack:
            self._write(b"\n".join(pack) + b"\n")
        return self._open_table.items

    def last_table(self) -> Iterator[bytes]:
        """Read the items of the table that was finished last once more."""
        self._raw.flush()
        with self._partial.open("rb") as raw:
            raw.seek(self._member_at)
            with gzip.GzipFile(fileobj=raw) as lines:
                for line in lines:
                    if line.startswith(b"{"):
                        yield line.rstrip(b"\n")

    def close(self, ended_at: str) -> None:
        """Write the end, and give the file its name."""
        values = {"ended_at": ended_at, "items": self._items, "sha256": self._sha256.hexdigest()}
        self._write(orjson.dumps(["end", values]) + b"\n")
        self._end_member()
        self._raw.flush()
        os.fsync(self._raw.fileno())
        self._partial.rename(self.path)

    def _write(self, data: bytes) -> None:
        if self._member is None:
            self._member_at = self._raw.tell()
            # no name and no time inside: the same tables make the same bytes
            self._member = gzip.GzipFile("", "wb", COMPRESSION, fileobj=self._raw, mtime=0)
        self._sha256.update(data)
        self._member.write(data)

    def _end_member(self) -> None:
        if self._member is not None:
            self._member.close()
            self._member = None


class ArchiveReader:
    """Reads a file; every method begins at its beginning. Raises ArchiveRefusedError, OSError."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def header(self) -> Header:
        """What the file says about itself."""
        with self._lines() as lines:
            return _header(next(lines, b""))

    def verify(self, tick: Tick = lambda _table, _items: None) -> Manifest:
        """Read all of it, and compare every count and checksum that it states."""
        found: dict[str, Content] = {}
        sha256 = hashlib.sha256()
        table, counted = "", Checksum()
        with self._lines() as lines:
            first = next(lines, b"")
            header = _header(first)
            sha256.update(first)
            for line in lines:
                if line.startswith(b"{"):
                    if not table:
                        raise self._damaged("an item outside of a table")
                    counted.add(line.rstrip(b"\n"))
                    if counted.items % LINES_A_TICK == 0:
                        tick(table, counted.items)
                else:
                    kind, *values = _control(line)
                    if kind == "end":
                        manifest = self._end(header, found, values[0], sha256.hexdigest())
                        if table or next(lines, b""):
                            raise self._damaged("something stands where the end was stated")
                        return manifest
                    if kind == "table" and not table and values[0] not in found:
                        table, counted = str(values[0]), Checksum()
                    elif kind == "items" and table and values[0] == table:
                        found[table] = counted.content
                        if found[table] != _content(values[1]):
                            raise self._damaged(f"the items of {table} are not those written")
                        tick(table, counted.items)
                        table = ""
                    else:
                        raise self._damaged(f"an unexpected line: {kind}")
                sha256.update(line)
        raise self._damaged("its end is missing")

    def items(self) -> Iterator[tuple[str, bytes]]:
        """Table and line of every item; call `verify` first."""
        table = ""
        with self._lines() as lines:
            next(lines, None)
            for line in lines:
                if line.startswith(b"{"):
                    yield table, line.rstrip(b"\n")
                elif line.startswith(b'["table"'):
                    table = str(_control(line)[1])

    def _end(
        self, header: Header, found: Mapping[str, Content], values: Any, sha256: str
    ) -> Manifest:
        if values.get("sha256") != sha256:
            raise self._damaged("its content is not what was written")
        if set(found) != set(header.tables):
            raise self._damaged("a table is missing")
        return Manifest(header, found, str(values["ended_at"]), sha256)

    @contextmanager
    def _lines(self) -> Iterator[Iterator[bytes]]:
        """The lines, with what a damaged file raises turned into a refusal."""
        try:
            with gzip.open(self.path, "rb") as packed:
                yield self._bounded(io.BufferedReader(packed, BUFFER_BYTES))
        except (gzip.BadGzipFile, EOFError, zlib.error) as error:
            raise self._damaged(f"it cannot be unpacked ({error})") from error
        except (ValueError, AttributeError, IndexError, KeyError, TypeError) as error:
            raise self._damaged("a line cannot be read") from error

    def _bounded(self, plain: io.BufferedIOBase) -> Iterator[bytes]:
        while line := plain.readline(MAX_LINE_BYTES):
            if not line.endswith(b"\n"):
                raise self._damaged("a line is cut off or too long")
            yield line

    def _damaged(self, why: str) -> ArchiveRefusedError:
        return ArchiveRefusedError(f"{self.path} is damaged or cut off: {why}")


def _control(line: bytes) -> list[Any]:
    values = orjson.loads(line)
    if not isinstance(values, list) or not values:
        msg = "not a line of a backup"
        raise TypeError(msg)
    return values


def _content(values: Any) -> Content:
    return Content(int(values["items"]), str(values["checksum"]))


def _header(line: bytes) -> Header:
    try:
        name, version, values = orjson.loads(line)
    except (ValueError, TypeError):
        name, version, values = None, None, None
    if name != FORMAT:
        msg = "this is no backup of IA SOLARIS"
        raise ArchiveRefusedError(msg)
    if version != VERSION:
        msg = f"a backup of format {version}; this program reads format {VERSION}"
        raise ArchiveRefusedError(msg)
    return Header(
        stage=str(values["stage"]),
        started_at=str(values["started_at"]),
        program=str(values["program"]),
        tables=tuple(map(str, values["tables"])),
        left_out=tuple(map(str, values["left_out"])),
    )
