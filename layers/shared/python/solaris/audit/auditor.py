"""Who did what: entries of the audit log, made with an id and the time, and recorded."""

import uuid
from collections.abc import Callable
from datetime import datetime

from solaris.audit.entry import AuditEntry, AuditFigures, AuditFilters
from solaris.audit.store import AuditPage, AuditStore, put_audit
from solaris.platform.actor import MAX_ACTOR_CHARACTERS, MAX_REASON_CHARACTERS, Actor
from solaris.platform.aws.items import Action
from solaris.platform.logs import get_logger
from solaris.platform.printable import printable

MAX_LABEL_CHARACTERS = 254

_log = get_logger("solaris.audit")


class Auditor:
    """Makes and records entries; `clock` gives the time in UTC."""

    def __init__(self, store: AuditStore, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._clock = clock

    def entry(
        self,
        actor: Actor,
        action: str,
        *,
        target_type: str,
        target_id: str | None = None,
        target_label: str | None = None,
        before: AuditFigures | None = None,
        after: AuditFigures | None = None,
        reason: str | None = None,
        transaction_id: str | None = None,
    ) -> AuditEntry:
        """Describe what `actor` does now. One change has one entry, however often it is tried.

        `action` is `<target type>.<verb>`. What people typed is cut and freed of control
        characters; an empty reason is none.
        """
        return AuditEntry(
            audit_id=uuid.uuid4().hex,
            created_at=self._clock(),
            actor=Actor(
                name=printable(actor.name, MAX_ACTOR_CHARACTERS),
                request_id=actor.request_id,
                ip_address=actor.ip_address,
            ),
            action=action,
            target_type=target_type,
            target_id=target_id,
            target_label=printable(target_label, MAX_LABEL_CHARACTERS) if target_label else None,
            before=before,
            after=after,
            reason=printable(reason or "", MAX_REASON_CHARACTERS) or None,
            transaction_id=transaction_id,
        )

    def action(self, entry: AuditEntry) -> Action:
        """The DynamoDB action that puts the entry, for the transaction of the change itself."""
        return put_audit(self._store.table, entry)

    def record(self, entry: AuditEntry) -> None:
        """Write an entry on its own: a sign-in. Raises StoreUnavailableError."""
        self._store.put(entry)
        _log.info(
            "audited",
            audit_id=entry.audit_id,
            action=entry.action,
            actor=entry.actor.name,
            request_id=entry.actor.request_id,
        )

    def page(self, filters: AuditFilters, limit: int, cursor: str | None = None) -> AuditPage:
        """Return the newest entries that match; see AuditStore.page."""
        return self._store.page(filters, limit, cursor, now=self._clock())
