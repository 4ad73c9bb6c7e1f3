"""Grants whose end is near: a notice on the alerts queue for each that is mostly unused.

    notice on the queue, then the grant marked in the user's item; a crash in between puts a second
    notice there, which finds the first one's alert (alerts/alerter.py)

The sweep finds the users (gateway/sweeper.py), since they need not come back by themselves.
"""

from collections.abc import Callable, Sequence
from datetime import datetime

from solaris.alerts.alert import GrantEnding
from solaris.alerts.notices import notice_to_json
from solaris.platform.aws.items import Action
from solaris.platform.aws.queues import ALERTS_QUEUE, Queues
from solaris.platform.logs import get_logger
from solaris.platform.settings import Settings
from solaris.quota.account import account_of
from solaris.quota.ending import announced, ending_grants
from solaris.quota.store import UserStore
from solaris.quota.user import User

_log = get_logger("solaris.grants")


class EndingGrants:
    """Announces the ends of grants; `tell` gives the actions that tell the directory."""

    def __init__(
        self,
        *,
        settings: Settings,
        users: UserStore,
        queues: Queues,
        tell: Callable[[Sequence[User]], list[Action]],
    ) -> None:
        self._settings = settings
        self._users = users
        self._queues = queues
        self._tell = tell

    def announce(self, user_id: str, now: datetime) -> int:
        """Put the notices of a user on the queue, once a grant; return how many there were.

        Raises NotFoundError, ConflictError, StoreUnavailableError, AwsCallError.
        """
        user = self._users.get(user_id)
        if user is None:
            return 0
        due = ending_grants(account_of(user, self._settings, now).user, now)
        for grant in due:
            notice = GrantEnding(user_id=user_id, grant_id=grant.grant_id, announced_at=now)
            self._queues.send(ALERTS_QUEUE, notice_to_json(notice))
            _log.info("grant_end_announced", user_id=user_id, grant_id=grant.grant_id)
        self._users.change(
            user_id, lambda found: announced(found, now), lambda _, after: self._tell([after])
        )
        return len(due)
