"""Admin keys made and revoked by people: the command line and the admin API call this."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import UTC, datetime

from solaris.audit.auditor import Auditor
from solaris.audit.entry import AuditEntry
from solaris.platform.access import Scope
from solaris.platform.actor import MAX_REASON_CHARACTERS, Actor
from solaris.platform.errors import ConflictError, ValidationFailedError
from solaris.platform.logs import get_logger
from solaris.platform.printable import printable
from solaris.quota.identity import MAX_NAME_CHARACTERS
from solaris.sign_in.admin_keys.key import (
    DEFAULT_DAYS,
    MAX_DAYS,
    AdminKey,
    AdminKeyState,
    figures,
    generate_admin_key,
    new_admin_key,
)
from solaris.sign_in.admin_keys.store import AdminKeyStore

_log = get_logger("solaris.admin_keys")


@dataclass(frozen=True, slots=True)
class IssuedAdminKey:
    """A new key: `secret` is known here and to nobody afterwards."""

    secret: str
    key: AdminKey


class AdminKeys:
    """Every change writes its audit row in the same transaction; `clock` is UTC.

    All raise StoreUnavailableError.
    """

    def __init__(
        self, *, store: AdminKeyStore, auditor: Auditor, clock: Callable[[], datetime]
    ) -> None:
        self._store = store
        self._auditor = auditor
        self._clock = clock

    def list(self) -> "list[AdminKey]":
        """All of them, newest first."""
        return self._store.list()

    def state(self, key: AdminKey) -> AdminKeyState:
        """How a key stands now."""
        return key.state(self._clock())

    def create(
        self,
        actor: Actor,
        scopes: Collection[Scope],
        *,
        name: str = "",
        note: str = "",
        days: int = DEFAULT_DAYS,
    ) -> IssuedAdminKey:
        """Make a key that ends after so many days. Raises ValidationFailedError."""
        if not scopes:
            raise ValidationFailedError([("scopes", "too_short", "a key has one scope at least")])
        if not 1 <= days <= MAX_DAYS:
            msg = f"an admin key expires in 1 to {MAX_DAYS} days"
            raise ValidationFailedError([("expiresInDays", "invalid_expiry", msg)])
        secret = generate_admin_key()
        key = new_admin_key(
            secret,
            name=printable(name, MAX_NAME_CHARACTERS),
            note=printable(note, MAX_REASON_CHARACTERS),
            scopes=scopes,
            days=days,
            created_by=actor.name,
            now=self._now(),
        )
        entry = self._entry(actor, "admin_key.create", key, None)
        if not self._store.create(key, entry):
            # of 2^64 ids another key has this one
            msg = f"key {key.key_id} exists already"
            raise ConflictError(msg)
        _log.info("admin_key_created", key_id=key.key_id, actor=actor.name)
        return IssuedAdminKey(secret, key)

    def revoke(self, actor: Actor, key_id: str) -> AdminKey:
        """Refuse a key for good; again changes nothing. Raises NotFoundError, ConflictError."""
        key = self._store.revoke(
            key_id,
            self._now(),
            lambda before, after: self._entry(actor, "admin_key.revoke", after, before),
        )
        _log.info("admin_key_revoked", key_id=key.key_id, actor=actor.name)
        return key

    def _now(self) -> datetime:
        """As the store keeps it: whole milliseconds."""
        now = self._clock().astimezone(UTC)
        return now.replace(microsecond=now.microsecond // 1000 * 1000)

    def _entry(
        self, actor: Actor, action: str, key: AdminKey, before: AdminKey | None
    ) -> AuditEntry:
        return self._auditor.entry(
            actor,
            action,
            target_type="admin_key",
            target_id=key.key_id,
            target_label=key.label,
            before=None if before is None else figures(before),
            after=figures(key) if before is None else None,
        )
