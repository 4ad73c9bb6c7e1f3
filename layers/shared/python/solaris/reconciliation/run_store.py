"""How far the reconciliation of a month's beginning has come: one item of the periods table.

It lies under `system#reconcile`, with the period in whose first days it runs:

    claim     nobody has begun, or the lease has run out: the caller goes on from the cursor
    save      a page is done: cursor, figures, the lease prolonged; only the owner
    finish    everything was looked at: nobody claims it again
    supersede somebody has looked at everything by hand: the period's newest result
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Self

import orjson

from solaris.platform.aws.client import CONDITION_FAILED, AwsCallError, store_errors
from solaris.platform.aws.items import Item, number, text
from solaris.platform.aws.progress import progress_owner
from solaris.platform.errors import ConflictError
from solaris.platform.instants import iso_milliseconds, parse_instant
from solaris.platform.leases import free_values, held_until, is_free

PROGRESS_OWNER = progress_owner("reconcile")
LEASE = timedelta(seconds=120)
MAX_KEPT_FINDINGS = 50

Row = dict[str, Any]
"""A finding as it is kept: plain JSON."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReconciliationRun:
    """One month's run. `findings` are the first fifty, `differences` counts all."""

    period: str
    started_at: datetime
    finished_at: datetime | None = None
    cursor: str | None = None
    users: int = 0
    records: int = 0
    in_motion: int = 0
    differences: int = 0
    findings: tuple[Row, ...] = ()

    @property
    def is_done(self) -> bool:
        """Whether everything was looked at."""
        return self.finished_at is not None

    def with_findings(self, rows: Sequence[Row]) -> Self:
        """The same with more findings; only the first fifty are kept whole."""
        kept = (*self.findings, *rows)[:MAX_KEPT_FINDINGS]
        return replace(self, findings=kept, differences=self.differences + len(rows))


class ReconciliationStore:
    """Reads and writes; `client` is a boto3 DynamoDB client.

    Every method raises StoreUnavailableError or AwsCallError.
    """

    def __init__(self, client: Any, periods_table: str) -> None:
        self._client = client
        self._table = periods_table

    def latest(self) -> ReconciliationRun | None:
        """The newest run, perhaps still under way; None before the first."""
        return next(iter(self._newest(1)), None)

    def latest_done(self) -> ReconciliationRun | None:
        """The newest run that has looked at everything; None before the first."""
        return next((run for run in self._newest(2) if run.is_done), None)

    def _newest(self, most: int) -> list[ReconciliationRun]:
        with store_errors():
            answer = self._client.query(
                TableName=self._table,
                KeyConditionExpression="user_id = :owner",
                ExpressionAttributeValues={":owner": text(PROGRESS_OWNER)},
                ScanIndexForward=False,
                ConsistentRead=True,
                Limit=most,
            )
        return [_from_item(item) for item in answer["Items"]]

    def claim(self, period: str, owner: str, now: datetime) -> ReconciliationRun | None:
        """Begin a period's run or go on with it; None when it is done or somebody is at it."""
        try:
            with store_errors():
                answer = self._client.update_item(
                    TableName=self._table,
                    Key=_key(period),
                    UpdateExpression=(
                        "SET started_at = if_not_exists(started_at, :now), "
                        "lease_owner = :owner, lease_until = :until"
                    ),
                    ConditionExpression=(
                        "attribute_not_exists(finished_at) AND "
                        # the first, one whose owner is gone, or this very write sent again
                        f"(attribute_not_exists(lease_until) OR {is_free('lease_until')} "
                        "OR lease_owner = :owner)"
                    ),
                    ExpressionAttributeValues={
                        ":now": text(iso_milliseconds(now)),
                        ":owner": text(owner),
                        ":until": held_until(now, LEASE),
                        **free_values(now, LEASE),
                    },
                    ReturnValues="ALL_NEW",
                )
        except AwsCallError as error:
            if error.aws_code != CONDITION_FAILED:
                raise
            return None
        return _from_item(answer["Attributes"])

    def save(self, run: ReconciliationRun, owner: str, now: datetime) -> None:
        """Keep what was done, and the lease. Raises ConflictError when another run took over."""
        self._write(run, owner, {"lease_until": held_until(now, LEASE)})

    def release(self, run: ReconciliationRun, owner: str) -> None:
        """Keep what was done and let the next invocation go on at once."""
        self._write(run, owner, {"lease_until": number(0)})

    def supersede(self, run: ReconciliationRun, now: datetime) -> bool:
        """Put a whole run in the place of its period's; False while that one is under way."""
        try:
            with store_errors():
                self._client.put_item(
                    TableName=self._table,
                    Item=_to_item(run),
                    ConditionExpression=(
                        f"attribute_not_exists(lease_until) OR {is_free('lease_until')}"
                    ),
                    ExpressionAttributeValues=free_values(now, LEASE),
                )
        except AwsCallError as error:
            if error.aws_code != CONDITION_FAILED:
                raise
            return False
        return True

    def _write(self, run: ReconciliationRun, owner: str, lease: Item) -> None:
        item = _to_item(run) | {"lease_owner": text(owner)} | lease
        try:
            with store_errors():
                self._client.put_item(
                    TableName=self._table,
                    Item=item,
                    ConditionExpression="lease_owner = :owner",
                    ExpressionAttributeValues={":owner": text(owner)},
                )
        except AwsCallError as error:
            if error.aws_code != CONDITION_FAILED:
                raise
            msg = f"another run has taken over the reconciliation of {run.period}"
            raise ConflictError(msg) from error


def _key(period: str) -> Item:
    return {"user_id": text(PROGRESS_OWNER), "period": text(period)}


def _to_item(run: ReconciliationRun) -> Item:
    item = _key(run.period) | {
        "started_at": text(iso_milliseconds(run.started_at)),
        "users": number(run.users),
        "records": number(run.records),
        "in_motion": number(run.in_motion),
        "differences": number(run.differences),
        "findings": text(orjson.dumps(run.findings).decode()),
    }
    if run.cursor is not None:
        item["cursor"] = text(run.cursor)
    if run.finished_at is not None:
        item["finished_at"] = text(iso_milliseconds(run.finished_at))
    return item


def _from_item(item: Item) -> ReconciliationRun:
    def figure(name: str) -> int:
        return int(item[name]["N"]) if name in item else 0

    return ReconciliationRun(
        period=item["period"]["S"],
        started_at=parse_instant(item["started_at"]["S"]),
        finished_at=parse_instant(item["finished_at"]["S"]) if "finished_at" in item else None,
        cursor=item["cursor"]["S"] if "cursor" in item else None,
        users=figure("users"),
        records=figure("records"),
        in_motion=figure("in_motion"),
        differences=figure("differences"),
        findings=tuple(orjson.loads(item["findings"]["S"])) if "findings" in item else (),
    )
