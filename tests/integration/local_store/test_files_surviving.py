"""The store's files under many writers, the death of its process, a full disk, and its rules."""

import resource
import socket
import sqlite3
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError, HTTPClientError

from infra.local.store import objects
from infra.local.store.files import Files
from infra.local.store.objects import Objects
from tests.integration.local_store.files_support import (
    BUCKET,
    MIB,
    SECONDS,
    Store,
    file_store,
    get,
    put,
    refusal,
    until,
)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = Store(tmp_path / "store")
    made.start()
    yield made
    made.kill()


@pytest.fixture
def s3(store: Store) -> Any:
    client = store.client()
    client.create_bucket(Bucket=BUCKET)
    return client


def test_of_many_writers_of_a_key_one_wins_whole(s3: Any, store: Store) -> None:
    bodies = [bytes([n]) * (MIB + n) for n in range(8)]
    put(s3, "a", bodies[0])
    with ThreadPoolExecutor(12) as pool:
        writes = [pool.submit(put, s3, "a", body) for body in bodies * 3]
        reads = [pool.submit(get, s3, "a") for _ in range(24)]
        assert all(one.result() for one in writes)
        assert {one.result() for one in reads} <= set(bodies)
    assert get(s3, "a") in bodies
    assert len(store.blobs()) == 1


def test_a_client_that_goes_away_leaves_the_old_file(s3: Any, store: Store) -> None:
    put(s3, "a", b"old")
    before = store.blobs()
    half_a_put(store).close()
    until(lambda: store.blobs() == before)
    assert get(s3, "a") == b"old"


def half_a_put(store: Store) -> socket.socket:
    """A put that has sent 3 MiB of 9, all of them received."""
    before = len(store.blobs())
    connection = socket.create_connection(("127.0.0.1", store.port), SECONDS)
    head = f"PUT /{BUCKET}/a HTTP/1.1\r\nhost: x\r\ncontent-length: {9 * MIB}\r\n\r\n"
    connection.sendall(head.encode() + b"n" * 3 * MIB)
    until(lambda: len(store.blobs()) > before)
    return connection


def test_a_process_killed_within_a_put_leaves_the_old_file_and_no_leftovers(
    s3: Any, store: Store
) -> None:
    put(s3, "a", b"old")
    upload = s3.create_multipart_upload(Bucket=BUCKET, Key="b")["UploadId"]
    where = {"Bucket": BUCKET, "Key": "b", "UploadId": upload}
    tag = s3.upload_part(**where, PartNumber=1, Body=b"part")["ETag"]
    with half_a_put(store):
        store.kill()
    assert len(store.blobs()) == 3
    store.start()
    s3 = store.client()
    assert get(s3, "a") == b"old"
    assert len(store.blobs()) == 2
    # an upload outlives the process
    parts = {"Parts": [{"PartNumber": 1, "ETag": tag}]}
    s3.complete_multipart_upload(**where, MultipartUpload=parts)
    assert get(s3, "b") == b"part"


@pytest.mark.parametrize("milliseconds", [3, 11, 23, 47])
def test_kill_9_at_any_moment_leaves_the_last_whole_file(
    s3: Any, store: Store, milliseconds: int
) -> None:
    put(s3, "a", bytes(MIB))
    acknowledged, stop = [0], threading.Event()

    def write() -> None:
        for number in range(1, 256):
            if stop.is_set():
                return
            try:
                put(s3, "a", bytes([number]) * MIB)
            except (ClientError, HTTPClientError):
                return
            acknowledged.append(number)

    writer = threading.Thread(target=write)
    writer.start()
    until(lambda: len(acknowledged) > 2)
    time.sleep(milliseconds / 1000)  # where in a put it dies
    store.kill()
    stop.set()
    writer.join(SECONDS)
    store.start()
    found = get(store.client(), "a")
    assert found == found[:1] * MIB
    assert found[0] in (acknowledged[-1], acknowledged[-1] + 1)
    assert len(store.blobs()) == 1


def test_a_full_disk_leaves_the_old_file_and_no_leftovers(s3: Any, store: Store) -> None:
    put(s3, "a", b"old")
    assert store.process is not None
    limits = resource.prlimit(store.process.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(store.process.pid, resource.RLIMIT_FSIZE, (2 * MIB, limits[1]))
    assert refusal(s3.put_object, Key="a", Body=b"x" * 5 * MIB) == (500, "InternalError")
    assert get(s3, "a") == b"old"
    assert len(store.blobs()) == 1
    resource.prlimit(store.process.pid, resource.RLIMIT_FSIZE, limits)
    put(s3, "a", b"x" * 5 * MIB)
    assert len(get(s3, "a")) == 5 * MIB
    assert len(store.blobs()) == 1


def test_rules_remove_what_is_over_and_nothing_else(s3: Any, store: Store) -> None:
    file_store(s3).create()
    for key in ("exports/a", "exports", "state/exports/a"):
        put(s3, key, b"1")
    s3.create_multipart_upload(Bucket=BUCKET, Key="state/b")
    store.kill()
    files = Files(store.folder / "files")
    now = datetime.now(UTC)
    kept = files._objects

    def remaining() -> tuple[list[str], int]:
        return [one.key for one in kept.page(BUCKET, "", "", 9)], len(kept.uploads(BUCKET))

    files.sweep(now + timedelta(hours=23))
    assert remaining() == (["exports", "exports/a", "state/exports/a"], 1)
    files.sweep(now + timedelta(days=6, hours=23))
    assert remaining() == (["exports", "exports/a", "state/exports/a"], 0)
    files.sweep(now + timedelta(days=7, minutes=1))
    assert remaining() == (["exports", "state/exports/a"], 0)
    files.close()
    assert len(store.blobs()) == 2


def test_a_folder_has_one_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(objects, "LOCK_SECONDS", 0.05)
    first = Objects(tmp_path)
    with pytest.raises(sqlite3.OperationalError, match="locked"):
        Objects(tmp_path)
    first.close()
    Objects(tmp_path).close()
