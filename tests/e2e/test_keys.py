"""Keys on the running system: what one allows, how often, how long, and its end."""

import json
import re
import time
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from tests.e2e.local_system import LocalSystem

pytestmark = pytest.mark.e2e

WITHIN_SECONDS = 5.0
PATIENCE_SECONDS = 15.0


@pytest.fixture(scope="module")
def admin(system: LocalSystem) -> Iterator[httpx.Client]:
    """The admin API, signed in as the first admin."""
    login = re.search(r"Admin login\s+(\S+) / (\S+)", system.output)
    assert login is not None
    with httpx.Client(base_url=f"{system.url}/api", timeout=30) as client:
        answer = client.post("/auth/login", json={"email": login[1], "password": login[2]})
        assert answer.status_code == 200, answer.text
        client.headers["authorization"] = f"Bearer {answer.json()['token']}"
        yield client


def made(admin: httpx.Client, **terms: Any) -> dict[str, Any]:
    """A key made by the API; `key` is the key itself."""
    answer = admin.post("/admin/keys", json={"name": "e2e", "kind": "service"} | terms)
    assert answer.status_code == 201, answer.text
    key: dict[str, Any] = answer.json()
    return key


def by_cli(system: LocalSystem, *options: str) -> str:
    """A key made on the command line: the key itself."""
    out = system.cli("keys", "create", "--name", "e2e", *options).stdout
    return next(line for line in out.splitlines() if line.startswith("sk-solaris-"))


def somebody() -> str:
    return f"keys-{uuid.uuid4().hex[:8]}@example.com"


def chat(
    system: LocalSystem, secret: str, email: str, *, model: str = "demo", **more: Any
) -> httpx.Response:
    body = {"model": model, "messages": [{"role": "user", "content": "Oi"}]} | more
    headers = {"authorization": f"Bearer {secret}", "x-user-email": email}
    return httpx.post(f"{system.url}/v1/chat/completions", json=body, headers=headers, timeout=30)


def get(system: LocalSystem, secret: str, path: str) -> httpx.Response:
    return httpx.get(f"{system.url}{path}", headers={"x-api-key": secret}, timeout=30)


def seconds_until(is_so: Callable[[], bool], what: str) -> float:
    """Ask until it is so; return how long that took."""
    began = time.monotonic()
    while not is_so():
        assert time.monotonic() - began < PATIENCE_SECONDS, what
    return time.monotonic() - began


def test_a_key_serves_its_models_and_knows_of_no_others(system: LocalSystem) -> None:
    secret = by_cli(system, "--model", "demo-f*", "--model", "demo-embedding")
    email = somebody()
    system.reset_demo()
    refused = [
        chat(system, secret, email, model="demo"),
        chat(system, secret, email, model="demo-fast", fallbacks=["demo"]),
    ]
    for answer in refused:
        assert answer.status_code == 403
        error = answer.json()["error"]
        assert (error["code"], error["type"]) == ("model_not_allowed", "permission_error")
        assert error["message"] == "Esta chave não permite o modelo demo."
    assert system.demo()["requests"] == []
    assert system.cli("users", "show", email, check=False).returncode != 0  # nobody was created

    listed = get(system, secret, "/v1/models").json()
    assert listed["object"] == "list"
    assert {one["id"] for one in listed["data"]} == {"demo-fast", "demo-embedding"}
    assert get(system, secret, "/v1/models/demo-fast").status_code == 200
    unknown = get(system, secret, "/v1/models/demo")
    assert (unknown.status_code, unknown.json()["error"]["code"]) == (404, "model_not_found")

    assert chat(system, secret, email, model="demo-fast").status_code == 200
    shown = system.booked_user(email, records=1)
    assert [one["requests"] for one in shown["models"]] == [1]
    for model, is_allowed in (("demo-fast", True), ("demo", False)):
        check = httpx.post(
            f"{system.url}/v1/quota/check",
            headers={"authorization": f"Bearer {secret}"},
            json={"estimated_tokens": 5, "user": email, "model": model},
        ).json()
        assert check["allowed"] is is_allowed
        assert check["reason"] == (None if is_allowed else "model_not_allowed")


def test_a_key_without_models_sees_and_serves_all(system: LocalSystem) -> None:
    secret = by_cli(system)
    listed = get(system, secret, "/v1/models").json()
    assert {one["id"] for one in listed["data"]} >= {"demo", "demo-fast", "demo-embedding"}
    assert chat(system, secret, somebody(), fallbacks=["whatever"]).status_code == 200


def test_a_keys_own_rate_holds_for_all_its_users_together(system: LocalSystem) -> None:
    secret = by_cli(system, "--rate", "0.01", "--burst", "2")
    statuses = [chat(system, secret, somebody()).status_code for _ in range(3)]
    assert statuses == [200, 200, 429]
    email = somebody()
    refused = chat(system, secret, email)
    assert refused.json()["error"]["code"] == "rate_limit_exceeded"
    assert 1 <= int(refused.headers["retry-after"]) <= 100
    assert system.cli("users", "show", email, check=False).returncode != 0
    assert chat(system, by_cli(system), email).status_code == 200  # another key is not held up


def test_an_expired_key_is_refused(system: LocalSystem, admin: httpx.Client) -> None:
    ends = datetime.now(UTC) + timedelta(seconds=3)
    secret = made(admin, expiresAt=ends.isoformat())["key"]
    email = somebody()
    assert chat(system, secret, email).status_code == 200
    seconds_until(lambda: chat(system, secret, email).status_code == 401, "still served")
    assert datetime.now(UTC) >= ends


def test_a_revoked_key_is_refused_within_five_seconds(
    system: LocalSystem, admin: httpx.Client
) -> None:
    key = made(admin)
    secret, email = key["key"], somebody()
    assert chat(system, secret, email).status_code == 200
    revoked = admin.post(f"/admin/keys/{key['id']}/revoke")
    assert (revoked.status_code, revoked.json()["state"]) == (200, "revoked")
    took = seconds_until(lambda: chat(system, secret, email).status_code == 401, "still served")
    assert took <= WITHIN_SECONDS
    again = admin.post(f"/admin/keys/{key['id']}/revoke")
    assert again.json()["revokedAt"] == revoked.json()["revokedAt"]
    assert admin.delete(f"/admin/keys/{key['id']}").status_code == 204
    assert admin.put(f"/admin/keys/{key['id']}", json={"name": "x"}).status_code == 409


def test_a_changed_key_holds_everywhere_within_five_seconds(
    system: LocalSystem, admin: httpx.Client
) -> None:
    key = made(admin)
    secret, email = key["key"], somebody()
    assert chat(system, secret, email).status_code == 200
    changed = admin.put(f"/admin/keys/{key['id']}", json={"allowedModels": ["demo-fast"]})
    assert changed.json()["allowedModels"] == ["demo-fast"]
    took = seconds_until(lambda: chat(system, secret, email).status_code == 403, "still served")
    assert took <= WITHIN_SECONDS


def test_a_key_is_shown_once_and_its_use_is_seen(system: LocalSystem, admin: httpx.Client) -> None:
    terms = {"rateLimitPerSecond": 50, "expiresInDays": 30, "allowedModels": ["demo*"]}
    name = uuid.uuid4().hex
    key = made(admin, name=name, **terms)
    assert "SOLARIS_API_KEY" in key["librechatYaml"]
    assert key["rateLimitBurst"] == 100
    assert chat(system, key["key"], somebody()).status_code == 200

    def last_use() -> Any:
        return admin.get(f"/admin/keys/{key['id']}").json()["lastUsedAt"]

    seconds_until(lambda: last_use() is not None, "no use was noted")
    listed = admin.get("/admin/keys", params={"search": name, "kind": "service"}).json()
    assert [one["id"] for one in listed["items"]] == [key["id"]]
    shown = json.dumps(listed) + system.cli("keys", "list").stdout
    assert key["prefix"] in shown
    assert key["key"] not in shown


@pytest.mark.parametrize(
    ("terms", "field"),
    [
        ({"kind": "personal"}, "userEmail"),
        ({"userEmail": "ana@example.com"}, "userEmail"),
        ({"expiresAt": "2020-01-01T00:00:00Z"}, "expiresAt"),
        ({"rateLimitBurst": 5}, "rateLimitBurst"),
        ({"allowedModels": []}, "allowedModels"),
        ({"allowedModels": ["a*b"]}, "allowedModels.0"),
    ],
)
def test_terms_that_make_no_sense_are_named(
    admin: httpx.Client, terms: dict[str, Any], field: str
) -> None:
    answer = admin.post("/admin/keys", json={"name": "x", "kind": "service"} | terms)
    assert answer.status_code == 422
    (problem,) = answer.json()["errors"]
    assert problem["field"] == field


@pytest.mark.parametrize("key_id", ["key_000000000000", "key_x", "x"])
def test_a_key_that_never_was_is_not_found(admin: httpx.Client, key_id: str) -> None:
    path = f"/admin/keys/{key_id}"
    answers = [
        *(admin.get(path), admin.put(path, json={}), admin.delete(path)),
        admin.post(f"{path}/revoke"),
    ]
    assert {one.status_code for one in answers} == {404}
