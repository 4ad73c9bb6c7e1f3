"""Models of the statistics, the time series and the forecast."""

from datetime import date

from pydantic import Field, ValidationInfo, field_validator

from solaris.directory.listing import UsageLevel
from solaris.platform.web.money_schemas import NO_LOCAL_COST, LocalCostOut
from solaris.platform.web.schemas import ApiModel, Instant
from solaris.reports.report_schemas import (
    ESTIMATED,
    NO_PRICE,
    REFUSED,
    Values,
    check_range,
)
from solaris.reports.statistics import MAX_DAYS_BY_DAY, MAX_DAYS_BY_HOUR, Interval

_REFUSALS = f"{REFUSED} By reason: the `code` of the error. Null by hour, and with `model`."


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
    group_by: str | None = Field(
        default=None, pattern="^model$", description="`model`: each point by model too."
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


class UserForecast(ApiModel):
    """Where a user's month is heading at the present pace."""

    pace_per_day: int = Field(description="Tokens a day, rounded down.")
    runs_out_on: date | None = Field(
        description="Local day; null when the month ends before, or at a pace of zero."
    )
    month_total: int = Field(description="Tokens.")
    method: str = Field(description="What the pace was made from.")
    based_on_days: int
