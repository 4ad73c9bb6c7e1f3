"""What a month would have charged by other weights. Pure.

By sums of a day, a person and a model, so it is right to a token a sum: each request rounds up for
itself, a sum once.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from solaris.ledger.figures import NO_MODEL, Figures
from solaris.quota.weights import Weights


@dataclass(slots=True)
class ModelPreview:
    """One model in a month: its tokens, what they charged, and what they would charge."""

    tokens: int = 0
    charged: int = 0
    would_charge: int = 0


@dataclass(frozen=True, slots=True)
class Preview:
    """A month by other weights. Tokens.

    `over` are the people whose usage would pass what they are granted now, `newly_over` those of
    them whose usage does not. `is_whole`: all people were looked at.
    """

    period: str
    models: dict[str, ModelPreview]
    over: int
    newly_over: int
    people: int
    is_whole: bool

    @property
    def charged(self) -> int:
        """What the month has charged."""
        return sum(one.charged for one in self.models.values())

    @property
    def would_charge(self) -> int:
        """What it would charge."""
        return sum(one.would_charge for one in self.models.values())

    @property
    def percent(self) -> float | None:
        """How much more, in per cent of what was charged; None where nothing was."""
        if not self.charged:
            return None
        return round(100 * (self.would_charge - self.charged) / self.charged, 1)


@dataclass(slots=True)
class PersonSums:
    """What each person has used, and would have."""

    charged: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    would_charge: dict[str, int] = field(default_factory=lambda: defaultdict(int))


class Recount:
    """Counts figures by other weights. `fixed` are paths with a charge of their own."""

    def __init__(self, weights: Weights, fixed: Iterable[str]) -> None:
        self._weights = weights
        self._fixed = frozenset(fixed)

    def charge(self, model: str, figures: Figures) -> int:
        """What a sum of requests to a model would charge."""
        if model == NO_MODEL or model in self._fixed:
            return figures.charged_tokens
        return self._weights.of(model).charge(
            figures.prompt_tokens, figures.completion_tokens, figures.cached_tokens
        )

    def models(self, sums: Iterable[tuple[str, Figures]]) -> dict[str, ModelPreview]:
        """By model, the most used first."""
        found: dict[str, ModelPreview] = defaultdict(ModelPreview)
        for model, figures in sums:
            one = found[model]
            one.tokens += figures.prompt_tokens + figures.completion_tokens
            one.charged += figures.charged_tokens
            one.would_charge += self.charge(model, figures)
        found.pop(NO_MODEL, None)
        return dict(sorted(found.items(), key=lambda item: -item[1].tokens))

    def people(self, sums: Iterable[tuple[str, str, Figures]]) -> PersonSums:
        """By person; `sums` are user ids, models and figures."""
        found = PersonSums()
        for user_id, model, figures in sums:
            found.charged[user_id] += figures.charged_tokens
            found.would_charge[user_id] += self.charge(model, figures)
        return found
