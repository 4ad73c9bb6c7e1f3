"""How far the delivery of each alert to each channel is, in the alert's own item.

The attribute `deliveries` of an alert is a map by channel, beside the states of its mails, and
each entry is claimed as a mail is (alerts/store.py): one at a time, by a lease that a process which
was killed leaves to the next. So nothing is lost, and twice is sent only what was sent by somebody
who died before saying so, or whose word did not reach the store: with the same `webhook-id`.

    absent | failed | trying with its lease over ─► trying, my lease ─► delivered | failed | dead
"""

import uuid
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from solaris.alerts.alert import LEASE
from solaris.platform.aws.client import CONDITION_FAILED, AwsCallError, store_errors
from solaris.platform.aws.items import Item, number, text
from solaris.platform.leases import free_values, held_until, is_free


class DeliveryState(StrEnum):
    """How far a delivery is. Final are all but `trying` and `failed`."""

    TRYING = "trying"
    """Claimed by one process until its lease is over."""

    FAILED = "failed"
    """The last try failed; another follows."""

    DELIVERED = "delivered"
    DEAD = "dead"
    """Five tries have failed."""

    SKIPPED = "skipped"
    """The channel was paused or removed before it was delivered."""


FINAL = frozenset(DeliveryState) - {DeliveryState.TRYING, DeliveryState.FAILED}


@dataclass(frozen=True, slots=True)
class Claimed:
    """`lease` is set when the caller is the one to try, for the `tries`-th time.

    Else `state` says how the delivery is; None: the alert itself is gone.
    """

    state: DeliveryState | None
    lease: str | None = None
    tries: int = 0


class DeliveryStore:
    """The states; `client` is a boto3 DynamoDB client."""

    def __init__(self, client: Any, alerts_table: str) -> None:
        self._client = client
        self._table = alerts_table

    def states(self, alert_id: str) -> dict[str, DeliveryState]:
        """The states that an alert's item has, by channel. Raises StoreUnavailableError."""
        with store_errors():
            answer = self._client.get_item(
                TableName=self._table,
                Key={"alert_id": text(alert_id)},
                ProjectionExpression="deliveries",
                ConsistentRead=True,
            )
        found = answer.get("Item", {}).get("deliveries", {}).get("M", {})
        return {one: DeliveryState(entry["M"]["state"]["S"]) for one, entry in found.items()}

    def is_announced(self, alert_id: str) -> bool:
        """Whether a message to every channel of an alert is out already."""
        with store_errors():
            answer = self._client.get_item(
                TableName=self._table,
                Key={"alert_id": text(alert_id)},
                ProjectionExpression="announced",
                ConsistentRead=True,
            )
        return "announced" in answer.get("Item", {})

    def prepare(self, alert_id: str) -> None:
        """Give an alert the map that the entries are put into; one that has it keeps it."""
        self._set(alert_id, "deliveries = if_not_exists(deliveries, :value)", value={"M": {}})

    def announced(self, alert_id: str) -> None:
        """Note that the messages are out."""
        self._set(alert_id, "announced = :value", value={"BOOL": True})

    def _set(self, alert_id: str, update: str, *, value: Any) -> None:
        try:
            with store_errors():
                self._client.update_item(
                    TableName=self._table,
                    Key={"alert_id": text(alert_id)},
                    UpdateExpression=f"SET {update}",
                    ConditionExpression="attribute_exists(alert_id)",
                    ExpressionAttributeValues={":value": value},
                )
        except AwsCallError as error:
            if error.aws_code != CONDITION_FAILED:
                raise

    def claim(self, alert_id: str, channel_id: str, now: datetime) -> Claimed:
        """Take one try for a while, unless the delivery is done or somebody else's."""
        lease = uuid.uuid4().hex
        before = self._entry(alert_id, channel_id)
        if before is None:
            return Claimed(None)
        tries = int(before["tries"]["N"]) + 1 if before else 1
        state = DeliveryState(before["state"]["S"]) if before else None
        if state in FINAL:
            return Claimed(state)
        entry: Item = {
            "state": text(DeliveryState.TRYING),
            "tries": number(tries),
            "lease": text(lease),
            "until": held_until(now, LEASE),
        }
        condition = "attribute_not_exists(deliveries.#id)"
        values: Item = {":entry": {"M": entry}}
        names = {"#id": channel_id}
        if before:
            condition = (
                "deliveries.#id.tries = :tries AND (deliveries.#id.#state = :failed OR "
                f"(deliveries.#id.#state = :trying AND {is_free('deliveries.#id.#until')}))"
            )
            names |= {"#state": "state", "#until": "until"}
            values |= {
                ":tries": number(tries - 1),
                ":failed": text(DeliveryState.FAILED),
                ":trying": text(DeliveryState.TRYING),
                **free_values(now, LEASE),
            }
        if self._update(alert_id, condition, names, values):
            return Claimed(DeliveryState.TRYING, lease, tries)
        return Claimed(self.states(alert_id).get(channel_id, DeliveryState.TRYING))

    def mark(self, alert_id: str, channel_id: str, claimed: Claimed, state: DeliveryState) -> bool:
        """Write how the claimed try went; False when the lease was taken over meanwhile."""
        entry: Item = {"state": text(state), "tries": number(claimed.tries)}
        return self._update(
            alert_id,
            "deliveries.#id.#lease = :lease",
            {"#id": channel_id, "#lease": "lease"},
            {":entry": {"M": entry}, ":lease": text(claimed.lease or "")},
        )

    def skip(self, alert_id: str, channel_id: str) -> None:
        """Note that a delivery is not made; one that is under way or done stays as it is."""
        entry: Item = {"state": text(DeliveryState.SKIPPED), "tries": number(0)}
        self._update(
            alert_id,
            "attribute_exists(deliveries) AND (attribute_not_exists(deliveries.#id)"
            " OR deliveries.#id.#state = :failed)",
            {"#id": channel_id, "#state": "state"},
            {":entry": {"M": entry}, ":failed": text(DeliveryState.FAILED)},
        )

    def _entry(self, alert_id: str, channel_id: str) -> Item | None:
        """The entry as it is; empty where there is none yet, None where the alert is gone."""
        with store_errors():
            answer = self._client.get_item(
                TableName=self._table,
                Key={"alert_id": text(alert_id)},
                ProjectionExpression="alert_id, deliveries.#id",
                ExpressionAttributeNames={"#id": channel_id},
                ConsistentRead=True,
            )
        item = answer.get("Item")
        if not item:
            return None
        found: Item = item.get("deliveries", {}).get("M", {}).get(channel_id, {}).get("M", {})
        return found

    def _update(self, alert_id: str, condition: str, names: dict[str, str], values: Item) -> bool:
        try:
            with store_errors():
                self._client.update_item(
                    TableName=self._table,
                    Key={"alert_id": text(alert_id)},
                    UpdateExpression="SET deliveries.#id = :entry",
                    ConditionExpression=condition,
                    ExpressionAttributeNames=names,
                    ExpressionAttributeValues=values,
                )
        except AwsCallError as error:
            if error.aws_code == CONDITION_FAILED:
                return False
            raise
        return True
