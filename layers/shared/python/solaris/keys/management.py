"""Gateway keys made, changed and revoked by people: the command line and the admin API call this.

Every change is written together with its audit row, then published to the lists and taken out of
Redis, before it is answered. A proxy remembers a key for 2.5 s, so a change holds everywhere
within five seconds (authenticator.py).
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from solaris.audit.auditor import Auditor
from solaris.audit.entry import AuditEntry, AuditFigures
from solaris.directory.directory import Directory
from solaris.directory.listing import MAX_LIST_LIMIT, Listing
from solaris.keys.key import (
    KEY_PREFIX,
    MAX_KEY_DAYS,
    GatewayKey,
    KeyKind,
    KeyRefusedError,
    checked_expiry,
    checked_models,
    checked_rate,
    edit,
    figures,
    generate_key,
    hash_key,
    new_key,
)
from solaris.keys.listing import KeyQuery, KeyRow, key_state, keys_listed
from solaris.keys.store import MAX_KEYS_LISTED, KeyStore
from solaris.platform.actor import Actor
from solaris.platform.aws.items import Action
from solaris.platform.cache import Cache
from solaris.platform.email import valid_email
from solaris.platform.errors import (
    InvalidRequestError,
    KeyRevokedError,
    NotFoundError,
    StoreUnavailableError,
    ValidationFailedError,
)
from solaris.platform.logs import get_logger
from solaris.platform.printable import printable
from solaris.quota.identity import MAX_NAME_CHARACTERS

# "key_" and four more: enough to mean one key, too much to hit one by a slip
MIN_REFERENCE_CHARACTERS = 8
_ID = re.compile("key_[0-9a-f]{12}")

_log = get_logger("solaris.keys")


@dataclass(frozen=True, slots=True)
class IssuedKey:
    """A new key: `secret` is known here and to nobody afterwards."""

    secret: str
    row: KeyRow

    @property
    def key(self) -> GatewayKey:
        """What is known of it."""
        return self.row.key


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyTerms:
    """What a new key shall be: personal with `user_email`, else a service key.

    `kind` may say so as well, and is then held against the address.
    It ends at `expires_at` or after `days`, one of them at most. Rate: requests a second and at
    once; without a burst, two seconds' worth. With `new_user` the address may be of somebody who is
    no user yet: else it is taken for mistyped.
    """

    name: str = ""
    kind: KeyKind | None = None
    user_email: str | None = None
    expires_at: datetime | None = None
    days: int | None = None
    allowed_models: Sequence[str] | None = None
    rate_limit_per_second: float | None = None
    rate_limit_burst: int | None = None
    new_user: bool = False


class KeyManagement:
    """Keys for the operator.

    `directory` is asked for late, since the command line needs none; `publish` tells it of changed
    keys (their hashes); `is_user` tells whether an address is a user's. `clock` gives the time
    in UTC.
    """

    def __init__(
        self,
        *,
        stage: str,
        keys: KeyStore,
        cache: Cache,
        auditor: Auditor,
        publish: Callable[[Sequence[str]], None],
        directory: Callable[[], Directory],
        clock: Callable[[], datetime],
        is_user: Callable[[str], bool] = lambda _: True,
    ) -> None:
        self._is_user = is_user
        self._prefix = f"solaris:{stage}:key:"
        self._keys = keys
        self._cache = cache
        self._auditor = auditor
        self._publish = publish
        self._directory = directory
        self._clock = clock

    def create(self, terms: KeyTerms, actor: Actor) -> IssuedKey:
        """Make a key. Raises ValidationFailedError."""
        now = self._clock()
        secret = generate_key()
        try:
            key = new_key(
                secret,
                name=printable(terms.name, MAX_NAME_CHARACTERS),
                now=now,
                user_email=self._owner(terms),
                expires_at=checked_expiry(_end(terms, now), now),
                allowed_models=checked_models(terms.allowed_models),
                rate=checked_rate(terms.rate_limit_per_second, terms.rate_limit_burst),
                created_by=actor.name,
            )
        except KeyRefusedError as error:
            raise _refused(error) from error
        # random as it is, it can only be there already when this very write was sent twice
        self._put_new(key, actor)
        return IssuedKey(secret, self._row(key))

    def _owner(self, terms: KeyTerms) -> str | None:
        address = _address(terms)
        if address is not None and not terms.new_user and not self._is_user(address):
            msg = f"no user has the address {address}"
            raise KeyRefusedError("user_email", "unknown_user", msg)
        return address

    def adopt(self, secret: str, *, name: str, actor: Actor) -> IssuedKey | None:
        """Store a service key that was made elsewhere; None when it is known already."""
        key = new_key(secret, name=name, now=self._clock(), created_by=actor.name)
        return IssuedKey(secret, self._row(key)) if self._put_new(key, actor) else None

    def page(self, query: KeyQuery) -> Listing[KeyRow]:
        """One page of keys, newest first. Raises ValidationFailedError (field `cursor`)."""
        return keys_listed(self._directory(), query)

    def get(self, key_id: str) -> KeyRow:
        """One key by its whole id, as it is now. Raises NotFoundError."""
        key = self._keys.get(self._hash_of(key_id))
        if key is None:
            raise NotFoundError("no such key")
        return self._row(key)

    def forget_owner(self, email: str, stand_in: str, actor: Actor) -> int:
        """Revoke the keys of an address and take it, and their names, out of them.

        Returns how many were revoked now; again goes on where it ended.
        """
        revoked = 0
        # what is disowned is not listed again: the first page is always the next one
        query = KeyQuery(user_email=email, limit=MAX_LIST_LIMIT)
        for _ in range(MAX_KEYS_LISTED // MAX_LIST_LIMIT):
            page = keys_listed(self._directory(), query)
            for row in page.items:
                if row.key.revoked_at is None:
                    self.revoke(row.key.key_id, actor)
                    revoked += 1
                self._keys.disown(row.key.key_hash, stand_in)
            self._publish([row.key.key_hash for row in page.items])
            if page.next_cursor is None:
                break
        return revoked

    def follow_owner(self, old: str, new: str, actor: Actor) -> None:
        """Give the keys of an address another one of the same person; again goes on with it."""
        query = KeyQuery(user_email=old, limit=MAX_LIST_LIMIT)
        # what has another owner by now is not listed again: the first page is the next one
        for _ in range(MAX_KEYS_LISTED // MAX_LIST_LIMIT):
            page = keys_listed(self._directory(), query)
            for row in page.items:
                self._change(
                    row.key.key_hash,
                    lambda key: replace(key, user_email=new) if key.user_email == old else key,
                    "key.update",
                    actor,
                )
            if page.next_cursor is None:
                break

    def update(self, key_id: str, changes: Mapping[str, Any], actor: Actor) -> KeyRow:
        """Change some of a key's terms: names as in `edit`, what is not named stays.

        Raises NotFoundError, KeyRevokedError, ValidationFailedError, ConflictError.
        """
        now = self._clock()
        wanted = dict(changes)
        if "name" in wanted:
            wanted["name"] = printable(wanted["name"], MAX_NAME_CHARACTERS)
        if wanted.get("expires_at") is not None:
            wanted["expires_at"] = _cut(wanted["expires_at"])

        def rule(key: GatewayKey) -> GatewayKey:
            if key.revoked_at is not None:
                raise KeyRevokedError
            if "expires_at" in wanted and wanted["expires_at"] == key.expires_at:
                # what is repeated as it was is no change, however long ago it was
                terms = {name: value for name, value in wanted.items() if name != "expires_at"}
                return edit(key, terms, now)
            return edit(key, wanted, now)

        try:
            return self._change(self._hash_of(key_id), rule, "key.update", actor)
        except KeyRefusedError as error:
            raise _refused(error) from error

    def revoke(self, key_id: str, actor: Actor) -> KeyRow:
        """Refuse a key for good; again changes nothing. Raises NotFoundError."""
        return self._revoke(self._hash_of(key_id), actor)

    def all(self) -> list[KeyRow]:
        """Every key, newest first, revoked ones too: for the command line."""
        return [self._row(key) for key in self._keys.list()]

    def revoke_named(self, reference: str, actor: Actor) -> KeyRow:
        """Revoke a key by its id, the start of its id, its prefix, or the key itself.

        Reads every key. Raises NotFoundError, and InvalidRequestError when several keys are meant
        or the key is revoked already.
        """
        key = _one_key(self._keys.list(), reference.strip())
        if key.revoked_at is not None:
            msg = f"key {key.key_id} is revoked already"
            raise InvalidRequestError(msg)
        return self._revoke(key.key_hash, actor)

    def _revoke(self, key_hash: str, actor: Actor) -> KeyRow:
        now = _cut(self._clock())
        return self._change(
            key_hash,
            lambda key: key if key.revoked_at else replace(key, revoked_at=now),
            "key.revoke",
            actor,
        )

    def _put_new(self, key: GatewayKey, actor: Actor) -> bool:
        entry = self._entry(actor, "key.create", key, after=figures(key))
        is_new = self._keys.put_new(key, self._auditor.action(entry))
        if is_new:
            _log.info("key_created", key_id=key.key_id, kind=key.kind.value, actor=actor.name)
        self._publish([key.key_hash])
        return is_new

    def _change(
        self,
        key_hash: str,
        rule: Callable[[GatewayKey], GatewayKey],
        action: str,
        actor: Actor,
    ) -> KeyRow:
        changed: list[str] = []

        def audit(before: GatewayKey, after: GatewayKey) -> Action:
            old, new = figures(before), figures(after)
            changed[:] = [name for name in new if new[name] != old[name]]
            entry = self._entry(
                actor,
                action,
                after,
                before={name: old[name] for name in changed},
                after={name: new[name] for name in changed},
            )
            return self._auditor.action(entry)

        key = self._keys.change(key_hash, rule, audit)
        # also when nothing was left to change: the call that changed it may have died before this
        self._cache.delete(self._prefix + key_hash)
        self._publish([key_hash])
        _log.info("key_changed", key_id=key.key_id, action=action, fields=changed, actor=actor.name)
        return self._row(key)

    def _row(self, key: GatewayKey) -> KeyRow:
        return KeyRow(key, key_state(key, self._clock()))

    def _hash_of(self, key_id: str) -> str:
        """The hash that an id stands for. Raises NotFoundError.

        From the lists. A key that they lack, or all while they are away, is looked for in the
        table, so that a key can be revoked whatever has failed.
        """
        if not _ID.fullmatch(key_id):
            raise NotFoundError("no such key")
        hashes = self._listed_hashes(key_id) or self._keys.hashes_of(key_id)
        if len(hashes) > 1:
            msg = f"several keys have the id {key_id}"
            raise InvalidRequestError(msg)
        if not hashes:
            raise NotFoundError("no such key")
        return hashes[0]

    def _listed_hashes(self, key_id: str) -> Sequence[str]:
        query = KeyQuery(limit=MAX_LIST_LIMIT)
        found: list[str] = []
        for _ in range(MAX_KEYS_LISTED // MAX_LIST_LIMIT):
            try:
                page = keys_listed(self._directory(), query)
            except StoreUnavailableError:
                return ()
            found += [row.key.key_hash for row in page.items if row.key.key_id == key_id]
            if page.next_cursor is None:
                break
            query = replace(query, cursor=page.next_cursor)
        return found

    def _entry(
        self,
        actor: Actor,
        action: str,
        key: GatewayKey,
        *,
        after: AuditFigures,
        before: AuditFigures | None = None,
    ) -> AuditEntry:
        return self._auditor.entry(
            actor,
            action,
            target_type="key",
            target_id=key.key_id,
            target_label=f"{key.prefix}…",
            before=before,
            after=after,
        )


def _end(terms: KeyTerms, now: datetime) -> datetime | None:
    if terms.days is None:
        return None if terms.expires_at is None else _cut(terms.expires_at)
    if terms.expires_at is not None:
        raise KeyRefusedError("expires_in_days", "two_expiries", "expires_at is stated too")
    if not 1 <= terms.days <= MAX_KEY_DAYS:
        msg = f"a key expires in 1 to {MAX_KEY_DAYS:,} days"
        raise KeyRefusedError("expires_in_days", "invalid_expiry", msg)
    return _cut(now + timedelta(days=terms.days))


def _cut(instant: datetime) -> datetime:
    """As the store keeps it: UTC, whole milliseconds."""
    utc = instant.astimezone(UTC)
    return utc.replace(microsecond=utc.microsecond // 1000 * 1000)


def _address(terms: KeyTerms) -> str | None:
    if terms.user_email is None:
        if terms.kind is KeyKind.PERSONAL:
            raise KeyRefusedError("user_email", "missing", "a personal key is somebody's")
        return None
    if terms.kind is KeyKind.SERVICE:
        raise KeyRefusedError("user_email", "not_for_service_key", "a service key is nobody's")
    address = valid_email(terms.user_email)
    if address is None:
        msg = f"not an e-mail address: {terms.user_email!r}"
        raise KeyRefusedError("user_email", "not_an_email", msg)
    return address


def _refused(error: KeyRefusedError) -> ValidationFailedError:
    """The field by its name on the wire."""
    head, *rest = error.field.split("_")
    field = head + "".join(part.capitalize() for part in rest)
    return ValidationFailedError([(field, error.code, str(error))])


def _one_key(keys: Iterable[GatewayKey], reference: str) -> GatewayKey:
    known = list(keys)
    hashed = hash_key(reference)
    named = [
        key for key in known if reference in (key.key_id, key.prefix) or key.key_hash == hashed
    ]
    if not named and len(reference) >= MIN_REFERENCE_CHARACTERS:
        named = [key for key in known if key.key_id.startswith(reference)]
    if not named:
        # what was typed may be a key: show no more of it than a list does
        shown = f"{reference[: len(KEY_PREFIX) + 4]}…" if "sk-" in reference else reference
        msg = f"no such key: {shown}"
        raise NotFoundError(msg)
    if len(named) > 1:
        msg = f"several keys are meant: {', '.join(sorted(key.key_id for key in named))}"
        raise InvalidRequestError(msg)
    return named[0]
