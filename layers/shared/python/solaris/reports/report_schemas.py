"""Models of usage reports. The filters are the exports' too."""

from datetime import date, timedelta
from typing import Annotated

from pydantic import Field, StringConstraints, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from solaris.ledger.figures import MAX_FILTER_VALUES, MAX_REPORT_DAYS, ReportFilters
from solaris.platform.web.money_schemas import NO_LOCAL_COST, LocalCostOut
from solaris.platform.web.schemas import ApiModel, Instant
from solaris.reports.report import GroupBy, ReportSort

NO_PRICE = "Null: requests without a known price, and the others cost nothing."
ESTIMATED = (
    "Milliseconds from the request to the first byte, estimated from buckets (each twice as wide "
    "as the one before; 12,800: that or more). Null where none was counted."
)
REFUSED = (
    "Requests that the gateway refused before any model was asked: they are in no other figure. "
    "Up to five seconds late."
)
MAX_ROWS = 500
DEFAULT_ROWS = 100

Text = Annotated[str, StringConstraints(min_length=1, max_length=256)]
Values = Annotated[tuple[Text, ...], Field(max_length=MAX_FILTER_VALUES)]
Statuses = Annotated[
    tuple[Annotated[str, StringConstraints(pattern=r"^([1-5]([0-9][0-9]|xx)|0)$")], ...],
    Field(max_length=MAX_FILTER_VALUES),
]


def check_range(first: date | None, last: date, most_days: int) -> None:
    """Raise what a validator raises for a range that is backwards or too long, in days.

    `first` is None when it was wrong itself.
    """
    if first is None:
        return
    if last < first:
        raise PydanticCustomError("range_backwards", "must not be before the first day")
    if (last - first).days >= most_days:
        context = {"most_days": most_days}
        raise PydanticCustomError(
            "range_too_long", "must be within {most_days} days of the first day", context
        )


def _last_within(first: date) -> date:
    """The last day of the longest range from a first day."""
    return first + min(timedelta(days=MAX_REPORT_DAYS - 1), date.max - first)


class ReportFilterModel(ApiModel):
    """Which requests a report or an export covers."""

    from_: date | None = Field(
        default=None,
        alias="from",
        description="First day, in the periods' time zone; default: the first of `to`'s month.",
    )
    to: date | None = Field(default=None, description="Last day, inclusive; default: today.")
    user_ids: Values = ()
    models: Values = Field(
        default=(), description="`-` counts the requests that no model answered."
    )
    statuses: Statuses = Field(
        default=(), description="HTTP statuses (`404`) or classes (`4xx`); `0`: left by a crash."
    )
    endpoints: Values = Field(default=(), description="Whole paths, `/v1/chat/completions`.")

    @field_validator("to")
    @classmethod
    def _range(cls, to: date | None, info: ValidationInfo) -> date | None:
        if to is not None:
            check_range(info.data.get("from_"), to, MAX_REPORT_DAYS)
        return to

    def filters(self, today: date) -> ReportFilters:
        """As the services take them; nothing said: the month of `today` (of the periods' zone).

        A start alone goes on to today, for 400 days at most.
        """
        last = self.to or (max(today, self.from_) if self.from_ else today)
        first = self.from_ or last.replace(day=1)
        return ReportFilters(
            first_day=first,
            last_day=min(last, _last_within(first)),
            user_ids=self.user_ids,
            models=self.models,
            statuses=self.statuses,
            endpoints=self.endpoints,
        )


class UsageReportQuery(ReportFilterModel):
    """A report on the screen: filters, grouping, order, page."""

    group_by: GroupBy = GroupBy.USER
    sort: ReportSort | None = Field(
        default=None, description="Default: `tokens`, and `key` for days and single requests."
    )
    descending: bool | None = Field(
        default=None, description="Default: true, and false for days by key."
    )
    limit: int = Field(default=DEFAULT_ROWS, ge=1, le=MAX_ROWS, description="Rows a page.")
    cursor: str | None = Field(default=None, max_length=1000)


class FiguresOut(ApiModel):
    """Sums over requests. Tokens; the cost in micro-dollars (1 USD = 1,000,000), rounded."""

    requests: int
    errors: int
    prompt_tokens: int
    completion_tokens: int
    cached_tokens: int
    tokens: int = Field(description="Charged tokens: what was taken from quotas.")
    cost_micros: int | None = Field(description=NO_PRICE)
    cost: float | None = Field(description="USD, exact to the nano-dollar.")
    local_cost: LocalCostOut | None = Field(description=NO_LOCAL_COST)
    unpriced_requests: int = Field(
        description="Requests that the cost leaves out: no price is known of their models."
    )
    over_limit_requests: int = Field(
        description="Would have been refused, were their users not warned only."
    )


class UsageRow(FiguresOut):
    """One row: a user, a model, a day, or one request (then with its particulars)."""

    key: str = Field(description="User id, model, day or request id.")
    user_id: str | None = None
    email: str | None = None
    name: str | None = None
    day: date | None = None
    model: str | None = None
    asked_model: str | None = Field(default=None, description="Where it is not `model`.")
    answered_model: str | None = Field(default=None, description="Where it is not `model`.")
    endpoint: str | None = None
    method: str | None = None
    status_code: int | None = None
    outcome: str | None = None
    estimated: bool | None = None
    reasoning_tokens: int | None = None
    response_time_ms: int | None = None
    first_byte_ms: int | None = None
    first_byte_p95_ms: int | None = Field(
        default=None,
        description=(
            f"95% of the streamed answers began within it. {ESTIMATED} Of a day or a model, and of "
            "all users."
        ),
    )
    refusals: int | None = Field(
        default=None, description=f"{REFUSED} Of a day, and of all users and models."
    )
    error_message: str | None = None
    key_id: str | None = None
    conversation_id: str | None = None
    created_at: Instant | None = None


class UsageReport(ApiModel):
    """A page of rows, and the totals of the whole report."""

    items: list[UsageRow]
    next_cursor: str | None = Field(description="Pass it as `cursor`; null on the last page.")
    total: int | None = Field(description="Rows in all; null for single requests with filters.")
    totals: FiguresOut | None = Field(
        description="Of the whole report; null on later pages where counting is dear."
    )
