"""Who is in which group, asked of the directory's replica."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import orjson

from solaris.directory.queries import LISTED, Connection
from solaris.quota.feed import user_from_row
from solaris.quota.user import User


@dataclass(frozen=True, slots=True)
class Members:
    """How many a group has, but for the deleted, and what they have used this month, in tokens."""

    users: int = 0
    used_tokens: int = 0


def counts(connection: Connection, _now: datetime) -> dict[str, Members]:
    """Members by group; "" has those of none."""
    found = connection.execute(
        f"SELECT group_id, count(*), sum(used) FROM users WHERE {LISTED} GROUP BY group_id"  # noqa: S608 - a constant
    )
    return {group_id: Members(users, used) for group_id, users, used in found}


def of(group_id: str) -> Callable[[Connection, datetime], list[User]]:
    """The question for everybody in a group, but for the deleted."""

    def ask(connection: Connection, _now: datetime) -> list[User]:
        rows = connection.execute(
            "SELECT row FROM users JOIN user_rows USING (user_id) "  # noqa: S608 - a constant
            f"WHERE group_id = ? AND group_id <> '' AND {LISTED}",
            (group_id,),
        )
        return [user_from_row(orjson.loads(row)) for (row,) in rows]

    return ask
