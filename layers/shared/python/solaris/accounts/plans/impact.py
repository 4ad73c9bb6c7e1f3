"""Whom a change of a plan or group would reach, counted before anything is written. Pure."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from solaris.quota.daily_limit import DailyLimit, DayCap
from solaris.quota.groups.member import Terms, given
from solaris.quota.plans import Seeds, gets_something
from solaris.quota.quota import Quota
from solaris.quota.user import Enforcement, LimitSource, Plan, User, UserStatus


@dataclass(slots=True)
class PlanCounts:
    """How many have a plan, by where their limit comes from; the deleted do not count."""

    users: int = 0
    from_plan: int = 0
    from_group: int = 0
    own: int = 0
    default: int = 0

    def add(self, source: LimitSource, users: int = 1) -> None:
        """Count some."""
        self.users += users
        match source:
            case LimitSource.PLAN:
                self.from_plan += users
            case LimitSource.GROUP:
                self.from_group += users
            case LimitSource.OWN:
                self.own += users
            case LimitSource.DEFAULT:
                self.default += users


@dataclass(slots=True)
class Impact:
    """What a change would do to those who have the plan, by this month's usage so far.

    `changed` would have something else than now; `used_up` would have no tokens left and have some
    now, `blocked` of them would be refused; `served` would have some again.
    """

    counts: PlanCounts
    changed: int = 0
    used_up: int = 0
    blocked: int = 0
    served: int = 0


def counts_of(users: Iterable[User], seeds: Seeds) -> dict[Plan, PlanCounts]:
    """Users by plan."""
    counts = {plan: PlanCounts() for plan in Plan}
    for user in users:
        if user.status is not UserStatus.DELETED:
            counts[user.plan].add(seeds.source_of(user))
    return counts


def impact_of(
    users: Iterable[User], terms_of: Callable[[User], Terms], *, seeds: Seeds, period: str
) -> Impact:
    """What would become of users who had these terms; `period` is the open month."""
    impact = Impact(PlanCounts())
    for user in users:
        if user.status is UserStatus.DELETED:
            continue
        source = seeds.source_of(user)
        impact.counts.add(source)
        after = given(user, terms_of(user), source, _of_some_day)
        if not gets_something(user, after):
            continue
        impact.changed += 1
        was_out, is_out = _is_out(user, period), _is_out(after, period)
        impact.used_up += is_out and not was_out
        impact.blocked += _is_refused(after, is_out) and not _is_refused(user, was_out)
        impact.served += _is_refused(user, was_out) and not _is_refused(after, is_out)
    return impact


def _of_some_day(user: User, limit: DailyLimit | None) -> User:
    """The user with another limit a day, for comparing alone: the day's figure is not known."""
    if limit is None or user.day_cap is None:
        day = f"{user.period}-01"
        return replace(user, day_cap=None if limit is None else DayCap(limit, day, 0))
    return replace(user, day_cap=replace(user.day_cap, limit=limit))


def _is_out(user: User, period: str) -> bool:
    used = user.current_usage if user.period >= period else 0
    granted = (user.monthly_limit, user.additional_tokens)
    return Quota(*granted, used, 0, user.block_ppm).is_exhausted


def _is_refused(user: User, is_out: bool) -> bool:
    return is_out and user.enforcement is Enforcement.BLOCK
