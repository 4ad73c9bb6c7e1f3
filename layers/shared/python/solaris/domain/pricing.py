"""What an answer cost, in integer micro-dollars (1 USD = 1,000,000).

Prices come from the installed `genai-prices` data (offline) unless the settings name a model's
own price. A model that neither knows costs nothing here: the quota is in tokens, money is a
report.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal

from solaris.domain.usage import TokenCounts

MICROS = 1_000_000


@dataclass(frozen=True, slots=True)
class ModelPrice:
    """USD per million tokens; cached prompt tokens cost the prompt price unless stated."""

    prompt: Decimal
    completion: Decimal
    cached: Decimal | None = None


def cost_micros(
    model: str, counts: TokenCounts, overrides: Mapping[str, ModelPrice], *, at: datetime
) -> int:
    """Return the cost of one answer in micro-dollars, rounded half up; 0 for unknown models.

    `at` is the request's time: some providers charge by the hour of the day, and an event that
    is booked again must cost the same.
    """
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
    return _rounded(_listed_usd(model, counts, at) * MICROS)


def _listed_usd(model: str, counts: TokenCounts, at: datetime) -> Decimal:
    # 0.3 s and 20 MB to import: only processes that price pay for it.
    from genai_prices import Usage, calc_price  # noqa: PLC0415

    usage = Usage(
        input_tokens=counts.prompt_tokens,
        output_tokens=counts.completion_tokens,
        cache_read_tokens=min(counts.cached_tokens, counts.prompt_tokens),
    )
    provider, slash, name = model.partition("/")
    # A bare name is looked for everywhere; embeddings are listed under their provider only.
    tries: list[tuple[str, str | None]] = (
        [(name, provider)] if slash else [(model, None), (model, "openai")]
    )
    for reference, provider_id in tries:
        try:
            price = calc_price(
                usage,
                model_ref=reference,
                provider_id=provider_id,
                genai_request_timestamp=at,
            )
        except (LookupError, ValueError):
            continue
        return price.total_price
    return Decimal(0)


def _rounded(micros: Decimal) -> int:
    return int(micros.quantize(Decimal(1), rounding=ROUND_HALF_UP))
