"""The keys table: found by hash, listed for people.

A change is written with its audit row or not at all, on the condition that nobody has changed
the key's terms since they were read; only `last_used_at` goes its own way, since a use is no
change of the key.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from solaris.keys.key import ID_PREFIX, GatewayKey, KeyKind, used_before
from solaris.platform.aws.client import (
    CANCELLED,
    CONDITION_FAILED,
    LOST_RACE,
    AwsCallError,
    WriteConflictError,
    store_errors,
)
from solaris.platform.aws.items import Action, Item, text
from solaris.platform.aws.retry import CONFLICT, attempts
from solaris.platform.errors import ConflictError, NotFoundError
from solaris.platform.instants import iso_milliseconds, parse_instant

MAX_KEYS_LISTED = 10_000
PAGE_ITEMS = 1_000

# what a change may change
_TERMS = (
    *("name", "allowed_models", "rate_limit_per_second", "rate_limit_burst"),
    *("expires_at", "revoked_at", "user_email"),
)
"""One action of TransactWriteItems: the put of an audit row, or of one for the lists."""


class KeyStore:
    """Gateway keys in one table; `client` is a boto3 DynamoDB client.

    All reads are strongly consistent, so a revoked key is seen at once.
    """

    def __init__(
        self,
        client: Any,
        table: str,
        *,
        tell: Callable[[Sequence[str]], list[Action]] = lambda _: [],
    ) -> None:
        """`tell` gives what is written with a use, so that the lists learn of it."""
        self._client = client
        self._table = table
        self._tell = tell

    def get(self, key_hash: str) -> GatewayKey | None:
        """Find a key by its SHA-256; None if unknown."""
        item = self._read(key_hash)
        return key_from_item(item) if item else None

    def put_new(self, key: GatewayKey, audit: Action | None = None) -> bool:
        """Store a key; False if the same key is stored already."""
        put = {
            "TableName": self._table,
            "Item": _to_item(key),
            "ConditionExpression": "attribute_not_exists(key_hash)",
        }
        return self._write("Put", put, *([audit] if audit else []))

    def change(
        self,
        key_hash: str,
        rule: Callable[[GatewayKey], GatewayKey],
        audit: Callable[[GatewayKey, GatewayKey], Action] | None = None,
    ) -> GatewayKey:
        """Apply a rule to a key's terms, however many others change them meanwhile.

        A rule that changes nothing writes nothing. Raises NotFoundError, StoreUnavailableError,
        and ConflictError after ten lost races.
        """
        for _ in attempts(CONFLICT):
            item = self._read(key_hash)
            if item is None:
                raise NotFoundError("no such key")
            before = key_from_item(item)
            after = rule(before)
            if after == before:
                return before
            update = self._update(key_hash, item, _to_item(after))
            if self._write("Update", update, *([audit(before, after)] if audit else [])):
                return after
        msg = f"key {before.key_id} changed under {CONFLICT.most} attempts"
        raise ConflictError(msg)

    def revoke(self, key_hash: str, revoked_at: str) -> None:
        """Mark a key as revoked; the first time it was stays on record. Raises NotFoundError."""
        instant = parse_instant(revoked_at)
        self.change(key_hash, lambda key: replace(key, revoked_at=key.revoked_at or instant))

    def note_use(self, key_hash: str, now: datetime) -> bool:
        """Write when a key was last used, at most once a minute; False if that was not due.

        Touches nothing else, makes no key, and leaves a revoked one as it was. The lists are told
        in the same transaction: a key in use never looks unused for long.
        """
        update = {
            "TableName": self._table,
            "Key": {"key_hash": text(key_hash)},
            "UpdateExpression": "SET last_used_at = :now",
            # another process may have noted it, or somebody revoked the key, meanwhile
            "ConditionExpression": "attribute_exists(key_hash)"
            " AND attribute_not_exists(revoked_at)"
            " AND (attribute_not_exists(last_used_at) OR last_used_at <= :old"
            " OR last_used_at > :now)",
            "ExpressionAttributeValues": {
                ":now": text(iso_milliseconds(now)),
                ":old": text(iso_milliseconds(used_before(now))),
            },
        }
        return self._write("Update", update, *self._tell([key_hash]))

    def disown(self, key_hash: str, stand_in: str) -> None:
        """Take name and owner's address out of a revoked key; `stand_in` takes their place.

        Raises ConflictError for a key that is not revoked.
        """
        try:
            with store_errors():
                self._client.update_item(
                    TableName=self._table,
                    Key={"key_hash": text(key_hash)},
                    UpdateExpression="SET user_email = :stand_in, #name = :none",
                    ConditionExpression="attribute_exists(revoked_at)",
                    ExpressionAttributeNames={"#name": "name"},
                    ExpressionAttributeValues={":stand_in": text(stand_in), ":none": text("")},
                )
        except AwsCallError as error:
            if error.aws_code == CONDITION_FAILED:
                raise ConflictError("the key is not revoked") from error
            raise

    def hashes_of(self, key_id: str) -> Sequence[str]:
        """The hashes that a key id, or the beginning of one, stands for; reads the whole table.

        For the command line, and for an id that the directory does not know.
        """
        start = key_id.removeprefix(ID_PREFIX)
        return [
            item["key_hash"]["S"]
            for item in self._scan(
                FilterExpression="begins_with(key_hash, :start)",
                ExpressionAttributeValues={":start": text(start)},
                ProjectionExpression="key_hash",
            )
        ]

    def list(self) -> list[GatewayKey]:
        """Every key, newest first, 10,000 at most; there are few, so this is a scan."""
        keys = [key_from_item(item) for item in self._scan()]
        return sorted(keys, key=lambda key: key.created_at, reverse=True)

    def _scan(self, **request: Any) -> Sequence[Item]:
        items: list[Item] = []
        start: dict[str, Any] = {}
        for _ in range(MAX_KEYS_LISTED // PAGE_ITEMS):
            with store_errors():
                page = self._client.scan(
                    TableName=self._table,
                    ConsistentRead=True,
                    Limit=PAGE_ITEMS,
                    **request,
                    **start,
                )
            items += page["Items"]
            if "LastEvaluatedKey" not in page:
                break
            start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}
        return items

    def _read(self, key_hash: str) -> Item | None:
        with store_errors():
            answer = self._client.get_item(
                TableName=self._table, Key={"key_hash": text(key_hash)}, ConsistentRead=True
            )
        item: Item | None = answer.get("Item")
        return item

    def _update(self, key_hash: str, before: Item, after: Item) -> dict[str, Any]:
        """From the terms as they were read to those that shall be."""
        names, values = {}, {}
        conditions = ["attribute_exists(key_hash)"]
        sets, removes = [], []
        for term in _TERMS:
            names[f"#{term}"] = term
            if term in before:
                conditions.append(f"#{term} = :old_{term}")
                values[f":old_{term}"] = before[term]
            else:
                conditions.append(f"attribute_not_exists(#{term})")
            if after.get(term) == before.get(term):
                continue
            if term in after:
                sets.append(f"#{term} = :new_{term}")
                values[f":new_{term}"] = after[term]
            else:
                removes.append(f"#{term}")
        parts = [f"SET {', '.join(sets)}"] if sets else []
        parts += [f"REMOVE {', '.join(removes)}"] if removes else []
        return {
            "TableName": self._table,
            "Key": {"key_hash": text(key_hash)},
            "UpdateExpression": " ".join(parts),
            "ConditionExpression": " AND ".join(conditions),
            "ExpressionAttributeNames": names,
            "ExpressionAttributeValues": values,
        }

    def _write(self, kind: str, write: dict[str, Any], *rows: Action) -> bool:
        """Write alone or with rows of other tables; False when the condition does not hold."""
        try:
            with store_errors():
                if rows:
                    self._client.transact_write_items(TransactItems=[{kind: write}, *rows])
                elif kind == "Put":
                    self._client.put_item(**write)
                else:
                    self._client.update_item(**write)
        except WriteConflictError:
            return False
        except AwsCallError as error:
            is_lost = error.aws_code == CANCELLED and set(error.reasons) <= LOST_RACE
            if is_lost or error.aws_code == CONDITION_FAILED:
                return False
            raise
        return True


def _to_item(key: GatewayKey) -> Item:
    texts = {
        "key_hash": key.key_hash,
        "key_id": key.key_id,
        "prefix": key.prefix,
        "name": key.name,
        "kind": key.kind.value,
        "user_email": key.user_email,
        "created_by": key.created_by,
    }
    item: Item = {name: text(value) for name, value in texts.items() if value is not None}
    for name in ("created_at", "expires_at", "revoked_at", "last_used_at"):
        instant = getattr(key, name)
        if instant is not None:
            item[name] = text(iso_milliseconds(instant))
    for name in ("rate_limit_per_second", "rate_limit_burst"):
        figure = getattr(key, name)
        if figure is not None:
            item[name] = {"N": repr(figure)}
    if key.allowed_models is not None:
        item["allowed_models"] = {"L": [text(one) for one in key.allowed_models]}
    return item


def key_from_item(item: Mapping[str, Any]) -> GatewayKey:
    """Read a key's item."""
    texts = {name: value["S"] for name, value in item.items() if "S" in value}
    times = {
        name: parse_instant(texts[name])
        for name in ("expires_at", "revoked_at", "last_used_at")
        if name in texts
    }
    rate, burst = item.get("rate_limit_per_second"), item.get("rate_limit_burst")
    models = item.get("allowed_models")
    return GatewayKey(
        key_hash=texts["key_hash"],
        key_id=texts["key_id"],
        prefix=texts["prefix"],
        name=texts.get("name", ""),
        kind=KeyKind(texts["kind"]),
        user_email=texts.get("user_email"),
        created_at=parse_instant(texts["created_at"]),
        allowed_models=tuple(one["S"] for one in models["L"]) if models else None,
        rate_limit_per_second=float(rate["N"]) if rate else None,
        rate_limit_burst=int(burst["N"]) if burst else None,
        created_by=texts.get("created_by"),
        **times,
    )
