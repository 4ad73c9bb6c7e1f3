"""A call to S3 by path (/bucket/key) and the answer to it, as HTTP carries them."""

import asyncio
import base64
import re
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from contextlib import nullcontext
from dataclasses import dataclass, field
from email.utils import formatdate
from typing import Any, BinaryIO
from urllib.parse import parse_qsl, unquote

from infra.local.store import s3_xml as xml
from infra.local.store.errors import ServiceError
from infra.local.store.objects import Stored

MAX_KEY_BYTES = 1024
MAX_QUERY_FIELDS = 50
PIECE_BYTES = 256 * 1024  # read from the disk and sent at once
NO_CONTENT, PARTIAL_CONTENT = 204, 206

_NO_TEXT = re.compile("[\x00-\x1f\ufffe\uffff]")  # what XML or a header cannot hold
_RANGE = re.compile(r"bytes=(?!-$)([0-9]{0,18})-([0-9]{0,18})")
_KEPT_HEADERS = frozenset(
    {
        *("content-type", "content-disposition", "content-encoding", "content-language"),
        *("cache-control", "expires"),
    }
)

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


class ClientGoneError(Exception):
    """The connection ended before the body did."""


@dataclass(slots=True)
class Call:
    """One request. `key` is "" for calls on a bucket, `bucket` too for those on none.

    `is_read`: nothing of the body is left to come.
    """

    method: str
    bucket: str
    key: str
    query: dict[str, str]
    headers: dict[str, str]
    receive: Receive
    is_read: bool

    async def pieces(self, most: int) -> AsyncIterator[bytes]:
        """The body as it comes; raises ServiceError beyond `most` bytes, and ClientGoneError."""
        left = most - int(self.headers.get("content-length", "0"))
        while left >= 0 and not self.is_read:
            message = await self.receive()
            if message["type"] == "http.disconnect":
                raise ClientGoneError
            piece: bytes = message.get("body", b"")
            self.is_read = not message.get("more_body", False)
            if "content-length" not in self.headers:
                left -= len(piece)
            yield piece
        if left < 0:
            raise ServiceError(400, "EntityTooLarge", f"more than {most} bytes")

    def check_body(self, sha256: str, md5: str) -> None:
        """Hold the body's hashes (hexadecimal) against what the signed headers say of it."""
        said = self.headers.get("x-amz-content-sha256", "UNSIGNED-PAYLOAD")
        if said not in ("UNSIGNED-PAYLOAD", sha256):
            raise ServiceError(400, "XAmzContentSHA256Mismatch", "the body is not the signed one")
        said = self.headers.get("content-md5", "")
        if said and said != base64.b64encode(bytes.fromhex(md5)).decode():
            raise ServiceError(400, "BadDigest", "the body does not match Content-MD5")

    def number(self, name: str, default: int, most: int) -> int:
        """A number of the query, `most` instead of a larger one; raises ServiceError."""
        text = self.query.get(name, str(default))
        if not re.fullmatch(r"[0-9]{1,9}", text):
            raise ServiceError(400, "InvalidArgument", f"{name} is no number")
        return min(int(text), most)

    def kept_headers(self) -> dict[str, str]:
        """What a GET of the file is to answer with."""
        kept = {
            name: value
            for name, value in self.headers.items()
            if name in _KEPT_HEADERS or name.startswith("x-amz-meta-")
        }
        return {"content-type": "binary/octet-stream"} | kept


@dataclass(slots=True)
class Answer:
    """A body, or `length` bytes of a file from `offset` on; the file is closed by `send`."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    file: BinaryIO | None = None
    offset: int = 0
    length: int = 0

    async def send(self, send: Send, method: str) -> None:
        """Send it; raises EOFError, so that the connection breaks off, when the file ends early."""
        with self.file or nullcontext():
            left = self.length or len(self.body)
            headers = {"content-type": "application/xml"} | self.headers
            if self.status != NO_CONTENT:
                headers["content-length"] = str(left)
            raw = [(name.encode("latin-1"), one.encode("latin-1")) for name, one in headers.items()]
            await send({"type": "http.response.start", "status": self.status, "headers": raw})
            if self.file is not None and self.length and method != "HEAD":
                self.file.seek(self.offset)
                while left:
                    piece = await asyncio.to_thread(self.file.read, min(PIECE_BYTES, left))
                    if not piece:
                        raise EOFError("a file has lost its end")
                    left -= len(piece)
                    await send({"type": "http.response.body", "body": piece, "more_body": True})
            await send(
                {"type": "http.response.body", "body": b"" if method == "HEAD" else self.body}
            )


def read_call(scope: Message, receive: Receive) -> Call:
    """Raises ServiceError for a path or a query that is no UTF-8, and for impossible keys."""
    try:
        path = scope["raw_path"].decode("ascii").removeprefix("/")
        bucket, key = (unquote(one, errors="strict") for one in path.partition("/")[::2])
        query = dict(
            parse_qsl(
                scope["query_string"].decode("ascii"),
                keep_blank_values=True,
                errors="strict",
                max_num_fields=MAX_QUERY_FIELDS,
            )
        )
    except ValueError as error:
        raise ServiceError(400, "InvalidURI", "Couldn't parse the specified URI.") from error
    if len(key.encode()) > MAX_KEY_BYTES:
        raise ServiceError(400, "KeyTooLongError", "Your key is too long")
    if _NO_TEXT.search(bucket + key + "".join(query.values())):
        raise ServiceError(400, "InvalidArgument", "no control characters")
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    has_body = "transfer-encoding" in headers or headers.get("content-length", "0") != "0"
    return Call(scope["method"], bucket, key, query, headers, receive, not has_body)


def refused(status: int, code: str, message: str) -> Answer:
    """The answer of an error."""
    return Answer(status, {"content-type": "application/xml"}, xml.refusal(code, message))


def found(call: Call, stored: Stored) -> Answer:
    """What to answer to a GET, the file itself not yet in it."""
    etag, modified = f'"{stored.etag}"', formatdate(stored.at_ms // 1000, usegmt=True)
    said = {"etag": etag, "last-modified": modified, "accept-ranges": "bytes"}
    asked = {
        name.removeprefix("response-"): value.encode().decode("latin-1")
        for name, value in call.query.items()
        if name.removeprefix("response-") in _KEPT_HEADERS
    }
    answer = Answer(200, stored.headers | said | asked, length=stored.size)
    wanted = _RANGE.fullmatch(call.headers.get("range", ""))
    if wanted and call.headers.get("if-range", etag) in (etag, modified):
        return _cut(answer, stored.size, wanted[1], wanted[2])
    return answer


def _cut(answer: Answer, size: int, first: str, last: str) -> Answer:
    """The answer with one range (RFC 9110, section 14.1.2) of a file of `size` bytes."""
    if first and last and int(last) < int(first):
        return answer  # no range at all
    start = int(first) if first else max(size - int(last), 0)
    end = min(int(last), size - 1) if first and last else size - 1
    if start > end:
        refusal = refused(416, "InvalidRange", "The requested range is not satisfiable")
        refusal.headers["content-range"] = f"bytes */{size}"
        return refusal
    answer.status, answer.offset, answer.length = PARTIAL_CONTENT, start, end - start + 1
    answer.headers["content-range"] = f"bytes {start}-{end}/{size}"
    return answer
