"""A group of users: a department, a course. What it states, as its document has it. Pure.

A user has one home group, by which their quota and the reports go. What a group states for its
members is copied into their items (quota/groups/member.py); nothing of it is looked up while a
request waits. A deleted group stays as a name for the records of its time.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from solaris.platform.email import valid_email
from solaris.platform.instants import parse_instant
from solaris.platform.printable import printable
from solaris.quota.daily_limit import NO_DAILY_LIMIT
from solaris.quota.model_names import checked_names
from solaris.quota.plans import daily_text, refused, threshold_of, whole_number
from solaris.quota.user import Enforcement, Plan

MAX_GROUPS = 2_000
MAX_NAME_CHARACTERS = 80
MAX_COST_CENTER_CHARACTERS = 40
MAX_PEOPLE = 20
"""Managers of a group, and others who get its mails."""

MAX_CEILING_TOKENS = 10**15
GROUP_ID = re.compile(r"[0-9a-f]{12}")


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupTerms:
    """What members get by their group; None: as their plan has it.

    `monthly_limit` is in tokens, of each member; `daily_limit` is `50000`, `auto:25` or `none`;
    thresholds are in millionths of what is granted. `models` are names, or beginnings of names
    followed by `*`.
    """

    plan: Plan | None = None
    monthly_limit: int | None = None
    daily_limit: str | None = None
    enforcement: Enforcement | None = None
    warning_ppm: int | None = None
    critical_ppm: int | None = None
    models: tuple[str, ...] | None = None

    @property
    def is_empty(self) -> bool:
        """Whether members get nothing by it."""
        return self == GroupTerms()


TERMS = (
    *("plan", "monthly_limit", "daily_limit", "enforcement"),
    *("warning_ppm", "critical_ppm", "models"),
)
FIELDS = ("name", "cost_center", *TERMS, "ceiling_tokens", "managers", "recipients")
"""What people may state of a group."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A group. `ceiling_tokens` is what all members together may use in a month, by alerts alone.

    `managers` and `recipients` are addresses: who sees and changes members, and who else gets the
    mails. `version` rises with every change.
    """

    group_id: str
    name: str
    cost_center: str = ""
    terms: GroupTerms = field(default_factory=GroupTerms)
    ceiling_tokens: int | None = None
    managers: tuple[str, ...] = ()
    recipients: tuple[str, ...] = ()
    version: int = 0
    created_at: datetime | None = None
    changed_at: datetime | None = None
    changed_by: str | None = None
    deleted_at: datetime | None = None

    @property
    def is_deleted(self) -> bool:
        """Whether it is but a name in the records."""
        return self.deleted_at is not None

    @property
    def key(self) -> str:
        """What two groups may not have alike: the name, whatever its case."""
        return name_key(self.name)


Groups = Mapping[str, Group]
"""By id, without the deleted."""


def name_key(name: str) -> str:
    """A name as people compare it."""
    return " ".join(name.split()).casefold()


def group_of(group_id: str, stated: Mapping[str, Any]) -> Group:
    """A group as its document states it. Raises PlanRefusedError for nonsense."""
    enforcement, plan = stated.get("enforcement"), stated.get("plan")
    if enforcement is not None and enforcement not in set(Enforcement):
        raise refused("enforcement", "plan_enforcement_unknown", "must be block or warn")
    if plan is not None and plan not in set(Plan):
        raise refused("plan", "group_plan", f"must be one of {', '.join(Plan)}")
    terms = GroupTerms(
        plan=None if plan is None else Plan(plan),
        monthly_limit=_count(stated, "monthly_limit"),
        daily_limit=_daily_limit(stated.get("daily_limit")),
        enforcement=None if enforcement is None else Enforcement(enforcement),
        warning_ppm=threshold_of(stated, "warning_ppm"),
        critical_ppm=threshold_of(stated, "critical_ppm"),
        models=_models(stated.get("models")),
    )
    return Group(
        group_id=group_id,
        name=_name(stated.get("name")),
        cost_center=_cost_center(stated.get("cost_center")),
        terms=terms,
        ceiling_tokens=_count(stated, "ceiling_tokens"),
        managers=_people(stated, "managers"),
        recipients=_people(stated, "recipients"),
        created_at=_instant(stated, "created_at"),
        deleted_at=_instant(stated, "deleted_at"),
    )


def _name(value: object) -> str:
    name = printable(value, MAX_NAME_CHARACTERS + 1) if isinstance(value, str) else ""
    if not 1 <= len(name) <= MAX_NAME_CHARACTERS:
        raise refused("name", "group_name", f"must have 1 to {MAX_NAME_CHARACTERS} characters")
    return name


def _cost_center(value: object) -> str:
    if value is None:
        return ""
    stated = printable(value, MAX_COST_CENTER_CHARACTERS + 1) if isinstance(value, str) else None
    if stated is None or len(stated) > MAX_COST_CENTER_CHARACTERS:
        msg = f"must have at most {MAX_COST_CENTER_CHARACTERS} characters"
        raise refused("cost_center", "group_cost_center", msg)
    return stated


def _count(stated: Mapping[str, Any], name: str) -> int | None:
    return None if stated.get(name) is None else whole_number(stated, name, 0)


def _daily_limit(value: object) -> str | None:
    return NO_DAILY_LIMIT if value == NO_DAILY_LIMIT else daily_text(value)


def _models(value: object) -> tuple[str, ...] | None:
    if value is None:
        return None
    if (
        not isinstance(value, Sequence)
        or isinstance(value, str)
        or not all(isinstance(one, str) for one in value)
    ):
        raise refused("models", "invalid_models", "must be a list of names")
    try:
        return checked_names(value)
    except ValueError as error:
        raise refused("models", "invalid_models", f"must be {error}") from error


def _people(stated: Mapping[str, Any], name: str) -> tuple[str, ...]:
    value = stated.get(name) or ()
    if isinstance(value, str) or not isinstance(value, Sequence):
        raise refused(name, "group_people", "must be a list of addresses")
    found: dict[str, None] = {}
    for one in value:
        address = valid_email(one) if isinstance(one, str) else None
        if address is None:
            raise refused(name, "not_an_email", f"not an e-mail address: {str(one)[:80]!r}")
        found[address] = None
    if len(found) > MAX_PEOPLE:
        raise refused(name, "group_people", f"must be at most {MAX_PEOPLE} addresses")
    return tuple(found)


def _instant(stated: Mapping[str, Any], name: str) -> datetime | None:
    value = stated.get(name)
    return None if value is None else parse_instant(str(value))
