"""Attributes of DynamoDB items, as its typed JSON writes them."""

from datetime import UTC, datetime, timedelta
from typing import Any

Item = dict[str, Any]


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
