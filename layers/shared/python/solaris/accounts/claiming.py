"""An address that becomes somebody's: the step of the user, and the item of the address with it.

Both are one transaction. The item is read at every attempt, after the user: whoever makes it
somebody else's in between writes it, and this write is refused and tried again from what is there.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from solaris.platform.aws.items import Action
from solaris.platform.errors import UserExistsError
from solaris.quota.moving import alias_of, move, owned
from solaris.quota.store import UserStore
from solaris.quota.user import NOBODY, User, user_id_for


class Claim:
    """One user's claim on an address (normalised), for one change."""

    def __init__(
        self, users: UserStore, email: str, tell: Callable[[Sequence[User]], list[Action]]
    ) -> None:
        self._users = users
        self._email = email
        self._tell = tell
        self._slot: User | None = None

    def rule(self, user: User, now: datetime) -> User:
        """The user with the address; the same object when all is so already.

        Raises UserExistsError when it is somebody else's, ChangeRefusedError.
        """
        moved = move(user, self._email, now)
        slot_id = user_id_for(self._email)
        if slot_id == user.user_id:
            if user.address_of not in {None, NOBODY}:
                raise self._taken()
            return owned(moved, user.user_id)
        self._slot = self._users.get(slot_id)
        if self._slot is not None:
            if self._slot.address_of not in {user.user_id, NOBODY}:
                raise self._taken()
            if self._slot.address_of == user.user_id:
                return moved
        # the item of the address is written, so the user is, too: each on its own condition
        return moved if moved is not user else replace(user, version=user.version + 1)

    def actions(self, after: User) -> list[Action]:
        """What is written beside the user, as the last call of `rule` has found it."""
        if user_id_for(self._email) == after.user_id:
            return []
        if self._slot is None:
            slot = alias_of(after, self._email, after.updated_at)
        else:
            slot = owned(self._slot, after.user_id)
        put = self._users.put_actions([(self._slot, slot)])
        return [*put, *self._tell([slot])] if put else []

    def _taken(self) -> UserExistsError:
        return UserExistsError(f"user exists already: {self._email}; merge the two accounts")
