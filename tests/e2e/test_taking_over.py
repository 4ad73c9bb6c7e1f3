"""The data of the version before, which another store kept in memory with a journal, is taken over.

The directory is the one of tests/integration/local_store/make_data_before.py: users, records, an
export and a mail; events in the queue that nobody had booked, an open reservation, kill -9.
"""

import hashlib
import json
import os
import tarfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

import boto3
import httpx
import pytest

from solaris.quota.user import user_id_for
from tests.e2e.local_system import BOOKED_SECONDS, LocalSystem, running
from tests.e2e.test_life import refused_start

pytestmark = pytest.mark.e2e
BEFORE = Path(__file__).parents[1] / "integration" / "local_store" / "data_before.tar.gz"
TRUTH: dict[str, Any] = json.loads(BEFORE.with_name("data_before.json").read_text(encoding="utf-8"))
TOLD = "taking over the data of the version before"
# booked, and for Bia three that waited; Ana's last is the reservation that nobody settled
RECORDS = {"ana@example.com": 5, "bia@example.com": 6, "near@example.com": 1}
SETTINGS = {"MIN_USER_LIMIT": "0"}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    with tarfile.open(BEFORE) as archive:
        archive.extractall(folder, filter="data")
    return folder


def client_of(system: LocalSystem, service: str) -> Any:
    tables = "_DYNAMODB" if service == "dynamodb" else ""
    return boto3.client(  # type: ignore[call-overload]
        service,
        endpoint_url=system.run_variable(f"AWS_ENDPOINT_URL{tables}"),
        region_name=system.run_variable("AWS_REGION"),
        aws_access_key_id=system.run_variable("AWS_ACCESS_KEY_ID"),
        aws_secret_access_key=system.run_variable("AWS_SECRET_ACCESS_KEY"),
    )


def rows(system: LocalSystem, table: str) -> list[dict[str, Any]]:
    pages = client_of(system, "dynamodb").get_paginator("scan")
    found = pages.paginate(TableName=f"solaris-local-{table}", ConsistentRead=True)
    return [item for page in found for item in page["Items"]]


def records(system: LocalSystem) -> Counter[str]:
    """How many each user has, once all that was open is booked."""
    deadline = time.monotonic() + BOOKED_SECONDS
    while True:
        found = Counter(one["user_id"]["S"] for one in rows(system, "usage"))
        if found.total() >= sum(RECORDS.values()) or time.monotonic() > deadline:
            return found
        time.sleep(0.2)


def assert_all_is_there(system: LocalSystem) -> None:
    assert records(system) == {user_id_for(email): n for email, n in RECORDS.items()}
    outcomes = Counter(one["outcome"]["S"] for one in rows(system, "usage"))
    assert outcomes["expired"] == 1, "the stream that was cut off"
    assert [one for one in rows(system, "users") if one.get("reservations", {}).get("M")] == []
    assert system.cli("reconcile").returncode == 0
    mails = httpx.get(f"{system.url}/dev/mail/messages.json", timeout=10).json()["messages"]
    sent = [(one["To"], one["Subject"], one["BodyHtml"]) for one in mails]
    for one in TRUTH["mails"]:
        assert (one["To"], one["Subject"], one["BodyHtml"]) in sent
    s3 = client_of(system, "s3")
    for name, one in TRUTH["objects"].items():
        bucket, _, key = name.partition("/")
        body = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
        assert hashlib.sha256(body).hexdigest() == one["sha256"]


def test_everything_is_there_and_goes_on(data: Path) -> None:
    with running(data, **SETTINGS) as system:
        assert TOLD in system.output
        assert_all_is_there(system)
    (aside,) = data.glob("store-before-2-*")
    assert f"the old data is kept in {aside}" in system.output
    assert list(aside.glob("store/journal-*.log")), "the old data was not kept"
    assert (data / "format").read_text() == "2\n"
    with running(data, **SETTINGS) as again:
        assert TOLD not in again.output
        assert_all_is_there(again)


def test_one_that_was_cut_off_begins_anew(data: Path) -> None:
    half = data / "store-new"
    (half / "store").mkdir(parents=True)
    (half / "store" / "tables.sqlite").write_bytes(b"half a file")
    with running(data, **SETTINGS) as system:
        assert_all_is_there(system)
    assert not half.exists()


def test_damaged_data_is_named_and_left_alone(data: Path) -> None:
    [snapshot] = data.glob("store/snapshot-*/dynamodb.json")
    os.truncate(snapshot, snapshot.stat().st_size - 10)
    answer = refused_start(SOLARIS_DATA_DIR=str(data))
    assert answer.returncode == 1
    assert "could not be taken over" in answer.stderr
    assert "dynamodb.json is damaged" in answer.stderr
    assert snapshot.exists()
    assert not (data / "format").exists()
    assert not list(data.glob("store-before-*"))


def test_tables_that_are_gone_are_not_begun_empty(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with running(data):
        pass
    (data / "store" / "tables.sqlite").rename(tmp_path / "elsewhere.sqlite")
    answer = refused_start(SOLARIS_DATA_DIR=str(data))
    assert answer.returncode == 1
    assert "tables.sqlite is missing" in answer.stderr
    assert "solaris restore" in answer.stderr


def test_the_directory_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    (data / "format").write_text("3\n")
    answer = refused_start(SOLARIS_DATA_DIR=str(data))
    assert answer.returncode == 1
    assert "is of a newer version" in answer.stderr
    assert len(answer.stderr.splitlines()) == 1
