"""Models of what is on record about one user: usage, statistics, transactions, closed months."""

from pydantic import Field
from pydantic.alias_generators import to_camel

from solaris.accounts.history import UserStats
from solaris.accounts.schemas import UserOut
from solaris.ledger.figures import NANOS_IN_DOLLAR, UsageLine, charged_tokens, usd
from solaris.ledger.record_choice import RecordFilters
from solaris.ledger.refused_days import Refused, RefusedDay, RefusedOf
from solaris.ledger.transactions import Transaction, TransactionKind
from solaris.months.closed import ClosedMonth
from solaris.platform.exchange import ExchangeRates
from solaris.platform.web.schemas import (
    HELD_WEIGHT,
    NO_LOCAL_COST,
    WEIGHT,
    ApiModel,
    Instant,
    LocalCostOut,
    PageQuery,
    RangeEnd,
    RangeStart,
    WeightOut,
)
from solaris.quota.quota import Quota
from solaris.quota.usage import Outcome
from solaris.reports.schemas import NO_PRICE

MAX_MODELS = 20
MAX_MODEL_CHARACTERS = 200
MAX_PERIODS = 36


def _usd(nanos: int | None) -> float | None:
    return None if nanos is None else usd(nanos)


class UsageQuery(PageQuery):
    """Which usage records are listed, newest first; a page may be short and have a next one."""

    from_: RangeStart | None = Field(default=None, alias="from", description="Included.")
    to: RangeEnd | None = Field(default=None, description="Not included; a day without a time is.")
    model: tuple[str, ...] = Field(default=(), max_length=MAX_MODELS)
    outcome: tuple[Outcome, ...] = Field(default=(), max_length=3)
    status_from: int | None = Field(
        default=None, ge=0, le=999, description="Least HTTP status: 400 for errors only."
    )
    status_to: int | None = Field(default=None, ge=0, le=999, description="Largest HTTP status.")

    def filters(self) -> RecordFilters:
        """As the store takes them."""
        return RecordFilters(
            start=self.from_,
            end=self.to,
            models=self.model,
            outcomes=self.outcome,
            least_status=self.status_from,
            most_status=self.status_to,
        )


class TokenUsage(ApiModel):
    """One request. Costs are USD, exact to the nano-dollar, or null when no price is known."""

    id: str
    user_id: str
    request_id: str
    model: str
    asked_model: str | None = Field(description="What the client asked for, where not `model`.")
    answered_model: str | None = Field(
        description="What the upstream says has answered, where not `model`."
    )
    endpoint: str
    method: str
    outcome: Outcome
    prompt_tokens: int
    completion_tokens: int
    total_tokens: int
    cached_tokens: int = Field(description="Part of the prompt's.")
    cache_write_tokens: int = Field(description="Part of the prompt's: written to the cache.")
    cache_write_1h_tokens: int = Field(description="Part of those: kept for an hour.")
    reasoning_tokens: int = Field(description="Part of the completion's.")
    charged_tokens: int = Field(description="What was taken from the quota.")
    weight: WeightOut | None = Field(description=WEIGHT)
    held_weight: WeightOut | None = Field(description=HELD_WEIGHT)
    cost_per_token: float | None
    total_cost: float | None
    cost_micros: int | None = Field(description="Rounded half up.")
    local_cost: LocalCostOut | None = Field(description=NO_LOCAL_COST)
    estimated: bool = Field(description="Counted here: the upstream stated no usage.")
    status_code: int = Field(description="0: a crash left the request open.")
    error_message: str | None
    response_time_ms: int | None
    first_byte_ms: int | None
    key_id: str | None
    conversation_id: str | None
    user_agent: str | None
    ip_address: str | None
    created_at: Instant

    @classmethod
    def of(cls, line: UsageLine, rates: ExchangeRates) -> "TokenUsage":
        """A record."""
        total, cost = line.total_tokens, line.cost
        per_token = None if cost is None else 0.0
        if cost and total:
            per_token = round(cost / NANOS_IN_DOLLAR / total, 12)
        return cls(
            id=line.record_key,
            user_id=line.user_id,
            request_id=line.request_id,
            model=line.model,
            asked_model=line.asked_model,
            answered_model=line.answered_model,
            endpoint=line.endpoint,
            method=line.method,
            outcome=Outcome(line.outcome),
            prompt_tokens=line.prompt_tokens,
            completion_tokens=line.completion_tokens,
            total_tokens=total,
            cached_tokens=line.cached_tokens,
            cache_write_tokens=line.cache_write_tokens,
            cache_write_1h_tokens=line.cache_write_1h_tokens,
            reasoning_tokens=line.reasoning_tokens,
            charged_tokens=line.charged_tokens,
            weight=WeightOut.of(line.weight),
            held_weight=WeightOut.of(line.held_weight),
            cost_per_token=per_token,
            total_cost=_usd(cost),
            cost_micros=line.shown_micros,
            local_cost=LocalCostOut.of(rates.of_day(cost, line.day)),
            estimated=line.estimated,
            status_code=line.status_code,
            error_message=line.error_message,
            response_time_ms=line.response_time_ms,
            first_byte_ms=line.first_byte_ms,
            key_id=line.key_id,
            conversation_id=line.conversation_id,
            user_agent=line.user_agent,
            ip_address=line.ip_address,
            created_at=line.created_at,
        )


class StatsTokens(ApiModel):
    """The month's quota."""

    monthly_limit: int
    current_usage: int
    additional_tokens: int
    remaining: int
    usage_percentage: float = Field(description="Of the monthly limit.")
    granted_percentage: float = Field(
        description="Of limit plus additional tokens: what levels and warnings follow."
    )


class StatsAlerts(ApiModel):
    """Which warnings the user has had this month."""

    alert80_sent: bool
    alert95_sent: bool
    last_alert_date: Instant | None


class StatsDay(ApiModel):
    """One day in the periods' time zone."""

    date: str = Field(examples=["2026-11-22"])
    tokens: int
    requests: int
    cost_micros: int | None = Field(description=NO_PRICE)
    local_cost: LocalCostOut | None = Field(description=NO_LOCAL_COST)
    unpriced_requests: int
    over_limit_requests: int = Field(
        description="Would have been refused, were the user not warned only."
    )


class UserStatsOut(ApiModel):
    """A user and the last 30 days, today included, by the daily counters. Charged tokens."""

    user: UserOut
    tokens: StatsTokens
    usage30_days: int = Field(description="Charged tokens.")
    requests30_days: int
    cost30_days: float | None = Field(description="USD.")
    cost30_days_micros: int | None = Field(description=NO_PRICE)
    local_cost30_days: LocalCostOut | None = Field(description=NO_LOCAL_COST)
    unpriced30_days: int = Field(description="Requests that the cost leaves out.")
    over_limit30_days: int = Field(
        description="Requests that would have been refused, were the user not warned only."
    )
    usage_by_model: dict[str, int] = Field(
        description="Of the 30 days, the most used model first; `-`: no model answered."
    )
    usage_by_day: list[StatsDay] = Field(description="30 days, oldest first.")
    alerts: StatsAlerts

    @classmethod
    def of(cls, stats: UserStats, user: UserOut, rates: ExchangeRates) -> "UserStatsOut":
        """The figures beside the user as shown."""
        total = stats.total
        return cls(
            user=user,
            tokens=StatsTokens(
                monthly_limit=user.monthly_limit,
                current_usage=user.current_usage,
                additional_tokens=user.additional_tokens,
                remaining=user.remaining_tokens,
                usage_percentage=user.usage_percentage,
                granted_percentage=user.granted_percentage,
            ),
            usage30_days=total.charged_tokens,
            requests30_days=total.requests,
            cost30_days=_usd(total.cost),
            cost30_days_micros=total.shown_micros,
            local_cost30_days=LocalCostOut.of(
                rates.of_days(total.cost, total.local_cost, stats.days[0].day, stats.days[-1].day)
            ),
            unpriced30_days=total.unpriced_requests,
            over_limit30_days=total.over_limit_requests,
            usage_by_model=stats.by_model,
            usage_by_day=[
                StatsDay(
                    date=one.day,
                    tokens=one.figures.charged_tokens,
                    requests=one.figures.requests,
                    cost_micros=one.figures.shown_micros,
                    local_cost=LocalCostOut.of(rates.of_day(one.figures.cost, one.day)),
                    unpriced_requests=one.figures.unpriced_requests,
                    over_limit_requests=one.figures.over_limit_requests,
                )
                for one in stats.days
            ],
            alerts=StatsAlerts(
                alert80_sent=user.alert80_sent,
                alert95_sent=user.alert95_sent,
                last_alert_date=user.last_alert_date,
            ),
        )


class TransactionOut(ApiModel):
    """One change of a grant, a limit, a plan, a status or the usage; rows never change."""

    id: str
    user_id: str
    kind: TransactionKind
    amount: int = Field(description="Tokens: granted, forgiven, or by how much a figure rose.")
    reason: str
    actor: str = Field(description="An admin's address, `cli:<login>`, `system` or `reconcile`.")
    before: dict[str, int | str]
    after: dict[str, int | str]
    balance_after: int = Field(description="Limit + additional - used; may be below zero.")
    period: str
    version: int = Field(description="Of the user after it.")
    created_at: Instant

    @classmethod
    def of(cls, row: Transaction) -> "TransactionOut":
        """A row."""
        return cls(
            id=row.transaction_id,
            user_id=row.user_id,
            kind=row.kind,
            amount=row.amount,
            reason=row.reason,
            actor=row.actor,
            before={to_camel(name): value for name, value in row.before.items()},
            after={to_camel(name): value for name, value in row.after.items()},
            balance_after=row.balance_after,
            period=row.period,
            version=row.version,
            created_at=row.created_at,
        )


class PeriodsQuery(ApiModel):
    """How many closed months."""

    limit: int = Field(default=12, ge=1, le=MAX_PERIODS)


class PeriodOut(ApiModel):
    """A closed month; late bookings are in it."""

    period: str
    current_usage: int
    monthly_limit: int
    additional_tokens: int
    usage_percentage: float = Field(description="Of the monthly limit.")
    granted_percentage: float = Field(description="Of limit plus additional tokens.")
    usage_by_model: dict[str, int] = Field(description="Charged tokens, by the counters.")
    total_cost: float | None = Field(description="USD.")
    cost_micros: int | None = Field(description=NO_PRICE)
    local_cost: LocalCostOut | None = Field(description=NO_LOCAL_COST)
    unpriced_requests: int = Field(description="Requests that the cost leaves out.")

    @classmethod
    def of(cls, month: ClosedMonth) -> "PeriodOut":
        """A month."""
        quota = Quota(
            monthly_limit=month.monthly_limit,
            additional_tokens=month.additional_tokens,
            current_usage=max(0, month.used_tokens),
            reserved_tokens=0,
        )
        return cls(
            period=month.period,
            current_usage=month.used_tokens,
            monthly_limit=month.monthly_limit,
            additional_tokens=month.additional_tokens,
            usage_percentage=quota.usage_percentage,
            granted_percentage=quota.granted_percentage,
            usage_by_model=charged_tokens(month.models),
            total_cost=_usd(month.cost),
            cost_micros=month.cost_micros,
            local_cost=LocalCostOut.of(month.local_cost),
            unpriced_requests=month.unpriced_requests,
        )


class PeriodsOut(ApiModel):
    """Closed months, newest first."""

    items: list[PeriodOut]


class RefusedDayOut(ApiModel):
    """How often a user was refused on a day, by the code that the client saw."""

    day: str = Field(examples=["2026-11-22"], description="In the periods' zone.")
    counts: dict[str, int] = Field(description="The most frequent first.")

    @classmethod
    def of(cls, one: RefusedDay) -> "RefusedDayOut":
        """A day."""
        return cls(day=one.day, counts=one.counts)


class RefusedRequestOut(ApiModel):
    """One request that the gateway refused."""

    at: Instant
    code: str = Field(examples=["insufficient_quota"])
    model: str = Field(description="As asked for; empty where the request's body was not read.")
    key_id: str

    @classmethod
    def of(cls, one: Refused) -> "RefusedRequestOut":
        """A request."""
        return cls(at=one.at, code=one.code, model=one.model, key_id=one.key_id)


class RefusedOut(ApiModel):
    """What a user was refused: no usage records, since nothing was used.

    A few seconds late, and without what a process held that was killed.
    """

    days: list[RefusedDayOut] = Field(description="Newest first; days of no refusals are left out.")
    last: list[RefusedRequestOut] = Field(description="The last 50 at most, newest first.")

    @classmethod
    def of(cls, found: RefusedOf) -> "RefusedOut":
        """Days and requests."""
        return cls(
            days=[RefusedDayOut.of(one) for one in found.days],
            last=[RefusedRequestOut.of(one) for one in found.last],
        )
