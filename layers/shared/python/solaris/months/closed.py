"""A user's closed months.

Usage, limit and additional tokens are what the period's item says; cost and models are summed up
from the daily counters at the time of reading, so that late settlements are in both.
"""

from dataclasses import dataclass

from solaris.ledger.figures import ModelSum, rounded_micros, total_of
from solaris.ledger.reviewing import sums_by_model
from solaris.platform.aws.client import store_errors
from solaris.platform.aws.tables import PeriodModel
from solaris.platform.exchange import IN_DOLLARS, ExchangeRates, LocalCost
from solaris.quota.periods import days_in

MAX_MONTHS = 120


@dataclass(frozen=True, slots=True)
class ClosedMonth:
    """One closed month. Tokens.

    `cost` is in nano-dollars, None when requests have no price and the others cost nothing; it
    leaves out the `unpriced_requests`.
    """

    period: str
    used_tokens: int
    monthly_limit: int
    additional_tokens: int
    cost: int | None
    unpriced_requests: int
    models: tuple[ModelSum, ...]
    local_cost: LocalCost | None

    @property
    def cost_micros(self) -> int | None:
        """The cost in micro-dollars, rounded half up."""
        return None if self.cost is None else rounded_micros(self.cost)


def closed_months(
    user_id: str, most: int = 12, rates: ExchangeRates = IN_DOLLARS
) -> list[ClosedMonth]:
    """Return a user's closed months, newest first, at most 120.

    Raises StoreUnavailableError or AwsCallError.
    """
    most = min(most, MAX_MONTHS)
    with store_errors():
        found = list(PeriodModel.query(user_id, scan_index_forward=False, limit=most))
    return [_month(one, rates) for one in found]


def _month(closed: PeriodModel, rates: ExchangeRates) -> ClosedMonth:
    models = sums_by_model(closed.user_id, closed.period, rates)
    days = days_in(closed.period)
    total = total_of(one.figures for one in models)
    return ClosedMonth(
        period=closed.period,
        used_tokens=int(closed.current_usage),
        monthly_limit=int(closed.monthly_limit),
        additional_tokens=int(closed.additional_tokens),
        cost=total.cost,
        unpriced_requests=total.unpriced_requests,
        models=tuple(models),
        local_cost=rates.of_days(total.cost, total.local_cost, days[0], days[-1]),
    )
