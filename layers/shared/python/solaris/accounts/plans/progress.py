"""How far a change of plans has come to those who have them: one item beside the documents.

It lies in the periods table under `system#plans`:

    order     with the document's own write: what is to be brought, all counts at nothing
    claim     the lease is nobody's: the caller works on from the cursor
    save      a page is done: cursor and counts, the lease prolonged; only the owner, only this run
    finish    everybody has been seen

Losing the lease, or another order, does no harm to users, whose writes have conditions of their
own: it only ends the work of whoever has lost.

Who was written by a version before plans could be changed has the limit that the environment gave
then. `seeds` keeps those limits for good, from the first look on.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Self

from solaris.platform.aws.client import (
    CANCELLED,
    CONDITION_FAILED,
    AwsCallError,
    store_errors,
)
from solaris.platform.aws.items import Action, Item, Write, number, text
from solaris.platform.aws.progress import progress_owner
from solaris.platform.errors import ConflictError
from solaris.platform.instants import iso_milliseconds, parse_instant
from solaris.platform.leases import free_values, held_until, is_free
from solaris.quota.plans import Seeds
from solaris.quota.user import Plan

OWNER, NAME = progress_owner("plans"), "propagation"
LEASE = timedelta(seconds=60)
SYSTEM = "system"
_RUNNING, _DONE = "running", "done"
_COUNTS = ("users", "changed", "failed")


class LeaseLostError(ConflictError):
    """Another run has taken over, or another change of the plans has come."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far it has come. `users` were looked at, `changed` got something; `total` is about all.

    `wanted` is the signature of the plans that are brought, `actor` and `reason` are those of who
    changed them.
    """

    run_id: str
    wanted: str
    is_done: bool
    seeds: Seeds
    actor: str
    reason: str
    started_at: datetime
    finished_at: datetime | None = None
    cursor: str | None = None
    users: int = 0
    changed: int = 0
    failed: int = 0
    total: int = 0

    @classmethod
    def from_item(cls, item: Mapping[str, Any]) -> Self:
        """Read the item."""
        limits = {Plan(name): int(one["N"]) for name, one in item["seeds"]["M"].items()}
        finished = item.get("finished_at")
        return cls(
            run_id=item["run_id"]["S"],
            wanted=item["wanted"]["S"],
            is_done=item["state"]["S"] == _DONE,
            seeds=Seeds(limits, int(item["first_request"]["N"])),
            actor=item["actor"]["S"],
            reason=item["reason"]["S"],
            started_at=parse_instant(item["started_at"]["S"]),
            finished_at=None if finished is None else parse_instant(finished["S"]),
            cursor=item["cursor"]["S"] if "cursor" in item else None,
            users=int(item["users"]["N"]),
            changed=int(item["changed"]["N"]),
            failed=int(item["failed"]["N"]),
            total=int(item["total"]["N"]),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What is to be brought to everybody, and who wants it."""

    run_id: str
    wanted: str
    actor: str
    reason: str
    total: int
    is_done: bool = False
    """Nothing to bring: nobody has ever changed a plan."""


class PropagationStore:
    """Reads and writes the item; `client` is a boto3 DynamoDB client.

    Every method raises StoreUnavailableError.
    """

    def __init__(self, client: Any, periods_table: str, seeds: Seeds) -> None:
        self._client = client
        self._table = periods_table
        self._seeds = seeds

    @property
    def _key(self) -> Item:
        return {"user_id": text(OWNER), "period": text(NAME)}

    def get(self) -> Progress | None:
        """How far it is, strongly consistent; None before the first look."""
        with store_errors():
            answer = self._client.get_item(
                TableName=self._table, Key=self._key, ConsistentRead=True
            )
        item = answer.get("Item")
        return None if not item else Progress.from_item(item)

    def order_action(self, order: Order, now: datetime, *, instead_of: str | None = None) -> Action:
        """The action that begins anew, whatever was under way.

        With `instead_of` only where plans of that signature were brought; "": none ever.
        """
        values = {
            ":state": text(_DONE if order.is_done else _RUNNING),
            ":run": text(order.run_id),
            ":wanted": text(order.wanted),
            ":actor": text(order.actor),
            ":reason": text(order.reason),
            ":now": text(iso_milliseconds(now)),
            ":none": number(0),
            ":total": number(order.total),
            ":seeds": {"M": {plan.value: number(n) for plan, n in self._seeds.limits.items()}},
            ":first": number(self._seeds.first_request),
        }
        update: Write = {
            "TableName": self._table,
            "Key": self._key,
            "UpdateExpression": "SET #state = :state, run_id = :run, wanted = :wanted, "
            "actor = :actor, reason = :reason, started_at = :now, lease_until = :none, "
            "#users = :none, changed = :none, failed = :none, #total = :total, "
            "seeds = if_not_exists(seeds, :seeds), "
            "first_request = if_not_exists(first_request, :first) "
            "REMOVE #cursor, finished_at, lease_owner",
            "ExpressionAttributeNames": {
                f"#{name}": name for name in ("state", "users", "total", "cursor")
            },
            "ExpressionAttributeValues": values,
        }
        if instead_of == "":
            update["ConditionExpression"] = "attribute_not_exists(user_id)"
        elif instead_of is not None:
            update["ConditionExpression"] = "wanted = :before"
            values[":before"] = text(instead_of)
        return {"Update": update}

    def order(
        self, order: Order, now: datetime, *, instead_of: str, checks: Sequence[Action]
    ) -> bool:
        """Begin anew under conditions of somebody else's; False when one did not hold."""
        actions = [self.order_action(order, now, instead_of=instead_of), *checks]
        try:
            with store_errors():
                self._client.transact_write_items(TransactItems=actions)
        except AwsCallError as error:
            if error.aws_code != CANCELLED:
                raise
            return False
        return True

    def claim(self, run_id: str, owner: str, now: datetime) -> bool:
        """Take the work of a run; False while somebody else has it, or it is done."""
        values = {":run": text(run_id), ":running": text(_RUNNING), **free_values(now, LEASE)}
        return self._update(
            "SET lease_owner = :owner, lease_until = :until",
            f"run_id = :run AND #state = :running AND ({is_free('lease_until')} "
            "OR lease_owner = :owner)",
            values | {":owner": text(owner), ":until": held_until(now, LEASE)},
        )

    def save(self, progress: Progress, owner: str, now: datetime) -> None:
        """Remember cursor and counts, and keep the lease. Raises LeaseLostError."""
        sets = ", ".join(f"#{name} = :{name}" for name in _COUNTS)
        values = {f":{name}": number(getattr(progress, name)) for name in _COUNTS}
        cursor = ""
        if progress.cursor is not None:
            cursor, values[":cursor"] = ", #cursor = :cursor", text(progress.cursor)
        update = f"SET lease_until = :until, {sets}{cursor}"
        self._own(update, progress, owner, values | {":until": held_until(now, LEASE)})

    def release(self, progress: Progress, owner: str) -> None:
        """Let the next run go on at once. Raises LeaseLostError."""
        self._own("SET lease_until = :none", progress, owner, {":none": number(0)})

    def finish(self, progress: Progress, owner: str, now: datetime) -> None:
        """Everybody has been seen. Raises LeaseLostError."""
        values = {":done": text(_DONE), ":now": text(iso_milliseconds(now)), ":none": number(0)}
        update = "SET #state = :done, finished_at = :now, lease_until = :none REMOVE #cursor"
        self._own(update, progress, owner, values)

    def _own(self, update: str, progress: Progress, owner: str, values: Item) -> None:
        mine = {":run": text(progress.run_id), ":owner": text(owner)}
        if not self._update(update, "run_id = :run AND lease_owner = :owner", values | mine):
            msg = "another run has taken over the change of the plans"
            raise LeaseLostError(msg)

    def _update(self, update: str, condition: str, values: Item) -> bool:
        used = f"{update} {condition}"
        names = {f"#{name}": name for name in ("state", "cursor", *_COUNTS) if f"#{name}" in used}
        request: dict[str, Any] = {
            "TableName": self._table,
            "Key": self._key,
            "UpdateExpression": update,
            "ConditionExpression": condition,
            "ExpressionAttributeValues": values,
        }
        if names:
            request["ExpressionAttributeNames"] = names
        try:
            with store_errors():
                self._client.update_item(**request)
        except AwsCallError as error:
            if error.aws_code != CONDITION_FAILED:
                raise
            return False
        return True
