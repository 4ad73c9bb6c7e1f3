"""Exports: reports as files, at once or by a job in the background."""

from typing import TYPE_CHECKING

from solaris.exports.access import ACCESS
from solaris.exports.export import Export, ExportFormat, ExportKind
from solaris.exports.managing import a_seen_export, an_own_export, is_seen, kept_to_groups
from solaris.exports.schemas import ExportId, ExportOut, ExportRequest
from solaris.platform.access import GROUP_REPORT_READERS, Access, Scope
from solaris.platform.actor import Role
from solaris.platform.file_links import content_disposition
from solaris.platform.web.operations import (
    BASE_PATH,
    Call,
    OtherAnswer,
    Reply,
    keeps_to_groups,
    operation,
)
from solaris.platform.web.schemas import Page, PageQuery

if TYPE_CHECKING:
    from solaris.exports.parts import ExportsParts

TAG = "Reports"
EXPORTS = "/admin/reports/exports"


@operation(
    "POST",
    "/admin/reports/export",
    access=Access(GROUP_REPORT_READERS, key=Scope.REPORTS_READ),
    tag=TAG,
    name="exportReport",
    summary="Export a report as CSV, JSON or XLSX",
    others=(
        OtherAnswer(
            status=200,
            description="The file (at most 5,000 rows and 4 MiB).",
            media_types=tuple(one.media_type for one in ExportFormat),
        ),
        OtherAnswer(
            status=202,
            description="A job; `Location` names it.",
            model=ExportOut,
        ),
    ),
    within=keeps_to_groups,
)
def export_report(parts: "ExportsParts", call: Call, *, body: ExportRequest) -> Reply:
    """A small export is answered with the file, a larger one (or `background`) with a job.

    Users and alerts are for who sees users (a key: `users:read` too), the audit log for who sees
    that (`audit:read` too). A manager's are of what was used in their groups, and not by key.

    CSV is UTF-8 with a byte order mark; in pt-BR with semicolons and decimal commas, as Excel
    reads it there. Text that a spreadsheet would take for a formula gets an apostrophe. Times are
    in the periods' zone (JSON: UTC), costs in USD and, where CURRENCY is another, in that too, with
    the rate. At most 5,000,000 rows, as XLSX 2,000,000; a
    sheet holds 1,048,575. Twenty jobs at once.
    """
    call.actor.require(ACCESS[ExportKind(body.root.type)])
    today = parts.platform.clock().astimezone(parts.platform.settings.zone).date()
    order = kept_to_groups(parts, call, body.order(call.locale, today))
    made = parts.jobs.export(order, call.as_actor, in_background=body.root.background)
    if isinstance(made, Export):
        return Reply(
            content=ExportOut.of(made, None),
            status=202,
            headers={"Location": f"{BASE_PATH}{EXPORTS}/{made.export_id}"},
        )
    return Reply(
        content=made.content,
        status=200,
        media_type=made.media_type,
        headers={"Content-Disposition": content_disposition(made.file_name)},
    )


@operation(
    "GET",
    EXPORTS,
    access=Access(GROUP_REPORT_READERS, key=Scope.REPORTS_READ),
    tag=TAG,
    name="listExports",
    summary="List export jobs, newest first",
    within=keeps_to_groups,
)
def list_exports(parts: "ExportsParts", call: Call, *, query: PageQuery) -> Page[ExportOut]:
    """Everybody's, of the last seven days, of what the caller may export: a page may be short.

    A manager's own, of the newest 2,000 of all.
    """
    jobs = parts.jobs
    found, next_cursor = jobs.page(
        query.limit, query.cursor, keep=lambda one: is_seen(parts, call, one)
    )
    shown = [ExportOut.of(one, jobs.link(one)) for one in found]
    return Page[ExportOut](
        items=[one for one in shown if call.actor.may(ACCESS[one.type])], next_cursor=next_cursor
    )


@operation(
    "GET",
    EXPORTS + "/{export_id}",
    access=Access(GROUP_REPORT_READERS, key=Scope.REPORTS_READ),
    tag=TAG,
    name="getExport",
    summary="One export job, with a link to its file",
    within=a_seen_export,
)
def get_export(parts: "ExportsParts", call: Call, *, export_id: ExportId) -> ExportOut:
    """As it is now."""
    export = parts.jobs.get(export_id)
    shown = ExportOut.of(export, parts.jobs.link(export))
    call.actor.require(ACCESS[shown.type])
    return shown


@operation(
    "DELETE",
    EXPORTS + "/{export_id}",
    access=Access(GROUP_REPORT_READERS, key=Scope.REPORTS_READ),
    tag=TAG,
    name="deleteExport",
    summary="Cancel an export job, or remove its file",
    problems=(403,),
    within=an_own_export,
)
def delete_export(parts: "ExportsParts", call: Call, *, export_id: ExportId) -> None:
    """One's own, or as an admin anybody's."""
    is_admin = call.actor.role is Role.ADMIN
    parts.jobs.remove(export_id, call.as_actor, may_remove_any=is_admin)
