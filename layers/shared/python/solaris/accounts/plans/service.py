"""Plans as people change them: checked, audited, and ordered to be brought to everybody."""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from solaris.accounts.plans.progress import Order, Progress, PropagationStore
from solaris.accounts.writer import allowed
from solaris.audit.auditor import Auditor
from solaris.platform.actor import MAX_REASON_CHARACTERS, Actor
from solaris.platform.errors import ConflictError, InvalidRequestError
from solaris.platform.logs import get_logger
from solaris.platform.printable import printable
from solaris.platform.settings import Settings
from solaris.quota.changes import LimitBounds
from solaris.quota.plans import (
    FIELDS,
    PlanPolicy,
    PlanRefusedError,
    check_thresholds,
    policy_of,
)
from solaris.quota.policy import PlanStore, StatedPlans, threshold_rule_of
from solaris.quota.quota import PPM
from solaris.quota.user import Plan

PlanChange = Mapping[str, Any]
"""Fields of quota/plans.py to their values, None: as the environment has it; others stay."""

_log = get_logger("solaris.administration")


@dataclass(frozen=True, slots=True)
class PlansNow:
    """The plans, and how far their last change has come; None: none was ever made."""

    stated: StatedPlans
    progress: Progress | None


class PlanAdministration:
    """Reads and changes plans; `clock` gives the time in UTC."""

    def __init__(
        self,
        *,
        settings: Settings,
        plans: PlanStore,
        store: PropagationStore,
        auditor: Auditor,
        clock: Callable[[], datetime],
    ) -> None:
        self._plans = plans
        self._store = store
        self._auditor = auditor
        self._clock = clock
        self._bounds = LimitBounds(settings.min_user_limit, settings.max_user_limit)
        self._rule = threshold_rule_of(settings)

    def now(self) -> PlansNow:
        """As it is. Raises StoreUnavailableError."""
        return PlansNow(self._plans.read(), self._store.get())

    def drafted(self, stated: StatedPlans, plan: Plan, change: PlanChange) -> StatedPlans:
        """The plans as they would be after a change of one.

        Raises InvalidRequestError; nothing is written.
        """
        policy = self._policy(plan, self._body(stated, plan, change), change)
        return replace(stated, plans={**stated.plans, plan: policy})

    def change(
        self,
        plan: Plan,
        change: PlanChange,
        *,
        version: int,
        actor: Actor,
        reason: str,
        total: int,
    ) -> StatedPlans:
        """Write a plan, with an audit row and the order to bring it to everybody, or nothing.

        `version` is that of the document which the change was made for, `total` the number of all
        users, for the progress to be told. What is so already writes nothing. Raises ConflictError
        when somebody else has changed the plans since, InvalidRequestError,
        StoreUnavailableError.
        """
        stated = self._plans.read()
        before = stated.document
        if before.version != version:
            msg = "somebody else has changed the plans meanwhile; read them again"
            raise ConflictError(msg)
        own = self._body(stated, plan, change)
        policy = self._policy(plan, own, change)
        body = {**(before.body or {}), plan.value: own}
        if body == (before.body or {}) or not change:
            return stated
        after = replace(stated, plans={**stated.plans, plan: policy})
        now = self._clock()
        order = Order(
            run_id=uuid.uuid4().hex,
            wanted=after.signature,
            actor=actor.name,
            reason=printable(reason, MAX_REASON_CHARACTERS),
            total=total,
        )
        entry = self._auditor.entry(
            actor,
            "plan.update",
            target_type="plan",
            target_id=plan.value,
            target_label=plan.value,
            before=_differing(stated.plans[plan], policy),
            after=_differing(policy, stated.plans[plan]),
            reason=reason,
        )
        rows = [self._auditor.action(entry), self._store.order_action(order, now)]
        written = self._plans.documents.put(before, body, changed_by=actor.name, now=now, rows=rows)
        self._plans.forget()
        _log.info("plan_changed", plan=plan.value, version=written.version, actor=actor.name)
        return replace(after, document=written)

    def _body(self, stated: StatedPlans, plan: Plan, change: PlanChange) -> dict[str, Any]:
        """What the document would state of a plan."""
        unknown = set(change) - set(FIELDS)
        if unknown:
            msg = f"a plan has no {', '.join(sorted(unknown))}"
            raise ValueError(msg)
        own = {**((stated.document.body or {}).get(plan.value) or {}), **change}
        return {name: value for name, value in own.items() if value is not None}

    def _policy(self, plan: Plan, own: Mapping[str, Any], change: PlanChange) -> PlanPolicy:
        try:
            policy = policy_of(own, self._plans.seeds.limits[plan])
            check_thresholds(
                policy.warning_ppm,
                policy.critical_ppm,
                warning_ppm=self._rule.warning_ppm,
                critical_ppm=self._rule.critical_ppm,
            )
        except PlanRefusedError as error:
            raise InvalidRequestError(str(error), field=error.field, rule=error.code) from error
        if "monthly_limit" in change:
            allowed(lambda: self._bounds.check(policy.monthly_limit, plan))
        return policy


def told_of(policy: PlanPolicy) -> dict[str, int | str | bool | None]:
    """A policy as it is told and audited."""
    rate = policy.rate
    return {
        "monthly_limit": policy.monthly_limit,
        "daily_limit": policy.daily_limit,
        "enforcement": policy.enforcement.value,
        "warning": _percent(policy.warning_ppm),
        "critical": _percent(policy.critical_ppm),
        "rate_per_second": None if rate is None else f"{rate.per_second:g}",
        "rate_burst": None if rate is None else rate.burst,
    }


def _percent(ppm: int | None) -> str | None:
    return None if ppm is None else f"{ppm * 100 / PPM:g}%"


def _differing(one: PlanPolicy, other: PlanPolicy) -> dict[str, int | str | bool | None]:
    """What the first has otherwise than the second."""
    known = told_of(other)
    return {name: value for name, value in told_of(one).items() if known[name] != value}
