"""What a plan gives to those who have it: the rules, and how they reach a user's item. Pure.

    the user's own  →  the group's  →  the plan's  →  DEFAULT_MONTHLY_LIMIT (a first request's)

Nothing of a plan is looked up while a request waits: what follows from it is copied into the
item, when the plan is set and by a job when the plan changes (accounts/plans/propagation.py).
What a group states for its members is laid over the plan before (quota/groups/member.py).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from solaris.platform.rate_rule import (
    MAX_RATE_BURST,
    MAX_RATE_PER_SECOND,
    MIN_RATE_PER_SECOND,
    RateRule,
)
from solaris.quota.daily_limit import DailyLimit
from solaris.quota.day_cap import moved
from solaris.quota.quota import PPM
from solaris.quota.user import INHERITED, Enforcement, LimitSource, OwnField, Plan, User


class PlanRefusedError(ValueError):
    """A policy that cannot be; `code` and `field` are the words of the rules for why and where."""

    def __init__(self, message: str, *, code: str, field: str) -> None:
        super().__init__(message)
        self.code = code
        self.field = field


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanPolicy:
    """One plan: `monthly_limit` in tokens; None: as the settings have it for everybody.

    `daily_limit` is a day's cap as text, tokens or `auto:<percent>`. `warning_ppm` and
    `critical_ppm` are thresholds in millionths of what is granted; `rate` is counted by user.
    `models` are names, or beginnings of names followed by `*`, None: any.

    `limit_source` says whose the limit is, once a group's terms are laid over.
    """

    monthly_limit: int
    daily_limit: str | None = None
    enforcement: Enforcement = Enforcement.BLOCK
    warning_ppm: int | None = None
    critical_ppm: int | None = None
    rate: RateRule | None = None
    models: tuple[str, ...] | None = None
    limit_source: LimitSource = LimitSource.PLAN

    @property
    def day_limit(self) -> DailyLimit | None:
        """The limit a day; None without one."""
        return None if self.daily_limit is None else DailyLimit.parse(self.daily_limit)


Plans = Mapping[Plan, PlanPolicy]

FIELDS = (
    *("monthly_limit", "daily_limit", "enforcement", "warning_ppm", "critical_ppm"),
    *("rate_per_second", "rate_burst"),
)
"""What the document may state of a plan; what it does not comes from the environment."""


@dataclass(frozen=True, slots=True)
class Seeds:
    """What the environment says: the plans' limits, and that of a first request, in tokens."""

    limits: Mapping[Plan, int]
    first_request: int

    def newcomer(self, plans: Plans) -> tuple[int, LimitSource]:
        """The limit of a user whom a first request makes, on the basic plan, and where from.

        Where the environment gives both the same limit, newcomers have the plan's.
        """
        limit = plans[Plan.BASIC].monthly_limit
        if self.first_request in {limit, self.limits[Plan.BASIC]}:
            return limit, LimitSource.PLAN
        return self.first_request, LimitSource.DEFAULT

    def source_of(self, user: User) -> LimitSource:
        """Where a user's limit comes from; of one whom a version before wrote, by its figure."""
        return user.limit_source or self.source_before(user.plan, user.monthly_limit)

    def source_before(self, plan: Plan, monthly_limit: int) -> LimitSource:
        """Where the limit comes from in an item of a version before, which did not say."""
        if monthly_limit == self.limits[plan]:
            return LimitSource.PLAN
        if plan is Plan.BASIC and monthly_limit == self.first_request:
            return LimitSource.DEFAULT
        return LimitSource.OWN


def plans_of(body: Mapping[str, Any] | None, limits: Mapping[Plan, int]) -> dict[Plan, PlanPolicy]:
    """Every plan's policy: what the document states, else the environment's limit, else nothing.

    Raises PlanRefusedError for a document that states nonsense.
    """
    stated = body or {}
    return {plan: policy_of(stated.get(plan.value) or {}, limits[plan]) for plan in Plan}


def policy_of(stated: Mapping[str, Any], limit: int) -> PlanPolicy:
    """One plan of the document; `limit` is the environment's. Raises PlanRefusedError."""
    enforcement = stated.get("enforcement") or Enforcement.BLOCK
    if enforcement not in set(Enforcement):
        raise refused("enforcement", "plan_enforcement_unknown", "must be block or warn")
    return PlanPolicy(
        monthly_limit=whole_number(stated, "monthly_limit", limit),
        daily_limit=daily_text(stated.get("daily_limit")),
        enforcement=Enforcement(enforcement),
        warning_ppm=threshold_of(stated, "warning_ppm"),
        critical_ppm=threshold_of(stated, "critical_ppm"),
        rate=_rate(stated),
    )


def check_thresholds(
    stated_warning_ppm: int | None,
    stated_critical_ppm: int | None,
    *,
    warning_ppm: int,
    critical_ppm: int,
) -> None:
    """Raise PlanRefusedError where the warning lies above the critical one.

    The last two figures hold for the one that is not stated.
    """
    if (stated_warning_ppm or warning_ppm) > (stated_critical_ppm or critical_ppm):
        raise refused(
            "warning", "plan_warning_above_critical", "must not be above the critical threshold"
        )


Daily = Callable[[User, DailyLimit | None], User]
"""Gives a user a limit a day, or none: `with_limit` of day_cap.py, with what it must know."""


def copied(user: User, policy: PlanPolicy, source: LimitSource, daily: Daily | None = None) -> User:
    """The user with what the plan says, but for what is the user's own.

    `source` says where the limit came from so far; without `daily` the limit a day stays as it is.
    Version and what is available are left as they were: the caller puts them right
    (quota/changes.py). The same object where nothing differs.
    """
    enforcement = user.enforcement if OwnField.ENFORCEMENT in user.own else policy.enforcement
    source = _inherited(source, policy)
    limit = policy.monthly_limit if source in INHERITED else user.monthly_limit
    fields: dict[str, Any] = {
        "limit_source": source,
        "monthly_limit": limit,
        "enforcement": enforcement,
        "warning_ppm": policy.warning_ppm,
        "critical_ppm": policy.critical_ppm,
        "rate": policy.rate,
        "models": user.models if OwnField.MODELS in user.own else policy.models,
    }
    changed = {name: value for name, value in fields.items() if getattr(user, name) != value}
    after = moved(user, replace(user, **changed)) if changed else user
    if daily is None or OwnField.DAILY_LIMIT in user.own:
        return after
    return daily(after, policy.day_limit)


def _inherited(source: LimitSource, policy: PlanPolicy) -> LimitSource:
    """Where the limit comes from: a group's comes before DEFAULT_MONTHLY_LIMIT, too."""
    is_default = source is LimitSource.DEFAULT and policy.limit_source is LimitSource.PLAN
    return source if source is LimitSource.OWN or is_default else policy.limit_source


def gets_something(before: User, after: User) -> bool:
    """Whether a plan has brought something that is felt, and not only a mark in the item."""
    names = (
        *("monthly_limit", "daily_limit", "enforcement", "warning_ppm", "critical_ppm", "rate"),
        *("plan", "models"),
    )
    return any(getattr(before, name) != getattr(after, name) for name in names)


def whole_number(stated: Mapping[str, Any], name: str, default: int) -> int:
    """A count of tokens; the default where none is stated. Raises PlanRefusedError."""
    value = stated.get(name)
    if value is None:
        return default
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise refused(name, "plan_not_a_count", "must be a whole number, not below zero")
    return value


def daily_text(value: object) -> str | None:
    """A limit a day; None where none is stated. Raises PlanRefusedError."""
    if value is None:
        return None
    try:
        return str(DailyLimit.parse(value if isinstance(value, str) else ""))
    except ValueError as error:
        raise refused(
            "daily_limit", "plan_daily_limit", "must be a number of tokens or auto:<percent>"
        ) from error


def threshold_of(stated: Mapping[str, Any], name: str) -> int | None:
    """A threshold in millionths; None where none is stated. Raises PlanRefusedError."""
    value = stated.get(name)
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or not 0 < value <= PPM:
        raise refused(
            name.removesuffix("_ppm"), "plan_threshold", "must be above 0 and at most 100%"
        )
    return value


def _rate(stated: Mapping[str, Any]) -> RateRule | None:
    per_second, burst = stated.get("rate_per_second"), stated.get("rate_burst")
    if per_second is None and burst is None:
        return None
    if per_second is None or burst is None:
        missing = "rate_per_second" if per_second is None else "rate_burst"
        raise refused(missing, "plan_rate_halves", "rate and burst are stated together")
    if isinstance(per_second, bool) or not (
        MIN_RATE_PER_SECOND <= float(per_second) <= MAX_RATE_PER_SECOND
    ):
        raise refused(
            "rate_per_second",
            "plan_rate",
            f"must be from {MIN_RATE_PER_SECOND} to {MAX_RATE_PER_SECOND:.0f}",
        )
    if isinstance(burst, bool) or not 1 <= int(burst) <= MAX_RATE_BURST:
        raise refused("rate_burst", "plan_burst", f"must be from 1 to {MAX_RATE_BURST}")
    return RateRule(float(per_second), int(burst))


def refused(field: str, code: str, message: str) -> PlanRefusedError:
    """The refusal of a field."""
    return PlanRefusedError(f"{field} {message}", code=code, field=field)


def signature(plans: Plans) -> str:
    """Equal for plans that give everybody the same; some hundred characters."""
    return ";".join(f"{plan.value}={_words(plans[plan])}" for plan in Plan)


def _words(policy: PlanPolicy) -> str:
    rate = "" if policy.rate is None else f"{policy.rate.per_second:g}/{policy.rate.burst}"
    words = (
        *(policy.monthly_limit, policy.daily_limit, policy.enforcement.value),
        *(policy.warning_ppm, policy.critical_ppm, rate),
    )
    return ",".join("" if one is None else str(one) for one in words)
