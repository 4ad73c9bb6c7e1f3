"""The tables of one machine: what was acknowledged, what expires, who finds them."""

import os
import socket
import subprocess
import threading
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3
import pytest
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.exceptions import BotoCoreError, ClientError

from infra.local.store.errors import StoreError
from infra.local.store.tables.expiry import Expiry
from infra.local.store.tables.guard import MAX_WAITING, REFUSAL
from infra.local.store.tables.program import (
    free_port,
    secret_address,
    tables_command,
    wait_until_listening,
)
from infra.local.store.tables.running import running_tables
from solaris.platform.aws.signature import Signer

TABLE = "things"
WRITERS = 6
KILLS = 3


def client_of(url: str, *keys: str) -> Any:
    access_key, secret_key = keys or ("any", "any")
    return boto3.client(
        "dynamodb",
        endpoint_url=url,
        region_name="us-east-1",
        aws_access_key_id=access_key,
        aws_secret_access_key=secret_key,
        config=Config(retries={"total_max_attempts": 1}, read_timeout=10, proxies={}),
    )


def signing(found: dict[str, str]) -> Any:
    keys = (found["AWS_ACCESS_KEY_ID"], found["AWS_SECRET_ACCESS_KEY"])
    return client_of(found["AWS_ENDPOINT_URL_DYNAMODB"], *keys)


def create(client: Any) -> None:
    client.create_table(
        TableName=TABLE,
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )


@pytest.fixture
def client(tmp_path: Path) -> Iterator[Any]:
    with running_tables(tmp_path) as found:
        made = signing(found)
        create(made)
        yield made


def rows(client: Any) -> dict[str, dict[str, Any]]:
    pages = client.get_paginator("scan").paginate(TableName=TABLE)
    return {item["id"]["S"]: item for page in pages for item in page["Items"]}


def test_what_was_acknowledged_outlives_kill_9(tmp_path: Path) -> None:
    port = free_port("127.0.0.1")
    url = f"http://127.0.0.1:{port}"
    acknowledged: list[list[str]] = [[] for _ in range(WRITERS)]
    for number in range(KILLS):
        process = subprocess.Popen(
            tables_command("127.0.0.1", port, tmp_path), stdout=subprocess.DEVNULL
        )
        wait_until_listening(url, 10)
        client = client_of(url)
        if number == 0:
            create(client)
        enough = threading.Event()

        def write(writer: int, client: Any = client, enough: Any = enough) -> None:
            with suppress(BotoCoreError, ClientError):
                while True:
                    key = f"{writer}-{len(acknowledged[writer])}"
                    client.put_item(TableName=TABLE, Item={"id": {"S": key}})
                    acknowledged[writer].append(key)
                    if len(acknowledged[writer]) % 30 == 0:
                        enough.set()

        with ThreadPoolExecutor(WRITERS) as pool:
            for writer in range(WRITERS):
                pool.submit(write, writer)
            assert enough.wait(20)
            process.kill()
            process.wait()
    with running_tables(tmp_path) as found:
        kept = rows(signing(found))
    assert {key for keys in acknowledged for key in keys} <= kept.keys()


def test_what_has_expired_is_deleted_and_nothing_else(client: Any) -> None:
    setting = {"Enabled": True, "AttributeName": "expires"}
    client.update_time_to_live(TableName=TABLE, TimeToLiveSpecification=setting)
    for number in range(250):
        item = {"id": {"S": f"old-{number}"}, "expires": {"N": str(1_000 + number)}}
        client.put_item(TableName=TABLE, Item=item)
    for key, more in (("later", {"expires": {"N": "5000"}}), ("never", {})):
        client.put_item(TableName=TABLE, Item={"id": {"S": key}, **more})
    expiry = Expiry(client, clock=lambda: 2_000.0, pause_seconds=0)
    assert expiry.sweep() == 250
    assert rows(client).keys() == {"later", "never"}
    assert expiry.sweep() == 0


def test_the_file_does_not_grow_by_what_has_expired(client: Any, tmp_path: Path) -> None:
    """The second year takes the room of the first: what is deleted is used again."""
    setting = {"Enabled": True, "AttributeName": "expires"}
    client.update_time_to_live(TableName=TABLE, TimeToLiveSpecification=setting)
    expiry = Expiry(client, clock=lambda: 2_000.0, pause_seconds=0)
    sizes = []
    for _ in range(4):
        for start in range(0, 300, 25):
            keys = [uuid.uuid4().hex for _ in range(start, start + 25)]
            items = [
                {"id": {"S": key}, "expires": {"N": "1000"}, "more": {"S": "x" * 500}}
                for key in keys
            ]
            puts = [{"PutRequest": {"Item": item}} for item in items]
            client.batch_write_item(RequestItems={TABLE: puts})
        sizes.append(sum(path.stat().st_size for path in tmp_path.glob("tables.sqlite*")))
        assert expiry.sweep() == 300
    # the log of writes reaches its own bound of about 4 MB in the second round
    assert max(sizes[2:]) <= sizes[1] * 1.05, sizes


def test_an_item_whose_time_was_moved_stays(client: Any) -> None:
    item = {"id": {"S": "moved"}, "expires": {"N": "9000"}}
    client.put_item(TableName=TABLE, Item=item)
    expiry = Expiry(client, clock=lambda: 2_000.0)
    key, seen_before = {"id": {"S": "moved"}}, {"N": "1000"}
    assert not expiry._delete(TABLE, "expires", key, seen_before)
    assert rows(client).keys() == {"moved"}


def test_a_table_without_an_expiry_is_left_alone(client: Any) -> None:
    client.put_item(TableName=TABLE, Item={"id": {"S": "a"}, "expires": {"N": "1"}})
    assert Expiry(client, clock=lambda: 2_000.0, pause_seconds=0).sweep() == 0


def said(url: str, words: bytes) -> bytes:
    parts = urlsplit(url)
    with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=10) as one:
        with suppress(ConnectionError):
            one.sendall(words)
        answer = b""
        with suppress(ConnectionError):
            while part := one.recv(4_096):
                answer += part
    return answer


def test_who_does_not_sign_is_refused_before_the_tables(tmp_path: Path) -> None:
    """By any key but theirs, of another service, unsigned, from a page, or what is no HTTP."""
    with running_tables(tmp_path) as found:
        url = found["AWS_ENDPOINT_URL_DYNAMODB"]
        mine, keys = signing(found), (found["AWS_ACCESS_KEY_ID"], found["AWS_SECRET_ACCESS_KEY"])
        create(mine)
        for access_key, secret_key in ((keys[0], "guessed"), ("guessed", keys[1])):
            with pytest.raises(ClientError) as refused:
                client_of(url, access_key, secret_key).list_tables()
            assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403
        body = b'{"TableName":"things"}'
        call = f"POST / HTTP/1.1\r\nhost: {urlsplit(url).netloc}\r\n".encode()
        call += b"x-amz-target: DynamoDB_20120810.DeleteTable\r\ncontent-length: 22\r\n"
        signer = Signer(Credentials(*keys), "dynamodb", "us-east-1", url)
        signed = signer.headers("DynamoDB_20120810.DeleteTable", "application/x-amz-json-1.0", body)
        lines = "".join(f"{name}: {value}\r\n" for name, value in signed.items()).encode()
        good = b"POST / HTTP/1.1\r\n" + lines + b"content-length: 22\r\n"
        for words in (
            call + b"\r\n" + body,
            good + b"origin: http://127.0.0.1\r\n\r\n" + body,
            good + b"\r\n" + body.replace(b"things", b"thongs"),
            good + b"content-length: 0\r\n\r\n" + body,
            good.replace(b"/dynamodb/", b"/sqs/") + b"\r\n" + body,
            b"GET / HTTP/1.1\r\n\r\n",
            b"\r\n\r\n",
            b"x" * 100_000,
        ):
            assert said(url, words) in (REFUSAL, b""), words[:200]
        assert mine.list_tables()["TableNames"] == [TABLE]
        good += b"connection: close\r\n\r\n" + body
        assert said(url, good).startswith(b"HTTP/1.1 200")  # the same, whole


def test_who_says_nothing_keeps_nobody_out(tmp_path: Path) -> None:
    """More connections than may wait: the oldest of them are closed."""
    with running_tables(tmp_path) as found, ExitStack() as stack:
        parts = urlsplit(found["AWS_ENDPOINT_URL_DYNAMODB"])
        address = (parts.hostname or "", parts.port or 0)
        idle = [
            stack.enter_context(socket.create_connection(address, timeout=20))
            for _ in range(MAX_WAITING + 20)
        ]
        create(signing(found))
        with suppress(ConnectionError):
            assert idle[0].recv(1) == b""


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "tables.sqlite").write_bytes(b"no database " * 1_000)
    with pytest.raises(StoreError, match="did not start"), running_tables(tmp_path):
        pass


def test_addresses_cannot_be_guessed() -> None:
    drawn = {secret_address() for _ in range(200)}
    assert len(drawn) > 190
    assert all(address.startswith("127.") for address in drawn)


def test_a_machine_without_the_program_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.executable", str(tmp_path / "python"))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(StoreError, match="AWS_ENDPOINT_URL"):
        tables_command("127.0.0.1", 1, tmp_path)
    assert os.environ["PATH"] == str(tmp_path)
