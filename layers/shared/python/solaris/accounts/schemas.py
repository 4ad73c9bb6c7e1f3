"""Models of users: the account itself, what may be asked about it and changed. Tokens are ints."""

import re
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, StringConstraints
from pydantic_core import PydanticKnownError

from solaris.accounts.daily.schemas import DailyLimitText, DailyTokens, DayOut
from solaris.accounts.updates import NewUser, UserUpdate
from solaris.alerts.suppression_schemas import MailSuppression
from solaris.directory.listing import (
    MAX_SEARCH_CHARACTERS,
    UsageLevel,
    UserQuery,
    UserRow,
    UserSort,
)
from solaris.keys.schemas import AllowedModels
from solaris.platform.actor import MAX_REASON_CHARACTERS
from solaris.platform.web.schemas import ApiModel, Email, Instant, PageQuery, RangeEnd, RangeStart
from solaris.quota.changes import MAX_GRANT_TOKENS
from solaris.quota.grant import GrantKind, Term
from solaris.quota.groups.group import Group
from solaris.quota.groups.member import has_own_plan
from solaris.quota.identity import MAX_NAME_CHARACTERS
from solaris.quota.thresholds import Threshold
from solaris.quota.user import Enforcement, LimitSource, OwnField, Plan, UserStatus

_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
UUID = "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"

UserId = Annotated[str, StringConstraints(pattern=UUID)]
Name = Annotated[str, StringConstraints(max_length=MAX_NAME_CHARACTERS)]
Tokens = Annotated[int, Field(ge=0, le=MAX_GRANT_TOKENS)]
Amount = Annotated[
    int,
    Field(
        ge=-MAX_GRANT_TOKENS,
        le=MAX_GRANT_TOKENS,
        description="Tokens; a negative amount takes unused ones back. Not zero.",
        json_schema_extra={"not": {"const": 0}},
    ),
]


def _day(value: Any) -> Any:
    """As JSON has it: pydantic would take a number of seconds, in a string, for a day as well."""
    if not isinstance(value, str):
        return value
    try:
        if _DAY.fullmatch(value):
            return date.fromisoformat(value)
    except ValueError as error:
        raise PydanticKnownError("date_parsing", {"error": str(error)}) from error
    raise PydanticKnownError("date_parsing", {"error": "not YYYY-MM-DD"})


LastDay = Annotated[date, BeforeValidator(_day)]
NeededReason = Annotated[str, Field(min_length=1, max_length=MAX_REASON_CHARACTERS)]
GroupId = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{12}$")]
Reason = Annotated[str, Field(max_length=MAX_REASON_CHARACTERS)]


class SortField(StrEnum):
    """What users are sorted by; those never seen come last."""

    USAGE = "usage"
    PERCENTAGE = "percentage"
    NAME = "name"
    LAST_SEEN = "lastSeen"
    CREATED = "created"
    EMAIL = "email"


_SORTS = {one: UserSort[one.name] for one in SortField}


class UserListQuery(PageQuery):
    """Which users are listed. Deleted ones only when `status` names them.

    A range takes its start in and leaves its end out, unless that is a day without a time.
    """

    status: tuple[UserStatus, ...] = Field(default=(), max_length=5)
    plan: tuple[Plan, ...] = Field(default=(), max_length=4)
    group: tuple[GroupId | Literal["none"], ...] = Field(
        default=(), max_length=50, description="Ids of groups; `none`: who has no group."
    )
    usage_level: tuple[UsageLevel, ...] = Field(
        default=(),
        max_length=4,
        description="Of limit plus additional tokens: ok below 80%, warning, critical from 95%; "
        "blocked: used up. A blocked account is a `status`.",
    )
    created_from: RangeStart | None = None
    created_to: RangeEnd | None = None
    date_range_start: RangeStart | None = Field(
        default=None, description="Another name of `createdFrom`."
    )
    date_range_end: RangeEnd | None = Field(
        default=None, description="Another name of `createdTo`."
    )
    last_seen_from: RangeStart | None = None
    last_seen_to: RangeEnd | None = None
    search: str = Field(
        default="",
        max_length=MAX_SEARCH_CHARACTERS,
        description="A part of the name, the address or an alias, whatever its case and accents.",
    )
    sort: SortField = SortField.NAME
    order: Literal["asc", "desc"] = "asc"

    def query(self) -> UserQuery:
        """As the directory takes it."""
        return UserQuery(
            statuses=self.status,
            plans=self.plan,
            groups=tuple("" if one == "none" else one for one in self.group),
            levels=self.usage_level,
            created_from=self.created_from or self.date_range_start,
            created_to=self.created_to or self.date_range_end,
            seen_from=self.last_seen_from,
            seen_to=self.last_seen_to,
            search=self.search,
            sort=_SORTS[self.sort],
            descending=self.order == "desc",
            limit=self.limit,
            cursor=self.cursor,
        )


class UserOut(ApiModel):
    """A user as the next request would find them."""

    id: str
    email: str
    name: str
    status: UserStatus
    enforcement: Enforcement = Field(
        description="`block`: refused when the quota is used up; `warn`: served all the same."
    )
    enforcement_source: Literal["own", "plan"] = Field(
        description="`plan`: as the group says, or else the plan."
    )
    plan: Plan
    plan_source: Literal["own", "group", "default"] = Field(
        description="`group`: the group states it; `own`: an admin's choice for this user; "
        "`default`: nobody's choice."
    )
    monthly_limit: int
    limit_source: LimitSource = Field(
        description="`group` and `plan`: changes with it; `own`: an admin's choice for this user; "
        "`default`: DEFAULT_MONTHLY_LIMIT, of a first request, which stays when the plan changes."
    )
    group_id: str | None = Field(description="Home group; null: none.")
    group_name: str | None
    cost_center: str | None = Field(description="The group's.")
    models: list[str] | None = Field(
        description="What the user may use of what the key allows; null: all of it."
    )
    models_source: Literal["own", "group"]
    additional_tokens: int
    current_usage: int
    reserved_tokens: int = Field(description="Held by open requests.")
    available_tokens: int = Field(
        description="What a new request may take; below zero after a limit was lowered."
    )
    remaining_tokens: int = Field(description="Limit + additional - used, never below 0.")
    usage_percentage: float = Field(description="Of the monthly limit.")
    granted_percentage: float = Field(
        description="Of limit plus additional tokens: what levels and warnings follow."
    )
    usage_level: UsageLevel
    alert80_sent: bool
    alert95_sent: bool
    last_alert_date: Instant | None
    period: str = Field(examples=["2026-11"])
    renews_at: Instant
    created_at: Instant
    updated_at: Instant
    last_login: Instant | None = Field(description="Last request.")
    version: int = Field(description="Rises with every write to the user.")
    aliases: list[str] = Field(description="Addresses of before, which lead to the same account.")

    @classmethod
    def of(cls, row: UserRow, renews_at: datetime, group: Group | None) -> "UserOut":
        """A row, when its period ends, and the group."""
        quota = row.quota
        return cls(
            id=row.user_id,
            email=row.email,
            name=row.name,
            status=row.status,
            enforcement=row.enforcement,
            enforcement_source="own" if OwnField.ENFORCEMENT in row.own else "plan",
            plan=row.plan,
            monthly_limit=row.monthly_limit,
            limit_source=row.limit_source or LimitSource.OWN,
            plan_source=_plan_source(row),
            group_id=row.group_id,
            group_name=None if group is None else group.name,
            cost_center=None if group is None else group.cost_center,
            models=None if row.models is None else list(row.models),
            models_source="own" if OwnField.MODELS in row.own else "group",
            additional_tokens=row.additional_tokens,
            current_usage=row.current_usage,
            reserved_tokens=row.reserved_tokens,
            available_tokens=row.available_tokens,
            remaining_tokens=quota.remaining_tokens,
            usage_percentage=quota.usage_percentage,
            granted_percentage=quota.granted_percentage,
            usage_level=row.level,
            alert80_sent=Threshold.WARNING in row.alerts_sent,
            alert95_sent=Threshold.CRITICAL in row.alerts_sent,
            last_alert_date=row.last_alert_at,
            period=row.period,
            renews_at=renews_at,
            created_at=row.created_at,
            updated_at=row.updated_at,
            last_login=row.last_seen_at,
            version=row.version,
            aliases=list(row.aliases),
        )


def _plan_source(row: UserRow) -> Literal["own", "group", "default"]:
    if row.plan_by_group:
        return "group"
    return "own" if has_own_plan(row) else "default"


class StatusChange(ApiModel):
    """What brought a user into their status."""

    reason: str
    actor: str = Field(description="An admin's address, `cli:<login>` or `system`.")
    created_at: Instant


class UserDetail(UserOut, DayOut):
    """A user, whether mail reaches them, what became one with them, and how their day stands."""

    mail_suppression: MailSuppression | None = Field(
        description="Why warnings are not mailed to them; null: they are."
    )
    status_change: StatusChange | None = Field(
        description="Who suspended them, say, when and why; null: active, or so from the start."
    )
    merged_from: list[str] = Field(description="Ids of accounts that became part of this one.")
    merged_into: str | None = Field(
        description="Id of the account that this one became part of; its records stay here."
    )


class UserCreate(ApiModel):
    """A user to be made before their first request."""

    email: Email
    name: Name = ""
    plan: Plan | None = Field(default=None, description="Sets the limit; basic unless stated.")
    monthly_limit: Tokens | None = Field(
        default=None, description="Instead of the plan's. Within the bounds of the settings."
    )
    group_id: GroupId | None = Field(
        default=None, description="Home group, which may state plan and limit instead."
    )

    @property
    def wanted(self) -> NewUser:
        """As the service takes it."""
        return NewUser(
            email=self.email,
            name=self.name,
            plan=self.plan,
            monthly_limit=self.monthly_limit,
            group=self.group_id,
        )


class UserUpdateIn(ApiModel):
    """What shall be different; left out or null: stays. All of it is done, or nothing."""

    email: Email | None = Field(
        default=None, description="Another address; the one before becomes an alias."
    )
    name: Name | None = None
    status: Literal["active", "suspended", "blocked", "pending"] | None = None
    enforcement: Enforcement | None = Field(
        default=None, description="`warn`: served, booked and warned beyond the quota, not refused."
    )
    enforcement_source: Literal["plan"] | None = Field(
        default=None, description="Back to what the plan says, instead of `enforcement`."
    )
    plan: Plan | None = Field(
        default=None, description="Another plan brings its limit, unless `monthlyLimit` is stated."
    )
    monthly_limit: Tokens | None = Field(
        default=None, description="Another than now is the user's own from then on."
    )
    limit_source: Literal["own", "group", "plan"] | None = Field(
        default=None,
        description="`group` or `plan`: back to the limit of the group, or else the plan's; `own`: "
        "the limit of now stays, whatever becomes of them. Only `own` beside `monthlyLimit`.",
    )
    plan_source: Literal["group"] | None = Field(
        default=None, description="Back to the group's plan, or to basic; before `plan`."
    )
    group_id: GroupId | Literal[""] | None = Field(
        default=None, description="Another home group; empty: none any more."
    )
    models: AllowedModels | None = Field(
        default=None,
        description="What the user may use, their own from then on; `*`: whatever the key allows.",
    )
    models_source: Literal["group"] | None = Field(
        default=None, description="Back to what the group allows, instead of `models`."
    )
    additional_tokens: Tokens | None = None
    daily_limit: DailyTokens | DailyLimitText | None = Field(
        default=None,
        description="Tokens a day, or `auto:25`: a thirtieth of the monthly limit and 25% more. "
        "`none` takes it away, `plan` gives back the plan's.",
    )
    reason: Reason = ""

    def update(self) -> UserUpdate:
        """As the service takes it."""
        return UserUpdate(
            name=self.name,
            status=None if self.status is None else UserStatus(self.status),
            enforcement=self.enforcement,
            plan=self.plan,
            monthly_limit=self.monthly_limit,
            limit_source=None if self.limit_source is None else LimitSource(self.limit_source),
            enforcement_source=None if self.enforcement_source is None else LimitSource.PLAN,
            additional_tokens=self.additional_tokens,
            daily_limit=None if self.daily_limit is None else str(self.daily_limit),
            email=self.email,
            group=self.group_id,
            plan_source=None if self.plan_source is None else LimitSource.GROUP,
            models=None if self.models is None else tuple(self.models),
            models_source=None if self.models_source is None else LimitSource.GROUP,
        )


class SuspendUser(ApiModel):
    """Why the user is suspended; it goes into the transactions."""

    reason: NeededReason


class OptionalReason(ApiModel):
    """Why; it goes into the transactions."""

    reason: Reason = ""


GrantId = Annotated[str, Field(pattern=r"^(every-month|[0-9a-f]{32})$")]


class AddTokens(ApiModel):
    """A grant on top of the monthly limit, and for how long."""

    amount: Amount
    kind: GrantKind = Field(
        default=GrantKind.EVERY_MONTH,
        description="`this_month`: until the month ends; `until`: to the end of the day `until`; "
        "`until_used`: until it is used up; `every_month`: raises each month's quota until it is "
        "taken back. Of the first three what is unused ends, and what ends first is used first.",
    )
    until: LastDay | None = Field(default=None, description="The last day, with kind `until`.")
    reason: NeededReason

    @property
    def term(self) -> Term:
        """As the service takes it."""
        return Term(self.kind, self.until)


class DeletionOut(ApiModel):
    """A deletion that has not come to its end: the same call again goes on with it."""

    erased_records: int = Field(description="Usage records made anonymous by this call.")
    complete: bool
