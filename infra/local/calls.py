"""Which requests the journal keeps, and how it names them.

The rule is "what a replay needs": DynamoDB changes (any operation that is not known to read),
what is sent to or set on SQS queues, and SES changes. See store.py for what is left out.
"""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING, Any

import orjson

if TYPE_CHECKING:
    from collections.abc import MutableMapping

    from infra.local.emulator import Expired

    Scope = MutableMapping[str, Any]

_DYNAMODB = "DynamoDB_20120810."
_READS = ("Get", "BatchGet", "TransactGet", "Describe", "List", "Query", "Scan", "Search")
_SQS_CHANGES = frozenset({
    "SendMessage", "SendMessageBatch", "CreateQueue", "SetQueueAttributes", "PurgeQueue",
    "DeleteQueue", "TagQueue", "UntagQueue", "AddPermission", "RemovePermission",
})  # fmt: skip
# What ministack does in one step, without waiting for anything.
_SQS_STEPS = frozenset({
    "AmazonSQS.SendMessage", "AmazonSQS.SendMessageBatch",
    "AmazonSQS.DeleteMessage", "AmazonSQS.DeleteMessageBatch",
})  # fmt: skip
_QUERY_ACTION = re.compile(rb"(?:^|&)Action=(\w+)")
_SERVICE = re.compile(r"Credential=[^/]+/[^/]+/[^/]+/([^/]+)/")


class Call:
    """What the journal needs to know of a request; `meta` is its stored form."""

    __slots__ = ("content_type", "credential", "method", "path", "query", "target")

    def __init__(self, fields: list[str]) -> None:
        self.target, self.credential, self.content_type = fields[:3]
        self.method, self.path, self.query = fields[3:]

    @classmethod
    def of(cls, scope: Scope) -> tuple[Call, bool]:
        """The call of an ASGI scope, and whether its body may be compressed.

        Of the authorization header only the credential scope is kept (account and region),
        never the signature.
        """
        found = {b"x-amz-target": "", b"authorization": "", b"content-type": ""}
        encoded = False
        for name, value in scope["headers"]:
            if name in found:
                found[name] = value.decode("latin-1")
            elif name == b"content-encoding":
                encoded = True
        target, authorization, content_type = found.values()
        if authorization.startswith("AWS4-HMAC-SHA256 Credential="):
            authorization = authorization.partition(",")[0]
        path = (scope.get("raw_path") or scope["path"].encode()).decode("latin-1")
        query = scope["query_string"].decode("latin-1")
        fields = [target, authorization, content_type, scope["method"], path, query]
        return cls(fields), encoded

    @property
    def meta(self) -> bytes:
        fields = (self.target, self.credential, self.content_type,
                  self.method, self.path, self.query)  # fmt: skip
        return "\n".join(fields).encode("latin-1")

    @classmethod
    def from_meta(cls, meta: bytes) -> Call:
        return cls(meta.decode("latin-1").split("\n"))

    @property
    def is_dynamodb(self) -> bool:
        return self.target.startswith(_DYNAMODB) and bool(self.credential)

    @property
    def is_queue_step(self) -> bool:
        """Whether it sends to a queue or deletes from one: what every request does."""
        return self.target in _SQS_STEPS and bool(self.credential)

    def is_journaled(self, body: bytes) -> bool:
        """Whether a replay needs it. Unknown DynamoDB operations count as changes."""
        service, _, action = self.target.rpartition(".")
        if service == _DYNAMODB[:-1]:
            return not action.startswith(_READS)
        if service == "AmazonSQS":
            return action in _SQS_CHANGES
        service = service_of(self.credential)
        if service == "sqs":
            found = _QUERY_ACTION.search(body) or _QUERY_ACTION.search(self.query.encode())
            return bool(found) and found[1].decode() in _SQS_CHANGES  # type: ignore[index]
        return service == "ses" and self.method not in ("GET", "HEAD")

    def is_other_change(self) -> bool:
        """A change that only snapshots keep and that should not wait for the clean stop."""
        service, _, action = self.target.rpartition(".")
        if self.method in ("GET", "HEAD", "OPTIONS") or action.startswith(_READS):
            return False
        name = service_of(self.credential)
        if name == "s3":  # objects are files already; settings are sub-resources
            return bool(self.query)
        return service != "AmazonSQS" and name not in ("sqs", "dynamodb", "ses", "sts", "")

    def scope(self, body: bytes) -> Scope:
        """An ASGI scope that repeats the call."""
        headers = {
            "host": "127.0.0.1",
            "content-length": str(len(body)),
            "x-amz-target": self.target,
            "authorization": self.credential,
            "content-type": self.content_type,
        }
        return {
            "type": "http",
            "http_version": "1.1",
            "method": self.method,
            "scheme": "http",
            "path": self.path,
            "raw_path": self.path.encode("latin-1"),
            "query_string": self.query.encode("latin-1"),
            "headers": [(k.encode(), v.encode("latin-1")) for k, v in headers.items() if v],
        }


@functools.lru_cache(1024)
def service_of(credential: str) -> str:
    """The service that a request was signed for, or an empty string."""
    found = _SERVICE.search(credential)
    return found[1] if found else ""


def expiry_call(item: Expired) -> tuple[Call, bytes]:
    """The delete of an expired item, unless its time to live was moved meanwhile."""
    table = item.table
    credential = (
        f"AWS4-HMAC-SHA256 Credential={table.account_id}/20000101/{table.region}"
        "/dynamodb/aws4_request"
    )
    body = {
        "TableName": table.name,
        "Key": item.key,
        "ConditionExpression": "#ttl = :ttl",
        "ExpressionAttributeNames": {"#ttl": table.attribute},
        "ExpressionAttributeValues": {":ttl": item.ttl},
    }
    fields = [f"{_DYNAMODB}DeleteItem", credential, "application/x-amz-json-1.0", "POST", "/", ""]
    return Call(fields), orjson.dumps(body)
