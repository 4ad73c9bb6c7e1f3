"""A worker that lives and does nothing: health, metrics and doctor tell, and stop telling."""

import time
from pathlib import Path

import httpx
import pytest

from infra.local.run.worker import WAIT_SECONDS
from tests.e2e.local_system import LocalSystem, running
from tests.e2e.test_silent_store import stopped

pytestmark = pytest.mark.e2e

TOLD_SECONDS = 120.0  # 15 s of waiting, and looks 5 s apart; more on a busy machine
GONE_SECONDS = 120.0


def queue_of(system: LocalSystem) -> str:
    """State of the queues."""
    body = httpx.get(f"{system.url}/health/detailed", timeout=10).json()
    return str(body["checks"]["queue"]["status"])


def wait_for(system: LocalSystem, status: str, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while queue_of(system) != status:
        assert time.monotonic() < deadline, f"not {status} in {seconds} s"
        time.sleep(0.5)


def test_it_is_noticed_and_forgotten(tmp_path: Path) -> None:
    with running(tmp_path / "data") as system:
        wait_for(system, "healthy", GONE_SECONDS)
        with stopped(system.program("infra.local.run.worker").pid):
            # its open receive would take the message: it then waits for the visibility time-out
            time.sleep(WAIT_SECONDS + 1)
            answer = httpx.post(
                f"{system.url}/v1/chat/completions",
                json={"model": "demo-tokens-20", "messages": [{"role": "user", "content": "Oi"}]},
                headers={
                    "authorization": f"Bearer {system.printed_key}",
                    "x-user-email": "ana@example.com",
                },
                timeout=30,
            )
            assert answer.status_code == 200
            wait_for(system, "degraded", TOLD_SECONDS)
            told = system.cli("doctor", check=False)
            assert "✗ running system: degraded: " in told.stdout
            assert "queue degraded (messages wait and none is taken" in told.stdout
            assert "not taken: usage for " in told.stdout
            assert "worker.log" in told.stdout
            assert told.returncode == 0, "it books late, and nobody is refused"
            metrics = httpx.get(f"{system.url}/metrics", timeout=10).text
            lines = [one for one in metrics.splitlines() if "queue_stalled_seconds{" in one]
            seconds = {one.split('"')[1]: float(one.split()[-1]) for one in lines}
            assert seconds["usage"] >= 15
        wait_for(system, "healthy", GONE_SECONDS)
        assert system.booked_user("ana@example.com", records=1)


def test_a_user_is_told_that_bookings_are_late(tmp_path: Path) -> None:
    """And not that the quota is used up: it is served as soon as the worker is back."""
    with running(tmp_path / "data", DEFAULT_MONTHLY_LIMIT="40000") as system:
        headers = {
            "authorization": f"Bearer {system.printed_key}",
            "x-user-email": "bia@example.com",
        }

        def ask() -> httpx.Response:
            return httpx.post(
                f"{system.url}/v1/chat/completions",
                json={
                    "model": "demo-tokens-20",
                    "max_tokens": 20_000,
                    "messages": [{"role": "user", "content": "Oi"}],
                },
                headers=headers,
                timeout=30,
            )

        with stopped(system.program("infra.local.run.worker").pid):
            time.sleep(WAIT_SECONDS + 1)  # its open receive would take the first
            deadline = time.monotonic() + TOLD_SECONDS
            while (answer := ask()).status_code == 200 or "bookings_late" not in answer.text:
                assert time.monotonic() < deadline, answer.text
                if answer.status_code != 200:
                    assert answer.json()["error"]["code"] == "tokens_held", "nothing is used up"
                    time.sleep(1)
            assert answer.status_code == 429
            assert int(answer.headers["retry-after"]) > 0
            assert "registro do uso" in answer.json()["error"]["message"]

            def is_late() -> bool:
                found = httpx.get(f"{system.url}/v1/quota", headers=headers, timeout=10).json()
                return bool(found["bookings_late"])

            while not is_late():
                assert time.monotonic() < deadline
                time.sleep(1)
        while (answer := ask()).status_code != 200:
            assert time.monotonic() < deadline + GONE_SECONDS, answer.text
            time.sleep(1)
