"""What a user has by plan and group together, but for what is their own. Pure.

    plan      the user's own  →  the group's  →  basic
    the rest  the user's own  →  the group's  →  the plan's  →  the settings'

A plan is a user's own when somebody has set it where the group states another (OwnField.PLAN), or
when it is not basic and no group has brought it.
"""

import hashlib
from dataclasses import dataclass, replace
from typing import Any, Protocol

from solaris.quota.daily_limit import NO_DAILY_LIMIT
from solaris.quota.day_cap import moved
from solaris.quota.groups.group import TERMS, Groups, GroupTerms
from solaris.quota.plans import Daily, PlanPolicy, Plans, copied
from solaris.quota.user import LimitSource, OwnField, Plan, User


@dataclass(frozen=True, slots=True)
class Terms:
    """What is to be copied into a member's item."""

    plan: Plan
    plan_by_group: bool
    group_id: str | None
    policy: PlanPolicy


def terms_of(user: User, plans: Plans, groups: Groups) -> Terms:
    """What a user has by plan and group as these are now; nothing of a group that is no more."""
    return terms_for(user.plan if has_own_plan(user) else None, user.group_id, plans, groups)


def terms_for(own_plan: Plan | None, group_id: str | None, plans: Plans, groups: Groups) -> Terms:
    """The same for whom somebody has given a plan, or nobody has (None)."""
    group = None if group_id is None else groups.get(group_id)
    stated = GroupTerms() if group is None else group.terms
    plan = own_plan or stated.plan or Plan.BASIC
    return Terms(
        plan,
        plan_by_group=own_plan is None and stated.plan is not None,
        group_id=None if group is None else group.group_id,
        policy=laid_over(plans[plan], stated),
    )


class HasPlan(Protocol):
    """A user, or a row of one."""

    @property
    def plan(self) -> Plan: ...
    @property
    def plan_by_group(self) -> bool: ...
    @property
    def own(self) -> frozenset[OwnField]: ...


def has_own_plan(user: HasPlan) -> bool:
    """Whether the group's plan leaves the user alone."""
    return OwnField.PLAN in user.own or (user.plan is not Plan.BASIC and not user.plan_by_group)


def laid_over(policy: PlanPolicy, stated: GroupTerms) -> PlanPolicy:
    """A plan's policy with what a group states in its place."""
    fields: dict[str, Any] = {
        name: value
        for name in ("enforcement", "warning_ppm", "critical_ppm", "models")
        if (value := getattr(stated, name)) is not None
    }
    if stated.monthly_limit is not None:
        fields |= {"monthly_limit": stated.monthly_limit, "limit_source": LimitSource.GROUP}
    if stated.daily_limit is not None:
        is_none = stated.daily_limit == NO_DAILY_LIMIT
        fields["daily_limit"] = None if is_none else stated.daily_limit
    return replace(policy, **fields) if fields else policy


def given(user: User, terms: Terms, source: LimitSource, daily: Daily | None = None) -> User:
    """The user with all of it; `source` and `daily` as `copied` of quota/plans.py takes them.

    Version and what is available are left as they were. The same object where nothing differs.
    """
    place: dict[str, Any] = {
        "plan": terms.plan,
        "plan_by_group": terms.plan_by_group,
        "group_id": terms.group_id,
    }
    differs = any(getattr(user, name) != value for name, value in place.items())
    placed = moved(user, replace(user, **place)) if differs else user
    return copied(placed, terms.policy, source, daily)


def signature(groups: Groups) -> str:
    """Equal for groups that give all members the same; empty while none gives anything."""
    lines = sorted(
        f"{group.group_id}={_words(group.terms)}"
        for group in groups.values()
        if not group.terms.is_empty
    )
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:32] if lines else ""


def _words(terms: GroupTerms) -> str:
    return "|".join(repr(getattr(terms, name)) for name in TERMS)
