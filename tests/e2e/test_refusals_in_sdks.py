"""What the SDKs of OpenAI and Anthropic, as they come, make of a refusal: told once, in words."""

import uuid
from dataclasses import dataclass, field

import anthropic
import httpx
import openai
import pytest

from tests.e2e.local_system import LocalSystem

pytestmark = pytest.mark.e2e

TEXT = "Olá! Fale do mar em três frases."
USED_UP = "Limite de tokens esgotado."
SUSPENDED = "Conta suspensa."


@dataclass
class Person:
    """Somebody at the gateway, and the requests that an SDK has sent for them."""

    system: LocalSystem
    email: str = field(default_factory=lambda: f"sdk-{uuid.uuid4().hex[:8]}@example.com")
    sent: list[httpx.Request] = field(default_factory=list)

    def openai(self) -> openai.OpenAI:
        """With its own number of tries."""
        return openai.OpenAI(
            base_url=f"{self.system.url}/v1",
            api_key=self.system.printed_key,
            default_headers={"X-User-Email": self.email},
            http_client=openai.DefaultHttpxClient(event_hooks={"request": [self.sent.append]}),
        )

    def anthropic(self) -> anthropic.Anthropic:
        """With its own number of tries."""
        return anthropic.Anthropic(
            base_url=self.system.url,
            api_key=self.system.printed_key,
            default_headers={"X-User-Email": self.email},
            http_client=anthropic.DefaultHttpxClient(event_hooks={"request": [self.sent.append]}),
        )


@pytest.fixture
def used_up(system: LocalSystem) -> Person:
    """Who has too little left for any question."""
    person = Person(system)
    system.cli("users", "create", person.email, "--limit", "1")
    return person


@pytest.fixture
def suspended(system: LocalSystem) -> Person:
    """Who may not ask at all."""
    person = Person(system)
    system.cli("users", "create", person.email)
    system.cli("users", "suspend", person.email, "--reason", "test")
    return person


def test_openai_s_sdk_asks_once_when_the_quota_is_used_up(used_up: Person) -> None:
    with used_up.openai() as sdk, pytest.raises(openai.RateLimitError) as raised:
        sdk.chat.completions.create(model="demo-fast", messages=[{"role": "user", "content": TEXT}])
    assert len(used_up.sent) == 1
    assert raised.value.code == "insufficient_quota"
    assert USED_UP in raised.value.message


def test_openai_s_responses_ask_once_as_well(used_up: Person) -> None:
    with used_up.openai() as sdk, pytest.raises(openai.RateLimitError) as raised:
        sdk.responses.create(model="demo-fast", input=TEXT)
    assert len(used_up.sent) == 1
    assert raised.value.code == "insufficient_quota"


def test_anthropic_s_sdk_asks_once_when_the_quota_is_used_up(used_up: Person) -> None:
    with used_up.anthropic() as sdk, pytest.raises(anthropic.RateLimitError) as raised:
        sdk.messages.create(
            model="demo-fast", max_tokens=50, messages=[{"role": "user", "content": TEXT}]
        )
    assert len(used_up.sent) == 1
    assert raised.value.type == "rate_limit_error"
    body = raised.value.body
    assert isinstance(body, dict)
    assert body["type"] == "error"
    assert body["error"]["message"].startswith(USED_UP)
    assert body["error"]["code"] == "insufficient_quota"
    assert body["request_id"] == raised.value.response.headers["x-request-id"]


def test_anthropic_s_sdk_tells_a_suspension_in_its_own_kind(suspended: Person) -> None:
    with suspended.anthropic() as sdk, pytest.raises(anthropic.PermissionDeniedError) as raised:
        sdk.messages.create(
            model="demo-fast", max_tokens=50, messages=[{"role": "user", "content": TEXT}]
        )
    assert raised.value.type == "permission_error"
    assert SUSPENDED in str(raised.value)


def test_anthropic_s_sdk_tells_a_wrong_key_in_its_own_kind(system: LocalSystem) -> None:
    with (
        anthropic.Anthropic(base_url=system.url, api_key="sk-solaris-wrong", max_retries=0) as sdk,
        pytest.raises(anthropic.AuthenticationError) as raised,
    ):
        sdk.messages.create(
            model="demo-fast", max_tokens=50, messages=[{"role": "user", "content": TEXT}]
        )
    assert raised.value.type == "authentication_error"


def test_anthropic_s_sdk_counts_a_prompt_for_who_has_nothing_left(used_up: Person) -> None:
    with used_up.anthropic() as sdk:
        counted = sdk.messages.count_tokens(
            model="demo-fast", messages=[{"role": "user", "content": TEXT}]
        )
    assert counted.input_tokens > 0
    shown = used_up.system.user(used_up.email)
    assert (shown["currentUsage"], shown["reservedTokens"]) == (0, 0)
