"""The store's S3: what this project asks of it, what it refuses, and odd names."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from solaris.platform.aws.files import PART_BYTES
from tests.integration.local_store.files_support import (
    BUCKET,
    MIB,
    SECONDS,
    Store,
    file_store,
    get,
    put,
    refusal,
)

ODD_KEYS = [
    *("..", ".", "../x", "../../../../../../tmp/x", "a/../../b", "a/./b", "..%2fx", "%2e%2e/x"),
    *("a", "A", "a/", "/a", "a//b", "//", "a b", "a+b", "a%20b", "a?b#c&d=e;f", "<&>'\"", "a\\b"),
    *(
        "é",
        "e\u0301",
        "名前/🌞",
        "\u202e",
        "x" * 1024,
        "é" * 512,
        "d/" * 512,
        "~",
        "con",
        ".hidden",
    ),
    *("index.sqlite", "blobs", "x\x7f"),
]


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


def keys(s3: Any, **more: Any) -> list[str]:
    return [one["Key"] for one in s3.list_objects_v2(Bucket=BUCKET, **more).get("Contents", [])]


def test_any_key_is_a_file_of_its_own_and_none_leaves_the_folder(
    s3: Any, store: Store, tmp_path: Path
) -> None:
    for number, key in enumerate(ODD_KEYS):
        put(s3, key, b"%d" % number)
    assert [get(s3, key) for key in ODD_KEYS] == [b"%d" % n for n in range(len(ODD_KEYS))]
    assert keys(s3) == sorted(ODD_KEYS, key=str.encode)
    assert list(tmp_path.iterdir()) == [store.folder]
    assert all(len(name) == 32 for name in store.blobs())
    s3.delete_objects(Bucket=BUCKET, Delete={"Objects": [{"Key": key} for key in ODD_KEYS]})
    assert keys(s3) == store.blobs() == []


def test_impossible_keys_are_refused(s3: Any) -> None:
    assert refusal(s3.put_object, Key="é" * 513, Body=b"") == (400, "KeyTooLongError")
    assert refusal(s3.put_object, Key="a\r\nb", Body=b"") == (400, "InvalidArgument")
    assert refusal(s3.put_object, Key="a\0b", Body=b"") == (400, "InvalidArgument")


@pytest.mark.parametrize("path", ["/../x", "/%2e%2e/x", "/..%2fx", "/%2fetc/passwd", "/a%00/b"])
def test_no_bucket_leads_out_of_the_folder(store: Store, tmp_path: Path, path: str) -> None:
    assert 400 <= store.raw("PUT", path, b"x")[0] < 500
    assert store.raw("GET", path)[0] >= 400
    assert store.raw("DELETE", path)[0] >= 400
    assert list(tmp_path.iterdir()) == [store.folder]


@pytest.mark.parametrize("name", ["..", "a..b", "%2e%2e", "-ab", "ab", "A-bucket", "a" * 64, "a_b"])
def test_a_bucket_that_s3_would_not_make_is_not_made(store: Store, name: str) -> None:
    status, answer = store.raw("PUT", f"/{name}")
    assert (status, b"InvalidBucketName" in answer) == (400, True)


def test_a_path_that_is_no_utf_8_is_refused(store: Store) -> None:
    status, answer = store.raw("GET", "/a-bucket/%ff")
    assert (status, b"InvalidURI" in answer) == (400, True)


def test_buckets(s3: Any) -> None:
    assert refusal(s3.create_bucket) == (409, "BucketAlreadyOwnedByYou")
    assert [one["Name"] for one in s3.list_buckets()["Buckets"]] == [BUCKET]
    for call in (s3.list_objects_v2, s3.list_multipart_uploads, s3.get_public_access_block):
        assert refusal(call, Bucket="none") == (404, "NoSuchBucket")
    assert refusal(s3.put_object, Bucket="none", Key="a", Body=b"x" * MIB) == (404, "NoSuchBucket")
    assert refusal(s3.get_object, Bucket="none", Key="a") == (404, "NoSuchBucket")
    missing = "NoSuchLifecycleConfiguration"
    assert refusal(s3.get_bucket_lifecycle_configuration) == (404, missing)


def test_a_file_keeps_its_headers_until_it_is_replaced(s3: Any) -> None:
    made = put(s3, "a", b"abc", ContentType="text/csv; charset=utf-8", Metadata={"by": "me"})
    found = s3.head_object(Bucket=BUCKET, Key="a")
    assert (found["ContentLength"], found["ETag"]) == (3, made["ETag"])
    assert (found["ContentType"], found["Metadata"]) == ("text/csv; charset=utf-8", {"by": "me"})
    assert abs(datetime.now(UTC) - found["LastModified"]) < timedelta(seconds=SECONDS)
    put(s3, "a", b"d")
    found = s3.get_object(Bucket=BUCKET, Key="a")
    assert (found["Body"].read(), found["Metadata"]) == (b"d", {})
    assert found["ContentType"] == "binary/octet-stream"
    s3.delete_object(Bucket=BUCKET, Key="a")
    s3.delete_object(Bucket=BUCKET, Key="a")
    assert refusal(s3.get_object, Key="a") == (404, "NoSuchKey")
    assert refusal(s3.head_object, Key="a") == (404, "404")


@pytest.mark.parametrize(
    ("wanted", "said", "part"),
    [
        ("bytes=0-0", "bytes 0-0/10", b"0"),
        ("bytes=2-4", "bytes 2-4/10", b"234"),
        ("bytes=7-", "bytes 7-9/10", b"789"),
        ("bytes=-3", "bytes 7-9/10", b"789"),
        ("bytes=-30", "bytes 0-9/10", b"0123456789"),
        ("bytes=8-99999999", "bytes 8-9/10", b"89"),
    ],
)
def test_a_range_of_a_file(s3: Any, wanted: str, said: str, part: bytes) -> None:
    put(s3, "a", b"0123456789")
    answer = s3.get_object(Bucket=BUCKET, Key="a", Range=wanted)
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 206
    assert (answer["ContentRange"], answer["ContentLength"]) == (said, len(part))
    assert answer["Body"].read() == part


def test_what_is_no_range_of_a_file(s3: Any) -> None:
    put(s3, "a", b"0123456789")
    put(s3, "empty", b"")
    for wanted in ("bytes=10-", "bytes=-0", "bytes=99-100"):
        assert refusal(s3.get_object, Key="a", Range=wanted) == (416, "InvalidRange")
    assert refusal(s3.get_object, Key="empty", Range="bytes=0-") == (416, "InvalidRange")
    # as HTTP has it: not understood is not asked
    for wanted in ("bytes=-", "bytes=4-2", "bytes=0-1,4-5", "lines=0-1", "bytes=a-b"):
        assert get(s3, "a", Range=wanted) == b"0123456789"


def test_a_range_of_a_file_that_was_replaced_is_all_of_it(s3: Any, store: Store) -> None:
    etag = put(s3, "a", b"0123")["ETag"]
    path, wanted = f"/{BUCKET}/a", {"range": "bytes=1-2"}
    assert store.raw("GET", path, headers=wanted | {"if-range": etag}) == (206, b"12")
    assert store.raw("GET", path, headers=wanted | {"if-range": '"other"'}) == (200, b"0123")
    modified = s3.head_object(Bucket=BUCKET, Key="a")["ResponseMetadata"]["HTTPHeaders"]
    condition = {"if-range": modified["last-modified"]}
    assert store.raw("GET", path, headers=wanted | condition) == (206, b"12")


def test_a_presigned_link_answers_with_the_headers_in_it(s3: Any) -> None:
    put(s3, "a", b"1", ContentType="text/csv")
    name = "attachment; filename*=UTF-8''relat%C3%B3rio.csv"
    wanted = {"Bucket": BUCKET, "Key": "a", "ResponseContentDisposition": name}
    answer = httpx.get(s3.generate_presigned_url("get_object", Params=wanted, ExpiresIn=60))
    assert (answer.status_code, answer.content) == (200, b"1")
    assert answer.headers["content-disposition"] == name
    assert answer.headers["content-type"] == "text/csv"
    wanted["ResponseContentDisposition"] = "a\r\nset-cookie: b"
    answer = httpx.get(s3.generate_presigned_url("get_object", Params=wanted, ExpiresIn=60))
    assert answer.status_code == 400


def test_a_listing_comes_in_pages(s3: Any) -> None:
    wanted = [f"a/é {n}&" for n in range(7)]
    for key in [*wanted, "Z", "b", "aa"]:
        put(s3, key, b"12")
    pages = s3.get_paginator("list_objects_v2").paginate(
        Bucket=BUCKET, Prefix="a/", PaginationConfig={"PageSize": 3}
    )
    found = [[one["Key"] for one in page["Contents"]] for page in pages]
    assert found == [wanted[:3], wanted[3:6], wanted[6:]]
    assert keys(s3) == ["Z", *wanted, "aa", "b"]
    assert keys(s3, StartAfter="aa") == ["b"]
    assert keys(s3, Prefix="a/", StartAfter=wanted[5]) == wanted[6:]
    assert keys(s3, MaxKeys=0) == keys(s3, Prefix="%") == keys(s3, Prefix="none") == []
    (one,) = s3.list_objects_v2(Bucket=BUCKET, Prefix="b")["Contents"]
    assert (one["Size"], one["ETag"]) == (2, '"c20ad4d76fe97759aa27a0c99bff6710"')
    wrong = refusal(s3.list_objects_v2, ContinuationToken="é")
    assert wrong == (400, "InvalidArgument")


def test_a_body_that_is_not_the_signed_one_is_no_file(s3: Any, store: Store) -> None:
    path = f"/{BUCKET}/a"
    for name, value in {"x-amz-content-sha256": "0" * 64, "content-md5": "AAAA"}.items():
        assert store.raw("PUT", path, b"x", {name: value})[0] == 400
    rules = f"/{BUCKET}?lifecycle"
    assert store.raw("PUT", rules, b"<a/>", {"x-amz-content-sha256": "0" * 64})[0] == 400
    streamed = {"x-amz-content-sha256": "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"}
    assert store.raw("PUT", path, b"x", streamed)[0] == 501
    large = {"content-length": str(6 * 1024**3)}
    assert store.raw("PUT", path, b"", large)[0] == 400
    assert store.raw("POST", f"/{BUCKET}?delete", b"<!DOCTYPE a><Delete/>")[0] == 400
    assert keys(s3) == store.blobs() == []


def test_what_the_store_does_not_know_it_refuses(s3: Any) -> None:
    unknown = (501, "NotImplemented")
    put(s3, "a", b"1")
    source = {"Bucket": BUCKET, "Key": "a"}
    assert refusal(s3.copy_object, Key="b", CopySource=source) == unknown
    assert refusal(s3.put_object, Key="a", Body=b"2", IfNoneMatch="*") == unknown
    assert refusal(s3.get_object, Key="a", IfMatch='"other"') == unknown
    assert refusal(s3.get_object, Key="a", VersionId="1") == unknown
    assert refusal(s3.get_object_acl, Key="a") == unknown
    assert refusal(s3.list_objects) == unknown
    assert refusal(s3.list_objects_v2, Delimiter="/") == unknown
    assert refusal(s3.get_bucket_versioning) == unknown
    assert refusal(s3.delete_bucket) == unknown
    assert get(s3, "a") == b"1"


def test_parts_become_one_file_in_their_order(s3: Any, store: Store) -> None:
    where = {"Bucket": BUCKET, "Key": "a"}
    put(s3, "a", b"old")
    upload = s3.create_multipart_upload(**where, ContentType="text/plain")["UploadId"]
    bodies = {2: b"b" * MIB * 3, 1: b"a" * MIB, 7: b"c"}
    tags = {
        number: s3.upload_part(**where, UploadId=upload, PartNumber=number, Body=body)["ETag"]
        for number, body in [(2, b"another"), *bodies.items()]
    }
    assert [one["Key"] for one in s3.list_multipart_uploads(Bucket=BUCKET)["Uploads"]] == ["a"]

    def completion(*numbers: int, tag: str = "") -> dict[str, Any]:
        parts = [{"PartNumber": n, "ETag": tag or tags.get(n, '"0"')} for n in numbers]
        return {"Key": "a", "UploadId": upload, "MultipartUpload": {"Parts": parts}}

    complete = s3.complete_multipart_upload
    assert refusal(complete, **completion(2, 1)) == (400, "InvalidPartOrder")
    assert refusal(complete, **completion(1, 3)) == (400, "InvalidPart")
    assert refusal(complete, **completion(1, tag='"0"')) == (400, "InvalidPart")
    assert refusal(complete, **completion()) == (400, "MalformedXML")
    assert get(s3, "a") == b"old"
    done = complete(Bucket=BUCKET, **completion(1, 2, 7))
    assert done["ETag"].endswith('-3"')
    # whoever did not hear it asks again
    assert complete(Bucket=BUCKET, **completion(1, 2, 7))["ETag"] == done["ETag"]
    found = s3.get_object(**where)
    assert found["Body"].read() == bodies[1] + bodies[2] + bodies[7]
    assert (found["ContentType"], found["ETag"]) == ("text/plain", done["ETag"])
    assert len(store.blobs()) == 1
    late = {"Key": "a", "UploadId": upload}
    gone = (404, "NoSuchUpload")
    assert refusal(s3.upload_part, **late, PartNumber=1, Body=b"") == gone
    assert refusal(s3.abort_multipart_upload, **late) == gone
    put(s3, "a", b"new")
    assert refusal(complete, **completion(1, 2, 7)) == gone
    assert len(store.blobs()) == 1


def test_a_dropped_upload_leaves_nothing(s3: Any, store: Store) -> None:
    upload = s3.create_multipart_upload(Bucket=BUCKET, Key="a")["UploadId"]
    where = {"Key": "a", "UploadId": upload}
    s3.upload_part(Bucket=BUCKET, **where, PartNumber=1, Body=b"1")
    for number in (0, 10_001):
        wrong = refusal(s3.upload_part, **where, PartNumber=number, Body=b"1")
        assert wrong == (400, "InvalidArgument")
    other = where | {"Key": "b"}
    assert refusal(s3.abort_multipart_upload, **other) == (404, "NoSuchUpload")
    s3.abort_multipart_upload(Bucket=BUCKET, **where)
    assert "Uploads" not in s3.list_multipart_uploads(Bucket=BUCKET)
    assert store.blobs() == []


@pytest.mark.parametrize(
    ("rule", "refused"),
    [
        ({"Filter": {"Tag": {"Key": "a", "Value": "b"}}, "Expiration": {"Days": 1}}, 501),
        ({"Filter": {"Prefix": ""}, "Expiration": {"Date": datetime(2030, 1, 1, tzinfo=UTC)}}, 501),
        ({"Filter": {"Prefix": ""}, "Expiration": {"Days": 0}}, 400),
    ],
)
def test_rules_that_would_not_be_kept_are_refused(
    s3: Any, rule: dict[str, Any], refused: int
) -> None:
    rules = {"Rules": [{"ID": "a", "Status": "Enabled"} | rule]}
    call = s3.put_bucket_lifecycle_configuration
    assert refusal(call, LifecycleConfiguration=rules)[0] == refused


def test_the_projects_own_files(s3: Any) -> None:
    files = file_store(s3)
    files.create()
    data = bytes(range(256)) * (PART_BYTES // 128) + b"end"
    assert files.put("state/a", data) == len(data)
    assert files.get("state/a") == data
    assert files.get("state/missing") is None
