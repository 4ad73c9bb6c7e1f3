"""Managers of groups and exports: they see the jobs that they asked for themselves, as long as all
that is in the file was used in groups which still name them.

So nobody takes with them a file of before, as an admin say, or of a group that is not theirs any
more. Somebody else's job is not found by them, as one that there is not.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from solaris.exports.export import Export
from solaris.exports.exporter import ExportOrder
from solaris.ledger.figures import ReportFilters
from solaris.platform.errors import NotFoundError
from solaris.platform.web.operations import Call
from solaris.quota.groups.managing import reach
from solaris.quota.groups.reach import NOBODY
from solaris.reports.managing import report_groups

if TYPE_CHECKING:
    from solaris.exports.parts import ExportsParts


def kept_to_groups(parts: "ExportsParts", call: Call, order: ExportOrder) -> ExportOrder:
    """What may be made for the caller: of a manager what was used in their groups.

    The order is kept with them: what a job makes is what they saw when they asked. Raises
    ValidationFailedError.
    """
    filters = order.filters
    if not isinstance(filters, ReportFilters):
        return order
    groups = report_groups(parts, call, filters.group_ids, "filters.groups")
    return replace(order, filters=replace(filters, group_ids=groups))


def is_seen(parts: "ExportsParts", call: Call, export: Export) -> bool:
    """Whether the caller sees a job, and so its file."""
    managed = reach(parts, call)
    if managed is None:
        return True
    filters = ExportOrder.from_json(export.request).filters
    groups = filters.group_ids if isinstance(filters, ReportFilters) else ()
    is_of_theirs = bool(groups) and managed.union(NOBODY).issuperset(groups)
    return export.requested_by == call.actor.name and is_of_theirs


def a_seen_export(parts: "ExportsParts", call: Call, arguments: Mapping[str, Any]) -> None:
    """`within` of an operation that shows the job `export_id`. Raises NotFoundError."""
    if not is_seen(parts, call, parts.jobs.get(arguments["export_id"])):
        raise NotFoundError(arguments["export_id"])


def an_own_export(parts: "ExportsParts", call: Call, arguments: Mapping[str, Any]) -> None:
    """`within` of one that removes it, which whoever asked for it always may.

    Raises NotFoundError.
    """
    if parts.jobs.get(arguments["export_id"]).requested_by != call.actor.name:
        raise NotFoundError(arguments["export_id"])
