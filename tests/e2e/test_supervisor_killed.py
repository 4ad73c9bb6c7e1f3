"""The supervisor killed with -9 while answers are on their way: they come to their end, what is cut
says so, and the books have all of it.
"""

import json
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from infra.local.run.programs import demo_command
from infra.local.run.running import running_program
from tests.e2e.local_system import LocalSystem, start
from tests.ports import lasting_port

pytestmark = pytest.mark.e2e

CHAT, MESSAGES = "/v1/chat/completions", "/v1/messages"
# beyond what open streams are given at a stop (infra.local.edge.gateway.STREAM_SECONDS)
LONG = "demo-chunks-1200-50ms"
SHORT = "demo-chunks-60-50ms"
BEGUN_SECONDS = 60.0
ENDED_SECONDS = 120.0
LOOPBACK = "127.0.0.1"


@contextmanager
def upstream() -> Iterator[str]:
    """A demo upstream that is nobody's child but this test's."""
    port = lasting_port()
    url = f"http://{LOOPBACK}:{port}"
    with running_program("demo", demo_command(LOOPBACK, port), url):
        yield url


@dataclass
class Seen:
    """What one client has seen of its answer."""

    email: str
    path: str
    model: str
    request_id: str = ""
    frames: list[str] = field(default_factory=list)
    begun: threading.Event = field(default_factory=threading.Event)

    @property
    def total_tokens(self) -> int:
        """What the stream's own last words say was used; 0 where it does not come to that."""
        total = 0
        for one in self.told:
            usage = one.get("usage") or one.get("message", {}).get("usage") or {}
            total = usage.get("total_tokens", total)
            if self.path == MESSAGES and "output_tokens" in usage:
                total = self.input_tokens + usage["output_tokens"]
        return total

    @property
    def input_tokens(self) -> int:
        started = next(one for one in self.told if one.get("type") == "message_start")
        return int(started["message"]["usage"]["input_tokens"])

    @property
    def told(self) -> list[dict[str, Any]]:
        lines = (one.removeprefix("data: ") for one in self.frames if one.startswith("data: "))
        return [json.loads(one) for one in lines if one != "[DONE]"]

    @property
    def is_whole(self) -> bool:
        last = "message_stop" if self.path == MESSAGES else "[DONE]"
        return any(last in one for one in self.frames[-3:])


def follow(system: LocalSystem, seen: Seen) -> None:
    """Read one stream to whatever its end is."""
    body = {
        "model": seen.model,
        "stream": True,
        "messages": [{"role": "user", "content": "Oi"}],
        "max_tokens": 4_000,
    }
    if seen.path == CHAT:
        body["stream_options"] = {"include_usage": True}
    headers = {"authorization": f"Bearer {system.printed_key}", "x-user-email": seen.email}
    url = f"{system.url}{seen.path}"
    with httpx.stream("POST", url, json=body, headers=headers, timeout=60) as answer:
        assert answer.status_code == 200, answer.read()
        seen.request_id = answer.headers["x-request-id"]
        for line in answer.iter_lines():
            seen.frames.append(line)
            if len(seen.frames) > 10:
                seen.begun.set()


@contextmanager
def streams(system: LocalSystem, wanted: list[Seen]) -> Iterator[list[Future[None]]]:
    with ThreadPoolExecutor(len(wanted)) as pool:
        work = [pool.submit(follow, system, seen) for seen in wanted]
        assert all(seen.begun.wait(BEGUN_SECONDS) for seen in wanted)
        yield work


PATHS = ("/health", "/v1/models", "/v1/quota", "/api/admin/users", CHAT, MESSAGES)


def knock(system: LocalSystem, until: threading.Event) -> list[tuple[str, httpx.Response]]:
    """Ask for everything again and again; returns what was refused. Nobody there is no answer."""
    refused = []
    headers = {"authorization": f"Bearer {system.printed_key}", "x-user-email": "eva@example.com"}
    body = {"model": "demo-tokens-5", "messages": [{"role": "user", "content": "Oi"}]}
    with httpx.Client(base_url=system.url, headers=headers, timeout=60) as client:
        while not until.is_set():
            for path in PATHS:
                is_chat = path in (CHAT, MESSAGES)
                with suppress(httpx.TransportError):
                    method, data = ("POST", body | {"max_tokens": 50}) if is_chat else ("GET", None)
                    answer = client.request(method, path, json=data)
                    if answer.status_code not in (200, 401):
                        refused.append((path, answer))
    return refused


def assert_refused_well(path: str, answer: httpx.Response) -> None:
    """In the words of the API that was asked."""
    assert answer.status_code in (502, 503, 504), (path, answer.status_code, answer.text)
    body = answer.json()
    if path.startswith("/v1"):
        assert body["error"]["message"]
        assert body["error"]["code"]
        assert (body.get("type") == "error") == (path == MESSAGES)
    else:
        assert body["title"] or body["error"], body


def until_gone(processes: list[psutil.Process]) -> list[psutil.Process]:
    """Wait for programs that are nobody's children here; returns those that stay."""
    _, alive = psutil.wait_procs(processes, timeout=ENDED_SECONDS)
    return alive


def record(system: LocalSystem, seen: Seen, seconds: float = 60.0) -> dict[str, Any]:
    """The usage record of a request, once it is booked."""
    deadline = time.monotonic() + seconds
    while True:
        shown = system.user(seen.email)
        rows = [one for one in shown["usage"] if one["requestId"] == seen.request_id]
        if rows and not shown["reservedTokens"]:
            found: dict[str, Any] = rows[0]
            return found
        assert time.monotonic() < deadline, f"{seen.model}: not booked, {shown}"


def test_running_answers_end_and_are_booked(tmp_path: Path) -> None:
    people = [
        Seen("ana@example.com", CHAT, SHORT),
        Seen("bia@example.com", MESSAGES, SHORT),
        Seen("caio@example.com", CHAT, LONG),
        Seen("davi@example.com", MESSAGES, LONG),
    ]
    with upstream() as url:
        settings = {"LITELLM_BASE_URL": f"{url}/v1"}
        system = start(tmp_path / "data", **settings)
        family = psutil.Process(system.process.pid).children(recursive=True)
        ended = threading.Event()
        with ThreadPoolExecutor(1) as pool, streams(system, people) as work:
            knocking = pool.submit(knock, system, ended)
            system.process.kill()
            system.process.communicate(timeout=30)
            try:
                # at once: it waits for what is still finishing
                again = start(tmp_path / "data", **settings)
            finally:
                ended.set()
            for one in work:
                one.result()
            for path, answer in knocking.result():
                assert_refused_well(path, answer)
        assert "finishing its open streams" in again.output
        assert until_gone(family) == [], "a program outlives the system"
        for seen in people[:2]:
            assert seen.is_whole, seen.frames[-3:]
        for seen in people[2:]:
            assert not seen.is_whole
            assert seen.told[-1]["error"]["message"], "cut off without a word"
        log = httpx.get(f"{url}/_demo/requests?settled=true", timeout=30).json()["requests"]

        try:
            for seen in people[:2]:
                booked = record(again, seen)
                assert booked["chargedTokens"] == seen.total_tokens
                assert not booked["estimated"]
                assert seen.total_tokens in [one["total_tokens"] for one in log]
            for seen in people[2:]:
                booked = record(again, seen)
                pieces = [one for one in seen.told if "error" not in one]
                assert booked["estimated"]
                assert booked["chargedTokens"] > len(pieces), "only its prompt was charged"
            assert again.cli("reconcile").returncode == 0
        finally:
            again.stop()
