"""Who is let in by the head of a request, before a byte of its body is read."""

import asyncio
import json
from typing import Any, cast

import pytest

from solaris.keys.authenticator import Authenticator, BlockingAuthenticator
from solaris.keys.store import KeyStore
from solaris.platform.cache import AsyncCache
from solaris.platform.clock import now
from solaris.platform.errors import InvalidApiKeyError, NotAGatewayKeyError, RateLimitedError
from tests.functional.gateway.gateway_support import ANA, Gateway
from tests.functional.gateway.hostile_support import (  # noqa: F401 - fixtures
    Upstream,
    ask,
    chat,
    gateway_fixture,
    never,
    pieces,
    silent,
    upstream_fixture,
    url_fixture,
)


def refusing(error: Exception) -> Any:
    async def refuse(*_: Any, **__: Any) -> Any:
        raise error

    return refuse


@pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1/messages", "/v1/nothing"])
async def test_a_wrong_key_is_refused_without_its_body(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    authenticator = gateway.entrance._authenticator
    monkeypatch.setattr(authenticator, "authenticate", refusing(InvalidApiKeyError()))
    got = await ask(gateway, never, path=path)
    assert (got.status, got.headers["connection"]) == (401, "close")
    assert got.json["error"]["code"] == "invalid_api_key"
    assert (got.json.get("type") == "error") == (path == "/v1/messages")


async def test_an_admin_key_opens_no_chat_and_is_told_so(gateway: Gateway) -> None:
    admin_key = "sk-solaris-admin-" + "A" * 43
    for headers in ({"authorization": f"Bearer {admin_key}"}, {"x-api-key": admin_key}):
        authenticator = Authenticator(
            cast("KeyStore", None), AsyncCache(None), "test", now, seal=None
        )
        with pytest.raises(NotAGatewayKeyError):
            await authenticator.authenticate(headers)
        with pytest.raises(NotAGatewayKeyError):
            BlockingAuthenticator(cast("KeyStore", None), now).authenticate(headers)
    gateway.entrance._authenticator = authenticator
    got = await ask(gateway, never, authorization=f"Bearer {admin_key}")
    assert (got.status, got.headers["connection"]) == (401, "close")
    assert got.json["error"]["code"] == "not_a_gateway_key"
    assert got.json["error"]["message"].startswith("Esta é uma chave de administração")


async def test_wrong_keys_of_one_address_are_counted_and_good_ones_let_in(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    gateway = Gateway(url, unauthorized_per_minute=3)
    authenticator = gateway.entrance._authenticator
    known = authenticator.authenticate

    async def authenticate(headers: Any) -> Any:
        if headers["authorization"] != "Bearer sk":
            raise InvalidApiKeyError
        return await known(headers)

    monkeypatch.setattr(authenticator, "authenticate", authenticate)
    wrong = {"authorization": "Bearer other"}
    statuses = [(await ask(gateway, never, **wrong)).status for _ in range(5)]
    assert statuses == [401, 401, 401, 429, 429]
    last = await ask(gateway, never, **wrong)
    assert int(last.headers["retry-after"]) >= 1
    assert last.headers["connection"] == "close"
    assert (await ask(gateway, never, address="192.0.2.2", **wrong)).status == 401
    assert (await ask(gateway, pieces(chat("Oi")))).status == 200
    await gateway.close()


async def test_of_an_ipv6_network_the_whole_is_one_address(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    gateway = Gateway(url, unauthorized_per_minute=1)
    authenticator = gateway.entrance._authenticator
    monkeypatch.setattr(authenticator, "authenticate", refusing(InvalidApiKeyError()))
    asked = ["2001:db8::1", "2001:db8::2", "2001:db8:0:1::1"]
    assert [(await ask(gateway, never, address=one)).status for one in asked] == [401, 429, 401]
    await gateway.close()


async def test_a_rate_is_told_before_the_body_is_read(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gateway.entrance._limiter, "admit", refusing(RateLimitedError(2)))
    got = await ask(gateway, never)
    assert (got.status, got.headers["retry-after"]) == (429, "2")
    assert got.headers["connection"] == "close"


async def test_a_user_whom_only_the_body_names_has_a_rate_too(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch, upstream: Upstream
) -> None:
    monkeypatch.setattr(gateway.entrance._limiter, "admit", refusing(RateLimitedError(2)))
    believing = gateway.settings.model_copy(update={"identity_from_body": True})
    monkeypatch.setattr(gateway.entrance, "_settings", believing)
    body = {**json.loads(chat("Oi")), "user": ANA}
    got = await ask(gateway, pieces(json.dumps(body).encode()), x_user_email=None)
    assert (got.status, upstream.asked) == (429, [])


@pytest.mark.parametrize("sent", [None, "", "{{LIBRECHAT_USER_EMAIL}}", "ana", "a@b.c, d@e.f"])
async def test_whom_no_header_names_is_refused_unread_whatever_the_body_says(
    gateway: Gateway, upstream: Upstream, sent: str | None
) -> None:
    got = await ask(gateway, never, x_user_email=sent, x_openwebui_user_email=sent and ANA)
    assert (got.status, upstream.asked) == (401, [])
    assert got.json["error"]["code"] == "user_not_identified"


async def test_the_list_of_models_is_asked_for_once_in_a_while(
    gateway: Gateway, upstream: Upstream
) -> None:
    async with asyncio.TaskGroup() as group:
        asked = [
            group.create_task(ask(gateway, silent, path="/v1/models", method="GET"))
            for _ in range(10)
        ]
    assert [one.result().status for one in asked] == [200] * 10
    assert upstream.asked == ["/v1/models"]


async def test_reading_has_a_rate_that_takes_no_chat_away(url: str) -> None:
    gateway = Gateway(url, rate_limit_per_second=0.01, rate_limit_burst=2)
    paths = ["/v1/models", "/v1/nothing", "/v1/models"]
    statuses = [(await ask(gateway, silent, path=one, method="GET")).status for one in paths]
    assert statuses == [200, 404, 429]
    assert (await ask(gateway, pieces(chat("Oi")))).status == 200
    await gateway.close()


async def test_what_two_people_may_choose_alike_does_not_reach_the_upstream(
    gateway: Gateway, upstream: Upstream
) -> None:
    got = await ask(gateway, pieces(chat("Oi")), idempotency_key="k1", cookie="a=b", x_api_key="sk")
    assert got.status == 200
    assert not {"idempotency-key", "cookie", "x-api-key", "x-user-email"} & set(upstream.headers)
