"""Whether the books agree with their records, as the last reconciliation found it."""

from pydantic import Field

from solaris.platform.web.schemas import ApiModel, Instant
from solaris.reconciliation.books import Fault


class BookDifferenceOut(ApiModel):
    """One figure that is not what its records say; `userId` null: the system's counters.

    `place` is a period, `<day>#<model>` or a request id.
    """

    fault: Fault
    user_id: str | None
    user_email: str | None = Field(description="None for the system, or nobody known.")
    place: str
    figure: str
    expected: int
    found: int
    record_keys: list[str]


class ReconciliationOut(ApiModel):
    """One run. `findings` are the first fifty of the `differences`.

    `inMotion` are users and days that changed all the time and could not be compared.
    """

    period: str
    started_at: Instant
    finished_at: Instant | None
    users: int
    records: int
    in_motion: int
    differences: int
    findings: list[BookDifferenceOut]


class LatestReconciliationOut(ApiModel):
    """`latest` is null until the first run has begun."""

    latest: ReconciliationOut | None
