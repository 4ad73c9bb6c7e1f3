"""Marked secrets, and the search for them in everything that a system has written."""

import base64
import gzip
import secrets
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
import redis

from tests.e2e.local_system import LocalSystem

MAX_PAGES = 1_000
QUEUE_READS = 20


@dataclass
class Secrets:
    """Every secret by its name; texts that nothing else holds."""

    texts: dict[str, str] = field(default_factory=dict)

    def mark(self, name: str) -> str:
        """A new secret: letters and digits, so that no format writes it in another way."""
        text = f"cnry{secrets.token_hex(12)}"
        return self.keep(name, text)

    def keep(self, name: str, text: str) -> str:
        """Look for a secret that the system has made itself."""
        assert len(text) >= 16, name
        assert name not in self.texts, name
        self.texts[name] = text
        return text

    def within(self, data: bytes) -> set[str]:
        """Names of the secrets that some bytes hold, as they are or in base64."""
        return {
            name
            for name, text in self.texts.items()
            if any(one in data for one in _forms(text.encode()))
        }


def _forms(secret: bytes) -> list[bytes]:
    """As it is, and the part of its base64 that stands whatever is in front of and behind it."""
    forms = [secret]
    for before in range(3):
        encoded = base64.b64encode(b"\0" * before + secret).rstrip(b"=")
        forms.append(encoded[(before * 8 + 5) // 6 : -1])
    return forms


def search(secrets_: Secrets, places: Iterable[tuple[str, bytes]]) -> dict[str, set[str]]:
    """Secret's name to the places that hold it; what is gzip is looked into as well."""
    found: dict[str, set[str]] = {}
    for place, data in places:
        for name in secrets_.within(data) | secrets_.within(_unpacked(data)):
            found.setdefault(name, set()).add(place)
    return found


def _unpacked(data: bytes) -> bytes:
    with suppress(OSError, EOFError):
        return gzip.decompress(data)
    return b""


def files(*folders: Path) -> Iterator[tuple[str, bytes]]:
    """Every file on disk, raw: logs, the store's, replicas."""
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                with suppress(FileNotFoundError):  # a log or a file of SQLite's that went meanwhile
                    yield f"{folder.name}/{path.relative_to(folder)}", path.read_bytes()


class Aws:
    """Everything in the store of a running system."""

    def __init__(self, system: LocalSystem) -> None:
        self._options: dict[str, Any] = {
            "endpoint_url": system.run_variable("AWS_ENDPOINT_URL"),
            "region_name": system.run_variable("AWS_REGION"),
            "aws_access_key_id": system.run_variable("AWS_ACCESS_KEY_ID"),
            "aws_secret_access_key": system.run_variable("AWS_SECRET_ACCESS_KEY"),
        }
        self._tables = system.run_variable("AWS_ENDPOINT_URL_DYNAMODB")

    def everything(self) -> Iterator[tuple[str, bytes]]:
        """Items of all tables, messages of all queues, objects of all buckets."""
        yield from self.items()
        yield from self._messages()
        yield from self._objects()

    def items(self) -> Iterator[tuple[str, bytes]]:
        """Every item of every table."""
        client = boto3.client("dynamodb", **self._options | {"endpoint_url": self._tables})
        for table in client.list_tables()["TableNames"]:
            for page in client.get_paginator("scan").paginate(TableName=table):
                for item in page["Items"]:
                    yield f"table {table}", repr(item).encode()

    def _messages(self) -> Iterator[tuple[str, bytes]]:
        client = boto3.client("sqs", **self._options)
        for url in client.list_queues().get("QueueUrls", []):
            name = url.rpartition("/")[2]
            for _ in range(QUEUE_READS):
                # seen, not taken: they come back at once
                answer = client.receive_message(
                    QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=0
                )
                messages = answer.get("Messages", [])
                for message in messages:
                    yield f"queue {name}", repr(message).encode()
                if not messages:
                    break

    def _objects(self) -> Iterator[tuple[str, bytes]]:
        client = boto3.client("s3", **self._options)
        for bucket in client.list_buckets()["Buckets"]:
            for page in client.get_paginator("list_objects_v2").paginate(Bucket=bucket["Name"]):
                for found in page.get("Contents", []):
                    body = client.get_object(Bucket=bucket["Name"], Key=found["Key"])["Body"]
                    yield f"file {found['Key']}", body.read()


def cached(client: redis.Redis) -> Iterator[tuple[str, bytes]]:
    """Every key of Redis with its value, whatever its type."""
    for key in client.scan_iter(count=1_000):
        kind = client.type(key)
        value: Any = b""
        if kind == b"string":
            value = client.get(key)
        elif kind == b"hash":
            value = client.hgetall(key)
        elif kind == b"zset":
            value = client.zrange(key, 0, -1)
        elif kind == b"set":
            value = client.smembers(key)
        else:
            assert kind == b"none", f"{key!r} is a {kind!r}"
        yield "redis", key + repr(value).encode()
