"""A user who may use some models only, at the gateway, in every API and however it is asked."""

from dataclasses import replace
from typing import Any, cast

import pytest

from solaris.gateway.models.people import PeopleModels
from solaris.quota.identity import Identity
from solaris.quota.user import Enforcement, OwnField, user_id_for
from tests.functional.gateway.frames import APIS, CHAT, MESSAGES, RESPONSES, asked
from tests.functional.gateway.gateway_support import ANA, Gateway
from tests.functional.gateway.hostile_support import (  # noqa: F401 - fixtures
    ANSWER,
    Upstream,
    ask,
    pieces,
    silent,
    upstream_fixture,
    url_fixture,
)

IMAGES = "/v1/images/generations"
JSON = "application/json"
LIST = ("small", "llama*")
CODE = "user_model_not_allowed"


def gateway_of(
    url: str, models: tuple[str, ...] | None = LIST, *, own: bool = False, **more: Any
) -> Gateway:
    gateway = Gateway(url, **more)
    fields = frozenset({OwnField.MODELS}) if own else frozenset()
    gateway.meter.user = replace(gateway.meter.user, models=models, own=fields)
    return gateway


class People:
    """Everybody may use the same."""

    def __init__(self, models: tuple[str, ...] | None) -> None:
        self._models = models
        self.asked: list[str] = []

    async def models(self, identity: Identity) -> tuple[str, ...] | None:
        self.asked.append(identity.email)
        return self._models


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("endpoint", APIS)
async def test_a_model_that_is_not_the_users_is_refused_before_anything_is_asked(
    url: str, upstream: Upstream, endpoint: str, stream: bool
) -> None:
    gateway = gateway_of(url)
    got = await gateway.ask(asked(endpoint, stream=stream, model="big"), endpoint)
    error = got.json["error"]
    assert (got.status, error["code"], error["type"]) == (403, CODE, "permission_error")
    assert error["message"] == (
        "A regra do seu grupo não permite o modelo big. Você pode usar: small, llama*."
    )
    assert error["details"]["models"] == list(LIST)
    assert error["details"]["rule"] == "group"
    assert got.json.get("type") == ("error" if endpoint == MESSAGES else None)
    assert "retry-after" not in got.headers
    assert upstream.asked == []
    assert gateway.meter.user.reservations == {}
    await gateway.close()


@pytest.mark.parametrize("model", ["small", "llama-3.1-8b"])
@pytest.mark.parametrize("endpoint", APIS)
async def test_a_model_of_the_list_is_served(
    url: str, upstream: Upstream, endpoint: str, model: str
) -> None:
    gateway = gateway_of(url)
    got = await gateway.ask(asked(endpoint, stream=False, model=model), endpoint)
    assert got.status == 200
    assert upstream.asked == [endpoint]
    await gateway.close()


@pytest.mark.parametrize(
    ("more", "query"),
    [
        ({"models": ["big"]}, ""),
        ({"fallbacks": [{"small": ["big"]}]}, ""),
        ({"context_window_fallbacks": [{"small": ["big"]}]}, ""),
        ({"tools": [{"type": "image_generation", "model": "big"}]}, ""),
        ({}, "model=big"),
        ({}, "beta=true&%6dodel=bi%67"),
    ],
)
@pytest.mark.parametrize("endpoint", [CHAT, RESPONSES, MESSAGES])
async def test_a_model_named_beside_the_models_field_is_refused_too(
    url: str, upstream: Upstream, endpoint: str, more: dict[str, Any], query: str
) -> None:
    """What is dropped on the way to the upstream as well: who names it is told."""
    gateway = gateway_of(url)
    body = asked(endpoint, stream=False, model="small") | more
    got = await gateway.ask(body, endpoint, query=query)
    assert (got.status, got.json["error"]["code"]) == (403, CODE)
    assert upstream.asked == []
    gateway.meter.user = replace(gateway.meter.user, models=None)
    assert (await gateway.ask(body, endpoint, query=query)).status == 200
    await gateway.close()


async def test_ones_own_rule_says_so_in_english_too(url: str) -> None:
    gateway = gateway_of(url, own=True, locale="en")
    error = (await gateway.ask(asked(CHAT, model="big"))).json["error"]
    assert error["message"] == (
        "Your user's rule does not allow the model big. You may use: small, llama*."
    )
    assert error["details"]["rule"] == "user"
    await gateway.close()


async def test_a_long_list_is_shown_in_part_and_told_whole(url: str) -> None:
    models = tuple(f"m{n}" for n in range(100))
    gateway = gateway_of(url, models)
    error = (await gateway.ask(asked(CHAT, model="big"))).json["error"]
    assert error["message"].endswith("m8, m9, … (+90).")
    assert error["details"]["models"] == list(models)
    await gateway.close()


async def test_key_and_user_must_both_allow(url: str) -> None:
    gateway = gateway_of(url, ("a", "b"), allowed_models=("b", "c"))
    codes = {}
    for model in ("a", "b", "c", "d"):
        got = await gateway.ask(asked(CHAT, stream=False, model=model))
        codes[model] = None if got.status == 200 else got.json["error"]["code"]
    assert codes == {"a": "model_not_allowed", "b": None, "c": CODE, "d": "model_not_allowed"}
    await gateway.close()


async def test_who_is_only_warned_and_a_free_model_are_refused_all_the_same(
    url: str, upstream: Upstream
) -> None:
    gateway = gateway_of(url, enforcement=Enforcement.WARN, model_weights={"big": 0})
    assert (await gateway.ask(asked(CHAT, model="big"))).json["error"]["code"] == CODE
    assert upstream.asked == []
    await gateway.close()


async def test_the_refusal_is_kept_by_person_reason_and_model(url: str) -> None:
    gateway = gateway_of(url)
    body = asked(CHAT, model="small", stream=False) | {"fallbacks": ["big"]}
    assert (await gateway.ask(body)).status == 403
    assert await gateway.refusals.flush()
    ana = user_id_for(ANA)
    assert gateway.store.refused(ana) == {CODE: 1}
    (last,) = gateway.store.last(ana)
    assert (last["code"], last["model"]) == (CODE, "big")
    await gateway.close()


async def test_another_model_behind_an_allowed_name_is_booked_by_its_name(url: str) -> None:
    """The upstream of these tests says that gpt-4o has answered."""
    gateway = gateway_of(url)
    assert (await gateway.ask(asked(CHAT, stream=False, model="small"))).status == 200
    assert (gateway.event.model, gateway.event.asked_model) == ("gpt-4o", "small")
    await gateway.close()


async def test_counting_a_prompt_asks_no_model_and_is_open(url: str, upstream: Upstream) -> None:
    gateway = gateway_of(url)
    body = asked(MESSAGES, stream=False, model="big")
    assert (await gateway.ask(body, f"{MESSAGES}/count_tokens")).status == 200
    assert upstream.asked == []
    await gateway.close()


# a path with a charge by setting


async def flat(gateway: Gateway, data: bytes, kind: str = JSON) -> Any:
    return await ask(gateway, pieces(data), path=IMAGES, content_type=kind)


@pytest.mark.parametrize(
    ("data", "kind", "status"),
    [
        (b'{"model":"small"}', JSON, 200),
        (b'{"model":"big"}', JSON, 403),
        (b'{"model":"small","fallbacks":["big"]}', JSON, 403),
        (b"{}", JSON, 403),
        (b"{", JSON, 403),
        (b'{"model":"small"}', "text/plain", 403),
        (b'{"model":"small"}', "multipart/form-data; boundary=x", 403),
        (b"[" * 100_000, JSON, 403),
    ],
)
async def test_a_flat_path_is_open_where_its_json_names_the_users_models(
    url: str, upstream: Upstream, data: bytes, kind: str, status: int
) -> None:
    gateway = gateway_of(url, flat_token_charges={IMAGES: 5})
    got = await flat(gateway, data, kind)
    assert got.status == status
    if status != 200:
        assert got.json["error"]["code"] == CODE
    assert len(upstream.asked) == (status == 200)
    await gateway.close()


async def test_a_flat_path_that_is_named_itself_is_open_whatever_the_body_is(url: str) -> None:
    gateway = gateway_of(url, ("images/*",), flat_token_charges={IMAGES: 5})
    assert (await flat(gateway, b"\x00", "multipart/form-data; boundary=x")).status == 200
    await gateway.close()


@pytest.mark.parametrize("padding", [0, 64 * 1024])
@pytest.mark.parametrize("models", [LIST, None])
async def test_a_name_that_stands_twice_reaches_the_upstream_as_it_was_understood(
    url: str, upstream: Upstream, padding: int, models: tuple[str, ...] | None
) -> None:
    data = b'{"model":"big","model":"small","prompt":"%s"}' % (b"x" * padding)
    gateway = gateway_of(url, models, flat_token_charges={IMAGES: 5})
    assert (await flat(gateway, data)).status == 200
    await gateway.close()
    assert (upstream.body == data) is (models is None)
    assert (b"big" in upstream.body) is (models is None)


# lists


def listing(url: str, models: tuple[str, ...] | None, **more: Any) -> tuple[Gateway, People]:
    gateway, people = Gateway(url, **more), People(models)
    gateway.app._forwarder._people = cast("PeopleModels", people)
    return gateway, people


async def models_of(gateway: Gateway, **headers: Any) -> list[str]:
    got = await ask(gateway, silent, path="/v1/models", method="GET", **headers)
    assert got.status == 200
    return [one["id"] for one in got.json["data"]]


@pytest.fixture(autouse=True)
def ids(monkeypatch: pytest.MonkeyPatch) -> None:
    """The upstream's list of models."""
    listed = [{"id": one} for one in ("small", "llama-3", "big", "embed")]
    monkeypatch.setitem(cast("dict[str, Any]", ANSWER), "data", listed)


async def test_the_list_is_the_persons(url: str) -> None:
    gateway, people = listing(url, LIST, allowed_models=("small", "llama*", "big"))
    assert await models_of(gateway) == ["small", "llama-3"]
    assert people.asked == [ANA]
    assert await models_of(gateway, x_user_email=None) == ["small", "llama-3", "big"]
    assert await models_of(gateway, x_user_email="{{LIBRECHAT_USER_EMAIL}}") == [
        *("small", "llama-3", "big")
    ]
    assert people.asked == [ANA], "of nobody nothing is looked up"
    await gateway.close()


async def test_who_has_no_list_sees_what_the_key_allows(url: str) -> None:
    gateway, _ = listing(url, None, allowed_models=("big",))
    assert await models_of(gateway) == ["big"]
    await gateway.close()


async def test_one_model_is_shown_to_whom_it_is_allowed(url: str, upstream: Upstream) -> None:
    gateway, _ = listing(url, LIST)
    got = await ask(gateway, silent, path="/v1/models/big", method="GET")
    assert (got.status, got.json["error"]["code"]) == (404, "model_not_found")
    assert upstream.asked == []
    assert (await ask(gateway, silent, path="/v1/models/small", method="GET")).status == 200
    await gateway.close()
