"""What a user has used lately: the last records, and this month's sums by model."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from solaris.ledger.booking import SYSTEM_SHARDS, groups_owner, system_owner, user_owner
from solaris.ledger.figures import (
    FIGURE_NAMES,
    Figures,
    ModelSum,
    rounded_micros,
    summed_by,
    summed_by_model,
    total_nanos,
)
from solaris.platform.aws.client import store_errors
from solaris.platform.aws.tables import CounterModel, UsageModel
from solaris.platform.exchange import IN_DOLLARS, ExchangeRates
from solaris.platform.instants import parse_instant
from solaris.platform.model_weight import ModelWeight
from solaris.quota.periods import days_in

MAX_COUNTERS = 10_000
MAX_GROUP_COUNTERS = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordLine:
    """One usage record in short."""

    request_id: str
    created_at: datetime
    model: str
    outcome: str
    status_code: int
    prompt_tokens: int
    completion_tokens: int
    charged_tokens: int
    cost_micros: int | None
    """Rounded half up; None when no price is known."""

    estimated: bool
    weight: ModelWeight | None = None
    """By what it was charged; None: each token counted once."""

    held_weight: ModelWeight | None = None
    """By what tokens were held, where another model has answered."""


def last_records(user_id: str, most: int = 10) -> list[RecordLine]:
    """Return the newest usage records, newest first."""
    with store_errors():
        found = list(UsageModel.query(user_id, scan_index_forward=False, limit=most))
    return [
        RecordLine(
            request_id=one.request_id,
            created_at=parse_instant(one.created_at),
            model=one.model,
            outcome=one.outcome,
            status_code=int(one.status_code),
            prompt_tokens=int(one.prompt_tokens),
            completion_tokens=int(one.completion_tokens),
            charged_tokens=int(one.charged_tokens),
            cost_micros=None
            if one.unpriced
            else rounded_micros(total_nanos(int(one.cost_micros), int(one.cost_nanos or 0))),
            estimated=bool(one.estimated),
            weight=_weight(one.weight),
            held_weight=_weight(one.held_weight),
        )
        for one in found
    ]


def _weight(thousandths: Sequence[float] | None) -> ModelWeight | None:
    return None if thousandths is None else ModelWeight(*map(int, thousandths))


def sums_by_model(user_id: str, period: str, rates: ExchangeRates = IN_DOLLARS) -> list[ModelSum]:
    """Return a month's sums from the daily counters, the greatest user of tokens first."""
    return summed_by_model(_month([user_owner(user_id)], period, rates))


def system_sums(period: str, rates: ExchangeRates = IN_DOLLARS) -> list[ModelSum]:
    """Return a month's sums over all users, the model with most tokens first."""
    owners = [system_owner(shard) for shard in range(SYSTEM_SHARDS)]
    return summed_by_model(_month(owners, period, rates))


def group_sums(period: str, rates: ExchangeRates = IN_DOLLARS) -> dict[str, Figures]:
    """Return a month's sums of each group, by id; nothing of what was used without one."""
    owners = [groups_owner(shard) for shard in range(SYSTEM_SHARDS)]
    return summed_by(
        (rest.partition("#")[0], figures)
        for rest, figures in _month(owners, period, rates, MAX_GROUP_COUNTERS)
    )


def _month(
    owners: Sequence[str], period: str, rates: ExchangeRates, most: int = MAX_COUNTERS
) -> Iterator[tuple[str, Figures]]:
    """Model and figures of each counter of a month, at its day's rate."""
    days = days_in(period)
    # `$` follows `#`, so the range ends behind every model of the last day
    month = CounterModel.day_model.between(f"{days[0]}#", f"{days[-1]}$")
    for owner in owners:
        with store_errors():
            found = list(CounterModel.query(owner, month, limit=most))
        for counter in found:
            day, _, model = counter.day_model.partition("#")
            figures = Figures(**{name: int(getattr(counter, name) or 0) for name in FIGURE_NAMES})
            yield model, figures.at(rates.rate_on(day))
