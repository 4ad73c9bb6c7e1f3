"""Zip archives that depend on their contents alone: same files, same bytes.

Names are sorted, times and owners are fixed, and of a file's mode only "may be run" is kept. The
compressed bytes are zlib's: another zlib may pack the same contents differently.
"""

import hashlib
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest time that a zip can name
LEVEL = 6  # 9 takes four times as long for less than one per cent
UNIX = 3
_FILE = 0o100644 << 16
_PROGRAM = 0o100755 << 16
_CHUNK_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Member:
    """One file: its name in the archive, where its bytes are, and whether it may be run."""

    name: str
    source: Path
    is_program: bool = False


@dataclass(frozen=True, slots=True)
class Archive:
    """What was written; sizes in bytes."""

    files: int
    zip_bytes: int
    unzipped_bytes: int
    sha256: str


def write_zip(path: Path, members: Iterable[Member]) -> Archive:
    """Write the archive whole or not at all; whatever was at `path` before is replaced."""
    ordered = sorted(members, key=lambda member: member.name)
    partial = path.with_name(path.name + ".partial")
    path.parent.mkdir(parents=True, exist_ok=True)
    unzipped_bytes = 0
    with zipfile.ZipFile(partial, "w") as archive:
        for member in ordered:
            info = zipfile.ZipInfo(member.name, EPOCH)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.create_system = UNIX
            info.external_attr = _PROGRAM if member.is_program else _FILE
            data = member.source.read_bytes()
            unzipped_bytes += len(data)
            archive.writestr(info, data, compresslevel=LEVEL)
    partial.replace(path)
    return Archive(len(ordered), path.stat().st_size, unzipped_bytes, sha256_of(path))


def sha256_of(path: Path) -> str:
    """SHA-256 of a file, in hex."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()
