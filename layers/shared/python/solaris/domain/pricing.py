"""What an answer cost, in integer micro-dollars (1 USD = 1,000,000).

Prices come from the installed `genai-prices` data (offline) unless the settings name a model's
own price. A model that neither knows costs nothing here: the quota is in tokens, money is a
report.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from solaris.domain.usage import TokenCounts

MICROS = 1_000_000


@dataclass(frozen=True, slots=True)
class ModelPrice:
    """USD per million tokens; cached prompt tokens cost the prompt price unless stated."""

    prompt: Decimal
    completion: Decimal
    cached: Decimal | None = None


def cost_micros(model: str, counts: TokenCounts, overrides: Mapping[str, ModelPrice]) -> int:
    """Return the cost of one answer in micro-dollars, rounded half up; 0 for unknown models."""
    if counts.total_tokens == 0:
        return 0
    own = overrides.get(model)
    if own is not None:
        cached = min(counts.cached_tokens, counts.prompt_tokens)
        cached_price = own.prompt if own.cached is None else own.cached
        micros = (
            own.prompt * (counts.prompt_tokens - cached)
            + cached_price * cached
            + own.completion * counts.completion_tokens
        )
        return _rounded(micros)
    return _rounded(_listed_usd(model, counts) * MICROS)


def _listed_usd(model: str, counts: TokenCounts) -> Decimal:
    # 0.3 s and 20 MB to import: only processes that price pay for it.
    from genai_prices import Usage, calc_price  # noqa: PLC0415

    usage = Usage(
        input_tokens=counts.prompt_tokens,
        output_tokens=counts.completion_tokens,
        cache_read_tokens=min(counts.cached_tokens, counts.prompt_tokens),
    )
    provider, slash, name = model.partition("/")
    try:
        if slash:
            return calc_price(usage, model_ref=name, provider_id=provider).total_price
        return calc_price(usage, model_ref=model).total_price
    except (LookupError, ValueError):
        return Decimal(0)


def _rounded(micros: Decimal) -> int:
    return int(micros.quantize(Decimal(1), rounding=ROUND_HALF_UP))
