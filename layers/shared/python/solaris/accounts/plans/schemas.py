"""Models of plans: what each gives, who has it, how far a change has come."""

from typing import Annotated, Any, Literal

from pydantic import Field

from solaris.accounts.daily.schemas import DailyLimitRule
from solaris.accounts.plans.impact import Impact, PlanCounts
from solaris.accounts.plans.progress import Progress
from solaris.accounts.schemas import Reason, Tokens
from solaris.platform.rate_rule import (
    MAX_RATE_BURST,
    MAX_RATE_PER_SECOND,
    MIN_RATE_PER_SECOND,
    RateRule,
)
from solaris.platform.web.schemas import ApiModel, Instant
from solaris.quota.plans import PlanPolicy
from solaris.quota.quota import PPM, threshold_ppm
from solaris.quota.thresholds import ThresholdRule
from solaris.quota.user import Enforcement, Plan

Part = Annotated[
    float, Field(ge=1 / PPM, le=1, description="A part of what is granted: 0.8 is 80%.")
]
Rate = Annotated[float, Field(ge=MIN_RATE_PER_SECOND, le=MAX_RATE_PER_SECOND)]
_AS_SET = "null: as the environment has it."


class PlanTerms(ApiModel):
    """What a plan gives to those who have it; null: as the settings have it for everybody."""

    monthly_limit: int
    daily_limit: str | None = Field(
        description="A day's cap: tokens, or `auto:25` for a thirtieth of the month and 25% more."
    )
    enforcement: Enforcement
    warning: float | None = Field(description="First warning, a part of what is granted.")
    critical: float | None = Field(description="Second warning.")
    rate_per_second: float | None = Field(description="Requests a second of one user.")
    rate_burst: int | None = Field(description="Requests of one user at once.")

    @classmethod
    def fields_of(cls, policy: PlanPolicy) -> dict[str, Any]:
        """A policy on the wire."""
        rate = policy.rate
        return {
            "monthly_limit": policy.monthly_limit,
            "daily_limit": policy.daily_limit,
            "enforcement": policy.enforcement,
            "warning": _part(policy.warning_ppm),
            "critical": _part(policy.critical_ppm),
            "rate_per_second": None if rate is None else rate.per_second,
            "rate_burst": None if rate is None else rate.burst,
        }


class PlanDetail(PlanTerms):
    """A plan and who has it. Users are counted without the deleted."""

    plan: Plan
    environment_limit: int = Field(description="The limit where nobody has stated another.")
    users: int
    users_with_plan_limit: int
    users_with_own_limit: int = Field(description="A change of the plan's limit leaves them alone.")
    users_with_default_limit: int = Field(
        description="Made by a first request, with DEFAULT_MONTHLY_LIMIT; left alone, too."
    )

    @classmethod
    def of(
        cls, plan: Plan, policy: PlanPolicy, counts: PlanCounts, environment_limit: int
    ) -> "PlanDetail":
        """A plan."""
        return cls(
            plan=plan,
            environment_limit=environment_limit,
            users=counts.users,
            users_with_plan_limit=counts.from_plan,
            users_with_own_limit=counts.own,
            users_with_default_limit=counts.default,
            **cls.fields_of(policy),
        )


class PropagationOut(ApiModel):
    """How far the last change has come to those who have the plans."""

    state: Literal["running", "done"]
    users: int = Field(description="Looked at so far.")
    total: int = Field(description="About so many there are.")
    changed: int = Field(description="Who got something.")
    failed: int = Field(description="Items that could not be read.")
    actor: str
    started_at: Instant
    finished_at: Instant | None

    @classmethod
    def of(cls, progress: Progress) -> "PropagationOut":
        """As the item has it."""
        return cls(
            state="done" if progress.is_done else "running",
            users=progress.users,
            total=max(progress.total, progress.users),
            changed=progress.changed,
            failed=progress.failed,
            actor=progress.actor,
            started_at=progress.started_at,
            finished_at=progress.finished_at,
        )


class PlanDefaults(ApiModel):
    """What holds for a plan that states nothing: the settings."""

    warning: float
    critical: float
    rate_per_second: float
    rate_burst: int

    @classmethod
    def of(cls, rule: ThresholdRule, rate: RateRule) -> "PlanDefaults":
        """The settings' thresholds and rate."""
        return cls(
            warning=rule.warning_ppm / PPM,
            critical=rule.critical_ppm / PPM,
            rate_per_second=rate.per_second,
            rate_burst=rate.burst,
        )


class PlansOut(ApiModel):
    """All plans, and who has changed them last."""

    version: int = Field(description="To be named by a change; 0: nobody has changed any.")
    changed_at: Instant | None
    changed_by: str | None
    items: list[PlanDetail]
    defaults: PlanDefaults
    propagation: PropagationOut | None = Field(description="null: nobody has changed a plan yet.")


class PlanPreviewIn(ApiModel):
    """What shall be different. Left out: stays; null: as the environment has it."""

    monthly_limit: Tokens | None = Field(default=None, description=_AS_SET)
    daily_limit: DailyLimitRule | None = Field(
        default=None, description="`50000` or `auto:25`; null: none."
    )
    enforcement: Enforcement | None = Field(default=None, description="null: `block`.")
    warning: Part | None = Field(default=None, description=_AS_SET)
    critical: Part | None = Field(default=None, description=_AS_SET)
    rate_per_second: Rate | None = Field(
        default=None, description="Together with `rateBurst`. " + _AS_SET
    )
    rate_burst: Annotated[int, Field(ge=1, le=MAX_RATE_BURST)] | None = Field(
        default=None, description=_AS_SET
    )

    def change(self) -> dict[str, Any]:
        """As the service takes it."""
        stated = {name: getattr(self, name) for name in PlanPreviewIn.model_fields}
        change = {name: value for name, value in stated.items() if name in self.model_fields_set}
        for name in ("warning", "critical"):
            if name in change:
                part = change.pop(name)
                change[f"{name}_ppm"] = None if part is None else threshold_ppm(part)
        return change


class PlanUpdateIn(PlanPreviewIn):
    """What shall be different, made for one version of the plans."""

    version: int = Field(ge=0, description="`version` of the plans that the change was made for.")
    reason: Reason = ""


class PlanPreviewOut(ApiModel):
    """Whom a change would reach, by this month's usage so far. Nothing is written."""

    plan: Plan
    users: int = Field(description="Who has the plan.")
    changed: int = Field(description="Who would get something else.")
    users_with_own_limit: int
    users_with_default_limit: int
    used_up: int = Field(description="Who would have no tokens left, and has some now.")
    blocked: int = Field(description="Who would be refused, and is served now.")
    served: int = Field(description="Who would be served again.")

    @classmethod
    def of(cls, plan: Plan, impact: Impact) -> "PlanPreviewOut":
        """The counts."""
        return cls(
            plan=plan,
            users=impact.counts.users,
            changed=impact.changed,
            users_with_own_limit=impact.counts.own,
            users_with_default_limit=impact.counts.default,
            used_up=impact.used_up,
            blocked=impact.blocked,
            served=impact.served,
        )


def _part(ppm: int | None) -> float | None:
    return None if ppm is None else ppm / PPM
