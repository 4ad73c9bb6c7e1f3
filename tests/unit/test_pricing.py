"""Pricing: integer micro-dollars from the installed price list or from the settings."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from genai_prices import Usage, calc_price
from hypothesis import given
from hypothesis import strategies as st

from solaris.domain.pricing import ModelPrice, cost_micros
from solaris.domain.usage import TokenCounts

COUNTS = TokenCounts(prompt_tokens=10_000, completion_tokens=2_000, cached_tokens=4_000)
AT = datetime(2026, 11, 22, 12, tzinfo=UTC)
HALF_DOLLAR_PER_MILLION = ModelPrice(prompt=Decimal("0.5"), completion=Decimal(0))

tokens = st.integers(min_value=0, max_value=5_000_000)
prices = st.decimals(min_value=0, max_value=100, places=4)


def listed_micros(model: str, provider: str | None, counts: TokenCounts) -> int:
    """Say what genai_prices itself makes of the same usage."""
    usage = Usage(
        input_tokens=counts.prompt_tokens,
        output_tokens=counts.completion_tokens,
        cache_read_tokens=counts.cached_tokens,
    )
    usd = calc_price(usage, model_ref=model, provider_id=provider).total_price
    return int((usd * 1_000_000).to_integral_value("ROUND_HALF_UP"))


def test_a_listed_model_costs_what_the_price_list_says() -> None:
    cost = cost_micros("gpt-4o-mini", COUNTS, {}, at=AT)
    assert cost == listed_micros("gpt-4o-mini", None, COUNTS)
    assert 0 < cost < 10_000


def test_cached_prompt_tokens_of_a_listed_model_are_cheaper() -> None:
    uncached = TokenCounts(prompt_tokens=10_000, completion_tokens=2_000)
    assert cost_micros("gpt-4o-mini", COUNTS, {}, at=AT) < cost_micros(
        "gpt-4o-mini", uncached, {}, at=AT
    )


def test_a_provider_prefix_names_the_same_model_as_its_bare_name() -> None:
    assert cost_micros("openai/gpt-4o", COUNTS, {}, at=AT) == listed_micros(
        "gpt-4o", "openai", COUNTS
    )
    assert (
        cost_micros("openai/gpt-4o", COUNTS, {}, at=AT)
        == cost_micros("gpt-4o", COUNTS, {}, at=AT)
        > 0
    )


def test_a_routers_prefix_prices_the_model_that_it_routes_to() -> None:
    expected = listed_micros("openai/gpt-4o", "openrouter", COUNTS)
    assert cost_micros("openrouter/openai/gpt-4o", COUNTS, {}, at=AT) == expected > 0


@pytest.mark.parametrize(
    "model", ["", "/", "openai/", "/gpt-4o", "no-such-model", "nobody/gpt-4o", "openai/no-such"]
)
def test_a_model_that_nobody_lists_costs_nothing(model: str) -> None:
    assert cost_micros(model, COUNTS, {}, at=AT) == 0


def test_the_settings_price_wins_over_the_list_for_exactly_that_model() -> None:
    own = {"gpt-4o-mini": ModelPrice(prompt=Decimal(2), completion=Decimal(8))}
    assert cost_micros("gpt-4o-mini", COUNTS, own, at=AT) == 10_000 * 2 + 2_000 * 8
    assert cost_micros("gpt-4o", COUNTS, own, at=AT) == cost_micros("gpt-4o", COUNTS, {}, at=AT)


def test_the_settings_can_make_a_listed_model_free() -> None:
    free = {"gpt-4o-mini": ModelPrice(prompt=Decimal(0), completion=Decimal(0))}
    assert cost_micros("gpt-4o-mini", COUNTS, free, at=AT) == 0


def test_a_stated_cached_price_applies_to_the_cached_part_alone() -> None:
    own = {
        "m": ModelPrice(prompt=Decimal(2), completion=Decimal(8), cached=Decimal("0.5")),
        "cached-free": ModelPrice(prompt=Decimal(2), completion=Decimal(8), cached=Decimal(0)),
    }
    assert cost_micros("m", COUNTS, own, at=AT) == 6_000 * 2 + 4_000 // 2 + 2_000 * 8
    assert cost_micros("cached-free", COUNTS, own, at=AT) == 6_000 * 2 + 2_000 * 8


def test_more_cached_tokens_than_prompt_tokens_never_make_the_prompt_negative() -> None:
    odd = TokenCounts(prompt_tokens=100, completion_tokens=0, cached_tokens=5_000)
    own = {"m": ModelPrice(prompt=Decimal(2), completion=Decimal(0), cached=Decimal(1))}
    assert cost_micros("m", odd, own, at=AT) == 100
    all_cached = TokenCounts(prompt_tokens=100, completion_tokens=0, cached_tokens=100)
    assert cost_micros("gpt-4o-mini", odd, {}, at=AT) == cost_micros(
        "gpt-4o-mini", all_cached, {}, at=AT
    )


@pytest.mark.parametrize(("prompt_tokens", "micros"), [(1, 1), (2, 1), (3, 2), (5, 3), (4, 2)])
def test_half_a_micro_dollar_is_rounded_up(prompt_tokens: int, micros: int) -> None:
    own = {"m": HALF_DOLLAR_PER_MILLION}
    assert cost_micros("m", TokenCounts(prompt_tokens=prompt_tokens), own, at=AT) == micros


def test_less_than_half_a_micro_dollar_is_rounded_down() -> None:
    own = {"m": ModelPrice(prompt=Decimal("0.499999"), completion=Decimal(0))}
    assert cost_micros("m", TokenCounts(prompt_tokens=1), own, at=AT) == 0


def test_no_tokens_cost_nothing() -> None:
    assert (
        cost_micros("gpt-4o-mini", TokenCounts(), {"gpt-4o-mini": HALF_DOLLAR_PER_MILLION}, at=AT)
        == 0
    )


@given(prompt=tokens, completion=tokens, cached=tokens, in_price=prices, out_price=prices)
def test_an_unstated_cached_price_is_the_prompt_price(
    prompt: int, completion: int, cached: int, in_price: Decimal, out_price: Decimal
) -> None:
    counts = TokenCounts(prompt_tokens=prompt, completion_tokens=completion, cached_tokens=cached)
    plain = {"m": ModelPrice(prompt=in_price, completion=out_price)}
    stated = {"m": ModelPrice(prompt=in_price, completion=out_price, cached=in_price)}
    assert cost_micros("m", counts, plain, at=AT) == cost_micros("m", counts, stated, at=AT) >= 0


@given(prompt=tokens, completion=tokens, in_price=prices, out_price=prices)
def test_a_settings_price_is_off_by_at_most_half_a_micro_dollar(
    prompt: int, completion: int, in_price: Decimal, out_price: Decimal
) -> None:
    counts = TokenCounts(prompt_tokens=prompt, completion_tokens=completion)
    cost = cost_micros("m", counts, {"m": ModelPrice(prompt=in_price, completion=out_price)}, at=AT)
    assert abs(cost - (in_price * prompt + out_price * completion)) <= Decimal("0.5")
