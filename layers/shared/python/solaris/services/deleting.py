"""Deleting a user: the person goes, the books stay.

    keys       the person's own keys are revoked, while the address still finds them
    mail       a bounce or complaint of the address is forgotten, likewise
    user       name and address go, requests are refused: one write with its rows
    records    IP address, user agent and conversation id go from the usage records

Each part may be repeated, and a repetition goes on where the last one ended. Tokens, costs and
the user's id stay in every record, counter and closed month, so that all sums are as before. The
audit log keeps the address for its two years: it says who did what to whom.
"""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from solaris.domain.audit import Actor
from solaris.domain.listing import MAX_LIST_LIMIT, KeyQuery, KeyState
from solaris.domain.users import UserStatus
from solaris.errors import NotFoundError
from solaris.observability import get_logger
from solaris.services.key_management import KeyManagement
from solaris.services.suppressing import MailSuppressions
from solaris.services.user_changes import UserChanges
from solaris.storage.user_usage import ERASED_AT_ONCE, UserUsage
from solaris.storage.users import UserStore

# What one call erases at most; the next one goes on. A record that nobody asks to erase is
# deleted by its TTL, 13 months after its request.
MAX_RECORDS_A_CALL = 20_000
MAX_SECONDS = 15.0
MAX_KEY_PAGES = 50  # of 200

_log = get_logger("solaris.administration")


@dataclass(frozen=True, slots=True)
class Deletion:
    """How far it came; incomplete: records still hold what is to be erased."""

    erased_records: int
    is_complete: bool


class Deleter:
    """Deletes users; `clock` gives the time in UTC."""

    def __init__(
        self,
        *,
        users: UserStore,
        changes: UserChanges,
        usage: UserUsage,
        keys: KeyManagement,
        suppressions: MailSuppressions,
        clock: Callable[[], datetime],
    ) -> None:
        self._users = users
        self._changes = changes
        self._usage = usage
        self._keys = keys
        self._suppressions = suppressions
        self._clock = clock

    def delete(self, user_id: str, *, actor: Actor, reason: str) -> Deletion:
        """Delete a user, or go on with it. Raises NotFoundError, StoreUnavailableError."""
        user = self._users.get(user_id)
        if user is None:
            msg = f"no such user: {user_id}"
            raise NotFoundError(msg)
        keys = 0
        if user.status is not UserStatus.DELETED:
            keys = self._revoke_keys(user.email, actor)
            self._suppressions.erase(user.email)
        self._changes.delete(user_id, actor=actor, reason=reason)
        deletion = self._erase(user_id)
        _log.info(
            "user_deleted",
            user_id=user_id,
            revoked_keys=keys,
            erased_records=deletion.erased_records,
            is_complete=deletion.is_complete,
        )
        return deletion

    def _revoke_keys(self, email: str, actor: Actor) -> int:
        """Revoke every key that is bound to an address; returns how many they were."""
        revoked = 0
        # what is revoked is not listed again: the first page is always the next one
        query = KeyQuery(state=KeyState.ACTIVE, user_email=email, limit=MAX_LIST_LIMIT)
        for _ in range(MAX_KEY_PAGES):
            page = self._keys.page(query)
            for row in page.items:
                self._keys.revoke(row.key.key_id, actor)
            revoked += len(page.items)
            if page.next_cursor is None:
                break
        return revoked

    def _erase(self, user_id: str) -> Deletion:
        ends_at = self._clock() + timedelta(seconds=MAX_SECONDS)
        erased = 0
        keys = self._usage.personal_records(user_id)
        for chunk in _chunks(keys):
            if erased + len(chunk) > MAX_RECORDS_A_CALL or self._clock() > ends_at:
                return Deletion(erased, is_complete=False)
            erased += self._usage.erase_personal(user_id, chunk)
        return Deletion(erased, is_complete=True)


def _chunks(keys: Iterator[str]) -> Iterator[list[str]]:
    while chunk := list(itertools.islice(keys, ERASED_AT_ONCE)):
        yield chunk
