"""A user's closed months.

Usage, limit and additional tokens are what the period's item says; cost and models are summed up
from the daily counters at the time of reading, so that late settlements are in both.
"""

from dataclasses import dataclass

from solaris.services.reviewing import ModelSum, sums_by_model
from solaris.storage.aws import store_errors
from solaris.storage.models import PeriodModel

MAX_MONTHS = 120


@dataclass(frozen=True, slots=True)
class ClosedMonth:
    """One closed month. Tokens; the cost is in micro-dollars."""

    period: str
    used_tokens: int
    monthly_limit: int
    additional_tokens: int
    cost_micros: int
    models: tuple[ModelSum, ...]


def closed_months(user_id: str, most: int = 12) -> list[ClosedMonth]:
    """Return a user's closed months, newest first, at most 120.

    Raises StoreUnavailableError or AwsCallError.
    """
    most = min(most, MAX_MONTHS)
    with store_errors():
        found = list(PeriodModel.query(user_id, scan_index_forward=False, limit=most))
    return [_month(one) for one in found]


def _month(closed: PeriodModel) -> ClosedMonth:
    models = sums_by_model(closed.user_id, closed.period)
    return ClosedMonth(
        period=closed.period,
        used_tokens=int(closed.current_usage),
        monthly_limit=int(closed.monthly_limit),
        additional_tokens=int(closed.additional_tokens),
        cost_micros=sum(one.cost_micros for one in models),
        models=tuple(models),
    )
