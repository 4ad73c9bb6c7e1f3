"""Users whom a claim of the identity provider puts into a group (OIDC_GROUP_MAP).

Only who is in none: where somebody belongs is changed by admins alone. What a claim or an entry
does not lead to is told once a process, by the setting and the entry's number; a value may say
something about the person.
"""

from collections.abc import Callable

from solaris.accounts.changes import UserChanges
from solaris.platform.actor import Actor
from solaris.platform.logs import get_logger
from solaris.platform.settings import Settings
from solaris.quota.groups.naming import claimed_group
from solaris.quota.policy import PlanStore
from solaris.quota.store import UserStore
from solaris.quota.user import UserStatus, user_id_for

SETTING = "OIDC_GROUP_MAP"
"""What the audit log and the books give as the reason."""

_log = get_logger("solaris.groups")


class ClaimedGroups:
    """Puts users into groups by claims; `told` keeps what has been told of."""

    def __init__(
        self,
        *,
        settings: Settings,
        users: UserStore,
        plans: PlanStore,
        changes: Callable[[], UserChanges],
    ) -> None:
        self._settings = settings
        self._users = users
        self._plans = plans
        self._changes = changes
        self._told: set[str] = set()

    def place(self, email: str, values: tuple[str, ...], actor: Actor) -> None:
        """Put the user of a verified address into the group of a claim, unless they have one.

        Raises StoreUnavailableError, ConflictError, InvalidRequestError for a group that has just
        been deleted.
        """
        user = self._users.owner(user_id_for(email))
        if user is None or user.group_id is not None or user.status is UserStatus.DELETED:
            return
        found = claimed_group(values, self._settings.claim_map, self._plans.recent().groups)
        if found.group_id is None:
            self._tell(found.problem)
            return
        self._changes().place(user.user_id, found.group_id, actor=actor, reason=SETTING)

    def _tell(self, problem: str) -> None:
        if problem not in self._told:  # of as many kinds as the map has entries, and two
            self._told.add(problem)
            _log.warning("group_claim_unmapped", setting=SETTING, reason=problem)
