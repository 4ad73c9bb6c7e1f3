"""The suppressions table: addresses that get no mail, by address. Rules: alerts/suppression.py.

A record is read, changed by a rule and written on the condition that nobody has written it in
between; who comes too late reads again. It is lifted together with its audit row or not at all.
Reads are strongly consistent: a mail that is sent after an event was recorded sees it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from solaris.alerts.suppression import AddressRecord, Suppression, SuppressionReason
from solaris.platform.aws.client import (
    CANCELLED,
    CONDITION_FAILED,
    LOST_RACE,
    AwsCallError,
    WriteConflictError,
    read_items,
    store_errors,
)
from solaris.platform.aws.cursors import decode_cursor, encode_cursor
from solaris.platform.aws.items import Action, Item, number, text
from solaris.platform.aws.retry import CONFLICT, attempts
from solaris.platform.errors import ConflictError
from solaris.platform.instants import iso_milliseconds, parse_instant

MAX_PAGE_ITEMS = 200
MAX_READS_A_PAGE = 10
READ_ITEMS = 1_000

_CURSOR_FIELDS = frozenset({"email"})


@dataclass(frozen=True, slots=True)
class SuppressionPage:
    """Suppressed addresses in no order of meaning; `next_cursor` is None on the last page."""

    items: list[Suppression]
    next_cursor: str | None


class SuppressionStore:
    """Records of addresses; `client` is a boto3 DynamoDB client. Addresses are normalised."""

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table

    def get(self, email: str) -> Suppression | None:
        """The suppression of an address, if there is one."""
        return self._read(email).suppression

    def among(self, emails: Sequence[str]) -> dict[str, Suppression]:
        """Those of some addresses that are suppressed: one read for each hundred.

        Raises StoreUnavailableError also when the store has answered for a part only.
        """
        found: dict[str, Suppression] = {}
        keys = [{"email": text(email)} for email in sorted(set(emails))]
        for item in read_items(self._client, self._table, keys):
            suppression = _from_item(item).suppression
            if suppression is not None:
                found[suppression.email] = suppression
        return found

    def change(
        self,
        email: str,
        rule: Callable[[AddressRecord], AddressRecord],
        audit: Callable[[AddressRecord], Action] | None = None,
    ) -> tuple[AddressRecord, AddressRecord]:
        """Apply a rule to an address's record; return the record before and after.

        A rule that gives the same object writes nothing. Raises StoreUnavailableError, and
        ConflictError after ten lost races.
        """
        for _ in attempts(CONFLICT):
            before = self._read(email)
            after = rule(before)
            if after is before:
                return before, after
            if self._write(before, after, audit(before) if audit else None):
                return before, after
        raise ConflictError(f"a suppression changed under {CONFLICT.most} attempts")

    def erase(self, email: str) -> None:
        """Forget an address altogether; again is harmless."""
        with store_errors():
            self._client.delete_item(TableName=self._table, Key={"email": text(email)})

    def page(self, limit: int, cursor: str | None = None) -> SuppressionPage:
        """At most `limit` (200) suppressions; a page may be short and still have a next one.

        Raises ValidationFailedError for a cursor that is none.
        """
        limit = min(limit, MAX_PAGE_ITEMS)
        start = None if cursor is None else decode_cursor(cursor, _CURSOR_FIELDS)["email"]
        found: list[Suppression] = []
        for _ in range(MAX_READS_A_PAGE):
            request = {} if start is None else {"ExclusiveStartKey": {"email": text(start)}}
            with store_errors():
                answer = self._client.scan(
                    TableName=self._table, Limit=READ_ITEMS, ConsistentRead=True, **request
                )
            for item in answer["Items"]:
                suppression = _from_item(item).suppression
                if suppression is None:  # lifted
                    continue
                if len(found) == limit:
                    return SuppressionPage(found, encode_cursor({"email": found[-1].email}))
                found.append(suppression)
            if "LastEvaluatedKey" not in answer:
                return SuppressionPage(found, None)
            start = answer["LastEvaluatedKey"]["email"]["S"]
        return SuppressionPage(found, encode_cursor({"email": start or ""}))

    def _read(self, email: str) -> AddressRecord:
        with store_errors():
            answer = self._client.get_item(
                TableName=self._table, Key={"email": text(email)}, ConsistentRead=True
            )
        item = answer.get("Item")
        return _from_item(item) if item else AddressRecord(email=email)

    def _write(self, before: AddressRecord, after: AddressRecord, audit: Action | None) -> bool:
        """Write alone or with the audit row; False when somebody else has written meanwhile."""
        put: dict[str, Any] = {"TableName": self._table, "Item": _to_item(after)}
        if before.version:
            put["ConditionExpression"] = "version = :version"
            put["ExpressionAttributeValues"] = {":version": number(before.version)}
        else:
            put["ConditionExpression"] = "attribute_not_exists(email)"
        try:
            with store_errors():
                if audit is None:
                    self._client.put_item(**put)
                else:
                    self._client.transact_write_items(TransactItems=[{"Put": put}, audit])
        except WriteConflictError:
            return False
        except AwsCallError as error:
            is_lost = error.aws_code == CANCELLED and set(error.reasons) <= LOST_RACE
            if is_lost or error.aws_code == CONDITION_FAILED:
                return False
            raise
        return True


def _to_item(record: AddressRecord) -> Item:
    item: Item = {"email": text(record.email), "version": number(record.version)}
    if record.lifted_at is not None:
        item["lifted_at"] = text(iso_milliseconds(record.lifted_at))
    one = record.suppression
    if one is not None:
        item |= {
            "reason": text(one.reason.value),
            "detail": text(one.detail),
            "suppressed_at": text(iso_milliseconds(one.suppressed_at)),
            "last_event_at": text(iso_milliseconds(one.last_event_at)),
            "last_event_id": text(one.last_event_id),
        }
    return item


def _from_item(item: Mapping[str, Any]) -> AddressRecord:
    texts = {name: value["S"] for name, value in item.items() if "S" in value}
    lifted_at = texts.get("lifted_at")
    suppression = None
    if "suppressed_at" in texts:
        suppression = Suppression(
            email=texts["email"],
            reason=SuppressionReason(texts["reason"]),
            detail=texts["detail"],
            suppressed_at=parse_instant(texts["suppressed_at"]),
            last_event_at=parse_instant(texts["last_event_at"]),
            last_event_id=texts["last_event_id"],
        )
    return AddressRecord(
        email=texts["email"],
        suppression=suppression,
        lifted_at=parse_instant(lifted_at) if lifted_at else None,
        version=int(item["version"]["N"]),
    )
