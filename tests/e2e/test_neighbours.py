"""LibreChat's client and Open WebUI's headers against the running system."""

import os
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import httpx
import pytest
import yaml

from tests.e2e.local_system import ROOT, LocalSystem
from tests.e2e.node_programs import PROGRAMS, NodePackages, installed

pytestmark = pytest.mark.e2e

CONFIG: dict[str, Any] = yaml.safe_load((ROOT / "infra/librechat/librechat.yaml").read_text())
ENDPOINT: dict[str, Any] = CONFIG["endpoints"]["custom"][0]
QUESTION = "Que dia é hoje?"
ANSWER_BEGINS = "Esta é uma resposta de demonstração"
# The model client inside LibreChat; on demand (`make test-librechat`: npm, 550 MB) also its whole
# agents library, which LibreChat's server calls.
CLIENTS = ["langchain_client.mjs"]
if os.environ.get("SOLARIS_TEST_LIBRECHAT_AGENTS") == "1":
    CLIENTS.append("agents_client.mjs")


@dataclass
class Chat:
    """LibreChat for one person: its configuration, its client, our gateway."""

    packages: NodePackages
    program: str
    system: LocalSystem
    user: dict[str, Any]

    def say(self, *, model: str, kind: str = "chat", **user: Any) -> dict[str, Any]:
        """One call of LibreChat's server; `user` changes what LibreChat knows of the person."""
        (result,) = self.say_all([model], kind=kind, **user)
        return result

    def say_all(
        self, models: list[str], *, kind: str = "chat", key: str | None = None, **user: Any
    ) -> list[dict[str, Any]]:
        """One call a model, one after the other in one process."""
        known = {k: v for k, v in (self.user | user).items() if v != "absent"}
        common = {
            "kind": kind,
            "endpoint": ENDPOINT,
            "user": known,
            "body": {"conversationId": "conversation-1"},
            "text": QUESTION,
        }
        results: list[dict[str, Any]] = self.packages.run(
            self.program,
            {"calls": [common | {"model": model} for model in models]},
            SOLARIS_BASE_URL=f"{self.system.url}/v1",
            SOLARIS_API_KEY=key or str(self.system.printed_key),
        )
        return results

    @property
    def email(self) -> str:
        """The address as the gateway keeps it."""
        return str(self.user["email"])


@pytest.fixture(params=CLIENTS)
def chat(request: pytest.FixtureRequest, system: LocalSystem) -> Chat:
    """LibreChat for a person whom the gateway does not know yet."""
    with_agents = request.param == "agents_client.mjs"
    packages = installed(PROGRAMS / "agents" if with_agents else PROGRAMS)
    email = f"chat-{uuid.uuid4().hex[:8]}@example.com"
    user = {"id": "665f0c0ffee", "email": email, "name": "João da Silva"}
    return Chat(packages, request.param, system, user)


def test_a_chat_streams_and_is_booked_to_the_token(chat: Chat) -> None:
    chat.system.reset_demo()
    result = chat.say(model="demo-fast")
    assert result["text"].startswith(ANSWER_BEGINS)
    assert result["attempts"] == 1
    sent = chat.system.demo()["requests"][-1]
    assert sent["request"]["stream"] is True
    assert not {name for name in sent["headers"] if name.startswith("x-user")}
    if chat.program == "langchain_client.mjs":
        assert result["usage"] == sent["total_tokens"], "the shipped file asks for the usage"
    shown = chat.system.booked_user(chat.email, records=1)
    assert (shown["name"], shown["currentUsage"]) == ("João da Silva", sent["total_tokens"])
    assert shown["usage"][0]["estimated"] is False


def test_a_title_is_a_call_of_its_own_and_uses_quota(chat: Chat) -> None:
    chat.system.reset_demo()
    chat.say(model="demo-fast")
    assert chat.say(model="demo-tokens-5", kind="title")["attempts"] == 1
    totals = chat.system.demo()["totals"]
    assert totals["started"] == 2
    shown = chat.system.booked_user(chat.email, records=2)
    assert shown["currentUsage"] == totals["total_tokens"]


def test_a_new_chat_near_the_limit_is_answered_and_titled(chat: Chat) -> None:
    # in the order of `titleTiming: "final"`; the answer holds all that is left while it runs
    assert ENDPOINT["titleTiming"] == "final"
    chat.system.cli("users", "create", chat.email, "--limit", "2000")
    assert chat.say(model="demo-chunks-20-10ms")["text"]
    chat.system.booked_user(chat.email, records=1)
    assert "error" not in chat.say(model="demo-tokens-5", kind="title")
    assert chat.system.booked_user(chat.email, records=2)["currentUsage"] > 0


def test_a_title_at_the_same_moment_does_not_take_the_answer_s_place(chat: Chat) -> None:
    # what an older file without `titleTiming` does: one waits until the other has ended
    chat.system.cli("users", "create", chat.email, "--limit", "2000")
    with ThreadPoolExecutor(2) as pool:
        answer = pool.submit(chat.say, model="demo-chunks-20-10ms")
        title = pool.submit(chat.say, model="demo-tokens-5", kind="title")
        results = [answer.result(), title.result()]
    told = [str(one["error"]["message"]) for one in results if "error" in one]
    assert not [text for text in told if "Limite de tokens esgotado" in text], told
    assert len(told) < len(results), "both were refused, each because of the other"


def test_a_provider_that_is_away_is_told_after_three_requests(chat: Chat) -> None:
    result = chat.say(model="demo-error-500")
    assert "500" in result["error"]["message"]
    assert result["attempts"] == 1 + ENDPOINT["addParams"]["maxRetries"]
    assert chat.system.booked_user(chat.email, records=0)["currentUsage"] == 0


def test_a_stream_that_breaks_off_is_an_error_in_the_chat(chat: Chat) -> None:
    result = chat.say(model="demo-chunks-20-10ms-drop")
    assert "O provedor de modelos" in result["error"]["message"]
    assert chat.system.booked_user(chat.email, records=1)["currentUsage"] > 0


def test_a_name_outside_latin_1_arrives_as_it_is(chat: Chat) -> None:
    chat.say(model="demo-fast", name="Łukasz Żółć 李")
    shown = chat.system.booked_user(chat.email, records=1)
    assert shown["name"] == "Łukasz Żółć 李"


def test_a_used_up_quota_is_told_after_one_request(chat: Chat) -> None:
    chat.system.cli("users", "create", chat.email, "--limit", "100")
    result = chat.say(model="demo-fast")
    assert result["error"]["message"].startswith(
        "429 Limite de tokens esgotado. Usados 0 de 100. Renova em "
    )
    assert result["attempts"] == 1
    assert chat.system.user(chat.email)["reservedTokens"] == 0


def test_a_suspension_is_told_after_one_request(chat: Chat) -> None:
    chat.system.cli("users", "create", chat.email)
    chat.system.cli("users", "suspend", chat.email, "--reason", "test")
    result = chat.say(model="demo-fast")
    assert result["error"]["message"] == "403 Conta suspensa. Contate o suporte."
    assert result["attempts"] == 1


@pytest.mark.parametrize("email", ["absent", None], ids=["placeholder", "empty"])
def test_a_person_without_an_address_is_told_so_after_one_request(
    chat: Chat, email: str | None
) -> None:
    result = chat.say(model="demo-fast", email=email)
    assert result["error"]["message"].startswith("401 Usuário não identificado")
    assert result["attempts"] == 1


def test_too_many_requests_are_waited_for_and_nobody_sees_them(chat: Chat) -> None:
    made = chat.system.cli("keys", "create", "--name", "slow", "--rate", "0.25", "--burst", "1")
    key = next(line for line in made.stdout.splitlines() if line.startswith("sk-solaris-"))
    first, second = chat.say_all(["demo-fast", "demo-fast"], key=key)
    assert (first["attempts"], second["attempts"]) == (1, 2)
    assert second["text"].startswith(ANSWER_BEGINS)


def test_librechat_s_list_of_models_needs_the_key_only(system: LocalSystem) -> None:
    answer = httpx.get(
        f"{system.url}/v1/models",
        headers={"authorization": f"Bearer {system.printed_key}"},
        timeout=5,  # LibreChat's own patience
    )
    assert "demo" in [model["id"] for model in answer.json()["data"]]


def open_webui_headers(system: LocalSystem, email: str, name: str) -> dict[str, str]:
    """What Open WebUI sends with ENABLE_FORWARD_USER_INFO_HEADERS."""
    return {
        "authorization": f"Bearer {system.printed_key}",
        "X-OpenWebUI-User-Name": quote(name, safe=" "),
        "X-OpenWebUI-User-Id": str(uuid.uuid4()),
        "X-OpenWebUI-User-Email": email,
        "X-OpenWebUI-User-Role": "user",
        "X-OpenWebUI-Chat-Id": str(uuid.uuid4()),
    }


def test_open_webui_s_headers_name_the_user(system: LocalSystem) -> None:
    email = f"webui-{uuid.uuid4().hex[:8]}@example.com"
    body = {
        "model": "demo-fast",
        "stream": True,
        "stream_options": {"include_usage": True},
        "messages": [{"role": "user", "content": QUESTION}],
    }
    headers = open_webui_headers(system, email, "Ana Lima")
    url = f"{system.url}/v1/chat/completions"
    assert httpx.post(url, headers=headers, json=body).status_code == 200
    tags = {**body, "stream": False, "stream_options": None}  # a background task of Open WebUI
    assert httpx.post(url, headers=headers, json=tags).status_code == 200
    shown = system.booked_user(email, records=2)
    assert shown["name"] == "Ana Lima"
    assert shown["currentUsage"] > 0


def test_open_webui_without_forwarded_headers_is_refused(system: LocalSystem) -> None:
    headers = open_webui_headers(system, "nobody@example.com", "Ana")
    answer = httpx.post(
        f"{system.url}/v1/chat/completions",
        headers={"authorization": headers["authorization"]},
        json={"model": "demo-fast", "messages": [{"role": "user", "content": QUESTION}]},
    )
    assert answer.status_code == 401
    # Open WebUI shows error.message of the body
    assert answer.json()["error"]["message"] == "Usuário não identificado"
