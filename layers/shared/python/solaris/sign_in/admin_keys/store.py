"""Admin keys in the admins table: under `key#<id>`, which is no address, beside `#count`.

A key and its revocation are written with their audit row or not at all. What a key may do is never
changed: whoever wants it otherwise makes another.
"""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from solaris.audit.entry import AuditEntry
from solaris.audit.store import put_audit
from solaris.platform.access import Scope
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
from solaris.sign_in.admin_keys.key import ID_PATTERN, AdminKey, used_before

ITEM_PREFIX = "key#"
MAX_LISTED = 10_000
PAGE_ITEMS = 1_000


class AdminKeyStore:
    """Admin keys; `client` is a boto3 DynamoDB client. Reads are strongly consistent."""

    def __init__(self, client: Any, *, admins_table: str, audit_table: str) -> None:
        self._client = client
        self._table = admins_table
        self._audit = audit_table

    def get(self, key_id: str) -> AdminKey | None:
        """Find a key by its id; None if there is none, or it is no id."""
        if re.fullmatch(ID_PATTERN, key_id) is None:
            return None
        with store_errors():
            answer = self._client.get_item(
                TableName=self._table, Key=_key(key_id), ConsistentRead=True
            )
        item = answer.get("Item")
        return _from_item(item) if item else None

    def list(self) -> "list[AdminKey]":
        """Every key, newest first, 10,000 at most, revoked and expired ones too."""
        keys: list[AdminKey] = []
        start: dict[str, Any] = {}
        for _ in range(MAX_LISTED // PAGE_ITEMS):
            with store_errors():
                page = self._client.scan(
                    TableName=self._table,
                    ConsistentRead=True,
                    Limit=PAGE_ITEMS,
                    FilterExpression="begins_with(email, :keys)",
                    ExpressionAttributeValues={":keys": text(ITEM_PREFIX)},
                    **start,
                )
            keys += map(_from_item, page["Items"])
            if "LastEvaluatedKey" not in page:
                break
            start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}
        return sorted(keys, key=lambda key: (key.created_at, key.key_id), reverse=True)

    def create(self, key: AdminKey, entry: AuditEntry) -> bool:
        """Write a new key; False if another key has its id."""
        put: Action = {
            "Put": {
                "TableName": self._table,
                "Item": _to_item(key),
                "ConditionExpression": "attribute_not_exists(email)",
            }
        }
        for _ in attempts(CONFLICT):
            if self._transact(put, put_audit(self._audit, entry)):
                return True
            found = self.get(key.key_id)
            if found is not None:
                # an answer that was lost: the hash is nobody else's
                return found.key_hash == key.key_hash
        msg = f"key {key.key_id} changed under {CONFLICT.most} attempts"
        raise ConflictError(msg)

    def revoke(
        self, key_id: str, now: datetime, describe: Callable[[AdminKey, AdminKey], AuditEntry]
    ) -> AdminKey:
        """Refuse a key for good; one that is revoked already stays as it is.

        Raises NotFoundError, ConflictError after ten lost races, StoreUnavailableError.
        """
        for _ in attempts(CONFLICT):
            before = self.get(key_id)
            if before is None:  # what was given may be a key: it is not repeated
                raise NotFoundError("no such key")
            if before.revoked_at is not None:
                return before
            after = replace(before, revoked_at=now)
            update: Action = {
                "Update": {
                    "TableName": self._table,
                    "Key": _key(key_id),
                    "UpdateExpression": "SET revoked_at = :now",
                    "ConditionExpression": "attribute_exists(email)"
                    " AND attribute_not_exists(revoked_at)",
                    "ExpressionAttributeValues": {":now": text(iso_milliseconds(now))},
                }
            }
            if self._transact(update, put_audit(self._audit, describe(before, after))):
                return after
        msg = f"key {key_id} changed under {CONFLICT.most} attempts"
        raise ConflictError(msg)

    def note_use(self, key_id: str, now: datetime) -> bool:
        """Write when a key was last used, at most once a minute; False if that was not due.

        Makes no key, and leaves a revoked one as it was.
        """
        try:
            with store_errors():
                self._client.update_item(
                    TableName=self._table,
                    Key=_key(key_id),
                    UpdateExpression="SET last_used_at = :now",
                    # another process may have noted it, or somebody revoked the key, meanwhile
                    ConditionExpression="attribute_exists(email)"
                    " AND attribute_not_exists(revoked_at)"
                    " AND (attribute_not_exists(last_used_at) OR last_used_at <= :old"
                    " OR last_used_at > :now)",
                    ExpressionAttributeValues={
                        ":now": text(iso_milliseconds(now)),
                        ":old": text(iso_milliseconds(used_before(now))),
                    },
                )
        except AwsCallError as error:
            if error.aws_code == CONDITION_FAILED:
                return False
            raise
        return True

    def _transact(self, *actions: Action) -> bool:
        """False when the race was lost, or the condition does not hold."""
        try:
            with store_errors():
                self._client.transact_write_items(TransactItems=list(actions))
        except WriteConflictError:
            return False
        except AwsCallError as error:
            if error.aws_code == CANCELLED and set(error.reasons) <= LOST_RACE:
                return False
            raise
        return True


def is_key_item(item: Item) -> bool:
    """Whether an item of the admins table is a key and no admin."""
    return str(item["email"]["S"]).startswith(ITEM_PREFIX)


def _key(key_id: str) -> Item:
    return {"email": text(ITEM_PREFIX + key_id)}


def _to_item(key: AdminKey) -> Item:
    texts = {
        "key_id": key.key_id,
        "key_hash": key.key_hash,
        "prefix": key.prefix,
        "name": key.name,
        "note": key.note,
        "created_by": key.created_by,
        "created_at": iso_milliseconds(key.created_at),
        "expires_at": iso_milliseconds(key.expires_at),
    }
    item = {name: text(value) for name, value in texts.items()} | _key(key.key_id)
    item["scopes"] = {"L": [text(one) for one in key.scope_names]}
    return item


def _from_item(item: Item) -> AdminKey:
    known = {one.value for one in Scope}
    texts = {name: value["S"] for name, value in item.items() if "S" in value}
    times = {
        name: parse_instant(texts[name]) for name in ("revoked_at", "last_used_at") if name in texts
    }
    return AdminKey(
        key_id=texts["key_id"],
        key_hash=texts["key_hash"],
        prefix=texts["prefix"],
        name=texts["name"],
        note=texts["note"],
        # a scope of a newer version opens nothing here
        scopes=frozenset(Scope(one["S"]) for one in item["scopes"]["L"] if one["S"] in known),
        created_at=parse_instant(texts["created_at"]),
        created_by=texts["created_by"],
        expires_at=parse_instant(texts["expires_at"]),
        **times,
    )
