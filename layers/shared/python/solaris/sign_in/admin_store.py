"""The admins table: every change of an admin and its audit row are one transaction.

How many of them have the role `admin` is an item of its own (`#count`), written in the same
transaction: taking one off is refused unless another is left, so two demotions at the same moment
cannot both pass.

    admins = 2   demote ana: admins > 1, -1 ─► 1
                 demote bia, meanwhile: the transaction meets the other's ─► again: admins > 1 fails
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from solaris.audit.entry import AuditEntry
from solaris.audit.store import put_audit
from solaris.platform.actor import Role
from solaris.platform.aws.client import (
    CANCELLED,
    CONDITION_FAILED,
    CONDITION_REASON,
    CURABLE,
    AwsCallError,
    WriteConflictError,
    store_errors,
)
from solaris.platform.aws.items import Action, Item, Write, number, text
from solaris.platform.aws.retry import Attempts, attempts
from solaris.platform.email import (
    MAX_EMAIL_CHARACTERS,
    normalise_email,
    spelled_before,
    valid_email,
)
from solaris.platform.errors import ConflictError, LastAdminError, NotFoundError
from solaris.platform.instants import iso_milliseconds, parse_instant
from solaris.sign_in.admin import Admin

COUNT_KEY = "#count"  # no address: it holds no @
MAX_LISTED = 1_000
PAGE_ITEMS = 1_000
MAX_PAGES = 11
"""Of the scan: admins, and as many admin keys as are listed."""

ATTEMPTS = Attempts(20, pause_seconds=0.02)

Rule = Callable[[Admin], Admin]
Describe = Callable[[Admin, Admin | None], AuditEntry]
"""From before and after (None: removed) to the row of the audit log."""


class AdminStore:
    """Admins in one table; `client` is a boto3 DynamoDB client. Reads are strongly consistent."""

    def __init__(self, client: Any, *, admins_table: str, audit_table: str) -> None:
        self._client = client
        self.table = admins_table
        self._audit = audit_table

    def get(self, email: str) -> Admin | None:
        """Read one admin by the normalised address; None if there is none, or it is no address."""
        # `#count` is nobody, and DynamoDB takes no empty key, nor one without a UTF-8 form
        if "@" not in email or len(email) > MAX_EMAIL_CHARACTERS or not email.isprintable():
            return None
        with store_errors():
            answer = self._client.get_item(
                TableName=self.table, Key={"email": text(email)}, ConsistentRead=True
            )
        item = answer.get("Item")
        return admin_from_item(item) if item else None

    def address_of(self, email: str) -> str:
        """The normalised address, or the spelling that a version before has stored.

        Reads only for an address that those spelled otherwise.
        """
        address, before = normalise_email(email), spelled_before(email)
        if address == before or valid_email(email) is None or self.get(address) is not None:
            return address
        return address if self.get(before) is None else before

    def list(self) -> "list[Admin]":
        """The first 1,000 admins, by address. There are few: this is a scan of a page or two."""
        items: list[Item] = []
        start: dict[str, Any] = {}
        for _ in range(MAX_PAGES):
            with store_errors():
                page = self._client.scan(
                    TableName=self.table, ConsistentRead=True, Limit=PAGE_ITEMS, **start
                )
            items += filter(is_admin_item, page["Items"])
            if len(items) >= MAX_LISTED or "LastEvaluatedKey" not in page:
                break
            start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}
        return sorted(map(admin_from_item, items[:MAX_LISTED]), key=lambda admin: admin.email)

    def create(self, admin: Admin, entry: AuditEntry) -> bool:
        """Write a new admin; False if the address is an admin's already."""
        actions = [self._put_new(admin), put_audit(self._audit, entry)]
        if admin.role is Role.ADMIN:
            actions.append(self._count(1))
        for _ in attempts(ATTEMPTS):
            if self._transact(actions):
                return True
            found = self.get(admin.email)
            if found is not None:
                # an answer that was lost: hash and version are nobody else's
                return _to_item(found) == _to_item(admin)
        raise _conflict(admin.email)

    def create_first(self, admin: Admin, entry: AuditEntry) -> bool:
        """Write the first admin of all; False if there has been one already."""
        count: Action = {
            "Put": {
                "TableName": self.table,
                "Item": {"email": text(COUNT_KEY), "admins": number(1)},
                "ConditionExpression": "attribute_not_exists(email)",
            }
        }
        actions = [self._put_new(admin), put_audit(self._audit, entry), count]
        if self._transact(actions):
            return True
        found = self.get(admin.email)
        return found is not None and _to_item(found) == _to_item(admin)

    def has_any(self) -> bool:
        """Whether there has ever been an admin."""
        with store_errors():
            answer = self._client.get_item(
                TableName=self.table, Key={"email": text(COUNT_KEY)}, ConsistentRead=True
            )
        return "Item" in answer

    def change(self, email: str, rule: Rule, describe: Describe) -> Admin:
        """Apply a rule that raises `version` by one; the same object back writes nothing.

        Raises NotFoundError, LastAdminError (nobody would be left with the role admin),
        ConflictError after 20 lost races, StoreUnavailableError.
        """
        after: Admin | None = None
        for _ in attempts(ATTEMPTS):
            before = self.get(email)
            if before is None:
                raise NotFoundError(f"no such admin: {email}")
            if after and _to_item(before) == _to_item(after):  # the write whose answer was lost
                return before
            after = rule(before)
            if after is before:
                return before
            actions = [self._swap(before, after), put_audit(self._audit, describe(before, after))]
            change = (after.role is Role.ADMIN) - (before.role is Role.ADMIN)
            if change:
                actions.append(self._count(change))
            if self._transact(actions):
                return after
        raise _conflict(email)

    def remove(self, email: str, describe: Describe) -> None:
        """Delete an admin. Raises as `change` does."""
        for attempt in attempts(ATTEMPTS):
            before = self.get(email)
            if before is None:
                if attempt:  # gone meanwhile, by this call's lost answer or by somebody else
                    return
                raise NotFoundError(f"no such admin: {email}")
            delete: Action = {
                "Delete": _if_unchanged(
                    {"TableName": self.table, "Key": {"email": text(email)}}, before
                )
            }
            actions = [delete, put_audit(self._audit, describe(before, None))]
            if before.role is Role.ADMIN:
                actions.append(self._count(-1))
            if self._transact(actions):
                return
        raise _conflict(email)

    def note_login(self, admin: Admin, now: datetime, new_hash: str | None) -> None:
        """Write down a sign-in, and the password's hash by newer parameters if there is one.

        Nothing happens when the password was changed or the admin removed meanwhile.
        """
        values = {":now": text(iso_milliseconds(now)), ":one": number(1)}
        update, condition = "SET last_login_at = :now", "attribute_exists(email)"
        if new_hash is not None and admin.password_hash is not None:
            update += ", password_hash = :new"
            condition = "password_hash = :old"
            values |= {":new": text(new_hash), ":old": text(admin.password_hash)}
        try:
            with store_errors():
                self._client.update_item(
                    TableName=self.table,
                    Key={"email": text(admin.email)},
                    UpdateExpression=f"{update} ADD #version :one",
                    ConditionExpression=condition,
                    ExpressionAttributeNames={"#version": "version"},
                    ExpressionAttributeValues=values,
                )
        except AwsCallError as error:
            if error.aws_code != CONDITION_FAILED:
                raise

    def _transact(self, actions: Sequence[Action]) -> bool:
        """Write all or nothing: the admin, the audit row, the count (if that changes).

        False when another write came first. Raises LastAdminError.
        """
        try:
            with store_errors():
                self._client.transact_write_items(TransactItems=actions)
        except WriteConflictError:
            return False
        except AwsCallError as error:
            if error.aws_code != CANCELLED or not error.reasons:
                raise
            admin, _, *count = error.reasons
            # the admin's own condition comes first: what was counted on is not so any more
            if admin != CONDITION_REASON and count == [CONDITION_REASON]:
                if "Update" in actions[2]:
                    raise LastAdminError("nobody would be left with the role admin") from error
                return False
            if set(error.reasons) <= CURABLE:
                return False
            raise
        return True

    def _put_new(self, admin: Admin) -> Action:
        return {
            "Put": {
                "TableName": self.table,
                "Item": _to_item(admin),
                "ConditionExpression": "attribute_not_exists(email)",
            }
        }

    def _swap(self, before: Admin, after: Admin) -> Action:
        return {"Put": _if_unchanged({"TableName": self.table, "Item": _to_item(after)}, before)}

    def _count(self, change: int) -> Action:
        update: Write = {
            "TableName": self.table,
            "Key": {"email": text(COUNT_KEY)},
            "UpdateExpression": "ADD admins :change",
            "ExpressionAttributeValues": {":change": number(change)},
        }
        if change < 0:
            # one more than is taken off must be there; a missing count counts as none
            update["ConditionExpression"] = "admins > :one"
            update["ExpressionAttributeValues"][":one"] = number(1)
        return {"Update": update}


def is_admin_item(item: Item) -> bool:
    """Whether an item of the table is somebody: neither `#count` nor an admin key."""
    return "@" in item["email"]["S"] and "role" in item


def admin_from_item(item: Item) -> Admin:
    """Read an admin's item."""
    return Admin(
        email=item["email"]["S"],
        name=item["name"]["S"],
        role=Role(item["role"]["S"]),
        password_hash=item["password_hash"]["S"] if "password_hash" in item else None,
        token_version=int(item["token_version"]["N"]),
        created_at=parse_instant(item["created_at"]["S"]),
        updated_at=parse_instant(item["updated_at"]["S"]),
        last_login_at=parse_instant(item["last_login_at"]["S"])
        if "last_login_at" in item
        else None,
        version=int(item["version"]["N"]),
    )


def _to_item(admin: Admin) -> Item:
    item = {
        "email": text(admin.email),
        "name": text(admin.name),
        "role": text(admin.role.value),
        "token_version": number(admin.token_version),
        "created_at": text(iso_milliseconds(admin.created_at)),
        "updated_at": text(iso_milliseconds(admin.updated_at)),
        "version": number(admin.version),
    }
    if admin.password_hash is not None:
        item["password_hash"] = text(admin.password_hash)
    if admin.last_login_at is not None:
        item["last_login_at"] = text(iso_milliseconds(admin.last_login_at))
    return item


def _if_unchanged(write: Write, before: Admin) -> Write:
    # every write raises the version, so an equal one means that nothing has changed
    write["ConditionExpression"] = "#version = :version"
    write["ExpressionAttributeNames"] = {"#version": "version"}
    write["ExpressionAttributeValues"] = {":version": number(before.version)}
    return write


def _conflict(email: str) -> ConflictError:
    return ConflictError(f"admin {email} changed under {ATTEMPTS.most} attempts")
