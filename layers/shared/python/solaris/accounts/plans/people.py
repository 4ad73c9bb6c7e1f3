"""Who has which plan, asked of the directory's replica."""

from collections.abc import Callable, Iterator
from datetime import datetime

import orjson

from solaris.accounts.plans.impact import PlanCounts
from solaris.directory.queries import LISTED, Connection
from solaris.quota.feed import user_from_row
from solaris.quota.user import LimitSource, Plan, User


def counts(connection: Connection, _now: datetime) -> dict[Plan, PlanCounts]:
    """Users by plan, but for the deleted."""
    found = {plan: PlanCounts() for plan in Plan}
    groups = connection.execute(
        f"SELECT plan, source, count(*) FROM users WHERE {LISTED} GROUP BY plan, source"  # noqa: S608 - a constant
    )
    for plan, source, users in groups:
        found[Plan(plan)].add(LimitSource(source), users)
    return found


def having(plan: Plan) -> Callable[[Connection, datetime], list[User]]:
    """The question for everybody who has a plan, but for the deleted."""

    def ask(connection: Connection, _now: datetime) -> list[User]:
        return list(_having(connection, plan))

    return ask


def _having(connection: Connection, plan: Plan) -> Iterator[User]:
    rows = connection.execute(
        "SELECT row FROM users JOIN user_rows USING (user_id) "  # noqa: S608 - a constant
        f"WHERE plan = ? AND {LISTED}",
        (plan.value,),
    )
    for (row,) in rows:
        yield user_from_row(orjson.loads(row))
