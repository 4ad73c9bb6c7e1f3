"""What is configured, for people who administer: never a secret."""

from datetime import date
from typing import Literal

from pydantic import Field

from solaris.platform.exchange import Currency
from solaris.platform.settings_values import AutoProvision
from solaris.platform.texts import Locale
from solaris.platform.web.schemas import ApiModel


class RateOut(ApiModel):
    """What a dollar costs in CURRENCY from a day on, until the next rate's."""

    since: date
    rate: float


class SystemOut(ApiModel):
    """Where and in which language it runs."""

    version: str
    stage: str
    locale: Locale
    time_zone: str
    currency: Currency = Field(description="In which costs are shown; the books are in USD.")
    exchange_rates: list[RateOut] = Field(description="By their first day; none in USD.")
    support_email: str | None


class PlanOut(ApiModel):
    """A plan's monthly limit as it is now, in tokens."""

    plan: str
    monthly_limit: int


class QuotaOut(ApiModel):
    """Limits in tokens a month; thresholds as parts of 1."""

    plans: list[PlanOut]
    default_monthly_limit: int
    min_user_limit: int
    max_user_limit: int
    alert_threshold: float
    critical_threshold: float
    block_threshold: float
    cached_token_weight: float
    strict_cap: bool


class ProvisioningOut(ApiModel):
    """What a first request makes of its user."""

    auto_provision: AutoProvision
    allowed_email_domains: list[str]


class MailOut(ApiModel):
    """How mails go out."""

    transport: Literal["ses", "smtp"]
    from_email: str
    admin_alert_emails: list[str]
    monthly_summary: bool


class UpstreamOut(ApiModel):
    """Where models answer; the key is never shown."""

    url: str | None
    has_key: bool
    connect_timeout_seconds: float
    idle_timeout_seconds: float


class RateLimitOut(ApiModel):
    """Requests a second, and how many at once."""

    per_second: float
    burst: int


class RateLimitsOut(ApiModel):
    """Of each user under /v1 and of each admin under /api."""

    users: RateLimitOut
    admins: RateLimitOut


class SigningInOut(ApiModel):
    """How admins sign in, and for how long."""

    access_token_minutes: int
    session_days: int
    oidc_enabled: bool
    oidc_issuer: str | None
    cors_allowed_origins: list[str]


class SettingsOut(ApiModel):
    """What is configured, grouped; to change a value, set its variable and start anew."""

    system: SystemOut
    quota: QuotaOut
    provisioning: ProvisioningOut
    mail: MailOut
    upstream: UpstreamOut
    redis_configured: bool
    rate_limits: RateLimitsOut
    signing_in: SigningInOut
