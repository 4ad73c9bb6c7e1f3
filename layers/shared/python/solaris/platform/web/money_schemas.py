"""Costs in the currency that is shown, beside those in US dollars."""

from datetime import date
from typing import Self

from pydantic import Field

from solaris.platform.exchange import MILLIONTHS, Currency, LocalCost
from solaris.platform.web.schemas import ApiModel

NO_LOCAL_COST = "In CURRENCY; null where that is USD, or where the cost in dollars is null."


class LocalCostOut(ApiModel):
    """A cost in CURRENCY: the dollars of each day at the rate of that day, summed."""

    currency: Currency
    micros: int = Field(description="Millionths of the currency, rounded half up.")
    rate: float | None = Field(
        description=(
            "The currency for a dollar: the one rate of these days, or the mean of several by what "
            "was spent; null where nothing was."
        )
    )
    rate_since: date | None = Field(
        description="First day of the one rate; null where several hold on these days."
    )

    @classmethod
    def of(cls, local: LocalCost | None) -> Self | None:
        """As it is shown; None stays None."""
        if local is None:
            return None
        return cls(
            currency=local.currency,
            micros=local.micros,
            rate=None if local.rate is None else local.rate / MILLIONTHS,
            rate_since=local.since,
        )
