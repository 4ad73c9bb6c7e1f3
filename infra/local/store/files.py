"""S3 as this project calls it, by path (/bucket/key), on one folder (objects.py).

Whoever routes here has verified the signature over the headers; that the body is the one they
speak of (x-amz-content-sha256, Content-MD5) is verified here. Whatever is not in _ROUTES, and
every header that would change a call's meaning, is refused with NotImplemented.
"""

import asyncio
import base64
import hashlib
import logging
import re
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from urllib.parse import quote

from infra.local.store import s3_xml as xml
from infra.local.store.errors import ServiceError
from infra.local.store.objects import Content, Objects, Part, UploadKey
from infra.local.store.s3_calls import (
    Answer,
    Call,
    ClientGoneError,
    Message,
    Receive,
    Send,
    found,
    read_call,
    refused,
)

MAX_FILE_BYTES = 5 * 1024**3
MAX_XML_BYTES = 8 * 1024**2
MAX_LISTED = 1000
MAX_PARTS = 10_000
BUFFER_BYTES = 1024 * 1024  # received before they go to the disk
DAY_MS = 86_400_000

_BUCKET_NAME = re.compile(r"(?!.*\.\.)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_REFUSED_HEADERS = frozenset(
    {
        *("x-amz-copy-source", "x-amz-tagging"),
        *("if-match", "if-none-match", "if-modified-since", "if-unmodified-since"),
    }
)
# parameters of a call; every other name in a query says which call it is
_PARAMETERS = re.compile(
    "prefix|max-keys|continuation-token|start-after|encoding-type|fetch-owner|max-uploads|x-id"
    "|response-.*|(?i:x-amz-.*)"
)
_ROUTES = {  # method, what the path names (0: nothing, 1: a bucket, 2: a key), query
    ("GET", 0, ""): "_list_buckets",
    ("PUT", 1, ""): "_make_bucket",
    ("PUT", 1, "publicAccessBlock"): "_set_rule",
    ("GET", 1, "publicAccessBlock"): "_get_rule",
    ("PUT", 1, "lifecycle"): "_set_rule",
    ("GET", 1, "lifecycle"): "_get_rule",
    ("GET", 1, "list-type"): "_list",
    ("GET", 1, "uploads"): "_list_uploads",
    ("POST", 1, "delete"): "_remove_many",
    ("GET", 2, ""): "_get",
    ("HEAD", 2, ""): "_get",
    ("DELETE", 2, ""): "_remove",
    ("POST", 2, "uploads"): "_begin",
    ("POST", 2, "uploadId"): "_complete",
    ("DELETE", 2, "uploadId"): "_abort",
    ("PUT", 2, ""): "_put",
    ("PUT", 2, "partNumber uploadId"): "_put_part",
}
_STREAMED = frozenset({"_put", "_put_part"})
_MISSING_RULE = {
    "lifecycle": "NoSuchLifecycleConfiguration",
    "publicAccessBlock": "NoSuchPublicAccessBlockConfiguration",
}

log = logging.getLogger(__name__)


class Files:
    """Answers every request of service `s3`; the folder is this process's alone."""

    def __init__(self, folder: Path) -> None:
        self._objects = Objects(folder)

    def close(self) -> None:
        """Let another process have the folder."""
        self._objects.close()

    def sweep(self, now: datetime) -> None:
        """Remove what the buckets' lifecycle rules say is over at `now`; blocks."""
        now_ms = int(now.timestamp() * 1000)
        for bucket in self._objects.buckets():
            for rule in xml.rules(self._objects.rule(bucket, "lifecycle") or b"<none/>"):
                if rule.days is not None:
                    before_ms = now_ms - rule.days * DAY_MS
                    self._objects.remove_older(bucket, rule.prefix, before_ms)
                if rule.unfinished_days is not None:
                    before_ms = now_ms - rule.unfinished_days * DAY_MS
                    for one in self._objects.uploads(bucket, rule.prefix):
                        if one.at_ms < before_ms:
                            self._objects.abort((bucket, one.key, one.upload_id))

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one request."""
        call = None
        try:
            call = read_call(scope, receive)
            answer = await self._answer(call)
        except ClientGoneError:
            return
        except ServiceError as error:
            answer = refused(error.status, error.code, error.message)
        except (OSError, sqlite3.Error):
            log.exception("the files cannot be used")
            answer = refused(500, "InternalError", "the files cannot be used")
        if call is None or not call.is_read:  # or the rest of the body is taken for a request
            answer.headers["connection"] = "close"
        await answer.send(send, scope["method"])

    async def _answer(self, call: Call) -> Answer:
        level = 2 if call.key else int(call.bucket != "")
        names = " ".join(sorted(n for n in call.query if not _PARAMETERS.fullmatch(n)))
        name = _ROUTES.get((call.method, level, names))
        if name is None or not _REFUSED_HEADERS.isdisjoint(call.headers):
            raise ServiceError(501, "NotImplemented", "this store does not know this call")
        is_in_bucket = name not in ("_list_buckets", "_make_bucket")
        if is_in_bucket and call.bucket not in await asyncio.to_thread(self._objects.buckets):
            raise ServiceError(404, "NoSuchBucket", "The specified bucket does not exist")
        if name in _STREAMED:
            streamed: Answer = await getattr(self, name)(call)
            return streamed
        body = b"".join([piece async for piece in call.pieces(MAX_XML_BYTES)])
        md5 = hashlib.md5(body, usedforsecurity=False).hexdigest()
        call.check_body(hashlib.sha256(body).hexdigest(), md5)
        return await asyncio.to_thread(getattr(self, name), call, body)

    def _list_buckets(self, _call: Call, _body: bytes) -> Answer:
        made = [
            {"Name": name, "CreationDate": xml.time_text(at_ms)}
            for name, at_ms in self._objects.buckets().items()
        ]
        return Answer(body=xml.document("ListAllMyBucketsResult", {"Buckets": {"Bucket": made}}))

    def _make_bucket(self, call: Call, _body: bytes) -> Answer:
        if not _BUCKET_NAME.fullmatch(call.bucket):
            raise ServiceError(400, "InvalidBucketName", "The specified bucket is not valid.")
        if not self._objects.make_bucket(call.bucket):
            raise ServiceError(409, "BucketAlreadyOwnedByYou", "You own this bucket already")
        return Answer(headers={"location": f"/{call.bucket}"})

    def _set_rule(self, call: Call, body: bytes) -> Answer:
        name = next(one for one in _MISSING_RULE if one in call.query)
        xml.parsed(body)
        if name == "lifecycle":
            xml.rules(body)  # refuses what `sweep` could not keep
        self._objects.set_rule(call.bucket, name, body)
        return Answer()

    def _get_rule(self, call: Call, _body: bytes) -> Answer:
        name = next(one for one in _MISSING_RULE if one in call.query)
        rule = self._objects.rule(call.bucket, name)
        if rule is None:
            raise ServiceError(404, _MISSING_RULE[name], "The bucket has no such configuration")
        return Answer(body=rule)

    def _list(self, call: Call, _body: bytes) -> Answer:
        if call.query["list-type"] != "2":
            raise ServiceError(501, "NotImplemented", "only ListObjectsV2")
        most = call.number("max-keys", MAX_LISTED, MAX_LISTED)
        prefix = call.query.get("prefix", "")
        page = self._objects.page(call.bucket, prefix, _start(call), most + 1)
        token = page[most - 1].key.encode() if len(page) > most > 0 else None
        is_quoted = call.query.get("encoding-type") == "url"
        contents = [
            {
                "Key": quote(one.key) if is_quoted else one.key,
                "LastModified": xml.time_text(one.at_ms),
                "ETag": f'"{one.etag}"',
                "Size": one.size,
                "StorageClass": "STANDARD",
            }
            for one in page[:most]
        ]
        listing = {
            "Name": call.bucket,
            "Prefix": quote(prefix) if is_quoted else prefix,
            "MaxKeys": most,
            "KeyCount": len(contents),
            "IsTruncated": token is not None,
            "EncodingType": "url" if is_quoted else None,
            "NextContinuationToken": token and base64.urlsafe_b64encode(token).decode(),
            "Contents": contents,
        }
        return Answer(body=xml.document("ListBucketResult", listing))

    def _list_uploads(self, call: Call, _body: bytes) -> Answer:
        most = call.number("max-uploads", MAX_LISTED, MAX_LISTED)
        begun = self._objects.uploads(call.bucket, call.query.get("prefix", ""))
        uploads = [
            {"Key": one.key, "UploadId": one.upload_id, "Initiated": xml.time_text(one.at_ms)}
            for one in begun[:most]
        ]
        inside = {"Bucket": call.bucket, "IsTruncated": len(begun) > most, "Upload": uploads}
        return Answer(body=xml.document("ListMultipartUploadsResult", inside))

    async def _put(self, call: Call) -> Answer:
        async with self._received(call) as content:
            where = (call.bucket, call.key)
            await asyncio.to_thread(self._objects.put, *where, content, call.kept_headers())
        return Answer(headers={"etag": f'"{content.etag}"'})

    @asynccontextmanager
    async def _received(self, call: Call) -> AsyncIterator[Content]:
        """The body on the disk and verified; removed again when the block fails."""
        if call.headers.get("x-amz-content-sha256", "").startswith("STREAMING-"):
            raise ServiceError(501, "NotImplemented", "no signatures within a body")
        content = await asyncio.to_thread(self._objects.content)
        try:
            buffer = bytearray()
            async for piece in call.pieces(MAX_FILE_BYTES):
                buffer += piece
                if len(buffer) >= BUFFER_BYTES:
                    await asyncio.to_thread(content.write, buffer)
                    buffer = bytearray()
            await asyncio.to_thread(content.write, buffer)
            await asyncio.to_thread(content.seal)
            call.check_body(content.sha256.hexdigest(), content.etag)
            yield content
        except BaseException:
            await asyncio.to_thread(content.discard)
            raise

    def _get(self, call: Call, _body: bytes) -> Answer:
        opened = self._objects.open(call.bucket, call.key)
        if opened is None:
            raise ServiceError(404, "NoSuchKey", "The specified key does not exist.")
        stored, file = opened
        answer = found(call, stored)
        answer.file = file
        return answer

    def _remove(self, call: Call, _body: bytes) -> Answer:
        self._objects.remove(call.bucket, [call.key])
        return Answer(204)

    def _remove_many(self, call: Call, body: bytes) -> Answer:
        root = xml.parsed(body)
        keys = [xml.text(one, "Key") for one in root.findall("Object")]
        if len(keys) > MAX_LISTED:
            raise xml.malformed()
        self._objects.remove(call.bucket, keys)
        said = [] if root.findtext("Quiet") == "true" else [{"Key": key} for key in keys]
        return Answer(body=xml.document("DeleteResult", {"Deleted": said}))

    def _begin(self, call: Call, _body: bytes) -> Answer:
        upload = self._objects.begin(call.bucket, call.key, call.kept_headers())
        inside = {"Bucket": call.bucket, "Key": call.key, "UploadId": upload}
        return Answer(body=xml.document("InitiateMultipartUploadResult", inside))

    async def _put_part(self, call: Call) -> Answer:
        number = call.number("partNumber", 0, MAX_PARTS + 1)
        if not 1 <= number <= MAX_PARTS:
            raise ServiceError(400, "InvalidArgument", f"a part's number is 1 to {MAX_PARTS}")
        async with self._received(call) as content:
            added = await asyncio.to_thread(self._objects.add_part, _upload(call), number, content)
            if not added:
                raise _no_such_upload()
        return Answer(headers={"etag": f'"{content.etag}"'})

    def _complete(self, call: Call, body: bytes) -> Answer:
        wanted = xml.wanted_parts(body)
        parts = self._objects.parts(_upload(call))
        etag = None if parts is None else self._join(_upload(call), wanted, parts)
        # gone: dropped, or completed by the same call a moment ago
        etag = etag or self._objects.completed(_upload(call))
        if etag is None:
            raise _no_such_upload()
        inside = {"Bucket": call.bucket, "Key": call.key, "ETag": f'"{etag}"'}
        return Answer(body=xml.document("CompleteMultipartUploadResult", inside))

    def _join(
        self, upload: UploadKey, wanted: dict[int, str], parts: dict[int, Part]
    ) -> str | None:
        """The ETag of the file that the parts have become; None: the upload is gone."""
        if any(number not in parts or parts[number].etag != tag for number, tag in wanted.items()):
            raise ServiceError(400, "InvalidPart", "a part was not uploaded, or is another one")
        digests = b"".join(bytes.fromhex(tag) for tag in wanted.values())
        etag = f"{hashlib.md5(digests, usedforsecurity=False).hexdigest()}-{len(wanted)}"
        content = self._objects.content()
        is_kept = False
        try:
            self._objects.join((parts[number] for number in wanted), content)
            content.seal()
            is_kept = self._objects.complete(upload, content, etag)
        finally:
            if not is_kept:
                content.discard()
        return etag if is_kept else None

    def _abort(self, call: Call, _body: bytes) -> Answer:
        if not self._objects.abort(_upload(call)):
            raise _no_such_upload()
        return Answer(204)


def _start(call: Call) -> str:
    """The key after which a listing begins."""
    token = call.query.get("continuation-token")
    if token is None:
        return call.query.get("start-after", "")
    try:
        return base64.urlsafe_b64decode(token).decode()
    except ValueError as error:
        raise ServiceError(400, "InvalidArgument", "continuation-token") from error


def _upload(call: Call) -> UploadKey:
    return call.bucket, call.key, call.query["uploadId"]


def _no_such_upload() -> ServiceError:
    return ServiceError(404, "NoSuchUpload", "The specified upload does not exist.")
