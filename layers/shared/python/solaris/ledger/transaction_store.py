"""The transactions table: rows are put together with the change they describe, and only read after.

The put belongs into the transaction that changes the user's item (quota/store.py, ledger.py);
nothing here writes on its own.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from solaris.ledger.transactions import Figures, Transaction, TransactionKind
from solaris.platform.aws.client import read_items, store_errors
from solaris.platform.aws.cursors import decode_cursor, encode_cursor
from solaris.platform.aws.items import Action, Item, number, text
from solaris.platform.instants import iso_milliseconds, parse_instant

# a row is below 4 kB, so that these fit into one page of 1 MB
MAX_LISTED = 200
MAX_READS = 10

_CURSOR_FIELDS = frozenset({"key"})


@dataclass(frozen=True, slots=True)
class TransactionPage:
    """Rows, newest first; `next_cursor` is None on the last page."""

    rows: list[Transaction]
    next_cursor: str | None


def put_transaction(table: str, transaction: Transaction) -> Action:
    """The action that puts a row, once: the same change again finds it there."""
    return {
        "Put": {
            "TableName": table,
            "Item": _to_item(transaction),
            # rows never change; a change whose answer was lost and is sent again stops here
            "ConditionExpression": "attribute_not_exists(user_id)",
        }
    }


class TransactionStore:
    """Reads the rows; `client` is a boto3 DynamoDB client."""

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table

    def last(self, user_id: str, most: int) -> list[Transaction]:
        """Return a user's newest rows, at most 200, newest first, strongly consistent."""
        return self.page(user_id, most).rows

    def page(self, user_id: str, limit: int, cursor: str | None = None) -> TransactionPage:
        """Return at most 200 rows, newest first, strongly consistent.

        The newest are found by their time; within a page they are in the exact order of the
        item's versions. Raises ValidationFailedError for a cursor that is none.
        """
        condition = "user_id = :user"
        values = {":user": text(user_id)}
        if cursor is not None:
            condition += " AND transaction_key < :before"
            values[":before"] = text(decode_cursor(cursor, _CURSOR_FIELDS)["key"])
        with store_errors():
            answer = self._client.query(
                TableName=self._table,
                KeyConditionExpression=condition,
                ExpressionAttributeValues=values,
                ScanIndexForward=False,
                ConsistentRead=True,
                Limit=min(limit, MAX_LISTED),
            )
        rows = [_from_item(item) for item in answer["Items"]]
        last = answer.get("LastEvaluatedKey")
        following = encode_cursor({"key": last["transaction_key"]["S"]}) if last else None
        return TransactionPage(sorted(rows, key=lambda row: row.version, reverse=True), following)

    def last_status_change(self, user_id: str) -> Transaction | None:
        """The newest row that changed the status, strongly consistent; None if there is none.

        Reads 10 MB at most: thousands of rows. Raises StoreUnavailableError.
        """
        request: dict[str, Any] = {
            "TableName": self._table,
            "KeyConditionExpression": "user_id = :user",
            "FilterExpression": "kind = :kind",
            "ExpressionAttributeValues": {
                ":user": text(user_id),
                ":kind": text(TransactionKind.STATUS_CHANGE.value),
            },
            "ScanIndexForward": False,
            "ConsistentRead": True,
        }
        for _ in range(MAX_READS):
            with store_errors():
                answer = self._client.query(**request)
            if answer["Items"]:
                return max(
                    (_from_item(one) for one in answer["Items"]), key=lambda row: row.version
                )
            if "LastEvaluatedKey" not in answer:
                break
            request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]
        return None

    def find(self, user_id: str, transaction_id: str, since: datetime) -> Transaction | None:
        """Look for a row by its id among those made since an instant, strongly consistent.

        Reads 10 MB at most: thousands of rows. Raises StoreUnavailableError.
        """
        request: dict[str, Any] = {
            "TableName": self._table,
            "KeyConditionExpression": "user_id = :user AND transaction_key >= :since",
            "FilterExpression": "transaction_id = :id",
            "ExpressionAttributeValues": {
                ":user": text(user_id),
                ":since": text(iso_milliseconds(since)),
                ":id": text(transaction_id),
            },
            "ConsistentRead": True,
        }
        for _ in range(MAX_READS):
            with store_errors():
                answer = self._client.query(**request)
            for item in answer["Items"]:
                return _from_item(item)
            if "LastEvaluatedKey" not in answer:
                break
            request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]
        return None

    def of_keys(self, user_id: str, keys: Iterable[str]) -> dict[str, Transaction]:
        """Rows of a user by their keys; those that are not there are left out.

        Raises StoreUnavailableError.
        """
        wanted = [{"user_id": text(user_id), "transaction_key": text(key)} for key in keys]
        rows = [_from_item(item) for item in read_items(self._client, self._table, wanted)]
        return {row.transaction_key: row for row in rows}

    def merged_tokens(self, user_id: str, period: str) -> int:
        """Tokens of a month that merges brought, negative where they went; strongly consistent.

        Reads 10 MB at most, the newest. Raises StoreUnavailableError.
        """
        request: dict[str, Any] = {
            "TableName": self._table,
            "KeyConditionExpression": "user_id = :user",
            "FilterExpression": "kind = :merge AND #period = :period",
            "ExpressionAttributeNames": {"#period": "period"},
            "ExpressionAttributeValues": {
                ":user": text(user_id),
                ":merge": text(TransactionKind.MERGE.value),
                ":period": text(period),
            },
            "ScanIndexForward": False,
            "ConsistentRead": True,
        }
        total = 0
        for _ in range(MAX_READS):
            with store_errors():
                answer = self._client.query(**request)
            total += sum(int(item["amount"]["N"]) for item in answer["Items"])
            if "LastEvaluatedKey" not in answer:
                break
            request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]
        return total


def _to_item(transaction: Transaction) -> Item:
    return {
        "user_id": text(transaction.user_id),
        "transaction_key": text(transaction.transaction_key),
        "transaction_id": text(transaction.transaction_id),
        "kind": text(transaction.kind.value),
        "amount": number(transaction.amount),
        "reason": text(transaction.reason),
        "actor": text(transaction.actor),
        "before": _figures_to_item(transaction.before),
        "after": _figures_to_item(transaction.after),
        "balance_after": number(transaction.balance_after),
        "period": text(transaction.period),
        "version": number(transaction.version),
        "created_at": text(iso_milliseconds(transaction.created_at)),
    }


def _from_item(item: Item) -> Transaction:
    return Transaction(
        transaction_id=item["transaction_id"]["S"],
        user_id=item["user_id"]["S"],
        kind=TransactionKind(item["kind"]["S"]),
        amount=int(item["amount"]["N"]),
        reason=item["reason"]["S"],
        actor=item["actor"]["S"],
        before=_figures_from_item(item["before"]),
        after=_figures_from_item(item["after"]),
        balance_after=int(item["balance_after"]["N"]),
        period=item["period"]["S"],
        version=int(item["version"]["N"]),
        created_at=parse_instant(item["created_at"]["S"]),
    )


def _figures_to_item(figures: Figures) -> Item:
    return {
        "M": {
            name: number(value) if isinstance(value, int) else text(str(value))
            for name, value in figures.items()
        }
    }


def _figures_from_item(item: Item) -> Figures:
    return {
        name: int(value["N"]) if "N" in value else value["S"] for name, value in item["M"].items()
    }
