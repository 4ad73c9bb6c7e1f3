"""The journal of the embedded store: segment files, the snapshot pointer, recovery.

Layout of the directory:

    CURRENT              the sequence number of the snapshot in force (absent: 0, empty state)
    snapshot-N/          the whole state at the moment segment N was opened
    journal-N.log        every change since then, in the order in which it was executed

One record is one write() without fsync: it survives the death of the process (kill -9,
out of memory), because the page cache belongs to the kernel. It does not survive a power
cut or a kernel crash; then the last seconds before it may be missing.

    StoreError
    └── JournalCorruptError    a damaged segment, snapshot or pointer; names the file
"""

from __future__ import annotations

import os
import shutil
import struct
import zlib
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_SEGMENT_HEADER = struct.Struct("<6s?Q")  # magic, after_gap, sequence
_SEGMENT_MAGIC = b"SOLJ1\n"
_RECORD_HEADER = struct.Struct("<4sII")  # marker, payload bytes, CRC-32 of the payload
_RECORD_MARKER = b"\xf5Rec"
_PAYLOAD_HEADER = struct.Struct("<dHI")  # unix seconds, status, bytes of meta


class StoreError(Exception):
    """Base of what stops the embedded store; the text is one line for a person."""


class JournalCorruptError(StoreError):
    """Stored data is damaged where a crash cannot have damaged it."""


class Record(NamedTuple):
    """One executed request. `meta` says what it was, `body` is the request's body."""

    unix_seconds: float
    status: int
    meta: bytes
    body: bytes


class Segment(NamedTuple):
    """What one segment file holds. `torn_bytes` follow the last whole record."""

    after_gap: bool
    records: list[Record]
    valid_bytes: int
    torn_bytes: int


def encode_record(record: Record) -> bytes:
    """The bytes of one record, header included."""
    seconds, status, meta, body = record
    payload = _PAYLOAD_HEADER.pack(seconds, status, len(meta)) + meta + body
    return _RECORD_HEADER.pack(_RECORD_MARKER, len(payload), zlib.crc32(payload)) + payload


def _decode_at(data: bytes, offset: int) -> tuple[Record, int] | None:
    """The whole, undamaged record at `offset` and the offset after it, or None."""
    start = offset + _RECORD_HEADER.size
    if start > len(data):
        return None
    marker, length, checksum = _RECORD_HEADER.unpack_from(data, offset)
    end = start + length
    if marker != _RECORD_MARKER or end > len(data) or length < _PAYLOAD_HEADER.size:
        return None
    payload = data[start:end]
    if zlib.crc32(payload) != checksum:
        return None
    seconds, status, meta_bytes = _PAYLOAD_HEADER.unpack_from(payload)
    body_at = _PAYLOAD_HEADER.size + meta_bytes
    return Record(seconds, status, payload[_PAYLOAD_HEADER.size : body_at], payload[body_at:]), end


def _a_record_follows(data: bytes, offset: int) -> bool:
    """Whether an undamaged record lies behind a damaged place: then it is no torn tail."""
    at = data.find(_RECORD_MARKER, offset + 1)
    while at != -1:
        if _decode_at(data, at) is not None:
            return True
        at = data.find(_RECORD_MARKER, at + 1)
    return False


def read_segment(path: Path, sequence: int, *, is_last: bool) -> Segment:
    """Read a segment whole. Only the end of the last one may be torn.

    Raises JournalCorruptError with the file's name for any other damage.
    """
    data = path.read_bytes()
    if len(data) < _SEGMENT_HEADER.size:
        if is_last:  # the process died between creating the file and its first write
            return Segment(after_gap=False, records=[], valid_bytes=0, torn_bytes=len(data))
        raise JournalCorruptError(f"{path} is damaged: its header is cut short")
    magic, after_gap, stated = _SEGMENT_HEADER.unpack_from(data)
    if magic != _SEGMENT_MAGIC or stated != sequence:
        raise JournalCorruptError(
            f"{path} is damaged: its header is not that of segment {sequence}"
        )
    records: list[Record] = []
    offset = _SEGMENT_HEADER.size
    while offset < len(data):
        decoded = _decode_at(data, offset)
        if decoded is None:
            if is_last and not _a_record_follows(data, offset):
                break
            raise JournalCorruptError(f"{path} is damaged at byte {offset}")
        record, offset = decoded
        records.append(record)
    return Segment(after_gap, records, offset, len(data) - offset)


def sync_directory(path: Path) -> None:
    """Make a rename or a new name inside `path` durable."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def publish_snapshot(directory: Path, sequence: int) -> None:
    """Put the finished `snapshot-N.tmp` in force: rename it, then switch CURRENT atomically."""
    final = snapshot_path(directory, sequence)
    final.with_suffix(".tmp").rename(final)
    sync_directory(directory)
    pointer = directory / "CURRENT.tmp"
    with pointer.open("w", encoding="ascii") as file:
        file.write(f"{sequence}\n")
        file.flush()
        os.fsync(file.fileno())
    pointer.replace(directory / "CURRENT")
    sync_directory(directory)


def snapshot_path(directory: Path, sequence: int) -> Path:
    """Where the snapshot at the start of segment `sequence` lies."""
    return directory / f"snapshot-{sequence:08d}"


def segment_path(directory: Path, sequence: int) -> Path:
    """Where segment `sequence` lies."""
    return directory / f"journal-{sequence:08d}.log"


class Journal:
    """The segments of one directory and the live one that changes are appended to.

    After a failed append (disk full) the state in memory is ahead of the files and a later
    record could not be replayed without the lost one. So nothing more is appended until a
    rotation, and what follows counts as durable again only when a snapshot taken after the
    gap is in force (`has_gap`).
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        directory.mkdir(parents=True, exist_ok=True)
        self.snapshot_sequence = self._read_pointer()
        self.sequence = self.snapshot_sequence
        self.record_count = 0
        self.size_bytes = 0
        self.torn_bytes = 0
        self.dropped_records = 0
        self.gaps = 0
        self._gaps_covered = 0
        self._descriptor = -1

    def _read_pointer(self) -> int:
        pointer = self.directory / "CURRENT"
        if not pointer.exists():
            if min(self._sequences(), default=0) > 0:
                raise JournalCorruptError(f"{pointer} is missing and so is the first segment")
            return 0
        text = pointer.read_text(encoding="ascii", errors="replace").strip()
        if not text.isdecimal() or not snapshot_path(self.directory, int(text)).is_dir():
            raise JournalCorruptError(f"{pointer} names no snapshot: {text[:40]!r}")
        return int(text)

    def _sequences(self) -> list[int]:
        names = (
            path.stem.removeprefix("journal-") for path in self.directory.glob("journal-*.log")
        )
        return sorted(int(name) for name in names if name.isdecimal())

    @property
    def has_gap(self) -> bool:
        """Whether something is missing from the journal that no snapshot in force covers."""
        return self.gaps > self._gaps_covered

    @property
    def snapshot(self) -> Path | None:
        """The snapshot in force, or None while there is none."""
        path = snapshot_path(self.directory, self.snapshot_sequence)
        return path if path.is_dir() else None

    def recover(self) -> Iterator[Record]:
        """Yield every record since the snapshot in order, then open the live segment.

        A torn tail is cut off. Segments behind a gap cannot be replayed and are removed;
        `dropped_records` counts what was in them. Raises JournalCorruptError.
        """
        self._remove_leftovers()
        sequences = [number for number in self._sequences() if number >= self.snapshot_sequence]
        expected = list(range(self.snapshot_sequence, self.snapshot_sequence + len(sequences)))
        if sequences != expected:
            missing = min(set(expected) - set(sequences))
            raise JournalCorruptError(f"{segment_path(self.directory, missing)} is missing")
        valid_bytes = 0
        for index, number in enumerate(sequences):
            path = segment_path(self.directory, number)
            segment = read_segment(path, number, is_last=number == sequences[-1])
            if segment.after_gap and number != self.snapshot_sequence:
                self._drop(sequences[index:])
                break
            yield from segment.records
            self.sequence, self.torn_bytes = number, segment.torn_bytes
            self.record_count, valid_bytes = len(segment.records), segment.valid_bytes
        self._open(valid_bytes)

    def _drop(self, sequences: list[int]) -> None:
        for number in sequences:
            path = segment_path(self.directory, number)
            segment = read_segment(path, number, is_last=number == sequences[-1])
            self.dropped_records += len(segment.records)
            path.unlink()

    def _remove_leftovers(self) -> None:
        """What a compaction cut short left behind, and what is older than the snapshot."""
        keep = snapshot_path(self.directory, self.snapshot_sequence)
        for path in self.directory.glob("snapshot-*"):
            if path != keep:
                shutil.rmtree(path, ignore_errors=True)
        for number in self._sequences():
            if number < self.snapshot_sequence:
                segment_path(self.directory, number).unlink(missing_ok=True)

    def _open(self, valid_bytes: int) -> None:
        path = segment_path(self.directory, self.sequence)
        if valid_bytes == 0:
            path.unlink(missing_ok=True)
            self._descriptor = self._create(self.sequence, after_gap=False)
            self.size_bytes = _SEGMENT_HEADER.size
            return
        self._descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC)
        os.ftruncate(self._descriptor, valid_bytes)
        self.size_bytes = valid_bytes

    def _create(self, sequence: int, *, after_gap: bool) -> int:
        path = segment_path(self.directory, sequence)
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        descriptor = os.open(path, flags, 0o600)
        header = _SEGMENT_HEADER.pack(_SEGMENT_MAGIC, after_gap, sequence)
        try:
            if os.write(descriptor, header) != len(header):
                raise OSError(f"{path}: no space for a segment header")  # noqa: TRY301
        except OSError:
            os.close(descriptor)
            path.unlink(missing_ok=True)
            raise
        return descriptor

    def append(self, record: Record) -> bool:
        """Write one record. False: it is not in the journal, and no later one will be
        before a rotation. Raises OSError the first time, so that the caller can log it.
        """
        if self._descriptor < 0:
            return False
        data = encode_record(record)
        try:
            if os.write(self._descriptor, data) != len(data):
                raise OSError("no space left for a journal record")  # noqa: TRY301
        except OSError:
            self.stop_appending()
            raise
        self.size_bytes += len(data)
        self.record_count += 1
        return True

    def stop_appending(self) -> None:
        """Cut a half-written record off and declare a gap."""
        self.gaps += 1
        try:
            os.ftruncate(self._descriptor, self.size_bytes)
        finally:
            self.close()

    def rotate(self) -> int:
        """Open the next segment and return its number. Raises OSError, then nothing changed."""
        descriptor = self._create(self.sequence + 1, after_gap=self.has_gap)
        self.close()
        self._descriptor = descriptor
        self.sequence += 1
        self.record_count, self.size_bytes = 0, _SEGMENT_HEADER.size
        return self.sequence

    def snapshot_taken(self, sequence: int, *, gaps_covered: int) -> None:
        """The snapshot at `sequence` is in force: forget and remove everything before it.

        `gaps_covered` is `gaps` at the moment the snapshot shows.
        """
        self.snapshot_sequence = sequence
        self._gaps_covered = gaps_covered
        self._remove_leftovers()

    def close(self) -> None:
        """Close the live segment's file."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1
