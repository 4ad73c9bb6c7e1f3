"""Requests as people look through them: with who asked, page by page, and how many wait."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime

from solaris.accounts.token_requests.request import RequestState, TokenRequest
from solaris.accounts.token_requests.store import RequestStore
from solaris.platform.aws.cursors import bad_cursor, decode_cursor, encode_cursor
from solaris.platform.settings import Settings
from solaris.quota.account import Account, account_of
from solaris.quota.periods import previous_period
from solaris.quota.store import UserStore

MAX_READS_A_PAGE = 20
MOST_COUNTED = 1_000
"""More that wait are not counted."""

_CURSOR = frozenset({"after"})


@dataclass(frozen=True, slots=True)
class AskedBy:
    """A request and who made it, as the next request would find them."""

    request: TokenRequest
    account: Account


@dataclass(frozen=True, slots=True)
class AskedPage:
    """Newest first. `total` is known of what is pending, up to a thousand."""

    items: list[AskedBy]
    next_cursor: str | None
    total: int | None = None


class RequestLists:
    """Reads requests for whoever decides; `clock` gives the time in UTC."""

    def __init__(
        self,
        *,
        settings: Settings,
        users: UserStore,
        store: RequestStore,
        clock: Callable[[], datetime],
    ) -> None:
        self._settings = settings
        self._users = users
        self._store = store
        self._clock = clock

    def page(
        self,
        state: RequestState,
        period: str,
        limit: int,
        cursor: str | None,
        groups: Collection[str | None] | None,
    ) -> AskedPage:
        """Requests of a month by their state, of members of these groups (None: of everybody).

        A page may be short and still have a next one. Raises ValidationFailedError for a cursor
        that is none, StoreUnavailableError.
        """
        after = None if cursor is None else decode_cursor(cursor, _CURSOR)["after"]
        if after is not None and "/" not in after:
            raise bad_cursor()
        found: list[AskedBy] = []
        for _ in range(MAX_READS_A_PAGE):
            page = self._store.page(state, period, limit - len(found), after)
            found += self._within(page.requests, groups)
            after = page.last_id
            if after is None or len(found) == limit:
                break
        return AskedPage(found, None if after is None else encode_cursor({"after": after}))

    def waiting(self, period: str, groups: Collection[str | None] | None) -> int | None:
        """How many are pending; None: more than a thousand."""
        pending = []
        for one in self._store.every(RequestState.PENDING, period):
            pending.append(one)
            if len(pending) > MOST_COUNTED:
                return None
        return len(pending) if groups is None else len(self._within(pending, groups))

    def of_user(self, account: Account, limit: int) -> list[AskedBy]:
        """A user's requests, newest first."""
        return [AskedBy(one, account) for one in self._store.of_user(account.user.user_id, limit)]

    def account(self, user_id: str) -> Account | None:
        """A user as of now."""
        user = self._users.get(user_id)
        return None if user is None else account_of(user, self._settings, self._clock())

    def _within(
        self, requests: list[TokenRequest], groups: Collection[str | None] | None
    ) -> list[AskedBy]:
        now = self._clock()
        users = {one.user_id: one for one in self._users.get_many(r.user_id for r in requests)}
        return [
            AskedBy(one, account_of(users[one.user_id], self._settings, now))
            for one in requests
            if one.user_id in users and (groups is None or users[one.user_id].group_id in groups)
        ]


def stored_in(state: RequestState, period: str | None, now: str) -> tuple[RequestState, str] | None:
    """Where requests lie that are told as `state`; `now` is this month, `period` who asked for.

    Without a month: this one, of lapsed ones the last. None: there can be none.
    """
    if state is RequestState.LAPSED:
        month = period or previous_period(now)
        return (RequestState.PENDING, month) if month < now else None
    month = period or now
    return (state, month) if state is not RequestState.PENDING or month >= now else None
