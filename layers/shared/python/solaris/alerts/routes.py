"""Alerts: thresholds that users have crossed, and the months' summaries."""

from typing import TYPE_CHECKING

from solaris.alerts.schemas import (
    AlertId,
    AlertListQuery,
    AlertOut,
    ResolveAll,
    ResolvedAlerts,
    from_wire,
)
from solaris.platform.access import ADMINS, READERS, Access, Scope
from solaris.platform.web.operations import Call, operation
from solaris.platform.web.schemas import Page

if TYPE_CHECKING:
    from solaris.alerts.parts import AlertsParts

TAG = "Alerts"


@operation(
    "GET",
    "/admin/alerts",
    access=Access(READERS, key=Scope.USERS_READ),
    tag=TAG,
    name="getAlerts",
    summary="List alerts, newest first",
)
def get_alerts(parts: "AlertsParts", call: Call, *, query: AlertListQuery) -> Page[AlertOut]:  # noqa: ARG001 - the shape of every handler
    """Kept for 400 days."""
    page = parts.management.page(query.query())
    return Page[AlertOut](
        items=[AlertOut.of(row) for row in page.items],
        next_cursor=page.next_cursor,
        total=page.total,
    )


@operation(
    "GET",
    "/admin/alerts/{alert_id}",
    access=Access(READERS, key=Scope.USERS_READ),
    tag=TAG,
    name="getAlert",
    summary="One alert",
)
def get_alert(parts: "AlertsParts", call: Call, *, alert_id: AlertId) -> AlertOut:  # noqa: ARG001 - the shape of every handler
    """As it is now."""
    return AlertOut.of(parts.management.get(from_wire(alert_id)))


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
