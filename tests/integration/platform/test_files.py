"""The file store on a real emulator: parts, replacement, links."""

import io
import tracemalloc
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, unquote, urlsplit

import httpx
import pytest

from solaris.app import Parts
from solaris.platform.aws.files import PART_BYTES, FileStore, s3_client
from solaris.platform.file_links import LinkSigner
from solaris.platform.signed_tokens import LinkTokens

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
KEY = "exports/one/report.csv"


@pytest.fixture
def files(parts: Parts) -> FileStore:
    parts.platform.files.create()
    return parts.platform.files


@pytest.fixture
def local_files(parts: Parts, files: FileStore) -> FileStore:
    """The same bucket with links of the system's own."""
    bucket = parts.settings.bucket_name
    signer = LinkSigner(["new secret", "old secret"])
    return FileStore(s3_client("us-east-1"), bucket, clock=lambda: NOW, signer=signer)


def test_creating_the_bucket_again_keeps_its_files(files: FileStore) -> None:
    files.put("state/a", b"kept")
    files.create()
    assert files.get("state/a") == b"kept"


def test_the_bucket_is_private_and_cleans_itself(files: FileStore) -> None:
    rules = files._client.get_bucket_lifecycle_configuration(Bucket=files._bucket)["Rules"]
    expiring = [(rule["Filter"], rule["Expiration"]["Days"]) for rule in rules[:1]]
    assert expiring == [({"Prefix": "exports/"}, 7)]
    assert rules[1]["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 1}
    access = files._client.get_public_access_block(Bucket=files._bucket)
    assert set(access["PublicAccessBlockConfiguration"].values()) == {True}


def test_what_is_not_there_is_none(files: FileStore) -> None:
    assert files.get("state/missing") is None
    assert files.download("state/missing", io.BytesIO()) is False
    files.remove("state/missing")


@pytest.mark.parametrize("size", [0, 1, PART_BYTES, PART_BYTES * 2 + 5])
def test_a_file_of_any_size_comes_back_as_it_was(files: FileStore, size: int) -> None:
    data = bytes(range(256)) * (size // 256 + 1)
    assert files.put("state/a", io.BytesIO(data[:size])) == size
    copy = io.BytesIO()
    assert files.download("state/a", copy)
    assert copy.getvalue() == data[:size] == files.get("state/a")


def test_a_writer_that_fails_leaves_the_old_file_and_no_parts(files: FileStore) -> None:
    files.put("state/a", b"old")

    def broken_source() -> Iterator[bytes]:
        yield b"x" * (PART_BYTES + 1)
        raise ZeroDivisionError

    def write() -> None:
        with files.writer("state/a") as writer:
            for piece in broken_source():
                writer.write(piece)

    with pytest.raises(ZeroDivisionError):
        write()
    assert files.get("state/a") == b"old"
    assert "Uploads" not in files._client.list_multipart_uploads(Bucket=files._bucket)


def test_a_writer_holds_about_a_part_however_long_the_file(files: FileStore) -> None:
    piece = b"x" * 100_000
    tracemalloc.start()
    try:
        with files.writer("state/a") as writer:
            for _ in range(500):
                writer.write(piece)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert writer.size_bytes == 50_000_000
    assert peak < PART_BYTES * 4


def test_old_files_go_and_only_those_under_the_prefix(files: FileStore) -> None:
    files.put("state/a", b"1")
    files.put("exports/a", b"2")
    assert files.remove_older("exports/", datetime.now(UTC) - timedelta(hours=1)) == 0
    assert files.remove_older("exports/", datetime.now(UTC) + timedelta(hours=1)) == 1
    assert (files.get("state/a"), files.get("exports/a")) == (b"1", None)


def test_a_presigned_link_saves_the_file_under_its_name(files: FileStore) -> None:
    files.put(KEY, b"a;b\r\n", "text/csv; charset=utf-8")
    answer = httpx.get(files.link(KEY, "ia-solaris-uso-2026-11.csv", 900))
    assert (answer.status_code, answer.content) == (200, b"a;b\r\n")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    expected = 'attachment; filename="ia-solaris-uso-2026-11.csv"'
    assert answer.headers["content-disposition"] == expected


def parts_of(link: str) -> tuple[str, dict[str, str]]:
    address = urlsplit(link)
    assert address.path.startswith("/files/")
    return unquote(address.path.removeprefix("/files/")), dict(parse_qsl(address.query))


def test_an_own_link_leads_to_the_bytes(local_files: FileStore) -> None:
    local_files.put(KEY, b"data")
    key, query = parts_of(local_files.link(KEY, "a b.csv", 900))
    source = local_files.source(key, query)
    assert source is not None
    assert httpx.get(source.url, headers=source.headers).content == b"data"
    assert source.file_name == "a b.csv"


def tampered() -> Iterator[tuple[str, dict[str, str]]]:
    path = LinkSigner(["new secret"]).path(KEY, "a.csv", NOW + timedelta(minutes=15))
    key, query = parts_of(path)
    token = query["link"]
    other = LinkTokens(["new secret"], "personal link v2")
    yield "exports/two/report.csv", query
    yield "state/a", query
    yield key, {}
    yield key, {"link": ""}
    yield key, {"link": "é"}
    yield key, {"link": "x" * 5000}
    yield key, {"link": f"{token}="}
    yield key, {"link": token[:-1] + ("A" if token[-1] != "A" else "B")}
    yield key, {"link": f"A{token[1:]}"}
    yield key, {"link": other.sign(b'["exports/one/report.csv", "a.csv"]', NOW + timedelta(1))}
    yield parts_of(LinkSigner(["stranger"]).path(KEY, "a.csv", NOW + timedelta(minutes=15)))
    yield parts_of(LinkSigner(["new secret"]).path(KEY, "a.csv", NOW))


@pytest.mark.parametrize(("key", "query"), list(tampered()))
def test_a_tampered_forged_or_expired_link_leads_nowhere(
    local_files: FileStore, key: str, query: dict[str, str]
) -> None:
    assert local_files.source(key, query) is None


# made by the version before
EARLIER = (
    "/files/exports/one/report.csv?expires=1795349700&name=a+b+%C3%A9.csv"
    "&signature=a9ee331e1745c920e16042bc365dd4877994b561337aad33ab42a547f5d5c64b"
)
EARLIER_END = datetime(2026, 11, 22, 12, 15, tzinfo=UTC)


def earlier(now: datetime, key: str = KEY, **changes: str) -> str | None:
    _, query = parts_of(EARLIER)
    return LinkSigner(["new secret"]).file_name(key, query | changes, now)


def test_a_link_of_the_version_before_opens_until_its_end() -> None:
    assert earlier(NOW) == "a b é.csv"
    assert earlier(EARLIER_END - timedelta(seconds=1)) == "a b é.csv"
    assert earlier(EARLIER_END) is None


@pytest.mark.parametrize(
    "changes",
    [
        {"key": "exports/two/report.csv"},
        {"key": "state/a"},
        {"name": "b.csv"},
        {"name": "n" * 201},
        {"expires": "1795349701"},
        {"expires": "9" * 5000},
        {"expires": "-1"},
        {"expires": "１"},
        {"signature": ""},
        {"signature": "é"},
        {"signature": parts_of(EARLIER)[1]["signature"][:32]},
        {"signature": parts_of(EARLIER)[1]["signature"].upper()},
        {"link": ""},
    ],
    ids=str,
)
def test_a_tampered_link_of_the_version_before_leads_nowhere(changes: dict[str, str]) -> None:
    assert earlier(NOW, **changes) is None


def test_a_link_signed_before_the_secret_was_changed_still_holds(local_files: FileStore) -> None:
    path = LinkSigner(["old secret"]).path(KEY, "a.csv", NOW + timedelta(minutes=1))
    assert local_files.source(*parts_of(path)) is not None


def test_no_link_is_made_to_the_systems_own_files(local_files: FileStore) -> None:
    with pytest.raises(ValueError, match="state/a"):
        local_files.link("state/a", "a", 60)
