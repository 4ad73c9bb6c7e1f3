"""Plans: looked at, tried out, changed, brought to those who have them."""

import time
from typing import TYPE_CHECKING

from solaris.accounts.plans import people
from solaris.accounts.plans.impact import impact_of
from solaris.accounts.plans.schemas import (
    PlanDefaults,
    PlanDetail,
    PlanPreviewIn,
    PlanPreviewOut,
    PlansOut,
    PlanUpdateIn,
    PropagationOut,
)
from solaris.platform.access import ADMINS, READERS, Access, Scope
from solaris.platform.web.operations import Call, operation
from solaris.quota.periods import period_of
from solaris.quota.policy import plan_limits_of, threshold_rule_of
from solaris.quota.user import Plan

if TYPE_CHECKING:
    from solaris.accounts.parts import AccountsParts

TAG = "Plans"
FIRST_SECONDS = 2.0
"""So long a change itself works at bringing it to everybody: in a small company all of it."""

CALL_SECONDS = 8.0


@operation(
    "GET",
    "/admin/plans",
    access=Access(READERS, key=Scope.SETTINGS_READ),
    tag=TAG,
    name="getPlans",
    summary="What each plan gives, who has it, how far the last change has come",
)
def get_plans(parts: "AccountsParts", call: Call) -> PlansOut:  # noqa: ARG001 - the shape of every handler
    """A change of a plan reaches those who have it, but for what is their own."""
    return _shown(parts)


@operation(
    "POST",
    "/admin/plans/{plan}/preview",
    access=Access(ADMINS, key=Scope.SETTINGS_WRITE),
    tag=TAG,
    name="previewPlan",
    summary="Whom a change of a plan would reach",
)
def preview_plan(
    parts: "AccountsParts",
    call: Call,  # noqa: ARG001 - the shape of every handler
    *,
    plan: Plan,
    body: PlanPreviewIn,
) -> PlanPreviewOut:
    """Nothing is written."""
    stated = parts.plans.now().stated
    drafted = parts.plans.drafted(stated, plan, body.change())
    settings = parts.platform.settings
    impact = impact_of(
        parts.directory.ask(people.having(plan)),
        drafted.terms_of,
        seeds=parts.plan_store.seeds,
        period=period_of(parts.platform.clock(), settings.zone),
    )
    return PlanPreviewOut.of(plan, impact)


@operation(
    "PUT",
    "/admin/plans/{plan}",
    access=Access(ADMINS, key=Scope.SETTINGS_WRITE),
    tag=TAG,
    name="updatePlan",
    summary="Change a plan, and bring it to those who have it",
    problems=(409,),
)
def update_plan(parts: "AccountsParts", call: Call, *, plan: Plan, body: PlanUpdateIn) -> PlansOut:
    """New users have it at once, the others within two seconds in a small company.

    While `propagation.state` is `running`, POST /admin/plans/propagation goes on with it; the
    sweep does so too. 409: somebody else has changed the plans since `version`.
    """
    total = sum(one.users for one in parts.directory.ask(people.counts).values())
    parts.plans.change(
        plan,
        body.change(),
        version=body.version,
        actor=call.as_actor,
        reason=body.reason,
        total=total,
    )
    _bring(parts, FIRST_SECONDS)
    return _shown(parts)


@operation(
    "POST",
    "/admin/plans/propagation",
    access=Access(ADMINS, key=Scope.SETTINGS_WRITE),
    tag=TAG,
    name="propagatePlans",
    summary="Go on bringing the last change to those who have the plans",
)
def propagate_plans(parts: "AccountsParts", call: Call) -> PlansOut:  # noqa: ARG001 - the shape of every handler
    """For eight seconds at most; at once when it is done, or another is at work."""
    _bring(parts, CALL_SECONDS)
    return _shown(parts)


def _bring(parts: "AccountsParts", seconds: float) -> None:
    end = time.monotonic() + seconds
    parts.propagation.run(lambda: end - time.monotonic())


def _shown(parts: "AccountsParts") -> PlansOut:
    now, settings = parts.plans.now(), parts.platform.settings
    counts = parts.directory.ask(people.counts)
    seeds, document = plan_limits_of(settings), now.stated.document
    return PlansOut(
        version=document.version,
        changed_at=document.changed_at,
        changed_by=document.changed_by,
        items=[
            PlanDetail.of(plan, policy, counts[plan], seeds[plan])
            for plan, policy in now.stated.plans.items()
        ],
        defaults=PlanDefaults.of(threshold_rule_of(settings), settings.rate_rule),
        propagation=None
        if now.progress is None or not any(now.stated.versions)
        else PropagationOut.of(now.progress),
    )
