"""Attributes of DynamoDB items, as its typed JSON writes them."""

from datetime import UTC, datetime, timedelta
from typing import Any, Required, TypedDict

Item = dict[str, Any]


class Write(TypedDict, total=False):
    """What is written to one item: the parameters of PutItem, UpdateItem, DeleteItem or a check."""

    TableName: Required[str]
    Item: dict[str, Any]
    Key: dict[str, Any]
    UpdateExpression: str
    ConditionExpression: str
    ExpressionAttributeNames: dict[str, str]
    ExpressionAttributeValues: dict[str, Any]
    ReturnValuesOnConditionCheckFailure: str


class Action(TypedDict, total=False):
    """One action of TransactWriteItems, under the one name that says what is done."""

    Put: Write
    Update: Write
    Delete: Write
    ConditionCheck: Write


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


_MILLISECOND = timedelta(milliseconds=1)


def text(value: str) -> Item:
    """A string attribute."""
    return {"S": value}


def number(value: int) -> Item:
    """A number attribute."""
    return {"N": str(value)}


def epoch_milliseconds(instant: datetime) -> int:
    """Milliseconds since 1970, how reservations keep their times.

    Cut, not rounded, as `iso_milliseconds` does: a record's key holds the time, and must be the
    same whether the reservation comes from memory or from the store.
    """
    return (instant - _EPOCH) // _MILLISECOND
