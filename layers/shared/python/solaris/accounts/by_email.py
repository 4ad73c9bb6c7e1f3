"""What the operator does with users, by address: the command line calls this.

The changes themselves are changes.py's, which the admin API calls by the user's id.
"""

from collections.abc import Callable
from datetime import datetime

from solaris.accounts.change import Change
from solaris.accounts.changes import UserChanges
from solaris.accounts.grants.service import GivenGrant, Grants
from solaris.accounts.updates import NewUser, UserUpdate
from solaris.ledger.transaction_store import TransactionStore
from solaris.ledger.transactions import Transaction
from solaris.platform.actor import Actor
from solaris.platform.settings import Settings
from solaris.quota.account import Account, account_of
from solaris.quota.grant import EVERY_MONTH, Term
from solaris.quota.store import UserStore
from solaris.quota.user import Enforcement, LimitSource, Plan, UserStatus


class Administration:
    """Users for the operator. `clock` gives the time in UTC."""

    def __init__(
        self,
        *,
        settings: Settings,
        users: UserStore,
        changes: UserChanges,
        grants: Grants,
        transactions: TransactionStore,
        clock: Callable[[], datetime],
    ) -> None:
        self._settings = settings
        self._users = users
        self._changes = changes
        self._grants = grants
        self._transactions = transactions
        self._clock = clock

    def find(self, email: str) -> Account:
        """Return one user by address or id; raises NotFoundError."""
        return account_of(self._users.named(email), self._settings, self._clock())

    def accounts(self, status: UserStatus | None = None, search: str = "") -> list[Account]:
        """Return the users that match, by address; reads the whole table.

        Deleted users are among them only when `status` says so. `search` is a part of the
        address or the name, in any case.
        """
        wanted = search.strip().lower()
        now = self._clock()
        found = [
            account_of(user, self._settings, now)
            for user in self._users.scan()
            if user.status is status or (status is None and user.status is not UserStatus.DELETED)
            if (wanted in user.email or wanted in user.name.lower())
        ]
        return sorted(found, key=lambda account: account.user.email)

    def create_user(
        self,
        email: str,
        *,
        actor: str = "system",
        name: str = "",
        plan: Plan | None = None,
        monthly_limit: int | None = None,
    ) -> Account:
        """Create a user before their first request; the plan gives the limit unless it is stated.

        Raises InvalidRequestError, and ConflictError when the user exists.
        """
        new = NewUser(email=email, name=name, plan=plan, monthly_limit=monthly_limit)
        return self._changes.create(new, actor=Actor(name=actor)).after

    def set_limit(self, email: str, monthly_limit: int, *, actor: str, reason: str = "") -> Change:
        """Set the monthly limit in tokens; other than now, it is the user's own from then on.

        Raises NotFoundError, InvalidRequestError.
        """
        by = Actor(name=actor)
        return self._changes.set_limit(self._id(email), monthly_limit, actor=by, reason=reason)

    def limit_of_plan(self, email: str, *, actor: str, reason: str = "") -> Change:
        """Give back the plan's limit. Raises NotFoundError, InvalidRequestError."""
        update, by = UserUpdate(limit_source=LimitSource.PLAN), Actor(name=actor)
        return self._changes.update(self._id(email), update, actor=by, reason=reason)

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
        return self._changes.set_plan(
            self._id(email),
            plan,
            actor=Actor(name=actor),
            reason=reason,
            monthly_limit=monthly_limit,
        )

    def add_tokens(
        self, email: str, amount: int, *, reason: str, actor: str, term: Term = EVERY_MONTH
    ) -> Change:
        """Grant tokens for a term, or take unused ones back of what is granted every month.

        Raises NotFoundError, InvalidRequestError.
        """
        by = Actor(name=actor)
        return self._changes.add_tokens(self._id(email), amount, term=term, actor=by, reason=reason)

    def grants(self, email: str) -> list[GivenGrant]:
        """The user's grants, first used first. Raises NotFoundError."""
        return self._grants.of(self._id(email))

    def void_grant(self, email: str, grant_id: str, *, reason: str, actor: str) -> Change:
        """Take back what is unused of a grant. Raises NotFoundError."""
        by = Actor(name=actor)
        return self._grants.void(self._id(email), grant_id, actor=by, reason=reason)

    def set_enforcement(
        self, email: str, enforcement: Enforcement | None, *, reason: str, actor: str
    ) -> Change:
        """Refuse, or only warn, when the quota is used up; None: as the plan says.

        Raises NotFoundError.
        """
        source = LimitSource.PLAN if enforcement is None else None
        update = UserUpdate(enforcement=enforcement, enforcement_source=source)
        by = Actor(name=actor)
        return self._changes.update(self._id(email), update, actor=by, reason=reason)

    def update(self, email: str, update: UserUpdate, *, reason: str, actor: str) -> Change:
        """Apply what is stated and differs. Raises NotFoundError, InvalidRequestError."""
        return self._changes.update(self._id(email), update, actor=Actor(name=actor), reason=reason)

    def set_daily_limit(self, email: str, limit: str, *, reason: str, actor: str) -> Change:
        """Limit a day: `50000`, `auto:25` or `none`. Raises NotFoundError, InvalidRequestError."""
        update, by = UserUpdate(daily_limit=limit), Actor(name=actor)
        return self._changes.update(self._id(email), update, actor=by, reason=reason)

    def lift_day(self, email: str, *, reason: str, actor: str) -> Change:
        """Let the daily limit not hold today. Raises NotFoundError, InvalidRequestError."""
        return self._changes.lift_day(self._id(email), actor=Actor(name=actor), reason=reason)

    def reset_usage(self, email: str, *, reason: str, actor: str) -> Change:
        """Forgive this month's usage. Raises NotFoundError, InvalidRequestError."""
        by = Actor(name=actor)
        return self._changes.reset_usage(self._id(email), actor=by, reason=reason)

    def suspend(self, email: str, *, reason: str, actor: str) -> Change:
        """Refuse the user's requests from now on. Raises NotFoundError, InvalidRequestError."""
        return self._changes.suspend(self._id(email), actor=Actor(name=actor), reason=reason)

    def activate(self, email: str, *, actor: str, reason: str = "") -> Change:
        """Serve the user again. Raises NotFoundError."""
        return self._changes.activate(self._id(email), actor=Actor(name=actor), reason=reason)

    def transactions(self, email: str, most: int = 50) -> list[Transaction]:
        """A user's newest changes, at most 200, newest first. Raises NotFoundError."""
        return self._transactions.last(self._id(email), most)

    def _id(self, email: str) -> str:
        return self._users.named(email).user_id
