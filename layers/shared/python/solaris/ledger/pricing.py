"""What an answer cost, in whole nano-dollars (1 USD = 1,000,000,000).

Prices come from the installed `genai-prices` data (offline) unless the settings name a model's
own price. A model that neither knows has no price, which is not the price zero: the quota is in
tokens, money is a report, and the report says what it does not know.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from solaris.ledger.figures import NANOS_IN_DOLLAR, NANOS_IN_MICRO
from solaris.platform.settings_values import ModelPrice
from solaris.quota.usage import TokenCounts

CACHE_WRITE_FACTOR = Decimal("1.25")
"""Of the prompt price, for what is cached for minutes (Anthropic, "Prompt caching": pricing)."""

CACHE_WRITE_1H_FACTOR = Decimal(2)
"""Of the prompt price, for what is cached for an hour (the same page)."""


@dataclass(frozen=True, slots=True)
class Cost:
    """Nano-dollars, in the two figures that are kept (ledger/figures.py).

    `is_known` is False, and the cost 0, when there is no price.
    """

    nanos_in_all: int
    is_known: bool = True

    @property
    def micros(self) -> int:
        """Whole micro-dollars, cut."""
        return self.nanos_in_all // NANOS_IN_MICRO

    @property
    def nanos(self) -> int:
        """What is left beside them, 0 to 999."""
        return self.nanos_in_all % NANOS_IN_MICRO


UNKNOWN = Cost(0, is_known=False)


def cost_of(
    model: str,
    counts: TokenCounts,
    overrides: Mapping[str, ModelPrice],
    *,
    at: datetime,
    answered_model: str | None = None,
) -> Cost:
    """Return the cost of one answer, rounded half up to the nano-dollar.

    Where no price of `model` is known, that of the model which the upstream says has answered
    holds; without either it is UNKNOWN. No tokens cost nothing, whatever the model. `at` is the
    request's time: some providers charge by the hour of the day, and an event that is booked again
    must cost the same.
    """
    if counts.total_tokens == 0:
        return Cost(0)
    parts = _Parts.of(counts)
    for name in (model, answered_model):
        if name is None:
            continue
        own = overrides.get(name)
        usd = _listed(name, parts, at) if own is None else _own(own, parts)
        if usd is not None:
            nanos = (usd * NANOS_IN_DOLLAR).quantize(Decimal(1), rounding=ROUND_HALF_UP)
            return Cost(int(nanos))
    return UNKNOWN


@dataclass(frozen=True, slots=True)
class _Parts:
    """Tokens by what they are charged as; each is in one part only."""

    plain: int
    cached: int
    write_5m: int
    write_1h: int
    completion: int

    @classmethod
    def of(cls, counts: TokenCounts) -> "_Parts":
        cached = min(counts.cached_tokens, counts.prompt_tokens)
        written = min(counts.cache_write_tokens, counts.prompt_tokens - cached)
        hour = min(counts.cache_write_1h_tokens, written)
        plain = counts.prompt_tokens - cached - written
        return cls(plain, cached, written - hour, hour, counts.completion_tokens)

    @property
    def prompt(self) -> int:
        return self.plain + self.cached + self.write_5m + self.write_1h


def _own(price: ModelPrice, parts: _Parts) -> Decimal:
    def stated(own: Decimal | None, factor: Decimal | int) -> Decimal:
        return price.prompt * factor if own is None else own

    millionths = (
        price.prompt * parts.plain
        + stated(price.cached, 1) * parts.cached
        + stated(price.cache_write, CACHE_WRITE_FACTOR) * parts.write_5m
        + stated(price.cache_write_1h, CACHE_WRITE_1H_FACTOR) * parts.write_1h
        + price.completion * parts.completion
    )
    return millionths / 1_000_000


def _listed(model: str, parts: _Parts, at: datetime) -> Decimal | None:
    """USD by the price list; None for a model that it does not have.

    Cache writes whose price the list does not state are prompt tokens to it: what the factors add
    to the prompt price is added here.
    """
    usage = {
        "input_tokens": parts.prompt,
        "output_tokens": parts.completion,
        "cache_read_tokens": parts.cached,
    }
    surcharge = Decimal(0)
    if parts.write_5m or parts.write_1h:
        # the price of a prompt of this size: some models charge more for large ones
        plain = _calculated(model, at, input_tokens=parts.prompt)
        if plain is None:
            return None
        listed_5m = parts.write_5m if _lists(plain, "cache_write_mtok") else 0
        listed_1h = parts.write_1h if _lists(plain, "cache_write_1h_mtok") else 0
        usage["cache_write_tokens"] = listed_5m + listed_1h
        usage["cache_write_1h_tokens"] = listed_1h
        surcharge = (plain.input_price / parts.prompt) * (
            (CACHE_WRITE_FACTOR - 1) * (parts.write_5m - listed_5m)
            + (CACHE_WRITE_1H_FACTOR - 1) * (parts.write_1h - listed_1h)
        )
    whole = _calculated(model, at, **usage)
    return None if whole is None else Decimal(whole.total_price) + surcharge


def _lists(price: Any, name: str) -> bool:
    return getattr(price.model_price, name, None) is not None


def _calculated(model: str, at: datetime, **tokens: int) -> Any:
    # 0.3 s and 20 MB to import: only processes that price pay for it.
    from genai_prices import Usage, calc_price  # noqa: PLC0415

    usage = Usage(**tokens)
    provider, slash, name = model.partition("/")
    # A bare name is looked for everywhere; embeddings are listed under their provider only.
    tries: list[tuple[str, str | None]] = (
        [(name, provider)] if slash else [(model, None), (model, "openai")]
    )
    for reference, provider_id in tries:
        try:
            return calc_price(
                usage,
                model_ref=reference,
                provider_id=provider_id,
                genai_request_timestamp=at,
            )
        except (LookupError, ValueError):
            continue
    return None
