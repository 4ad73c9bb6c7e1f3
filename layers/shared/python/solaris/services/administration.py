"""What the operator does with users and keys; the command line and the admin API call this.

A change first opens the current month if the user is still in an older one: the closed month's
summary must show the limit that it really had.
"""

import random
import time
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TypeVar

from solaris.cache import Cache
from solaris.domain import changes
from solaris.domain.changes import ChangeRefusedError, LimitBounds
from solaris.domain.identity import MAX_NAME_CHARACTERS, valid_email
from solaris.domain.keys import KEY_PREFIX, GatewayKey, generate_key, hash_key, new_key
from solaris.domain.periods import period_of
from solaris.domain.rollover import open_period
from solaris.domain.transactions import (
    MAX_ACTOR_CHARACTERS,
    MAX_REASON_CHARACTERS,
    Origin,
    Transaction,
    transaction_of,
)
from solaris.domain.usage import iso_milliseconds
from solaris.domain.users import Plan, User, UserStatus, normalise_email, user_id_for
from solaris.errors import ConflictError, InvalidRequestError, NotFoundError
from solaris.observability import get_logger
from solaris.services.accounts import Account, Change, account_of
from solaris.settings import Settings
from solaris.storage.keys import KeyStore
from solaris.storage.transactions import TransactionStore
from solaris.storage.users import UserStore

MAX_ATTEMPTS = 10
PAUSE_SECONDS = 0.02
MAX_KEY_DAYS = 3650
# "key_" and four more: enough to mean one key, too much to hit one by a slip
MIN_REFERENCE_CHARACTERS = 8

T = TypeVar("T")

_log = get_logger("solaris.administration")


@dataclass(frozen=True, slots=True)
class IssuedKey:
    """A new key: `secret` is known here and to nobody afterwards."""

    secret: str
    key: GatewayKey


class Administration:
    """Users and keys for the operator. `clock` gives the time in UTC."""

    def __init__(
        self,
        *,
        settings: Settings,
        users: UserStore,
        transactions: TransactionStore,
        keys: KeyStore,
        cache: Cache,
        clock: Callable[[], datetime],
    ) -> None:
        self._settings = settings
        self._users = users
        self._transactions = transactions
        self._keys = keys
        self._cache = cache
        self._clock = clock
        self._bounds = LimitBounds(settings.min_user_limit, settings.max_user_limit)
        self._rule = settings.threshold_rule

    def find(self, email: str) -> Account:
        """Return one user by address; raises NotFoundError."""
        user = self._users.get(user_id_for(email))
        if user is None:
            raise _no_such_user(email)
        return self._account(user)

    def accounts(self, status: UserStatus | None = None, search: str = "") -> list[Account]:
        """Return the users that match, by address; reads the whole table.

        `search` is a part of the address or the name, in any case.
        """
        wanted = search.strip().lower()
        found = [
            self._account(user)
            for user in self._users.scan()
            if status in (None, user.status)
            and (wanted in user.email or wanted in user.name.lower())
        ]
        return sorted(found, key=lambda account: account.user.email)

    def create_user(
        self,
        email: str,
        *,
        name: str = "",
        plan: Plan | None = None,
        monthly_limit: int | None = None,
    ) -> Account:
        """Create a user before their first request; the plan gives the limit unless it is stated.

        Raises InvalidRequestError, and ConflictError when the user exists.
        """
        address = _checked_email(email)
        chosen = plan or Plan.BASIC
        if monthly_limit is None:
            limits = self._settings.plan_limits
            monthly_limit = limits[plan] if plan else self._settings.default_monthly_limit
        else:
            _allowed(lambda: self._bounds.check(monthly_limit, chosen))
        now = self._clock()
        user = changes.new_user(
            email=address,
            name=_clean(name),
            plan=chosen,
            monthly_limit=monthly_limit,
            period=period_of(now, self._settings.zone),
            block_ppm=self._settings.block_ppm,
            now=now,
        )
        if not self._users.create(user):
            msg = f"user exists already: {address}"
            raise ConflictError(msg)
        _log.info("user_created", user_id=user.user_id, monthly_limit=monthly_limit)
        return self._account(user)

    def set_limit(self, email: str, monthly_limit: int, *, actor: str, reason: str = "") -> Change:
        """Set the monthly limit in tokens. Raises NotFoundError, InvalidRequestError."""
        return self._change(
            email,
            lambda user, now: changes.set_limit(
                user, monthly_limit, bounds=self._bounds, rule=self._rule, now=now
            ),
            self._origin(actor, reason),
        )

    def set_plan(
        self,
        email: str,
        plan: Plan,
        *,
        actor: str,
        reason: str = "",
        monthly_limit: int | None = None,
    ) -> Change:
        """Change the plan, and with it the limit: the plan's default unless one is stated.

        Raises NotFoundError, and InvalidRequestError when the limit is out of bounds.
        """
        limit = self._settings.plan_limits[plan] if monthly_limit is None else monthly_limit
        return self._change(
            email,
            lambda user, now: changes.set_plan(
                user, plan, limit, bounds=self._bounds, rule=self._rule, now=now
            ),
            self._origin(actor, reason),
        )

    def add_tokens(self, email: str, amount: int, *, reason: str, actor: str) -> Change:
        """Grant tokens, or take unused ones back. Raises NotFoundError, InvalidRequestError."""
        return self._change(
            email,
            lambda user, now: changes.add_tokens(user, amount, rule=self._rule, now=now),
            self._origin(actor, _needed(reason)),
        )

    def reset_usage(self, email: str, *, reason: str, actor: str) -> Change:
        """Forgive this month's usage; the records stay, the transaction takes it off.

        Raises NotFoundError, InvalidRequestError.
        """
        return self._change(
            email,
            lambda user, now: changes.reset_usage(user, rule=self._rule, now=now),
            self._origin(actor, _needed(reason)),
        )

    def suspend(self, email: str, *, reason: str, actor: str) -> Change:
        """Refuse the user's requests from now on. Raises NotFoundError, InvalidRequestError."""
        return self._change(email, changes.suspend, self._origin(actor, _needed(reason)))

    def activate(self, email: str, *, actor: str, reason: str = "") -> Change:
        """Serve the user again. Raises NotFoundError."""
        return self._change(email, changes.activate, self._origin(actor, reason))

    def transactions(self, email: str, most: int = 50) -> list[Transaction]:
        """A user's newest changes, at most 200, newest first. Raises NotFoundError."""
        user_id = user_id_for(email)
        if self._users.get(user_id) is None:
            raise _no_such_user(email)
        return self._transactions.last(user_id, most)

    def create_key(
        self, name: str, *, user_email: str | None = None, days: int | None = None
    ) -> IssuedKey:
        """Create a key: personal with a user, else a service key; `days` until it expires.

        Raises InvalidRequestError.
        """
        if days is not None and not 1 <= days <= MAX_KEY_DAYS:
            msg = f"a key expires in 1 to {MAX_KEY_DAYS:,} days"
            raise InvalidRequestError(msg)
        now = self._clock()
        secret = generate_key()
        key = new_key(
            secret,
            name=_clean(name),
            now=now,
            user_email=_checked_email(user_email) if user_email is not None else None,
            expires_at=now + timedelta(days=days) if days is not None else None,
        )
        self._keys.put_new(key)
        _log.info("key_created", key_id=key.key_id, kind=key.kind.value)
        return IssuedKey(secret, key)

    def keys(self) -> list[GatewayKey]:
        """Every key, newest first, revoked ones too."""
        return self._keys.list()

    def revoke_key(self, reference: str) -> GatewayKey:
        """Revoke a key by its id, the start of its id, its prefix, or the key itself.

        It is refused everywhere within five seconds. Raises NotFoundError, and
        InvalidRequestError when several keys are meant or the key is revoked already.
        """
        key = _one_key(self._keys.list(), reference.strip())
        if key.revoked_at is not None:
            msg = f"key {key.key_id} is revoked already"
            raise InvalidRequestError(msg)
        now = self._clock()
        self._keys.revoke(key.key_hash, iso_milliseconds(now))
        self._cache.delete(f"solaris:{self._settings.solaris_stage}:key:{key.key_hash}")
        _log.info("key_revoked", key_id=key.key_id)
        return replace(key, revoked_at=now)

    def _origin(self, actor: str, reason: str) -> Origin:
        return Origin(
            transaction_id=uuid.uuid4().hex,
            actor=_printable(actor, MAX_ACTOR_CHARACTERS),
            reason=_printable(reason, MAX_REASON_CHARACTERS),
            now=self._clock(),
        )

    def _change(self, email: str, rule: Callable[[User, datetime], User], origin: Origin) -> Change:
        user_id = user_id_for(email)
        self._open_month(user_id, email)
        # of the attempt that came through: what was read, and the row if anything was written
        seen: list[User] = []
        rows: list[Transaction | None] = []

        def remembered(user: User) -> User:
            seen[:], rows[:] = [user], [None]
            return rule(user, origin.now)

        def recorded(before: User, after: User) -> Transaction | None:
            rows[:] = [transaction_of(before, after, origin)]
            return rows[0]

        after = _allowed(lambda: self._users.change(user_id, remembered, recorded))
        row = rows[0]
        if row is not None:
            _log.info(
                "user_changed",
                user_id=user_id,
                action=row.kind.value,
                amount=row.amount,
                actor=row.actor,
                transaction_id=row.transaction_id,
            )
        return Change(self._account(seen[0]), self._account(after), row)

    def _open_month(self, user_id: str, email: str) -> None:
        now = self._clock()
        period = period_of(now, self._settings.zone)
        for attempt in range(MAX_ATTEMPTS):
            user = self._users.get(user_id)
            if user is None:
                raise _no_such_user(email)
            if user.period >= period:
                return
            opened, closed = open_period(user, period, now)
            if self._users.roll_over(user, opened, closed):
                return
            time.sleep(random.uniform(0, PAUSE_SECONDS * (attempt + 1)))
        msg = f"the month of {normalise_email(email)} could not be opened; try again"
        raise ConflictError(msg)

    def _account(self, user: User) -> Account:
        return account_of(user, self._settings, self._clock())


def _one_key(keys: Iterable[GatewayKey], reference: str) -> GatewayKey:
    known = list(keys)
    hashed = hash_key(reference)
    named = [
        key for key in known if reference in (key.key_id, key.prefix) or key.key_hash == hashed
    ]
    if not named and len(reference) >= MIN_REFERENCE_CHARACTERS:
        named = [key for key in known if key.key_id.startswith(reference)]
    if not named:
        # what was typed may be a key: show no more of it than a list does
        shown = f"{reference[: len(KEY_PREFIX) + 4]}…" if "sk-" in reference else reference
        msg = f"no such key: {shown}"
        raise NotFoundError(msg)
    if len(named) > 1:
        msg = f"several keys are meant: {', '.join(sorted(key.key_id for key in named))}"
        raise InvalidRequestError(msg)
    return named[0]


def _allowed(action: Callable[[], T]) -> T:
    try:
        return action()
    except ChangeRefusedError as error:
        raise InvalidRequestError(str(error)) from error


def _checked_email(email: str) -> str:
    address = valid_email(email)
    if address is None:
        msg = f"not an e-mail address: {email!r}"
        raise InvalidRequestError(msg)
    return address


def _clean(name: str) -> str:
    return _printable(name, MAX_NAME_CHARACTERS)


def _printable(text: str, most: int) -> str:
    return "".join(c for c in text.strip() if c.isprintable())[:most]


def _needed(reason: str) -> str:
    if not reason.strip():
        msg = "a reason is needed: it goes into the user's transactions"
        raise InvalidRequestError(msg)
    return reason


def _no_such_user(email: str) -> NotFoundError:
    return NotFoundError(f"no such user: {normalise_email(email)}")
