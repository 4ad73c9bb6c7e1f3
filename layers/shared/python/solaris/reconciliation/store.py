"""A user's whole books, read for reconciliation, and the writes that mend a sum.

Every read of one user is strongly consistent; a mend is one transaction of the figure, written on
the condition that it still is what was found, and the row that tells of it.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import Any

from solaris.ledger.booking import SYSTEM_SHARDS, user_owner
from solaris.ledger.counters import GroupDay, figures_of
from solaris.ledger.day_index import BY_DAY, with_day
from solaris.ledger.figures import FIGURE_NAMES, LATER_FIGURES, Figures, summed_by
from solaris.ledger.records import SUMMED_OF_A_RECORD, figures_of_record
from solaris.ledger.shards import counter_shard, usage_shards
from solaris.ledger.transaction_store import put_transaction
from solaris.ledger.transactions import Transaction, TransactionKind
from solaris.platform.aws.client import CANCELLED, AwsCallError, store_errors
from solaris.platform.aws.direct import query_items
from solaris.platform.aws.items import Item, number, text
from solaris.platform.settings import Settings
from solaris.quota.item import weight_from_item
from solaris.quota.store import UserStore
from solaris.reconciliation.books import BookedLine, DayModel, RecordSums, UserBooks

PAGE_USERS = 200
_OF_USAGE = (TransactionKind.USAGE_RESET, TransactionKind.MERGE)
_OF_GRANTS = (TransactionKind.GRANT, TransactionKind.GRANT_END, TransactionKind.GRANT_LATE)
# what the books need of a record; a line of the ledger has three times as much
_RECORD = (
    "record_key",
    "period",
    "day_shard",
    "model",
    "outcome",
    "status_code",
    "unpriced",
    "over_limit",
    "weight",
    *SUMMED_OF_A_RECORD,
)


class BookStore:
    """Reads and mends; `client` is platform/aws/direct.py's DynamoDB client.

    Every method raises StoreUnavailableError or AwsCallError.
    """

    def __init__(self, client: Any, users: UserStore, settings: Settings) -> None:
        self._client = client
        self._users = users
        self._zone = settings.zone
        self._users_table = settings.table_name("users")
        self._usage = settings.table_name("usage")
        self._periods = settings.table_name("periods")
        self._counters = settings.table_name("counters")
        self._transactions = settings.table_name("transactions")

    def page(self, cursor: str | None) -> tuple[list[str], str | None]:
        """Ids of the next 200 users at most, in the table's order; None behind the last."""
        request: dict[str, Any] = {
            "TableName": self._users_table,
            "ProjectionExpression": "user_id",
            "Limit": PAGE_USERS,
        }
        if cursor is not None:
            request["ExclusiveStartKey"] = {"user_id": text(cursor)}
        with store_errors():
            answer = self._client.scan(**request)
        last = answer.get("LastEvaluatedKey")
        return [one["user_id"]["S"] for one in answer["Items"]], last["user_id"][
            "S"
        ] if last else None

    def read(self, user_id: str, first_day: date) -> tuple[UserBooks, int] | None:
        """A user's books, and the item's version after all was read; None for no such user.

        `first_day` is the first whose records are all kept. Figures that were read while the item
        moved on (another version) may not fit together.
        """
        before = self._users.get(user_id)
        if before is None:
            return None
        sums = RecordSums()
        for line in self._lines(user_id):
            sums.add(line)
        closed, ended = self._closed(user_id)
        forgiven, granted = self._changed(user_id)
        books = UserBooks(
            user=before,
            sums=sums,
            closed=closed,
            counters=dict(self._of_counters(user_id)),
            forgiven=forgiven,
            first_day=first_day,
            granted=None if granted is None else granted - ended,
        )
        after = self._user_version(user_id)
        return books, after

    def records_of(self, user_id: str, place: str, most: int) -> list[str]:
        """Keys of the records behind a period, a `<day>#<model>` or a key, so many at most."""
        found = []
        for line in self._lines(user_id):
            if place in {line.period, "#".join(line.day_model), line.record_key}:
                found.append(line.record_key)
                if len(found) == most:
                    break
        return found

    def of_groups(self, day: date) -> dict[GroupDay, Figures]:
        """What the records of a day say that groups have used, by model.

        By the day index, which follows a write within moments, and not at once.
        """
        name = day.isoformat()
        return summed_by(
            (GroupDay(name, group_id, line.day_model[1]), line.figures)
            for shard in usage_shards(name)
            for group_id, line in self._of_groups(shard)
        )

    def _of_groups(self, shard: str) -> Iterator[tuple[str, BookedLine]]:
        names = {f"#{name}": name for name in (*_RECORD, "group_id")}
        request = {
            "TableName": self._usage,
            "IndexName": BY_DAY,
            "KeyConditionExpression": "#day_shard = :shard",
            "FilterExpression": "attribute_exists(#group_id)",
            "ProjectionExpression": ", ".join(names),
            "ExpressionAttributeNames": names,
            "ExpressionAttributeValues": {":shard": text(shard)},
        }
        for item in query_items(self._client, request):
            yield item["group_id"]["S"], _line(item)

    # -- mending -----------------------------------------------------------

    def mend_month(self, row: Transaction, period: str, *, found: int, expected: int) -> bool:
        """Set a closed month's usage; False when it is no longer what was found."""
        update = {
            "TableName": self._periods,
            "Key": {"user_id": text(row.user_id), "period": text(period)},
            "UpdateExpression": "SET current_usage = :expected",
            "ConditionExpression": "current_usage = :found",
            "ExpressionAttributeValues": {":expected": number(expected), ":found": number(found)},
        }
        return self._mend(update, row)

    def mend_counter(
        self, row: Transaction, day_model: DayModel, *, found: Figures, expected: Figures
    ) -> bool:
        """Put a user's counter of a day and model right; False when it has moved meanwhile."""
        day, model = day_model
        update = self._counter_update(user_owner(row.user_id), day, model, found, expected)
        update["UpdateExpression"] += ", day_shard = :day_shard"
        update["ExpressionAttributeValues"][":day_shard"] = text(counter_shard(day, row.user_id))
        return self._mend(update, row)

    def mend_shard(
        self, row: Transaction, owner: Callable[[int], str], key: str, *, missing: Mapping[str, int]
    ) -> bool:
        """Add what is missing (or take away what is too much) in the last shard of `owner`."""
        update = {
            "TableName": self._counters,
            "Key": {
                "owner": text(owner(SYSTEM_SHARDS - 1)),
                "day_model": text(key),
            },
            "UpdateExpression": "ADD " + ", ".join(f"{name} :{name}" for name in FIGURE_NAMES),
            "ExpressionAttributeValues": {
                f":{name}": number(missing.get(name, 0)) for name in FIGURE_NAMES
            },
        }
        return self._mend(update, row)

    def _mend(self, update: dict[str, Any], row: Transaction) -> bool:
        actions = [{"Update": update}, put_transaction(self._transactions, row)]
        try:
            with store_errors():
                self._client.transact_write_items(TransactItems=actions)
        except AwsCallError as error:
            if error.aws_code != CANCELLED:
                raise
            return False
        return True

    def _counter_update(
        self, owner: str, day: str, model: str, found: Figures, expected: Figures
    ) -> dict[str, Any]:
        values: Item = {f":{name}": number(getattr(expected, name)) for name in FIGURE_NAMES}
        values |= {f":was_{name}": number(getattr(found, name)) for name in FIGURE_NAMES}
        clauses = {name: f"{name} = :was_{name}" for name in FIGURE_NAMES}
        # a counter of the version before has none of these, which is 0
        for name in LATER_FIGURES:
            if not getattr(found, name):
                clauses[name] = f"(attribute_not_exists({name}) OR {clauses[name]})"
        condition = " AND ".join(clauses.values())
        if found == Figures():
            condition = f"attribute_not_exists(day_model) OR ({condition})"
        return {
            "TableName": self._counters,
            "Key": {"owner": text(owner), "day_model": text(f"{day}#{model}")},
            "UpdateExpression": "SET " + ", ".join(f"{n} = :{n}" for n in FIGURE_NAMES),
            "ConditionExpression": condition,
            "ExpressionAttributeValues": values,
        }

    # -- reading -----------------------------------------------------------

    def _lines(self, user_id: str) -> Iterator[BookedLine]:
        names = {f"#{name}": name for name in _RECORD}
        request = self._of_user(self._usage, user_id) | {
            "ProjectionExpression": ", ".join(names),
            "ExpressionAttributeNames": names,
        }
        for item in query_items(self._client, request):
            yield _line(with_day(item, self._zone))

    def _closed(self, user_id: str) -> tuple[dict[str, int], int]:
        """The usage of each closed month, and the granted tokens that ended with them."""
        usage, ended = {}, 0
        for item in query_items(self._client, self._of_user(self._periods, user_id)):
            usage[item["period"]["S"]] = int(item["current_usage"]["N"])
            ended += int(item["ended_tokens"]["N"]) if "ended_tokens" in item else 0
        return usage, ended

    def _of_counters(self, user_id: str) -> Iterator[tuple[DayModel, Figures]]:
        request = {
            "TableName": self._counters,
            "KeyConditionExpression": "#owner = :owner",
            "ExpressionAttributeNames": {"#owner": "owner"},
            "ExpressionAttributeValues": {":owner": text(user_owner(user_id))},
            "ConsistentRead": True,
        }
        for item in query_items(self._client, request):
            day, _, model = item["day_model"]["S"].partition("#")
            yield (day, model), figures_of(item)

    def _changed(self, user_id: str) -> tuple[dict[str, int], int | None]:
        """What usage resets and merges changed by period, and what grants did in all, if any."""
        request = self._of_user(self._transactions, user_id)
        wanted = {f":k{n}": text(kind.value) for n, kind in enumerate((*_OF_USAGE, *_OF_GRANTS))}
        request["FilterExpression"] = f"kind IN ({', '.join(wanted)})"
        request["ExpressionAttributeValues"] |= wanted
        forgiven: dict[str, int] = {}
        granted: int | None = None
        for item in query_items(self._client, request):
            amount, period = int(item["amount"]["N"]), item["period"]["S"]
            if TransactionKind(item["kind"]["S"]) in _OF_GRANTS:
                granted = (granted or 0) + amount
            else:
                forgiven[period] = forgiven.get(period, 0) + amount
        return forgiven, granted

    def _user_version(self, user_id: str) -> int:
        user = self._users.get(user_id)
        return -1 if user is None else user.version

    @staticmethod
    def _of_user(table: str, user_id: str) -> dict[str, Any]:
        return {
            "TableName": table,
            "KeyConditionExpression": "user_id = :user",
            "ExpressionAttributeValues": {":user": text(user_id)},
            "ConsistentRead": True,
        }


def _line(item: Mapping[str, Any]) -> BookedLine:
    return BookedLine(
        record_key=item["record_key"]["S"],
        period=item["period"]["S"],
        day=item["day_shard"]["S"].partition("#")[0],
        model=item["model"]["S"],
        outcome=item["outcome"]["S"],
        figures=figures_of_record(item),
        weight=weight_from_item(item["weight"]) if "weight" in item else None,
    )
