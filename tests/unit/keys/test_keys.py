"""What a key allows, what it may be made to allow, and what the cache carries of it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from solaris.gateway.models.access import (
    check_model_path,
    check_models,
    checked_flat_body,
    visible_models,
)
from solaris.gateway.models.named import named_models
from solaris.keys.authenticator import _from_json, _to_json
from solaris.keys.key import (
    MAX_KEY_DAYS,
    GatewayKey,
    KeyRefusedError,
    checked_expiry,
    checked_models,
    checked_rate,
    edit,
    new_key,
)
from solaris.platform.cache import AsyncCache
from solaris.platform.errors import (
    ModelNotAllowedError,
    RateLimitedError,
    UnknownModelError,
    UpstreamUnavailableError,
)
from solaris.platform.rate_limit import RateLimiter
from solaris.platform.rate_rule import RateRule
from solaris.platform.web.errors import error_answer
from solaris.quota.model_names import MAX_ALLOWED_MODELS

NOW = datetime(2026, 11, 22, 12, 0, 0, 123_000, tzinfo=UTC)
JSON = {"content-type": "application/json"}
TERMS = (*("name", "expires_at", "allowed_models", "rate_limit_per_second", "rate_limit_burst"),)


def key(*models: str, **about: Any) -> GatewayKey:
    """A key that allows these models; none named: any."""
    return new_key("sk-solaris-x", name="n", now=NOW, allowed_models=models or None, **about)


# which models


def test_a_key_without_models_allows_all() -> None:
    assert key().allows("whatever")
    assert key().allows_any_model


@pytest.mark.parametrize(
    ("patterns", "model", "is_allowed"),
    [
        (("gpt-4o",), "gpt-4o", True),
        (("gpt-4o",), "gpt-4o-mini", False),
        (("gpt-4o",), "GPT-4o", False),
        (("gpt-4o",), " gpt-4o", False),
        (("gpt-4*",), "gpt-4o-mini", True),
        (("gpt-4*",), "gpt-4", True),
        (("gpt-4*",), "gpt-3", False),
        (("gpt-4*",), "my-gpt-4", False),
        (("gpt-4", "claude-*"), "claude-x", True),
        (("*",), "anything", True),
        (("gpt-4.",), "gpt-4x", False),
        (("gpt-4",), "", False),
    ],
)
def test_a_name_is_allowed_whole_and_a_pattern_by_its_beginning(
    patterns: tuple[str, ...], model: str, is_allowed: bool
) -> None:
    assert key(*patterns).allows(model) is is_allowed


@given(st.text(min_size=1).filter(lambda one: "*" not in one), st.text())
def test_a_pattern_allows_exactly_what_begins_like_it(start: str, model: str) -> None:
    assert key(start + "*").allows(model) is model.startswith(start)


def test_repeated_models_are_kept_once_and_in_order() -> None:
    assert checked_models(["b", "a*", " b "]) == ("b", "a*")


@pytest.mark.parametrize(
    "models",
    [[], [str(n) for n in range(MAX_ALLOWED_MODELS + 1)], [""], ["a*b"], ["**"], ["a\nb"]],
)
def test_models_that_allow_nothing_or_say_nothing_clear_are_refused(models: list[str]) -> None:
    with pytest.raises(KeyRefusedError) as refused:
        checked_models(models)
    assert refused.value.field == "allowed_models"


# rate and expiry


@pytest.mark.parametrize(
    ("per_second", "burst", "rule"),
    [
        (None, None, None),
        (5, 7, RateRule(5, 7)),
        (5, None, RateRule(5, 10)),
        (0.1, None, RateRule(0.1, 1)),
    ],
)
def test_a_rate_without_a_burst_gets_two_seconds_worth(
    per_second: float | None, burst: int | None, rule: RateRule | None
) -> None:
    assert checked_rate(per_second, burst) == rule


@pytest.mark.parametrize(
    ("per_second", "burst"),
    [(None, 1), (0, 1), (-1, 1), (float("nan"), 1), (float("inf"), 1), (1, 0), (1, 10**6)],
)
def test_a_rate_that_is_none_is_refused(per_second: float | None, burst: int) -> None:
    with pytest.raises(KeyRefusedError):
        checked_rate(per_second, burst)


@pytest.mark.parametrize("days", [0, -1, MAX_KEY_DAYS + 0.1])
def test_a_key_expires_in_the_future_but_not_beyond_ten_years(days: float) -> None:
    with pytest.raises(KeyRefusedError):
        checked_expiry(NOW + timedelta(days=days), NOW)
    assert checked_expiry(NOW + timedelta(days=MAX_KEY_DAYS), NOW) is not None


# changes


def test_what_a_change_does_not_name_stays() -> None:
    before = key("a", rate=RateRule(2, 3), expires_at=NOW + timedelta(days=1))
    assert edit(before, {}, NOW) == before
    assert edit(before, {"name": "m"}, NOW) == replace(before, name="m")
    faster = edit(before, {"rate_limit_per_second": 4.0}, NOW)
    assert faster.rate_rule == RateRule(4.0, 3)


def test_null_takes_a_limit_away_and_a_rate_takes_its_burst_along() -> None:
    before = key("a", rate=RateRule(2, 3), expires_at=NOW + timedelta(days=1))
    changes = {"rate_limit_per_second": None, "expires_at": None, "allowed_models": None}
    after = edit(before, changes, NOW)
    assert [getattr(after, name) for name in TERMS] == ["n", None, None, None, None]
    assert after.rate_rule is None


def test_a_burst_alone_needs_a_rate_that_is_there() -> None:
    with pytest.raises(KeyRefusedError):
        edit(key(), {"rate_limit_burst": 3}, NOW)
    limited = key(rate=RateRule(2, 3))
    assert edit(limited, {"rate_limit_burst": 9}, NOW).rate_rule == RateRule(2, 9)


# the last use


def test_a_use_is_noted_again_when_the_last_one_is_a_minute_old() -> None:
    unused = key()
    assert unused.is_use_to_be_noted(NOW)
    used = replace(unused, last_used_at=NOW)
    assert not used.is_use_to_be_noted(NOW + timedelta(seconds=59))
    assert used.is_use_to_be_noted(NOW + timedelta(seconds=60))
    assert used.is_use_to_be_noted(NOW - timedelta(seconds=1)), "the clock was set back"


# in the cache


def test_a_cached_key_comes_back_as_it_was() -> None:
    full = replace(
        key("a", "b*", rate=RateRule(0.5, 3), user_email="ana@example.com", created_by="cli:ana"),
        expires_at=NOW,
        revoked_at=NOW,
        last_used_at=NOW,
    )
    assert _from_json(_to_json(full)) == full
    assert _from_json(_to_json(key())) == key()


def test_a_key_that_an_older_version_has_cached_still_reads() -> None:
    new = {"allowed_models", "rate_limit_per_second", "rate_limit_burst", "created_by"}
    value = orjson.loads(_to_json(key("a", rate=RateRule(1, 1), created_by="x")))
    old = {name: one for name, one in value.items() if name not in new | {"last_used_at"}}
    assert _from_json(orjson.dumps(old).decode()) == key()


# what a request names


@pytest.mark.parametrize(
    ("more", "query"),
    [
        ({"models": ["big"]}, ""),
        ({"fallbacks": ["big"]}, ""),
        ({"fallbacks": [{"small": ["big"]}]}, ""),
        ({"fallbacks": [{"model": "big", "messages": []}]}, ""),
        ({"context_window_fallbacks": [{"small": ["big"]}]}, ""),
        ({"tools": [{"type": "image_generation", "model": "big"}]}, ""),
        ({}, "model=big"),
        ({}, "a=b&model=small&model=big"),
        ({}, "%6dodel=bi%67"),
        ({"model": "big"}, ""),
    ],
)
def test_a_model_named_beside_the_models_field_must_be_allowed_too(
    more: dict[str, Any], query: str
) -> None:
    body = {"model": "small", "messages": []} | more
    assert "big" in named_models(body, query)
    with pytest.raises(ModelNotAllowedError) as refused:
        check_models(key("small"), named_models(body, query))
    assert refused.value.model == "big"
    check_models(key("small", "big"), named_models(body, query))
    check_models(key(), named_models(body, query))


@pytest.mark.parametrize("odd", [None, 5, {"a": 1}, [[[[[["big"]]]]]], [None, 3], "", {"model": 4}])
def test_fields_of_any_type_are_looked_at_without_a_failure(odd: Any) -> None:
    body = {"model": "small", "fallbacks": odd, "tools": odd, "models": odd}
    assert named_models(body, "&&=;%ff")[0] == "small"


def test_the_refusal_is_openais_shape_in_the_users_language() -> None:
    answer = error_answer(ModelNotAllowedError("gpt-5"), "pt-BR", "r")
    error = answer.body["error"]
    assert (answer.status, error["code"], error["type"]) == (
        *(403, "model_not_allowed"),
        "permission_error",
    )
    assert error["message"] == "Esta chave não permite o modelo gpt-5."
    assert "retry-after" not in answer.headers


# paths with a flat charge


def flat(one: GatewayKey, data: bytes, headers: dict[str, str], query: str = "") -> bytes:
    body = checked_flat_body(one, "images/generations", headers, data, query)
    return body.sent(one.allowed_models)


def test_a_flat_path_is_open_to_a_key_without_models_whatever_the_body_is() -> None:
    assert flat(key(), b"\x00", {}) == b"\x00"


def test_a_flat_path_is_open_to_a_key_that_names_the_path() -> None:
    assert flat(key("images/*"), b"\x00", {}) == b"\x00"


def test_a_flat_path_is_open_when_its_json_names_allowed_models_only() -> None:
    data = b'{"model":"big","model":"dall-e"}'
    assert flat(key("dall-e"), data, JSON) == b'{"model":"dall-e"}'


@pytest.mark.parametrize(
    ("data", "headers", "query"),
    [
        (b'{"model":"big"}', JSON, ""),
        (b'{"model":"dall-e"}', JSON, "model=big"),
        (b"{}", JSON, ""),
        (b"[]", JSON, ""),
        (b"{", JSON, ""),
        (b'{"model":"dall-e"}', {"content-type": "multipart/form-data; boundary=x"}, ""),
        (b'{"model":"dall-e","x":"&model=big&"}', {"content-type": "text/plain"}, ""),
        (b'{"model":"dall-e"}', {}, ""),
    ],
)
def test_a_flat_path_is_closed_when_no_allowed_model_is_named_beyond_doubt(
    data: bytes, headers: dict[str, str], query: str
) -> None:
    with pytest.raises(ModelNotAllowedError):
        flat(key("dall-e"), data, headers, query)


# the list of models


def test_the_list_shows_allowed_models_and_keeps_all_that_it_does_not_know() -> None:
    models = [{"id": "a", "x": 1}, {"id": "b"}, {"id": 3}, "a", {"name": "a"}]
    body = orjson.dumps({"object": "list", "data": models, "extra": {"deep": [1.5, None]}})
    shown = orjson.loads(visible_models(key("a"), "/v1/models", 200, body))
    wanted = {"object": "list", "data": [models[0]], "extra": {"deep": [1.5, None]}}
    assert shown == wanted
    assert visible_models(key(), "/v1/models", 200, body) is body


@pytest.mark.parametrize("body", [b"", b"[]", b'{"models": []}', b'{"data": {}}'])
def test_a_list_that_cannot_be_read_is_not_shown_to_a_key_with_models(body: bytes) -> None:
    with pytest.raises(UpstreamUnavailableError):
        visible_models(key("a"), "/v1/models", 200, body)
    assert visible_models(key(), "/v1/models", 200, body) == body


def test_an_error_of_the_upstream_passes_through() -> None:
    assert visible_models(key("a"), "/v1/models", 503, b"away") == b"away"


def test_a_model_that_is_not_allowed_does_not_exist() -> None:
    check_model_path(key("a"), "/v1/models")
    check_model_path(key("org/a"), "/v1/models/org/a")
    with pytest.raises(UnknownModelError):
        check_model_path(key("a"), "/v1/models/b")


# a rate of its own


async def test_a_key_is_limited_by_its_own_rule_and_apart_from_users_and_other_keys() -> None:
    limiter = RateLimiter(AsyncCache(None), "t", RateRule(1000, 1000))
    slow = RateRule(0.01, 2)
    for _ in range(2):
        await limiter.admit_key("key_a", slow)
    with pytest.raises(RateLimitedError) as refused:
        await limiter.admit_key("key_a", slow)
    assert 0 < refused.value.retry_after_seconds <= 100
    await limiter.admit_key("key_b", slow)
    await limiter.admit("key_a")
    # a raised limit holds at once, whatever the old one had counted
    await limiter.admit_key("key_a", RateRule(10, 20))


def test_hidden_models_are_not_listed_but_may_be_used() -> None:
    listed = [{"id": "gpt-5.4"}, {"id": "text-embedding-3-small"}, {"id": "whisper-1"}]
    body = orjson.dumps({"object": "list", "data": listed})
    hidden = ("text-embedding-*", "whisper-1")
    shown = orjson.loads(visible_models(key(), "/v1/models", 200, body, hidden))
    assert shown == {"object": "list", "data": [{"id": "gpt-5.4"}]}
    assert visible_models(key(), "/v1/models/whisper-1", 200, b"one", hidden) == b"one"
    check_models(key(), ["whisper-1"])
