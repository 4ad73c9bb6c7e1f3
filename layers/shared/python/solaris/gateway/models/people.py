"""What people may use, for the list of models: read from their item, or as they would be made."""

import asyncio

from solaris.platform.settings import Settings
from solaris.quota.identity import Identity
from solaris.quota.policy import PlanStore, newcomer_policy
from solaris.quota.store import UserStore


class PeopleModels:
    """Looks people up, once for each list that they ask for. A list is no promise: a request is
    decided by the item as it is then (gateway/restricted_users.py).
    """

    def __init__(self, settings: Settings, users: UserStore, plans: PlanStore) -> None:
        self._settings = settings
        self._users = users
        self._plans = plans

    async def models(self, identity: Identity) -> tuple[str, ...] | None:
        """The user's list of models; None: any that the key allows.

        Raises StoreUnavailableError.
        """
        return await asyncio.to_thread(self._models, identity)

    def _models(self, identity: Identity) -> tuple[str, ...] | None:
        user = self._users.of_address(identity.email, identity.spelled)
        if user is not None:
            return user.models
        terms = newcomer_policy(self._settings, self._plans.recent(), identity).terms
        return None if terms is None else terms.policy.models
