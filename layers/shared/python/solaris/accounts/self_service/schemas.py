"""Models of the self-service page: what a user is told about themselves, and the link to it."""

from datetime import date, datetime

from pydantic import Field

from solaris.accounts.daily.schemas import DayFigures, day_figures
from solaris.accounts.grants.schemas import OwnGrant
from solaris.accounts.self_service.service import OwnUsage
from solaris.accounts.token_requests.schemas import OwnAsking
from solaris.directory.listing import UsageLevel, level_of
from solaris.platform.web.schemas import ApiModel, Instant
from solaris.quota.grants import grants_now
from solaris.quota.personal_links import PersonalLink, masked_email
from solaris.quota.thresholds import ThresholdRule, rule_of
from solaris.quota.user import Enforcement, Plan, UserStatus


class OwnDay(ApiModel):
    """One day in the periods' time zone."""

    date: date
    tokens: int = Field(description="Charged tokens.")
    requests: int


class OwnForecast(ApiModel):
    """Where the month is heading at the mean of the last seven whole days."""

    runs_out_on: date | None = Field(
        description="Local day; null when the month ends before, or at a pace of zero."
    )
    pace_per_day: int = Field(description="Tokens a day, rounded down.")


class MyUsage(DayFigures):
    """A user's own quota and usage, and nothing of anybody else."""

    name: str
    email: str = Field(examples=["a***@example.com"], description="Masked.")
    plan: Plan
    status: UserStatus
    enforcement: Enforcement = Field(
        description="`warn`: served all the same when the quota is used up."
    )
    models: list[str] | None = Field(
        description="Names, or beginnings of names followed by `*`; null: any that a key allows."
    )
    monthly_limit: int
    additional_tokens: int
    grants: list[OwnGrant] = Field(description="Of the additional tokens, first used first.")
    current_usage: int
    available_tokens: int = Field(description="What a new request may take.")
    remaining_tokens: int = Field(description="Limit + additional - used, never below 0.")
    usage_percentage: float = Field(description="Of the monthly limit.")
    granted_percentage: float = Field(
        description="Of limit plus additional tokens: what levels and warnings follow."
    )
    usage_level: UsageLevel
    period: str = Field(examples=["2026-11"])
    renews_at: Instant
    usage_by_day: list[OwnDay] = Field(
        description="The last 30 days, oldest first, today included; days without requests too."
    )
    usage_by_model: dict[str, int] = Field(
        description="The month's charged tokens, most used model first."
    )
    forecast: OwnForecast
    asking: OwnAsking
    support_email: str | None = Field(description="Whom to write to.")
    link_expires_at: Instant

    @classmethod
    def of(
        cls,
        own: OwnUsage,
        *,
        rule: ThresholdRule,
        support_email: str | None,
        link_expires_at: datetime,
    ) -> "MyUsage":
        """What the service read, for the bearer of a link."""
        user, quota = own.account.user, own.account.user.quota
        return cls(
            name=user.name,
            email=masked_email(user.email),
            plan=user.plan,
            status=user.status,
            enforcement=user.enforcement,
            models=None if user.models is None else list(user.models),
            monthly_limit=user.monthly_limit,
            additional_tokens=user.additional_tokens,
            grants=[OwnGrant.of(one, own.account.renews_at) for one in grants_now(user)],
            current_usage=user.current_usage,
            available_tokens=user.available_tokens,
            remaining_tokens=quota.remaining_tokens,
            usage_percentage=quota.usage_percentage,
            granted_percentage=quota.granted_percentage,
            usage_level=level_of(quota, rule_of(user, rule)),
            period=user.period,
            renews_at=own.account.renews_at,
            **day_figures(user),
            usage_by_day=[
                OwnDay(
                    date=date.fromisoformat(one.day),
                    tokens=one.figures.charged_tokens,
                    requests=one.figures.requests,
                )
                for one in own.days
            ],
            usage_by_model=own.by_model,
            forecast=OwnForecast(
                runs_out_on=own.forecast.runs_out_on,
                pace_per_day=int(own.forecast.pace.a_day),
            ),
            asking=OwnAsking.of(
                own.may_ask,
                own.last_request,
                period=user.period,
                suggestions=own.suggested_tokens,
            ),
            support_email=support_email,
            link_expires_at=link_expires_at,
        )


class PersonalLinkOut(ApiModel):
    """A link that opens one user's own page to whoever holds it."""

    url: str
    expires_at: Instant

    @classmethod
    def of(cls, link: PersonalLink) -> "PersonalLinkOut":
        """A link."""
        return cls(url=link.url, expires_at=link.expires_at)
