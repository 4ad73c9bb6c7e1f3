"""Refused in the chat, asked for by the refusal's link, decided from a Teams card, answered again.

The whole story on a real system, in under a minute, every step of it in the audit log. The card is
held against the published schema (tests/unit/channels/test_channel_payloads.py).
"""

import json
import re
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from tests.e2e.local_system import LocalSystem, running
from tests.e2e.stating_upstream import stating_upstream
from tests.functional.channels.receivers import Receiver, receiver
from tests.ports import lasting_port
from tests.unit.channels.test_channel_payloads import card_faults

pytestmark = pytest.mark.e2e

ADMIN, CHIEF, PASSWORD = "admin@example.com", "chefe@example.com", "uma-senha-bem-comprida"
ANA = "ana@example.com"
HOLDER = "navegador-da-ana-0123456789"
LIMIT, STORY_SECONDS, WAIT_SECONDS = 100_000, 60, 30


@dataclass
class Office:
    """The system, and the team's channel."""

    system: LocalSystem
    teams: Receiver

    def api(self, method: str, path: str, body: Any = None, *, by: str = ADMIN) -> httpx.Response:
        login = {"email": by, "password": PASSWORD}
        answer = httpx.post(f"{self.system.url}/api/auth/login", json=login, timeout=30)
        assert answer.is_success, answer.text
        return httpx.request(
            method,
            f"{self.system.url}/api/admin{path}",
            headers={"authorization": f"Bearer {answer.json()['token']}"},
            json=body,
            timeout=30,
        )

    def ok(self, method: str, path: str, body: Any = None, *, by: str = ADMIN) -> Any:
        answer = self.api(method, path, body, by=by)
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None

    def chat(self, prompt: int = 1_000) -> httpx.Response:
        return httpx.post(
            f"{self.system.url}/v1/chat/completions",
            headers={
                "authorization": f"Bearer {self.system.printed_key}",
                "x-user-email": ANA,
                "accept-language": "pt-BR",
            },
            json={
                "model": "small",
                "messages": [{"role": "user", "content": f"{prompt}+1000"}],
                "max_tokens": 1_000,
            },
            timeout=30,
        )

    def me(self, token: str, method: str = "GET", body: Any = None) -> httpx.Response:
        path = "/api/me" if method == "GET" else "/api/me/requests"
        return httpx.request(
            method,
            f"{self.system.url}{path}",
            headers={"authorization": f"Bearer {token}.{HOLDER}"},
            json=body,
            timeout=30,
        )

    def card(self, title: str) -> dict[str, Any]:
        """The card of that title, once it has come."""
        deadline = time.monotonic() + WAIT_SECONDS
        while time.monotonic() < deadline:
            for one in self.teams.got:
                card: dict[str, Any] = json.loads(one.body)["attachments"][0]["content"]
                if card["fallbackText"].startswith(title):
                    return card
            time.sleep(0.05)
        raise AssertionError([json.loads(one.body) for one in self.teams.got])


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    folder, port = tmp_path_factory.mktemp("requests"), lasting_port()
    with ExitStack() as stack:
        upstream = stack.enter_context(stating_upstream())
        hook = stack.enter_context(receiver())
        system = stack.enter_context(
            running(
                folder / "data",
                PORT=str(port),
                PUBLIC_URL=f"http://127.0.0.1:{port}",
                LITELLM_BASE_URL=upstream,
                MIN_USER_LIMIT="0",
                CHANNEL_ALLOWED_HOSTS="127.0.0.0/8",
                ADMIN_EMAIL=ADMIN,
                ADMIN_PASSWORD=PASSWORD,
                ADMIN_RATE_LIMIT_PER_SECOND="1000",
                ADMIN_RATE_LIMIT_BURST="1000",
            )
        )
        yield Office(system, hook)


def test_refused_asked_approved_and_answered(office: Office) -> None:
    group = {"name": "Vendas", "managers": [CHIEF], "monthlyLimit": LIMIT}
    group_id = office.ok("POST", "/groups", group)["id"]
    office.ok("POST", "/users", {"email": ANA, "name": "Ana Souza", "groupId": group_id})
    chief = {"email": CHIEF, "name": "Chefe", "role": "manager", "password": PASSWORD}
    office.ok("POST", "/admins", chief)
    channel = {"name": "Vendas", "kind": "teams", "url": office.teams.url()}
    office.ok("POST", "/channels", channel)
    assert office.chat(99_900).status_code == 200
    office.system.booked_user(ANA, 1)

    began = time.monotonic()
    refused = office.chat()
    assert refused.status_code == 429, refused.text
    message = refused.json()["error"]["message"]
    found = re.search(r"Veja seu uso ou peça mais tokens: (\S+)/me/#(\S+)", message)
    assert found, message
    assert found[1] == office.system.url
    token = found[2]
    asking = office.me(token).json()["asking"]
    assert asking["allowed"]
    asked = {"tokens": asking["suggestions"][0], "reason": "fechamento do trimestre"}
    request = office.me(token, "POST", asked)
    assert request.status_code == 201, request.text

    card = office.card("Pedido de")
    assert list(card_faults(card)) == []
    assert [one["title"] for one in card["actions"]] == ["Aprovar", "Negar"]
    link = urlsplit(card["actions"][0]["url"])
    named = {name: values[0] for name, values in parse_qs(link.query).items()}
    assert (link.path, named["decision"]) == ("/admin/requests", "approve")
    assert named["request"] == request.json()["id"]
    # opening the link decides nothing, whoever does it
    assert httpx.get(card["actions"][0]["url"]).status_code == 200
    (waiting,) = office.ok("GET", "/requests", by=CHIEF)["items"]
    assert (waiting["email"], waiting["state"]) == (ANA, "pending")

    target = f"/users/{named['user']}/requests/{named['request']}/approve"
    approved = office.ok("POST", target, {"note": "boa venda"}, by=CHIEF)
    assert (approved["state"], approved["decidedBy"]) == ("approved", CHIEF)
    answered = office.chat()
    assert answered.status_code == 200, answered.text
    assert time.monotonic() - began < STORY_SECONDS

    last = office.me(token).json()["asking"]["last"]
    assert (last["state"], last["note"]) == ("approved", "boa venda")
    assert office.card("Pedido aprovado")
    steps = [
        (one["action"], one["actor"])
        for one in office.ok("GET", "/audit?limit=200")["items"]
        if one["targetId"] == named["user"]
    ][::-1]
    assert steps == [
        ("user.create", ADMIN),
        ("request.create", ANA),
        ("user.add_tokens", CHIEF),
        ("request.approve", CHIEF),
    ]
    again = office.api("POST", target.replace("approve", "deny"), {}, by=ADMIN)
    assert (again.status_code, again.json()["code"]) == (409, "request_decided")
    assert CHIEF in again.json()["title"]
    assert "agree" in office.system.cli("reconcile").stdout


def test_the_command_line_decides_too(office: Office) -> None:
    body = {"email": ANA, "monthlyLimit": 0}
    assert office.api("POST", "/users", body).status_code in (201, 409)
    office.ok("PUT", f"/users/{office.system.user(ANA)['id']}", {"monthlyLimit": 0})
    office.chat(90_000)  # what is left of grants
    found = re.search(r"/me/#(\S+)", office.chat().json()["error"]["message"])
    assert found
    asked = {"tokens": 7_000, "reason": "mais um cliente"}
    assert office.me(found[1], "POST", asked).status_code == 201
    listed = json.loads(office.system.cli("requests", "list", "--json").stdout)
    assert [(one["email"], one["tokens"]) for one in listed] == [(ANA, 7_000)]
    assert "7,000" in office.system.cli("requests", "list").stdout
    done = office.system.cli("requests", "approve", ANA, "5k", "--note", "ok", "--json").stdout
    assert json.loads(done)["grantedTokens"] == 5_000
    nothing = office.system.cli("requests", "deny", ANA, check=False)
    assert (nothing.returncode, "no open request" in nothing.stderr) == (1, True)
    policy = json.loads(
        office.system.cli("requests", "policy", "--automatic", "2000", "--json").stdout
    )
    assert policy == {"isOn": True, "automaticTokens": 2_000}
    at_once = office.me(found[1], "POST", {"tokens": 2_000, "reason": "pouco"}).json()
    assert (at_once["state"], at_once["how"]) == ("approved", "policy")
