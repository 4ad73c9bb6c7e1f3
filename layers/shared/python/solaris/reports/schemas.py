"""Models of usage reports, statistics, time series and the forecast.

The filters of reports are the exports' too.
"""

from datetime import date, timedelta
from typing import Annotated

from pydantic import Field, StringConstraints, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from solaris.directory.listing import UsageLevel
from solaris.ledger.figures import MAX_FILTER_VALUES, MAX_REPORT_DAYS, ReportFilters
from solaris.platform.web.schemas import (
    HELD_WEIGHT,
    NO_LOCAL_COST,
    WEIGHT,
    ApiModel,
    Instant,
    LocalCostOut,
    WeightOut,
)
from solaris.reports.report import GroupBy, ReportSort
from solaris.reports.statistics import MAX_DAYS_BY_DAY, MAX_DAYS_BY_HOUR, Interval

NO_PRICE = "Null: requests without a known price, and the others cost nothing."
ESTIMATED = (
    "Milliseconds from the request to the first byte, estimated from buckets (each twice as wide "
    "as the one before; 12,800: that or more). Null where none was counted."
)
REFUSED = (
    "Requests that the gateway refused before any model was asked: they are in no other figure. "
    "Up to five seconds late."
)
_REFUSALS = f"{REFUSED} By reason: the `code` of the error. Null by hour, and with `model`."
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
    groups: Values = Field(
        default=(), description="Ids of groups, as of each request; `-`: of who was in none."
    )
    keys: Values = Field(default=(), description="Ids of keys; `-`: requests without one.")

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
            group_ids=self.groups,
            key_ids=self.keys,
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
    """One row: a user, model, day, group or key, or one request (then with its particulars)."""

    key: str = Field(
        description="User id, model, day, id of a group or key (`-`: none), or request id."
    )
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
    weight: WeightOut | None = Field(default=None, description=WEIGHT)
    held_weight: WeightOut | None = Field(default=None, description=HELD_WEIGHT)
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
    key_name: str | None = Field(default=None, description="Of a row by key.")
    group_id: str | None = Field(
        default=None, description="Of a row by group, or of one request; null: none."
    )
    group_name: str | None = Field(default=None, description="Of a deleted group, too.")
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


class LevelCounts(ApiModel):
    """Users by how near they are to the block."""

    ok: int
    warning: int
    critical: int
    blocked: int = Field(description="The quota is used up, whatever the account's status.")


class UserCountsOut(ApiModel):
    """Users by status; deleted ones are not counted."""

    total: int
    active: int
    suspended: int
    blocked: int
    pending: int
    used_this_month: int = Field(description="Who has asked anything in the open month.")
    by_level: LevelCounts


class UsageOut(ApiModel):
    """The month's tokens."""

    monthly_total: int = Field(
        description="Charged tokens of the month by the counters: equal to the usage report's."
    )
    average_per_user: int = Field(description="Of the monthly total, per active user, cut.")
    booked_to_users: int = Field(
        description="Sum of the users' current usage; smaller by what usage resets forgave."
    )
    change_percent: float | None = Field(
        description=(
            "Against the previous month up to the same time; null if that was zero, or if usage "
            "began in that month (`previousMonth.beginsOn`)."
        )
    )


class TopUser(ApiModel):
    """One of those who have used most this month."""

    user_id: str
    email: str
    name: str
    usage: int
    usage_percentage: float = Field(description="Of the monthly limit.")
    granted_percentage: float = Field(
        description="Of limit plus additional tokens: what levels and warnings follow."
    )
    usage_level: UsageLevel


class CostOut(ApiModel):
    """Money: in micro-dollars, rounded half up, and in USD, exact to the nano-dollar.

    Both are null when requests have no known price and the others cost nothing.
    """

    micros: int | None
    usd: float | None
    unpriced_requests: int = Field(
        description="Requests that the sum leaves out: no price is known of their models."
    )
    local: LocalCostOut | None = Field(description=NO_LOCAL_COST)


class ModelShare(ApiModel):
    """One model's part of the month; `-` counts requests that no model answered."""

    model: str
    tokens: int
    requests: int
    errors: int
    cost_micros: int | None = Field(description=NO_PRICE)
    cost: float | None = Field(description="USD.")
    local_cost: LocalCostOut | None = Field(description=NO_LOCAL_COST)
    unpriced_requests: int


class GroupShare(ApiModel):
    """One group's part of the month; without an id: what was used in none."""

    group_id: str | None
    name: str | None = Field(description="Of a deleted group, too.")
    tokens: int
    requests: int
    cost_micros: int | None = Field(description=NO_PRICE)
    cost: float | None = Field(description="USD.")
    local_cost: LocalCostOut | None = Field(description=NO_LOCAL_COST)
    unpriced_requests: int


class PreviousMonthOut(ApiModel):
    """The month before."""

    period: str
    total: int = Field(description="Charged tokens.")
    cost: CostOut
    same_day_total: int = Field(description="Tokens up to the same day and time of day.")
    same_day_requests: int = Field(description="Requests up to then.")
    cost_change_percent: float | None = Field(
        description=(
            "The month's cost against this month's up to the same time, in the currency shown; of "
            "the day itself by the part of its tokens. Null if that was zero, if prices are "
            "missing, or if usage began in this month."
        )
    )
    begins_on: date | None = Field(
        description="Day of the first request ever, if it is in this month and not the first."
    )


class TodayOut(ApiModel):
    """Today, in the periods' time zone."""

    day: date
    tokens: int
    requests: int
    errors: int
    cost: CostOut


class SystemForecast(ApiModel):
    """Where the month is heading at the present pace."""

    month_total: int = Field(description="Tokens.")
    cost: CostOut
    pace_per_day: int = Field(description="Tokens a day, rounded down.")
    method: str = Field(description="What the pace was made from.")
    based_on_days: int


class SystemStatsOut(ApiModel):
    """The system now."""

    users: UserCountsOut
    usage: UsageOut
    top_users: list[TopUser]
    by_model: list[ModelShare]
    by_group: list[GroupShare] = Field(
        description="The ten groups that have used most; empty while none has used anything."
    )
    cost: CostOut
    requests: int = Field(description="Of the month.")
    errors: int = Field(description="Of the month: answers with a status of 400 or more.")
    today: TodayOut
    previous_month: PreviousMonthOut
    forecast: SystemForecast
    open_alerts: int
    period: str = Field(description="The month, `2026-11`.")
    renews_at: Instant
    updated_at: Instant


class TimeSeriesQuery(ApiModel):
    """A range of days, both inclusive, in the periods' time zone."""

    interval: Interval = Interval.DAY
    from_: date = Field(alias="from", description="First day.")
    to: date = Field(
        description=(
            f"Last day: at most {MAX_DAYS_BY_DAY} days by day, {MAX_DAYS_BY_HOUR} by hour."
        )
    )
    model: Values = Field(default=(), description="Only these models.")
    group: Values = Field(
        default=(), description="Only these groups (`-`: none), as of each request; by day."
    )
    group_by: str | None = Field(
        default=None,
        pattern="^(model|group)$",
        description="`model`, `group`: each point by model or group, too. Groups by day alone.",
    )

    @field_validator("to")
    @classmethod
    def _range(cls, to: date, info: ValidationInfo) -> date:
        by_hour = info.data.get("interval") is Interval.HOUR
        check_range(info.data.get("from_"), to, MAX_DAYS_BY_HOUR if by_hour else MAX_DAYS_BY_DAY)
        return to


class PointFigures(ApiModel):
    """What a bucket holds. By hour only tokens and requests are known."""

    tokens: int = Field(description="Charged tokens.")
    requests: int
    errors: int | None = None
    cost_micros: int | None = Field(default=None, description=NO_PRICE)
    local_cost: LocalCostOut | None = Field(default=None, description=NO_LOCAL_COST)
    unpriced_requests: int | None = None
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    cached_tokens: int | None = None
    first_byte_p50_ms: int | None = Field(
        default=None, description=f"Half of the streamed answers began within it. {ESTIMATED}"
    )
    first_byte_p95_ms: int | None = Field(
        default=None, description=f"95% of the streamed answers began within it. {ESTIMATED}"
    )


class PointOut(PointFigures):
    """One bucket."""

    time: Instant = Field(description="Its first instant.")
    day: date = Field(description="Its day in the periods' time zone.")
    hour: int | None = Field(default=None, description="Its local hour, 0 to 23; null by day.")
    by_model: dict[str, PointFigures] | None = None
    by_group: dict[str, PointFigures] | None = Field(
        default=None, description="By id; `-`: in none."
    )
    refusals: dict[str, int] | None = Field(default=None, description=_REFUSALS)


class FirstByteOut(ApiModel):
    """How long streamed answers of the whole range took to their first byte."""

    answers: int = Field(description="How many were counted; 0 in the days before they were.")
    p50_ms: int | None = Field(description=f"Half of them began within it. {ESTIMATED}")
    p95_ms: int | None = Field(description=f"95% of them began within it. {ESTIMATED}")


class TimeSeries(ApiModel):
    """Buckets in the order of time, empty ones too; then what the whole range was."""

    interval: Interval
    time_zone: str
    points: list[PointOut]
    first_byte: FirstByteOut | None = Field(description="Null by hour.")
    refusals: dict[str, int] | None = Field(description=_REFUSALS)
    group_names: dict[str, str] = Field(description="By id, with `groupBy=group`.")


class UserForecast(ApiModel):
    """Where a user's month is heading at the present pace."""

    pace_per_day: int = Field(description="Tokens a day, rounded down.")
    runs_out_on: date | None = Field(
        description="Local day; null when the month ends before, or at a pace of zero."
    )
    month_total: int = Field(description="Tokens.")
    method: str = Field(description="What the pace was made from.")
    based_on_days: int
