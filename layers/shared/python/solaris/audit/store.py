"""The audit table: rows are put once, mostly within the transaction of the change they describe.

A row's key follows from the entry, so a write whose answer was lost and that is sent again puts
the same row again; there is no other write.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from solaris.audit.entry import AUDIT_DAYS, AuditEntry, AuditFigures, AuditFilters
from solaris.platform.actor import Actor
from solaris.platform.aws.client import store_errors
from solaris.platform.aws.cursors import bad_cursor, decode_cursor, encode_cursor
from solaris.platform.aws.items import Action, Item, number, text
from solaris.platform.instants import iso_milliseconds, parse_instant

# A page looks at so many days and makes so many reads at most; it may come back short, with a
# cursor to go on from.
MAX_DAYS_A_PAGE = 62
MAX_READS_A_PAGE = 80
MAX_PAGE_ITEMS = 1_000

_CURSOR_FIELDS = frozenset({"day", "key"})


@dataclass(frozen=True, slots=True)
class AuditPage:
    """Entries, newest first; `next_cursor` is None when there is nothing older."""

    entries: list[AuditEntry]
    next_cursor: str | None


def put_audit(table: str, entry: AuditEntry) -> Action:
    """The action that puts a row, for the transaction of the change that it describes."""
    return {"Put": {"TableName": table, "Item": _to_item(entry)}}


class AuditStore:
    """Rows in one table; `client` is a boto3 DynamoDB client."""

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self.table = table

    def put(self, entry: AuditEntry) -> None:
        """Write a row for what is no write of its own: a sign-in. Raises StoreUnavailableError."""
        with store_errors():
            self._client.put_item(TableName=self.table, Item=_to_item(entry))

    def page(
        self, filters: AuditFilters, limit: int, cursor: str | None = None, *, now: datetime
    ) -> AuditPage:
        """Return at most `limit` (1,000) entries, newest first, strongly consistent.

        Days are read backwards, 62 a call at most: a page may be short, or empty, and still have
        a next one. Raises ValidationFailedError for a cursor that is none.
        """
        limit = min(limit, MAX_PAGE_ITEMS)
        # a clock beside this one may be a little ahead: tomorrow's rows are looked for too
        newest = min(filters.end or now + timedelta(days=1), now + timedelta(days=1))
        oldest = max(filters.start or _days_before(now), _days_before(now))
        if newest < oldest:
            return AuditPage([], None)
        day = date.fromisoformat(iso_milliseconds(newest)[:10])
        # every key of that instant is greater: `<time>#<id>`
        below = iso_milliseconds(newest)
        if cursor is not None:
            day, below = _position(cursor, day, below)
        first_day = date.fromisoformat(iso_milliseconds(oldest)[:10])
        if day < first_day:
            return AuditPage([], None)
        entries: list[AuditEntry] = []
        last_day = day - timedelta(days=MAX_DAYS_A_PAGE - 1)
        for _ in range(MAX_READS_A_PAGE):
            if day < max(first_day, last_day):
                break
            if below < iso_milliseconds(oldest):
                return AuditPage(entries, None)
            items, reached = self._read(filters, day, oldest, below, limit - len(entries))
            entries += [_from_item(item) for item in items]
            if reached is None:
                day -= timedelta(days=1)
                below = f"{day.isoformat()}T~"
            else:
                below = reached
            if len(entries) >= limit:
                break
        if day < first_day:
            return AuditPage(entries, None)
        return AuditPage(entries, encode_cursor({"day": day.isoformat(), "key": below}))

    def _read(
        self, filters: AuditFilters, day: date, oldest: datetime, below: str, limit: int
    ) -> tuple[list[Item], str | None]:
        """One read of one day: what it found, and the key it came to (None: the day is done)."""
        names = {"#day": "day", "#key": "audit_key"}
        values = {
            ":day": text(day.isoformat()),
            ":oldest": text(iso_milliseconds(oldest)),
            ":below": text(below),
        }
        clauses = []
        for name in ("actor", "action", "target_type", "target_id"):
            wanted = getattr(filters, name)
            if wanted is not None:
                names[f"#{name}"] = name
                values[f":{name}"] = text(wanted)
                clauses.append(f"#{name} = :{name}")
        if filters.target_ids:
            targets = {f":target{n}": text(one) for n, one in enumerate(filters.target_ids)}
            names["#target"] = "target_id"
            values |= targets
            clauses.append(f"#target IN ({', '.join(targets)})")
        request: dict[str, Any] = {
            "TableName": self.table,
            "KeyConditionExpression": "#day = :day AND #key BETWEEN :oldest AND :below",
            "ExpressionAttributeNames": names,
            "ExpressionAttributeValues": values,
            "ScanIndexForward": False,
            "ConsistentRead": True,
        }
        if not clauses:
            request["Limit"] = limit + 2  # the one that the cursor names, and whether there is more
        else:
            request["FilterExpression"] = " AND ".join(clauses)
        with store_errors():
            answer = self._client.query(**request)
        # what a cursor ends at was given already
        items = [item for item in answer["Items"] if item["audit_key"]["S"] != below]
        if len(items) > limit:
            return items[:limit], items[limit - 1]["audit_key"]["S"]
        last = answer.get("LastEvaluatedKey")
        if last is not None:
            return items, str(last["audit_key"]["S"])
        return items, None


def _days_before(now: datetime) -> datetime:
    return now - timedelta(days=AUDIT_DAYS)


def _position(cursor: str, newest_day: date, below: str) -> tuple[date, str]:
    """The day and key to go on from, never newer than the newest that is asked for."""
    values = decode_cursor(cursor, _CURSOR_FIELDS)
    try:
        day = date.fromisoformat(values["day"])
    except ValueError as error:
        raise bad_cursor() from error
    if day > newest_day:
        return newest_day, below
    return day, min(below, values["key"])


def _to_item(entry: AuditEntry) -> Item:
    texts = {
        "day": entry.day,
        "audit_key": entry.audit_key,
        "audit_id": entry.audit_id,
        "created_at": iso_milliseconds(entry.created_at),
        "actor": entry.actor.name,
        "action": entry.action,
        "target_type": entry.target_type,
        "target_id": entry.target_id,
        "target_label": entry.target_label,
        "reason": entry.reason,
        "transaction_id": entry.transaction_id,
        "request_id": entry.actor.request_id,
        "ip_address": entry.actor.ip_address,
    }
    item: Item = {name: text(value) for name, value in texts.items() if value is not None}
    for name, figures in (("before", entry.before), ("after", entry.after)):
        if figures is not None:
            item[name] = {"M": {key: _figure(value) for key, value in figures.items()}}
    expires_at = entry.created_at + timedelta(days=AUDIT_DAYS)
    item["expires_at"] = number(int(expires_at.timestamp()))
    return item


def _from_item(item: Item) -> AuditEntry:
    def optional(name: str) -> str | None:
        return item[name]["S"] if name in item else None

    return AuditEntry(
        audit_id=item["audit_id"]["S"],
        created_at=parse_instant(item["created_at"]["S"]),
        actor=Actor(
            name=item["actor"]["S"],
            request_id=optional("request_id"),
            ip_address=optional("ip_address"),
        ),
        action=item["action"]["S"],
        target_type=item["target_type"]["S"],
        target_id=optional("target_id"),
        target_label=optional("target_label"),
        before=_figures(item.get("before")),
        after=_figures(item.get("after")),
        reason=optional("reason"),
        transaction_id=optional("transaction_id"),
    )


def _figure(value: int | str | bool | None) -> Item:
    if value is None:
        return {"NULL": True}
    if isinstance(value, bool):
        return {"BOOL": value}
    return number(value) if isinstance(value, int) else text(value)


def _figures(item: Mapping[str, Any] | None) -> AuditFigures | None:
    if item is None:
        return None
    return {name: _value(one) for name, one in item["M"].items()}


def _value(item: Mapping[str, Any]) -> int | str | bool | None:
    ((kind, value),) = item.items()
    if kind == "NULL":
        return None
    return int(value) if kind == "N" else value
