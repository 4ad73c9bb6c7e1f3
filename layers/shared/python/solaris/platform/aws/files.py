"""S3: files that the system makes, in one private bucket of each stage.

`exports/…` are reports, removed after seven days; everything else is the system's own.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import TracebackType
from typing import Any, BinaryIO, Literal, Self
from urllib.parse import quote, urlsplit

import boto3
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config

from solaris.platform.aws.client import (
    CONNECT_TIMEOUT_SECONDS,
    AwsCallError,
    store_errors,
)
from solaris.platform.aws.retry import CALL
from solaris.platform.errors import SolarisError
from solaris.platform.file_links import (
    MAX_LINK_SECONDS,
    PUBLIC_PREFIX,
    LinkSigner,
    content_disposition,
)

PART_BYTES = 8 * 1024 * 1024
MAX_PARTS = 10_000  # S3's limit: 80 GB in parts of this size
CALL_TIMEOUT_SECONDS = 30.0
EXPORT_DAYS = 7
MAX_REMOVED_AT_ONCE = 1000  # S3's limit on one listing and one deletion
OCTETS = "application/octet-stream"
_MISSING = frozenset({"NoSuchKey", "404", "NotFound"})


def s3_client(region: str) -> Any:
    """boto3's S3 client with bounded waiting; the endpoint comes from boto3's variables.

    Whatever is not AWS is asked by path: `bucket.localhost` is no host name there.
    """

    def make(style: Literal["virtual", "path"]) -> Any:
        config = Config(
            connect_timeout=CONNECT_TIMEOUT_SECONDS,
            read_timeout=CALL_TIMEOUT_SECONDS,
            retries={"mode": "standard", "total_max_attempts": CALL.most},
            signature_version="s3v4",
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
            s3={"addressing_style": style},
        )
        return boto3.client("s3", region_name=region, config=config)

    client = make("virtual")
    return client if is_aws(client) else make("path")


def is_aws(client: Any) -> bool:
    """Whether a boto3 client talks to AWS itself and not to a stand-in."""
    host = urlsplit(client.meta.endpoint_url).hostname or ""
    return host.endswith((".amazonaws.com", ".amazonaws.com.cn"))


@dataclass(frozen=True, slots=True)
class Source:
    """A signed GET of a file, and the name to save it under."""

    url: str
    headers: dict[str, str]
    file_name: str


class FileStore:
    """One bucket; `client` is a boto3 S3 client.

    With a `signer` links are paths on this system's own port (`public_url` before them, if
    given), for a store that browsers cannot reach; without, they are S3's presigned URLs.
    Every call raises StoreUnavailableError or AwsCallError.
    """

    def __init__(
        self,
        client: Any,
        bucket: str,
        *,
        clock: Callable[[], datetime],
        signer: LinkSigner | None = None,
        public_url: str | None = None,
    ) -> None:
        self._client = client
        self._bucket = bucket
        self._clock = clock
        self._signer = signer
        self._public_url = public_url or ""

    def create(self) -> None:
        """Create the private bucket and the rules that clean it; safe to run again."""
        region = self._client.meta.region_name
        place: dict[str, Any] = (
            {}
            if region == "us-east-1"
            else {"CreateBucketConfiguration": {"LocationConstraint": region}}
        )
        try:
            with store_errors():
                self._client.create_bucket(Bucket=self._bucket, **place)
        except AwsCallError as error:
            if error.aws_code != "BucketAlreadyOwnedByYou":
                raise
        closed = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy")
        with store_errors():
            self._client.put_public_access_block(
                Bucket=self._bucket,
                PublicAccessBlockConfiguration=dict.fromkeys(
                    (*closed, "RestrictPublicBuckets"), True
                ),
            )
            self._client.put_bucket_lifecycle_configuration(
                Bucket=self._bucket, LifecycleConfiguration={"Rules": _lifecycle()}
            )

    def put(self, key: str, data: bytes | BinaryIO, media_type: str = OCTETS) -> int:
        """Store a file, replacing an older one at once and whole; returns its bytes."""
        with self.writer(key, media_type) as writer:
            if isinstance(data, bytes):
                writer.write(data)
            else:
                while piece := data.read(PART_BYTES):
                    writer.write(piece)
        return writer.size_bytes

    def writer(self, key: str, media_type: str = OCTETS) -> "FileWriter":
        """A file that is written piece by piece; it holds one part (8 MiB) in memory."""
        return FileWriter(self._client, self._bucket, key, media_type)

    def get(self, key: str) -> bytes | None:
        """A whole file, None when there is none; for files that memory is meant to hold."""
        with self._opened(key) as body:
            return None if body is None else bytes(body.read())

    def download(self, key: str, file: BinaryIO) -> bool:
        """Write a file into another, part by part; False when there is none."""
        with self._opened(key) as body:
            if body is None:
                return False
            file.writelines(body.iter_chunks(PART_BYTES))
        return True

    def remove(self, key: str) -> None:
        """Delete a file; one that does not exist is as good."""
        with store_errors():
            self._client.delete_object(Bucket=self._bucket, Key=key)

    def remove_older(self, prefix: str, before: datetime) -> int:
        """Delete what was stored under `prefix` before this time, a thousand files at most.

        For stores that know lifecycle rules and do not keep them; returns how many went.
        """
        with store_errors():
            found = self._client.list_objects_v2(
                Bucket=self._bucket, Prefix=prefix, MaxKeys=MAX_REMOVED_AT_ONCE
            )
            old = [
                {"Key": one["Key"]}
                for one in found.get("Contents", ())
                if one["LastModified"] < before
            ]
            if old:
                self._client.delete_objects(
                    Bucket=self._bucket, Delete={"Objects": old, "Quiet": True}
                )
        return len(old)

    def link(self, key: str, file_name: str, seconds: int) -> str:
        """A link that saves the file under this name for so many seconds (an hour at most)."""
        seconds = min(seconds, MAX_LINK_SECONDS)
        if self._signer is not None:
            end = self._clock() + timedelta(seconds=seconds)
            return self._public_url + self._signer.path(key, file_name, end)
        return self._presigned(key, file_name, seconds)

    def source(self, key: str, query: dict[str, str]) -> Source | None:
        """Where the bytes behind one of this system's own links are; None: refuse the link.

        Signed in the headers: an emulator takes presigned URLs from known access keys alone.
        """
        file_name = self._signer and self._signer.file_name(key, query, self._clock())
        if not file_name:
            return None
        meta = self._client.meta
        credentials = self._client._request_signer._credentials  # noqa: SLF001 - botocore keeps the resolved, refreshing credentials only there
        request = AWSRequest("GET", f"{meta.endpoint_url}/{self._bucket}/{quote(key)}")
        with store_errors():
            S3SigV4Auth(credentials, "s3", meta.region_name).add_auth(request)
        return Source(str(request.url), dict(request.headers), file_name)

    def _presigned(self, key: str, file_name: str, seconds: int) -> str:
        with store_errors():
            url: str = self._client.generate_presigned_url(
                "get_object",
                Params={
                    "Bucket": self._bucket,
                    "Key": key,
                    "ResponseContentDisposition": content_disposition(file_name),
                },
                ExpiresIn=seconds,
            )
        return url

    @contextmanager
    def _opened(self, key: str) -> Iterator[Any]:
        try:
            with store_errors():
                body = self._client.get_object(Bucket=self._bucket, Key=key)["Body"]
        except AwsCallError as error:
            if error.aws_code not in _MISSING:
                raise
            yield None
            return
        with body, store_errors():
            yield body


class FileWriter:
    """Writes one file in parts. Nothing is there until the `with` block has ended well."""

    def __init__(self, client: Any, bucket: str, key: str, media_type: str) -> None:
        self._client = client
        self._where = {"Bucket": bucket, "Key": key}
        self._media_type = media_type
        self._buffer = bytearray()
        self._upload_id: str | None = None
        self._parts: list[dict[str, Any]] = []
        self.size_bytes = 0

    def __enter__(self) -> Self:
        """Begin; nothing is sent yet."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Finish the file, or drop all parts when the block failed."""
        if kind is not None:
            self._abort()
            return
        try:
            self._finish()
        except BaseException:
            self._abort()
            raise

    def write(self, data: bytes) -> int:
        """Append; sends a part whenever 8 MiB are together."""
        self._buffer += data
        self.size_bytes += len(data)
        while len(self._buffer) >= PART_BYTES:
            self._send_part(bytes(self._buffer[:PART_BYTES]))
            del self._buffer[:PART_BYTES]
        return len(data)

    def _send_part(self, part: bytes) -> None:
        with store_errors():
            if self._upload_id is None:
                begun = self._client.create_multipart_upload(
                    **self._where, ContentType=self._media_type
                )
                self._upload_id = begun["UploadId"]
            number = len(self._parts) + 1
            if number > MAX_PARTS:
                msg = f"a file of more than {MAX_PARTS} parts"
                raise AwsCallError("EntityTooLarge", msg)
            answer = self._client.upload_part(
                **self._where, UploadId=self._upload_id, PartNumber=number, Body=part
            )
        self._parts.append({"PartNumber": number, "ETag": answer["ETag"]})

    def _finish(self) -> None:
        if self._upload_id is None:
            with store_errors():
                self._client.put_object(
                    **self._where, Body=bytes(self._buffer), ContentType=self._media_type
                )
            return
        if self._buffer:
            self._send_part(bytes(self._buffer))
        with store_errors():
            self._client.complete_multipart_upload(
                **self._where, UploadId=self._upload_id, MultipartUpload={"Parts": self._parts}
            )

    def _abort(self) -> None:
        self._buffer.clear()
        if self._upload_id is not None:
            # what cannot be dropped now falls to the lifecycle rule
            with suppress(SolarisError), store_errors():
                self._client.abort_multipart_upload(**self._where, UploadId=self._upload_id)


def _lifecycle() -> list[dict[str, Any]]:
    return [
        {
            "ID": "exports",
            "Status": "Enabled",
            "Filter": {"Prefix": PUBLIC_PREFIX},
            "Expiration": {"Days": EXPORT_DAYS},
        },
        {
            "ID": "unfinished",
            "Status": "Enabled",
            "Filter": {"Prefix": ""},
            "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1},
        },
    ]
