"""Whether the books agree."""

from typing import TYPE_CHECKING

from solaris.platform.access import REPORT_READERS, Access, Scope
from solaris.platform.web.operations import Call, operation
from solaris.reconciliation.schemas import (
    BookDifferenceOut,
    LatestReconciliationOut,
    ReconciliationOut,
)

if TYPE_CHECKING:
    from solaris.reconciliation.parts import ReconciliationParts


@operation(
    "GET",
    "/admin/reconciliation",
    access=Access(REPORT_READERS, key=Scope.REPORTS_READ),
    tag="Reports",
    summary="Whether the books agree with their records",
    name="getReconciliation",
)
def get_reconciliation(parts: "ReconciliationParts", call: Call) -> LatestReconciliationOut:  # noqa: ARG001 - an operation's signature
    """The newest monthly reconciliation; `solaris reconcile` runs one at any time."""
    run = parts.runs.latest()
    if run is None:
        return LatestReconciliationOut(latest=None)
    people = {row["user_id"] for row in run.findings if row["user_id"] is not None}
    known = parts.directory.emails(people) if people else {}
    return LatestReconciliationOut(
        latest=ReconciliationOut(
            period=run.period,
            started_at=run.started_at,
            finished_at=run.finished_at,
            users=run.users,
            records=run.records,
            in_motion=run.in_motion,
            differences=run.differences,
            findings=[
                BookDifferenceOut(**row, user_email=known.get(row["user_id"], (None,))[0])
                for row in run.findings
            ],
        )
    )
