"""The promise: used + what all open requests may still use ≤ quota, whatever the interleaving.

Ten thousand random interleavings of one user's requests, with everything that may happen to them.
The upstream keeps to the maximum that it was given, the prompt to its estimate; the order of
reserves, ends, grants and months is anybody's.
"""

import random
from dataclasses import dataclass, field

import pytest

from solaris.platform.model_weight import PLAIN, ModelWeight
from solaris.platform.settings_values import UNKNOWN_MODEL_TOKENS
from solaris.quota.reservation import (
    MAX_OPEN_RESERVATIONS,
    MINIMUM_COMPLETION_TOKENS,
    Demand,
    Hold,
    full_hold,
    hold_for,
)
from solaris.quota.settlement import settle

INTERLEAVINGS = 10_000
WEIGHTS = [ModelWeight(5_000, 5_000, 2_500), ModelWeight(150, 601, 75), ModelWeight(1_000, 0, 0)]
WEIGHTS += [ModelWeight(0, 0, 0), ModelWeight(1, 333, 1), ModelWeight(0, 40_000, 0)]
STEPS = 40


@dataclass
class Item:
    """What the store keeps of a user: available tokens change by one conditional write each."""

    ceiling: int
    available: int
    used: int = 0
    open: dict[int, tuple[Demand, Hold]] = field(default_factory=dict)

    def reserve(self, number: int, demand: Demand, hold: Hold) -> bool:
        """The conditional write of gateway/reserve.py."""
        if self.available < hold.required_tokens or len(self.open) >= MAX_OPEN_RESERVATIONS:
            return False
        self.available -= hold.tokens
        self.open[number] = (demand, hold)
        return True

    def end(self, number: int, charged: int) -> None:
        """The settlement of ledger/ledger.py."""
        change = settle(reserved_tokens=self.open.pop(number)[1].tokens, charged_tokens=charged)
        self.available += change.available_delta
        self.used += change.usage_delta

    def may_still_use(self) -> int:
        """What the upstream may bill for the open requests, by what it was told."""
        return sum(most_used(demand, hold) for demand, hold in self.open.values())


def most_used(demand: Demand, hold: Hold) -> int:
    """Prompt, and the shorter of the cap and of what client and model let the answer be."""
    if not demand.completes:
        return demand.charged(0)
    stated = demand.max_completion_tokens
    answer = demand.model_maximum_tokens if stated is None else stated
    return demand.charged(answer if hold.cap_tokens is None else hold.cap_tokens)


def random_demand(chance: random.Random) -> Demand:
    stated = chance.choice([None, None, 1, 100, 256, 4_096, 30_000, 128_000])
    maximum = chance.choice([4_096, 16_384, 100_000, UNKNOWN_MODEL_TOKENS])
    prompt = chance.choice([0, 10, 500, 5_000, 70_000])
    weight = chance.choice([PLAIN, PLAIN, *WEIGHTS])
    return Demand(prompt, stated, chance.random() > 0.1, maximum, weight=weight)


@pytest.mark.parametrize("part", range(10))
def test_used_and_open_never_pass_the_quota(part: int) -> None:
    for seed in range(part * INTERLEAVINGS // 10, (part + 1) * INTERLEAVINGS // 10):
        interleave(random.Random(seed), seed)


def interleave(chance: random.Random, seed: int) -> None:
    ceiling = chance.choice([0, 300, 1_000, 15_000, 100_000, 450_000, 1_000_000])
    item = Item(ceiling, ceiling)
    strict = chance.random() < 0.2
    # requests that have read the item and not written yet: others come in between
    waiting: list[tuple[int, Demand, Hold]] = []
    for step in range(STEPS):
        move = chance.random()
        if move < 0.45:
            demand = random_demand(chance)
            seen = item.available
            hold = full_hold(demand, strict=strict) if chance.random() < 0.5 else None
            hold = hold or hold_for(demand, seen, strict=strict)
            if hold is not None:
                waiting.append((step, demand, hold))
        elif move < 0.75 and waiting:
            item.reserve(*waiting.pop(chance.randrange(len(waiting))))
        elif move < 0.95 and item.open:
            number = chance.choice(list(item.open))
            most = most_used(*item.open[number])
            item.end(number, chance.choice([0, most, chance.randint(0, most)]))
        elif move > 0.98:
            granted = chance.choice([1_000, 50_000])
            item.ceiling += granted
            item.available += granted
        assert item.available >= 0, seed
        assert item.used + item.may_still_use() <= item.ceiling, seed
        assert item.available == item.ceiling - item.used - sum(
            hold.tokens for _, hold in item.open.values()
        ), seed


def test_twenty_parallel_chats_of_a_trial_user_are_served_as_far_as_the_quota_goes() -> None:
    item = Item(100_000, 100_000)
    demand = Demand(prompt_tokens=15)
    served = 0
    for number in range(20):
        hold = hold_for(demand, item.available)
        if hold is not None and item.reserve(number, demand, hold):
            served += 1
            assert (hold.cap_tokens or 0) >= MINIMUM_COMPLETION_TOKENS
    assert served >= 10
    assert item.may_still_use() <= 100_000
