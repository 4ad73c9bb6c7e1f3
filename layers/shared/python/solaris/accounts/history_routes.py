"""What is on record about one user."""

from typing import TYPE_CHECKING

from solaris.accounts.history_schemas import (
    PeriodOut,
    PeriodsOut,
    PeriodsQuery,
    RefusedOut,
    TokenUsage,
    TransactionOut,
    UsageQuery,
    UserStatsOut,
)
from solaris.accounts.routes import TAG, shown
from solaris.accounts.schemas import UserId
from solaris.platform.access import MEMBER_READERS, Access, Scope
from solaris.platform.web.operations import Call, operation
from solaris.platform.web.schemas import Page, PageQuery
from solaris.quota.groups.managing import a_member

if TYPE_CHECKING:
    from solaris.accounts.parts import AccountsParts


@operation(
    "GET",
    "/admin/users/{user_id}/stats",
    access=Access(MEMBER_READERS, key=Scope.USERS_READ),
    tag=TAG,
    name="getUserStats",
    summary="A user's quota and last 30 days",
    within=a_member,
)
def get_user_stats(parts: "AccountsParts", call: Call, *, user_id: UserId) -> UserStatsOut:  # noqa: ARG001 - the shape of every handler
    """By day and by model, from the daily counters."""
    stats = parts.history.stats(user_id)
    return UserStatsOut.of(stats, shown(parts, stats.account), parts.platform.settings.exchange)


@operation(
    "GET",
    "/admin/users/{user_id}/usage",
    access=Access(MEMBER_READERS, key=Scope.USERS_READ),
    tag=TAG,
    name="getUserUsage",
    summary="A user's requests, newest first",
    within=a_member,
)
def get_user_usage(
    parts: "AccountsParts",
    call: Call,  # noqa: ARG001 - the shape of every handler
    *,
    user_id: UserId,
    query: UsageQuery,
) -> Page[TokenUsage]:
    """Kept for 13 months."""
    page = parts.history.usage(user_id, query.filters(), query.limit, query.cursor)
    return Page[TokenUsage](
        items=[TokenUsage.of(line, parts.platform.settings.exchange) for line in page.records],
        next_cursor=page.next_cursor,
    )


@operation(
    "GET",
    "/admin/users/{user_id}/transactions",
    access=Access(MEMBER_READERS, key=Scope.USERS_READ),
    tag=TAG,
    name="getUserTransactions",
    summary="Who changed a user's grants, limit, plan, status or usage, newest first",
    within=a_member,
)
def get_user_transactions(
    parts: "AccountsParts",
    call: Call,  # noqa: ARG001 - the shape of every handler
    *,
    user_id: UserId,
    query: PageQuery,
) -> Page[TransactionOut]:
    """Rows are never changed; the audit log names each by its id."""
    page = parts.history.transactions(user_id, query.limit, query.cursor)
    return Page[TransactionOut](
        items=[TransactionOut.of(row) for row in page.rows], next_cursor=page.next_cursor
    )


@operation(
    "GET",
    "/admin/users/{user_id}/periods",
    access=Access(MEMBER_READERS, key=Scope.USERS_READ),
    tag=TAG,
    name="getUserPeriods",
    summary="A user's closed months, newest first",
    within=a_member,
)
def get_user_periods(
    parts: "AccountsParts",
    call: Call,  # noqa: ARG001 - the shape of every handler
    *,
    user_id: UserId,
    query: PeriodsQuery,
) -> PeriodsOut:
    """With the usage by model of each."""
    months = parts.history.periods(user_id, query.limit)
    return PeriodsOut(items=[PeriodOut.of(one) for one in months])


@operation(
    "GET",
    "/admin/users/{user_id}/refusals",
    access=Access(MEMBER_READERS, key=Scope.USERS_READ),
    tag=TAG,
    name="getUserRefusals",
    summary="What a user was refused in the last 30 days",
    within=a_member,
)
def get_user_refusals(parts: "AccountsParts", call: Call, *, user_id: UserId) -> RefusedOut:  # noqa: ARG001 - the shape of every handler
    """Chat requests turned away with 429 or 403: by day and reason, and the last ones."""
    return RefusedOut.of(parts.history.refusals(user_id))
