"""Where the stand-in for S3 keeps its files: contents in a folder, what they are in SQLite.

    FOLDER/index.sqlite   buckets, keys, headers, uploads; the one truth
    FOLDER/blobs/<random> a content each, written once and never changed

A key is only ever text in the index: no key leads out of the folder, two never meet in one name.
A content is on the disk (fsync) before the index names it, and one commit makes it the file: death
at any moment leaves the old file or the new one. What the index does not name goes at the start.
One process at a time: a second one gets `database is locked`.
"""

import hashlib
import json
import os
import shutil
import sqlite3
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from threading import Lock
from typing import Any, BinaryIO
from uuid import uuid4

LOCK_SECONDS = 5.0  # for an older process that is ending
COPY_BYTES = 1024 * 1024

_SCHEMA = """
CREATE TABLE IF NOT EXISTS buckets (name TEXT PRIMARY KEY, made_ms INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS rules (
    bucket TEXT, name TEXT, xml BLOB NOT NULL, PRIMARY KEY (bucket, name)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS files (
    bucket TEXT, key TEXT, blob TEXT NOT NULL, size INTEGER NOT NULL, etag TEXT NOT NULL,
    at_ms INTEGER NOT NULL, headers TEXT NOT NULL, upload TEXT, PRIMARY KEY (bucket, key)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS uploads (
    id TEXT PRIMARY KEY, bucket TEXT NOT NULL, key TEXT NOT NULL, headers TEXT NOT NULL,
    at_ms INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS parts (
    upload TEXT, number INTEGER, blob TEXT NOT NULL, etag TEXT NOT NULL,
    PRIMARY KEY (upload, number)) WITHOUT ROWID;
"""
_FIELDS = "key, blob, size, etag, at_ms, headers"
_UNDER = "substr(key, 1, length(?)) = ?"
_PAGE = f"""SELECT {_FIELDS} FROM files WHERE bucket = ? AND key > ? AND {_UNDER}
    ORDER BY key LIMIT ?"""  # noqa: S608 - constants
_UPLOAD = "SELECT headers FROM uploads WHERE bucket = ? AND key = ? AND id = ?"

UploadKey = tuple[str, str, str]  # bucket, key, the upload's id


@dataclass(frozen=True, slots=True)
class Stored:
    """One file. `at_ms`: Unix time of its last change; `headers`: what its GET answers with."""

    key: str
    blob: str
    size: int
    etag: str
    at_ms: int
    headers: dict[str, str]


@dataclass(frozen=True, slots=True)
class Upload:
    """A file in parts that is not one yet."""

    upload_id: str
    key: str
    at_ms: int


@dataclass(frozen=True, slots=True)
class Part:
    """A part of an upload: its content's name and ETag."""

    blob: str
    etag: str


class Content:
    """A content being written; nobody sees it before the index names it."""

    def __init__(self, folder: Path) -> None:
        self.name = uuid4().hex
        self.path = folder / self.name
        self.size = 0
        self.etag = ""  # MD5 in hexadecimal, once sealed
        self.sha256 = hashlib.sha256()
        self._md5 = hashlib.md5(usedforsecurity=False)
        self._file = self.path.open("xb", buffering=0)

    def write(self, data: bytes | bytearray) -> None:
        """Append; raises OSError when the disk is full."""
        view = memoryview(data)
        while view:
            view = view[self._file.write(view) :]
        self.size += len(data)
        self._md5.update(data)
        self.sha256.update(data)

    def seal(self) -> None:
        """Bring all of it onto the disk, its name too."""
        os.fsync(self._file.fileno())
        self._file.close()
        folder = os.open(self.path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
        self.etag = self._md5.hexdigest()

    def discard(self) -> None:
        """Remove it."""
        with suppress(OSError):
            self._file.close()
        with suppress(OSError):  # goes at the next start
            self.path.unlink()


class Objects:
    """All buckets. Every method blocks and may be called from any thread.

    They raise OSError and sqlite3.Error (a full disk, say) and have then changed nothing.
    """

    def __init__(self, folder: Path) -> None:
        self._blobs = folder / "blobs"
        self._blobs.mkdir(parents=True, exist_ok=True)
        self._lock = Lock()
        self._db = sqlite3.connect(
            folder / "index.sqlite", timeout=LOCK_SECONDS, check_same_thread=False
        )
        for pragma in ("locking_mode=EXCLUSIVE", "journal_mode=WAL", "synchronous=FULL"):
            self._db.execute(f"PRAGMA {pragma}")
        self._db.executescript(_SCHEMA)
        named = set(_names(self._db, "SELECT blob FROM files UNION SELECT blob FROM parts"))
        self._unlink(one.name for one in self._blobs.iterdir() if one.name not in named)

    def close(self) -> None:
        """Let another process have the folder."""
        with self._lock:
            self._db.close()

    def make_bucket(self, name: str) -> bool:
        """False: it was there already."""
        with self._lock, self._db as db:
            made = db.execute("INSERT OR IGNORE INTO buckets VALUES (?, ?)", (name, _now_ms()))
            return made.rowcount == 1

    def buckets(self) -> dict[str, int]:
        """Name → Unix time in ms when it was made."""
        return dict(self._rows("SELECT name, made_ms FROM buckets ORDER BY name"))

    def set_rule(self, bucket: str, name: str, xml: bytes) -> None:
        """Keep a configuration of a bucket as it came."""
        with self._lock, self._db as db:
            db.execute("INSERT OR REPLACE INTO rules VALUES (?, ?, ?)", (bucket, name, xml))

    def rule(self, bucket: str, name: str) -> bytes | None:
        """A configuration, None when there is none."""
        rows = self._rows("SELECT xml FROM rules WHERE bucket = ? AND name = ?", bucket, name)
        return bytes(rows[0][0]) if rows else None

    def content(self) -> Content:
        """A new content to write to; whoever asks for it seals or discards it."""
        return Content(self._blobs)

    def put(self, bucket: str, key: str, content: Content, headers: dict[str, str]) -> None:
        """Make a sealed content the file of this key, in the place of an older one."""
        with self._lock, self._db as db:
            old = _replace(db, (bucket, key), content, content.etag, json.dumps(headers))
        self._unlink(old)

    def open(self, bucket: str, key: str) -> tuple[Stored, BinaryIO] | None:
        """A file and its content, whole even when it is replaced meanwhile; None: no file."""
        query = f"SELECT {_FIELDS} FROM files WHERE bucket = ? AND key = ?"  # noqa: S608 - constants
        with self._lock:  # or the content goes between the two
            row = self._db.execute(query, (bucket, key)).fetchone()
            return row and (_stored(row), (self._blobs / row[1]).open("rb"))

    def page(self, bucket: str, prefix: str, after: str, most: int) -> list[Stored]:
        """The next `most` files under a prefix, in the order of their UTF-8 bytes."""
        return [_stored(row) for row in self._rows(_PAGE, bucket, after, prefix, prefix, most)]

    def remove(self, bucket: str, keys: Iterable[str]) -> None:
        """Delete files; those that are not there are as good."""
        query = "DELETE FROM files WHERE bucket = ? AND key = ? RETURNING blob"
        with self._lock, self._db as db:
            gone = [_names(db, query, bucket, key) for key in keys]
        self._unlink(chain(*gone))

    def remove_older(self, bucket: str, prefix: str, before_ms: int) -> None:
        """Delete files under a prefix that were stored before this time."""
        query = f"DELETE FROM files WHERE bucket = ? AND at_ms < ? AND {_UNDER} RETURNING blob"  # noqa: S608 - constants
        with self._lock, self._db as db:
            gone = _names(db, query, bucket, before_ms, prefix, prefix)
        self._unlink(gone)

    def begin(self, bucket: str, key: str, headers: dict[str, str]) -> str:
        """Begin a file in parts; returns the upload's id."""
        upload = uuid4().hex
        row = (upload, bucket, key, json.dumps(headers), _now_ms())
        with self._lock, self._db as db:
            db.execute("INSERT INTO uploads VALUES (?, ?, ?, ?, ?)", row)
        return upload

    def uploads(self, bucket: str, prefix: str = "") -> list[Upload]:
        """Every upload that is neither complete nor dropped."""
        query = f"SELECT id, key, at_ms FROM uploads WHERE bucket = ? AND {_UNDER} ORDER BY key, id"  # noqa: S608 - constants
        return [Upload(*row) for row in self._rows(query, bucket, prefix, prefix)]

    def add_part(self, upload: UploadKey, number: int, content: Content) -> bool:
        """Make a sealed content a part of an upload; False: no such upload."""
        where = "SELECT blob FROM parts WHERE upload = ? AND number = ?"
        with self._lock, self._db as db:
            if not db.execute(_UPLOAD, upload).fetchone():
                return False
            old = _names(db, where, upload[2], number)
            row = (upload[2], number, content.name, content.etag)
            db.execute("INSERT OR REPLACE INTO parts VALUES (?, ?, ?, ?)", row)
        self._unlink(old)
        return True

    def parts(self, upload: UploadKey) -> dict[int, Part] | None:
        """Parts by number; None: no such upload."""
        if not self._rows(_UPLOAD, *upload):
            return None
        found = self._rows("SELECT number, blob, etag FROM parts WHERE upload = ?", upload[2])
        return {number: Part(blob, etag) for number, blob, etag in found}

    def join(self, parts: Iterable[Part], content: Content) -> None:
        """Write parts one after the other into a content, a MiB at a time."""
        for part in parts:
            with (self._blobs / part.blob).open("rb") as file:
                shutil.copyfileobj(file, content, COPY_BYTES)

    def complete(self, upload: UploadKey, content: Content, etag: str) -> bool:
        """Make a sealed content the upload's file and end the upload; False: no such upload."""
        with self._lock, self._db as db:
            row = db.execute(_UPLOAD, upload).fetchone()
            if row is None:
                return False
            old = _replace(db, upload[:2], content, etag, row[0], upload=upload[2])
            old += _end(db, upload[2])
        self._unlink(old)
        return True

    def completed(self, upload: UploadKey) -> str | None:
        """The ETag of the file that this upload has become, for whoever asks a second time."""
        query = "SELECT etag FROM files WHERE bucket = ? AND key = ? AND upload = ?"
        rows = self._rows(query, *upload)
        return str(rows[0][0]) if rows else None

    def abort(self, upload: UploadKey) -> bool:
        """Drop an upload and its parts; False: no such upload."""
        with self._lock, self._db as db:
            if not db.execute(_UPLOAD, upload).fetchone():
                return False
            gone = _end(db, upload[2])
        self._unlink(gone)
        return True

    def _rows(self, query: str, *values: str | int) -> list[Any]:
        with self._lock:
            return self._db.execute(query, values).fetchall()

    def _unlink(self, names: Iterable[str]) -> None:
        for name in names:
            with suppress(OSError):  # goes at the next start
                (self._blobs / name).unlink()


def _replace(
    db: sqlite3.Connection,
    where: tuple[str, str],
    content: Content,
    etag: str,
    headers: str,
    *,
    upload: str | None = None,
) -> list[str]:
    """Name a content; returns what it has replaced."""
    old = _names(db, "SELECT blob FROM files WHERE bucket = ? AND key = ?", *where)
    row = (*where, content.name, content.size, etag, _now_ms(), headers, upload)
    db.execute("INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)
    return old


def _end(db: sqlite3.Connection, upload: str) -> list[str]:
    db.execute("DELETE FROM uploads WHERE id = ?", (upload,))
    return _names(db, "DELETE FROM parts WHERE upload = ? RETURNING blob", upload)


def _names(db: sqlite3.Connection, query: str, *values: str | int) -> list[str]:
    return [str(row[0]) for row in db.execute(query, values).fetchall()]


def _stored(row: tuple[str, str, int, str, int, str]) -> Stored:
    return Stored(*row[:5], headers=json.loads(row[5]))


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
