"""Signed links on the gateway's own port: the file, and nothing but it."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from infra.local.edge.downloads import Downloads
from infra.local.edge.gateway import Gateway, Message, Receive, Send
from solaris.platform.aws.files import FileStore, s3_client
from solaris.platform.file_links import LinkSigner
from solaris.platform.settings import Settings

KEY = "exports/one/two.csv"
DATA = bytes(range(256)) * 4096


async def no_proxy(scope: Message, receive: Receive, send: Send) -> None:
    raise AssertionError(scope["path"])


@pytest.fixture
def files(emulator: str, stage: str, monkeypatch: pytest.MonkeyPatch) -> FileStore:
    assert emulator
    # as `make up` has it: no access key that the emulator knows
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "local")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "local")
    made = FileStore(
        s3_client("us-east-1"),
        Settings(solaris_stage=stage, secret_key="x" * 32).bucket_name,
        clock=lambda: datetime.now(UTC),
        signer=LinkSigner(["a secret"]),
    )
    made.create()
    return made


@pytest.fixture
async def client(files: FileStore) -> AsyncIterator[httpx.AsyncClient]:
    gateway = Gateway(no_proxy, "http://127.0.0.1:9", Settings())
    gateway._downloads = Downloads(lambda: files)
    transport = httpx.ASGITransport(gateway)
    async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as made:
        yield made
    await gateway._downloads.close()


async def test_a_link_gives_the_file_to_save_under_its_name(
    client: httpx.AsyncClient, files: FileStore
) -> None:
    files.put(KEY, DATA, "text/csv; charset=utf-8")
    link = files.link(KEY, "ia-solaris-uso-2026-11.csv", 60)
    assert link.startswith("/files/exports/")
    answer = await client.get(link)
    assert (answer.status_code, answer.content) == (200, DATA)
    headers = answer.headers
    assert headers["content-type"] == "text/csv; charset=utf-8"
    assert headers["content-length"] == str(len(DATA))
    assert headers["content-disposition"] == 'attachment; filename="ia-solaris-uso-2026-11.csv"'
    assert (headers["cache-control"], headers["x-content-type-options"]) == (
        "private, no-store",
        "nosniff",
    )
    assert not {name for name in headers if name.startswith("x-amz")}


async def test_a_download_can_be_looked_at_first_and_taken_up_again(
    client: httpx.AsyncClient, files: FileStore
) -> None:
    files.put(KEY, DATA)
    link = files.link(KEY, "a.csv", 60)
    head = await client.head(link)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == str(len(DATA))
    part = await client.get(link, headers={"range": "bytes=1000000-"})
    assert (part.status_code, part.content) == (206, DATA[1_000_000:])


@pytest.mark.parametrize(
    "change",
    [
        ("exports/one", "exports/two"),
        ("/files/exports/one/two.csv", "/files/state/directory"),
        ("/files/exports/one/two.csv", "/files/exports/../state/directory"),
        ("/files/exports/one/two.csv", "/files/exports/%2e%2e/state/directory"),
        ("link=", "link=A"),
        ("link=", "link=%ff"),
        ("link=", "other="),
        ("?", "?" + "x=1&" * 20),
        ("?", "?" + "x" * 3000 + "&"),
    ],
)
async def test_a_tampered_link_is_forbidden(
    client: httpx.AsyncClient, files: FileStore, change: tuple[str, str]
) -> None:
    files.put(KEY, b"mine")
    files.put("state/directory", b"secret")
    link = files.link(KEY, "a.csv", 60)
    assert change[0] in link
    answer = await client.get(link.replace(*change, 1))
    assert answer.status_code == 403
    assert b"secret" not in answer.content


async def test_an_expired_link_is_forbidden(client: httpx.AsyncClient, files: FileStore) -> None:
    files.put(KEY, b"mine")
    assert (await client.get(files.link(KEY, "a.csv", 0))).status_code == 403


async def test_a_file_that_is_gone_is_not_found(
    client: httpx.AsyncClient, files: FileStore
) -> None:
    answer = await client.get(files.link(KEY, "a.csv", 60))
    assert answer.status_code == 404
    assert b"xml" not in answer.content.lower()


async def test_a_link_is_only_read(client: httpx.AsyncClient, files: FileStore) -> None:
    answer = await client.put(files.link(KEY, "a.csv", 60), content=b"x")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD")
    assert files.get(KEY) is None


async def test_without_the_store_there_is_a_refusal(free_port: int, tmp_path: Path) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{free_port}")
        patch.setenv("AWS_ACCESS_KEY_ID", "test")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "test")
        patch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
        away = FileStore(
            s3_client("us-east-1"),
            "nowhere",
            clock=lambda: datetime.now(UTC),
            signer=LinkSigner(["a secret"]),
        )
    downloads = Downloads(lambda: away)
    gateway = Gateway(no_proxy, "http://127.0.0.1:9", Settings())
    gateway._downloads = downloads
    transport = httpx.ASGITransport(gateway)
    async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as client:
        assert (await client.get(away.link(KEY, "a.csv", 60))).status_code == 503
    await downloads.close()
