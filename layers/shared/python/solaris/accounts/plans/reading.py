"""What a change of one user takes from plan and group: read with the change, unchanged when it is
written.

Plans and groups are read anew at every attempt, and the write has a condition on their versions:
it can neither bring an old limit past the job that propagates a new one, nor lose to it.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from solaris.accounts.daily.steps import DailyLimits
from solaris.platform.aws.items import Action
from solaris.platform.settings import Settings
from solaris.quota import changes
from solaris.quota.changes import ChangeRefusedError, LimitBounds
from solaris.quota.groups.group import Group
from solaris.quota.groups.member import terms_for
from solaris.quota.policy import PlanStore, StatedPlans, threshold_rule_of
from solaris.quota.user import LimitSource, OwnField, Plan, User


class PlanReading:
    """One change's look at plans and groups.

    Every rule raises ChangeRefusedError and StoreUnavailableError.
    """

    def __init__(
        self,
        store: PlanStore,
        settings: Settings,
        daily_limits: DailyLimits,
        read: Callable[[], StatedPlans] | None = None,
    ) -> None:
        self._daily_limits = daily_limits
        self._store = store
        self._read = read or store.read
        self._bounds = LimitBounds(settings.min_user_limit, settings.max_user_limit)
        self._rule = threshold_rule_of(settings)
        self._seen: StatedPlans | None = None

    def actions(self, _user: User | None = None) -> list[Action]:
        """What is to be written with the change: conditions, if it has looked at all."""
        return [] if self._seen is None else self._store.unchanged(self._seen)

    def now(self) -> StatedPlans:
        """Plans and groups as this change shall have them."""
        self._seen = self._read()
        return self._seen

    def to_plan(self, user: User, plan: Plan, limit: int | None, now: datetime) -> User:
        """The user on a plan, with the limit of plan or group, or one of their own.

        The plan is their own from then on, also against the group's.
        """
        stated = self.now()
        own = own_plan(user.own, plan, stated.groups.get(user.group_id or ""))
        terms = terms_for(plan, user.group_id, stated.plans, stated.groups)
        return changes.set_plan(
            user,
            plan,
            terms.policy.monthly_limit if limit is None else limit,
            bounds=self._bounds,
            rule=self._rule,
            now=now,
            terms=terms,
            own=own,
            source=LimitSource.PLAN if limit is None else LimitSource.OWN,
            daily=self._daily_limits.by_plan(now),
        )

    def as_wanted(self, user: User, wanted: User, now: datetime) -> User:
        """The user with plan, group and limit of another, whose limit was checked before."""
        own = user.own - {OwnField.PLAN} | (wanted.own & {OwnField.PLAN})
        return changes.set_plan(
            replace(user, group_id=wanted.group_id, plan_by_group=wanted.plan_by_group),
            wanted.plan,
            wanted.monthly_limit,
            bounds=LimitBounds(0, changes.MAX_GRANT_TOKENS),
            rule=self._rule,
            now=now,
            terms=self.now().terms_of(wanted),
            own=own,
            source=self._store.seeds.source_of(wanted),
            daily=self._daily_limits.by_plan(now),
        )

    def to_group(self, user: User, group_id: str | None, now: datetime) -> User:
        """The user in a group, or in none: with what it states, but for what is their own."""
        stated = self.now()
        if group_id is not None and group_id not in stated.groups:
            raise ChangeRefusedError("there is no such group", code="no_such_group", field="group")
        if user.group_id == group_id:
            return user
        placed = replace(user, group_id=group_id)
        return changes.follow_plan(
            user,
            stated.terms_of(placed),
            self._store.seeds.source_of(user),
            daily=self._daily_limits.by_plan(now),
            rule=self._rule,
            now=now,
        )

    def inherited_limit(self, user: User, now: datetime) -> User:
        """The user with the limit of group or plan, instead of their own."""
        terms = self.now().terms_of(user)
        self._bounds.check(terms.policy.monthly_limit, terms.plan)
        daily = self._daily_limits.by_plan(now)
        return changes.follow_plan(
            user, terms, LimitSource.PLAN, daily=daily, rule=self._rule, now=now
        )

    def inherited(self, user: User, field: OwnField, now: datetime) -> User:
        """The user with what group or plan say of a field, instead of their own."""
        without = replace(user, own=user.own - {field})
        if field is OwnField.PLAN:
            # whatever the plan was before, it is nobody's choice any more
            without = replace(without, plan=Plan.BASIC)
        return changes.follow_plan(
            user,
            self.now().terms_of(without),
            self._store.seeds.source_of(user),
            own=without.own,
            daily=self._daily_limits.by_plan(now),
            rule=self._rule,
            now=now,
        )


def own_plan(own: frozenset[OwnField], plan: Plan, group: Group | None) -> frozenset[OwnField]:
    """What is a user's own, once somebody has given them a plan while they are in a group."""
    is_other = group is not None and group.terms.plan not in {None, plan}
    return own | {OwnField.PLAN} if is_other else own - {OwnField.PLAN}
