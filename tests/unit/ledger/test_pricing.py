"""Pricing: whole nano-dollars from the installed price list or from the settings."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from genai_prices import Usage, calc_price
from hypothesis import given
from hypothesis import strategies as st

from solaris.ledger.figures import rounded_micros, total_nanos
from solaris.ledger.pricing import UNKNOWN, Cost, cost_of
from solaris.platform.settings_values import ModelPrice
from solaris.quota.usage import TokenCounts

COUNTS = TokenCounts(prompt_tokens=10_000, completion_tokens=2_000, cached_tokens=4_000)
AT = datetime(2026, 11, 22, 12, tzinfo=UTC)
HALF_DOLLAR_PER_MILLION = ModelPrice(prompt=Decimal("0.5"), completion=Decimal(0))

tokens = st.integers(min_value=0, max_value=5_000_000)
prices = st.decimals(min_value=0, max_value=100, places=4)


def nanos(model: str, counts: TokenCounts, own: dict[str, ModelPrice], **more: Any) -> int:
    """The cost of a model whose price is known."""
    cost = cost_of(model, counts, own, at=AT, **more)
    assert cost.is_known
    return cost.nanos_in_all


def listed_nanos(model: str, provider: str | None, counts: TokenCounts) -> int:
    """Say what genai_prices itself makes of the same usage."""
    usage = Usage(
        input_tokens=counts.prompt_tokens,
        output_tokens=counts.completion_tokens,
        cache_read_tokens=counts.cached_tokens,
    )
    usd = calc_price(usage, model_ref=model, provider_id=provider).total_price
    return int((usd * 1_000_000_000).to_integral_value("ROUND_HALF_UP"))


def test_a_listed_model_costs_what_the_price_list_says() -> None:
    cost = nanos("gpt-4o-mini", COUNTS, {})
    assert cost == listed_nanos("gpt-4o-mini", None, COUNTS)
    assert 0 < cost < 10_000_000


def test_cached_prompt_tokens_of_a_listed_model_are_cheaper() -> None:
    uncached = TokenCounts(prompt_tokens=10_000, completion_tokens=2_000)
    assert nanos("gpt-4o-mini", COUNTS, {}) < nanos("gpt-4o-mini", uncached, {})


def test_a_provider_prefix_names_the_same_model_as_its_bare_name() -> None:
    prefixed = nanos("openai/gpt-4o", COUNTS, {})
    assert prefixed == listed_nanos("gpt-4o", "openai", COUNTS)
    assert prefixed == nanos("gpt-4o", COUNTS, {}) > 0


def test_a_routers_prefix_prices_the_model_that_it_routes_to() -> None:
    expected = listed_nanos("openai/gpt-4o", "openrouter", COUNTS)
    assert nanos("openrouter/openai/gpt-4o", COUNTS, {}) == expected > 0


@pytest.mark.parametrize(
    "model", ["", "/", "openai/", "/gpt-4o", "no-such-model", "nobody/gpt-4o", "openai/no-such"]
)
def test_a_model_that_nobody_lists_has_no_price(model: str) -> None:
    assert cost_of(model, COUNTS, {}, at=AT) == UNKNOWN
    assert Cost(0) != UNKNOWN
    writes = TokenCounts(100, 0, 0, 0, 50, 20)
    assert cost_of(model, writes, {}, at=AT) == UNKNOWN


def test_without_a_price_the_model_that_answered_has_the_say() -> None:
    expected = nanos("gpt-4o-mini", COUNTS, {})
    assert nanos("alias", COUNTS, {}, answered_model="gpt-4o-mini") == expected
    own = {"answered": ModelPrice(prompt=Decimal(2), completion=Decimal(8))}
    assert nanos("alias", COUNTS, own, answered_model="answered") == 36_000_000
    assert cost_of("alias", COUNTS, own, at=AT, answered_model="unknown") == UNKNOWN
    # a known price is the booked model's, whoever has answered
    assert nanos("answered", COUNTS, own, answered_model="gpt-4o-mini") == 36_000_000
    free = {"alias": ModelPrice(prompt=Decimal(0), completion=Decimal(0))}
    assert nanos("alias", COUNTS, free, answered_model="gpt-4o-mini") == 0


def test_the_settings_price_wins_over_the_list_for_exactly_that_model() -> None:
    own = {"gpt-4o-mini": ModelPrice(prompt=Decimal(2), completion=Decimal(8))}
    assert nanos("gpt-4o-mini", COUNTS, own) == (10_000 * 2 + 2_000 * 8) * 1_000
    assert nanos("gpt-4o", COUNTS, own) == nanos("gpt-4o", COUNTS, {})


def test_the_settings_can_make_a_listed_model_free() -> None:
    free = {"gpt-4o-mini": ModelPrice(prompt=Decimal(0), completion=Decimal(0))}
    assert cost_of("gpt-4o-mini", COUNTS, free, at=AT) == Cost(0)


def test_a_stated_cached_price_applies_to_the_cached_part_alone() -> None:
    own = {
        "m": ModelPrice(prompt=Decimal(2), completion=Decimal(8), cached=Decimal("0.5")),
        "cached-free": ModelPrice(prompt=Decimal(2), completion=Decimal(8), cached=Decimal(0)),
    }
    assert nanos("m", COUNTS, own) == (6_000 * 2 + 4_000 // 2 + 2_000 * 8) * 1_000
    assert nanos("cached-free", COUNTS, own) == (6_000 * 2 + 2_000 * 8) * 1_000


def test_more_cached_tokens_than_prompt_tokens_never_make_the_prompt_negative() -> None:
    odd = TokenCounts(100, 0, 5_000, 0, 9_000, 10_000)
    own = {"m": ModelPrice(prompt=Decimal(2), completion=Decimal(0), cached=Decimal(1))}
    assert nanos("m", odd, own) == 100_000
    all_cached = TokenCounts(prompt_tokens=100, completion_tokens=0, cached_tokens=100)
    assert nanos("gpt-4o-mini", odd, {}) == nanos("gpt-4o-mini", all_cached, {})


WRITES = TokenCounts(100_000, 0, 10_000, 0, 50_000, 20_000)


@pytest.mark.parametrize(
    ("own", "expected"),
    [
        # 40,000 plain, 10,000 read, 30,000 written for minutes, 20,000 for an hour; prompt 4
        ({}, 40_000 * 4 + 10_000 * 4 + 30_000 * 5 + 20_000 * 8),
        ({"cache_write": 7}, 40_000 * 4 + 10_000 * 4 + 30_000 * 7 + 20_000 * 8),
        ({"cache_write_1h": 9}, 40_000 * 4 + 10_000 * 4 + 30_000 * 5 + 20_000 * 9),
        ({"cached": 0, "cache_write": 0, "cache_write_1h": 0}, 40_000 * 4),
    ],
)
def test_cache_writes_cost_more_than_the_prompt_unless_the_settings_say(
    own: dict[str, int], expected: int
) -> None:
    stated = {name: Decimal(price) for name, price in own.items()}
    price = ModelPrice(prompt=Decimal(4), completion=Decimal(1), **stated)
    assert nanos("m", WRITES, {"m": price}) == expected * 1_000


@pytest.mark.parametrize(
    ("model", "prompt", "read", "minutes", "hour"),
    [
        # the list states both of its write prices; they are Anthropic's 1.25 and 2 times
        ("claude-sonnet-4-5", "3", "0.3", "3.75", "6"),
        # its own, not 1.25 and 2 times
        ("claude-3-haiku-20240307", "0.25", "0.03", "0.3", "0.5"),
        # none: the factors
        ("gpt-4o-mini", "0.15", "0.075", "0.1875", "0.3"),
    ],
)
def test_cache_writes_of_a_listed_model_cost_what_the_list_says_or_the_factors(
    model: str, prompt: str, read: str, minutes: str, hour: str
) -> None:
    expected = (
        40_000 * Decimal(prompt)
        + 10_000 * Decimal(read)
        + 30_000 * Decimal(minutes)
        + 20_000 * Decimal(hour)
    )
    assert nanos(model, WRITES, {}) == expected * 1_000


def test_a_large_prompt_has_its_own_price_for_unlisted_writes_too() -> None:
    """Of this model the list has a price for large prompts, and none for cache writes."""
    large = TokenCounts(300_000, 0, 0, 0, 300_000)
    plain = TokenCounts(300_000)
    assert nanos("gemini-2.5-pro", large, {}) * 4 == nanos("gemini-2.5-pro", plain, {}) * 5


def test_what_is_less_than_a_micro_dollar_is_kept() -> None:
    cost = cost_of("gpt-4o-mini", TokenCounts(prompt_tokens=3), {}, at=AT)
    assert (cost.micros, cost.nanos) == (0, 450)
    own = {"m": ModelPrice(prompt=Decimal("1234.567"), completion=Decimal(0))}
    cost = cost_of("m", TokenCounts(prompt_tokens=1), own, at=AT)
    assert (cost.micros, cost.nanos) == (1_234, 567)


@pytest.mark.parametrize(("prompt_tokens", "expected"), [(1, 1), (2, 1), (3, 2), (5, 3), (4, 2)])
def test_half_a_nano_dollar_is_rounded_up(prompt_tokens: int, expected: int) -> None:
    own = {"m": ModelPrice(prompt=Decimal("0.0005"), completion=Decimal(0))}
    assert nanos("m", TokenCounts(prompt_tokens=prompt_tokens), own) == expected


def test_no_tokens_cost_nothing_whatever_the_model() -> None:
    own = {"gpt-4o-mini": HALF_DOLLAR_PER_MILLION}
    assert nanos("gpt-4o-mini", TokenCounts(), own) == 0
    assert nanos("no-such-model", TokenCounts(), {}) == 0


def test_a_price_is_not_below_zero() -> None:
    with pytest.raises(ValueError, match="below zero"):
        ModelPrice(prompt=Decimal(1), completion=Decimal(1), cache_write=Decimal(-1))


@given(prompt=tokens, completion=tokens, cached=tokens, in_price=prices, out_price=prices)
def test_an_unstated_cached_price_is_the_prompt_price(
    prompt: int, completion: int, cached: int, in_price: Decimal, out_price: Decimal
) -> None:
    counts = TokenCounts(prompt_tokens=prompt, completion_tokens=completion, cached_tokens=cached)
    plain = {"m": ModelPrice(prompt=in_price, completion=out_price)}
    stated = {"m": ModelPrice(prompt=in_price, completion=out_price, cached=in_price)}
    assert nanos("m", counts, plain) == nanos("m", counts, stated) >= 0


@given(prompt=tokens, completion=tokens, in_price=prices, out_price=prices)
def test_a_settings_price_is_off_by_at_most_half_a_nano_dollar(
    prompt: int, completion: int, in_price: Decimal, out_price: Decimal
) -> None:
    counts = TokenCounts(prompt_tokens=prompt, completion_tokens=completion)
    cost = nanos("m", counts, {"m": ModelPrice(prompt=in_price, completion=out_price)})
    assert abs(cost - 1_000 * (in_price * prompt + out_price * completion)) <= Decimal("0.5")


@given(amounts=st.lists(st.integers(min_value=0, max_value=10**7), max_size=20))
def test_the_two_figures_summed_apart_are_the_whole(amounts: list[int]) -> None:
    costs = [Cost(one) for one in amounts]
    micros, rest = sum(one.micros for one in costs), sum(one.nanos for one in costs)
    assert total_nanos(micros, rest) == sum(amounts)
    assert rounded_micros(total_nanos(micros, rest)) == (sum(amounts) + 500) // 1_000
