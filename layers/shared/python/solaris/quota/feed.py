"""The changes feed: what the directory (directory/directory.py) must learn of.

Writers publish after they have written and before they answer, so that a list asked for after an
answer holds what the answer said. A change may come twice and out of order: a user's row carries
`version`, and an older one never takes the place of a newer one; alerts and keys are named only,
and read again.

    slot         2026-11-22T13:0           ten minutes in UTC, of the writer's clock
    change_key   2026-11-22T13:07:09.123Z#<uuid>
    users        JSON, a list of rows: a user's item with `reserved_tokens` for the reservations
    alert_ids, key_hashes                  what to read again
    expires_at   three days later

A restore (backup/restore.py) leaves an item of its own under the slot `restore`, which stays:
`state` running or done, and its `mark`, by which a replica knows that it is of the tables as they
are now. A change with `restored` tells a running process of the new mark.
"""

import uuid
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, NotRequired, TypedDict

import orjson

from solaris.platform.aws.client import store_errors
from solaris.platform.aws.items import Action, Item, number, text
from solaris.platform.instants import iso_milliseconds, parse_instant
from solaris.platform.rate_rule import RateRule
from solaris.quota.daily_limit import DailyLimit, DayCap
from solaris.quota.grant import Grant, GrantKind
from solaris.quota.reservation import Reservation
from solaris.quota.thresholds import Threshold
from solaris.quota.user import Enforcement, LimitSource, OwnField, Plan, User, UserStatus

KEEP_DAYS = 3
SLOT = timedelta(minutes=10)
SLOT_CHARACTERS = len("2026-11-22T13:0")
MAX_ITEM_BYTES = 300_000  # DynamoDB's limit is 400 kB
MAX_IDS = 1_000
MAX_PAGES = 10_000  # of 1 MB each, in ten minutes
RESTORE_SLOT, RESTORE_KEY = "restore", "#"

_NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Published:
    """One change as it is read; `users` holds the rows' JSON."""

    change_key: str
    users: str | None = None
    alert_ids: tuple[str, ...] = ()
    key_hashes: tuple[str, ...] = ()
    restored: str | None = None


class Changes:
    """The feed; `client` is a boto3 DynamoDB client, `clock` gives the time in UTC."""

    def __init__(self, client: Any, table: str, clock: Callable[[], datetime]) -> None:
        self._client = client
        self._table = table
        self._clock = clock

    def publish(
        self,
        users: Iterable[User] = (),
        alert_ids: Iterable[str] = (),
        key_hashes: Iterable[str] = (),
    ) -> None:
        """Tell of users as they are now, and of alerts and keys that were written.

        One PutItem as a rule, none when there is nothing to tell; again is harmless. Raises
        StoreUnavailableError or AwsCallError: what was not told is to be told again.
        """
        for item in self._items(users, alert_ids, key_hashes):
            with store_errors():
                self._client.put_item(TableName=self._table, Item=item)

    def actions(self, users: Iterable[User]) -> list[Action]:
        """The same as Put actions, for the transaction that writes the users: told if written."""
        return [
            {"Put": {"TableName": self._table, "Item": item}} for item in self._items(users, (), ())
        ]

    def key_actions(self, key_hashes: Iterable[str]) -> list[Action]:
        """The same for keys, for the transaction that writes them."""
        return [
            {"Put": {"TableName": self._table, "Item": item}}
            for item in self._items((), (), key_hashes)
        ]

    def begin_restore(self) -> None:
        """Note that the tables are being filled from a backup."""
        self._put_restore("running", self.restore_mark())

    def finish_restore(self, mark: str) -> None:
        """Note that they are filled, and tell every process that follows the feed."""
        self._put_restore("done", mark)
        with store_errors():
            self._client.put_item(TableName=self._table, Item=self._item({"restored": text(mark)}))

    def restore_is_unfinished(self) -> bool:
        """Whether a restore has begun and not come to its end."""
        item = self._restore_item()
        return item is not None and item["state"]["S"] == "running"

    def restore_mark(self) -> str:
        """The mark of the last restore; empty before the first."""
        item = self._restore_item()
        return str(item["mark"]["S"]) if item is not None and "mark" in item else ""

    def _restore_item(self) -> Item | None:
        key = {"slot": text(RESTORE_SLOT), "change_key": text(RESTORE_KEY)}
        with store_errors():
            answer = self._client.get_item(TableName=self._table, Key=key, ConsistentRead=True)
        item: Item | None = answer.get("Item")
        return item

    def _put_restore(self, state: str, mark: str) -> None:
        item = {
            "slot": text(RESTORE_SLOT),
            "change_key": text(RESTORE_KEY),
            "state": text(state),
            "mark": text(mark),
        }
        with store_errors():
            self._client.put_item(TableName=self._table, Item=item)

    def read(self, slot: str, since_key: str) -> Iterator[list[Published]]:
        """The changes of one slot from a key on, oldest first, page by page; consistent.

        Raises StoreUnavailableError or AwsCallError.
        """
        start: dict[str, Item] = {}
        for _ in range(MAX_PAGES):
            with store_errors():
                page = self._client.query(
                    TableName=self._table,
                    ConsistentRead=True,
                    KeyConditionExpression="slot = :slot AND change_key >= :since",
                    ExpressionAttributeValues={":slot": text(slot), ":since": text(since_key)},
                    **start,
                )
            yield [_published(item) for item in page["Items"]]
            if "LastEvaluatedKey" not in page:
                return
            start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}
        msg = f"slot {slot} has more than {MAX_PAGES} pages"
        raise RuntimeError(msg)

    def _items(
        self, users: Iterable[User], alert_ids: Iterable[str], key_hashes: Iterable[str]
    ) -> Iterator[Item]:
        for rows in _packs(orjson.dumps(user_to_row(user)) for user in users):
            yield self._item({"users": text(rows)})
        for name, ids in (("alert_ids", alert_ids), ("key_hashes", key_hashes)):
            wanted = sorted(set(ids))
            for start in range(0, len(wanted), MAX_IDS):
                some = [text(one) for one in wanted[start : start + MAX_IDS]]
                yield self._item({name: {"L": some}})

    def _item(self, content: Item) -> Item:
        now = self._clock()
        stamp = iso_milliseconds(now)
        return {
            "slot": text(slot_of(now)),
            "change_key": text(f"{stamp}#{uuid.uuid4().hex}"),
            "expires_at": number(int(now.timestamp()) + KEEP_DAYS * 86_400),
            **content,
        }


def slot_of(instant: datetime) -> str:
    """The slot of an instant."""
    return iso_milliseconds(instant)[:SLOT_CHARACTERS]


def slots_between(first: datetime, last: datetime) -> Iterator[tuple[str, datetime]]:
    """Every slot from one instant to another, each with its end; at most what the feed keeps."""
    start = first.replace(minute=first.minute // 10 * 10, second=0, microsecond=0)
    for n in range(KEEP_DAYS * 24 * 6 + 2):
        begin = start + n * SLOT
        if begin > last:
            return
        yield slot_of(begin), begin + SLOT


class GrantRow(TypedDict):
    """A grant that ends, as a user's row holds it."""

    grant_id: str
    kind: str
    granted_tokens: int
    tokens: int
    created_at: str
    until: str | None
    ends_at: str | None
    burnt_tokens: int


class Row(TypedDict):
    """A user's row, as its JSON holds it: the item, with the sum of its reservations instead."""

    user_id: str
    email: str
    name: str
    status: str
    plan: str
    period: str
    monthly_limit: int
    additional_tokens: int
    current_usage: int
    available_tokens: int
    reserved_tokens: int
    block_ppm: int
    alert_round: int
    version: int
    alerts_sent: list[str]
    aliases: NotRequired[list[str]]
    created_at: str
    updated_at: str
    last_alert_at: NotRequired[str]
    last_seen_at: NotRequired[str]
    enforcement: NotRequired[str]
    grants: NotRequired[list[GrantRow]]
    burnt_tokens: NotRequired[int]
    burnt_at_usage: NotRequired[int]
    next_change_at: NotRequired[str]
    limit_source: NotRequired[str]
    own: NotRequired[list[str]]
    warning_ppm: NotRequired[int]
    critical_ppm: NotRequired[int]
    rate: NotRequired[tuple[float, int]]
    daily_limit: NotRequired[str]
    group_id: NotRequired[str]
    plan_by_group: NotRequired[bool]
    models: NotRequired[list[str]]


def user_to_row(user: User) -> Row:
    """A user's row."""
    row = Row(
        user_id=user.user_id,
        email=user.email,
        name=user.name,
        status=user.status.value,
        plan=user.plan.value,
        period=user.period,
        monthly_limit=user.monthly_limit,
        additional_tokens=user.additional_tokens,
        current_usage=user.current_usage,
        available_tokens=user.available_tokens,
        reserved_tokens=user.reserved_tokens,
        block_ppm=user.block_ppm,
        alert_round=user.alert_round,
        version=user.version,
        alerts_sent=sorted(user.alerts_sent),
        created_at=iso_milliseconds(user.created_at),
        updated_at=iso_milliseconds(user.updated_at),
    )
    if user.aliases:
        row["aliases"] = list(user.aliases)
    if user.enforcement is not Enforcement.BLOCK:
        row["enforcement"] = user.enforcement.value
    if user.grants or user.burnt_tokens:
        row["burnt_tokens"] = user.burnt_tokens
        row["burnt_at_usage"] = user.burnt_at_usage
        row["grants"] = [_grant_to_row(one) for one in user.grants]
    if user.last_alert_at is not None:
        row["last_alert_at"] = iso_milliseconds(user.last_alert_at)
    if user.last_seen_at is not None:
        row["last_seen_at"] = iso_milliseconds(user.last_seen_at)
    if user.next_change_at is not None:
        row["next_change_at"] = iso_milliseconds(user.next_change_at)
    _add_of_plan(row, user)
    return row


def _add_of_plan(row: Row, user: User) -> None:
    if user.limit_source is not None:
        row["limit_source"] = user.limit_source.value
    if user.own:
        row["own"] = sorted(user.own)
    if user.warning_ppm is not None:
        row["warning_ppm"] = user.warning_ppm
    if user.critical_ppm is not None:
        row["critical_ppm"] = user.critical_ppm
    if user.rate is not None:
        row["rate"] = (user.rate.per_second, user.rate.burst)
    if user.daily_limit is not None:
        row["daily_limit"] = user.daily_limit
    if user.group_id is not None:
        row["group_id"] = user.group_id
    if user.plan_by_group:
        row["plan_by_group"] = True
    if user.models is not None:
        row["models"] = list(user.models)


def user_from_row(row: Row) -> User:
    """Read a row: the user, whose open requests are one reservation of the sum.

    Of a limit a day it tells the limit alone, and not how the day stands.

    It never runs out: when each of them does, no row says; what they charge then is in the row that
    their booking publishes.
    """
    held = row["reserved_tokens"]
    created_at = parse_instant(row["created_at"])
    source = row.get("limit_source")
    # as item.py reads what a version before has written
    own_before = ["enforcement"] if source is None and "enforcement" in row else []
    together = Reservation(
        request_id="*",
        tokens=held,
        prompt_tokens=0,
        created_at=created_at,
        expires_at=_NEVER,
        period=row["period"],
    )
    return User(
        monthly_limit=row["monthly_limit"],
        additional_tokens=row["additional_tokens"],
        current_usage=row["current_usage"],
        available_tokens=row["available_tokens"],
        block_ppm=row["block_ppm"],
        alert_round=row["alert_round"],
        version=row["version"],
        user_id=row["user_id"],
        email=row["email"],
        name=row["name"],
        status=UserStatus(row["status"]),
        plan=Plan(row["plan"]),
        period=row["period"],
        created_at=created_at,
        updated_at=parse_instant(row["updated_at"]),
        last_alert_at=_optional_instant(row.get("last_alert_at")),
        last_seen_at=_optional_instant(row.get("last_seen_at")),
        alerts_sent=frozenset(Threshold(one) for one in row["alerts_sent"]),
        aliases=tuple(row.get("aliases", ())),
        reservations={"*": together} if held else {},
        grants=tuple(_grant_from_row(one) for one in row.get("grants", ())),
        burnt_tokens=row.get("burnt_tokens", 0),
        burnt_at_usage=row.get("burnt_at_usage", 0),
        next_change_at=_optional_instant(row.get("next_change_at")),
        enforcement=Enforcement(row.get("enforcement", Enforcement.BLOCK)),
        limit_source=LimitSource(source) if source else None,
        own=frozenset(OwnField(one) for one in row.get("own", own_before)),
        warning_ppm=row.get("warning_ppm"),
        critical_ppm=row.get("critical_ppm"),
        rate=RateRule(*row["rate"]) if "rate" in row else None,
        day_cap=_day_cap(row),
        group_id=row.get("group_id"),
        plan_by_group=row.get("plan_by_group", False),
        models=tuple(row["models"]) if "models" in row else None,
    )


def _day_cap(row: Row) -> DayCap | None:
    if "daily_limit" not in row:
        return None
    return DayCap(DailyLimit.parse(row["daily_limit"]), f"{row['period']}-01", 0)


def _grant_to_row(grant: Grant) -> GrantRow:
    ends_at = None if grant.ends_at is None else iso_milliseconds(grant.ends_at)
    return {
        "grant_id": grant.grant_id,
        "kind": grant.kind.value,
        "granted_tokens": grant.granted_tokens,
        "tokens": grant.tokens,
        "created_at": iso_milliseconds(grant.created_at),
        "until": grant.until,
        "ends_at": ends_at,
        "burnt_tokens": grant.burnt_tokens,
    }


def _grant_from_row(row: GrantRow) -> Grant:
    ends_at = row["ends_at"]
    return Grant(
        grant_id=row["grant_id"],
        kind=GrantKind(row["kind"]),
        granted_tokens=row["granted_tokens"],
        tokens=row["tokens"],
        created_at=parse_instant(row["created_at"]),
        until=row["until"],
        ends_at=None if ends_at is None else parse_instant(ends_at),
        burnt_tokens=row["burnt_tokens"],
    )


def _optional_instant(stated: str | None) -> datetime | None:
    return None if stated is None else parse_instant(stated)


def _packs(rows: Iterable[bytes]) -> Iterator[str]:
    """JSON lists of rows, each below DynamoDB's limit on an item."""
    pack: list[bytes] = []
    size = 0
    for row in rows:
        if pack and size + len(row) > MAX_ITEM_BYTES:
            yield _joined(pack)
            pack, size = [], 0
        pack.append(row)
        size += len(row) + 1
    if pack:
        yield _joined(pack)


def _joined(rows: list[bytes]) -> str:
    return f"[{b','.join(rows).decode()}]"


def _published(item: Item) -> Published:
    return Published(
        change_key=item["change_key"]["S"],
        users=item["users"]["S"] if "users" in item else None,
        alert_ids=tuple(one["S"] for one in item.get("alert_ids", {}).get("L", ())),
        key_hashes=tuple(one["S"] for one in item.get("key_hashes", {}).get("L", ())),
        restored=item["restored"]["S"] if "restored" in item else None,
    )
