"""What is configured, and what the API offers."""

from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from solaris.operations.schemas import (
    MailOut,
    PlanOut,
    ProvisioningOut,
    QuotaOut,
    RateLimitOut,
    RateLimitsOut,
    RateOut,
    SettingsOut,
    SigningInOut,
    SystemOut,
    UpstreamOut,
)
from solaris.platform.access import OPEN, SIGNED_IN, Access, Scope
from solaris.platform.exchange import MILLIONTHS
from solaris.platform.settings import Settings
from solaris.platform.web.openapi import document_json
from solaris.platform.web.operations import JSON, Call, OtherAnswer, Reply, of_oneself, operation
from solaris.quota.user import Plan

if TYPE_CHECKING:
    from solaris.operations.parts import OperationsParts


@operation(
    "GET",
    "/openapi.json",
    access=OPEN,
    tag="Settings",
    summary="This document",
    name="getOpenApi",
    others=(OtherAnswer(status=200, description="OpenAPI 3.1"),),
)
def get_open_api(parts: "OperationsParts", call: Call) -> Reply:  # noqa: ARG001 - an operation's signature
    """The API in OpenAPI 3.1, made from the code that answers."""
    return Reply(content=document_json(parts.platform.version), media_type=JSON)


@operation(
    "GET",
    "/admin/settings",
    access=Access(SIGNED_IN, key=Scope.SETTINGS_READ),
    tag="Settings",
    summary="What is configured",
    name="getSettings",
    within=of_oneself,
)
def get_settings(parts: "OperationsParts", call: Call) -> SettingsOut:  # noqa: ARG001 - an operation's signature
    """Limits, thresholds, mail, upstream and sign-in as they are in force; never a secret."""
    settings = parts.platform.settings
    return SettingsOut(
        system=SystemOut(
            version=parts.platform.version,
            stage=settings.solaris_stage,
            locale=settings.locale,
            time_zone=settings.period_timezone,
            currency=settings.currency,
            exchange_rates=[
                RateOut(since=since, rate=rate / MILLIONTHS)
                for since, rate in settings.exchange.entries
            ],
            support_email=settings.support_email,
        ),
        quota=_quota(settings, parts.plan_limits),
        provisioning=ProvisioningOut(
            auto_provision=settings.auto_provision,
            allowed_email_domains=list(settings.allowed_email_domains),
        ),
        mail=MailOut(
            transport="smtp" if settings.smtp_host else "ses",
            from_email=settings.from_email,
            admin_alert_emails=list(settings.admin_alert_emails),
            monthly_summary=settings.monthly_summary,
        ),
        upstream=UpstreamOut(
            url=_without_credentials(settings.upstream_url),
            has_key=settings.upstream_key is not None,
            connect_timeout_seconds=settings.upstream_connect_timeout_seconds,
            idle_timeout_seconds=settings.upstream_idle_timeout_seconds,
        ),
        redis_configured=settings.redis_address is not None,
        rate_limits=_rate_limits(settings),
        signing_in=_signing_in(settings),
    )


def _quota(settings: Settings, limits: Mapping[Plan, int]) -> QuotaOut:
    return QuotaOut(
        plans=[PlanOut(plan=plan.value, monthly_limit=limit) for plan, limit in limits.items()],
        default_monthly_limit=settings.default_monthly_limit,
        min_user_limit=settings.min_user_limit,
        max_user_limit=settings.max_user_limit,
        alert_threshold=settings.alert_threshold,
        critical_threshold=settings.critical_threshold,
        block_threshold=settings.block_threshold,
        cached_token_weight=settings.cached_token_weight,
        strict_cap=settings.strict_cap,
    )


def _rate_limits(settings: Settings) -> RateLimitsOut:
    return RateLimitsOut(
        users=RateLimitOut(
            per_second=settings.rate_limit_per_second, burst=settings.rate_limit_burst
        ),
        admins=RateLimitOut(
            per_second=settings.admin_rate_limit_per_second, burst=settings.admin_rate_limit_burst
        ),
    )


def _signing_in(settings: Settings) -> SigningInOut:
    return SigningInOut(
        access_token_minutes=settings.access_token_minutes,
        session_days=settings.session_days,
        oidc_enabled=settings.oidc_issuer is not None,
        oidc_issuer=_without_credentials(settings.oidc_issuer),
        cors_allowed_origins=list(settings.cors_allowed_origins),
    )


def _without_credentials(url: str | None) -> str | None:
    """Scheme, host, port and path: a query or a user may hold a key."""
    if url is None:
        return None
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
