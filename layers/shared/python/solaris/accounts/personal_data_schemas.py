"""Models of one person's data, as it is handed to them."""

from collections.abc import Iterator
from typing import Any

from pydantic import Field

from solaris.accounts.history_schemas import PeriodOut, RefusedOut, TokenUsage, TransactionOut
from solaris.accounts.personal_data import CounterDay, PersonalData, Section
from solaris.accounts.schemas import UserOut
from solaris.accounts.token_requests.schemas import OwnRequest
from solaris.alerts.listing import AlertRow
from solaris.alerts.schemas import AlertOut
from solaris.alerts.suppression_schemas import MailSuppression
from solaris.audit.schemas import AuditOut
from solaris.directory.listing import row_of
from solaris.keys.schemas import KeyOut
from solaris.platform.exchange import ExchangeRates
from solaris.platform.web.schemas import ApiModel, Instant
from solaris.quota.thresholds import ThresholdRule
from solaris.reports.schemas import NO_PRICE


class PersonalCounter(ApiModel):
    """What a day's requests for one model came to."""

    date: str = Field(examples=["2026-11-22"])
    model: str
    requests: int
    tokens: int = Field(description="Charged tokens.")
    cost_micros: int | None = Field(description=NO_PRICE)
    unpriced_requests: int

    @classmethod
    def of(cls, one: CounterDay) -> "PersonalCounter":
        """A counter."""
        figures = one.figures
        return cls(
            date=one.day,
            model=one.model,
            requests=figures.requests,
            tokens=figures.charged_tokens,
            cost_micros=figures.shown_micros,
            unpriced_requests=figures.unpriced_requests,
        )


class PersonalDataOut(ApiModel):
    """All that is on record about one person. Prompts, answers and keys are not: nobody has them.

    Lists of what grows with use are newest first.
    """

    exported_at: Instant
    account: UserOut
    mail_suppression: MailSuppression | None
    periods: list[PeriodOut]
    keys: list[KeyOut] = Field(description="Personal keys, without the keys themselves.")
    alerts: list[AlertOut]
    counters: list[PersonalCounter]
    refusals: RefusedOut
    token_requests: list[OwnRequest] = Field(description="What they have asked for.")
    usage: list[TokenUsage]
    transactions: list[TransactionOut]
    audit: list[AuditOut] = Field(description="Rows about the person, the address and the keys.")
    left_out: list[str] = Field(
        description="Lists that hold more: `solaris users export-data` writes them whole."
    )


def fields_of(data: PersonalData, rule: ThresholdRule) -> dict[str, Any]:
    """The fields of PersonalDataOut that are not paged, by name."""
    user = data.account.user
    of = MailSuppression.of
    return {
        "exported_at": data.exported_at,
        "account": UserOut.of(row_of(user, rule), data.account.renews_at, data.group),
        "mail_suppression": None if data.suppression is None else of(data.suppression),
        "periods": [PeriodOut.of(one) for one in data.months],
        "keys": [KeyOut.of(one) for one in data.keys],
        "alerts": [AlertOut.of(AlertRow(one, user.email, user.name)) for one in data.alerts],
        "counters": [PersonalCounter.of(one) for one in data.counters],
        "refusals": RefusedOut.of(data.refusals),
        "token_requests": [OwnRequest.of(one, user.period) for one in data.requests],
    }


def sections_of(
    data: PersonalData, rates: ExchangeRates
) -> dict[str, tuple[Section[Any], Iterator[ApiModel]]]:
    """The paged lists by their names, each with its rows as they are read."""
    return {
        "usage": (data.usage, (TokenUsage.of(one, rates) for one in data.usage)),
        "transactions": (data.transactions, map(TransactionOut.of, data.transactions)),
        "audit": (data.audit, map(AuditOut.of, data.audit)),
    }


def whole(data: PersonalData, rule: ThresholdRule, rates: ExchangeRates) -> PersonalDataOut:
    """Everything at once, for an answer of the API."""
    sections = sections_of(data, rates)
    lists: dict[str, Any] = {name: list(rows) for name, (_, rows) in sections.items()}
    left_out = [name for name, (section, _) in sections.items() if section.is_cut]
    return PersonalDataOut(**fields_of(data, rule), **lists, left_out=left_out)
