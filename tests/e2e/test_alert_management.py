"""An alert on the running system: raised by use, listed, resolved by an admin."""

import re
import time
import uuid
from collections.abc import Iterator
from typing import Any

import httpx
import openai
import pytest

from tests.e2e.local_system import LocalSystem

pytestmark = pytest.mark.e2e

PATIENCE_SECONDS = 20.0


@pytest.fixture
def admin(system: LocalSystem) -> Iterator[httpx.Client]:
    """The admin API, signed in as the first admin."""
    login = re.search(r"Admin login\s+(\S+) / (\S+)", system.output)
    assert login is not None
    with httpx.Client(base_url=f"{system.url}/api", timeout=30) as client:
        answer = client.post("/auth/login", json={"email": login[1], "password": login[2]})
        client.headers["authorization"] = f"Bearer {answer.json()['token']}"
        yield client


def open_alerts(admin: httpx.Client, user_id: str, at_least: int) -> list[dict[str, Any]]:
    """The user's open alerts, once there are so many."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        answer = admin.get("/admin/alerts", params={"userId": user_id, "state": "open"})
        items: list[dict[str, Any]] = answer.json()["items"]
        if len(items) >= at_least or time.monotonic() > deadline:
            return items


def test_an_alert_is_listed_and_resolved_once(system: LocalSystem, admin: httpx.Client) -> None:
    email = f"alert-{uuid.uuid4().hex[:8]}@example.com"
    system.cli("users", "create", email, "--limit", "1000")
    with openai.OpenAI(
        base_url=f"{system.url}/v1",
        api_key=system.printed_key,
        default_headers={"X-User-Email": email},
        max_retries=0,
    ) as sdk:
        sdk.embeddings.create(model="demo-embedding", input=" um" * 850)
    user_id = system.user(email)["id"]
    (alert,) = open_alerts(admin, user_id, at_least=1)
    assert (alert["type"], alert["threshold"], alert["userEmail"]) == (
        *("warning", "warning"),
        email,
    )
    assert alert["actions"] == ["resolve", "add_tokens", "raise_limit"]
    path = f"/admin/alerts/{alert['id']}"
    assert admin.get(path).json()["id"] == alert["id"]
    before = system.user(email)

    resolved = admin.post(f"{path}/resolve")
    assert resolved.status_code == 200, resolved.text
    assert resolved.json()["resolvedBy"] == "admin@localhost"
    assert resolved.json()["actions"] == ["reopen"]
    again = admin.post(f"{path}/resolve").json()
    assert again["resolvedAt"] == resolved.json()["resolvedAt"]
    assert open_alerts(admin, user_id, at_least=0) == []
    assert system.user(email) == before
    done = admin.post("/admin/alerts/resolve-all", json={"userId": user_id}).json()
    assert done == {"resolved": 0, "remaining": 0}
    unknown = admin.get("/admin/alerts/nobody~2026-11~warning")
    assert unknown.status_code == 404
