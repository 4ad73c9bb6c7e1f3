"""A backup of the whole system while people chat; everything lost; the restore, to the token."""

import os
import shutil
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from openai import OpenAI

from solaris.app import Parts
from solaris.backup.archive import ArchiveReader
from solaris.platform.instants import parse_instant
from solaris.platform.settings import Settings
from tests.e2e.local_system import LocalSystem, running
from tests.integration.conftest import Clock, MoneyPath

pytestmark = pytest.mark.e2e

CLIENTS = 4
CHATS_BEFORE = 40
LIMITS = {"RATE_LIMIT_PER_SECOND": "10000", "RATE_LIMIT_BURST": "10000"}


@dataclass
class Chats:
    """People who chat until told to stop, and when each of their answers was finished."""

    system: LocalSystem
    key: str
    finished: list[tuple[datetime, str]] = field(default_factory=list)
    stop: threading.Event = field(default_factory=threading.Event)
    enough: threading.Event = field(default_factory=threading.Event)

    def chat(self, number: int) -> None:
        email = f"user{number}@example.com"
        with OpenAI(
            base_url=f"{self.system.url}/v1",
            api_key=self.key,
            default_headers={"X-User-Email": email},
            max_retries=0,
        ) as client:
            while not self.stop.is_set():
                raw = client.chat.completions.with_raw_response.create(
                    model="demo-tokens-20",
                    messages=[{"role": "user", "content": "Oi"}],
                    stream=True,
                    stream_options={"include_usage": True},
                )
                assert any(chunk.usage for chunk in raw.parse()), "the answer was whole"
                self.finished.append((datetime.now(UTC), raw.headers["x-request-id"]))
                if len(self.finished) >= CHATS_BEFORE:
                    self.enough.set()


@contextmanager
def chatting(system: LocalSystem, key: str) -> Iterator[Chats]:
    chats = Chats(system, key)
    with ThreadPoolExecutor(CLIENTS) as pool:
        work = [pool.submit(chats.chat, n) for n in range(CLIENTS)]
        for one in work:  # who chats until told to stop and ends before has failed
            one.add_done_callback(lambda _: chats.enough.set())
        try:
            assert chats.enough.wait(60)
            yield chats
        finally:
            chats.stop.set()
        for one in work:
            one.result()


@contextmanager
def books_of(system: LocalSystem) -> Iterator[MoneyPath]:
    """The system's own tables."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("AWS_")]:
            patch.delenv(name)
        patch.setattr("boto3.DEFAULT_SESSION", None)  # it keeps the first key that it has seen
        for name in (
            *("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_DYNAMODB"),
            *("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"),
        ):
            patch.setenv(name, system.run_variable(name))
        settings = Settings(solaris_stage="local", redis_url="none", redis_host=None)
        yield MoneyPath.of(Parts(settings), Clock())


def test_backup_under_traffic_wipe_restore(tmp_path: Path) -> None:
    file = tmp_path / "backup.gz"
    with running(tmp_path / "data", **LIMITS) as system:
        key = system.printed_key
        assert key
        with chatting(system, key) as chats:
            before = len(chats.finished)
            printed = system.cli("backup", str(file)).stdout
            during = len(chats.finished) - before
        assert "verified" in printed
        assert during > 0, "nobody chatted while the backup was made"
    shutil.rmtree(tmp_path / "data")

    with running(tmp_path / "data", **LIMITS) as system:
        refused = system.cli("restore", str(file), check=False)
        assert refused.returncode == 1
        assert "--replace" in refused.stderr
        assert system.cli("restore", str(file), "--replace", "--yes").returncode == 0
        began_at = parse_instant(ArchiveReader(file).header().started_at)
        with books_of(system) as books:
            books.assert_books_balance()
            records = {row["request_id"] for row in books.rows("usage")}
            answered = {request for at, request in chats.finished if at < began_at}
            assert len(answered) >= CHATS_BEFORE
            assert answered <= records
            used = Counter[str]()
            for row in books.rows("usage"):
                used[row["user_id"]] += row["charged_tokens"]
            assert {u.user_id: u.current_usage for u in books.parts.quota.users.scan()} == used
        # the keys are the old ones, and the books go on
        shown = system.user("user0@example.com")
        answer = httpx.post(
            f"{system.url}/v1/chat/completions",
            json={"model": "demo-tokens-20", "messages": [{"role": "user", "content": "Oi"}]},
            headers={"authorization": f"Bearer {key}", "x-user-email": "user0@example.com"},
            timeout=30,
        )
        total = answer.json()["usage"]["total_tokens"]
        requests = sum(model["requests"] for model in shown["models"])
        after = system.booked_user("user0@example.com", records=requests + 1)
        assert after["currentUsage"] == shown["currentUsage"] + total
        with books_of(system) as books:
            books.assert_books_balance()


def test_a_damaged_file_changes_nothing(tmp_path: Path) -> None:
    file = tmp_path / "backup.gz"
    with running(tmp_path / "data") as system:
        system.cli("backup", str(file))
        assert system.cli("backup", "--verify", str(file)).returncode == 0
        again = system.cli("backup", str(file), check=False)
        assert again.returncode == 2
        assert "there already" in again.stderr
        data = file.read_bytes()
        file.write_bytes(data[: len(data) // 2])
        for command in (("backup", "--verify"), ("restore", "--replace", "--yes")):
            refused = system.cli(*command, str(file), check=False)
            assert refused.returncode == 1
            assert "damaged" in refused.stderr
            assert len(refused.stderr.splitlines()) == 1
        with books_of(system) as books:
            assert books.rows("keys"), "the restore has emptied what it could not fill"
