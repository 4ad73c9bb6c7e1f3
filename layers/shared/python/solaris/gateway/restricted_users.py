"""Users who may use some models only: who they are, as far as this process remembers.

A list of models is in the user's item, and the reserve must not go by an old one, nor read the
item first. So it states the list by which the request was found allowed, as this process has last
seen it, and the write's condition says whether that is still the item's (gateway/reserve.py). For
whom no list is remembered, or one that does not allow the request, it states none, which only who
may use any model passes. A failure brings the item back: what is refused is refused by the item as
it was at that instant, never from memory, and what is allowed by it is written again.

So a changed list holds from its write on, in every process; who has none costs nothing, who has
one a refused write the first time in a process, and a request that is refused one write.
"""

from functools import lru_cache

from solaris.gateway.admission import Ticket
from solaris.platform.cache import Remembered
from solaris.platform.errors import UserModelNotAllowedError
from solaris.quota.model_names import is_named, refused_model
from solaris.quota.user import OwnField, User

MAX_REMEMBERED = 20_000
REMEMBERED_SECONDS = 24 * 3600.0
MAX_LISTS = 2_000


class RestrictedUsers:
    """What was seen of users' lists of models; for any number of threads."""

    def __init__(self) -> None:
        self._lists: Remembered[str, tuple[str, ...]] = Remembered(MAX_REMEMBERED)

    def allowing(self, user_id: str, ticket: Ticket) -> tuple[str, ...] | None:
        """The user's list where it allows what the request names; None: no such list is known."""
        kept = self._lists.get(user_id)
        if kept is None or _refused(ticket, kept.value) is not None:
            return None
        return kept.value

    def learn(self, user: User) -> None:
        """Take note of a user as the store has just told."""
        if user.models is None:
            self._lists.forget(user.user_id)
        else:
            self._lists.put(user.user_id, _the_same(user.models), REMEMBERED_SECONDS)


def check_models_of(user: User, ticket: Ticket) -> None:
    """Raise UserModelNotAllowedError for a request that names what this user may not use."""
    if user.models is None:
        return
    refused = _refused(ticket, user.models)
    if refused is not None:
        raise model_refusal(user, refused)


def model_refusal(user: User, model: str) -> UserModelNotAllowedError:
    """The refusal of a model that is none of a user's; lists are the user's own or the group's."""
    by_group = OwnField.MODELS not in user.own
    return UserModelNotAllowedError(model, user.models or (), by_group=by_group)


def _refused(ticket: Ticket, models: tuple[str, ...]) -> str | None:
    return refused_model(ticket.named, lambda name: is_named(name, models))


@lru_cache(maxsize=MAX_LISTS)
def _the_same(models: tuple[str, ...]) -> tuple[str, ...]:
    """One list for all members of a group: it may be of 20 kB."""
    return models
