"""What a change of one user takes from their plan: read with the change, unchanged when it is
written.

The plans are read anew at every attempt, and the write has a condition on their version: it can
neither bring an old limit past the job that propagates a new one, nor lose to it.
"""

from collections.abc import Callable
from datetime import datetime

from solaris.platform.aws.items import Action
from solaris.platform.settings import Settings
from solaris.quota import changes
from solaris.quota.changes import LimitBounds
from solaris.quota.policy import PlanStore, StatedPlans, threshold_rule_of
from solaris.quota.user import LimitSource, OwnField, Plan, User


class PlanReading:
    """One change's look at the plans.

    Every rule raises ChangeRefusedError and StoreUnavailableError.
    """

    def __init__(
        self, store: PlanStore, settings: Settings, read: Callable[[], StatedPlans] | None = None
    ) -> None:
        self._store = store
        self._read = read or store.read
        self._bounds = LimitBounds(settings.min_user_limit, settings.max_user_limit)
        self._rule = threshold_rule_of(settings)
        self._seen: StatedPlans | None = None

    def actions(self, _user: User | None = None) -> list[Action]:
        """What is to be written with the change: a condition, if it has looked at all."""
        return [] if self._seen is None else [self._store.unchanged(self._seen)]

    def now(self) -> StatedPlans:
        """The plans as this change shall have them."""
        self._seen = self._read()
        return self._seen

    def to_plan(self, user: User, plan: Plan, limit: int | None, now: datetime) -> User:
        """The user on a plan, with its limit or one of their own."""
        policy = self.now().plans[plan]
        return changes.set_plan(
            user,
            plan,
            policy.monthly_limit if limit is None else limit,
            bounds=self._bounds,
            rule=self._rule,
            now=now,
            policy=policy,
            source=LimitSource.PLAN if limit is None else LimitSource.OWN,
        )

    def as_wanted(self, user: User, wanted: User, now: datetime) -> User:
        """The user with plan and limit of another, whose limit was checked when it was made."""
        return changes.set_plan(
            user,
            wanted.plan,
            wanted.monthly_limit,
            bounds=LimitBounds(0, changes.MAX_GRANT_TOKENS),
            rule=self._rule,
            now=now,
            policy=self.now().plans[wanted.plan],
            source=self._store.seeds.source_of(wanted),
        )

    def limit_of_plan(self, user: User, now: datetime) -> User:
        """The user with the plan's limit, instead of their own."""
        policy = self.now().plans[user.plan]
        self._bounds.check(policy.monthly_limit, user.plan)
        return changes.follow_plan(user, policy, LimitSource.PLAN, rule=self._rule, now=now)

    def enforcement_of_plan(self, user: User, now: datetime) -> User:
        """The user refused, or only warned, as the plan says."""
        policy, source = self.now().plans[user.plan], self._store.seeds.source_of(user)
        own = user.own - {OwnField.ENFORCEMENT}
        return changes.follow_plan(user, policy, source, own=own, rule=self._rule, now=now)
