"""The table of requests for tokens. Every change is one transaction, on the state that it found.

    user_id   request_id               what it is
    ana       #head                    who is pending, until when she may not ask, what the policy
                                       has given this month
    ana       20261130T171500123Z-…    a request

    index by_state   listed = pending#2026-11, approved#2026-11 …, then request_id

`#head` is what makes one request pending and no more, however many come at once. `untold` is on a
request until its news is on the alerts queue; the upkeep looks for those that have it still.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from solaris.accounts.token_requests.request import (
    KEEP_DAYS,
    DecidedHow,
    RequestState,
    TokenRequest,
)
from solaris.platform.aws.client import (
    CANCELLED,
    CONDITION_FAILED,
    LOST_RACE,
    AwsCallError,
    WriteConflictError,
    store_errors,
)
from solaris.platform.aws.items import Action, Item, Write, number, text
from solaris.platform.instants import iso_milliseconds, parse_instant
from solaris.quota.grant import GrantKind

HEAD = "#head"
BY_STATE = "by_state"
MAX_PAGES = 1_000
ERASED_AT_ONCE = 25


@dataclass(frozen=True, slots=True)
class Head:
    """What a user's next request must know. `automatic_tokens` were given by policy in a month."""

    pending: str | None = None
    pending_period: str | None = None
    paused_until: datetime | None = None
    automatic_tokens: int = 0
    automatic_period: str | None = None

    def automatic_in(self, period: str) -> int:
        """What the policy has given in a month."""
        return self.automatic_tokens if self.automatic_period == period else 0


@dataclass(frozen=True, slots=True)
class RequestPage:
    """Newest first; `last_id` is where the next page goes on, None at the end."""

    requests: list[TokenRequest]
    last_id: str | None


class RequestStore:
    """Requests in one table; `client` is a boto3 DynamoDB client."""

    def __init__(self, client: Any, requests_table: str) -> None:
        self._client = client
        self._table = requests_table

    def get(self, user_id: str, request_id: str) -> TokenRequest | None:
        """One request, strongly consistent. Raises StoreUnavailableError."""
        item = self._item(user_id, request_id)
        return None if item is None else request_from_item(item)

    def head(self, user_id: str) -> Head:
        """What the next request must know, strongly consistent."""
        item = self._item(user_id, HEAD)
        return Head() if item is None else _head(item)

    def of_user(self, user_id: str, limit: int) -> list[TokenRequest]:
        """A user's requests, newest first, strongly consistent."""
        with store_errors():
            answer = self._client.query(
                TableName=self._table,
                ConsistentRead=True,
                ScanIndexForward=False,
                Limit=limit,
                KeyConditionExpression="user_id = :user AND request_id > :head",
                ExpressionAttributeValues={":user": text(user_id), ":head": text(HEAD)},
            )
        return [request_from_item(item) for item in answer["Items"]]

    def last_of(self, user_id: str) -> TokenRequest | None:
        """A user's newest request."""
        return next(iter(self.of_user(user_id, 1)), None)

    def page(
        self, state: RequestState, period: str, limit: int, after: str | None = None
    ) -> RequestPage:
        """Requests of a month by the state that is written; of the index, a moment old on AWS."""
        start = {}
        if after is not None:
            user_id, request_id = after.split("/", 1)
            key = {"user_id": user_id, "request_id": request_id, "listed": _listed(state, period)}
            start = {"ExclusiveStartKey": {name: text(value) for name, value in key.items()}}
        with store_errors():
            answer = self._client.query(
                TableName=self._table,
                IndexName=BY_STATE,
                ScanIndexForward=False,
                Limit=limit,
                KeyConditionExpression="listed = :listed",
                ExpressionAttributeValues={":listed": text(_listed(state, period))},
                **start,
            )
        found = [request_from_item(item) for item in answer["Items"]]
        last = answer.get("LastEvaluatedKey")
        where = None if last is None else f"{last['user_id']['S']}/{last['request_id']['S']}"
        return RequestPage(found, where)

    def every(self, state: RequestState, period: str) -> Iterator[TokenRequest]:
        """All of them, page by page, newest first."""
        after = None
        for _ in range(MAX_PAGES):
            page = self.page(state, period, 200, after)
            yield from page.requests
            after = page.last_id
            if after is None:
                return

    def untold(self, period: str) -> Iterator[TokenRequest]:
        """Requests of a month whose news is not known to be on the queue."""
        for state in (RequestState.PENDING, RequestState.APPROVED, RequestState.DENIED):
            start: dict[str, Any] = {}
            for _ in range(MAX_PAGES):
                with store_errors():
                    answer = self._client.query(
                        TableName=self._table,
                        IndexName=BY_STATE,
                        KeyConditionExpression="listed = :listed",
                        FilterExpression="attribute_exists(untold)",
                        ExpressionAttributeValues={":listed": text(_listed(state, period))},
                        **start,
                    )
                yield from map(request_from_item, answer["Items"])
                if "LastEvaluatedKey" not in answer:
                    break
                start = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}

    def told(self, request: TokenRequest) -> None:
        """Note that the news of this state is on the queue; nothing where the state is another."""
        try:
            with store_errors():
                self._client.update_item(
                    TableName=self._table,
                    Key=_key(request.user_id, request.request_id),
                    UpdateExpression="REMOVE untold",
                    ConditionExpression="#state = :state",
                    ExpressionAttributeNames={"#state": "state"},
                    ExpressionAttributeValues={":state": text(request.state)},
                )
        except AwsCallError as error:
            if error.aws_code != CONDITION_FAILED:
                raise

    def write(self, actions: Sequence[Action]) -> bool:
        """Write all or nothing; False when something is not as it was read."""
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

    def asking(self, request: TokenRequest, now: datetime) -> list[Action]:
        """The actions of a new request: pending, and the only one."""
        update: Write = {
            "TableName": self._table,
            "Key": _key(request.user_id, HEAD),
            "UpdateExpression": "SET pending = :request, pending_period = :period, "
            "expires_at = :expires REMOVE paused_until",
            # none is pending, or it lapsed with its month; and no pause holds
            "ConditionExpression": "(attribute_not_exists(pending) OR pending_period < :period) "
            "AND (attribute_not_exists(paused_until) OR paused_until <= :now)",
            "ExpressionAttributeValues": {
                ":request": text(request.request_id),
                ":period": text(request.period),
                ":now": text(iso_milliseconds(now)),
                ":expires": _expires(now),
            },
        }
        return [{"Put": self._put(request)}, {"Update": update}]

    def automatic(self, request: TokenRequest, head: Head, now: datetime) -> list[Action]:
        """The actions of a request that the policy has answered: beside the write of the user."""
        given = head.automatic_in(request.period) + (request.granted_tokens or 0)
        values = {
            ":given": number(given),
            ":period": text(request.period),
            ":now": text(iso_milliseconds(now)),
            ":expires": _expires(now),
        }
        seen = "attribute_not_exists(automatic_period)"
        if head.automatic_period is not None:
            seen = "automatic_period = :seen_period AND automatic_tokens = :seen"
            values |= {
                ":seen_period": text(head.automatic_period),
                ":seen": number(head.automatic_tokens),
            }
        update: Write = {
            "TableName": self._table,
            "Key": _key(request.user_id, HEAD),
            "UpdateExpression": "SET automatic_tokens = :given, automatic_period = :period, "
            "expires_at = :expires REMOVE pending, pending_period, paused_until",
            # what the policy has given is as it was read, none is pending, and no pause holds
            "ConditionExpression": f"{seen} AND (attribute_not_exists(pending) OR "
            "pending_period < :period) AND (attribute_not_exists(paused_until) OR "
            "paused_until <= :now)",
            "ExpressionAttributeValues": values,
        }
        return [{"Put": self._put(request)}, {"Update": update}]

    def deciding(self, decided: TokenRequest, now: datetime) -> list[Action]:
        """The actions that write a decision about a request that is pending."""
        put = self._put(decided)
        put["ConditionExpression"] = "#state = :pending"
        put["ExpressionAttributeNames"] = {"#state": "state"}
        put["ExpressionAttributeValues"] = {":pending": text(RequestState.PENDING)}
        expression = "SET expires_at = :expires REMOVE pending, pending_period"
        values = {":request": text(decided.request_id), ":expires": _expires(now)}
        if decided.not_before is not None:
            expression = (
                "SET expires_at = :expires, paused_until = :until REMOVE pending, pending_period"
            )
            values[":until"] = text(iso_milliseconds(decided.not_before))
        update: Write = {
            "TableName": self._table,
            "Key": _key(decided.user_id, HEAD),
            "UpdateExpression": expression,
            # the one that is pending; or none is named, by what a backup has read in between
            "ConditionExpression": "pending = :request OR attribute_not_exists(pending)",
            "ExpressionAttributeValues": values,
        }
        return [{"Put": put}, {"Update": update}]

    def erase(self, user_id: str) -> None:
        """Forget a user's requests altogether; again is harmless."""
        for _ in range(MAX_PAGES):
            with store_errors():
                answer = self._client.query(
                    TableName=self._table,
                    ConsistentRead=True,
                    Limit=ERASED_AT_ONCE,
                    KeyConditionExpression="user_id = :user",
                    ExpressionAttributeValues={":user": text(user_id)},
                )
                for item in answer["Items"]:
                    key = {name: item[name] for name in ("user_id", "request_id")}
                    self._client.delete_item(TableName=self._table, Key=key)
            if "LastEvaluatedKey" not in answer:
                return

    def _item(self, user_id: str, name: str) -> Item | None:
        with store_errors():
            answer = self._client.get_item(
                TableName=self._table, Key=_key(user_id, name), ConsistentRead=True
            )
        item: Item | None = answer.get("Item")
        return item

    def _put(self, request: TokenRequest) -> Write:
        return {
            "TableName": self._table,
            "Item": _to_item(request),
            "ConditionExpression": "attribute_not_exists(user_id)",
        }


def _key(user_id: str, request_id: str) -> Item:
    return {"user_id": text(user_id), "request_id": text(request_id)}


def _listed(state: RequestState, period: str) -> str:
    return f"{state.value}#{period}"


def _expires(now: datetime) -> Item:
    return number(int((now + timedelta(days=KEEP_DAYS)).timestamp()))


def _head(item: Mapping[str, Any]) -> Head:
    until = item.get("paused_until")
    return Head(
        pending=item["pending"]["S"] if "pending" in item else None,
        pending_period=item["pending_period"]["S"] if "pending_period" in item else None,
        paused_until=parse_instant(until["S"]) if until else None,
        automatic_tokens=int(item["automatic_tokens"]["N"]) if "automatic_tokens" in item else 0,
        automatic_period=item["automatic_period"]["S"] if "automatic_period" in item else None,
    )


def _to_item(request: TokenRequest) -> Item:
    item = {
        **_key(request.user_id, request.request_id),
        "listed": text(_listed(request.state, request.period)),
        "state": text(request.state),
        "period": text(request.period),
        "tokens": number(request.tokens),
        "reason": text(request.reason),
        "created_at": text(iso_milliseconds(request.created_at)),
        "granted_before": number(request.granted_before),
        "was_out": {"BOOL": request.was_out},
        "note": text(request.note),
        "untold": {"BOOL": True},
        "expires_at": _expires(request.created_at),
    }
    if request.decided_at is not None:
        item["decided_at"] = text(iso_milliseconds(request.decided_at))
    for name in ("decided_by", "how", "grant_kind"):
        value = getattr(request, name)
        if value is not None:
            item[name] = text(value)
    if request.granted_tokens is not None:
        item["granted_tokens"] = number(request.granted_tokens)
    if request.until is not None:
        item["until"] = text(request.until.isoformat())
    return item


def request_from_item(item: Mapping[str, Any]) -> TokenRequest:
    """A request as it is stored."""
    texts = {name: value["S"] for name, value in item.items() if "S" in value}
    decided_at = texts.get("decided_at")
    granted = item.get("granted_tokens")
    return TokenRequest(
        user_id=texts["user_id"],
        request_id=texts["request_id"],
        period=texts["period"],
        tokens=int(item["tokens"]["N"]),
        reason=texts["reason"],
        created_at=parse_instant(texts["created_at"]),
        granted_before=int(item["granted_before"]["N"]),
        was_out=bool(item["was_out"]["BOOL"]),
        state=RequestState(texts["state"]),
        decided_at=parse_instant(decided_at) if decided_at else None,
        decided_by=texts.get("decided_by"),
        how=DecidedHow(texts["how"]) if "how" in texts else None,
        granted_tokens=int(granted["N"]) if granted else None,
        grant_kind=GrantKind(texts["grant_kind"]) if "grant_kind" in texts else None,
        until=date.fromisoformat(texts["until"]) if "until" in texts else None,
        note=texts.get("note", ""),
    )
