"""A user and another service ask the running system how a quota stands."""

import uuid
from typing import Any

import httpx
import openai
import pytest

from tests.e2e.local_system import LocalSystem

pytestmark = pytest.mark.e2e


def test_a_quota_is_told_as_it_is_booked_and_a_check_agrees_with_the_gateway(
    system: LocalSystem,
) -> None:
    email = f"quota-{uuid.uuid4().hex[:8]}@example.com"
    headers = {"authorization": f"Bearer {system.printed_key}", "x-user-email": email}

    def own() -> dict[str, Any]:
        answer = httpx.get(f"{system.url}/v1/quota", headers=headers)
        assert answer.status_code == 200, answer.text
        stated: dict[str, Any] = answer.json()
        remaining = int(answer.headers["x-ratelimit-remaining-tokens"])
        assert remaining == max(0, stated["available_tokens"])
        return stated

    def allowed(tokens: int) -> bool:
        answer = httpx.post(
            f"{system.url}/v1/quota/check",
            headers={"authorization": headers["authorization"]},
            json={"estimated_tokens": tokens, "user": email},
        )
        assert answer.status_code == 200, answer.text
        verdict: bool = answer.json()["allowed"]
        return verdict

    assert own()["available_tokens"] == 1_000_000
    system.cli("users", "create", email, "--limit", "1000")  # nobody was created by asking
    with openai.OpenAI(
        base_url=f"{system.url}/v1",
        api_key=system.printed_key,
        default_headers={"X-User-Email": email},
        max_retries=0,
    ) as sdk:
        answer = sdk.chat.completions.create(
            model="demo-tokens-300", messages=[{"role": "user", "content": "Oi"}]
        )
        assert answer.usage is not None
        used = answer.usage.total_tokens
        system.booked_user(email, records=1)
        stated = own()
        assert (stated["current_usage"], stated["by_model"]) == (used, {"demo-tokens-300": used})
        left = stated["available_tokens"]
        assert left == 1_000 - used
        assert allowed(left)
        assert not allowed(left + 1)
        system.cli("users", "suspend", email, "--reason", "test")
        assert not allowed(1)
        with pytest.raises(openai.PermissionDeniedError):
            sdk.chat.completions.create(model="demo", messages=[{"role": "user", "content": "Oi"}])
        assert own()["status"] == "suspended"


def test_refusals_and_unknown_paths_have_openais_shape(system: LocalSystem) -> None:
    for path, status, code in (
        ("/v1/quota", 401, "invalid_api_key"),
        ("/v1/quota/more", 401, "invalid_api_key"),
    ):
        answer = httpx.get(f"{system.url}{path}")
        assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
    key = {"authorization": f"Bearer {system.printed_key}"}
    assert httpx.get(f"{system.url}/v1/quota", headers=key).json()["error"]["code"] == (
        "user_not_identified"
    )
    unknown = httpx.get(f"{system.url}/v1/quota/more", headers=key)
    assert (unknown.status_code, unknown.json()["error"]["code"]) == (404, "unknown_path")
