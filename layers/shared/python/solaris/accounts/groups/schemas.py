"""Models of groups: what each states, who is in it, what a change would do."""

from typing import Annotated, Any

from pydantic import Field, StringConstraints

from solaris.accounts.daily.schemas import DailyLimitRule
from solaris.accounts.groups.people import Members
from solaris.accounts.plans.impact import Impact
from solaris.accounts.plans.schemas import Part, PropagationOut
from solaris.accounts.schemas import Reason, Tokens
from solaris.keys.schemas import AllowedModels
from solaris.platform.web.schemas import ApiModel, Email, Instant
from solaris.quota.groups.group import (
    MAX_CEILING_TOKENS,
    MAX_COST_CENTER_CHARACTERS,
    MAX_NAME_CHARACTERS,
    MAX_PEOPLE,
    Group,
)
from solaris.quota.quota import PPM, threshold_ppm
from solaris.quota.user import Enforcement, Plan

GroupName = Annotated[
    str, StringConstraints(min_length=1, max_length=MAX_NAME_CHARACTERS, pattern=r"\S")
]
CostCenter = Annotated[str, StringConstraints(max_length=MAX_COST_CENTER_CHARACTERS)]
People = Annotated[list[Email], Field(max_length=MAX_PEOPLE)]
Ceiling = Annotated[int, Field(ge=0, le=MAX_CEILING_TOKENS)]
MemberDailyLimit = DailyLimitRule | Annotated[str, StringConstraints(pattern="^none$")]
_AS_PLAN = "null: as the members' plans have it."


class GroupOut(ApiModel):
    """A group. What it states holds for each member, but for what is a member's own."""

    id: str
    name: str
    cost_center: str
    plan: Plan | None = Field(description="null: members keep their plans.")
    monthly_limit: int | None = Field(description="Tokens a month of each member. " + _AS_PLAN)
    daily_limit: str | None = Field(description="`50000`, `auto:25` or `none`. " + _AS_PLAN)
    enforcement: Enforcement | None = Field(description=_AS_PLAN)
    warning: float | None = Field(description="First warning, a part of what is granted.")
    critical: float | None = Field(description="Second warning.")
    models: list[str] | None = Field(
        description="What members may use of what the key allows; null: all of it."
    )
    ceiling_tokens: int | None = Field(
        description="What all members together may use in a month, by alerts alone."
    )
    managers: list[str] = Field(description="Who sees and changes the members.")
    recipients: list[str] = Field(description="Who else gets the group's mails.")
    version: int = Field(description="To be named by a change.")
    users: int = Field(description="Members, without the deleted.")
    used_tokens: int = Field(description="What they have used this month.")
    created_at: Instant | None
    changed_at: Instant | None
    changed_by: str | None

    @classmethod
    def of(cls, group: Group, members: Members) -> "GroupOut":
        """A group and who is in it."""
        terms = group.terms
        return cls(
            id=group.group_id,
            name=group.name,
            cost_center=group.cost_center,
            plan=terms.plan,
            monthly_limit=terms.monthly_limit,
            daily_limit=terms.daily_limit,
            enforcement=terms.enforcement,
            warning=_part(terms.warning_ppm),
            critical=_part(terms.critical_ppm),
            models=None if terms.models is None else list(terms.models),
            ceiling_tokens=group.ceiling_tokens,
            managers=list(group.managers),
            recipients=list(group.recipients),
            version=group.version,
            users=members.users,
            used_tokens=members.used_tokens,
            created_at=group.created_at,
            changed_at=group.changed_at,
            changed_by=group.changed_by,
        )


class GroupsOut(ApiModel):
    """All groups by name, and how far the last change of groups or plans has come."""

    items: list[GroupOut]
    users_without_group: int
    propagation: PropagationOut | None = Field(description="null: nothing was ever changed.")


class GroupTermsIn(ApiModel):
    """What members get. Left out: stays; null: as their plans have it."""

    plan: Plan | None = Field(default=None, description="null: members keep their plans.")
    monthly_limit: Tokens | None = Field(default=None, description=_AS_PLAN)
    daily_limit: MemberDailyLimit | None = Field(default=None, description=_AS_PLAN)
    enforcement: Enforcement | None = Field(default=None, description=_AS_PLAN)
    warning: Part | None = Field(default=None, description=_AS_PLAN)
    critical: Part | None = Field(default=None, description=_AS_PLAN)
    models: AllowedModels | None = Field(default=None, description="null: all that the key allows.")

    def change(self) -> dict[str, Any]:
        """As the service takes it."""
        stated = {name: getattr(self, name) for name in type(self).model_fields}
        change = {
            name: value
            for name, value in stated.items()
            if name in self.model_fields_set and name not in _BESIDE
        }
        for name in ("warning", "critical"):
            if name in change:
                part = change.pop(name)
                change[f"{name}_ppm"] = None if part is None else threshold_ppm(part)
        return change


_BESIDE = frozenset({"version", "reason"})


class _GroupIn(GroupTermsIn):
    """What else a group states."""

    cost_center: CostCenter | None = None
    ceiling_tokens: Ceiling | None = Field(
        default=None, description="Of all members together, by alerts alone; null: none."
    )
    managers: People | None = None
    recipients: People | None = None
    reason: Reason = ""


class GroupCreate(_GroupIn):
    """A new group."""

    name: GroupName


class GroupUpdate(_GroupIn):
    """What shall be different, made for one version of the group. Left out: stays."""

    name: GroupName = ""
    version: int = Field(ge=1, description="`version` of the group that the change was made for.")


class GroupPreviewOut(ApiModel):
    """What a change would do to the members, by this month's usage so far. Nothing is written."""

    users: int = Field(description="Members.")
    changed: int = Field(description="Who would get something else.")
    users_with_own_limit: int
    used_up: int = Field(description="Who would have no tokens left, and has some now.")
    blocked: int = Field(description="Who would be refused, and is served now.")
    served: int = Field(description="Who would be served again.")

    @classmethod
    def of(cls, impact: Impact) -> "GroupPreviewOut":
        """The counts."""
        return cls(
            users=impact.counts.users,
            changed=impact.changed,
            users_with_own_limit=impact.counts.own,
            used_up=impact.used_up,
            blocked=impact.blocked,
            served=impact.served,
        )


def _part(ppm: int | None) -> float | None:
    return None if ppm is None else ppm / PPM
