"""Settings about the currency in which costs are shown."""

from functools import cached_property
from typing import Self

from pydantic import field_validator, model_validator

from solaris.domain.exchange import Currency, ExchangeRates, parse_rates
from solaris.settings_identity import IdentitySettings


class CurrencySettings(IdentitySettings):
    """The books are in US dollars; CURRENCY is what people see, by EXCHANGE_RATES."""

    currency: Currency = "USD"
    exchange_rates: str = ""

    @field_validator("exchange_rates")
    @classmethod
    def _can_be_read(cls, value: str) -> str:
        parse_rates(value)
        return value

    @model_validator(mode="after")
    def _has_a_rate(self) -> Self:
        if self.currency != "USD" and not parse_rates(self.exchange_rates):
            msg = (
                f"CURRENCY={self.currency} needs a rate: set EXCHANGE_RATES to the first day and "
                f"what a dollar costs from then on, as EXCHANGE_RATES=2026-10-01=5.42"
            )
            raise ValueError(msg)
        return self

    @cached_property
    def exchange(self) -> ExchangeRates:
        """What costs are shown in."""
        rates = () if self.currency == "USD" else parse_rates(self.exchange_rates)
        return ExchangeRates(self.currency, rates)
