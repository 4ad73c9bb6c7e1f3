"""With Open WebUI's secret its signed header is the only thing that names a service key's user."""

import json
from typing import Any

import jwt
import pytest

from tests.functional.gateway.frames import CHAT, asked
from tests.functional.gateway.gateway_support import ANA, NOW, Gateway
from tests.functional.gateway.hostile_support import (  # noqa: F401 - fixtures
    Upstream,
    ask,
    chat,
    never,
    pieces,
    silent,
    upstream_fixture,
    url_fixture,
)

SECRET = "s" * 32
SECONDS = int(NOW.timestamp())


def token(secret: str = SECRET, **changes: Any) -> str:
    claims = {"sub": "1", "email": ANA, "name": "Ana", "role": "user", "iss": "open-webui"}
    times = {"iat": SECONDS, "exp": SECONDS + 300}
    return jwt.encode({**claims, **times, **changes}, secret, algorithm="HS256")


def gateway_of(url: str, **more: Any) -> Gateway:
    return Gateway(url, openwebui_jwt_secret=SECRET, **more)


async def test_the_signed_header_names_the_user_whatever_is_beside_it(
    url: str, upstream: Upstream
) -> None:
    gateway = gateway_of(url)
    body = json.dumps({**json.loads(chat("Oi")), "user": "eve@example.com"}).encode()
    got = await ask(
        gateway,
        pieces(body),
        x_openwebui_user_jwt=token(),
        x_user_email="eve@example.com",
        x_openwebui_user_email="eve@example.com",
    )
    assert got.status == 200
    assert upstream.asked == [CHAT]
    assert "x-openwebui-user-jwt" not in upstream.headers
    await gateway.close()
    assert gateway.meter.served == [ANA]


@pytest.mark.parametrize(
    "text",
    [
        *(None, "", "a.b.c", token("o" * 32), token(exp=SECONDS - 60, iat=SECONDS - 400)),
        *(token(iss="other"), f"{token()}, {token()}"),
    ],
    ids=["missing", "empty", "no token", "other secret", "over", "other issuer", "twice"],
)
@pytest.mark.parametrize("from_body", [False, True])
async def test_without_a_good_signature_nothing_else_names_anybody(
    url: str, upstream: Upstream, text: str | None, from_body: bool
) -> None:
    gateway = gateway_of(url, identity_from_body=from_body)
    body = json.dumps({**json.loads(chat("Oi")), "user": ANA}).encode()
    got = await ask(
        gateway,
        pieces(body) if from_body else never,
        x_openwebui_user_jwt=text,
        x_user_email=ANA,
        x_openwebui_user_email=ANA,
    )
    assert (got.status, got.json["error"]["code"]) == (401, "user_not_identified")
    assert upstream.asked == []
    await gateway.close()


async def test_beside_a_signature_no_header_names_a_group(url: str, upstream: Upstream) -> None:
    headers = ("x-user-group", "x-openwebui-user-role")
    for setting, expected in ((headers, ((headers[1], "user"),)), (headers[:1], ())):
        gateway = gateway_of(url, identity_group_headers=setting)
        got = await ask(
            gateway,
            pieces(chat("Oi")),
            x_openwebui_user_jwt=token(),
            x_user_group="admin",
            x_openwebui_user_role="admin",
        )
        assert got.status == 200
        assert gateway.meter.group_values == expected
        assert not {"x-user-group", "x-openwebui-user-role"} & upstream.headers.keys()
        await gateway.close()


async def test_a_group_s_header_is_read_and_not_passed_on(url: str, upstream: Upstream) -> None:
    gateway = Gateway(url, identity_group_headers=("x-user-group",))
    assert (await ask(gateway, pieces(chat("Oi")), x_user_group="ALUNO")).status == 200
    assert gateway.meter.group_values == (("x-user-group", "ALUNO"),)
    assert "x-user-group" not in upstream.headers
    assert "ALUNO" not in str(upstream.headers)
    await gateway.close()


async def test_an_id_token_for_newcomers_is_not_passed_on(url: str, upstream: Upstream) -> None:
    gateway = Gateway(
        url,
        oidc_issuer="https://id.example.com",
        oidc_client_id="solaris",
        oidc_client_secret="s",
        oidc_group_map="*=Geral",
        oidc_token_header="X-Id-Token",
    )
    got = await ask(gateway, pieces(chat("Oi")), x_id_token="a.secret.token")
    assert got.status == 200
    assert "x-id-token" not in upstream.headers
    assert "a.secret.token" not in str(upstream.headers)
    await gateway.close()


async def test_lists_of_models_are_told_to_the_key_alone(url: str) -> None:
    """Open WebUI asks for them without a user."""
    gateway = gateway_of(url)
    assert (await ask(gateway, silent, path="/v1/models", method="GET")).status == 200
    await gateway.close()


async def test_without_the_secret_the_header_is_nothing(url: str, upstream: Upstream) -> None:
    gateway = Gateway(url)
    body = pieces(json.dumps(asked(CHAT)).encode())
    got = await ask(gateway, never, x_openwebui_user_jwt=token(), x_user_email=None)
    assert got.status == 401
    got = await ask(gateway, body, x_openwebui_user_jwt=token("o" * 32))
    assert got.status == 200
    await gateway.close()
