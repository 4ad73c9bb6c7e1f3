"""The weights in force: the environment's to begin with, then what admins have changed.

A process tells them from memory (platform/aws/documents.py), so that the way of a request has no
call for them; a change holds everywhere within five seconds, for requests that begin then.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from solaris.ledger.figures import total_nanos
from solaris.ledger.pricing import cost_of
from solaris.platform.aws.documents import Document, Documents, Live
from solaris.platform.model_weight import THOUSAND, StatedWeight, stated_weights
from solaris.platform.settings import Settings
from solaris.platform.settings_values import ModelPrice
from solaris.quota.usage import TokenCounts
from solaris.quota.weights import Weights

WEIGHTS_DOCUMENT = "weights"
# Few enough that no price list takes them for a large prompt, which some models charge more for.
_PRICED_TOKENS = 1_000


@dataclass(frozen=True, slots=True)
class WeightTable:
    """The entries in force, as they are written; version 0 is the environment's."""

    entries: Mapping[str, Any]
    version: int
    changed_at: datetime | None
    changed_by: str | None


class Weighing:
    """Tells the weights. Raises StoreUnavailableError where none were ever read."""

    def __init__(self, settings: Settings, documents: Documents) -> None:
        self._settings = settings
        self._documents = documents
        self.live: Live[Weights] = Live(self._read)

    def stated(self) -> WeightTable:
        """The entries in force, read from the store. Raises StoreUnavailableError."""
        return table_of(self._documents.get(WEIGHTS_DOCUMENT), self._settings)

    def weights_of(self, entries: Mapping[str, Any]) -> Weights:
        """Weights by these entries. Raises ValueError that names the one that is wrong."""
        prices = tuple(sorted(self._settings.price_overrides.items()))
        return Weights(
            stated_weights(entries),
            cached_share=round(self._settings.cached_token_weight * THOUSAND),
            by_price=lambda model, reference: weight_by_price(model, reference, prices),
        )

    def _read(self) -> Weights:
        weights = self.weights_of(self.stated().entries)
        if any(one.reference is not None for one in weights.entries.values()):
            weights.of("gpt-4o")  # loads the price list, in a thread and not in a request
        return weights


def table_of(document: Document, settings: Settings) -> WeightTable:
    """The table that a document states, or the environment where nobody has changed it."""
    entries = settings.model_weights if document.body is None else document.body
    return WeightTable(entries, document.version, document.changed_at, document.changed_by)


@lru_cache(maxsize=2_048)
def weight_by_price(
    model: str, reference: str, prices: tuple[tuple[str, ModelPrice], ...]
) -> StatedWeight | None:
    """How many times dearer a model is than a reference, part by part; None: no such price.

    Rounded up to thousandths, and never nothing. A cached token counts by its price too, in prompt
    tokens of the reference. `prices` are MODEL_PRICES.
    """
    of_model, of_reference = (_nanos(name, prices) for name in (model, reference))
    if of_model is None or of_reference is None:
        return None
    prompt, completion, cached = of_model
    return StatedWeight(
        _times(prompt, of_reference[0]),
        _times(completion, of_reference[1]),
        _times(cached, of_reference[0]),
    )


def _times(nanos: int, reference_nanos: int) -> int:
    return max(1, -(-nanos * THOUSAND // reference_nanos))


def _nanos(model: str, prices: tuple[tuple[str, ModelPrice], ...]) -> tuple[int, int, int] | None:
    """What a thousand prompt, completion and cached tokens cost; None: not known, or nothing."""
    found = []
    for counts in (
        TokenCounts(prompt_tokens=_PRICED_TOKENS),
        TokenCounts(completion_tokens=_PRICED_TOKENS),
        TokenCounts(prompt_tokens=_PRICED_TOKENS, cached_tokens=_PRICED_TOKENS),
    ):
        cost = cost_of(model, counts, dict(prices), at=datetime(2026, 1, 1, 12, tzinfo=UTC))
        if not cost.is_known:
            return None
        found.append(total_nanos(cost.micros, cost.nanos))
    prompt, completion, cached = found
    return (prompt, completion, cached) if prompt and completion else None
