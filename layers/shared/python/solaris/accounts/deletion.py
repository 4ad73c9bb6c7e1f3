"""Deleting a user: the person goes, the books stay.

    keys       the person's own keys are revoked and lose name and address, while that finds them
    mail       a bounce or complaint of the address is forgotten, likewise
    aliases    the same of the items of other addresses, and of accounts that were merged into it
    user       name and address go, requests are refused: one write with its rows
    alerts     the address in their messages gives way to one that says nothing
    refusals   what was refused to the person goes, with all its days
    requests   what the person has asked for, with the reasons, goes
    records    IP address, user agent and conversation id go from the usage records

Each part may be repeated, and a repetition goes on where the last one ended. What stays:

    tokens, costs and the user's id    in every record, counter and closed month: all sums are as
                                       before, and the id alone names nobody
    the address in the audit log       for its two years: it says who did what to whom (LGPD art.
                                       16 I, GDPR art. 17 (3) b, e: accountability, legal claims)
    the changes feed, exports          until their time is over: three and seven days
    backups                            for as long as the operator keeps them
"""

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from solaris.accounts.changes import UserChanges
from solaris.accounts.token_requests.store import RequestStore
from solaris.accounts.writer import Tell
from solaris.alerts.alert import message_about
from solaris.alerts.listing import AlertQuery, alerts_listed
from solaris.alerts.store import AlertStore
from solaris.alerts.suppressions import MailSuppressions
from solaris.directory.directory import Directory
from solaris.directory.listing import MAX_LIST_LIMIT
from solaris.keys.management import KeyManagement
from solaris.ledger.refused_days import RefusedDays
from solaris.ledger.usage_by_user import ERASED_AT_ONCE, UserUsage
from solaris.platform.actor import Actor
from solaris.platform.errors import NotFoundError
from solaris.platform.logs import get_logger
from solaris.quota.changes import deleted_email
from solaris.quota.moving import forgotten
from solaris.quota.store import UserStore, Writes
from solaris.quota.user import UserStatus, user_id_for

# What one call erases at most; the next one goes on. A record that nobody asks to erase is
# deleted by its TTL, 13 months after its request.
MAX_RECORDS_A_CALL = 20_000
MAX_SECONDS = 15.0
MAX_ALERT_PAGES = 100  # of 200

_log = get_logger("solaris.administration")


@dataclass(frozen=True, slots=True)
class Deletion:
    """How far it came; incomplete: records still hold what is to be erased."""

    erased_records: int
    is_complete: bool


class Deleter:
    """Deletes users; `publish` tells the lists of alerts, `clock` gives the time in UTC."""

    def __init__(
        self,
        *,
        users: UserStore,
        changes: UserChanges,
        usage: UserUsage,
        refused: RefusedDays,
        requests: RequestStore,
        keys: KeyManagement,
        suppressions: MailSuppressions,
        clock: Callable[[], datetime],
        alerts: AlertStore,
        directory: Callable[[], Directory],
        publish: Callable[[Sequence[str]], None],
        tell: Tell,
    ) -> None:
        self._tell = tell
        self._alerts = alerts
        self._directory = directory
        self._publish = publish
        self._users = users
        self._changes = changes
        self._usage = usage
        self._refused = refused
        self._requests = requests
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
            for address in (user.email, *user.aliases):
                keys += self._keys.forget_owner(address, deleted_email(user_id), actor)
                self._suppressions.erase(address)
            ids = {user_id_for(one) for one in (user.email, *user.aliases)}
            for one in sorted(ids):
                self._refused.erase(one)
            self._forget((ids | set(user.merged_from)) - {user_id}, deleted_email(user_id))
        if user.merged_into is None:
            self._changes.delete(user_id, actor=actor, reason=reason)
        else:
            self._forget([user_id], deleted_email(user_id))
        deletion = self._erase_all((user_id, *user.merged_from))
        _log.info(
            "user_deleted",
            user_id=user_id,
            revoked_keys=keys,
            erased_records=deletion.erased_records,
            is_complete=deletion.is_complete,
        )
        return deletion

    def _forget(self, item_ids: Iterable[str], stand_in: str) -> None:
        """Take the person out of items of other addresses, and of merged accounts."""
        now = self._clock()
        for item_id in sorted(item_ids):

            def plan(item_id: str = item_id) -> Writes:
                item = self._users.get(item_id)
                if item is None or item.merged_into is None:
                    return Writes()
                after = forgotten(item, stand_in, now)
                return Writes([(item, after)] if after is not item else [], self._tell([after]))

            self._users.change_together(plan)

    def _erase_all(self, user_ids: Sequence[str]) -> Deletion:
        """The person's traces in alerts, refusals, requests and records, of merged accounts too."""
        erased = 0
        for user_id in user_ids:
            self._refused.erase(user_id)
            self._requests.erase(user_id)
            self._rewrite_alerts(user_id)
            deletion = self._erase(user_id)
            erased += deletion.erased_records
            if not deletion.is_complete:
                return Deletion(erased, is_complete=False)
        return Deletion(erased, is_complete=True)

    def _rewrite_alerts(self, user_id: str) -> None:
        query = AlertQuery(user_id=user_id, limit=MAX_LIST_LIMIT)
        for _ in range(MAX_ALERT_PAGES):
            page = alerts_listed(self._directory(), query)
            changed = []
            for row in page.items:
                message = message_about(deleted_email(user_id), row.alert.message)
                if message != row.alert.message:
                    self._alerts.rewrite(row.alert.alert_id, message)
                    changed.append(row.alert.alert_id)
            if changed:
                self._publish(changed)
            if page.next_cursor is None:
                return
            query = replace(query, cursor=page.next_cursor)

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
