"""Newcomers whose chat passes on their id token: put into its group, and nobody waits or fails."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from structlog.testing import capture_logs

from solaris.gateway.admission import Ticket
from solaris.gateway.newcomer_policies import NewcomerPolicies
from solaris.keys.authenticator import identity_of
from solaris.keys.key import GatewayKey, KeyKind
from solaris.platform.metrics import Metrics
from solaris.platform.model_weight import ModelWeight
from solaris.quota.reservation import Demand
from solaris.quota.user import user_id_for
from tests.functional.sign_in.oidc_server import OidcServer, oidc_server
from tests.integration.accounts.users_support import Api
from tests.integration.conftest import MoneyPath

ANA, BIA = "ana@example.com", "bia@example.com"
HEADER, LIBRECHAT = "x-id-token", "librechat"
WAIT_SECONDS = 20
MOST_SECONDS = 3.0


@dataclass
class Chat:
    """The gateway with a provider; people come by LibreChat's key and headers."""

    money: MoneyPath
    server: OidcServer
    api: Api
    groups: dict[str, str]

    @classmethod
    def of(cls, money: MoneyPath, server: OidcServer, api: Api, **changes: Any) -> "Chat":
        groups = {
            name: api.ok("POST", "/admin/groups", {"name": name})["id"] for name in ("TI", "Geral")
        }
        given = {
            "oidc_issuer": server.issuer,
            "oidc_client_id": "the site's own",
            "oidc_client_secret": "s",
            "oidc_group_map": "/ti=TI",
            "oidc_token_header": HEADER,
            "oidc_token_audiences": (LIBRECHAT,),
            "identity_group_headers": ("x-user-group",),
            "identity_group_map": "*",
        }
        configured = money.settings(**given | changes)
        chat = cls(configured, server, api, groups)
        chat.policies()
        return chat

    def policies(self) -> None:
        """What the parts make of the settings, in the meter of this test's clock."""
        tokens = self.money.parts.gateway.token_groups
        self.money.meter._policies = NewcomerPolicies(self.money.parts.settings, Metrics(), tokens)

    def warm(self) -> None:
        """The keys, as the start of the process asks for them, which does not wait."""
        tokens: Any = self.money.parts.gateway.token_groups
        tokens._refresh()
        assert tokens._known is not None

    def token(self, email: str = ANA, **claims: Any) -> str:
        about = {"aud": LIBRECHAT, "email": email, "email_verified": True, "groups": ["/ti"]}
        return self.server.id_token(**about | claims)

    async def comes(self, email: str = ANA, token: str | None = None, **headers: str) -> None:
        sent = {"x-user-email": email} | {
            name.replace("_", "-"): value for name, value in headers.items()
        }
        if token is not None:
            sent[HEADER] = token
        settings, now = self.money.parts.settings, self.money.clock()
        key = GatewayKey(
            key_hash="0",
            key_id="key_1",
            prefix="sk-",
            name="k",
            kind=KeyKind.SERVICE,
            created_at=now,
        )
        await self.money.meter.admit(
            Ticket(
                request_id=f"req-{time.monotonic_ns()}",
                identity=identity_of(key, sent, {}, settings, now),
                demand=Demand(10, None, True, 4_096, weight=ModelWeight()),
                model="small",
                endpoint="/v1/chat/completions",
                key_id="key_1",
                received_at=now,
            )
        )

    def name(self, email: str = ANA) -> str | None:
        user = self.money.parts.quota.users.get(user_id_for(email))
        assert user is not None
        return next((name for name, one in self.groups.items() if one == user.group_id), None)


@pytest.fixture
def api(money: MoneyPath) -> Iterator[Api]:
    made = Api(money)
    yield made
    made.close()


@pytest.fixture
def server() -> Iterator[OidcServer]:
    with oidc_server() as found:
        yield found


@pytest.fixture
def chat(money: MoneyPath, server: OidcServer, api: Api) -> Chat:
    made = Chat.of(money, server, api)
    made.warm()
    return made


async def test_a_newcomer_is_put_into_the_group_of_their_token(chat: Chat) -> None:
    await chat.comes(ANA, chat.token(), x_user_group="Geral")
    assert chat.name() == "TI", "a token decides before a header"
    assert chat.money.user(ANA).reservations
    # later ones move nobody
    await chat.comes(ANA, chat.token(groups=[]), x_user_group="Geral")
    assert chat.name() == "TI"


@pytest.mark.parametrize(
    "claims",
    [
        {"email": BIA},
        {"email_verified": False},
        {"aud": "the site's own"},
        {"exp": 1},
        {"iss": "https://evil.test"},
        {"groups": ["/outro"]},
        {"groups": None},
    ],
)
async def test_what_a_token_does_not_tell_the_headers_do(
    chat: Chat, claims: dict[str, Any]
) -> None:
    await chat.comes(ANA, chat.token(**claims), x_user_group="Geral")
    assert chat.name() == "Geral"


async def test_a_forged_token_and_what_is_none_tell_nothing(chat: Chat) -> None:
    chat.server.signs_with = "a forger's"
    forged = chat.token()
    head, _, _ = forged.partition(".")
    for n, text in enumerate(
        (forged, f"{head}.e30.", "{{LIBRECHAT_OPENID_ID_TOKEN}}", "", "x" * 20_000)
    ):
        email = f"n{n}@example.com"
        await chat.comes(email, text)
        assert chat.name(email) is None


async def test_what_tells_nothing_is_told_once_without_the_token(chat: Chat) -> None:
    other = chat.token(email=BIA)
    with capture_logs() as lines:
        for n in range(3):
            await chat.comes(f"n{n}@example.com", other)
            await chat.comes(f"m{n}@example.com", "{{LIBRECHAT_OPENID_ID_TOKEN}}")
    told = [one for one in lines if one["event"] == "group_token_unread"]
    assert [(one["header"], one["reason"]) for one in told] == [(HEADER, "of another person")]
    assert other not in str(lines)


async def test_a_provider_that_never_answers_holds_nobody_up(
    money: MoneyPath, server: OidcServer, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def hangs(path: str) -> tuple[int, dict[str, Any]]:
        asked.append(path)
        server.stopped.wait(WAIT_SECONDS)
        return 503, {}

    monkeypatch.setattr(server, "answer", hangs)
    chat = Chat.of(money, server, api)
    began = time.monotonic()
    for n in range(5):
        email = f"n{n}@example.com"
        await chat.comes(email, chat.token(email), x_user_group="Geral")
        assert chat.name(email) == "Geral"
    assert time.monotonic() - began < MOST_SECONDS
    assert len(asked) <= 1


async def test_known_people_and_personal_keys_cost_nothing(
    chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    await chat.comes(ANA)
    tokens: Any = chat.money.parts.gateway.token_groups
    read: list[str] = []
    monkeypatch.setattr(tokens, "values", lambda *args: read.append(str(args)))
    for _ in range(3):
        await chat.comes(ANA, chat.token())
    assert (read, chat.name()) == ([], None)


def test_without_the_setting_there_is_nothing_to_read_by(money: MoneyPath) -> None:
    assert money.parts.gateway.token_groups is None
    assert "oidc_provider" not in money.parts.sign_in.__dict__


def test_a_token_is_not_shown_where_an_identity_is(chat: Chat) -> None:
    key: Any = type("Key", (), {"kind": KeyKind.SERVICE})()
    sent = {"x-user-email": ANA, HEADER: "a.secret.token"}
    found = identity_of(key, sent, {}, chat.money.parts.settings, chat.money.clock())
    assert found.group_token == "a.secret.token"
    assert "secret" not in repr(found)
