"""The gateway counts what it refuses; a thousand refusals are no thousand writes."""

import asyncio
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from solaris.platform.errors import InvalidApiKeyError, RateLimitedError, StoreUnavailableError
from solaris.quota.user import user_id_for
from tests.functional.gateway.gateway_support import ANA, Gateway, load_tokenizer
from tests.functional.gateway.hostile_support import (  # noqa: F401 - fixtures
    Upstream,
    ask,
    chat,
    gateway_fixture,
    never,
    pieces,
    upstream_fixture,
    url_fixture,
)
from tests.functional.gateway.test_entrance import refusing
from tests.unit.ledger.refusals_support import NOON

ANA_ID = user_id_for(ANA)
DAY = f"{NOON:%Y-%m-%d}#-"


async def test_a_thousand_refusals_are_one_write_when_the_gateway_writes(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    authenticator = gateway.entrance._authenticator
    monkeypatch.setattr(authenticator, "authenticate", refusing(InvalidApiKeyError()))
    for n in range(1_000):
        got = await ask(gateway, never, address=f"192.0.2.{n % 250}")
        assert got.status in (401, 429)
    assert gateway.store.calls == 0
    assert await gateway.refusals.flush()
    assert gateway.store.calls == 1
    assert sum(gateway.store.written.values()) == 1_000
    assert gateway.store.written[DAY, "invalid_api_key"] > 0


async def test_a_store_that_takes_nothing_refuses_nobody_else_and_loses_no_count(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    gateway.store.fails = StoreUnavailableError("away")
    with monkeypatch.context() as patch:
        patch.setattr(gateway.entrance._limiter, "admit", refusing(RateLimitedError(2)))
        assert (await ask(gateway, never)).status == 429
    assert not await gateway.refusals.flush()
    assert (await ask(gateway, pieces(chat("Oi")))).status == 200
    gateway.store.fails = None
    assert await gateway.refusals.flush()
    assert gateway.store.written == {(DAY, "rate_limit_exceeded"): 1}


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        ({"path": "/v1/nothing"}, "unknown_path"),
        ({"x_user_email": None}, "user_not_identified"),
    ],
)
async def test_a_refusal_has_the_code_that_its_client_sees(
    gateway: Gateway, asked: dict[str, Any], reason: str
) -> None:
    got = await ask(gateway, pieces(chat("Oi")), **asked)
    assert got.json["error"]["code"] == reason
    await gateway.refusals.flush()
    assert gateway.store.written == {(DAY, reason): 1}


async def test_a_quota_that_is_used_up_is_counted_and_an_answer_is_not(url: str) -> None:
    gateway = Gateway(url, limit=10)
    assert (await ask(gateway, pieces(chat("Oi")))).status == 429
    await gateway.refusals.flush()
    assert gateway.store.written == {(DAY, "insufficient_quota"): 1}
    assert gateway.store.refused(ANA_ID) == {"insufficient_quota": 1}
    (last,) = gateway.store.last(ANA_ID)
    assert (last["model"], last["key_id"]) == ("gpt-4o", "key_1")
    await gateway.close()


async def test_who_asks_too_much_or_for_another_model_is_remembered(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    gateway = Gateway(url, allowed_models=("gpt-4o-mini",))
    assert (await ask(gateway, pieces(chat("Oi")))).status == 403
    with monkeypatch.context() as patch:
        patch.setattr(gateway.entrance._limiter, "admit", refusing(RateLimitedError(2)))
        assert (await ask(gateway, never)).status == 429
    await gateway.refusals.flush()
    assert gateway.store.refused(ANA_ID) == {"model_not_allowed": 1, "rate_limit_exceeded": 1}
    told = {one["code"]: (one["model"], one["key_id"]) for one in gateway.store.last(ANA_ID)}
    assert told == {
        "model_not_allowed": ("gpt-4o", "key_1"),
        "rate_limit_exceeded": ("", "key_1"),
    }
    await gateway.close()


async def test_an_unknown_key_and_a_request_of_nobody_are_remembered_of_nobody(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (await ask(gateway, pieces(chat("Oi")), x_user_email=None)).status == 401
    authenticator = gateway.entrance._authenticator
    monkeypatch.setattr(authenticator, "authenticate", refusing(InvalidApiKeyError()))
    assert (await ask(gateway, never)).status == 401
    await gateway.refusals.flush()
    assert (gateway.store.calls, gateway.store.people) == (1, {})


async def test_what_the_upstream_fails_has_a_record_and_is_no_refusal() -> None:
    gateway = Gateway("http://127.0.0.1:9")
    assert (await ask(gateway, pieces(chat("Oi")))).status == 502
    await gateway.refusals.flush()
    assert gateway.store.calls == 0
    await gateway.close()


async def test_an_answer_that_a_stop_cuts_off_has_a_record_and_is_no_refusal() -> None:
    asked = asyncio.Event()

    async def never_answered(_: web.Request) -> web.Response:
        asked.set()
        await asyncio.Event().wait()
        raise AssertionError

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", never_answered)
    load_tokenizer()
    async with TestServer(app) as server:
        gateway = Gateway(str(server.make_url("/v1")))
        got = asyncio.create_task(ask(gateway, pieces(chat("Oi"))))
        await asked.wait()
        got.cancel()
        with pytest.raises(asyncio.CancelledError):
            await got
        assert gateway.metrics.snapshot()["ia_solaris_refusals_total\x1fservice_unavailable"] == 1
        assert gateway.refusals.unwritten == 0
        await gateway.close()
