"""What a user shall be, as people state it, and the steps that make it so."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from solaris.accounts.daily.steps import OF_PLAN, DailyLimits
from solaris.accounts.plans.reading import PlanReading
from solaris.accounts.writer import Step
from solaris.platform.errors import InvalidRequestError
from solaris.platform.printable import printable
from solaris.quota import changes
from solaris.quota.changes import LimitBounds
from solaris.quota.identity import MAX_NAME_CHARACTERS
from solaris.quota.thresholds import ThresholdRule
from solaris.quota.user import (
    INHERITED,
    Enforcement,
    LimitSource,
    OwnField,
    Plan,
    User,
    UserStatus,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class UserUpdate:
    """What a user shall be; None leaves it as it is. A daily limit of `none` goes."""

    name: str | None = None
    status: UserStatus | None = None
    enforcement: Enforcement | None = None
    limit_source: LimitSource | None = None
    """PLAN or GROUP: back to the limit of group or plan; OWN: the limit stays, whatever becomes of
    them."""

    enforcement_source: LimitSource | None = None
    """PLAN or GROUP: as group or plan say."""

    plan: Plan | None = None
    monthly_limit: int | None = None
    additional_tokens: int | None = None
    daily_limit: str | None = None
    email: str | None = None
    group: str | None = None
    """A group's id; NO_GROUP: none any more."""

    plan_source: LimitSource | None = None
    """GROUP: the plan that the group states, or basic."""

    models: tuple[str, ...] | None = None
    models_source: LimitSource | None = None
    """GROUP: what the group allows."""


NO_GROUP = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewUser:
    """Who is to be made; what is None follows from group and plan. `group` is an id."""

    email: str
    name: str = ""
    plan: Plan | None = None
    monthly_limit: int | None = None
    group: str | None = None


@dataclass(frozen=True, slots=True)
class Rules:
    """What the settings allow, and where their warnings lie."""

    bounds: LimitBounds
    thresholds: ThresholdRule


def steps_of(
    update: UserUpdate, reading: PlanReading, daily_limits: DailyLimits, rules: Rules
) -> list[Step]:
    """The steps of an update, in the order in which they are made: where a user belongs first.

    Raises InvalidRequestError for what contradicts itself.
    """
    if update.limit_source in INHERITED and update.monthly_limit is not None:
        msg = "limit_source says where the limit comes from: state no limit beside it"
        raise InvalidRequestError(msg, field="limit_source", rule="limit_source_and_limit")
    steps: list[Step] = []
    if update.name is not None:
        clean = printable(update.name, MAX_NAME_CHARACTERS)
        steps.append(Step("rename", lambda user, now: changes.rename(user, clean, now)))
    steps += _of_group(update, reading)
    steps += _of_plan(update, reading)
    steps += _of_limit(update, reading, rules)
    steps += _of_enforcement(update, reading)
    if update.daily_limit == OF_PLAN:
        steps.append(Step("set_daily_limit", _inherited(reading, OwnField.DAILY_LIMIT)))
    elif update.daily_limit is not None:
        steps.append(daily_limits.set(update.daily_limit))
    steps += _of_models(update, reading)
    status = update.status
    if status is not None:
        steps.append(
            Step(_STATUS_VERBS[status], lambda user, now: changes.set_status(user, status, now))
        )
    return steps


def _of_group(update: UserUpdate, reading: PlanReading) -> list[Step]:
    if update.group is None:
        return []
    group_id = update.group or None
    return [Step("set_group", lambda user, now: reading.to_group(user, group_id, now))]


def _of_plan(update: UserUpdate, reading: PlanReading) -> list[Step]:
    steps: list[Step] = []
    if update.plan_source in INHERITED:
        steps.append(Step("set_plan", _inherited(reading, OwnField.PLAN)))
    if update.plan is not None:
        steps.append(Step("set_plan", _to_plan(reading, update.plan, update.monthly_limit)))
    return steps


def _to_plan(reading: PlanReading, plan: Plan, limit: int | None) -> "_Rule":
    def rule(user: User, now: datetime) -> User:
        # what the group has brought becomes the user's own only where it is another plan
        return user if user.plan is plan else reading.to_plan(user, plan, limit, now)

    return rule


def _of_limit(update: UserUpdate, reading: PlanReading, rules: Rules) -> list[Step]:
    steps: list[Step] = []
    limit, additional = update.monthly_limit, update.additional_tokens
    if update.limit_source in INHERITED:
        steps.append(Step("set_limit", reading.inherited_limit))
    if limit is not None:
        steps.append(
            Step(
                "set_limit",
                lambda user, now: changes.set_limit(
                    user, limit, bounds=rules.bounds, rule=rules.thresholds, now=now
                ),
            )
        )
    if update.limit_source is LimitSource.OWN:
        steps.append(Step("set_limit", changes.keep_limit))
    if additional is not None:
        steps.append(
            Step(
                "set_additional_tokens",
                lambda user, now: changes.set_additional(
                    user, additional, rule=rules.thresholds, now=now
                ),
            )
        )
    return steps


def _of_enforcement(update: UserUpdate, reading: PlanReading) -> list[Step]:
    enforcement = update.enforcement
    if enforcement is not None:
        return [
            Step(
                "set_enforcement",
                lambda user, now: changes.set_enforcement(user, enforcement, now),
            )
        ]
    if update.enforcement_source in INHERITED:
        return [Step("set_enforcement", _inherited(reading, OwnField.ENFORCEMENT))]
    return []


def _of_models(update: UserUpdate, reading: PlanReading) -> list[Step]:
    models = update.models
    if models is not None:
        return [Step("set_models", lambda user, now: changes.set_models(user, models, now))]
    if update.models_source in INHERITED:
        return [Step("set_models", _inherited(reading, OwnField.MODELS))]
    return []


_Rule = Callable[[User, datetime], User]


def _inherited(reading: PlanReading, field: OwnField) -> _Rule:
    return lambda user, now: reading.inherited(user, field, now)


_STATUS_VERBS = {
    UserStatus.ACTIVE: "activate",
    UserStatus.SUSPENDED: "suspend",
    UserStatus.BLOCKED: "block",
    UserStatus.PENDING: "set_pending",
    UserStatus.DELETED: "delete",
}
