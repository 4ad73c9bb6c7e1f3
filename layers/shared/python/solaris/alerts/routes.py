"""Alerts: thresholds that users have crossed, and the months' summaries."""

from dataclasses import replace
from typing import TYPE_CHECKING

from solaris.alerts.schemas import (
    AlertId,
    AlertListQuery,
    AlertOut,
    ResolveAll,
    ResolvedAlerts,
    from_wire,
)
from solaris.platform.access import ADMINS, MEMBER_READERS, Access, Scope
from solaris.platform.web.operations import Call, keeps_to_groups, operation
from solaris.platform.web.schemas import Page
from solaris.quota.groups.managing import reach, require_member
from solaris.quota.groups.reach import narrowed

if TYPE_CHECKING:
    from solaris.alerts.parts import AlertsParts

TAG = "Alerts"


@operation(
    "GET",
    "/admin/alerts",
    access=Access(MEMBER_READERS, key=Scope.USERS_READ),
    tag=TAG,
    name="getAlerts",
    summary="List alerts, newest first",
    within=keeps_to_groups,
)
def get_alerts(parts: "AlertsParts", call: Call, *, query: AlertListQuery) -> Page[AlertOut]:
    """Kept for 400 days."""
    groups = narrowed((), reach(parts, call))
    page = parts.management.page(replace(query.query(), groups=groups))
    return Page[AlertOut](
        items=[AlertOut.of(row) for row in page.items],
        next_cursor=page.next_cursor,
        total=page.total,
    )


@operation(
    "GET",
    "/admin/alerts/{alert_id}",
    access=Access(MEMBER_READERS, key=Scope.USERS_READ),
    tag=TAG,
    name="getAlert",
    summary="One alert",
    within=keeps_to_groups,
)
def get_alert(parts: "AlertsParts", call: Call, *, alert_id: AlertId) -> AlertOut:
    """As it is now."""
    row = parts.management.get(from_wire(alert_id))
    if reach(parts, call) is not None:
        require_member(parts, call, row.alert.user_id or "")
    return AlertOut.of(row)


@operation(
    "POST",
    "/admin/alerts/{alert_id}/resolve",
    access=Access(ADMINS, key=Scope.USERS_WRITE),
    tag=TAG,
    name="resolveAlert",
    summary="Mark an alert as resolved",
)
def resolve_alert(parts: "AlertsParts", call: Call, *, alert_id: AlertId) -> AlertOut:
    """Again changes nothing. The user's quota and warnings are not touched."""
    return AlertOut.of(parts.management.resolve(from_wire(alert_id), call.as_actor))


@operation(
    "POST",
    "/admin/alerts/{alert_id}/reopen",
    access=Access(ADMINS, key=Scope.USERS_WRITE),
    tag=TAG,
    name="reopenAlert",
    summary="Take back that an alert was resolved",
    problems=(409,),
)
def reopen_alert(parts: "AlertsParts", call: Call, *, alert_id: AlertId) -> AlertOut:
    """Again changes nothing; 409 for what the system has closed.

    Where the cause is gone meanwhile the system closes it within ten minutes.
    """
    return AlertOut.of(parts.management.reopen(from_wire(alert_id), call.as_actor))


@operation(
    "POST",
    "/admin/alerts/resolve-all",
    access=Access(ADMINS, key=Scope.USERS_WRITE),
    tag=TAG,
    name="resolveAllAlerts",
    summary="Mark open alerts as resolved",
)
def resolve_all_alerts(parts: "AlertsParts", call: Call, *, body: ResolveAll) -> ResolvedAlerts:
    """At most 500 a call, newest first; call again while `remaining` is not 0."""
    done = parts.management.resolve_all(call.as_actor, types=body.type, user_id=body.user_id)
    return ResolvedAlerts(resolved=done.resolved, remaining=done.remaining)
