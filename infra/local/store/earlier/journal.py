"""Reads the journal of the store before this one: every change since its snapshot, in order.

    CURRENT              number of the snapshot in force (absent: none yet, the journal is all)
    snapshot-N/          the whole state at the moment segment N was opened (old_store.py)
    journal-N.log        a header, then records: marker, length, CRC-32, payload

A record was one write() before its request was answered, so only the end of the last segment may
be torn. Any other damage is a StoreError that names the file. Nothing is changed on the disk.
"""

import re
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from infra.local.store.errors import StoreError

_SEGMENT_HEADER = struct.Struct("<6s?Q")  # magic, after_gap, number
_SEGMENT_MAGIC = b"SOLJ1\n"
_RECORD_HEADER = struct.Struct("<4sII")  # marker, bytes of the payload, its CRC-32
_RECORD_MARKER = b"\xf5Rec"
_PAYLOAD_HEADER = struct.Struct("<dHI")  # unix seconds, status, bytes of meta
_META_FIELDS = 6
_CREDENTIAL = re.compile(r"Credential=([^/]+)/[^/]+/([^/]+)/([^/]+)/")
_ACCOUNT = re.compile(r"\d{12}")
_DEFAULT_ACCOUNT = "000000000000"
SERVER_ERROR = 500


class Scope(NamedTuple):
    """Whose data it is: the version before kept them apart."""

    account: str
    region: str


class Record(NamedTuple):
    """One executed request: where it stands in the journal, when it was, and what it was."""

    place: str
    unix_seconds: float
    status: int
    target: str
    service: str
    scope: Scope
    body: bytes

    @property
    def action(self) -> str:
        """The operation of a JSON call, as in PutItem."""
        return self.target.rpartition(".")[2]


class Segment(NamedTuple):
    """What one file holds. `torn_bytes` follow the last whole record."""

    after_gap: bool
    records: list[Record]
    torn_bytes: int


class OldJournal:
    """The segments since the snapshot in force. Raises StoreError for a broken chain of them."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._first = self._pointer()
        self.dropped_records = 0
        self.torn_bytes = 0

    @property
    def snapshot(self) -> Path | None:
        """The snapshot in force, or None while there was none."""
        path = self._directory / f"snapshot-{self._first:08d}"
        return path if path.is_dir() else None

    def records(self) -> Iterator[Record]:
        """Every change since the snapshot, a segment (32 MB by default) in memory at a time.

        What follows a full disk's gap cannot be repeated without what the gap has swallowed, and
        the version before dropped it too: `dropped_records` counts it.
        """
        self.dropped_records = self.torn_bytes = 0
        numbers = self._numbers()
        gap = False
        for number in numbers:
            segment = read_segment(self._path(number), number, is_last=number == numbers[-1])
            gap = gap or (segment.after_gap and number != self._first)
            self.torn_bytes += segment.torn_bytes
            if gap:
                self.dropped_records += len(segment.records)
            else:
                yield from segment.records

    def _path(self, number: int) -> Path:
        return self._directory / f"journal-{number:08d}.log"

    def _all_numbers(self) -> list[int]:
        names = (one.stem.removeprefix("journal-") for one in self._directory.glob("journal-*.log"))
        return sorted(int(name) for name in names if name.isdecimal())

    def _numbers(self) -> list[int]:
        found = [number for number in self._all_numbers() if number >= self._first]
        expected = range(self._first, self._first + len(found))
        missing = set(expected) - set(found)
        if missing:
            msg = f"{self._path(min(missing))} is missing"
            raise StoreError(msg)
        return found

    def _pointer(self) -> int:
        pointer = self._directory / "CURRENT"
        if not pointer.exists():
            snapshots = any(self._directory.glob("snapshot-[0-9]*[0-9]"))
            if min(self._all_numbers(), default=int(snapshots)) > 0:
                msg = f"{pointer} is missing and so is the first segment of the journal"
                raise StoreError(msg)
            return 0
        text = pointer.read_text(encoding="ascii", errors="replace").strip()
        if not text.isdecimal() or not (self._directory / f"snapshot-{int(text):08d}").is_dir():
            msg = f"{pointer} names no snapshot: {text[:40]!r}"
            raise StoreError(msg)
        return int(text)


def read_segment(path: Path, number: int, *, is_last: bool) -> Segment:
    """Read a segment whole; only the end of the last one may be torn. Raises StoreError."""
    data = path.read_bytes()
    if len(data) < _SEGMENT_HEADER.size:
        if is_last:  # the process died between making the file and its first write
            return Segment(after_gap=False, records=[], torn_bytes=len(data))
        msg = f"{path} is damaged: its header is cut short"
        raise StoreError(msg)
    magic, after_gap, stated = _SEGMENT_HEADER.unpack_from(data)
    if magic != _SEGMENT_MAGIC or stated != number:
        msg = f"{path} is damaged: its header is not that of segment {number}"
        raise StoreError(msg)
    records: list[Record] = []
    offset = _SEGMENT_HEADER.size
    while offset < len(data):
        payload = _payload_at(data, offset)
        if payload is None:
            if is_last and not _a_record_follows(data, offset):
                break
            msg = f"{path} is damaged at byte {offset}"
            raise StoreError(msg)
        records.append(_record(payload, f"{path.name} at byte {offset}"))
        offset += _RECORD_HEADER.size + len(payload)
    return Segment(after_gap, records, len(data) - offset)


def _payload_at(data: bytes, offset: int) -> bytes | None:
    """The payload of the whole, undamaged record at `offset`, or None."""
    start = offset + _RECORD_HEADER.size
    if start > len(data):
        return None
    marker, length, checksum = _RECORD_HEADER.unpack_from(data, offset)
    payload = data[start : start + length]
    if marker != _RECORD_MARKER or len(payload) < max(length, _PAYLOAD_HEADER.size):
        return None
    return payload if zlib.crc32(payload) == checksum else None


def _a_record_follows(data: bytes, offset: int) -> bool:
    """Whether an undamaged record lies behind a damaged place: then it is no torn end."""
    at = data.find(_RECORD_MARKER, offset + 1)
    while at != -1:
        if _payload_at(data, at) is not None:
            return True
        at = data.find(_RECORD_MARKER, at + 1)
    return False


def _record(payload: bytes, place: str) -> Record:
    seconds, status, meta_bytes = _PAYLOAD_HEADER.unpack_from(payload)
    start = _PAYLOAD_HEADER.size
    meta = payload[start : start + meta_bytes].decode("latin-1").split("\n")
    if len(meta) != _META_FIELDS:
        msg = f"{place}: a record of an unknown kind"
        raise StoreError(msg)
    target, credential = meta[:2]
    found = _CREDENTIAL.search(credential)
    key, region, service = found.groups() if found else ("", "", "")
    scope = Scope(key if _ACCOUNT.fullmatch(key) else _DEFAULT_ACCOUNT, region)
    return Record(place, seconds, status, target, service, scope, payload[start + meta_bytes :])
