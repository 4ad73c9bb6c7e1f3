"""How much a token of which model counts, by name. Pure.

The exact name goes first, then the longest `beginning*`, then `*`, else once. A name with a path
or a vendor before it (`openai/gpt-4o`) is looked for without it too, unless that would make it
cheaper than `*`: a free `llama*` on one's own machine is not a reseller's `meta/llama-4`.

What is asked for decides what is held, the dearest where a request names several. What has
answered decides what is charged, by its own entry. Without one it is another name of what was
asked for, and counts like that, but never less than `*`: so that a free model which the upstream
replaced by another is not free.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from solaris.platform.model_weight import MOST_CHARACTERS, THOUSAND, ModelWeight, StatedWeight
from solaris.quota.model_names import bare_names, is_version

EVERY_OTHER = "*"
MOST_NAMED = 50
"""So many models that one request names are looked up."""

_MOST_REMEMBERED = 2_000

ByPrice = Callable[[str, str], StatedWeight | None]
"""The weight that follows from the prices of a model and a reference; None: not both are known."""


@dataclass(frozen=True, slots=True)
class Found:
    """A model's weight, and the entry that says so; None: no entry does, each token counts once.

    `by_price`: the entry follows prices; None where it is a number. False: it should, but no
    price of the model is known, so that it counts as `*`.
    """

    weight: ModelWeight
    entry: str | None = None
    by_price: bool | None = None


def _no_prices(_model: str, _reference: str) -> None:
    return None


@dataclass(frozen=True, slots=True)
class Weights:
    """A table of weights; `entries` by names in lower case.

    `cached_share` is CACHED_TOKEN_WEIGHT in thousandths: what of the prompt's weight a cached
    token counts, where an entry does not say.
    """

    entries: Mapping[str, StatedWeight] = field(default_factory=dict)
    cached_share: int = THOUSAND
    by_price: ByPrice = _no_prices
    _known: dict[str, Found] = field(default_factory=dict, compare=False, repr=False)

    def find(self, model: str) -> Found:
        """A model's weight, and why."""
        if not self.entries:
            return Found(self._stated(StatedWeight()))
        if len(model) > MOST_CHARACTERS:  # nobody's: only whoever asks has made it up
            return self._every_other("")
        found = self._known.get(model)
        if found is None:
            found = self._found(model)
            if len(self._known) >= _MOST_REMEMBERED:  # names are made up by whoever asks
                self._known.clear()
            self._known[model] = found
        return found

    def of(self, model: str) -> ModelWeight:
        """A model's weight."""
        return self.find(model).weight

    def held(self, models: Iterable[str]) -> ModelWeight:
        """By what tokens are held for a request that names these models: the dearest."""
        names = list(dict.fromkeys(models))
        held = self.of(names[0]) if names else self.others
        for model in names[1:MOST_NAMED]:
            held = held.or_dearer(self.of(model))
        if len(names) > MOST_NAMED:  # nobody means so many: each is as dear as any
            for stated in self.entries.values():
                held = held.or_dearer(self._stated(stated))
        return held

    def charged(self, asked: str, answered: str | None, held: ModelWeight) -> ModelWeight:
        """By what an answer is charged; `answered` is who says to have answered, if anybody does.

        As it was held, where nobody does.
        """
        if not answered:
            return held
        if answered == asked:
            return self.of(asked)
        if is_version(asked, answered):
            # a vendor's model of the same name is perhaps not the one on one's own machine
            is_vendors = "/" in answered and not answered.startswith(("/", "."))
            same = self.of(asked)
            return same.or_dearer(self.of(answered)) if is_vendors else same
        found = self.find(answered)
        if found.entry not in (None, EVERY_OTHER) or found.by_price:
            return found.weight
        return self.of(asked).or_dearer(self.others)

    @property
    def others(self) -> ModelWeight:
        """What counts for models without an entry."""
        return self._every_other("").weight

    def _found(self, model: str) -> Found:
        name = model.strip().lower()
        key = self._key_of(name)
        if key is not None:
            return self._of_entry(key, model)
        others = self._every_other(model)
        for bare in bare_names(model):
            key = self._key_of(bare)
            if key is not None:
                found = self._of_entry(key, model)
                is_cheaper = found.weight.or_dearer(others.weight) != found.weight
                return others if is_cheaper else found
        return others

    def _key_of(self, name: str) -> str | None:
        if name in self.entries and name != EVERY_OTHER:
            return name
        fitting = [
            key
            for key in self.entries
            if key.endswith("*") and key != EVERY_OTHER and name.startswith(key[:-1])
        ]
        return max(fitting, key=len, default=None)

    def _of_entry(self, key: str, model: str) -> Found:
        stated = self.entries[key]
        if stated.reference is None:
            return Found(self._stated(stated), key)
        priced = self.by_price(model, stated.reference)
        if priced is None:
            others = self._every_other(model).weight
            return Found(others, key, by_price=False)
        return Found(self._stated(priced), key, by_price=True)

    def _every_other(self, model: str) -> Found:
        stated = self.entries.get(EVERY_OTHER)
        if stated is None:
            return Found(self._stated(StatedWeight()))
        if stated.reference is None:
            return Found(self._stated(stated), EVERY_OTHER)
        priced = self.by_price(model, stated.reference) if model else None
        if priced is None:
            return Found(self._stated(StatedWeight()), EVERY_OTHER, by_price=False)
        return Found(self._stated(priced), EVERY_OTHER, by_price=True)

    def _stated(self, stated: StatedWeight) -> ModelWeight:
        return stated.weight(self.cached_share)


NO_WEIGHTS = Weights()
"""Each token counts once, whatever the model."""
