"""What a plan gives to those who have it: the rules, and how they reach a user's item. Pure.

    the user's own  →  the plan's  →  DEFAULT_MONTHLY_LIMIT (who came by a first request)

Nothing of a plan is looked up while a request waits: what follows from it is copied into the
item, when the plan is set and by a job when the plan changes (accounts/plans/propagation.py).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from solaris.platform.rate_rule import RateRule
from solaris.quota.quota import PPM
from solaris.quota.user import Enforcement, LimitSource, OwnField, Plan, User

MAX_RATE_PER_SECOND = 10_000
MAX_RATE_BURST = 100_000
_DAILY = re.compile(r"[1-9]\d{0,12}|auto:[1-9]\d{0,3}", re.ASCII)


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
    """

    monthly_limit: int
    daily_limit: str | None = None
    enforcement: Enforcement = Enforcement.BLOCK
    warning_ppm: int | None = None
    critical_ppm: int | None = None
    rate: RateRule | None = None


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
        raise _refused("enforcement", "plan_enforcement_unknown", "must be block or warn")
    return PlanPolicy(
        monthly_limit=_whole(stated, "monthly_limit", limit),
        daily_limit=_daily(stated.get("daily_limit")),
        enforcement=Enforcement(enforcement),
        warning_ppm=_threshold(stated, "warning_ppm"),
        critical_ppm=_threshold(stated, "critical_ppm"),
        rate=_rate(stated),
    )


def check_thresholds(policy: PlanPolicy, *, warning_ppm: int, critical_ppm: int) -> None:
    """Raise PlanRefusedError where the warning lies above the critical one.

    The two figures are the settings', for the one that the plan leaves to them.
    """
    if (policy.warning_ppm or warning_ppm) > (policy.critical_ppm or critical_ppm):
        raise _refused(
            "warning", "plan_warning_above_critical", "must not be above the critical threshold"
        )


def copied(user: User, policy: PlanPolicy, source: LimitSource) -> User:
    """The user with what the plan says, but for what is the user's own.

    `source` says where the limit comes from. Version and what is available are left as they were:
    the caller puts them right (quota/changes.py). The same object where nothing differs.
    """
    enforcement = user.enforcement if OwnField.ENFORCEMENT in user.own else policy.enforcement
    limit = policy.monthly_limit if source is LimitSource.PLAN else user.monthly_limit
    fields = {
        "limit_source": source,
        "monthly_limit": limit,
        "enforcement": enforcement,
        "warning_ppm": policy.warning_ppm,
        "critical_ppm": policy.critical_ppm,
        "rate": policy.rate,
        **_daily_fields(user, policy),
    }
    changed = {name: value for name, value in fields.items() if getattr(user, name) != value}
    return replace(user, **changed) if changed else user


def gets_something(before: User, after: User) -> bool:
    """Whether a plan has brought something that is felt, and not only a mark in the item."""
    names = ("monthly_limit", "enforcement", "warning_ppm", "critical_ppm", "rate")
    return any(getattr(before, name) != getattr(after, name) for name in names)


def _daily_fields(user: User, policy: PlanPolicy) -> dict[str, Any]:  # noqa: ARG001 - see below
    """What of the day's cap goes into the item: nothing yet, and no API or command states one.

    A cap that is new counts the day's usage by its counters (accounts/daily/steps.py), so it is to
    be set where those are at hand: in the job, and in accounts/plans/reading.py.
    """
    return {}


def _whole(stated: Mapping[str, Any], name: str, default: int) -> int:
    value = stated.get(name)
    if value is None:
        return default
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise _refused(name, "plan_not_a_count", "must be a whole number, not below zero")
    return value


def _daily(value: object) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str) or not _DAILY.fullmatch(value):
        raise _refused(
            "daily_limit", "plan_daily_limit", "must be a number of tokens or auto:<percent>"
        )
    return value


def _threshold(stated: Mapping[str, Any], name: str) -> int | None:
    value = stated.get(name)
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or not 0 < value <= PPM:
        raise _refused(
            name.removesuffix("_ppm"), "plan_threshold", "must be above 0 and at most 100%"
        )
    return value


def _rate(stated: Mapping[str, Any]) -> RateRule | None:
    per_second, burst = stated.get("rate_per_second"), stated.get("rate_burst")
    if per_second is None and burst is None:
        return None
    if per_second is None or burst is None:
        missing = "rate_per_second" if per_second is None else "rate_burst"
        raise _refused(missing, "plan_rate_halves", "rate and burst are stated together")
    if isinstance(per_second, bool) or not 0 < float(per_second) <= MAX_RATE_PER_SECOND:
        raise _refused(
            "rate_per_second", "plan_rate", f"must be above 0, at most {MAX_RATE_PER_SECOND}"
        )
    if isinstance(burst, bool) or not 1 <= int(burst) <= MAX_RATE_BURST:
        raise _refused("rate_burst", "plan_burst", f"must be from 1 to {MAX_RATE_BURST}")
    return RateRule(float(per_second), int(burst))


def _refused(field: str, code: str, message: str) -> PlanRefusedError:
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
