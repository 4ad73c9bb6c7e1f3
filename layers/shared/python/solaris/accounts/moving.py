"""Accounts that move: another address, two accounts made one, an old address given up.

    move      user ─► new address, the old one an alias      the item of the new address with it
    merge     source ─► part of target, usage with it        the items of all its addresses with it
    release   alias ─► nobody's: whoever comes by it is new

Each is one transaction with its rows in books, audit log and feed. The person's keys follow after
it, one by one: until then the old address leads to the same account, and a repetition goes on. A
release lets them follow first. A backup that is made during a merge may hold one half of it.
"""

import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from solaris.accounts.change import Change
from solaris.accounts.changes import UserChanges
from solaris.accounts.updates import UserUpdate
from solaris.accounts.writer import Tell, allowed
from solaris.audit.auditor import Auditor
from solaris.audit.entry import AuditEntry
from solaris.keys.management import KeyManagement
from solaris.ledger.carrying import open_together
from solaris.ledger.transaction_store import put_transaction
from solaris.ledger.transactions import Origin, Transaction, merge_row
from solaris.platform.actor import MAX_REASON_CHARACTERS, Actor
from solaris.platform.email import normalise_email
from solaris.platform.errors import NotFoundError
from solaris.platform.logs import get_logger
from solaris.platform.printable import printable
from solaris.platform.settings import Settings
from solaris.quota.account import Account, account_of
from solaris.quota.grants import granted_tokens
from solaris.quota.moving import merge, owned, released
from solaris.quota.store import UserStore, Writes
from solaris.quota.user import NOBODY, User, user_id_for

_log = get_logger("solaris.moving")


class Mover:
    """Moves, merges, releases. `tell` is the directory's, `clock` gives the time in UTC.

    Raises NotFoundError, InvalidRequestError for what the rules refuse, UserExistsError for an
    address that is somebody else's, ConflictError, StoreUnavailableError.
    """

    def __init__(
        self,
        *,
        settings: Settings,
        users: UserStore,
        changes: UserChanges,
        keys: KeyManagement,
        auditor: Auditor,
        tell: Tell,
        clock: Callable[[], datetime],
    ) -> None:
        self._settings = settings
        self._users = users
        self._changes = changes
        self._keys = keys
        self._auditor = auditor
        self._table = settings.table_name("transactions")
        self._tell = tell
        self._clock = clock

    def update(self, user_id: str, update: UserUpdate, *, actor: Actor, reason: str) -> Change:
        """`UserChanges.update`; with another address the person's keys follow."""
        change = self._changes.update(user_id, update, actor=actor, reason=reason)
        if update.email is not None:
            after, before = change.after.user, change.before.user
            self._follow((before.email, *after.aliases), after.email, actor)
        return change

    def merge(self, source_id: str, into_id: str, *, actor: Actor, reason: str) -> Account:
        """Make the source part of the other account; again changes nothing."""
        now = self._clock()
        ids = [uuid.uuid4().hex for _ in range(2)]
        entries = [self._entry(actor, "user.merge", one, reason) for one in (source_id, into_id)]
        gone_from: list[str] = []

        def plan() -> Writes:
            source, target = open_together(
                self._users, source_id, into_id, self._settings, self._clock
            )
            if source.merged_into == into_id:
                return Writes()
            gone, grown = merge(source, target, now)
            gone_from[:] = [source.email, *source.aliases]
            slots = list(self._slots(source, target))
            rows = self._rows(((source, gone), (target, grown)), ids, actor, reason)
            audit = _described(entries, source, target, rows)
            return Writes(
                [(source, gone), (target, grown), *slots],
                [
                    *(put_transaction(self._table, row) for row in rows),
                    *(self._auditor.action(entry) for entry in audit),
                    *self._tell([gone, grown, *(after for _, after in slots)]),
                ],
            )

        writes = allowed(lambda: self._users.change_together(plan))
        target = self._account(into_id)
        self._follow(gone_from or self._addresses_of(source_id), target.user.email, actor)
        if writes.changes:
            _log.info("users_merged", source_id=source_id, user_id=into_id, actor=actor.name)
        return target

    def release(self, email: str, *, actor: Actor, reason: str, user_id: str = "") -> Account:
        """Give up an alias: nobody is found by it from now on; `user_id` is to be whose it is."""
        address = normalise_email(email)
        owner, _ = self._owner(address, user_id)
        if address != owner.email:
            self._follow([address], owner.email, actor)
        entry = self._entry(actor, "user.release_alias", owner.user_id, reason)
        now = self._clock()

        def plan() -> Writes:
            owner, slot = self._owner(address, user_id)
            without = released(owner, address, now)
            # written in any case: a claim on the address at the same time reads the owner
            without = replace(without, version=owner.version + 1)
            if slot.user_id == owner.user_id:
                without = replace(without, address_of=NOBODY)
                changes = [(owner, without)]
            else:
                changes = [(owner, without), (slot, owned(slot, NOBODY))]
            audit = replace(entry, target_label=owner.email, before={"alias": address})
            told = self._tell([after for _, after in changes])
            return Writes(changes, [self._auditor.action(audit), *told])

        allowed(lambda: self._users.change_together(plan))
        _log.info("alias_released", user_id=owner.user_id, actor=actor.name)
        return self._account(owner.user_id)

    def _owner(self, address: str, user_id: str) -> tuple[User, User]:
        """Whose an address is, and the item of the address."""
        slot = self._users.get(user_id_for(address))
        owner_id = None if slot is None else slot.address_of
        owner = slot if owner_id is None else self._users.get(owner_id) if owner_id else None
        if slot is None or owner is None or user_id not in {"", owner.user_id}:
            raise NotFoundError(f"no such alias: {address}")
        return owner, slot

    def _slots(self, source: User, target: User) -> Iterable[tuple[User, User]]:
        """The items of the source's addresses, but its own, as they shall be."""
        addresses = (source.email, *source.aliases)
        for slot_id in sorted({user_id_for(one) for one in addresses}):
            if slot_id in {source.user_id, target.user_id}:
                continue
            slot = self._users.get(slot_id)
            if slot is not None and slot.address_of == source.user_id:
                moved = replace(owned(slot, target.user_id), merged_into=target.user_id)
                yield slot, moved

    def _rows(
        self,
        changes: Sequence[tuple[User, User]],
        ids: Sequence[str],
        actor: Actor,
        reason: str,
    ) -> list[Transaction]:
        if changes[0][0].current_usage == 0:
            return []
        return [
            merge_row(
                before,
                after,
                Origin(
                    transaction_id=one,
                    actor=actor.name,
                    reason=printable(reason, MAX_REASON_CHARACTERS),
                    now=after.updated_at,
                ),
            )
            for one, (before, after) in zip(ids, changes, strict=True)
        ]

    def _follow(self, addresses: Iterable[str], email: str, actor: Actor) -> None:
        for one in dict.fromkeys(addresses):
            if one != email:
                self._keys.follow_owner(one, email, actor)

    def _addresses_of(self, user_id: str) -> list[str]:
        user = self._users.get(user_id)
        return [] if user is None else [user.email]

    def _entry(self, actor: Actor, action: str, user_id: str, reason: str) -> AuditEntry:
        return self._auditor.entry(
            actor, action, target_type="user", target_id=user_id, reason=reason
        )

    def _account(self, user_id: str) -> Account:
        user = self._users.get(user_id)
        if user is None:
            raise NotFoundError(f"no such user: {user_id}")
        return account_of(user, self._settings, self._clock())


def _described(
    entries: Sequence[AuditEntry], source: User, target: User, rows: Sequence[Transaction]
) -> list[AuditEntry]:
    figures: dict[str, Any] = {"usage": source.current_usage}
    ended = granted_tokens(source)
    if ended:
        # they stay with the source, which nobody is served by any more
        figures["ended_tokens"] = ended
    ids: list[str | None] = [row.transaction_id for row in rows] or [None, None]
    told = (
        (source.email, {"merged_into": target.user_id, **figures}),
        (target.email, {"merged_from": source.user_id, **figures}),
    )
    return [
        replace(entry, target_label=label, after=after, transaction_id=one)
        for entry, one, (label, after) in zip(entries, ids, told, strict=True)
    ]
