"""Lists of keys: what is asked for, and the question to the directory."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import orjson

from solaris.directory.directory import Directory
from solaris.directory.listing import Listing
from solaris.directory.queries import Connection, Order, Where, page_of
from solaris.keys.key import GatewayKey, KeyKind
from solaris.keys.store import key_from_item
from solaris.platform.instants import iso_milliseconds


class KeyState(StrEnum):
    """Whether a key is let in; a revoked one counts as revoked, expired or not."""

    ACTIVE = "active"
    REVOKED = "revoked"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyQuery:
    """One page of keys, newest first. `search` is a part of the name, prefix or address."""

    kinds: tuple[KeyKind, ...] = ()
    state: KeyState | None = None
    user_email: str | None = None
    search: str = ""
    limit: int = 50
    cursor: str | None = None


@dataclass(frozen=True, slots=True)
class KeyRow:
    """A key and its state now."""

    key: GatewayKey
    state: KeyState


def key_state(key: GatewayKey, now: datetime) -> KeyState:
    """The state of a key at `now`."""
    if key.revoked_at is not None:
        return KeyState.REVOKED
    return KeyState.ACTIVE if key.is_valid(now) else KeyState.EXPIRED


def keys_page(connection: Connection, query: KeyQuery, now: datetime) -> Listing[KeyRow]:
    """One page of keys, newest first. Raises ValidationFailedError (field `cursor`)."""
    where = Where()
    where.one_of("kind", query.kinds)
    instant = iso_milliseconds(now)
    if query.state is KeyState.REVOKED:
        where.add("revoked_at IS NOT NULL")
    elif query.state is KeyState.EXPIRED:
        where.add("revoked_at IS NULL AND expires_at <= ?", instant)
    elif query.state is KeyState.ACTIVE:
        where.add("revoked_at IS NULL AND (expires_at IS NULL OR expires_at > ?)", instant)
    if query.user_email is not None:
        where.add("user_email = ?", query.user_email)
    where.contains("search", query.search)
    order = Order("created_at", "key_hash", descending=True)
    found, total, cursor = page_of(
        connection, table="keys", columns="item", where=where, order=order, query=query
    )
    keys = [key_from_item(orjson.loads(item)) for *_, item in found]
    return Listing([KeyRow(key, key_state(key, now)) for key in keys], cursor, total)


@dataclass(frozen=True, slots=True)
class KeysPage:
    """What is asked of the directory for one page of keys."""

    query: KeyQuery

    def __call__(self, connection: Connection, now: datetime) -> Listing[KeyRow]:
        """The page, as of `now` (UTC)."""
        return keys_page(connection, self.query, now)


def keys_listed(directory: Directory, query: KeyQuery) -> Listing[KeyRow]:
    """One page of keys, newest first. Raises ValidationFailedError (field `cursor`)."""
    return directory.ask(KeysPage(query))


@dataclass(frozen=True, slots=True)
class KeyNames:
    """What is asked of the directory for the names of keys; there are few, so all are looked at."""

    key_ids: frozenset[str]

    def __call__(self, connection: Connection, _now: datetime) -> dict[str, str]:
        """Names by id; unknown ids are left out."""
        items = connection.execute("SELECT item FROM keys")
        keys = (key_from_item(orjson.loads(item)) for (item,) in items)
        return {key.key_id: key.name for key in keys if key.key_id in self.key_ids}


def names_of(directory: Directory, key_ids: Iterable[str]) -> dict[str, str]:
    """Names of keys by id, of revoked ones too; unknown ids are left out."""
    wanted = frozenset(key_ids)
    return directory.ask(KeyNames(wanted)) if wanted else {}
