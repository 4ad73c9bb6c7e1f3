"""How much a token of a model counts: weights in thousandths, as settings and admins write them.

    charged = ceil(prompt x (prompt tokens - cached) + cached x cached + completion x completion)

1000 counts once, 5000 five times, 0 nothing. Written as a number for all three (`5`), as an
object (`{"prompt": 2, "completion": 8, "cached": 0.5}`), or as `"auto:<model>"`: as many times as
the model's price is that of the model named.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

THOUSAND = 1_000
MOST_TIMES = 1_000
"""No token counts more often than this."""

MOST_CHARACTERS = 200
AUTO = "auto:"
_PARTS = ("prompt", "completion", "cached")


@dataclass(frozen=True, slots=True)
class ModelWeight:
    """Thousandths, by which tokens of the prompt, of the answer, and cached ones are counted."""

    prompt: int = THOUSAND
    completion: int = THOUSAND
    cached: int = THOUSAND

    def charge(self, prompt_tokens: int, completion_tokens: int, cached_tokens: int = 0) -> int:
        """Tokens taken from the quota, rounded up. `cached_tokens` are part of the prompt."""
        cached = min(cached_tokens, prompt_tokens)
        thousandths = (
            self.prompt * (prompt_tokens - cached)
            + self.cached * cached
            + self.completion * completion_tokens
        )
        return -(-thousandths // THOUSAND)

    def answer_within(self, charged_tokens: int, prompt_tokens: int) -> int | None:
        """The longest answer that charges no more than this with its prompt; None: any length."""
        left = charged_tokens * THOUSAND - self.prompt * prompt_tokens
        if self.completion:
            return max(0, left // self.completion)
        return None

    @property
    def is_free(self) -> bool:
        """Whether nothing is ever charged."""
        return not (self.prompt or self.completion or self.cached)

    def or_dearer(self, other: "ModelWeight") -> "ModelWeight":
        """Of each part the larger weight."""
        return ModelWeight(
            max(self.prompt, other.prompt),
            max(self.completion, other.completion),
            max(self.cached, other.cached),
        )

    def times(self) -> dict[str, float]:
        """As people read it: how many times each part counts."""
        return {name: getattr(self, name) / THOUSAND for name in _PARTS}


PLAIN = ModelWeight()
"""Each token counts once."""


@dataclass(frozen=True, slots=True)
class StatedWeight:
    """What is written for a name.

    `cached` is None where it is not stated: then CACHED_TOKEN_WEIGHT of the prompt's weight. With
    `reference`, the weight follows the prices of the two models.
    """

    prompt: int = THOUSAND
    completion: int = THOUSAND
    cached: int | None = None
    reference: str | None = None

    def weight(self, cached_share: int) -> ModelWeight:
        """The weight, where cached tokens count `cached_share` thousandths of the prompt's."""
        cached = -(-self.prompt * cached_share // THOUSAND) if self.cached is None else self.cached
        return ModelWeight(self.prompt, self.completion, cached)

    def written(self) -> float | str | dict[str, float]:
        """As it is written in JSON; what `stated_weight` reads back."""
        if self.reference is not None:
            return AUTO + self.reference
        if self.cached is None and self.prompt == self.completion:
            return _plain(self.prompt)
        parts = {"prompt": _plain(self.prompt), "completion": _plain(self.completion)}
        if self.cached is not None:
            parts["cached"] = _plain(self.cached)
        return parts


def stated_weight(value: Any) -> StatedWeight:
    """Read what is written for a name. Raises ValueError, saying what is wrong."""
    if isinstance(value, str) and value.startswith(AUTO):
        reference = value.removeprefix(AUTO).strip()
        if not reference:
            msg = "auto: needs the model that counts once: auto:gpt-4o-mini"
            raise ValueError(msg)
        return StatedWeight(reference=reference)
    if isinstance(value, Mapping):
        unknown = sorted(set(value) - set(_PARTS))
        if unknown or not {"prompt", "completion"} <= set(value):
            msg = "a weight has prompt and completion, and may have cached"
            raise ValueError(msg)
        cached = value.get("cached")
        return StatedWeight(
            _thousandths(value["prompt"]),
            _thousandths(value["completion"]),
            None if cached is None else _thousandths(cached),
        )
    both = _thousandths(value)
    return StatedWeight(both, both)


class WeightError(ValueError):
    """An entry of a table is wrong: which, and why."""

    def __init__(self, entry: str, reason: str) -> None:
        super().__init__(f"{entry!r}: {reason}")
        self.entry = entry


def stated_weights(entries: Mapping[str, Any]) -> dict[str, StatedWeight]:
    """Read a whole table, name by name, in lower case. Raises WeightError."""
    found: dict[str, StatedWeight] = {}
    for name, value in entries.items():
        key = name.strip().lower()
        if not key or "*" in key[:-1] or len(key) > MOST_CHARACTERS:
            raise WeightError(name, "a model's name, or its beginning with * at the end")
        if key in found:
            raise WeightError(name, "stated twice")
        try:
            found[key] = stated_weight(value)
        except ValueError as error:
            raise WeightError(name, str(error)) from error
    return found


def _thousandths(value: Any) -> int:
    try:
        exact = Decimal("nan" if isinstance(value, bool) else str(value)) * THOUSAND
    except InvalidOperation as error:
        msg = f"a weight is a number from 0 to {MOST_TIMES}, or auto:<model>, got {value!r}"
        raise ValueError(msg) from error
    if not exact.is_finite() or not 0 <= exact <= MOST_TIMES * THOUSAND:
        msg = f"a weight is a number from 0 to {MOST_TIMES}, got {value}"
        raise ValueError(msg)
    if exact != exact.to_integral_value():
        msg = f"a weight has three decimals at most, got {value}"
        raise ValueError(msg)
    return int(exact)


def _plain(thousandths: int) -> float:
    return thousandths // THOUSAND if thousandths % THOUSAND == 0 else thousandths / THOUSAND
