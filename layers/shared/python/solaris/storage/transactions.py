"""The transactions table: rows are put together with the change they describe, and only read after.

The put belongs into the transaction that changes the user's item (users.py, ledger.py); nothing
here writes on its own.
"""

from typing import Any

from solaris.domain.transactions import Figures, Transaction, TransactionKind
from solaris.domain.usage import iso_milliseconds, parse_instant
from solaris.storage.aws import store_errors
from solaris.storage.items import Item, number, text

# a row is below 4 kB, so that these fit into one page of 1 MB
MAX_LISTED = 200


def put_transaction(table: str, transaction: Transaction) -> dict[str, Any]:
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
        """Return a user's newest rows, at most 200, newest first, strongly consistent.

        The newest are found by their time and put into the exact order of the item's versions.
        """
        with store_errors():
            answer = self._client.query(
                TableName=self._table,
                KeyConditionExpression="user_id = :user",
                ExpressionAttributeValues={":user": text(user_id)},
                ScanIndexForward=False,
                ConsistentRead=True,
                Limit=min(most, MAX_LISTED),
            )
        rows = [_from_item(item) for item in answer["Items"]]
        return sorted(rows, key=lambda row: row.version, reverse=True)


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
