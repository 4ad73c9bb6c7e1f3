"""The quota function as Chalice runs it, on moto's DynamoDB."""

import importlib.util
import json
import logging
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from chalice.test import Client
from moto import mock_aws

from solaris.app import process_parts
from solaris.keys.key import new_key
from solaris.platform.aws.tables import create_tables
from solaris.platform.clock import now
from solaris.platform.settings import load_settings
from solaris.quota.user import User, UserStatus, user_id_for

APP = Path(__file__).resolve().parents[3] / "functions/quota/app.py"
ANA = "ana@example.com"
KEY = "sk-service-0123456789"
HEADERS = {"authorization": f"Bearer {KEY}", "X-User-Email": ANA}
FIELDS = (
    *("user_id", "email", "status", "enforcement", "plan", "models", "period", "renews_at"),
    *("monthly_limit", "additional_tokens", "grants", "current_usage", "reserved_tokens"),
    *("bookings_late", "available_tokens"),
    *("remaining_tokens", "usage_percentage", "granted_percentage", "by_model"),
    *("daily_limit", "daily_available", "day_renews_at", "daily_lifted"),
)


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Client]:
    for name in (
        "AWS_ENDPOINT_URL",
        "AWS_ENDPOINT_URL_DYNAMODB",
        "AWS_PROFILE",
        "REDIS_URL",
        "REDIS_HOST",
    ):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("SOLARIS_STAGE", "local")
    load_settings.cache_clear()
    process_parts.cache_clear()
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    with mock_aws():
        spec = importlib.util.spec_from_file_location("quota_app", APP)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        create_tables()
        process_parts().keys.store.put_new(new_key(KEY, name="service", now=now()))
        yield Client(module.app, project_dir=str(tmp_path))
    root.handlers[:] = handlers
    root.setLevel(level)
    load_settings.cache_clear()
    process_parts.cache_clear()


def own(client: Client, headers: dict[str, str]) -> Any:
    return client.http.get("/v1/quota", headers=headers)


def check(client: Client, body: str, **headers: str) -> Any:
    return client.http.post("/v1/quota/check", headers=HEADERS | headers, body=body.encode())


def test_the_callers_own_quota_has_every_field_and_the_rate_limit_headers(client: Client) -> None:
    process_parts().accounts.by_email.create_user(ANA, monthly_limit=200_000)
    answer = own(client, HEADERS)
    assert answer.status_code == 200
    assert tuple(answer.json_body) == FIELDS
    assert answer.json_body["available_tokens"] == 200_000
    assert answer.json_body["usage_percentage"] == 0.0
    assert answer.headers["x-ratelimit-limit-tokens"] == "200000"
    assert answer.headers["x-ratelimit-remaining-tokens"] == "200000"
    assert answer.headers["x-ratelimit-reset-tokens"].endswith("s")
    assert answer.headers["x-request-id"]
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(("tokens", "reason"), [(200_000, None), (200_001, "insufficient_quota")])
def test_a_check_says_whether_and_why_not(client: Client, tokens: int, reason: str | None) -> None:
    process_parts().accounts.by_email.create_user(ANA, monthly_limit=200_000)
    answer = check(client, json.dumps({"estimated_tokens": tokens}))
    assert answer.status_code == 200
    body = answer.json_body
    assert (body["allowed"], body["reason"]) == (reason is None, reason)
    assert (body["estimated_tokens"], body["available_tokens"]) == (tokens, 200_000)
    assert answer.headers["x-ratelimit-remaining-tokens"] == "200000"


def test_a_suspended_user_sees_the_quota_and_is_not_allowed(client: Client) -> None:
    process_parts().accounts.by_email.create_user(ANA)
    process_parts().quota.users.change(user_id_for(ANA), _suspended)
    assert own(client, HEADERS).json_body["status"] == "suspended"
    body = check(client, '{"estimated_tokens": 1}').json_body
    assert (body["allowed"], body["reason"]) == (False, "account_suspended")


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({}, "invalid_api_key"),
        ({**HEADERS, "authorization": "Bearer wrong"}, "invalid_api_key"),
        ({"authorization": f"Bearer {KEY}"}, "user_not_identified"),
    ],
)
def test_without_key_or_user_the_refusal_has_openais_shape(
    client: Client, headers: dict[str, str], code: str
) -> None:
    asked = client.http.post("/v1/quota/check", headers=headers, body=b'{"estimated_tokens": 1}')
    for answer in (own(client, headers), asked):
        assert answer.status_code == 401
        assert answer.json_body["error"]["code"] == code
        assert answer.json_body["error"]["param"] is None
        assert answer.headers["x-request-id"]


@pytest.mark.parametrize("body", ["", "x", "[]", '{"estimated_tokens": "many"}'])
@pytest.mark.parametrize("content_type", ["application/json", "text/plain"])
def test_a_wrong_body_is_400_in_openais_shape(client: Client, body: str, content_type: str) -> None:
    answer = check(client, body, **{"content-type": content_type})
    assert answer.status_code == 400
    assert answer.json_body["error"]["code"] == "invalid_request_error"


def test_denied_strangers_read_why_in_their_language(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = process_parts().settings.model_copy(
        update={"allowed_email_domains": ("other.example",)}
    )
    monkeypatch.setattr(process_parts().gateway.quoting, "_settings", settings)
    answer = own(client, HEADERS)
    assert answer.status_code == 403
    assert answer.json_body["error"]["code"] == "user_not_allowed"
    assert answer.json_body["error"]["message"] == "Usuário não autorizado. Contate o suporte."
    body = check(client, '{"estimated_tokens": 1}').json_body
    assert (body["allowed"], body["reason"]) == (False, "user_not_allowed")


def _suspended(user: User) -> User:
    return replace(user, status=UserStatus.SUSPENDED, version=user.version + 1)
