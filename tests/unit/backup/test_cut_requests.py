"""Requests for tokens in a backup: what names a pending one is not left behind by a decision."""

from datetime import UTC, datetime
from typing import Any, cast

from solaris.backup.cut import Cut
from solaris.platform.aws.items import Item, text

NOON = datetime(2026, 11, 15, 12, tzinfo=UTC)


def request(name: str, state: str, user: str = "ana") -> Item:
    return {"user_id": text(user), "request_id": text(name), "state": text(state)}


def head(pending: str | None, user: str = "ana") -> Item:
    item = {"user_id": text(user), "request_id": text("#head"), "paused_until": text("x")}
    if pending is None:
        return item
    return item | {"pending": text(pending), "pending_period": text("2026-11")}


def cut_of(*pages: list[Item]) -> list[Item]:
    cut = Cut(cast("Any", None), started_at=NOON, zone=UTC)
    passed = [item for page in pages for item in cut.requests(page)]
    return [*passed, *cut.request_heads()]


def test_a_pending_request_stays_named_whichever_was_read_first() -> None:
    named, asked = head("r2"), request("r2", "pending")
    old = request("r1", "denied")
    assert cut_of([old, asked], [named]) == [old, asked, named]
    assert cut_of([named], [old, asked]) == [old, asked, named]


def test_one_that_was_decided_after_its_name_was_read_is_named_no_more() -> None:
    decided = request("r2", "approved")
    assert cut_of([head("r2")], [decided]) == [decided, head(None)]
    assert cut_of([head("r2")], []) == [head(None)]
    # somebody else's is not taken for it
    other = request("r3", "pending", "bia")
    assert cut_of([head("r2"), other], [decided]) == [other, decided, head(None)]
