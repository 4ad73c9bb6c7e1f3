"""The audit log."""

from typing import TYPE_CHECKING

from solaris.audit.schemas import AuditOut, AuditQuery
from solaris.platform.access import REPORT_READERS, Access, Scope
from solaris.platform.web.operations import Call, operation
from solaris.platform.web.schemas import Page

if TYPE_CHECKING:
    from solaris.audit.parts import AuditParts


@operation(
    "GET",
    "/admin/audit",
    access=Access(REPORT_READERS, key=Scope.AUDIT_READ),
    tag="Audit",
    name="getAuditLog",
    summary="Who changed what and who signed in, newest first",
)
def get_audit_log(parts: "AuditParts", call: Call, *, query: AuditQuery) -> Page[AuditOut]:  # noqa: ARG001 - the shape of every handler
    """Kept for two years.

    A call looks back 62 days at most from where the last one ended: a page may be short or empty
    and still have a next one.
    """
    page = parts.auditor.page(query.filters(), query.limit, query.cursor)
    return Page[AuditOut](
        items=[AuditOut.of(entry) for entry in page.entries], next_cursor=page.next_cursor
    )
