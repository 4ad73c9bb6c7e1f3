"""Lists of alerts: what is asked for, and the question to the directory."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import orjson

from solaris.alerts.alert import Alert, AlertType
from solaris.alerts.store import alert_from_item
from solaris.directory.directory import Directory
from solaris.directory.listing import Listing
from solaris.directory.queries import Connection, Order, Where, emails, page_of
from solaris.quota.thresholds import Threshold


class AlertState(StrEnum):
    """Whether somebody has dealt with an alert."""

    OPEN = "open"
    RESOLVED = "resolved"


class AlertKind(StrEnum):
    """What an alert is about."""

    QUOTA = "quota"
    """A share of a user's quota is used."""

    CEILING = "ceiling"
    PERSON_WAITING = "person_waiting"
    KEY_EXPIRING = "key_expiring"
    UPSTREAM_FAILING = "upstream_failing"
    BOOKS_DIFFER = "books_differ"
    MODEL_WITHOUT_PRICE = "model_without_price"
    CHANNEL_PAUSED = "channel_paused"
    GRANT_ENDING = "grant_ending"
    SUMMARY = "summary"
    """Of a month, or of a group's."""


# An alert's id says what it is about; a user's id has no `#`, a model's name may.
_ID_PATTERNS: Mapping[AlertKind, tuple[str, ...]] = {
    AlertKind.QUOTA: tuple(
        f"*#[0-9][0-9][0-9][0-9]-[0-9][0-9]#{one}{end}" for one in Threshold for end in ("", "#*")
    ),
    AlertKind.CEILING: ("ceiling#*",),
    AlertKind.PERSON_WAITING: ("person_waiting#*",),
    AlertKind.KEY_EXPIRING: ("key_expiring#*",),
    AlertKind.UPSTREAM_FAILING: ("upstream_failing#*",),
    AlertKind.BOOKS_DIFFER: ("books_differ#*",),
    AlertKind.MODEL_WITHOUT_PRICE: ("system#*#model_without_price#*",),
    AlertKind.CHANNEL_PAUSED: ("system#*#channel_paused#*",),
    AlertKind.GRANT_ENDING: ("*#grant_ending#*",),
    AlertKind.SUMMARY: ("system#*#monthly_summary", "group_summary#*"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertQuery:
    """One page of alerts, newest first."""

    types: tuple[AlertType, ...] = ()
    kinds: tuple[AlertKind, ...] = ()
    state: AlertState | None = None
    user_id: str | None = None
    groups: tuple[str, ...] = ()
    """Ids: alerts about their members alone."""

    created_from: datetime | None = None
    created_to: datetime | None = None
    limit: int = 50
    cursor: str | None = None


@dataclass(frozen=True, slots=True)
class AlertRow:
    """An alert, and who it is about; None for the system's, and for a user who is not known."""

    alert: Alert
    user_email: str | None = None
    user_name: str | None = None


def alerts_page(connection: Connection, query: AlertQuery, now: datetime) -> Listing[AlertRow]:
    """One page of alerts, newest first. Raises ValidationFailedError (field `cursor`)."""
    where = Where()
    where.add("expires_at > ?", int(now.timestamp()))
    where.one_of("type", query.types)
    if query.kinds:
        patterns = [one for kind in query.kinds for one in _ID_PATTERNS[kind]]
        where.add(f"({' OR '.join(['alert_id GLOB ?'] * len(patterns))})", *patterns)
    if query.state is not None:
        is_open = query.state is AlertState.OPEN
        where.add("resolved_at IS NULL" if is_open else "resolved_at IS NOT NULL")
    if query.user_id is not None:
        where.add("user_id = ?", query.user_id)
    if query.groups:
        marks = ", ".join("?" * len(query.groups))
        members = f"SELECT user_id FROM users WHERE group_id IN ({marks})"  # noqa: S608 - marks
        where.add(f"user_id IN ({members})", *query.groups)
    where.between("created_at", query.created_from, query.created_to)
    order = Order("created_at", "alert_id", descending=True)
    found, total, cursor = page_of(
        connection, table="alerts", columns="user_id, item", where=where, order=order, query=query
    )
    known = emails(connection, {user_id for *_, user_id, _ in found if user_id is not None})
    rows = []
    for *_, user_id, item in found:
        email, name = known.get(user_id, (None, None))
        rows.append(AlertRow(alert_from_item(orjson.loads(item)), email, name))
    return Listing(rows, cursor, total)


def open_alerts(connection: Connection, now: datetime) -> int:
    """How many alerts nobody has resolved."""
    (count,) = connection.execute(
        "SELECT count(*) FROM alerts WHERE resolved_at IS NULL AND expires_at > ?",
        (int(now.timestamp()),),
    ).fetchone()
    return int(count)


@dataclass(frozen=True, slots=True)
class AlertsPage:
    """What is asked of the directory for one page of alerts."""

    query: AlertQuery

    def __call__(self, connection: Connection, now: datetime) -> Listing[AlertRow]:
        """The page, as of `now` (UTC)."""
        return alerts_page(connection, self.query, now)


def alerts_listed(directory: Directory, query: AlertQuery) -> Listing[AlertRow]:
    """One page of alerts, newest first. Raises ValidationFailedError (field `cursor`)."""
    return directory.ask(AlertsPage(query))


def open_alerts_in(directory: Directory) -> int:
    """How many alerts nobody has resolved."""
    return directory.ask(open_alerts)
