"""Managers of groups in reports: what was used in their groups, whoever used it, and nothing else.

A group is that of each request. So a manager sees of somebody who has left the group since what
they used in it, and of a member nothing of before; all of the group's past, from the day on which
they are named. Sums over several groups are exact.
"""

from collections.abc import Mapping
from typing import Any

from solaris.ledger.figures import MAX_FILTER_VALUES
from solaris.platform.actor import Role
from solaris.platform.errors import ForbiddenError, ValidationFailedError
from solaris.platform.web.operations import Call
from solaris.quota.groups.managing import SeesGroups, reach
from solaris.quota.groups.reach import narrowed
from solaris.reports.report import GroupBy


def report_groups(
    parts: SeesGroups, call: Call, wanted: tuple[str, ...], field: str = "groups"
) -> tuple[str, ...]:
    """The groups that a report covers: of a manager at most their own, all of them unless named.

    Empty (everything) for nobody but who sees everybody. Raises ValidationFailedError for a manager
    of more groups than a filter takes, who must name some.
    """
    groups = narrowed(wanted, reach(parts, call))
    if len(groups) > MAX_FILTER_VALUES:
        text = f"name the groups: a report covers at most {MAX_FILTER_VALUES}"
        raise ValidationFailedError([(field, "too_many_groups", text)])
    return groups


def without_keys(_parts: object, call: Call, arguments: Mapping[str, Any]) -> None:
    """`within` of the report: its handler keeps to groups, and keys are not a manager's to list.

    Raises ForbiddenError.
    """
    if arguments["query"].group_by is GroupBy.KEY and call.actor.role is Role.MANAGER:
        raise ForbiddenError
